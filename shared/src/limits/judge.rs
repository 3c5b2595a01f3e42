//! Whether one more may be. Pure.
//!
//! `docs/decisions.md`: Why may one call cost more than a wallet's day?

use std::time::Duration;

use super::{
    BROKEN_PER_DAY, BUSINESS_PER_DAY, Budget, CALLS_AT_ONCE, CALLS_PER_DAY, CALLS_PER_HOUR, DEAR, DESTINATION_PER_DAY,
    GOOD, HOUR, LOOK, Left, Limit, NEVER, NUMBERS_PER_DAY, REFUSED_PER_DAY, Reached, Rest, SAME_PER_DAY, SAME_PER_HOUR,
    WINDOW, left, rates,
};
use crate::types::{PhoneNumber, Usdc};

/// When the next line is free is not known; some call ends every minute when all are in use.
const A_LINE: Duration = Duration::from_mins(1);

/// A call that counts. Instants are epoch seconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counted {
    /// When it was dialled.
    pub at: i64,
    /// The callee.
    pub to: PhoneNumber,
    /// What it costs us, less what was paid for it and is kept: micro-dollars.
    pub loss: i64,
    /// The dialler has refused it, and it was not paid for: it is not a call.
    pub refused: bool,
    /// While it is not over: by when it must be.
    pub ends_at: Option<i64>,
    /// While its cost is what was reserved for it: by when it is known what it has cost.
    pub open_until: Option<i64>,
}

/// Whether something that was counted then, and is over unless it must be by `ends_at`, counts for
/// nothing any more.
pub fn is_past(at: i64, ends_at: Option<i64>, now: i64) -> bool {
    ends_at.is_none() && at <= now - seconds(WINDOW)
}

/// A call that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The callee.
    pub to: &'a PhoneNumber,
    /// What it costs us at most.
    pub cost: Usdc,
}

impl Wanted<'_> {
    /// Whether it goes to a dear destination.
    pub fn is_dear(&self) -> bool {
        rates::carrier_minute(self.to) > DEAR
    }

    /// Whether it is a dear call that could cost more than a wallet may lose. It uses up what makes
    /// a wallet a good one.
    pub fn is_a_risk(&self, budget: &Budget) -> bool {
        self.is_dear() && self.cost > budget.wallet
    }
}

/// Whether a wallet that has placed these calls, of which this many were good, may place this one.
/// Reports the limit that lasts longest, so that a client that waits for it is not turned away
/// again by another.
pub fn wallet(calls: &[Counted], good: u64, wanted: &Wanted<'_>, budget: &Budget, now: i64) -> Result<(), Reached> {
    let often = FREQUENCIES
        .iter()
        .map(|often| (often.limit, count(&often.of(calls, wanted.to), often.most, often.window, now)));
    let mut waits = vec![(Limit::CallsAtOnce, at_once(calls, most_at_once(budget), now))];
    waits.extend(often);
    // What is dearer than all that a wallet may lose is placed alone.
    let needs = wanted.cost.min(budget.wallet);
    waits.push((Limit::WalletCost, room(calls, needs, budget.wallet, now)));
    if good < GOOD && wanted.is_dear() {
        waits.push((Limit::NewWallet, room(calls, wanted.cost, budget.of_a_new_wallet(), now)));
    }
    longest(&waits)
}

/// How many calls of one wallet may run.
fn most_at_once(budget: &Budget) -> usize {
    CALLS_AT_ONCE.min(usize::try_from(budget.lines_of_a_wallet()).unwrap_or(CALLS_AT_ONCE))
}

/// What is left to a wallet that has placed these calls, before it calls this number.
pub fn left_to_wallet(calls: &[Counted], to: &PhoneNumber, budget: &Budget, now: i64) -> Vec<Left> {
    let often = FREQUENCIES.iter().map(|often| {
        let used = within(&often.of(calls, to), often.window, now).len();
        left(often.limit, size(often.most), size(used))
    });
    let mut all = vec![left(Limit::CallsAtOnce, size(most_at_once(budget)), size(ends_of(calls).len()))];
    all.extend(often);
    let lost: i64 = losses(calls, now).into_iter().map(|(_, loss)| loss).sum();
    let rest = u64::try_from(budget.wallet.signed() - lost).unwrap_or(0);
    all.push(Left { limit: Limit::WalletCost, rest: Rest::Cost(Usdc::micros(rest)) });
    all
}

/// A limit on how often a wallet may call.
struct Frequency {
    limit: Limit,
    which: Which,
    most: usize,
    window: Duration,
}

/// The attempts that one counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    /// Calls.
    Calls,
    /// Calls to the same number.
    Same,
    /// What the dialler has refused.
    Refused,
}

const FREQUENCIES: [Frequency; 5] = [
    Frequency { limit: Limit::CallsPerHour, which: Which::Calls, most: CALLS_PER_HOUR, window: HOUR },
    Frequency { limit: Limit::CallsPerDay, which: Which::Calls, most: CALLS_PER_DAY, window: WINDOW },
    Frequency { limit: Limit::RefusedCalls, which: Which::Refused, most: REFUSED_PER_DAY, window: WINDOW },
    Frequency { limit: Limit::SamePerHour, which: Which::Same, most: SAME_PER_HOUR, window: HOUR },
    Frequency { limit: Limit::SamePerDay, which: Which::Same, most: SAME_PER_DAY, window: WINDOW },
];

impl Frequency {
    /// When those were placed that count.
    fn of(&self, calls: &[Counted], to: &PhoneNumber) -> Vec<i64> {
        let counts = |call: &&Counted| match self.which {
            Which::Calls => !call.refused,
            Which::Same => !call.refused && call.to == *to,
            Which::Refused => call.refused,
        };
        calls.iter().filter(counts).map(|call| call.at).collect()
    }
}

/// Whether a destination that was called then may be called again, where the line of such a call
/// has last failed in the middle of the conversation; a person's, or one that is a business's.
pub fn destination(is_a_business: bool, calls: &[i64], broke_at: Option<i64>, now: i64) -> Result<(), Reached> {
    let broken: Vec<i64> = broke_at.into_iter().collect();
    let most = if is_a_business { BUSINESS_PER_DAY } else { DESTINATION_PER_DAY };
    longest(&[
        (Limit::DestinationPerDay, count(calls, most, WINDOW, now)),
        (Limit::Broken, count(&broken, BROKEN_PER_DAY, WINDOW, now)),
    ])
}

/// Whether a wallet that has bought numbers then may buy another.
pub fn buyer(purchases: &[i64], now: i64) -> Result<(), Reached> {
    longest(&[(Limit::NumbersPerDay, count(purchases, NUMBERS_PER_DAY, WINDOW, now))])
}

/// What is left to a wallet that has bought numbers then.
pub fn left_to_buyer(purchases: &[i64], now: i64) -> Left {
    left(Limit::NumbersPerDay, size(NUMBERS_PER_DAY), size(within(purchases, WINDOW, now).len()))
}

/// Whether this many calls that run allow another.
pub fn lines(running: u64, budget: &Budget) -> Result<(), Reached> {
    let full = running >= budget.lines();
    if full { Err(Reached { limit: Limit::AllAtOnce, retry_after: A_LINE.as_secs() }) } else { Ok(()) }
}

fn longest(waits: &[(Limit, Option<u64>)]) -> Result<(), Reached> {
    let reached = waits.iter().filter_map(|(limit, wait)| Some(Reached { limit: *limit, retry_after: (*wait)? }));
    reached.max_by_key(|reached| reached.retry_after).map_or(Ok(()), Err)
}

/// How long until fewer than `most` of these instants lie within the window; nothing, if they do
/// now.
fn count(instants: &[i64], most: usize, window: Duration, now: i64) -> Option<u64> {
    let mut within = within(instants, window, now);
    within.sort_unstable();
    let last = within.len().checked_sub(most)?;
    within.get(last).map(|at| until(at + seconds(window), now))
}

/// Those of these instants that lie within the window.
fn within(instants: &[i64], window: Duration, now: i64) -> Vec<i64> {
    instants.iter().copied().filter(|at| *at > now - seconds(window)).collect()
}

/// How long until one of the calls that run must be over, if there are too many.
fn at_once(calls: &[Counted], most: usize, now: i64) -> Option<u64> {
    let mut ends = ends_of(calls);
    ends.sort_unstable();
    let last = ends.len().checked_sub(most)?;
    ends.get(last).map(|at| until(at + seconds(LOOK), now))
}

/// By when those must be over that are not.
fn ends_of(calls: &[Counted]) -> Vec<i64> {
    calls.iter().filter_map(|call| call.ends_at).collect()
}

/// How long until there is room for this much, because enough of what these calls have lost is
/// past, or may turn out to be less. What they have earned is past one day as well.
fn room(calls: &[Counted], needs: Usdc, most: Usdc, now: i64) -> Option<u64> {
    let most = most.signed() - needs.signed();
    let mut within = losses(calls, now);
    within.sort_unstable();
    let mut lost: i64 = within.iter().map(|(_, loss)| loss).sum();
    if lost <= most {
        return None;
    }
    for (then, loss) in within {
        lost -= loss;
        if lost <= most {
            return Some(until(then, now));
        }
    }
    Some(NEVER)
}

/// What those have lost that count today, and until when each does.
fn losses(calls: &[Counted], now: i64) -> Vec<(i64, i64)> {
    let day = seconds(WINDOW);
    let counts_until = |call: &Counted| call.open_until.unwrap_or(call.at + day);
    calls.iter().filter(|call| call.at > now - day).map(|call| (counts_until(call), call.loss)).collect()
}

fn size(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn until(at: i64, now: i64) -> u64 {
    at.saturating_sub(now).max(1).cast_unsigned()
}

fn seconds(duration: Duration) -> i64 {
    duration.as_secs().cast_signed()
}

#[cfg(test)]
mod tests;
