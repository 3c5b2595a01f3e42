//! How what a wallet does, and what it has named, stands in its rows.

use serde::Deserialize;

/// `WALLET#<caip10>` / `WALLET`: what a wallet is doing.
#[derive(Debug, Deserialize)]
pub(in crate::store) struct WalletRow {
    pub dial: Option<String>,
    pub unpaid_at: Option<i64>,
    /// Micro-dollars that this wallet is owed and can spend on calls.
    #[serde(default)]
    pub credit: u64,
    /// Since when the operator refuses it everything that is paid for, and why.
    pub blocked_at: Option<i64>,
    pub blocked_for: Option<String>,
}

/// `DOUBTS#<caip10>` / `DOUBTS`: how many payments of a wallet there are whose outcome is not
/// known.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct DoubtsRow {
    #[serde(default)]
    pub doubts: i64,
}

/// `KEY#<caip10>#<hash of the name>` / `KEY`: a wallet's own name for a purchase, and the payment
/// that was first to carry it.
#[derive(Debug, Deserialize)]
pub(in crate::store) struct PurchaseRow {
    pub sale: String,
    /// Until when it is remembered; deletion comes some time after that.
    pub ttl: i64,
}
