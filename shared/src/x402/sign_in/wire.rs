//! The extension `sign-in-with-x`, as its specification writes it:
//! <https://github.com/coinbase/x402/blob/main/specs/extensions/sign-in-with-x.md>. Types for serde
//! and nothing else; what they mean is decided elsewhere.

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use crate::types::Network;
use crate::x402::wire_v2::Resource;

/// The one version of the message that there is.
pub(super) const VERSION: &str = "1";

/// The content of a 402 that asks for no money. In the body also a refusal's code and message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Required<'a> {
    pub(super) x402_version: u8,
    pub(super) error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<&'a str>,
    pub(super) resource: Resource<'a>,
    /// Nothing is asked for.
    pub(super) accepts: [(); 0],
    pub(super) extensions: Extensions<'a>,
}

#[derive(Serialize)]
pub(super) struct Extensions<'a> {
    #[serde(rename = "sign-in-with-x")]
    pub(super) asked: SignInWithX<'a>,
}

/// The message that is to be signed, and the chains whose wallets may sign it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignInWithX<'a> {
    pub(super) info: Info<'a>,
    pub(super) supported_chains: Vec<Chain>,
    pub(super) schema: &'a RawValue,
}

/// The message but for its address and chain. Clients repeat it in their header.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Info<'a> {
    pub(super) domain: &'a str,
    pub(super) uri: &'a str,
    pub(super) version: &'static str,
    pub(super) nonce: &'a str,
    pub(super) issued_at: &'a str,
    pub(super) expiration_time: &'a str,
    /// Always there: without it the two kinds of messages differ by an empty line.
    pub(super) statement: &'static str,
    pub(super) resources: [&'a str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chain {
    pub(super) chain_id: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

/// The content of a client's header: every part of the message as it was signed, and the signature.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Signed {
    pub(super) domain: String,
    pub(super) address: String,
    pub(super) statement: Option<String>,
    pub(super) uri: String,
    pub(super) version: String,
    pub(super) chain_id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) nonce: String,
    pub(super) issued_at: String,
    pub(super) expiration_time: Option<String>,
    pub(super) not_before: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) resources: Option<Vec<String>>,
    pub(super) signature: String,
}

/// How wallets of a network sign.
pub(super) const fn kind(network: Network) -> &'static str {
    match network {
        Network::Evm(_) => "eip191",
        Network::Solana(_) => "ed25519",
    }
}

/// The schema of a client's header, word for word that of the published server.
pub(super) fn schema() -> Box<RawValue> {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "domain": {"type": "string"},
            "address": {"type": "string"},
            "statement": {"type": "string"},
            "uri": {"type": "string", "format": "uri"},
            "version": {"type": "string"},
            "chainId": {"type": "string"},
            "type": {"type": "string"},
            "nonce": {"type": "string"},
            "issuedAt": {"type": "string", "format": "date-time"},
            "expirationTime": {"type": "string", "format": "date-time"},
            "notBefore": {"type": "string", "format": "date-time"},
            "requestId": {"type": "string"},
            "resources": {"type": "array", "items": {"type": "string", "format": "uri"}},
            "signature": {"type": "string"},
        },
        "required": ["domain", "address", "uri", "version", "chainId", "type", "nonce", "issuedAt", "signature"],
    });
    // A value always serializes.
    to_raw_value(&schema).unwrap_or_default()
}
