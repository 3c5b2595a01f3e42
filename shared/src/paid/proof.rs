//! Whether a payment is good, as far as others know better than its signature: the facilitator,
//! which sees the wallet and its contract, and the chain, which has seen what was made already.
//!
//! - `docs/decisions.md`: Why does a nonce that the chain knows not prove a smart wallet's signature?
//! - `docs/decisions.md`: Why is the balance asked before the facilitator?
//! - `docs/decisions.md`: What does a payment cost us that is used already?

use std::time::Duration;

use futures_util::future;

use super::order::Order;
use super::spent::Judged;
use super::{Endpoint, Paid, VERIFY_RESERVE, declined, declined_or_made, refused};
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::sale;
use crate::store::limits::Tally;
use crate::telemetry::Neighbour;
use crate::types::Run;
use crate::x402::{NotConfirmed, Reason, Solvency, Truth, Unproven, Verdict, Verified};

/// How long the facilitator may take to look at a payment.
const VERIFY: Duration = Duration::from_secs(5);
/// How long a node may take to say what a payer holds. Without an answer the facilitator finds out.
const LOOK: Duration = Duration::from_secs(1);

/// What a payer is told whose history is too long for one look, and who holds less than the price.
const UNCLEAR: &str = "the wallet holds less than the price, and whether it has paid already is not known yet; fund the wallet \
     and repeat the same header";

/// What is told where the node does not answer, and the facilitator may say that a payment would
/// fail because it was made already.
const UNHEARD: &str =
    "whether the payment was made already is not known, since the node does not answer; repeat the same header";

fn node(message: &str) -> Refusal {
    Refusal::Upstream { vendor: Neighbour::Node, message: message.to_owned() }
}

/// The facts that others know of a payment that could be good.
#[derive(Default)]
pub(super) struct Known {
    /// Only code can tell whether it will be made.
    pub(super) by_code: bool,
    /// It is used already, in these words: it is good if it was used to pay us.
    pub(super) used: Option<Reason>,
    /// Our node did not say what its payer holds.
    pub(super) silent: bool,
}

/// Waits until the chain takes a payment, which its client may have signed from this very second
/// on. No longer than for some seconds: what is good only later is refused.
async fn taken(payment: &Verified, invocation: &Invocation) {
    let wait = invocation.at_most(payment.takes(invocation.current()), VERIFY_RESERVE);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

impl<E: Endpoint> Paid<E> {
    /// A signature that only a contract can judge: known again by a record of ours with the very
    /// same claim, or else asked about, as often as that may be. Our own node is asked first; the
    /// facilitator, where there is none or it does not answer.
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
            // Not looked up: that the wallet has paid says nothing about who asks now, since the
            // nonce is there for all to read, and looks are counted for the wallet.
            let refusal = if standing.spent {
                Refusal::PaymentUsed
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
            Err(NotConfirmed::LookItUp { reason }) if reason.says_used() => Refusal::PaymentUsed,
            Err(NotConfirmed::LookItUp { reason }) => declined(&reason, unproven.claim().payer().network()),
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

    /// Asks the facilitator whether the payment could be settled, if something cannot be taken back
    /// before it is, or if our own node does not say that its payer holds the price.
    ///
    /// What is used already is not looked up here, beside the look for its own sale, but behind it:
    /// [`Paid::good`].
    pub(super) async fn verify(&self, order: &Order<'_>) -> Result<Known, Refusal> {
        let invocation = order.said.invocation;
        let Some(payment) = order.payment() else { return Ok(Known::default()) };
        let limit = invocation.at_most(VERIFY, VERIFY_RESERVE);
        if !E::FOREIGN || order.confirmed {
            // What settling will take is fetched beside the reads, and nothing is begun where it
            // cannot be had.
            let ready =
                async { if self.cashier.facilitator.ready(limit).await { Ok(()) } else { Err(Refusal::NotSettled) } };
            let (solvent, ready) = future::join(self.solvent(payment, invocation), ready).await;
            let solvent = solvent?;
            ready?;
            // A payer that has nothing is not worth the wait either.
            taken(payment, invocation).await;
            let used = match solvent {
                Solvent::Yes => None,
                Solvent::Used => Some(Reason::USED),
                Solvent::Unknown if order.confirmed => None,
                Solvent::Unknown => self.could_be_settled(payment, invocation, limit).await?,
            };
            return Ok(Known { by_code: false, used, silent: solvent == Solvent::Unknown });
        }
        // A payer that has nothing is not worth the facilitator's time, nor is what is used
        // already.
        let solvent = self.solvent(payment, invocation).await?;
        let used = solvent == Solvent::Used;
        taken(payment, invocation).await;
        let by_code = self.cashier.nodes.speaks_by_code(payment, invocation.at_most(LOOK, VERIFY_RESERVE));
        let good = async {
            if used { Ok(Some(Reason::USED)) } else { self.could_be_settled(payment, invocation, limit).await }
        };
        let (used, by_code) = future::join(good, by_code).await;
        Ok(Known { by_code, used: used?, silent: solvent == Solvent::Unknown })
    }

    /// Whether a payment is good of which this is known, and which has no sale here. Says whether
    /// only code can tell if it will be made.
    ///
    /// A request that has waited for earlier ones comes here again, and was counted the first time.
    pub(super) async fn good(&self, known: Known, order: &Order<'_>, again: bool) -> Result<bool, Refusal> {
        let invocation = order.said.invocation;
        if let (Some(reason), Some(payment)) = (known.used, order.payment()) {
            self.look_it_up(payment, reason, known.silent, invocation).await?;
        }
        // What a contract has signed was counted before it was asked about.
        if known.by_code && !again && !order.means.signed().is_a_contracts() {
            self.unproven.admit_signed(order.means.caller().wallet(), &self.cashier.store, invocation.now).await?;
        }
        Ok(known.by_code)
    }

    /// Whether it could be settled; or that it is used already, in the facilitator's words.
    async fn could_be_settled(
        &self,
        payment: &Verified,
        invocation: &Invocation,
        limit: Duration,
    ) -> Result<Option<Reason>, Refusal> {
        match self.cashier.facilitator.verify(payment, invocation.current(), limit).await {
            Verdict::Valid => Ok(None),
            Verdict::Invalid { reason } => Err(declined(&reason, payment.payer().network())),
            Verdict::LookItUp { reason } => Ok(Some(reason)),
            Verdict::RateLimited { retry_after } => Err(Refusal::UpstreamRateLimited {
                vendor: Neighbour::Facilitator,
                retry_after: retry_after.unwrap_or(5),
            }),
            // Some fail where others would say that it was made already.
            Verdict::Unavailable => match sale::truth(&self.cashier, payment, invocation).await {
                Some(Truth::Paid { .. }) => Ok(None),
                Some(Truth::Earlier) => Err(Refusal::PaymentUsed),
                Some(Truth::Unused { .. } | Truth::Cancelled) | None => Err(Refusal::NotVerified),
            },
        }
    }

    /// Whether the payer holds what it has signed, as far as our own node knows.
    ///
    /// A payer that has used the payment and holds less than the price is told so without a look:
    /// were it used to pay us, it would have a sale here, or goes back.
    async fn solvent(&self, payment: &Verified, invocation: &Invocation) -> Result<Solvent, Refusal> {
        let limit = invocation.at_most(LOOK, VERIFY_RESERVE);
        match self.cashier.nodes.solvency(payment, limit).await {
            Solvency::Covered | Solvency::Unasked => Ok(Solvent::Yes),
            Solvency::Poor => Err(declined_or_made(&Reason::INSUFFICIENT, false)),
            Solvency::Late => Err(declined_or_made(&Reason::INSUFFICIENT, true)),
            Solvency::Unclear => Err(node(UNCLEAR)),
            Solvency::Spent { poor: true } => Err(Refusal::PaymentUsed),
            Solvency::Spent { poor: false } => Ok(Solvent::Used),
            Solvency::Silent => Ok(Solvent::Unknown),
        }
    }

    /// A refusal that tells whose a number is, for a wallet that has a number of its own or could
    /// pay, and has not asked too often; any other as it is. A dry run is told no owner, so that
    /// none is counted.
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

    /// A payment may have been made already, as the facilitator says or the node. If it was, it is
    /// ours, whichever party submitted it, and buys what it was signed for.
    async fn look_it_up(
        &self,
        payment: &Verified,
        reason: Reason,
        silent: bool,
        invocation: &Invocation,
    ) -> Result<(), Refusal> {
        let (id, now, network) = (payment.id(), invocation.now, payment.payer().network());
        if let Some(judged) = self.spent.recall(&id, now) {
            return Err(judged.into());
        }
        if let Err(reached) = self.cashier.store.count(&Tally::of_looks(&payment.payer()), now).await? {
            // A wallet whose payment would fail may only be poor: that the node does not say so is
            // not its doing, and the node is not asked any more often for it.
            return Err(if silent && !reason.says_used() { node(UNHEARD) } else { reached.into() });
        }
        let judged = match sale::truth(&self.cashier, payment, invocation).await {
            Some(Truth::Paid { .. }) => return Ok(()),
            Some(Truth::Earlier) => Judged::Used,
            Some(Truth::Cancelled) => Judged::Declined(Reason::CANCELLED, network),
            // Nothing was found out, so nothing says that it was not paid, and nothing is kept.
            None if !reason.says_used() && self.cashier.nodes.knows(payment.payer().network()) => {
                return Err(node(UNHEARD));
            }
            // The node that says that it was not may be behind.
            Some(Truth::Unused { .. }) | None if reason.says_used() => Judged::Used,
            Some(Truth::Unused { .. }) | None => Judged::Declined(reason, network),
        };
        self.spent.remember(id, judged.clone(), now);
        Err(judged.into())
    }
}

/// Whether a payer can pay, as far as that is known without the facilitator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Solvent {
    /// It can.
    Yes,
    /// The payment is used already.
    Used,
    /// The node does not answer.
    Unknown,
}
