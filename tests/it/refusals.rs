//! The order of refusals: requests that are wrong in several ways at once, mended one way at a
//! time, so that each refusal in turn is the first that applies.

mod order;

use std::time::Duration;

use futures_util::future;
use harness::request::Response;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, LIST, NUMBERS, SOLD};
use harness::wallet::{Demand, Payment, SignIn, Signer};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

const PREMIUM: &str = "+19005551234";
const TO: &str = "+12133610872";
const TASK: &str = "Confirm the reservation for tonight.";

async fn payment(stack: &Stack, wallet: &Wallet) -> Payment {
    wallet.signs(&stack.post(CALL).demand().await)
}

async fn call(stack: &Stack, body: &Value, payment: &Payment) -> Response {
    stack.post(CALL).body(body).paid_with(payment).send().await
}

/// The order in which the library declares its refusals, which is the order in which they win.
pub(crate) struct Walk {
    declared: Vec<String>,
    at: usize,
}

impl Walk {
    pub(crate) fn begin() -> Self {
        let code = std::fs::read_to_string("shared/src/refusal.rs").expect("the refusals");
        let body = code.split("pub enum Refusal {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("an enum");
        let variant = |line: &str| {
            let name = line.strip_prefix("    ").filter(|line| line.starts_with(char::is_uppercase))?;
            Some(name.split(|c: char| !c.is_alphanumeric()).next()?.to_owned())
        };
        Self { declared: body.lines().filter_map(variant).collect(), at: 0 }
    }

    /// What was answered while everything behind it was wrong too.
    pub(crate) fn meets(&mut self, variant: &str) {
        let found = self.declared.iter().position(|declared| declared == variant).expect(variant);
        assert!(found >= self.at, "{variant} is declared before {}, and wins after it", self.declared[self.at]);
        self.at = found;
    }
}

#[tokio::test]
async fn the_first_that_applies_is_the_answer() {
    let mut walk = Walk::begin();
    let stack = Stack::start(binaries!()).await;
    let (wallet, landlord, poor) = (stack.wallet(), stack.wallet(), stack.wallet_with(0));
    let foreign = stack.buys(&landlord).await;
    // Everything below is wrong at first: a premium number, a task too short, another wallet's
    // caller ID, no money.
    let worst = json!({"phone_number": PREMIUM, "task": "short", "from": foreign});
    let huge = format!("{{\"task\":\"{}\"}}", "x".repeat(129 * 1024));
    let good = payment(&stack, &poor).await;
    let (name, value) = good.header();
    let (_, other) = payment(&stack, &poor).await.header();
    let twice = |method| stack.request(method, CALL).header(name, &value).header("x-payment", &other);

    let lost = stack.request(http::Method::PUT, "/api/v1/voice/cal").header(name, &value);
    lost.raw("application/json", huge.clone()).send().await.refused(404, "no_such_path");
    walk.meets("NoSuchPath");
    twice(http::Method::PUT).raw("application/json", huge.clone()).send().await.refused(405, "method_not_allowed");
    walk.meets("MethodNotAllowed");
    twice(http::Method::POST).raw("application/json", huge).send().await.refused(413, "too_large");
    walk.meets("TooLarge");
    twice(http::Method::POST).body(&worst).send().await.refused(400, "invalid_payment");
    walk.meets("InvalidPayment");

    let forged = payment(&stack, &poor).await.signed_by(&landlord).valid_for(-60);
    let refused = call(&stack, &worst, &forged).await.refused(402, "payment_required");
    assert_eq!(refused["reason"], "invalid_signature");
    walk.meets("PaymentRequired");

    // A payment that has bought something else, and has expired since: the record comes before the
    // window.
    let used = stack.post("/api/v1/phone/numbers/list").pay(&wallet).await.payment;
    call(&stack, &worst, &used).await.refused(409, "payment_conflict");
    walk.meets("PaymentConflict");
    let unused = wallet.signs(&stack.post("/api/v1/phone/numbers/list").demand().await);
    let mismatched = call(&stack, &worst, &unused).await.refused(402, "payment_required");
    assert_eq!(mismatched["reason"], "value_mismatch", "another endpoint's price is not our offer");

    let expired = payment(&stack, &poor).await.valid_for(-60);
    call(&stack, &worst, &expired).await.refused(402, "payment_required");

    let refused = call(&stack, &worst, &good).await.refused(400, "bad_request");
    assert_eq!(refused["field"], "task");
    walk.meets("BadRequest");
    let body = json!({"phone_number": PREMIUM, "task": TASK, "from": foreign});
    call(&stack, &body, &good).await.refused(400, "unsupported_destination");
    walk.meets("UnsupportedDestination");
    let body = json!({"phone_number": TO, "task": TASK, "from": foreign});
    call(&stack, &body, &good).await.refused(403, "no_owned_numbers");
    walk.meets("NoOwnedNumbers");

    // The wallet of the rest has numbers, and at first no money.
    let (first, _second) = (stack.buys(&wallet).await, stack.buys(&wallet).await);
    stack.chain.transfer(wallet.address(), landlord.address(), stack.chain.balance(wallet.address())).expect("drained");
    let good = payment(&stack, &wallet).await;
    call(&stack, &body, &good).await.refused(403, "wrong_wallet");
    walk.meets("WrongWallet");
    let body = json!({"phone_number": TO, "task": TASK});
    call(&stack, &body, &good).await.refused(400, "ambiguous_from");
    walk.meets("AmbiguousFrom");
    let body = json!({"phone_number": TO, "task": TASK, "from": first});
    let refused = call(&stack, &body, &good).await.refused(402, "payment_required");
    assert!(refused["message"].as_str().expect("a message").contains("insufficient"), "{refused}");

    stack.chain.mint(wallet.address(), 10_000_000);
    stack.bland.limit_next("Rate limit exceeded");
    call(&stack, &body, &good).await.refused(429, "upstream_rate_limited");
    walk.meets("UpstreamRateLimited");
    stack.bland.set_balance(Some(0));
    call(&stack, &body, &good).await.refused(502, "upstream_error");
    walk.meets("Upstream");
    stack.bland.set_balance(Some(10_000));
    call(&stack, &body, &good).await.expect(200);

    let other = json!({"phone_number": "+12125550142", "task": "short", "from": foreign});
    call(&stack, &other, &good).await.refused(409, "payment_conflict");
    stack.travel(Duration::from_hours(1));
    call(&stack, &other, &good).await.refused(409, "payment_conflict");
    assert_eq!(stack.earned(), 3 * 5_000_000 + 1_000 + 540_000);
}

/// The reasons for which a wallet is not signed in, mended one at a time; behind a wrong address
/// and a wrong method, and before anything is looked up.
#[tokio::test]
async fn the_first_reason_not_to_sign_a_wallet_in_is_the_answer() {
    let mut walk = Walk::begin();
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let challenge = stack.get(NUMBERS).send().await.challenge();
    let all = |it: SignIn| {
        let it =
            it.with("nonce", "short").with("domain", "elsewhere.example").with("uri", "https://elsewhere.example/");
        it.with("statement", "Anything.")
            .with("chainId", "eip155:1")
            .issued(-600)
            .with("notBefore", "2099-01-01T00:00:00Z")
    };
    let bent = all(wallet.signs_in(&challenge)).signed_by(&stack.wallet());
    let (name, value) = bent.header();
    stack.get("/api/v1/phone/numberz").header(name, &value).send().await.refused(404, "no_such_path");
    walk.meets("NoSuchPath");
    stack.request(http::Method::PUT, NUMBERS).header(name, &value).send().await.refused(405, "method_not_allowed");
    walk.meets("MethodNotAllowed");
    let info = challenge.0["info"].clone();
    let said = |name: &str| info[name].as_str().expect("text").to_owned();
    let now = harness::wallet::sign_in::at(0).to_string();
    let mut bent = bent;
    for (code, field, mended) in [
        ("siwx_malformed", "nonce", said("nonce")),
        ("siwx_wrong_domain", "domain", said("domain")),
        ("siwx_wrong_uri", "uri", said("uri")),
        ("siwx_wrong_statement", "statement", said("statement")),
        ("siwx_wrong_chain", "chainId", stack.network().caip2().to_owned()),
        ("siwx_not_yet_valid", "notBefore", now.clone()),
        ("siwx_expired", "issuedAt", now.clone()),
    ] {
        stack.get(NUMBERS).signed_in_with(&bent).send().await.refused(401, code);
        walk.meets("NotSignedIn");
        bent = bent.with(field, mended);
    }
    let bent = bent.issued(0);
    stack.get(NUMBERS).signed_in_with(&bent).send().await.refused(401, "siwx_invalid_signature");
    stack.dynamo.faults().once("Query", Fault::Refuse(Answer::json(400, &json!({"__type": "AccessDeniedException"}))));
    let good = bent.signed_by(&wallet);
    stack.get(NUMBERS).signed_in_with(&good).send().await.refused(500, "internal_error");
    walk.meets("Fault");
    stack.get(NUMBERS).signed_in_with(&good).send().await.expect(200);
}

#[tokio::test]
async fn an_unknown_outcome_is_a_503_and_never_a_402() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::Replace(Answer::html(502)));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    // The node knows that it was settled, so the outcome is not unknown for long.
    paid.answer.expect(200);

    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let body = paid.answer.refused(503, "payment_pending");
    assert_eq!(paid.answer.header("retry-after"), Some("5"));
    assert!(!body["message"].as_str().expect("a message").contains("Not charged"));
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 10_000_000);
}

/// A payment that its client has signed from this very second on is waited for until the chain
/// takes it; one that is good only later is refused.
#[tokio::test]
async fn a_payment_that_is_good_from_now_on_is_served_at_once() {
    let stack = Stack::start(binaries!()).await;
    let list = stack.post(LIST).demand().await;
    let from = |wallet: &Wallet, demand: &Demand, later: i64| wallet.signs(demand).valid_in(later);
    let served = [-3, -1, 0, 1, 4].map(|later| {
        let (stack, wallet) = (&stack, stack.wallet());
        let payment = from(&wallet, &list, later);
        async move { stack.post(LIST).paid_with(&payment).send().await.expect(200).status }
    });
    let calls = async {
        let wallet = stack.wallet();
        let buy = from(&wallet, &stack.post(BUY).demand().await, 0);
        stack.post(BUY).body(&json!({})).paid_with(&buy).send().await.expect(200);
        let good = from(&wallet, &stack.post(CALL).demand().await, 1);
        call(&stack, &json!({"phone_number": TO, "task": TASK}), &good).await.expect(200);
    };
    future::join(future::join_all(served), calls).await;
    assert_eq!(stack.earned(), 5 * 1_000 + 5_000_000 + 540_000);

    let wallet = stack.wallet();
    for later in [8, 60, 86_400] {
        let refused =
            stack.post(LIST).paid_with(&from(&wallet, &list, later)).send().await.refused(402, "payment_required");
        assert_eq!(refused["reason"], "not_yet_valid");
    }
    // It must be good for long enough when the chain begins to take it.
    let short = from(&wallet, &list, 4).valid_for(12);
    let refused = stack.post(LIST).paid_with(&short).send().await.refused(402, "payment_required");
    assert_eq!(refused["reason"], "expired");
}

/// Wherever a payment is refused, its client can read that it was not charged: in the body, and in
/// the header.
#[tokio::test]
async fn every_402_says_that_nothing_was_charged() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, poor) = (stack.wallet(), stack.wallet_with(0));
    let not_charged = |answer: &Response, reason: &str| {
        let refused = answer.refused(402, "payment_required");
        let error = answer.demand().required["error"].clone();
        for said in [&refused["message"], &error] {
            let said = said.as_str().expect("words");
            assert!(said.ends_with("Not charged."), "{reason}: {said}");
            assert_eq!(said.matches("Not charged").count(), 1, "{said}");
        }
        refused["reason"].as_str().expect("a code").to_owned()
    };
    not_charged(&stack.post(BUY).send().await, "payment_required");
    for path in [BUY, LIST] {
        let demand = stack.post(path).demand().await;
        let post = |payment: Payment| stack.post(path).paid_with(&payment).send();
        not_charged(&post(poor.signs(&demand)).await, "poor");
        for reason in [
            "invalid_exact_evm_payload_authorization_valid_after",
            "invalid_exact_evm_payload_authorization_valid_before",
            "invalid_exact_evm_insufficient_balance",
            "invalid_exact_evm_transaction_simulation_failed",
            "invalid_exact_evm_signature",
            "kyt_risk_detected",
        ] {
            let verdict = json!({"isValid": false, "invalidReason": reason, "payer": wallet.text()});
            stack.facilitator.faults().once("POST */verify", Fault::Refuse(Answer::json(200, &verdict)));
            let settled = json!({"success": false, "errorReason": reason, "transaction": "", "network": "", "payer": wallet.text()});
            stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::json(200, &settled)));
            let declined = post(wallet.signs(&demand)).await;
            assert_eq!(not_charged(&declined, reason), reason);
            stack.facilitator.faults().clear();
        }
    }
    assert_eq!(stack.earned(), 0);
}

/// A client that is made for another network, scheme or token, or has lost its way between two, is
/// told what is taken.
#[tokio::test]
async fn what_is_not_taken_here_is_told_what_is() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let demand = stack.post(LIST).demand().await;
    for payload in [json!({"transaction": "AQID"}), json!({"signature": "0x"}), json!({}), json!(null), json!("signed")]
    {
        for network in ["solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", "eip155:8453", "eip155:1"] {
            let payload = payload.clone();
            let payment = wallet.signs(&demand).document(move |document| {
                document["payload"] = payload.clone();
                document["accepted"]["network"] = json!(network);
            });
            let refused = stack.post(LIST).paid_with(&payment).send().await.refused(402, "payment_required");
            assert_eq!(refused["reason"], "network_mismatch", "{network}");
            assert!(refused["message"].as_str().expect("words").contains("eip155:84532"), "{refused}");
        }
    }
}

#[tokio::test]
async fn every_refusal_is_flat_and_nothing_is_cached() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let answers = [
        stack.get(BUY).send().await,
        stack.post(BUY).send().await,
        stack.post(BUY).body(&json!({"country": "??"})).send().await,
        stack.post(CALL).body(&json!({"to": TO, "task": TASK})).pay(&wallet).await.answer,
        stack.get("/api/v1/voice/call/unknown").send().await,
        stack.post(BUY).header("x-payment", "not base64!").send().await,
    ];
    for answer in answers {
        let body = answer.json();
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(body["error"].is_string() && body["error"] == body["code"], "{body}");
        assert!(body["message"].is_string(), "{body}");
        assert!(answer.header("payment-response").is_none());
    }
}

#[tokio::test]
async fn an_unreadable_payment_header_is_a_400() {
    let stack = Stack::start(binaries!()).await;
    let demand = stack.post(BUY).demand().await;
    let wallet = stack.wallet();
    let (name, good) = wallet.signs(&demand).header();
    let (_, other) = wallet.signs(&demand).header();
    let url_safe = good.replace('+', "-").replace('/', "_").replace('=', "-");
    for (what, header) in [
        ("not base64", "%%%".to_owned()),
        ("not JSON", "bm90IGpzb24=".to_owned()),
        ("cut short", good[..good.len() - 9].to_owned()),
        ("the URL-safe alphabet", format!("{url_safe}-_")),
        ("an unknown version", "eyJ4NDAyVmVyc2lvbiI6OX0=".to_owned()),
        ("too long", "A".repeat(8 * 1024 + 1)),
    ] {
        let answer = stack.post(BUY).body(&json!({})).header(name, &header).send().await;
        assert_eq!(answer.refused(400, "invalid_payment")["code"], "invalid_payment", "{what}");
    }
    for second in [name, "x-payment"] {
        let answer = stack.post(BUY).body(&json!({})).header(name, &good).header(second, &other).send().await;
        answer.refused(400, "invalid_payment");
    }
    assert_eq!((stack.facilitator.verifies(), stack.earned()), (0, 0));
}

#[tokio::test]
async fn a_payment_in_another_header_or_in_the_address_is_told_where_it_belongs() {
    let stack = Stack::start(binaries!()).await;
    let payment = stack.wallet().signs(&stack.post(LIST).demand().await);
    let (_, header) = payment.header();
    let told = stack.post(LIST).header("x-payment-signature", &header).send().await;
    assert_eq!(told.refused(400, "bad_request")["field"], "PAYMENT-SIGNATURE");
    let address = format!("{LIST}?payment={}", header.replace('+', "%2B"));
    assert_eq!(stack.post(&address).send().await.refused(400, "bad_request")["field"], "PAYMENT-SIGNATURE");
    // Not charged, and good where it belongs.
    stack.post(LIST).paid_with(&payment).send().await.expect(200);
}

#[tokio::test]
async fn a_body_that_is_no_small_object_is_a_400() {
    let stack = Stack::start(binaries!()).await;
    for body in ["[1]", "7", "\"{}\"", "{", "{} {}", "{\"country\":\"US\",\"country\":\"CA\"}", "not json"] {
        stack.post(BUY).raw("application/json", body).send().await.refused(400, "bad_request");
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(8), "]".repeat(8));
    stack.post(BUY).raw("application/json", deep).send().await.refused(400, "bad_request");
    stack.post(BUY).raw("text/plain", "{\"country\":\"US\"}").send().await.expect(402);
    stack.post(BUY).raw("application/json", "  ").send().await.expect(402);
    stack.post(BUY).raw("application/json", "\u{feff}{\"country\":\"US\"}").send().await.expect(402);
}

#[tokio::test]
async fn a_question_that_asks_for_nothing_learns_the_price() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    for (path, _) in SOLD {
        for probe in ["", " \n", "{}", " { } ", "\u{feff}{}", "null", "\"\"", "[]"] {
            stack.post(path).raw("application/json", probe).send().await.expect(402);
        }
    }
    // Something that is asked for and is wrong is said before any payment, and nothing is sold for
    // nothing.
    stack.post(CALL).body(&json!({"task": null})).send().await.refused(400, "bad_request");
    let paid = stack.post(CALL).body(&json!({})).pay(&wallet).await;
    assert_eq!(paid.answer.refused(400, "bad_request")["field"], "phone_number");
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn a_body_of_64_kilobytes_is_read_and_one_byte_more_is_not() {
    let stack = Stack::start(binaries!()).await;
    let body = |bytes: usize| format!("{{\"pad\":\"{}\"}}", "x".repeat(bytes - r#"{"pad":""}"#.len()));
    stack.post(BUY).raw("application/json", body(128 * 1024)).send().await.expect(402);
    stack.post(BUY).raw("application/json", body(128 * 1024 + 1)).send().await.refused(413, "too_large");
    // The longest task that there is, as clients write it that escape whatever is not ASCII.
    let task = "\\ud83d\\ude00".repeat(4_000);
    let body = format!("{{\"phone_number\":\"{TO}\",\"task\":\"{task}\"}}");
    stack.post(CALL).raw("application/json", body).send().await.expect(402);
}
