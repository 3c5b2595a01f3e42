//! How a call stands in its row.

use serde::{Deserialize, Serialize};

use super::{Bytes, CostRow, Packed, ViewRow};
use crate::types::call::Dialler;
use crate::types::words;

/// `CALL#<id>` / `CALL`: a call.
#[expect(clippy::struct_excessive_bools, reason = "what is known of a call, of which one does not follow from another")]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct CallRow {
    pub pk: String,
    pub sk: String,
    pub wallet: String,
    pub sale: String,
    pub from: String,
    pub to: String,
    pub max_duration: u32,
    /// The digest of what is left where voicemail answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What is asked about it once it is over,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<QuestionRow>,
    /// how often the vendor was asked,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<i64>,
    /// the answers, as JSON,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
    /// and whether there will be none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
    /// It is not recorded, as the operator wants it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unrecorded: bool,
    pub created_at: i64,
    pub charge: Charge,
    /// The vendor that has it,
    pub dialler: Dialler,
    /// and that vendor's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Packed>,
    /// The transaction that gave it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded_by: Option<String>,
    /// Absent where nothing is reserved for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostRow>,
    /// When the vendor was last asked.
    #[serde(default)]
    pub looked_at: i64,
    /// Which look `view` is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<i64>,
    /// When it was first seen to have ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// It was stopped because its payment was in doubt for too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// When it was asked for that it is hung up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hangup_requested_at: Option<i64>,
    /// Which operator has decided that it is paid back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<String>,
    /// Why it is not deleted, where an operator keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_for: Option<String>,
    /// An erasure of it was begun.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erasing: bool,
    /// Until when a request waits for something new about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waited_until: Option<i64>,
    /// Nothing about it will change any more.
    #[serde(default)]
    pub closed: bool,
    /// What the last look showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<ViewRow>,
    /// The digests of the parts of what was said, which are items of their own, and how many lines
    /// each has.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub said: Bytes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Absent while its payment is under way, in either direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// `CALLS#<wallet>` / `<dialled at>#<id>`: a call in the list of its wallet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct DialledRow {
    pub pk: String,
    pub sk: String,
    pub from: String,
    pub to: String,
    /// It goes with what is shown of the call.
    pub ttl: i64,
}

/// A question about a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct QuestionRow {
    pub name: String,
    pub question: String,
    pub kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

words! {
    /// The state of the charge for a call.
    pub enum Charge {
        /// The payment is not settled yet.
        Pending = "pending",
        /// Paid.
        Paid = "paid",
        /// The payment was declined; the call was stopped.
        Declined = "declined",
        /// The payment was not made in time, which is not its payer's doing; the call was stopped.
        Lapsed = "lapsed",
        /// Paid, and to be given back, since the call ended in an error.
        RefundDue = "refund_due",
        /// Paid, and given back.
        Refunded = "refunded",
        /// Paid, and given back as credit.
        Credited = "credited",
    }
}

impl Charge {
    /// Whether a phone rang and is not paid for, whatever the reason.
    pub const fn is_unpaid(self) -> bool {
        matches!(self, Self::Declined | Self::Lapsed)
    }
}
