//! Records and what each of them means, row by row.

use crate::types::call::{End, Reached, State};
use crate::types::{Decimal, Timestamp};
use crate::upstream::bland::{BlandCall, BlandCallId, Line};
use crate::upstream::heard::{Before, Heard, Stopped};

const PAID: Before = Before {
    max_duration: 5,
    spoke: false,
    rang: false,
    hangup_requested_at: None,
    stopped: Stopped::TimeUp,
    leaves_message: false,
};

fn of(call: &BlandCall) -> Heard {
    call.heard(PAID)
}

/// A call of which nothing is known yet.
pub(crate) fn new() -> BlandCall {
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
        disposition: None,
        price: None,
        created_at: None,
        started_at: None,
        end_at: None,
    }
}

/// A call that is over; `fields` as the dialler would send them.
pub(crate) fn over(fields: &[(&str, &str)]) -> BlandCall {
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
            "disposition" => call.disposition = text,
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

fn end_of(call: &BlandCall) -> Option<End> {
    if let State::Over(end) = of(call).state { Some(end) } else { None }
}

#[test]
fn a_call_that_runs_says_how_far_it_is() {
    for (queue_status, state) in [
        (None, State::Dialling),
        (Some("new"), State::Dialling),
        (Some("queued"), State::Dialling),
        (Some("allocated"), State::Dialling),
        (Some("a word of tomorrow"), State::Dialling),
        (Some("started"), State::Talking),
    ] {
        let mut call = BlandCall { queue_status: queue_status.map(Into::into), ..new() };
        assert_eq!((of(&call).state, of(&call).certain), (state, true), "{queue_status:?}");
        call.status = Some("in-progress".into());
        call.transcripts.push(line("user", "Hello?", None, None));
        assert_eq!(of(&call).state, State::Talking, "{queue_status:?}");
    }
}

#[test]
fn every_sign_of_an_end_is_one() {
    for status in ["completed", "failed", "error", "busy", "no-answer", "canceled"] {
        let call = BlandCall { status: Some(status.into()), ..new() };
        assert!(of(&call).is_over(), "{status}");
    }
    for queue in ["complete", "completed", "pre_queue_error", "queue_error", "call_error", "complete_error"] {
        let call = BlandCall { queue_status: Some(queue.into()), ..new() };
        assert!(of(&call).is_over(), "{queue}");
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
    for (row, fields, end, is_certain) in [
        (3, vec![("status", "busy")], End::Busy, certain),
        (3, vec![("status", "failed"), ("error_message", busy)], End::Busy, certain),
        (4, vec![("status", "no-answer")], End::RangOut, certain),
        (4, vec![("status", "completed"), ("answered_by", "no-answer")], End::RangOut, certain),
        (4, vec![("answered_by", "no_answer")], End::RangOut, certain),
        (5, vec![("status", "failed"), ("error_message", gone)], End::NotFound, certain),
        (5, vec![("status", "error")], End::Failed, certain),
        (5, vec![("queue_status", "pre_queue_error")], End::Failed, certain),
        (5, vec![("queue_status", "queue_error")], End::Failed, certain),
        (5, vec![("queue_status", "call_error"), TALK, LENGTH, user], End::BrokeOffLate, certain),
        (5, vec![("status", "error"), TALK], End::BrokeOff, certain),
        (6, vec![("status", "canceled")], End::NeverAnswered, certain),
        (6, vec![("status", "canceled"), TALK], End::TimeUp, certain),
        (6, vec![("status", "canceled"), LENGTH], End::TimeUp, certain),
        (6, vec![("status", "canceled"), ("answered_by", "human")], End::TimeUp, certain),
        (6, vec![("status", "canceled"), ("corrected_duration", "0")], End::NeverAnswered, certain),
        (7, vec![("status", "completed"), ("error_message", blocked)], End::Blocked, certain),
        (7, vec![("error_message", gone), ("corrected_duration", "0")], End::NotFound, certain),
        (7, vec![("error_message", blocked), ("call_length", "0.0"), LENGTH], End::Blocked, certain),
        (8, vec![("answered_by", "voicemail"), ("call_ended_by", "ASSISTANT"), LENGTH], End::Machine, certain),
        (8, vec![("answered_by", "voicemail"), ("corrected_duration", "300")], End::Machine, certain),
        (9, vec![TALK, ("corrected_duration", "297"), user], End::TimeUp, certain),
        (9, vec![TALK, ("call_length", "4.96"), ("call_ended_by", "ASSISTANT")], End::TimeUp, certain),
        (10, vec![TALK, ("corrected_duration", "296"), user], End::HungUp, certain),
        (10, vec![TALK, LENGTH, ("answered_by", "human"), user], End::HungUp, certain),
        (10, vec![TALK, user], End::HungUp, inferred),
        (11, vec![TALK, LENGTH, ("call_ended_by", "ASSISTANT")], End::Done, certain),
        (11, vec![TALK, ("call_ended_by", "ASSISTANT")], End::Done, inferred),
        (12, vec![TALK, LENGTH, ("agent-action", "Ended call")], End::Done, inferred),
        (13, vec![("status", "completed")], End::RangOut, inferred),
        (13, vec![("answered_by", "human")], End::HungUp, inferred),
        (13, vec![("corrected_duration", "0"), ("error_message", "unknown")], End::RangOut, inferred),
        (14, vec![TALK, LENGTH], End::HungUp, inferred),
        (14, vec![("robot", "beep"), LENGTH], End::HungUp, inferred),
    ] {
        let heard = of(&over(&fields));
        assert_eq!((heard.state, heard.certain), (State::Over(end), is_certain), "row {row}: {fields:?}");
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
        assert_eq!(end_of(&call), Some(End::HungUp), "{field}: {value}");
    }
}

#[test]
fn a_length_in_another_unit_is_no_timeout() {
    // 71 seconds, in a record that gives the length of the talk in seconds as well.
    let call = over(&[TALK, ("corrected_duration", "71"), ("call_length", "67.5"), ("call_ended_by", "USER")]);
    assert_eq!(end_of(&call), Some(End::HungUp));
}

#[test]
fn words_that_an_earlier_record_had_were_said() {
    let before = Before { spoke: true, ..PAID };
    for fields in [vec![("status", "no-answer")], vec![("status", "busy")], vec![]] {
        assert_eq!(over(&fields).heard(before).state, State::Over(End::HungUp), "{fields:?}");
    }
    assert_eq!(new().heard(before).state, State::Talking, "a record that lags");
}

#[test]
fn a_call_that_we_have_stopped_was_delivered_or_was_not_paid() {
    let canceled = over(&[("status", "canceled"), TALK, LENGTH]);
    for (stopped, end, certain) in [
        (Stopped::TimeUp, End::TimeUp, true),
        (Stopped::Unpaid, End::Unpaid, true),
        (Stopped::InDoubt, End::InDoubt, true),
        // Whether it is stopped because it is not paid is not known yet.
        (Stopped::TimeUpOrUnpaid, End::TimeUp, false),
    ] {
        let heard = canceled.heard(Before { stopped, ..PAID });
        assert_eq!((heard.state, heard.certain), (State::Over(end), certain), "{stopped:?}");
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
        assert_eq!(of(&over(&fields)).answered, answered, "{fields:?}");
    }
    // A line that is open may still be ringing, and only words are never taken back.
    let mut open = BlandCall { queue_status: Some("started".into()), corrected_duration: Decimal::parse("9"), ..new() };
    assert!(!of(&open).answered);
    open.answered_by = Some("human".into());
    assert!(!of(&open).answered);
    open.transcripts.push(line("user", "Hello?", None, None));
    assert!(of(&open).answered);
}

#[test]
fn why_a_call_failed_is_told_apart_by_what_bland_says_of_it() {
    let failed = ("status", "failed");
    for (message, end) in [
        ("Call failed. The number you dialed is not found.", End::NotFound),
        ("It is temporarily unavailable.", End::Unavailable),
        ("Service Provider Blocked Call.", End::Blocked),
        ("unknown", End::Failed),
    ] {
        assert_eq!(end_of(&over(&[failed, ("error_message", message)])), Some(end), "{message}");
    }
    assert_eq!(end_of(&over(&[failed, ("error_message", "It is not found."), TALK])), Some(End::BrokeOff));
}

#[test]
fn a_transcript_is_what_the_two_said_in_order() {
    let said = |lines: Vec<Line>| {
        let heard = of(&BlandCall { transcripts: lines, ..new() });
        heard.transcript.iter().map(|line| format!("{}: {}", line.role.as_str(), line.text)).collect::<Vec<_>>()
    };
    let lines = vec![
        line("assistant", "third", Some(12), Some(9)),
        line("agent-action", "Ended call", Some(13), Some(10)),
        line("user", "second", Some(11), Some(8)),
        line("user", "first", Some(11), Some(7)),
        line("robot", "beep", Some(1), Some(1)),
    ];
    let expected = ["user: first", "user: second", "assistant: third"];
    assert_eq!(said(lines.clone()), expected);
    let undated = lines.iter().cloned().map(|line| Line { created_at: None, ..line }).collect();
    assert_eq!(said(undated), expected);
    let bare = lines.iter().cloned().map(|line| Line { created_at: None, id: None, ..line }).collect();
    assert_eq!(said(bare), ["assistant: third", "user: second", "user: first"]);
}

/// A call was to be hung up in this second: whatever the dialler says of an end after it, that was
/// why.
#[test]
fn what_ends_after_it_was_to_be_hung_up_has_been_and_an_error_stays_one() {
    let asked = Timestamp::from_second(1_781_697_660).unwrap();
    let before = Before { hangup_requested_at: Some(asked), ..PAID };
    let end = |fields: &[(&str, &str)], before| {
        let heard = over(fields).heard(before);
        let State::Over(end) = heard.state else { panic!("it is over") };
        (end, heard.answered)
    };
    let (callee, phone, queue) = (Reached::Callee, Reached::Phone, Reached::Queue);
    let opened = ("started_at", "2026-06-17T12:00:05Z");
    for (fields, reached) in [
        (&[("status", "canceled"), opened, ("user", "Hello?")][..], callee),
        (&[("status", "canceled"), opened, ("corrected_duration", "9")], callee),
        (&[("status", "canceled"), opened], phone),
        (&[("status", "canceled")], queue),
        // As the dialler may put it as well.
        (&[("status", "completed"), opened, ("user", "Hello?")], callee),
        (&[("status", "completed"), opened], phone),
        (&[("status", "completed")], queue),
        (&[("status", "completed"), ("call_ended_by", "USER"), ("user", "Hello?")], callee),
        (&[("status", "completed"), ("call_ended_by", "ASSISTANT"), ("user", "Hello?")], callee),
        (&[("status", "completed"), ("call_length", "5"), ("user", "Hello?")], callee),
        (&[("answered_by", "voicemail"), ("user", "Leave a message.")], callee),
        (&[("status", "busy")], phone),
        (&[("status", "no-answer")], phone),
        // In the same second, or later.
        (&[("call_ended_by", "USER"), ("user", "Hello?"), ("end_at", "2026-06-17T12:01:00Z")], callee),
    ] {
        assert_eq!(end(fields, before), (End::Requested(reached), reached == callee), "{fields:?}");
    }
    // A message was to be left there, or not.
    let with_message = Before { leaves_message: true, ..before };
    let machine = [("answered_by", "voicemail"), ("user", "Leave a message.")];
    assert_eq!(end(&machine, with_message), (End::Requested(callee), true));
    // An earlier record had the line open, and the last one does not say so.
    let rang = Before { rang: true, ..before };
    assert_eq!(end(&[("status", "canceled")], rang), (End::Requested(phone), false));

    let ended = ("end_at", "2026-06-17T12:00:59Z");
    for (fields, natural) in [
        (&[("call_ended_by", "USER"), ("user", "Hello?"), ended][..], End::HungUp),
        (&[("answered_by", "voicemail"), ("user", "Leave a message."), ended], End::Machine),
        (&[("status", "failed")], End::Failed),
        (&[("status", "failed"), ("user", "Hello?")], End::BrokeOff),
        (
            &[("status", "completed"), ("error_message", "Call failed. The number you dialed is not found.")],
            End::NotFound,
        ),
    ] {
        assert_eq!(end(fields, before).0, natural, "{fields:?}");
    }
    // What we stop for another reason is an error, even if a client asked for its end besides.
    for (stopped, expected) in [
        (Stopped::Unpaid, End::Unpaid),
        (Stopped::InDoubt, End::InDoubt),
        (Stopped::TimeUp, End::Requested(queue)),
        (Stopped::TimeUpOrUnpaid, End::Requested(queue)),
    ] {
        let heard = over(&[("status", "canceled")]).heard(Before { stopped, ..before });
        assert_eq!((heard.state, heard.certain), (State::Over(expected), true), "{stopped:?}");
    }
}
