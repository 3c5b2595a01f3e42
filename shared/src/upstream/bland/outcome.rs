//! What became of a call: from Bland's record to how it stands, in our words. Pure: it knows what
//! Bland's fields mean when they contradict each other, and nothing about when a call is looked at
//! or what is shown when.
//!
//! Bland has no word for a timeout, none for a voicemail that was hung up on, and says "completed"
//! of calls that a carrier blocked. So the rules stand in an order, and the first that fits is the
//! answer. `ringing` is never said: Bland cannot tell.
//!
//! `docs/decisions.md`: Why is a call that we have canceled not always an error?

use super::request::ASKED;
use super::{BlandCall, Line};
use crate::limits::TALK;
use crate::types::Usdc;
use crate::types::call::{AnsweredBy, CallEndedBy, End, Reached, Role, State, Utterance};
use crate::upstream::heard::{Before, Heard, Stopped};

/// A call that came so close to its cap was ended by it.
const CLOSE_TO_CAP: u64 = 3;

impl BlandCall {
    /// What this record amounts to.
    pub fn heard(&self, before: Before) -> Heard {
        let spoke = before.spoke || has_talk(self);
        let answered_by = self.answered_by.as_deref().and_then(AnsweredBy::parse);
        let is_taken = matches!(answered_by, Some(AnsweredBy::Human | AnsweredBy::Voicemail));
        let rang = before.rang || is_open(self) || self.started_at.is_some() || spoke || is_taken;
        let (state, certain, answered) = if is_over(self) {
            let taken = Taken { spoke, rang, answered: spoke || seconds(self) > 0 || is_taken };
            let (end, certain) = end(self, before, taken);
            (State::Over(end), certain, end.was_answered().unwrap_or(taken.answered))
        } else {
            // A line that is open may still be ringing, whatever its length is said to be, and who
            // is said to have taken it may be taken back by a record that calls it busy. Words are
            // not.
            (running(self, spoke), true, spoke)
        };
        let heard = Heard {
            state,
            certain,
            spoke,
            rang,
            answered,
            answered_by,
            call_ended_by: self.call_ended_by.as_deref().and_then(CallEndedBy::parse),
            transcript: transcript(self),
            call_length: self.call_length.clone(),
            seconds: seconds(self),
            billed: billed(self, before.max_duration),
            summary: self.summary.clone(),
            recording_url: self.recording_url.clone(),
            opted_out: self.disposition.as_deref() == Some(ASKED),
            disposed: self.disposition.is_some(),
            started_at: self.started_at,
            ended_at: self.end_at,
            price: self.price.as_ref().map(|dollars| Usdc::micros(dollars.times(1_000_000))),
        };
        heard.hung_up_at(before.hangup_requested_at)
    }
}

/// The signs that the callee was on the line.
#[derive(Clone, Copy)]
struct Taken {
    spoke: bool,
    rang: bool,
    answered: bool,
}

/// How a call that is over has ended, and whether that is certain.
fn end(call: &BlandCall, before: Before, taken: Taken) -> (End, bool) {
    let Taken { spoke, answered, .. } = taken;
    let status = call.status.as_deref().unwrap_or_default();
    let queue = call.queue_status.as_deref().unwrap_or_default();
    let answered_by = call.answered_by.as_deref().unwrap_or_default();

    // "Is busy" is also said of a transfer that failed in the middle of a conversation.
    if !spoke && (status == "busy" || says(call, &["is busy"])) {
        return (End::Busy, true);
    }
    if !spoke && (status == "no-answer" || matches!(answered_by, "no-answer" | "no_answer")) {
        return (End::RangOut, true);
    }
    if status == "canceled" {
        return canceled(before, taken);
    }
    if matches!(status, "failed" | "error") || matches!(queue, "pre_queue_error" | "queue_error" | "call_error") {
        return match spoke {
            true if seconds(call) >= TALK.as_secs() => (End::BrokeOffLate, true),
            true => (End::BrokeOff, true),
            false => (why_failed(call), true),
        };
    }
    // Reported as completed, and nothing of the kind. An error message by itself proves nothing.
    let silent = !spoke && seconds(call) == 0;
    if silent && says(call, &NEVER_CONNECTED) {
        return (why_failed(call), true);
    }
    if answered_by == "voicemail" {
        return (if before.leaves_message { End::Mailbox } else { End::Machine }, true);
    }
    if seconds(call) >= (u64::from(before.max_duration) * 60).saturating_sub(CLOSE_TO_CAP) {
        return (End::TimeUp, true);
    }
    match call.call_ended_by.as_deref() {
        // Until the length is written it may still turn out to have been the cap.
        Some("USER") => (End::HungUp, has_length(call)),
        Some("ASSISTANT") => (End::Done, has_length(call)),
        // The AI's last act is a remark such as "Ended call".
        _ if in_order(call).last().is_some_and(|line| line.user == "agent-action") => (End::Done, false),
        // Not an error: that would make a call free because the callee was out.
        _ if !answered => (End::RangOut, false),
        _ => (End::HungUp, false),
    }
}

/// Only we cancel: what is not paid, what is asked to be hung up, and what does not end when its
/// time is up. That was delivered, if it was answered.
fn canceled(before: Before, taken: Taken) -> (End, bool) {
    let in_time = match before.hangup_requested_at {
        Some(_) => End::Requested(Reached::of(taken.answered, taken.rang)),
        None if taken.answered => End::TimeUp,
        None => End::NeverAnswered,
    };
    match before.stopped {
        Stopped::Unpaid => (End::Unpaid, true),
        Stopped::InDoubt => (End::InDoubt, true),
        Stopped::TimeUp => (in_time, true),
        Stopped::TimeUpOrUnpaid => (in_time, before.hangup_requested_at.is_some()),
    }
}

/// What the dialler says of calls that never came about, whatever status it gives them.
const NEVER_CONNECTED: [&str; 6] = [
    "call failed",
    "is not found",
    "temporarily unavailable",
    "service provider blocked",
    "unable to start call",
    "a database error occurred",
];

fn why_failed(call: &BlandCall) -> End {
    if says(call, &["is not found"]) {
        End::NotFound
    } else if says(call, &["temporarily unavailable"]) {
        End::Unavailable
    } else if says(call, &["service provider blocked", "number reputation"]) {
        End::Blocked
    } else {
        End::Failed
    }
}

/// `complete_error` is a call that went well and something after it that did not.
fn is_over(call: &BlandCall) -> bool {
    let status = call.status.as_deref().unwrap_or_default();
    let queue = call.queue_status.as_deref().unwrap_or_default();
    call.completed
        || matches!(status, "completed" | "failed" | "error" | "busy" | "no-answer" | "canceled")
        || matches!(
            queue,
            "complete" | "completed" | "pre_queue_error" | "queue_error" | "call_error" | "complete_error"
        )
}

fn running(call: &BlandCall, spoke: bool) -> State {
    if is_open(call) || spoke { State::Talking } else { State::Dialling }
}

fn is_open(call: &BlandCall) -> bool {
    call.queue_status.as_deref() == Some("started") || !call.transcripts.is_empty()
}

fn says(call: &BlandCall, parts: &[&str]) -> bool {
    let text = call.error_message.as_deref().unwrap_or_default().to_ascii_lowercase();
    parts.iter().any(|part| text.contains(part))
}

/// The shorter of what the dialler says about the length: one of its two fields was at times in
/// another unit, and the other at times included the ringing.
fn seconds(call: &BlandCall) -> u64 {
    lengths(call).min().unwrap_or(0)
}

/// The longer of the two, since either may be what the carrier bills; as far as a call can have
/// lasted, since one in another unit is longer than that.
fn billed(call: &BlandCall, max_duration: u32) -> Option<u64> {
    let longest = u64::from(max_duration) * 60;
    lengths(call).max().map(|length| length.min(longest.max(seconds(call))))
}

fn lengths(call: &BlandCall) -> impl Iterator<Item = u64> {
    let connected = call.corrected_duration.as_ref().map(|seconds| seconds.times(1));
    let talked = call.call_length.as_ref().map(|minutes| minutes.times(60));
    [connected, talked].into_iter().flatten()
}

fn has_length(call: &BlandCall) -> bool {
    call.corrected_duration.is_some() || call.call_length.is_some()
}

fn has_talk(call: &BlandCall) -> bool {
    call.transcripts.iter().any(|line| role(line).is_some())
}

/// Who speaks. Remarks of the dialler's own are not part of the conversation.
fn role(line: &Line) -> Option<Role> {
    match line.user.as_str() {
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        _ => None,
    }
}

fn transcript(call: &BlandCall) -> Vec<Utterance> {
    let spoken = |line: &Line| Some(Utterance { role: role(line)?, text: line.text.clone() });
    in_order(call).into_iter().filter_map(spoken).collect()
}

/// By time, then by number; as it was sent, where rows lack one of them.
fn in_order(call: &BlandCall) -> Vec<&Line> {
    let mut lines: Vec<&Line> = call.transcripts.iter().collect();
    if lines.iter().all(|line| line.created_at.is_some()) {
        lines.sort_by_key(|line| (line.created_at, line.id));
    } else if lines.iter().all(|line| line.id.is_some()) {
        lines.sort_by_key(|line| line.id);
    }
    lines
}

#[cfg(test)]
pub(crate) mod tests;
