//! What became of a call: from the dialler's record to the specification's words. Pure: it knows what the dialler's
//! fields mean when they contradict each other, and nothing about when anybody looks or who pays for what.
//!
//! The dialler has no word for a timeout, none for a voicemail that was hung up on, and says "completed" of calls that a
//! carrier blocked. So the rules stand in an order, and the first that fits is the answer. `ringing` is never said: the
//! dialler cannot tell.

use crate::store::{Spoken, View};
use crate::types::rfc3339;
use crate::upstream::bland::{BlandCall, Line};

/// An item of the table holds 400 KB; a transcript beyond this is cut.
const LONGEST_TRANSCRIPT: usize = 256 * 1024;
/// The same for a summary, which is a paragraph.
const LONGEST_SUMMARY: usize = 16 * 1024;
/// A call that came so close to its cap was ended by it.
const CLOSE_TO_CAP: u64 = 3;

/// Why a call ended, or that it has not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum EndedBy {
    InProgress,
    User,
    Assistant,
    Timeout,
    NoAnswer,
    Busy,
    Voicemail,
    Error,
}

/// What a record amounts to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    status: &'static str,
    ended_by: EndedBy,
    reason: &'static str,
    certain: bool,
}

impl Outcome {
    /// Whether the call is over.
    pub fn is_terminal(&self) -> bool {
        self.ended_by != EndedBy::InProgress
    }

    /// Whether it ended in an error, which is not charged.
    pub fn is_error(&self) -> bool {
        self.ended_by == EndedBy::Error
    }

    /// Whether the record says so itself. Otherwise it is inferred from what is missing, and since the dialler writes
    /// for up to a minute after a call has ended, it must not be final before that.
    pub fn is_certain(&self) -> bool {
        self.certain
    }

    fn certain(status: &'static str, ended_by: EndedBy) -> Self {
        Self { status, ended_by, reason: ended_by.reason(), certain: true }
    }

    fn inferred(status: &'static str, ended_by: EndedBy) -> Self {
        Self { certain: false, ..Self::certain(status, ended_by) }
    }

    fn because(self, reason: &'static str) -> Self {
        Self { reason, ..self }
    }
}

/// What this record says about a call that might last so many minutes.
pub fn of(call: &BlandCall, most_minutes: u32) -> Outcome {
    if !is_over(call) {
        return running(call);
    }
    let status = call.status.as_deref().unwrap_or_default();
    let queue = call.queue_status.as_deref().unwrap_or_default();
    let answered_by = call.answered_by.as_deref().unwrap_or_default();
    let spoke = has_talk(call);
    let silent = !spoke && seconds(call) == 0;

    // "Is busy" is also said of a transfer that failed in the middle of a conversation.
    if status == "busy" || (!spoke && says(call, &["is busy"])) {
        return Outcome::certain("busy", EndedBy::Busy);
    }
    if status == "no-answer" || (!spoke && matches!(answered_by, "no-answer" | "no_answer")) {
        return Outcome::certain("no_answer", EndedBy::NoAnswer);
    }
    // Nobody but us cancels, and we do only when something went wrong.
    if matches!(status, "failed" | "error" | "canceled")
        || matches!(queue, "pre_queue_error" | "queue_error" | "call_error")
    {
        return Outcome::certain("failed", EndedBy::Error).because(why_failed(call));
    }
    // Reported as completed, and nothing of the kind. An error message by itself proves nothing.
    if silent && says(call, &NEVER_CONNECTED) {
        return Outcome::inferred("failed", EndedBy::Error).because(why_failed(call));
    }
    if answered_by == "voicemail" {
        return Outcome::certain("completed", EndedBy::Voicemail);
    }
    if seconds(call) >= (u64::from(most_minutes) * 60).saturating_sub(CLOSE_TO_CAP) {
        return Outcome::certain("completed", EndedBy::Timeout);
    }
    match call.call_ended_by.as_deref() {
        // Until the length is written it may still turn out to have been the cap.
        Some("USER") => Outcome { certain: has_length(call), ..Outcome::certain("completed", EndedBy::User) },
        Some("ASSISTANT") => Outcome { certain: has_length(call), ..Outcome::certain("completed", EndedBy::Assistant) },
        // The AI's last act is a remark such as "Ended call".
        _ if in_order(call).last().is_some_and(|line| line.user == "agent-action") => {
            Outcome::inferred("completed", EndedBy::Assistant)
        }
        // Not an error: that would make a call free because nobody was there.
        _ if silent => Outcome::inferred("no_answer", EndedBy::NoAnswer),
        _ => Outcome::inferred("completed", EndedBy::User),
    }
}

/// What is said of a call that nobody has looked at yet.
pub fn dialled() -> Outcome {
    Outcome::certain("started", EndedBy::InProgress)
}

/// What is said of a call that nothing was heard of long after it must have ended.
pub fn lost() -> Outcome {
    Outcome::certain("failed", EndedBy::Error).because(LOST)
}

/// What a poll shows.
pub fn view_of(outcome: &Outcome, call: Option<&BlandCall>) -> View {
    let mut view = View {
        status: outcome.status.to_owned(),
        ended_by: outcome.ended_by.as_str().to_owned(),
        reason: outcome.reason.to_owned(),
        answered_by: None,
        call_ended_by: None,
        call_length: None,
        summary: None,
        transcript: Vec::new(),
        recording_url: None,
        started_at: None,
        ended_at: None,
    };
    let Some(call) = call else { return view };
    view.transcript = transcript(call);
    view.started_at = call.started_at.map(rfc3339);
    view.answered_by = one_of(call.answered_by.as_ref(), &["human", "voicemail", "unknown"]);
    if outcome.is_terminal() {
        view.call_ended_by = one_of(call.call_ended_by.as_ref(), &["USER", "ASSISTANT"]);
        view.call_length = call.call_length.as_ref().map(|minutes| minutes.as_str().to_owned());
        view.summary = call.summary.as_ref().map(|summary| cut(summary, LONGEST_SUMMARY).to_owned());
        view.recording_url = call.recording_url.clone().filter(|url| may_be_shown(url));
        // Until then it is when the call is to be cut off.
        view.ended_at = call.end_at.map(rfc3339);
    }
    view
}

impl EndedBy {
    fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::User => "USER",
            Self::Assistant => "ASSISTANT",
            Self::Timeout => "TIMEOUT",
            Self::NoAnswer => "NO_ANSWER",
            Self::Busy => "BUSY",
            Self::Voicemail => "VOICEMAIL",
            Self::Error => "ERROR",
        }
    }

    /// The sentence for an agent that would otherwise take a normal end for a fault. The first is the specification's.
    fn reason(self) -> &'static str {
        match self {
            Self::User => {
                "The callee (the person you called) hung up. This is normal — humans typically end calls once they've \
                 answered your question. Not a system error."
            }
            Self::Assistant => {
                "The AI ended the call: its task was done, an exit instruction applied, or max_duration was near. This is \
                 normal. Not a system error."
            }
            Self::Timeout => {
                "The call reached its max_duration and was ended. Pass a larger max_duration next time if you expect a \
                 long conversation. Not a system error."
            }
            Self::NoAnswer => {
                "The line rang out and nobody picked up. This is normal — try again at another time. Not a system error."
            }
            Self::Busy => "The destination was busy. This is normal — try again in a few minutes. Not a system error.",
            Self::Voicemail => {
                "Voicemail picked up and the AI hung up without leaving a message. Try again at another time. Not a system \
                 error."
            }
            Self::Error => {
                "The carrier or the voice service reported an error, so the call failed. This is a system error, and you are \
                 not charged for the call."
            }
            Self::InProgress => "The call has not ended yet. Keep polling.",
        }
    }
}

const NOT_FOUND: &str = "The carrier does not know the number you called. Check the number before you call again. You are not \
                         charged for the call.";
const UNAVAILABLE: &str = "The carrier could not reach the number you called: it is temporarily unavailable. Try again later. \
                           You are not charged for the call.";
const BLOCKED: &str = "A carrier blocked the call because of the caller ID's reputation. Call from another number. You are not \
                       charged for the call.";
const LOST: &str = "Nothing was heard of the call after the time by which it must have ended. This is a system error, and you \
                    are not charged for the call.";
/// What the dialler says of calls that never came about, whatever status it gives them.
const NEVER_CONNECTED: [&str; 6] = [
    "call failed",
    "is not found",
    "temporarily unavailable",
    "service provider blocked",
    "unable to start call",
    "a database error occurred",
];

fn why_failed(call: &BlandCall) -> &'static str {
    if says(call, &["is not found"]) {
        NOT_FOUND
    } else if says(call, &["temporarily unavailable"]) {
        UNAVAILABLE
    } else if says(call, &["service provider blocked", "number reputation"]) {
        BLOCKED
    } else {
        EndedBy::Error.reason()
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

fn running(call: &BlandCall) -> Outcome {
    if call.queue_status.as_deref() == Some("started") || !call.transcripts.is_empty() {
        Outcome::certain("in-progress", EndedBy::InProgress)
    } else {
        Outcome::certain("started", EndedBy::InProgress)
    }
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

/// Remarks of the dialler's own are not part of the conversation.
fn role(line: &Line) -> Option<&'static str> {
    match line.user.as_str() {
        "user" => Some("user"),
        "assistant" => Some("assistant"),
        _ => None,
    }
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

fn transcript(call: &BlandCall) -> Vec<Spoken> {
    let mut left = LONGEST_TRANSCRIPT;
    in_order(call)
        .into_iter()
        .filter_map(|line| Some((role(line)?, line)))
        .map_while(|(role, line)| {
            let text = cut(&line.text, left);
            left -= text.len();
            (!text.is_empty()).then(|| Spoken { role: role.to_owned(), text: text.to_owned() })
        })
        .collect()
}

fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

fn one_of(told: Option<&String>, known: &[&str]) -> Option<String> {
    told.filter(|told| known.contains(&told.as_str())).cloned()
}

/// Not an address at the carrier: that names our account, and lives on when the dialler's is gone.
fn may_be_shown(url: &str) -> bool {
    url.starts_with("https://") && url.len() <= 2_048 && !url.contains("/Accounts/")
}

#[cfg(test)]
pub(super) mod tests;
