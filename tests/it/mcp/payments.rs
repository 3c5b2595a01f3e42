//! Paying through MCP: three dialects, one meaning, and never a second price for what may be paid
//! already.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALLS, LIST};
use harness::wallet::{Demand, Payment};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

use super::{TASK, TO, called, called_with, done, paid, price, refused, result, sent_alone, signed};

const RECEIPT: &str = "x402/payment-response";

/// Each paid tool, with arguments that are right, and its price.
fn sold() -> [(&'static str, Value, &'static str); 5] {
    [
        ("buy_number", json!({}), "5000000"),
        ("renew_number", json!({"phone_number": "+14155551234"}), "5000000"),
        ("list_numbers", json!({}), "1000"),
        ("place_call", json!({"phone_number": TO, "task": TASK}), "540000"),
        ("list_calls", json!({}), "1000"),
    ]
}

fn beside(payment: &Payment) -> Value {
    json!({"x402/payment": payment.to_json()})
}

fn base64(payment: &Payment) -> String {
    STANDARD.encode(payment.to_json().to_string())
}

#[tokio::test]
async fn arguments_under_another_name_are_refused_before_the_payment_is_used() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = signed(&stack, &wallet, "buy_number", &json!({})).await;
    for misplaced in
        [json!({"input": {"country": "CA"}}), json!({"country": "CA"}), json!({"args": {"iso_country": "CA"}})]
    {
        let mut params = json!({"name": "buy_number", "_meta": beside(&payment)});
        params.as_object_mut().expect("an object").extend(misplaced.as_object().expect("an object").clone());
        let refused =
            refused(&result(&sent_alone(&stack, "tools/call", params).send().await), "bad_request", &json!(false));
        assert_eq!(refused["field"], "arguments", "{refused}");
    }
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn an_unpaid_tool_tells_its_price_in_every_dialect_and_does_nothing() {
    let stack = Stack::start(binaries!()).await;
    for (name, arguments, amount) in sold() {
        let unpaid = called(&stack, name, &arguments).await;
        let price = price(&unpaid);
        assert_eq!(price["accepts"][0]["amount"], amount, "{name}");
        assert_eq!(price["resource"]["url"], format!("mcp://tool/{name}"));
        assert!(price["resource"]["description"].is_string() && price["extensions"]["bazaar"].is_null(), "{price}");
        let said = price["error"].as_str().expect("words");
        assert!(said.starts_with(name) && said.ends_with("Not charged."), "{said}");
        // Those that know version 1 alone.
        let second = unpaid["content"][1]["text"].as_str().expect("a text");
        let first_version: Value = serde_json::from_str(second).expect("JSON");
        assert_eq!(
            (&first_version["x402Version"], &first_version["accepts"][0]["maxAmountRequired"]),
            (&json!(1), &json!(amount))
        );
        // The same where each message stands alone.
        let params = json!({"name": name, "arguments": arguments});
        let alone = result(&sent_alone(&stack, "tools/call", params).send().await);
        assert_eq!(alone["structuredContent"], *price);
    }
    assert_eq!((stack.earned(), stack.facilitator.verifies(), stack.bland.calls().len()), (0, 0, 0));
}

#[tokio::test]
async fn a_payment_may_be_an_object_or_base64_of_either_version_and_its_receipt_comes_back() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let arguments = json!({});
    for (nth, dialect) in
        (1..).zip(["object", "nulls", "base64", "http address", "version 1", "base64 of version 1", "dotted"])
    {
        let payment = signed(&stack, &wallet, "list_numbers", &arguments).await;
        let payment = match dialect {
            // As Python's models write what is not there.
            "nulls" => payment.document(|document| {
                document["extensions"] = Value::Null;
                for name in ["serviceName", "tags", "iconUrl"] {
                    document["resource"][name] = Value::Null;
                }
            }),
            "http address" => {
                payment.document(|document| document["resource"] = json!({"url": format!("https://x.example{LIST}")}))
            }
            "version 1" | "base64 of version 1" => payment.version_1(),
            _ => payment,
        };
        let meta = match dialect {
            "base64" | "base64 of version 1" => json!({"x402/payment": base64(&payment)}),
            "dotted" => json!({"x402.payment": base64(&payment)}),
            _ => beside(&payment),
        };
        let answer = called_with(&stack, "list_numbers", &arguments, &meta).await;
        let listed = done(&answer);
        let receipt = &answer["_meta"][RECEIPT];
        assert_eq!(
            (&receipt["success"], &receipt["transaction"]),
            (&json!(true), &listed["transaction"]),
            "{dialect}: {answer}"
        );
        assert_eq!(answer["_meta"]["x402.payment-response"].is_string(), dialect == "dotted", "{dialect}");
        assert_eq!(stack.earned(), nth * 1_000, "{dialect}");
    }
}

#[tokio::test]
async fn a_payment_buys_once_whichever_way_it_comes() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let payment = signed(&stack, &wallet, "buy_number", &json!({})).await;
    let first = done(&called_with(&stack, "buy_number", &json!({}), &beside(&payment)).await);
    let again = done(&called_with(&stack, "buy_number", &json!({}), &beside(&payment)).await);
    let over_http = stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.expect(200).json();
    assert_eq!((&again, &over_http), (&first, &first));

    let over_http = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let bought = done(&called_with(&stack, "buy_number", &json!({}), &beside(&over_http.payment)).await);
    assert_eq!(bought, over_http.answer.json());
    assert_eq!((stack.earned(), stack.twilio.held().len()), (10_000_000, 2));

    // For something else it is used up, and that is no price.
    let other = called_with(&stack, "list_numbers", &json!({}), &beside(&payment)).await;
    let said = refused(&other, "payment_conflict", &json!("unknown"));
    assert_eq!(said["phone_number"], first["phone_number"]);
    assert_eq!(other["structuredContent"], said);
}

#[tokio::test]
async fn a_payment_that_will_not_do_is_told_the_price_again_and_why() {
    let stack = Stack::start(binaries!()).await;
    let poor = stack.wallet_with(10);
    let answer = paid(&stack, &poor, "list_numbers", &json!({})).await;
    let said = price(&answer)["error"].as_str().expect("words");
    assert!(said.ends_with("Not charged.") && !said.contains("call the tool again"), "{said}");
    let forged = signed(&stack, &stack.wallet(), "list_numbers", &json!({})).await.tampered(|bytes| bytes[7] ^= 1);
    price(&called_with(&stack, "list_numbers", &json!({}), &beside(&forged)).await);
    for payment in
        [json!("nonsense"), json!({"x402Version": 3}), json!(7), json!([]), json!("a\nb"), json!("e".repeat(9_000))]
    {
        let answer = called_with(&stack, "list_numbers", &json!({}), &json!({"x402/payment": payment})).await;
        let said = refused(&answer, "invalid_payment", &json!(false));
        assert!(said["message"].as_str().is_some_and(|text| text.ends_with("Not charged.")), "{said}");
    }
    assert_eq!(stack.earned(), 0);
    // What is free is not paid for, whatever comes along.
    done(&called_with(&stack, "list_voices", &json!({}), &json!({"x402/payment": 7})).await);
    done(&called_with(&stack, "list_voices", &json!({}), &beside(&forged)).await);
}

/// Whatever a wrapper would pay again must not be said while it is not known whether it has paid.
#[tokio::test]
async fn what_may_have_been_paid_is_never_a_price_and_says_to_repeat_the_same_payment() {
    let stack = Stack::builder(binaries!()).timeout("voice_calls_list", Duration::from_secs(2)).start().await;
    let wallet = stack.wallet();
    let arguments = json!({});
    let settle = "POST */settle";
    for (nth, (code, fault)) in (1..).zip([
        // Not known to the endpoint.
        ("payment_pending", Fault::Refuse(Answer::html(502))),
        // The endpoint's process is killed before it answers, and the gateway speaks in its place.
        ("payment_pending", Fault::Hang),
    ]) {
        stack.facilitator.faults().once(settle, fault);
        let payment = signed(&stack, &wallet, "list_calls", &arguments).await;
        let answer = called_with(&stack, "list_calls", &arguments, &beside(&payment)).await;
        let said = refused(&answer, code, &json!("unknown"));
        assert_eq!(answer["structuredContent"], said);
        let message = said["message"].as_str().expect("words");
        assert!(message.contains("same payment") && !message.contains("Not charged."), "{message}");
        stack.facilitator.faults().clear();
        stack.facilitator.faults().release();
        stack.travel(Duration::from_mins(1));
        let listed = done(&called_with(&stack, "list_calls", &arguments, &beside(&payment)).await);
        assert!(listed["transaction"].is_string());
        assert_eq!(stack.earned(), nth * 1_000);
    }
}

#[tokio::test]
async fn where_the_endpoint_is_not_reached_nothing_is_charged_and_it_is_said() {
    let stack = Stack::builder(binaries!()).variable_of("mcp", "PUBLIC_URL", "http://127.0.0.1:9").start().await;
    let wallet = stack.wallet();
    let demand: Demand = stack.post(LIST).demand().await;
    let payment = wallet.signs(&demand);
    for meta in [json!({}), beside(&payment)] {
        let answer = called_with(&stack, "list_numbers", &json!({}), &meta).await;
        let said = refused(&answer, "upstream_error", &json!(false));
        assert!(said["message"].as_str().is_some_and(|text| text.ends_with("Not charged.")), "{said}");
    }
    assert_eq!(stack.earned(), 0);
    stack.post(LIST).paid_with(&payment).send().await.expect(200);
}

#[tokio::test]
async fn a_purchase_with_a_name_is_made_once_however_often_it_is_signed_for() {
    let stack = Stack::start(binaries!()).await;
    let wallet: Wallet = stack.wallet();
    stack.buys(&wallet).await;
    let arguments = json!({"phone_number": TO, "task": TASK, "idempotency_key": "order-17"});
    let first = done(&paid(&stack, &wallet, "place_call", &arguments).await);
    let again = done(&paid(&stack, &wallet, "place_call", &arguments).await);
    assert_eq!(first["call_id"], again["call_id"]);
    assert_eq!((stack.earned(), stack.bland.calls().len()), (5_540_000, 1));
    let mut other = arguments.clone();
    other["task"] = json!("Something else altogether.");
    let answer = paid(&stack, &wallet, "place_call", &other).await;
    refused(&answer, "idempotency_conflict", &json!(false));
    // It is not a field of the body, so it is not among what was ignored.
    assert!(first["ignored_fields"].is_null(), "{first}");
    let with_more =
        done(&paid(&stack, &wallet, "list_calls", &json!({"idempotency_key": "list-1", "model": "x"})).await);
    assert_eq!(with_more["ignored_fields"], json!(["model"]));
    let over_http =
        stack.post(CALLS).header("idempotency-key", "list-1").body(&json!({"model": "x"})).pay(&wallet).await;
    assert_eq!(over_http.answer.expect(200).json()["transaction"], with_more["transaction"]);
}

#[tokio::test]
async fn a_wallet_on_solana_pays_as_well() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let wallet = stack.solana_wallet();
    let unpaid = called(&stack, "list_numbers", &json!({})).await;
    let demand = Demand { required: price(&unpaid).clone(), body: Value::Null };
    let payment = harness::wallet::Payer::signs(&wallet, &demand);
    let (_, header) = harness::wallet::Presented::header(&payment);
    let answer = called_with(&stack, "list_numbers", &json!({}), &json!({"x402/payment": header})).await;
    assert_eq!(done(&answer)["transaction"], answer["_meta"][RECEIPT]["transaction"]);
    assert_eq!(stack.solana_earned(), 1_000);
}

#[tokio::test]
async fn the_line_of_a_message_names_its_tool_and_nothing_of_what_was_paid_or_said() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    done(&paid(&stack, &wallet, "place_call", &json!({"phone_number": TO, "task": TASK})).await);
    let text = stack.logs().await;
    let lines: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("mcp: ")?).ok()).collect();
    let [asked, bought] = lines.as_slice() else { panic!("{lines:?}") };
    for (line, outcome) in [(asked, "unpaid"), (bought, "ok")] {
        assert_eq!(
            (&line["method"], &line["tool"], &line["outcome"]),
            (&json!("tools/call"), &json!("place_call"), &json!(outcome))
        );
        assert_eq!((&line["status"], &line["upstream"]["api"][0]), (&json!(200), &json!(1)), "{line}");
    }
}
