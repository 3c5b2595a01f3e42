//! What is seen of a call: by a program and by a person, the same at the same moment. A pure function of the call's row, so that
//! no two of the fields can come from different moments: status, end, results and money change together or not at all.

use super::outcome::{self, ERROR, IN_PROGRESS};
use super::seen::{has_all, is_shown, unseen};
use crate::api::VOICE_CALL;
use crate::store::calls::Call;
use crate::store::{Charge, View};
use crate::types::{CallId, PhoneNumber, Timestamp, Usdc};

/// The vendor advises five seconds, and pays for every look.
pub(super) const EVERY: i64 = 5;

/// A call as it is seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Its id.
    pub id: CallId,
    /// The caller.
    pub from: PhoneNumber,
    /// The callee.
    pub to: PhoneNumber,
    /// What the last look saw. While an end is kept back it is not in it, nor anything that comes with it.
    pub view: View,
    /// Whether calling again makes sense: `no`, `later` or `now`.
    pub retry: String,
    /// Nothing of it changes any more, but how far a refund is.
    pub is_final: bool,
    /// In how many seconds there can be something new about either.
    pub poll_after: Option<u32>,
    /// Results that were late are not added any more.
    pub is_settled: bool,
    /// What became of the money.
    pub money: Money,
}

/// What a call costs its wallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Money {
    /// What was paid for it, and stays so.
    pub paid: Usdc,
    /// How it stands.
    pub state: Paid,
}

/// How it stands with the money for a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Paid {
    /// The payment is not settled yet.
    Pending,
    /// By this transaction; by credit, if there is none.
    Charged(Option<String>),
    /// The payment was declined.
    Declined,
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
        let view = call.view.unwrap_or_else(unseen);
        let view = if view.ended_by == IN_PROGRESS || is_shown(&view, call.looked_at) { view } else { held(view) };
        let is_over = view.ended_by != IN_PROGRESS;
        // What was stopped in doubt is not charged, whatever becomes of its payment.
        let is_known = call.charge != Charge::Pending || call.stopped && view.ended_by == ERROR;
        let is_final = is_over && is_known && (call.settled || has_all(&view));
        Self {
            id: call.id,
            from: call.from,
            to: call.to,
            retry: view.retry.clone().unwrap_or_else(|| usual_retry(&view.ended_by).to_owned()),
            is_final,
            poll_after: (!is_final).then(|| next_look(call.looked_at, now)),
            is_settled: call.settled,
            money: Money::of(call.charge, view.ended_by == ERROR, call.transaction, call.refunded_by),
            view,
        }
    }
}

impl Money {
    /// An error is not charged from the moment that it is shown, whenever that is written down.
    fn of(charge: Charge, failed: bool, transaction: Option<String>, refunded_by: Option<String>) -> Self {
        let state = match charge {
            Charge::Pending => Paid::Pending,
            Charge::Paid if failed => Paid::RefundDue,
            Charge::Paid => Paid::Charged(transaction),
            Charge::Declined => Paid::Declined,
            Charge::RefundDue => Paid::RefundDue,
            Charge::Refunded => Paid::Refunded(refunded_by),
            Charge::Credited => Paid::Credited,
        };
        let paid = if matches!(state, Paid::Charged(_)) { VOICE_CALL.price } else { Usdc::micros(0) };
        Self { paid, state }
    }
}

/// A call whose end is kept back: as it was before.
fn held(view: View) -> View {
    let running = outcome::talking();
    View {
        status: running.status().to_owned(),
        ended_by: running.ended_by().to_owned(),
        reason: running.reason().to_owned(),
        retry: Some(running.retry().to_owned()),
        answered_by: view.answered_by,
        transcript: view.transcript,
        started_at: view.started_at,
        call_ended_by: None,
        call_length: None,
        summary: None,
        recording_url: None,
        ended_at: None,
        shows_at: None,
    }
}

/// For what was seen before that was kept.
fn usual_retry(ended_by: &str) -> &'static str {
    match ended_by {
        "NO_ANSWER" | "BUSY" | "VOICEMAIL" | ERROR => "later",
        _ => "no",
    }
}

/// In how many seconds the vendor is asked again.
fn next_look(looked_at: i64, now: Timestamp) -> u32 {
    let due = looked_at.saturating_add(EVERY).saturating_sub(now.as_second());
    u32::try_from(due.clamp(1, EVERY)).unwrap_or(1)
}

#[cfg(test)]
mod tests;
