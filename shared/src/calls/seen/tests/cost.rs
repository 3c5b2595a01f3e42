//! What a call has cost us, as far as a look knows it.

use super::super::{before, judge, price_of};
use super::{TALK, USER, at, dialled, look, looked_at, new, over};
use crate::calls::pace::Asker;
use crate::store::calls::{Asked, Call, Line};
use crate::types::{AnswerKind, Decimal, Question};
use crate::upstream::bland::BlandCall;
use crate::upstream::heard::Before;

const VOICEMAIL: (&str, &str) = ("answered_by", "voicemail");
const BUSY: (&str, &str) = ("status", "busy");

/// A call of five minutes at most: what is said of it, its lengths in seconds and in minutes, what
/// the dialler takes, and how many of the carrier's minutes come to that; nothing, where it is not
/// known what it has cost.
type Record = (&'static [(&'static str, &'static str)], [Option<&'static str>; 3], Option<(u64, u64)>);

const RECORDS: [Record; 19] = [
    // The callee was not on the line.
    (&[BUSY], [None, None, None], Some((0, 0))),
    (&[BUSY], [Some("0"), Some("0.2"), None], Some((0, 0))),
    (&[], [Some("0"), None, None], Some((0, 0))),
    (&[], [None, None, Some("0")], Some((0, 0))),
    // Not a word of it is written yet.
    (&[], [None, None, None], None),
    // It was answered, and what it has cost is not written yet.
    (&[TALK], [None, None, None], None),
    (&[TALK, USER], [None, None, None], None),
    (&[TALK], [Some("0"), Some("0"), None], None),
    (&[VOICEMAIL], [None, None, None], None),
    (&[("status", "failed"), TALK], [None, None, None], None),
    (&[], [Some("1"), None, None], None),
    // The longer of the two lengths is what may be billed, as far as it can be one.
    (&[TALK], [Some("1"), None, Some("0.14")], Some((140_000, 1))),
    (&[TALK], [Some("60"), None, Some("0.14")], Some((140_000, 1))),
    (&[TALK], [Some("61"), None, Some("0.28")], Some((280_000, 2))),
    (&[TALK], [Some("59"), Some("1.1"), Some("0.14")], Some((140_000, 2))),
    (&[TALK], [Some("0"), Some("1.1"), Some("0.14")], Some((140_000, 2))),
    (&[TALK], [Some("71"), Some("67.5"), Some("0.14")], Some((140_000, 5))),
    (&[TALK], [Some("310"), Some("5.2"), Some("0.7")], Some((700_000, 6))),
    // A price without a length: as long as it might last.
    (&[TALK], [None, None, Some("0.14")], Some((140_000, 5))),
];

#[test]
fn a_call_costs_the_diallers_price_and_the_carriers_minutes_and_what_is_not_said_is_not_known() {
    let call = dialled();
    let minute = crate::limits::rates::carrier_minute(&call.line.to).atomic();
    for (fields, numbers, cost) in RECORDS {
        let [corrected_duration, call_length, price] = numbers.map(|text| text.and_then(Decimal::parse));
        let record = BlandCall { call_length, corrected_duration, price, ..over(fields) };
        let known = price_of(&record.heard(before(&call)), &call.line);
        let known = known.map(|price| (price.dialler.atomic(), price.carrier.atomic()));
        assert_eq!(known, cost.map(|(dialler, minutes)| (dialler, minutes * minute)), "{fields:?} {numbers:?}");
    }
    // What was said before was said, whatever a later record has.
    let spoken = Before { spoke: true, ..before(&call) };
    assert_eq!(price_of(&over(&[("corrected_duration", "0")]).heard(spoken), &call.line), None);
    // A record that lags knows no cost.
    let ended = look(dialled(), 60, &over(&[("status", "busy")]));
    let ended = looked_at(ended, 130);
    let lags = judge(&ended, &new().heard(before(&ended)), Asker::Polls, at(130));
    assert_eq!((lags.closed, lags.price), (true, None));
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
