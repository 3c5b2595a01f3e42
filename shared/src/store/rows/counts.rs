//! How what counts against a limit stands in its rows.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// `LIMIT#WALLET#<caip10>`, `LIMIT#DESTINATION#<e164>`, `LIMIT#BUYER#<caip10>` / `LIMIT`: the calls of a wallet or to a destination
/// that still count, by their ids; the purchases of a wallet, by their payments' tags.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct CountedRows {
    /// It grows with every call that is counted: a request that has counted on another one counts again.
    pub version: Option<i64>,
    /// From when on nothing in it counts; deletion comes some time after that.
    pub ttl: Option<i64>,
    /// Of a destination: when a call to it was last paid back because its line had failed in the middle of the conversation.
    pub broke_at: Option<i64>,
    #[serde(default)]
    pub entries: HashMap<String, CountedRow>,
}

/// One of them. Only the calls of a wallet have more than a time.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct CountedRow {
    pub counted_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
    /// While it is not over: by when it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<i64>,
    /// While `cost` is what was reserved: by when it is known what it has cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_until: Option<i64>,
    /// Of a number that is bought: the sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale: Option<String>,
}

impl CountedRow {
    /// Something that happened then.
    pub(in crate::store) fn at(counted_at: i64) -> Self {
        Self { counted_at, to: None, cost: None, ends_at: None, open_until: None, sale: None }
    }
}

/// `LIMIT#PREFIX#<digits>`, `LIMIT#COST`, `LIMIT#NUMBERS` / `LIMIT`: what the calls or the numbers of a day cost, in micro-dollars.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct SumRow {
    pub sum_since: Option<i64>,
    #[serde(default)]
    pub sum: i64,
    /// How much of it is reserved, and by when it is known what that has cost.
    #[serde(default)]
    pub open: i64,
    #[serde(default)]
    pub open_until: i64,
    /// From when on its day is over for certain.
    pub ttl: Option<i64>,
}

/// `LIMIT#CALLS` / `LIMIT`: how many calls are not over.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct RunningRow {
    #[serde(default)]
    pub running: i64,
}

/// What a call costs us upstream: reserved when it is dialled, corrected when it is over.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::store) struct CostRow {
    pub micros: u64,
    /// Which sums it is part of, by when they began.
    pub prefix_since: i64,
    pub day_since: i64,
}
