//! What calls are counted in, in slices: four calls at once, of versions that want one slice and
//! two, of which each decides on slices as it has read them and writes under conditions. Ends come
//! at any time.
//!
//! A whole of three units in two parts is the smallest in which a half may hold another amount than
//! the other, a call can be larger than what a slice may hold, and room has to be brought together.

use crate::check::{Model, Steps, Verdict, holds};
use crate::{Mistake, Rules};

/// How much all slices hold together.
const WHOLE: i8 = 3;
const CALLS: usize = 4;
/// How much each call is counted as, in which part it is tried, and whether it is of a version that
/// wants two slices.
const WANTED: [(i8, usize, bool); CALLS] = [(1, 0, true), (1, 1, true), (2, 0, false), (1, 1, true)];
/// No condition.
const ANY: i8 = i8::MAX;

/// A slice, named by the first of its parts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Slice {
    upto: usize,
    used: i8,
}

/// What is written to one slice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Change {
    /// How far it went when it was read; nothing, if it begins.
    upto: Option<usize>,
    to: usize,
    more: i8,
    at_most: i8,
}

/// What was decided on what was read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Booking {
    at: usize,
    changes: [Option<Change>; 2],
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Stage {
    Comes,
    Decided(Booking),
    Runs(usize),
    Over,
    Refused,
}

/// Everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sliced {
    slices: [Option<Slice>; 2],
    calls: [Stage; CALLS],
    /// A call was refused while there was room.
    wronged: bool,
}

/// How much a stretch of the parts may hold.
const fn bound(at: usize, upto: usize) -> i8 {
    match (at, upto) {
        (0, 2) => WHOLE,
        (0, 1) => WHOLE / 2,
        _ => WHOLE - WHOLE / 2,
    }
}

fn room(at: usize, slice: Option<Slice>) -> i8 {
    slice.map_or(0, |slice| bound(at, slice.upto) - slice.used)
}

impl Sliced {
    fn used(&self) -> i8 {
        self.slices.iter().flatten().map(|slice| slice.used).sum()
    }

    fn with(&self, call: usize, stage: Stage) -> Self {
        let mut to = self.clone();
        to.calls[call] = stage;
        to
    }

    fn decide(&self, call: usize, rules: Rules) -> Option<Booking> {
        let (amount, part, two) = WANTED[call];
        let mut after = self.slices;
        let mut own = if after[part].is_some() { part } else { 0 };
        if let Some(whole) = after[0].filter(|first| two && first.upto == 2) {
            let half = (whole.used / 2).max(whole.used - bound(0, 1)).min(bound(1, 2));
            after = [Some(Slice { upto: 1, used: whole.used - half }), Some(Slice { upto: 2, used: half })];
            own = part;
        }
        if room(own, after[own]) < amount {
            if rules.made(Mistake::FullBySlice) || self.used() + amount > WHOLE {
                return None;
            }
            let other = 1 - own;
            if room(other, after[other]) >= amount {
                own = other;
            } else {
                let moved = amount - room(own, after[own]);
                for (at, more) in [(own, -moved), (other, moved)] {
                    after[at].as_mut()?.used += more;
                }
            }
        }
        after[own].as_mut()?.used += amount;
        let changes = [0, 1].map(|at| self.change(at, after[at], at == own, rules));
        Some(Booking { at: own, changes })
    }

    fn change(&self, at: usize, after: Option<Slice>, books: bool, rules: Rules) -> Option<Change> {
        let (before, after) = (self.slices[at], after?);
        if !books && before == Some(after) {
            return None;
        }
        let more = after.used - before.map_or(0, |slice| slice.used);
        let halved = before.is_none_or(|slice| slice.upto != after.upto);
        let unseen = rules.made(if books { Mistake::CountedUnseen } else { Mistake::MovedUnseen });
        let at_most =
            if unseen || !(books || halved || more > 0) { ANY } else { bound(at, after.upto).max(after.used) - more };
        Some(Change { upto: before.map(|slice| slice.upto), to: after.upto, more, at_most })
    }

    /// The slices after a booking, if its conditions hold.
    fn written(&self, booking: &Booking, rules: Rules) -> Option<[Option<Slice>; 2]> {
        let mut after = self.slices;
        for (at, change) in booking.changes.iter().enumerate() {
            let Some(change) = change else { continue };
            let now = self.slices[at];
            let as_seen = now.map(|slice| slice.upto) == change.upto || rules.made(Mistake::HalvedTwice);
            if !as_seen || now.is_some_and(|slice| slice.used > change.at_most) {
                return None;
            }
            // What begins is written as a whole.
            let used = if change.upto.is_none() { 0 } else { now.map_or(0, |slice| slice.used) };
            after[at] = Some(Slice { upto: change.to, used: used + change.more });
        }
        Some(after)
    }
}

/// The model.
pub struct Slicing(pub Rules);

impl Model for Slicing {
    type State = Sliced;

    fn start(&self) -> Vec<Sliced> {
        let slices = [Some(Slice { upto: 2, used: 0 }), None];
        vec![Sliced { slices, calls: [Stage::Comes; CALLS], wronged: false }]
    }

    fn next(&self, state: &Sliced, steps: &mut Steps<Sliced>) {
        for (call, (amount, ..)) in WANTED.into_iter().enumerate() {
            match state.calls[call] {
                Stage::Comes => {
                    let decided = state.decide(call, self.0).map(|booking| state.with(call, Stage::Decided(booking)));
                    let wronged = state.used() + amount <= WHOLE;
                    let refused = || Sliced { wronged, ..state.with(call, Stage::Refused) };
                    steps.due("reads and decides", decided.unwrap_or_else(refused));
                }
                Stage::Decided(booking) => {
                    let counted = |slices| Sliced { slices, ..state.with(call, Stage::Runs(booking.at)) };
                    let written = state.written(&booking, self.0).map(counted);
                    steps
                        .due("is counted, or was overtaken", written.unwrap_or_else(|| state.with(call, Stage::Comes)));
                }
                Stage::Runs(at) => {
                    let mut to = state.with(call, Stage::Over);
                    if let Some(slice) = &mut to.slices[at] {
                        slice.used -= amount;
                    }
                    steps.due("is over", to);
                }
                Stage::Over | Stage::Refused => {}
            }
        }
    }

    fn canonical(&self, _: &mut Sliced) {}

    fn always(&self, state: &Sliced) -> Verdict {
        let runs = |(stage, (amount, ..)): (&Stage, (i8, usize, bool))| {
            if matches!(stage, Stage::Runs(_)) { amount } else { 0 }
        };
        let running: i8 = state.calls.iter().zip(WANTED).map(runs).sum();
        holds(state.used() == running, "I24 all slices hold what was counted")?;
        holds(running <= WHOLE, "I24 all slices hold no more than the whole")?;
        holds(!state.wronged, "I24 nothing is refused while there is room")
    }

    fn at_rest(&self, state: &Sliced) -> Verdict {
        holds(state.used() == 0, "I24 what is over is counted no longer")
    }
}
