//! The books: what has happened to money becomes the files of its day, once, whatever else goes
//! wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::{Stack, Wallet, binaries};
use serde_json::{Map, Value, json};

const HOUR: Duration = Duration::from_hours(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);
pub(crate) const CALLEE: &str = "+12133610872";
const FLOAT: u64 = 50_000_000;

pub(crate) type Line = BTreeMap<String, String>;

/// The lines of all files of this kind.
pub(crate) fn lines(stack: &Stack, book: &str) -> Vec<Line> {
    let mut all = Vec::new();
    for name in stack.s3.names().iter().filter(|name| name.starts_with(&format!("{book}/"))) {
        let text = stack.s3.text(name).expect("UTF-8");
        assert!(!text.contains('"') && text.ends_with("\r\n"), "{name}");
        let mut records = text.split_terminator("\r\n").map(|line| line.split(',').map(str::to_owned));
        let heading: Vec<String> = records.next().expect("a heading").collect();
        all.extend(records.map(|cells| heading.iter().cloned().zip(cells).collect::<Line>()));
    }
    all
}

/// Micro-dollars.
pub(crate) fn micros(line: &Line) -> i64 {
    let (whole, fraction) = line["amount_usd"].split_once('.').expect("decimals");
    let fraction: i64 = format!("{fraction:0<6}").parse().expect("a number");
    whole.parse::<i64>().expect("a number") * 1_000_000 + fraction
}

/// Of what is never below nothing.
pub(crate) fn sum<'a>(lines: impl IntoIterator<Item = &'a Line>) -> u64 {
    lines.into_iter().map(|line| u64::try_from(micros(line)).expect("no less than nothing")).sum()
}

/// All is booked, its day ends, and the reaper comes by.
pub(crate) async fn the_day_ends(stack: &Stack) {
    for _ in 0..3 {
        stack.travel(HOUR / 2);
        stack.sweep().await;
    }
    stack.travel(2 * DAY);
    stack.sweep().await;
}

fn call(to: &str) -> Value {
    json!({"phone_number": to, "task": "Ask Andy to take a break."})
}

/// A call that ends in an error, and goes back.
pub(crate) async fn fails(stack: &Stack, wallet: &Wallet, to: &str) {
    stack.bland.script_next(Script::PreQueueError);
    let placed = stack.post(CALL).body(&call(to)).pay(wallet).await.answer.expect(200).json();
    stack.bland.finish_all();
    for _ in 0..3 {
        stack.travel(Duration::from_secs(61));
        stack.poll(&placed).await;
        stack.sweep().await;
    }
}

#[tokio::test]
async fn what_came_in_and_went_back_stands_in_the_books_once_and_adds_up_to_what_the_chain_has() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet).await.answer.expect(200);
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    stack.calls(&wallet, CALLEE).await;
    stack.bland.finish_all();
    fails(&stack, &wallet, "+12133610873").await;
    // Paid without asking.
    let stray = wallet.signs(&stack.post(LIST).demand().await);
    stack.chain.transfer_with_authorization(stray.authorization(), &stray.signature_bytes()).expect("it is signed");
    // A phone rings, and it is not paid for: that costs something, and brings nothing.
    stack.facilitator.decline_next("insufficient_funds");
    stack.post(CALL).body(&call("+12133610874")).pay(&wallet).await.answer.refused(402, "payment_required");
    the_day_ends(&stack).await;

    let (sales, refunds, costs) = (lines(&stack, "sales"), lines(&stack, "refunds"), lines(&stack, "costs"));
    assert_eq!(sum(&sales), stack.earned(), "{sales:?}");
    assert_eq!(sum(&refunds), FLOAT - stack.ledger.balance(stack.refund_wallet), "{refunds:?}");
    let mut sold: Vec<_> = sales.iter().map(|line| line["sold"].as_str()).collect();
    sold.sort_unstable();
    assert_eq!(sold, ["call", "call", "lease", "list", "nothing", "renew"]);
    let mut reasons: Vec<_> = refunds.iter().map(|line| line["reason"].as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["call_failed", "stray"]);
    // Each line is the chain's: by its own transaction, and what goes back by that which brought
    // it.
    let transactions: BTreeSet<_> = sales.iter().map(|line| line["transaction"].as_str()).collect();
    assert_eq!(transactions.len(), sales.len());
    for line in &sales {
        assert_eq!((line["seen"].as_str(), line["payer"].as_str()), ("yes", wallet.text().as_str()), "{line:?}");
    }
    for line in &refunds {
        assert!(transactions.contains(line["paid_by"].as_str()) && line["transaction"].len() == 66, "{line:?}");
    }
    // Each call is the dialler's, by its own name for it.
    let vendors: BTreeSet<_> = stack.bland.calls().into_iter().map(|call| call.id).collect();
    let booked: Vec<_> = costs.iter().filter(|line| line["vendor"] == "bland").collect();
    assert_eq!(booked.iter().map(|line| line["vendor_id"].clone()).collect::<BTreeSet<_>>(), vendors);
    assert_eq!(booked.len(), vendors.len(), "{costs:?}");
    assert_eq!(costs.iter().filter(|line| line["what"] == "number").count(), 1);
    // What is written stays as it is, however often the reaper comes by.
    let before: BTreeMap<_, _> =
        stack.s3.names().into_iter().map(|name| (name.clone(), stack.s3.text(&name))).collect();
    stack.travel(3 * HOUR);
    stack.sweep().await;
    assert!(before.iter().all(|(name, text)| stack.s3.text(name) == *text));
    assert!(stack.s3.versions().values().all(|versions| *versions == 1));
}

#[tokio::test]
async fn the_books_name_no_callee_and_nothing_that_was_said_or_signed() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let paid = stack.post(CALL).body(&call(CALLEE)).pay(&wallet).await;
    paid.answer.expect(200);
    stack.bland.finish_all();
    the_day_ends(&stack).await;
    let all: Vec<String> = stack.s3.names().iter().filter_map(|name| stack.s3.text(name)).collect();
    let all = all.concat();
    assert!(all.contains("call") && all.contains("1213"), "{all}");
    let signature = paid.payment.signature_bytes();
    let hex = alloy_primitives::hex::encode(&signature[..8]);
    for private in [CALLEE, CALLEE.trim_start_matches('+'), "Andy", &hex] {
        assert!(!all.contains(private), "{private} is in the books");
    }
}

#[tokio::test]
async fn a_day_that_could_not_be_written_is_written_later_whole_and_once() {
    for fault in [Fault::Refuse(Answer::html(500)), Fault::Drop, Fault::LoseAnswer, Fault::Overload] {
        let stack = Stack::start(binaries!()).await;
        stack.sweep().await;
        let wallet = stack.wallet();
        stack.buys(&wallet).await;
        stack.post(LIST).pay(&wallet).await.answer.expect(200);
        for _ in 0..3 {
            stack.travel(HOUR / 2);
            stack.sweep().await;
        }
        // It dies after the first file.
        stack.s3.faults().always("PUT */refunds/*", fault.clone());
        stack.travel(2 * DAY);
        let report = stack.invoke("reaper", &json!({"shard": 0})).await;
        if !matches!(fault, Fault::LoseAnswer) {
            assert_eq!(report["faults"], 1, "{fault:?}: {report}");
            assert_eq!(lines(&stack, "refunds").len() + lines(&stack, "costs").len(), 0, "{fault:?}");
        }
        stack.s3.faults().clear();
        stack.travel(HOUR / 4);
        stack.sweep().await;
        assert_eq!(sum(&lines(&stack, "sales")), stack.earned(), "{fault:?}");
        let names = stack.s3.names();
        assert!(names.len() >= 5 && names.len().is_multiple_of(5), "{fault:?}: {names:?}");
        assert!(stack.s3.versions().values().all(|versions| *versions == 1), "{fault:?}");
    }
}

/// A world in which a wallet has bought a number an hour and a half ago, which stands in the books.
pub(crate) async fn with_a_sale_in_the_books() -> Stack {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    stack.buys(&stack.wallet()).await;
    for _ in 0..3 {
        stack.travel(HOUR / 2);
        stack.sweep().await;
    }
    stack
}

/// A day with much in it: what is booked once, so many times and each time so long.
fn much(stack: &Stack, lines: usize, bytes: usize) {
    let is_sale = |row: &Value| row["pk"].as_str().is_some_and(|pk| pk.starts_with("BOOK#"));
    let sold = stack.dynamo.rows().into_iter().find(is_sale).expect("a sale is in the books");
    let (second, rest) = sold["sk"].as_str().expect("a key").split_once('#').expect("a time");
    let second: usize = second.parse().expect("a time");
    let text = |text: &str| json!({"S": text});
    let mut cells: Map<String, Value> = Map::new();
    for (name, cell) in sold["lines"][0]["cells"].as_object().expect("cells") {
        cells.insert(name.clone(), text(cell.as_str().expect("text")));
    }
    cells.insert("number".to_owned(), text(&"+".repeat(bytes)));
    let line = json!({"M": {"file": text("sales"), "cells": {"M": cells}}});
    let more = (1..=lines).map(|number| {
        // Three in a second, which no part divides.
        let sk = format!("{:012}#{rest}{number}", second + number / 3);
        let (pk, ttl) = (text(sold["pk"].as_str().expect("a key")), sold["ttl"].to_string());
        let row = json!({"pk": pk, "sk": text(&sk), "ttl": {"N": ttl}, "lines": {"L": [line]}});
        row.as_object().expect("an item").clone()
    });
    stack.dynamo.put_all(more.collect());
}

#[tokio::test]
async fn a_day_with_much_in_it_is_written_in_parts_whatever_happens_between_them() {
    let stack = with_a_sale_in_the_books().await;
    let booked = lines_in_the_table(&stack);
    much(&stack, 60, 200 << 10);
    // A round dies after the first file of a part, and the next one does the part again.
    stack.s3.faults().always("PUT */refunds/*.002.csv", Fault::Refuse(Answer::html(500)));
    stack.travel(2 * DAY);
    stack.sweep().await;
    // The day before was written whole.
    let names = |book: &str| -> Vec<String> {
        stack
            .s3
            .names()
            .into_iter()
            .filter(|name| name.starts_with(&format!("{book}/")) && name.contains(".00"))
            .collect()
    };
    assert_eq!((names("sales").len(), names("refunds").len(), names("bills").len()), (2, 1, 1));
    stack.s3.faults().clear();
    for _ in 0..3 {
        stack.travel(HOUR / 4);
        stack.sweep().await;
    }
    let parts: Vec<String> = names("sales").iter().map(|name| name[16..].to_owned()).collect();
    assert_eq!(parts[..3], [".001.csv", ".002.csv", ".003.last.csv"], "{parts:?}");
    let sales = lines(&stack, "sales");
    assert_eq!(sales.len(), booked + 60, "each line once");
    // What is in one second is in one part.
    let seconds = names("sales").into_iter().map(|name| {
        let text = stack.s3.text(&name).expect("UTF-8");
        text.lines().skip(1).map(|line| line.split(',').next().expect("a time").to_owned()).collect::<BTreeSet<_>>()
    });
    let seconds: Vec<BTreeSet<String>> = seconds.collect();
    let all: usize = seconds.iter().map(BTreeSet::len).sum();
    assert_eq!(all, seconds.into_iter().reduce(|all, part| &all | &part).expect("a part").len());
    assert!(stack.s3.versions().values().all(|versions| *versions == 1));
}

/// Sales that are booked.
fn lines_in_the_table(stack: &Stack) -> usize {
    let sales = |row: &Value| {
        row["lines"].as_array().map_or(0, |lines| lines.iter().filter(|line| line["file"] == "sales").count())
    };
    stack.dynamo.rows().iter().map(sales).sum()
}

/// A round that looks whether a day is to be written.
async fn report(stack: &Stack) -> Value {
    stack.travel(HOUR / 2);
    stack.invoke("reaper", &json!({})).await
}

#[tokio::test]
async fn a_carrier_that_says_nothing_any_more_holds_the_books_up_for_two_days() {
    let stack = Stack::start(binaries!()).await;
    stack.twilio.faults().always("GET */Usage/Records/Daily.json", Fault::Refuse(Answer::html(401)));
    stack.sweep().await;
    stack.buys(&stack.wallet()).await;
    for _ in 0..3 {
        stack.travel(HOUR / 2);
        stack.sweep().await;
    }
    stack.travel(22 * HOUR);
    stack.sweep().await;
    assert_eq!(stack.s3.names(), Vec::<String>::new(), "within two days of the day's end");
    assert_eq!(report(&stack).await["faults"], 0, "what waits has not failed");
    stack.travel(3 * DAY);
    stack.sweep().await;
    assert_eq!((sum(&lines(&stack, "sales")), lines(&stack, "bills")), (stack.earned(), Vec::new()));
}

#[tokio::test]
async fn two_rounds_at_once_write_a_day_once() {
    let stack = with_a_sale_in_the_books().await;
    stack.travel(2 * DAY);
    // The answers of both are under way together.
    let event = json!({"shard": 0});
    join(stack.invoke("reaper", &event), stack.invoke("reaper", &event)).await;
    stack.travel(HOUR / 4);
    stack.sweep().await;
    assert_eq!(sum(&lines(&stack, "sales")), stack.earned());
    assert!(stack.s3.versions().values().all(|versions| *versions == 1));
}

#[tokio::test]
async fn what_credit_pays_is_sold_and_what_it_gets_back_is_credit() {
    let stack = Stack::builder(binaries!()).variable_of("refunds", "REFUND_KMS_KEY", "").start().await;
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    // Paid, failed, and credit; which pays for one that fails as well, and then for one that does
    // not.
    fails(&stack, &wallet, "+12133610873").await;
    fails(&stack, &wallet, "+12133610874").await;
    assert_eq!(stack.calls(&wallet, CALLEE).await["payment"], "credit");
    stack.bland.finish_all();
    the_day_ends(&stack).await;
    let (sales, refunds) = (lines(&stack, "sales"), lines(&stack, "refunds"));
    let with = |with: &str| sales.iter().filter(|line| line["paid_with"] == with).collect::<Vec<_>>();
    assert_eq!((sum(with("usdc")), with("credit").len()), (stack.earned(), 2), "{sales:?}");
    assert!(refunds.len() == 2 && refunds.iter().all(|line| line["back_as"] == "credit"), "{refunds:?}");
    // What credit has bought is what became credit.
    assert_eq!(sum(with("credit")), sum(&refunds));
    let costs = lines(&stack, "costs");
    assert_eq!(costs.iter().filter(|line| line["vendor"] == "bland").count(), 3, "{costs:?}");
}

#[tokio::test]
async fn what_is_not_on_the_chain_is_booked_as_missing() {
    let mut stack = Stack::start(binaries!()).await;
    for finding in ["was granted, and paid 0 times", "are said to have come in"] {
        stack.excuse(finding, "the facilitator lies");
    }
    stack.sweep().await;
    let wallet = stack.wallet();
    let lie = json!({
        "success": true, "transaction": format!("{:#x}", wallet.address().into_word()), "network": stack.network().caip2(),
        "payer": format!("{:#x}", wallet.address()),
    });
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::json(200, &lie)));
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    stack.buys(&wallet).await;
    the_day_ends(&stack).await;
    let sales = lines(&stack, "sales");
    let seen: BTreeSet<_> = sales.iter().map(|line| (line["sold"].as_str(), line["seen"].as_str())).collect();
    assert_eq!(seen, BTreeSet::from([("list", "missing"), ("lease", "yes")]));
}

#[tokio::test]
async fn a_day_is_read_by_what_happened_on_it_and_not_by_what_is_in_the_table() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    the_day_ends(&stack).await;
    // Nothing more has happened: of the days that follow their partitions are read, and no file has
    // a line.
    let (written, sales) = (stack.s3.names().len(), lines(&stack, "sales").len());
    let scans = stack.dynamo.faults().count("Scan*");
    stack.travel(30 * DAY);
    stack.sweep().await;
    assert!(stack.s3.names().len() > written);
    assert_eq!(lines(&stack, "sales").len(), sales);
    assert_eq!((scans, stack.dynamo.faults().count("Scan*")), (0, 0));
}
