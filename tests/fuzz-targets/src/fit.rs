//! What every answer of ours must be, whatever was asked: fit to be sent.

use lambda_http::{Body, Response};

use crate::json::{self, Json};

/// An answer, checked and opened: its status, and its body.
pub fn opened(response: &Response<Body>) -> (u16, Json) {
    for (name, value) in response.headers() {
        printable(value.as_bytes(), name.as_str());
    }
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("cache-control"), Some("no-store"));
    assert!(matches!(response.body(), Body::Text(_)), "a body that is not text");
    let document = json::read(response.body()).expect("a body that is JSON");
    assert!(document.plain && matches!(document.root, Json::Object(_)));
    (response.status().as_u16(), document.root)
}

/// Can stand in a header: visible ASCII and spaces.
pub(crate) fn printable(bytes: &[u8], what: &str) {
    assert!(bytes.iter().all(|b| (b' '..=b'~').contains(b)), "{what}: {:?}", String::from_utf8_lossy(bytes));
}

/// A reason, as we pass them on.
pub(crate) fn code(reason: &str) {
    let fits = reason.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b':');
    assert!(fits && !reason.is_empty() && reason.len() <= 80, "{reason:?}");
}

/// A vendor's words, as we pass them on: without ids, keys and addresses of people, and without
/// other people's numbers.
pub(crate) fn repeatable(message: &str, asked: &str) {
    printable(message.as_bytes(), "a vendor's words");
    assert!(message.len() <= 300 && !message.contains('@'), "{message:?}");
    let id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for run in message.split(|c| !id(c)) {
        assert!(run.len() < 20 || !run.bytes().any(|b| b.is_ascii_digit()), "an id in {message:?}");
    }
    // The last number can have been cut.
    let whole = message.len() < 300;
    for run in message.split(|c: char| !(c.is_ascii_digit() || " +-.()".contains(c))) {
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        let own = asked.trim_start_matches('+').ends_with(&digits) && digits.len() >= 10;
        assert!(digits.len() < 7 || own || !whole, "a number in {message:?}");
    }
}
