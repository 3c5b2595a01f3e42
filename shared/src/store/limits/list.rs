//! A list of what counts: the calls of a wallet or to a destination, or the purchases of a wallet.
//! It is read with the time, after which nothing in it counts, and written under the version that
//! was read.
//!
//! `docs/decisions.md`: Why lists for some and sums for others?

use std::collections::HashMap;
use std::time::Duration;

use crate::limits::WINDOW;
use crate::limits::judge::{self, Counted};
use crate::store::StoreFault;
use crate::store::change::{Change, Step, as_seen, is, there};
use crate::store::item::Item;
use crate::store::keys::{self, Key};
use crate::store::parse::number_of;
use crate::store::rows::{BROKE_AT, CountedRow, CountedRows, ENTRIES, Path, TTL, VERSION, Value};
use crate::types::{PhoneNumber, Timestamp};

/// An expression holds 4 KB; what is not forgotten today is forgotten with the next call.
const FORGOTTEN_AT_ONCE: usize = 30;

/// A wallet that has not called for so long is a new one.
const KNOWN: Duration = Duration::from_hours(90 * 24);

/// A list of what counts, as it was read.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) version: Option<i64>,
    /// Nothing in it counts any more; it only waits to be deleted.
    pub(super) past: bool,
    /// How many calls of a wallet were good.
    pub(super) good: u64,
    pub(super) broke_at: Option<i64>,
    pub(super) entries: HashMap<String, CountedRow>,
    /// What stands in it beside these and counts for nothing, however it ended.
    forgotten: Vec<String>,
}

impl List {
    pub(super) fn from_item(item: Option<Item>, now: Timestamp) -> Result<Self, StoreFault> {
        let row: CountedRows = serde_dynamo::from_item(item.unwrap_or_default())?;
        let now = now.as_second();
        let past = row.ttl.is_some_and(|ttl| ttl <= now);
        let counts = |_: &String, row: &mut CountedRow| !past && forgotten_at(row.counted_at) > now;
        let mut entries = row.entries;
        let forgotten = entries.extract_if(|id, row| !counts(id, row)).map(|(id, _)| id).collect();
        let good = if past { 0 } else { u64::try_from(row.good).unwrap_or(0) };
        Ok(Self { version: row.version, past, good, broke_at: row.broke_at.filter(|_| !past), entries, forgotten })
    }

    pub(super) fn instants(&self) -> Vec<i64> {
        self.entries.values().map(|call| call.counted_at).collect()
    }

    /// What counts for a wallet. A row that cannot be read counts as if it were the destination
    /// that is asked for.
    pub(super) fn counted(&self, to: &PhoneNumber) -> Vec<Counted> {
        let of = |row: &CountedRow| Counted {
            at: row.counted_at,
            to: row.to.as_deref().and_then(|text| number_of(text).ok()).unwrap_or_else(|| to.clone()),
            loss: row.cost.unwrap_or_default(),
            refused: row.refused,
            ends_at: row.ends_at,
            open_until: row.open_until,
        };
        self.entries.values().map(of).collect()
    }

    /// This list with one more in it, and without those that count no longer. It is forgotten then.
    pub(super) fn with(
        &self,
        key: Key,
        name: &str,
        row: &CountedRow,
        forgotten_at: i64,
        now: i64,
    ) -> Result<Change, StoreFault> {
        let Some(version) = self.version.filter(|_| !self.past) else {
            let next = self.version.map_or(1, |version| version + 1);
            let put = Change::put(key, Item::new()).set(VERSION, next).set(TTL, forgotten_at);
            let entries = Value::row(&HashMap::from([(name, row)]))?;
            return Ok(put.set(ENTRIES, entries).when(as_seen(VERSION, self.version)));
        };
        let past = |row: &CountedRow| judge::is_past(row.counted_at, row.ends_at, now);
        let gone = self.entries.iter().filter(|(_, row)| past(row)).map(|(id, _)| id);
        let gone = self.forgotten.iter().chain(gone).take(FORGOTTEN_AT_ONCE);
        let change = Change::update(key)
            .set(VERSION, version + 1)
            .set(TTL, forgotten_at)
            .set(entry_of(name), Value::row(row)?)
            .when(is(VERSION, version));
        Ok(gone.fold(change, |change, id| change.remove(entry_of(id))))
    }
}

/// The line of a call to it failed in the middle of the conversation, which is paid back.
pub(in crate::store) fn broke(to: &PhoneNumber, at: i64) -> Step {
    Change::update(keys::calls_to(to)).set(BROKE_AT, at).set(TTL, forgotten_at(at)).anyway()
}

/// A list without this in it.
pub(super) fn forgotten(key: Key, name: &str) -> Step {
    without(key, name).or_without()
}

/// The same, before it is said that it may have been forgotten already.
pub(super) fn without(key: Key, name: &str) -> Change {
    Change::update(key).remove(entry_of(name)).when(there(entry_of(name)))
}

/// Deletion is housekeeping: whatever is in an item then counts for nothing.
pub(super) fn forgotten_at(now: i64) -> i64 {
    now + 2 * WINDOW.as_secs().cast_signed()
}

/// What is known of a wallet stays, though none of its calls counts any more.
pub(super) fn stranger_at(now: i64) -> i64 {
    now + KNOWN.as_secs().cast_signed()
}

/// Where something stands in a list.
pub(super) fn entry_of(name: &str) -> Path {
    ENTRIES.entry(name)
}
