//! What calls have lost in a window that moves: one more cost in it, and what is corrected of one. All sums of an item move together, in
//! one write, and each holds only while it is within its bound. A slice of a whole is one such item.
//!
//! - `docs/decisions.md`: Why do limits count what is lost?
//! - `docs/decisions.md`: Why are the sums of all in slices?

use crate::limits::slices;
use crate::limits::window::{First, SLOTS, Track, Turn, Window, last_window_of, place};
use crate::store::StoreFault;
use crate::store::change::{Change, Step, When, as_seen, at_least, at_most, is};
use crate::store::item::Item;
use crate::store::keys::Key;
use crate::store::rows::{
    DEAR, DEAR_0, DEAR_1, DEAR_2, GROSS, GROSS_0, GROSS_1, GROSS_2, LOSS, LOSS_0, LOSS_1, LOSS_2, MOVED, Name, OPEN,
    OPEN_UNTIL, SLOT, SUM_SINCE, TTL, UPTO, WindowRow,
};

use super::list::forgotten_at;
use super::slices::Sliced;

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

/// A sum of an item.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    place: Place,
    /// As it was read.
    pub(super) track: fn(&Window) -> &Track,
}

/// The sum of a prefix.
pub(super) const OF_A_PREFIX: [Kept; 1] = [Kept { place: LOST, track: |seen| &seen.loss }];
/// The sums of all.
pub(super) const OF_ALL: [Kept; 3] = [
    Kept { place: LOST, track: |seen| &seen.loss },
    Kept { place: COST, track: |seen| &seen.cost },
    Kept { place: LOST_ON_DEAR, track: |seen| &seen.dear },
];

/// A slice in which something changes because a cost is booked, in it or in another one.
pub(super) struct Reservation<'a, const N: usize> {
    pub(super) key: Key,
    /// As it was read; of one that begins, nothing.
    pub(super) seen: Option<&'a Window>,
    pub(super) turn: Turn,
    pub(super) sums: [Kept; N],
    /// What changes,
    pub(super) change: slices::Change<N>,
    /// and whether others change with it.
    pub(super) moves: bool,
    /// How much of it is only reserved,
    pub(super) open: i64,
    /// and by when it is known what it has cost.
    pub(super) known: i64,
}

impl<const N: usize> Reservation<'_, N> {
    /// The item as it is to be.
    pub(super) fn booked(self, now: i64) -> Change {
        if self.change.upto.is_none() {
            return self.begun();
        }
        let change =
            Change::update(self.key.clone()).when(as_seen(UPTO, self.seen.and_then(|seen| seen.upto).map(i64::from)));
        let change = match &self.turn.first {
            First::Nothing => change.when(is(SLOT, self.turn.slot)),
            First::Empty(_) | First::Begin => change
                .set(SLOT, self.turn.slot)
                .set(SUM_SINCE, self.turn.since)
                .when(as_seen(SLOT, self.seen.map(|seen| seen.slot))),
        };
        let is_the_whole = self.seen.is_none_or(|seen| seen.upto.is_none());
        let change = match self.change.halved {
            Some(upto) => change.set(UPTO, i64::from(upto)).remove(TTL),
            None if is_the_whole && self.turn.first != First::Nothing => change.set(TTL, forgotten_at(now)),
            None => change,
        };
        let change = if self.moves { change.add(MOVED, 1) } else { change };
        let sums = self.sums.iter().zip(self.change.more).zip(self.change.at_most);
        let change = sums.fold(change, |change, ((sum, more), at_most)| self.with(change, sum, more, at_most));
        self.opened(change, now)
    }

    /// The upper half of another one.
    fn begun(self) -> Change {
        let put = Change::put(self.key, Item::new()).when(When::Absent);
        let put = put.set_some(UPTO, self.change.halved.map(i64::from));
        let put = put.set(SLOT, self.turn.slot).set(SUM_SINCE, self.turn.since);
        let put = put.set(OPEN, self.open).set(OPEN_UNTIL, self.known);
        let newest = place(self.turn.slot);
        self.sums.iter().zip(self.change.more).fold(put, |put, (sum, more)| {
            let slots = sum.place.slots.into_iter().enumerate();
            slots.fold(put.set(sum.place.total, more), |put, (place, name)| {
                put.set(name, if place == newest { more } else { 0 })
            })
        })
    }

    fn with(&self, change: Change, Kept { place: at, track }: &Kept, more: i64, at_most_before: Option<i64>) -> Change {
        let slot = place(self.turn.slot);
        let seen = self.seen.map(track).copied().unwrap_or_default();
        let past = self.turn.past(&seen);
        let all = at.slots.iter().copied().enumerate();
        let (change, moved) = match &self.turn.first {
            First::Begin => {
                let begun =
                    all.fold(change, |change, (place, name)| change.set(name, if place == slot { more } else { 0 }));
                return begun.set(at.total, more);
            }
            First::Nothing => match at.slots.get(slot).filter(|_| more != 0) {
                Some(name) => (change.add(*name, more), more),
                None => (change, 0),
            },
            First::Empty(places) => {
                let emptied = all.filter(|(place, _)| places.contains(place)).fold(change, |change, (place, name)| {
                    let was = seen.slots.get(place).copied().unwrap_or_default();
                    change.set(name, if place == slot { more } else { 0 }).when(is(name, was))
                });
                (emptied, more - past)
            }
        };
        let change = if moved == 0 { change } else { change.add(at.total, moved) };
        match at_most_before {
            Some(most) => change.when(at_most(at.total, most + past)),
            None => change,
        }
    }

    /// What is only reserved. Its time only ever grows: a write that saw less of it is made again.
    fn opened(&self, change: Change, now: i64) -> Change {
        let (open, known) = (self.open, self.known);
        match &self.seen {
            Some(seen)
                if self.turn.first != First::Begin && (self.turn.first == First::Nothing || seen.open_until > now) =>
            {
                if open == 0 {
                    return change;
                }
                let change = change.add(OPEN, open);
                if seen.open_until >= known {
                    change
                } else {
                    change.set(OPEN_UNTIL, known).when(at_most(OPEN_UNTIL, known))
                }
            }
            // What has not come back by now does not come back.
            _ => change.set(OPEN, open).set(OPEN_UNTIL, known),
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

impl Sliced for Window {
    fn read(item: Item) -> Result<Option<Self>, StoreFault> {
        let row: WindowRow = serde_dynamo::from_item(item)?;
        let Some((slot, since)) = row.slot.zip(row.sum_since) else { return Ok(None) };
        Ok(Some(Self {
            slot,
            since,
            loss: Track { total: row.loss, slots: [row.loss_0, row.loss_1, row.loss_2] },
            cost: Track { total: row.gross, slots: [row.gross_0, row.gross_1, row.gross_2] },
            dear: Track { total: row.dear, slots: [row.dear_0, row.dear_1, row.dear_2] },
            open: row.open,
            open_until: row.open_until,
            upto: upto_of(row.upto)?,
            moved: row.moved,
        }))
    }

    fn upto(&self) -> Option<u8> {
        self.upto
    }

    fn moved(&self) -> i64 {
        self.moved
    }
}

/// How far a slice goes.
pub(super) fn upto_of(row: Option<i64>) -> Result<Option<u8>, StoreFault> {
    row.map(|upto| u8::try_from(upto).map_err(|_| StoreFault::Row("slice"))).transpose()
}
