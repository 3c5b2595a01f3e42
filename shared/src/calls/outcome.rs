//! What became of a call: from the dialler's record to how it stands. Pure: it knows what the dialler's fields mean when they
//! contradict each other, and nothing about when a call is looked at or what is shown when.
//!
//! The dialler has no word for a timeout, none for a voicemail that was hung up on, and says "completed" of calls that a
//! carrier blocked. So the rules stand in an order, and the first that fits is the answer. `ringing` is never said: the
//! dialler cannot tell.

mod ends;

use crate::limits::TALK;
use crate::store::Charge;
use crate::upstream::bland::{BlandCall, Line};
pub use ends::{ERROR, End, IN_PROGRESS};

/// A call that came so close to its cap was ended by it.
const CLOSE_TO_CAP: u64 = 3;

/// How far a call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The phone is being rung.
    Dialling,
    /// The line is open.
    Talking,
    /// It is over.
    Over(End),
}

/// What a record amounts to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// How far it is.
    pub state: State,
    certain: bool,
    spoke: bool,
    answered: bool,
}

/// What is known of a call before its record is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Before {
    /// Minutes after which it is cut off.
    pub max_duration: u32,
    /// Whether an earlier record had words in it: that a later one has none does not make them unsaid.
    pub spoke: bool,
    /// What it has cost its wallet.
    pub charge: Charge,
    /// Whether we have stopped it because its payment was in doubt.
    pub stopped: bool,
}

impl Outcome {
    /// Whether the call is over.
    pub fn is_terminal(&self) -> bool {
        matches!(self.state, State::Over(_))
    }

    /// Whether it ended in an error, which is not charged.
    pub fn is_error(&self) -> bool {
        matches!(self.state, State::Over(end) if end.is_error())
    }

    /// Whether the line failed when there had been a conversation.
    pub fn broke_off_late(&self) -> bool {
        self.state == State::Over(End::BrokeOffLate)
    }

    /// Whether the record says so itself. Otherwise it is inferred from what is missing, and may be missing only because it is not
    /// written yet.
    pub fn is_certain(&self) -> bool {
        self.certain
    }

    /// Whether the callee, or a machine, took the call.
    pub fn is_answered(&self) -> bool {
        self.answered
    }

    /// Whether words belong to it, and with them a summary.
    pub fn has_words(&self) -> bool {
        self.answered && self.spoke
    }

    /// The specification's `status`.
    pub fn status(&self) -> &'static str {
        match self.state {
            State::Dialling => "started",
            State::Talking => "in-progress",
            State::Over(end) => end.words().status,
        }
    }

    /// The specification's `ended_by`.
    pub fn ended_by(&self) -> &'static str {
        match self.state {
            State::Dialling | State::Talking => IN_PROGRESS,
            State::Over(end) => end.words().ended_by,
        }
    }

    /// The sentence that explains it.
    pub fn reason(&self) -> &'static str {
        match self.state {
            State::Dialling | State::Talking => ends::RUNNING,
            State::Over(end) => end.words().reason,
        }
    }

    /// Whether calling again makes sense.
    pub fn retry(&self) -> &'static str {
        match self.state {
            State::Dialling | State::Talking => "no",
            State::Over(end) => end.words().retry,
        }
    }
}

/// What this record says.
pub fn of(call: &BlandCall, before: Before) -> Outcome {
    let spoke = before.spoke || has_talk(call);
    let is_taken = matches!(call.answered_by.as_deref(), Some("human" | "voicemail"));
    let heard = Heard { spoke, answered: spoke || seconds(call) > 0 || is_taken };
    if !is_over(call) {
        // A line that is open may still be ringing, whatever its length is said to be.
        return Outcome { state: running(call, heard), certain: true, spoke, answered: spoke || is_taken };
    }
    let (end, certain) = end(call, before, heard);
    let answered = end.was_answered().unwrap_or(heard.answered);
    Outcome { state: State::Over(end), certain, spoke, answered }
}

/// What is said of a call that was never looked at.
pub fn dialled() -> Outcome {
    Outcome { state: State::Dialling, certain: true, spoke: false, answered: false }
}

/// What is said of a call whose end is kept back.
pub fn talking() -> Outcome {
    Outcome { state: State::Talking, ..dialled() }
}

/// What is said of a call that nothing was heard of long after it must have ended.
pub fn lost(spoke: bool) -> Outcome {
    Outcome { state: State::Over(End::Lost), certain: true, spoke, answered: spoke }
}

/// Whether the callee was on the line.
#[derive(Clone, Copy)]
struct Heard {
    spoke: bool,
    answered: bool,
}

/// How a call that is over has ended, and whether that is certain.
fn end(call: &BlandCall, before: Before, Heard { spoke, answered }: Heard) -> (End, bool) {
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
    // Only we cancel: what is not paid, and what does not end when its time is up. That was delivered, if it was answered.
    if status == "canceled" {
        return match before.charge {
            Charge::Declined => (End::Unpaid, true),
            _ if before.stopped => (End::InDoubt, true),
            charge if answered => (End::TimeUp, charge != Charge::Pending),
            charge => (End::NeverAnswered, charge != Charge::Pending),
        };
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
        return (End::Machine, true);
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

fn running(call: &BlandCall, heard: Heard) -> State {
    let is_open = call.queue_status.as_deref() == Some("started") || !call.transcripts.is_empty();
    if is_open || heard.spoke { State::Talking } else { State::Dialling }
}

fn says(call: &BlandCall, parts: &[&str]) -> bool {
    let text = call.error_message.as_deref().unwrap_or_default().to_ascii_lowercase();
    parts.iter().any(|part| text.contains(part))
}

/// The shorter of what the dialler says about the length: one of its two fields was at times in another unit, and the
/// other at times included the ringing.
pub fn seconds(call: &BlandCall) -> u64 {
    let connected = call.corrected_duration.as_ref().map(|seconds| seconds.times(1));
    let talked = call.call_length.as_ref().map(|minutes| minutes.times(60));
    [connected, talked].into_iter().flatten().min().unwrap_or(0)
}

fn has_length(call: &BlandCall) -> bool {
    call.corrected_duration.is_some() || call.call_length.is_some()
}

fn has_talk(call: &BlandCall) -> bool {
    call.transcripts.iter().any(|line| role(line).is_some())
}

/// Who speaks. Remarks of the dialler's own are not part of the conversation.
pub(super) fn role(line: &Line) -> Option<&'static str> {
    match line.user.as_str() {
        "user" => Some("user"),
        "assistant" => Some("assistant"),
        _ => None,
    }
}

/// By time, then by number; as it was sent, where rows lack one of them.
pub(super) fn in_order(call: &BlandCall) -> Vec<&Line> {
    let mut lines: Vec<&Line> = call.transcripts.iter().collect();
    if lines.iter().all(|line| line.created_at.is_some()) {
        lines.sort_by_key(|line| (line.created_at, line.id));
    } else if lines.iter().all(|line| line.id.is_some()) {
        lines.sort_by_key(|line| line.id);
    }
    lines
}

#[cfg(test)]
pub(super) mod tests;
