//! What is seen of a call: by a program and by a person, the same at the same moment. A pure
//! function of the call's row, so that no two of the fields can come from different moments:
//! status, end, results and money change together or not at all.
//!
//! `docs/decisions.md`: Why does what is shown depend on the last look, and not on the time?

use super::Calls;
use super::answers::is_answerable;
use super::pace::{again, is_unplaced};
use super::seen::{has_all, is_shown, unseen, words_of};
use super::words::{CONFIRMING, ENDING};
use crate::api::VOICE_CALL;
use crate::store::calls::{Call, Line};
use crate::store::{Charge, View};
use crate::types::call::{EndedBy, ResultStatus, State};
use crate::types::{CallId, PhoneNumber, Timestamp, Usdc};

/// A call as it is seen.
#[expect(clippy::struct_excessive_bools, reason = "what can be said of it, of which one does not follow from another")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Its id.
    pub id: CallId,
    /// The caller.
    pub from: PhoneNumber,
    /// The callee.
    pub to: PhoneNumber,
    /// What the last look saw. While an end is kept back it is not in it, nor anything that comes
    /// with it.
    pub view: View,
    /// Nothing of it changes any more, but how far a refund is.
    pub is_final: bool,
    /// In how many seconds there can be something new about either.
    pub poll_after: Option<u32>,
    /// Results that were late are not added any more.
    pub is_closed: bool,
    /// What was said is not corrected any more, and nothing is added to it.
    pub is_said: bool,
    /// It is being hung up, because that was asked for.
    pub is_ending: bool,
    /// Its payment is not known yet, nor that the dialler has it: no phone may have rung.
    pub is_unplaced: bool,
    /// Whether its questions are answered; nothing, where it has none.
    pub result_status: Option<ResultStatus>,
    /// The answers to them, as JSON.
    pub result: Option<String>,
    /// What became of the money.
    pub money: Money,
}

/// The cost of a call for its wallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Money {
    /// What was paid for it, and stays so.
    pub paid: Usdc,
    /// How it stands.
    pub state: Paid,
}

/// The state of the money for a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Paid {
    /// The payment is not settled yet.
    Pending,
    /// By this transaction; by credit, if there is none.
    Charged(Option<String>),
    /// The payment was declined.
    Declined,
    /// The payment was not made in time.
    Lapsed,
    /// It goes back.
    RefundDue,
    /// It went back by this transaction.
    Refunded(Option<String>),
    /// It came back as credit.
    Credited,
}

impl Shown {
    /// What is seen of this call now.
    pub fn of(call: Call, now: Timestamp) -> Self {
        let (again, is_unplaced) = (again(&call, now), is_unplaced(&call));
        let Call { id, line, business } = call;
        let (result_status, result) = result_of(&line);
        let recorded = line.recorded;
        let view = line.view.unwrap_or_else(unseen);
        let view = if !view.ended_by.is_end() || is_shown(&view, line.looked_at) { view } else { held(view) };
        let failed = view.status.is_failure();
        let is_ending = line.hangup_requested_at.is_some() && !view.ended_by.is_end();
        let view = match (is_ending, is_unplaced) {
            (true, _) => View { reason: ENDING.to_owned(), ..view },
            (false, true) => View { reason: CONFIRMING.to_owned(), ..view },
            (false, false) => view,
        };
        // What was stopped in doubt is not charged, whatever becomes of its payment.
        let is_known = business.charge != Charge::Pending || business.stopped && failed;
        let is_answered = result_status != Some(ResultStatus::Pending);
        let is_final = view.ended_by.is_end() && is_known && is_answered && (line.closed || has_all(recorded, &view));
        let is_said = view.ended_by.is_end() && (line.closed || has_all(recorded, &view));
        Self {
            id,
            from: line.from,
            to: line.to,
            is_final,
            poll_after: (!is_final).then_some(again),
            is_closed: line.closed,
            is_said,
            is_ending,
            is_unplaced,
            result_status,
            result,
            money: Money::of(business.charge, failed, business.transaction, business.refunded_by),
            view,
        }
    }
}

impl Shown {
    /// Whether it differs from what was seen before in more than when to ask again.
    pub fn is_news_after(&self, before: &Self) -> bool {
        let timeless = |shown: &Self| Self { poll_after: None, ..shown.clone() };
        timeless(self) != timeless(before)
    }
}

/// What has become of the questions about a call. An end that is kept back says nothing of them
/// either.
fn result_of(line: &Line) -> (Option<ResultStatus>, Option<String>) {
    let asked = &line.questions;
    if asked.questions.is_empty() {
        return (None, None);
    }
    let view = line.view.as_ref().filter(|view| is_shown(view, line.looked_at));
    // Words may still come, until it is closed.
    let is_open = view.is_none_or(|view| match view.ended_by {
        EndedBy::User | EndedBy::Assistant | EndedBy::Timeout | EndedBy::Requested => {
            !line.closed || is_answerable(line, view)
        }
        EndedBy::InProgress => true,
        EndedBy::NoAnswer | EndedBy::Busy | EndedBy::Voicemail | EndedBy::Error => false,
    });
    match &asked.answers {
        Some(answers) => (Some(ResultStatus::Ready), Some(answers.clone())),
        None if is_open && !asked.given_up => (Some(ResultStatus::Pending), None),
        None => (Some(ResultStatus::Unavailable), None),
    }
}

impl Calls {
    /// The origins of what the dialler records.
    pub fn recordings(&self) -> Vec<&str> {
        self.bland.recordings()
    }
}

impl Money {
    /// What has failed is not charged from the moment that it is shown, whenever that is written
    /// down.
    fn of(charge: Charge, failed: bool, transaction: Option<String>, refunded_by: Option<String>) -> Self {
        let state = match charge {
            Charge::Pending => Paid::Pending,
            Charge::Paid if failed => Paid::RefundDue,
            Charge::Paid => Paid::Charged(transaction),
            Charge::Declined => Paid::Declined,
            Charge::Lapsed => Paid::Lapsed,
            Charge::RefundDue => Paid::RefundDue,
            Charge::Refunded => Paid::Refunded(refunded_by),
            Charge::Credited => Paid::Credited,
        };
        let paid = if matches!(state, Paid::Charged(_)) { VOICE_CALL.price } else { Usdc::micros(0) };
        Self { paid, state }
    }
}

/// A call whose end is kept back: as it was before. Without words it may still turn out that it was
/// not answered.
fn held(view: View) -> View {
    let spoke = !view.transcript.is_empty();
    View {
        answered_by: view.answered_by.filter(|_| spoke),
        transcript: view.transcript,
        started_at: view.started_at.filter(|_| spoke),
        ..words_of(State::Talking)
    }
}

#[cfg(test)]
mod tests;
