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
    /// Of a wallet: how many of its calls have cost us no more than was paid for them, less what risks have used up.
    #[serde(default)]
    pub good: i64,
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
    /// Less what was paid for it and is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<i64>,
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

/// `LIMIT#NUMBERS` / `LIMIT`: what the numbers of a day cost, in micro-dollars; and what is counted by number alone.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct SumRow {
    pub sum_since: Option<i64>,
    #[serde(default)]
    pub sum: i64,
    /// From when on its day is over for certain.
    pub ttl: Option<i64>,
}

/// `LIMIT#PREFIX#<digits>[/<slice>]`, `LIMIT#COST[/<slice>]` / `LIMIT`: what calls have lost in a window that moves, in micro-dollars: all of it, and by the
/// half-day. Of all calls also what they cost, and what those to dear destinations have lost.
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
    #[serde(default)]
    pub open_until: i64,
    /// The first of the parts of the whole that are not this slice's any more; absent where all are.
    pub upto: Option<i64>,
    /// How often something was passed on to other slices or by them.
    #[serde(default)]
    pub moved: i64,
    /// From when on nothing in it counts. A slice among others is not forgotten.
    pub ttl: Option<i64>,
}

/// `LIMIT#CALLS[/<slice>]` / `LIMIT`: how many calls are not over.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct RunningRow {
    #[serde(default)]
    pub running: i64,
    /// See [`WindowRow::upto`].
    pub upto: Option<i64>,
    /// See [`WindowRow::moved`].
    #[serde(default)]
    pub moved: i64,
}

/// What a call costs us upstream, reserved when it is dialled and corrected when it is over; and what was paid for it.
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
    /// In which slices it was counted: of the calls that run, of what all cost, and of its prefix. Absent where it was the first of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slices: Option<[u8; 3]>,
}
