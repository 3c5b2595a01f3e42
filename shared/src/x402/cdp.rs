//! Coinbase's facilitator wants a JSON web token with every request. It knows how CDP's keys look
//! and how the token is made; it knows nothing of payments.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use serde::Serialize;

use crate::types::Timestamp;
use crate::wire::json;

/// How long a token is good for, in seconds.
const LIFETIME: i64 = 120;

/// An API key of the Coinbase Developer Platform. It has no `Debug`, so that it cannot be printed.
pub struct CdpKey {
    id: String,
    secret: Secret,
}

enum Secret {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

/// The secret is not a key of either kind that CDP gives out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an Ed25519 key (base64 of 64 bytes) nor a P-256 key in PEM with its public half")]
pub struct NotACdpKey;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'static str,
    nonce: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    iss: &'static str,
    /// What the token may be used for: method, host and path, without scheme and query.
    uris: [String; 1],
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl CdpKey {
    /// Reads a secret as the portal shows it. Line breaks of a PEM may be written `\n`, as they
    /// must be in many files of environment variables.
    pub fn parse(id: String, secret: &str) -> Result<Self, NotACdpKey> {
        let secret = secret.replace("\\n", "\n");
        let secret = if secret.contains("-----BEGIN") {
            p256(&secret).map(Secret::P256)
        } else {
            ed25519(&secret).map(Secret::Ed25519)
        };
        Ok(Self { id, secret: secret.ok_or(NotACdpKey)? })
    }

    /// A token for one request. Nothing comes out where the system has no randomness to give.
    pub(super) fn token(&self, method: &str, url: &str, now: Timestamp) -> Option<String> {
        // Unlike the randomness of an invocation, this is part of no record and repeats nowhere.
        let random = SystemRandom::new();
        let mut nonce = [0; 16];
        random.fill(&mut nonce).ok()?;
        let header = Header {
            alg: match self.secret {
                Secret::Ed25519(_) => "EdDSA",
                Secret::P256(_) => "ES256",
            },
            kid: &self.id,
            typ: "JWT",
            nonce: alloy_primitives::hex::encode(nonce),
        };
        let now = now.as_second();
        let place = url.split_once("://").map_or(url, |(_, place)| place);
        let claims = Claims {
            sub: &self.id,
            iss: "cdp",
            uris: [format!("{method} {place}")],
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
        };
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(json(&header)), URL_SAFE_NO_PAD.encode(json(&claims)));
        let signature = match &self.secret {
            Secret::Ed25519(key) => key.sign(message.as_bytes()),
            Secret::P256(key) => key.sign(&random, message.as_bytes()).ok()?,
        };
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The seed and the public key, one after the other.
fn ed25519(secret: &str) -> Option<Ed25519KeyPair> {
    let bytes = STANDARD.decode(secret.trim()).ok()?;
    let (seed, public) = bytes.split_at_checked(32)?;
    Ed25519KeyPair::from_seed_and_public_key(seed, public).ok()
}

/// PKCS#8 (`PRIVATE KEY`), or SEC1 (`EC PRIVATE KEY`), which PKCS#8 wraps.
fn p256(pem: &str) -> Option<EcdsaKeyPair> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).ok()?;
    let pkcs8 = match label {
        "PRIVATE KEY" => der,
        "EC PRIVATE KEY" => pkcs8(&der)?,
        _ => return None,
    };
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new()).ok()
}

/// Version 0, "an elliptic curve key on P-256", then the key: RFC 5208 around RFC 5915.
fn pkcs8(sec1: &[u8]) -> Option<Vec<u8>> {
    const VERSION_AND_ALGORITHM: &[u8] = &[
        0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
    ];
    let content = [VERSION_AND_ALGORITHM, &der(0x04, sec1)?].concat();
    der(0x30, &content)
}

/// Tag, length, content; for the few hundred bytes that a key can have.
fn der(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(content.len()).ok()?;
    let mut bytes = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    bytes.extend_from_slice(content);
    Some(bytes)
}

#[cfg(test)]
mod tests;
