//! A payment that may be settled.

use std::fmt;
use std::time::Duration;

use crate::types::{PaymentId, Timestamp, Wallet};
use crate::x402::{Caller, Payload, PaymentRefused, Quote, Version};

/// A payment that matches a quote of ours and is authentic. Its payer is the user.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    pub(super) version: Version,
    pub(super) quote: Quote,
    pub(super) payload: Payload,
}

impl Verified {
    /// Brings back a payment from a row of ours, which was verified when it was written.
    pub fn restore(quote: Quote, payload: Payload, version: Version) -> Self {
        Self { version, quote, payload }
    }

    /// What the chain deduplicates this payment by.
    pub fn id(&self) -> PaymentId {
        self.payload.id()
    }

    /// Who pays.
    pub fn payer(&self) -> Wallet {
        self.payload.payer()
    }

    /// Who asks, where this payment came with the request: its payer has signed it.
    pub fn caller(&self) -> Caller {
        Caller::proven(self.payer())
    }

    /// The protocol version that the payer speaks.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The quote that it pays.
    pub fn quote(&self) -> &Quote {
        &self.quote
    }

    /// What was signed.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Whether there is time to settle it, and no more than `longest`. A Solana transaction says
    /// nothing of times; its block does, and that is for the cluster to judge.
    pub fn window(&self, now: Timestamp, longest: Duration) -> Result<(), PaymentRefused> {
        match &self.payload {
            Payload::Evm(signed) => signed.authorization.window(now, longest),
            Payload::Solana(_) => Ok(()),
        }
    }

    /// How long it takes until the chain takes it. Some clients sign from their own clock's now on.
    pub fn takes(&self, now: Timestamp) -> Duration {
        match &self.payload {
            Payload::Evm(signed) => signed.authorization.takes(now),
            Payload::Solana(_) => Duration::ZERO,
        }
    }
}

/// Who holds a nonce and a signature can submit the payment, so neither is for a log.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("id", &self.id())
            .field("payer", &self.payer())
            .field("amount", &self.quote.amount)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
