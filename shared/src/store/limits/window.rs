//! What calls have lost in a window that moves: one more cost in it, and what is corrected of one. All sums of an item move together, in
//! one write, and each holds only while it is within its bound: a slice of them would be one more such item.
//!
//! - `docs/decisions.md`: Why do limits count what is lost?
//! - `docs/decisions.md`: Why is the day's sum one item, and not many?

use crate::limits::window::{Bound, First, SLOTS, Track, Turn, Window, last_window_of, place};
use crate::store::StoreFault;
use crate::store::change::{Change, Step, as_seen, at_least, at_most, is};
use crate::store::item::Item;
use crate::store::keys::Key;
use crate::store::rows::{
    DEAR, DEAR_0, DEAR_1, DEAR_2, GROSS, GROSS_0, GROSS_1, GROSS_2, LOSS, LOSS_0, LOSS_1, LOSS_2, Name, OPEN,
    OPEN_UNTIL, SLOT, SUM_SINCE, TTL, WindowRow,
};
use crate::types::Usdc;

use super::list::forgotten_at;

/// Where a sum stands: all of it, and each half-day.
#[derive(Clone, Copy)]
pub(super) struct Place {
    total: Name,
    slots: [Name; SLOTS],
}

/// What was lost.
pub(super) const LOST: Place = Place { total: LOSS, slots: [LOSS_0, LOSS_1, LOSS_2] };
/// What it has cost.
pub(super) const COST: Place = Place { total: GROSS, slots: [GROSS_0, GROSS_1, GROSS_2] };
/// What was lost on dear destinations.
pub(super) const LOST_ON_DEAR: Place = Place { total: DEAR, slots: [DEAR_0, DEAR_1, DEAR_2] };

/// What is booked in one of the sums of an item. Without a bound nothing is, and what is past leaves it all the same.
pub(super) struct Booked {
    pub(super) place: Place,
    pub(super) track: fn(&Window) -> &Track,
    pub(super) bound: Option<Bound>,
}

/// An item in which a cost is reserved.
pub(super) struct Reservation {
    pub(super) key: Key,
    /// As it was read.
    pub(super) seen: Option<Window>,
    pub(super) turn: Turn,
    pub(super) cost: Usdc,
    /// By when it is known what it has cost.
    pub(super) known: i64,
}

impl Reservation {
    /// The item with the cost in these of its sums.
    pub(super) fn booked(self, all: &[Booked], now: i64) -> Change {
        let change = Change::update(self.key.clone());
        let change = match &self.turn.first {
            First::Nothing => change.when(is(SLOT, self.turn.slot)),
            First::Empty(_) | First::Begin => change
                .set(SLOT, self.turn.slot)
                .set(SUM_SINCE, self.turn.since)
                .set(TTL, forgotten_at(now))
                .when(as_seen(SLOT, self.seen.map(|seen| seen.slot))),
        };
        self.open(all.iter().fold(change, |change, booked| self.with(change, booked)), now)
    }

    fn with(&self, change: Change, Booked { place: at, track, bound }: &Booked) -> Change {
        let amount = if bound.is_some() { self.cost.signed() } else { 0 };
        let slot = place(self.turn.slot);
        let seen = self.seen.as_ref().map(track).copied().unwrap_or_default();
        let past = self.turn.past(&seen);
        let all = at.slots.iter().copied().enumerate();
        let (change, moved) = match &self.turn.first {
            First::Begin => {
                let begun =
                    all.fold(change, |change, (place, name)| change.set(name, if place == slot { amount } else { 0 }));
                return begun.set(at.total, amount);
            }
            First::Nothing => match at.slots.get(slot).filter(|_| amount != 0) {
                Some(name) => (change.add(*name, amount), amount),
                None => (change, 0),
            },
            First::Empty(places) => {
                let emptied = all.filter(|(place, _)| places.contains(place)).fold(change, |change, (place, name)| {
                    let was = seen.slots.get(place).copied().unwrap_or_default();
                    change.set(name, if place == slot { amount } else { 0 }).when(is(name, was))
                });
                (emptied, amount - past)
            }
        };
        let change = if moved == 0 { change } else { change.add(at.total, moved) };
        match bound {
            Some(bound) => change.when(at_most(at.total, bound.most - bound.needs + past)),
            None => change,
        }
    }

    /// What is only reserved. Its time only ever grows: a write that saw less of it is made again.
    fn open(&self, change: Change, now: i64) -> Change {
        let (cost, known) = (self.cost.signed(), self.known);
        match &self.seen {
            Some(seen)
                if self.turn.first != First::Begin && (self.turn.first == First::Nothing || seen.open_until > now) =>
            {
                let change = change.add(OPEN, cost);
                if seen.open_until >= known {
                    change
                } else {
                    change.set(OPEN_UNTIL, known).when(at_most(OPEN_UNTIL, known))
                }
            }
            // What has not come back by now does not come back.
            _ => change.set(OPEN, cost).set(OPEN_UNTIL, known),
        }
    }
}

/// What is added to the sums of an item, in the half-day in which it was booked, and taken off what is only reserved. Where that half-day
/// is past, nothing of it counts any more.
pub(super) fn corrected(key: Key, slot: i64, amounts: &[(Place, i64)], reserved: i64) -> Step {
    let some = amounts.iter().filter(|(_, amount)| *amount != 0);
    let change = some.fold(Change::update(key), |change, (at, amount)| {
        let [first, second, third] = at.slots;
        let name = [first, second, third].into_iter().nth(place(slot)).unwrap_or(first);
        change.add(at.total, *amount).add(name, *amount)
    });
    let change = if reserved == 0 { change } else { change.add(OPEN, -reserved) };
    change.when(at_least(SLOT, slot)).when(at_most(SLOT, last_window_of(slot))).or_without()
}

pub(super) fn window_of(item: Option<Item>) -> Result<Option<Window>, StoreFault> {
    let row: WindowRow = serde_dynamo::from_item(item.unwrap_or_default())?;
    let Some((slot, since)) = row.slot.zip(row.sum_since) else { return Ok(None) };
    Ok(Some(Window {
        slot,
        since,
        loss: Track { total: row.loss, slots: [row.loss_0, row.loss_1, row.loss_2] },
        cost: Track { total: row.gross, slots: [row.gross_0, row.gross_1, row.gross_2] },
        dear: Track { total: row.dear, slots: [row.dear_0, row.dear_1, row.dear_2] },
        open: row.open,
        open_until: row.open_until,
    }))
}
