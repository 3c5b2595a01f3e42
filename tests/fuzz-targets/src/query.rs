//! What a wallet's calls are asked for by, behind the question mark: read by the table of the API,
//! and by hand.

use shared::api::VOICE_CALLS;
use shared::body::in_the_address;

use crate::bodies::is_e164;
use crate::json::{self, Json};

const FIELDS: [&str; 5] = ["limit", "number", "status", "since", "cursor"];

/// The query, escaped as it is in an address.
pub fn query(data: &[u8]) {
    let Some(pairs) = pairs(data) else { return };
    let given: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let is_taken = in_the_address(&VOICE_CALLS, &given).is_ok();
    let verdicts: Vec<Verdict> = FIELDS.into_iter().map(|name| verdict(name, &given)).collect();
    if verdicts.contains(&Verdict::Wrong) {
        assert!(!is_taken, "{given:?} was taken");
    } else if verdicts.iter().all(|verdict| *verdict == Verdict::Right) && !has_near_names(&given) {
        assert!(is_taken, "{given:?} was refused");
    }
}

/// What is to be said of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Right,
    Wrong,
    /// A time and a cursor: only their outer form is read here. Whether a cursor is one is for the
    /// list to say.
    Open,
}

fn verdict(name: &str, given: &[(&str, &str)]) -> Verdict {
    let mut values = given.iter().filter(|(known, _)| *known == name).map(|(_, value)| *value);
    let Some(text) = values.next() else { return Verdict::Right };
    let is_right = match name {
        "limit" => is_a_limit(text),
        // A plus that was not escaped is a blank.
        "number" => is_e164(&text.replace(' ', "+")),
        "status" => ["started", "in-progress", "completed", "failed", "no_answer", "busy"].contains(&text),
        "since" => text.len() >= 20 && text.is_ascii() && text.as_bytes()[4] == b'-',
        _ => !text.trim().is_empty() && text.chars().count() <= 256,
    };
    match (is_right && values.next().is_none(), name) {
        (_, "limit") if text.len() > ROUNDED => Verdict::Open,
        (false, _) => Verdict::Wrong,
        (true, "since" | "cursor") => Verdict::Open,
        (true, _) => Verdict::Right,
    }
}

/// A float rounds what has more digits.
const ROUNDED: usize = 15;

/// A number of JSON, and nothing around it, that is whole.
fn is_a_limit(text: &str) -> bool {
    let number = json::read(text.as_bytes()).filter(|_| text.trim() == text).map(|document| document.root);
    let Some(Json::Number(digits)) = number else { return false };
    digits.parse().is_ok_and(|limit: f64| (1.0..=100.0).contains(&limit) && limit.fract() == 0.0)
}

/// What is nearly the name of a field may be refused: it was meant to be one.
fn has_near_names(given: &[(&str, &str)]) -> bool {
    given.iter().any(|(name, _)| !FIELDS.contains(name))
}

/// Names and values; nothing for bytes that are not text, which no gateway hands on.
fn pairs(data: &[u8]) -> Option<Vec<(String, String)>> {
    let parts = data.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    let pair = |part: &[u8]| {
        let at = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
        Some((unescaped(&part[..at])?, unescaped(part.get(at + 1..).unwrap_or_default())?))
    };
    parts.map(pair).collect()
}

fn unescaped(part: &[u8]) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), part);
    while let Some((first, others)) = rest.split_first() {
        let digits = others.get(..2).and_then(|two| u8::from_str_radix(str::from_utf8(two).ok()?, 16).ok());
        match (first, digits) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &others[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
        rest = others;
    }
    String::from_utf8(bytes).ok()
}
