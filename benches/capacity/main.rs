//! `cargo capacity`: how many calls a second can be counted, before and with slices; what a call
//! costs; and what breaks first, at how many calls a day.
//!
//! What a call takes is counted: one is played with the shipped functions and the tests' engine.
//! What that costs, and how many of them a vendor's quota lets through, is reckoned with list
//! prices.
//!
//! What DynamoDB does with transactions that touch the same item is simulated: events in the order
//! of their times, from a seed, with the slices, tries and pauses that the product has. How long a
//! transaction takes is a parameter: 10 to 20 ms, as is assumed of AWS, or what is measured here of
//! the tests' engine, which says nothing of AWS and never lets two transactions conflict.
//!
//! `cargo capacity` simulates a million calls of each row, `cargo capacity quick` fewer, and plays
//! the shortest call alone. It fails where what is promised does not hold: at 500 calls a second
//! fewer than one claim in 10,000 is lost to others that were being counted; a thousand calls of
//! two minutes cost no more than ten cents at AWS; and OPERATIONS.md has the rows that this prints.

#![expect(clippy::expect_used, reason = "a measurement that went wrong must not be printed")]

mod bill;
mod breaks;
mod lived;
mod measured;
mod simulated;

use std::process::ExitCode;

use bill::Bill;
use shared::limits::{Budget, Plan};
use shared::types::Usdc;

use simulated::{Outcome, Times, World};

/// What is assumed of AWS, in microseconds: a transaction of a dozen items, and a read of one.
const ASSUMED: Times = Times { transaction: (10_000, 20_000), read: (3_000, 8_000) };
/// How long a call lasts, in seconds.
const TALK: (u64, u64) = (10, 230);
/// Lines for these, and as many again.
const LINES_PER_CALL_A_SECOND: u64 = 240;
/// Calls a day in calls per 10,000 seconds, and what they are called.
const ROWS: [(&str, u64); 7] = [
    ("1,000 a day", 116),
    ("100,000 a day", 11_574),
    ("5 a second", 50_000),
    ("10 a second", 100_000),
    ("20 a second", 200_000),
    ("10,000,000 a day", 1_157_407),
    ("500 a second", 5_000_000),
];

fn say(line: &str) {
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    {
        println!("{line}");
    }
}

/// Within the contract that so many calls need.
fn budget(per_10_000_seconds: u64) -> Budget {
    let dollars = Usdc::micros(1_000_000);
    let contract = (per_10_000_seconds * LINES_PER_CALL_A_SECOND / 10_000).max(Plan::Start.lines());
    let minute = Plan::Scale.minute();
    Budget { contract, minute, cost: dollars, loss: dollars, prefix: dollars, wallet: dollars }
}

fn row(name: &str, cut: &str, outcome: &Outcome) {
    let Outcome { calls, lost, tries_in_hundredths, delay, ends_put_off, ends } = outcome;
    let tries = format!("{}.{:02}", tries_in_hundredths / 100, tries_in_hundredths % 100);
    let lost = format!("{lost} of {calls}");
    say(&format!(
        "{name:<18} {cut:>10} {lost:>20} {tries:>7} {:>10} {:>22}",
        delay / 1000,
        format!("{ends_put_off} of {ends}")
    ));
}

fn simulate(title: &str, times: Times, calls: u64) -> Vec<(u64, bool, Outcome)> {
    say(&format!(
        "\n{title}: a transaction {} to {} µs, a read {} to {} µs",
        times.transaction.0, times.transaction.1, times.read.0, times.read.1
    ));
    say(&format!(
        "{:<18} {:>10} {:>20} {:>7} {:>10} {:>22}",
        "calls", "slices", "claims lost", "tries", "p99 +ms", "ends left for later"
    ));
    let mut all = Vec::new();
    for (name, rate) in ROWS {
        let budget = budget(rate);
        let of_a_prefix = budget.cut_of_a_prefix();
        for (sliced, cut) in [(false, None), (true, Some(budget.cut()))] {
            let calls = calls.min(rate.saturating_mul(100)).max(10_000);
            let world = World { rate, calls, talk: TALK, times, cut, of_a_prefix: cut.map(|_| of_a_prefix) };
            let outcome = world.plays(rate);
            row(
                name,
                &cut.map_or_else(|| "one".to_owned(), |cut| format!("{}, {}", cut.slices, of_a_prefix.slices)),
                &outcome,
            );
            all.push((rate, sliced, outcome));
        }
    }
    all
}

/// What one call takes and costs, and what breaks first. Returns what does not hold.
fn reckon(quick: bool) -> Vec<String> {
    let lives = lived::of_the_first(if quick { 1 } else { lived::PLAYED.len() });
    let mut rows = Vec::new();
    let mut print = |title: &str, printed: Vec<String>| {
        say(&format!("\n{title}"));
        for row in printed {
            say(&row);
            rows.push(row);
        }
    };
    let played = lived::PLAYED.iter().zip(&lives);
    print(
        "What 1,000 calls cost at AWS: a call's requests, looks, write units and read units as counted; dollars",
        played.map(|((name, ..), life)| Bill::of(life).row(name, life)).collect(),
    );
    let Some(short) = lives.first() else { return vec!["no call was played".to_owned()] };
    let bill = Bill::of(short);
    let days = [("1,000", 1_000), ("100,000", 100_000), ("10,000,000", 10_000_000)];
    print(
        "A day of calls of two minutes: revenue, dialler, carrier, facilitator, AWS, AWS's fixed share, what is left",
        days.map(|(name, calls)| bill.day(name, calls)).into(),
    );
    print("What breaks first: calls of two minutes a day, what, origin, who can change it", breaks::rows(short));
    let operations = include_str!("../../OPERATIONS.md");
    let mut wrong: Vec<_> = rows
        .into_iter()
        .filter(|row| !operations.contains(row.as_str()))
        .map(|row| format!("OPERATIONS.md has {row}"))
        .collect();
    if !bill.is_within(10) {
        wrong.push("a thousand calls of two minutes cost no more than ten cents".to_owned());
    }
    if lives.get(1).is_some_and(|long| !Bill::of(long).is_within(100)) {
        wrong.push("a thousand calls of half an hour cost no more than a dollar".to_owned());
    }
    wrong
}

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "quick");
    let calls = if quick { 100_000 } else { 1_000_000 };
    say(
        "Simulated: what all calls are counted in, as one item each and in slices (of all, of a prefix that every fiftieth call goes to)",
    );
    let assumed = simulate("Assumed of AWS", ASSUMED, calls);
    let engine = measured::engine(if quick { 60 } else { 190 });
    say(&format!("\nMeasured: a call's share of a claim on the tests' engine, {engine}"));
    simulate("With the engine's times", engine.times(), calls.min(100_000));
    let fails = |what: &str| {
        say(&format!("NOT SO: {what}"));
        ExitCode::FAILURE
    };
    let of = |rate: u64, sliced: bool| assumed.iter().find(|row| row.0 == rate && row.1 == sliced).map(|row| &row.2);
    let Some((most, many)) = of(5_000_000, true).zip(of(1_157_407, false)) else { return fails("a row is missing") };
    if most.lost * 10_000 >= most.calls || most.ends_put_off * 10_000 >= most.ends {
        return fails(
            "at 500 calls a second fewer than one claim in 10,000 is lost, and one end in 10,000 left for later",
        );
    }
    if many.lost * 2 < many.calls {
        return fails("one item loses most claims of ten million calls a day: the simulation shows no lock any more");
    }
    if let Some(wrong) = reckon(quick).first() {
        return fails(wrong);
    }
    ExitCode::SUCCESS
}
