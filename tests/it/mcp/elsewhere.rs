//! What a client sends where no tool reads it, and what it writes that has nothing to say.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::request::Request;
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

use super::{MCP, called, called_with, done, message, price, refused, result, sent, signed};

/// A call of a tool with a payment that is good.
async fn buys(stack: &Stack, wallet: &Wallet, params: &Value) -> (Value, Value) {
    let payment = signed(stack, wallet, "buy_number", &json!({})).await.to_json();
    let mut params = params.clone();
    params["name"] = json!("buy_number");
    params["_meta"]["x402/payment"] = payment.clone();
    (params, payment)
}

fn call(stack: &Stack, params: &Value) -> Request {
    sent(stack, &message("tools/call", params))
}

/// The refusal of a request that names this field; no payment is used.
async fn told(request: Request, field: &str) -> String {
    let refused = refused(&result(&request.send().await), "bad_request", &json!(false));
    assert_eq!(refused["field"], field, "{refused}");
    refused["message"].as_str().expect("words").to_owned()
}

#[tokio::test]
async fn a_purchases_name_beside_the_arguments_is_refused_before_it_sells_twice() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let (params, _) = buys(&stack, &wallet, &json!({})).await;
    for header in ["Idempotency-Key", "X-Idempotency-Key", "Idempotent-Key"] {
        let said = told(call(&stack, &params).header(header, "order-17"), "idempotency_key").await;
        assert!(said.contains("in the header") && said.contains("the argument `idempotency_key`"), "{said}");
    }
    for name in ["idempotencyKey", "idempotency_key", "x402/idempotency-key"] {
        let (params, _) = buys(&stack, &wallet, &json!({"_meta": {name: "order-17"}})).await;
        told(call(&stack, &params), "idempotency_key").await;
    }
    assert_eq!(stack.earned(), 0);
    // Of what is free it is nothing, and beside the argument it is a transport's.
    let free = json!({"name": "list_voices", "_meta": {"idempotency_key": "order-17"}});
    done(&result(&call(&stack, &free).header("Idempotency-Key", "order-17").send().await));
    let named = json!({"arguments": {"idempotency_key": "order-17"}});
    for _ in 0..2 {
        let (params, _) = buys(&stack, &wallet, &named).await;
        done(&result(&call(&stack, &params).header("Idempotency-Key", "constant").send().await));
    }
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_tool_that_is_to_be_rehearsed_does_nothing() {
    let stack = Stack::start(binaries!()).await;
    let (params, _) = buys(&stack, &stack.wallet(), &json!({})).await;
    let body = message("tools/call", &params);
    for request in [
        stack.post(&format!("{MCP}?dry_run=true")).body(&body),
        stack.post(MCP).body(&body).header("Dry-Run", "true"),
        stack.post(MCP).body(&body).header("X-Dry-Run", "1"),
    ] {
        assert!(told(request, "dry_run").await.contains("tools have no dry run"));
    }
    for name in ["buy_number", "hang_up"] {
        let mut noted = params.clone();
        noted["name"] = json!(name);
        noted["_meta"]["dry_run"] = json!(true);
        told(call(&stack, &noted), "dry_run").await;
    }
    assert_eq!(stack.earned(), 0);
    let no = stack.post(&format!("{MCP}?dry_run=false")).body(&body).header("Dry-Run", "false");
    done(&result(&no.send().await));
}

#[tokio::test]
async fn a_payment_in_another_place_is_told_where_it_belongs() {
    let stack = Stack::start(binaries!()).await;
    let (right, payment) = buys(&stack, &stack.wallet(), &json!({})).await;
    let bare = json!({"name": "buy_number"});
    let encoded = STANDARD.encode(payment.to_string());
    for header in ["PAYMENT-SIGNATURE", "X-PAYMENT"] {
        let said = told(call(&stack, &bare).header(header, &encoded), "_meta").await;
        assert!(said.contains("_meta[\"x402/payment\"]") && !said.contains(&encoded), "{said}");
    }
    for name in ["payment", "x402/Payment", "x402_payment"] {
        told(call(&stack, &json!({"name": "buy_number", "_meta": {name: payment}})), "_meta").await;
    }
    told(call(&stack, &json!({"name": "buy_number", "arguments": {"payment": payment}})), "_meta").await;
    let mut outside = message("tools/call", &bare);
    outside["_meta"] = json!({"x402/payment": payment});
    told(sent(&stack, &outside), "_meta").await;
    assert_eq!(stack.earned(), 0);
    // Beside the one in its place it is nothing more.
    done(&result(&call(&stack, &right).header("X-PAYMENT", &encoded).send().await));
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_name_that_a_template_left_over_names_no_purchase() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    for left in ["undefined", "null", "None", "[object Object]", "{{$json.id}}", "${id}"] {
        let (params, _) = buys(&stack, &wallet, &json!({"arguments": {"idempotency_key": left}})).await;
        assert!(told(call(&stack, &params), "idempotency_key").await.contains("what a template leaves"), "{left}");
    }
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn an_empty_list_or_text_is_nothing() {
    let stack = Stack::start(binaries!()).await;
    for params in [json!([]), json!({"cursor": ""}), json!({"cursor": "", "_meta": []})] {
        assert!(result(&sent(&stack, &message("tools/list", &params)).send().await)["tools"].is_array());
    }
    price(&called(&stack, "buy_number", &json!([])).await);
    price(&called_with(&stack, "buy_number", &json!([]), &json!({"x402/payment": ""})).await);
    // A number is not a text, as in a body.
    let id = "5KQ0N8Z4B6W2R9T1X7V3M0C8HS";
    for seconds in [json!("7"), json!(" 7")] {
        let answer = called(&stack, "get_call", &json!({"call_id": id, "wait_seconds": seconds})).await;
        assert_eq!(refused(&answer, "bad_request", &json!(false))["field"], "wait_seconds");
    }
}
