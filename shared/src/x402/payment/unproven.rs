//! A payment whose signature only the chain can judge.

use std::time::Duration;

use super::{PaymentRefused, Verified};
use crate::types::{PaymentId, Timestamp};
use crate::x402::{Facilitator, Verdict};

/// A payment that matches a quote of ours, signed as smart wallets sign (EIP-1271, EIP-6492). It has no payer yet: until
/// it is confirmed, `from` is only a claim, and what that wallet owns is none of the client's business.
#[derive(Debug)]
pub struct Unproven(pub(super) Verified);

/// Why an unproven payment stays so.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotConfirmed {
    /// The facilitator says that it is not good.
    #[error("{0}")]
    Refused(PaymentRefused),
    /// See [`Verdict::LookItUp`].
    #[error("the payment may have been made already: {reason}")]
    LookItUp {
        /// A code of the facilitator's own.
        reason: String,
    },
    /// The facilitator says nothing useful, perhaps until so many seconds have passed.
    #[error("the facilitator could not confirm the payment")]
    Unavailable {
        /// When to ask again.
        retry_after: Option<u64>,
    },
}

impl Unproven {
    /// What the chain deduplicates this payment by. Good for looking up an earlier sale, which proves nothing either.
    pub fn id(&self) -> PaymentId {
        self.0.id()
    }

    /// What it claims to be: good for comparing it with what was confirmed before, and for asking others about it.
    pub fn claim(&self) -> &Verified {
        &self.0
    }

    /// The payment, for a caller who knows that this very claim was confirmed.
    pub fn confirmed(self) -> Verified {
        self.0
    }

    /// See [`Verified::window`].
    pub fn window(&self, now: Timestamp, longest: Duration) -> Result<(), PaymentRefused> {
        self.0.window(now, longest)
    }

    /// Asks the facilitator, which asks the wallet's contract.
    pub async fn confirm(
        &self,
        facilitator: &Facilitator,
        now: Timestamp,
        limit: Duration,
    ) -> Result<(), NotConfirmed> {
        match facilitator.verify(&self.0, now, limit).await {
            Verdict::Valid => Ok(()),
            Verdict::Invalid { reason } => Err(NotConfirmed::Refused(PaymentRefused::new(
                "declined_by_facilitator",
                format!("The facilitator does not take this payment: {reason}."),
            ))),
            Verdict::LookItUp { reason } => Err(NotConfirmed::LookItUp { reason }),
            Verdict::RateLimited { retry_after } => Err(NotConfirmed::Unavailable { retry_after }),
            Verdict::Unavailable => Err(NotConfirmed::Unavailable { retry_after: None }),
        }
    }
}
