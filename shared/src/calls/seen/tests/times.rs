//! When a call was answered: once that is said it stays said, whatever the records after it say.

use super::{DIALLED, TALK, USER, at, dialled, look, over};
use crate::calls::shown::Shown;
use crate::upstream::bland::BlandCall;

const EARLY: (&str, &str) = ("started_at", "2026-06-17T12:00:04Z");
const LATE: (&str, &str) = ("started_at", "2026-06-17T12:00:06Z");
const OPEN: (&str, &str) = ("queue_status", "started");
const HUMAN: (&str, &str) = ("answered_by", "human");
const MACHINE: (&str, &str) = ("answered_by", "voicemail");

/// Records of a call that runs, and of one that is over, which may come in any order.
fn records() -> Vec<(String, BlandCall)> {
    let running: [&[(&str, &str)]; 9] = [
        &[],
        &[OPEN],
        &[OPEN, EARLY],
        &[OPEN, HUMAN, EARLY],
        &[OPEN, MACHINE, LATE],
        &[OPEN, TALK],
        &[OPEN, TALK, EARLY],
        &[OPEN, TALK, LATE],
        &[OPEN, TALK, HUMAN, ("started_at", "2026-06-17T13:00:00Z")],
    ];
    let ended: [&[(&str, &str)]; 9] = [
        &[("status", "busy"), EARLY],
        &[("status", "no-answer"), LATE],
        &[("status", "failed"), EARLY],
        &[("status", "canceled"), LATE],
        &[("status", "completed"), ("error_message", "Call failed. The number you dialed is not found."), EARLY],
        &[TALK, USER, LATE],
        &[USER, EARLY, ("end_at", "2026-06-17T12:00:05Z")],
        &[MACHINE, LATE],
        &[EARLY],
    ];
    let record = |fields: &[(&str, &str)], completed| {
        (format!("{completed} {fields:?}"), BlandCall { completed, ..over(fields) })
    };
    let running = running.into_iter().map(|fields| record(fields, false));
    running.chain(ended.into_iter().map(|fields| record(fields, true))).collect()
}

#[test]
fn a_time_at_which_a_call_was_answered_does_not_change_and_is_not_taken_back() {
    let records = records();
    let mut known = 0;
    for (first, one) in &records {
        for (second, two) in &records {
            for (third, three) in &records {
                let mut call = dialled();
                let mut answered = None;
                for (when, record) in [(10, one), (20, two), (50, three), (90, three)] {
                    call = look(call, when, record);
                    let view = Shown::of(call.clone(), at(when)).view;
                    if answered.is_some() {
                        assert_eq!(view.started_at, answered, "after {when} s of {first}, {second}, {third}");
                    }
                    answered = view.started_at;
                    let ended = view.ended_at.unwrap_or(DIALLED + when);
                    assert!(answered.is_none_or(|at| (DIALLED..=ended).contains(&at)), "{first}, {second}, {third}");
                }
                known += usize::from(answered.is_some());
            }
        }
    }
    assert!(known > records.len().pow(3) / 2, "{known}");
}
