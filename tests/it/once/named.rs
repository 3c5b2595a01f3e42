//! A purchase's name that stands where it is not read, or that a template has left over: a second
//! sale is meant by no client.

use harness::wallet::Payment;
use harness::{Stack, binaries};
use serde_json::{Value, json};

use super::{BUY, KEY, LIST, is_replay};

const ID: &str = "pay_7d5d747be160e280";

#[tokio::test]
async fn a_version_1_payment_names_its_purchase_as_well() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let named = |payment: Payment| {
        let put = |document: &mut Value| document["extensions"] = json!({"payment-identifier": {"info": {"id": ID}}});
        payment.version_1().document(put)
    };
    assert!(!is_replay(stack.post(LIST).pay_bent(&wallet, named).await.answer.expect(200)));
    assert!(is_replay(stack.post(LIST).pay_bent(&wallet, named).await.answer.expect(200)));
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn an_identifier_in_another_shape_is_refused_with_the_right_one() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let demand = stack.post(BUY).demand().await;
    for (place, shape) in [
        ("/extensions/payment-identifier", json!({"info": {"value": ID}})),
        ("/extensions/payment-identifier", json!({"info": {"requestId": ID}})),
        ("/extensions/payment-identifier", json!({"info": {"input": {"id": ID}}})),
        ("/extensions/payment-identifier", json!({"info": {"required": false, "nonce": ID}})),
        ("/extensions/payment-identifier", json!({"info": {"uuid": ID}})),
        ("/extensions/payment-identifier", json!({"info": {"paymentIdentifierId": ID}})),
        ("/extensions/payment-identifier", json!({"value": ID})),
        ("/extensions/idempotency-key", json!({"info": {"id": ID}})),
        ("/extensions/idempotency", json!(ID)),
        ("/extensions/payment-id", json!({"id": ID})),
        ("/extensions/paymentId", json!(ID)),
        ("/extensions/x402~1payment-identifier", json!({"info": {"id": ID}})),
        ("/extensions", json!([{"payment-identifier": {"info": {"id": ID}}}])),
        ("/idempotencyKey", json!(ID)),
        ("/payment-identifier", json!({"info": {"id": ID}})),
        ("/payload/extensions", json!({"payment-identifier": {"info": {"id": ID}}})),
        ("/accepted/extensions", json!({"payment-identifier": {"info": {"id": ID}}})),
        ("/resource/extensions", json!({"payment-identifier": {"info": {"id": ID}}})),
    ] {
        for version_1 in [false, true] {
            if version_1 && (place.starts_with("/accepted") || place.starts_with("/resource")) {
                continue;
            }
            let payment = wallet.signs(&demand);
            let payment = if version_1 { payment.version_1() } else { payment };
            let value = shape.clone();
            let payment = payment.document(move |document| put(document, place, value.clone()));
            let refused = stack.post(BUY).paid_with(&payment).send().await.refused(400, "invalid_payment");
            let message = refused["message"].as_str().expect("words");
            assert!(message.contains(r#"{"payment-identifier": {"info": {"id": "…"}}}"#), "{place} {shape}: {message}");
        }
    }
    assert_eq!(stack.earned(), 0);
    // All that the 402 declares may be sent back.
    let echo = |payment: Payment, asked: &Value| {
        let declared = asked["extensions"].clone();
        payment.document(move |document| document["extensions"] = declared.clone())
    };
    assert!(demand.required["extensions"]["bazaar"].is_object());
    stack.post(BUY).paid_with(&echo(wallet.signs(&demand), &demand.required)).send().await.expect(200);
}

/// Puts something at a place of a document, with what lies before it.
fn put(document: &mut Value, place: &str, value: Value) {
    let names: Vec<String> = place.split('/').skip(1).map(|name| name.replace("~1", "/")).collect();
    let mut at = document;
    for name in names {
        at = &mut at[name];
    }
    *at = value;
}

#[tokio::test]
async fn a_name_that_a_template_left_over_is_refused() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    for left in ["undefined", "null", "None", "nil", "NaN", "[object Object]", "{{$json.id}}", "${id}"] {
        let refused = stack.post(LIST).header(KEY, left).paid_with(&payment).send().await;
        let refused = refused.refused(400, "bad_request");
        assert_eq!(refused["field"], KEY, "{left}: {refused}");
        let put =
            move |document: &mut Value| document["extensions"]["payment-identifier"] = json!({"info": {"id": left}});
        stack.post(LIST).pay_bent(&wallet, |it| it.document(put)).await.answer.refused(400, "invalid_payment");
    }
    assert_eq!(stack.earned(), 0);
}
