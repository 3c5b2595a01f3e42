//! A payment whose signature only the chain can judge.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use sha2::{Digest, Sha256};

use super::Verified;
use crate::types::{PaymentId, Timestamp};
use crate::x402::smart_wallet::ContractSignature;
use crate::x402::{Payload, PaymentRefused, exact_evm};

/// A payment that matches a quote of ours, signed as smart wallets sign (EIP-1271, EIP-6492). It
/// has no payer yet: until it is confirmed, `from` is only a claim, and what that wallet owns is
/// none of the client's business.
#[derive(Debug)]
pub struct Unproven(pub(super) Verified);

impl Unproven {
    /// What the chain deduplicates this payment by. Good for looking up an earlier sale, which
    /// proves nothing either.
    pub fn id(&self) -> PaymentId {
        self.0.id()
    }

    /// What it claims to be: good for comparing it with what was confirmed before, and for asking
    /// others about it.
    pub fn claim(&self) -> &Verified {
        &self.0
    }

    /// The payment, for a caller who knows that this very claim was confirmed.
    pub fn confirmed(self) -> Verified {
        self.0
    }

    /// Whether this can be a contract's signature at all, as far as its bytes tell. `more` are
    /// factories that an operator knows, besides our own.
    pub fn form(&self, more: &[Address]) -> Result<(), PaymentRefused> {
        self.read(more).map(drop).ok_or_else(|| {
            PaymentRefused::new(
                "invalid_signature",
                "The signature is wrapped (EIP-6492) for a wallet that is not deployed, and is not well-formed or is for a \
                 factory that is not known here. Deploy the wallet, or pay with a key.",
            )
        })
    }

    pub(in crate::x402) fn read(&self, more: &[Address]) -> Option<ContractSignature> {
        let Payload::Evm(signed) = self.0.payload() else { return None };
        ContractSignature::read(&signed.signature, more)
    }

    /// The refusal of a payment that the payer's contract does not know as its own, or whose payer
    /// is not a contract.
    pub fn not_signed() -> PaymentRefused {
        PaymentRefused::not_signed()
    }

    /// What this very claim is known again by: what was claimed, and the signature under it.
    pub fn fingerprint(&self) -> B256 {
        let Payload::Evm(signed) = self.0.payload() else { return B256::ZERO };
        let claimed = exact_evm::digest(signed.network, &signed.authorization);
        let digest: [u8; 32] = Sha256::new().chain_update(claimed).chain_update(&signed.signature).finalize().into();
        digest.into()
    }

    /// See [`Verified::window`].
    pub fn window(&self, now: Timestamp, longest: Duration) -> Result<(), PaymentRefused> {
        self.0.window(now, longest)
    }
}
