//! The table of the API as an OpenAPI 3.1 document, with `x-payment-info` for directories of paid
//! APIs.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Facts, STEPS, SUMMARY, dollars};
use crate::api::{
    self, Code, Endpoint, IDEMPOTENCY_DAYS, IDEMPOTENCY_KEY, IDEMPOTENCY_PATTERN, IDEMPOTENCY_SECRET, Tag, body_of,
    codes, mcp, sample_of,
};
use crate::limits::Limit;
use crate::types::Country;
use crate::x402::sign_in::GOOD_FOR;
use crate::x402::{Listing, Terms, demand};

/// What the security scheme is called: published clients look for this.
const SIGN_IN: &str = "siwx";

/// The whole document.
pub(super) fn document(facts: &Facts) -> Value {
    let (terms, email) = (&facts.terms, facts.email.as_deref());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Dialtone",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": SUMMARY,
            "description": format!(
                "Every path is also there without `/api`. {} `{}`: {}. How it is used: `x-guidance`, or `/llms.txt`.",
                codes::NO_SUCH_PATH.status, codes::NO_SUCH_PATH.name, codes::NO_SUCH_PATH.when,
            ),
            "contact": contact(terms, email),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "x-guidance": STEPS,
        },
        "servers": [{"url": terms.public_url}],
        "tags": Tag::ALL.iter().map(|tag| json!({"name": tag.as_str(), "description": tag.about()})).collect::<Value>(),
        "paths": paths(&api::ALL, &facts.countries),
        "components": {
            "schemas": schemas(),
            "responses": shared_responses(terms),
            "headers": headers(),
            "parameters": parameters(),
            "securitySchemes": {SIGN_IN: {
                "type": "apiKey", "in": "header", "name": "SIGN-IN-WITH-X",
                "description": format!(
                    "Base64 of JSON: the message that a 402 asks for (`extensions.sign-in-with-x`), as it was signed, with `address`, \
                     `chainId`, `type` and `signature`. CAIP-122 version 1: EIP-191 on EVM chains, Ed25519 on Solana. It is good for {} \
                     minutes, and for the one address in its `uri`. A contract cannot sign in.",
                    GOOD_FOR.as_secs() / 60,
                ),
            }},
        },
    })
}

/// The addresses, and at each what can be asked there by which method.
pub(super) fn paths(endpoints: &[&Endpoint], countries: &[Country]) -> Value {
    let mut paths = Map::new();
    paths.insert(mcp::MCP.to_owned(), json!({"post": messages()}));
    for endpoint in endpoints {
        let here = paths.entry(endpoint.path).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(operations) = here {
            operations.insert(endpoint.method.as_str().to_ascii_lowercase(), operation(endpoint, countries));
        }
    }
    Value::Object(paths)
}

/// The MCP server, of which this document only says that it is there: what its messages are is the
/// protocol's, and its tools are the endpoints.
fn messages() -> Value {
    let body = json!({"application/json": {"schema": {"type": "object"}}});
    json!({
        "operationId": mcp::MCP_NAME,
        "summary": "The same as tools of the Model Context Protocol",
        "description": "An MCP server (Streamable HTTP, no sessions). The path has no prefix.",
        "tags": [Tag::Calls.as_str()],
        "requestBody": {"required": true, "content": body},
        "responses": {
            "200": {"description": "The result, also of a tool that is unpaid or refused.", "content": body},
            "202": {"description": "A notification was heard."},
            "4XX": {"description": "An error of JSON-RPC.", "content": body},
        },
        "security": [],
    })
}

/// Who runs this. The text is there in any case; an address only where the operator has given one.
fn contact(terms: &Terms, email: Option<&str>) -> Value {
    let mut contact = object(json!({"name": "The operator", "url": format!("{}/llms.txt", terms.public_url)}));
    contact.extend(email.map(|email| ("email".to_owned(), json!(email))));
    Value::Object(contact)
}

fn operation(endpoint: &Endpoint, countries: &[Country]) -> Value {
    let mut operation = object(json!({
        "operationId": endpoint.name,
        "summary": endpoint.title,
        "description": endpoint.about,
        "tags": [endpoint.tag.as_str()],
        "parameters": in_path(endpoint).chain(in_query(endpoint)).chain(in_headers(endpoint)).collect::<Value>(),
        "responses": responses(endpoint),
        // There are no accounts: a payment says whose it is, or a signature alone.
        "security": if endpoint.is_signed_in_for() { json!([{SIGN_IN: []}]) } else { json!([]) },
    }));
    if endpoint.is_paid() {
        let price = json!({"mode": "fixed", "currency": "USD", "amount": dollars(endpoint)});
        operation.insert("x-payment-info".to_owned(), json!({"price": price, "protocols": [{"x402": {}}]}));
    }
    if endpoint.method.has_body() {
        let needed = endpoint.request.iter().any(|field| field.required);
        let schema = api::sold_in(api::request_of(endpoint.request), countries);
        let body = json!({"schema": schema, "example": sample_of(endpoint.request)});
        let body = json!({"required": needed, "content": {"application/json": body}});
        operation.insert("requestBody".to_owned(), body);
    }
    Value::Object(operation)
}

/// The `{parameters}` of a path, which are ids of calls.
fn in_path(endpoint: &Endpoint) -> impl Iterator<Item = Value> {
    let names = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| {
        let example = sample_of(endpoint.answer).get(name).cloned().unwrap_or_default();
        json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}, "example": example})
    })
}

/// What may stand in the address behind the question mark.
fn in_query(endpoint: &Endpoint) -> impl Iterator<Item = Value> {
    endpoint.parameters.iter().map(|field| {
        if field.name == api::DRY_RUN.name {
            return reference("parameters/DryRun");
        }
        parameter(field)
    })
}

fn parameter(field: &api::Field) -> Value {
    let mut schema = field.in_full();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("description");
    }
    json!({"name": field.name, "in": "query", "required": field.required, "schema": schema, "description": field.about})
}

/// What is sent with what is paid for.
fn in_headers(endpoint: &Endpoint) -> impl Iterator<Item = Value> {
    let names: &[&str] = if endpoint.is_paid() { &["PaymentSignature", "XPayment", "IdempotencyKey"] } else { &[] };
    names.iter().map(|name| reference(&format!("parameters/{name}")))
}

fn responses(endpoint: &Endpoint) -> Value {
    let mut responses = Map::from_iter([(endpoint.success.to_string(), success(endpoint))]);
    if endpoint.is_paid() {
        responses.insert(codes::PAYMENT_REQUIRED.status.to_string(), reference("responses/PaymentRequired"));
    }
    for (status, codes) in refused_by(endpoint) {
        let shared = shared().into_iter().find(|shared| shared.codes == codes);
        responses.extend(shared.map(|shared| (status.to_string(), reference(&format!("responses/{}", shared.name)))));
    }
    Value::Object(responses)
}

fn success(endpoint: &Endpoint) -> Value {
    let (mut schema, mut headers) = (body_of(endpoint.answer, true), Map::new());
    if endpoint.is_paid() {
        for name in ["PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE", "X-Payment-Receipt", "Idempotent-Replayed", "Dry-Run"] {
            headers.insert(name.to_owned(), header(name));
        }
        schema = json!({"anyOf": [schema, reference("schemas/DryRun")]});
    }
    if endpoint.answer.iter().any(|field| field.name == "poll_after_seconds") {
        headers.insert("Retry-After".to_owned(), header("Retry-After"));
    }
    let body = json!({"schema": schema, "example": sample_of(endpoint.answer)});
    json!({"description": endpoint.title, "headers": headers, "content": {"application/json": body}})
}

/// The 402 as this API really sends it, but for an offer on Solana, which names a key of the
/// facilitator's. It is the same everywhere but for what is sold, so one of them is shown.
fn price(terms: &Terms) -> Value {
    let endpoint = &api::NUMBERS_LIST;
    let schema = body_of(endpoint.request, false);
    let (sample, answer) = (sample_of(endpoint.request), sample_of(endpoint.answer));
    let listing = Listing::new(endpoint.method.as_str(), &sample, &schema, &answer);
    let message = format!("{} Not charged.", codes::SIGN);
    let demand = demand(terms, &endpoint.offer(), &listing, None, codes::PAYMENT_REQUIRED.name, &message, &[]);
    let example: Value = serde_json::from_slice(&demand.body).unwrap_or_default();
    let either = json!({"anyOf": [reference("schemas/PaymentRequired"), reference("schemas/Refusal")]});
    json!({
        "description": format!(
            "The price (`x-payment-info`) is asked for: {}.\n\nTo a dry run alone, `{}`: {}.",
            codes::PAYMENT_REQUIRED.when, codes::SIGN_IN_REQUIRED.name, codes::SIGN_IN_REQUIRED.when,
        ),
        "headers": {"PAYMENT-REQUIRED": header("PAYMENT-REQUIRED")},
        "content": {"application/json": {"schema": either, "example": example}},
    })
}

/// An answer that as many endpoints give with one status for the same reasons.
struct Shared {
    name: String,
    codes: Vec<&'static Code>,
}

/// Every set of codes that some endpoint gives with one status, once. The first that a status has
/// is called by its number, the others also by the endpoint.
fn shared() -> Vec<Shared> {
    let mut all: Vec<Shared> = Vec::new();
    for endpoint in api::ALL {
        for (status, codes) in refused_by(endpoint) {
            if all.iter().any(|shared| shared.codes == codes) {
                continue;
            }
            let number = status.to_string();
            let taken = all.iter().any(|shared| shared.name == number);
            let name = if taken { format!("{number}-{}", endpoint.name) } else { number };
            all.push(Shared { name, codes });
        }
    }
    all
}

/// What an endpoint refuses with, by status, but for the price.
fn refused_by(endpoint: &Endpoint) -> BTreeMap<u16, Vec<&'static Code>> {
    let mut by_status: BTreeMap<u16, Vec<&'static Code>> = BTreeMap::new();
    // The 402 of what is paid for stands by itself, and has both of its codes.
    let by_itself =
        |code: &Code| *code == codes::PAYMENT_REQUIRED || endpoint.is_paid() && *code == codes::SIGN_IN_REQUIRED;
    for code in endpoint.refusals.iter().chain(endpoint.refused_unknown()).filter(|code| !by_itself(code)) {
        by_status.entry(code.status).or_default().push(code);
    }
    by_status
}

fn shared_responses(terms: &Terms) -> Value {
    let refusals = shared().into_iter().map(|shared| (shared.name, refusal(&shared.codes)));
    refusals.chain([("PaymentRequired".to_owned(), price(terms))]).collect()
}

/// All refusals of one status.
fn refusal(codes: &[&Code]) -> Value {
    let names: Vec<_> = codes.iter().map(|code| code.name).collect();
    let texts: Vec<_> = codes.iter().map(|code| format!("`{}`: {}.", code.name, code.when)).collect();
    let schema = json!({
        "allOf": [reference("schemas/Refusal")],
        "type": "object",
        "properties": {"error": {"enum": names}, "code": {"enum": names}},
    });
    let examples: Map<_, _> =
        codes.iter().map(|code| (code.name.to_owned(), json!({"value": refused(code)}))).collect();
    let mut headers = Map::new();
    if codes.iter().any(|code| code.again) {
        headers.insert("Retry-After".to_owned(), header("Retry-After"));
    }
    if codes.contains(&&codes::METHOD_NOT_ALLOWED) {
        headers.insert("Allow".to_owned(), header("Allow"));
    }
    if codes.contains(&&codes::SIGN_IN_REQUIRED) {
        headers.insert("PAYMENT-REQUIRED".to_owned(), header("PAYMENT-REQUIRED"));
    }
    let content = json!({"application/json": {"schema": schema, "examples": examples}});
    json!({"description": texts.join("\n\n"), "headers": headers, "content": content})
}

/// A refusal's body as it might be.
fn refused(code: &Code) -> Value {
    let mut body =
        object(json!({"error": code.name, "code": code.name, "message": "What is wrong, and what to do about it."}));
    for field in code.fields {
        let value = match *field {
            "field" if *code == codes::AMBIGUOUS_FROM => json!("from"),
            "field" => json!("phone_number"),
            "limit" => json!(Limit::CallsPerHour.code()),
            "retry_after_seconds" => json!(5),
            "upstream" => json!("facilitator"),
            "opens_at" => json!("2026-12-01T16:00:00Z"),
            "buy_endpoint" => json!(api::NUMBERS_BUY.path),
            "your_active_numbers" => json!(["+14155551234", "+12125550142"]),
            "calls_in_flight" => json!([under_way()]),
            // What a payment has bought is a call or a number.
            "phone_number" => continue,
            "expires_at" => sample_of(api::NUMBERS_RENEW.answer).get(field).cloned().unwrap_or_default(),
            "call_id" | "poll_url" | "transaction" => of_a_call(field),
            _ => Value::Null,
        };
        body.insert((*field).to_owned(), value);
    }
    Value::Object(body)
}

/// A call that is not over, as a refusal points to it.
fn under_way() -> Value {
    json!({"call_id": of_a_call("call_id"), "poll_url": of_a_call("poll_url"), "to": of_a_call("to")})
}

fn of_a_call(field: &str) -> Value {
    sample_of(api::VOICE_CALL.answer).get(field).cloned().unwrap_or_default()
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let code = json!({"type": "string", "description": "A code for programs; `error` and `code` are the same."});
    let message = json!({
        "type": "string",
        "description": "A sentence. One that ends in \"Not charged.\" means it; the others say what to do instead.",
    });
    json!({
        "Absent": api::absent(),
        "NoText": api::no_text(),
        "Refusal": {
            "type": "object",
            "required": ["error", "code", "message"],
            "properties": {
                "error": code, "code": code, "message": message,
                "field": {
                    "type": "string",
                    "description": "The field that is wrong, by its name here; the message has the spelling that was sent. What is \
                                    not offered is called as it was sent, and what is not JSON is the `body`.",
                },
                "limit": {"type": "string", "enum": Limit::ALL.map(Limit::code), "description": "Which limit of ours."},
                "retry_after_seconds": {"type": "integer", "minimum": 0, "description": "As `Retry-After`."},
                "upstream": {"type": "string", "description": "Who refused or failed."},
                "buy_endpoint": {"type": "string", "description": "Where a number can be bought."},
                "opens_at": {"type": "string", "format": "date-time", "description": "When the number may be called, where it is night there."},
                "actualOwner": {"type": ["string", "null"], "description": "The wallet that leases the number, if there is one."},
                "your_active_numbers": {
                    "type": "array", "items": text, "description": "What the wallet does own.",
                },
                "call_id": {"type": "string", "description": "The call that is meant."},
                "poll_url": {"type": "string", "description": "Where to poll it."},
                "phone_number": {"type": "string", "description": "The number that the payment has bought, or that is renewed."},
                "expires_at": {"type": "string", "format": "date-time", "description": "When its lease ends now."},
                "transaction": {"type": "string", "description": "The transaction that the payment was made with."},
                "calls_in_flight": {
                    "type": "array", "description": "The wallet's calls that are not over.",
                    "items": {"type": "object", "required": ["call_id", "poll_url", "to"], "properties": {
                        "call_id": text, "poll_url": text, "to": text,
                    }},
                },
            },
        },
        "DryRun": body_of(api::REHEARSED, true),
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
                "ignored_fields": api::IGNORED_FIELDS.in_full(),
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
            "outputSchema": {
                "type": "object",
                "description": "In the first entry: what to send (`input.bodyFields`), and what comes back.",
            },
            "extra": {"type": "object", "description": "The token's EIP-712 domain, or on Solana whose key pays the fee."},
        },
    })
}

fn headers() -> Value {
    let text = |about: &str| json!({"description": about, "schema": {"type": "string"}});
    json!({
        "PAYMENT-REQUIRED": text("The price in version 2 of x402: base64 of a JSON document, with the extension `bazaar`; or, with `accepts: []` and the extension `sign-in-with-x`, what to sign."),
        "PAYMENT-RESPONSE": text("The settlement, to a payment of version 2: base64 of a JSON document."),
        "X-PAYMENT-RESPONSE": text("The settlement, to a payment of version 1: base64 of a JSON document."),
        "X-Payment-Receipt": text("The transaction alone."),
        "Idempotent-Replayed": text("`true`: this payment was served before, and this is that answer."),
        "Dry-Run": text("`true`: it was a dry run (`dry_run=true`), and nothing was done; also on what a dry run is refused."),
        "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
        "Allow": text("The methods that there are."),
    })
}

fn parameters() -> Value {
    let payment = |name: &str, about: &str| json!({"name": name, "in": "header", "required": false, "schema": {"type": "string", "minLength": 1}, "description": about});
    json!({
        "PaymentSignature": payment("PAYMENT-SIGNATURE", "A payment of version 2: base64 of a JSON document. The wallet that signed it is the user. It may be good for seven days, or fifteen minutes where the operator has no node. In its `extensions`, `{\"payment-identifier\": {\"info\": {\"id\": \"…\"}}}` (16 to 128 letters, digits, `-` and `_`) names the purchase as `Idempotency-Key` does, which goes first."),
        "DryRun": parameter(&api::DRY_RUN),
        "XPayment": payment("X-PAYMENT", "A payment of version 1. Send one of the two, or the same bytes under both names."),
        "IdempotencyKey": {
            "name": IDEMPOTENCY_KEY.field,
            "in": "header",
            "required": false,
            "schema": {
                "type": "string", "pattern": IDEMPOTENCY_PATTERN,
                "minLength": IDEMPOTENCY_KEY.shortest, "maxLength": IDEMPOTENCY_KEY.longest,
            },
            "description": format!(
                "A name of your own for this purchase, known for {IDEMPOTENCY_DAYS} days: the same wallet, endpoint, request and key get \
                 the first answer, however signed; another request is refused. A lost list of calls needs {IDEMPOTENCY_SECRET} or more \
                 that cannot be guessed."
            ),
        },
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
