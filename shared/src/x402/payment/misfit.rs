//! A payment that was signed, and not for what is sold where it came.

use std::fmt;

use crate::types::PaymentId;
use crate::x402::{Payload, PaymentRefused, Version};

/// A payment that does not match our quote. It will not be taken; but it may have paid for
/// something else, and then it is not true that nothing was charged.
pub struct Misfit {
    /// Why it is refused, if it has bought nothing.
    pub why: PaymentRefused,
    pub(super) version: Version,
    pub(super) payload: Payload,
    pub(super) proven: bool,
}

impl Misfit {
    /// What the chain deduplicates it by.
    pub fn id(&self) -> PaymentId {
        self.payload.id()
    }

    /// The protocol version that the payer speaks.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What was signed.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Whether the payer's own key has signed it, as found here. If not, only a record with the
    /// very same bytes proves it.
    pub fn is_proven(&self) -> bool {
        self.proven
    }
}

/// As for a payment that fits: neither nonce nor signature is for a log.
impl fmt::Debug for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Misfit").field("id", &self.id()).field("why", &self.why.reason).finish_non_exhaustive()
    }
}
