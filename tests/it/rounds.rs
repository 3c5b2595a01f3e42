//! Rounds when there is much: what they read, how much they do at once, what two of them do that
//! meet, and lists that are longer than one.
//!
//! `LEASES=1000000 DUE_CALLS=10000` makes the two heavy ones as large as they are meant, for a
//! night.

use std::time::Duration;

use futures_util::future::{join, join_all};
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Neighbour, Stack, binaries};
use serde_json::{Map, Value, json};

use super::telemetry::Log;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const SHARDS: usize = 4;
/// How much of a queue is read at once.
const PAGE: u64 = 25;

#[expect(clippy::disallowed_methods, reason = "a night's run says how large it is to be")]
pub(crate) fn size(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|size| size.parse().ok()).unwrap_or(otherwise)
}

type Item = Map<String, Value>;

/// The item whose keys begin so, as DynamoDB's JSON.
fn item(stack: &Stack, pk: &str, sk: &str) -> Item {
    let begins = |value: &Value, with: &str| value["S"].as_str().is_some_and(|text| text.starts_with(with));
    let mut items = stack.dynamo.items().into_iter();
    items.find(|item| begins(&item["pk"], pk) && begins(&item["sk"], sk)).expect("it")
}

/// The same with other texts or numbers in these attributes.
fn like<const N: usize>(model: &Item, attributes: [(&str, &str, String); N]) -> Item {
    let mut item = model.clone();
    item.extend(attributes.into_iter().map(|(name, kind, value)| (name.to_owned(), json!({ kind: value }))));
    item
}

/// The reaper's round of each shard, all at the same moment.
async fn rounds(stack: &Stack) -> Vec<Value> {
    let inputs: Vec<_> = (0..SHARDS).map(|shard| json!({"shard": shard})).collect();
    join_all(inputs.iter().map(|input| stack.invoke("reaper", input))).await
}

/// How many of these things the rounds say that they have done.
fn told(reports: &[Value], what: &str) -> u64 {
    reports.iter().map(|report| report[what].as_u64().expect("a count")).sum()
}

#[tokio::test]
async fn of_a_great_many_leases_those_that_are_due_are_read_and_no_others() {
    let (leases, due) = (size("LEASES", 20_000), 1_000);
    let stack = Stack::start(binaries!()).await;
    let number = stack.buys(&stack.wallet()).await;
    let lease = item(&stack, "WALLET#", "LEASE#");
    let held = item(&stack, &format!("NUMBER#{number}"), "NUMBER");
    stack.travel(30 * DAY + 31 * MINUTE);
    rounds(&stack).await;
    let queries = || stack.dynamo.faults().count("Query index");
    let before = queries();
    rounds(&stack).await;
    let idle = queries() - before;

    let now = Log::second();
    let named = |nth: usize| format!("+1{:010}", 2_012_000_000 + nth);
    let mut made: Vec<_> = (0..leases)
        .map(|nth| {
            let expires = if nth < due { now - 3_600 - i64::try_from(nth).expect("few") } else { now + 86_400 };
            like(
                &lease,
                [
                    ("sk", "S", format!("LEASE#{}", named(nth))),
                    ("due_queue", "S", format!("LEASE#{}", nth % SHARDS)),
                    ("due_at", "N", expires.to_string()),
                    ("expires_at", "N", expires.to_string()),
                ],
            )
        })
        .collect();
    made.extend((0..due).map(|nth| like(&held, [("pk", "S", format!("NUMBER#{}", named(nth)))])));
    stack.dynamo.put_all(made);

    let before = queries();
    stack.dynamo.count_units();
    let (due, shards) = (u64::try_from(due).expect("few"), u64::try_from(SHARDS).expect("few"));
    let (mut taken, mut took) = (0, 0);
    while taken < due && took < 10 {
        taken += told(&rounds(&stack).await, "leases");
        took += 1;
    }
    let units = stack.dynamo.units();
    // Beside what a round without work asks for. One that the engine was too slow for reads the
    // page again on which it ended.
    let pages = queries() - before - took * (idle - shards) - (took - 1) * shards;
    assert_eq!(taken, due);
    assert!(pages * 10 * PAGE <= 11 * due, "{pages} pages for {due}");
    // What is read and written for each that is due: its own item, and the transaction over it and
    // its number.
    assert!(units.read_halves <= 3 * due + took * 100, "{units:?}");
    assert!(units.writes <= 12 * due, "{units:?}");
    println!("{leases} leases, {due} of them due: {pages} pages, {took} rounds of each shard, {units:?}");

    let wallet = lease["pk"]["S"].as_str().expect("a key").to_owned();
    for nth in 0..leases {
        stack.dynamo.delete(&wallet, &format!("LEASE#{}", named(nth)));
        stack.dynamo.delete(&format!("NUMBER#{}", named(nth)), "NUMBER");
    }
}

/// So many calls that have ended, of which the table has not heard yet and whose look is due: real
/// rows, written past all rules, each of a call that the dialler knows.
async fn due_calls(stack: &Stack, count: usize) -> Vec<String> {
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::UserHangsUp);
    let body = json!({"phone_number": "+12133610872", "task": "Confirm the reservation.", "max_duration": 1});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200);
    stack.bland.finish_all();
    stack.travel(5 * MINUTE);
    let mut model = item(stack, "CALL#", "");
    // What it costs is counted once, by the one that was placed.
    model.remove("cost");
    let due_at = (Log::second() - 60).to_string();
    let made: Vec<_> = (0..count).map(|nth| format!("CALL#{nth:026}")).collect();
    let shard = |nth: usize| format!("CALL#{}", nth % SHARDS);
    let copies = made.iter().enumerate().map(|(nth, pk)| {
        like(&model, [("pk", "S", pk.clone()), ("due_queue", "S", shard(nth)), ("due_at", "N", due_at.clone())])
    });
    stack.dynamo.put_all(copies.collect());
    made
}

fn forget(stack: &Stack, calls: &[String]) {
    for pk in calls {
        for item in stack.dynamo.items_of(pk) {
            stack.dynamo.delete(pk, item["sk"]["S"].as_str().expect("a key"));
        }
    }
}

/// How many wait for a look whose time has come. One that has found a call ended, and not what it
/// has cost, is due again a minute later.
fn waiting(stack: &Stack) -> usize {
    let now = Log::second();
    let due = (0..SHARDS).flat_map(|shard| stack.dynamo.due(&format!("CALL#{shard}")));
    due.filter(|key| key["due_at"].as_i64().is_some_and(|at| at <= now)).count()
}

#[tokio::test]
async fn a_crowd_of_calls_is_looked_after_side_by_side() {
    let count = size("DUE_CALLS", 120);
    let mut stack = Stack::builder(binaries!()).latency(Neighbour::Bland, Duration::from_millis(200)).start().await;
    stack.excuse("", "the rows are many, and their call is one");
    let calls = due_calls(&stack, count).await;
    stack.meter.start();
    let mut took = 0;
    while waiting(&stack) > 0 && took < 20 {
        for report in rounds(&stack).await {
            assert_eq!(report["faults"], 0, "{report}");
        }
        took += 1;
    }
    let asked = stack.meter.asked();
    let looks: Vec<_> = asked.iter().filter(|asked| asked.neighbour == Neighbour::Bland).collect();
    let under_way = |at| looks.iter().filter(|look| look.began <= at && at < look.began + look.took).count();
    let most = looks.iter().map(|look| under_way(look.began)).max().expect("looks");
    println!("{count} calls that are due: {took} rounds of each shard, {} looks, {most} at once", looks.len());
    assert_eq!(waiting(&stack), 0);
    // The engine is one for all, and slower than a table: where it takes longer than three seconds,
    // a call is left to its next turn.
    assert!(looks.len() * 10 >= count * 9, "{} looks", looks.len());
    assert!((16..=32 * SHARDS).contains(&most), "{most} at once");
    if count <= 120 {
        assert!(took <= 2, "{took} rounds");
    }
    forget(&stack, &calls);
}

#[tokio::test]
async fn two_rounds_of_a_shard_that_meet_look_at_each_call_once() {
    let mut stack = Stack::builder(binaries!()).latency(Neighbour::Bland, Duration::from_millis(50)).start().await;
    stack.excuse("", "the rows are many, and their call is one");
    let calls = due_calls(&stack, 40).await;
    let before = stack.bland.faults().count("GET /v1/calls/*");
    let (one, other) = join(rounds(&stack), rounds(&stack)).await;
    // One more for the call that was placed.
    assert_eq!(stack.bland.faults().count("GET /v1/calls/*") - before, 41);
    assert_eq!(told(&one, "calls") + told(&other, "calls"), 41, "which the other has not even read");
    assert_eq!(waiting(&stack), 0);
    forget(&stack, &calls);
}

#[tokio::test]
async fn a_round_of_a_shard_that_is_not_there_does_nothing() {
    let stack = Stack::start(binaries!()).await;
    stack.buys(&stack.wallet()).await;
    stack.travel(30 * DAY + 31 * MINUTE);
    let asked = stack.dynamo.faults().count("*");
    stack.invoke("reaper", &json!({"shard": SHARDS})).await;
    assert_eq!(stack.dynamo.faults().count("*"), asked);
    stack.invoke("reaper", &json!({})).await;
    assert_eq!(
        item(&stack, "NUMBER#", "NUMBER")["custody"],
        json!({"S": "pooled"}),
        "all of them, where none is named"
    );
}

const LISTED: &str = "GET */IncomingPhoneNumbers.json";

/// So many numbers that were bought by hand.
fn hold(stack: &Stack, count: usize) {
    for nth in 0..count {
        stack.twilio.hold(&format!("+1415555{nth:04}"), "bought by hand");
    }
}

#[tokio::test]
async fn a_list_that_is_longer_than_a_round_is_gone_on_with_and_each_number_counts_once() {
    let stack = Stack::start(binaries!()).await;
    hold(&stack, 250);
    // A page with numbers that are new is asked for twice.
    stack.twilio.faults().nth(LISTED, 3, Fault::Refuse(Answer::html(503)));
    stack.sweep().await;
    assert_eq!(stack.twilio.faults().count(LISTED), 3);
    stack.sweep().await;
    assert_eq!(stack.twilio.faults().count(LISTED), 7, "the second page and the third");
    stack.sweep().await;
    assert_eq!(stack.twilio.faults().count(LISTED), 7, "it was today");
    let adopted = stack.dynamo.rows().iter().filter(|row| row["sk"] == "NUMBER").count();
    assert_eq!(adopted, 250);
    stack.travel(DAY);
    stack.sweep().await;
    let log = Log::of(&stack).await;
    assert_eq!(log.all("Numbers", &[("country", "US")]), [250, 250]);
    assert_eq!(log.all("NumberRent", &[]), [250 * 1_150_000; 2]);
}

#[tokio::test]
async fn a_page_that_the_carrier_has_forgotten_is_no_end_of_the_list() {
    let stack = Stack::start(binaries!()).await;
    hold(&stack, 150);
    stack.twilio.faults().nth(LISTED, 3, Fault::Refuse(Answer::html(503)));
    stack.sweep().await;
    let forgotten = json!({"code": 20001, "message": "Unknown PageToken", "status": 400, "more_info": ""});
    stack.twilio.faults().once(LISTED, Fault::Refuse(Answer::json(400, &forgotten)));
    stack.sweep().await;
    stack.sweep().await;
    let log = Log::of(&stack).await;
    assert_eq!(log.all("Numbers", &[]), [150], "those of the first page were seen twice, and counted once");
    assert!(log.says("the list is begun again"));
}

#[tokio::test]
async fn two_rounds_that_go_through_the_list_at_once_count_each_number_once() {
    let stack = Stack::start(binaries!()).await;
    hold(&stack, 230);
    let reconcile = json!({"reconcile": true});
    join_all((0..4).map(|_| stack.invoke("reaper", &reconcile))).await;
    let log = Log::of(&stack).await;
    let told = log.all("Numbers", &[]);
    assert!(!told.is_empty() && told.iter().all(|many| *many == 230), "{told:?}");
}

#[tokio::test]
async fn a_list_that_was_not_gone_through_in_a_day_is_begun_again() {
    let stack = Stack::start(binaries!()).await;
    hold(&stack, 150);
    stack.twilio.faults().nth(LISTED, 3, Fault::Refuse(Answer::html(503)));
    stack.sweep().await;
    stack.travel(DAY);
    stack.sweep().await;
    let log = Log::of(&stack).await;
    assert_eq!(log.all("Numbers", &[]), [150]);
    assert!(log.says("was not gone through within a day"));
}

#[tokio::test]
async fn what_the_carrier_bills_for_calls_is_told_as_it_grows_and_once() {
    // The books ask for a day's bill as well, when they write it.
    let stack = Stack::builder(binaries!()).variable_of("reaper", "BOOKS_BUCKET", "").start().await;
    stack.twilio.bill_calls(700);
    stack.sweep().await;
    stack.twilio.bill_calls(150);
    stack.sweep().await;
    stack.travel(61 * MINUTE);
    // Its answer is late once, and is asked for an hour later.
    stack.twilio.faults().once("GET */Usage/Records/Daily.json", Fault::Refuse(Answer::html(503)));
    stack.sweep().await;
    stack.twilio.bill_calls(50);
    stack.travel(61 * MINUTE);
    stack.sweep().await;
    stack.travel(61 * MINUTE);
    stack.sweep().await;
    assert_eq!(stack.twilio.faults().count("GET */Usage/Records/Daily.json"), 4, "once an hour");
    let log = Log::of(&stack).await;
    assert_eq!(log.all("CarrierBilled", &[("vendor", "twilio")]), [2_000_000], "what was there before is not news");
}
