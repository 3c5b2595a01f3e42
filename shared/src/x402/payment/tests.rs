//! Payments as they are presented: read, matched, checked.

mod on_solana;
mod unreadable;

use alloy_primitives::{Address, B256, U256, hex};
use http::HeaderMap;
use serde_json::{Value, json};

use super::{Checked, LONGEST_UNWATCHED, LONGEST_WINDOW, Presented, Verified};
use crate::types::{EvmNetwork, Timestamp, Usdc, Wallet};
use crate::x402::headers::{PAYMENT_SIGNATURE, X_PAYMENT};
use crate::x402::samples::solana;
use crate::x402::samples::{
    CALL, PAYEE, PAYER, authorization, header, now, payload, payment_v1, payment_v2, quote, sign, signed, signed_of,
    terms, verified,
};
use crate::x402::{Authorization, Malformed, Payload, PaymentRefused, Version};

fn read(document: &Value) -> Result<Presented, Malformed> {
    Presented::read(&header(PAYMENT_SIGNATURE, document.to_string().as_bytes())).map(|payment| payment.unwrap())
}

fn check(document: &Value) -> Result<Checked, PaymentRefused> {
    read(document).unwrap().check(&terms().quotes(&CALL), now())
}

fn authentic(document: &Value) -> Verified {
    match check(document) {
        Ok(Checked::Authentic(payment)) => payment,
        other => panic!("{other:?} is not authentic"),
    }
}

fn refusal(document: &Value) -> &'static str {
    let refused = refused(check(document));
    assert!(refused.message.is_ascii(), "{refused}");
    refused.reason
}

/// Why a payment is refused, if it has bought nothing elsewhere.
fn refused(checked: Result<Checked, PaymentRefused>) -> PaymentRefused {
    match checked {
        Err(why) => why,
        Ok(Checked::Misfit(misfit)) => misfit.why,
        Ok(taken) => panic!("{taken:?} was taken"),
    }
}

/// A version 2 payment with one thing changed.
fn with(path: &str, value: impl Into<Value>) -> Value {
    let mut document = payment_v2(EvmNetwork::Base);
    *document.pointer_mut(path).expect(path) = value.into();
    document
}

/// A version 2 payment, really signed, of an authorization that is not quite ours.
fn signing(change: impl FnOnce(&mut Authorization)) -> Value {
    let mut authorization = authorization();
    change(&mut authorization);
    let signature = sign(EvmNetwork::Base, &authorization);
    with("/payload", payload(&authorization, &signature))
}

#[test]
fn both_versions_of_a_payment_are_the_same_payment() {
    for network in [EvmNetwork::Base, EvmNetwork::BaseSepolia] {
        let [v1, v2] = [payment_v1(network), payment_v2(network)].map(|document| authentic(&document));
        assert_eq!((v1.version(), v2.version()), (Version::V1, Version::V2));
        assert_eq!(v1.id(), v2.id());
        assert!(v1.payload() == v2.payload());
        assert_eq!(v1.quote(), &quote(network));
        assert_eq!(v1.payer().to_string(), PAYER.to_string());
        assert_eq!(v1.payer().network(), network.into());
    }
}

#[test]
fn a_request_without_a_payment_has_none() {
    assert!(Presented::read(&HeaderMap::new()).unwrap().is_none());
}

#[test]
fn the_document_says_its_version_whatever_the_header_is_called() {
    let document = payment_v2(EvmNetwork::Base).to_string();
    let payment = Presented::read(&header(X_PAYMENT, document.as_bytes())).unwrap().unwrap();
    assert_eq!(payment.version, Version::V2);
}

#[test]
fn one_authorization_in_two_documents_is_one_payment() {
    let both = |one: &Value, other: &Value| {
        let mut headers = header(PAYMENT_SIGNATURE, one.to_string().as_bytes());
        headers.extend(header(X_PAYMENT, serde_json::to_string_pretty(other).unwrap().as_bytes()));
        Presented::read(&headers).map(|payment| payment.unwrap())
    };
    let (v1, v2) = (payment_v1(EvmNetwork::Base), payment_v2(EvmNetwork::Base));
    let mut other_v = v1.clone();
    let mut bytes = sign(EvmNetwork::Base, &authorization());
    bytes[64] -= 27;
    other_v["payload"]["signature"] = json!(hex::encode_prefixed(&bytes));
    let named = |id: &str| with("/extensions", json!({"payment-identifier": {"info": {"required": false, "id": id}}}));
    for (one, other) in [(&v2, &v1), (&v1, &v2), (&v2, &v2), (&v1, &v1), (&v2, &other_v)] {
        let payment = both(one, other).unwrap();
        assert_eq!(payment.version, if one == other && *one == v1 { Version::V1 } else { Version::V2 });
    }
    let name = "order-of-the-day-17";
    assert_eq!(both(&v1, &named(name)).unwrap().identifier(), Some(name));
    assert_eq!(both(&v2, &named(name)).unwrap().identifier(), Some(name));
    for nearly in ["payment_identifier", "paymentIdentifier", "payment-identifer"] {
        let named = with("/extensions", json!({nearly: {"info": {"id": name}}}));
        assert_eq!(both(&v1, &named).unwrap().identifier(), Some(name), "{nearly}");
    }
    let mut forged = v1.clone();
    bytes[3] ^= 1;
    forged["payload"]["signature"] = json!(hex::encode_prefixed(&bytes));
    for (one, other) in [
        (&v2, &signing(|it| it.nonce = B256::repeat_byte(1))),
        (&v2, &signing(|it| it.value = Usdc::micros(5_000_000))),
        (&v2, &forged),
        (&v2, &payment_v1(EvmNetwork::BaseSepolia)),
        (&named(name), &named("order-of-the-day-18")),
    ] {
        assert_eq!(both(one, other).err(), Some(Malformed::Several), "{other}");
    }
    let told = both(&v2, &json!({})).err().unwrap();
    assert!(matches!(told, Malformed::OneOfTwo { place: "X-PAYMENT", .. }), "{told}");
    assert!(
        told.to_string().starts_with("of two payments the one in X-PAYMENT cannot be read: it is not an x402 payment")
    );
}

#[test]
fn every_spelling_of_a_payment_has_one_id() {
    let plain = payment_v2(EvmNetwork::Base);
    let id = authentic(&plain).id();
    let lower = |path: &str| {
        let text = plain.pointer(path).unwrap().as_str().unwrap().to_lowercase();
        with(path, text)
    };
    let upper = |path: &str| {
        let text = plain.pointer(path).unwrap().as_str().unwrap();
        with(path, format!("0x{}", text[2..].to_uppercase()))
    };
    for document in [
        lower("/payload/authorization/from"),
        upper("/payload/authorization/from"),
        upper("/payload/authorization/to"),
        upper("/payload/authorization/nonce"),
        upper("/payload/signature"),
        lower("/accepted/asset"),
        lower("/accepted/payTo"),
        with("/payload/authorization/value", 540_000),
        with("/payload/authorization/validBefore", 1_795_519_800),
        with("/accepted/amount", 540_000),
        with("/accepted/amount", 540_000.0),
        with("/payload/authorization/validBefore", 1_795_519_800.0),
        with("/x402Version", 2.0),
        with("/accepted/network", "base"),
        with("/accepted/extra", Value::Null),
        with("/accepted/maxTimeoutSeconds", "soon"),
        with("/resource", Value::Null),
        with("/extensions", json!({ "anything": [1, 2] })),
    ] {
        assert_eq!(authentic(&document).id(), id, "{document}");
    }
    let spaced = serde_json::to_vec_pretty(&plain).unwrap();
    let payment = Presented::read(&header(PAYMENT_SIGNATURE, &spaced)).unwrap().unwrap();
    assert!(
        matches!(payment.check(&terms().quotes(&CALL), now()), Ok(Checked::Authentic(payment)) if payment.id() == id)
    );
}

#[test]
fn what_is_not_our_offer_is_refused_with_its_reason() {
    let foreign = Address::repeat_byte(0x11);
    let cases = [
        (with("/accepted/scheme", "upto"), "unsupported_scheme"),
        (with("/accepted/network", "eip155:1"), "network_mismatch"),
        (with("/accepted/network", "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z"), "network_mismatch"),
        (with("/accepted/asset", foreign.to_string()), "asset_mismatch"),
        (with("/accepted/payTo", foreign.to_string()), "recipient_mismatch"),
        (with("/accepted/amount", "1000"), "value_mismatch"),
        (signing(|it| it.to = foreign), "recipient_mismatch"),
        (signing(|it| it.value = Usdc::micros(1_000)), "value_mismatch"),
        (signing(|it| it.value = Usdc::micros(540_001)), "value_mismatch"),
        (signing(|it| it.from = PAYEE), "self_payment"),
        (signing(|it| it.from = foreign), "invalid_signature"),
    ];
    for (document, reason) in cases {
        assert_eq!(refusal(&document), reason, "{document}");
    }
}

/// Only what its payer has signed may make us look for what it has bought.
#[test]
fn a_payment_for_something_else_is_known_by_its_signature_and_only_then() {
    let other_value = signing(|it| it.value = Usdc::micros(5_000_000));
    let long = |mut document: Value| {
        let signature = document["payload"]["signature"].as_str().unwrap().to_owned();
        document["payload"]["signature"] = json!(format!("{signature}{}", "00".repeat(31)));
        document
    };
    let forged = |mut document: Value| {
        document["payload"]["authorization"]["nonce"] = json!(B256::repeat_byte(7).to_string());
        document
    };
    for document in [other_value.clone(), with("/accepted/amount", "1000"), with("/accepted/payTo", PAYER.to_string())]
    {
        let Ok(Checked::Misfit(misfit)) = check(&document) else { panic!("{document} was signed") };
        assert!(misfit.is_proven() && misfit.version() == Version::V2);
        assert_eq!(misfit.id(), verified(EvmNetwork::Base).id(), "{document}");
        assert!(check(&forged(document.clone())).is_err(), "{document} is forged");
        let Ok(Checked::Misfit(misfit)) = check(&long(document.clone())) else { panic!("its contract can tell") };
        assert!(!misfit.is_proven(), "{document}");
    }
    let other_payee = signing(|it| it.to = Address::repeat_byte(0x11));
    assert_eq!(refusal(&other_payee), "recipient_mismatch", "it cannot have bought anything here");
    let elsewhere = read(&payment_v2(EvmNetwork::BaseSepolia)).unwrap().check(&[quote(EvmNetwork::Base)], now());
    assert_eq!(refused(elsewhere).reason, "network_mismatch");
}

#[test]
fn the_payload_of_a_scheme_that_is_not_ours_is_not_read() {
    for place in ["/accepted/scheme", "/accepted/network"] {
        let mut document = with(place, "eip155:1");
        document["payload"] = json!({ "anything": 1 });
        assert!(["unsupported_scheme", "network_mismatch"].contains(&refusal(&document)), "{document}");
    }
}

#[test]
fn a_signature_counts_only_on_the_network_that_it_names() {
    for (declared, signed) in [(EvmNetwork::Base, EvmNetwork::BaseSepolia), (EvmNetwork::BaseSepolia, EvmNetwork::Base)]
    {
        let authorization = authorization();
        let mut document = payment_v2(declared);
        document["payload"] = payload(&authorization, &sign(signed, &authorization));
        assert_eq!(refusal(&document), "invalid_signature");
    }
    let only_base = [quote(EvmNetwork::Base)];
    let payment = read(&payment_v2(EvmNetwork::BaseSepolia)).unwrap();
    let refused = refused(payment.check(&only_base, now()));
    assert_eq!(refused.reason, "network_mismatch");
    assert_eq!(refused.message, "This network is not accepted here; pay on one of: eip155:8453.");
}

#[test]
fn a_forged_signature_is_refused_here() {
    let genuine = sign(EvmNetwork::Base, &authorization());
    let changed = |at: usize, to: u8| {
        let mut bytes = genuine.clone();
        bytes[at] = to;
        bytes
    };
    let order = U256::from_be_slice(&hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
    let mut mirrored = changed(64, 27 + 28 - genuine[64]);
    let s = U256::from_be_slice(&genuine[32..64]);
    mirrored[32..64].copy_from_slice(&(order - s).to_be_bytes::<32>());
    for bytes in [
        vec![],
        vec![0; 65],
        genuine[..64].to_vec(),
        changed(0, genuine[0] ^ 1),
        changed(64, 29),
        changed(64, 27 + 28 - genuine[64]),
        mirrored,
    ] {
        let document = with("/payload/signature", hex::encode_prefixed(&bytes));
        assert_eq!(refusal(&document), "invalid_signature");
    }
}

#[test]
fn v_is_kept_as_the_contract_takes_it() {
    let mut bytes = sign(EvmNetwork::Base, &authorization());
    let genuine = bytes.clone();
    bytes[64] -= 27;
    let payment = authentic(&with("/payload/signature", hex::encode_prefixed(&bytes)));
    assert_eq!(signed_of(&payment).signature, genuine);
}

#[test]
fn a_smart_wallets_signature_is_neither_believed_nor_refused() {
    let long = [sign(EvmNetwork::Base, &authorization()), vec![0; 31]].concat();
    let document = with("/payload/signature", hex::encode_prefixed(&long));
    let Ok(Checked::Unknown(unproven)) = check(&document) else { panic!("only its contract can tell") };
    assert_eq!(unproven.id(), verified(EvmNetwork::Base).id());
    assert!(
        unproven.window(now(), LONGEST_WINDOW).is_ok()
            && unproven.window(Timestamp::UNIX_EPOCH, LONGEST_WINDOW).is_err()
    );
    // What does not match our offer is refused before a neighbour is asked about the signature.
    let mut cheap = document.clone();
    cheap["payload"]["authorization"]["value"] = json!("1");
    assert_eq!(refusal(&cheap), "value_mismatch");
}

#[test]
fn the_window_is_long_enough_to_settle_and_no_longer_than_we_say() {
    let at = now().as_second();
    let second = |offset: i64| u64::try_from(at + offset).unwrap();
    let (week, quarter) = (LONGEST_WINDOW, LONGEST_UNWATCHED);
    assert_eq!((week.as_secs(), quarter.as_secs()), (7 * 86_400, 900));
    for (after, before, expected) in [
        (0, second(300), None),
        (second(0), second(300), None),
        (second(5), second(300), None),
        (second(6), second(300), Some("not_yet_valid")),
        (0, second(10), None),
        (0, second(9), Some("expired")),
        (0, second(0), Some("expired")),
        (0, 0, Some("expired")),
        (0, second(900), None),
        (0, second(3_600), None),
        (0, second(7 * 86_400), None),
        (0, second(7 * 86_400 + 1), Some("window_too_long")),
        (0, u64::MAX, Some("window_too_long")),
        (u64::MAX, u64::MAX, Some("not_yet_valid")),
    ] {
        let mut signed = signed(EvmNetwork::Base);
        signed.authorization.valid_after = after;
        signed.authorization.valid_before = before;
        let payment = Verified::restore(quote(EvmNetwork::Base), Payload::Evm(signed), Version::V2);
        let refused = |longest| payment.window(now(), longest).err().map(|refused| refused.reason);
        assert_eq!(refused(week), expected, "{after}..{before}");
        let expected = if before > second(900) { expected.or(Some("window_too_long")) } else { expected };
        assert_eq!(refused(quarter), expected, "{after}..{before}, without a node");
    }
    assert!(verified(EvmNetwork::Base).window(Timestamp::UNIX_EPOCH, week).is_err());
}

#[test]
fn a_log_shows_neither_nonce_nor_signature() {
    let payment = verified(EvmNetwork::Base);
    let signed = signed_of(&payment);
    let text = format!("{payment:?} {:?}", signed.authorization);
    assert!(text.contains(&payment.payer().caip10()) && text.contains("valid_before: 1795519800"), "{text}");
    for secret in [hex::encode(signed.authorization.nonce), hex::encode(&signed.signature[..8])] {
        assert!(!text.contains(&secret), "{text}");
    }
    assert_ne!(signed.authorization.nonce, B256::ZERO);
}

#[test]
fn the_caller_is_the_wallet_that_signed() {
    for network in [EvmNetwork::Base, EvmNetwork::BaseSepolia] {
        let caller = authentic(&payment_v2(network)).caller();
        assert_eq!(*caller.wallet(), Wallet::Evm { network, address: PAYER });
    }
    let on_solana = solana::verified();
    assert_eq!(on_solana.caller().wallet().to_string(), solana::PAYER);
}
