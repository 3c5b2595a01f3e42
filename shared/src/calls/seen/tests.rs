//! Looks at a call, one after the other: what each amounts to, and what those before it leave to
//! it.

mod cost;
mod opted_out;
mod times;

use super::{HELD, LONGEST_TRANSCRIPT, before, given_up, judge};
use crate::calls::pace::Asker;
use crate::calls::shown::Shown;
use crate::store::calls::{Asked, Business, Call, Line, Look};
use crate::store::{Charge, View};
use crate::types::call::{AnsweredBy, CallEndedBy, Dialler, EndedBy, Status};
use crate::types::{CallId, PaymentId, PhoneNumber, Timestamp, Wallet};
use crate::upstream::bland::outcome::tests::{new, over};
use crate::upstream::bland::{BlandCall, Line as BlandLine};
use crate::upstream::heard::Stopped;

/// When the call was dialled: 2026-06-17T12:00:00Z.
const DIALLED: i64 = 1_781_697_600;

pub(in crate::calls) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(DIALLED + second).unwrap()
}

/// A call that was dialled and paid, and that was never looked at.
pub(in crate::calls) fn dialled() -> Call {
    Call {
        id: CallId::from_bits(1),
        line: Line {
            message: None,
            questions: Asked::default(),
            from: PhoneNumber::parse("+14155551234").unwrap(),
            to: PhoneNumber::parse("+12133610872").unwrap(),
            max_duration: 5,
            recorded: true,
            created_at: at(0),
            dialler: Dialler::Bland,
            placed: Some("b".to_owned()),
            looked_at: 0,
            seen_at: None,
            ended_at: None,
            hangup_requested_at: None,
            closed: false,
            waits: true,
            view: None,
            said: Vec::new(),
            held_for: None,
            erasing: false,
            kept_until: at(30 * 86_400),
        },
        business: Business {
            sale: PaymentId::from_row("1".to_owned()),
            wallet: Wallet::from_caip10("eip155:8453:0x00000000000000000000000000000000000000aa").unwrap(),
            charge: Charge::Paid,
            transaction: Some("0x1".to_owned()),
            refunded_by: None,
            cost: None,
            stopped: false,
        },
    }
}

/// The call, looked at in this second.
fn looked_at(call: Call, second: i64) -> Call {
    let line = Line { looked_at: DIALLED + second, ..call.line };
    Call { line, ..call }
}

/// The call with its money in this state.
pub(in crate::calls) fn charged(call: Call, charge: Charge) -> Call {
    let business = Business { charge, ..call.business };
    Call { business, ..call }
}

/// The call after a look at this second that found this record.
pub(in crate::calls) fn look(call: Call, second: i64, record: &BlandCall) -> Call {
    let call = looked_at(call, second);
    let look = judge(&call, &record.heard(before(&call)), Asker::Polls, at(second));
    call.after(look)
}

fn ended_by(call: &Call, second: i64) -> &'static str {
    Shown::of(call.clone(), at(second)).view.ended_by.as_str()
}

const TALK: (&str, &str) = ("user", "Hello?");
const LENGTH: (&str, &str) = ("call_length", "0.35");
const USER: (&str, &str) = ("call_ended_by", "USER");
const RESULTS: [(&str, &str); 5] = [
    LENGTH,
    ("corrected_duration", "21"),
    ("summary", "They said hello."),
    ("recording_url", "https://api.bland.ai/v1/recordings/1"),
    ("end_at", "2026-06-17T12:00:58Z"),
];

fn with(fields: &[(&str, &str)], more: &[(&str, &str)]) -> BlandCall {
    over(&[fields, more].concat())
}

#[test]
fn an_end_comes_with_all_that_belongs_to_it_or_half_a_minute_after_it() {
    let all = look(dialled(), 60, &with(&[TALK, USER], &RESULTS));
    let shown = Shown::of(all, at(60));
    assert_eq!((shown.view.ended_by.as_str(), shown.view.summary.as_deref()), ("USER", Some("They said hello.")));
    assert_eq!(shown.view.ended_at, Some(DIALLED + 58), "when the vendor says, and not when it was seen");

    for (missing, _) in RESULTS {
        let results: Vec<_> = RESULTS.into_iter().filter(|(name, _)| *name != missing).collect();
        let part = look(dialled(), 60, &with(&[TALK, USER], &results));
        // A length is there if either of its fields is; minutes are what is shown.
        let is_there = missing == "corrected_duration";
        assert_eq!(ended_by(&part, 60) == "USER", is_there, "without {missing}");
        // Since the end, where it is known.
        let ended = if missing == "end_at" { 60 } else { 58 };
        let later = |second| ended_by(&look(part.clone(), second, &with(&[TALK, USER], &results)), second);
        assert_eq!(later(ended + HELD - 1) == "USER", is_there, "without {missing}");
        assert_eq!(later(ended + HELD), "USER");
    }
    // With the rest the end comes at once.
    let part = look(dialled(), 60, &with(&[TALK, USER], &[]));
    assert_eq!(ended_by(&look(part, 65, &with(&[TALK, USER], &RESULTS)), 65), "USER");
}

#[test]
fn what_is_inferred_waits_for_a_word_that_is_certain() {
    let call = look(dialled(), 60, &over(&[]));
    assert_eq!(ended_by(&call, 60), "IN_PROGRESS");
    let call = look(call, 70, &with(&[TALK, USER], &RESULTS));
    assert_eq!(ended_by(&call, 70), "USER", "what was inferred was never shown");
    let call = look(look(dialled(), 60, &over(&[])), 90, &over(&[]));
    assert_eq!(ended_by(&call, 90), "NO_ANSWER");
}

#[test]
fn ends_that_have_no_summary_come_at_once() {
    for (fields, end) in [
        (vec![("status", "busy")], "BUSY"),
        (vec![("status", "no-answer")], "NO_ANSWER"),
        (vec![("answered_by", "voicemail")], "VOICEMAIL"),
        (vec![("status", "failed")], "ERROR"),
        (vec![("status", "completed"), ("error_message", "Call failed. The number you dialed is not found.")], "ERROR"),
        (vec![("status", "canceled")], "ERROR"),
    ] {
        let call = look(dialled(), 60, &over(&fields));
        let shown = Shown::of(call, at(60));
        assert_eq!((shown.view.ended_by.as_str(), shown.view.ended_at), (end, Some(DIALLED + 60)), "{fields:?}");
        // A machine's recording may still come.
        assert_eq!(shown.is_final, end != "VOICEMAIL", "{fields:?}");
    }
}

/// The line failed after a conversation: its summary is written as after any other.
#[test]
fn an_error_after_a_conversation_comes_with_its_summary_or_half_a_minute_after_it() {
    for failed in [("status", "failed"), ("status", "error"), ("queue_status", "call_error")] {
        let bare = with(&[failed, TALK], &[]);
        let held = look(dialled(), 60, &bare);
        assert_eq!(ended_by(&held, 60), "IN_PROGRESS", "{failed:?}");
        let late = look(held.clone(), 90, &bare);
        assert_eq!(ended_by(&late, 90), "ERROR", "{failed:?}");
        assert!(!Shown::of(late, at(90)).is_final, "its summary may still come");
        let shown = Shown::of(look(held, 70, &with(&[failed, TALK], &RESULTS)), at(70));
        assert_eq!((shown.view.ended_by.as_str(), shown.is_final), ("ERROR", true), "{failed:?}");
        assert_eq!(shown.view.summary.as_deref(), Some("They said hello."), "{failed:?}");
    }
}

/// What is final is what a client has kept: whatever the vendor says after that is not shown, and
/// before it all that is missing is waited for, for a minute.
#[test]
fn nothing_of_a_final_call_changes() {
    const ENDS: [&[(&str, &str)]; 7] = [
        &[USER, TALK],
        &[("call_ended_by", "ASSISTANT"), TALK],
        &[("answered_by", "voicemail")],
        &[("answered_by", "voicemail"), TALK],
        &[("status", "failed"), TALK],
        &[("status", "failed")],
        &[("status", "busy")],
    ];
    let late = with(&[TALK, ("assistant", "Who is it?"), USER], &RESULTS);
    for end in ENDS {
        for missing in (0..=RESULTS.len()).map(|missing| RESULTS.get(missing).map(|(name, _)| *name)) {
            let results: Vec<_> = RESULTS.into_iter().filter(|(name, _)| Some(*name) != missing).collect();
            let early = with(end, &results);
            let mut call = dialled();
            let mut last: Option<Shown> = None;
            for (second, record) in [(60, &early), (92, &early), (100, &late), (125, &late), (130, &new())] {
                if !call.line.closed {
                    call = look(call, second, record);
                }
                let shown = Shown::of(call.clone(), at(second));
                if let Some(last) = last.filter(|last| last.is_final) {
                    let seen = |shown: &Shown| (shown.view.clone(), shown.money.paid, shown.is_final);
                    assert_eq!(seen(&last), seen(&shown), "{end:?} without {missing:?} at {second}");
                }
                last = Some(shown);
            }
            assert!(last.is_some_and(|last| last.is_final), "{end:?} without {missing:?}");
        }
    }
}

#[test]
fn what_could_have_been_shown_of_an_end_never_changes() {
    let contrary = [
        over(&[("status", "failed"), ("error_message", "Call failed. The number you dialed is not found.")]),
        with(&[TALK, ("call_ended_by", "ASSISTANT"), ("answered_by", "voicemail")], &RESULTS),
        over(&[("status", "busy")]),
        BlandCall { queue_status: Some("started".into()), ..new() },
        new(),
    ];
    let certain = [
        with(&[TALK, USER], &RESULTS),
        over(&[("status", "busy")]),
        with(&[("status", "failed"), TALK], &RESULTS),
        over(&[("status", "failed")]),
        over(&[("status", "no-answer")]),
    ];
    for first in &certain {
        let shown = look(dialled(), 60, first);
        for second in &contrary {
            let mut later = shown.clone();
            for moment in [65, 91, 125] {
                later = look(later, moment, second);
                let (was, is) = (Shown::of(shown.clone(), at(60)), Shown::of(later.clone(), at(moment)));
                let end = |shown: &Shown| {
                    let View { status, ended_by, reason, retry, ended_at, .. } = shown.view.clone();
                    (status, ended_by, reason, retry, ended_at)
                };
                assert_eq!(end(&was), end(&is), "{first:?} and then {second:?}");
                let lines = |shown: &Shown| shown.view.transcript.len();
                assert!(lines(&is) >= lines(&was) && was.view.summary.is_none_or(|text| is.view.summary == Some(text)));
            }
            assert!(later.line.closed);
            assert_eq!(
                later.business.charge == Charge::RefundDue,
                shown.line.view.as_ref().unwrap().ended_by == EndedBy::Error
            );
        }
    }
}

#[test]
fn an_end_that_is_held_may_still_change_until_the_look_at_which_it_could_have_been_shown() {
    let silent = look(dialled(), 60, &over(&[]));
    let corrected = |second| ended_by(&look(silent.clone(), second, &over(&[("status", "failed")])), second);
    assert_eq!((corrected(89), corrected(90)), ("ERROR", "NO_ANSWER"));
    // A poll between two looks shows what the last look could show, whatever the time is meanwhile:
    // the look that is under way may still write something else.
    assert_eq!(ended_by(&silent, 500), "IN_PROGRESS");
    // A look that fails shows what is known.
    assert_eq!(ended_by(&looked_at(silent, 90), 90), "NO_ANSWER");
}

#[test]
fn what_is_late_is_added_where_anything_belongs_to_an_end() {
    let held = look(look(dialled(), 60, &with(&[TALK, USER], &[])), 91, &with(&[TALK, USER], &[]));
    let late = with(&[TALK, ("assistant", "Goodbye."), USER], &RESULTS);
    let view = look(held, 100, &late).line.view.unwrap();
    assert_eq!((view.summary.as_deref(), view.transcript.len()), (Some("They said hello."), 2));
    assert_eq!(view.ended_at, Some(DIALLED + 60));

    let silent = look(look(dialled(), 60, &over(&[])), 91, &over(&[]));
    let view = look(silent, 100, &late).line.view.unwrap();
    assert_eq!((view.ended_by.as_str(), view.summary, view.transcript.len()), ("NO_ANSWER", None, 0));
}

#[test]
fn a_record_that_lags_takes_nothing_back() {
    let line = |text: &str| BlandLine { user: "user".into(), text: text.into(), created_at: None, id: None };
    let talking = BlandCall { transcripts: vec![line("Hello?"), line("Who is it?")], ..new() };
    let call = look(dialled(), 10, &BlandCall { started_at: Some(at(4)), ..talking });
    let view = look(call, 20, &new()).line.view.unwrap();
    assert_eq!((view.status, view.transcript.len(), view.started_at), (Status::InProgress, 2, Some(DIALLED + 4)));

    let held = look(dialled(), 60, &with(&[TALK, USER], &[]));
    let lags = look(held, 90, &new());
    assert_eq!(ended_by(&lags, 90), "USER", "an end stays one, and comes when it was to come");
}

#[test]
fn times_are_the_vendors_as_far_as_they_can_be() {
    let times = |fields: &[(&str, &str)]| {
        let view = look(dialled(), 60, &with(&[TALK, USER], fields)).line.view.unwrap();
        (view.started_at.map(|at| at - DIALLED), view.ended_at.map(|at| at - DIALLED))
    };
    let (began, over) = (("started_at", "2026-06-17T12:00:05Z"), ("end_at", "2026-06-17T12:00:47.9Z"));
    assert_eq!(times(&[began, over]), (Some(5), Some(47)));
    assert_eq!(times(&[]), (None, Some(60)));
    for (began, end, seen) in [
        ("2026-06-17T12:00:05Z", "2026-06-17T12:05:05Z", (5, 60)),
        ("2026-06-17T12:00:05Z", "2026-06-17T12:00:04Z", (5, 60)),
        ("2026-06-17T11:59:59Z", "2026-06-17T11:59:59Z", (0, 60)),
        ("2026-06-17T12:01:01Z", "2026-06-17T12:00:50Z", (60, 60)),
    ] {
        let told = times(&[("started_at", began), ("end_at", end)]);
        assert_eq!(told, (Some(seen.0), Some(seen.1)), "{began} to {end}");
    }
    // A phone that rang and was not answered began nothing.
    let busy = look(dialled(), 60, &over_with_times("busy"));
    assert_eq!(busy.line.view.unwrap().started_at, None);
}

fn over_with_times(status: &str) -> BlandCall {
    over(&[("status", status), ("started_at", "2026-06-17T12:00:05Z"), ("end_at", "2026-06-17T12:00:20Z"), LENGTH])
}

#[test]
fn what_was_not_answered_has_no_answer_no_length_and_no_results() {
    for status in ["busy", "no-answer", "failed"] {
        let mut record = over_with_times(status);
        record.answered_by = Some("human".into());
        record.call_ended_by = Some("USER".into());
        record.summary = Some("Nothing.".into());
        let view = look(dialled(), 60, &record).line.view.unwrap();
        assert_eq!((view.started_at, view.answered_by, view.call_ended_by), (None, None, None), "{status}");
        assert_eq!((view.call_length, view.summary, view.recording_url), (None, None, None), "{status}");
        assert_eq!(view.ended_at, Some(DIALLED + 20), "{status}");
    }
}

#[test]
fn a_call_settles_a_minute_after_its_end_once_its_payment_is_known() {
    let busy = over(&[("status", "busy")]);
    let call = look(dialled(), 60, &busy);
    assert!(!look(call.clone(), 119, &busy).line.closed && look(call.clone(), 120, &busy).line.closed);
    // What is said of it meanwhile does not matter.
    assert!(look(call.clone(), 120, &new()).line.closed);
    assert!(!look(charged(call, Charge::Pending), 120, &busy).line.closed);
}

#[test]
fn a_call_that_is_given_up_ends_as_it_was_seen_to_or_in_an_error() {
    let talking = BlandCall { started_at: Some(at(4)), ..over(&[TALK]) };
    let talking = BlandCall { completed: false, ..talking };
    for (call, end, lines) in [
        (dialled(), "ERROR", 0),
        (look(dialled(), 10, &talking), "ERROR", 1),
        (look(dialled(), 10, &with(&[TALK, USER], &[])), "USER", 1),
    ] {
        let Look { view, closed, refund_due, ended_at, .. } = given_up(&call, at(1_000));
        assert_eq!((view.ended_by.as_str(), view.transcript.len(), closed), (end, lines, true));
        assert_eq!(refund_due, end == "ERROR");
        assert!(ended_at.is_some() && view.ended_at.is_some());
        assert_eq!(ended_by(&call.after(given_up(&dialled(), at(1_000))), 1_000), "ERROR");
    }
    assert!(!given_up(&charged(dialled(), Charge::Declined), at(1_000)).refund_due);
}

#[test]
fn a_transcript_that_is_too_long_is_cut() {
    let line = |text: &str| BlandLine { user: "user".into(), text: text.into(), created_at: None, id: None };
    let endless = (0..3).map(|_| line(&"é".repeat(LONGEST_TRANSCRIPT / 3))).collect();
    let view = look(dialled(), 10, &BlandCall { transcripts: endless, ..new() }).line.view.unwrap();
    let length: usize = view.transcript.iter().map(|line| line.text.len()).sum();
    assert_eq!(length, LONGEST_TRANSCRIPT);
}

#[test]
fn a_view_has_what_callers_may_know() {
    let view = |recording: &str, answered_by: &str| {
        let fields = [TALK, USER, LENGTH, ("answered_by", answered_by), ("recording_url", recording)];
        look(dialled(), 60, &over(&fields)).line.view.unwrap()
    };
    let shown = view("https://api.bland.ai/v1/recordings/1", "human");
    assert_eq!((shown.call_length.as_deref(), shown.answered_by), (Some("0.35"), Some(AnsweredBy::Human)));
    assert_eq!(shown.call_ended_by, Some(CallEndedBy::User));
    assert!(shown.recording_url.is_some());
    let shown = view("https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1", "no_answer");
    assert_eq!((shown.recording_url, shown.answered_by), (None, None));
}

#[test]
fn a_call_would_have_been_stopped_for_what_its_payment_has_come_to() {
    for (charge, stopped, why) in [
        (Charge::Paid, false, Stopped::TimeUp),
        (Charge::Credited, false, Stopped::TimeUp),
        (Charge::Declined, false, Stopped::Unpaid),
        (Charge::Declined, true, Stopped::Unpaid),
        (Charge::Lapsed, false, Stopped::InDoubt),
        (Charge::Lapsed, true, Stopped::InDoubt),
        (Charge::Pending, true, Stopped::InDoubt),
        (Charge::RefundDue, true, Stopped::InDoubt),
        (Charge::Pending, false, Stopped::TimeUpOrUnpaid),
    ] {
        let call = dialled();
        let business = Business { charge, stopped, ..call.business };
        assert_eq!(before(&Call { business, ..call }).stopped, why, "{charge:?} {stopped}");
    }
}

/// The call, which is to be hung up since this second.
pub(in crate::calls) fn asked_to_end(call: Call, second: i64) -> Call {
    let line = Line { hangup_requested_at: Some(at(second)), ..call.line };
    Call { line, ..call }
}

#[test]
fn a_call_that_was_hung_up_before_the_phone_rang_goes_back_and_any_other_does_not() {
    for (fields, status, goes_back) in [
        (vec![("status", "canceled")], Status::Failed, true),
        (vec![("status", "canceled"), ("started_at", "2026-06-17T12:00:05Z")], Status::NoAnswer, false),
        (vec![("status", "canceled"), TALK], Status::Completed, false),
    ] {
        let ended = look(asked_to_end(dialled(), 50), 60, &over(&fields));
        let closed = look(ended, 125, &over(&fields));
        let view = closed.line.view.as_ref().unwrap();
        assert_eq!((view.status, view.ended_by), (status, EndedBy::Requested), "{fields:?}");
        assert_eq!(closed.business.charge == Charge::RefundDue, goes_back, "{fields:?}");
    }
}

#[test]
fn an_end_that_could_be_shown_before_it_was_to_be_hung_up_stays_what_it_was() {
    let shown = look(dialled(), 60, &with(&[TALK, USER], &RESULTS));
    let asked = asked_to_end(shown, 61);
    assert_eq!(ended_by(&look(asked, 70, &over(&[("status", "canceled"), TALK])), 70), "USER");
}

#[test]
fn a_line_that_was_seen_open_has_rung_though_the_last_record_does_not_say_so() {
    let open = BlandCall { queue_status: Some("started".to_owned()), ..new() };
    let call = asked_to_end(look(dialled(), 50, &open), 52);
    let view = look(call, 60, &over(&[("status", "canceled")])).line.view.unwrap();
    assert_eq!((view.status, view.ended_by), (Status::NoAnswer, EndedBy::Requested));
}
