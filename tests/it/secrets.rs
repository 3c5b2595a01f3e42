//! Secrets: where they are missing nothing is charged and the log says what to do, and a new one
//! needs no deployment.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::sim::Fault;
use harness::sim::bland::Script;
use harness::sim::facilitator::JwtKey;
use harness::spec::{BUY, CALL, LIST};
use harness::{Neighbour, Stack, Wallet, binaries};
use serde_json::{Value, json};

fn call() -> Value {
    json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break."})
}

/// A world whose facilitator wants a token, and whose payment secret holds this.
async fn with_payment_secret(content: Option<Value>) -> Stack {
    Stack::builder(binaries!()).parameter("FacilitatorAuth", "cdp").secret("PaymentSecret", content).start().await
}

/// An API key of the facilitator's: what belongs in the secret, and what the facilitator knows of
/// it.
fn cdp_key(name: &str, seed: u8) -> (Value, JwtKey) {
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed");
    let public = ring::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    let secret = STANDARD.encode([&[seed; 32][..], &public].concat());
    (json!({"cdp_api_key_id": name, "cdp_api_key_secret": secret}), JwtKey::Ed25519(public))
}

#[tokio::test]
async fn without_the_carriers_secret_no_number_is_bought_and_nothing_is_charged() {
    for (content, said) in [
        (None, "it has not been filled yet"),
        (Some(json!({"api_key": "SK1"})), "it has no api_secret"),
        (Some(json!({"api_key": "<sid of an API key>", "api_secret": "x"})), "api_key is still a placeholder"),
        (Some(json!("sesame open")), "it is not a JSON object of texts"),
    ] {
        let stack = Stack::builder(binaries!()).secret("TwilioSecret", content).start().await;
        let paid = stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await;
        paid.answer.refused(502, "upstream_error");
        assert_eq!((stack.earned(), stack.facilitator.settles(), stack.dynamo.rows().len()), (0, 0, 0));
        let logs = stack.logs().await;
        assert!(logs.contains(said) && logs.contains("\"secret\":\"twilio\"") && !logs.contains("sesame"), "{logs}");
    }
}

#[tokio::test]
async fn without_the_diallers_secret_no_phone_is_rung_and_no_number_is_bought() {
    let stack = Stack::builder(binaries!()).secret("BlandSecret", None).start().await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.refused(502, "upstream_error");
    // It would be paid for, and of no use.
    assert_eq!(stack.twilio.faults().count("POST *"), 0);
    assert_eq!((stack.earned(), stack.dynamo.rows().len()), (0, 0));
    // Of a call first the caller's own mistakes are told.
    stack.post(CALL).body(&call()).pay(&wallet).await.answer.refused(403, "no_owned_numbers");

    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.put_secret("BlandSecret", &json!({}));
    stack.post(CALL).body(&call()).pay(&wallet).await.answer.refused(502, "upstream_error");
    assert_eq!((stack.earned(), stack.bland.faults().count("POST /v1/calls")), (5_000_000, 0));
}

#[tokio::test]
async fn without_the_facilitators_secret_nothing_is_begun() {
    let stack = with_payment_secret(None).await;
    for (path, body, status) in [(BUY, json!({}), 502), (LIST, json!({}), 503)] {
        stack.post(path).body(&body).pay(&stack.wallet()).await.answer.refused(status, "upstream_error");
    }
    assert_eq!((stack.facilitator.faults().count("*"), stack.dynamo.rows().len()), (0, 0));
    let logs = stack.logs().await;
    assert!(logs.contains("\"secret\":\"payments\"") && logs.contains("it has not been filled yet"), "{logs}");
}

#[tokio::test]
async fn what_was_filled_late_is_good_for_the_same_payment() {
    let (content, public) = cdp_key("key/1", 7);
    let stack = with_payment_secret(None).await;
    stack.facilitator.require_jwt("key/1", public);
    let paid = stack.post(LIST).pay(&stack.wallet()).await;
    paid.answer.refused(503, "upstream_error");
    stack.put_secret("PaymentSecret", &content);
    // Another process, which has not just been told that there is none.
    stack.lambda.stop().await;
    stack.post(LIST).paid_with(&paid.payment).send().await.expect(200);
}

#[tokio::test]
async fn a_new_key_of_the_facilitators_is_used_as_soon_as_the_old_one_is_refused() {
    let ((old, old_public), (new, new_public)) = (cdp_key("key/1", 7), cdp_key("key/2", 8));
    let stack = with_payment_secret(Some(old)).await;
    stack.facilitator.require_jwt("key/1", old_public);
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    stack.put_secret("PaymentSecret", &new);
    stack.facilitator.require_jwt("key/2", new_public);
    // The processes are the same, and no request fails.
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    assert_eq!(stack.earned(), 10_002_000);
}

#[tokio::test]
async fn new_keys_of_carrier_and_dialler_are_used_as_soon_as_the_old_ones_are_refused() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.bland.script_next(Script::UserHangsUp);
    let placed = stack.post(CALL).body(&call()).pay(&wallet).await.answer.expect(200).json();
    let poll = format!("{CALL}/{}", placed["call_id"].as_str().expect("an id"));
    stack.get(&poll).send().await.expect(200);

    stack.put_secret("TwilioSecret", &stack.twilio.rotate_key());
    stack.put_secret("BlandSecret", &stack.bland.rotate_key());
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.bland.finish_all();
    stack.travel(std::time::Duration::from_secs(31));
    assert_eq!(stack.get(&poll).send().await.expect(200).json()["status"], "completed");
}

#[tokio::test]
async fn a_key_in_the_address_of_a_node_comes_from_its_secret() {
    // Only a node can say that this payment was made, and it answers under one path only.
    for (key, status) in [("rpc", 200), ("another", 503)] {
        let content = json!({"evm_rpc_key": key});
        let stack =
            Stack::builder(binaries!()).parameter("EvmRpcUrl", "{node}/{key}").secret("PaymentSecret", Some(content));
        let stack = stack.start().await;
        stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
        let paid = stack.post(LIST).pay(&stack.wallet()).await;
        assert_eq!(paid.answer.status.as_u16(), status, "{key}");
        // So that the reaper finds out all the same.
        stack.put_secret("PaymentSecret", &json!({"evm_rpc_key": "rpc"}));
        stack.lambda.stop().await;
    }
}

#[tokio::test]
async fn silence_of_the_secrets_costs_no_payer_anything() {
    for fault in [Fault::Hang, Fault::Overload, Fault::LoseAnswer, Fault::Html, Fault::Truncate] {
        let stack = Stack::start(binaries!()).await;
        let wallet: Wallet = stack.wallet();
        stack.faults_of(Neighbour::SecretsManager).always("*", fault);
        let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
        paid.answer.refused(502, "upstream_error");
        assert_eq!((stack.earned(), stack.dynamo.rows().len()), (0, 0));
        stack.faults_of(Neighbour::SecretsManager).clear();
        // The same process, and the same payment.
        stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
    }
}

#[tokio::test]
async fn who_pays_nothing_causes_no_look_at_a_secret() {
    let stack = Stack::start(binaries!()).await;
    for path in [BUY, LIST, CALL] {
        stack.post(path).send().await.refused(402, "payment_required");
    }
    stack.get(&format!("{CALL}/01HXY900000000000000000000")).send().await.refused(404, "unknown_call");
    assert_eq!(stack.secrets_manager.faults().count("*"), 0);
}

#[tokio::test]
async fn a_secret_is_read_once_by_each_process_that_needs_it() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    for _ in 0..3 {
        stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
        stack.post(LIST).pay(&wallet).await.answer.expect(200);
    }
    let reads = |name: &str| stack.secrets_manager.reads(&stack.deployment.secrets[name]);
    // This facilitator and this node want no key.
    assert_eq!(
        [reads("TwilioSecret"), reads("BlandSecret"), reads("PaymentSecret"), reads("RefundSecret")],
        [1, 1, 0, 0]
    );
}
