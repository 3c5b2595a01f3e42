//! The words that are said of a call: how it stands, how it ended, who spoke. The specification's,
//! each spelled once; what is kept, shown and promised of a call is made of them.

use std::fmt;

use super::words;

words! {
    /// The state of a call, in the specification's words for `status`.
    pub enum Status {
        /// The phone is being rung.
        Started = "started",
        /// The line is open.
        InProgress = "in-progress",
        /// It is over, and was answered.
        Completed = "completed",
        /// It ended in an error, or before the phone rang. It is not charged.
        Failed = "failed",
        /// It rang out, or was hung up while it rang.
        NoAnswer = "no_answer",
        /// The line was busy.
        Busy = "busy",
    }
}

words! {
    /// The end of a call, in the specification's words for `ended_by`.
    pub enum EndedBy {
        /// It has not.
        InProgress = "IN_PROGRESS",
        /// The callee hung up.
        User = "USER",
        /// The AI hung up.
        Assistant = "ASSISTANT",
        /// It was cut off at its longest duration.
        Timeout = "TIMEOUT",
        /// It was hung up because that was asked for.
        Requested = "REQUESTED",
        /// It rang out.
        NoAnswer = "NO_ANSWER",
        /// The line was busy.
        Busy = "BUSY",
        /// A voicemail box answered.
        Voicemail = "VOICEMAIL",
        /// An error, which is not charged.
        Error = "ERROR",
    }
}

impl Status {
    /// Whether nothing was delivered, so that the call is not charged.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed)
    }
}

impl EndedBy {
    /// Whether the call is over.
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::InProgress)
    }
}

words! {
    /// The one that took a call, as the dialler heard it: the specification's `answered_by`.
    pub enum AnsweredBy {
        /// A person.
        Human = "human",
        /// A voicemail box, or another machine.
        Voicemail = "voicemail",
        /// The dialler could not tell.
        Unknown = "unknown",
    }
}

words! {
    /// The one that hung up, as the dialler has it: the specification's `call_ended_by`.
    pub enum CallEndedBy {
        /// The callee.
        User = "USER",
        /// The AI.
        Assistant = "ASSISTANT",
    }
}

words! {
    /// Advice on whether the same call makes sense again.
    pub enum Retry {
        /// It was made, was hung up on request, still runs, or the number does not exist.
        No = "no",
        /// The callee was not reached.
        Later = "later",
        /// An error, which the reason names.
        Now = "now",
    }
}

words! {
    /// The fate of a message for a voicemail box that answered.
    pub enum Message {
        /// It was to be left, and it is not known whether it was.
        Wanted = "wanted",
        /// It was left.
        Left = "left",
    }
}

words! {
    /// The state of the answers to the questions about a call.
    pub enum ResultStatus {
        /// Not yet.
        Pending = "pending",
        /// They are.
        Ready = "ready",
        /// They will not be.
        Unavailable = "unavailable",
    }
}

words! {
    /// A speaker.
    pub enum Role {
        /// The AI.
        Assistant = "assistant",
        /// The callee.
        User = "user",
    }
}

words! {
    /// The vendor that has a call.
    pub enum Dialler {
        /// Bland.
        Bland = "bland",
    }
}

/// A line of a conversation: words of one of the two.
#[derive(Clone, PartialEq, Eq)]
pub struct Utterance {
    /// Who.
    pub role: Role,
    /// The words.
    pub text: String,
}

impl fmt::Debug for Utterance {
    /// What people said does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Utterance({:?}, {} bytes)", self.role, self.text.len())
    }
}

/// The stage of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The phone is being rung.
    Dialling,
    /// The line is open.
    Talking,
    /// It is over.
    Over(End),
}

/// The end of a call, in finer terms than [`EndedBy`]: what is said of each is for the domain.
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
    /// A voicemail box answered, and the AI hung up.
    Machine,
    /// It was hung up because that was asked for, when it had come this far.
    Requested(Reached),
    /// A voicemail box answered, and a message was to be left there.
    Mailbox,
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
    /// It was stopped because it was not known for too long whether it is paid, or was not in time.
    InDoubt,
    /// Nothing was heard of it after its time was up.
    Lost,
}

/// The stage that a call had come to when it was hung up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reached {
    /// It waited at the dialler: no phone had rung.
    Queue,
    /// The phone rang, and was not answered.
    Phone,
    /// The callee, or a machine, had answered.
    Callee,
}

impl Reached {
    /// By whether it was answered, and whether a phone rang.
    pub const fn of(answered: bool, rang: bool) -> Self {
        match (answered, rang) {
            (true, _) => Self::Callee,
            (false, true) => Self::Phone,
            (false, false) => Self::Queue,
        }
    }
}

impl End {
    /// Whether a hang-up takes the place of this end. Not of an error, nor of one that is a hang-up
    /// already.
    pub const fn yields_to_a_hang_up(self) -> bool {
        match self {
            Self::HungUp | Self::Done | Self::TimeUp | Self::RangOut | Self::Busy | Self::Machine | Self::Mailbox => {
                true
            }
            Self::Requested(_)
            | Self::Failed
            | Self::NotFound
            | Self::Unavailable
            | Self::Blocked
            | Self::BrokeOff
            | Self::BrokeOffLate
            | Self::NeverAnswered
            | Self::Unpaid
            | Self::InDoubt
            | Self::Lost => false,
        }
    }

    /// Whether the callee, or a machine, had taken the call, if the end itself says so.
    pub const fn was_answered(self) -> Option<bool> {
        match self {
            Self::HungUp
            | Self::Done
            | Self::TimeUp
            | Self::Machine
            | Self::Mailbox
            | Self::Requested(Reached::Callee)
            | Self::BrokeOff
            | Self::BrokeOffLate => Some(true),
            Self::RangOut
            | Self::Requested(Reached::Queue | Reached::Phone)
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
