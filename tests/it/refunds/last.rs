//! Our money goes out last: what we were not asked for waits behind what we owe, and there is an
//! end to both on one day.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

/// Pays the payee without asking, and the watch has seen it.
async fn stray(caller: &Caller, micros: u64) {
    let wallet = caller.stack.wallet_with(micros);
    let demand = caller.stack.post(CALL).body(&request()).demand().await;
    submitted(&caller.stack, &wallet.signs(&demand).value(micros));
}

fn says(caller: &Caller, alarm: &str) -> bool {
    caller.stack.lambda.logs().text().contains(&format!("\"alarm\":\"{alarm}\""))
}

async fn status(caller: &Caller, call: &Value) -> Value {
    caller.stack.poll(call).await["refund"]["status"].clone()
}

#[tokio::test]
async fn fifty_dollars_without_a_demand_leave_the_refund_wallet_to_who_is_owed() {
    let caller = Caller::new().await;
    stray(&caller, FLOAT).await;
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 0, "it waits for an operator");
    assert!(caller.stack.lambda.logs().text().contains("\"StraysWaiting\":1"), "and is seen to wait");
    assert!(says(&caller, "stray_waits"));
    let call = caller.fails().await;
    caller.stack.sweep().await;
    assert_eq!((status(&caller, &call).await, caller.paid_back()), (json!("refunded"), CALL_PRICE));
    caller.later(3 * DAY).await;
    assert_eq!(caller.paid_back(), CALL_PRICE, "no day comes on which it goes back by itself");
}

#[tokio::test]
async fn small_payments_without_a_demand_go_back_within_a_sum_of_their_own_a_day() {
    let stack = Stack::builder(binaries!()).parameter("DailyStrayLimit", "2").start().await;
    let caller = Caller::within(stack).await;
    for _ in 0..3 {
        stray(&caller, 1_000_000).await;
    }
    let call = caller.fails().await;
    caller.later(40).await;
    assert_eq!(status(&caller, &call).await, "refunded", "what is owed is not part of it");
    assert_eq!(caller.paid_back(), CALL_PRICE + 2_000_000);
    // A day's sums are named after the day, and in a test no other one comes.
    caller.stack.dynamo.delete(&format!("REFUNDED#{}", time_now() / 86_400), "REFUNDED");
    caller.later(DAY).await;
    assert_eq!(caller.paid_back(), CALL_PRICE + 3_000_000, "another day");
}

#[tokio::test]
async fn what_no_demand_asked_for_leaves_ten_dollars_to_who_is_owed() {
    let caller = Caller::new().await;
    let (stack, treasury) = (&caller.stack, caller.stack.refund_wallet);
    stack.chain.transfer(treasury, stack.wallet().address(), FLOAT - 10_500_000).expect("it had that much");
    stray(&caller, 1_000_000).await;
    caller.later(40).await;
    assert_eq!(stack.chain.balance(treasury), 10_500_000);
    stack.chain.mint(treasury, 500_000);
    caller.later(HOUR).await;
    assert_eq!(stack.chain.balance(treasury), 10_000_000);
}

#[tokio::test]
async fn more_than_a_days_limit_does_not_go_back_and_another_day_does_not_lift_that() {
    let stack = Stack::builder(binaries!()).parameter("DailyRefundLimit", "1").start().await;
    let mut caller = Caller::within(stack).await;
    caller.stack.excuse("is to be paid back", "an operator has to lift the stop first");
    let first = caller.fails().await;
    caller.stack.sweep().await;
    assert_eq!(status(&caller, &first).await, "refunded");
    let second = caller.fails().await;
    caller.stack.minutes(15).await;
    assert_eq!((status(&caller, &second).await, caller.paid_back()), (json!("due"), CALL_PRICE));
    assert!(says(&caller, "refund_stop"));
    caller.stack.dynamo.delete(&format!("REFUNDED#{}", time_now() / 86_400), "REFUNDED");
    caller.later(2 * DAY).await;
    assert_eq!((status(&caller, &second).await, caller.paid_back()), (json!("due"), CALL_PRICE));
}

#[tokio::test]
async fn one_payer_cannot_use_up_what_goes_back_to_all_and_loses_nothing() {
    // One call's price a day, and what does not fit waits for another.
    let stack = Stack::builder(binaries!()).parameter("WalletRefundLimit", "1").parameter("DailyRefundLimit", "2");
    let mut many = Caller::within(stack.start().await).await;
    many.stack.excuse("is to be paid back", "it waits for another day");
    let mut calls = Vec::new();
    for _ in 0..5 {
        calls.push(many.fails().await);
    }
    many.stack.minutes(3).await;
    let back = async |caller: &Caller, calls: &[Value]| {
        let mut back = 0;
        for call in calls {
            back += u32::from(status(caller, call).await == "refunded");
        }
        back
    };
    assert_eq!((back(&many, &calls).await, many.paid_back()), (1, CALL_PRICE));
    assert!(!says(&many, "refund_stop"), "$2.70 would have been more than a day's limit");
    // Another payer's goes back at once.
    let wallet = many.stack.wallet_with(20_000_000);
    many.stack.buys(&wallet).await;
    let one = Caller { stack: many.stack, wallet };
    let call = one.fails().await;
    one.stack.minutes(2).await;
    assert_eq!(status(&one, &call).await, "refunded");
    // Another day, and another: in a test no other one comes, so its sums are taken away.
    for day in 2..=3 {
        for row in one.stack.dynamo.rows().iter().filter(|row| row["sk"] == "REFUNDED") {
            one.stack.dynamo.delete(row["pk"].as_str().expect("a key"), "REFUNDED");
        }
        one.later(DAY).await;
        assert_eq!(back(&one, &calls).await, day);
    }
}

#[tokio::test]
async fn a_record_that_says_so_is_no_proof_that_money_came_in() {
    let caller = Caller::new().await;
    let call = caller.fails().await;
    caller.stack.invoke("reaper", &json!({})).await;
    // What a function writes that is not its maker's any more: the refund that is due, under
    // another payment's name.
    let mut items = caller.stack.dynamo.items();
    let due = items.iter_mut().find(|item| item.get("refund").is_some_and(|it| it["M"]["state"]["S"] == "due"));
    let mut forged = due.expect("one is due").clone();
    let nonce = format!("0x{}", "5a".repeat(32));
    let name = forged["pk"]["S"].as_str().expect("a key").to_owned();
    let (rest, _) = name.rsplit_once(':').expect("a nonce at its end");
    let name = format!("{rest}:{nonce}");
    forged["pk"] = json!({"S": name});
    forged["payment"]["M"]["nonce"] = json!({"B": STANDARD.encode([0x5a; 32])});
    caller.stack.dynamo.put(&forged);
    caller.later(40).await;
    assert_eq!((status(&caller, &call).await, caller.paid_back()), (json!("refunded"), CALL_PRICE));
    assert!(says(&caller, "refund_unproven"));
    caller.stack.dynamo.delete(&name, "SALE");
}

#[tokio::test]
async fn what_another_stack_sells_with_our_payee_costs_no_more_than_a_day_of_strays() {
    let caller = Caller::new().await;
    // Nothing on the chain says who has sold it: a number for five dollars, delivered from another
    // table.
    for _ in 0..6 {
        stray(&caller, 5_000_000).await;
    }
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 20_000_000);
    // What we owe ourselves is not kept waiting, and the rest waits for another day, or an
    // operator.
    let call = caller.fails().await;
    caller.later(5).await;
    assert_eq!((status(&caller, &call).await, caller.paid_back()), (json!("refunded"), CALL_PRICE + 20_000_000));
    assert!(caller.stack.lambda.logs().text().contains("\"StraysWaiting\":2"));
}

#[tokio::test]
async fn a_payment_that_we_gave_up_and_that_arrives_is_owed_and_waits_behind_no_stranger() {
    let stack = Stack::builder(binaries!()).parameter("DailyStrayLimit", "1").start().await;
    let caller = Caller::within(stack).await;
    let stack = &caller.stack;
    // It was sent, nothing was heard of it, and it was not there when its time was over.
    let wallet = stack.wallet_with(5_000_000);
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    let week = |payment: harness::wallet::Payment| payment.valid_for(7 * 86_400 - 60);
    let paid = stack.post(BUY).body(&json!({})).pay_bent(&wallet, week).await;
    paid.answer.refused(503, "payment_pending");
    caller.later(60).await;
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.refused(402, "payment_required");
    stack.facilitator.faults().clear();
    // Strangers have used up what goes back to them today.
    for _ in 0..3 {
        stray(&caller, 1_000_000).await;
    }
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 1_000_000);
    submitted(stack, &paid.payment);
    caller.later(40).await;
    assert_eq!((caller.paid_back(), stack.chain.balance(wallet.address())), (6_000_000, 5_000_000));
}

#[tokio::test]
async fn a_late_payment_of_a_payer_with_code_is_a_stray_since_that_payer_can_leave_it_in_doubt() {
    let stack = Stack::builder(binaries!()).parameter("DailyStrayLimit", "6").start().await;
    let caller = Caller::within(stack).await;
    let stack = &caller.stack;
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    // A contract signs for one of them, and a key for the other that has handed itself to code.
    let (owner, handed, contract) = (stack.wallet(), stack.wallet_with(5_000_000), Wallet::random().address());
    stack.chain.deploy_smart_wallet(contract, owner.address());
    stack.chain.mint(contract, 5_000_000);
    stack.chain.deploy_smart_wallet(handed.address(), handed.address());
    let demand = stack.post(BUY).body(&json!({})).demand().await;
    let signed = |by: &Wallet| by.signs(&demand).valid_for(7 * 86_400 - 60);
    let of_contract = signed(&owner).from(contract).tampered(|signature| signature.extend([0; 32]));
    let payments = [of_contract, signed(&handed)];
    let send = async |payment| stack.post(BUY).body(&json!({})).paid_with(payment).send().await;
    for payment in &payments {
        send(payment).await.refused(503, "payment_pending");
    }
    caller.later(60).await;
    for payment in &payments {
        send(payment).await.refused(402, "payment_required");
    }
    stack.facilitator.faults().clear();
    for payment in &payments {
        submitted(stack, payment);
    }
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 5_000_000, "two are more than a day of strays");
    let reasons: Vec<_> = stack.dynamo.rows().iter().map(|row| row["refund"]["reason"].clone()).collect();
    assert_eq!(reasons.iter().filter(|reason| **reason == "stray").count(), 2);
    // What is owed is sent beside them.
    let call = caller.fails().await;
    caller.stack.sweep().await;
    assert_eq!((status(&caller, &call).await, caller.paid_back()), (json!("refunded"), 5_000_000 + CALL_PRICE));
}

#[tokio::test]
async fn a_stray_payment_that_waits_for_another_day_is_the_first_then_and_is_seen_to_wait_for_days() {
    let stack = Stack::builder(binaries!()).parameter("DailyStrayLimit", "1").start().await;
    let caller = Caller::within(stack).await;
    let stack = &caller.stack;
    stray(&caller, 1_000_000).await;
    caller.later(40).await;
    // The sum is used up, and the days do not change in a test: what comes now waits.
    let honest = stack.wallet_with(1_000_000);
    let demand = stack.post(CALL).body(&request()).demand().await;
    submitted(stack, &honest.signs(&demand).value(1_000_000));
    caller.later(40).await;
    caller.later(12 * HOUR).await;
    for _ in 0..6 {
        stray(&caller, 1_000_000).await;
    }
    caller.later(40).await;
    assert_eq!((caller.paid_back(), stack.chain.balance(honest.address())), (1_000_000, 0));
    let mut waits: Vec<_> = stack
        .dynamo
        .rows()
        .into_iter()
        .filter(|row| row["due_queue"] == "STRAY")
        .map(|row| (row["due_at"].as_i64().expect("a time"), row["pk"].as_str().expect("a key").to_owned()))
        .collect();
    waits.sort();
    let text = format!("{:#x}", honest.address());
    assert!(waits.len() == 7 && waits[0].1.contains(&text), "{waits:?}");
    assert!(!says(&caller, "stray_waits"));
    caller.later(3 * DAY).await;
    assert!(says(&caller, "stray_waits"));
}
