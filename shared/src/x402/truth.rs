//! What a chain says: what became of a payment, and what was paid to us.

use alloy_primitives::B256;

use crate::types::{PaymentId, Timestamp, TransactionId, Usdc, Wallet};

/// The fate of a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Truth {
    /// It paid us.
    Paid {
        /// By this transaction, which may have settled others too.
        transaction: TransactionId,
    },
    /// It paid us before it can have come with what asked for it: another party had submitted it,
    /// or it is shown a second time. Only Solana's history tells it.
    Earlier,
    /// It was not used in any block up to one that is final.
    Unused {
        /// That block is past the time until which we wait for it: it has expired, or is given up.
        dead: bool,
    },
    /// It is spent on something else: the payer cancelled it, or paid another with it, or it failed
    /// for good. It never will pay us.
    Cancelled,
}

/// Something that was paid to us, in a block that is final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inbound {
    /// The transaction.
    pub transaction: TransactionId,
    /// Its block, or its slot.
    pub block: u64,
    /// The payment; none if it was an ordinary transfer, which no client of ours makes.
    pub payment: Option<InboundPayment>,
}

/// A payment to us as our clients make them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboundPayment {
    /// What the chain deduplicates it by.
    pub id: PaymentId,
    /// Who paid.
    pub payer: Wallet,
    /// What makes it unique: a nonce or a message.
    pub unique: B256,
    /// How much.
    pub amount: Usdc,
}

/// The payments to us in a stretch of blocks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// In the chain's order; on Solana, against it.
    pub payments: Vec<Inbound>,
    /// The stretch's last block.
    pub through: u64,
    /// The last block that is final: there is more to ask for while `through` is below it.
    pub finalized: u64,
    /// When that one was made, in Unix seconds, if the node says it.
    pub finalized_at: Option<u64>,
    /// Part of the stretch is still to be read: what comes before this transaction.
    pub before: Option<TransactionId>,
    /// How far the next question may reach.
    pub reach: Reach,
}

/// The size of a question about what was paid, where a chain can be asked for more or less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// Blocks, from the first one on.
    pub blocks: u64,
    /// Transactions of the first block that are done with already.
    pub inside: u64,
}

impl Default for Reach {
    /// As much as can be.
    fn default() -> Self {
        Self { blocks: u64::MAX, inside: 0 }
    }
}

/// Whether a block of these Unix seconds was made before this time.
pub(super) fn is_before(block: u64, time: Timestamp) -> bool {
    i64::try_from(block).is_ok_and(|block| block < time.as_second())
}
