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

    /// The signature as it was presented.
    pub fn signature(&self) -> &[u8] {
        self.0.signature()
    }

    /// The payment, whose very signature was confirmed when it was first presented.
    pub fn known(self) -> Verified {
        self.0
    }

    /// See [`Verified::window`].
    pub fn window(&self, now: Timestamp) -> Result<(), PaymentRefused> {
        self.0.window(now)
    }

    /// Asks the facilitator, which asks the wallet's contract.
    pub async fn confirm(
        self,
        facilitator: &Facilitator,
        now: Timestamp,
        limit: Duration,
    ) -> Result<Verified, NotConfirmed> {
        match facilitator.verify(&self.0, now, limit).await {
            Verdict::Valid => Ok(self.0),
            Verdict::Invalid { reason } => Err(NotConfirmed::Refused(PaymentRefused::new(
                "declined_by_facilitator",
                format!("The facilitator does not take this payment: {reason}."),
            ))),
            Verdict::RateLimited { retry_after } => Err(NotConfirmed::Unavailable { retry_after }),
            Verdict::Unavailable => Err(NotConfirmed::Unavailable { retry_after: None }),
        }
    }
}
