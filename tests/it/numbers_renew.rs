//! `POST /api/v1/phone/numbers/renew`

use std::time::Duration;

use harness::sim::Fault;
use harness::spec::{LIST, RENEW};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_hours(24);
/// So that days are rounded down however long the test takes.
const HOUR: Duration = Duration::from_hours(1);

async fn days_left(stack: &Stack, wallet: &Wallet) -> Value {
    let list = stack.post(LIST).body(&json!({})).pay(wallet).await.answer.expect(200).json();
    list["numbers"][0]["days_remaining"].clone()
}

#[tokio::test]
async fn a_renewal_adds_thirty_days_to_the_current_end() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
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
    let number = stack.buys(&wallet).await;
    let paid = stack.post(RENEW).body(&json!({"phoneNumber": number})).pay(&wallet).await;
    let first = paid.answer.expect(200);
    let again = stack.post(RENEW).body(&json!({"phoneNumber": number})).paid_with(&paid.payment).send().await;
    assert_eq!(again.expect(200).body, first.body);
    stack.travel(HOUR);
    assert_eq!(days_left(&stack, &wallet).await, 59);
    // Nothing foreign happens before settling, so it is not asked first whether it could be
    // settled.
    assert_eq!(stack.facilitator.verifies(), 1, "for the purchase");
}

/// Two renewals at once: the first is held at this request to the table until the second has been
/// made, is told of that one, and repeated as it is told to it adds its own days.
async fn one_overtakes_the_other_at(request: &str) {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    let earned = stack.earned();
    let renew = || stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet);
    stack.dynamo.faults().reset_counts();
    stack.dynamo.faults().once(request, Fault::Hang);
    let second = async {
        stack.dynamo.faults().arrived(request, 1).await;
        let renewed = renew().await;
        stack.dynamo.faults().release();
        renewed
    };
    let (first, second) = futures_util::future::join(renew(), second).await;
    let made = second.answer.expect(200).json();
    let told = first.answer.refused(409, "renewal_in_progress");
    assert_eq!((&told["phone_number"], &told["expires_at"]), (&json!(number), &made["expires_at"]));
    stack.travel(HOUR);
    assert_eq!((stack.earned() - earned, days_left(&stack, &wallet).await), (5_000_000, json!(59)));
    stack.post(RENEW).body(&json!({"phone_number": number})).paid_with(&first.payment).send().await.expect(200);
    assert_eq!(days_left(&stack, &wallet).await, 89);
}

#[tokio::test]
async fn a_renewal_that_another_one_has_overtaken_is_told_of_it_and_adds_its_own_days_when_it_is_repeated() {
    one_overtakes_the_other_at("TransactWriteItems").await;
}

/// Its client has sent both before it has heard of either: the first has not read the lease yet.
#[tokio::test]
async fn a_renewal_that_came_before_the_last_one_was_made_is_not_one_more() {
    one_overtakes_the_other_at("Query").await;
}

/// What a client does that was cut off, as its authors wrote it.
#[tokio::test]
async fn a_second_payment_while_a_renewal_is_settled_is_not_used_and_gets_what_the_first_one_did() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    let earned = stack.earned();
    let renew = || stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet);
    stack.facilitator.faults().reset_counts();
    stack.facilitator.faults().once("POST */settle", Fault::Hang);
    let again = async {
        stack.facilitator.faults().arrived("POST */settle", 1).await;
        let release = async {
            stack.dynamo.faults().reset_counts();
            stack.dynamo.faults().arrived("GetItem", 2).await;
            stack.facilitator.faults().release();
        };
        futures_util::future::join(renew(), release).await.0
    };
    let (first, again) = futures_util::future::join(renew(), again).await;
    let made = first.answer.expect(200).json();
    let told = again.answer.refused(409, "renewal_in_progress");
    for field in ["phone_number", "expires_at", "transaction"] {
        assert_eq!(told[field], made[field], "{field}");
    }
    assert!(told["message"].as_str().expect("a message").ends_with("Not charged."), "{told}");
    assert_eq!(stack.earned() - earned, 5_000_000);

    // Two in sequence are two.
    renew().await.answer.expect(200);
    stack.post(RENEW).body(&json!({"phone_number": number})).paid_with(&again.payment).send().await.expect(200);
    stack.travel(HOUR);
    assert_eq!((stack.earned() - earned, days_left(&stack, &wallet).await), (15_000_000, json!(119)));
}

#[tokio::test]
async fn only_the_owner_can_renew_and_others_learn_whose_it_is_and_what_they_own() {
    let stack = Stack::start(binaries!()).await;
    let (owner, other) = (stack.wallet(), stack.wallet());
    let number = stack.buys(&owner).await;

    let refused = stack.post(RENEW).body(&json!({"phone_number": number})).pay(&other).await.answer;
    let body = refused.refused(403, "wrong_wallet");
    assert_eq!((&body["actualOwner"], &body["your_active_numbers"]), (&json!(owner.text()), &json!([])));

    let own = stack.buys(&other).await;
    let body =
        stack.post(RENEW).body(&json!({"phone_number": number})).pay(&other).await.answer.refused(403, "wrong_wallet");
    assert_eq!(body["your_active_numbers"], json!([own]));
    assert!(body["message"].as_str().expect("a message").contains(&own), "the SDKs show nothing but the message");

    let unleased = json!({"phone_number": "+12125550000"});
    let body = stack.post(RENEW).body(&unleased).pay(&other).await.answer.refused(403, "wrong_wallet");
    assert_eq!(body["actualOwner"], Value::Null);
    assert_eq!(stack.earned(), 2 * 5_000_000);
}

#[tokio::test]
async fn a_lease_that_has_ended_cannot_be_renewed_even_before_the_reaper_has_run() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    stack.travel(30 * DAY);
    let refused = stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet).await.answer;
    let body = refused.refused(403, "wrong_wallet");
    assert_eq!(body["actualOwner"], Value::Null, "no wallet leases it any more, not even this one");
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_renewed_lease_is_not_taken_back_by_its_old_alarm() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
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
