//! A payment that was made already, wherever and however it comes again.

use harness::request::Response;
use harness::sim::{Answer, Fault};
use harness::{SolanaWallet, Stack, Wallet, binaries};
use serde_json::{Value, json};

use super::{BUY, CALL, LIST, RENEW, REST, call_to, is_replay, world};

/// The refusal names what the payment has paid for, and neither says that nothing was charged nor
/// advises to sign again.
fn names(refused: &Value, product: &Value, fields: &[&str]) {
    for field in fields {
        assert_eq!(refused[field], product[field], "{field}");
    }
    let shown = (&refused["call_id"], &refused["poll_url"]);
    assert_eq!(shown, (&Value::Null, &Value::Null), "a payment on the chain does not prove whose call it is");
    let message = refused["message"].as_str().expect("words").to_lowercase();
    assert!(message.contains("has paid for another request"), "{message}");
    assert!(!message.contains("sign") && !message.contains("not charged"), "{message}");
}

#[tokio::test]
async fn a_payment_that_has_paid_says_what_for_at_an_endpoint_of_another_price() {
    let (stack, wallet) = world().await;
    for version_1 in [false, true] {
        let bend = move |payment: harness::wallet::Payment| if version_1 { payment.version_1() } else { payment };
        let buy = stack.post(BUY).body(&json!({})).pay_bent(&wallet, bend).await;
        let bought = buy.answer.expect(200).json();
        let mut body = call_to(1 + u32::from(version_1));
        body["from"] = bought["phone_number"].clone();
        let call = stack.post(CALL).body(&body).pay_bent(&wallet, bend).await;
        let placed = call.answer.expect(200).json();
        let list = stack.post(LIST).pay_bent(&wallet, bend).await;
        let listed = list.answer.expect(200).json();
        let earned = stack.earned();
        for (path, paid, product, fields) in [
            (CALL, &buy, &bought, &["phone_number", "transaction"][..]),
            (LIST, &buy, &bought, &["phone_number", "transaction"]),
            (BUY, &call, &placed, &["transaction"]),
            (RENEW, &call, &placed, &["transaction"]),
            (LIST, &call, &placed, &["transaction"]),
            (CALL, &list, &listed, &["transaction"]),
        ] {
            for body in [call_to(3), json!({"phone_number": bought["phone_number"]}), json!({})] {
                let again = stack.post(path).body(&body).paid_with(&paid.payment).send().await;
                names(&again.refused(409, "payment_conflict"), product, fields);
            }
        }
        // What the client repeats of our demand is not what it has signed: this is the same payment
        // for the same request.
        if !version_1 {
            let repeated = buy.payment.accepted(|accepted| accepted["amount"] = json!("1"));
            let again = stack.post(BUY).body(&json!({})).paid_with(&repeated).send().await;
            assert!(is_replay(again.expect(200)));
            assert_eq!(again.json(), bought);
        }
        assert_eq!(stack.earned(), earned);
    }
}

/// A client in transition sends both versions of what it has signed once.
#[tokio::test]
async fn one_authorization_under_both_header_names_in_two_documents_is_one_payment() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let demand = stack.post(LIST).demand().await;
    let (payment, other) = (wallet.signs(&demand), wallet.signs(&demand));
    let (v1, v2) = (payment.clone().version_1().header().1, payment.header().1);
    let other = other.version_1().header().1;
    let send = |one: &str, two: &str| stack.post(LIST).header("PAYMENT-SIGNATURE", one).header("X-PAYMENT", two).send();
    send(&v2, &other).await.refused(400, "invalid_payment");
    let answer = send(&v2, &v1).await;
    answer.expect(200);
    assert!(answer.header("payment-response").is_some(), "version 2 is answered");
    for (one, two) in [(&v1, &v2), (&v2, &v1), (&v2, &v2.trim_end_matches('=').to_owned()), (&v1, &v1)] {
        let again = send(one, two).await;
        assert!(is_replay(again.expect(200)));
        assert_eq!(again.json(), answer.json());
    }
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn a_payment_that_has_bought_nothing_is_told_the_price() {
    let (stack, wallet) = world().await;
    let told = |answer: &Response| {
        let refused = answer.refused(402, "payment_required");
        assert_eq!(refused["reason"], "value_mismatch");
        assert!(refused["message"].as_str().expect("words").ends_with("Not charged."), "{refused}");
    };
    // Never used; and used for what came to nothing.
    let fresh = wallet.signs(&stack.post(BUY).demand().await);
    told(&stack.post(CALL).body(&call_to(1)).paid_with(&fresh).send().await);
    stack.twilio.faults().always("GET *AvailablePhoneNumbers*", Fault::Overload);
    let unused = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    assert_ne!(unused.answer.status, 200);
    told(&stack.post(CALL).body(&call_to(1)).paid_with(&unused.payment).send().await);
    stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    let void = stack.post(CALL).body(&call_to(1)).pay(&wallet).await;
    void.answer.refused(429, "upstream_rate_limited");
    told(&stack.post(LIST).paid_with(&void.payment).send().await);
    // One that is not its payer's own is not a payment, whatever the real one has bought.
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.expect(200);
    let forged = paid.payment.clone().tampered(|signature| signature[5] ^= 1);
    told(&stack.post(CALL).body(&call_to(1)).paid_with(&forged).send().await);
    let stranger = stack.wallet();
    told(&stack.post(CALL).body(&call_to(1)).paid_with(&paid.payment.signed_by(&stranger)).send().await);
    assert_eq!(stack.earned(), 5_001_000);
}

#[tokio::test]
async fn a_payment_in_doubt_is_not_called_uncharged_at_an_endpoint_of_another_price() {
    let (stack, wallet) = world().await;
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::json(500, &json!({}))));
    let pending = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    pending.answer.refused(503, "payment_pending");
    let refused = stack.post(LIST).paid_with(&pending.payment).send().await.refused(409, "payment_conflict");
    assert!(refused["phone_number"].is_string(), "{refused}");
    let message = refused["message"].as_str().expect("words");
    assert!(message.contains("is about to pay") && !message.contains("Not charged."), "{message}");
    // Who repeats it where it belongs, bent or not, is told the same as before.
    let bent = pending.payment.clone().accepted(|accepted| accepted["amount"] = json!("1"));
    stack.post(BUY).body(&json!({})).paid_with(&bent).send().await.refused(503, "payment_pending");
    stack.facilitator.faults().clear();
    stack.travel(REST);
    stack.post(BUY).body(&json!({})).paid_with(&bent).send().await.expect(200);
}

#[tokio::test]
async fn a_smart_wallets_payment_is_known_elsewhere_by_the_same_signature_only() {
    let stack = Stack::start(binaries!()).await;
    let owner = stack.wallet();
    let contract = Wallet::random().address();
    stack.chain.deploy_smart_wallet(contract, owner.address());
    stack.chain.mint(contract, 10_000_000);
    let demand = stack.post(LIST).demand().await;
    let payment = owner.signs(&demand).from(contract).tampered(|signature| signature.extend([0; 32]));
    let paid = stack.post(LIST).paid_with(&payment).send().await.expect(200).json();
    let asked = stack.facilitator.verifies();
    let again = stack.post(BUY).body(&json!({})).paid_with(&payment).send().await;
    names(&again.refused(409, "payment_conflict"), &paid, &["transaction"]);
    let copied = payment.tampered(|signature| signature[70] ^= 1);
    let refused = stack.post(BUY).body(&json!({})).paid_with(&copied).send().await.refused(402, "payment_required");
    assert_eq!((&refused["reason"], stack.facilitator.verifies()), (&json!("value_mismatch"), asked));
}

#[tokio::test]
async fn on_solana_a_payment_that_has_paid_says_so_at_every_price_too() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let wallet: SolanaWallet = stack.solana_wallet_with(20_000_000);
    let buy = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let bought = buy.answer.expect(200).json();
    let list = stack.post(LIST).pay(&wallet).await;
    let listed = list.answer.expect(200).json();
    for (path, body, payment, product, fields) in [
        (CALL, call_to(1), &buy.payment, &bought, &["phone_number", "transaction"][..]),
        (LIST, json!({}), &buy.payment, &bought, &["phone_number", "transaction"]),
        (BUY, json!({}), &list.payment, &listed, &["transaction"]),
    ] {
        let again = stack.post(path).body(&body).paid_with(payment).send().await;
        names(&again.refused(409, "payment_conflict"), product, fields);
        let again = stack.post(path).body(&body).paid_with(&payment.clone().version_1()).send().await;
        names(&again.refused(409, "payment_conflict"), product, fields);
    }
    let fresh = stack.post(LIST).demand().await;
    let fresh = wallet.signs(&fresh);
    let refused = stack.post(CALL).body(&call_to(1)).paid_with(&fresh).send().await.refused(402, "payment_required");
    assert_eq!(refused["reason"], "value_mismatch");
}

/// What is wrong with a body is worth more than that it is another one, unless the payment has
/// bought something.
#[tokio::test]
async fn an_invalid_body_is_named_where_the_payment_has_bought_nothing() {
    let (stack, wallet) = world().await;
    let bad = json!({"phone_number": "+12133610001", "task": 5});
    stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    let void = stack.post(CALL).body(&call_to(1)).pay(&wallet).await;
    void.answer.refused(429, "upstream_rate_limited");
    let refused = stack.post(CALL).body(&bad).paid_with(&void.payment).send().await.refused(400, "bad_request");
    assert_eq!(refused["field"], "task");
    // Mended, the same payment buys it.
    let paid = stack.post(CALL).body(&call_to(1)).paid_with(&void.payment).send().await.expect(200).json();
    let refused = stack.post(CALL).body(&bad).paid_with(&void.payment).send().await.refused(409, "payment_conflict");
    names(&refused, &paid, &["transaction"]);

    // Declined, and never to be used again: of what is asked for with it, the body is still said
    // first.
    let poor = stack.wallet();
    let demand = stack.post(LIST).demand().await;
    let declined = poor.signs(&demand);
    stack.facilitator.faults().once(
        "POST */settle",
        Fault::Refuse(Answer::json(
            200,
            &json!({"success": false, "errorReason": "insufficient_funds", "transaction": "", "network": ""}),
        )),
    );
    stack.post(LIST).paid_with(&declined).send().await.refused(402, "payment_required");
    let broken = stack.post(LIST).raw("application/json", "{").paid_with(&declined).send().await;
    broken.refused(400, "bad_request");
    let given_up = stack.post(LIST).body(&json!({})).paid_with(&declined).send().await;
    given_up.refused(402, "payment_required");

    // The same under a name that has bought something.
    let named = stack.post(CALL).header(super::KEY, "call-once");
    stack.bland.finish_all();
    stack.travel(std::time::Duration::from_secs(11));
    named.clone().body(&call_to(2)).pay(&wallet).await.answer.expect(200);
    let another = wallet.signs(&stack.post(CALL).demand().await);
    let refused = named.body(&bad).paid_with(&another).send().await.refused(400, "bad_request");
    assert_eq!(refused["field"], "task");
}

/// Who has the first payment's answer under a name is told so, also where it is that the outcome is
/// not known.
#[tokio::test]
async fn a_pending_answer_under_a_name_says_that_it_is_an_earlier_requests() {
    let (stack, wallet) = world().await;
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::json(500, &json!({}))));
    let buy = || stack.post(BUY).body(&json!({})).header(super::KEY, "one-number");
    let first = buy().pay(&wallet).await;
    first.answer.refused(503, "payment_pending");
    assert!(!is_replay(&first.answer));
    let second = buy().pay(&wallet).await;
    second.answer.refused(503, "payment_pending");
    assert!(is_replay(&second.answer));

    let call = || stack.post(CALL).body(&call_to(1)).header(super::KEY, "one-call");
    let rings = call().pay(&wallet).await.answer;
    let placed = rings.expect(200).json();
    assert_eq!((&placed["payment"], is_replay(&rings)), (&json!("pending"), false));
    let again = call().pay(&wallet).await;
    assert_eq!(again.answer.expect(200).json(), placed);
    assert!(is_replay(&again.answer));
    assert_eq!(stack.bland.calls().len(), 1);
    stack.facilitator.faults().clear();
    stack.travel(REST);
    for paid in [&first, &second] {
        assert!(is_replay(buy().paid_with(&paid.payment).send().await.expect(200)));
    }
}
