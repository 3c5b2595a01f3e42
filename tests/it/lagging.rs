//! Many nodes behind one address, of which one is behind the others and answers a request now and
//! then: what it does not know yet is not what was not there.

use std::time::Duration;

use harness::request::Response;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALL_PRICE, LIST};
use harness::wallet::Payer;
use harness::{Neighbour, Stack, binaries};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// How long a payment in doubt rests after a look, as `Retry-After` says.
const REST: Duration = Duration::from_secs(5);
/// How far the one is behind.
const BEHIND: Fault = Fault::Behind(HOUR);
/// Questions of a look, one after another.
const QUESTIONS: u64 = 8;

/// A payment is made, and neither the facilitator nor the node says so while it is sold for.
fn nothing_is_heard(stack: &Stack, node: Neighbour) {
    stack.facilitator.faults().clear();
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    stack.faults_of(node).always("*", Fault::Overload);
}

/// Later: the node answers again, the facilitator does not.
fn the_node_is_back(stack: &Stack, node: Neighbour) {
    stack.travel(40 * MINUTE);
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    stack.faults_of(node).clear();
}

/// Whether it is not known yet, where the nth question of a look is answered by the one that is
/// behind.
fn waits(looked: &Response, nth: u64) -> bool {
    assert!(matches!(looked.status.as_u16(), 200 | 503), "{nth}: {}", looked.status);
    looked.status == 503
}

/// Each question of a look is answered once by the node that is behind: it may leave the payment
/// in doubt, and cancels it never.
async fn is_paid_whichever_question_is_answered_by_the_one_behind(stack: &Stack, node: Neighbour, wallet: &impl Payer) {
    let mut waited = 0;
    for nth in 1..=QUESTIONS {
        nothing_is_heard(stack, node);
        let paid = stack.post(LIST).pay(wallet).await;
        paid.answer.refused(503, "payment_pending");
        the_node_is_back(stack, node);
        stack.faults_of(node).nth("*", nth, BEHIND);
        let again = async || stack.post(LIST).paid_with(&paid.payment).send().await;
        waited += u32::from(waits(&again().await, nth));
        // It has caught up.
        stack.faults_of(node).clear();
        stack.travel(REST);
        again().await.expect(200);
    }
    assert!(waited > 0, "no question was one that matters");
}

#[tokio::test]
async fn a_payment_is_not_cancelled_because_the_node_that_is_asked_is_behind() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    is_paid_whichever_question_is_answered_by_the_one_behind(&stack, Neighbour::Chain, &wallet).await;
}

#[tokio::test]
async fn on_solana_a_payment_is_not_cancelled_either() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let wallet = stack.solana_wallet();
    is_paid_whichever_question_is_answered_by_the_one_behind(&stack, Neighbour::Solana, &wallet).await;
}

#[tokio::test]
async fn a_doubt_lasts_as_long_as_all_are_behind_and_ends_when_they_have_caught_up() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    nothing_is_heard(&stack, Neighbour::Chain);
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    the_node_is_back(&stack, Neighbour::Chain);
    stack.chain.faults().always("*", BEHIND);
    for _ in 0..3 {
        stack.sweep().await;
        stack.post(LIST).paid_with(&paid.payment).send().await.refused(503, "payment_pending");
        stack.travel(5 * MINUTE);
    }
    stack.chain.faults().clear();
    stack.travel(HOUR);
    stack.sweep().await;
    stack.post(LIST).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn no_payment_to_us_is_missed_because_the_node_that_is_asked_is_behind() {
    let stack = Stack::start(binaries!()).await;
    let float = stack.chain.balance(stack.refund_wallet);
    stack.sweep().await;
    for nth in 1..=4 {
        let wallet = stack.wallet_with(5_000_000);
        let call = json!({"to": "+12133610872", "task": "Confirm the reservation for two."});
        let payment = wallet.signs(&stack.post(CALL).body(&call).demand().await);
        let (what, signature) = (payment.authorization(), payment.signature_bytes());
        stack.chain.transfer_with_authorization(what, &signature).expect("it is rich");
        stack.travel(40 * MINUTE);
        stack.chain.faults().nth("*", nth, BEHIND);
        stack.invoke("reaper", &json!({})).await;
        stack.chain.faults().clear();
    }
    for _ in 0..4 {
        stack.travel(6 * MINUTE);
        stack.sweep().await;
    }
    assert_eq!(float - stack.chain.balance(stack.refund_wallet), 4 * CALL_PRICE);
}

#[tokio::test]
async fn a_payment_that_was_made_is_not_called_unpaid_because_the_node_that_is_asked_is_behind() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.travel(2 * HOUR);
    let payment = wallet.signs(&stack.post(BUY).body(&json!({})).demand().await);
    let (what, signature) = (payment.authorization(), payment.signature_bytes());
    stack.chain.transfer_with_authorization(what, &signature).expect("it is rich");
    stack.chain.faults().always("*", BEHIND);
    stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.refused(409, "payment_conflict");
    stack.chain.faults().clear();
    // What was found out is kept for a minute, by the process that found it.
    stack.lambda.kill("numbers_buy");
    stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.expect(200);
}

#[tokio::test]
async fn a_refund_wallet_that_was_filled_makes_no_credit_while_all_nodes_are_behind() {
    let stack = Stack::start(binaries!()).await;
    let (treasury, wallet) = (stack.refund_wallet, stack.wallet());
    let call = fails(&stack, &wallet).await;
    let float = stack.chain.balance(treasury);
    stack.chain.transfer(treasury, stack.wallet().address(), float).expect("it had that much");
    is_due_until_the_nodes_know(&stack, &call, Neighbour::Chain, || stack.chain.mint(treasury, float)).await;
}

#[tokio::test]
async fn on_solana_it_makes_none_either() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let (treasury, wallet) = (stack.solana_refund_wallet, stack.solana_wallet_with(20_000_000));
    let call = fails(&stack, &wallet).await;
    let float = stack.solana.balance(treasury);
    stack.solana.change(treasury, |account| account.amount = 0);
    is_due_until_the_nodes_know(&stack, &call, Neighbour::Solana, || stack.solana.mint(treasury, float)).await;
}

/// A call that is to be paid back.
async fn fails(stack: &Stack, wallet: &impl Payer) -> Value {
    stack.post(BUY).body(&json!({})).pay(wallet).await.answer.expect(200);
    stack.bland.script_next(Script::PreQueueError);
    let body = json!({"to": "+12133610872", "task": "Confirm the reservation for two."});
    let call = stack.post(CALL).body(&body).pay(wallet).await.answer.expect(200).json();
    stack.bland.finish_all();
    call
}

/// The refund wallet is empty; a day later the operator fills it, and no node that is asked knows
/// of that yet.
async fn is_due_until_the_nodes_know(stack: &Stack, call: &Value, node: Neighbour, fill: impl FnOnce()) {
    for seconds in [30, 61] {
        stack.travel(Duration::from_secs(seconds));
        stack.poll(call).await;
    }
    stack.minutes(2).await;
    let status = async || stack.poll(call).await["refund"]["status"].as_str().expect("a status").to_owned();
    assert_eq!(status().await, "due");
    stack.travel(23 * HOUR);
    fill();
    stack.travel(HOUR + 20 * MINUTE);
    stack.faults_of(node).always("*", Fault::Behind(2 * HOUR));
    stack.minutes(1).await;
    assert_eq!(status().await, "due");
    stack.faults_of(node).clear();
    stack.minutes(11).await;
    assert_eq!(status().await, "refunded");
}
