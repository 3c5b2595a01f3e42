//! Doubts and the watch on Base, whatever strangers write into the chain and whatever a node
//! answers for at once.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::emf;
use harness::sim::chain::Limits;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALL_PRICE, LIST};
use harness::wallet::Payment;
use harness::{Stack, Wallet, binaries};
use serde_json::json;

const FLOAT: u64 = 50_000_000;
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A payment that was signed for a call and that its payer submits instead of sending it to us.
async fn stray(stack: &Stack) -> Wallet {
    let wallet = stack.wallet_with(5_000_000);
    let call = json!({"to": "+12133610872", "task": "Confirm the reservation for two."});
    let payment: Payment = wallet.signs(&stack.post(CALL).body(&call).demand().await);
    stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes()).expect("it is rich");
    wallet
}

fn paid_back(stack: &Stack) -> u64 {
    FLOAT - stack.chain.balance(stack.refund_wallet)
}

/// Rounds of the watch until this much is back; at most `most` of them.
async fn rounds_until(stack: &Stack, back: u64, most: u32) {
    let mut rounds = 0;
    while paid_back(stack) < back {
        assert!(rounds < most, "{} of {back} came back in {most} rounds", paid_back(stack));
        stack.travel(6 * MINUTE);
        stack.sweep().await;
        rounds += 1;
    }
    assert_eq!(paid_back(stack), back);
}

/// All values of a metric, in their order.
async fn measured(stack: &Stack, name: &str) -> Vec<u64> {
    let text = stack.logs().await;
    #[expect(clippy::disallowed_methods, reason = "a metric's time is the machine's")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let now = i64::try_from(now).expect("a time");
    let lines = text.lines().filter_map(|line| Some(line.split_once(": ")?.1));
    let data = lines.flat_map(|line| emf::read(line, now).expect("metrics"));
    data.filter(|datum| datum.name == name).map(|datum| datum.value).collect()
}

/// How old the last block is that was looked at. What is final on Base is twenty minutes old.
async fn minutes_behind(stack: &Stack) -> Option<u64> {
    measured(stack, "WatchLag").await.last().map(|seconds| (seconds + 30) / 60)
}

#[tokio::test]
async fn a_day_of_transfers_of_nothing_to_the_payee_is_worked_off() {
    a_day_of(20_000, 3).await;
}

#[tokio::test]
#[ignore = "the same at its real size, which takes minutes"]
async fn a_day_with_200_000_transfers_of_nothing_to_the_payee_is_worked_off() {
    a_day_of(200_000, 12).await;
}

/// A day with `transfers` transfers, spread over a thousand blocks, is worked off in at most `most`
/// rounds.
async fn a_day_of(transfers: u32, most: u32) {
    let stack = Stack::start(binaries!()).await;
    stack.chain.set_limits(Limits { blocks: 2_000, logs: 5_000 });
    stack.sweep().await;
    let before = stray(&stack).await;
    stack.travel(DAY);
    let after = stray(&stack).await;
    for block in 0..1_000 {
        stack.chain.flood(700 + 42 * block, stack.payee(), 2, transfers / 2_000);
    }
    stack.travel(30 * MINUTE);
    rounds_until(&stack, 2 * CALL_PRICE, most).await;
    assert_eq!((stack.chain.balance(before.address()), stack.chain.balance(after.address())), (5_000_000, 5_000_000));
    assert_eq!(minutes_behind(&stack).await, Some(20));
    assert_eq!(measured(&stack, "Faults").await.iter().sum::<u64>(), 0);
}

#[tokio::test]
async fn a_block_with_more_transfers_than_any_answer_holds_is_read_by_transaction() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    let first = stray(&stack).await;
    // More than the node answers for a block, of which one transaction is more than we read.
    stack.chain.set_limits(Limits { blocks: 2_000, logs: 1_000 });
    stack.chain.flood(0, stack.payee(), 40, 50);
    stack.chain.flood(0, stack.payee(), 1, 2_500);
    let second = stray(&stack).await;
    stack.travel(40 * MINUTE);
    rounds_until(&stack, 2 * CALL_PRICE, 3).await;
    for wallet in [first, second] {
        assert_eq!(stack.chain.balance(wallet.address()), 5_000_000);
    }
    assert!(stack.lambda.logs().text().contains("a transaction is too long to be read"));
    // It has gone on, and stays there.
    stray(&stack).await;
    stack.travel(40 * MINUTE);
    rounds_until(&stack, 3 * CALL_PRICE, 3).await;
}

#[tokio::test]
async fn a_block_of_a_thousand_transactions_is_read_in_parts() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    stack.chain.set_limits(Limits { blocks: 2_000, logs: 100 });
    stack.chain.flood(0, stack.payee(), 1_000, 1);
    stray(&stack).await;
    stack.travel(40 * MINUTE);
    rounds_until(&stack, CALL_PRICE, 4).await;
}

#[tokio::test]
async fn a_node_that_answers_for_few_blocks_is_enough() {
    let stack = Stack::start(binaries!()).await;
    stack.chain.set_limits(Limits { blocks: 100, logs: 10 });
    stack.sweep().await;
    stray(&stack).await;
    // Three hours of blocks between two payments are more than one round reaches.
    stack.travel(200 * MINUTE);
    stray(&stack).await;
    stack.travel(30 * MINUTE);
    rounds_until(&stack, 2 * CALL_PRICE, 6).await;
    let lag = measured(&stack, "WatchLag").await;
    assert!(lag.iter().max() > Some(&3_600) && lag.last() < Some(&3_600), "{lag:?}");
    // A settlement whose answer is lost is found by the same node.
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    let wallet = stack.wallet();
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
}

/// Sold for the word of a facilitator that says that it has settled, and has not.
async fn sold_for_nothing(stack: &Stack, path: &str) {
    let wallet = stack.wallet();
    let lie = json!({
        "success": true, "transaction": format!("{:#x}", wallet.address().into_word()), "network": stack.network().caip2(),
        "payer": format!("{:#x}", wallet.address()),
    });
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::json(200, &lie)));
    stack.post(path).body(&json!({})).pay(&wallet).await.answer.expect(200);
}

#[tokio::test]
async fn what_was_granted_and_is_not_on_the_chain_is_counted_and_pauses_selling_at_a_sum() {
    let mut stack = Stack::builder(binaries!()).parameter("MissingPaymentsStop", "1").start().await;
    stack.excuse("was granted, and paid 0 times", "the facilitator lies");
    stack.excuse("are said to have come in", "the facilitator lies");
    stack.sweep().await;
    sold_for_nothing(&stack, LIST).await;
    let honest = stack.wallet();
    stack.post(LIST).pay(&honest).await.answer.expect(200);
    // An authorization can arrive as long as it is good.
    stack.travel(2 * DAY);
    rounds(&stack, 3).await;
    assert_eq!(measured(&stack, "MissingPayments").await, [1]);
    assert_eq!(measured(&stack, "MissingMoney").await, [1_000]);
    stack.post(LIST).pay(&honest).await.answer.expect(200);
    // It is counted once. More than the sum: nothing is sold until an operator says so.
    sold_for_nothing(&stack, BUY).await;
    stack.travel(2 * DAY);
    rounds(&stack, 3).await;
    assert_eq!(measured(&stack, "MissingMoney").await, [1_000, 5_000_000]);
    stack.post(LIST).pay(&honest).await.answer.refused(503, "selling_paused");
}

#[tokio::test]
async fn what_the_watch_has_seen_is_asked_for_no_more() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    let wallet = stack.wallet();
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    let waiting = || {
        stack
            .dynamo
            .rows()
            .iter()
            .filter(|row| row["due_queue"].as_str().is_some_and(|queue| queue.starts_with("PROOF#")))
            .count()
    };
    assert_eq!(waiting(), 1);
    stack.travel(40 * MINUTE);
    stack.sweep().await;
    assert_eq!(waiting(), 0);
    assert!(measured(&stack, "MissingPayments").await.is_empty());
}

#[tokio::test]
async fn what_was_paid_before_the_records_reach_is_left_alone() {
    let mut stack = Stack::start(binaries!()).await;
    stack.excuse("for nothing we know of", "that is what it looks like to a table that has no record of it");
    stack.excuse("for no refund that we know of", "its record is taken away, as if it were forgotten");
    // Another table has sold for this, or it was so long ago that the record is gone.
    stray(&stack).await;
    stack.travel(2 * DAY);
    stack.sweep().await;
    stack.travel(DAY);
    stray(&stack).await;
    stack.travel(30 * MINUTE);
    let from = stack.chain.height() - 4 * 43_200;
    stack.invoke("reaper", &json!({"payments_from": from})).await;
    rounds(&stack, 2).await;
    assert_eq!(paid_back(&stack), CALL_PRICE, "only what came since the table is watched");
    stack.travel(51 * DAY);
    let wallet = stray(&stack).await;
    stack.travel(30 * MINUTE);
    stack.dynamo.rows().iter().filter_map(|row| row["pk"].as_str()).filter(|pk| pk.starts_with("SALE#")).for_each(
        |pk| {
            stack.dynamo.delete(pk, "SALE");
        },
    );
    let from = stack.chain.height() - 55 * 43_200;
    stack.invoke("reaper", &json!({"payments_from": from})).await;
    rounds(&stack, 2).await;
    assert_eq!((paid_back(&stack), stack.chain.balance(wallet.address())), (2 * CALL_PRICE, 5_000_000));
}

/// What becomes of a payment that is good for a week while no node answers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Week {
    Settled,
    Cancelled,
    CancelledLate,
    NeverUsed,
}

/// A list, bought with a payment of a week whose settlement nothing is heard of, by the facilitator
/// or by the node.
async fn week_of_doubt(stack: &Stack, week: Week) -> (Wallet, Payment) {
    let wallet = stack.wallet_with(1_000);
    stack.facilitator.faults().clear();
    let lost = if week == Week::Settled { Fault::LoseAnswer } else { Fault::Refuse(Answer::html(500)) };
    stack.facilitator.faults().once("POST */settle", lost);
    let paid = stack.post(LIST).pay_bent(&wallet, |payment| payment.valid_for(7 * 86_400 - 60)).await;
    paid.answer.refused(503, "payment_pending");
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    if week == Week::Cancelled {
        stack.chain.cancel(wallet.address(), paid.payment.authorization().nonce).expect("it is unused");
    }
    (wallet, paid.payment)
}

/// How many rounds, an hour apart, the sale of a payment takes to come to its end, and what that
/// is.
async fn rounds_to_its_end(stack: &Stack, payment: &Payment, most: u32) -> (u32, String) {
    let nonce = payment.authorization().nonce.to_string();
    let mut rounds = 0;
    loop {
        assert!(rounds < most, "its end is not known after {rounds} rounds");
        rounds += 1;
        stack.travel(HOUR + MINUTE);
        stack.sweep().await;
        let rows = stack.dynamo.rows();
        let is_its = |pk: &str| pk.starts_with("SALE#") && pk.ends_with(&nonce);
        let sale = rows.iter().find(|row| row["pk"].as_str().is_some_and(is_its)).expect("its sale");
        let state = sale["state"].as_str().expect("a state");
        if state != "settling" {
            return (rounds, state.to_owned());
        }
    }
}

#[tokio::test]
async fn a_payment_of_a_week_comes_to_its_end_whatever_became_of_it_while_no_node_answered() {
    // Each day of blocks since then takes a look, one more is the first, and one the hours in
    // between.
    for (silent, week, most, ends) in [
        (2, Week::Settled, 4, "closed"),
        (2, Week::Cancelled, 4, "void"),
        (2, Week::NeverUsed, 1, "void"),
        (10, Week::Settled, 12, "closed"),
        (10, Week::Cancelled, 12, "void"),
        (10, Week::CancelledLate, 12, "void"),
    ] {
        let stack = Stack::start(binaries!()).await;
        stack.chain.faults().always("*", Fault::Overload);
        let (wallet, payment) = week_of_doubt(&stack, week).await;
        for _ in 0..silent {
            stack.travel(DAY);
            stack.sweep().await;
        }
        if week == Week::CancelledLate {
            stack.chain.cancel(wallet.address(), payment.authorization().nonce).expect("it is unused");
            stack.travel(HOUR);
        }
        stack.chain.faults().clear();
        let (rounds, state) = rounds_to_its_end(&stack, &payment, most).await;
        assert_eq!(state, ends, "{week:?} after {silent} days, {rounds} rounds");
        stack.facilitator.faults().clear();
        let again = stack.post(LIST).paid_with(&payment).send().await;
        assert_eq!(again.status, if ends == "closed" { 200 } else { 402 }, "{week:?} after {silent} days");
    }
}

async fn rounds(stack: &Stack, how_many: u32) {
    for _ in 0..how_many {
        stack.travel(16 * MINUTE);
        stack.sweep().await;
    }
}

#[tokio::test]
async fn a_stretch_that_cannot_be_had_is_missing_in_what_is_told_hides_no_fault_and_is_had_later() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    stray(&stack).await;
    stack.travel(40 * MINUTE);
    let told = measured(&stack, "WatchLag").await.len();
    stack.chain.faults().always("POST /rpc", Fault::Overload);
    let report = stack.invoke("reaper", &json!({})).await;
    // The alarm rings for what is missing.
    assert_eq!((&report["faults"], measured(&stack, "WatchLag").await.len()), (&json!(0), told), "{report}");
    stack.chain.faults().clear();
    rounds_until(&stack, CALL_PRICE, 2).await;
}

#[tokio::test]
async fn a_node_that_stands_still_rings_though_it_has_no_block_that_was_not_looked_at() {
    let stack = Stack::start(binaries!()).await;
    let mut told = Vec::new();
    // It has stood still since the first round.
    for (passes, stands) in [(0, 0), (1, 1), (2, 3)] {
        stack.travel(passes * HOUR);
        stack.chain.faults().always("POST /rpc", Fault::Behind(stands * HOUR));
        stack.invoke("reaper", &json!({})).await;
        told.push(minutes_behind(&stack).await.expect("it is told"));
        stack.chain.faults().clear();
    }
    assert_eq!(told, [20, 80, 200]);
    assert!(stack.lambda.logs().text().contains("the last block that is final is old"));
    // It goes on.
    stack.travel(6 * MINUTE);
    stack.sweep().await;
    assert_eq!(minutes_behind(&stack).await, Some(20));
}
