//! Whether one more may be. Pure.
//!
//! `docs/decisions.md`: Why may one call cost more than a wallet's day?

use std::time::Duration;

use super::{
    BROKEN_PER_DAY, Budget, CALLS_AT_ONCE, CALLS_PER_DAY, CALLS_PER_HOUR, DESTINATION_PER_DAY, HOUR, LOOK, Left, Limit,
    NUMBERS_PER_DAY, ROUND, Reached, Rest, SAME_PER_DAY, SAME_PER_HOUR, WALLET_COST, WINDOW, left,
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
    /// What it costs us, as far as that counts for its wallet.
    pub cost: Usdc,
    /// While it is not over: by when it must be.
    pub ends_at: Option<i64>,
    /// While its cost is what was reserved for it: by when it is known what it has cost.
    pub open_until: Option<i64>,
}

/// Whether something that was counted then, and is over unless it must be by `ends_at`, counts for nothing any more.
pub fn is_past(at: i64, ends_at: Option<i64>, now: i64) -> bool {
    ends_at.is_none() && at <= now - seconds(WINDOW)
}

/// A sum that begins with the first cost after the last one's day is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sum {
    /// When it began.
    pub since: i64,
    /// How much it is.
    pub amount: Usdc,
    /// How much of it is only reserved, for calls whose cost is not known yet.
    pub open: Usdc,
    /// By when it is known of all of them.
    pub open_until: i64,
}

/// What is to be done with a sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Booking {
    /// Another day begins with it.
    Begin,
    /// It is added to the sum that began then.
    Add(i64),
}

/// What one call counts for its wallet at most.
pub fn of_wallet(cost: Usdc) -> Usdc {
    cost.min(WALLET_COST)
}

/// Whether a wallet that has placed these calls may place this one. Of all limits that are reached, the one that is so for
/// longest is said: a client that comes again then is not sent away by another.
pub fn wallet(calls: &[Counted], to: &PhoneNumber, cost: Usdc, now: i64) -> Result<(), Reached> {
    let often =
        FREQUENCIES.iter().map(|often| (often.limit, count(&often.of(calls, to), often.most, often.window, now)));
    let mut waits = vec![(Limit::CallsAtOnce, at_once(calls, now))];
    waits.extend(often);
    waits.push((Limit::WalletCost, cost_of(calls, of_wallet(cost), now)));
    longest(&waits)
}

/// What is left to a wallet that has placed these calls, before it calls this number.
pub fn left_to_wallet(calls: &[Counted], to: &PhoneNumber, now: i64) -> Vec<Left> {
    let often = FREQUENCIES.iter().map(|often| {
        let used = within(&often.of(calls, to), often.window, now).len();
        left(often.limit, size(often.most), size(used))
    });
    let mut all = vec![left(Limit::CallsAtOnce, size(CALLS_AT_ONCE), size(ends_of(calls).len()))];
    all.extend(often);
    let spent = costs(calls, now).into_iter().fold(Usdc::micros(0), |sum, (_, cost)| sum.plus(cost));
    all.push(Left { limit: Limit::WalletCost, rest: Rest::Cost(WALLET_COST.minus(spent)) });
    all
}

/// How often a wallet may call.
struct Frequency {
    limit: Limit,
    /// Whether only calls to the same number count.
    same: bool,
    most: usize,
    window: Duration,
}

const FREQUENCIES: [Frequency; 4] = [
    Frequency { limit: Limit::CallsPerHour, same: false, most: CALLS_PER_HOUR, window: HOUR },
    Frequency { limit: Limit::CallsPerDay, same: false, most: CALLS_PER_DAY, window: WINDOW },
    Frequency { limit: Limit::SamePerHour, same: true, most: SAME_PER_HOUR, window: HOUR },
    Frequency { limit: Limit::SamePerDay, same: true, most: SAME_PER_DAY, window: WINDOW },
];

impl Frequency {
    /// When those were placed that count.
    fn of(&self, calls: &[Counted], to: &PhoneNumber) -> Vec<i64> {
        calls.iter().filter(|call| !self.same || call.to == *to).map(|call| call.at).collect()
    }
}

/// Whether a destination that was called then may be called again, where the line of such a call has last failed in the middle
/// of the conversation.
pub fn destination(calls: &[i64], broke_at: Option<i64>, now: i64) -> Result<(), Reached> {
    let broken: Vec<i64> = broke_at.into_iter().collect();
    longest(&[
        (Limit::DestinationPerDay, count(calls, DESTINATION_PER_DAY, WINDOW, now)),
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
    let full = running >= budget.plan.at_once();
    if full { Err(Reached { limit: Limit::AllAtOnce, retry_after: A_LINE.as_secs() }) } else { Ok(()) }
}

/// Whether this fits into a sum, and into which.
pub fn sum(seen: Option<Sum>, cost: Usdc, most: Usdc, limit: Limit, now: i64) -> Result<Booking, Reached> {
    let day = seconds(WINDOW);
    match seen {
        Some(sum) if sum.since > now - day => {
            if sum.amount.plus(cost) <= most {
                Ok(Booking::Add(sum.since))
            } else {
                // What is reserved comes back when the calls are over, unless they have cost it.
                let over = sum.amount.minus(sum.open).plus(cost) > most;
                let then =
                    if over { sum.since + day } else { sum.open_until.max(now + seconds(ROUND)).min(sum.since + day) };
                Err(Reached { limit, retry_after: until(then, now) })
            }
        }
        _ => Ok(Booking::Begin),
    }
}

fn longest(waits: &[(Limit, Option<u64>)]) -> Result<(), Reached> {
    let reached = waits.iter().filter_map(|(limit, wait)| Some(Reached { limit: *limit, retry_after: (*wait)? }));
    reached.max_by_key(|reached| reached.retry_after).map_or(Ok(()), Err)
}

/// How long until fewer than `most` of these instants lie within the window; nothing, if they do now.
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
fn at_once(calls: &[Counted], now: i64) -> Option<u64> {
    let mut ends = ends_of(calls);
    ends.sort_unstable();
    let last = ends.len().checked_sub(CALLS_AT_ONCE)?;
    ends.get(last).map(|at| until(at + seconds(LOOK), now))
}

/// By when those must be over that are not.
fn ends_of(calls: &[Counted]) -> Vec<i64> {
    calls.iter().filter_map(|call| call.ends_at).collect()
}

/// How long until enough of what these calls cost is past, or may turn out to be less.
fn cost_of(calls: &[Counted], cost: Usdc, now: i64) -> Option<u64> {
    let mut within = costs(calls, now);
    within.sort_unstable();
    let mut left = within.iter().fold(cost, |sum, (_, cost)| sum.plus(*cost));
    if left <= WALLET_COST {
        return None;
    }
    for (then, cost) in within {
        left = left.minus(cost);
        if left <= WALLET_COST {
            return Some(until(then, now));
        }
    }
    Some(WINDOW.as_secs())
}

/// What those cost that count today, and until when each does.
fn costs(calls: &[Counted], now: i64) -> Vec<(i64, Usdc)> {
    let day = seconds(WINDOW);
    let counts_until = |call: &Counted| call.open_until.unwrap_or(call.at + day);
    calls.iter().filter(|call| call.at > now - day).map(|call| (counts_until(call), call.cost)).collect()
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
mod tests {
    use super::super::Plan;
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn number(last: u32) -> PhoneNumber {
        PhoneNumber::parse(&format!("+1415555{last:04}")).unwrap()
    }

    #[test]
    fn what_is_a_day_old_counts_for_nothing_unless_it_still_runs() {
        let day = seconds(WINDOW);
        for (ago, ends_at, past) in [
            (day - 1, None, false),
            (day, None, true),
            (day + 1, None, true),
            (day, Some(NOW + 60), false),
            (day, Some(NOW - day), false),
        ] {
            assert_eq!(is_past(NOW - ago, ends_at, NOW), past, "{ago} {ends_at:?}");
        }
    }

    fn call(ago: i64, last: u32, cents: u64) -> Counted {
        Counted { at: NOW - ago, to: number(last), cost: Usdc::micros(cents * 10_000), ends_at: None, open_until: None }
    }

    /// This many calls, each to another callee and a second earlier than the one before.
    fn calls(many: u32, youngest: i64) -> Vec<Counted> {
        (0..many).map(|each| call(youngest + i64::from(each), each, 0)).collect()
    }

    fn said(calls: &[Counted], to: u32, cents: u64) -> Option<(Limit, u64)> {
        let judged = wallet(calls, &number(to), Usdc::micros(cents * 10_000), NOW);
        judged.err().map(|reached| (reached.limit, reached.retry_after))
    }

    #[test]
    fn the_last_that_is_allowed_and_the_first_that_is_not() {
        assert_eq!(said(&calls(19, 10), 999, 0), None);
        assert_eq!(said(&calls(20, 10), 999, 0), Some((Limit::CallsPerHour, 3_600 - 29)));
        assert_eq!(said(&calls(20, 3_600 - 19), 999, 0), None, "the oldest has just left the hour");
        assert_eq!(said(&calls(21, 10), 999, 0), Some((Limit::CallsPerHour, 3_600 - 29)), "one must leave as well");
        assert_eq!(said(&calls(99, 4_000), 999, 0), None);
        assert_eq!(said(&calls(100, 4_000), 999, 0), Some((Limit::CallsPerDay, 86_400 - 4_099)));
    }

    #[test]
    fn what_is_left_is_nothing_exactly_where_a_limit_is_reached() {
        let day = seconds(WINDOW);
        let open = |ago: i64| Counted { ends_at: Some(NOW + 60), open_until: Some(NOW + 90), ..call(ago, 1, 5) };
        let several = |many: u32| calls(many, 10).into_iter().chain(calls(many, 4_000)).collect::<Vec<_>>();
        let mut worlds = vec![vec![], vec![open(5), open(day - 5)], vec![open(1), open(2), open(3), call(7, 1, 500)]];
        worlds.extend([1, 2, 3, 5, 6, 19, 20, 21, 50, 51].map(several));
        for (calls, to) in worlds.iter().flat_map(|calls| [1, 999].map(|to| (calls, number(to)))) {
            // Each limit by itself: how often it is said that one is reached, and whether anything of it is left.
            let left = left_to_wallet(calls, &to, NOW);
            let some = |limit: Limit| left.iter().any(|left| left.limit == limit && left.rest != Rest::Count(0));
            assert_eq!(at_once(calls, NOW).is_none(), some(Limit::CallsAtOnce));
            for often in &FREQUENCIES {
                let free = count(&often.of(calls, &to), often.most, often.window, NOW).is_none();
                assert_eq!(free, some(often.limit), "{:?} of {}", often.limit, calls.len());
            }
            let Some(Left { rest: Rest::Cost(rest), .. }) = left.last() else { panic!("a sum is the last") };
            assert_eq!(cost_of(calls, *rest, NOW), None, "all that is left may be spent");
            assert!(*rest == WALLET_COST || cost_of(calls, rest.plus(Usdc::micros(1)), NOW).is_some());
        }
    }

    #[test]
    fn the_same_number_is_called_less_often() {
        let same = |many: i64, youngest: i64| (0..many).map(|each| call(youngest + each, 1, 0)).collect::<Vec<_>>();
        assert_eq!(said(&same(2, 10), 1, 0), None);
        assert_eq!(said(&same(3, 10), 1, 0), Some((Limit::SamePerHour, 3_600 - 12)));
        assert_eq!(said(&same(3, 10), 2, 0), None, "another callee may be called");
        assert_eq!(said(&same(5, 4_000), 1, 0), None);
        assert_eq!(said(&same(6, 4_000), 1, 0), Some((Limit::SamePerDay, 86_400 - 4_005)));
    }

    #[test]
    fn calls_that_run_count_until_they_are_over() {
        let running = |ends: i64| Counted { ends_at: Some(NOW + ends), ..call(90_000, 1, 0) };
        assert_eq!(said(&[running(100), running(200)], 9, 0), None);
        let three = [running(300), running(100), running(200)];
        assert_eq!(said(&three, 9, 0), Some((Limit::CallsAtOnce, 170)), "the first that must end, and a look at it");
        assert!(three.iter().all(|call| !is_past(call.at, call.ends_at, NOW)), "however long ago they began");
    }

    #[test]
    fn a_wallet_costs_so_much_in_a_day() {
        assert_eq!(said(&[call(10, 1, 300), call(5, 2, 299)], 9, 1), None);
        assert_eq!(said(&[call(10, 1, 300), call(5, 2, 299)], 9, 2), Some((Limit::WalletCost, 86_390)));
        assert_eq!(said(&[call(10, 1, 300), call(5, 2, 299)], 9, 302), Some((Limit::WalletCost, 86_395)));
        assert_eq!(said(&[call(86_400, 1, 600)], 9, 600), None, "yesterday is over");
    }

    #[test]
    fn what_is_only_reserved_may_come_back_when_the_call_is_over() {
        let open = |ago: i64, cents: u64, known: i64| Counted { open_until: Some(NOW + known), ..call(ago, 1, cents) };
        assert_eq!(said(&[open(10, 600, 60)], 9, 1), Some((Limit::WalletCost, 60)));
        assert_eq!(said(&[call(10, 1, 300), open(5, 300, 60)], 9, 1), Some((Limit::WalletCost, 60)));
        assert_eq!(
            said(&[call(10, 1, 300), open(5, 300, 60)], 9, 301),
            Some((Limit::WalletCost, 86_390)),
            "not enough"
        );
        assert_eq!(said(&[open(10, 300, 400), open(5, 300, 60)], 9, 1), Some((Limit::WalletCost, 60)), "the first");
    }

    #[test]
    fn what_a_sum_holds_for_calls_that_run_is_not_announced_for_tomorrow() {
        let usdc = |cents: u64| Usdc::micros(cents * 10_000);
        let wait = |open: u64, open_until: i64, ago: i64| {
            let seen = Sum { since: NOW - ago, amount: usdc(100), open: usdc(open), open_until: NOW + open_until };
            super::sum(Some(seen), usdc(10), usdc(100), Limit::PrefixCost, NOW).unwrap_err().retry_after
        };
        assert_eq!(wait(10, 400, 100), 400);
        assert_eq!(wait(9, 400, 100), 86_300, "too little of it is open");
        assert_eq!(wait(10, 400, 86_300), 100, "the day is over before");
        assert_eq!(wait(10, -5, 100), 60, "it is overdue");
    }

    #[test]
    fn a_call_that_is_dearer_than_all_that_is_allowed_is_placed_alone() {
        assert_eq!(said(&[], 9, 3_000), None);
        assert_eq!(said(&[call(10, 1, 1)], 9, 3_000), Some((Limit::WalletCost, 86_390)));
        assert_eq!(of_wallet(Usdc::micros(30_000_000)), WALLET_COST);
    }

    #[test]
    fn of_several_limits_the_longest_is_said() {
        let mut all = calls(20, 10);
        all.extend([call(50, 77, 300), call(40, 78, 299)]);
        assert_eq!(said(&all, 999, 2), Some((Limit::WalletCost, 86_350)));
    }

    #[test]
    fn a_destination_is_called_so_often_whoever_calls() {
        let times: Vec<i64> = (0..10).map(|each| NOW - 100 - each).collect();
        assert_eq!(destination(&times[..9], None, NOW), Ok(()));
        let reached = Reached { limit: Limit::DestinationPerDay, retry_after: 86_400 - 109 };
        assert_eq!(destination(&times, None, NOW), Err(reached));
        assert_eq!(destination(&times, None, NOW + 86_400 - 109), Ok(()), "then");
        assert!(destination(&times, None, NOW + 86_400 - 110).is_err(), "and not before");
    }

    #[test]
    fn a_destination_whose_line_failed_in_a_conversation_is_called_again_a_day_later() {
        let broken = |ago: i64| destination(&[], Some(NOW - ago), NOW).err();
        let reached = |retry_after| Some(Reached { limit: Limit::Broken, retry_after });
        assert_eq!((broken(0), broken(86_399), broken(86_400)), (reached(86_400), reached(1), None));
    }

    #[test]
    fn a_sum_fills_up_and_another_begins_a_day_after_it_began() {
        let usdc = |cents: u64| Usdc::micros(cents * 10_000);
        let judge = |sum: Option<Sum>, cents: u64| super::sum(sum, usdc(cents), usdc(100), Limit::DailyCost, NOW);
        let seen =
            |ago: i64, cents: u64| Some(Sum { since: NOW - ago, amount: usdc(cents), open: usdc(0), open_until: 0 });
        assert_eq!(judge(None, 100), Ok(Booking::Begin));
        assert_eq!(judge(seen(86_399, 40), 60), Ok(Booking::Add(NOW - 86_399)));
        assert_eq!(judge(seen(86_399, 40), 61), Err(Reached { limit: Limit::DailyCost, retry_after: 1 }));
        assert_eq!(judge(seen(86_400, 40), 61), Ok(Booking::Begin));
    }

    #[test]
    fn the_lines_of_a_plan_are_used_up_to_four_fifths() {
        for (plan, most) in [(Plan::Start, 8), (Plan::Build, 40), (Plan::Scale, 80)] {
            let budget = Budget { plan, daily: Usdc::micros(1) };
            assert_eq!(lines(most - 1, &budget), Ok(()));
            assert!(lines(most, &budget).is_err());
        }
    }
}
