//! Records and what each of them means, row by row.

use super::{Before, Outcome, dialled, lost};
use crate::store::Charge;
use crate::types::Timestamp;
use crate::upstream::bland::{BlandCall, BlandCallId, Decimal, Line};

const PAID: Before = Before { max_duration: 5, spoke: false, charge: Charge::Paid, stopped: false };

fn of(call: &BlandCall) -> Outcome {
    super::of(call, PAID)
}

/// A call of which nothing is known yet.
pub(in crate::calls) fn new() -> BlandCall {
    BlandCall {
        id: BlandCallId::parse("c-1").unwrap(),
        request_id: None,
        completed: false,
        status: None,
        queue_status: None,
        answered_by: None,
        call_ended_by: None,
        error_message: None,
        call_length: None,
        corrected_duration: None,
        max_duration: None,
        transcripts: vec![],
        concatenated_transcript: None,
        summary: None,
        recording_url: None,
        price: None,
        created_at: None,
        started_at: None,
        end_at: None,
    }
}

/// A call that is over; `fields` as the dialler would send them.
pub(in crate::calls) fn over(fields: &[(&str, &str)]) -> BlandCall {
    let mut call = BlandCall { completed: true, ..new() };
    for (field, value) in fields {
        let text = Some((*value).to_owned());
        match *field {
            "status" => call.status = text,
            "queue_status" => call.queue_status = text,
            "answered_by" => call.answered_by = text,
            "call_ended_by" => call.call_ended_by = text,
            "error_message" => call.error_message = text,
            "summary" => call.summary = text,
            "recording_url" => call.recording_url = text,
            "started_at" => call.started_at = value.parse().ok(),
            "end_at" => call.end_at = value.parse().ok(),
            "call_length" => call.call_length = Decimal::parse(value),
            "corrected_duration" => call.corrected_duration = Decimal::parse(value),
            user => call.transcripts.push(line(user, value, None, None)),
        }
    }
    call
}

fn line(user: &str, text: &str, second: Option<i64>, id: Option<u64>) -> Line {
    let created_at = second.map(|second| Timestamp::from_second(second).unwrap());
    Line { user: user.into(), text: text.into(), created_at, id }
}

fn words(call: &BlandCall) -> (&'static str, &'static str, bool) {
    let outcome = of(call);
    assert_eq!(outcome.is_terminal(), outcome.ended_by() != "IN_PROGRESS");
    assert_eq!(outcome.is_error(), outcome.ended_by() == "ERROR");
    assert_ne!(outcome.reason(), "");
    (outcome.status(), outcome.ended_by(), outcome.is_certain())
}

#[test]
fn a_call_that_runs_says_how_far_it_is() {
    for (queue_status, status) in [
        (None, "started"),
        (Some("new"), "started"),
        (Some("queued"), "started"),
        (Some("allocated"), "started"),
        (Some("a word of tomorrow"), "started"),
        (Some("started"), "in-progress"),
    ] {
        let mut call = BlandCall { queue_status: queue_status.map(Into::into), ..new() };
        assert_eq!(words(&call), (status, "IN_PROGRESS", true), "{queue_status:?}");
        call.status = Some("in-progress".into());
        call.transcripts.push(line("user", "Hello?", None, None));
        assert_eq!(words(&call).0, "in-progress", "{queue_status:?}");
    }
}

#[test]
fn every_sign_of_an_end_is_one() {
    for status in ["completed", "failed", "error", "busy", "no-answer", "canceled"] {
        let call = BlandCall { status: Some(status.into()), ..new() };
        assert!(of(&call).is_terminal(), "{status}");
    }
    for queue in ["complete", "completed", "pre_queue_error", "queue_error", "call_error", "complete_error"] {
        let call = BlandCall { queue_status: Some(queue.into()), ..new() };
        assert!(of(&call).is_terminal(), "{queue}");
    }
}

/// A conversation.
const TALK: (&str, &str) = ("user", "Hello?");
const LENGTH: (&str, &str) = ("corrected_duration", "85");

#[test]
fn each_end_has_one_name() {
    let blocked =
        "Call failed. Service Provider Blocked Call due to Spam or Number Reputation. Try a different number.";
    let gone = "Call failed. The number you dialed is not found.";
    let busy = "Call failed. The number you dialed is busy. Please try again later.";
    let user = ("call_ended_by", "USER");
    let (certain, inferred) = (true, false);
    for (row, fields, status, ended_by, is_certain) in [
        (3, vec![("status", "busy")], "busy", "BUSY", certain),
        (3, vec![("status", "failed"), ("error_message", busy)], "busy", "BUSY", certain),
        (4, vec![("status", "no-answer")], "no_answer", "NO_ANSWER", certain),
        (4, vec![("status", "completed"), ("answered_by", "no-answer")], "no_answer", "NO_ANSWER", certain),
        (4, vec![("answered_by", "no_answer")], "no_answer", "NO_ANSWER", certain),
        (5, vec![("status", "failed"), ("error_message", gone)], "failed", "ERROR", certain),
        (5, vec![("status", "error")], "failed", "ERROR", certain),
        (5, vec![("queue_status", "pre_queue_error")], "failed", "ERROR", certain),
        (5, vec![("queue_status", "queue_error")], "failed", "ERROR", certain),
        (5, vec![("queue_status", "call_error"), TALK, LENGTH, user], "failed", "ERROR", certain),
        (5, vec![("status", "error"), TALK], "failed", "ERROR", certain),
        (6, vec![("status", "canceled")], "failed", "ERROR", certain),
        (6, vec![("status", "canceled"), TALK], "completed", "TIMEOUT", certain),
        (6, vec![("status", "canceled"), LENGTH], "completed", "TIMEOUT", certain),
        (6, vec![("status", "canceled"), ("answered_by", "human")], "completed", "TIMEOUT", certain),
        (6, vec![("status", "canceled"), ("corrected_duration", "0")], "failed", "ERROR", certain),
        (7, vec![("status", "completed"), ("error_message", blocked)], "failed", "ERROR", certain),
        (7, vec![("error_message", gone), ("corrected_duration", "0")], "failed", "ERROR", certain),
        (7, vec![("error_message", blocked), ("call_length", "0.0"), LENGTH], "failed", "ERROR", certain),
        (
            8,
            vec![("answered_by", "voicemail"), ("call_ended_by", "ASSISTANT"), LENGTH],
            "completed",
            "VOICEMAIL",
            certain,
        ),
        (8, vec![("answered_by", "voicemail"), ("corrected_duration", "300")], "completed", "VOICEMAIL", certain),
        (9, vec![TALK, ("corrected_duration", "297"), user], "completed", "TIMEOUT", certain),
        (9, vec![TALK, ("call_length", "4.96"), ("call_ended_by", "ASSISTANT")], "completed", "TIMEOUT", certain),
        (10, vec![TALK, ("corrected_duration", "296"), user], "completed", "USER", certain),
        (10, vec![TALK, LENGTH, ("answered_by", "human"), user], "completed", "USER", certain),
        (10, vec![TALK, user], "completed", "USER", inferred),
        (11, vec![TALK, LENGTH, ("call_ended_by", "ASSISTANT")], "completed", "ASSISTANT", certain),
        (11, vec![TALK, ("call_ended_by", "ASSISTANT")], "completed", "ASSISTANT", inferred),
        (12, vec![TALK, LENGTH, ("agent-action", "Ended call")], "completed", "ASSISTANT", inferred),
        (13, vec![("status", "completed")], "no_answer", "NO_ANSWER", inferred),
        (13, vec![("answered_by", "human")], "completed", "USER", inferred),
        (13, vec![("corrected_duration", "0"), ("error_message", "unknown")], "no_answer", "NO_ANSWER", inferred),
        (14, vec![TALK, LENGTH], "completed", "USER", inferred),
        (14, vec![("robot", "beep"), LENGTH], "completed", "USER", inferred),
    ] {
        let got = words(&over(&fields));
        assert_eq!(got, (status, ended_by, is_certain), "row {row}: {fields:?}");
    }
}

#[test]
fn an_error_message_does_not_make_a_conversation_an_error() {
    let user = ("call_ended_by", "USER");
    for (field, value) in [
        ("error_message", "Account not allowed to call +14155551234"),
        ("error_message", "Call failed. The number you dialed is busy. Please try again later."),
        ("error_message", "Call failed. The number you dialed is not found."),
        ("queue_status", "complete_error"),
        ("answered_by", "no-answer"),
        ("status", "busy"),
        ("status", "no-answer"),
    ] {
        let call = over(&[TALK, LENGTH, user, ("status", "completed"), (field, value)]);
        assert_eq!(words(&call).1, "USER", "{field}: {value}");
    }
}

#[test]
fn a_length_in_another_unit_is_no_timeout() {
    // 71 seconds, in a record that gives the length of the talk in seconds as well.
    let call = over(&[TALK, ("corrected_duration", "71"), ("call_length", "67.5"), ("call_ended_by", "USER")]);
    assert_eq!(words(&call).1, "USER");
}

#[test]
fn words_that_an_earlier_record_had_were_said() {
    let before = Before { spoke: true, ..PAID };
    for fields in [vec![("status", "no-answer")], vec![("status", "busy")], vec![]] {
        assert_eq!(super::of(&over(&fields), before).ended_by(), "USER", "{fields:?}");
    }
    assert_eq!(super::of(&new(), before).status(), "in-progress", "a record that lags");
}

#[test]
fn a_call_that_we_have_stopped_was_delivered_or_was_not_paid() {
    let canceled = over(&[("status", "canceled"), TALK, LENGTH]);
    for (charge, ended_by, certain) in [
        (Charge::Paid, "TIMEOUT", true),
        (Charge::Credited, "TIMEOUT", true),
        (Charge::Declined, "ERROR", true),
        // Whether it is stopped because it is not paid is not known yet.
        (Charge::Pending, "TIMEOUT", false),
    ] {
        let outcome = super::of(&canceled, Before { charge, ..PAID });
        assert_eq!((outcome.ended_by(), outcome.is_certain()), (ended_by, certain), "{charge:?}");
    }
}

#[test]
fn who_was_called_was_there_only_where_the_end_says_so() {
    let human = ("answered_by", "human");
    for (fields, answered) in [
        (vec![("status", "busy"), human, LENGTH], false),
        (vec![("status", "no-answer"), LENGTH], false),
        (vec![("status", "failed"), LENGTH], false),
        (vec![("status", "failed"), TALK], true),
        (vec![("call_ended_by", "USER")], true),
        (vec![("answered_by", "voicemail")], true),
        (vec![], false),
    ] {
        assert_eq!(of(&over(&fields)).is_answered(), answered, "{fields:?}");
    }
    // A line that is open may still be ringing.
    let mut open = BlandCall { queue_status: Some("started".into()), corrected_duration: Decimal::parse("9"), ..new() };
    assert!(!of(&open).is_answered());
    open.answered_by = Some("human".into());
    assert!(of(&open).is_answered());
}

#[test]
fn a_reason_is_the_specifications_or_says_what_to_do_and_so_does_the_advice_to_call_again() {
    let user = of(&over(&[TALK, LENGTH, ("call_ended_by", "USER")]));
    assert_eq!(
        user.reason(),
        "The callee (the person you called) hung up. This is normal — humans typically end calls once they've answered your \
         question. Not a system error."
    );
    let failed = ("status", "failed");
    for (fields, part, retry) in [
        (vec![failed, ("error_message", "Call failed. The number you dialed is not found.")], "Check the number", "no"),
        (vec![failed, ("error_message", "It is temporarily unavailable.")], "Try again later", "later"),
        (vec![failed, ("error_message", "Service Provider Blocked Call.")], "Call from another number", "now"),
        (vec![failed, ("error_message", "unknown")], "system error", "now"),
        (vec![failed, ("error_message", "It is not found."), TALK], "in the middle of the conversation", "now"),
        (vec![("status", "canceled")], "not answered before its time was up", "later"),
    ] {
        let outcome = of(&over(&fields));
        let reason = outcome.reason();
        assert!(reason.contains(part) && reason.ends_with("not charged for the call."), "{reason}");
        assert_eq!(outcome.retry(), retry, "{reason}");
    }
    for (fields, retry) in [
        (vec![TALK, LENGTH, ("call_ended_by", "ASSISTANT")], "no"),
        (vec![TALK, ("corrected_duration", "300")], "no"),
        (vec![("status", "no-answer")], "later"),
        (vec![("status", "busy")], "later"),
        (vec![("answered_by", "voicemail")], "later"),
    ] {
        assert_eq!(of(&over(&fields)).retry(), retry, "{fields:?}");
    }
    assert_eq!((user.retry(), dialled().retry()), ("no", "no"));
    assert!(lost(false).is_error() && lost(false).is_terminal() && lost(false).is_certain());
}
