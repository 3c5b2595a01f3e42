//! A signature that only a contract can judge, put before the facilitator, which asks that
//! contract.

use std::time::Duration;

use super::{Facilitator, Reason, Verdict};
use crate::types::Timestamp;
use crate::x402::{PaymentRefused, Unproven};

/// Why an unproven payment stays so.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotConfirmed {
    /// The facilitator says that it is not good.
    #[error("{0}")]
    Refused(PaymentRefused),
    /// See [`Verdict::LookItUp`].
    #[error("the payment may have been made already: {reason}")]
    LookItUp {
        /// Why.
        reason: Reason,
    },
    /// The facilitator says nothing useful, perhaps until this many seconds have passed.
    #[error("the facilitator could not confirm the payment")]
    Unavailable {
        /// When to ask again.
        retry_after: Option<u64>,
    },
}

impl Facilitator {
    /// Asks whether an unproven payment is its payer's.
    pub async fn confirm(&self, unproven: &Unproven, now: Timestamp, limit: Duration) -> Result<(), NotConfirmed> {
        match self.verify(unproven.claim(), now, limit).await {
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
