//! Whose requests belong together: a hash of the caller's address for the log, where the address
//! itself has no business.

use alloy_primitives::hex;
use http::HeaderMap;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use sha2::{Digest, Sha256};

const FORWARDED: &str = "x-forwarded-for";

/// The key by which callers are told apart.
pub(super) struct Callers {
    /// Without it there is nothing to hash with, and nothing is said.
    salt: Option<String>,
    /// CloudFront stands before the gateway, so the gateway's caller is CloudFront.
    behind_edge: bool,
}

impl Callers {
    /// With this salt, which is the deployment's own.
    pub(super) fn new(salt: Option<String>, behind_edge: bool) -> Self {
        Self { salt, behind_edge }
    }

    /// What stands for the caller's address: sixteen digits, the same for all requests from there.
    pub(super) fn name(&self, request: &Request) -> Option<String> {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return None };
        let gateways = context.http.source_ip.as_deref();
        let edges = self.behind_edge.then(|| seen_by_edge(request.headers())).flatten();
        Some(digest(self.salt.as_deref()?, edges.or(gateways)?))
    }
}

/// Each proxy adds its peer at the end of the list: CloudFront its caller, and the gateway
/// CloudFront. What stands before those two is what the caller says of itself.
fn seen_by_edge(headers: &HeaderMap) -> Option<&str> {
    let mut list = headers.get(FORWARDED)?.to_str().ok()?.rsplit(',');
    list.next()?;
    list.next().map(str::trim).filter(|address| !address.is_empty())
}

fn digest(salt: &str, address: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    hash.update([0]);
    hash.update(address.as_bytes());
    hex::encode(hash.finalize()).get(..16).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use lambda_http::Request;
    use lambda_http::request::LambdaRequest;
    use serde_json::json;

    use super::Callers;

    fn from(address: &str, forwarded: &str) -> Request {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
            "headers": {"x-forwarded-for": forwarded},
            "requestContext": {
                "accountId": "1", "apiId": "a", "stage": "$default", "requestId": "r", "timeEpoch": 0,
                "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": address},
            },
            "isBase64Encoded": false,
        });
        serde_json::from_value::<LambdaRequest>(event).unwrap().into()
    }

    fn callers(behind_edge: bool) -> Callers {
        Callers::new(Some("a salt".to_owned()), behind_edge)
    }

    #[test]
    fn a_caller_has_one_name_and_no_other_has_it() {
        let name = |address: &str| callers(false).name(&from(address, "198.51.100.1")).unwrap();
        assert_eq!(name("192.0.2.1"), name("192.0.2.1"));
        assert_ne!(name("192.0.2.1"), name("192.0.2.2"));
        assert_eq!(name("192.0.2.1").len(), 16);
        assert!(!name("192.0.2.1").contains("192"));
        let elsewhere = Callers::new(Some("another".to_owned()), false);
        assert_ne!(elsewhere.name(&from("192.0.2.1", "")), Some(name("192.0.2.1")));
    }

    #[test]
    fn a_caller_cannot_choose_its_name() {
        let direct = |forwarded: &str| callers(false).name(&from("192.0.2.1", forwarded));
        assert_eq!(direct("1.1.1.1, 192.0.2.1"), direct("192.0.2.1"));
        // The gateway adds CloudFront, and CloudFront its caller.
        let behind = |forwarded: &str| callers(true).name(&from("203.0.113.9", forwarded));
        assert_eq!(behind("1.1.1.1, 192.0.2.1, 203.0.113.9"), behind("192.0.2.1, 203.0.113.9"));
        assert_eq!(behind("192.0.2.1,203.0.113.9"), direct("192.0.2.1"));
        assert_eq!(behind("203.0.113.9"), callers(false).name(&from("203.0.113.9", "")), "past the edge");
    }

    #[test]
    fn nothing_is_said_without_a_salt() {
        assert_eq!(Callers::new(None, false).name(&from("192.0.2.1", "")), None);
    }
}
