//! How money that goes back stands in its rows.

use serde::{Deserialize, Serialize};

use crate::types::words;

/// Money on its way back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct RefundRow {
    pub state: Refunding,
    pub reason: RefundReason,
    pub amount: u64,
    pub asked_at: i64,
    /// The transaction that took the money, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<String>,
    /// What was last sent, where that cannot be made again: a Solana transaction in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// Until when the last authorization that was sent is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_before: Option<u64>,
    /// How often one was sent.
    pub tries: u32,
    /// How often it was definitely refused.
    #[serde(default)]
    pub refused: u32,
    /// Since when the wallet that pays back holds too little for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poor_since: Option<i64>,
    /// The transaction that gave it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// Who decided it, where a person has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

words! {
    /// The state of a refund.
    pub enum Refunding {
        /// Nothing was sent yet.
        Due = "due",
        /// An authorization may have been sent, and can still land until it expires.
        Sending = "sending",
        /// The money is back.
        Refunded = "refunded",
        /// It could not be sent: the wallet may spend it on calls instead.
        Credited = "credited",
    }
}

words! {
    /// Why money goes back.
    pub enum RefundReason {
        /// The call ended in an error.
        CallFailed = "call_failed",
        /// It was paid, and what had been held for it was gone.
        ProductGone = "product_gone",
        /// It was paid first, and what was then to be done for it could not be.
        Undeliverable = "undeliverable",
        /// It was sent by us, given up, and was made after all, by a payer without code.
        Late = "late",
        /// It was paid though we had not asked for it, or no longer and by a payer with code.
        Stray = "stray",
        /// An operator decided it.
        ByHand = "by_hand",
    }
}

/// `REFUNDED#<day since the epoch>` / `REFUNDED`: what has gone back on a day, in micro-dollars.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct RefundedRow {
    #[serde(default)]
    pub amount: u64,
    /// What of it counts: what went back before an operator lifted the stop does not.
    #[serde(default)]
    pub counted: u64,
    #[serde(default)]
    pub strays: u64,
    pub ttl: Option<i64>,
}

/// `REFUNDED#STOP` / `REFUNDED`: since when nothing goes back, and which operator has last lifted
/// that.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct RefundStopRow {
    pub stopped_at: Option<i64>,
    /// Who stopped them, and why; nothing, if it was the day's limit.
    pub stopped_by: Option<String>,
    pub lifted_at: Option<i64>,
    pub lifted_by: Option<String>,
}
