//! What payers sign, on either rail. It knows no prices, and not whether a signature is good.

use std::fmt;

use alloy_primitives::{Address, B256};

use super::exact_svm::Transfer;
use crate::types::{EvmNetwork, PaymentId, Usdc, Wallet};

/// The document that a payer signs, on either rail.
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

impl Payload {
    /// What the chain deduplicates it by.
    pub fn id(&self) -> PaymentId {
        match self {
            Self::Evm(signed) => signed.id(),
            Self::Solana(transfer) => transfer.id(),
        }
    }

    /// Who pays.
    pub fn payer(&self) -> Wallet {
        match self {
            Self::Evm(signed) => signed.wallet(),
            Self::Solana(transfer) => transfer.wallet(),
        }
    }
}

impl SignedAuthorization {
    /// What the chain deduplicates it by.
    pub fn id(&self) -> PaymentId {
        PaymentId::evm(self.network, self.authorization.from, self.authorization.nonce)
    }

    /// Who pays.
    pub fn wallet(&self) -> Wallet {
        Wallet::Evm { network: self.network, address: self.authorization.from }
    }
}

/// Who holds a nonce can submit the payment, so it is not for a log.
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
