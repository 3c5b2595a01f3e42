//! Refunds on Solana.

use std::time::Duration;

use futures_util::future::join;
use harness::sim::{Answer, Fault};
use harness::spec::{CALL, CALL_PRICE};
use harness::{Stack, binaries};
use serde_json::json;

use crate::telemetry::Log;

use super::{Caller, FLOAT, request, world};

#[tokio::test]
async fn a_call_that_failed_is_paid_back_to_who_paid_it() {
    let caller = Caller::within(world().await).await;
    let before = caller.money();
    let call = caller.fails().await;
    assert_eq!(caller.money(), before - CALL_PRICE);
    caller.stack.sweep().await;
    let shown = caller.stack.poll(&call).await;
    assert_eq!((&shown["charged"], &shown["refund"]["status"]), (&json!(false), &json!("refunded")));
    let transaction = shown["refund"]["transaction"].as_str().expect("a signature");
    assert!(caller.stack.solana.transaction(transaction).is_some());
    caller.stack.minutes(3).await;
    assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE));
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_not_sent_twice() {
    let caller = Caller::within(world().await).await;
    let call = caller.fails().await;
    caller.stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    caller.stack.solana.faults().always("POST /", Fault::Refuse(Answer::html(502)));
    // A node is needed to build it, so it is not even built.
    caller.stack.sweep().await;
    assert_eq!((caller.paid_back(), &caller.stack.poll(&call).await["refund"]["status"]), (0, &json!("due")));
    caller.stack.solana.faults().clear();
    caller.stack.minutes(2).await;
    assert_eq!(caller.paid_back(), CALL_PRICE);
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "refunded");
    // Long after its block is past it is still the same.
    caller.stack.minutes(12).await;
    assert_eq!(caller.paid_back(), CALL_PRICE);
}

#[tokio::test]
async fn a_refund_that_was_not_sent_is_built_anew_when_its_block_is_past() {
    let caller = Caller::within(world().await).await;
    let before = caller.money();
    let call = caller.fails().await;
    caller.stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(502)));
    caller.stack.minutes(1).await;
    let row = |caller: &Caller| {
        let rows = caller.stack.dynamo.rows();
        rows.into_iter().find_map(|row| row["refund"]["sent"].as_str().map(str::to_owned)).expect("it is recorded")
    };
    let first = row(&caller);
    // While it could still be processed, it is the same one that is sent again.
    caller.stack.travel(Duration::from_secs(20));
    caller.stack.sweep().await;
    assert_eq!(row(&caller), first);
    caller.stack.facilitator.faults().clear();
    caller.stack.minutes(20).await;
    assert_ne!(row(&caller), first);
    assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE));
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "refunded");
}

#[tokio::test]
async fn a_process_that_dies_after_sending_a_refund_has_sent_it_once() {
    for fault in [Fault::HaltBefore, Fault::HaltAfter] {
        let caller = Caller::within(world().await).await;
        let call = caller.fails().await;
        let stack = &caller.stack;
        stack.invoke("reaper", &json!({})).await;
        stack.facilitator.faults().once("POST */settle", fault);
        let halts = stack.facilitator.faults().halts();
        let killed = async {
            stack.facilitator.faults().halted(halts + 1).await;
            assert!(stack.lambda.kill("refunds") > 0);
        };
        let (swept, ()) = join(stack.lambda.invoke("refunds", &json!({})), killed).await;
        assert!(swept.is_err(), "it died");
        caller.stack.minutes(15).await;
        assert_eq!(caller.paid_back(), CALL_PRICE);
        assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "refunded");
    }
}

#[tokio::test]
async fn what_the_facilitator_will_not_pay_back_becomes_credit_once_its_block_is_past() {
    let caller = Caller::within(world().await).await;
    let call = caller.fails().await;
    caller.stack.facilitator.deny_on_solana(caller.stack.solana_refund_wallet, "kyt_risk_detected");
    caller.stack.minutes(2).await;
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "due", "the last transaction can still land");
    caller.stack.minutes(30).await;
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "credited");
    assert_eq!(caller.paid_back(), 0);
}

#[tokio::test]
async fn what_the_refund_wallets_of_both_rails_hold_is_told_and_an_operator_is_warned_below_ten_dollars() {
    const LOW: u64 = 10_000_000;
    let stack = world().await;
    let (treasury, elsewhere) = (stack.refund_wallet, stack.wallet().address());
    let told = async || stack.invoke("refunds", &json!({"float": true})).await;
    let warned = || stack.lambda.logs().text().contains("\"alarm\":\"refund_wallet_low\"");
    assert_eq!(told().await, json!({"evm": "$50.00", "solana": "$50.00"}));
    stack.chain.transfer(treasury, elsewhere, FLOAT - LOW).expect("it had that much");
    assert_eq!((told().await, warned()), (json!({"evm": "$10.00", "solana": "$50.00"}), false));
    stack.chain.transfer(treasury, elsewhere, 1).expect("it had that much");
    told().await;
    assert!(warned());
}

#[tokio::test]
async fn while_one_of_two_refund_wallets_cannot_be_looked_at_nothing_is_told_of_the_other() {
    let stack = world().await;
    let told = async || stack.invoke("refunds", &json!({"float": true})).await;
    stack.chain.faults().always("*", Fault::Overload);
    assert_eq!(told().await, json!({"solana": "$50.00"}));
    stack.chain.faults().clear();
    let log = Log::of(&stack).await;
    assert_eq!(log.all("RefundFloat", &[]), Vec::<u64>::new());
}

#[tokio::test]
async fn a_closed_token_account_gets_credit_which_pays_the_next_call() {
    let caller = Caller::within(world().await).await;
    let call = caller.fails().await;
    caller.stack.solana.close_account(caller.wallet.address());
    caller.stack.sweep().await;
    let now = "what is final yet is of before the refund was owed, when the account may not have been there";
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "due", "{now}");
    caller.stack.minutes(2).await;
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "credited");
    caller.stack.solana.mint(caller.wallet.address(), 1_000_000);
    caller.stack.travel(Duration::from_secs(15));
    let next = caller.stack.post(CALL).body(&request()).pay(&caller.wallet).await.answer.expect(200).json();
    assert_eq!(next["payment"], "credit");
    assert_eq!((caller.money(), caller.paid_back()), (1_000_000, 0));
}

#[tokio::test]
async fn without_a_refund_wallet_what_is_owed_becomes_credit() {
    let stack = Stack::builder(binaries!()).solana().secret("RefundSecret", None).start().await;
    let caller = Caller::within(stack).await;
    let call = caller.fails().await;
    caller.stack.sweep().await;
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "credited");
}
