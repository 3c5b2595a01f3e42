//! What was granted is held against the chain. A facilitator's word is enough to grant, so that no
//! buyer waits; but it may be wrong, or its block may be lost. The watch of the payees sees nearly
//! every payment and says so; what it has not seen an hour later is asked for by itself. What is
//! final and missing is counted, rings, and at a sum pauses selling. Either way the sale gets into
//! the books.
//!
//! `docs/decisions.md`: Who checks that what was granted was paid?

use std::time::Duration;

use tracing::{error, warn};

use super::Sweep;
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::sale;
use crate::store::Pause;
use crate::store::books::OnChain;
use crate::store::proofs::SEEN_WITHIN;
use crate::store::sales::Record;
use crate::telemetry;
use crate::telemetry::metrics::{MISSING_MONEY, MISSING_PAYMENTS};
use crate::types::PaymentId;
use crate::x402::Truth;

/// After an answer that is not sure.
const AGAIN: Duration = Duration::from_mins(15);
/// A node that says nothing sure of a payment for this long is worth an alarm.
const UNHEARD: Duration = Duration::from_hours(1);

impl Sweep {
    /// Asks for a payment that the watch has not seen.
    pub(super) async fn prove(&self, payment: &PaymentId, invocation: &Invocation) -> Result<(), Fault> {
        let Some(record) = self.store.sale(payment).await? else { return Ok(()) };
        let by = &invocation.attempt;
        if !self.cashier.nodes.knows(record.signed.payer.network()) {
            // There is no node to ask, and never will be for this one.
            return self.booked(&record, OnChain::Unasked, invocation).await;
        }
        match sale::proof(&self.cashier, &record, &sale::verified(&record)?, invocation).await {
            Some(Truth::Paid { .. } | Truth::Earlier) => self.booked(&record, OnChain::Yes, invocation).await,
            Some(Truth::Cancelled | Truth::Unused { dead: true }) => {
                let call = self.call_of(&record).await?;
                let missing = self.store.missing(&record, call.as_ref(), by, invocation.now).await?;
                let Some(missing) = missing else { return Ok(()) };
                error!(alarm = "missing_payment", payment = ?record.id, %missing, "granted, and not on the chain");
                telemetry::add(&MISSING_PAYMENTS, 1, []);
                telemetry::add(&MISSING_MONEY, record.signed.amount.atomic(), []);
                if missing >= self.missing_stop {
                    let why = format!("{missing} were granted and are not on the chain");
                    self.store.pause_selling(Pause::All, &why, by, invocation.now).await?;
                }
                Ok(())
            }
            Some(Truth::Unused { dead: false }) | None => {
                let asked = record.created_at.saturating_add(SEEN_WITHIN).and_then(|from| from.saturating_add(UNHEARD));
                if asked.is_ok_and(|late| late < invocation.now) {
                    error!(alarm = "payment_unheard", payment = ?record.id, "granted, and the chain does not say if it was paid");
                } else {
                    warn!(payment = ?record.id, "it cannot be said yet whether it was paid");
                }
                self.prove_later(&record, invocation).await
            }
        }
    }

    /// Books a sale; one whose call still runs is looked at again.
    async fn booked(&self, record: &Record, seen: OnChain, invocation: &Invocation) -> Result<(), Fault> {
        if self.seen(record, seen, invocation).await? {
            return Ok(());
        }
        self.prove_later(record, invocation).await
    }

    async fn prove_later(&self, record: &Record, invocation: &Invocation) -> Result<(), Fault> {
        let again = invocation.now.saturating_add(AGAIN).map_err(crate::store::StoreFault::from)?;
        Ok(self.store.prove_later(record, again).await?)
    }
}
