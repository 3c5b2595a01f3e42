//! `POST /api/v1/phone/numbers/renew`

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]

use std::time::Duration;

use harness::sim::Fault;
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

const BUY: &str = "/api/v1/phone/numbers/buy";
const RENEW: &str = "/api/v1/phone/numbers/renew";
const LIST: &str = "/api/v1/phone/numbers/list";
const DAY: Duration = Duration::from_hours(24);
/// So that days are rounded down however long the test takes.
const HOUR: Duration = Duration::from_hours(1);

async fn number_of(stack: &Stack, wallet: &Wallet) -> String {
    let bought = stack.post(BUY).body(&json!({})).pay(wallet).await.answer.expect(200).json();
    bought["phone_number"].as_str().expect("a number").to_owned()
}

async fn days_left(stack: &Stack, wallet: &Wallet) -> Value {
    let list = stack.post(LIST).body(&json!({})).pay(wallet).await.answer.expect(200).json();
    list["numbers"][0]["days_remaining"].clone()
}

#[tokio::test]
async fn a_renewal_adds_thirty_days_to_the_current_end() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = number_of(&stack, &wallet).await;
    stack.travel(10 * DAY + HOUR);
    let before = stack.post(LIST).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    let earned = stack.earned();

    let paid = stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet).await;
    let renewed = paid.answer.expect(200).json();
    assert_eq!(renewed["phone_number"], number);
    assert_eq!(stack.earned() - earned, 5_000_000);
    assert_eq!(renewed["transaction"], paid.answer.settlement().expect("a settlement")["transaction"]);
    let after = stack.post(LIST).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(after["numbers"][0]["days_remaining"], 49, "rounded down");
    assert_eq!(before["numbers"][0]["days_remaining"], 19);

    // The alarm has moved with the end.
    let alarms = stack.scheduler.schedules();
    assert_eq!(alarms.len(), 1);
    assert!(alarms[0].dead_letters.is_some(), "an update that does not say so would forget it");
}

#[tokio::test]
async fn a_renewal_is_replayed_and_not_made_twice() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = number_of(&stack, &wallet).await;
    let paid = stack.post(RENEW).body(&json!({"phoneNumber": number})).pay(&wallet).await;
    let first = paid.answer.expect(200);
    let again = stack.post(RENEW).body(&json!({"phoneNumber": number})).paid_with(&paid.payment).send().await;
    assert_eq!(again.expect(200).body, first.body);
    stack.travel(HOUR);
    assert_eq!(days_left(&stack, &wallet).await, 59);
    // Nothing foreign happens before settling, so nobody asks first whether it could be settled.
    assert_eq!(stack.facilitator.verifies(), 1, "for the purchase");
}

#[tokio::test]
async fn two_renewals_at_once_add_thirty_days_for_each_that_is_paid() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = number_of(&stack, &wallet).await;
    let earned = stack.earned();
    let renew = || stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet);
    // The first has read the lease, and is about to claim when the second comes and has renewed it.
    stack.dynamo.faults().reset_counts();
    stack.dynamo.faults().once("TransactWriteItems", Fault::Hang);
    let second = async {
        stack.dynamo.faults().arrived("TransactWriteItems", 1).await;
        let renewed = renew().await;
        stack.dynamo.faults().release();
        renewed
    };
    let (first, second) = futures_util::future::join(renew(), second).await;
    second.answer.expect(200);
    first.answer.refused(429, "rate_limited");
    stack.travel(HOUR);
    assert_eq!((stack.earned() - earned, days_left(&stack, &wallet).await), (5_000_000, json!(59)));

    // Repeated as it is told to, it adds its own.
    stack.post(RENEW).body(&json!({"phone_number": number})).paid_with(&first.payment).send().await.expect(200);
    assert_eq!(days_left(&stack, &wallet).await, 89);
}

#[tokio::test]
async fn only_the_owner_can_renew_and_others_learn_whose_it_is_and_what_they_own() {
    let stack = Stack::start(binaries!()).await;
    let (owner, other) = (stack.wallet(), stack.wallet());
    let number = number_of(&stack, &owner).await;

    let refused = stack.post(RENEW).body(&json!({"phone_number": number})).pay(&other).await.answer;
    let body = refused.refused(403, "wrong_wallet");
    assert_eq!((&body["actualOwner"], &body["your_active_numbers"]), (&json!(owner.text()), &json!([])));

    let own = number_of(&stack, &other).await;
    let body =
        stack.post(RENEW).body(&json!({"phone_number": number})).pay(&other).await.answer.refused(403, "wrong_wallet");
    assert_eq!(body["your_active_numbers"], json!([own]));
    assert!(body["message"].as_str().expect("a message").contains(&own), "the SDKs show nothing but the message");

    let nobodys = json!({"phone_number": "+12125550000"});
    let body = stack.post(RENEW).body(&nobodys).pay(&other).await.answer.refused(403, "wrong_wallet");
    assert_eq!(body["actualOwner"], Value::Null);
    assert_eq!(stack.earned(), 2 * 5_000_000);
}

#[tokio::test]
async fn a_lease_that_has_ended_cannot_be_renewed_even_before_the_reaper_has_run() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = number_of(&stack, &wallet).await;
    stack.travel(30 * DAY);
    let refused = stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet).await.answer;
    let body = refused.refused(403, "wrong_wallet");
    assert_eq!(body["actualOwner"], Value::Null, "nobody leases it any more, not even this wallet");
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_renewed_lease_is_not_taken_back_by_its_old_alarm() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = number_of(&stack, &wallet).await;
    stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet).await.answer.expect(200);
    let alarm: Value = serde_json::from_str(&stack.scheduler.schedules()[0].input).expect("JSON");
    stack.travel(31 * DAY + HOUR);
    stack.invoke("reaper", &alarm).await;
    stack.sweep().await;
    assert_eq!(days_left(&stack, &wallet).await, 28);
}

#[tokio::test]
async fn a_body_that_is_wrong_is_refused_before_any_payment() {
    let stack = Stack::start(binaries!()).await;
    for (body, field) in [
        (json!({"unknown": 1}), "phone_number"),
        (json!({"phone_number": ""}), "phone_number"),
        (json!({"phoneNumber": "\u{200b}"}), "phone_number"),
        (json!({"phone_number": "4155551234"}), "phone_number"),
        (json!({"phone_number": "+1 415 555 1234"}), "phone_number"),
        (json!({"phone_number": "+14155551234", "phoneNumber": "+14155551235"}), "phone_number"),
    ] {
        let refused = stack.post(RENEW).body(&body).send().await.refused(400, "bad_request");
        assert_eq!(refused["field"], field, "{body}");
    }
}
