//! `GET /api/v1/phone/numbers`, and signing in: who is let in, who is not, and that nothing is
//! looked up for the latter.

use std::time::Duration;

use harness::sim::solana::base58;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, LIST, NUMBERS};
use harness::wallet::{SignIn, Signer};
use harness::{Stack, Wallet, binaries};
use http::Method;
use serde_json::{Value, json};

const ALIAS: &str = "/v1/phone/numbers";

/// What the table was asked so far.
fn reads(stack: &Stack) -> u64 {
    stack.dynamo.faults().count("*")
}

#[tokio::test]
async fn a_wallet_that_signs_in_sees_what_the_list_that_is_paid_for_shows() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let (wallet, other, on_solana) = (stack.wallet(), stack.wallet(), stack.solana_wallet());
    stack.buys(&wallet).await;
    stack.buys(&other).await;
    stack.buys(&on_solana).await;
    // Within the second of the purchase there are thirty days left, and behind it twenty-nine.
    stack.travel(Duration::from_mins(1));

    for path in [NUMBERS, ALIAS] {
        let mine = stack.get(path).sign_in(&wallet).await.expect(200).json();
        let mut paid = stack.post(LIST).pay(&wallet).await.answer.expect(200).json();
        paid.as_object_mut().expect("an object").remove("transaction");
        assert_eq!(mine, paid, "all but the transaction, since there is none");
        assert_eq!((&mine["count"], &mine["wallet"]), (&json!(1), &json!(wallet.text())));
    }
    let mine = stack.get(NUMBERS).sign_in(&on_solana).await.expect(200).json();
    assert_eq!((&mine["wallet"], &mine["numbers"][0]["chain"]), (&json!(on_solana.text()), &json!("solana")));
    let none = stack.get(NUMBERS).sign_in(&stack.wallet()).await.expect(200).json();
    assert_eq!((&none["numbers"], &none["count"]), (&json!([]), &json!(0)));

    // What has ended is not shown, though the reaper has not run yet.
    stack.travel(Duration::from_hours(30 * 24 + 1));
    let over = stack.get(NUMBERS).sign_in(&wallet).await.expect(200).json();
    assert_eq!(over["numbers"], json!([]));
}

#[tokio::test]
async fn who_has_not_signed_in_is_told_what_to_sign_and_nothing_is_looked_up() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let before = reads(&stack);
    for (path, query) in [(NUMBERS, ""), (ALIAS, ""), (NUMBERS, "?limit=2")] {
        let asked = stack.get(&format!("{path}{query}")).send().await;
        let body = asked.refused(402, "sign_in_required");
        assert_eq!(asked.header("cache-control"), Some("no-store"));
        let demand = asked.demand();
        let origin = stack.urls.gateway.clone();
        assert_eq!((&demand.required["accepts"], &body["accepts"]), (&json!([]), &json!([])));
        assert_eq!(body["extensions"], demand.required["extensions"]);
        let info = &demand.required["extensions"]["sign-in-with-x"]["info"];
        // What stands behind the question mark is no part of it.
        assert_eq!(info["uri"], format!("{origin}{path}"));
        assert_eq!(info["domain"], origin.trim_start_matches("http://"));
        assert_eq!(info["statement"], "Sign in to see your own numbers and calls.");
        let nonce = info["nonce"].as_str().expect("a nonce");
        assert!(nonce.len() >= 16 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{nonce}");
        let again = stack.get(path).send().await.challenge();
        assert_ne!(again.0["info"]["nonce"], info["nonce"]);
    }
    let head = stack.request(Method::HEAD, NUMBERS).send().await;
    assert!(head.expect(402).body.is_empty() && head.header("payment-required").is_some());
    stack.post(NUMBERS).body(&json!({})).send().await.refused(405, "method_not_allowed");
    assert_eq!(reads(&stack), before);
    assert_eq!((stack.facilitator.verifies(), stack.bland.faults().count("*")), (0, 0));
}

type Bend = fn(SignIn) -> SignIn;
/// The same with something of its world's.
type Bends = Box<dyn Fn(SignIn) -> SignIn>;

/// What a wallet on an EVM chain may get wrong, each signed as it stands.
const REFUSED: [(&str, &str, Bend); 22] = [
    ("another host", "siwx_wrong_domain", |it| it.with("domain", "dialtone.example")),
    ("another port", "siwx_wrong_domain", |it| it.with("domain", "127.0.0.1:1")),
    ("another path", "siwx_wrong_uri", |it| it.with("uri", "http://127.0.0.1/api/v1/voice/calls")),
    ("no statement", "siwx_wrong_statement", |it| it.without("statement")),
    ("the statement taken out", "siwx_wrong_statement", |it| it.stripped("statement")),
    ("another statement", "siwx_wrong_statement", |it| it.with("statement", "Sign in to give me your money.")),
    ("what is said of a dry run", "siwx_wrong_statement", |it| {
        it.with("statement", "Sign in to see what a request would do. Signing in buys nothing.")
    }),
    ("a chain that is not ours", "siwx_wrong_chain", |it| it.with("chainId", "eip155:1")),
    ("the other chain's kind", "siwx_wrong_chain", |it| it.with("type", "ed25519")),
    ("the chain exchanged", "siwx_wrong_chain", |it| it.tampered("chainId", "eip155:84532")),
    ("version 2", "siwx_malformed", |it| it.with("version", "2")),
    ("a short nonce", "siwx_malformed", |it| it.with("nonce", "abcdefgh1234567")),
    ("five minutes old", "siwx_expired", |it| it.issued(-300)),
    ("over before its time", "siwx_expired", |it| it.issued(-60).with("expirationTime", when(-1))),
    ("old, though it expires in a year", "siwx_expired", |it| it.issued(-301).with("expirationTime", when(31_536_000))),
    ("old, and without an end", "siwx_expired", |it| it.issued(-301).without("expirationTime")),
    ("from the future", "siwx_not_yet_valid", |it| it.issued(35)),
    ("not good yet", "siwx_not_yet_valid", |it| it.with("notBefore", when(10))),
    ("another wallet's address", "siwx_invalid_signature", |it| it.signed_by(&Wallet::random())),
    ("a message of another kind", "siwx_invalid_signature", |it| {
        it.signing("Sign in to see your own numbers and calls.")
    }),
    ("half a signature", "siwx_invalid_signature", |it| it.signature(format!("0x{}", "11".repeat(64)))),
    ("the nonce exchanged", "siwx_invalid_signature", |it| it.tampered("nonce", "abcdefgh12345678")),
];

fn when(seconds: i64) -> String {
    harness::wallet::sign_in::at(seconds).to_string()
}

#[tokio::test]
async fn a_sign_in_that_will_not_do_is_a_401_with_its_reason_and_nothing_is_looked_up() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let (wallet, on_solana) = (stack.wallet(), stack.solana_wallet());
    stack.buys(&wallet).await;
    let before = reads(&stack);
    for (what, code, bend) in REFUSED {
        let answer = stack.get(NUMBERS).sign_in_bent(&wallet, bend).await;
        assert_eq!(answer.json()["code"], code, "{what}: {}", answer.json());
        answer.refused(401, code);
        assert!(answer.header("payment-required").is_none(), "{what}: a second challenge is one too many");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
        assert!(answer.json()["message"].as_str().expect("words").contains("SIGN-IN-WITH-X"), "{what}");
    }
    let no_account = base58(&[0; 32]);
    let refused: [(&str, Bend); 4] = [
        ("siwx_wrong_statement", |it| it.without("statement")),
        ("siwx_wrong_chain", |it| it.with("chainId", "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1")),
        ("siwx_expired", |it| it.issued(-300)),
        ("siwx_invalid_signature", |it| it.signature(base58(&[1; 64]))),
    ];
    for (code, bend) in refused {
        stack.get(NUMBERS).sign_in_bent(&on_solana, bend).await.refused(401, code);
    }
    stack
        .get(NUMBERS)
        .sign_in_bent(&on_solana, |it| it.tampered("address", no_account))
        .await
        .refused(401, "siwx_invalid_signature");

    // What is not one header that can be read.
    let good = wallet.signs_in(&stack.get(NUMBERS).send().await.challenge());
    let (name, value) = good.header();
    let differs = stack.get(NUMBERS).header(name, &value).header(name, "e30=");
    differs.send().await.refused(401, "siwx_malformed");
    for junk in ["e30=", "eyJ", "{}", &"A".repeat(5_000)] {
        stack.get(NUMBERS).header(name, junk).send().await.refused(401, "siwx_malformed");
    }
    // What was signed for one of its addresses is not good at the other.
    stack.get(ALIAS).signed_in_with(&good).send().await.refused(401, "siwx_wrong_uri");
    // A payment is not a sign-in.
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    stack.get(NUMBERS).paid_with(&payment).send().await.refused(402, "sign_in_required");
    assert_eq!(reads(&stack), before, "nothing is looked up for who has not signed in");

    stack.get(NUMBERS).signed_in_with(&good).send().await.expect(200);
    assert_eq!(reads(&stack), before + 1);
    // What is only read may be read again by the same message.
    stack.get(NUMBERS).signed_in_with(&good).send().await.expect(200);
    // The same twice is one.
    stack.get(NUMBERS).header(name, &value).header(name, &value).send().await.expect(200);
}

#[tokio::test]
async fn what_clients_write_differently_signs_in_all_the_same() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    let lower = wallet.text().to_ascii_lowercase();
    let origin = stack.urls.gateway.clone();
    let host = origin.trim_start_matches("http://").split(':').next().expect("a host").to_owned();
    let url = format!("{origin}{NUMBERS}?limit=2");
    let bends: [(&str, Bends); 10] = [
        ("an address in small letters", Box::new(move |it| it.with("address", lower.clone()))),
        ("the host without its port", Box::new(move |it| it.with("domain", host.clone()))),
        ("the whole address that is asked", Box::new(move |it| it.with("uri", url.clone()))),
        ("no end", Box::new(|it| it.without("expirationTime"))),
        ("an end in a year", Box::new(|it| it.with("expirationTime", when(31_536_000)))),
        ("an end that is never", Box::new(|it| it.with("expirationTime", "9999-12-31T23:59:59Z"))),
        ("a nonce of its own", Box::new(|it| it.with("nonce", "Abcdefgh12345678"))),
        (
            "a beginning, a request's id and two resources",
            Box::new(|it| {
                it.with("notBefore", when(-1))
                    .with("requestId", "r-1")
                    .with("resources", json!(["https://a.example", "urn:b"]))
            }),
        ),
        ("no resources", Box::new(|it| it.without("resources"))),
        ("a clock that is ahead", Box::new(|it| it.issued(25))),
    ];
    for (what, bend) in bends {
        let answer = stack.get(&format!("{NUMBERS}?limit=2")).sign_in_bent(&wallet, bend).await;
        assert_eq!(answer.status.as_u16(), 200, "{what}: {}", answer.json());
        let list = answer.json();
        assert_eq!(
            (&list["numbers"][0]["phone_number"], &list["ignored_fields"]),
            (&json!(number), &json!(["limit"])),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_wallet_that_is_refused_what_is_sold_still_sees_what_it_has() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let control = json!({"pk": {"S": "CONTROL"}, "sk": {"S": "CONTROL"}, "paused": {"S": "all"}});
    stack.dynamo.put(control.as_object().expect("an item"));
    stack.post(BUY).pay(&wallet).await.answer.refused(503, "selling_paused");
    assert_eq!(stack.get(NUMBERS).sign_in(&wallet).await.expect(200).json()["count"], 1);
}

#[tokio::test]
async fn a_table_that_fails_is_our_fault_and_asks_for_no_second_sign_in() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let sign_in = wallet.signs_in(&stack.get(NUMBERS).send().await.challenge());
    let broken = Answer::json(400, &json!({"__type": "ResourceNotFoundException", "message": "gone"}));
    stack.dynamo.faults().once("Query", Fault::Refuse(broken));
    let ask = || stack.get(NUMBERS).signed_in_with(&sign_in).send();
    let failed = ask().await.refused(500, "internal_error");
    assert!(!failed["message"].as_str().expect("words").contains("gone"));
    // The same header is good again.
    assert_eq!(ask().await.expect(200).json()["numbers"], json!([]));
}

#[tokio::test]
async fn what_is_signed_in_for_is_in_the_documents() {
    let stack = Stack::start(binaries!()).await;
    let document = stack.get("/openapi.json").send().await.expect(200).json();
    let scheme = &document["components"]["securitySchemes"]["siwx"];
    assert_eq!(
        (&scheme["type"], &scheme["in"], &scheme["name"]),
        (&json!("apiKey"), &json!("header"), &json!("SIGN-IN-WITH-X"))
    );
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let asked = stack.request(method.to_ascii_uppercase().parse().expect("a method"), path).send().await;
            let signs_in = asked.json()["code"] == "sign_in_required";
            let security = if signs_in { json!([{"siwx": []}]) } else { json!([]) };
            assert_eq!(operation["security"], security, "{method} {path}");
            let told = |status: &str| operation["responses"][status] != Value::Null;
            assert!(!signs_in || (told("401") && told("402")), "{method} {path}");
            // A client that can sign in does so before it pays, so what is paid for does not ask
            // for it.
            if asked.header("payment-required").is_some() {
                let extensions = &asked.demand().required["extensions"];
                assert_eq!(extensions.get("sign-in-with-x").is_some(), signs_in, "{method} {path}");
            }
        }
    }
}
