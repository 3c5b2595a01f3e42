//! Reading a payment header. What cannot be read is [`Malformed`] and answered with 400; what can
//! be read and is not what we offered is decided in `check`.

use alloy_primitives::{Address, B256};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{fields, identifier};
use crate::types::{EvmNetwork, Network, PaymentId, SolanaNetwork, Usdc};
use crate::x402::hex::{hex_bytes, hex_string};
use crate::x402::version::network;
use crate::x402::wire_v2::Object;
use crate::x402::{
    Authorization, Malformed, SignedAuthorization, Transfer, Version, exact_svm, headers, wire_v1, wire_v2,
};

/// A payment as the client wrote it. Nothing in it is believed yet, the payer least of all.
pub struct Presented {
    pub(super) version: Version,
    pub(super) claim: Claim,
    /// Only for a scheme and a network that we know how to read.
    pub(super) signed: Option<Authorized>,
    /// The client's own name for this purchase, in the extension `payment-identifier`.
    identifier: Option<String>,
}

/// The client's word for what it is paying for.
pub(super) struct Claim {
    pub(super) scheme: String,
    /// What version 2 repeats of our demand; version 1 repeats nothing.
    pub(super) accepted: Option<Accepted>,
}

pub(super) struct Accepted {
    pub(super) amount: u64,
    pub(super) asset: String,
    pub(super) pay_to: String,
}

/// The document that was signed, on either rail.
pub(super) enum Authorized {
    Evm(SignedAuthorization),
    Solana { network: SolanaNetwork, transaction: Vec<u8> },
}

impl Presented {
    /// Reads the payment that a request carries, or nothing if it carries none. The version is the
    /// document's own, under either header name: clients in transition send both combinations, and
    /// some both versions of one payment at once.
    pub fn read(headers: &http::HeaderMap) -> Result<Option<Self>, Malformed> {
        Self::read_on(headers, |_| true)
    }

    /// The same, where payments are taken on these networks only: what is signed for another one
    /// need not be readable, since it is refused for that.
    pub fn read_on(headers: &http::HeaderMap, is_taken: impl Fn(Network) -> bool) -> Result<Option<Self>, Malformed> {
        let documents = headers::payment_documents(headers)?;
        let several = documents.len();
        let mut one: Option<Self> = None;
        for headers::Document { place, json } in documents {
            let read = Self::parse(&json, &is_taken).map_err(|malformed| malformed.of(several, place))?;
            one = Some(match one {
                None => read,
                Some(other) => other.with(read).ok_or(Malformed::Several)?,
            });
        }
        Ok(one)
    }

    /// One payment, if both are the same signature under the same authorization. Version 2 says
    /// more, so it is the one that is answered.
    fn with(self, other: Self) -> Option<Self> {
        let same = match (&self.signed, &other.signed) {
            (Some(one), Some(other)) => one.is_the_same_as(other),
            // Neither is taken, and both are told so.
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let identifier = match (&self.identifier, &other.identifier) {
            (Some(one), Some(other)) if one != other => return None,
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        let (one, _) = if self.version == Version::V1 { (other, self) } else { (self, other) };
        same.then_some(Self { identifier, ..one })
    }

    /// What the chain would know it by, if it is what it says: for finding its record, and nothing
    /// else. None where it is for a network that is not ours.
    pub fn claimed_id(&self) -> Option<PaymentId> {
        match self.signed.as_ref()? {
            Authorized::Evm(signed) => Some(signed.id()),
            Authorized::Solana { network, transaction } => {
                Transfer::read(*network, transaction.clone(), 0).ok().map(|transfer| transfer.id())
            }
        }
    }

    /// The client's own name for what it buys: the same for each payment that it makes for the same
    /// thing.
    pub fn identifier(&self) -> Option<&str> {
        self.identifier.as_deref()
    }

    fn parse(json: &[u8], is_taken: impl Fn(Network) -> bool) -> Result<Self, Malformed> {
        let envelope: wire_v2::Envelope = document(json, "")?;
        let version = Version::from_number(envelope.x402_version.0).ok_or(Malformed::UnknownVersion)?;
        match version {
            Version::V1 => {
                let wire_v1::Payment { scheme, network, payload, extensions } = document(json, "")?;
                let signed =
                    Authorized::of(&scheme, &network, is_taken, |network| Authorized::parse(network, payload))?;
                let identifier = identifier::of(json, extensions)?;
                Ok(Self { version, claim: Claim { scheme, accepted: None }, signed, identifier })
            }
            Version::V2 => {
                let wire_v2::Payment { accepted, payload, extensions } = document(json, "")?;
                let wire_v2::Chosen { scheme, network } = document(accepted.get().as_bytes(), ACCEPTED)?;
                let both = Authorized::of(&scheme, &network, is_taken, |network| {
                    Ok((Accepted::parse(accepted)?, Authorized::parse(network, payload)?))
                })?;
                let (accepted, signed) = both.unzip();
                let identifier = identifier::of(json, extensions)?;
                Ok(Self { version, claim: Claim { scheme, accepted }, signed, identifier })
            }
        }
    }
}

const ACCEPTED: &str = "accepted";
const PAYLOAD: &str = "payload";

impl Accepted {
    fn parse(accepted: &RawValue) -> Result<Self, Malformed> {
        let wire_v2::Accepted { amount, asset, pay_to } = document(accepted.get().as_bytes(), ACCEPTED)?;
        Ok(Self { amount: amount.0, asset, pay_to })
    }
}

impl Authorized {
    /// What is read of a payment by this scheme on this network: nothing, if we do not know how to.
    /// What is not taken here need not be readable.
    fn of<T>(
        scheme: &str,
        name: &str,
        is_taken: impl Fn(Network) -> bool,
        read: impl FnOnce(Network) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        let Some(network) = network(name).filter(|_| scheme == wire_v2::EXACT) else { return Ok(None) };
        match read(network) {
            Err(malformed) if is_taken(network) => Err(malformed),
            read => Ok(read.ok()),
        }
    }

    fn parse(network: Network, payload: &RawValue) -> Result<Self, Malformed> {
        match network {
            Network::Evm(network) => SignedAuthorization::parse(network, payload).map(Self::Evm),
            Network::Solana(network) => {
                let payload: wire_v2::ExactSvm = document(payload.get().as_bytes(), PAYLOAD)?;
                let transaction = headers::base64(payload.transaction.as_bytes());
                match transaction.filter(|transaction| exact_svm::decode(transaction).is_some()) {
                    Some(transaction) => Ok(Self::Solana { network, transaction }),
                    None => Err(fields::wrong("payload.transaction")),
                }
            }
        }
    }

    fn is_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Evm(one), Self::Evm(other)) => one.clone().normalized() == other.clone().normalized(),
            (Self::Solana { network: on, transaction: one }, Self::Solana { network, transaction }) => {
                (on, one) == (network, transaction)
            }
            (Self::Evm(_), Self::Solana { .. }) | (Self::Solana { .. }, Self::Evm(_)) => false,
        }
    }

    pub(super) fn network(&self) -> Network {
        match self {
            Self::Evm(signed) => signed.network.into(),
            Self::Solana { network, .. } => (*network).into(),
        }
    }
}

impl SignedAuthorization {
    fn parse(network: EvmNetwork, payload: &RawValue) -> Result<Self, Malformed> {
        let payload: wire_v2::ExactEvm = document(payload.get().as_bytes(), PAYLOAD)?;
        let Object(authorization) = payload.authorization;
        Ok(Self {
            network,
            authorization: Authorization {
                from: bytes("from", &authorization.from).map(Address::new)?,
                to: bytes("to", &authorization.to).map(Address::new)?,
                value: Usdc::micros(authorization.value.0),
                valid_after: authorization.valid_after.0,
                valid_before: authorization.valid_before.0,
                nonce: bytes("nonce", &authorization.nonce).map(B256::new)?,
            },
            signature: hex_string(&payload.signature).ok_or_else(|| fields::wrong("payload.signature"))?,
        })
    }
}

/// `0x` and exactly this many bytes, in either case: one value, however it is spelled.
fn bytes<const N: usize>(field: &str, text: &str) -> Result<[u8; N], Malformed> {
    hex_bytes(text).ok_or_else(|| fields::wrong(&format!("payload.authorization.{field}")))
}

/// A document that is the payment, or stands `within` it.
fn document<'a, T: Deserialize<'a>>(json: &'a [u8], within: &str) -> Result<T, Malformed> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| fields::unreadable(&error, within))?;
    reader.end().map_err(|_| Malformed::NotJson)?;
    let Object(document) = read;
    Ok(document)
}
