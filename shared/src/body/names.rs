//! Names that an endpoint does not know. One that is nearly a field's, or that asks for something that is not offered, is
//! refused: to ignore it would sell something else than was asked for. All others are ignored, and the answer says which.

use std::collections::BTreeSet;

use serde_json::Value;

use super::object::{self, Fields};
use crate::api::{Endpoint, Field, IDEMPOTENCY_KEY, Promise, Unoffered};
use crate::refusal::Refusal;
use crate::types::{is_blank, leaves_no_mark};

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
        } else if let Some(field) = meant(endpoint, &plain)
            && !is_nothing(&value())
        {
            let Field { name: right, about, .. } = field;
            let wrong = shown(name);
            return Err(Refusal::bad(
                *right,
                format!("was sent as `{wrong}`, which is not a field here; send `{right}`. {about}"),
            ));
        }
    }
    Ok(())
}

/// Refuses what belongs in the body and was sent in the address, where it is not read. Other parameters are anybody's.
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
            return Err(Refusal::bad(
                field.name,
                "was sent in the address, where it is not read; send it in the JSON body",
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

/// The names in a body that nothing is made of, in their order; at most twenty.
pub fn ignored(endpoint: &Endpoint, body: &[u8]) -> Vec<String> {
    let Ok(fields) = object::read(body) else { return Vec::new() };
    let names: BTreeSet<String> =
        fields.iter().filter(|(name, _)| !is_known(endpoint, name)).map(|(name, _)| shown(name)).collect();
    names.into_iter().take(NAMED).collect()
}

fn is_known(endpoint: &Endpoint, name: &str) -> bool {
    endpoint.request.iter().any(|field| field.names().any(|known| known == name))
}

fn unoffered(endpoint: &Endpoint, plain: &str) -> Option<&'static Unoffered> {
    endpoint.unoffered.iter().find(|unoffered| unoffered.is_called(plain))
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

/// Whether one letter is missing, too many, another, or has changed places with its neighbour.
fn is_one_slip_from(name: &str, other: &str) -> bool {
    let (mut name, mut other) = (name.as_bytes(), other.as_bytes());
    while let ([a, name_rest @ ..], [b, other_rest @ ..]) = (name, other)
        && a == b
    {
        (name, other) = (name_rest, other_rest);
    }
    while let ([name_rest @ .., a], [other_rest @ .., b]) = (name, other)
        && a == b
    {
        (name, other) = (name_rest, other_rest);
    }
    match (name, other) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
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

fn promises(value: &Value, promise: Promise) -> bool {
    let says = |word: &str| {
        let word = word.trim().to_lowercase();
        match promise {
            Promise::Unless(words) => !words.contains(&word.as_str()),
            Promise::Only(words) => words.contains(&word.as_str()),
        }
    };
    let only = matches!(promise, Promise::Only(_));
    match value {
        Value::Null => false,
        Value::Bool(yes) => (only || *yes) && says(if *yes { "true" } else { "false" }),
        Value::Number(number) => (only || number.as_f64() != Some(0.0)) && says(&number.to_string()),
        Value::String(text) => !is_blank(text) && says(text),
        Value::Array(items) => items.iter().any(|item| promises(item, promise)),
        Value::Object(fields) => fields.values().any(|field| promises(field, promise)),
    }
}

#[cfg(test)]
mod tests;
