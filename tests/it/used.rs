//! Payments that are used already and have bought nothing here: a wallet shows them for nothing, as
//! often as it likes, and they cost as little.

use std::time::Duration;

use harness::request::Response;
use harness::spec::{BUY, LIST};
use harness::wallet::Payment;
use harness::{Stack, Wallet, binaries};
use serde_json::json;

const DAY: Duration = Duration::from_hours(24);
const LOOKS: usize = 5;

/// Payments for a list that are good for a week, whose nonces their wallet has used otherwise more
/// than a day ago.
async fn used(stack: &Stack, path: &str, wallet: &Wallet, how_many: usize) -> Vec<Payment> {
    let demand = stack.post(path).body(&json!({})).demand().await;
    let payments: Vec<_> = (0..how_many).map(|_| wallet.signs(&demand).valid_for(7 * 86_400 - 60)).collect();
    for payment in &payments {
        stack.chain.cancel(wallet.address(), payment.authorization().nonce).expect("it is unused");
    }
    stack.travel(DAY * 3 / 2);
    payments
}

async fn show(stack: &Stack, path: &str, payment: &Payment) -> Response {
    stack.post(path).body(&json!({})).paid_with(payment).send().await
}

fn written(stack: &Stack) -> u64 {
    ["TransactWriteItems", "UpdateItem", "PutItem", "DeleteItem"].iter().map(|it| stack.dynamo.faults().count(it)).sum()
}

#[tokio::test]
async fn a_used_payment_of_a_wallet_without_money_costs_one_question_however_often_it_is_shown() {
    let stack = Stack::start(binaries!()).await;
    for path in [LIST, BUY] {
        let wallet = stack.wallet_with(0);
        let payment = used(&stack, path, &wallet, 1).await.remove(0);
        let before = (written(&stack), stack.facilitator.faults().count("POST *"));
        stack.chain.faults().reset_counts();
        for _ in 0..3 {
            show(&stack, path, &payment).await.refused(409, "payment_conflict");
        }
        assert_eq!(stack.chain.faults().count("*"), 3, "{path}");
        assert_eq!((written(&stack), stack.facilitator.faults().count("POST *")), before, "{path}");
    }
}

#[tokio::test]
async fn a_used_payment_is_looked_up_once_a_minute_and_never_becomes_a_doubt() {
    let stack = Stack::start(binaries!()).await;
    for path in [LIST, BUY] {
        let wallet = stack.wallet();
        let payment = used(&stack, path, &wallet, 1).await.remove(0);
        show(&stack, path, &payment).await.refused(409, "payment_conflict");
        let before = written(&stack);
        stack.chain.faults().reset_counts();
        show(&stack, path, &payment).await.refused(409, "payment_conflict");
        assert!(stack.chain.faults().count("*") <= 2, "{path}: it was looked up a moment ago");
        assert_eq!(written(&stack), before, "{path}");
    }
    let sales =
        stack.dynamo.rows().iter().filter(|row| row["pk"].as_str().is_some_and(|pk| pk.starts_with("SALE#"))).count();
    assert_eq!((sales, stack.facilitator.faults().count("POST */settle")), (0, 0));
}

#[tokio::test]
async fn many_used_payments_of_one_wallet_are_looked_up_a_few_times_a_minute() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payments = used(&stack, LIST, &wallet, LOOKS + 1).await;
    for payment in &payments[..LOOKS] {
        show(&stack, LIST, payment).await.refused(409, "payment_conflict");
    }
    let refused = show(&stack, LIST, &payments[LOOKS]).await;
    assert_eq!(refused.refused(429, "rate_limited")["limit"], "used_payments_per_wallet_per_minute");
    let again = refused.header("retry-after").expect("a Retry-After").parse().expect("seconds");
    stack.travel(Duration::from_secs(again));
    show(&stack, LIST, &payments[LOOKS]).await.refused(409, "payment_conflict");
    // What is not used is sold meanwhile.
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
}

/// Another party has submitted it: a wallet that has more than that buys, another gets it back.
#[tokio::test]
async fn what_another_has_submitted_for_a_wallet_buys_or_goes_back() {
    let stack = Stack::start(binaries!()).await;
    stack.sweep().await;
    for (path, more, status) in [(LIST, 1_000, 200), (BUY, 5_000_000, 200), (BUY, 0, 409)] {
        let demand = stack.post(path).body(&json!({})).demand().await;
        let wallet = stack.wallet_with(demand.price() + more);
        let payment = wallet.signs(&demand);
        let sent = stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes());
        sent.expect("any account may");
        show(&stack, path, &payment).await.expect(status);
        if status == 409 {
            for _ in 0..3 {
                stack.travel(Duration::from_mins(16));
                stack.sweep().await;
            }
            assert_eq!(stack.chain.balance(wallet.address()), demand.price());
            show(&stack, path, &payment).await.refused(409, "payment_returned");
        }
    }
}
