//! One payment, however it is spelled and whichever client made it: versions, networks, encodings,
//! forgeries.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::sim::chain::Network;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::wallet::{Demand, Payment};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

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
        ("to another payee", good().to(other.address())),
        ("from another payer", good().from(other.address())),
        ("signed by another", good().signed_by(&other)),
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
    assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles()), (0, 0), "the facilitator was not asked");
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
async fn a_header_in_which_a_client_says_that_it_has_none_is_none() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let words = ["", "null", "undefined", "NULL", "None", "none", "nil", "\"\"", "''"];
    for nothing in words {
        stack.post(LIST).header("x-payment", nothing).send().await.refused(402, "payment_required");
        let payment = wallet.signs(&stack.post(LIST).demand().await);
        stack.post(LIST).paid_with(&payment).header("x-payment", nothing).send().await.expect(200);
    }
    // Another value is a payment that cannot be read.
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    for other in ["{}", "false", "no"] {
        let answer = stack.post(LIST).paid_with(&payment).header("x-payment", other).send().await;
        answer.refused(400, "invalid_payment");
    }
    assert_eq!(stack.earned(), 9_000);
}

#[tokio::test]
async fn a_payment_in_quotation_marks_is_taken_and_one_that_was_escaped_is_told_so() {
    let stack = Stack::start(binaries!()).await;
    let payment = stack.wallet().signs(&stack.post(LIST).demand().await);
    let (name, value) = payment.header();
    let escaped = format!("{}%3D%3D", value.trim_end_matches('='));
    let refused = stack.post(LIST).header(name, &escaped).send().await.refused(400, "invalid_payment");
    assert!(refused["message"].as_str().expect("words").contains("`%3D`"), "{refused}");
    stack.post(LIST).header(name, &format!("\"{value}\"")).send().await.expect(200);
    assert!(stack.post(LIST).header(name, &value).send().await.expect(200).header("idempotent-replayed").is_some());
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn a_payment_in_the_body_or_an_authorization_is_told_where_it_belongs() {
    let stack = Stack::start(binaries!()).await;
    let payment = stack.wallet().signs(&stack.post(LIST).demand().await);
    let (_, value) = payment.header();
    let mut misplaced = Vec::new();
    for name in ["payment", "paymentPayload", "x402"] {
        misplaced.push(stack.post(LIST).body(&json!({name: payment.to_json()})));
        misplaced.push(stack.post(LIST).body(&json!({name: value})));
    }
    for scheme in ["x402", "Payment"] {
        misplaced.push(stack.post(LIST).header("authorization", &format!("{scheme} {value}")));
    }
    for request in misplaced {
        let refused = request.send().await.refused(400, "bad_request");
        assert_eq!(refused["field"], "PAYMENT-SIGNATURE", "{refused}");
        assert!(!refused.to_string().contains(&value), "{refused}");
    }
    // What is plainly none is as it was, and so is one beside the right one.
    stack.post(LIST).body(&json!({"payment": "usdc"})).send().await.refused(402, "payment_required");
    let body = json!({"paymentPayload": payment.to_json()});
    stack.post(LIST).body(&body).paid_with(&payment).send().await.expect(200);
    assert_eq!(stack.earned(), 1_000);
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
    // Its nonce is on the chain now, for any stranger to copy.
    let copied = payment.clone().tampered(|signature| signature[70] ^= 1);
    let refused = stack.post(LIST).paid_with(&copied).send().await.refused(409, "payment_conflict");
    assert!(refused.get("numbers").is_none());
    stack.post(LIST).paid_with(&payment).send().await.expect(200);
    assert_eq!(paid["wallet"].as_str().expect("a wallet").to_lowercase(), format!("{contract:#x}"));
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn a_signature_alone_is_told_that_it_is_not_a_payment() {
    let stack = Stack::start(binaries!()).await;
    for text in [format!("0x{}", "1b".repeat(65)), STANDARD.encode([0x9b_u8; 65])] {
        let answer = stack.post(LIST).header("payment-signature", &text).send().await;
        let refused = answer.refused(400, "invalid_payment");
        assert!(refused["message"].as_str().expect("a message").contains("send the whole x402 payment"), "{refused}");
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
    assert!(stack.bland.calls().is_empty(), "no phone rang for it");
    stack.post(CALL).body(&call).paid_with(&good).send().await.expect(200);
}
