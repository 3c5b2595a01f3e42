//! How what counts against a limit stands in its rows.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// `LIMIT#WALLET#<caip10>`, `LIMIT#DESTINATION#<e164>`, `LIMIT#BUYER#<caip10>` / `LIMIT`: the calls
/// of a wallet or to a destination that still count, by their ids; the purchases of a wallet, by
/// their payments' tags.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct CountedRows {
    /// It grows with every call that is counted: a request that has counted on another one counts
    /// again.
    pub version: Option<i64>,
    /// From when on nothing in it counts; deletion comes some time after that.
    pub ttl: Option<i64>,
    /// Of a wallet: how many of its calls have cost us no more than was paid for them, less what
    /// risks have used up.
    #[serde(default)]
    pub good: i64,
    /// Of a destination: when a call to it was last paid back because its line had failed in the
    /// middle of the conversation.
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
    /// Less what was paid for it and is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<i64>,
    /// While it is not over: by when it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<i64>,
    /// While `cost` is what was reserved: by when it is known what it has cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_until: Option<i64>,
    /// The dialler has refused it before it was paid for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// Of a number that is bought: the sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale: Option<String>,
}

impl CountedRow {
    /// Something that happened then.
    pub(in crate::store) fn at(counted_at: i64) -> Self {
        Self { counted_at, to: None, cost: None, ends_at: None, open_until: None, refused: false, sale: None }
    }
}

/// `LIMIT#UNPROVEN`, `LIMIT#UNPROVEN#PAID`, `LIMIT#UNPROVEN#<caip10>`,
/// `LIMIT#UNPROVEN#BY_KEY#<caip10>`, `LIMIT#OWNERS#<caip10>`, `LIMIT#LOOKS#<caip10>`,
/// `LIMIT#WAITS#<payment>` / `LIMIT`: what is counted by number alone.
/// `LIMIT#PAID#<caip10>` / `LIMIT`: that a wallet whose contract signs has paid, until its `ttl`.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct SumRow {
    pub sum_since: Option<i64>,
    #[serde(default)]
    pub sum: i64,
    /// From when on its day is over for certain.
    pub ttl: Option<i64>,
}

/// `LIMIT#PREFIX#<digits>[/<slice>]`, `LIMIT#COST[/<slice>]` / `LIMIT`: what calls have lost in a
/// window that moves, in micro-dollars: all of it, and by the half-day; `LIMIT#NUMBERS`,
/// `LIMIT#NUMBERS#UNPAID` / `LIMIT`: what numbers cost, likewise. Of all calls also what they cost,
/// what those to dear destinations have lost, and how many are not over.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct WindowRow {
    /// The number of the newest half-day,
    pub slot: Option<i64>,
    /// and when it began.
    pub sum_since: Option<i64>,
    #[serde(default)]
    pub loss: i64,
    #[serde(default)]
    pub loss_0: i64,
    #[serde(default)]
    pub loss_1: i64,
    #[serde(default)]
    pub loss_2: i64,
    #[serde(default)]
    pub gross: i64,
    #[serde(default)]
    pub gross_0: i64,
    #[serde(default)]
    pub gross_1: i64,
    #[serde(default)]
    pub gross_2: i64,
    #[serde(default)]
    pub dear: i64,
    #[serde(default)]
    pub dear_0: i64,
    #[serde(default)]
    pub dear_1: i64,
    #[serde(default)]
    pub dear_2: i64,
    /// How much is reserved, and by when it is known what that has cost.
    #[serde(default)]
    pub open: i64,
    /// How much of that is for dear destinations.
    #[serde(default)]
    pub open_dear: i64,
    #[serde(default)]
    pub open_until: i64,
    /// How many calls are not over, whenever they were counted.
    #[serde(default)]
    pub running: i64,
    /// The first of the parts of the whole that are not this slice's any more; absent where all
    /// are.
    pub upto: Option<i64>,
    /// How often something was passed on to other slices or by them.
    #[serde(default)]
    pub moved: i64,
    /// From when on nothing in it counts. A slice among others is not forgotten, nor what counts
    /// calls that run.
    pub ttl: Option<i64>,
}

/// The cost of a call upstream, reserved when it is dialled and corrected when it is over; and what
/// was paid for it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::store) struct CostRow {
    pub micros: u64,
    /// What of it the carrier charges, once that is known,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<u64>,
    /// and what the answers to its questions may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyses: Option<u64>,
    /// What is paid for it, if it is,
    #[serde(default)]
    pub price: u64,
    /// and what of that is ours for good: nothing, before it is settled.
    #[serde(default)]
    pub kept: u64,
    /// In which half-day it was counted for its prefix,
    #[serde(default, rename = "prefix")]
    pub prefix_slot: i64,
    /// and in which for all.
    #[serde(default, rename = "day")]
    pub day_slot: i64,
    /// It goes to a dear destination,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dear: bool,
    /// and could have cost more than its wallet may lose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub risk: bool,
    /// In which slices it was counted: of all, and of its prefix. Absent where it was the first of
    /// both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slices: Option<[u8; 2]>,
}
