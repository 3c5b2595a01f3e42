//! The address of a request: whatever stands in path and query, a request is made of it that means the same, and answered.

use futures_util::FutureExt;
use http::Method;
use lambda_http::request::LambdaRequest;
use lambda_http::{Request, RequestExt};
use serde_json::json;
use shared::edge;

use crate::{fit, payment};

/// A path, a line's end, and a query.
pub fn address(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (path, query) = text.split_once('\n').unwrap_or((text, ""));
    let event: LambdaRequest = serde_json::from_value(event(path, query)).expect("an event");
    let request = Request::from(edge::mended(event));
    let read = request.uri().to_string();
    assert!(read.starts_with('/') && read.bytes().all(|byte| (b'!'..=b'~').contains(&byte)), "{read:?}");
    if path.len() + query.len() < 10_000 {
        assert_eq!(decoded(request.raw_http_path()).trim_start_matches('/'), decoded(path).trim_start_matches('/'));
        assert_eq!(decoded(request.uri().query().unwrap_or_default()), decoded(query));
    }
    // It costs nothing, whatever it is: the price, or what is wrong with the address.
    let [call, ..] = &payment::alone().paid;
    let answer = call.serve(request).now_or_never().expect("an answer without asking anybody");
    let (status, body) = fit::opened(&answer);
    assert!(matches!((status, body.text_of("code")), (402, Some("payment_required")) | (400, Some("bad_request"))));
}

fn event(path: &str, query: &str) -> serde_json::Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": {"host": path.get(..20).unwrap_or(path).escape_default().to_string()},
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": query, "stage": "$default", "requestId": "r", "timeEpoch": 0,
            "http": {"method": Method::POST.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "isBase64Encoded": false,
    })
}

/// The bytes that a text with escapes in it stands for. What is no escape stands for itself.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let escaped = after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        match escaped.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
