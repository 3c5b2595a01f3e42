//! Payments for the tests of this layer, really signed with a well-known test key.

pub(super) mod solana;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use alloy_primitives::{Address, B256, address};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use secp256k1::{Message, Secp256k1, SecretKey};
use serde_json::{Value, json};

use super::{Authorization, Listing, Offer, Payload, Quote, SignedAuthorization, Terms, Verified, Version, exact_evm};
use crate::types::{EvmNetwork, Network, Timestamp, Usdc, Wallet};

/// The second of the keys that every development chain funds; public, and worth nothing.
const KEY: B256 = alloy_primitives::b256!("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");

pub(super) const PAYER: Address = address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
pub(super) const PAYEE: Address = address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");

pub(super) const CALL: Offer =
    Offer { path: "/api/v1/voice/call", price: Usdc::micros(540_000), description: "Outbound AI phone call" };

/// How it is listed.
pub(super) fn listing() -> Listing {
    let schema = json!({"type": "object", "properties": {"task": {"type": "string"}}, "required": ["task"]});
    Listing::new("POST", &json!({"task": "Say hello."}), &schema, &json!({"status": "started"}))
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_795_519_500).unwrap()
}

pub(super) fn terms() -> Terms {
    Terms {
        public_url: "https://dialtone.example".to_owned(),
        payees: [EvmNetwork::Base, EvmNetwork::BaseSepolia]
            .map(|network| Wallet::Evm { network, address: PAYEE })
            .to_vec(),
    }
}

pub(super) fn quote(network: EvmNetwork) -> Quote {
    terms().quotes(&CALL).into_iter().find(|quote| quote.network() == network.into()).unwrap()
}

/// An authorization that matches the quotes and is valid at `now`.
pub(super) fn authorization() -> Authorization {
    Authorization {
        from: PAYER,
        to: PAYEE,
        value: CALL.price,
        valid_after: 1_795_518_900,
        valid_before: 1_795_519_800,
        nonce: B256::repeat_byte(0x5a),
    }
}

pub(super) fn sign(network: EvmNetwork, authorization: &Authorization) -> Vec<u8> {
    let key = SecretKey::from_byte_array(KEY.0).unwrap();
    let digest = Message::from_digest(exact_evm::digest(network, authorization).0);
    let (recovery, rs) = Secp256k1::new().sign_ecdsa_recoverable(digest, &key).serialize_compact();
    [&rs[..], &[27 + u8::try_from(i32::from(recovery)).unwrap()]].concat()
}

pub(super) fn verified(network: EvmNetwork) -> Verified {
    Verified::restore(quote(network), Payload::Evm(signed(network)), Version::V2)
}

/// [`authorization`], signed.
pub(super) fn signed(network: EvmNetwork) -> SignedAuthorization {
    let authorization = authorization();
    let signature = sign(network, &authorization);
    SignedAuthorization { network, authorization, signature }
}

/// What was signed of a payment on an EVM chain.
pub(super) fn signed_of(payment: &Verified) -> &SignedAuthorization {
    match payment.payload() {
        Payload::Evm(signed) => signed,
        Payload::Solana(_) => panic!("{payment:?} is not an authorization"),
    }
}

/// The `payload` of either version.
pub(super) fn payload(authorization: &Authorization, signature: &[u8]) -> Value {
    json!({
        "signature": alloy_primitives::hex::encode_prefixed(signature),
        "authorization": {
            "from": authorization.from.to_string(),
            "to": authorization.to.to_string(),
            "value": authorization.value.atomic().to_string(),
            "validAfter": authorization.valid_after.to_string(),
            "validBefore": authorization.valid_before.to_string(),
            "nonce": format!("{:#x}", authorization.nonce),
        },
    })
}

/// What a published version 2 client sends, echoes and additions included.
pub(super) fn payment_v2(network: EvmNetwork) -> Value {
    let authorization = authorization();
    json!({
        "x402Version": 2,
        "payload": payload(&authorization, &sign(network, &authorization)),
        "extensions": { "builder-code": { "info": { "s": ["blockrun"] } } },
        "resource": { "url": "https://elsewhere.example/", "description": "as the client likes" },
        "accepted": {
            "scheme": "exact",
            "network": network.caip2(),
            "amount": "540000",
            "asset": network.usdc().to_string(),
            "payTo": PAYEE.to_string(),
            "maxTimeoutSeconds": 300,
            "extra": { "name": network.usdc_name(), "version": "2" },
        },
    })
}

/// What a published version 1 client sends.
pub(super) fn payment_v1(network: EvmNetwork) -> Value {
    let authorization = authorization();
    json!({
        "x402Version": 1,
        "scheme": "exact",
        "network": Network::Evm(network).v1_name(),
        "payload": payload(&authorization, &sign(network, &authorization)),
    })
}

pub(super) fn header(name: HeaderName, document: &[u8]) -> HeaderMap {
    let value = STANDARD.encode(document);
    HeaderMap::from_iter([(name, value.try_into().unwrap())])
}

/// A neighbour on this machine that answers each request with what `answer` makes of its head and
/// body. It serves until the test's process ends.
pub(super) fn neighbour(answer: impl Fn(&str, &str) -> (u16, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(stream.read_line(&mut head).unwrap(), 0, "the request ended early");
            }
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let (status, text) = answer(&head, &String::from_utf8(body).unwrap());
            let reply =
                format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len());
            stream.get_mut().write_all(reply.as_bytes()).unwrap();
        }
    });
    url
}
