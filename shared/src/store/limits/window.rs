//! What calls have lost, and numbers cost, in a window that moves: one more cost in it, and what is
//! corrected of one; of all calls also how many run. All that an item keeps moves together, in one
//! write, and each part holds only while it is within its bound. A slice of a whole is one such
//! item.
//!
//! - `docs/decisions.md`: Why do limits count what is lost?
//! - `docs/decisions.md`: Why are the sums of all in slices?

use crate::limits::slices;
use crate::limits::window::{First, SLOTS, Track, Turn, Window, last_window_of, place};
use crate::store::StoreFault;
use crate::store::change::{Change, When, as_seen, at_least, at_most, is};
use crate::store::item::Item;
use crate::store::keys::Key;
use crate::store::rows::{
    DEAR, DEAR_0, DEAR_1, DEAR_2, GROSS, GROSS_0, GROSS_1, GROSS_2, LOSS, LOSS_0, LOSS_1, LOSS_2, MOVED, Name, OPEN,
    OPEN_DEAR, OPEN_UNTIL, RUNNING, SLOT, SUM_SINCE, TTL, UPTO, WindowRow,
};

use super::list::forgotten_at;
use super::slices::Sliced;

/// The places of a sum: all of it, and each half-day.
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

/// What is kept in an item.
#[derive(Clone, Copy)]
pub(super) enum Kept {
    /// A sum, by the half-day: as it was read, and how much of it is only reserved.
    Sum(Place, fn(&Window) -> &Track, fn(&Window) -> i64),
    /// How many calls run. They do not leave with time.
    Running,
}

/// The sum of a prefix.
pub(super) const OF_A_PREFIX: [Kept; 1] = [Kept::Sum(LOST, |seen| &seen.loss, |seen| seen.open)];
/// The sum of what numbers cost.
pub(super) const OF_NUMBERS: [Kept; 1] = [Kept::Sum(COST, |seen| &seen.cost, |seen| seen.open)];
/// What is counted of all calls.
pub(super) const OF_ALL: [Kept; 4] = [
    Kept::Sum(LOST, |seen| &seen.loss, |seen| seen.open),
    Kept::Sum(COST, |seen| &seen.cost, |seen| seen.open),
    Kept::Sum(LOST_ON_DEAR, |seen| &seen.dear, |seen| seen.open_dear),
    Kept::Running,
];

impl Kept {
    /// How much of it is used, by the half-day: what does not leave is as new as can be.
    pub(super) fn used(&self, seen: &Window, now: i64) -> [i64; SLOTS] {
        match self {
            Self::Sum(_, track, _) => Turn::of(Some(seen), now).newest_first(track(seen)),
            Self::Running => [seen.running, 0, 0],
        }
    }
}

/// A slice in which something changes because a cost is booked, in it or in another one.
pub(super) struct Reservation<'a, const N: usize> {
    pub(super) key: Key,
    /// As it was read; of one that begins, nothing.
    pub(super) seen: Option<&'a Window>,
    pub(super) turn: Turn,
    pub(super) sums: [Kept; N],
    /// What changes,
    pub(super) change: slices::Change<N, SLOTS>,
    /// and whether others change with it.
    pub(super) moves: bool,
    /// How much of it is only reserved,
    pub(super) open: i64,
    /// how much of that for a dear destination,
    pub(super) open_dear: i64,
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
        let leaves = |kept: &Kept| matches!(kept, Kept::Sum(..));
        let is_the_whole = self.seen.is_none_or(|seen| seen.upto.is_none()) && self.sums.iter().all(leaves);
        let change = match self.change.halved {
            Some(upto) => change.set(UPTO, i64::from(upto)).remove(TTL),
            None if is_the_whole && self.turn.first != First::Nothing => change.set(TTL, forgotten_at(now)),
            None => change,
        };
        let change = if self.moves { change.add(MOVED, 1) } else { change };
        let sums = self.sums.iter().zip(self.change.more).zip(self.change.at_most);
        let change = sums.fold(change, |change, ((kept, more), at_most)| match kept {
            Kept::Sum(place, track, _) => self.with(change, *place, *track, more, at_most),
            Kept::Running => self.running(change, more, at_most),
        });
        self.opened(change, now)
    }

    /// The upper half of another one.
    fn begun(&self) -> Change {
        let put = Change::put(self.key.clone(), Item::new()).when(When::Absent);
        let put = put.set_some(UPTO, self.change.halved.map(i64::from));
        let put = put.set(SLOT, self.turn.slot).set(SUM_SINCE, self.turn.since);
        let put = put.set(OPEN, self.open).set(OPEN_DEAR, self.open_dear).set(OPEN_UNTIL, self.known);
        self.sums.iter().zip(self.change.more).fold(put, |put, (kept, more)| {
            let all = more.iter().sum::<i64>();
            let Kept::Sum(place, ..) = kept else { return put.set(RUNNING, all) };
            let slots = self.names(*place).into_iter().zip(more);
            slots.fold(put.set(place.total, all), |put, (name, more)| put.set(name, more))
        })
    }

    /// Calls that run, whatever has left.
    fn running(&self, change: Change, more: [i64; SLOTS], most: Option<[i64; SLOTS]>) -> Change {
        let more = more.iter().sum::<i64>();
        if self.seen.is_none() {
            return change.set(RUNNING, more);
        }
        let change = added(change, RUNNING, more);
        most.into_iter().fold(change, |change, [most, ..]| change.when(at_most(RUNNING, most)))
    }

    /// The names of the half-days, the newest first.
    fn names(&self, at: Place) -> [Name; SLOTS] {
        let [first, second, third] = at.slots;
        self.turn.places().map(|place| [first, second, third].into_iter().nth(place).unwrap_or(first))
    }

    fn with(
        &self,
        change: Change,
        at: Place,
        track: fn(&Window) -> &Track,
        more: [i64; SLOTS],
        at_most: Option<[i64; SLOTS]>,
    ) -> Change {
        let seen = self.seen.map(track).copied().unwrap_or_default();
        let (names, places, all) = (self.names(at), self.turn.places(), more.iter().sum::<i64>());
        let each = names.into_iter().zip(places).zip(more);
        let (change, moved) = match &self.turn.first {
            First::Begin => {
                return each.fold(change.set(at.total, all), |change, ((name, _), more)| change.set(name, more));
            }
            First::Nothing => (each.fold(change, |change, ((name, _), more)| added(change, name, more)), all),
            First::Empty(past) => {
                let emptied = each.fold(change, |change, ((name, place), more)| {
                    if !past.contains(&place) {
                        return added(change, name, more);
                    }
                    let was = seen.slots.get(place).copied().unwrap_or_default();
                    change.set(name, more).when(is(name, was))
                });
                (emptied, all - self.turn.past(&seen))
            }
        };
        let change = added(change, at.total, moved);
        match at_most {
            Some(at_most) => self.held(change, at, &seen, at_most),
            None => change,
        }
    }

    /// How much a sum may hold before it changes, of the newest half-day, back to the one before,
    /// and in all. A condition cannot add: what is back to the one before is all but the oldest,
    /// which is held to be no less than it was. A half-day that is emptied is held as it was seen.
    fn held(&self, change: Change, at: Place, seen: &Track, [newest, newer, all]: [i64; SLOTS]) -> Change {
        let [first, _, last] = self.names(at);
        let [_, _, oldest] = self.turn.newest_first(seen);
        let change = if self.turn.first == First::Nothing { change.when(at_most(first, newest)) } else { change };
        let most = all.min(newer + oldest) + self.turn.past(seen);
        change.when(at_least(last, oldest)).when(at_most(at.total, most))
    }

    /// What is only reserved. Its time only ever grows: a write that saw less of it is made again.
    fn opened(&self, change: Change, now: i64) -> Change {
        let (open, dear, known) = (self.open, self.open_dear, self.known);
        let has_others = |seen: &&Window| {
            self.turn.first != First::Begin && (self.turn.first == First::Nothing || seen.open_until > now)
        };
        let Some(seen) = self.seen.filter(has_others) else {
            // What has not come back by now does not come back.
            return change.set(OPEN, open).set(OPEN_DEAR, dear).set(OPEN_UNTIL, known);
        };
        if open == 0 {
            return change;
        }
        let change = change.add(OPEN, open);
        let change = if dear == 0 { change } else { change.add(OPEN_DEAR, dear) };
        if seen.open_until >= known { change } else { change.set(OPEN_UNTIL, known).when(at_most(OPEN_UNTIL, known)) }
    }
}

fn added(change: Change, name: Name, more: i64) -> Change {
    if more == 0 { change } else { change.add(name, more) }
}

/// What is added to the sums of an item, in the half-day in which it was booked, and taken off what
/// is only reserved, of all calls and of the dear ones. Where that half-day is past, nothing of it
/// counts any more.
pub(super) fn corrected(change: Change, slot: i64, amounts: &[(Place, i64)], reserved: [i64; 2]) -> Change {
    let some = amounts.iter().filter(|(_, amount)| *amount != 0);
    let change = some.fold(change, |change, (at, amount)| {
        let [first, second, third] = at.slots;
        let name = [first, second, third].into_iter().nth(place(slot)).unwrap_or(first);
        change.add(at.total, *amount).add(name, *amount)
    });
    let reserved = [OPEN, OPEN_DEAR].into_iter().zip(reserved).filter(|(_, reserved)| *reserved != 0);
    let change = reserved.fold(change, |change, (name, reserved)| change.add(name, -reserved));
    change.when(at_least(SLOT, slot)).when(at_most(SLOT, last_window_of(slot)))
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
            open_dear: row.open_dear,
            open_until: row.open_until,
            running: row.running,
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
