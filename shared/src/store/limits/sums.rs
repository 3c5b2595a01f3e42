//! A sum of what a day costs: one more cost in it, reserved or spent.
//!
//! `docs/decisions.md`: Why is the day's sum one item, and not many?

use crate::limits::judge::{Booking, Sum};
use crate::store::StoreFault;
use crate::store::change::{Change, as_seen, at_most, is};
use crate::store::item::Item;
use crate::store::keys::Key;
use crate::store::rows::{OPEN, OPEN_UNTIL, SUM, SUM_SINCE, SumRow, TTL};
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

/// The same for a cost that is only reserved, and known by then.
pub(super) fn reserved(change: Change, seen: Option<Sum>, booking: Booking, cost: Usdc, known: i64) -> Change {
    match (booking, seen) {
        (Booking::Begin, _) => change.set(OPEN, cost.signed()).set(OPEN_UNTIL, known),
        (Booking::Add(_), Some(sum)) if sum.open_until >= known => change.add(OPEN, cost.signed()),
        // It only ever grows: a write that saw less of it is made again.
        (Booking::Add(_), _) => change.add(OPEN, cost.signed()).set(OPEN_UNTIL, known).when(at_most(OPEN_UNTIL, known)),
    }
}

pub(super) fn sum_of(item: Option<Item>) -> Result<Option<Sum>, StoreFault> {
    let row: SumRow = serde_dynamo::from_item(item.unwrap_or_default())?;
    let usdc = |micros: i64| Usdc::micros(micros.max(0).cast_unsigned());
    let (amount, open) = (usdc(row.sum), usdc(row.open));
    Ok(row.sum_since.map(|since| Sum { since, amount, open, open_until: row.open_until }))
}
