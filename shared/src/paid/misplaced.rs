//! A payment under a name that is not read. Answered with the price, its client would sign once
//! more, and once more.

use lambda_http::Request;

use crate::body::{self, shown};
use crate::edge;
use crate::refusal::Refusal;
use crate::x402::{holds_a_payment, is_a_payment, speaks_of_a_payment};

/// The name of the header in which a payment is read.
const HEADER: &str = "PAYMENT-SIGNATURE";

/// Refuses a payment in another header, in the address, or in the body. Asked where there is none
/// in its place.
pub(super) fn check(request: &Request, body: &[u8]) -> Result<(), Refusal> {
    let is_one = |name: &str, value: &[u8]| speaks_of_a_payment(name) && is_a_payment(value);
    // `x402 …`, `Payment …`: nothing else that is borne so looks like a payment.
    let bears_one =
        |name: &str, value: &[u8]| name == "authorization" && value.split(|byte| *byte == b' ').any(is_a_payment);
    let is_in = |name: &str, value: &[u8]| is_one(name, value) || bears_one(name, value);
    let in_a_header = request.headers().iter().find(|(name, value)| is_in(name.as_str(), value.as_bytes()));
    if let Some((name, _)) = in_a_header {
        return Err(elsewhere(&format!("as `{name}`")));
    }
    if edge::parameters(request).any(|(name, value)| is_one(name, value.as_bytes())) {
        return Err(elsewhere("in the address"));
    }
    // A body that cannot be read is refused by its reader.
    let fields = body::fields(body).unwrap_or_default();
    let mut named = fields.iter().filter(|(name, _)| speaks_of_a_payment(name));
    let in_the_body = named.find(|(_, json)| serde_json::from_str(json.get()).is_ok_and(|it| holds_a_payment(&it)));
    in_the_body.map_or(Ok(()), |(name, _)| Err(elsewhere(&format!("in the body as `{}`", shown(name)))))
}

fn elsewhere(place: &str) -> Refusal {
    Refusal::bad(
        HEADER,
        format!("was sent {place}, where it is not read; send `{HEADER}` (`X-PAYMENT` in x402 version 1)"),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use lambda_http::{Body, Request, RequestExt};

    use super::check;

    const PAYMENT: &str = r#"{"x402Version":2,"accepted":{},"payload":{"signature":"0x12"}}"#;

    fn asked(headers: &[(&'static str, &str)], parameters: &[(&str, &str)]) -> Result<(), String> {
        let mut request = Request::new(Body::Empty);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let parameters: HashMap<String, String> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = request.with_query_string_parameters(parameters);
        check(&request, b"").map_err(|refusal| refusal.facts().message)
    }

    fn in_the_body(body: &str) -> Result<(), String> {
        check(&Request::new(Body::Empty), body.as_bytes()).map_err(|refusal| refusal.facts().message)
    }

    #[test]
    fn a_payment_under_another_name_is_told_where_it_belongs() {
        let encoded = STANDARD.encode(PAYMENT);
        for name in ["x-payment-signature", "x-402-payment", "payment", "x402", "payment-payload"] {
            for value in [PAYMENT, &encoded, encoded.trim_end_matches('=')] {
                let told = asked(&[(name, value)], &[]).unwrap_err();
                assert!(told.contains(&format!("as `{name}`")) && told.contains("send `PAYMENT-SIGNATURE`"), "{told}");
                assert!(!told.contains(value), "{told}");
            }
        }
        assert!(asked(&[], &[("payment", &encoded)]).unwrap_err().contains("in the address"));
        for scheme in ["x402 ", "Payment ", "Bearer ", ""] {
            let told = asked(&[("authorization", &format!("{scheme}{encoded}"))], &[]).unwrap_err();
            assert!(told.contains("as `authorization`"), "{told}");
        }
        for name in ["payment", "paymentPayload", "x402", "X-PAYMENT"] {
            for value in [PAYMENT.to_owned(), format!("\"{encoded}\""), format!("{{\"header\":\"{encoded}\"}}")] {
                let told = in_the_body(&format!("{{\"{name}\": {value}}}")).unwrap_err();
                assert!(told.contains(&format!("in the body as `{name}`")) && !told.contains("0x12"), "{told}");
            }
        }
    }

    #[test]
    fn what_else_is_called_so_is_no_payment() {
        let demand = STANDARD.encode(r#"{"x402Version":2,"accepts":[]}"#);
        let receipt = STANDARD.encode(r#"{"success":true,"transaction":"0x12","network":"eip155:8453"}"#);
        for (name, value) in [
            ("payment-method", r#"{"type":"usdc"}"#),
            ("x-payment-token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
            ("payment-retry", "1"),
            ("payment-required", &demand),
            ("x-payment-response", &receipt),
            ("authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
        ] {
            assert_eq!(asked(&[(name, value)], &[(name, value)]), Ok(()), "{name}");
        }
        for body in [
            "",
            "{",
            r#"{"payment": "usdc", "x402": true, "payment_method": {"payload": 1}}"#,
            &format!(r#"{{"receipt": {PAYMENT}}}"#),
        ] {
            assert_eq!(in_the_body(body), Ok(()), "{body}");
        }
    }
}
