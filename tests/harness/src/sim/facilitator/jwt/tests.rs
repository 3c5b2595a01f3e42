//! A good token, and everything that a token can lack.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::{Check, JwtKey};

const NOW: i64 = 1_790_000_000;
const TARGET: &str = "POST api.cdp.coinbase.com/platform/v2/x402/settle";

struct Lab {
    key: Ed25519KeyPair,
    check: Check,
}

impl Lab {
    fn new() -> Self {
        let seed = crate::sim::random::<32>();
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap_or_else(|error| panic!("no key: {error}"));
        let check = Check::new("key-1", JwtKey::Ed25519(key.public_key().as_ref().into()));
        Self { key, check }
    }

    fn token(&self, bend: impl FnOnce(&mut Value, &mut Value)) -> String {
        let nonce = crate::sim::hex(&crate::sim::random::<16>());
        let mut header = json!({"alg": "EdDSA", "kid": "key-1", "typ": "JWT", "nonce": nonce});
        let mut claims = json!({
            "sub": "key-1", "iss": "cdp", "uris": [TARGET], "iat": NOW, "nbf": NOW, "exp": NOW + 120,
        });
        bend(&mut header, &mut claims);
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        format!("Bearer {signed}.{signature}")
    }

    fn admits(&mut self, bend: impl FnOnce(&mut Value, &mut Value)) -> bool {
        let token = self.token(bend);
        self.check.admit(&token, TARGET, NOW).is_ok()
    }
}

#[test]
fn one_token_is_good_for_one_request() {
    let mut lab = Lab::new();
    let token = lab.token(|_, _| {});
    assert_eq!(lab.check.admit(&token, TARGET, NOW), Ok(()));
    assert!(lab.check.admit(&token, TARGET, NOW).is_err(), "its nonce is used");
    let token = lab.token(|_, _| {});
    assert!(lab.check.admit(&token, &TARGET.replace("settle", "verify"), NOW).is_err());
    let token = lab.token(|_, _| {});
    assert!(lab.check.admit(&token, TARGET, NOW + 121).is_err());
    let token = lab.token(|_, _| {});
    assert!(lab.check.admit(&token[..token.len() - 4], TARGET, NOW).is_err());
    assert!(lab.check.admit("", TARGET, NOW).is_err());
}

#[test]
fn a_token_lacks_nothing() {
    let mut lab = Lab::new();
    let bends: [fn(&mut Value, &mut Value); 9] = [
        |header, _| header["alg"] = json!("none"),
        |header, _| header["kid"] = json!("key-2"),
        |header, _| header["typ"] = Value::Null,
        |header, _| header["nonce"] = json!("1"),
        |_, claims| claims["sub"] = json!("key-2"),
        |_, claims| claims["iss"] = json!("coinbase-cloud"),
        |_, claims| claims["uris"] = json!([format!("https://{TARGET}")]),
        |_, claims| claims["exp"] = json!(NOW + 3600),
        |_, claims| claims["nbf"] = Value::Null,
    ];
    for (at, bend) in bends.into_iter().enumerate() {
        assert!(!lab.admits(bend), "bend {at}");
    }
    assert!(lab.admits(|_, _| {}));
}
