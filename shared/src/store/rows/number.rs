//! How numbers and their leases stand in their rows.

use serde::Deserialize;

use crate::types::words;

/// `NUMBER#<e164>` / `NUMBER`: a number that is in our hands.
#[derive(Debug, Deserialize)]
pub(in crate::store) struct NumberRow {
    pub custody: Custody,
    pub country: String,
    pub owner: Option<String>,
    pub sale: Option<String>,
    pub sid: Option<String>,
    pub due_queue: Option<String>,
    pub due_at: Option<i64>,
}

words! {
    /// In whose hands a number is. "Cooling" is `pooled` with a `due_at` that has not come: it is
    /// free because its time says so, not because something has run.
    pub enum Custody {
        /// About to be bought at the carrier for a sale.
        Buying = "buying",
        /// Ours at the carrier, and still to be made known to the dialler.
        Importing = "importing",
        /// Kept for a sale that is being settled.
        Held = "held",
        /// Leased to its owner.
        Leased = "leased",
        /// Free from `due_at` on.
        Pooled = "pooled",
        /// On its way back to the carrier.
        Releasing = "releasing",
    }
}

/// `WALLET#<caip10>` / `LEASE#<e164>`: a lease.
#[derive(Debug, Deserialize)]
pub(in crate::store) struct LeaseRow {
    pub sk: String,
    pub country: String,
    pub expires_at: i64,
    pub renewed_at_ms: Option<i64>,
    pub hold: Option<String>,
    pub due_queue: Option<String>,
    pub due_at: Option<i64>,
}
