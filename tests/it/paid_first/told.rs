//! What a payer is told whose payment comes first: how often it may be declined, and that no phone
//! rings yet.

use super::*;
use harness::spec::CALLS;

#[tokio::test]
async fn a_wallet_with_code_has_no_more_payments_declined_in_a_minute_than_its_share() {
    // Three in one name.
    let stack = Stack::builder(binaries!()).parameter("UnprovenPerMinute", "9").start().await;
    let (handed, key) = (stack.wallet(), stack.wallet());
    for wallet in [&handed, &key] {
        stack.buys(wallet).await;
    }
    stack.chain.deploy_smart_wallet(handed.address(), handed.address());
    let contract = Contract::with_a_number(&stack).await;
    stack.travel(Duration::from_secs(61));
    let by_contract = async || contract.orders(&stack, CALL).await.send(&stack).await;
    let by_key = async |wallet: &Wallet| stack.post(CALL).body(&call()).pay(wallet).await.answer;
    for _ in 0..3 {
        stack.facilitator.decline_next("invalid_exact_evm_payload_signature");
        by_contract().await.refused(402, "payment_required");
        stack.facilitator.decline_next("invalid_exact_evm_payload_signature");
        by_key(&handed).await.refused(402, "payment_required");
    }
    let (settles, rows) = (stack.facilitator.settles(), stack.dynamo.rows().len());
    let mut waits = Vec::new();
    for refused in [by_contract().await, by_key(&handed).await] {
        let refused = refused.refused(429, "rate_limited");
        assert_eq!(refused["limit"], "unproven_signatures_per_minute");
        waits.push(refused["retry_after_seconds"].as_u64().expect("seconds"));
    }
    assert_eq!((stack.facilitator.settles(), stack.dynamo.rows().len()), (settles, rows));
    by_key(&key).await.expect(200);
    stack.travel(Duration::from_secs(*waits.iter().max().expect("two")));
    stack.travel(Duration::from_secs(15));
    by_key(&handed).await.expect(200);
}

/// What was counted of a wallet with code whose payments its key signs.
fn counted(stack: &Stack, wallet: &Wallet) -> Value {
    limit(stack, &format!("UNPROVEN#BY_KEY#{}", wallet.caip10(stack.network())))["sum"].clone()
}

#[tokio::test]
async fn signatures_forged_in_the_name_of_a_wallet_with_code_refuse_none_that_its_key_has_signed() {
    // Three in one name.
    let stack = Stack::builder(binaries!()).parameter("UnprovenPerMinute", "9").start().await;
    let handed = stack.wallet();
    stack.buys(&handed).await;
    stack.chain.deploy_smart_wallet(handed.address(), handed.address());
    let demand = stack.post(CALL).body(&call()).demand().await;
    let mut limited = 0;
    for nth in 0..6 {
        let forged = stack.wallet().signs(&demand).from(handed.address()).signature(vec![nth; 66]);
        let refused = stack.post(CALL).body(&call()).paid_with(&forged).send().await;
        limited += usize::from(refused.status == 429);
    }
    assert_eq!((limited, counted(&stack, &handed)), (3, Value::Null));
    stack.post(CALL).body(&call()).pay(&handed).await.answer.expect(200);
    assert_eq!(counted(&stack, &handed), 1);
}

#[tokio::test]
async fn a_request_that_waits_for_an_earlier_one_counts_once_among_those_of_a_wallet_with_code() {
    let stack = Stack::builder(binaries!()).start().await;
    let handed = stack.wallet();
    stack.buys(&handed).await;
    stack.chain.deploy_smart_wallet(handed.address(), handed.address());
    stack.facilitator.faults().once(SETTLE, Fault::Refuse(Answer::html(500)));
    stack.post(CALL).body(&call()).pay(&handed).await.answer.refused(503, "payment_pending");
    assert_eq!(counted(&stack, &handed), 1);
    let mut other = call();
    other["phone_number"] = json!("+12133610873");
    stack.post(CALL).body(&other).pay(&handed).await.answer.expect(200);
    assert_eq!(counted(&stack, &handed), 2);
}

#[tokio::test]
async fn a_call_that_is_paid_first_is_not_told_as_ringing_while_its_payment_is_in_doubt() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::with_a_number(&stack).await;
    let order = wallet.orders(&stack, CALL).await;
    stack.facilitator.faults().once(SETTLE, Fault::Replace(Answer::html(500)));
    stack.chain.faults().always("*", Fault::Overload);
    order.send(&stack).await.refused(503, "payment_pending");
    stack.chain.faults().clear();
    let list = wallet.orders(&stack, CALLS).await.send(&stack).await.expect(200).json();
    let path = format!("{CALL}/{}", list["calls"][0]["call_id"].as_str().expect("an id"));
    let said = stack.get(&path).send().await.expect(200).json();
    assert_eq!(
        (&said["status"], &said["payment"], &said["charged"]),
        (&json!("started"), &json!("pending"), &json!(false))
    );
    assert_eq!(said["poll_after_seconds"], 10, "nothing is new before the payment is known");
    assert!(
        said["ended_by_reason"].as_str().expect("words").contains("payment for the call is being confirmed"),
        "{said}"
    );
    let page = stack.get(&path).header("accept", "text/html").send().await;
    let page = String::from_utf8(page.expect(200).body.to_vec()).expect("UTF-8");
    assert!(page.contains("Confirming the payment") && !page.contains("being rung"), "{page}");
    stack.minutes(2).await;
    assert_eq!((stack.bland.calls().len(), wallet.spent(&stack)), (0, NUMBER_PRICE + 1_000));
}
