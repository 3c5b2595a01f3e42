//! What stands before the first time that a refund is sent: the day's limits, an operator where it is much that was not asked
//! for, and the chain, which must say that the money came in. What was sent once is carried on without being asked again.
//!
//! - `docs/decisions.md`: Why does another day not lift the stop?
//! - `docs/decisions.md`: Which refund may keep another one waiting?

use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, warn};

use super::{ASK, LOW, Next, RESERVE, Refunds, SELDOM, SOON};
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::sale;
use crate::store::Refunding;
use crate::store::books::OnChain;
use crate::store::refunds::Sending;
use crate::store::sales::{Record, Refund, Signed};
use crate::types::{DAY, Timestamp, TransactionId, Wallet};
use crate::x402::{Payload, Transfer, Truth};

/// How often it is said that something waits for an operator.
const REMINDED: Duration = Duration::from_hours(1);
/// How long a refund waits for the operator to fill the refund wallet.
const PATIENCE: Duration = DAY;
/// A node may lag behind for so long before it is worth an alarm.
const LAG: Duration = Duration::from_mins(15);
/// And may say nothing for so long.
const UNHEARD: Duration = Duration::from_hours(1);
/// How long the chain may take to say it: each that it says nothing of keeps those behind it waiting.
const HEARD: Duration = Duration::from_secs(3);

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
            return Ok(later(SELDOM));
        }
        if refund.amount > self.bounds.all {
            error!(alarm = "refund_too_large", payment = ?record.id, amount = %refund.amount, "more than a day's limit is owed");
            return Ok(later(REMINDED));
        }
        if refund.is_unasked() {
            if refund.amount > self.largest_stray {
                error!(alarm = "stray_waits", payment = ?record.id, amount = %refund.amount, "an operator decides on it");
                return Ok(later(REMINDED));
            }
            if self.store.refunded_on(invocation.now).await?.strays.plus(refund.amount) > self.bounds.strays {
                return Ok(later(until_tomorrow(invocation.now)));
            }
        }
        Ok(match self.arrival(record, refund, invocation).await? {
            Arrival::Proven => None,
            Arrival::Unheard => {
                if is_past(refund, UNHEARD, invocation.now) {
                    error!(alarm = "refund_unheard", payment = ?record.id, "the chain does not say if what is to go back came in");
                }
                later(ever_later(refund, invocation.now))
            }
            Arrival::Refuted => {
                let late = is_past(refund, LAG, invocation.now);
                if late {
                    error!(alarm = "refund_unproven", payment = ?record.id, "the chain does not show what is to go back");
                }
                later(if late { REMINDED } else { SOON })
            }
        })
    }

    /// What comes of a send that was not ours to make.
    pub(super) async fn not_sent(
        &self,
        sending: &Sending,
        refund: &Refund,
        invocation: &Invocation,
    ) -> Result<Next, Fault> {
        let after = match sending {
            Sending::Stopped => {
                error!(alarm = "refund_stop", "more is owed than may go back in a day: nothing goes back");
                self.store.stop_refunds(&invocation.attempt, invocation.now).await?;
                SELDOM
            }
            Sending::StraysUsedUp => until_tomorrow(invocation.now),
            Sending::Ours(_) | Sending::Overtaken => SOON,
        };
        Ok(Next::Later { refused: refund.refused, after })
    }

    /// How the money that goes back was looked for, for the books: where there is a node, nothing is sent before it has shown it. What is
    /// credit from the first is not asked about.
    pub(super) fn came_in(&self, record: &Record, is_credit: bool) -> OnChain {
        let is_asked = !is_credit && !self.has_no_key(record) && self.nodes.knows(record.signed.payer.network());
        if is_asked { OnChain::Yes } else { OnChain::Unasked }
    }

    /// Whether the refund wallet holds too little, where there is a chain to ask. It is owed all the same: the operator is told,
    /// and after a day of waiting it becomes credit, if nothing was sent yet.
    pub(super) async fn too_poor(&self, wallet: &Wallet, refund: &Refund, invocation: &Invocation) -> Option<Next> {
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
        let waited = refund.asked_at.saturating_add(PATIENCE).is_ok_and(|until| until <= invocation.now);
        if waited && refund.state == Refunding::Due {
            return Some(Next::Credited);
        }
        Some(Next::Later { refused: refund.refused, after: SELDOM })
    }

    /// Without a wallet to pay from there is nothing to guard: it becomes credit.
    fn has_no_key(&self, record: &Record) -> bool {
        match record.signed.payer {
            Wallet::Evm { .. } => self.key.is_none(),
            Wallet::Solana { .. } => self.solana.is_none(),
        }
    }

    /// Whether the chain shows the payment that this record is about, to us, of this amount, under this id. The record alone does not
    /// prove it: more functions write records than may pay.
    async fn arrival(&self, record: &Record, refund: &Refund, invocation: &Invocation) -> Result<Arrival, Fault> {
        if !self.nodes.knows(record.signed.payer.network()) {
            return Ok(Arrival::Proven);
        }
        let until = Instant::now() + invocation.at_most(HEARD, RESERVE);
        let asked_at = u64::try_from(refund.asked_at.as_second()).unwrap_or(0);
        let signed = Signed {
            amount: refund.amount,
            // It may have come later than it was signed for here: it is searched for until it was seen.
            valid_before: record.signed.valid_before.max(asked_at),
            ..record.signed.clone()
        };
        let unwritten = signed.signature.is_empty();
        let payment = match sale::verified(&Record { signed, ..record.clone() }) {
            Ok(payment) => payment,
            // A Solana payment that no request brought is known by what the watcher saw, and by nothing else.
            Err(_) if unwritten => return Ok(Arrival::Proven),
            Err(_) => return Ok(Arrival::Refuted),
        };
        let is_other = |transfer: &Transfer| !transfer.pays(&record.signed.to, refund.amount);
        let says_other = matches!(payment.payload(), Payload::Solana(transfer) if is_other(transfer));
        if payment.id() != record.id || !self.payees.contains(&record.signed.to) || says_other {
            return Ok(Arrival::Refuted);
        }
        // It may have been made long before it was seen, and strangers may have written much into its history since, so the
        // transaction that was seen is asked for first.
        let settled_by = record.settled.as_ref().and_then(|settled| settled.transaction.clone());
        let seen = refund.taken_by.clone().or(settled_by).map(TransactionId::from_row);
        if let Some(seen) = seen
            && self.nodes.shows(&payment, &seen, until.saturating_duration_since(Instant::now())).await
        {
            return Ok(Arrival::Proven);
        }
        let left = until.saturating_duration_since(Instant::now());
        Ok(match self.search(record, &payment, left).await? {
            Some(Truth::Paid { .. }) => Arrival::Proven,
            Some(Truth::Unused { .. } | Truth::Cancelled) => Arrival::Refuted,
            None => {
                warn!(payment = ?record.id, "the chain cannot be asked whether it came in");
                Arrival::Unheard
            }
        })
    }
}

/// Whether it has been owed for longer than that.
fn is_past(refund: &Refund, patience: Duration, now: Timestamp) -> bool {
    refund.asked_at.saturating_add(patience).is_ok_and(|late| late < now)
}

/// When it is asked for again: after as long as it has been owed, so that those who wait in vain take ever less of each round.
fn ever_later(refund: &Refund, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(refund.asked_at)).unwrap_or_default().clamp(SOON, SELDOM)
}

fn until_tomorrow(now: Timestamp) -> Duration {
    let past = now.as_second().rem_euclid(DAY.as_secs().cast_signed()).cast_unsigned();
    Duration::from_secs(DAY.as_secs().saturating_sub(past))
}
