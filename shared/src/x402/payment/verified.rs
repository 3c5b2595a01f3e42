//! A payment that may be settled.

use std::fmt;
use std::time::Duration;

use alloy_primitives::{Address, B256};

use super::{PaymentRefused, Version};
use crate::types::{PaymentId, Timestamp, Usdc, Wallet};
use crate::x402::{Quote, exact_evm};

/// How far our clock may be behind the payer's.
const SKEW: Duration = Duration::from_secs(5);
/// What a settlement needs: facilitators refuse below six seconds.
const LEAST: Duration = Duration::from_secs(10);
/// The longest that a payment which we declined may stay dangerous to its payer.
const MOST: Duration = Duration::from_mins(15);

/// A payment that matches a quote of ours and is authentic. Its payer is the user.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    pub(super) version: Version,
    pub(super) quote: Quote,
    pub(super) authorization: Authorization,
    pub(super) signature: Vec<u8>,
}

/// EIP-3009 `TransferWithAuthorization`: what the payer signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The payer.
    pub from: Address,
    /// The payee.
    pub to: Address,
    /// The amount.
    pub value: Usdc,
    /// Unix seconds; the contract takes it only later than this.
    pub valid_after: u64,
    /// Unix seconds; the contract takes it only earlier than this.
    pub valid_before: u64,
    /// Thirty-two bytes that this payer has not used before.
    pub nonce: B256,
}

impl Verified {
    /// Brings back a payment from a row of ours, which was verified when it was written.
    pub fn restore(quote: Quote, authorization: Authorization, signature: Vec<u8>, version: Version) -> Self {
        Self { version, quote, authorization, signature }
    }

    /// What the chain deduplicates this payment by.
    pub fn id(&self) -> PaymentId {
        let Authorization { from, nonce, .. } = self.authorization;
        PaymentId::evm(self.quote.network, self.quote.network.usdc(), from, nonce)
    }

    /// Who pays.
    pub fn payer(&self) -> Wallet {
        Wallet { network: self.quote.network, address: self.authorization.from }
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
    pub fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// The signature, as the contract takes it.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether there is time to settle it, and not so much that it stays dangerous: a payment that we decline can be
    /// submitted by anybody who saw it until it expires.
    pub fn window(&self, now: Timestamp) -> Result<(), PaymentRefused> {
        let now = u64::try_from(now.as_second()).unwrap_or(0);
        let Authorization { valid_after, valid_before, .. } = self.authorization;
        if valid_after > now.saturating_add(SKEW.as_secs()) {
            return Err(PaymentRefused::new("not_yet_valid", "authorization.validAfter is in the future."));
        }
        if valid_before < now.saturating_add(LEAST.as_secs()) {
            return Err(PaymentRefused::new(
                "expired",
                "The authorization has expired or is about to; sign a new one that lives for maxTimeoutSeconds.",
            ));
        }
        if valid_before > now.saturating_add(MOST.as_secs()) {
            return Err(PaymentRefused::new(
                "window_too_long",
                "authorization.validBefore is more than 15 minutes away; sign a new one that lives for \
                 maxTimeoutSeconds.",
            ));
        }
        Ok(())
    }

    pub(super) fn normalized(mut self) -> Self {
        self.signature = exact_evm::normalized(self.signature);
        self
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

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("from", &self.from)
            .field("to", &self.to)
            .field("value", &self.value)
            .field("valid_after", &self.valid_after)
            .field("valid_before", &self.valid_before)
            .finish_non_exhaustive()
    }
}
