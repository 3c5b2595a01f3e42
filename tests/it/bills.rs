//! What vendors charge, as the books tell it: each cost once and where it arose, and what a vendor
//! says of a day beside it.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL};
use harness::{Stack, binaries};
use serde_json::json;
use shared::store::books::day_of;
use shared::types::Timestamp;

use crate::books::{CALLEE, DAY, fails, lines, micros, sum, the_day_ends, with_a_sale_in_the_books};
use crate::paid_first::Contract;
use crate::telemetry::Log;

const MONTH: u64 = 1_150_000;
const DAILY: &str = "GET */Usage/Records/Daily.json";

/// So many days before today, as the world's clock has it.
fn days_ago(days: i64) -> String {
    day_of(Timestamp::from_second(Log::second() - days * 86_400).expect("a time")).to_string()
}

#[tokio::test]
async fn a_number_costs_a_month_if_it_was_bought_whatever_became_of_its_sale() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    // Paid for first, and not to be had.
    let contract = Contract::on(&stack);
    stack.twilio.snatch_next(1);
    contract.orders(&stack, BUY).await.send(&stack).await.refused(409, "payment_returned");
    assert_eq!(stack.twilio.held().len(), 0);
    // Paid for first and bought, and the dialler does not take it.
    stack.bland.faults().times("POST /v1/inbound/insert", 2, Fault::Refuse(Answer::html(500)));
    contract.orders(&stack, BUY).await.send(&stack).await.refused(409, "payment_returned");
    // Bought, and not paid for after all; another wallet gets it, which costs nothing more.
    stack.facilitator.decline_next("insufficient_funds");
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.refused(402, "payment_required");
    let pooled = stack.buys(&stack.wallet()).await;
    // Bought, and the request dies before it could say so.
    stack.twilio.faults().once("POST */IncomingPhoneNumbers.json", Fault::LoseAnswer);
    stack.twilio.faults().once("GET */IncomingPhoneNumbers.json", Fault::Drop);
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.refused(502, "upstream_error");
    // Bought, and sold.
    let sold = stack.buys(&stack.wallet()).await;
    stack.travel(Duration::from_mins(2));
    the_day_ends(&stack).await;

    let costs = lines(&stack, "costs");
    let booked: Vec<_> = costs.iter().filter(|line| line["what"] == "number").collect();
    let numbers: BTreeSet<_> = booked.iter().map(|line| line["vendor_id"].clone()).collect();
    let held: BTreeSet<_> = stack.twilio.held().into_iter().map(|held| held.phone_number).collect();
    assert!(held.len() == 4 && held.contains(&pooled) && held.contains(&sold), "{held:?}");
    assert_eq!((booked.len(), &numbers), (4, &held), "{costs:?}");
    assert!(booked.iter().all(|line| micros(line) == i64::try_from(MONTH).expect("small")));
    // What came in and went back is there, and nothing was charged for it.
    let refunds = lines(&stack, "refunds");
    assert_eq!(refunds.len(), 2, "{refunds:?}");
}

#[tokio::test]
async fn a_call_costs_what_its_dialler_says_and_the_rest_stands_beside_it() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.script_next(Script::UserHangsUp);
    let questions = json!([{"name": "confirmed", "question": "Is the table confirmed?", "type": "boolean"}]);
    let body = json!({"to": CALLEE, "task": "Ask for a table.", "questions": questions});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200);
    stack.bland.finish_all();
    the_day_ends(&stack).await;
    let record = stack.bland.calls().pop().expect("a call");
    let charged = record.price().expect("it is over");
    let costs = lines(&stack, "costs");
    let of = |what: &str| costs.iter().find(|line| line["what"] == what).unwrap_or_else(|| panic!("{what}: {costs:?}"));
    assert_eq!((micros(of("call")), of("call")["vendor_id"].as_str()), (charged, record.id.as_str()));
    assert_eq!((micros(of("questions")), of("questions")["vendor"].as_str()), (9_000, "bland"));
    let minutes: i64 = of("minutes")["minutes"].parse().expect("whole minutes");
    assert_eq!((micros(of("minutes")) % minutes, of("minutes")["vendor"].as_str()), (0, "twilio"));
    assert!(minutes >= 1 && costs.len() == 4, "{costs:?}");
}

#[tokio::test]
async fn a_call_whose_price_is_never_told_is_booked_as_what_was_reserved_for_it() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.calls(&wallet, CALLEE).await;
    stack.bland.finish_all();
    // Bland knows nothing of it any more.
    stack.bland.faults().always("GET /v1/calls*", Fault::Refuse(Answer::html(404)));
    for _ in 0..3 {
        stack.travel(DAY / 72);
        stack.sweep().await;
    }
    the_day_ends(&stack).await;
    let costs = lines(&stack, "costs");
    let of: Vec<_> = costs.iter().filter(|line| line["vendor"] == "bland").map(|line| line["what"].as_str()).collect();
    assert_eq!(of, ["reserved"], "{costs:?}");
}

#[tokio::test]
async fn a_day_has_what_its_vendors_say_of_it() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    let day = days_ago(2);
    stack.twilio.bill_calls_on(&day, 1_234);
    stack.twilio.bill_calls_on(&days_ago(4), 99);
    // Bought by hand, two days ago by then.
    stack.twilio.hold("+14155550299", "bought by hand");
    stack.travel(2 * DAY);
    let mut balance =
        stack.dynamo.items_of("TURN").into_iter().find(|row| row["sk"]["S"] == "BALANCE-BLAND").expect("it");
    balance.insert("by_day".to_owned(), json!({"S": format!("{}=5,{day}=2500000", days_ago(3))}));
    stack.dynamo.put(&balance);
    stack.sweep().await;
    let bills = lines(&stack, "bills");
    let of_day: BTreeSet<_> = bills
        .iter()
        .filter(|line| line["day"] == day)
        .map(|line| (line["vendor"].as_str(), line["what"].as_str(), micros(line)))
        .collect();
    let expected = [
        ("twilio", "calls", 12_340_000),
        ("twilio", "numbers", 1_150_000),
        ("twilio", "all", 13_490_000),
        ("bland", "balance", 2_500_000),
    ];
    assert_eq!(of_day, expected.into(), "{bills:?}");
    let all = stack.s3.text(&format!("bills/{day}.csv")).expect("a file");
    assert_eq!(all.lines().count(), 1 + expected.len(), "{all}");
}

#[tokio::test]
async fn a_day_waits_for_the_carriers_bill_until_two_days_after_its_end_and_no_longer() {
    let stack = Stack::start(binaries!()).await;
    stack.twilio.faults().always(DAILY, Fault::Refuse(Answer::html(503)));
    stack.sweep().await;
    // Its end is a day and some hours ago, whatever the clock says.
    stack.travel(2 * DAY);
    stack.sweep().await;
    assert_eq!(stack.s3.names(), Vec::<String>::new());
    // Now it is two days and some hours; the day after it still waits.
    stack.travel(DAY);
    stack.sweep().await;
    let day = days_ago(3);
    let kinds = ["bills", "costs", "deeds", "refunds", "sales"];
    assert_eq!(stack.s3.names(), kinds.map(|kind| format!("{kind}/{day}.csv")));
    assert!(lines(&stack, "bills").iter().all(|line| line["vendor"] == "bland"), "{:?}", lines(&stack, "bills"));
}

#[tokio::test]
async fn what_is_written_at_the_same_moment_is_written_once() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    stack.travel(2 * DAY);
    // Another is being written under the name; and one is there whose answer was lost.
    let conflict = "<Error><Code>ConditionalRequestConflict</Code></Error>";
    stack.s3.faults().once("PUT */sales/*", Fault::Refuse(Answer::xml(409, conflict)));
    stack.s3.faults().once("PUT */refunds/*", Fault::LoseAnswer);
    let report = stack.invoke("reaper", &json!({"shard": 0})).await;
    assert_eq!(report["faults"], 0, "{report}");
    assert!(stack.s3.names().len() >= 5 && stack.s3.versions().values().all(|versions| *versions == 1));
}

#[tokio::test]
async fn a_payment_that_no_node_was_asked_about_is_booked_as_unasked_also_when_it_goes_back() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    fails(&stack, &wallet, "+12133610873").await;
    the_day_ends(&stack).await;
    let sales = lines(&stack, "sales");
    let seen: BTreeSet<_> = sales.iter().map(|line| (line["sold"].as_str(), line["seen"].as_str())).collect();
    assert_eq!(seen, BTreeSet::from([("lease", "unasked"), ("call", "unasked")]));
    assert_eq!(sum(&lines(&stack, "refunds")), 540_000);
}

#[tokio::test]
async fn what_is_booked_stays_in_the_table_for_ninety_days_in_which_it_can_be_written() {
    let stack = with_a_sale_in_the_books().await;
    let rows = stack.dynamo.rows();
    let kept: Vec<i64> = rows
        .iter()
        .filter(|row| row["pk"].as_str().is_some_and(|pk| pk.starts_with("BOOK#")))
        .map(|row| {
            let booked: i64 = row["sk"].as_str().and_then(|sk| sk.split('#').next()?.parse().ok()).expect("a second");
            row["ttl"].as_i64().expect("a time to live") - booked
        })
        .collect();
    assert!(!kept.is_empty() && kept.iter().all(|kept| *kept == 90 * 86_400), "{kept:?}");
}
