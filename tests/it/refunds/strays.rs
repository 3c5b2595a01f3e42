//! What arrives at the payee and bought nothing.

use harness::sim::Fault;
use harness::spec::{CALL, CALL_PRICE};
use serde_json::json;

use super::{Caller, MINUTE, request, submitted};

#[tokio::test]
async fn a_payment_that_arrives_although_we_refused_it_goes_back() {
    let caller = Caller::new().await;
    let (stack, wallet) = (&caller.stack, &caller.wallet);
    // Refused before there was a record: 400.
    let bad = json!({"to": "+12133610872", "task": "short"});
    let unrecorded = wallet.signs(&stack.post(CALL).body(&request()).demand().await);
    stack.post(CALL).body(&bad).paid_with(&unrecorded).send().await.refused(400, "bad_request");
    // Refused after it was claimed: 429 of the dialler.
    stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    let recorded = wallet.signs(&stack.post(CALL).body(&request()).demand().await);
    stack.post(CALL).body(&request()).paid_with(&recorded).send().await.refused(429, "upstream_rate_limited");
    let before = caller.money();
    submitted(stack, &unrecorded);
    submitted(stack, &recorded);
    assert_eq!(caller.money(), before - 2 * CALL_PRICE);
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    assert_eq!(caller.paid_back(), 0, "its block is not final yet");
    caller.later(30).await;
    assert_eq!((caller.money(), caller.paid_back()), (before, 2 * CALL_PRICE));
    for payment in [&unrecorded, &recorded] {
        let late = stack.post(CALL).body(&request()).paid_with(payment).send().await;
        late.refused(409, "payment_returned");
    }
    caller.stack.minutes(10).await;
    assert_eq!(caller.paid_back(), 2 * CALL_PRICE);
}

#[tokio::test]
async fn no_payment_is_passed_by_while_its_sale_is_unfinished() {
    let caller = Caller::new().await;
    let (stack, before) = (&caller.stack, caller.money());
    // Whether a phone rings is not known, and the dialler does not tell: the sale stays open.
    stack.bland.faults().once("POST /v1/calls", Fault::LoseAnswer);
    stack.bland.faults().always("GET /v1/calls", Fault::Overload);
    let paid = stack.post(CALL).body(&request()).pay(&caller.wallet).await;
    paid.answer.refused(502, "upstream_error");
    submitted(stack, &paid.payment);
    caller.later(60).await;
    assert_eq!(caller.paid_back(), 0, "it may be granted yet");
    stack.bland.faults().clear();
    caller.later(20).await;
    assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE));
}

#[tokio::test]
async fn a_payment_that_bought_something_is_no_stray() {
    let caller = Caller::new().await;
    let call = caller.calls().await;
    caller.stack.bland.finish_all();
    caller.later(60).await;
    assert_eq!(caller.stack.poll(&call).await["charged"], true);
    assert_eq!(caller.paid_back(), 0);
}

#[tokio::test]
async fn an_ordinary_transfer_to_the_payee_is_not_a_payment() {
    let caller = Caller::new().await;
    let rich = caller.stack.wallet();
    caller.stack.chain.transfer(rich.address(), caller.stack.payee(), 1_000_000).expect("it is rich");
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 0);
    assert!(caller.stack.lambda.logs().text().contains("an ordinary transfer to the payee"));
}

#[tokio::test]
async fn dust_is_not_worth_a_transaction_and_becomes_credit() {
    let caller = Caller::new().await;
    let demand = caller.stack.post(CALL).body(&request()).demand().await;
    let dust = caller.wallet.signs(&demand).value(999);
    submitted(&caller.stack, &dust);
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 0);
    let wallet = format!("WALLET#{}", caller.wallet.caip10(caller.stack.network()));
    let row = caller.stack.dynamo.row(&wallet, "WALLET").expect("the wallet's row");
    assert_eq!(row["credit"], 999);
    // A tenth of a cent is what a listing costs.
    submitted(&caller.stack, &caller.wallet.signs(&demand).value(1_000));
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 1_000);
}

#[tokio::test]
async fn after_the_table_was_lost_all_payments_from_a_block_on_can_be_looked_at_again() {
    let mut caller = Caller::new().await;
    caller
        .stack
        .excuse("are said to have gone back", "it is found to be back a second time, and the first is not remembered");
    let (stack, wallet) = (&caller.stack, &caller.wallet);
    caller.later(30).await;
    let payment = wallet.signs(&stack.post(CALL).body(&request()).demand().await);
    submitted(stack, &payment);
    let before = caller.money();
    caller.later(30).await;
    assert_eq!(caller.money(), before + CALL_PRICE);
    // The table is put back to what it was before that: the refund's nonce still moves money only
    // once.
    let id =
        format!("SALE#{}:{}:{}", stack.network().caip2(), text(wallet.address()), text(payment.authorization().nonce));
    stack.dynamo.delete(&id, "SALE");
    stack.invoke("reaper", &json!({"payments_from": stack.chain.height() - 2_000})).await;
    caller.stack.minutes(5).await;
    assert_eq!((caller.money(), caller.paid_back()), (before + CALL_PRICE, CALL_PRICE));
}

fn text(bytes: impl std::fmt::LowerHex) -> String {
    format!("{bytes:#x}")
}
