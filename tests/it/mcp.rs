//! `POST /mcp`: the Model Context Protocol, as clients of both eras speak it, and the tools behind
//! it.

mod elsewhere;
mod messages;
mod payments;
mod tools;

use harness::request::{Request, Response};
use harness::wallet::{Demand, Payment};
use harness::{Stack, Wallet};
use serde_json::{Value, json};

const MCP: &str = "/mcp";
const MODERN: &str = "2026-07-28";
const TO: &str = "+12133610872";
const TASK: &str = "Confirm the reservation for tonight.";

/// A message of a client that began with `initialize`.
fn message(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": method, "params": params})
}

fn sent(stack: &Stack, message: &Value) -> Request {
    stack.post(MCP).header("accept", "application/json, text/event-stream").body(message)
}

/// The same since 2026-07-28: each message stands alone, and its headers repeat what it asks for.
fn sent_alone(stack: &Stack, method: &str, mut params: Value) -> Request {
    let meta = params.as_object_mut().expect("params").entry("_meta").or_insert_with(|| json!({}));
    meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
    meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "t", "version": "1"});
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    let name = params["name"].as_str().map(str::to_owned);
    let request = sent(stack, &message(method, &params)).header("mcp-protocol-version", MODERN);
    let request = request.header("mcp-method", method);
    name.into_iter().fold(request, |request, name| request.header("mcp-name", &name))
}

/// The result of a message that has one.
#[track_caller]
fn result(answer: &Response) -> Value {
    let body = answer.expect(200).json();
    assert_eq!(body["jsonrpc"], "2.0", "{body}");
    assert!(body["error"].is_null() && body["result"].is_object(), "{body}");
    body["result"].clone()
}

/// Uses a tool, and has its result.
async fn called(stack: &Stack, name: &str, arguments: &Value) -> Value {
    result(&sent(stack, &message("tools/call", &json!({"name": name, "arguments": arguments}))).send().await)
}

/// The same with something beside it.
async fn called_with(stack: &Stack, name: &str, arguments: &Value, meta: &Value) -> Value {
    let params = json!({"name": name, "arguments": arguments, "_meta": meta});
    result(&sent(stack, &message("tools/call", &params)).send().await)
}

/// A payment for a tool, signed by what its price says in MCP alone.
async fn signed(stack: &Stack, wallet: &Wallet, name: &str, arguments: &Value) -> Payment {
    let unpaid = called(stack, name, arguments).await;
    wallet.signs(&Demand { required: price(&unpaid).clone(), body: Value::Null })
}

/// Uses a tool that costs something.
async fn paid(stack: &Stack, wallet: &Wallet, name: &str, arguments: &Value) -> Value {
    let payment = signed(stack, wallet, name, arguments).await;
    called_with(stack, name, arguments, &json!({"x402/payment": payment.to_json()})).await
}

/// What an unpaid tool asks for, wherever a client looks for it.
#[track_caller]
fn price(result: &Value) -> &Value {
    assert_eq!(result["isError"], true, "{result}");
    let price = &result["structuredContent"];
    assert_eq!(price["x402Version"], 2, "{result}");
    assert_eq!(text(result), *price);
    assert_eq!(result["_meta"]["x402/error"], *price);
    price
}

/// The first text of a result, which is JSON.
#[track_caller]
fn text(result: &Value) -> Value {
    assert_eq!(result["content"][0]["type"], "text", "{result}");
    let text = result["content"][0]["text"].as_str().expect("a text");
    serde_json::from_str(text).expect(text)
}

/// What a tool has done.
#[track_caller]
fn done(result: &Value) -> Value {
    assert!(result["isError"] == false && result["structuredContent"].is_object(), "{result}");
    assert_eq!(text(result), result["structuredContent"]);
    result["structuredContent"].clone()
}

/// Why it has not, in what no wrapper takes for a price.
#[track_caller]
fn refused(result: &Value, code: &str, charged: &Value) -> Value {
    assert_eq!(result["isError"], true, "{result}");
    let said = text(result);
    assert_eq!((&said["error"], &said["charged"]), (&json!(code), charged), "{result}");
    let structured = &result["structuredContent"];
    assert!(structured.is_null() || *structured == said, "{result}");
    assert!(said["accepts"].is_null() && said["x402Version"].is_null(), "{result}");
    assert!(result["_meta"]["x402/error"].is_null() && !result.to_string().contains("accepts"), "{result}");
    said
}
