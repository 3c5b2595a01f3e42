//! What is said of how far a call is: the specification's words, a sentence for an agent that would
//! otherwise take a normal end for a fault, and whether calling again makes sense. One table, so
//! that no two of them can disagree.

use crate::types::call::{End, EndedBy, Reached, Retry, State, Status};

/// The words for how a call stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Words {
    /// The specification's `status`.
    pub(super) status: Status,
    /// The specification's `ended_by`.
    pub(super) ended_by: EndedBy,
    /// Whether calling again makes sense.
    pub(super) retry: Retry,
    /// The sentence.
    pub(super) reason: &'static str,
}

/// The sentence for a call without an end.
const RUNNING: &str =
    "The call is under way, or has only just ended and its result is still being written. Keep polling.";

/// The sentence for one that is not known to be paid, nor to be placed.
pub(super) const CONFIRMING: &str =
    "The payment for the call is being confirmed, and the phone may not have rung yet. Keep polling.";

/// The sentence for one that is being hung up.
pub(super) const ENDING: &str = "The call is being hung up, because that was asked for, or has only just ended and its result is still being \
                                 written. Keep polling.";

impl Words {
    pub(super) const fn of(state: State) -> Self {
        let end = match state {
            State::Dialling => return Self::running(Status::Started),
            State::Talking => return Self::running(Status::InProgress),
            State::Over(end) => end,
        };
        let (status, ended_by, retry) = match end {
            End::HungUp => (Status::Completed, EndedBy::User, Retry::No),
            End::Done => (Status::Completed, EndedBy::Assistant, Retry::No),
            End::TimeUp => (Status::Completed, EndedBy::Timeout, Retry::No),
            End::RangOut => (Status::NoAnswer, EndedBy::NoAnswer, Retry::Later),
            End::Busy => (Status::Busy, EndedBy::Busy, Retry::Later),
            End::Requested(Reached::Callee) => (Status::Completed, EndedBy::Requested, Retry::No),
            End::Requested(Reached::Phone) => (Status::NoAnswer, EndedBy::Requested, Retry::No),
            End::Requested(Reached::Queue) => (Status::Failed, EndedBy::Requested, Retry::No),
            End::Machine | End::Mailbox => (Status::Completed, EndedBy::Voicemail, Retry::Later),
            End::NotFound | End::Blocked => (Status::Failed, EndedBy::Error, Retry::No),
            End::Unavailable | End::BrokeOffLate | End::NeverAnswered | End::Unpaid | End::InDoubt => {
                (Status::Failed, EndedBy::Error, Retry::Later)
            }
            End::Failed | End::BrokeOff | End::Lost => (Status::Failed, EndedBy::Error, Retry::Now),
        };
        Self { status, ended_by, retry, reason: reason(end) }
    }

    const fn running(status: Status) -> Self {
        Self { status, ended_by: EndedBy::InProgress, retry: Retry::No, reason: RUNNING }
    }
}

/// The first is the specification's.
const fn reason(end: End) -> &'static str {
    match end {
        End::HungUp => {
            "The callee (the person you called) hung up. This is normal — humans typically end calls once they've \
             answered your question. Not a system error."
        }
        End::Done => {
            "The AI ended the call: its task was done, an exit instruction applied, or max_duration was near. This is \
             normal. Not a system error."
        }
        End::TimeUp => {
            "The call reached its max_duration and was ended. Pass a larger max_duration next time if you expect a \
             long conversation. Not a system error."
        }
        End::RangOut => {
            "The line rang out and the call was not answered. This is normal — try again at another time. Not a system error."
        }
        End::Busy => "The destination was busy. This is normal — try again in a few minutes. Not a system error.",
        End::Machine => {
            "Voicemail picked up and the AI hung up without leaving a message. Try again at another time. Not a system \
             error."
        }
        End::Requested(Reached::Callee) => {
            "The call was hung up because that was asked for. This is normal. Not a system error."
        }
        End::Requested(Reached::Phone) => {
            "The call was hung up, because that was asked for, before it was answered. This is normal. Not a system error."
        }
        End::Requested(Reached::Queue) => {
            "The call was hung up, because that was asked for, before the phone rang. You are not charged for the call."
        }
        End::Mailbox => {
            "Voicemail picked up, where the AI was to leave your voicemail_message; voicemail_left is true if it is known to \
             have done so. Not a system error."
        }
        End::Failed => {
            "The carrier or the voice service reported an error, so the call failed. This is a system error, and you are \
             not charged for the call."
        }
        End::NotFound => {
            "The carrier does not know the number you called. Check the number before you call again. You are not \
             charged for the call."
        }
        End::Unavailable => {
            "The carrier could not reach the number you called: it is temporarily unavailable. Try again later. You are \
             not charged for the call."
        }
        End::Blocked => {
            "A carrier blocked the call because of the caller ID's reputation. Call from another number. You are not \
             charged for the call."
        }
        End::BrokeOff => {
            "The line failed in the middle of the conversation. This is a system error: call again if the task was not \
             done. You are not charged for the call."
        }
        End::BrokeOffLate => {
            "The line failed in the middle of the conversation. This is a system error, and you are not charged for the \
             call. This number can be called again in a day."
        }
        End::NeverAnswered => {
            "The call was not answered before its time was up, so it was stopped. Try again later. You are not charged \
             for the call."
        }
        End::Unpaid => {
            "The call was not paid for, so it was stopped. Check the wallet before you call again. You are not charged \
             for the call."
        }
        End::InDoubt => {
            "The payment for the call could not be made, or confirmed, in time, so the call was stopped. A payment that \
             arrives all the same goes back. You are not charged for the call."
        }
        End::Lost => {
            "Nothing was heard of the call after the time by which it must have ended. This is a system error, and you \
             are not charged for the call."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{End, EndedBy, Reached, Retry, State, Status, Words};

    #[test]
    fn a_reason_is_the_specifications_or_says_what_to_do_and_so_does_the_advice_to_call_again() {
        let words = |end| Words::of(State::Over(end));
        assert_eq!(
            words(End::HungUp).reason,
            "The callee (the person you called) hung up. This is normal — humans typically end calls once they've answered \
             your question. Not a system error."
        );
        for (end, part, retry) in [
            (End::NotFound, "Check the number", Retry::No),
            (End::Unavailable, "Try again later", Retry::Later),
            (End::Blocked, "Call from another number", Retry::No),
            (End::Failed, "system error", Retry::Now),
            (End::BrokeOff, "in the middle of the conversation", Retry::Now),
            (End::NeverAnswered, "not answered before its time was up", Retry::Later),
            (End::Unpaid, "was not paid for", Retry::Later),
        ] {
            let said = words(end);
            assert!(said.reason.contains(part) && said.reason.ends_with("not charged for the call."), "{end:?}");
            assert_eq!((said.status, said.ended_by, said.retry), (Status::Failed, EndedBy::Error, retry), "{end:?}");
        }
        for (end, ended_by, retry) in [
            (End::Done, EndedBy::Assistant, Retry::No),
            (End::TimeUp, EndedBy::Timeout, Retry::No),
            (End::RangOut, EndedBy::NoAnswer, Retry::Later),
            (End::Busy, EndedBy::Busy, Retry::Later),
            (End::Machine, EndedBy::Voicemail, Retry::Later),
            (End::Requested(Reached::Callee), EndedBy::Requested, Retry::No),
            (End::Requested(Reached::Phone), EndedBy::Requested, Retry::No),
            (End::Requested(Reached::Queue), EndedBy::Requested, Retry::No),
            (End::Mailbox, EndedBy::Voicemail, Retry::Later),
        ] {
            assert_eq!((words(end).ended_by, words(end).retry), (ended_by, retry));
            let is_free = words(end).reason.ends_with("not charged for the call.");
            assert_eq!(is_free, words(end).status.is_failure(), "{end:?}");
        }
        for (state, status) in [(State::Dialling, Status::Started), (State::Talking, Status::InProgress)] {
            let said = Words::of(state);
            assert_eq!((said.status, said.ended_by, said.retry), (status, EndedBy::InProgress, Retry::No));
        }
    }
}
