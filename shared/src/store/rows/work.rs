//! How what a sale sells stands in its row.

use serde::{Deserialize, Serialize};

use super::CostRow;
use crate::types::call::{EndedBy, Status};

/// What the sale did or is about to do; enough to grant it or to undo it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(in crate::store) enum WorkRow {
    Lease {
        number: String,
        country: String,
        /// The area code that was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<String>,
        source: SourceRow,
        /// What it costs us a month, and where that is counted; absent where it is stock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        booked: Option<BookedRow>,
    },
    Renew {
        number: String,
        country: String,
        expires_at: i64,
    },
    List {
        numbers: Vec<ListedRow>,
    },
    Calls {
        calls: Vec<ListedCallRow>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    Call {
        call: String,
        from: String,
        to: String,
        max_duration: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        placed: Option<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        credit: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<CostRow>,
    },
    Nothing,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::store) struct BookedRow {
    pub cost: u64,
    pub slot: i64,
    pub unpaid_slot: i64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::store) enum SourceRow {
    Pool,
    Carrier,
    Order,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct ListedRow {
    pub number: String,
    pub country: String,
    pub expires_at: i64,
}

/// A call as it was listed. Its fields have no names in the table: there can be a hundred of them,
/// and every later write of the sale costs for all of its bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct ListedCallRow(
    /// The call,
    pub String,
    /// from,
    pub String,
    /// to.
    pub String,
    /// How it stood,
    pub Status,
    /// and had ended.
    pub EndedBy,
    /// Minutes.
    pub Option<String>,
    /// Whether it was charged.
    pub bool,
    /// When it was dialled,
    pub i64,
    /// and over.
    pub Option<i64>,
);
