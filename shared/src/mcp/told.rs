//! What an endpoint has answered, as the result of a tool. Pure.
//!
//! One kind of answer looks like a price, the one that is a price: wrappers pay whatever looks like
//! one, again and again. So what is not known after a payment was sent along is said in other
//! words, and says to repeat that same payment.
//!
//! - `docs/decisions.md`: Why do tools have no output schema, and an unpaid one all dialects at once?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::ask::Asked;
use super::words;
use crate::api::codes;
use crate::api::mcp::Tool;
use crate::edge::UNPAID;
use crate::refusal::Refusal;
use crate::telemetry;
use crate::wire::http::{NoReply, Reply};
use crate::x402::headers::{PAYMENT_REQUIRED, PAYMENT_RESPONSE, X_PAYMENT_RESPONSE};

/// The result of a tool, and a word for the log.
pub(super) struct Told {
    pub(super) result: Value,
    pub(super) outcome: &'static str,
}

/// The words for the log, beside [`UNPAID`]. What the endpoint has refused is in its own line.
const DONE: &str = "ok";
const REFUSED: &str = "refused";
const LOST: &str = "lost";

/// Where the protocol's version of x402 looks for a receipt, and where an older client does.
const RECEIPT: &str = "x402/payment-response";
const DOTTED_RECEIPT: &str = "x402.payment-response";
/// Where some clients look for a price first.
const PRICE: &str = "x402/error";
/// How each message ends that means it.
const FREE: &str = "Not charged.";

/// What became of a call of a tool.
pub(super) fn of(tool: &Tool, asked: &Asked, reply: Result<Reply, NoReply>) -> Told {
    let reply = match reply {
        Ok(reply) => reply,
        Err(NoReply::NotSent) => return not_reached(asked),
        Err(NoReply::Unknown | NoReply::TooLarge) => return lost(asked),
    };
    let body: Option<Map<String, Value>> = serde_json::from_slice(&reply.body).ok();
    let told = match (reply.status, body) {
        (status, Some(body)) if status.is_success() => done(&body),
        (StatusCode::PAYMENT_REQUIRED, Some(body)) => match demand(tool, &reply.headers, &body) {
            Some(price) => unpaid(tool, &price, body),
            None => lost(asked),
        },
        (status, Some(body)) if body.contains_key("code") => refused(tool, asked, status, body),
        // The gateway's own, before any function.
        (StatusCode::TOO_MANY_REQUESTS, _) => of_ours(
            &codes::RATE_LIMITED,
            &format!("Too many requests at the moment. Wait a few seconds. {FREE}"),
            &json!(false),
        ),
        _ => lost(asked),
    };
    with_receipt(told, asked, &reply.headers)
}

/// What is wrong with the arguments and was found here.
pub(super) fn refused_here(wrong: &Refusal) -> Told {
    let body: Map<String, Value> = serde_json::from_slice(&wrong.facts().body()).unwrap_or_default();
    // Nothing was asked, with whatever payment.
    complaint(body, &json!(false), wrong.facts().status != codes::BAD_REQUEST.status)
}

fn done(body: &Map<String, Value>) -> Told {
    let result = json!({"content": [text(body)], "structuredContent": body, "isError": false});
    Told { result, outcome: DONE }
}

/// A price in version 2, as clients of MCP are told it: what is paid for is the tool.
fn demand(tool: &Tool, headers: &HeaderMap, body: &Map<String, Value>) -> Option<Map<String, Value>> {
    let header = STANDARD.decode(headers.get(PAYMENT_REQUIRED)?.as_bytes()).ok()?;
    let mut price: Map<String, Value> = serde_json::from_slice(&header).ok()?;
    price.get("accepts").filter(|accepts| accepts.as_array().is_some_and(|ways| !ways.is_empty()))?;
    price.get_mut("resource")?.as_object_mut()?.insert("url".to_owned(), json!(tool.resource()));
    if let Some(extensions) = price.get_mut("extensions").and_then(Value::as_object_mut) {
        // It says how to ask over HTTP.
        extensions.remove("bazaar");
    }
    if body.get("reason").and_then(Value::as_str) == Some(codes::PAYMENT_REQUIRED.name) {
        let price_of_it = tool.endpoint.price;
        let message = format!(
            "{} costs {price_of_it}. Sign one of `accepts` and call the tool again with the same arguments and the payment in \
             `_meta[\"x402/payment\"]`. {FREE}",
            tool.name,
        );
        price.insert("error".to_owned(), json!(message));
    }
    Some(price)
}

/// Everywhere that some client looks: the specification's two places, the older error, and for
/// those that know version 1 alone the same price in that.
fn unpaid(tool: &Tool, price: &Map<String, Value>, mut first_version: Map<String, Value>) -> Told {
    for way in first_version.get_mut("accepts").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(way) = way.as_object_mut() {
            way.remove("outputSchema");
            way.insert("resource".to_owned(), json!(tool.resource()));
        }
    }
    first_version.insert("message".to_owned(), price.get("error").cloned().unwrap_or_default());
    let content = json!([text(price), text(&first_version)]);
    let result = json!({"content": content, "structuredContent": price, "isError": true, "_meta": {PRICE: price}});
    Told { result, outcome: UNPAID }
}

fn refused(tool: &Tool, asked: &Asked, status: StatusCode, mut body: Map<String, Value>) -> Told {
    let message = body.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
    let is_free = message.ends_with(FREE) || asked.payment.is_none() || !tool.endpoint.is_paid();
    let charged = match code {
        _ if is_free => json!(false),
        code if code == codes::PAYMENT_RETURNED.name => json!(true),
        _ => json!("unknown"),
    };
    let again = status.is_server_error() || code == codes::PAYMENT_IN_PROGRESS.name;
    if again && asked.payment.is_some() {
        body.insert("message".to_owned(), json!(format!("{message} {}", again_with(asked))));
    }
    if status.is_server_error() && body.get("code").is_some_and(|code| code == codes::INTERNAL_ERROR.name) {
        return Told { outcome: LOST, ..complaint(body, &charged, true) };
    }
    complaint(body, &charged, status != StatusCode::BAD_REQUEST)
}

/// Arguments that are wrong are told in text alone, which is what models mend by.
fn complaint(mut body: Map<String, Value>, charged: &Value, structured: bool) -> Told {
    if let Some(Value::String(message)) = body.get_mut("message") {
        *message = words::of_mcp(message);
    }
    words::of_fields(&mut body);
    body.insert("charged".to_owned(), charged.clone());
    // Whatever an endpoint may say one day, this is not a price.
    body.remove("accepts");
    body.remove("x402Version");
    let mut result = json!({"content": [text(&body)], "isError": true});
    if structured && let Some(result) = result.as_object_mut() {
        result.insert("structuredContent".to_owned(), Value::Object(body));
    }
    Told { result, outcome: REFUSED }
}

/// One of our own endpoints did not take the connection, so nothing has happened.
fn not_reached(asked: &Asked) -> Told {
    telemetry::fault();
    tracing::error!("our own API could not be reached");
    let again =
        if asked.payment.is_some() { "Call the tool again with the same payment." } else { "Call the tool again." };
    let message = format!("Nothing was asked for, because the API could not be reached. {again} {FREE}");
    Told { outcome: LOST, ..of_ours(&codes::UPSTREAM_ERROR, &message, &json!(false)) }
}

/// It may have done what it was asked.
fn lost(asked: &Asked) -> Told {
    telemetry::fault();
    tracing::error!("an answer of our own API was lost");
    let told = if asked.payment.is_some() {
        let message = format!("The answer was lost, and what was paid for may have been done. {}", again_with(asked));
        of_ours(&codes::PAYMENT_PENDING, &message, &json!("unknown"))
    } else {
        let message = format!("The answer was lost. Call the tool again. {FREE}");
        of_ours(&codes::UPSTREAM_ERROR, &message, &json!(false))
    };
    Told { outcome: LOST, ..told }
}

/// How not to pay twice.
fn again_with(asked: &Asked) -> &'static str {
    if asked.purchase.is_some() {
        "Call the tool again with the same arguments, idempotency_key among them, and the same payment if you can: it is bought once, and a new \
         signature is not used."
    } else {
        "Call the tool again with the same arguments and the same payment in `_meta[\"x402/payment\"]`: it is bought once. Do not sign another \
         payment, which would pay again; if you cannot repeat the same one, look at list_calls or list_numbers first."
    }
}

fn of_ours(code: &crate::api::Code, message: &str, charged: &Value) -> Told {
    let body = json!({"error": code.name, "code": code.name, "message": message});
    complaint(body.as_object().cloned().unwrap_or_default(), charged, true)
}

fn text(body: &Map<String, Value>) -> Value {
    json!({"type": "text", "text": json!(body).to_string()})
}

/// The receipt of a payment whose money has moved, whatever else was answered.
fn with_receipt(mut told: Told, asked: &Asked, headers: &HeaderMap) -> Told {
    let Some(payment) = &asked.payment else { return told };
    let header = [PAYMENT_RESPONSE, X_PAYMENT_RESPONSE].into_iter().find_map(|name| headers.get(name));
    let Some(receipt) = header.and_then(|header| header.to_str().ok()) else { return told };
    let document: Option<Value> = STANDARD.decode(receipt).ok().and_then(|json| serde_json::from_slice(&json).ok());
    let Some(result) = told.result.as_object_mut() else { return told };
    let meta = result.entry("_meta").or_insert_with(|| json!({}));
    if let Some(meta) = meta.as_object_mut() {
        meta.extend(document.map(|document| (RECEIPT.to_owned(), document)));
        if payment.dotted {
            meta.insert(DOTTED_RECEIPT.to_owned(), json!(receipt));
        }
    }
    told
}
