//! The table of the API as an OpenAPI 3.1 document, with `x-payment-info` for directories of paid APIs.

use serde_json::{Map, Value, json};

use super::{STEPS, SUMMARY};
use crate::api::{self, Code, Endpoint, Method, body_of, codes, sample_of};
use crate::limits::Limit;
use crate::x402::{Listing, Terms, demand};

/// The whole document.
pub(super) fn document(terms: &Terms) -> Value {
    let paths: Map<_, _> = api::ALL
        .into_iter()
        .map(|endpoint| {
            let method = endpoint.method.as_str().to_ascii_lowercase();
            (endpoint.path.to_owned(), json!({method: operation(endpoint, terms)}))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Dialtone",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": SUMMARY,
            "description": format!("{SUMMARY}\n\n{STEPS}\n\nEvery path is also there without `/api`."),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "x-guidance": STEPS,
        },
        "servers": [{"url": terms.public_url}],
        "tags": [
            {"name": "Numbers", "description": "Phone numbers, leased to the wallet that pays."},
            {"name": "Calls", "description": "Calls, placed and followed."},
        ],
        "paths": paths,
        "components": {"schemas": schemas(), "headers": headers(), "parameters": parameters()},
    })
}

fn operation(endpoint: &Endpoint, terms: &Terms) -> Value {
    let mut operation = object(json!({
        "operationId": endpoint.name,
        "summary": endpoint.title,
        "description": endpoint.about,
        "tags": [if endpoint.path.contains("/voice/") { "Calls" } else { "Numbers" }],
        "parameters": match endpoint.method {
            Method::Post => json!([reference("parameters/PaymentSignature"), reference("parameters/XPayment")]),
            Method::Get => in_path(endpoint),
        },
        "responses": responses(endpoint, terms),
        // Nobody logs in: the payment says who it is.
        "security": [],
    }));
    if endpoint.is_paid() {
        let price = endpoint.price.to_string();
        let price = json!({"mode": "fixed", "currency": "USD", "amount": price.trim_start_matches('$')});
        operation.insert("x-payment-info".to_owned(), json!({"price": price, "protocols": [{"x402": {}}]}));
    }
    if endpoint.method == Method::Post {
        let needed = endpoint.request.iter().any(|field| field.required);
        let body = json!({"schema": body_of(endpoint.request, true), "example": sample_of(endpoint.request)});
        let body = json!({"required": needed, "content": {"application/json": body}});
        operation.insert("requestBody".to_owned(), body);
    }
    Value::Object(operation)
}

/// The `{parameters}` of a path, which are ids of calls.
fn in_path(endpoint: &Endpoint) -> Value {
    let names = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let example = sample_of(endpoint.answer).get(name).cloned().unwrap_or_default();
            json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}, "example": example})
        })
        .collect()
}

fn responses(endpoint: &Endpoint, terms: &Terms) -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), success(endpoint));
    for code in endpoint.refusals {
        let status = code.status.to_string();
        if !responses.contains_key(&status) {
            let same: Vec<_> = endpoint.refusals.iter().filter(|other| other.status == code.status).collect();
            let response =
                if *code == codes::PAYMENT_REQUIRED { price(endpoint, terms) } else { refusal(endpoint, &same) };
            responses.insert(status, response);
        }
    }
    Value::Object(responses)
}

fn success(endpoint: &Endpoint) -> Value {
    let body = json!({"schema": body_of(endpoint.answer, true), "example": sample_of(endpoint.answer)});
    let mut content = object(json!({"application/json": body}));
    let mut headers = Map::new();
    if endpoint.is_paid() {
        for name in ["PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE", "X-Payment-Receipt", "Idempotent-Replayed"] {
            headers.insert(name.to_owned(), header(name));
        }
    } else {
        content.insert("text/html".to_owned(), page("The same as a page for a person, which updates itself."));
    }
    json!({"description": endpoint.title, "headers": headers, "content": content})
}

/// The 402 as this API really sends it, but for an offer on Solana, which names a key of the facilitator's.
fn price(endpoint: &Endpoint, terms: &Terms) -> Value {
    let schema = body_of(endpoint.request, false);
    let (sample, answer) = (sample_of(endpoint.request), sample_of(endpoint.answer));
    let listing = Listing::new(endpoint.method.as_str(), &sample, &schema, &answer);
    let message = "Sign one of `accepts` and repeat the request with the payment. Not charged.";
    let demand = demand(terms, &endpoint.offer(), &listing, None, codes::PAYMENT_REQUIRED.name, message);
    let example: Value = serde_json::from_slice(&demand.body).unwrap_or_default();
    json!({
        "description": format!("{} is asked for: {}.", endpoint.price, codes::PAYMENT_REQUIRED.when),
        "headers": {"PAYMENT-REQUIRED": header("PAYMENT-REQUIRED")},
        "content": {"application/json": {"schema": reference("schemas/PaymentRequired"), "example": example}},
    })
}

/// All refusals of one status.
fn refusal(endpoint: &Endpoint, codes: &[&Code]) -> Value {
    let names: Vec<_> = codes.iter().map(|code| code.name).collect();
    let texts: Vec<_> = codes.iter().map(|code| format!("`{}`: {}.", code.name, code.when)).collect();
    let schema = json!({
        "allOf": [reference("schemas/Refusal")],
        "type": "object",
        "properties": {"error": {"enum": names}, "code": {"enum": names}},
    });
    let examples: Map<_, _> =
        codes.iter().map(|code| (code.name.to_owned(), json!({"value": refused(code)}))).collect();
    let mut content = object(json!({"application/json": {"schema": schema, "examples": examples}}));
    let mut headers = Map::new();
    if codes.iter().any(|code| code.again) {
        headers.insert("Retry-After".to_owned(), header("Retry-After"));
    }
    if codes.contains(&&codes::METHOD_NOT_ALLOWED) {
        headers.insert("Allow".to_owned(), header("Allow"));
    } else if !endpoint.is_paid() {
        content.insert("text/html".to_owned(), page("The same as a page for a person."));
    }
    json!({"description": texts.join("\n\n"), "headers": headers, "content": content})
}

fn page(about: &str) -> Value {
    json!({"schema": {"type": "string", "description": about}})
}

/// A refusal's body as it might be.
fn refused(code: &Code) -> Value {
    let mut body =
        object(json!({"error": code.name, "code": code.name, "message": format!("In words: {}.", code.when)}));
    for field in code.fields {
        let value = match *field {
            "field" if *code == codes::AMBIGUOUS_FROM => json!("from"),
            "field" => json!("phone_number"),
            "limit" => json!(Limit::CallsPerHour.code()),
            "retry_after_seconds" => json!(5),
            "upstream" => json!("facilitator"),
            "buy_endpoint" => json!(api::NUMBERS_BUY.path),
            "your_active_numbers" => json!(["+14155551234", "+12125550142"]),
            _ => Value::Null,
        };
        body.insert((*field).to_owned(), value);
    }
    Value::Object(body)
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let code = json!({"type": "string", "description": "A code for programs; `error` and `code` are the same."});
    let message = json!({
        "type": "string",
        "description": "A sentence. One that ends in \"Not charged.\" means it; the others say what to do instead.",
    });
    json!({
        "Refusal": {
            "type": "object",
            "required": ["error", "code", "message"],
            "properties": {
                "error": code, "code": code, "message": message,
                "field": {"type": "string", "description": "The field that is wrong."},
                "limit": {"type": "string", "description": "Which limit of ours; the word stays the same."},
                "retry_after_seconds": {"type": "integer", "minimum": 0, "description": "As `Retry-After`."},
                "upstream": {"type": "string", "description": "Who refused or failed."},
                "buy_endpoint": {"type": "string", "description": "Where a number can be bought."},
                "actualOwner": {"type": ["string", "null"], "description": "Whose number it is, if somebody leases it."},
                "your_active_numbers": {
                    "type": "array", "items": text, "description": "What the wallet does own.",
                },
            },
        },
        "PaymentRequired": {
            "type": "object",
            "description": "The price in version 1 of x402. Version 2 is in the header PAYMENT-REQUIRED.",
            "required": ["x402Version", "accepts", "error", "code", "reason", "message"],
            "properties": {
                "x402Version": {"const": 1},
                "error": {"const": codes::PAYMENT_REQUIRED.name},
                "code": {"const": codes::PAYMENT_REQUIRED.name},
                "reason": {"type": "string", "description": "Why the payment will not do, or `payment_required` where there was none."},
                "message": message,
                "accepts": {"type": "array", "items": accepted()},
            },
        },
    })
}

/// One way to pay, in version 1.
fn accepted() -> Value {
    json!({
        "type": "object",
        "required": ["scheme", "network", "maxAmountRequired", "resource", "description", "mimeType", "payTo",
                     "maxTimeoutSeconds", "asset", "extra"],
        "properties": {
            "scheme": {"const": "exact"},
            "network": {"type": "string"},
            "maxAmountRequired": {"type": "string", "description": "Millionths of a dollar."},
            "resource": {"type": "string", "format": "uri"},
            "description": {"type": "string"},
            "mimeType": {"type": "string"},
            "payTo": {"type": "string"},
            "maxTimeoutSeconds": {"type": "integer"},
            "asset": {"type": "string", "description": "USDC's contract or mint."},
            "extra": {"type": "object", "description": "The token's EIP-712 domain, or on Solana whose key pays the fee."},
        },
    })
}

fn headers() -> Value {
    let text = |about: &str| json!({"description": about, "schema": {"type": "string"}});
    json!({
        "PAYMENT-REQUIRED": text("The price in version 2 of x402: base64 of a JSON document, with the extension `bazaar`."),
        "PAYMENT-RESPONSE": text("The settlement, to a payment of version 2: base64 of a JSON document."),
        "X-PAYMENT-RESPONSE": text("The settlement, to a payment of version 1: base64 of a JSON document."),
        "X-Payment-Receipt": text("The transaction alone."),
        "Idempotent-Replayed": text("`true`: this payment was served before, and this is that answer."),
        "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
        "Allow": text("The methods that there are."),
    })
}

fn parameters() -> Value {
    let payment = |name: &str, about: &str| json!({"name": name, "in": "header", "required": false, "schema": {"type": "string"}, "description": about});
    json!({
        "PaymentSignature": payment("PAYMENT-SIGNATURE", "A payment of version 2: base64 of a JSON document. The wallet that signed it is the user."),
        "XPayment": payment("X-PAYMENT", "A payment of version 1. Send one of the two."),
    })
}

fn reference(to: &str) -> Value {
    json!({"$ref": format!("#/components/{to}")})
}

fn header(name: &str) -> Value {
    reference(&format!("headers/{name}"))
}

/// The fields of something that is an object.
fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value { fields } else { Map::new() }
}
