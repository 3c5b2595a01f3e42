//! What is slow to go back keeps nothing else waiting.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::sim::bland::Script;

use super::*;

/// The queue of refunds in which a payment waits: as many as there are.
fn shard(payment: &str) -> u8 {
    payment.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % 4
}

#[tokio::test]
async fn thirty_refunds_that_the_node_says_nothing_of_keep_those_of_other_queues_waiting_for_nothing() {
    let caller = Caller::within(Stack::builder(binaries!()).solana().start().await).await;
    let stack = &caller.stack;
    caller.fails().await;
    // Six payments on Solana, of which hardly all are in one queue.
    for _ in 0..6 {
        let wallet = stack.solana_wallet_with(20_000_000);
        stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
        stack.bland.script_next(Script::PreQueueError);
        stack.travel(Duration::from_secs(15));
        let to = format!("+1213361{:04}", 872 + stack.bland.calls().len());
        let body = json!({"to": to, "task": "Confirm the reservation for two."});
        let call = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
        caller.ends(&call).await;
    }
    stack.invoke("reaper", &json!({})).await;
    let items = stack.dynamo.items();
    let due = |item: &serde_json::Map<String, Value>| item.get("refund").is_some();
    let name = |item: &serde_json::Map<String, Value>| item["pk"]["S"].as_str().expect("a key").to_owned();
    let of_evm = |item: &serde_json::Map<String, Value>| name(item).starts_with("SALE#eip155") && due(item);
    let pattern = items.iter().find(|item| of_evm(item)).expect("one is due").clone();
    let (rest, _) =
        name(&pattern).rsplit_once(':').map(|(rest, last)| (rest.to_owned(), last.to_owned())).expect("a nonce");
    // Its payer has chosen the nonces of thirty more so that they are in one queue.
    let nonces = (0_u32..).map(|number| [[0x5a; 28].as_slice(), &number.to_be_bytes()].concat());
    let names = nonces.map(|nonce| (format!("{rest}:0x{}", hex(&nonce)), nonce));
    let slow: Vec<_> = names.filter(|(name, _)| shard(name.trim_start_matches("SALE#")) == 0).take(30).collect();
    for (name, nonce) in &slow {
        let mut item = pattern.clone();
        item["pk"] = json!({"S": name});
        item["due_queue"] = json!({"S": "REFUND#0"});
        item["payment"]["M"]["nonce"] = json!({"B": STANDARD.encode(nonce)});
        stack.dynamo.put(&item);
    }
    let rows = stack.dynamo.rows();
    let of_solana = rows.iter().filter(|row| row["pk"].as_str().is_some_and(|pk| pk.starts_with("SALE#solana")));
    let elsewhere = of_solana.filter(|row| {
        row["due_queue"].as_str().is_some_and(|queue| queue.starts_with("REFUND#") && queue != "REFUND#0")
    });
    let others: Vec<_> = elsewhere.filter_map(|row| row["pk"].as_str()).collect();
    assert!(!others.is_empty());
    stack.chain.faults().always("*", Fault::Hang);
    for _ in 0..2 {
        stack.travel(MINUTE);
        stack.invoke("refunds", &json!({})).await;
    }
    for name in &others {
        let sale = stack.dynamo.row(name, "SALE").expect("it is there");
        assert_eq!(sale["refund"]["state"], "refunded");
    }
    let owed = stack.dynamo.due("REFUND#0").len();
    assert!(owed >= 30, "{owed}: nothing was heard of any in the queue that hangs");
    stack.chain.faults().clear();
    for (name, _) in &slow {
        stack.dynamo.delete(name, "SALE");
    }
}

/// This many refunds that are due, all in one queue.
async fn due_in_one_queue(caller: &Caller, count: usize) -> Vec<Value> {
    let mut calls = Vec::new();
    for _ in 0..count {
        calls.push(caller.fails().await);
    }
    caller.stack.invoke("reaper", &json!({})).await;
    let due = |item: &serde_json::Map<String, Value>| {
        item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("SALE#")) && item.contains_key("refund")
    };
    let items = caller.stack.dynamo.items();
    for mut item in items.into_iter().filter(due) {
        item.insert("due_queue".to_owned(), json!({"S": "REFUND#0"}));
        caller.stack.dynamo.put(&item);
    }
    assert_eq!(caller.stack.dynamo.due("REFUND#0").len(), count);
    calls
}

async fn statuses(caller: &Caller, calls: &[Value]) -> Vec<String> {
    let mut all = Vec::new();
    for call in calls {
        let said = caller.stack.poll(call).await;
        all.push(said["refund"]["status"].as_str().expect("a status").to_owned());
    }
    all
}

#[tokio::test]
async fn refunds_that_hang_at_the_facilitator_keep_one_behind_them_waiting_for_no_round() {
    let caller = Caller::new().await;
    let calls = due_in_one_queue(&caller, 6).await;
    caller.stack.travel(Duration::from_hours(1));
    caller.stack.facilitator.faults().times("POST */settle", 4, Fault::Hang);
    caller.stack.invoke("refunds", &json!({})).await;
    let refunded = |all: &[String]| all.iter().filter(|it| *it == "refunded").count();
    assert_eq!(refunded(&statuses(&caller, &calls).await), 2, "those behind the four that hang");
    // It was left before the facilitator's time was over, and comes again after as long as it has
    // been owed, ten minutes at most, though it may have been sent.
    let log = caller.stack.lambda.logs().text();
    assert_eq!(log.matches("a refund took too long and is left for later").count(), 4);
    let rows = caller.stack.dynamo.rows();
    let hung = rows.iter().filter(|row| row["refund"]["state"] == "sending");
    let pauses = hung.map(|row| {
        let sent_at = row["refund"]["valid_before"].as_i64().expect("a time") - 300;
        row["due_at"].as_i64().expect("a time") - sent_at
    });
    assert_eq!(pauses.collect::<Vec<_>>(), [600; 4]);
    // What hung is carried on, once each.
    caller.stack.facilitator.faults().clear();
    caller.later(24).await;
    assert_eq!((refunded(&statuses(&caller, &calls).await), caller.paid_back()), (6, 6 * CALL_PRICE));
}

#[tokio::test]
async fn a_refund_wallet_that_is_nearly_empty_gives_no_credit_for_what_it_can_pay_once_it_is_filled() {
    let caller = Caller::new().await;
    let (stack, treasury) = (&caller.stack, caller.stack.refund_wallet);
    let calls = due_in_one_queue(&caller, 5).await;
    let held = stack.chain.balance(treasury);
    stack.chain.transfer(treasury, stack.wallet().address(), held - CALL_PRICE).expect("it had that much");
    // All that are sent side by side see enough for one.
    for _ in 0..4 {
        stack.invoke("refunds", &json!({})).await;
        stack.travel(11 * MINUTE);
        stack.chain.mint(treasury, CALL_PRICE);
    }
    stack.chain.mint(treasury, 10 * CALL_PRICE);
    stack.minutes(25).await;
    assert_eq!(statuses(&caller, &calls).await, ["refunded"; 5]);
    assert!(stack.lambda.logs().text().contains("\"alarm\":\"refund_wallet_empty\""));
}

fn hex(bytes: &[u8]) -> String {
    alloy_primitives::hex::encode(bytes)
}
