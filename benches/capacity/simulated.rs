//! Calls that are counted, in a world in which a transaction is cancelled that finds another one at
//! an item of its own.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use shared::calls::CROWD;
use shared::limits::slices::{Cut, part};
use shared::store::{CONFLICTS, pause};

/// One call in so many goes to the same prefix.
const TO_THE_PREFIX: u64 = 50;
/// Microseconds in 10,000 seconds.
const STRETCH: u64 = 10_000_000_000;
/// An end is settled so long after it was seen, in microseconds.
const SETTLES: u64 = 60_000_000;

/// How long what takes, in microseconds: at least and at most.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) transaction: (u64, u64),
    pub(crate) read: (u64, u64),
}

/// What is simulated.
pub(crate) struct World {
    /// Calls in 10,000 seconds.
    pub(crate) rate: u64,
    /// How many come.
    pub(crate) calls: u64,
    /// How long each lasts, in seconds.
    pub(crate) talk: (u64, u64),
    pub(crate) times: Times,
    /// How what all calls are counted in is cut; nothing, if it is one item, and waited for.
    pub(crate) cut: Option<Cut>,
    /// The same of the prefix.
    pub(crate) of_a_prefix: Option<Cut>,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) calls: u64,
    /// Claims that were refused, or failed.
    pub(crate) lost: u64,
    pub(crate) tries_in_hundredths: u64,
    /// How much longer than its transaction one claim in a hundred took, in microseconds.
    pub(crate) delay: u64,
    /// Ends, and corrections of what was reserved, that are left for another look.
    pub(crate) ends_put_off: u64,
    pub(crate) ends: u64,
}

/// What a call wants to write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Claim,
    End,
    Settle,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: u64,
    call: u64,
    step: Step,
    /// When it was first tried.
    since: u64,
    /// How many slices were tried, and how often these were waited for.
    tries: u32,
    conflicts: u32,
    /// The slices of all and of the prefix; of a claim, what its tries make of it.
    slices: (u8, u8),
}

/// Numbers from a seed.
struct Random(u64);

impl Random {
    fn between(&mut self, (least, most): (u64, u64)) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + (self.0 >> 24) % (most - least).max(1)
    }
}

/// Until when each item is being written.
struct Busy {
    all: [u64; 256],
    prefix: [u64; 256],
}

impl World {
    pub(crate) fn plays(&self, seed: u64) -> Outcome {
        let mut random = Random(seed);
        let mut arrivals: Vec<u64> =
            (0..self.calls).map(|_| random.between((0, self.calls.saturating_mul(STRETCH) / self.rate))).collect();
        arrivals.sort_unstable();
        let mut events: BinaryHeap<Reverse<Event>> = arrivals.into_iter().zip(0..).map(claim).map(Reverse).collect();
        let mut busy = Busy { all: [0; 256], prefix: [0; 256] };
        let mut outcome =
            Outcome { calls: self.calls, lost: 0, tries_in_hundredths: 0, delay: 0, ends_put_off: 0, ends: 0 };
        let (mut tries, mut delays) = (0, Vec::new());
        while let Some(Reverse(mut event)) = events.pop() {
            if event.step == Step::Claim {
                event.slices = self.slices(&event);
                tries += 1;
            }
            let took = random.between(self.times.transaction);
            if busy.takes(&event, took) {
                outcome.ends += u64::from(event.step != Step::Claim);
                if event.step == Step::Claim {
                    delays.push(event.at - event.since);
                }
                let talk = random.between((self.talk.0 * 1_000_000, self.talk.1 * 1_000_000));
                events.extend(event.next(event.at + took, talk).map(Reverse));
                continue;
            }
            match self.again(event, event.at + took, random.between(self.times.read)) {
                Some(again) => events.push(Reverse(again)),
                None if event.step == Step::Claim => outcome.lost += 1,
                None => {
                    outcome.ends += 1;
                    outcome.ends_put_off += 1;
                    events.extend(event.next(event.at + SETTLES, 0).map(Reverse));
                }
            }
        }
        delays.sort_unstable();
        outcome.delay = delays.get(delays.len() * 99 / 100).copied().unwrap_or_default();
        outcome.tries_in_hundredths = tries * 100 / self.calls.max(1);
        outcome
    }

    /// The slices that a claim is tried in.
    fn slices(&self, event: &Event) -> (u8, u8) {
        let seed = event.call.wrapping_mul(0x2545_f491_4f6c_dd1d);
        let of = |cut: Option<Cut>| cut.map_or(0, |cut| part(seed, event.tries, cut));
        (of(self.cut), of(self.of_a_prefix))
    }

    /// The next try, after an answer that says that another transaction is in the way, as the store
    /// has it: another slice where there is one, and else a pause.
    fn again(&self, event: Event, answered: u64, read: u64) -> Option<Event> {
        let others = |cut: Option<Cut>| cut.is_some_and(|cut| cut.slices > 1);
        if event.step == Step::Claim && others(self.cut) {
            let tries = event.tries + 1;
            return (tries < CROWD).then_some(Event { at: answered + read, tries, conflicts: 0, ..event });
        }
        let conflicts = event.conflicts + 1;
        let pause = u64::try_from(pause(conflicts).as_micros()).unwrap_or(u64::MAX);
        (conflicts <= CONFLICTS).then_some(Event { at: answered + pause, conflicts, ..event })
    }
}

fn claim((at, call): (u64, u64)) -> Event {
    Event { at, call, step: Step::Claim, since: at, tries: 0, conflicts: 0, slices: (0, 0) }
}

impl Event {
    /// What comes of it once it is written.
    fn next(self, written: u64, talk: u64) -> Option<Self> {
        let (step, at) = match self.step {
            Step::Claim => (Step::End, written + talk),
            Step::End => (Step::Settle, written + SETTLES),
            Step::Settle => return None,
        };
        Some(Self { at, since: at, step, tries: 0, conflicts: 0, ..self })
    }
}

impl Busy {
    /// Begins to write the items of a step, unless another one writes one of them.
    fn takes(&mut self, event: &Event, took: u64) -> bool {
        let (all, prefix) = event.slices;
        // An end frees a line; what was reserved is corrected in both.
        let to_the_prefix = event.call.is_multiple_of(TO_THE_PREFIX) && event.step != Step::End;
        let items = [self.all.get_mut(usize::from(all)), self.prefix.get_mut(usize::from(prefix))];
        let mut items: Vec<&mut u64> = items
            .into_iter()
            .flatten()
            .zip([true, to_the_prefix])
            .filter_map(|(item, is)| is.then_some(item))
            .collect();
        let free = items.iter().all(|until| **until <= event.at);
        if free {
            for until in &mut items {
                **until = event.at + took;
            }
        }
        free
    }
}
