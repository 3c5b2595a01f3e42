//! What one payment can buy: once, exactly what was offered, and only by who signed it.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use harness::request::Response;
use harness::sim::chain::Network;
use harness::sim::facilitator::JwtKey;
use harness::sim::{Answer, Fault};
use harness::wallet::{Demand, Payment};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

const BUY: &str = "/api/v1/phone/numbers/buy";
const LIST: &str = "/api/v1/phone/numbers/list";
const CALL: &str = "/api/v1/voice/call";
const RENEW: &str = "/api/v1/phone/numbers/renew";

#[tokio::test]
async fn both_versions_of_the_protocol_pay_and_are_answered_in_kind() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let second = stack.post(LIST).pay(&wallet).await.answer;
    let settlement = second.expect(200).settlement().expect("a settlement");
    assert!(second.header("payment-response").is_some() && second.header("x-payment-response").is_none());
    assert_eq!(settlement["network"], "eip155:84532");

    let first = stack.post(LIST).pay_bent(&wallet, Payment::version_1).await.answer;
    let settlement = first.expect(200).settlement().expect("a settlement");
    assert!(first.header("x-payment-response").is_some() && first.header("payment-response").is_none());
    assert_eq!(settlement["network"], "base-sepolia");
    assert_eq!(stack.earned(), 2_000);
}

#[tokio::test]
async fn a_payment_on_base_is_a_payment_on_base_only() {
    let stack = Stack::builder(binaries!()).network(Network::Base).start().await;
    let wallet = stack.wallet();
    let paid = stack.post(LIST).pay(&wallet).await.answer;
    assert_eq!(paid.expect(200).settlement().expect("a settlement")["network"], "eip155:8453");
    let other = Stack::start(binaries!()).await;
    let demand = other.post(LIST).demand().await;
    let payment = wallet.signs(&demand);
    stack.post(LIST).paid_with(&payment).send().await.refused(402, "payment_required");
}

#[tokio::test]
async fn what_was_not_offered_is_not_taken() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, other) = (stack.wallet(), stack.wallet());
    let demand = stack.post(BUY).demand().await;
    let good = || wallet.signs(&demand);
    let bent: Vec<(&str, Payment)> = vec![
        ("less", good().value(4_999_999)),
        ("more", good().value(5_000_001)),
        ("to somebody else", good().to(other.address())),
        ("from somebody else", good().from(other.address())),
        ("signed by somebody else", good().signed_by(&other)),
        ("another chain's signature", good().domain(|domain| domain.chain_id = 8453)),
        ("another token's name", good().domain(|domain| domain.name = "USD Coin".into())),
        ("a cheaper offer accepted", good().accepted(|accepted| accepted["amount"] = json!("1000"))),
        ("another network accepted", good().accepted(|accepted| accepted["network"] = json!("eip155:8453"))),
        ("another asset accepted", good().accepted(|accepted| accepted["asset"] = json!(other.text()))),
        ("another scheme accepted", good().accepted(|accepted| accepted["scheme"] = json!("upto"))),
        ("another payee accepted", good().accepted(|accepted| accepted["payTo"] = json!(other.text()))),
        ("a high s", good().tampered(high_s)),
        ("a flipped bit", good().tampered(|signature| signature[10] ^= 1)),
        ("a short signature", good().tampered(|signature| signature.truncate(64))),
        ("an odd v", good().tampered(|signature| signature[64] = 29)),
        ("already expired", good().valid_for(-1)),
        ("about to expire", good().valid_for(8)),
        ("valid for more than a week", good().valid_for(7 * 86_400 + 60)),
        ("not yet valid", good().valid_after(4_000_000_000)),
    ];
    for (what, payment) in bent {
        let answer = stack.post(BUY).body(&json!({})).paid_with(&payment).send().await;
        let body = answer.refused(402, "payment_required");
        assert!(answer.header("payment-required").is_some(), "{what}");
        assert!(body["reason"].is_string() && body["accepts"].is_array(), "{what}");
    }
    assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles()), (0, 0), "nobody was asked");
    assert_eq!(stack.twilio.faults().count("*"), 0);
    assert!(stack.dynamo.rows().is_empty(), "and nothing was written");
}

/// The other signature of the same key over the same digest: (r, n − s, the other v).
#[expect(clippy::ptr_arg, reason = "the type of what bends a signature")]
fn high_s(signature: &mut Vec<u8>) {
    const N: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae,
        0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
    ];
    let mut borrow = 0_i16;
    for place in (0..32).rev() {
        let difference = i16::from(N[place]) - i16::from(signature[32 + place]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + place] = u8::try_from(difference.rem_euclid(256)).expect("a byte");
    }
    signature[64] = if signature[64] == 27 { 28 } else { 27 };
}

#[tokio::test]
async fn one_payment_in_many_spellings_is_one_payment() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(LIST).pay(&wallet).await;
    let first = paid.answer.expect(200);
    let lower = |value: &mut Value| {
        let from = value["payload"]["authorization"]["from"].as_str().expect("an address").to_lowercase();
        value["payload"]["authorization"]["from"] = json!(from);
    };
    let extra = |value: &mut Value| value["unknown"] = json!({"field": 1});
    let numbers = |value: &mut Value| value["payload"]["authorization"]["value"] = json!(1000);
    for spelling in [
        paid.payment.clone().document(lower),
        paid.payment.clone().document(extra),
        paid.payment.clone().document(numbers),
        paid.payment.clone().tampered(|signature| signature[64] -= 27),
        paid.payment.clone().version_1(),
    ] {
        let again = stack.post(LIST).paid_with(&spelling).send().await;
        assert_eq!(again.expect(200).body, first.body);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    let (name, value) = paid.payment.header();
    let document = STANDARD.decode(value).expect("base64");
    let marked = STANDARD.encode([&b"\xef\xbb\xbf"[..], &document].concat());
    let again = stack.post(LIST).header(name, &marked).send().await;
    assert_eq!(again.expect(200).body, first.body, "a byte order mark says nothing");
    assert_eq!((stack.earned(), stack.facilitator.settles()), (1_000, 1));
}

/// Some editors and frameworks begin every text with it.
#[tokio::test]
async fn a_payment_behind_a_byte_order_mark_is_taken() {
    let stack = Stack::start(binaries!()).await;
    let payment = stack.wallet().signs(&stack.post(LIST).demand().await);
    let marked = STANDARD.encode(format!("\u{feff}{}", payment.to_json()));
    stack.post(LIST).header(payment.header().0, &marked).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn the_same_header_many_times_at_once_buys_once_and_every_answer_is_the_same() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    let requests = (0..12).map(|_| stack.post(BUY).body(&json!({})).paid_with(&payment).send());
    let answers = join_all(requests).await;
    let bodies: Vec<Value> = answers.iter().map(|answer| answer.expect(200).json()).collect();
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
async fn a_smart_wallet_pays_and_its_forger_learns_nothing() {
    let stack = Stack::start(binaries!()).await;
    let (owner, stranger) = (stack.wallet(), stack.wallet());
    let contract = Wallet::random().address();
    stack.chain.deploy_smart_wallet(contract, owner.address());
    stack.chain.mint(contract, 10_000_000);
    let wrapped =
        |wallet: &Wallet, demand| wallet.signs(demand).from(contract).tampered(|signature| signature.extend([0; 32]));
    let body = json!({"phone_number": "+12125550100"});
    let demand = stack.post(RENEW).body(&body).demand().await;
    let forged = wrapped(&stranger, &demand);
    let refused = stack.post(RENEW).body(&body).paid_with(&forged).send().await.refused(402, "payment_required");
    assert!(refused.get("your_active_numbers").is_none());

    let list = stack.post(LIST).demand().await;
    let payment = wrapped(&owner, &list);
    let paid = stack.post(LIST).paid_with(&payment).send().await.expect(200).json();
    // Its nonce is on the chain now, for anybody to copy.
    let copied = payment.clone().tampered(|signature| signature[70] ^= 1);
    let refused = stack.post(LIST).paid_with(&copied).send().await.refused(409, "payment_conflict");
    assert!(refused.get("numbers").is_none());
    stack.post(LIST).paid_with(&payment).send().await.expect(200);
    assert_eq!(paid["wallet"].as_str().expect("a wallet").to_lowercase(), format!("{contract:#x}"));
    assert_eq!(stack.earned(), 1_000);
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
    paid.answer.refused(502, "upstream_error");
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

    // Without one it is turned away, which costs nobody anything.
    let stack = Stack::start(binaries!()).await;
    stack.facilitator.require_jwt("another", JwtKey::Ed25519(vec![1; 32]));
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.refused(502, "upstream_error");
    stack.post(LIST).pay(&stack.wallet()).await.answer.refused(503, "upstream_error");
    assert_eq!(stack.earned(), 0);
}

/// What DynamoDB says to a transaction while another one is at one of its items, or when there are too many.
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
        stack.dynamo.faults().times("TransactWriteItems", 6, in_the_way(reason));
        stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
        assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1), "{reason}");
        // A seventh time is too often.
        stack.dynamo.faults().times("TransactWriteItems", 7, in_the_way(reason));
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
        // It is broadcast, and the facilitator does not come to say so. Asked again, it says something definite.
        stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
        let paid = stack.post(LIST).pay(&wallet).await;
        paid.answer.refused(503, "payment_pending");
        let again = || stack.post(LIST).paid_with(&paid.payment).send();
        stack.facilitator.decline_next(reason);
        again().await.refused(503, "payment_pending");
        let (authorization, signature) = (paid.payment.authorization(), paid.payment.signature_bytes());
        stack.chain.transfer_with_authorization(authorization, &signature).expect("it arrives");
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
async fn without_a_node_a_refusal_is_not_believed_once_something_was_sent() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(LIST).pay(&stack.wallet()).await;
    paid.answer.refused(503, "payment_pending");
    let again = || stack.post(LIST).paid_with(&paid.payment).send();
    stack.facilitator.decline_next("insufficient_funds");
    again().await.refused(503, "payment_pending");
    again().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn without_a_node_a_lost_settlement_waits_and_is_never_answered_with_402() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    stack.post(LIST).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn without_a_node_an_unknown_payment_is_given_up_a_quarter_of_an_hour_after_it_has_expired() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    let again = || stack.post(LIST).paid_with(&paid.payment).send();
    // Its five minutes are over, and it may have been settled in the last of them.
    stack.travel(Duration::from_mins(10));
    again().await.refused(503, "payment_pending");
    stack.travel(Duration::from_mins(11));
    again().await.refused(402, "payment_required");
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn without_a_node_a_payment_that_is_said_to_be_used_is_never_given_up() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    assert_eq!(stack.earned(), 1_000);
    let again = || stack.post(LIST).paid_with(&paid.payment).send();
    // Not to be reached now says nothing about what was sent before.
    stack.facilitator.faults().times("POST */settle", 3, Fault::Refuse(Answer::json(429, &json!({}))));
    again().await.refused(503, "payment_pending");
    // Now the facilitator says that the nonce is used; it does not say by whom.
    again().await.refused(503, "payment_pending");
    stack.travel(Duration::from_hours(2));
    stack.sweep().await;
    again().await.refused(503, "payment_pending");
}

#[tokio::test]
async fn somebody_elses_submission_of_our_payment_is_our_payment() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    let authorization = payment.authorization().clone();
    stack.chain.transfer_with_authorization(&authorization, &payment.signature_bytes()).expect("anybody may");
    stack.post(LIST).paid_with(&payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
}

/// Somebody's settlement hangs, for longer than one works on a sale alone, and meanwhile the same request comes again. What both
/// are told: who was overtaken, and who overtook.
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
async fn who_is_overtaken_by_somebody_who_does_not_know_says_that_it_is_not_known() {
    let stack = Stack::start(binaries!()).await;
    let payment = stack.wallet().signs(&stack.post(LIST).demand().await);
    let nobody_knows = || {
        stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
        stack.chain.faults().always("*", Fault::Overload);
    };
    let (slow, quick) = overtaken(&stack, &payment, nobody_knows).await;
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
    // The first to ask is not answered before the second has paid: its payment is then rightly called used.
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
async fn a_payment_that_somebody_submitted_before_we_asked_buys_what_it_was_for() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes()).expect("anybody may");
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
    stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes()).expect("anybody may");
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
async fn without_a_node_a_used_payment_is_not_said_to_be_unpaid() {
    let mut stack = Stack::builder(binaries!()).without_rpc().start().await;
    stack.excuse("for nothing we know of", "nobody can tell that it was paid, and nothing is promised for it");
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes()).expect("anybody may");
    let refused = stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.refused(409, "payment_conflict");
    assert!(!refused["message"].as_str().expect("a message").contains("Not charged"));
    assert!(stack.twilio.held().is_empty());
}

#[tokio::test]
async fn without_a_node_a_payment_that_is_not_said_to_be_used_is_declined() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let reason = "invalid_exact_evm_transaction_simulation_failed";
    let invalid = json!({"isValid": false, "invalidReason": reason});
    stack.facilitator.faults().once("POST */verify", Fault::Refuse(Answer::json(200, &invalid)));
    let paid = stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await;
    assert_eq!(paid.answer.refused(402, "payment_required")["reason"], reason);
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
}

#[tokio::test]
async fn a_wallet_without_money_is_told_so_also_where_nobody_asks_before_settling() {
    for stack in [Stack::start(binaries!()).await, Stack::builder(binaries!()).without_rpc().start().await] {
        let wallet = stack.wallet_with(0);
        let refused = stack.post(LIST).pay(&wallet).await.answer.refused(402, "payment_required");
        assert!(refused["message"].as_str().expect("a message").ends_with("Not charged."));
    }
}

#[tokio::test]
async fn a_smart_wallets_signature_is_known_again_only_for_what_it_signed() {
    let stack = Stack::start(binaries!()).await;
    let owner = stack.wallet();
    let contract = Wallet::random().address();
    stack.chain.deploy_smart_wallet(contract, owner.address());
    stack.chain.mint(contract, 10_000_000);
    let wrapped = |demand: &Demand| owner.signs(demand).from(contract).tampered(|signature| signature.extend([0; 32]));
    stack.post(BUY).body(&json!({})).paid_with(&wrapped(&stack.post(BUY).demand().await)).send().await.expect(200);

    let call = json!({"to": "+12133610872", "task": "Confirm the reservation for two."});
    let good = wrapped(&stack.post(CALL).demand().await);
    let busy = Fault::Refuse(Answer::json(429, &json!({"error": "slow down"})));
    stack.facilitator.faults().times("POST */settle", 3, busy);
    stack.post(CALL).body(&call).paid_with(&good).send().await.refused(503, "upstream_error");
    // The payment is still free to be used, but another window was never signed.
    let signature = good.signature_bytes();
    let later: u64 = good.authorization().valid_before.to::<u64>() + 30;
    let stretched = good.clone().valid_before(later).signature(signature);
    stack.post(CALL).body(&call).paid_with(&stretched).send().await.refused(402, "payment_required");
    assert!(stack.bland.calls().is_empty(), "nobody was rung for it");
    stack.post(CALL).body(&call).paid_with(&good).send().await.expect(200);
}

#[tokio::test]
async fn nothing_secret_or_personal_reaches_a_log() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let number = paid.answer.expect(200).json()["phone_number"].as_str().expect("a number").to_owned();
    let task = "A canary of a task that nobody may ever read.";
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
