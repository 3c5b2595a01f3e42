//! The address of a request: whatever stands in path and query, a request is made of it that means
//! the same, and answered.

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
    // It costs nothing, whatever it is: the price, what to sign for a dry run, or what is wrong
    // with the address.
    let [call, ..] = &payment::alone().paid;
    let answer = call.serve(request).now_or_never().expect("an answer without asking a neighbour");
    let (status, body) = fit::opened(&answer);
    let (code, field) = (body.text_of("code"), body.text_of("field"));
    let is_wrong = (status, code) == (400, Some("bad_request"));
    let dry_run = if path.len() + query.len() < 10_000 { DryRun::of(query) } else { DryRun::Unsaid };
    match dry_run {
        DryRun::No => assert!(is_wrong || (status, code) == (402, Some("payment_required"))),
        DryRun::Yes => assert!(is_wrong || (status, code) == (402, Some("sign_in_required"))),
        DryRun::Wrong => assert!(is_wrong && field == Some("dry_run"), "{query:?}: {status} {code:?} {field:?}"),
        DryRun::Unsaid => assert!(is_wrong || status == 402),
    }
}

/// What a query says of a dry run, read once more.
enum DryRun {
    No,
    Yes,
    /// Something like it, which must never be sold.
    Wrong,
    /// Too long to be read to its end.
    Unsaid,
}

impl DryRun {
    fn of(query: &str) -> Self {
        let (mut values, mut others) = (Vec::new(), false);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let [name, value] = [name, value].map(|text| decoded(&text.replace('+', " ")));
            if name == "dry_run" {
                values.push(value);
            } else {
                let letters = name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase);
                let letters: String = letters.collect();
                others |= name.len() < 40 && letters.contains("dryrun");
            }
        }
        match values.as_slice() {
            _ if others => Self::Wrong,
            [] => Self::No,
            [one] if one == "false" => Self::No,
            [one] if one == "true" => Self::Yes,
            _ => Self::Wrong,
        }
    }
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

/// The bytes that a text with escapes in it stands for. What is not an escape stands for itself.
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
