//! Places in what a chain tells part by part and newest first: how far it was read, so that the
//! next round goes on.

use alloy_primitives::B256;

use super::TransactionId;

/// A place in the history of a payee, up to which it was read for what was paid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The block from which it is read backwards: when the rest is read too, all is done with that
    /// is not younger.
    pub top: u64,
    /// What comes before this transaction is not read yet.
    pub before: TransactionId,
}

/// The part of a chain that was searched for what became of a payment whose state cannot change any
/// more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Searched {
    /// What stands for what is looked for: on Solana, SHA-256 of the message; the nonce of an
    /// authorization.
    pub sought: B256,
    /// It is not there from here on.
    pub before: Before,
}

/// From where on a chain was searched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Before {
    /// From this transaction of a history.
    Transaction(TransactionId),
    /// From this block.
    Block(u64),
}
