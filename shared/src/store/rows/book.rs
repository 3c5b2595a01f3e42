//! How the books stand in their rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::types::words;

/// `BOOK#<day>` / `<second>#<what>#<payment or call>`: what has happened to money at one moment, as
/// it will stand in that day's files. It is written once, and never changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct BookRow {
    pub pk: String,
    pub sk: String,
    pub lines: Vec<BookLineRow>,
    /// Not a queue: the one-way name of the payment, to be found by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_queue: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    pub ttl: i64,
}

/// A line of one of the files: what is empty is left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct BookLineRow {
    pub file: Book,
    pub cells: BTreeMap<String, String>,
}

words! {
    /// The files of a day.
    pub enum Book {
        /// What came in, and what it was for.
        Sales = "sales",
        /// What went back.
        Refunds = "refunds",
        /// What vendors charge, one by one.
        Costs = "costs",
        /// What a vendor says that it has billed for the whole day.
        Bills = "bills",
        /// What operators have done by hand.
        Deeds = "deeds",
    }
}
