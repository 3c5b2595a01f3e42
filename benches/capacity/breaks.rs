//! What breaks first, at how many calls of two minutes a day, and who can change it: OPERATIONS.md
//! has the table that this prints.

use harness::life::Life;
use shared::limits::Plan;

use crate::bill::{milliseconds, thousands};

const A_DAY: u64 = 86_400;
/// In the busiest hour there are so many times as many as on average.
const PEAK: u64 = 4;
/// A call's two minutes, in seconds.
const TALK: u64 = 120;

/// Vendors' own numbers: Lambda's executions at once in a new account and in an old one, the
/// gateway's requests a second, DynamoDB's write units a second for a table, the carrier's calls a
/// second.
const EXECUTIONS: [u64; 2] = [10, 1_000];
const GATEWAY: u64 = 10_000;
const WRITE_UNITS: u64 = 40_000;

/// The template's defaults: `RouteScale`, `WaitsAtOnce`, `DailyCallBudget` in cents.
const POLLS_A_SECOND: u64 = 1_000;
const CALLS_A_SECOND: u64 = 400;
const LARGEST_SCALE: u64 = 25;
const WAITS: u64 = 200;
const BUDGET: u64 = 200_000;
/// What a call of two minutes costs at the vendors, in tenths of a cent: the third plan, and a
/// minute to the US.
const TENTHS: u64 = 248;
/// Looks of a round of all shards, at 250 ms each: `shared/src/sweep/queues.rs` holds it.
const LOOKS: u64 = 9_728;
/// Calls of a day that get into the books on the next: 650 bytes each, in eight parts of 4 MiB
/// for each of the 288 rounds that write them (`shared/src/sweep/books.rs`).
const BOOKED: u64 = 288 * 8 * (4 << 20) / 650;
/// At which rate the simulation is held.
const SIMULATED: u64 = 500;

/// Rows in the order of their numbers.
pub(crate) fn rows(life: &Life) -> Vec<String> {
    let a_day = |a_second: u64| a_second * A_DAY / PEAK;
    let milliseconds = milliseconds(life);
    let executions = EXECUTIONS.map(|at_once| at_once * A_DAY * 1000 / PEAK / milliseconds);
    let polls = life.requests - 3;
    let [start, build, scale] = Plan::ALL.map(|plan| plan.lines() * 4 / 5);
    let you = "you";
    let mut rows = vec![
        (
            100,
            format!("Bland's plans: 100, 2,000 and 5,000 calls a day, with {start}, {build} and {scale} of our lines"),
            "vendor's",
            format!("{you}: `BlandPlan`, or `BlandLines` of another contract"),
        ),
        (
            BUDGET * 10 / TENTHS,
            "what all calls of a day may cost ($2,000)".to_owned(),
            "counted",
            format!("{you}: `DailyCallBudget`"),
        ),
        (
            executions[0],
            format!(
                "Lambda's {} executions at once in a new account; {milliseconds} ms for a call",
                thousands(EXECUTIONS[0])
            ),
            "vendor's, reckoned",
            "AWS, on request: Service Quotas".to_owned(),
        ),
        (
            A_DAY,
            "Twilio starts one call a second; the rest is queued, and rings late".to_owned(),
            "vendor's",
            "Twilio, on request".to_owned(),
        ),
        (
            BOOKED,
            "the books: eight parts of 4 MiB in each of the 288 rounds a day that write them, if a part takes 1.7 s, 650 bytes for a call; beyond it they fall behind, the alarm rings, and after 90 days the table forgets"
                .to_owned(),
            "reckoned",
            "code: a round of their own".to_owned(),
        ),
        (
            WAITS * A_DAY / TALK,
            format!("{WAITS} calls that are waited for at once, if each is from its first second to its last"),
            "counted",
            format!("{you}: `WaitsAtOnce`"),
        ),
        (
            a_day(POLLS_A_SECOND) / polls,
            format!("the route of polls: {} a second, {polls} for a call", thousands(POLLS_A_SECOND)),
            "counted",
            format!("{you}: `RouteScale`, up to {}", about(a_day(POLLS_A_SECOND * LARGEST_SCALE) / polls)),
        ),
        (
            LOOKS * A_DAY / TALK / PEAK,
            "looks of the reaper, if the dialler tells of no call and no client polls; beyond it ends are seen later than within a minute"
                .to_owned(),
            "reckoned",
            "code: more shards than four".to_owned(),
        ),
        (
            a_day(CALLS_A_SECOND) / 2,
            format!("the route of calls: {} a second, two for a call", thousands(CALLS_A_SECOND)),
            "counted",
            format!("{you}: `RouteScale`"),
        ),
        (
            executions[1],
            format!("Lambda's {} executions at once", thousands(EXECUTIONS[1])),
            "vendor's, reckoned",
            "AWS, on request: Service Quotas".to_owned(),
        ),
        (
            a_day(GATEWAY) / life.requests,
            format!("the gateway's {} requests a second, {} for a call", thousands(GATEWAY), life.requests),
            "vendor's, measured",
            "AWS, on request: Service Quotas".to_owned(),
        ),
        (
            a_day(WRITE_UNITS) / life.writes(),
            format!("DynamoDB's {} write units a second for a table, {} for a call", thousands(WRITE_UNITS), life.writes()),
            "vendor's, measured",
            "AWS, on request: Service Quotas".to_owned(),
        ),
        (
            a_day(SIMULATED),
            format!("what all calls are counted in: transactions at one slice are in each other's way ({SIMULATED} calls a second)"),
            "simulated",
            "code: more slices than 64".to_owned(),
        ),
    ];
    rows.sort_by_key(|row| row.0);
    rows.into_iter()
        .map(|(calls, what, origin, who)| format!("| {} | {what} | {origin} | {who} |", about(calls)))
        .collect()
}

/// Two digits of it, rounded down: the rest would say more than is known.
fn about(number: u64) -> String {
    let unit = 10_u64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(1));
    thousands(number / unit * unit)
}
