//! Payment headers that were right once: a signed payment in one of its two versions, changed at
//! one of its layers (the header, its base64, the text, the document, the signature), or merely
//! written in another way.

use std::time::SystemTime;

use alloy_primitives::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fuzz_targets::json::{self, Json};
use fuzz_targets::signed::{ALL, Payment};
use http::{HeaderName, HeaderValue};

use super::rng::Rng;
use super::values;

/// The payment headers of a request: one as a rule.
pub(crate) fn headers(rng: &mut Rng, payment: &Payment) -> Vec<(HeaderName, HeaderValue)> {
    let document = document(rng, payment);
    let tree = || json::read(document.as_bytes()).expect("a document").root;
    let text = match rng.below(12) {
        0 | 1 => {
            let value = damaged(rng, STANDARD.encode(&document).into_bytes());
            return one(rng, &value).into_iter().collect();
        }
        2 | 3 => damaged_text(rng, &document),
        4..=6 => {
            let mut tree = tree();
            for _ in 0..=rng.below(3) {
                change(rng, &mut tree);
            }
            text(rng, &tree)
        }
        7 => {
            let mut tree = tree();
            if rng.one_in(2) {
                sign(rng, &mut tree);
            } else {
                sign_as_a_contract(rng, &mut tree);
            }
            text(rng, &tree)
        }
        8..=10 => {
            let mut tree = tree();
            reorder(rng, &mut tree);
            text(rng, &tree)
        }
        _ => return several(rng, &document),
    };
    let value = in_base64(rng, &text);
    one(rng, &value).into_iter().collect()
}

/// A payment that was signed, as a client writes it.
fn document(rng: &mut Rng, payment: &Payment) -> String {
    if rng.one_in(2) { payment.v1() } else { payment.v2() }
}

/// What cannot stand in a header does not get here.
fn one(rng: &mut Rng, value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_static(if rng.one_in(2) { "payment-signature" } else { "x-payment" });
    Some((name, HeaderValue::from_bytes(value).ok()?))
}

/// Several headers, or one that is none or holds several.
fn several(rng: &mut Rng, document: &str) -> Vec<(HeaderName, HeaderValue)> {
    let good = STANDARD.encode(document).into_bytes();
    let other = STANDARD.encode(rng.pick(&ALL).v2()).into_bytes();
    let values = match rng.below(8) {
        7 => {
            // The same payment as each version has it.
            let payment = ALL.iter().find(|made| [made.v1(), made.v2()].iter().any(|text| text == document));
            let payment = payment.expect("one of those that were made");
            [payment.v1(), payment.v2()].map(|text| STANDARD.encode(text).into_bytes()).to_vec()
        }
        0 => vec![good.clone(), good],
        1 => vec![good, other],
        2 => vec![[good, other].join(&b',')],
        3 => vec![[good, other].concat()],
        4 => vec![STANDARD.encode(good).into_bytes()],
        5 => vec![STANDARD.encode("[".repeat(rng.below(4_000))).into_bytes()],
        _ => vec![document.as_bytes().to_vec()],
    };
    values.iter().filter_map(|value| one(rng, value)).collect()
}

/// Base64, sometimes in a way that some decoder takes.
fn in_base64(rng: &mut Rng, text: &[u8]) -> Vec<u8> {
    let mut value = STANDARD.encode(text).into_bytes();
    let padding = value.iter().rev().take_while(|b| **b == b'=').count();
    match rng.below(24) {
        0..=3 => value.truncate(value.len() - padding),
        4 => value.extend(b"=".repeat(1 + rng.below(3))),
        5 => value = url_safe(&value),
        6 => value.insert(rng.below(value.len() + 1), *rng.pick(b" \t=,-_.\"")),
        7 if !text.is_empty() => {
            // Bits that belong to no byte.
            let last = value.len() - padding - 1;
            value[last] = value[last].wrapping_add(1);
        }
        8 => {
            let before = *rng.pick(&["data:", "Bearer ", "\"", "77u/"]);
            value.splice(0..0, before.bytes()).for_each(drop);
        }
        _ => {}
    }
    value
}

fn url_safe(value: &[u8]) -> Vec<u8> {
    let other = |b: &u8| match b {
        b'+' => b'-',
        b'/' => b'_',
        b => *b,
    };
    value.iter().map(other).collect()
}

/// Bytes flipped, lost, repeated, put in or cut off.
fn damaged(rng: &mut Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=rng.below(4) {
        let at = rng.below(bytes.len() + 1);
        let end = (at + 1 + rng.below(8)).min(bytes.len());
        match rng.below(7) {
            0 if at < end => bytes[at] ^= 1 << rng.below(8),
            1 if at < end => bytes[at] = rng.byte(),
            2 => bytes.insert(at, rng.byte()),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part).for_each(drop);
            }
            5 if rng.one_in(4) => bytes.truncate(at),
            _ if at < end => bytes[at] = *rng.pick(b"{}[]\",:0123456789abcdefxXA\\ \t"),
            _ => {}
        }
    }
    bytes
}

/// The same, mostly where it matters least to a lenient reader.
fn damaged_text(rng: &mut Rng, document: &str) -> Vec<u8> {
    if rng.one_in(2) {
        return damaged(rng, document.as_bytes().to_vec());
    }
    let (from, to) = *rng.pick(&[
        ("\":\"", "\": \""),
        ("0x", "0X"),
        ("0x", ""),
        ("0x", "0x0x"),
        ("\"540000\"", "540000"),
        ("\"1700000900\"", "1700000900"),
        ("\"1000\"", "1e3"),
        ("\"5000000\"", "5000000.0"),
        ("a", "A"),
        ("f", "F"),
        ("client", "cli\\ud800ent"),
        ("client", "cli\\u0065nt"),
        ("\"payTo\"", "\"pay\\u0054o\""),
        ("as the", "\u{7f}"),
        ("exact", "ex\\u0061ct"),
        ("{", "{\"x402Version\":1,"),
        ("{", "{\"x402Version\":3,"),
        ("}", ",}"),
        ("}", "} "),
        ("\"", "'"),
        ("extensions", "payload"),
        ("extensions", "accepted"),
        ("resource", "payload"),
        ("\"extra\"", "\"amount\":\"1\",\"extra\""),
    ]);
    if rng.one_in(2) { document.replacen(from, to, 1) } else { document.replace(from, to) }.into_bytes()
}

/// One change at one place.
fn change(rng: &mut Rng, tree: &mut Json) {
    let place = rng.below(count(tree));
    let node = nth(tree, &mut { place }).expect("it was counted");
    match node {
        Json::Object(fields) if !fields.is_empty() => change_object(rng, fields),
        Json::Text(text) if text.starts_with("0x") && !rng.one_in(4) => {
            *text = if text.len() == 132 { values::signature(rng, text) } else { values::hexadecimal(rng, text) };
        }
        Json::Text(text) if text.bytes().all(|b| b.is_ascii_digit()) && !rng.one_in(4) => {
            let bare = Json::Number(text.clone());
            *node = if rng.one_in(3) { bare } else { values::number(rng) };
        }
        Json::Text(text) if rng.one_in(2) => *text = values::word(rng),
        Json::Number(_) => *node = values::number(rng),
        _ => *node = values::any(rng),
    }
}

fn change_object(rng: &mut Rng, fields: &mut Vec<(String, Json)>) {
    let at = rng.below(fields.len());
    let to = rng.below(fields.len() + 1);
    match rng.below(8) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(to, fields[at].clone()),
        2 => fields.insert(to, (fields[at].0.clone(), values::any(rng))),
        3 => fields[at].1 = values::any(rng),
        4 => fields[at].1 = Json::List(vec![fields[at].1.clone()]),
        5 => fields[at].0 = fields[at].0.to_uppercase(),
        6 => fields.insert(to, (values::word(rng), values::any(rng))),
        // Plain serde reads a list of the values as the same struct.
        _ => fields[at].1 = in_a_list(&fields[at].1),
    }
}

fn in_a_list(value: &Json) -> Json {
    let Json::Object(fields) = value else { return Json::List(vec![value.clone()]) };
    Json::List(fields.iter().map(|(_, value)| value.clone()).collect())
}

/// Another signature, and nothing else.
fn sign(rng: &mut Rng, tree: &mut Json) {
    for place in 0..count(tree) {
        if let Some(Json::Text(text)) = nth(tree, &mut { place })
            && text.len() == 132
        {
            *text = values::signature(rng, text);
            return;
        }
    }
}

/// A signature that only a contract could judge, good from now on: it does not have to be signed.
fn sign_as_a_contract(rng: &mut Rng, tree: &mut Json) {
    #[expect(clippy::disallowed_methods, reason = "the functions read the machine's clock, so a forger does")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("later than 1970").as_secs();
    for place in 0..count(tree) {
        if let Some(Json::Object(fields)) = nth(tree, &mut { place }) {
            for (name, value) in fields {
                match name.as_str() {
                    "signature" => *value = Json::Text(hex::encode_prefixed(values::of_a_contract(rng))),
                    "validBefore" => *value = Json::Text((now + 300).to_string()),
                    "nonce" => *value = Json::Text(hex::encode_prefixed([rng.byte(); 32])),
                    _ => {}
                }
            }
        }
    }
}

/// The same document: keys in another order, and others beside them.
fn reorder(rng: &mut Rng, tree: &mut Json) {
    for place in 0..count(tree) {
        if let Some(Json::Object(fields)) = nth(tree, &mut { place }) {
            for at in (1..fields.len()).rev() {
                fields.swap(at, rng.below(at + 1));
            }
            if rng.one_in(4) {
                fields.push((format!("x{}", rng.below(100)), Json::Text(values::word(rng))));
            }
        }
    }
}

/// How many values there are, and each of them.
fn count(tree: &Json) -> usize {
    1 + match tree {
        Json::List(items) => items.iter().map(count).sum(),
        Json::Object(fields) => fields.iter().map(|(_, value)| count(value)).sum(),
        _ => 0,
    }
}

fn nth<'a>(tree: &'a mut Json, place: &mut usize) -> Option<&'a mut Json> {
    if *place == 0 {
        return Some(tree);
    }
    *place -= 1;
    match tree {
        Json::List(items) => items.iter_mut().find_map(|item| nth(item, place)),
        Json::Object(fields) => fields.iter_mut().find_map(|(_, value)| nth(value, place)),
        _ => None,
    }
}

/// Written, sometimes with space between the words and escapes in them.
fn text(rng: &mut Rng, tree: &Json) -> Vec<u8> {
    let (spaced, escaped) = (rng.one_in(3), rng.one_in(3));
    let mut out = String::new();
    write(rng, tree, spaced, escaped, &mut out);
    out.into_bytes()
}

fn write(rng: &mut Rng, tree: &Json, spaced: bool, escaped: bool, out: &mut String) {
    space(rng, spaced, out);
    match tree {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(digits) => out.push_str(digits),
        Json::Text(text) => write_text(rng, text, escaped, out),
        Json::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                write(rng, item, spaced, escaped, out);
            }
            out.push(']');
        }
        Json::Object(fields) => {
            out.push('{');
            for (place, (key, value)) in fields.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                space(rng, spaced, out);
                write_text(rng, key, escaped, out);
                space(rng, spaced, out);
                out.push(':');
                write(rng, value, spaced, escaped, out);
            }
            out.push('}');
        }
    }
    space(rng, spaced, out);
}

fn space(rng: &mut Rng, spaced: bool, out: &mut String) {
    if spaced && rng.one_in(2) {
        out.push_str(SPACES[rng.below(SPACES.len())]);
    }
}

fn write_text(rng: &mut Rng, text: &str, escaped: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '\0'..='\x1f' => out.push_str(&escape(c)),
            c if escaped && c.is_ascii() && rng.one_in(8) => out.push_str(&escape(c)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn escape(c: char) -> String {
    format!("\\u{:04X}", u32::from(c))
}

/// What JSON takes for nothing.
const SPACES: [&str; 5] = [" ", "\n", "\r\n", "\t", "    "];
