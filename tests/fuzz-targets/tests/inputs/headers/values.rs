//! Values that are almost right, each for a reason: numbers that some parser takes for another,
//! addresses and signatures in other spellings, words of other networks.

use alloy_primitives::{U256, hex, uint};
use fuzz_targets::json::Json;
use fuzz_targets::signed::ALL;

use super::rng::Rng;

/// Numbers that are the price to a lenient reader, or overflow into it.
const NUMBERS: [&str; 40] = [
    "540000",
    "5000000",
    "1000",
    "1e3",
    "5.4e5",
    "54e4",
    "5E6",
    "+1000",
    "+540000",
    "-540000",
    "-0",
    "0",
    "01000",
    "0540000",
    "00",
    " 1000 ",
    "540000 ",
    "\t540000",
    "1000.0",
    "540000.",
    "540000.5",
    "540,000",
    "540_000",
    "0x83d60",
    "0o2036540",
    "1abc",
    "USD 10",
    "NaN",
    "Infinity",
    "",
    "540001",
    "539999",
    "18446744073709551615",
    "18446744073709551616",
    "18446744073710091616",
    "115792089237316195423570985008687907853269984665640564039457584007913129639936",
    "115792089237316195423570985008687907853269984665640564039457584007913130179936",
    "1e400",
    "٥٤٠٠٠٠",
    "５４００００",
];

/// Words that stand somewhere in a payment, and some that should not.
const WORDS: [&str; 26] = [
    "exact",
    "Exact",
    "exact ",
    "upto",
    "eip155:8453",
    "eip155:84532",
    "eip155:1",
    "eip155:08453",
    "EIP155:8453",
    "base",
    "base-sepolia",
    "Base",
    "solana",
    "USD Coin",
    "USDC",
    "2",
    "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
    "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
    "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    "0x0000000000000000000000000000000000000000",
    "0x",
    "\r\nset-cookie: a=b",
    "\0",
    "../../../etc/passwd",
    "__proto__",
    "\u{1f600}",
];

/// Any value at all.
pub(crate) fn any(rng: &mut Rng) -> Json {
    match rng.below(10) {
        0 => Json::Null,
        1 => Json::Bool(rng.one_in(2)),
        2 => Json::List(vec![]),
        3 => Json::Object(vec![]),
        4 => Json::Text((*rng.pick(&WORDS)).to_owned()),
        5 => Json::Text("x".repeat(rng.below(9_000))),
        6 => nested(rng.below(12)),
        _ => number(rng),
    }
}

/// A number, as text or bare. Bare ones need not be JSON.
pub(crate) fn number(rng: &mut Rng) -> Json {
    let digits = (*rng.pick(&NUMBERS)).to_owned();
    if rng.one_in(2) { Json::Text(digits) } else { Json::Number(digits) }
}

/// A word of a payment's.
pub(crate) fn word(rng: &mut Rng) -> String {
    (*rng.pick(&WORDS)).to_owned()
}

fn nested(levels: usize) -> Json {
    (0..levels).fold(Json::Number("1".to_owned()), |inner, _| Json::List(vec![inner]))
}

/// Hexadecimal in another spelling, or other hexadecimal.
pub(crate) fn hexadecimal(rng: &mut Rng, text: &str) -> String {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let cut = digits.get(..digits.len().saturating_sub(1 + rng.below(4))).unwrap_or_default();
    match rng.below(14) {
        0 => text.to_ascii_lowercase(),
        1 => format!("0x{}", digits.to_ascii_uppercase()),
        2 => digits.chars().map(|c| if rng.one_in(2) { c.to_ascii_uppercase() } else { c }).fold("0x".into(), push),
        3 => format!("0X{digits}"),
        4 => digits.to_owned(),
        5 => format!("0x0x{digits}"),
        6 => format!("0x00{digits}"),
        7 => format!("0x{cut}"),
        8 => format!("{text}00"),
        9 => format!(" {text}"),
        10 => format!("{text}\n"),
        11 => "0x".to_owned() + &"0".repeat(digits.len()),
        12 => "0x".to_owned() + &"f".repeat(digits.len()),
        _ => {
            let place = rng.below(digits.len().max(1));
            digits.char_indices().map(|(at, c)| if at == place { flipped(c) } else { c }).fold("0x".into(), push)
        }
    }
}

/// The signature of a payment, changed as malleable signatures are.
pub(crate) fn signature(rng: &mut Rng, text: &str) -> String {
    let Some(signature) = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok()) else {
        return text.into();
    };
    if signature.len() != 65 {
        return hexadecimal(rng, text);
    }
    let [(r, s), v] = [(&signature[..32], &signature[32..64]), (&signature[64..], &[][..])];
    let v = v.0[0];
    let changed = match rng.below(12) {
        // The same to the curve.
        0 => [r, &mirrored(s), &[55_u8.wrapping_sub(v)]].concat(),
        1 => [r, &mirrored(s), &[v]].concat(),
        // The same to many libraries.
        2 => [r, s, &[v.wrapping_sub(27)]].concat(),
        3 => [r, s, &[55_u8.wrapping_sub(v)]].concat(),
        4 => [r, s, &[rng.byte()]].concat(),
        // EIP-2098, EIP-155, and something behind it.
        5 => [r, s].concat(),
        6 => [r, s, &[35 + (v & 1)]].concat(),
        7 => [signature.as_slice(), &[rng.byte()]].concat(),
        // A smart wallet's, perhaps.
        8 => [signature.as_slice(), &[0; 31], &hex!("6492").repeat(16)].concat(),
        9 => [s, r, &[v]].concat(),
        10 => rng.pick(&ALL).signature.to_vec(),
        _ => [&[0; 32], s, &[v]].concat(),
    };
    hex::encode_prefixed(changed)
}

/// More than 65 bytes: junk, junk that ends as a wrapped signature does, and one that is really
/// wrapped (EIP-6492), for a well-known factory or for any.
pub(crate) fn of_a_contract(rng: &mut Rng) -> Vec<u8> {
    let junk = |rng: &mut Rng| vec![rng.byte(); 66 + rng.below(300)];
    let magic = hex!("6492").repeat(16);
    match rng.below(4) {
        0 | 1 => junk(rng),
        2 => [junk(rng), magic].concat(),
        _ => {
            let known = hex!("ba5ed110efdba3d005bfc882d75358acbbb85842");
            let factory = if rng.one_in(2) { known } else { [rng.byte(); 20] };
            let word = |number: u8| [&[0; 31][..], &[number]].concat();
            // Where the two lists of bytes are, and each with its length: four bytes, and 32.
            let inside = [[&[0; 12][..], &factory].concat(), word(0x60), word(0xa0), word(4), vec![rng.byte(); 4]];
            [inside.concat(), vec![0; 28], word(32), vec![rng.byte(); 32], magic].concat()
        }
    }
}

/// The other s that the curve takes.
fn mirrored(s: &[u8]) -> [u8; 32] {
    let order = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
    (order - U256::from_be_slice(s)).to_be_bytes()
}

fn flipped(c: char) -> char {
    if c == '0' { '1' } else { '0' }
}

fn push(mut text: String, c: char) -> String {
    text.push(c);
    text
}
