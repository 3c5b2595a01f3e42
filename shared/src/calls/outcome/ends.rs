//! The ends that a call can have, and the words for each: the specification's, a sentence for an agent that would otherwise
//! take a normal end for a fault, and whether calling again makes sense. One table, so that no two of them can disagree.

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The callee hung up.
    HungUp,
    /// The AI hung up.
    Done,
    /// It was cut off at its longest duration.
    TimeUp,
    /// It rang out.
    RangOut,
    /// The line was busy.
    Busy,
    /// A voicemail box answered.
    Machine,
    /// An error before there was a conversation.
    Failed,
    /// The carrier does not know the number.
    NotFound,
    /// The carrier could not reach the number.
    Unavailable,
    /// A carrier refused the caller ID.
    Blocked,
    /// An error in the middle of a conversation.
    BrokeOff,
    /// The same, after what is a conversation by any measure.
    BrokeOffLate,
    /// It was stopped when its time was up, and had not been answered.
    NeverAnswered,
    /// It was stopped because its payment was declined.
    Unpaid,
    /// It was stopped because it was not known for too long whether it is paid.
    InDoubt,
    /// Nothing was heard of it after its time was up.
    Lost,
}

/// What is said of an end.
pub(super) struct Words {
    /// The specification's `status`.
    pub(super) status: &'static str,
    /// The specification's `ended_by`.
    pub(super) ended_by: &'static str,
    /// Whether calling again makes sense: `no`, `later` or `now`.
    pub(super) retry: &'static str,
    /// The sentence.
    pub(super) reason: &'static str,
}

/// What is said of a call without an end.
pub const IN_PROGRESS: &str = "IN_PROGRESS";
/// The sentence for it.
pub(super) const RUNNING: &str =
    "The call is under way, or has only just ended and its result is still being written. Keep polling.";
/// What is said of an end that is not charged.
pub const ERROR: &str = "ERROR";

impl End {
    pub(super) const fn words(self) -> Words {
        let (status, ended_by, retry) = match self {
            Self::HungUp => ("completed", "USER", "no"),
            Self::Done => ("completed", "ASSISTANT", "no"),
            Self::TimeUp => ("completed", "TIMEOUT", "no"),
            Self::RangOut => ("no_answer", "NO_ANSWER", "later"),
            Self::Busy => ("busy", "BUSY", "later"),
            Self::Machine => ("completed", "VOICEMAIL", "later"),
            Self::NotFound => ("failed", ERROR, "no"),
            Self::Unavailable | Self::BrokeOffLate | Self::NeverAnswered | Self::Unpaid | Self::InDoubt => {
                ("failed", ERROR, "later")
            }
            Self::Failed | Self::Blocked | Self::BrokeOff | Self::Lost => ("failed", ERROR, "now"),
        };
        Words { status, ended_by, retry, reason: self.reason() }
    }

    /// The first is the specification's.
    const fn reason(self) -> &'static str {
        match self {
            Self::HungUp => {
                "The callee (the person you called) hung up. This is normal — humans typically end calls once they've \
                 answered your question. Not a system error."
            }
            Self::Done => {
                "The AI ended the call: its task was done, an exit instruction applied, or max_duration was near. This is \
                 normal. Not a system error."
            }
            Self::TimeUp => {
                "The call reached its max_duration and was ended. Pass a larger max_duration next time if you expect a \
                 long conversation. Not a system error."
            }
            Self::RangOut => {
                "The line rang out and nobody picked up. This is normal — try again at another time. Not a system error."
            }
            Self::Busy => "The destination was busy. This is normal — try again in a few minutes. Not a system error.",
            Self::Machine => {
                "Voicemail picked up and the AI hung up without leaving a message. Try again at another time. Not a system \
                 error."
            }
            Self::Failed => {
                "The carrier or the voice service reported an error, so the call failed. This is a system error, and you are \
                 not charged for the call."
            }
            Self::NotFound => {
                "The carrier does not know the number you called. Check the number before you call again. You are not \
                 charged for the call."
            }
            Self::Unavailable => {
                "The carrier could not reach the number you called: it is temporarily unavailable. Try again later. You are \
                 not charged for the call."
            }
            Self::Blocked => {
                "A carrier blocked the call because of the caller ID's reputation. Call from another number. You are not \
                 charged for the call."
            }
            Self::BrokeOff => {
                "The line failed in the middle of the conversation. This is a system error: call again if the task was not \
                 done. You are not charged for the call."
            }
            Self::BrokeOffLate => {
                "The line failed in the middle of the conversation. This is a system error, and you are not charged for the \
                 call. This number can be called again in a day."
            }
            Self::NeverAnswered => {
                "The call was not answered before its time was up, so it was stopped. Try again later. You are not charged \
                 for the call."
            }
            Self::Unpaid => {
                "The call was not paid for, so it was stopped. Check the wallet before you call again. You are not charged \
                 for the call."
            }
            Self::InDoubt => {
                "It could not be learned in time whether the call was paid for, so it was stopped. A payment that arrives \
                 all the same goes back. You are not charged for the call."
            }
            Self::Lost => {
                "Nothing was heard of the call after the time by which it must have ended. This is a system error, and you \
                 are not charged for the call."
            }
        }
    }

    /// Whether it is an error, which is not charged.
    pub fn is_error(self) -> bool {
        self.words().ended_by == ERROR
    }

    /// Whether the callee, or a machine, had taken the call, if the end itself says so.
    pub(super) const fn was_answered(self) -> Option<bool> {
        match self {
            Self::HungUp | Self::Done | Self::TimeUp | Self::Machine | Self::BrokeOff | Self::BrokeOffLate => {
                Some(true)
            }
            Self::RangOut
            | Self::Busy
            | Self::Failed
            | Self::NotFound
            | Self::Unavailable
            | Self::Blocked
            | Self::NeverAnswered => Some(false),
            Self::Unpaid | Self::InDoubt | Self::Lost => None,
        }
    }
}
