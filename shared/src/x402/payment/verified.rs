//! A payment that may be settled.

use std::fmt;
use std::time::Duration;

use alloy_primitives::{Address, B256};

use super::{PaymentRefused, Version};
use crate::types::{EvmNetwork, PaymentId, Timestamp, Usdc, Wallet};
use crate::x402::exact_svm::Transfer;
use crate::x402::{Quote, exact_evm};

/// How far our clock may be behind the payer's.
const SKEW: Duration = Duration::from_secs(5);
/// How much older than the clock the newest block may be that a chain or a simulation goes by: blocks are two seconds apart, and
/// take a moment to be known.
const BLOCK: Duration = Duration::from_secs(3);
/// What a settlement needs: facilitators refuse below six seconds.
const LEAST: Duration = Duration::from_secs(10);
/// The longest that a payment may still be good for, where a node of ours sees what becomes of it: what arrives after we have
/// given it up is found and goes back.
pub const LONGEST_WINDOW: Duration = Duration::from_hours(7 * 24);
/// The same where there is no node: what arrives then would be kept, so we wait until it cannot.
pub const LONGEST_UNWATCHED: Duration = Duration::from_mins(15);

/// A payment that matches a quote of ours and is authentic. Its payer is the user.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    pub(super) version: Version,
    pub(super) quote: Quote,
    pub(super) payload: Payload,
}

/// What a payer signs, on either rail.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// An authorization to move USDC.
    Evm(SignedAuthorization),
    /// A transaction that moves it.
    Solana(Transfer),
}

/// EIP-3009 `TransferWithAuthorization` and its signature.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedAuthorization {
    /// The chain that it is signed for.
    pub network: EvmNetwork,
    /// What the payer signed.
    pub authorization: Authorization,
    /// The signature, as the contract takes it.
    pub signature: Vec<u8>,
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
    pub fn restore(quote: Quote, payload: Payload, version: Version) -> Self {
        Self { version, quote, payload }
    }

    /// What the chain deduplicates this payment by.
    pub fn id(&self) -> PaymentId {
        match &self.payload {
            Payload::Evm(signed) => signed.id(),
            Payload::Solana(transfer) => transfer.id(),
        }
    }

    /// Who pays.
    pub fn payer(&self) -> Wallet {
        match &self.payload {
            Payload::Evm(signed) => signed.wallet(),
            Payload::Solana(transfer) => transfer.wallet(),
        }
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

    /// Whether there is time to settle it, and no more than `longest`. A Solana transaction says nothing of times; its block
    /// does, and that is for the cluster to judge.
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

impl SignedAuthorization {
    /// What the chain deduplicates it by.
    pub fn id(&self) -> PaymentId {
        PaymentId::evm(self.network, self.network.usdc(), self.authorization.from, self.authorization.nonce)
    }

    /// Who pays.
    pub fn wallet(&self) -> Wallet {
        Wallet::Evm { network: self.network, address: self.authorization.from }
    }

    pub(super) fn normalized(self) -> Self {
        Self { signature: exact_evm::normalized(self.signature), ..self }
    }
}

impl Authorization {
    /// The first second at which a block can be later than `validAfter`, and be known.
    fn is_taken_at(&self) -> u64 {
        self.valid_after.saturating_add(1).saturating_add(BLOCK.as_secs())
    }

    fn takes(&self, now: Timestamp) -> Duration {
        let now = Duration::from_millis(u64::try_from(now.as_millisecond()).unwrap_or(0));
        Duration::from_secs(self.is_taken_at()).saturating_sub(now)
    }

    fn window(&self, now: Timestamp, longest: Duration) -> Result<(), PaymentRefused> {
        let now = u64::try_from(now.as_second()).unwrap_or(0);
        let Self { valid_after, valid_before, .. } = *self;
        if valid_after > now.saturating_add(SKEW.as_secs()) {
            return Err(not_yet_valid());
        }
        if valid_before < now.max(self.is_taken_at()).saturating_add(LEAST.as_secs()) {
            return Err(PaymentRefused::new(
                "expired",
                "The authorization has expired or is about to; sign a new one that lives for maxTimeoutSeconds.",
            ));
        }
        if valid_before > now.saturating_add(longest.as_secs()) {
            return Err(window_too_long(longest));
        }
        Ok(())
    }
}

pub(super) fn not_yet_valid() -> PaymentRefused {
    let message = format!(
        "authorization.validAfter is more than {} s in the future by our clock; set it to the past (0 will do), and sign again.",
        SKEW.as_secs()
    );
    PaymentRefused::new("not_yet_valid", message)
}

pub(super) fn window_too_long(longest: Duration) -> PaymentRefused {
    let minutes = longest.as_secs() / 60;
    let longest =
        if minutes < 24 * 60 { format!("{minutes} minutes") } else { format!("{} days", minutes / (24 * 60)) };
    let message = format!(
        "authorization.validBefore is too late, more than {longest} away; sign a new one that lives for maxTimeoutSeconds."
    );
    PaymentRefused::new("window_too_long", message)
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
