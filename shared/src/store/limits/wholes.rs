//! What each call is counted in with the calls of all others: what all cost and how many run, and
//! what those to its prefix cost. Both are wholes in slices, and what is written for a call stands
//! in the write that claims it.
//!
//! `docs/decisions.md`: Why are the sums of all in slices?

use crate::limits::judge::{self, Wanted};
use crate::limits::slices::{self, Booking, Cut, Wish, part, those_of};
use crate::limits::window::{Bound, SLOTS, Track, Turn, Window};
use crate::limits::{Budget, CLOSING, Limit, Reached, SWEPT, rates};
use crate::store::change::{Change, Step};
use crate::store::cost::Slices;
use crate::store::item::Item;
use crate::store::keys::{self, Key};
use crate::store::{CallCount, Hurdle, Lost, StoreFault};
use crate::types::{CallId, PhoneNumber, Timestamp, Usdc};

use super::slices::{Known, Placed, Stamp};
use super::window::{Kept, OF_A_PREFIX, OF_ALL, Reservation};

/// Both, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Wholes {
    day: Known<Window>,
    prefix: Known<Window>,
    /// How many slices were taken by others when they were to be written.
    tries: u32,
}

/// A call that is to be counted in both.
pub(super) struct Ask<'a> {
    pub(super) call: &'a CallId,
    pub(super) wanted: Wanted<'a>,
    pub(super) budget: &'a Budget,
    /// By when it must be over.
    pub(super) ends_at: Timestamp,
}

/// The places in which a call is counted.
pub(super) struct Places {
    day: Booking<4, SLOTS>,
    prefix: Booking<1, SLOTS>,
}

/// What becomes of a call that is to be counted.
pub(super) enum Placing {
    /// It is counted here.
    In(Places),
    /// These slices have to be read first.
    Read(Vec<(CallCount, u8)>),
    /// These wholes have no room.
    Full(Vec<Reached>),
}

/// The item of a slice.
pub(super) fn key_of(count: CallCount, slice: u8, to: &PhoneNumber) -> Option<Key> {
    match count {
        CallCount::OfAll => Some(keys::cost_of_all(slice)),
        CallCount::PrefixCost => Some(keys::cost_of(rates::prefix(to), slice)),
        CallCount::OfWallet | CallCount::ToDestination => None,
    }
}

/// What is read before a call is counted: the slice of each whole that it is tried in first. A call
/// whose slice of the day is the first one reads the others as well, so that one in so many says
/// how much of the day's budget is used.
pub(super) fn read_first(call: &CallId, budget: &Budget) -> Vec<(CallCount, u8)> {
    let (all, of_a_prefix) = (budget.cut(), budget.cut_of_a_prefix());
    let [of_all, of_prefix] = [all, of_a_prefix].map(|cut| first(call, cut));
    let all_of_it = (0..all.parts).step_by(usize::from(all.parts / all.slices.max(1)));
    let day = if of_all == 0 { all_of_it.collect() } else { vec![of_all] };
    let day = day.into_iter().map(|slice| (CallCount::OfAll, slice));
    std::iter::once((CallCount::PrefixCost, of_prefix)).chain(day).collect()
}

fn first(call: &CallId, cut: Cut) -> u8 {
    those_of(part(seed_of(call), 0, cut), cut).into_iter().next().unwrap_or(0)
}

/// An id is random, so which slices a call is tried in is too.
fn seed_of(call: &CallId) -> u64 {
    call.as_str().bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(131).wrapping_add(byte.into()))
}

impl Ask<'_> {
    fn part(&self, tries: u32, cut: Cut) -> u8 {
        part(seed_of(self.call), tries, cut)
    }

    /// The bounds of what all calls of a day may lose and cost, and of how many run. What only
    /// counts for dear destinations is booked for these alone.
    fn of_day(&self) -> Sums<'_, 4> {
        let (Wanted { cost, .. }, budget) = (self.wanted, self.budget);
        let dear = if self.wanted.is_dear() { cost.signed() } else { 0 };
        let [loss, gross, dear_loss] = [budget.loss, budget.cost, budget.dear()].map(Usdc::signed);
        let lines = i64::try_from(budget.lines()).unwrap_or(i64::MAX);
        Sums {
            kept: OF_ALL,
            limits: [Limit::DailyLoss, Limit::DailyCost, Limit::DearLoss, Limit::AllAtOnce],
            wish: Wish { amount: [cost.signed(), cost.signed(), dear, 1], whole: [loss, gross, dear_loss, lines] },
            budget,
        }
    }

    /// The bound of what the calls to a prefix may lose.
    fn of_prefix(&self) -> Sums<'_, 1> {
        let wish = Wish { amount: [self.wanted.cost.signed()], whole: [self.budget.prefix.signed()] };
        Sums { kept: OF_A_PREFIX, limits: [Limit::PrefixCost], wish, budget: self.budget }
    }
}

/// The parts of what is kept of a whole, and what is asked of each.
struct Sums<'a, const N: usize> {
    kept: [Kept; N],
    limits: [Limit; N],
    wish: Wish<N>,
    budget: &'a Budget,
}

impl<const N: usize> Sums<'_, N> {
    fn place(&self, known: &Known<Window>, part: u8, cut: Cut, now: i64) -> Placed<N, SLOTS> {
        let used = |seen: &Window| self.kept.map(|kept| kept.used(seen, now));
        known.place(part, cut, &self.wish, used, || self.have_room(Window::whole(known.seen(), now).as_ref(), now))
    }

    /// Whether the whole has room. What is dearer than all that it allows needs as much as that: it
    /// is placed where nothing is lost.
    fn have_room(&self, whole: Option<&Window>, now: i64) -> Result<(), Reached> {
        let turn = Turn::of(whole, now);
        let asked = self.kept.iter().zip(self.limits).zip(self.wish.amount).zip(self.wish.whole);
        let asked = asked.filter(|(((_, _), amount), _)| *amount != 0);
        let full = asked.filter_map(|(((kept, limit), amount), most)| match kept {
            Kept::Sum(_, track, open) => {
                let bound = Bound { limit, open: whole.map_or(0, open), needs: amount.min(most), most };
                turn.fits(whole, *track, &bound, now).err()
            }
            Kept::Running => {
                let running = whole.map_or(0, |seen| seen.running).max(0);
                judge::lines(running.cast_unsigned(), self.budget).err()
            }
        });
        full.max_by_key(|reached| reached.retry_after).map_or(Ok(()), Err)
    }
}

impl Wholes {
    /// Learns what a slice holds.
    pub(super) fn learn(&mut self, count: CallCount, slice: u8, item: Option<Item>) -> Result<(), StoreFault> {
        match count {
            CallCount::OfAll => self.day.learn(slice, item),
            CallCount::PrefixCost => self.prefix.learn(slice, item),
            CallCount::OfWallet | CallCount::ToDestination => Ok(()),
        }
    }

    /// Learns what a claim has found that was lost to one of them. Where another one was in the
    /// way, other slices are tried.
    pub(super) fn learn_from(&mut self, count: CallCount, lost: Lost) -> Result<(), StoreFault> {
        if lost.busy {
            self.tries += 1;
            return Ok(());
        }
        match count {
            CallCount::OfAll => self.day.learn_from(lost.old),
            CallCount::PrefixCost => self.prefix.learn_from(lost.old),
            CallCount::OfWallet | CallCount::ToDestination => Ok(()),
        }
    }

    /// The slices of which a limit was found to be reached, if there are several. They are not read
    /// at one instant, so what one has passed on to another meanwhile may have been seen in both:
    /// reached is what is so twice, without anything passed on in between.
    pub(super) fn stamps(&self, limit: Limit) -> Vec<(CallCount, Stamp)> {
        let (count, stamps) = match limit {
            Limit::AllAtOnce | Limit::DailyLoss | Limit::DailyCost | Limit::DearLoss => {
                (CallCount::OfAll, self.day.stamps())
            }
            Limit::PrefixCost => (CallCount::PrefixCost, self.prefix.stamps()),
            Limit::CallsPerHour
            | Limit::CallsPerDay
            | Limit::CallsAtOnce
            | Limit::RefusedCalls
            | Limit::SamePerHour
            | Limit::SamePerDay
            | Limit::DestinationPerDay
            | Limit::Broken
            | Limit::WalletCost
            | Limit::NewWallet
            | Limit::NumbersPerDay
            | Limit::NumbersCost
            | Limit::UnpaidCall
            | Limit::UnpaidNumber
            | Limit::UnpaidRing
            | Limit::Renewal
            | Limit::InDoubt
            | Limit::CreditSpent
            | Limit::Owners
            | Limit::Looks
            | Limit::Unproven
            | Limit::Crowd => return Vec::new(),
        };
        let several = stamps.len() > 1;
        stamps.into_iter().filter(|_| several).map(|stamp| (count, stamp)).collect()
    }

    /// Now, or when the newest half-day began that was seen: another process may have begun it
    /// whose clock is ahead, and what passes from slice to slice stays in its half-day.
    pub(super) fn not_before_seen(&self, now: i64) -> i64 {
        self.day.seen().chain(self.prefix.seen()).map(|seen| seen.since).fold(now, i64::max)
    }

    /// Finds places for a call.
    pub(super) fn place(&self, ask: &Ask<'_>, now: i64) -> Placing {
        let (all, of_a_prefix) = (ask.budget.cut(), ask.budget.cut_of_a_prefix());
        let (of_all, of_prefix) = (ask.part(self.tries, all), ask.part(self.tries, of_a_prefix));
        let day = ask.of_day().place(&self.day, of_all, all, now);
        let prefix = ask.of_prefix().place(&self.prefix, of_prefix, of_a_prefix, now);
        let (mut read, mut full) = (Vec::new(), Vec::new());
        let day = placed(day, CallCount::OfAll, &mut read, &mut full);
        let prefix = placed(prefix, CallCount::PrefixCost, &mut read, &mut full);
        match (day, prefix) {
            (Some(day), Some(prefix)) => Placing::In(Places { day, prefix }),
            _ if read.is_empty() => Placing::Full(full),
            _ => Placing::Read(read),
        }
    }

    /// What is left to be read for a call that says how much of a day's budget is used: there were
    /// more slices once.
    pub(super) fn unread(&self, call: &CallId, budget: &Budget) -> Vec<(CallCount, u8)> {
        let cut = budget.cut();
        if first(call, cut) != 0 || self.is_all_of_the_day(cut) {
            return Vec::new();
        }
        (0..cut.parts).filter(|slice| !self.day.has(*slice)).map(|slice| (CallCount::OfAll, slice)).collect()
    }

    /// How much of what a day may lose or cost is used, in hundredths: the one of which more is.
    /// Nothing, where not all of it is known.
    pub(super) fn used_up(&self, budget: &Budget, now: i64) -> Option<u64> {
        let day = Window::whole(self.day.seen(), now).unwrap_or_default();
        let used = |track: &Track, most: Usdc| {
            let used = u64::try_from(track.total).unwrap_or(0);
            used.saturating_mul(100).checked_div(most.atomic()).unwrap_or(100)
        };
        let used = used(&day.loss, budget.loss).max(used(&day.cost, budget.cost));
        self.is_all_of_the_day(budget.cut()).then_some(used)
    }

    fn is_all_of_the_day(&self, cut: Cut) -> bool {
        slices::are_all(&self.day.slices(cut, |_| [[0; 1]; 1]), cut)
    }

    /// The slices of these places, and the half-days of the prefix and of all in which it is
    /// booked.
    pub(super) fn booked(&self, places: &Places, now: i64) -> (Slices, i64, i64) {
        let Places { day, prefix } = places;
        let slices = Slices { day: day.at, prefix: prefix.at };
        (slices, turn_of(&self.prefix, prefix, prefix.at, now).slot, turn_of(&self.day, day, day.at, now).slot)
    }

    /// What is written for a call in these places.
    pub(super) fn written(&self, places: &Places, ask: &Ask<'_>, now: i64) -> Vec<Step> {
        let [all, of_a_prefix] = [ask.budget.cut(), ask.budget.cut_of_a_prefix()].map(|cut| cut.slices > 1);
        let or = |change: Change, count: CallCount, others: bool| {
            let hurdle = Hurdle::Calls(count);
            if others { change.or_elsewhere(hurdle) } else { change.or(hurdle) }
        };
        let prefix = |slice| keys::cost_of(rates::prefix(ask.wanted.to), slice);
        let prefix = reserved(&self.prefix, &places.prefix, OF_A_PREFIX, prefix, ask, now);
        let day = reserved(&self.day, &places.day, OF_ALL, keys::cost_of_all, ask, now);
        let prefix = prefix.into_iter().map(|change| or(change, CallCount::PrefixCost, of_a_prefix));
        let day = day.into_iter().map(|change| or(change, CallCount::OfAll, all));
        prefix.chain(day).collect()
    }
}

fn placed<const N: usize, const H: usize>(
    placed: Placed<N, H>,
    count: CallCount,
    read: &mut Vec<(CallCount, u8)>,
    full: &mut Vec<Reached>,
) -> Option<Booking<N, H>> {
    match placed {
        Placed::Booked(booking) => return Some(booking),
        Placed::Read(slices) => read.extend(slices.into_iter().map(|slice| (count, slice))),
        Placed::Full(reached) => full.push(reached),
    }
    None
}

/// The slice that this one is a half of from now on, if it begins with this booking.
fn whole_of<const N: usize>(booking: &Booking<N, SLOTS>, at: u8) -> u8 {
    let begins = booking.changes.iter().any(|change| change.at == at && change.upto.is_none());
    let halved = booking.changes.iter().find(|change| change.upto.is_some() && change.halved == Some(at));
    halved.filter(|_| begins).map_or(at, |change| change.at)
}

/// The half-day of a slice in which something is booked.
fn turn_of<const N: usize>(known: &Known<Window>, booking: &Booking<N, SLOTS>, at: u8, now: i64) -> Turn {
    Turn::of(known.get(whole_of(booking, at)), now)
}

/// The slices of a window with a call in them.
fn reserved<const N: usize>(
    known: &Known<Window>,
    booking: &Booking<N, SLOTS>,
    sums: [Kept; N],
    key: impl Fn(u8) -> Key,
    ask: &Ask<'_>,
    now: i64,
) -> Vec<Change> {
    let closed = ask.ends_at.as_second() + (SWEPT + CLOSING).as_secs().cast_signed();
    // A prefix has no sum of its own for them.
    let is_dear = ask.wanted.is_dear() && N == OF_ALL.len();
    let slice = |change: &slices::Change<N, SLOTS>| Reservation {
        key: key(change.at),
        seen: known.get(change.at),
        turn: turn_of(known, booking, change.at, now),
        sums,
        change: *change,
        moves: booking.changes.len() > 1,
        open: if change.at == booking.at { ask.wanted.cost.signed() } else { 0 },
        open_dear: if change.at == booking.at && is_dear { ask.wanted.cost.signed() } else { 0 },
        known: closed,
    };
    booking.changes.iter().map(|change| slice(change).booked(now)).collect()
}
