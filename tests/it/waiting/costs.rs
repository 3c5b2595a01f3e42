//! What a minute of waiting costs: what is counted of it, and that OPERATIONS.md says the same.

use std::time::{Duration, Instant};

use harness::sim::bland::{Script, Speaker, Step};

use super::Call;

/// Write units of a look at a call whose row has up to a kilobyte, where nothing new was said.
const LOOK: u64 = 1;
/// What is written besides of what was said since the last one: at least, and at most.
const SAID: (u64, u64) = (2, 4);
/// Of a wait: its place is taken, and left.
const WAIT: u64 = 2;

/// Read units, in halves, and write units.
async fn units(call: &Call, asks: impl Future) -> (u64, u64) {
    call.stack.dynamo.count_units();
    asks.await;
    let units = call.stack.dynamo.units();
    (units.read_halves, units.writes)
}

#[tokio::test]
async fn a_wait_and_a_look_use_what_operations_says() {
    // After some twenty lines, each a part by itself, they become one.
    let say = |at: usize| Step::Say(Speaker::User, format!("{at:02} {}", "Well, well. ".repeat(8)));
    let steps = [Step::Allocate, Step::Start].into_iter().chain((0..40).map(say)).collect();
    let call = Call::placed(Script::Steps(steps), 2).await;

    let (began, looks) = (Instant::now(), call.looks());
    let (reads, writes) = units(&call, call.wait(2)).await;
    // On a machine that is busy a look is due meanwhile.
    let (seconds, looked) = (began.elapsed().as_secs(), call.looks() - looks);
    assert_eq!(writes, WAIT + LOOK * looked);
    assert!(reads <= 2 * (seconds + 2), "once at first, and once a second: {reads} halves in {seconds} s");

    let mut said = Vec::new();
    for _ in 0..40 {
        call.stack.travel(Duration::from_secs(30));
        assert_eq!(units(&call, call.poll()).await.1, LOOK, "nothing was said");
        call.goes_on();
        call.stack.travel(Duration::from_secs(30));
        said.push(units(&call, call.poll()).await.1 - LOOK);
    }
    assert_eq!((said.iter().min(), said.iter().max()), (Some(&SAID.0), Some(&SAID.1)), "{said:?}");
    let (reads, writes) = units(&call, call.poll()).await;
    assert_eq!(
        (reads, writes),
        (4, 0),
        "a poll reads the call, and at half the price what was said, of up to eight kilobytes"
    );
}

/// Dollars of a minute, in millionths of a millionth, by the name of each line of the table: in
/// silence, and at most.
fn lines() -> [(&'static str, u64, u64); 5] {
    // A look each five seconds finds something at most each time, and ends a wait; without that one
    // lasts for twenty.
    let (looks, waits) = (12, (3, 12));
    let memory = template("MemorySize");
    let gigabyte_seconds = 60 * memory * 1_000 / 1_024;
    let lambda = gigabyte_seconds * 13_333_400 / 1_000;
    let writes = (looks * LOOK + waits.0 * WAIT, looks * (LOOK + SAID.1) + waits.1 * WAIT);
    // The call each second, and what was said where that was news; both for each request.
    let reads = (60 + waits.0, 60 + looks + 2 * waits.1);
    [
        ("Lambda, arm64", lambda, lambda),
        ("Lambda, invocations", waits.0 * 200_000, waits.1 * 200_000),
        ("DynamoDB, writes", writes.0 * 625_000, writes.1 * 625_000),
        ("DynamoDB, reads", reads.0 * 125_000, reads.1 * 125_000),
        ("HTTP API", waits.0 * 1_000_000, waits.1 * 1_000_000),
    ]
}

/// The number of a setting that all functions share.
fn template(setting: &str) -> u64 {
    let text = include_str!("../../../template.yaml");
    let value = text.lines().find_map(|line| line.trim().strip_prefix(setting)?.strip_prefix(": "));
    value.and_then(|value| value.parse().ok()).expect("a number")
}

/// Dollars, to the millionth.
fn dollars(trillionths: u64) -> String {
    let millionths = (trillionths + 500_000) / 1_000_000;
    format!("${}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

#[test]
fn what_operations_says_of_a_minute_is_what_is_counted() {
    let text = include_str!("../../../OPERATIONS.md");
    let (_, section) = text.split_once("### A minute of waiting").expect("the section");
    let (section, _) = section.split_once("\n### ").expect("another one behind it");
    let (mut silence, mut most) = (0, 0);
    for (name, least, at_most) in lines() {
        let line = section.lines().find(|line| line.starts_with(&format!("| {name}"))).expect(name);
        assert!(line.ends_with(&format!("| {} | {} |", dollars(least), dollars(at_most))), "{line}: {least} {at_most}");
        (silence, most) = (silence + least, most + at_most);
    }
    let sums = format!("| together | | | {} | {} |", dollars(silence), dollars(most));
    assert!(section.contains(&sums), "{sums}");
    // Ten calls that are waited for all day long.
    let day = |minute: u64| (minute * 14_400 + 5_000_000_000) / 10_000_000_000;
    let day = [silence, most].map(day).map(|cents| format!("${}.{:02}", cents / 100, cents % 100));
    assert!(section.contains(&format!("are {} to {}", day[0], day[1])), "{day:?}");
    let writes = format!("of {LOOK} write units, and {} to {} where something was said", SAID.0, SAID.1);
    assert!(section.contains(&writes), "{writes}");
}
