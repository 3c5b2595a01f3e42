//! What a caller wants by a value, whatever it is called: nothing, something, or no for an answer.

use serde_json::Value;

use crate::api::{Kind, Promise, Within, is_one_of};
use crate::types::{EvmNetwork, SolanaNetwork, Wallet, is_blank, whole};

/// Null, blank or empty.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => is_blank(text),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether something is asked for under a wrong name. A no is none: it is what happens anyway.
pub(super) fn asks(value: &Value, kind: Kind) -> bool {
    !is_nothing(value) && (!matches!(kind, Kind::Boolean) || is_yes(value))
}

/// Whether it is one of these words, however it is written.
pub(super) fn is_word(value: &Value, words: &[&str]) -> bool {
    words.contains(&as_word(value).as_str())
}

/// What people write who want nothing of it.
const NO: [&str; 9] = ["false", "0", "no", "off", "none", "null", "never", "disabled", "undefined"];

pub(super) fn promises(value: &Value, promise: Promise) -> bool {
    let promised = |part: &Value| promises(part, promise);
    match (value, promise) {
        (Value::Null, _) => false,
        (Value::String(text), _) if is_blank(text) => false,
        (Value::Array(items), _) => items.iter().any(promised),
        (Value::Object(fields), Promise::Only(lists)) => {
            fields.iter().any(|(name, value)| promises(value, promise) || is_yes(value) && is_in(lists, &word(name)))
        }
        (Value::Object(fields), Promise::Within(pairs)) => fields.iter().any(|(name, value)| {
            let about = |(names, _): &&Within| names.contains(&word(name).as_str());
            pairs.iter().filter(about).any(|(_, lists)| promises(value, Promise::Only(lists)))
        }),
        (Value::Object(fields), Promise::Holding(names)) => fields.iter().any(|(name, value)| {
            promises(value, promise)
                || is_one_of(names, &word(name)) && promises(value, Promise::Unless(&["now", "immediately", "asap"]))
        }),
        (value, Promise::Time) => is_a_time(value),
        (value, Promise::Number) => is_a_number(value),
        (Value::String(text), Promise::Wallet) => is_a_wallet(text),
        (Value::Object(fields), _) => fields.values().any(promised),
        (scalar, promise) => says(&as_word(scalar), promise),
    }
}

/// Whether a word, or one of several that stand in one text, is a promise.
fn says(text: &str, promise: Promise) -> bool {
    match promise {
        Promise::Unless(words) | Promise::Beside(_, _, words) => !NO.contains(&text) && !words.contains(&text),
        Promise::Within(pairs) => pairs.iter().any(|(_, lists)| says(text, Promise::Only(lists))),
        Promise::Only(lists) => {
            let mut each = text.split([',', ';', ' ', '+', '/']).map(word);
            is_in(lists, text) || each.any(|one| is_in(lists, &one))
        }
        Promise::Always => text != "false",
        Promise::Holding(_) | Promise::Time | Promise::Number | Promise::Wallet => false,
    }
}

/// Whether a text begins with a day, as RFC 3339 and those who are less strict write it, or a
/// number counts from 1970. A phone number of ten digits begins with 2 at least, and none of
/// thirteen with 1.
pub(super) fn is_a_time(value: &Value) -> bool {
    const SECONDS: std::ops::Range<u64> = 1_000_000_000..2_000_000_000;
    let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    if let Some(number) = number {
        return SECONDS.contains(&number) || SECONDS.contains(&(number / 1_000));
    }
    let Some(text) = value.as_str() else { return false };
    let form: String = text.trim().chars().take(8).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    ["0000-00-", "0000/00/", "00/00/00", "00.00.00"].contains(&form.as_str())
        || form.starts_with("0000-00") && form.len() == 7
}

/// Whether a text is an address of a network on which wallets pay, alone or as CAIP-10 has it, or a
/// name that stands for one.
fn is_a_wallet(text: &str) -> bool {
    let text = text.trim();
    let account = text.rsplit(':').next().unwrap_or_default();
    let networks = [EvmNetwork::Base.into(), SolanaNetwork::Mainnet.into()];
    networks.into_iter().any(|network| Wallet::on(network, account).is_ok())
        || [".eth", ".sol"].iter().any(|end| text.to_lowercase().strip_suffix(end).is_some_and(|name| !name.is_empty()))
}

/// Whether it is a number above nought, in quotes or not.
pub(super) fn is_a_number(value: &Value) -> bool {
    let text = || value.as_str().map(str::trim).filter(|text| text.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    let number = value.as_f64().or_else(|| text()?.parse().ok());
    number.is_some_and(|number| number > 0.0)
}

fn is_in(lists: &[&[&str]], word: &str) -> bool {
    lists.iter().any(|list| list.contains(&word))
}

fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Null => false,
        other => !NO.contains(&as_word(other).as_str()),
    }
}

/// A value as it is compared: `30.0` and `"30"` are the same wish.
fn as_word(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let is_number = text.trim().bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let number = if is_number { whole(text.trim()) } else { None };
    number.map_or_else(|| word(&text), |number| number.to_string())
}

/// In small letters, however its parts are joined. A minus before it turns it round.
fn word(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let sign = if text.starts_with('-') { "-" } else { "" };
    format!("{sign}{}", text.replace(['_', '-'], ""))
}
