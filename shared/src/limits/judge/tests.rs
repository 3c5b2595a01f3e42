//! Each limit at its number, and when it is over.

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

/// Twenty lines, of which five are one wallet's.
fn budget() -> Budget {
    let usdc = |dollars: u64| Usdc::micros(dollars * 1_000_000);
    let (minute, wallet) = (Usdc::micros(140_000), usdc(6));
    Budget { contract: 25, minute, cost: usdc(2_000), loss: usdc(500), prefix: usdc(50), wallet }
}

fn call(ago: i64, last: u32, cents: i64) -> Counted {
    Counted { at: NOW - ago, to: number(last), loss: cents * 10_000, refused: false, ends_at: None, open_until: None }
}

/// This many calls, each to another callee and a second earlier than the one before.
fn calls(many: u32, youngest: i64) -> Vec<Counted> {
    (0..many).map(|each| call(youngest + i64::from(each), each, 0)).collect()
}

fn said(calls: &[Counted], to: u32, cents: u64) -> Option<(Limit, u64)> {
    let to = number(to);
    let wanted = Wanted { to: &to, cost: Usdc::micros(cents * 10_000) };
    let judged = wallet(calls, 0, &wanted, &budget(), NOW);
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
fn what_the_dialler_has_refused_is_not_a_call_and_has_a_day_of_its_own() {
    let refused = |many: u32, youngest: i64| -> Vec<Counted> {
        calls(many, youngest).into_iter().map(|call| Counted { refused: true, to: number(1), ..call }).collect()
    };
    let with_calls = |many: u32| calls(19, 10).into_iter().chain(refused(many, 10)).collect::<Vec<_>>();
    assert_eq!(said(&with_calls(9), 1, 0), None);
    assert_eq!(said(&with_calls(10), 1, 0), Some((Limit::RefusedCalls, 86_400 - 19)));
    assert_eq!(said(&refused(10, 86_400 - 9), 1, 0), None, "the oldest has just left the day");
}

#[test]
fn what_is_left_is_nothing_exactly_where_a_limit_is_reached() {
    let day = seconds(WINDOW);
    let open = |ago: i64| Counted { ends_at: Some(NOW + 60), open_until: Some(NOW + 90), ..call(ago, 1, 5) };
    let several = |many: u32| calls(many, 10).into_iter().chain(calls(many, 4_000)).collect::<Vec<_>>();
    let mut worlds = vec![vec![], vec![open(5), open(day - 5)], vec![open(1), open(2), open(3), call(7, 1, 500)]];
    worlds.extend([1, 2, 3, 5, 6, 19, 20, 21, 50, 51].map(several));
    for (calls, to) in worlds.iter().flat_map(|calls| [1, 999].map(|to| (calls, number(to)))) {
        // Each limit by itself: how often it is said that one is reached, and whether anything of
        // it is left.
        let left = left_to_wallet(calls, &to, &budget(), NOW);
        let some = |limit: Limit| left.iter().any(|left| left.limit == limit && left.rest != Rest::Count(0));
        assert_eq!(at_once(calls, CALLS_AT_ONCE, NOW).is_none(), some(Limit::CallsAtOnce));
        for often in &FREQUENCIES {
            let free = count(&often.of(calls, &to), often.most, often.window, NOW).is_none();
            assert_eq!(free, some(often.limit), "{:?} of {}", often.limit, calls.len());
        }
        let Some(Left { rest: Rest::Cost(rest), .. }) = left.last() else { panic!("a sum is the last") };
        let room = |needs| room(calls, needs, budget().wallet, NOW);
        assert_eq!(
            (room(*rest), room(rest.plus(Usdc::micros(1))).is_some()),
            (None, true),
            "all that is left may be lost"
        );
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
fn a_wallet_loses_so_much_in_a_day() {
    assert_eq!(said(&[call(10, 1, 300), call(5, 2, 299)], 9, 1), None);
    assert_eq!(said(&[call(10, 1, 300), call(5, 2, 299)], 9, 2), Some((Limit::WalletCost, 86_390)));
    assert_eq!(said(&[call(10, 1, 300), call(5, 2, 299)], 9, 302), Some((Limit::WalletCost, 86_395)));
    assert_eq!(said(&[call(86_400, 1, 600)], 9, 600), None, "yesterday is over");
}

#[test]
fn what_is_only_reserved_may_come_back_when_the_call_is_over() {
    let open = |ago: i64, cents: i64, known: i64| Counted { open_until: Some(NOW + known), ..call(ago, 1, cents) };
    assert_eq!(said(&[open(10, 600, 60)], 9, 1), Some((Limit::WalletCost, 60)));
    assert_eq!(said(&[call(10, 1, 300), open(5, 300, 60)], 9, 1), Some((Limit::WalletCost, 60)));
    assert_eq!(said(&[call(10, 1, 300), open(5, 300, 60)], 9, 301), Some((Limit::WalletCost, 86_390)), "not enough");
    assert_eq!(said(&[open(10, 300, 400), open(5, 300, 60)], 9, 1), Some((Limit::WalletCost, 60)), "the first");
}

#[test]
fn what_pays_for_itself_is_not_refused_for_money() {
    let sold: Vec<Counted> = (0..90).map(|each| call(4_000 + each, u32::try_from(each).unwrap(), -39)).collect();
    assert_eq!(said(&sold, 999, 600), None);
    let mut lost = sold.clone();
    lost.extend([call(10, 901, 4_000), call(5, 902, 110)]);
    assert_eq!(said(&lost, 999, 1), Some((Limit::WalletCost, 86_390)), "more than was earned");
    lost[0] = Counted { loss: lost[0].loss - 10_000, ..lost[0].clone() };
    assert_eq!(said(&lost, 999, 1), None);
    let older = [call(86_399, 1, -500), call(86_300, 2, 1_000), call(10, 3, 101)];
    assert_eq!(said(&older, 999, 1), Some((Limit::WalletCost, 100)), "what was earned leaves first, and makes no room");
}

#[test]
fn a_new_wallet_calls_dear_destinations_for_less_and_never_for_more_than_it_may_lose() {
    let somalia = PhoneNumber::parse("+252612345678").unwrap();
    let said = |calls: &[Counted], good: u64, cents: u64| {
        let wanted = Wanted { to: &somalia, cost: Usdc::micros(cents * 10_000) };
        wallet(calls, good, &wanted, &budget(), NOW).err().map(|reached| (reached.limit, reached.retry_after))
    };
    assert_eq!((said(&[], 9, 375), said(&[], 10, 376), said(&[], 10, 3_420)), (None, None, None));
    assert_eq!(said(&[], 9, 376), Some((Limit::NewWallet, NEVER)), "time alone changes nothing");
    assert_eq!(said(&[call(10, 1, 100)], 9, 276), Some((Limit::NewWallet, 86_390)));
    assert_eq!(said(&[call(10, 1, -100)], 9, 475), None, "what it has earned it may lose");
    let risk = |cents: u64| Wanted { to: &somalia, cost: Usdc::micros(cents * 10_000) }.is_a_risk(&budget());
    assert_eq!((risk(600), risk(601)), (false, true));
    assert!(!Wanted { to: &number(1), cost: Usdc::micros(30_000_000) }.is_a_risk(&budget()), "only dear ones are");
}

#[test]
fn a_wallet_holds_a_quarter_of_the_lines_and_no_more_than_three() {
    let running: Vec<Counted> = (0..3).map(|each| Counted { ends_at: Some(NOW + 100), ..call(10, each, 0) }).collect();
    let to = number(99);
    let fits = |contract: u64, many: usize| {
        let wanted = Wanted { to: &to, cost: Usdc::micros(0) };
        wallet(&running[..many], 0, &wanted, &Budget { contract, ..budget() }, NOW).is_ok()
    };
    assert_eq!([0, 1, 2].map(|many| fits(5, many)), [true, true, false], "five lines");
    assert_eq!([0, 1].map(|many| fits(2, many)), [true, false], "two lines");
    assert_eq!([2, 3].map(|many| fits(10, many)), [true, false], "the smallest plan");
    assert_eq!([2, 3].map(|many| fits(1_000, many)), [true, false]);
}

#[test]
fn a_call_that_is_dearer_than_all_that_is_allowed_is_placed_alone() {
    assert_eq!(said(&[], 9, 3_000), None);
    assert_eq!(said(&[call(10, 1, 1)], 9, 3_000), Some((Limit::WalletCost, 86_390)));
}

#[test]
fn of_several_limits_the_longest_is_said() {
    let mut all = calls(20, 10);
    all.extend([call(50, 77, 300), call(40, 78, 299)]);
    assert_eq!(said(&all, 999, 2), Some((Limit::WalletCost, 86_350)));
}

#[test]
fn a_destination_is_called_so_often_whichever_wallet_calls() {
    let times: Vec<i64> = (0..100).map(|each| NOW - 100 - each).collect();
    let destination = |times: &[i64], broke_at, now| destination(false, times, broke_at, now);
    assert_eq!(destination(&times[..9], None, NOW), Ok(()));
    let reached = Reached { limit: Limit::DestinationPerDay, retry_after: 86_400 - 109 };
    assert_eq!(destination(&times[..10], None, NOW), Err(reached));
    assert_eq!(destination(&times[..10], None, NOW + 86_400 - 109), Ok(()), "then");
    assert!(destination(&times[..10], None, NOW + 86_400 - 110).is_err(), "and not before");
    assert!(super::destination(true, &times[..99], None, NOW).is_ok(), "it is a business's");
    assert!(super::destination(true, &times, None, NOW).is_err());
}

#[test]
fn a_destination_whose_line_failed_in_a_conversation_is_called_again_a_day_later() {
    let broken = |ago: i64| destination(false, &[], Some(NOW - ago), NOW).err();
    let reached = |retry_after| Some(Reached { limit: Limit::Broken, retry_after });
    assert_eq!((broken(0), broken(86_399), broken(86_400)), (reached(86_400), reached(1), None));
}

#[test]
fn no_more_calls_run_than_there_are_lines() {
    assert_eq!(lines(19, &budget()), Ok(()));
    assert!(lines(20, &budget()).is_err());
}
