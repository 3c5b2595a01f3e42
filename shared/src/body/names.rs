//! Names that an endpoint does not know. One that is nearly a field's, or that asks for something that is not offered, is
//! refused: to ignore it would sell something else than was asked for. All others are ignored, and the answer says which.

use std::collections::BTreeSet;

use serde_json::Value;

use super::object::{self, Fields};
use crate::api::{Endpoint, Field, IDEMPOTENCY_KEY, Kind, Promise, Unoffered};
use crate::refusal::Refusal;
use crate::types::{is_blank, is_one_slip_from, leaves_no_mark, whole};

/// So many ignored fields are named, and each by so many characters: they are the caller's own words.
const NAMED: usize = 20;
const LONGEST_NAME: usize = 64;

/// No name of ours is longer.
const LONGEST_PLAIN: usize = 48;

/// The fewest letters of a name that is recognised in spite of a slip.
const SURE: usize = 4;

/// Refuses a body that asks by a wrong name for what there is, or for what there is not.
pub(super) fn check(endpoint: &Endpoint, fields: &Fields<'_>) -> Result<(), Refusal> {
    for (name, json) in fields.iter().filter(|(name, _)| !is_known(endpoint, name)) {
        let Some(plain) = plain(name) else { continue };
        let value = || serde_json::from_str(json.get()).unwrap_or(Value::Bool(true));
        if names_a_purchase(&plain) && !is_nothing(&value()) {
            return Err(only_a_header(name));
        }
        if let Some(unoffered) = unoffered(endpoint, &plain) {
            if promises(&value(), unoffered.promise) {
                return Err(not_offered(name, unoffered));
            }
        } else if let Some(field) = meant(endpoint, &plain) {
            if asks(&value(), field.kind) {
                let Field { name: right, about, .. } = field;
                let wrong = shown(name);
                return Err(Refusal::bad(
                    *right,
                    format!("was sent as `{wrong}`, which is not a field here; send `{right}`. {about}"),
                ));
            }
        } else if WRAPPERS.contains(&plain.as_str())
            && let Some(field) = wrapped(endpoint, &value())
        {
            let (wrapper, name) = (shown(name), field.name);
            return Err(Refusal::bad(
                name,
                format!("was sent inside `{wrapper}`; send `{name}` at the top of the body"),
            ));
        }
    }
    Ok(())
}

/// What clients put a whole body into, which is not looked for there.
const WRAPPERS: [&str; 14] = [
    "args",
    "arguments",
    "body",
    "data",
    "fields",
    "input",
    "json",
    "options",
    "params",
    "parameters",
    "payload",
    "props",
    "query",
    "request",
];

/// The first field of the endpoint's that was put into something else with a value.
fn wrapped(endpoint: &Endpoint, value: &Value) -> Option<&'static Field> {
    let inside = value.as_object()?;
    let asked = |field: &Field| {
        inside.iter().any(|(name, value)| field.names().any(|known| known == name) && asks(value, field.kind))
    };
    endpoint.request.iter().find(|field| asked(field))
}

/// Refuses what belongs in the body and was sent in the address, where it is not read. Other parameters may be there.
pub fn not_in_the_address<'a>(
    endpoint: &Endpoint,
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Refusal> {
    // Sorted, because a map hands them over in no order.
    let given: BTreeSet<_> = parameters.filter(|(_, value)| !is_blank(value)).collect();
    for (name, value) in given {
        let known = endpoint.request.iter().find(|field| field.names().any(|known| known == name));
        let Some(plain) = plain(name) else { continue };
        if names_a_purchase(&plain) {
            return Err(only_a_header(name));
        }
        if let Some(unoffered) = unoffered(endpoint, &plain).filter(|_| known.is_none()) {
            if promises(&Value::from(value), unoffered.promise) {
                return Err(not_offered(name, unoffered));
            }
        } else if let Some(field) = known.or_else(|| meant(endpoint, &plain)) {
            let wrong = if name == field.name { String::new() } else { format!(" as `{}`", shown(name)) };
            return Err(Refusal::bad(
                field.name,
                format!("was sent in the address{wrong}, where it is not read; send it in the JSON body"),
            ));
        }
    }
    Ok(())
}

/// Whether it is what keeps a client from paying twice: to ignore that in the wrong place would sell a second time.
fn names_a_purchase(plain: &str) -> bool {
    matches!(plain, "idempotencykey" | "xidempotencykey" | "idempotencytoken" | "paymentidentifier")
}

fn only_a_header(name: &str) -> Refusal {
    let header = IDEMPOTENCY_KEY.field;
    Refusal::bad(shown(name), format!("is read in the header `{header}` only; send it there"))
}

/// The names in a body, and of the parameters in the address, that nothing is made of, in their order; at most twenty.
pub fn ignored<'a>(
    endpoint: &Endpoint,
    body: &[u8],
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<String> {
    let fields = object::read(body).unwrap_or_default();
    let all = fields.iter().map(|(name, _)| name.as_str()).chain(parameters.map(|(name, _)| name));
    // A parameter with a field's name is empty here, and is not a field of the body: there is nothing to say about it.
    let names: BTreeSet<String> = all.filter(|name| !is_known(endpoint, name)).map(shown).collect();
    names.into_iter().take(NAMED).collect()
}

fn is_known(endpoint: &Endpoint, name: &str) -> bool {
    endpoint.request.iter().any(|field| field.names().any(|known| known == name))
}

fn unoffered(endpoint: &Endpoint, plain: &str) -> Option<&'static Unoffered> {
    endpoint.unoffered().find(|unoffered| unoffered.is_called(plain))
}

fn not_offered(name: &str, unoffered: &Unoffered) -> Refusal {
    Refusal::bad(shown(name), format!("is not offered: {}", unoffered.because))
}

/// The field that is meant by a name: by the same letters, by what others call it, or but for one slip.
fn meant(endpoint: &Endpoint, name: &str) -> Option<&'static Field> {
    let by = |fits: &dyn Fn(&Field) -> bool| endpoint.request.iter().find(|field| fits(field));
    let spelled =
        |field: &Field, fits: &dyn Fn(&str) -> bool| field.names().filter_map(plain).any(|known| fits(&known));
    by(&|field| spelled(field, &|known| known == name) || field.elsewhere.split(' ').any(|known| known == name))
        .or_else(|| by(&|field| spelled(field, &|known| known.len() >= SURE && is_one_slip_from(known, name))))
}

/// Letters and digits in lower case: what is left of a name whatever its style. Nothing, where that is nothing or is longer
/// than any name of ours.
fn plain(name: &str) -> Option<String> {
    let letters = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    let plain: String = letters.take(LONGEST_PLAIN).collect();
    (!plain.is_empty() && plain.len() < LONGEST_PLAIN).then_some(plain)
}

/// A name that a caller chose, as it can be shown: what can be seen of it, and not too much.
fn shown(name: &str) -> String {
    let visible = name.chars().filter(|c| !c.is_control() && (*c == ' ' || !leaves_no_mark(*c)));
    let shown: String = visible.take(LONGEST_NAME).collect();
    if is_blank(&shown) { "?".to_owned() } else { shown }
}

/// Null, blank or empty.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => is_blank(text),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether something is asked for under a wrong name. A no is none: it is what happens anyway.
fn asks(value: &Value, kind: Kind) -> bool {
    !is_nothing(value) && (!matches!(kind, Kind::Boolean) || is_yes(value))
}

/// What people write who want nothing of it.
const NO: [&str; 9] = ["false", "0", "no", "off", "none", "null", "never", "disabled", "undefined"];

fn promises(value: &Value, promise: Promise) -> bool {
    let promised = |part: &Value| promises(part, promise);
    match (value, promise) {
        (Value::Null, _) => false,
        (Value::String(text), _) if is_blank(text) => false,
        (Value::Array(items), _) => items.iter().any(promised),
        (Value::Object(fields), Promise::Only(lists)) => {
            fields.iter().any(|(name, value)| promises(value, promise) || is_yes(value) && is_in(lists, &word(name)))
        }
        (Value::Object(fields), Promise::Within(names, lists)) => fields
            .iter()
            .any(|(name, value)| names.contains(&word(name).as_str()) && promises(value, Promise::Only(lists))),
        (Value::Object(fields), _) => fields.values().any(promised),
        (scalar, promise) => says(&as_word(scalar), promise),
    }
}

/// Whether a word, or one of several that stand in one text, is a promise.
fn says(text: &str, promise: Promise) -> bool {
    match promise {
        Promise::Unless(words) => !NO.contains(&text) && !words.contains(&text),
        Promise::Only(lists) | Promise::Within(_, lists) => {
            let mut each = text.split([',', ';', ' ', '+', '/']).map(word);
            is_in(lists, text) || each.any(|one| is_in(lists, &one))
        }
        Promise::Always => text != "false",
    }
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

/// In small letters, however its parts are joined.
fn word(text: &str) -> String {
    text.trim().to_lowercase().replace(['_', '-'], "")
}

#[cfg(test)]
mod tests;
