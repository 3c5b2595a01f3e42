//! Coinbase's bearer tokens: one JSON web token per request, bound to its method, host and path.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use serde_json::Value;

/// The public half of an API key.
#[derive(Clone, Debug)]
pub enum JwtKey {
    /// Ed25519 (`EdDSA`), 32 bytes.
    Ed25519(Vec<u8>),
    /// P-256 (`ES256`), an uncompressed point.
    P256(Vec<u8>),
}

/// What is required of a token.
pub(super) struct Check {
    key_id: String,
    key: JwtKey,
    nonces: HashSet<String>,
}

impl Check {
    pub(super) fn new(key_id: &str, key: JwtKey) -> Self {
        Self { key_id: key_id.into(), key, nonces: HashSet::new() }
    }

    /// `target` is `METHOD host/path`.
    pub(super) fn admit(&mut self, authorization: &str, target: &str, now: i64) -> Result<(), String> {
        let token = authorization.strip_prefix("Bearer ").ok_or("no bearer token")?;
        let mut parts = token.split('.');
        let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("not three parts".into());
        };
        let signed = token.rsplit_once('.').map_or("", |(signed, _)| signed);
        let header = decode(head)?;
        let claims = decode(body)?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| "signature is not base64url")?;
        self.signature(&header, signed.as_bytes(), &signature)?;
        self.header(&header)?;
        self.claims(&claims, target, now)
    }

    fn signature(&self, header: &Value, signed: &[u8], signature: &[u8]) -> Result<(), String> {
        let (algorithm, verified) = match &self.key {
            JwtKey::Ed25519(key) => ("EdDSA", UnparsedPublicKey::new(&ED25519, key).verify(signed, signature)),
            JwtKey::P256(key) => {
                ("ES256", UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed, signature))
            }
        };
        if header["alg"] != algorithm {
            return Err(format!("alg is not {algorithm}"));
        }
        verified.map_err(|_| "bad signature".into())
    }

    fn header(&mut self, header: &Value) -> Result<(), String> {
        if header["kid"] != *self.key_id {
            return Err("unknown kid".into());
        }
        if header["typ"] != "JWT" {
            return Err("typ is not JWT".into());
        }
        let nonce = header["nonce"].as_str().unwrap_or_default();
        if nonce.len() != 32 || !nonce.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("nonce is not 16 bytes in hexadecimal".into());
        }
        if !self.nonces.insert(nonce.into()) {
            return Err("nonce was used before".into());
        }
        Ok(())
    }

    fn claims(&self, claims: &Value, target: &str, now: i64) -> Result<(), String> {
        if claims["sub"] != *self.key_id || claims["iss"] != "cdp" {
            return Err("sub or iss".into());
        }
        if claims["uris"] != serde_json::json!([target]) {
            return Err(format!("uris is not [\"{target}\"]"));
        }
        let time = |claim: &str| claims[claim].as_i64().ok_or_else(|| format!("no {claim}"));
        let (not_before, expiry) = (time("nbf")?, time("exp")?);
        // A minute of clock skew; no token lives longer than two.
        if not_before > now + 60 || expiry < now || expiry > now + 180 || expiry - not_before > 120 {
            return Err("not within nbf and exp".into());
        }
        Ok(())
    }
}

fn decode(part: &str) -> Result<Value, String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| "not base64url")?;
    serde_json::from_slice(&bytes).map_err(|_| "not JSON".into())
}
