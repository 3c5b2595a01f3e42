//! Where no node can be asked what became of a payment.

use std::time::Duration;

use harness::sim::{Answer, Fault};
use harness::spec::{BUY, LIST};
use harness::{Stack, binaries};
use serde_json::json;

#[tokio::test]
async fn without_a_node_a_refusal_is_not_believed_once_something_was_sent() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(LIST).pay(&stack.wallet()).await;
    paid.answer.refused(503, "payment_pending");
    let again = || stack.post(LIST).paid_with(&paid.payment).send();
    stack.facilitator.decline_next("insufficient_funds");
    again().await.refused(503, "payment_pending");
    stack.travel(Duration::from_secs(5));
    again().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn without_a_node_a_lost_settlement_waits_and_is_never_answered_with_402() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    stack.post(LIST).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn without_a_node_an_unknown_payment_is_given_up_a_quarter_of_an_hour_after_it_has_expired() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    let again = || stack.post(LIST).paid_with(&paid.payment).send();
    // Its five minutes are over, and it may have been settled in the last of them.
    stack.travel(Duration::from_mins(10));
    again().await.refused(503, "payment_pending");
    stack.travel(Duration::from_mins(11));
    again().await.refused(402, "payment_required");
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn without_a_node_a_payment_that_is_said_to_be_used_is_never_given_up() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    assert_eq!(stack.earned(), 1_000);
    let again = || stack.post(LIST).paid_with(&paid.payment).send();
    // Not to be reached now says nothing about what was sent before.
    stack.facilitator.faults().times("POST */settle", 3, Fault::Refuse(Answer::json(429, &json!({}))));
    again().await.refused(503, "payment_pending");
    stack.travel(Duration::from_secs(5));
    // Now the facilitator says that the nonce is used; it does not say by whom.
    again().await.refused(503, "payment_pending");
    stack.travel(Duration::from_hours(2));
    stack.sweep().await;
    again().await.refused(503, "payment_pending");
}

#[tokio::test]
async fn without_a_node_a_used_payment_is_not_said_to_be_unpaid() {
    let mut stack = Stack::builder(binaries!()).without_rpc().start().await;
    stack.excuse("for nothing we know of", "no node can tell that it was paid, and nothing is promised for it");
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes()).expect("it is signed");
    let refused = stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.refused(409, "payment_conflict");
    assert!(!refused["message"].as_str().expect("a message").contains("Not charged"));
    assert!(stack.twilio.held().is_empty());
}

#[tokio::test]
async fn without_a_node_a_payment_that_is_not_said_to_be_used_is_declined() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let reason = "invalid_exact_evm_transaction_simulation_failed";
    let invalid = json!({"isValid": false, "invalidReason": reason});
    stack.facilitator.faults().once("POST */verify", Fault::Refuse(Answer::json(200, &invalid)));
    let paid = stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await;
    assert_eq!(paid.answer.refused(402, "payment_required")["reason"], reason);
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
}
