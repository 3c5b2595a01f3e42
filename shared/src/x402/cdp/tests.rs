//! Keys and tokens.

use alloy_primitives::hex;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Value, json};

use super::{CdpKey, NotACdpKey, Secret};
use crate::x402::samples::now;

const SETTLE: &str = "https://api.cdp.coinbase.com/platform/v2/x402/settle";

fn ed25519() -> String {
    let seed = [7; 32];
    let public = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    STANDARD.encode([&seed[..], public.public_key().as_ref()].concat())
}

fn p256() -> Vec<u8> {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    der.as_ref().to_vec()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// The same kind of key as `openssl ecparam -genkey` writes it: the SEC1 part of the PKCS#8, with
/// the curve named inside.
fn sec1() -> Vec<u8> {
    let pkcs8 = p256();
    let bare = &pkcs8[pkcs8.len() - 109..];
    let (private, public) = bare.split_at(39);
    let curve = hex!("a00a06082a8648ce3d030107");
    let mut der = [private, &curve, public].concat();
    der[1] += u8::try_from(curve.len()).unwrap();
    der
}

/// Header and claims of a token whose signature is right.
fn opened(key: &CdpKey, token: &str) -> [Value; 2] {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (algorithm, public): (&dyn VerificationAlgorithm, _) = match &key.secret {
        Secret::Ed25519(pair) => (&ED25519, pair.public_key().as_ref()),
        Secret::P256(pair) => (&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
    };
    UnparsedPublicKey::new(algorithm, public)
        .verify(message.as_bytes(), &signature)
        .expect("the signature is over header and claims");
    let (header, claims) = message.split_once('.').unwrap();
    [header, claims].map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
}

#[test]
fn each_kind_of_key_signs_the_token_that_its_header_names() {
    for (secret, algorithm) in [
        (ed25519(), "EdDSA"),
        (pem("PRIVATE KEY", &p256()), "ES256"),
        (pem("PRIVATE KEY", &p256()).replace('\n', "\\n"), "ES256"),
        (pem("EC PRIVATE KEY", &sec1()), "ES256"),
    ] {
        let key = CdpKey::parse("the-key".to_owned(), &secret).unwrap();
        let [header, claims] = opened(&key, &key.token("POST", SETTLE, now()).unwrap());
        let nonce = header["nonce"].as_str().unwrap();
        assert_eq!(nonce.len(), 32);
        assert_eq!(header, json!({ "alg": algorithm, "kid": "the-key", "typ": "JWT", "nonce": nonce }));
        let at = now().as_second();
        assert_eq!(
            claims,
            json!({
                "sub": "the-key",
                "iss": "cdp",
                "uris": ["POST api.cdp.coinbase.com/platform/v2/x402/settle"],
                "iat": at,
                "nbf": at,
                "exp": at + 120,
            })
        );
    }
}

#[test]
fn no_two_tokens_are_the_same() {
    let key = CdpKey::parse("the-key".to_owned(), &ed25519()).unwrap();
    assert_ne!(key.token("POST", SETTLE, now()), key.token("POST", SETTLE, now()));
}

#[test]
fn what_is_no_key_is_refused() {
    let mismatched = STANDARD.encode([[7; 32], [8; 32]].concat());
    for secret in [
        "",
        "secret",
        "AAAA",
        &mismatched,
        &STANDARD.encode([7; 32]),
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
    ] {
        let problem = CdpKey::parse("the-key".to_owned(), secret).err();
        assert_eq!(problem, Some(NotACdpKey), "{secret}");
    }
}

#[test]
fn a_length_of_more_than_seven_bits_has_a_byte_that_says_so() {
    for (length, head) in [(127, &[4, 0x7f][..]), (128, &[4, 0x81, 0x80]), (255, &[4, 0x81, 0xff])] {
        assert_eq!(super::der(4, &vec![0; length]).unwrap(), [head, &vec![0; length]].concat(), "{length}");
    }
    assert_eq!(super::der(4, &[0; 256]), None);
}
