//! What cannot be read, and what need not be: in the words of a client's author.

use super::*;

#[test]
fn what_cannot_be_read_says_why() {
    let cases = [
        (json!({ "x402Version": 3 }), "`x402Version` must be 1 or 2"),
        (json!({ "x402Version": 2 }), "`accepted` is missing: it must be a JSON object"),
        (json!({ "x402Version": 1 }), "`scheme` is missing: it must be a string"),
        (json!({ "x402Version": "2" }), "`x402Version` must be 1 or 2"),
        (json!({ "x402Version": 2.5 }), "`x402Version` must be 1 or 2"),
        (json!({ "x402Version": null }), "`x402Version` must be 1 or 2"),
        (json!({}), "`x402Version` is missing: it must be 1 or 2"),
        (json!([]), "it must be a JSON object"),
        (json!(null), "it must be a JSON object"),
        (json!(2), "it must be a JSON object"),
        (json!(true), "it must be a JSON object"),
        (json!("payment"), "it must be a JSON object"),
        (json!([2]), "it must be a JSON object"),
        (with("/accepted", Value::Null), "`accepted` must be a JSON object"),
        (with("/accepted", json!([])), "`accepted` must be a JSON object"),
        (with("/accepted/scheme", Value::Null), "`accepted.scheme` must be a string"),
        (with("/accepted/network", 8453), "`accepted.network` must be a string"),
        (with("/accepted/asset", json!({})), "`accepted.asset` must be a string"),
        (with("/accepted/payTo", json!([])), "`accepted.payTo` must be a string"),
        (with("/accepted/amount", Value::Null), "`accepted.amount` must be a whole number of millionths of a USDC"),
        (with("/payload", Value::Null), "`payload` must be a JSON object"),
        (with("/payload", "0x"), "`payload` must be a JSON object"),
        (with("/payload", json!([1])), "`payload` must be a JSON object"),
        (
            with("/payload/authorization", json!([PAYER.to_string(), PAYEE.to_string(), "540000", "0", "1", "0x5a"])),
            "`payload.authorization` must be a JSON object",
        ),
        (with("/payload/authorization", Value::Null), "`payload.authorization` must be a JSON object"),
        (with("/payload", json!({ "transaction": "AQID" })), "`payload.signature` is missing: it must be 0x and pairs"),
        (with("/payload/signature", "0xabc"), "`payload.signature` must be 0x and pairs of hexadecimal digits"),
        (with("/payload/signature", "0x0xabcd"), "`payload.signature` must be 0x and pairs of hexadecimal digits"),
        (with("/payload/signature", "abcd"), "`payload.signature` must be 0x and pairs of hexadecimal digits"),
        (with("/payload/signature", Value::Null), "`payload.signature` must be 0x and pairs of hexadecimal digits"),
        (
            with("/payload/authorization/from", "0x12"),
            "`payload.authorization.from` must be 0x and 40 hexadecimal digits",
        ),
        (
            with("/payload/authorization/to", PAYER.to_string().trim_start_matches("0x")),
            "`payload.authorization.to` must be 0x and 40",
        ),
        (
            with("/payload/authorization/nonce", "0x0x5a"),
            "`payload.authorization.nonce` must be 0x and 64 hexadecimal digits",
        ),
        (
            with("/payload/authorization/nonce", json!(5)),
            "`payload.authorization.nonce` must be 0x and 64 hexadecimal digits",
        ),
        (with("/payload/authorization/value", "0540000"), "`payload.authorization.value` must be a whole number"),
        (with("/payload/authorization/value", "5.4e5"), "without a leading zero"),
        (with("/payload/authorization/value", 540_000.5), "`payload.authorization.value` must be a whole number"),
        (with("/payload/authorization/value", "9".repeat(79)), "at most 78 decimal digits"),
        (
            with("/payload/authorization/validAfter", "-1"),
            "`payload.authorization.validAfter` must be whole seconds since 1970",
        ),
        (
            with("/payload/authorization/validAfter", -1),
            "`payload.authorization.validAfter` must be whole seconds since 1970",
        ),
        (with("/payload/authorization/validBefore", "9".repeat(79)), "whole seconds since 1970"),
        (with("/payload/authorization/validBefore", 1_795_519_500.5), "whole seconds since 1970"),
        (with("/payload/authorization/validBefore", "2026-11-29"), "whole seconds since 1970"),
    ];
    for (document, expected) in cases {
        let problem = read(&document).err().expect("to be malformed").to_string();
        assert!(problem.contains(expected), "{document}: {problem}");
        assert!(!problem.contains("5a5a"), "the nonce was repeated: {problem}");
    }
}

/// Whatever is missing is named by its whole path, with what it must be; and so is a number that no
/// machine holds.
#[test]
fn every_key_that_is_read_is_named_where_it_is_missing_or_a_number_beyond_all() {
    const V1: [&str; 4] = ["x402Version", "scheme", "network", "payload"];
    const V2: [&str; 8] = [
        "x402Version",
        "accepted",
        "accepted.scheme",
        "accepted.network",
        "accepted.amount",
        "accepted.asset",
        "accepted.payTo",
        "payload",
    ];
    const BOTH: [&str; 8] = [
        "payload.signature",
        "payload.authorization",
        "payload.authorization.from",
        "payload.authorization.to",
        "payload.authorization.value",
        "payload.authorization.validAfter",
        "payload.authorization.validBefore",
        "payload.authorization.nonce",
    ];
    let [v1, v2] = [payment_v1(EvmNetwork::Base), payment_v2(EvmNetwork::Base)];
    for (document, paths) in [(&v1, &V1[..]), (&v1, &BOTH), (&v2, &V2), (&v2, &BOTH)] {
        for path in paths {
            let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
            let parent = if parent.is_empty() { String::new() } else { format!("/{}", parent.replace('.', "/")) };
            let fields = |document: &Value| document.pointer(&parent).unwrap().as_object().unwrap().clone();
            let mut without = document.clone();
            let mut left = fields(document);
            left.remove(name).expect(path);
            *without.pointer_mut(&parent).unwrap() = left.into();
            let problem = read(&without).err().expect(path).to_string();
            assert!(problem.contains(&format!("`{path}` is missing: it must be ")), "{path}: {problem}");

            let mut marked = document.clone();
            marked.pointer_mut(&parent).unwrap()[name] = json!("beyond all");
            let beyond = marked.to_string().replace("\"beyond all\"", "1e400");
            let problem = Presented::read(&header(PAYMENT_SIGNATURE, beyond.as_bytes())).err().expect(path).to_string();
            assert!(problem.contains(&format!("`{path}` must be ")), "{path}: {problem}");
        }
    }
    let skipped = v2.to_string().replacen('{', "{\"unread\":1e400,", 1);
    assert!(Presented::read(&header(PAYMENT_SIGNATURE, skipped.as_bytes())).is_ok(), "it is not read");
    let marked = format!("\u{feff}{v2}");
    assert!(Presented::read(&header(PAYMENT_SIGNATURE, marked.as_bytes())).is_ok(), "a byte order mark says nothing");
}

/// A payer on a network, by a scheme or in a token that is not asked for, is told which are,
/// whatever else it has sent.
#[test]
fn what_is_not_taken_need_not_be_readable() {
    let base_only: Vec<_> =
        terms().quotes(&CALL).into_iter().filter(|it| it.network() == EvmNetwork::Base.into()).collect();
    let told = |document: &Value| {
        let headers = header(PAYMENT_SIGNATURE, document.to_string().as_bytes());
        let presented = Presented::read_on(&headers, |network| network == EvmNetwork::Base.into());
        refused(presented.unwrap().unwrap().check(&base_only, now()))
    };
    let payloads = [
        payload(&authorization(), &[0x5a; 65]),
        json!({ "transaction": "AQID" }),
        json!({ "transaction": 7 }),
        json!({ "permit2Authorization": {} }),
        json!({}),
        json!([]),
        json!("signed"),
        Value::Null,
    ];
    for network in [
        "solana",
        "solana-devnet",
        "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
        "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z",
        "eip155:84532",
        "base-sepolia",
        "eip155:1",
        "polygon",
        "Base",
        "",
    ] {
        for payload in &payloads {
            let v1 = json!({"x402Version": 1, "scheme": "exact", "network": network, "payload": payload});
            let v2 = json!({"x402Version": 2, "accepted": {"scheme": "exact", "network": network}, "payload": payload});
            for document in [v1, v2] {
                let refused = told(&document);
                assert_eq!(refused.reason, "network_mismatch", "{document}");
                assert!(refused.message.contains("eip155:8453"), "{refused}");
            }
        }
    }
    for payload in &payloads {
        for network in ["eip155:8453", "solana", "eip155:1"] {
            let v1 = json!({"x402Version": 1, "scheme": "upto", "network": network, "payload": payload});
            let v2 = json!({"x402Version": 2, "accepted": {"scheme": "upto", "network": network}, "payload": payload});
            for document in [v1, v2] {
                assert_eq!(told(&document).reason, "unsupported_scheme", "{document}");
            }
        }
    }
    // A token of eighteen places has larger amounts.
    for amount in ["540000", "540000000000000000", "540000000000000000000"] {
        let mut document = with("/accepted/asset", "0x50c5725949A6F0c72E6C4a641F24049A917DB0Cb");
        document["accepted"]["amount"] = json!(amount);
        document["payload"]["authorization"]["value"] = json!(amount);
        let refused = told(&document);
        assert_eq!(refused.reason, "asset_mismatch", "{document}");
        assert!(refused.message.contains("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"), "{refused}");
        document["accepted"]["asset"] = json!(EvmNetwork::Base.usdc().to_string());
        if amount != "540000" {
            assert_eq!(told(&document).reason, "value_mismatch", "{document}");
        }
    }
}

#[test]
fn a_key_that_stands_twice_is_not_read() {
    let twice = payment_v2(EvmNetwork::Base).to_string().replacen(
        "\"value\":\"540000\"",
        "\"value\":\"1\",\"value\":\"540000\"",
        1,
    );
    let problem = Presented::read(&header(PAYMENT_SIGNATURE, twice.as_bytes())).err();
    assert!(problem.unwrap().to_string().contains("`payload.authorization.value` is there twice"));
}

#[test]
fn what_is_not_json_is_malformed() {
    for text in ["{", "{\"x402Version\":2}{}", "nothing", "{\"x402Version\":2,}", "\u{feff}\u{feff}{}"] {
        let problem = Presented::read(&header(PAYMENT_SIGNATURE, text.as_bytes())).err();
        assert_eq!(problem, Some(Malformed::NotJson), "{text:?}");
    }
}
