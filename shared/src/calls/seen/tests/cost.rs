//! What a call has cost us, as far as a look knows it.

use super::super::{before, judge, price_of};
use super::{TALK, USER, at, dialled, look, looked_at, new, over};
use crate::calls::pace::Asker;
use crate::store::Price;
use crate::store::calls::{Asked, Call, Line};
use crate::types::{AnswerKind, Decimal, PhoneNumber, Question, Usdc};
use crate::upstream::bland::BlandCall;

#[test]
fn a_call_costs_the_diallers_price_and_the_carriers_minutes_and_what_is_not_said_is_not_known() {
    let to = PhoneNumber::parse("+12133610872").unwrap();
    let minute = crate::limits::rates::carrier_minute(&to).atomic();
    for (price, seconds, cost) in [
        (None, None, Some(0)),
        (None, Some("0"), Some(0)),
        (None, Some("1"), None),
        (Some("0"), None, Some(0)),
        (Some("0.14"), Some("1"), Some(140_000 + minute)),
        (Some("0.14"), Some("60"), Some(140_000 + minute)),
        (Some("0.28"), Some("61"), Some(280_000 + 2 * minute)),
    ] {
        let [corrected_duration, price] = [seconds, price].map(|text| text.and_then(Decimal::parse));
        let record = BlandCall { corrected_duration, price, ..new() };
        let known = price_of(&record.heard(before(&dialled())), &to);
        assert_eq!(known.map(Price::total), cost.map(Usdc::micros), "{record:?}");
    }
    // A record that lags knows no cost.
    let ended = look(dialled(), 60, &over(&[("status", "busy")]));
    let ended = looked_at(ended, 130);
    let lags = judge(&ended, &new().heard(before(&ended)), Asker::Polls, at(130));
    assert_eq!((lags.settled, lags.price), (true, None));
}

#[test]
fn a_call_about_which_something_is_asked_costs_two_analyses_more_and_one_without_words_does_not() {
    let question = Question { name: "a".to_owned(), question: "?".to_owned(), kind: AnswerKind::Boolean };
    let price = |questions: Vec<Question>, fields: &[(&str, &str)]| {
        let call = dialled();
        let line = Line { questions: Asked { questions, ..Asked::default() }, ..call.line };
        let call = looked_at(Call { line, ..call }, 60);
        let record = BlandCall { price: Decimal::parse("0.14"), ..over(fields) };
        judge(&call, &record.heard(before(&call)), Asker::Polls, at(60)).price.unwrap().total().atomic()
    };
    let talk = [TALK, USER];
    assert_eq!(price(vec![question.clone()], &talk) - price(Vec::new(), &talk), 9_000);
    assert_eq!(price(vec![question], &[("status", "busy")]), price(Vec::new(), &[("status", "busy")]));
}
