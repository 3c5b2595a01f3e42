//! The header of a sign-in: who has signed exactly this, for us, for this address and now, is let
//! in, and no other is.
//!
//! A wallet signs what it likes, so the signature is put under each input's message, with the keys
//! that we know. Whether the result signs a wallet in is read a second time here, from EIP-4361:
//! the message is put together by hand, and its signature made again instead of being verified.

use std::sync::LazyLock;

use alloy_primitives::{Address, hex, keccak256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::signature::{Ed25519KeyPair, KeyPair};
use secp256k1::{All, Message, Secp256k1, SecretKey};
use shared::types::{EvmNetwork, Network, SolanaNetwork, Timestamp};
use shared::x402::SignIn;

use crate::json::{self, Json};
use crate::judge::base64;
use crate::{fit, payment};

const HEADER: HeaderName = HeaderName::from_static("sign-in-with-x");
const ORIGIN: &str = "https://dialtone.example";
const PATH: &str = "/api/v1/phone/numbers";
const STATEMENT: &str = "Sign in to see your own numbers and calls.";
/// 2023-11-14T22:14:00Z
const NOW: i64 = 1_700_000_040;
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static DOOR: LazyLock<SignIn> = LazyLock::new(|| {
    let networks = [Network::Evm(EvmNetwork::Base), Network::Solana(SolanaNetwork::Mainnet)];
    SignIn::new(ORIGIN.to_owned(), networks.to_vec(), STATEMENT)
});
static CURVE: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);
/// A key for each kind of chain. They are public, and worth nothing.
static EVM: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::from_byte_array([0x11; 32]).expect("a key"));
static SOLANA: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[1; 32]).expect("a seed"));

/// The first byte chooses whether the rest is the header, the document in it, or a document that is
/// still to be signed.
pub fn sign_in(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let value = match choice % 3 {
        0 => signed(rest),
        1 => STANDARD.encode(rest).into_bytes(),
        _ => rest.to_vec(),
    };
    let Ok(value) = HeaderValue::from_bytes(&value) else { return };
    let headers = HeaderMap::from_iter([(HEADER, value.clone())]);
    let now = Timestamp::from_second(NOW).expect("an instant");
    let read = DOOR.caller(&headers, PATH, now).map(|caller| caller.map(|caller| caller.wallet().caip10()));
    match (read, who(value.as_bytes())) {
        (Ok(None), Found::Nothing) => answers(&value, 402, "sign_in_required"),
        (Ok(Some(account)), Found::Signed { account: expected, .. }) => assert_eq!(account, expected),
        (Err(refused), Found::NoAccount) => {
            let message = refused.to_string();
            fit::printable(message.as_bytes(), "a refusal");
            let digits = message.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
            assert!(digits.is_none_or(|digits| digits < 16), "part of a header in {message:?}");
            answers(&value, 401, "siwx_");
        }
        // What not every parser reads alike may be refused.
        (Err(_), Found::Signed { plain: false, .. }) => {}
        (read, found) => panic!("{read:?} is {found:?}"),
    }
}

/// The function answers at once: before it would wait for the table.
fn answers(value: &HeaderValue, status: u16, code: &str) {
    let answer = payment::alone().numbers(&HEADER, value).now_or_never().expect("an answer without asking a neighbour");
    let (told, body) = fit::opened(&answer);
    let coded = body.text_of("code").is_some_and(|told| told.starts_with(code));
    assert!(told == status && coded, "{told}: {body:?}");
}

/// Who has signed in, by the other reading.
#[derive(Debug)]
enum Found {
    /// There is no header.
    Nothing,
    /// There is one that will not do.
    NoAccount,
    /// This account.
    Signed { account: String, plain: bool },
}

fn who(header: &[u8]) -> Found {
    let value = header.trim_ascii();
    if value.is_empty() { Found::Nothing } else { account(value).unwrap_or(Found::NoAccount) }
}

fn account(value: &[u8]) -> Option<Found> {
    let decoded = base64(value).filter(|_| value.len() <= 4096)?;
    let document = json::read(&decoded).filter(|document| document.depth <= 16)?;
    let said = Said::of(&document.root)?;
    let signature = document.root.text_of("signature")?;
    let (chain, made) = said.signature()?;
    let same = match made {
        Made::Evm(made) => {
            let digits = signature.strip_prefix("0x").filter(|digits| digits.len() == 130)?;
            let sent = hex::decode(digits).ok()?;
            sent[..64] == made[..64] && [made[64], made[64] - 27].contains(&sent[64])
        }
        Made::Solana(made) => signature == base58(&made),
    };
    let address = if chain.starts_with("eip155") { said.address.to_ascii_lowercase() } else { said.address.to_owned() };
    let is_ours = said.is_for_us() && said.is_fresh();
    (same && is_ours).then(|| Found::Signed { account: format!("{chain}:{address}"), plain: document.plain })
}

/// A document with its own signature, if it is one that a key of ours could sign.
fn signed(document: &[u8]) -> Vec<u8> {
    let read = json::read(document);
    let said = read.as_ref().and_then(|document| Said::of(&document.root));
    let signature = said.and_then(|said| said.signature()).map(|(_, made)| match made {
        Made::Evm(made) => hex::encode_prefixed(made),
        Made::Solana(made) => base58(&made),
    });
    let text = String::from_utf8_lossy(document);
    let text = match (signature, text.trim_end().strip_suffix('}')) {
        (Some(signature), Some(open)) => format!("{open},\"signature\":\"{signature}\"}}"),
        _ => text.into_owned(),
    };
    STANDARD.encode(text).into_bytes()
}

/// What a document says, if every part of it is text of the right kind.
struct Said<'a> {
    domain: &'a str,
    address: &'a str,
    statement: Option<&'a str>,
    uri: &'a str,
    version: &'a str,
    chain: &'a str,
    kind: &'a str,
    nonce: &'a str,
    issued: &'a str,
    expires: Option<&'a str>,
    from: Option<&'a str>,
    request: Option<&'a str>,
    resources: Option<Vec<&'a str>>,
}

enum Made {
    Evm([u8; 65]),
    Solana([u8; 64]),
}

/// What is neither text nor left out, or stands there twice.
struct Wrong;

/// Text, or nothing where there is none or null.
fn maybe<'a>(root: &'a Json, name: &str) -> Result<Option<&'a str>, Wrong> {
    match root.get(name) {
        None if root.has(name) => Err(Wrong),
        None | Some(Json::Null) => Ok(None),
        Some(value) => value.text().map(Some).ok_or(Wrong),
    }
}

impl<'a> Said<'a> {
    fn of(root: &'a Json) -> Option<Self> {
        let resources = match root.get("resources") {
            None if root.has("resources") => return None,
            None | Some(Json::Null) => None,
            Some(Json::List(all)) => Some(all.iter().map(Json::text).collect::<Option<Vec<_>>>()?),
            Some(_) => return None,
        };
        Some(Self {
            domain: root.text_of("domain")?,
            address: root.text_of("address")?,
            statement: maybe(root, "statement").ok()?,
            uri: root.text_of("uri")?,
            version: root.text_of("version")?,
            chain: root.text_of("chainId")?,
            kind: root.text_of("type")?,
            nonce: root.text_of("nonce")?,
            issued: root.text_of("issuedAt")?,
            expires: maybe(root, "expirationTime").ok()?,
            from: maybe(root, "notBefore").ok()?,
            request: maybe(root, "requestId").ok()?,
            resources,
        })
    }

    fn is_for_us(&self) -> bool {
        let word = |text: &str| !text.is_empty() && text.chars().all(|c| ('!'..='~').contains(&c));
        let url = format!("{ORIGIN}{PATH}");
        let here = self.uri == url || self.uri.starts_with(&format!("{url}?"));
        self.domain == "dialtone.example"
            && here
            && self.statement == Some(STATEMENT)
            && self.version == "1"
            && (16..=128).contains(&self.nonce.len())
            && self.nonce.chars().all(|c| c.is_ascii_alphanumeric())
            && self.request.is_none_or(word)
            && self.resources.as_ref().is_none_or(|all| !all.is_empty() && all.iter().all(|one| word(one)))
    }

    fn is_fresh(&self) -> bool {
        let at = |text: Option<&str>| text.map_or(Some(None), |text| instant(text).map(Some));
        let (Some(issued), Some(expires), Some(from)) = (instant(self.issued), at(self.expires), at(self.from)) else {
            return false;
        };
        let now = (NOW, 0);
        issued <= (NOW + 30, 0)
            && (issued.0 + 300, issued.1) > now
            && expires.is_none_or(|expires| expires > now)
            && from.is_none_or(|from| from <= now)
    }

    /// The chain, and the signature of the message by our key, if it is that one's.
    fn signature(&self) -> Option<(&'static str, Made)> {
        match (self.chain, self.kind) {
            ("eip155:8453", "eip191") => {
                let point = EVM.public_key(&CURVE).serialize_uncompressed();
                let address = Address::from_slice(&keccak256(&point[1..])[12..]);
                let named = self.address.strip_prefix("0x")?.eq_ignore_ascii_case(&hex::encode(address));
                let text = self.message("Ethereum", "8453");
                let digest = keccak256(format!("\u{19}Ethereum Signed Message:\n{}{text}", text.len()));
                let signed = CURVE.sign_ecdsa_recoverable(Message::from_digest(digest.0), &EVM);
                let (recovery, rs) = signed.serialize_compact();
                let mut made = [27; 65];
                made[..64].copy_from_slice(&rs);
                made[64] += u8::try_from(i32::from(recovery)).expect("0 or 1");
                named.then_some(("eip155:8453", Made::Evm(made)))
            }
            ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "ed25519") => {
                let named = self.address == base58(SOLANA.public_key().as_ref());
                let text = self.message("Solana", "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp");
                let made = SOLANA.sign(text.as_bytes()).as_ref().try_into().expect("64 bytes");
                named.then_some(("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", Made::Solana(made)))
            }
            _ => None,
        }
    }

    fn message(&self, rail: &str, chain: &str) -> String {
        let Self { domain, address, uri, version, nonce, issued, .. } = self;
        let statement = self.statement.unwrap_or_default();
        let optional = [("Expiration Time", self.expires), ("Not Before", self.from), ("Request ID", self.request)];
        let optional = optional.into_iter().filter_map(|(name, value)| Some(format!("\n{name}: {}", value?)));
        let listed = self.resources.iter().flatten().map(|one| format!("\n- {one}")).collect::<Vec<_>>().concat();
        let headed = if listed.is_empty() { String::new() } else { format!("\nResources:{listed}") };
        format!(
            "{domain} wants you to sign in with your {rail} account:\n{address}\n\n{statement}\n\nURI: {uri}\nVersion: \
             {version}\nChain ID: {chain}\nNonce: {nonce}\nIssued At: {issued}{}{headed}",
            optional.collect::<Vec<_>>().concat()
        )
    }
}

/// Seconds since 1970 and billionths, of a time in RFC 3339.
fn instant(text: &str) -> Option<(i64, i64)> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        digits.parse::<i64>().ok()
    };
    let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    if marks.iter().any(|(place, mark)| text.get(*place..place + 1) != Some(mark)) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let long = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=long).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("0", rest),
    };
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let offset = match zone.as_bytes() {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let place = text.len() - 5;
            let (hours, minutes) = (number(place..place + 2)?, number(place + 3..place + 5)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'+' { 60 } else { -60 }
        }
        _ => return None,
    };
    // Days since 1970, by counting them.
    let years: i64 = (1970..year).map(days_of).sum::<i64>() - (year..1970).map(days_of).sum::<i64>();
    let months: i64 = (1..month)
        .map(|month| {
            [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][usize::try_from(month - 1).unwrap_or(0)]
        })
        .sum();
    let seconds = ((years + months + day - 1) * 24 + hour) * 3600 + minute * 60 + second.min(59) - offset;
    Some((seconds, format!("{fraction:0<9}").parse().ok()?))
}

fn days_of(year: i64) -> i64 {
    365 + i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
}

/// As Bitcoin and Solana write bytes.
fn base58(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = u8::try_from(carry % 58).expect("below 58");
            carry /= 58;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 58).expect("below 58"));
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| '1');
    zeros.chain(digits.iter().rev().map(|digit| char::from(ALPHABET[usize::from(*digit)]))).collect()
}

/// Documents to begin with: both chains, and every field that there is.
pub fn seeds() -> Vec<String> {
    let point = EVM.public_key(&CURVE).serialize_uncompressed();
    let evm = Address::from_slice(&keccak256(&point[1..])[12..]);
    let solana = base58(SOLANA.public_key().as_ref());
    let (url, issued) = (format!("{ORIGIN}{PATH}"), "2023-11-14T22:13:20.5Z");
    let of = |address: &str, chain: &str, kind: &str, more: &str| {
        format!(
            r#"{{"domain":"dialtone.example","address":"{address}","statement":"{STATEMENT}","uri":"{url}","version":"1","chainId":"{chain}","type":"{kind}","nonce":"13f4201cf8789c0271ce038a906ce666","issuedAt":"{issued}"{more}}}"#
        )
    };
    let all = format!(
        r#","expirationTime":"2023-11-14T22:18:20.5+00:00","notBefore":"2023-11-14T22:13:00Z","requestId":"r-1","resources":["{url}","urn:b"],"signatureScheme":"eip191""#
    );
    let (evm, lower) = (evm.to_checksum(None), format!("{evm:#x}"));
    let cluster = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp";
    vec![
        of(&evm, "eip155:8453", "eip191", ""),
        of(&evm, "eip155:8453", "eip191", &all),
        of(&lower, "eip155:8453", "eip191", r#","expirationTime":null"#),
        of(&solana, cluster, "ed25519", ""),
        of(&solana, cluster, "ed25519", &all),
        of(&evm, "eip155:84532", "eip191", ""),
        of(&solana, "eip155:8453", "eip191", ""),
        of(&evm, "eip155:8453", "eip191", "").replace("2023-11-14T22:13:20.5Z", "2023-11-14T22:09:00Z"),
        of(&evm, "eip155:8453", "eip191", "").replace(STATEMENT, ""),
        of(&evm, "eip155:8453", "eip191", "").replace("numbers\"", "numbers?limit=2\""),
        of(&evm, "eip155:8453", "eip191", r#","resources":[]"#),
        of(&evm, "eip155:8453", "eip191", r#","requestId":"a\nResources:""#),
    ]
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::{Found, base58, instant, seeds, sign_in, signed, who};

    #[test]
    fn the_seeds_are_what_they_are_meant_to_be() {
        let names: Vec<bool> =
            seeds().iter().map(|seed| matches!(who(&signed(seed.as_bytes())), Found::Signed { .. })).collect();
        assert_eq!(names, [true, true, true, true, true, false, false, false, false, true, false, false]);
        for seed in seeds() {
            sign_in(format!("0{seed}").as_bytes());
            sign_in(format!("1{seed}").as_bytes());
            sign_in([b"2".as_slice(), &signed(seed.as_bytes())].concat().as_slice());
            // One bit of it is another message, or none; cargo-fuzz tries the others.
            for place in (0..seed.len()).step_by(7) {
                let mut bent = format!("0{seed}").into_bytes();
                bent[place + 1] ^= 1;
                sign_in(&bent);
                let mut tampered = STANDARD.decode(signed(seed.as_bytes())).unwrap();
                tampered[place] ^= 1;
                sign_in(&[b"1".as_slice(), &tampered].concat());
            }
        }
    }

    #[test]
    fn base58_and_times_are_read_as_they_are_written() {
        assert_eq!((base58(&[0, 0, 1]), base58(b"hello")), ("112".to_owned(), "Cn8eVZg".to_owned()));
        assert_eq!(instant("2023-11-14T22:14:00Z"), Some((super::NOW, 0)));
        assert_eq!(instant("2023-11-15T00:14:00.25+02:00"), Some((super::NOW, 250_000_000)));
        assert_eq!(instant("2024-02-29T00:00:00Z"), Some((1_709_164_800, 0)));
        for text in ["2023-02-29T00:00:00Z", "2023-11-14 22:14:00Z", "2023-11-14T22:14:00", "2023-11-14T24:00:00Z"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
