//! What stands before the first time that a refund is sent: the day's limits, an operator where it
//! is much that was not asked for, and the chain, which must say that the money came in. What was
//! sent once is carried on without being asked again.
//!
//! - `docs/decisions.md`: Why does another day not lift the stop?
//! - `docs/decisions.md`: Which refund may keep another one waiting?

use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, warn};

use super::{ASK, LOW, Next, RESERVE, Refunds, SELDOM, SOON};
use crate::invocation::Invocation;
use crate::limits::waiting::MORNING;
use crate::refusal::Fault;
use crate::sale;
use crate::store::Refunding;
use crate::store::books::OnChain;
use crate::store::refunds::Sending;
use crate::store::sales::{Record, Refund, Signed};
use crate::types::{DAY, Timestamp, TransactionId, Usdc, Wallet};
use crate::x402::{Payload, Transfer, Truth};

/// How often it is said that something waits for an operator.
const REMINDED: Duration = Duration::from_hours(1);
/// How long a refund waits for the operator to fill the refund wallet, from when it was its turn
/// and there was too little in it.
const PATIENCE: Duration = DAY;
/// A stray payment may wait for so long because others use a day's sum up, before it is.
const LONG: Duration = Duration::from_hours(3 * 24);
/// A node may lag behind for so long before it is worth an alarm.
const LAG: Duration = Duration::from_mins(15);
/// And may say nothing for so long.
const UNHEARD: Duration = Duration::from_hours(1);
/// How long the chain may take to say it: each that it says nothing of keeps those behind it
/// waiting.
const HEARD: Duration = Duration::from_secs(3);

/// What is older is no longer told apart by its age.
const OLDEST: Duration = Duration::from_hours(5 * 24);

/// Whether the money came in that is to go back.
enum Arrival {
    Proven,
    /// There is a node, and it does not answer, or does not know yet.
    Unheard,
    /// The chain says that it did not, or it was not for us.
    Refuted,
}

impl Refunds {
    /// Why a refund is not begun now, if it is not.
    pub(super) async fn held_back(
        &self,
        record: &Record,
        refund: &Refund,
        invocation: &Invocation,
    ) -> Result<Option<Next>, Fault> {
        if refund.state != Refunding::Due || self.has_no_key(record) {
            return Ok(None);
        }
        let later = |after| Some(Next::Later { refused: refund.refused, after });
        if self.store.refunds_stopped().await?.is_some() {
            error!(alarm = "refund_stop", "nothing goes back until an operator lifts the stop");
            return Ok(Some(Next::Stopped));
        }
        if refund.amount > self.bounds.all {
            error!(alarm = "refund_too_large", payment = ?record.id, amount = %refund.amount, "more than a day's limit is owed");
            return Ok(later(REMINDED));
        }
        if refund.by.is_none() {
            let today = self.store.refunded_to(&record.signed.payer, invocation.now).await?;
            if today > Usdc::micros(0) && today.plus(refund.amount) > self.bounds.payer {
                return Ok(Some(self.waits_for_its_turn(record)));
            }
        }
        if refund.is_unasked() {
            if refund.amount > self.largest_stray {
                error!(alarm = "stray_waits", payment = ?record.id, amount = %refund.amount, "an operator decides on it");
                return Ok(later(REMINDED));
            }
            if self.store.refunded_on(invocation.now).await?.strays.plus(refund.amount) > self.bounds.strays {
                if is_past(refund.asked_at, LONG, invocation.now) {
                    error!(alarm = "stray_waits", payment = ?record.id, amount = %refund.amount, "for days the sum was used up");
                }
                return Ok(Some(Next::NotToday));
            }
        }
        Ok(match self.arrival(record, refund, invocation).await? {
            Arrival::Proven => None,
            Arrival::Unheard => {
                if is_past(refund.asked_at, UNHEARD, invocation.now) {
                    error!(alarm = "refund_unheard", payment = ?record.id, "the chain does not say if what is to go back came in");
                }
                later(ever_later(refund, invocation.now))
            }
            Arrival::Refuted => {
                let late = is_past(refund.asked_at, LAG, invocation.now);
                if late {
                    error!(alarm = "refund_unproven", payment = ?record.id, "the chain does not show what is to go back");
                }
                later(if late { REMINDED } else { SOON })
            }
        })
    }

    /// More has gone back to this payer today than to one in a day.
    fn waits_for_its_turn(&self, record: &Record) -> Next {
        warn!(payment = ?record.id, most = %self.bounds.payer, "as much has gone back to this wallet today as may: the rest waits");
        Next::NotToday
    }

    /// What comes of a send that was not ours to make.
    pub(super) async fn not_sent(
        &self,
        sending: &Sending,
        refund: &Refund,
        invocation: &Invocation,
    ) -> Result<Next, Fault> {
        Ok(match sending {
            Sending::Stopped => {
                error!(alarm = "refund_stop", "more is owed than may go back in a day: nothing goes back");
                self.store.stop_refunds(None, &invocation.attempt, invocation.now).await?;
                Next::Stopped
            }
            Sending::StraysUsedUp | Sending::PayerUsedUp => Next::NotToday,
            Sending::Ours(_) | Sending::Overtaken => Next::Later { refused: refund.refused, after: SOON },
        })
    }

    /// How the money that goes back was looked for, for the books: where there is a node, nothing
    /// is sent before it has shown it. What is credit from the first is not asked about.
    pub(super) fn came_in(&self, record: &Record, is_credit: bool) -> OnChain {
        let is_asked = !is_credit && !self.has_no_key(record) && self.nodes.knows(record.signed.payer.network());
        if is_asked { OnChain::Yes } else { OnChain::Unasked }
    }

    /// Whether the refund wallet holds too little, where there is a chain to ask. It is owed all
    /// the same: the operator is told, and once it was its turn and the wallet has been too empty
    /// for a day, it becomes credit, if it `is_idle`: nothing that was sent for it can land any
    /// more.
    pub(super) async fn too_poor(
        &self,
        wallet: &Wallet,
        refund: &Refund,
        is_idle: bool,
        invocation: &Invocation,
    ) -> Option<Next> {
        let held = self.nodes.balance(wallet, invocation.at_most(ASK, RESERVE)).await?;
        if refund.is_unasked() && held < refund.amount.plus(LOW) {
            error!(alarm = "refund_wallet_low", %held, %wallet, "what is left is kept for what is owed");
            return Some(Next::Later { refused: refund.refused, after: SELDOM });
        }
        if held >= refund.amount {
            if held < LOW {
                error!(alarm = "refund_wallet_low", %held, wallet = %wallet, "the refund wallet should be filled");
            }
            return None;
        }
        error!(alarm = "refund_wallet_empty", %held, wallet = %wallet, "the refund wallet cannot pay what is owed");
        let until = refund.poor_since.and_then(|since| since.saturating_add(PATIENCE).ok());
        let Some(until) = until.filter(|until| *until <= invocation.now && is_idle) else {
            return Some(Next::Poor);
        };
        // The node that has said so may be behind: what counts is a state of after the day.
        let settled = self.nodes.settled_balance(wallet, until, invocation.at_most(ASK, RESERVE)).await;
        Some(if settled.is_some_and(|held| held < refund.amount) { Next::Credited } else { Next::Poor })
    }

    /// Without a wallet to pay from there is nothing to guard: it becomes credit.
    fn has_no_key(&self, record: &Record) -> bool {
        match record.signed.payer {
            Wallet::Evm { .. } => self.key.is_none(),
            Wallet::Solana { .. } => self.solana.is_none(),
        }
    }

    /// Whether the chain shows the payment that this record is about, to us, of this amount, under
    /// this id. The record alone does not prove it: more functions write records than may pay.
    async fn arrival(&self, record: &Record, refund: &Refund, invocation: &Invocation) -> Result<Arrival, Fault> {
        if !self.nodes.knows(record.signed.payer.network()) {
            return Ok(Arrival::Proven);
        }
        let until = Instant::now() + invocation.at_most(HEARD, RESERVE);
        let asked_at = u64::try_from(refund.asked_at.as_second()).unwrap_or(0);
        let signed = Signed {
            amount: refund.amount,
            // It may have come later than it was signed for here: it is searched for until it was
            // seen.
            valid_before: record.signed.valid_before.max(asked_at),
            ..record.signed.clone()
        };
        let unwritten = signed.signature.is_empty();
        let payment = match sale::verified(&Record { signed, ..record.clone() }) {
            Ok(payment) => payment,
            // A Solana payment that no request brought is known by what the watcher saw, and by
            // nothing else.
            Err(_) if unwritten => return Ok(Arrival::Proven),
            Err(_) => return Ok(Arrival::Refuted),
        };
        let is_other = |transfer: &Transfer| !transfer.pays(&record.signed.to, refund.amount);
        let says_other = matches!(payment.payload(), Payload::Solana(transfer) if is_other(transfer));
        if payment.id() != record.id || !self.payees.contains(&record.signed.to) || says_other {
            return Ok(Arrival::Refuted);
        }
        // It may have been made long before it was seen, and strangers may have written much into
        // its history since, so the transaction that was seen is asked for first.
        let settled_by = record.settled.as_ref().and_then(|settled| settled.transaction.clone());
        let seen = refund.taken_by.clone().or(settled_by).map(TransactionId::from_row);
        if let Some(seen) = seen
            && self.nodes.shows(&payment, &seen, until.saturating_duration_since(Instant::now())).await
        {
            return Ok(Arrival::Proven);
        }
        let left = until.saturating_duration_since(Instant::now());
        Ok(match self.search(record, &payment, left).await? {
            Some(Truth::Paid { .. } | Truth::Earlier) => Arrival::Proven,
            Some(Truth::Unused { .. } | Truth::Cancelled) => Arrival::Refuted,
            None => {
                warn!(payment = ?record.id, "the chain cannot be asked whether it came in");
                Arrival::Unheard
            }
        })
    }
}

/// Whether something is longer ago than that.
fn is_past(since: Timestamp, patience: Duration, now: Timestamp) -> bool {
    since.saturating_add(patience).is_ok_and(|late| late <= now)
}

/// When it is asked for again: after as long as it has been owed, so that those who wait in vain
/// take ever less of each round.
pub(super) fn ever_later(refund: &Refund, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(refund.asked_at)).unwrap_or_default().clamp(SOON, SELDOM)
}

/// How long until what does not fit into this day is tried again: within the first minutes of the
/// next one, the longest owed first. Its age is that of when the next day begins, whenever it is
/// put off.
pub(super) fn until_tomorrow(asked_at: Timestamp, now: Timestamp) -> Duration {
    let past = now.as_second().rem_euclid(DAY.as_secs().cast_signed()).cast_unsigned();
    let left = DAY.as_secs().saturating_sub(past);
    let age = Duration::try_from(now.duration_since(asked_at)).unwrap_or_default() + Duration::from_secs(left);
    let behind = OLDEST.saturating_sub(age).as_secs() * MORNING.as_secs() / OLDEST.as_secs();
    Duration::from_secs(left + behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_another_day_comes_in_the_order_of_its_age_and_before_what_comes_new() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let day = 86_400;
        let now = at(20_000 * day + 1_000);
        let due = |age: i64| {
            now.as_second() + until_tomorrow(at(now.as_second() - age), now).as_secs().cast_signed() - 20_001 * day
        };
        let ages = [60 * day, 5 * day, 3 * day, 2 * day, day, 0].map(due);
        assert_eq!((ages[0], ages[1]), (0, 0));
        assert!(ages[1..].is_sorted_by(|one, next| one < next), "{ages:?}");
        assert!(ages[5] <= MORNING.as_secs().cast_signed());
        // Two of one day, each put off a minute after it came.
        let due = |asked: i64| asked + 60 + until_tomorrow(at(asked), at(asked + 60)).as_secs().cast_signed();
        let [early, late] = [2, 20].map(|hour| due(20_000 * day + hour * 3_600));
        assert!(early < late, "{early} {late}");
    }
}
