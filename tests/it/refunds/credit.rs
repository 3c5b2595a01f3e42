//! Credit: where a refund cannot be sent, and what becomes of it.

use std::time::Duration;

use harness::sim::{Answer, Fault};
use harness::spec::{CALL, CALL_PRICE};
use harness::{Stack, binaries};
use serde_json::{Value, json};

use super::{Caller, FLOAT, refund, request};

#[tokio::test]
async fn what_an_empty_refund_wallet_owes_for_a_day_becomes_credit_whether_or_not_something_was_sent() {
    for sent in [false, true] {
        let caller = Caller::new().await;
        let (stack, treasury) = (&caller.stack, caller.stack.refund_wallet);
        let call = caller.fails().await;
        let drained = || stack.chain.transfer(treasury, stack.wallet().address(), FLOAT).expect("it had that much");
        if sent {
            stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
            stack.sweep().await;
            drained();
        } else {
            drained();
            stack.sweep().await;
        }
        // It counts from when it was seen to be empty.
        stack.minutes(3).await;
        caller.later(23 * 60).await;
        assert_eq!(refund(&stack.poll(&call).await).0, "due");
        caller.later(2 * 60).await;
        assert_eq!(refund(&stack.poll(&call).await).0, "credited");
        stack.chain.mint(treasury, FLOAT);
        stack.minutes(11).await;
        assert_eq!(refund(&stack.poll(&call).await).0, "credited");
        assert_eq!(caller.paid_back(), 0, "what was sent came to nothing, and can land no more");
    }
}

#[tokio::test]
async fn a_refund_that_has_waited_for_its_turn_waits_for_an_empty_wallet_as_long_as_any_other() {
    let day = Duration::from_hours(24);
    // One goes back in a day.
    let stack = Stack::builder(binaries!()).parameter("WalletRefundLimit", "1").start().await;
    let caller = Caller::within(stack).await;
    let (stack, treasury) = (&caller.stack, caller.stack.refund_wallet);
    let calls = [caller.fails().await, caller.fails().await, caller.fails().await];
    let have = async |word: &str| {
        let mut found = 0;
        for call in &calls {
            found += usize::from(refund(&stack.poll(call).await).0 == word);
        }
        found
    };
    for back in [1, 2] {
        stack.sweep().await;
        assert_eq!((have("refunded").await, have("due").await), (back, 3 - back));
        stack.travel(day);
        // A day's sums are named after the day, and in a test no other one comes.
        let rows = stack.dynamo.rows();
        let sums = rows.iter().filter_map(|row| row["pk"].as_str()).filter(|pk| pk.starts_with("REFUNDED#"));
        sums.for_each(|pk| {
            stack.dynamo.delete(pk, "REFUNDED");
        });
    }
    // It is the turn of the third, which is owed for two days.
    let drained = stack.chain.transfer(treasury, stack.wallet().address(), stack.chain.balance(treasury));
    drained.expect("it had that much");
    stack.sweep().await;
    caller.later(23 * 60).await;
    assert_eq!((have("refunded").await, have("due").await), (2, 1));
    caller.later(2 * 60).await;
    assert_eq!((have("refunded").await, have("credited").await), (2, 1));
}

#[tokio::test]
async fn what_the_facilitator_will_not_pay_back_becomes_credit_once_it_cannot_be_paid_any_more() {
    for with_node in [true, false] {
        let builder = Stack::builder(binaries!());
        let builder = if with_node { builder } else { builder.without_rpc() };
        let caller = Caller::within(builder.start().await).await;
        let call = caller.fails().await;
        let treasury = caller.stack.refund_wallet;
        caller.stack.facilitator.deny(treasury, "kyt_risk_detected");
        caller.stack.minutes(4).await;
        assert_eq!(refund(&caller.stack.poll(&call).await).0, "due", "the last authorization can still land");
        assert!(caller.stack.lambda.logs().text().contains("\"alarm\":\"refund_refused\""));
        // Five minutes is what it is good for; without a node another quarter of an hour has to
        // pass.
        caller.stack.minutes(6).await;
        if !with_node {
            caller.stack.minutes(9).await;
            assert_eq!(refund(&caller.stack.poll(&call).await).0, "due", "it cannot be said that it did not land");
        }
        caller.later(30).await;
        assert_eq!(refund(&caller.stack.poll(&call).await), (&json!("credited"), &Value::Null));
        assert_eq!(caller.paid_back(), 0);

        // The next call is paid with it: looked at, and never settled.
        let before = caller.money();
        let next = caller.calls().await;
        assert_eq!((&next["payment"], &next["transaction"]), (&json!("credit"), &json!("")));
        assert_eq!(caller.money(), before);
        let shown = caller.stack.poll(&next).await;
        assert_eq!((&shown["charged"], &shown["refund"]), (&json!(true), &Value::Null));
        // And the one after that with money again.
        caller.calls().await;
        assert_eq!(caller.money(), before - CALL_PRICE);
    }
}

#[tokio::test]
async fn a_refund_wallet_that_is_said_to_be_empty_makes_credit_only_where_no_node_says_what_it_holds() {
    for with_node in [true, false] {
        let builder = Stack::builder(binaries!());
        let builder = if with_node { builder } else { builder.without_rpc() };
        let caller = Caller::within(builder.start().await).await;
        let (stack, call) = (&caller.stack, caller.fails().await);
        let network = stack.network().caip2();
        let poor =
            json!({"success": false, "errorReason": "insufficient_funds", "transaction": "", "network": network});
        stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::json(200, &poor)));
        for _ in 0..5 {
            caller.later(24).await;
        }
        assert!(stack.lambda.logs().text().contains("\"alarm\":\"refund_wallet_empty\""));
        let status = async || refund(&stack.poll(&call).await).0.clone();
        if with_node {
            assert_eq!(status().await, "due");
            stack.facilitator.faults().clear();
            caller.later(24).await;
            assert_eq!((status().await, caller.paid_back()), (json!("refunded"), CALL_PRICE));
        } else {
            assert_eq!(status().await, "credited");
        }
    }
}

/// A world without a refund wallet: everything that is owed becomes credit.
async fn without_a_wallet() -> Caller {
    Caller::within(Stack::builder(binaries!()).variable_of("refunds", "REFUND_KMS_KEY", "").start().await).await
}

#[tokio::test]
async fn without_a_refund_wallet_what_is_owed_becomes_credit_at_once() {
    let caller = without_a_wallet().await;
    let call = caller.fails().await;
    caller.stack.sweep().await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "credited");
    assert_eq!(caller.calls().await["payment"], "credit");
}

#[tokio::test]
async fn a_call_paid_with_credit_that_fails_gives_the_credit_back() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    let before = caller.money();
    let again = caller.fails().await;
    assert_eq!(again["payment"], "credit");
    caller.stack.sweep().await;
    let shown = caller.stack.poll(&again).await;
    assert_eq!((refund(&shown).0, &shown["charged"]), (&json!("credited"), &json!(false)));
    assert_eq!(caller.calls().await["payment"], "credit");
    assert_eq!(caller.money(), before);
    assert_eq!(caller.calls().await["payment"], Value::Null, "it was one call's worth");
}

#[tokio::test]
async fn credit_comes_back_when_no_phone_was_rung_for_it() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    caller.stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    let payment = caller.wallet.signs(&caller.stack.post(CALL).body(&request()).demand().await);
    let refused = caller.stack.post(CALL).body(&request()).paid_with(&payment).send().await;
    refused.refused(429, "upstream_rate_limited");
    // The same header again, and credit pays.
    let placed = caller.stack.post(CALL).body(&request()).paid_with(&payment).send().await.expect(200).json();
    assert_eq!(placed["payment"], "credit");
    let replayed = caller.stack.post(CALL).body(&request()).paid_with(&payment).send().await;
    assert_eq!(replayed.expect(200).json(), placed);
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn credit_comes_back_when_a_call_is_found_after_it_was_lost_sight_of() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    caller.stack.bland.faults().once("POST /v1/calls", Fault::LoseAnswer);
    caller.stack.bland.faults().once("GET /v1/calls", Fault::Overload);
    let paid = caller.stack.post(CALL).body(&request()).pay(&caller.wallet).await;
    paid.answer.refused(502, "upstream_error");
    caller.stack.minutes(3).await;
    assert_eq!(caller.calls().await["payment"], "credit");
}

#[tokio::test]
async fn credit_comes_back_when_a_call_was_never_placed() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    // The dialler never got it, and the attempt that asked cannot know.
    caller.stack.bland.faults().once("POST /v1/calls", Fault::Drop);
    let paid = caller.stack.post(CALL).body(&request()).pay(&caller.wallet).await;
    paid.answer.refused(502, "upstream_error");
    caller.stack.minutes(3).await;
    assert_eq!(caller.calls().await["payment"], "credit");
}

#[tokio::test]
async fn a_payment_that_credit_replaced_goes_back_if_its_payer_submits_it_nevertheless() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    let paid = caller.stack.post(CALL).body(&request()).pay(&caller.wallet).await;
    assert_eq!(paid.answer.expect(200).json()["payment"], "credit");
    let taken =
        caller.stack.chain.transfer_with_authorization(paid.payment.authorization(), &paid.payment.signature_bytes());
    taken.expect("any account may");
    caller.stack.bland.finish_all();
    caller.later(30).await;
    // There is no wallet to pay it back from, so it is credit once more.
    let id = paid.answer.json();
    assert_eq!(caller.stack.poll(&id).await["charged"], true);
    assert_eq!(caller.calls().await["payment"], "credit");
    assert_eq!(caller.calls().await["payment"], Value::Null);
}
