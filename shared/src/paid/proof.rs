//! Whether a payment is good, as far as others know better than its signature: the facilitator, which sees the wallet and its
//! contract, and the chain, which has seen what was made already.
//!
//! - `docs/decisions.md`: Why does a nonce that the chain knows not prove a smart wallet's signature?
//! - `docs/decisions.md`: Why is the balance asked before the facilitator?

use std::time::Duration;

use futures_util::future;

use super::order::Order;
use super::{Endpoint, Paid, VERIFY_RESERVE, declined, refused};
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::sale;
use crate::store::limits::Tally;
use crate::telemetry::Neighbour;
use crate::types::Run;
use crate::x402::{NotConfirmed, Reason, Truth, Unproven, Verdict, Verified};

/// How long the facilitator may take to look at a payment.
const VERIFY: Duration = Duration::from_secs(5);
/// How long a node may take to say what a payer holds. Without an answer the facilitator finds out.
const LOOK: Duration = Duration::from_secs(1);

/// Waits until the chain takes a payment, which its client may have signed from this very second on. No longer than for some
/// seconds: what is good only later is refused.
async fn taken(payment: &Verified, invocation: &Invocation) {
    let wait = invocation.at_most(payment.takes(invocation.current()), VERIFY_RESERVE);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

impl<E: Endpoint> Paid<E> {
    /// A signature that only a contract can judge: known again by a record of ours with the very same claim, or else asked
    /// about, as often as that may be. Our own node is asked first; the facilitator, where there is none or it does not answer.
    pub(super) async fn confirm(
        &self,
        unproven: Unproven,
        invocation: &Invocation,
    ) -> Result<(Verified, bool), Refusal> {
        if self.was_confirmed(&unproven).await? {
            return Ok((unproven.confirmed(), false));
        }
        unproven.window(invocation.now, self.longest(unproven.claim())).map_err(refused)?;
        self.unproven.admit(&unproven, &self.cashier.store, invocation).await?;
        let limit = invocation.at_most(VERIFY, VERIFY_RESERVE);
        let standing = self.cashier.nodes.standing(&unproven, &self.unproven.factories, limit.min(LOOK)).await;
        if let Some(standing) = standing {
            let refusal = if standing.spent {
                self.look_it_up(unproven.claim(), &Reason::USED, invocation).await.err().unwrap_or(Refusal::PaymentUsed)
            } else if standing.signed {
                return Ok((unproven.confirmed(), false));
            } else {
                self.unproven.remember(&unproven, invocation.now);
                refused(Unproven::not_signed())
            };
            return self.unless_confirmed(unproven, refusal).await;
        }
        taken(unproven.claim(), invocation).await;
        let refusal = match self.cashier.facilitator.confirm(&unproven, invocation.now, limit).await {
            Ok(()) => return Ok((unproven.confirmed(), true)),
            Err(NotConfirmed::Refused(why)) => refused(why),
            Err(NotConfirmed::LookItUp { reason }) => {
                // That the wallet has paid says nothing about who asks now: the nonce is there for all to read.
                self.look_it_up(unproven.claim(), &reason, invocation).await.err().unwrap_or(Refusal::PaymentUsed)
            }
            Err(NotConfirmed::Unavailable { .. }) => Refusal::NotVerified,
        };
        self.unless_confirmed(unproven, refusal).await
    }

    /// A twin of this request may have paid while we asked: its record knows more than a refusal.
    async fn unless_confirmed(&self, unproven: Unproven, refusal: Refusal) -> Result<(Verified, bool), Refusal> {
        if self.was_confirmed(&unproven).await? { Ok((unproven.confirmed(), false)) } else { Err(refusal) }
    }

    /// The longest that a payment like this one may still be good for.
    pub(super) fn longest(&self, payment: &Verified) -> Duration {
        self.cashier.nodes.longest_window(payment.payer().network())
    }

    async fn was_confirmed(&self, unproven: &Unproven) -> Result<bool, Refusal> {
        let record = self.cashier.store.sale(&unproven.id()).await?;
        Ok(record.is_some_and(|record| sale::is_recorded(&record, unproven.claim().payload())))
    }

    /// Asks the facilitator whether the payment could be settled, if something cannot be taken back before it is. Says whether
    /// only code can tell if it will be.
    pub(super) async fn verify(&self, order: &Order<'_>) -> Result<bool, Refusal> {
        let invocation = order.said.invocation;
        let Some(payment) = order.payment() else { return Ok(false) };
        let limit = invocation.at_most(VERIFY, VERIFY_RESERVE);
        if !E::FOREIGN || order.confirmed {
            // What settling will take is fetched beside the reads, and nothing is begun where it cannot be had.
            let ready =
                async { if self.cashier.facilitator.ready(limit).await { Ok(()) } else { Err(Refusal::NotSettled) } };
            let (solvent, ready, ()) =
                future::join3(self.solvent(payment, invocation), ready, taken(payment, invocation)).await;
            return solvent.and(ready).map(|()| false);
        }
        // A payer that has nothing is not worth the facilitator's time.
        self.solvent(payment, invocation).await?;
        taken(payment, invocation).await;
        let by_code = self.cashier.nodes.speaks_by_code(payment, invocation.at_most(LOOK, VERIFY_RESERVE));
        let (good, by_code) = future::join(self.could_be_settled(payment, invocation, limit), by_code).await;
        good.map(|()| by_code)
    }

    async fn could_be_settled(
        &self,
        payment: &Verified,
        invocation: &Invocation,
        limit: Duration,
    ) -> Result<(), Refusal> {
        match self.cashier.facilitator.verify(payment, invocation.current(), limit).await {
            Verdict::Valid => Ok(()),
            Verdict::Invalid { reason } => Err(declined(&reason)),
            Verdict::LookItUp { reason } => self.look_it_up(payment, &reason, invocation).await,
            Verdict::RateLimited { retry_after } => Err(Refusal::UpstreamRateLimited {
                vendor: Neighbour::Facilitator,
                retry_after: retry_after.unwrap_or(5),
            }),
            // Some fail where others would say that it was made already.
            Verdict::Unavailable => match sale::truth(&self.cashier, payment, invocation).await {
                Some(Truth::Paid { .. }) => Ok(()),
                Some(Truth::Unused { .. } | Truth::Cancelled) | None => Err(Refusal::NotVerified),
            },
        }
    }

    /// Whether the payer holds what it has signed, as far as our own node knows. What is not known is for the facilitator to say.
    async fn solvent(&self, payment: &Verified, invocation: &Invocation) -> Result<(), Refusal> {
        let limit = invocation.at_most(LOOK, VERIFY_RESERVE);
        let poor = self.cashier.nodes.is_poor(payment, limit).await;
        if poor { Err(declined(&Reason::INSUFFICIENT)) } else { Ok(()) }
    }

    /// A refusal that tells whose a number is, for a wallet that has a number of its own or could pay, and has
    /// not asked too often; any other as it is. A dry run is told no owner, so that none is counted.
    pub(super) async fn tells(&self, refusal: Refusal, order: &Order<'_>) -> Refusal {
        let Refusal::WrongWallet { active, .. } = &refusal else { return refusal };
        let (invocation, store) = (order.said.invocation, &self.cashier.store);
        // A number of its own has cost more than that.
        if active.is_empty()
            && let Some(payment) = order.payment()
            && let Err(poor) = self.solvent(payment, invocation).await
        {
            return poor;
        }
        let tally = Tally::of_owners_told(order.means.caller().wallet());
        let counted = match order.said.run {
            Run::Real => store.count(&tally, invocation.now).await,
            Run::Dry => store.may_count(&tally, invocation.now).await,
        };
        match counted {
            Ok(Ok(())) => refusal,
            Ok(Err(reached)) => reached.into(),
            Err(fault) => fault.into(),
        }
    }

    /// The facilitator says that a payment may have been made already. If it was, it is ours, whichever party submitted it, and buys
    /// what it was signed for.
    async fn look_it_up(&self, payment: &Verified, reason: &Reason, invocation: &Invocation) -> Result<(), Refusal> {
        match sale::truth(&self.cashier, payment, invocation).await {
            Some(Truth::Paid { .. }) => Ok(()),
            None if reason.says_used() => Err(Refusal::PaymentUsed),
            Some(Truth::Unused { .. } | Truth::Cancelled) | None => Err(declined(reason)),
        }
    }
}
