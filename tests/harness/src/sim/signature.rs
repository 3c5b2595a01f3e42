//! AWS's signatures, version 4, checked as AWS checks them: over the request as it came, with the
//! secret of whose key it names. Keys that belong to no function are real ones, whose secret is not
//! known here.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use alloy_primitives::hex;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use ring::hmac;
use sha2::{Digest, Sha256};

use crate::iam::SECRET_ACCESS_KEY;
use crate::template::REGION;

/// AWS refuses what is older or younger.
const SKEW: Duration = Duration::from_mins(5);
/// The first letters of the keys that functions sign with.
const FUNCTIONS: &str = "ASIA";

type Refused = (&'static str, String);

/// What was signed beside the headers and the body.
pub(super) struct Signed<'a> {
    /// The service's name in signatures.
    pub(super) service: &'a str,
    /// The method.
    pub(super) method: &'a str,
    /// The path.
    pub(super) path: &'a str,
}

/// Whether a holder of the secret has signed this request.
pub(super) fn check(request: &Signed<'_>, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Refused> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = text(header::AUTHORIZATION.as_str())
        .and_then(|value| value.strip_prefix("AWS4-HMAC-SHA256 "))
        .ok_or_else(|| ("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned()))?;
    let parts: BTreeMap<_, _> = authorization.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let incomplete = |what: &str| ("IncompleteSignatureException", format!("Authorization header requires {what}"));
    let part = |name: &str| parts.get(name).copied().ok_or_else(|| incomplete(name));
    let (credential, names, given) = (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
    let (key, scope) = credential.split_once('/').ok_or_else(|| incomplete("Credential"))?;
    let date = text("x-amz-date").ok_or_else(|| incomplete("X-Amz-Date"))?;
    let day = date.get(..8).unwrap_or_default();
    if scope != format!("{day}/{REGION}/{}/aws4_request", request.service) {
        let why =
            format!("Credential should be scoped to a valid region and to the right service and date, not {scope}");
        return Err(invalid(why));
    }
    if age(date, now).is_none_or(|age| age > SKEW) {
        return Err(invalid(format!("Signature expired: {date}")));
    }
    if key.starts_with(FUNCTIONS) {
        for needed in ["host", "x-amz-date", "x-amz-security-token"] {
            if !names.split(';').any(|name| name == needed) {
                return Err(invalid(format!("{needed} is not among the signed headers")));
            }
        }
        let signed = sign(&canonical(request, headers, names, body)?, date, scope);
        if signed != given {
            return Err(invalid(
                "The request signature we calculated does not match the signature you provided.".into(),
            ));
        }
    }
    Ok(())
}

fn invalid(why: String) -> Refused {
    ("InvalidSignatureException", why)
}

fn canonical(request: &Signed<'_>, headers: &HeaderMap, names: &str, body: &[u8]) -> Result<String, Refused> {
    let mut lines = String::new();
    for name in names.split(';') {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        let value = value.ok_or_else(|| invalid(format!("{name} is signed and not there")))?;
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(lines, "{name}:{value}");
    }
    let Signed { method, path, .. } = request;
    Ok(format!("{method}\n{path}\n\n{lines}\n{names}\n{}", hex::encode(Sha256::digest(body))))
}

fn sign(canonical: &str, date: &str, scope: &str) -> String {
    let hash = hex::encode(Sha256::digest(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let secret = format!("AWS4{SECRET_ACCESS_KEY}").into_bytes();
    let key = scope.split('/').fold(secret, |key, part| mac(&key, part));
    hex::encode(mac(&key, &text))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

/// How far a date such as `20261126T225000Z` is from now.
fn age(date: &str, now: Timestamp) -> Option<Duration> {
    let part = |from: usize, to: usize| date.get(from..to);
    let (day, time) = date.strip_suffix('Z')?.split_once('T')?;
    let plain = day.len() == 8 && time.len() == 6;
    let spelled = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(9, 11)?,
        part(11, 13)?,
        part(13, 15)?
    );
    let at = spelled.parse::<Timestamp>().ok().filter(|_| plain)?.as_second();
    Some(Duration::from_secs(now.as_second().abs_diff(at)))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ASKED: Signed<'_> = Signed { service: "secretsmanager", method: "POST", path: "/" };
    const DATE: &str = "20261126T225000Z";

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_733_400).unwrap_or_default()
    }

    fn request(change: impl FnOnce(&mut BTreeMap<&'static str, String>)) -> HeaderMap {
        let names = "content-type;host;x-amz-date;x-amz-security-token";
        let scope = format!("20261126/{REGION}/secretsmanager/aws4_request");
        let mut sent = BTreeMap::from([
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("host", "127.0.0.1:1".to_owned()),
            ("x-amz-date", DATE.to_owned()),
            ("x-amz-security-token", "token".to_owned()),
        ]);
        let as_headers = |sent: &BTreeMap<&'static str, String>| -> HeaderMap {
            sent.iter()
                .map(|(name, value)| {
                    (
                        name.parse().unwrap_or(header::HOST),
                        HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("")),
                    )
                })
                .collect()
        };
        let canonical = canonical(&ASKED, &as_headers(&sent), names, b"{}").unwrap_or_default();
        let signature = sign(&canonical, DATE, &scope);
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential=ASIAX/{scope}, SignedHeaders={names}, Signature={signature}");
        sent.insert("authorization", authorization);
        change(&mut sent);
        as_headers(&sent)
    }

    #[test]
    fn a_signature_is_of_this_request_and_of_now() {
        assert_eq!(check(&ASKED, &request(|_| ()), b"{}", now()), Ok(()));
        assert_eq!(check(&ASKED, &request(|_| ()), b"{}", now() + Duration::from_mins(5)), Ok(()));
        let refused =
            |headers: HeaderMap, body: &[u8], at| check(&ASKED, &headers, body, at).err().map(|(kind, _)| kind);
        let invalid = Some("InvalidSignatureException");
        assert_eq!(refused(request(|_| ()), b"{} ", now()), invalid);
        assert_eq!(refused(request(|_| ()), b"{}", now() + Duration::from_secs(301)), invalid);
        assert_eq!(refused(request(|sent| drop(sent.insert("host", "other".into()))), b"{}", now()), invalid);
        assert_eq!(refused(request(|sent| drop(sent.remove("x-amz-security-token"))), b"{}", now()), invalid);
        let missing = Some("MissingAuthenticationTokenException");
        assert_eq!(refused(request(|sent| drop(sent.remove("authorization"))), b"{}", now()), missing);
    }

    /// The worked example of AWS's own documentation for deriving the key.
    #[test]
    fn a_key_is_derived_as_aws_derives_it() {
        let parts = ["20150830", "us-east-1", "iam", "aws4_request"];
        let secret = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_vec();
        let key = parts.into_iter().fold(secret, |key, part| mac(&key, part));
        assert_eq!(hex::encode(key), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    }
}
