//! AWS KMS, as far as a signing key of secp256k1 goes: `Sign` and `GetPublicKey` of the JSON
//! protocol, with AWS's validations and error names.
//!
//! Of the two signatures that say the same it gives the one with the high s every other time, as
//! KMS does by chance.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use alloy_primitives::{Address, B256};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::chain::Key;
use super::fault::{Answer, Faults};
use super::{json as answer, lock};
use crate::template::{ACCOUNT, REGION};

/// SubjectPublicKeyInfo of a secp256k1 key, up to its uncompressed point.
const SPKI: [u8; 23] = alloy_primitives::hex!("3056301006072a8648ce3d020106052b8104000a034200");

#[derive(Default)]
struct Inner {
    keys: BTreeMap<String, Key>,
    signed: u64,
}

/// The key store. Clones are the same one.
#[derive(Clone)]
pub struct Kms {
    inner: Arc<Mutex<Inner>>,
    faults: Faults,
}

impl Default for Kms {
    fn default() -> Self {
        Self::new()
    }
}

/// An error in AWS's words.
struct Refusal(u16, &'static str, String);

impl Kms {
    /// A key store without keys.
    pub fn new() -> Self {
        let overload = Answer::json(400, &json!({"__type": "ThrottlingException", "message": "Rate exceeded"}));
        Self { inner: Arc::default(), faults: Faults::new(overload) }
    }

    /// `POST /`.
    pub fn router(&self) -> Router {
        self.faults.wrap(Router::new().route("/", post(handle)).with_state(self.clone()))
    }

    /// Faults of this simulator.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Makes a key with this id, as the stack's template does, and says whose account it is.
    pub fn create_key(&self, id: &str) -> Address {
        let key = Key::random();
        let address = key.address();
        self.inner().keys.insert(id.to_owned(), key);
        address
    }

    /// How often it has signed.
    pub fn signed(&self) -> u64 {
        self.inner().signed
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    fn key(&self, body: &Value) -> Result<(String, Key), Refusal> {
        let name =
            body["KeyId"].as_str().ok_or_else(|| invalid("Value null at 'keyId' failed to satisfy constraint"))?;
        let id = name.strip_prefix(&arn("")).unwrap_or(name);
        let key = self.inner().keys.get(id).cloned();
        let key = key.ok_or_else(|| Refusal(400, "NotFoundException", format!("Key '{}' does not exist", arn(id))))?;
        Ok((arn(id), key))
    }

    fn public_key(&self, body: &Value) -> Result<Value, Refusal> {
        let (arn, key) = self.key(body)?;
        let der = [&SPKI[..], &key.point()].concat();
        Ok(json!({
            "KeyId": arn, "PublicKey": STANDARD.encode(der), "KeySpec": "ECC_SECG_P256K1",
            "CustomerMasterKeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": ["ECDSA_SHA_256"],
        }))
    }

    fn sign(&self, body: &Value) -> Result<Value, Refusal> {
        let (arn, key) = self.key(body)?;
        match body["SigningAlgorithm"].as_str() {
            Some("ECDSA_SHA_256") => {}
            Some(other) => {
                let message = format!("{arn} key usage is SIGN_VERIFY which is not valid for {other}.");
                return Err(Refusal(400, "InvalidKeyUsageException", message));
            }
            None => return Err(invalid("Value null at 'signingAlgorithm' failed to satisfy constraint")),
        }
        let message = body["Message"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let message = message.ok_or_else(|| invalid("Value null at 'message' failed to satisfy constraint"))?;
        if body["MessageType"] != "DIGEST" {
            return Err(invalid("here only digests are signed: a raw message would be hashed with SHA-256"));
        }
        let digest = <[u8; 32]>::try_from(message)
            .map_err(|_| invalid("Digest is invalid length for algorithm ECDSA_SHA_256."))?;
        let mut inner = self.inner();
        inner.signed += 1;
        let der = key.sign_der(&B256::from(digest), inner.signed.is_multiple_of(2));
        Ok(json!({"KeyId": arn, "Signature": STANDARD.encode(der), "SigningAlgorithm": "ECDSA_SHA_256"}))
    }
}

fn arn(id: &str) -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}")
}

fn invalid(message: &str) -> Refusal {
    Refusal(400, "ValidationException", message.to_owned())
}

async fn handle(State(kms): State<Kms>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let outcome = if !text(header::AUTHORIZATION.as_str()).starts_with("AWS4-HMAC-SHA256 ") {
        Err(Refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token".to_owned()))
    } else if let Ok(body) = serde_json::from_slice::<Value>(&body) {
        match text("x-amz-target") {
            "TrentService.GetPublicKey" => kms.public_key(&body),
            "TrentService.Sign" => kms.sign(&body),
            other => Err(Refusal(400, "UnknownOperationException", format!("{other} is not simulated"))),
        }
    } else {
        Err(Refusal(400, "SerializationException", "the body is no JSON".to_owned()))
    };
    match outcome {
        Ok(body) => answer(200, &body),
        Err(Refusal(status, kind, message)) => answer(status, &json!({"__type": kind, "message": message})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kms() -> (Kms, Address) {
        let kms = Kms::new();
        let address = kms.create_key("a-key");
        (kms, address)
    }

    fn signature(kms: &Kms, digest: &[u8], kind: &str) -> Result<Value, (u16, &'static str)> {
        let body = json!({"KeyId": "a-key", "Message": STANDARD.encode(digest), "MessageType": kind,
            "SigningAlgorithm": "ECDSA_SHA_256"});
        kms.sign(&body).map_err(|Refusal(status, kind, _)| (status, kind))
    }

    #[test]
    fn a_public_key_is_88_bytes_of_spki() {
        let (kms, _) = kms();
        let Ok(answer) = kms.public_key(&json!({"KeyId": arn("a-key")})) else { panic!("no key") };
        let der = STANDARD.decode(answer["PublicKey"].as_str().unwrap_or_default()).unwrap_or_default();
        assert_eq!((der.len(), der.get(23)), (88, Some(&4)));
    }

    #[test]
    fn only_digests_of_32_bytes_are_signed() {
        let (kms, _) = kms();
        assert!(signature(&kms, &[1; 32], "DIGEST").is_ok());
        assert_eq!(signature(&kms, &[1; 31], "DIGEST"), Err((400, "ValidationException")));
        assert_eq!(signature(&kms, &[1; 32], "RAW"), Err((400, "ValidationException")));
        let unknown = kms.sign(&json!({"KeyId": "other"})).map_err(|refusal| refusal.1);
        assert_eq!(unknown, Err("NotFoundException"));
    }
}
