//! A request as an event in payload format 2.0.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderMap;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::PathParameters;
use crate::template::{ACCOUNT, DEFAULT_ROUTE, Route};

/// The API's id, and the host name that AWS gives it: what the gateway calls itself, whatever a
/// client sends as `Host`.
const API_ID: &str = "local0apid";
/// The same as a name of the internet.
pub const API_NAME: &str = "local0apid.execute-api.us-east-1.amazonaws.com";

static REQUESTS: AtomicU64 = AtomicU64::new(0);

pub(super) fn of(parts: &Parts, body: &[u8], route: &Route, parameters: &PathParameters) -> Value {
    let query = parts.uri.query().unwrap_or_default();
    let (headers, cookies) = headers(&parts.headers);
    let text = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let method = parts.method.as_str();
    let path = parts.uri.path();
    let route_key = if route.path == DEFAULT_ROUTE {
        DEFAULT_ROUTE.to_owned()
    } else {
        format!("{} {}", route.method.as_deref().unwrap_or("ANY"), route.path)
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "domainName": API_NAME,
            "domainPrefix": API_ID,
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": text("user-agent"),
            },
            "requestId": format!("local-{}", REQUESTS.fetch_add(1, Ordering::Relaxed)),
            "routeKey": route_key,
            "stage": "$default",
        },
        "isBase64Encoded": false,
    });
    times(&mut event);
    // Absent rather than empty, as AWS has them.
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = json!(query_parameters(query));
    }
    if !parameters.is_empty() {
        event["pathParameters"] = json!(parameters);
    }
    if !body.is_empty() {
        let as_text = std::str::from_utf8(body).ok().filter(|_| is_text(&text("content-type")));
        event["isBase64Encoded"] = Value::Bool(as_text.is_none());
        event["body"] = as_text.map_or_else(|| Value::String(STANDARD.encode(body)), Value::from);
    }
    event
}

fn times(event: &mut Value) {
    #[expect(clippy::disallowed_methods, reason = "API Gateway stamps each request with the wall-clock time")]
    let now = Timestamp::now();
    event["requestContext"]["time"] = now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string().into();
    event["requestContext"]["timeEpoch"] = now.as_millisecond().into();
}

/// Names in lower case, repeated ones joined with commas; cookies apart; and what AWS itself adds.
fn headers(given: &HeaderMap) -> (BTreeMap<String, String>, Vec<String>) {
    let mut headers = BTreeMap::<String, String>::new();
    let mut cookies = Vec::new();
    for (name, value) in given {
        let value = String::from_utf8_lossy(value.as_bytes());
        match name.as_str() {
            "cookie" => cookies.extend(value.split("; ").map(str::to_owned)),
            "connection" | "transfer-encoding" | "keep-alive" | "te" | "upgrade" => {}
            name => {
                let entry = headers.entry(name.to_owned()).or_default();
                if !entry.is_empty() {
                    entry.push(',');
                }
                entry.push_str(&value);
            }
        }
    }
    let added = [
        ("x-amzn-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ];
    for (name, value) in added {
        headers.insert(name.to_owned(), value.to_owned());
    }
    headers.entry("content-length".to_owned()).or_insert_with(|| "0".to_owned());
    (headers, cookies)
}

/// What API Gateway hands on as it is; everything else, forms included, it encodes.
fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || matches!(kind.as_str(), "application/json" | "application/javascript" | "application/xml")
}

fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters = BTreeMap::<String, String>::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value, true);
        parameters
            .entry(decode(name, true))
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert(value);
    }
    parameters.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

/// Percent-decoding. In a query a plus is a space.
pub(super) fn decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let escaped = (*first == b'%').then(|| after.first_chunk::<2>()).flatten();
        match escaped.and_then(|digits| std::str::from_utf8(digits).ok()).map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ if *first == b'+' && plus_is_space => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn event(request: axum::http::request::Builder, body: &[u8]) -> Value {
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let route = Route { function: "f".into(), method: None, path: "/call/{id}".into() };
        of(&parts, body, &route, &PathParameters::from([("id".to_owned(), "1".to_owned())]))
    }

    #[test]
    fn repeated_headers_are_joined_and_cookies_stand_apart() {
        let request = Request::post("/call/1?a=1&b=x%20y&a=2").header("X-One", "a").header("x-one", "b");
        let event = event(request.header("cookie", "k=v; l=w").header("content-type", "application/json"), b"{}");
        assert_eq!(event["headers"]["x-one"], "a,b");
        assert_eq!(event["headers"]["cookie"], Value::Null);
        assert_eq!(event["cookies"], json!(["k=v", "l=w"]));
        assert_eq!(event["queryStringParameters"], json!({"a": "1,2", "b": "x y"}));
        assert_eq!(event["rawQueryString"], "a=1&b=x%20y&a=2");
        assert_eq!(event["routeKey"], "ANY /call/{id}");
        assert_eq!(event["pathParameters"], json!({"id": "1"}));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    }

    #[test]
    fn a_body_that_is_no_text_is_encoded_and_an_absent_one_is_absent() {
        let form = event(Request::post("/call/1").header("content-type", "application/x-www-form-urlencoded"), b"a=1");
        assert_eq!((&form["body"], &form["isBase64Encoded"]), (&json!("YT0x"), &json!(true)));
        assert_eq!(event(Request::get("/call/1"), b"").get("body"), None);
    }
}
