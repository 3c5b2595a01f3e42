//! What is seen of a call, whatever its money and its end.

use super::{Money, Paid, Shown};
use crate::calls::seen::tests::{asked_to_end, at, charged, dialled, look};
use crate::store::calls::Call;
use crate::store::{Charge, View};
use crate::types::call::{EndedBy, ResultStatus, Status};
use crate::types::{AnswerKind, Question, Usdc};
use crate::upstream::bland::outcome::tests::{new, over};

#[test]
fn an_error_is_not_charged_from_the_moment_that_it_is_shown() {
    let (paid, back) = (Some("0x1".to_owned()), Some("0x2".to_owned()));
    for (charge, failed, state, cost) in [
        (Charge::Pending, false, Paid::Pending, 0),
        (Charge::Pending, true, Paid::Pending, 0),
        (Charge::Paid, false, Paid::Charged(paid.clone()), 540_000),
        (Charge::Paid, true, Paid::RefundDue, 0),
        (Charge::Declined, false, Paid::Declined, 0),
        (Charge::Declined, true, Paid::Declined, 0),
        (Charge::Lapsed, true, Paid::Lapsed, 0),
        (Charge::RefundDue, true, Paid::RefundDue, 0),
        (Charge::Refunded, true, Paid::Refunded(back.clone()), 0),
        (Charge::Credited, true, Paid::Credited, 0),
        // A person may decide it of any call.
        (Charge::RefundDue, false, Paid::RefundDue, 0),
    ] {
        let money = Money::of(charge, failed, paid.clone(), back.clone());
        assert_eq!(money, Money { paid: Usdc::micros(cost), state }, "{charge:?} {failed}");
    }
}

#[test]
fn a_call_is_final_when_its_end_is_shown_and_its_payment_is_known() {
    let busy = look(dialled(), 60, &over(&[("status", "busy")]));
    let held = look(dialled(), 60, &over(&[("user", "Hello?")]));
    let pending = |call: &Call| charged(call.clone(), Charge::Pending);
    for (call, is_final) in [(&busy, true), (&pending(&busy), false), (&held, false), (&dialled(), false)] {
        let shown = Shown::of(call.clone(), at(60));
        assert_eq!((shown.is_final, shown.poll_after.is_none()), (is_final, is_final));
    }
}

#[test]
fn a_poll_says_when_there_can_be_something_new() {
    let call = look(dialled(), 60, &new());
    let after = |second| Shown::of(call.clone(), at(second)).poll_after;
    assert_eq!([60, 79, 81, 89, 90, 500, 10].map(after), [10, 10, 9, 1, 1, 1, 10].map(Some));
    assert_eq!(Shown::of(dialled(), at(0)).poll_after, Some(1), "it was never looked at");
}

#[test]
fn nothing_of_an_end_is_seen_while_it_is_held() {
    let record =
        over(&[("user", "Hello?"), ("call_ended_by", "USER"), ("summary", "They said hello."), ("call_length", "1")]);
    let call = look(dialled(), 60, &record);
    assert_eq!(call.line.view.as_ref().unwrap().ended_by, EndedBy::User);
    let View { status, ended_by, summary, call_length, ended_at, call_ended_by, transcript, .. } =
        Shown::of(call, at(61)).view;
    assert_eq!((status, ended_by), (Status::InProgress, EndedBy::InProgress));
    assert_eq!((summary, call_length, ended_at, call_ended_by, transcript.len()), (None, None, None, None, 1));
}

#[test]
fn an_end_that_is_held_says_nothing_of_the_questions_either() {
    let machine = over(&[("answered_by", "voicemail"), ("user", "Leave a message.")]);
    let mut call = dialled();
    let asked = Question { name: "sure".to_owned(), question: "Is it?".to_owned(), kind: AnswerKind::Boolean };
    call.line.questions.questions = vec![asked];
    let held = look(call, 60, &machine);
    assert_eq!(held.line.view.as_ref().unwrap().ended_by, EndedBy::Voicemail);
    assert_eq!(Shown::of(held.clone(), at(61)).result_status, Some(ResultStatus::Pending));
    let ended = look(held, 95, &machine);
    assert_eq!(Shown::of(ended, at(95)).result_status, Some(ResultStatus::Unavailable));
}

#[test]
fn a_call_that_is_to_be_hung_up_is_said_to_be_ending_until_its_end_is_shown() {
    let asked = asked_to_end(look(dialled(), 50, &new()), 52);
    let shown = Shown::of(asked.clone(), at(52));
    assert!(
        shown.is_ending && shown.view.reason.contains("being hung up") && shown.view.reason.contains("Keep polling")
    );
    assert_eq!((shown.view.ended_by, shown.is_final), (EndedBy::InProgress, false));
    let held = look(asked, 60, &over(&[("user", "Hello?"), ("status", "canceled")]));
    assert!(Shown::of(held.clone(), at(60)).is_ending, "its end is kept back for what belongs to it");
    let ended = look(held, 95, &over(&[("user", "Hello?"), ("status", "canceled")]));
    let shown = Shown::of(ended, at(95));
    assert_eq!((shown.is_ending, shown.view.ended_by), (false, EndedBy::Requested));
}
