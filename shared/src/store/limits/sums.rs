//! A sum that begins with the first cost after the last one's day is over.

use crate::limits::judge::{Booking, Sum};
use crate::store::StoreFault;
use crate::store::change::{Change, as_seen, at_most, is};
use crate::store::item::Item;
use crate::store::keys::Key;
use crate::store::rows::{SUM, SUM_SINCE, SumRow, TTL};
use crate::types::Usdc;

use super::list::forgotten_at;

/// A sum with one more cost in it.
pub(super) fn booked(key: Key, seen: Option<Sum>, booking: Booking, cost: Usdc, most: Usdc, now: i64) -> Change {
    let change = Change::update(key);
    match booking {
        Booking::Add(since) => {
            change.add(SUM, cost.signed()).when(is(SUM_SINCE, since)).when(at_most(SUM, most.signed() - cost.signed()))
        }
        Booking::Begin => change
            .set(SUM_SINCE, now)
            .set(SUM, cost.signed())
            .set(TTL, forgotten_at(now))
            .when(as_seen(SUM_SINCE, seen.map(|sum| sum.since))),
    }
}

pub(super) fn sum_of(item: Option<Item>) -> Result<Option<Sum>, StoreFault> {
    let row: SumRow = serde_dynamo::from_item(item.unwrap_or_default())?;
    let amount = Usdc::micros(row.sum.max(0).cast_unsigned());
    Ok(row.sum_since.map(|since| Sum { since, amount }))
}
