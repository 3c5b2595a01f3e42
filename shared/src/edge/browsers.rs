//! What browsers want to know before a page of another origin may ask here, and before it may read
//! the answer. Everything is open to every page: there are no cookies, and a payer has signed.
//!
//! `docs/decisions.md`: Why do the functions answer browsers, and not API Gateway?

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use lambda_http::{Body, Response};

/// What a page may send. The asterisk is for all that clients add of their own (a version, a
/// session); the names are for browsers that do not know it. Published clients do send
/// `Access-Control-Expose-Headers`, which belongs into answers.
const TAKEN: &str = "*, Accept, Content-Type, PAYMENT-SIGNATURE, X-PAYMENT, SIGN-IN-WITH-X, Idempotency-Key, Payment-Retry, \
                     Access-Control-Expose-Headers, MCP-Protocol-Version, Mcp-Method, Mcp-Name";
/// What a page may read of an answer beside its body.
const SHOWN: &str = "PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-PAYMENT-RESPONSE, X-Payment-Receipt, Idempotent-Replayed, \
                     Retry-After, Allow, Dry-Run";
/// Seconds for which a browser need not ask again. Most keep it for two hours at most.
const KEPT: &str = "86400";

/// The answer to `OPTIONS`.
pub(super) fn preflight(allow: &str) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    let says = [
        (ALLOW, allow),
        (ACCESS_CONTROL_ALLOW_METHODS, allow),
        (ACCESS_CONTROL_ALLOW_HEADERS, TAKEN),
        (ACCESS_CONTROL_MAX_AGE, KEPT),
    ];
    let valid = says.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(value).ok()?)));
    response.headers_mut().extend(valid);
    response
}

/// Lets any page read an answer, and no client take it for something else than it says it is.
pub(super) fn open(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
