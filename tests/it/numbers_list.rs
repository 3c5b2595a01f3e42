//! `POST /api/v1/phone/numbers/list`

use std::time::Duration;

use harness::spec::{BUY, LIST};
use harness::{Stack, binaries};
use serde_json::json;

const DAY: Duration = Duration::from_hours(24);
/// So that days are rounded down however long the test takes.
const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_wallet_without_numbers_pays_a_tenth_of_a_cent_for_an_empty_list() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let list = stack.post(LIST).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(list["wallet"], wallet.text());
    assert_eq!((&list["numbers"], &list["count"]), (&json!([]), &json!(0)));
    assert_eq!(stack.earned(), 1_000);
    assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles()), (0, 1));
}

#[tokio::test]
async fn a_number_is_listed_right_after_it_was_bought_with_its_whole_days() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, other) = (stack.wallet(), stack.wallet());
    let bought = stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    stack.post(BUY).body(&json!({})).pay(&other).await.answer.expect(200);

    let list = stack.post(LIST).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(list["numbers"][0]["expires_at"], bought["expires_at"]);
    stack.travel(HOUR);
    let list = stack.post(LIST).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(list["count"], 1);
    let listed = &list["numbers"][0];
    for field in ["phone_number", "country"] {
        assert_eq!(listed[field], bought[field], "{field}");
    }
    assert_eq!(listed["days_remaining"], 29, "rounded down");
    assert_eq!((&listed["active"], &listed["chain"]), (&json!(true), &json!("base-sepolia")));
}

#[tokio::test]
async fn a_lease_that_has_ended_is_not_listed_even_before_the_reaper_has_run() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.travel(29 * DAY + HOUR);
    let list = stack.post(LIST).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(list["numbers"][0]["days_remaining"], 0);
    stack.travel(DAY);
    let list = stack.post(LIST).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(list["numbers"], json!([]));
}

#[tokio::test]
async fn a_replayed_list_is_the_list_as_it_was() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(LIST).body(&json!({})).pay(&wallet).await;
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    let again = stack.post(LIST).body(&json!({})).paid_with(&paid.payment).send().await;
    assert_eq!(again.expect(200).body, paid.answer.body);
    // No body and an empty object are the same request.
    let bare = stack.post(LIST).paid_with(&paid.payment).send().await;
    assert_eq!(bare.expect(200).body, paid.answer.body);
    assert_eq!(stack.earned(), 5_001_000);
}
