//! Proof that a payment was made.

use crate::types::{TransactionId, Wallet};

/// Proof of payment, in values that cannot be anything but well-formed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The transaction.
    pub transaction: TransactionId,
    /// Who paid, and on which network.
    pub payer: Wallet,
}
