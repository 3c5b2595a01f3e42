//! What one payment can buy: once, exactly what was offered, and only by who signed it.

mod spelling;
mod without_node;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use harness::request::Response;
use harness::sim::facilitator::JwtKey;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, LIST, RENEW};
use harness::wallet::Payment;
use harness::{Stack, binaries};
use serde_json::{Value, json};

#[tokio::test]
async fn the_same_header_many_times_at_once_buys_once_and_every_answer_is_the_same() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    let requests = (0..12).map(|_| stack.post(BUY).body(&json!({})).paid_with(&payment).send());
    let answers = join_all(requests).await;
    let mut bodies: Vec<Value> = Vec::new();
    for answer in answers {
        // Few wait at a time; the others are told when to come back.
        let answer = if answer.status == 409 {
            answer.refused(409, "payment_in_progress");
            stack.post(BUY).body(&json!({})).paid_with(&payment).send().await
        } else {
            answer
        };
        bodies.push(answer.expect(200).json());
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn a_payment_for_one_endpoint_is_not_good_for_another_of_the_same_price() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let number = paid.answer.expect(200).json()["phone_number"].clone();
    let body = json!({"phone_number": number});
    stack.post(RENEW).body(&body).paid_with(&paid.payment).send().await.refused(409, "payment_conflict");
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_facilitator_that_cannot_be_reached_costs_nothing_and_the_header_is_still_good() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().times(
        "POST */settle",
        3,
        Fault::Refuse(Answer::json(429, &json!({"error": "slow down"}))),
    );
    let paid = stack.post(LIST).pay(&wallet).await;
    let body = paid.answer.refused(503, "upstream_error");
    assert!(body["message"].as_str().expect("a message").ends_with("Not charged."));
    stack.post(LIST).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);

    stack.facilitator.faults().once("POST */verify", Fault::Refuse(Answer::html(500)));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let refused = paid.answer.refused(502, "upstream_error");
    assert_eq!((&refused["upstream"], &refused["retry_after_seconds"]), (&json!("facilitator"), &json!(5)));
    assert_eq!(paid.answer.header("retry-after"), Some("5"));
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
}

#[tokio::test]
async fn coinbases_facilitator_is_shown_a_token_for_each_request() {
    let seed = [7_u8; 32];
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&seed).expect("a seed");
    let public = ring::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    let secret = STANDARD.encode([&seed[..], &public].concat());
    let stack = Stack::builder(binaries!())
        .parameter("FacilitatorAuth", "cdp")
        .secret(
            "PaymentSecret",
            Some(json!({"cdp_api_key_id": "organizations/x/apiKeys/y", "cdp_api_key_secret": secret})),
        )
        .start()
        .await;
    stack.facilitator.require_jwt("organizations/x/apiKeys/y", JwtKey::Ed25519(public));
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.expect(200);
    assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles()), (1, 1));

    // Without one it is turned away, which costs nothing.
    let stack = Stack::start(binaries!()).await;
    stack.facilitator.require_jwt("another", JwtKey::Ed25519(vec![1; 32]));
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.refused(502, "upstream_error");
    stack.post(LIST).pay(&stack.wallet()).await.answer.refused(503, "upstream_error");
    assert_eq!(stack.earned(), 0);
}

/// What DynamoDB says to a transaction while another one is at one of its items, or when there are
/// too many.
fn in_the_way(reason: &str) -> Fault {
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!("Transaction cancelled, please refer cancellation reasons for specific reasons [None, {reason}]"),
        "CancellationReasons": [{"Code": "None"}, {"Code": reason, "Message": "Transaction is ongoing for the item"}],
    });
    Fault::Refuse(Answer::json(400, &body))
}

#[tokio::test]
async fn a_write_that_meets_another_one_is_made_again_and_given_up_before_anything_is_begun() {
    for reason in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
        let stack = Stack::start(binaries!()).await;
        let wallet = stack.wallet();
        stack.dynamo.faults().times("TransactWriteItems", 9, in_the_way(reason));
        stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
        assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1), "{reason}");
        // A tenth time is too often.
        stack.dynamo.faults().times("TransactWriteItems", 10, in_the_way(reason));
        let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
        paid.answer.refused(500, "internal_error");
        assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1), "{reason}");
        stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
        assert_eq!((stack.earned(), stack.twilio.held().len()), (10_000_000, 2), "{reason}");
    }
}

#[tokio::test]
async fn a_settlement_whose_answer_is_lost_is_looked_up_on_the_chain() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    let bought = stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    assert!(bought["transaction"].as_str().expect("a hash").starts_with("0x"));
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_refusal_is_not_believed_while_what_was_sent_before_can_still_arrive() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let definite = ["insufficient_funds", "invalid_exact_evm_transaction_simulation_failed"];
    for (nth, reason) in (1..).zip(definite) {
        // It is broadcast, and the facilitator does not come to say so. Asked again, it says
        // something definite.
        stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
        let paid = stack.post(LIST).pay(&wallet).await;
        paid.answer.refused(503, "payment_pending");
        let again = || stack.post(LIST).paid_with(&paid.payment).send();
        stack.facilitator.decline_next(reason);
        again().await.refused(503, "payment_pending");
        let (authorization, signature) = (paid.payment.authorization(), paid.payment.signature_bytes());
        stack.chain.transfer_with_authorization(authorization, &signature).expect("it arrives");
        stack.travel(Duration::from_secs(5));
        again().await.expect(200);
        assert_eq!(stack.earned(), nth * 1_000);
    }
}

#[tokio::test]
async fn a_refusal_is_not_believed_while_the_chain_does_not_answer() {
    let stack = Stack::start(binaries!()).await;
    stack.facilitator.decline_next("insufficient_funds");
    stack.chain.faults().always("*", Fault::Overload);
    let paid = stack.post(LIST).pay(&stack.wallet()).await;
    paid.answer.refused(503, "payment_pending");
    stack.chain.faults().clear();
    stack.post(LIST).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn anothers_submission_of_our_payment_is_our_payment() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    let authorization = payment.authorization().clone();
    stack.chain.transfer_with_authorization(&authorization, &payment.signature_bytes()).expect("it is signed");
    stack.post(LIST).paid_with(&payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

/// An attempt's settlement hangs, for longer than it works on a sale alone, and meanwhile the same
/// request comes again. What both are told: who was overtaken, and who overtook.
async fn overtaken(stack: &Stack, payment: &Payment, meanwhile: impl FnOnce()) -> (Response, Response) {
    let again = || stack.post(LIST).paid_with(payment).send();
    stack.facilitator.faults().once("POST */settle", Fault::Stall);
    let overtakes = async {
        stack.facilitator.faults().arrived("POST */settle", 1).await;
        stack.travel(Duration::from_secs(61));
        meanwhile();
        let quick = again().await;
        stack.facilitator.faults().release();
        quick
    };
    tokio::join!(again(), overtakes)
}

#[tokio::test]
async fn who_is_overtaken_while_it_settles_gives_the_answer_of_who_overtook_it() {
    let stack = Stack::start(binaries!()).await;
    let payment = stack.wallet().signs(&stack.post(LIST).demand().await);
    let (slow, quick) = overtaken(&stack, &payment, || {}).await;
    assert_eq!(slow.expect(200).body, quick.expect(200).body);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn who_is_overtaken_by_a_request_that_does_not_know_says_that_it_is_not_known() {
    let stack = Stack::start(binaries!()).await;
    let payment = stack.wallet().signs(&stack.post(LIST).demand().await);
    let it_is_not_known = || {
        stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
        stack.chain.faults().always("*", Fault::Overload);
    };
    let (slow, quick) = overtaken(&stack, &payment, it_is_not_known).await;
    quick.refused(503, "payment_pending");
    slow.refused(503, "payment_pending");
    stack.chain.faults().clear();
    stack.post(LIST).paid_with(&payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn a_twin_that_is_verified_too_late_gets_its_twins_answer_and_not_a_402() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    let buy = || stack.post(BUY).body(&json!({})).paid_with(&payment).send();
    // The first to ask is not answered before the second has paid: its payment is then rightly
    // called used.
    stack.facilitator.faults().once("POST */verify", Fault::Hang);
    let second = async {
        stack.facilitator.faults().arrived("POST */verify", 1).await;
        let paid = buy().await;
        stack.facilitator.faults().release();
        paid
    };
    let (late, paid) = futures_util::future::join(buy(), second).await;
    assert_eq!(late.expect(200).body, paid.expect(200).body);
    assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn a_payment_that_another_submitted_before_we_asked_buys_what_it_was_for() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes()).expect("it is signed");
    stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.expect(200);
    assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1));

    // A nonce that its owner has cancelled is used too, and buys nothing.
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    stack.chain.cancel(wallet.address(), payment.authorization().nonce).expect("the owner may");
    stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.refused(402, "payment_required");
}

#[tokio::test]
async fn a_facilitator_that_fails_over_a_payment_that_was_made_already_does_not_hide_it() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    let buy = || stack.post(BUY).body(&json!({})).paid_with(&payment).send();
    stack.facilitator.faults().always("POST */verify", Fault::Refuse(Answer::html(500)));
    buy().await.refused(502, "upstream_error");
    stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes()).expect("it is signed");
    buy().await.expect(200);
    assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn a_payment_that_was_taken_back_is_declined_at_once_whatever_the_facilitator_says() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    stack.chain.cancel(wallet.address(), payment.authorization().nonce).expect("the owner may");
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(500)));
    let refused = stack.post(LIST).paid_with(&payment).send().await.refused(402, "payment_required");
    assert_eq!(refused["reason"], "payment_cancelled");
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn a_wallet_without_money_is_told_so_also_where_it_is_not_asked_before_settling() {
    for stack in [Stack::start(binaries!()).await, Stack::builder(binaries!()).without_rpc().start().await] {
        let wallet = stack.wallet_with(0);
        let refused = stack.post(LIST).pay(&wallet).await.answer.refused(402, "payment_required");
        assert!(refused["message"].as_str().expect("a message").ends_with("Not charged."));
    }
}

#[tokio::test]
async fn nothing_secret_or_personal_reaches_a_log() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let number = paid.answer.expect(200).json()["phone_number"].as_str().expect("a number").to_owned();
    let task = "A canary of a task that no log may ever show.";
    let body = json!({"phone_number": "+12133610872", "task": task});
    let call = stack.post("/api/v1/voice/call").body(&body).pay(&wallet).await;
    let id = call.answer.expect(200).json()["call_id"].as_str().expect("an id").to_owned();
    stack.bland.finish_all();
    stack.get(&format!("/api/v1/voice/call/{id}")).send().await.expect(200);
    stack.sweep().await;
    let secrets = stack.secrets();
    let logs = stack.logs().await;
    assert!(logs.contains("numbers_buy") && logs.contains("outcome"), "there is a log: {logs}");
    let signature = paid.payment.header().1;
    let nonce = format!("{:x}", paid.payment.authorization().nonce);
    let personal = [
        ("a phone number", number),
        ("a callee", "+12133610872".to_owned()),
        ("a task", task.to_owned()),
        ("a payment", signature),
        ("a nonce", nonce),
        ("a call's id", id),
        ("a wallet", wallet.text()),
    ];
    for (what, secret) in secrets.into_iter().chain(personal) {
        assert!(!logs.to_lowercase().contains(&secret.to_lowercase()), "{what} is in a log");
    }
}

#[tokio::test]
async fn a_payment_that_was_declined_is_not_settled_later() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let refusal = json!({"success": false, "errorReason": "insufficient_funds", "transaction": "", "payer": wallet.text(),
        "network": "eip155:84532"});
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::json(200, &refusal)));
    let declined = stack.post(LIST).pay(&wallet).await;
    declined.answer.refused(402, "payment_required");
    // It could be settled by now, and its client was told that it will not be.
    let again = stack.post(LIST).paid_with(&declined.payment).send().await;
    again.refused(402, "payment_required");
    assert_eq!((stack.facilitator.settles(), stack.earned()), (0, 0));
}
