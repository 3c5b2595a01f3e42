//! A sum over a window that moves: the half-day that runs and the two before it. So it covers any
//! twenty-four hours, and there is no edge at which a bound begins anew: what was counted leaves 24
//! to 36 hours later, half a day at a time. Pure.
//!
//! A half-day is named by a number that grows, and each sum has three places for them, one after
//! the other. What was counted in a half-day is taken off its own place, as long as that is not
//! another half-day's.
//!
//! `docs/decisions.md`: Why does a window move by half-days?

use std::time::Duration;

use super::{Limit, ROUND, Reached};

/// So long a part of the window is.
pub const SLOT: Duration = Duration::from_hours(12);
/// So many parts a window has.
pub const SLOTS: usize = 3;
/// The same, among numbers of parts.
const PARTS: i64 = 3;

/// One sum: of the whole window, and of each part. Micro-dollars, below zero where more was earned
/// than lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Track {
    /// Of all parts.
    pub total: i64,
    /// Of each.
    pub slots: [i64; SLOTS],
}

/// Sums over one window, as they were read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Window {
    /// The number of the newest part.
    pub slot: i64,
    /// When it began.
    pub since: i64,
    /// What was lost.
    pub loss: Track,
    /// What it has cost, whatever was paid.
    pub cost: Track,
    /// What was lost on dear destinations.
    pub dear: Track,
    /// How much is only reserved, for calls whose cost is not known yet.
    pub open: i64,
    /// How much of that is for dear destinations.
    pub open_dear: i64,
    /// By when it is known of all of them.
    pub open_until: i64,
    /// How many calls run that are counted in it: they do not leave it with time.
    pub running: i64,
    /// How far this slice of a whole goes, where there are others.
    pub upto: Option<u8>,
    /// How often something was passed on to others or by them.
    pub moved: i64,
}

impl Window {
    /// All slices of a window as one, as it is now; nothing, if nothing was counted in any. All
    /// have the same half-days: each began as a half of another one.
    pub fn whole<'a>(slices: impl Iterator<Item = &'a Self>, now: i64) -> Option<Self> {
        slices.map(|slice| slice.now(now)).reduce(|whole, slice| Self {
            loss: whole.loss.and(slice.loss),
            cost: whole.cost.and(slice.cost),
            dear: whole.dear.and(slice.dear),
            open: whole.open + slice.open,
            open_dear: whole.open_dear + slice.open_dear,
            open_until: whole.open_until.max(slice.open_until),
            running: whole.running + slice.running,
            ..whole
        })
    }

    /// Without what is past.
    fn now(&self, now: i64) -> Self {
        let turn = Turn::of(Some(self), now);
        let [loss, cost, dear] = [&self.loss, &self.cost, &self.dear].map(|track| turn.now(track));
        Self { slot: turn.slot, since: turn.since, loss, cost, dear, ..*self }
    }
}

impl Track {
    fn and(self, other: Self) -> Self {
        let mut slots = self.slots;
        slots.iter_mut().zip(other.slots).for_each(|(sum, more)| *sum += more);
        Self { total: self.total + other.total, slots }
    }
}

/// The part of a window into which something is booked now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Its number.
    pub slot: i64,
    /// When it began.
    pub since: i64,
    /// What has to be done first.
    pub first: First,
}

/// The step that a window needs before something is booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum First {
    /// Nothing.
    Nothing,
    /// These places are emptied: what is in them is past.
    Empty(Vec<usize>),
    /// All of it is past, or there is none yet.
    Begin,
}

/// An amount that is to be booked in one sum, and how far that may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// Of what.
    pub limit: Limit,
    /// How much of the sum is only reserved. Not all that is reserved in an item is part of each of
    /// its sums.
    pub open: i64,
    /// How much room it needs.
    pub needs: i64,
    /// How much there may be.
    pub most: i64,
}

/// The place of a part.
pub fn place(slot: i64) -> usize {
    usize::try_from(slot.rem_euclid(PARTS)).unwrap_or(0)
}

/// The newest part of a window in which what was booked in this part still counts.
pub const fn last_window_of(slot: i64) -> i64 {
    slot + PARTS - 1
}

impl Turn {
    /// Where something is booked now.
    pub fn of(seen: Option<&Window>, now: i64) -> Self {
        let long = SLOT.as_secs().cast_signed();
        let Some(seen) = seen else {
            let slot = now.div_euclid(long);
            return Self { slot, since: slot * long, first: First::Begin };
        };
        let passed = (now - seen.since).div_euclid(long).max(0);
        let (slot, since) = (seen.slot + passed, seen.since + passed * long);
        let first = match passed {
            0 => First::Nothing,
            1 | 2 => First::Empty((1..=passed).map(|each| place(seen.slot + each)).collect()),
            _ => First::Begin,
        };
        Self { slot, since, first }
    }

    /// What is past of a sum.
    pub fn past(&self, track: &Track) -> i64 {
        match &self.first {
            First::Nothing => 0,
            First::Empty(places) => places.iter().filter_map(|place| track.slots.get(*place)).sum(),
            First::Begin => track.total,
        }
    }

    /// What of a sum is not past.
    pub fn now(&self, track: &Track) -> Track {
        let is_past = |place: usize| match &self.first {
            First::Nothing => false,
            First::Empty(places) => places.contains(&place),
            First::Begin => true,
        };
        let mut slots = track.slots;
        slots.iter_mut().enumerate().filter(|(place, _)| is_past(*place)).for_each(|(_, slot)| *slot = 0);
        Track { total: track.total - self.past(track), slots }
    }

    /// The same by the half-day, the newest first.
    pub fn newest_first(&self, track: &Track) -> [i64; SLOTS] {
        let slots = self.now(track).slots;
        self.places().map(|place| slots.get(place).copied().unwrap_or_default())
    }

    /// The places of the half-days, the newest first.
    pub fn places(&self) -> [usize; SLOTS] {
        [self.slot, self.slot - 1, self.slot - 2].map(place)
    }

    /// Whether there is room in a sum of this window; if not, when there is the next time, should
    /// nothing else happen: because something has left the window, or because what is only reserved
    /// turns out to be nothing.
    pub fn fits(
        &self,
        seen: Option<&Window>,
        track: fn(&Window) -> &Track,
        bound: &Bound,
        now: i64,
    ) -> Result<(), Reached> {
        let track = seen.map(track).copied().unwrap_or_default();
        let mut left = track.total - self.past(&track);
        if left + bound.needs <= bound.most {
            return Ok(());
        }
        let open = bound.open.max(0);
        let known = seen.map_or(now, |seen| seen.open_until).max(now + ROUND.as_secs().cast_signed());
        let long = SLOT.as_secs().cast_signed();
        let is_past = |place: usize| match &self.first {
            First::Nothing => false,
            First::Empty(places) => places.contains(&place),
            First::Begin => true,
        };
        let mut instants = Vec::new();
        for parts in 0..=PARTS {
            if parts > 0 {
                let leaves = place(self.slot + parts);
                left -= if is_past(leaves) { 0 } else { track.slots.get(leaves).copied().unwrap_or_default() };
            }
            let at = if parts == 0 { now } else { self.since + parts * long };
            if left + bound.needs <= bound.most {
                instants.push(at);
            } else if left - open + bound.needs <= bound.most {
                instants.push(known.max(at));
            }
        }
        let all_gone = self.since + PARTS * long;
        let at = instants.into_iter().min().unwrap_or(all_gone).min(all_gone);
        Err(Reached { limit: bound.limit, retry_after: at.saturating_sub(now).max(1).cast_unsigned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: i64 = 43_200;
    const NOW: i64 = 1_800_000_000 / HALF * HALF + 100;

    /// A window whose parts hold this much, the newest first, and began this long ago.
    fn window(newest_first: [i64; SLOTS], ago: i64, open: i64, open_until: i64) -> Window {
        let mut loss = Track { total: newest_first.iter().sum(), slots: [0; SLOTS] };
        for (back, amount) in (0..).zip(newest_first) {
            loss.slots[place(1_000 - back)] = amount;
        }
        Window { slot: 1_000, since: NOW - ago, loss, open, open_until: NOW + open_until, ..Window::default() }
    }

    fn wait(window: Option<Window>, needs: i64) -> Option<u64> {
        let open = window.map_or(0, |seen| seen.open);
        let bound = Bound { limit: Limit::PrefixCost, open, needs, most: 100 };
        let turn = Turn::of(window.as_ref(), NOW);
        turn.fits(window.as_ref(), |window| &window.loss, &bound, NOW).err().map(|reached| reached.retry_after)
    }

    #[test]
    fn a_window_begins_with_the_half_day_of_the_clock_and_goes_on_from_there() {
        let turn = Turn::of(None, NOW);
        assert_eq!((turn.slot, turn.since, turn.first), (NOW / HALF, NOW - 100, First::Begin));
        for (ago, slot, first) in [
            (0, 1_000, First::Nothing),
            (HALF - 1, 1_000, First::Nothing),
            (-5, 1_000, First::Nothing),
            (HALF, 1_001, First::Empty(vec![place(1_001)])),
            (2 * HALF, 1_002, First::Empty(vec![place(1_001), place(1_002)])),
            (3 * HALF, 1_003, First::Begin),
        ] {
            let turn = Turn::of(Some(&window([1, 2, 3], ago, 0, 0)), NOW);
            assert_eq!((turn.slot, turn.first), (slot, first), "{ago}");
            assert!(ago < HALF || (0..HALF).contains(&(NOW - turn.since)), "{ago}");
        }
    }

    #[test]
    fn what_is_past_makes_room_and_nothing_else_does() {
        let at = |ago: i64, needs: i64| wait(Some(window([40, 30, 30], ago, 0, 0)), needs).is_none();
        assert_eq!((at(0, 0), at(0, 1)), (true, false));
        assert_eq!((at(HALF, 30), at(HALF, 31)), (true, false), "the oldest has left");
        assert_eq!((at(2 * HALF, 60), at(2 * HALF, 61)), (true, false));
        assert_eq!((at(3 * HALF, 100), at(3 * HALF, 101)), (true, false));
        assert_eq!(wait(None, 100), None);
    }

    #[test]
    fn in_no_twenty_four_hours_a_bound_is_used_twice() {
        // As much as fits, each hour for ten days.
        let mut booked: Vec<(i64, i64)> = Vec::new();
        let mut seen: Option<Window> = None;
        for hour in 0..240 {
            let now = NOW + hour * 3_600;
            let turn = Turn::of(seen.as_ref(), now);
            let track = seen.map(|seen| seen.loss).unwrap_or_default();
            let left = track.total - turn.past(&track);
            let amount = (100 - left).min(if hour % 7 == 0 { 60 } else { 9 });
            let mut next = track;
            match &turn.first {
                First::Nothing => {}
                First::Empty(places) => places.iter().for_each(|place| next.slots[*place] = 0),
                First::Begin => next.slots = [0; SLOTS],
            }
            next.slots[place(turn.slot)] += amount;
            next.total = left + amount;
            assert_eq!(next.total, next.slots.iter().sum::<i64>());
            seen = Some(Window { slot: turn.slot, since: turn.since, loss: next, ..Window::default() });
            booked.push((now, amount));
            let day: i64 = booked.iter().filter(|(at, _)| *at > now - 86_400).map(|(_, amount)| amount).sum();
            assert!(day <= 100, "{day}");
        }
        assert!(booked.iter().map(|(_, amount)| amount).sum::<i64>() > 600, "and it is used again and again");
    }

    #[test]
    fn it_is_said_when_the_first_part_leaves_that_makes_room() {
        let left_in = |parts: i64| Some(u64::try_from(parts * HALF - 100).unwrap());
        let at = |newest_first, needs| wait(Some(window(newest_first, 100, 0, 0)), needs);
        assert_eq!(at([40, 30, 30], 30), left_in(1));
        assert_eq!(at([40, 30, 30], 31), left_in(2));
        assert_eq!(at([40, 30, 30], 61), left_in(3));
        assert_eq!(at([40, 30, 30], 200), left_in(3), "what is dearer than all of it");
        assert_eq!(at([150, -50, 0], 1), left_in(3), "what was earned leaves as well");
        assert_eq!((at([-50, 150, 50], 0), at([-50, 150, 50], 10)), (left_in(1), left_in(2)));
    }

    #[test]
    fn what_is_only_reserved_is_not_announced_for_tomorrow() {
        let at = |ago, open, open_until| wait(Some(window([100, 0, 0], ago, open, open_until)), 10);
        assert_eq!(at(100, 10, 400), Some(400));
        assert_eq!(at(100, 9, 400), Some(129_500), "too little of it is open");
        assert_eq!(at(100, 10, -5), Some(60), "it is overdue");
        assert_eq!(wait(Some(window([10, 0, 90], HALF - 50, 90, 400)), 10), Some(50), "it leaves before");
    }

    /// What other sums of the item have reserved does not come back in this one.
    #[test]
    fn what_is_reserved_for_others_makes_no_room() {
        let seen = window([100, 0, 0], 100, 50, 400);
        let turn = Turn::of(Some(&seen), NOW);
        let wait = |open| {
            let bound = Bound { limit: Limit::DearLoss, open, needs: 10, most: 100 };
            turn.fits(Some(&seen), |seen| &seen.loss, &bound, NOW).map_err(|reached| reached.retry_after)
        };
        assert_eq!((wait(50), wait(0)), (Err(400), Err(129_500)));
    }

    #[test]
    fn what_was_earned_may_be_lost() {
        assert_eq!(wait(Some(window([0, -500, 0], 0, 0, 0)), 600), None);
        assert!(wait(Some(window([0, -500, 0], 0, 0, 0)), 601).is_some());
    }
}
