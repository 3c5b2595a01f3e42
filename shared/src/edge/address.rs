//! The address of a request as the gateway hands it on: path and query, made fit to be a URI before
//! they are read as one.
//!
//! HTTP APIs hand the query on as it was sent, and the path decoded. Neither is a URI then:
//! browsers and clients escape what must be, and a client that writes to a socket does not.
//! `lambda_http` builds a URI of both and panics where it cannot, which is before anything of ours
//! runs. What does not belong into a URI is escaped here, so it means what it meant.
//!
//! `docs/decisions.md`: Why is an address looked at before `lambda_http` sees it?

use std::fmt::Write;

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::request::LambdaRequest;

/// The gateway takes some 10 KB of request line and headers together. Each byte of path and query
/// can become three, and the type of a URI holds 65,534.
const LONGEST: usize = 10_000;

/// An event of which a request can be made.
pub fn mended(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event {
        mend(request);
    }
    event
}

/// Escapes what is not part of a URI. The host is not read, so it need not be one: it is left out.
fn mend(request: &mut ApiGatewayV2httpRequest) {
    request.headers.remove(http::header::HOST);
    request.request_context.domain_name = None;
    let path = request.raw_path.take().unwrap_or_default();
    let root = if path.starts_with('/') { "" } else { "/" };
    request.raw_path = Some(format!("{root}{}", escaped(&path, is_in_path)));
    request.raw_query_string = request.raw_query_string.take().map(|query| escaped(&query, is_in_query));
}

/// The text with everything escaped that does not belong there, cut off where it becomes longer
/// than any that is real.
fn escaped(text: &str, belongs: fn(u8) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes().take(LONGEST) {
        if belongs(byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// A segment's characters by RFC 3986, the slashes between them, and the sign that begins an
/// escape.
fn is_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte)
}

fn is_in_query(byte: u8) -> bool {
    is_in_path(byte) || byte == b'?'
}

#[cfg(test)]
mod tests {
    use lambda_http::request::LambdaRequest;
    use lambda_http::{Request, RequestExt};
    use serde_json::json;

    use super::mended;

    fn read(path: &str, query: &str, host: &str) -> Request {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": {"host": host},
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": host, "stage": "$default", "requestId": "r", "timeEpoch": 0,
                "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            },
            "isBase64Encoded": false,
        });
        let event: LambdaRequest = serde_json::from_value(event).unwrap();
        Request::from(mended(event))
    }

    #[test]
    fn every_character_in_an_address_is_survived() {
        let characters = (0..=0x2FFF_u32).chain([0xFFFD, 0xFFFF, 0x1_F600, 0x10_FFFF]).filter_map(char::from_u32);
        for character in characters {
            let one = character.to_string();
            for text in [one.clone(), format!("{one}{one}"), format!("a{one}"), format!("/{one}"), format!("%{one}")] {
                let request = read(&text, &text, "example.com:99999");
                assert!(request.uri().path().starts_with('/'), "{text:?}");
                read(&format!("/v1/{text}/"), &format!("a={text}&{text}=b"), "a host!");
            }
        }
    }

    #[test]
    fn an_address_that_is_one_stays_as_it_is() {
        for (path, query) in [
            ("/", ""),
            ("/api/v1/voice/call/01HXY", "a=1&b=x%20y&a=2"),
            ("/a%2Fb/..%2f", "q=https://example.com/?x=(1)&y=a+b"),
        ] {
            let request = read(path, query, "example.com");
            assert_eq!((request.raw_http_path(), request.uri().query().unwrap_or("")), (path, query));
        }
    }

    #[test]
    fn what_is_escaped_means_what_it_meant() {
        let request = read("/v1/é <x>", "a=<\"b\"> c&é=1", "example.com");
        let parameters = request.query_string_parameters_ref().unwrap();
        assert_eq!((parameters.first("a"), parameters.first("é")), (Some("<\"b\"> c"), Some("1")));
        assert_eq!(request.raw_http_path(), "/v1/%C3%A9%20%3Cx%3E");
    }

    #[test]
    fn an_address_of_any_length_is_survived() {
        let long = "<".repeat(200_000);
        let request = read(&format!("/{long}"), &long, "example.com");
        assert!(request.uri().path().len() > 1_000);
    }
}
