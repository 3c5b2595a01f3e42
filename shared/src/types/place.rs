//! Places in a history that a chain tells page by page and newest first: how far one was read, so that the next round goes on.

use alloy_primitives::B256;

use super::TransactionId;

/// How far the history of a payee was read for what was paid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The block from which it is read backwards: when the rest is read too, all is done with that is no younger.
    pub top: u64,
    /// What comes before this transaction is not read yet.
    pub before: TransactionId,
}

/// How far a history was searched for a message that can no longer be processed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Searched {
    /// SHA-256 of the message.
    pub message: B256,
    /// It is not among what is younger than this transaction.
    pub before: TransactionId,
}
