//! Marks: the numbers, payments, calls and wallets that a text speaks of. By them an event is found
//! again; and the same eye sees what must not be shown in full.
//!
//! No format is known here, only how such names look: `+14155550100`, 32 or 20 bytes of
//! hexadecimal, 32 or 64 bytes of base58, 26 characters of Crockford's, a UUID.

/// More than this of one text are not looked for: a list of everything has to do with nothing in
/// particular.
const MOST: usize = 40;
/// Texts beyond this are nothing of ours.
const LONGEST: usize = 64 * 1024;

/// A stretch of text that names something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Number,
    /// Hexadecimal after `0x`.
    Hex,
    /// A call's id, or an attempt's.
    Crockford,
    Uuid,
    /// A key or a signature of Solana.
    Base58,
    /// 32 bytes of hexadecimal without `0x`.
    Digest,
    /// Twilio's: two letters and 32 hexadecimal digits.
    Sid,
}

/// All marks of a text, each once.
pub fn of(text: &str) -> Vec<String> {
    let text = text.get(..LONGEST).unwrap_or(text);
    let mut marks = Vec::new();
    for (kind, name) in names(text) {
        let found = match kind {
            Kind::Hex => words(&name),
            Kind::Sid => Vec::new(),
            Kind::Number | Kind::Crockford | Kind::Uuid | Kind::Base58 | Kind::Digest => vec![name],
        };
        for mark in found {
            if !marks.contains(&mark) && marks.len() < MOST {
                marks.push(mark);
            }
        }
    }
    marks
}

/// Whether a mark is a wallet's or a contract's: those have to do with too much.
pub(super) fn is_address(mark: &str) -> bool {
    mark.len() == 42 && mark.starts_with("0x") || matches!(mark.len(), 43 | 44) && is_base58(mark.as_bytes())
}

/// The text with every name in it cut down to what is enough to follow it.
pub fn mask(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, length, kind)) = next(rest) {
        let (before, from) = rest.split_at(at);
        let (name, after) = from.split_at(length);
        shown.push_str(before);
        let (head, tail) = match kind {
            Kind::Number => (3, 2),
            Kind::Hex if length == 42 => (6, 4),
            Kind::Hex => (10, 0),
            Kind::Crockford | Kind::Sid => (6, 0),
            Kind::Uuid | Kind::Digest => (8, 0),
            Kind::Base58 => (4, 4),
        };
        // `%2B` stands for a plus.
        let name = name.replacen("%2B", "+", 1);
        shown.push_str(name.get(..head).unwrap_or_default());
        shown.push('…');
        shown.push_str(name.get(name.len().saturating_sub(tail)..).unwrap_or_default());
        rest = after;
    }
    shown.push_str(rest);
    shown
}

fn names(text: &str) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((at, length, kind)) = next(rest) {
        let (_, from) = rest.split_at(at);
        let (name, after) = from.split_at(length);
        found.push((kind, name.replacen("%2B", "+", 1)));
        rest = after;
    }
    found
}

/// Where the next name begins, how long it is, and what it looks like.
fn next(text: &str) -> Option<(usize, usize, Kind)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let Some((length, kind)) = here(rest) {
            return Some((at, length, kind));
        }
        // A word that is not a name is passed over as a whole: the middle of one is not a name
        // either.
        let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        at += word.max(1);
    }
    None
}

fn here(rest: &[u8]) -> Option<(usize, Kind)> {
    let run = |from: usize, is: fn(&u8) -> bool| rest.iter().skip(from).take_while(|byte| is(byte)).count();
    let word = run(0, u8::is_ascii_alphanumeric);
    for plus in ["+", "%2B"] {
        if rest.starts_with(plus.as_bytes()) {
            let digits = run(plus.len(), u8::is_ascii_digit);
            return (7..=15).contains(&digits).then_some((plus.len() + digits, Kind::Number));
        }
    }
    if rest.starts_with(b"0x") && word >= 42 && run(2, u8::is_ascii_hexdigit) == word - 2 {
        return Some((word, Kind::Hex));
    }
    let uuid = run(0, |byte| byte.is_ascii_hexdigit() || *byte == b'-');
    if uuid == 36 && [8, 13, 18, 23].into_iter().all(|dash| rest[dash] == b'-') {
        return Some((36, Kind::Uuid));
    }
    let crockford = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    if word == 26 && run(0, crockford) == 26 {
        return Some((26, Kind::Crockford));
    }
    if matches!(word, 43 | 44 | 87 | 88) && is_base58(&rest[..word]) {
        return Some((word, Kind::Base58));
    }
    if word == 64 && run(0, |byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte)) == 64 {
        return Some((64, Kind::Digest));
    }
    let sid = word == 34 && rest[..2].iter().all(u8::is_ascii_uppercase) && run(2, u8::is_ascii_hexdigit) == 32;
    sid.then_some((34, Kind::Sid))
}

/// Of the length of a key or a signature, nothing else looks so: digits and both cases, without the
/// four that look alike.
fn is_base58(word: &[u8]) -> bool {
    let spelled = word.iter().all(|byte| byte.is_ascii_alphanumeric() && !b"0OIl".contains(byte));
    let has = |what: fn(&u8) -> bool| word.iter().any(what);
    spelled && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}

/// A contract's call is a selector and words of 32 bytes, among them padded addresses.
fn words(hex: &str) -> Vec<String> {
    let digits = hex.get(2..).unwrap_or_default().to_ascii_lowercase();
    if digits.len() <= 64 {
        return vec![format!("0x{digits}")];
    }
    let mut words = Vec::new();
    let mut rest = digits.get(digits.len() % 64..).unwrap_or_default();
    while let Some((word, after)) = rest.split_at_checked(64) {
        match word.strip_prefix("000000000000000000000000") {
            Some(address) => words.push(format!("0x{address}")),
            None => words.push(format!("0x{word}")),
        }
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "0x11111111111111111111111111111111111111111111111111111111111111ff";
    const WALLET: &str = "0xAbCdEf0123456789aBcDeF0123456789abcdef01";

    #[test]
    fn what_a_text_speaks_of_is_found() {
        let text = format!("SALE#eip155:84532:{WALLET}:{NONCE} to +14155550100, PhoneNumber=%2B12125550101&x=1");
        let found = of(&text);
        assert_eq!(found, [WALLET.to_ascii_lowercase(), NONCE.into(), "+14155550100".into(), "+12125550101".into()]);
        assert_eq!(of("GET /v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), ["7ZZZZZZZZZZZZZZZZZZZZZZZZZ"]);
        assert_eq!(of("/v1/calls/123e4567-e89b-12d3-a456-426614174000"), ["123e4567-e89b-12d3-a456-426614174000"]);
        assert_eq!(of("no names here, not even 0x12 or +123"), Vec::<String>::new());
    }

    #[test]
    fn a_contracts_call_is_taken_apart() {
        let address = &WALLET[2..];
        let call = format!("0xe94a0102000000000000000000000000{address}{}", &NONCE[2..]);
        assert_eq!(of(&call), [WALLET.to_ascii_lowercase(), NONCE.into()]);
    }

    #[test]
    fn names_of_solana_are_found_and_cut_down() {
        let (wallet, digest) = ("Gs6NxmndAL3PULGZeYUHCknpMdDVbL46eFCBh856p5z6", "ab".repeat(32));
        let text = format!("SALE#solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:{digest} of {wallet}");
        assert_eq!(of(&text), [digest, wallet.to_owned()]);
        assert_eq!(mask(&text), "SALE#solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:abababab… of Gs6N…p5z6");
        assert!(is_address(wallet));
    }

    #[test]
    fn nothing_is_shown_in_full() {
        let text = format!("{WALLET} paid {NONCE} for +14155550100 (AC00112233445566778899aabbccddeeff)");
        assert_eq!(mask(&text), "0xAbCd…ef01 paid 0x11111111… for +14…00 (AC0011…)");
        assert_eq!(mask("PhoneNumber=%2B14155550100"), "PhoneNumber=+14…00");
        assert_eq!(mask("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), "7ZZZZZ…");
    }
}
