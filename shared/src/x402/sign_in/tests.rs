//! What signs in and what does not, with what published clients have signed: `agentcash` 0.14.4
//! with well-known test keys.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use solana_signature::Signature;

use super::{HEADER, LONGEST, NotSignedIn, Purpose, SignIn, Words};
use crate::types::{EvmNetwork, Network, SolanaAddress, SolanaNetwork, Timestamp};

const ORIGIN: &str = "http://127.0.0.1:4588";
const PATH: &str = "/siwx/numbers";
const STATEMENT: &str = "Sign in to see your own numbers and calls.";
const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

fn evm() -> Value {
    json!({
        "domain": "127.0.0.1:4588", "address": ADDRESS, "statement": STATEMENT, "uri": "http://127.0.0.1:4588/siwx/numbers",
        "version": "1", "chainId": "eip155:8453", "type": "eip191", "nonce": "13f4201cf8789c0271ce038a906ce666",
        "issuedAt": "2026-11-28T17:00:11.661Z", "expirationTime": "2026-11-28T17:05:11.661Z",
        "resources": ["http://127.0.0.1:4588/siwx/numbers"],
        "signature": "0x68b2bdf46c7affd38fee353dbce240f1e591a68f4a62219364604205b721931e39b82e8e3ce63e73b76f5d15624bc72c3bc8236377fe39811ce6d6712e6ce3361b",
    })
}

fn solana() -> Value {
    json!({
        "domain": "127.0.0.1:4588", "address": "ECms551TZqQ7NxDyqYbUBGHgk8wBbfenmeiAqvs9RbZU", "statement": STATEMENT,
        "uri": "http://127.0.0.1:4588/siwx/numbers", "version": "1", "chainId": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
        "type": "ed25519", "nonce": "a39899d05a05fb1d103835e09a37ea88", "issuedAt": "2026-11-28T17:00:12.788Z",
        "expirationTime": "2026-11-28T17:05:12.788Z", "resources": ["http://127.0.0.1:4588/siwx/numbers"],
        "signature": "3zxvXSDNkSbWarb7WmShaQ1CGB4vFYirmwirzB822oUbhNSicvdAA772eBAfoGmTovHRevdwJ6kKysrAtxP44ELw",
    })
}

fn with(mut document: Value, field: &str, value: impl Into<Value>) -> Value {
    document[field] = value.into();
    document
}

fn without(mut document: Value, field: &str) -> Value {
    document.as_object_mut().unwrap().remove(field);
    document
}

fn door() -> SignIn {
    let networks = vec![Network::Evm(EvmNetwork::Base), Network::Solana(SolanaNetwork::Mainnet)];
    SignIn::new(ORIGIN.to_owned(), networks, STATEMENT)
}

fn headers(values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(HEADER, HeaderValue::from_str(value).unwrap());
    }
    headers
}

/// What the header says of who it is, at a time.
fn read_at(at: &str, values: &[&str]) -> Result<Option<String>, NotSignedIn> {
    let now: Timestamp = at.parse().unwrap();
    Ok(door().caller(&headers(values), PATH, now)?.map(|caller| caller.wallet().caip10()))
}

fn read(value: &str) -> Result<Option<String>, NotSignedIn> {
    read_at("2026-11-28T17:00:20Z", &[value])
}

fn written(document: &Value) -> String {
    STANDARD.encode(document.to_string())
}

fn code(read: &Result<Option<String>, NotSignedIn>) -> &'static str {
    match read {
        Ok(Some(_)) => "signed in",
        Ok(None) => "nothing",
        Err(NotSignedIn::Malformed(_)) => "malformed",
        Err(NotSignedIn::WrongDomain(_)) => "domain",
        Err(NotSignedIn::WrongUri(_)) => "uri",
        Err(NotSignedIn::WrongStatement(_)) => "statement",
        Err(NotSignedIn::WrongChain(_)) => "chain",
        Err(NotSignedIn::NotYetValid) => "not yet",
        Err(NotSignedIn::Expired) => "expired",
        Err(NotSignedIn::InvalidSignature) => "signature",
    }
}

#[test]
fn what_published_clients_sign_names_their_wallet() {
    let (evm, solana) = (written(&evm()), written(&solana()));
    assert_eq!(read(&evm), Ok(Some("eip155:8453:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266".to_owned())));
    let address = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:ECms551TZqQ7NxDyqYbUBGHgk8wBbfenmeiAqvs9RbZU";
    assert_eq!(read(&solana), Ok(Some(address.to_owned())));
    assert_eq!(read_at("2026-11-28T17:00:20Z", &[]), Ok(None));
    assert_eq!(read(" "), Ok(None), "a header with nothing in it is not a header");
}

#[test]
fn a_sign_in_is_good_for_five_minutes_from_half_a_minute_before_its_time() {
    let whole = written(&evm());
    for (at, is) in [
        ("2026-11-28T16:59:41.660Z", "not yet"),
        ("2026-11-28T16:59:41.661Z", "signed in"),
        ("2026-11-28T17:05:11.660Z", "signed in"),
        ("2026-11-28T17:05:11.661Z", "expired"),
        ("2027-11-28T17:00:12Z", "expired"),
    ] {
        assert_eq!(code(&read_at(at, &[&whole])), is, "{at}");
    }
}

#[test]
fn every_part_is_signed() {
    for (field, value) in [
        ("address", json!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")),
        // Read as the same account, and not what was signed.
        ("address", json!(ADDRESS.to_ascii_lowercase())),
        ("domain", json!("127.0.0.1")),
        ("uri", json!("http://127.0.0.1:4588/siwx/numbers?limit=2")),
        ("nonce", json!("13f4201cf8789c0271ce038a906ce667")),
        ("issuedAt", json!("2026-11-28T17:00:11.662Z")),
        ("issuedAt", json!("2026-11-28T17:00:11.6610Z")),
        ("expirationTime", json!("2026-11-28T17:05:11.662Z")),
        ("expirationTime", Value::Null),
        ("notBefore", json!("2026-11-28T17:00:11Z")),
        ("requestId", json!("1")),
        ("resources", Value::Null),
        ("resources", json!(["http://127.0.0.1:4588/siwx/calls"])),
    ] {
        let bent = with(evm(), field, value.clone());
        assert_eq!(code(&read(&written(&bent))), "signature", "{field}: {value}");
    }
}

#[test]
fn what_was_signed_for_something_else_is_told_what_it_should_be_for() {
    for (field, value, is) in [
        ("domain", json!("127.0.0.1:4589"), "domain"),
        ("domain", json!("127.0.0.1:4588."), "domain"),
        ("domain", json!("127.0.0.1\u{ff1a}4588"), "domain"),
        ("domain", json!(""), "domain"),
        ("uri", json!("http://127.0.0.1:4588/v1/siwx/numbers"), "uri"),
        ("uri", json!("http://127.0.0.1:4588/siwx/numbers/"), "uri"),
        ("uri", json!("http://127.0.0.1:4588/siwx/numbers#a"), "uri"),
        ("uri", json!("https://127.0.0.1:4588/siwx/numbers"), "uri"),
        ("uri", json!("/siwx/numbers"), "uri"),
        ("statement", Value::Null, "statement"),
        ("statement", json!(""), "statement"),
        ("statement", json!(format!("{STATEMENT} ")), "statement"),
        // The same letters in another composition, and one that looks the same.
        ("statement", json!(STATEMENT.replace('S', "S\u{301}")), "statement"),
        ("statement", json!(STATEMENT.replace('a', "\u{430}")), "statement"),
        ("chainId", json!("eip155:1"), "chain"),
        ("chainId", json!("eip155:84532"), "chain"),
        ("chainId", json!("8453"), "chain"),
        ("chainId", json!("eip155:08453"), "chain"),
        ("chainId", json!("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"), "chain"),
        ("type", json!("ed25519"), "chain"),
        ("type", json!("eip1271"), "chain"),
        ("notBefore", json!("2026-11-28T17:00:20.001Z"), "not yet"),
        ("issuedAt", json!("2026-11-28T17:00:50.001Z"), "not yet"),
        ("issuedAt", json!("2026-11-28T16:55:20Z"), "expired"),
        ("expirationTime", json!("2026-11-28T17:00:20Z"), "expired"),
    ] {
        let bent = with(evm(), field, value.clone());
        assert_eq!(code(&read(&written(&bent))), is, "{field}: {value}");
    }
    let uri = read(&written(&with(evm(), "uri", "http://127.0.0.1:4588/"))).unwrap_err().to_string();
    assert_eq!(uri, "its `uri` must be http://127.0.0.1:4588/siwx/numbers, the address that is asked");
    let chain = read(&written(&with(evm(), "chainId", "eip155:1"))).unwrap_err().to_string();
    assert!(chain.ends_with("eip155:8453 (eip191) or solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp (ed25519)"), "{chain}");
}

#[test]
fn what_cannot_be_read_is_told_why() {
    for (field, value, why) in [
        ("version", json!("2"), "`version` must be \"1\""),
        ("version", json!(1), "`version` must be text"),
        ("nonce", json!("13f4201cf8789c0"), "`nonce` must have 16 to 128 letters and digits"),
        ("nonce", json!("13f4201c-8789c0271ce038a906ce666"), "`nonce` must have 16 to 128 letters and digits"),
        ("nonce", json!("\u{ff11}3f4201cf8789c0271ce038a906ce666"), "`nonce` must have 16 to 128 letters and digits"),
        ("nonce", json!("a".repeat(129)), "`nonce` must have 16 to 128 letters and digits"),
        ("issuedAt", json!("2026-11-28 17:00:11Z"), "`issuedAt` must be a time, such as 2026-11-28T17:00:11Z"),
        ("issuedAt", json!("2026-11-28T17:00:11"), "`issuedAt` must be a time, such as 2026-11-28T17:00:11Z"),
        ("issuedAt", json!("20261128T170011Z"), "`issuedAt` must be a time, such as 2026-11-28T17:00:11Z"),
        ("issuedAt", json!("2026-11-28T17:00:11Z[UTC]"), "`issuedAt` must be a time, such as 2026-11-28T17:00:11Z"),
        ("issuedAt", json!(1_795_885_211), "`issuedAt` must be text"),
        ("expirationTime", json!("never"), "`expirationTime` must be a time, such as 2026-11-28T17:00:11Z"),
        ("notBefore", json!(""), "`notBefore` must be a time, such as 2026-11-28T17:00:11Z"),
        (
            "requestId",
            json!("1\nResources:"),
            "`requestId` and each of `resources` must be visible ASCII without spaces",
        ),
        ("requestId", json!(""), "`requestId` and each of `resources` must be visible ASCII without spaces"),
        (
            "resources",
            json!(["a", "b\n- c"]),
            "`requestId` and each of `resources` must be visible ASCII without spaces",
        ),
        ("resources", json!(["caf\u{e9}"]), "`requestId` and each of `resources` must be visible ASCII without spaces"),
        ("resources", json!([]), "`resources` must be left out where there are none"),
        ("resources", json!("a"), "`resources` must be a list of addresses"),
        ("resources", json!([1]), "`resources[0]` must be text"),
        (
            "address",
            json!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
            "`address` must be 0x and 40 hexadecimal digits",
        ),
        ("address", json!("0xf39F"), "`address` must be 0x and 40 hexadecimal digits"),
        ("signature", Value::Null, "`signature` must be text"),
    ] {
        let refused = read(&written(&with(evm(), field, value.clone()))).unwrap_err();
        assert_eq!(refused, NotSignedIn::Malformed(why.to_owned()), "{field}: {value}");
    }
    let refused = read(&written(&with(solana(), "address", "0OIl"))).unwrap_err();
    assert_eq!(refused, NotSignedIn::Malformed("`address` must be a wallet in base58".to_owned()));
    for field in ["domain", "address", "uri", "version", "chainId", "type", "nonce", "issuedAt", "signature"] {
        let refused = read(&written(&without(evm(), field))).unwrap_err();
        assert_eq!(refused, NotSignedIn::Malformed(format!("`{field}` is missing")));
    }
}

#[test]
fn a_header_is_one_document_in_base64() {
    let text = evm().to_string();
    for (value, is) in [
        (STANDARD.encode(&text), "signed in"),
        (STANDARD_NO_PAD.encode(&text), "signed in"),
        (URL_SAFE.encode(&text), "signed in"),
        (URL_SAFE_NO_PAD.encode(&text), "signed in"),
        // Some clients write blanks between the parts.
        (STANDARD.encode(serde_json::to_string_pretty(&evm()).unwrap()), "signed in"),
        (STANDARD.encode(with(evm(), "signatureScheme", "eip191").to_string()), "signed in"),
        (format!(" {} ", STANDARD.encode(&text)), "signed in"),
        (text.clone(), "malformed"),
        (STANDARD.encode(format!("{text}{text}")), "malformed"),
        (STANDARD.encode(format!("[{text}]")), "malformed"),
        (STANDARD.encode(text.replacen("\"domain\"", "\"domain\":\"a\",\"domain\"", 1)), "malformed"),
        (STANDARD.encode("null"), "malformed"),
        (STANDARD.encode([&b"{\"a\":\""[..], b"\xff\"}"].concat()), "malformed"),
        (format!("Bearer {}", STANDARD.encode(&text)), "malformed"),
        (STANDARD.encode(&text).replacen('e', "e ", 1), "malformed"),
        ("0x1234".to_owned(), "malformed"),
        // The same twice is one.
        (format!("{},{}", STANDARD.encode(&text), STANDARD.encode(&text)), "signed in"),
        (format!("{},{}", STANDARD.encode(&text), STANDARD_NO_PAD.encode("{}")), "malformed"),
        (STANDARD.encode(format!("\u{feff}{text}")), "signed in"),
    ] {
        assert_eq!(code(&read(&value)), is, "{value}");
    }
    let whole = written(&evm());
    for same in [&[whole.as_str(), &whole][..], &["", &whole]] {
        assert_eq!(code(&read_at("2026-11-28T17:00:20Z", same)), "signed in", "{same:?}");
    }
    assert_eq!(code(&read_at("2026-11-28T17:00:20Z", &[&whole, &written(&with(evm(), "ignored", "x"))])), "malformed");
}

#[test]
fn a_header_has_a_longest() {
    // Base64 grows by fours of characters.
    let padded = |length: usize| {
        let with = |more: usize| written(&with(evm(), "ignored", "x".repeat(more)));
        (0..LONGEST).map(with).find(|value| value.len() >= length).unwrap()
    };
    assert_eq!((padded(LONGEST).len(), code(&read(&padded(LONGEST)))), (LONGEST, "signed in"));
    assert_eq!(code(&read(&padded(LONGEST + 1))), "malformed");
    assert_eq!(code(&read(&"A".repeat(100_000))), "malformed");
}

#[test]
fn a_signature_has_one_spelling_and_is_a_keys() {
    let evm_signature = evm()["signature"].as_str().unwrap().to_owned();
    let digits = evm_signature.strip_prefix("0x").unwrap();
    let (compact, v) = digits.split_at(128);
    assert_eq!(v, "1b");
    let (r, _) = compact.split_at(64);
    // n − s: the same signature to the curve, with the other v.
    let mirrored = format!("0x{r}c647d171c319c18c4890a2ea9db438d27ee6b983374a66baa2eb881ba1c95e0b1c");
    for (signature, is) in [
        (format!("0x{compact}1b"), "signed in"),
        (format!("0x{compact}00"), "signed in"),
        (format!("0x{}1B", compact.to_ascii_uppercase()), "signed in"),
        (format!("0x{compact}1c"), "signature"),
        (format!("0x{compact}25"), "signature"),
        (mirrored, "signature"),
        // Both halves alone, and the compact spelling of EIP-2098.
        (format!("0x{compact}"), "signature"),
        (format!("0x{digits}00"), "signature"),
        (digits.to_owned(), "signature"),
        (format!("0x0x{digits}"), "signature"),
        (format!("0x{}", "00".repeat(65)), "signature"),
        // What a contract would judge: EIP-6492.
        (format!("0x{}{}", "00".repeat(96), "6492".repeat(16)), "signature"),
        (String::new(), "signature"),
        (solana()["signature"].as_str().unwrap().to_owned(), "signature"),
    ] {
        assert_eq!(code(&read(&written(&with(evm(), "signature", signature.clone())))), is, "{signature}");
    }
    for signature in [evm_signature, "1".repeat(64), String::new(), "3zxvXSDN".to_owned()] {
        assert_eq!(code(&read(&written(&with(solana(), "signature", signature.clone())))), "signature", "{signature}");
    }
}

#[test]
fn a_key_that_anyone_can_sign_for_signs_nothing() {
    // The points of small order in their plain spellings. [0]B = R + [h]A holds for each message
    // with R and A the identity, and for some messages with the others.
    let identity = {
        let mut bytes = [0; 32];
        bytes[0] = 1;
        bytes
    };
    let minus_one = {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xec, 0x7f);
        bytes
    };
    let order_eight = alloy_primitives::hex!("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    for key in [identity, minus_one, [0; 32], order_eight] {
        for r in [identity, minus_one, [0; 32]] {
            let signature = Signature::from(<[u8; 64]>::try_from([r, [0; 32]].concat()).unwrap());
            for nonce in ["a39899d05a05fb1d103835e09a37ea88", "a39899d05a05fb1d103835e09a37ea89"] {
                let forged = with(solana(), "address", SolanaAddress::from(key).to_string());
                let forged = with(with(forged, "signature", signature.to_string()), "nonce", nonce);
                assert_eq!(code(&read(&written(&forged))), "signature", "{forged}");
            }
        }
    }
}

#[test]
fn what_is_asked_for_is_what_would_be_taken() {
    let now: Timestamp = "2026-11-28T17:00:11.661Z".parse().unwrap();
    let purpose = Purpose { path: PATH, title: "Your numbers" };
    let words = Words { code: "sign_in_required", message: "Sign in." };
    let asked = door().challenge(&purpose, &words, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", now);
    let header: Value = serde_json::from_slice(&STANDARD.decode(asked.header).unwrap()).unwrap();
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    let signing = &header["extensions"]["sign-in-with-x"];
    assert_eq!(
        signing["info"],
        json!({
            "domain": "127.0.0.1:4588", "uri": "http://127.0.0.1:4588/siwx/numbers", "version": "1",
            "nonce": "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "issuedAt": "2026-11-28T17:00:11Z",
            "expirationTime": "2026-11-28T17:05:11Z", "statement": STATEMENT,
            "resources": ["http://127.0.0.1:4588/siwx/numbers"],
        })
    );
    let chains = json!([
        {"chainId": "eip155:8453", "type": "eip191"},
        {"chainId": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "type": "ed25519"},
    ]);
    assert_eq!(signing["supportedChains"], chains);
    assert_eq!(
        (&header["accepts"], &header["x402Version"], &header["error"]),
        (&json!([]), &json!(2), &json!("Sign in."))
    );
    assert_eq!(header["resource"]["url"], "http://127.0.0.1:4588/siwx/numbers");
    assert_eq!(
        (&body["error"], &body["code"], &body["message"]),
        (&json!("sign_in_required"), &json!("sign_in_required"), &json!("Sign in."))
    );
    assert_eq!(
        (&body["extensions"], &body["accepts"], &body["resource"]),
        (&header["extensions"], &json!([]), &header["resource"])
    );
}
