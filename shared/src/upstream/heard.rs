//! What a dialler tells of a call, in our words: each dialler reads its own records into it, and
//! nothing above knows their words.

use crate::types::call::{AnsweredBy, CallEndedBy, End, Reached, State, Utterance};
use crate::types::{Decimal, Timestamp, Usdc};

/// A call as it is known before its record is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Before {
    /// Minutes after which it is cut off.
    pub max_duration: u32,
    /// Whether an earlier record had words in it: that a later one has none does not make them
    /// unsaid.
    pub spoke: bool,
    /// Whether an earlier record had the line open, which is when a phone rings.
    pub rang: bool,
    /// When it was asked for that it is hung up.
    pub hangup_requested_at: Option<Timestamp>,
    /// Why it was stopped otherwise, should it turn out that it was: only we stop a call.
    pub stopped: Stopped,
    /// Whether a message is to be left where voicemail answers.
    pub leaves_message: bool,
}

/// Why a call would have been stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// Its payment was declined.
    Unpaid,
    /// It was not known for too long whether it is paid, or it was not paid in time.
    InDoubt,
    /// Its time was up.
    TimeUp,
    /// The same, unless its payment turns out to be declined.
    TimeUpOrUnpaid,
}

/// A dialler's record of a call, in our words.
#[expect(clippy::struct_excessive_bools, reason = "what a record says, of which one does not follow from another")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// How far the call is.
    pub state: State,
    /// Whether the record says so itself. Otherwise it is inferred from what is missing, and may be
    /// missing only because it is not written yet.
    pub certain: bool,
    /// Whether anything was said, in this record or in an earlier one.
    pub spoke: bool,
    /// Whether the line was open, in this record or in an earlier one: a phone rang.
    pub rang: bool,
    /// Whether the callee, or a machine, took the call.
    pub answered: bool,
    /// Who took it.
    pub answered_by: Option<AnsweredBy>,
    /// Who ended it.
    pub call_ended_by: Option<CallEndedBy>,
    /// What was said, in order.
    pub transcript: Vec<Utterance>,
    /// Minutes, as the dialler wrote them.
    pub call_length: Option<Decimal>,
    /// Seconds that it was connected at least; none, where no length is told.
    pub seconds: u64,
    /// Seconds that the carrier bills at most; nothing, where no length is told.
    pub billed: Option<u64>,
    /// What was achieved.
    pub summary: Option<String>,
    /// Where it can be listened to.
    pub recording_url: Option<String>,
    /// Whether the callee has asked not to be called again, as the dialler's model has it.
    pub opted_out: bool,
    /// Whether that model has said anything of it yet.
    pub disposed: bool,
    /// When it was answered, by the dialler's clock.
    pub started_at: Option<Timestamp>,
    /// When it was over, by the same.
    pub ended_at: Option<Timestamp>,
    /// What the dialler charges for it, as far as it says.
    pub price: Option<Usdc>,
}

impl Heard {
    /// Whether the call is over.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over(_))
    }

    /// The same, where it was asked for at this time that the call is hung up: what ends after that
    /// has ended because of it, whatever the dialler says of it. Not what had ended before, as far
    /// as the dialler says when; and an error stays one.
    #[must_use]
    pub fn hung_up_at(self, asked_at: Option<Timestamp>) -> Self {
        let (Some(asked_at), State::Over(end)) = (asked_at, self.state) else { return self };
        let had_ended = self.ended_at.is_some_and(|ended_at| ended_at < asked_at);
        if had_ended || !end.yields_to_a_hang_up() {
            return self;
        }
        // A dialler that says for certain how a call went has tried the number.
        let reached = Reached::of(self.answered, self.rang || self.certain);
        Self { state: State::Over(End::Requested(reached)), ..self }
    }

    /// Whether words belong to it, and with them a summary.
    pub fn has_words(&self) -> bool {
        self.answered && self.spoke
    }
}
