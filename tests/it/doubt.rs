//! Payments whose outcome is not known: what goes on meanwhile, who waits for them, and how they
//! end.

mod late;

use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALL_PRICE, CALLS, LIST, NUMBER_PRICE};
use harness::wallet::Payment;
use harness::{Neighbour, Stack, Wallet, binaries};
use serde_json::{Map, Value, json};

use crate::rounds::size;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// A call of half an hour at most, for which the facilitator has answered nothing that could be
/// read, by a wallet with so much left. The payment is good for a quarter of an hour.
struct Doubtful {
    call: Value,
    wallet: Wallet,
    payment: Payment,
}

impl Doubtful {
    async fn begin(stack: &Stack, script: Script) -> Self {
        Self::begin_for(stack, script, 890).await
    }

    /// The same with a payment that is good for so many seconds.
    async fn begin_for(stack: &Stack, script: Script, seconds: i64) -> Self {
        let wallet = stack.wallet_with(NUMBER_PRICE + CALL_PRICE);
        stack.buys(&wallet).await;
        stack.bland.script_next(script);
        stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(500)));
        let body = json!({"phone_number": "+12133610872", "task": "Read this book to me.", "max_duration": 30});
        let paid = stack.post(CALL).body(&body).pay_bent(&wallet, |payment| payment.valid_for(seconds)).await;
        let call = paid.answer.expect(200).json();
        assert_eq!(call["payment"], "pending");
        Self { call, wallet, payment: paid.payment }
    }

    /// The payer moves his money away.
    fn drain(&self, stack: &Stack) {
        let left = stack.chain.balance(self.wallet.address());
        stack.chain.transfer(self.wallet.address(), Wallet::random().address(), left).expect("it is his");
    }

    /// The payment arrives all the same.
    fn arrive(&self, stack: &Stack) {
        let (authorization, signature) = (self.payment.authorization(), self.payment.signature_bytes());
        stack.chain.transfer_with_authorization(authorization, &signature).expect("it is signed and covered");
    }

    /// What a poll says of its end and its money.
    async fn seen(&self, stack: &Stack) -> Value {
        let said = stack.poll(&self.call).await;
        ["status", "ended_by", "charged", "payment", "final", "paid"].iter().map(|name| said[*name].clone()).collect()
    }
}

#[tokio::test]
async fn a_call_whose_payment_is_in_doubt_is_stopped_after_two_minutes_and_costs_nothing() {
    let stack = Stack::start(binaries!()).await;
    let doubtful = Doubtful::begin(&stack, Script::NeverEnds).await;
    doubtful.drain(&stack);
    stack.minutes(1).await;
    assert!(!stack.bland.calls()[0].is_over());
    assert_eq!(doubtful.seen(&stack).await, json!(["started", "IN_PROGRESS", false, "pending", false, "0.00"]));
    stack.minutes(1).await;
    assert!(stack.bland.calls()[0].is_over(), "two minutes");
    stack.travel(Duration::from_secs(5));
    assert_eq!(doubtful.seen(&stack).await, json!(["failed", "ERROR", false, "pending", true, "0.00"]));
    let reason = stack.poll(&doubtful.call).await["ended_by_reason"].clone();
    assert!(reason.as_str().expect("a reason").contains("could not be made, or confirmed, in time"), "{reason}");
    let sends = stack.facilitator.settles();
    stack.travel(45 * MINUTE);
    stack.minutes(1).await;
    assert_eq!(doubtful.seen(&stack).await, json!(["failed", "ERROR", false, null, true, "0.00"]));
    assert_eq!(stack.facilitator.settles(), sends, "what was stopped is not paid for any more");
    assert_eq!(stack.earned(), NUMBER_PRICE);
}

#[tokio::test]
async fn a_call_that_could_not_be_stopped_in_doubt_is_stopped_by_the_next_round() {
    let stack = Stack::start(binaries!()).await;
    let doubtful = Doubtful::begin(&stack, Script::NeverEnds).await;
    doubtful.drain(&stack);
    stack.bland.faults().once("POST /v1/calls/*/stop", Fault::Refuse(Answer::html(503)));
    stack.minutes(3).await;
    assert!(stack.bland.calls()[0].is_over());
}

#[tokio::test]
async fn a_call_that_has_ended_before_it_could_be_stopped_is_paid_for_as_usual() {
    let stack = Stack::start(binaries!()).await;
    let doubtful = Doubtful::begin(&stack, Script::UserHangsUp).await;
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    stack.bland.finish_all();
    stack.minutes(4).await;
    assert_eq!(stack.bland.faults().count("POST /v1/calls/*/stop"), 0);
    stack.facilitator.faults().clear();
    stack.minutes(5).await;
    assert_eq!(doubtful.seen(&stack).await[2], true);
    assert_eq!(stack.earned(), NUMBER_PRICE + CALL_PRICE);
}

#[tokio::test]
async fn without_a_node_a_call_in_doubt_is_stopped_too_and_what_was_paid_for_it_goes_back() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let doubtful = Doubtful::begin(&stack, Script::NeverEnds).await;
    stack.facilitator.faults().times("POST */settle", 3, Fault::Refuse(Answer::html(500)));
    stack.minutes(3).await;
    assert!(stack.bland.calls()[0].is_over());
    stack.minutes(14).await;
    let said = stack.poll(&doubtful.call).await;
    assert_eq!((&said["ended_by"], &said["charged"]), (&json!("ERROR"), &json!(false)));
    assert_eq!(said["refund"]["status"], "refunded");
}

#[tokio::test]
async fn who_repeats_the_header_of_a_call_that_was_stopped_in_doubt_is_told_which_call_that_was() {
    let stack = Stack::start(binaries!()).await;
    let doubtful = Doubtful::begin(&stack, Script::NeverEnds).await;
    stack.chain.faults().always("*", Fault::Overload);
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    stack.minutes(3).await;
    let body = json!({"phone_number": "+12133610872", "task": "Read this book to me.", "max_duration": 30});
    let again = || stack.post(CALL).body(&body).paid_with(&doubtful.payment).send();
    let pending = again().await.expect(200).json();
    assert_eq!((&pending["call_id"], &pending["payment"]), (&doubtful.call["call_id"], &json!("pending")));
    stack.chain.faults().clear();
    stack.facilitator.faults().clear();
    doubtful.drain(&stack);
    stack.travel(45 * MINUTE);
    stack.minutes(1).await;
    again().await.refused(402, "payment_required");
}

/// An item, as DynamoDB's JSON.
fn item(stack: &Stack, pk: &str) -> Map<String, Value> {
    stack
        .dynamo
        .items()
        .into_iter()
        .find(|item| item["pk"]["S"].as_str().is_some_and(|it| it.starts_with(pk)))
        .expect("it")
}

/// This many sales of a day ago, each of another payment, whose outcome cannot be found out: real
/// rows, written past all rules.
async fn hostile(stack: &Stack, count: usize) -> Vec<String> {
    let wallet = stack.wallet_with(1_000);
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(500)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    let nonce = paid.payment.authorization().nonce.to_string();
    let is_it = |item: &Map<String, Value>| {
        item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("SALE#") && pk.contains(&nonce[2..]))
    };
    let model = stack.dynamo.items().into_iter().find(is_it).expect("the doubt");
    assert!(model["due_queue"]["S"].as_str().expect("a queue").starts_with("DOUBT#"));
    let old = |name: &str| {
        let second: i64 = model[name]["N"].as_str().expect("a number").parse().expect("seconds");
        json!({"N": (second - 86_400).to_string()})
    };
    let mut made = Vec::new();
    for nth in 0..count {
        let other = format!("{nth:064x}");
        let text = Value::Object(model.clone()).to_string().replace(&nonce[2..], &other);
        let mut item: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
        for name in ["created_at", "busy_until", "due_at"] {
            item.insert(name.to_owned(), old(name));
        }
        item["payment"]["M"]["valid_before"] = old("created_at");
        item.insert("due_queue".to_owned(), json!({"S": format!("DOUBT#{}", nth % 4)}));
        made.push(item["pk"]["S"].as_str().expect("a key").to_owned());
        stack.dynamo.put(&item);
    }
    stack.dynamo.delete(model["pk"]["S"].as_str().expect("a key"), "SALE");
    stack.dynamo.delete(&format!("DOUBTS#{}", wallet.caip10(stack.network())), "DOUBTS");
    made
}

/// `DOUBTS=5000` for a night: as many as have been tried.
#[tokio::test]
async fn a_great_many_doubts_delay_no_other_payer() {
    let many = size("DOUBTS", 1_000);
    let stack = Stack::builder(binaries!()).latency(Neighbour::Chain, Duration::from_millis(20)).start().await;
    // A lease that has ended.
    let tenant = stack.wallet();
    let number = stack.buys(&tenant).await;
    stack.travel(30 * DAY + 31 * MINUTE);
    // A call that failed, a call in doubt, and one that does not end.
    let (unlucky, talker) = (stack.wallet(), stack.wallet());
    stack.buys(&unlucky).await;
    stack.buys(&talker).await;
    stack.bland.script_next(Script::Failed);
    let body = json!({"phone_number": "+12133610871", "task": "Confirm the reservation.", "max_duration": 1});
    let failed = stack.post(CALL).body(&body).pay(&unlucky).await.answer.expect(200).json();
    stack.bland.finish_all();
    stack.bland.script_next(Script::NeverEnds);
    let body = json!({"phone_number": "+12133610873", "task": "Confirm the reservation.", "max_duration": 1});
    stack.post(CALL).body(&body).pay(&talker).await.answer.expect(200);
    for _ in 0..2 {
        stack.poll(&failed).await;
        stack.travel(MINUTE);
    }
    assert_eq!(stack.poll(&failed).await["refund"]["status"], "due");
    let doubtful = Doubtful::begin(&stack, Script::NeverEnds).await;
    doubtful.drain(&stack);
    // Finality is as far away as it can be: what is not used is never known to be dead.
    stack.chain.set_finality_lag(10_000_000);
    let made = hostile(&stack, many).await;

    stack.travel(2 * MINUTE);
    stack.sweep().await;
    stack.sweep().await;
    assert_eq!(
        stack.bland.calls().iter().filter(|call| !call.is_over()).count(),
        0,
        "what should not go on is stopped"
    );
    assert_eq!(stack.poll(&failed).await["refund"]["status"], "refunded");
    let custody = stack.dynamo.row(&format!("NUMBER#{number}"), "NUMBER").expect("a number")["custody"].clone();
    assert_eq!(custody, "pooled");
    let waiting: usize = (0..4).map(|shard| stack.dynamo.due(&format!("DOUBT#{shard}")).len()).sum();
    assert!(waiting >= many, "they are all still there: {waiting}");

    stack.chain.set_finality_lag(0);
    for pk in &made {
        stack.dynamo.delete(pk, "SALE");
    }
}

#[tokio::test]
async fn fifty_leases_that_cannot_be_taken_back_do_not_hide_the_next_one() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    stack.travel(30 * DAY + 31 * MINUTE);
    let lease =
        stack.dynamo.items().into_iter().find(|item| item["sk"]["S"] == *format!("LEASE#{number}")).expect("a lease");
    let due: i64 = lease["due_at"]["N"].as_str().expect("a number").parse().expect("seconds");
    let others: Vec<_> = (0..120).map(|nth| format!("LEASE#+1212777{nth:04}")).collect();
    for sk in &others {
        let mut held = lease.clone();
        held.insert("sk".to_owned(), json!({"S": sk}));
        held.insert("hold".to_owned(), json!({"S": "a renewal"}));
        held.insert("due_at".to_owned(), json!({"N": (due - 60).to_string()}));
        stack.dynamo.put(&held);
    }
    stack.sweep().await;
    let custody = stack.dynamo.row(&format!("NUMBER#{number}"), "NUMBER").expect("a number")["custody"].clone();
    assert_eq!(custody, "pooled");
    let pk = lease["pk"]["S"].as_str().expect("a key");
    for sk in &others {
        stack.dynamo.delete(pk, sk);
    }
}

#[tokio::test]
async fn what_fails_goes_behind_what_has_waited_longer() {
    let stack = Stack::start(binaries!()).await;
    stack.buys(&stack.wallet()).await;
    let model = item(&stack, "NUMBER#");
    let numbers: Vec<_> = (0..3).map(|nth| format!("NUMBER#+1212555{nth:04}")).collect();
    for (nth, pk) in (0_i64..).zip(&numbers) {
        let mut broken = model.clone();
        broken.retain(|name, _| ["sk", "country"].contains(&name.as_str()));
        for (name, text) in [("pk", pk.as_str()), ("custody", "importing"), ("due_queue", "IMPORT"), ("sid", "PN0")] {
            broken.insert(name.to_owned(), json!({"S": text}));
        }
        broken.insert("due_at".to_owned(), json!({"N": (1_000 + nth).to_string()}));
        stack.bland.set_unimportable(&pk["NUMBER#".len()..], true);
        stack.dynamo.put(&broken);
    }
    let due_at = |pk: &str| stack.dynamo.row(pk, "NUMBER").expect("a number")["due_at"].as_i64().expect("seconds");
    stack.sweep().await;
    let first: Vec<_> = numbers.iter().map(|pk| due_at(pk)).collect();
    assert!(first.iter().all(|at| *at > 1_000_000), "{first:?}");
    for pk in &numbers {
        stack.dynamo.delete(pk, "NUMBER");
    }
}

#[tokio::test]
async fn a_wallet_has_at_most_two_payments_in_doubt_and_the_next_one_is_not_taken() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    let first = stack.post(LIST).pay(&wallet).await;
    first.answer.refused(503, "payment_pending");
    stack.post(LIST).pay(&wallet).await.answer.refused(503, "payment_pending");
    let (settles, sales) = (stack.facilitator.settles(), stack.dynamo.items().len());
    for path in [LIST, BUY] {
        let third = stack.post(path).body(&json!({})).pay(&wallet).await.answer;
        let refused = third.refused(429, "rate_limited");
        assert_eq!(
            (&refused["limit"], &refused["retry_after_seconds"]),
            (&json!("doubtful_payments_per_wallet"), &json!(null))
        );
        assert!(third.header("retry-after").is_none(), "when it ends is not known");
    }
    assert_eq!(
        (stack.facilitator.settles(), stack.dynamo.items().len()),
        (settles, sales),
        "nothing was sent or written"
    );
    // Another wallet is none the worse, and neither is a repeat of what is in doubt.
    stack.post(LIST).pay(&stack.wallet()).await.answer.refused(503, "payment_pending");
    stack.facilitator.faults().clear();
    stack.post(LIST).paid_with(&first.payment).send().await.expect(200);
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
}

#[tokio::test]
async fn doubts_count_once_however_often_they_are_looked_at_and_no_longer_than_they_last() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet_with(1_000);
    let doubts =
        || stack.dynamo.rows().into_iter().find(|row| row["sk"] == "DOUBTS").expect("it is counted")["doubts"].clone();
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    for _ in 0..3 {
        stack.post(LIST).paid_with(&paid.payment).send().await.refused(503, "payment_pending");
        stack.minutes(1).await;
    }
    assert_eq!(doubts(), 1);
    stack.facilitator.faults().clear();
    stack.chain.transfer(wallet.address(), Wallet::random().address(), 1_000).expect("it is his");
    stack.travel(45 * MINUTE);
    stack.minutes(1).await;
    stack.post(LIST).paid_with(&paid.payment).send().await.refused(402, "payment_required");
    assert_eq!(doubts(), 0);
}

#[tokio::test]
async fn a_payment_whose_only_transaction_has_reverted_is_unpaid_when_the_payer_has_nothing_left() {
    let stack = Stack::start(binaries!()).await;
    for left in [0, 1_000] {
        let wallet = stack.wallet_with(1_000);
        let payment = wallet.signs(&stack.post(LIST).demand().await);
        // What the facilitator has sent reverts: the wallet was emptied in the block before.
        let (authorization, signature) = (payment.authorization(), payment.signature_bytes());
        stack.chain.transfer(wallet.address(), stack.wallet().address(), 1_000).expect("it is his");
        let hash = stack.chain.submit(authorization, &signature);
        stack.chain.mine();
        stack.chain.mint(wallet.address(), left);
        let said = json!({"success": false, "errorReason": "invalid_exact_evm_transaction_failed", "transaction": hash.to_string(), "network": "eip155:84532"});
        stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::json(200, &said)));
        let answer = stack.post(LIST).paid_with(&payment).send().await;
        if left == 0 {
            answer.refused(402, "payment_required");
        } else {
            answer.refused(503, "payment_pending");
        }
    }
}
