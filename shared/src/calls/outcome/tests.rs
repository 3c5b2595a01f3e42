//! Records and what each of them means, row by row.

use super::{LONGEST_TRANSCRIPT, lost, of, view_of};
use crate::types::Timestamp;
use crate::upstream::bland::{BlandCall, BlandCallId, Decimal, Line};

const MINUTES: u32 = 5;

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
fn over(fields: &[(&str, &str)]) -> BlandCall {
    let mut call = BlandCall { completed: true, ..new() };
    for (field, value) in fields {
        let text = Some((*value).to_owned());
        match *field {
            "status" => call.status = text,
            "queue_status" => call.queue_status = text,
            "answered_by" => call.answered_by = text,
            "call_ended_by" => call.call_ended_by = text,
            "error_message" => call.error_message = text,
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

fn words(call: &BlandCall) -> (String, String, bool) {
    let outcome = of(call, MINUTES);
    let view = view_of(&outcome, Some(call));
    assert_eq!(outcome.is_terminal(), view.ended_by != "IN_PROGRESS");
    assert_eq!(outcome.is_error(), view.ended_by == "ERROR");
    assert_ne!(view.reason, "");
    (view.status, view.ended_by, outcome.is_certain())
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
        assert_eq!(words(&call), (status.into(), "IN_PROGRESS".into(), true), "{queue_status:?}");
        call.status = Some("in-progress".into());
        call.transcripts.push(line("user", "Hello?", None, None));
        assert_eq!(words(&call).0, "in-progress", "{queue_status:?}");
    }
}

#[test]
fn every_sign_of_an_end_is_one() {
    for status in ["completed", "failed", "error", "busy", "no-answer", "canceled"] {
        let call = BlandCall { status: Some(status.into()), ..new() };
        assert!(of(&call, MINUTES).is_terminal(), "{status}");
    }
    for queue in ["complete", "completed", "pre_queue_error", "queue_error", "call_error", "complete_error"] {
        let call = BlandCall { queue_status: Some(queue.into()), ..new() };
        assert!(of(&call, MINUTES).is_terminal(), "{queue}");
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
        (6, vec![("status", "canceled")], "failed", "ERROR", certain),
        (7, vec![("status", "completed"), ("error_message", blocked)], "failed", "ERROR", inferred),
        (7, vec![("error_message", gone), ("corrected_duration", "0")], "failed", "ERROR", inferred),
        (7, vec![("error_message", blocked), ("call_length", "0.0"), LENGTH], "failed", "ERROR", inferred),
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
        (13, vec![("corrected_duration", "0"), ("error_message", "unknown")], "no_answer", "NO_ANSWER", inferred),
        (14, vec![TALK, LENGTH], "completed", "USER", inferred),
        (14, vec![("robot", "beep"), LENGTH], "completed", "USER", inferred),
    ] {
        let got = words(&over(&fields));
        assert_eq!(got, (status.into(), ended_by.into(), is_certain), "row {row}: {fields:?}");
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
fn a_reason_is_the_specifications_or_says_what_to_do() {
    let reason = |fields: &[(&str, &str)]| view_of(&of(&over(fields), MINUTES), None).reason;
    assert_eq!(
        reason(&[TALK, LENGTH, ("call_ended_by", "USER")]),
        "The callee (the person you called) hung up. This is normal — humans typically end calls once they've answered your \
         question. Not a system error."
    );
    for (message, part) in [
        ("Call failed. The number you dialed is not found.", "Check the number"),
        ("Call failed. The number you dialed is temporarily unavailable.", "Try again later"),
        ("Call failed. Service Provider Blocked Call due to Spam or Number Reputation.", "Call from another number"),
        ("unknown", "system error"),
    ] {
        let reason = reason(&[("status", "failed"), ("error_message", message)]);
        assert!(reason.contains(part) && reason.ends_with("not charged for the call."), "{reason}");
    }
    assert!(lost().is_error() && lost().is_terminal() && lost().is_certain());
}

#[test]
fn a_transcript_is_what_the_two_said_in_order() {
    let shown = |lines: Vec<Line>| {
        let call = BlandCall { transcripts: lines, ..new() };
        let view = view_of(&of(&call, MINUTES), Some(&call));
        view.transcript.iter().map(|spoken| format!("{}: {}", spoken.role, spoken.text)).collect::<Vec<_>>()
    };
    let lines = vec![
        line("assistant", "third", Some(12), Some(9)),
        line("agent-action", "Ended call", Some(13), Some(10)),
        line("user", "second", Some(11), Some(8)),
        line("user", "first", Some(11), Some(7)),
        line("robot", "beep", Some(1), Some(1)),
    ];
    let expected = ["user: first", "user: second", "assistant: third"];
    assert_eq!(shown(lines.clone()), expected);
    let undated = lines.iter().cloned().map(|line| Line { created_at: None, ..line }).collect();
    assert_eq!(shown(undated), expected);
    let bare = lines.iter().cloned().map(|line| Line { created_at: None, id: None, ..line }).collect();
    assert_eq!(shown(bare), ["assistant: third", "user: second", "user: first"]);

    let endless = (0..3).map(|_| line("user", &"é".repeat(LONGEST_TRANSCRIPT / 3), None, None)).collect();
    let length: usize = shown(endless).iter().map(|line| line.len() - "user: ".len()).sum();
    assert_eq!(length, LONGEST_TRANSCRIPT);
}

#[test]
fn a_view_shows_what_callers_may_know() {
    let mut call = over(&[TALK, LENGTH, ("call_length", "1.42"), ("call_ended_by", "USER"), ("answered_by", "human")]);
    call.recording_url = Some("https://api.bland.ai/v1/recordings/1".into());
    call.end_at = Some(Timestamp::from_millisecond(1_781_697_600_500).unwrap());
    let view = |call: &BlandCall| view_of(&of(call, MINUTES), Some(call));
    let shown = view(&call);
    assert_eq!(shown.call_length.as_deref(), Some("1.42"));
    assert_eq!(shown.answered_by.as_deref(), Some("human"));
    assert_eq!(shown.call_ended_by.as_deref(), Some("USER"));
    assert_eq!(shown.ended_at.as_deref(), Some("2026-06-17T12:00:00Z"));
    assert!(shown.recording_url.is_some());

    call.recording_url = Some("https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1".into());
    call.answered_by = Some("no_answer".into());
    assert_eq!((view(&call).recording_url, view(&call).answered_by), (None, None));

    // A call under way has no length, and its end is only planned.
    call.completed = false;
    let shown = view(&call);
    assert_eq!((shown.status.as_str(), shown.call_length, shown.ended_at), ("in-progress", None, None));
    assert_eq!(shown.transcript.len(), 1);
}
