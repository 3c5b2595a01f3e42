//! A key that signs and is never seen: AWS KMS, or for development one that we hold ourselves. It
//! knows curves and encodings, and nothing of what the digests stand for.

use std::time::Duration;

use alloy_primitives::{Address, B256, keccak256};
use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use tokio::sync::OnceCell;

use crate::telemetry::Neighbour;
use crate::wire::aws::Service;

/// A signing moves nothing, so it may be repeated.
const ATTEMPTS: u32 = 3;
/// The SubjectPublicKeyInfo of a secp256k1 key: 23 bytes that are always the same, then the point.
const PREFIX: usize = 23;

/// A key of an EVM account.
pub struct SigningKey {
    place: Place,
    /// Asked for once: a key does not change.
    address: OnceCell<Address>,
}

enum Place {
    Kms { client: Client, key: String },
    Here(SecretKey),
}

/// Why there is no signature.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// The key store refused: a wrong key, or no permission. It will refuse the next time too.
    #[error("the key store refused: {0}")]
    Refused(String),
    /// There was no answer in time, or only a temporary one.
    #[error("the key store did not answer")]
    Unknown,
    /// It is not a key of an EVM account.
    #[error("the key is not one of secp256k1")]
    Unusable,
}

impl SigningKey {
    /// A key in KMS, by its id, ARN or alias. Connects at the first use.
    pub fn in_kms(service: Service, key: String) -> Self {
        let client = Client::new(&service.sdk(Neighbour::Kms, ATTEMPTS).build());
        let place = Place::Kms { client, key };
        Self { place, address: OnceCell::new() }
    }

    /// A key in our own hands, for development. Nothing, if these bytes are not a key.
    pub fn here(bytes: [u8; 32]) -> Option<Self> {
        let key = SecretKey::from_byte_array(bytes).ok()?;
        Some(Self { place: Place::Here(key), address: OnceCell::new() })
    }

    /// The account whose key it is.
    pub async fn address(&self, limit: Duration) -> Result<Address, KeyError> {
        self.address.get_or_try_init(|| within(limit, self.ask_address())).await.copied()
    }

    /// A digest's signature, DER-encoded. Its s may be high.
    pub async fn sign(&self, digest: B256, limit: Duration) -> Result<Vec<u8>, KeyError> {
        within(limit, self.ask_signature(digest)).await
    }

    async fn ask_address(&self) -> Result<Address, KeyError> {
        let point = match &self.place {
            Place::Kms { client, key } => {
                let answer = client.get_public_key().key_id(key).send().await.map_err(|error| key_error(&error))?;
                let der = answer.public_key.ok_or(KeyError::Unknown)?.into_inner();
                let point = der.get(PREFIX..).ok_or(KeyError::Unusable)?;
                PublicKey::from_slice(point).map_err(|_| KeyError::Unusable)?
            }
            Place::Here(key) => key.public_key(&Secp256k1::new()),
        };
        let [_, coordinates @ ..] = point.serialize_uncompressed();
        let hash = keccak256(coordinates);
        let (_, tail) = hash.split_last_chunk::<20>().ok_or(KeyError::Unusable)?;
        Ok(Address::from(tail))
    }

    async fn ask_signature(&self, digest: B256) -> Result<Vec<u8>, KeyError> {
        match &self.place {
            Place::Kms { client, key } => {
                let answer = client
                    .sign()
                    .key_id(key)
                    .message(Blob::new(digest.as_slice()))
                    .message_type(MessageType::Digest)
                    .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
                    .send()
                    .await
                    .map_err(|error| key_error(&error))?;
                Ok(answer.signature.ok_or(KeyError::Unknown)?.into_inner())
            }
            Place::Here(key) => {
                let signature = Secp256k1::new().sign_ecdsa(Message::from_digest(digest.0), key);
                Ok(signature.serialize_der().to_vec())
            }
        }
    }
}

/// In a box, because the SDK's futures are so many inside each other that the compiler gives up on
/// who awaits them.
async fn within<T>(limit: Duration, asked: impl Future<Output = Result<T, KeyError>>) -> Result<T, KeyError> {
    tokio::time::timeout(limit, Box::pin(asked)).await.unwrap_or(Err(KeyError::Unknown))
}

/// The code and nothing else.
fn key_error<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> KeyError {
    let passing = [
        "ThrottlingException",
        "KMSInternalException",
        "DependencyTimeoutException",
        "KeyUnavailableException",
        "ServiceUnavailableException",
    ];
    match (error, error.code()) {
        (SdkError::ServiceError(_), Some(code)) if !passing.contains(&code) => KeyError::Refused(code.to_owned()),
        _ => KeyError::Unknown,
    }
}
