//! How a sale stands in its row.

use serde::{Deserialize, Serialize};

use super::{Bytes, Packed, RefundRow, WorkRow};
use crate::types::words;

/// `SALE#<payment id>` / `SALE`: a payment and what is sold for it. It is written four times, and
/// each costs as many units as it has begun kilobytes: what is long stands in bytes, and what is
/// not so is left out.
///
/// `docs/decisions.md`: Why is a sale kept below a kilobyte?
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the payment")]
pub(in crate::store) struct SaleRow {
    pub pk: String,
    pub sk: String,
    pub state: State,
    /// Whose turn it is: every step is conditional on it.
    pub attempt: String,
    /// Until when that attempt may be at work.
    pub busy_until: i64,
    /// The offer's path.
    pub endpoint: String,
    /// SHA-256 of the request.
    pub request: Bytes,
    pub payment: PaymentRow,
    pub work: WorkRow,
    pub created_at: i64,
    /// A void sale that can never be claimed again: the payment was handed to the facilitator, or a
    /// phone rang for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spent: bool,
    /// A key has signed it, and code speaks for the payer all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_code: bool,
    /// The facilitator has said that the nonce is used: only the chain can tell by whom.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contested: bool,
    /// The facilitator has answered while it was in doubt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// Its payment counts as one in doubt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubted: bool,
    /// Its call was stopped while the payment was in doubt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// It was granted, and its payment is not on the chain.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// It stands in the books.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub booked: bool,
    /// Credit had paid it, and is credit again: a payment of its own may go back besides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_back: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundRow>,
    /// How far the chain was searched for the payment, or for the one that goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searched: Option<SearchedRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Absent until it has ended: what is not over is never forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// See [`crate::types::Searched`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct SearchedRow {
    pub sought: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<u64>,
}

words! {
    /// The state of a sale.
    pub enum State {
        /// Claimed; work may be under way, nothing is settled.
        Open = "open",
        /// Past the fence: the payment is about to be settled, or was.
        Settling = "settling",
        /// Paid and granted.
        Closed = "closed",
        /// Given up: nothing granted. If it was paid nevertheless, there is a refund.
        Void = "void",
    }
}

/// The parts of a payment that it takes to settle it again with the same bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct PaymentRow {
    pub version: u8,
    pub network: String,
    pub from: Packed,
    pub to: Packed,
    pub value: u64,
    pub valid_after: u64,
    pub valid_before: u64,
    pub nonce: Bytes,
    pub signature: Bytes,
    pub resource: String,
    pub description: String,
}

/// Proof of payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct SettledRow {
    /// Absent where it was paid with credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Packed>,
    pub settled_at: i64,
}
