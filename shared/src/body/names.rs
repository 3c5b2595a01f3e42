//! Names that an endpoint does not know. One that is nearly a field's, or that asks for something that is not offered, is
//! refused: to ignore it would sell something else than was asked for. All others are ignored, and the answer says which.

use std::collections::BTreeSet;

use serde_json::Value;

use super::dry_run;
use super::name::{plain, shown};
use super::object::{self, Fields};
use super::wish::{asks, is_nothing, promises};
use crate::api::{Endpoint, Field, IDEMPOTENCY_KEY, Kind, Unoffered};
use crate::refusal::Refusal;
use crate::types::{is_blank, is_one_slip_from};

/// This many ignored fields are named: they are the caller's own words.
const NAMED: usize = 20;

/// So much of a name is read for its words.
const LONGEST_READ: usize = 64;

/// The fewest letters of a name that is recognised in spite of a slip.
const SURE: usize = 4;

/// Refuses a body that asks by a wrong name for what there is, or for what there is not.
pub(super) fn check(endpoint: &Endpoint, fields: &Fields<'_>) -> Result<(), Refusal> {
    for (name, json) in fields.iter().filter(|(name, _)| !is_known(endpoint, name)) {
        let Some(plain) = plain(name) else { continue };
        let value = || serde_json::from_str(json.get()).unwrap_or(Value::Bool(true));
        // What is free to read is sold to no caller, by whatever name.
        if endpoint.method.has_body() && names_a_purchase(&plain) && !is_nothing(&value()) {
            return Err(only_a_header(name));
        }
        if dry_run::is_meant(&plain) {
            if dry_run::promised(&value()) {
                return Err(dry_run::unread(endpoint, name));
            }
        } else if let Some(unoffered) = unoffered(endpoint, &plain) {
            if promises(&value(), unoffered.promise.in_a_body(|field| has(fields, field))) {
                return Err(not_offered(name, unoffered));
            }
        } else if let Some(field) = meant(endpoint, &plain).or_else(|| spoken_of(endpoint, name)) {
            if asks(&value(), field.kind) {
                let Field { name: right, about, .. } = field;
                let wrong = shown(name);
                return Err(Refusal::bad(
                    *right,
                    format!("was sent as `{wrong}`, which is not a field here; send `{right}`. {about}"),
                ));
            }
        } else if WRAPPERS.contains(&plain.as_str()) {
            inside(endpoint, name, &value())?;
        }
    }
    Ok(())
}

/// Refuses what was put into something else, where it is not looked for: a field of the endpoint's, or what it does not offer.
fn inside(endpoint: &Endpoint, wrapper: &str, value: &Value) -> Result<(), Refusal> {
    // Some write the whole body as text.
    let read = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    let value = read.as_ref().unwrap_or(value);
    let wrapper = shown(wrapper);
    if let Some(Field { name, .. }) = wrapped(endpoint, value) {
        let message = format!("was sent inside `{wrapper}`; send `{name}` at the top of the body");
        return Err(Refusal::bad(*name, message));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let asks = || plain(name).is_some_and(|plain| dry_run::is_meant(&plain)) && dry_run::promised(value);
        if asks() {
            return Err(dry_run::unread(endpoint, &format!("{wrapper}.{name}")));
        }
        let Some(unoffered) = plain(name).and_then(|plain| unoffered(endpoint, &plain)) else { continue };
        if promises(value, unoffered.promise.in_a_body(|_| false)) {
            let message = format!("was sent inside `{wrapper}`, and is not offered: {}", unoffered.because);
            return Err(Refusal::bad(shown(name), message));
        }
    }
    Ok(())
}

/// What clients put a whole body into, which is not looked for there.
const WRAPPERS: [&str; 22] = [
    "advanced",
    "args",
    "arguments",
    "body",
    "config",
    "data",
    "fields",
    "filter",
    "filters",
    "input",
    "json",
    "kwargs",
    "options",
    "overrides",
    "params",
    "parameters",
    "payload",
    "props",
    "query",
    "request",
    "requestbody",
    "settings",
];

/// The first field of the endpoint's that was put into something else with a value.
fn wrapped(endpoint: &Endpoint, value: &Value) -> Option<&'static Field> {
    let inside = value.as_object()?;
    let asked = |field: &Field| {
        inside.iter().any(|(name, value)| field.names().any(|known| known == name) && asks(value, field.kind))
    };
    endpoint.asked().iter().find(|field| asked(field))
}

/// Refuses what belongs in the body and was sent in the address, where it is not read. Other parameters may be there.
pub fn not_in_the_address<'a>(
    endpoint: &Endpoint,
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Refusal> {
    // Sorted, because a map hands them over in no order.
    let given: BTreeSet<_> = parameters.filter(|(_, value)| !is_blank(value)).collect();
    for (name, value) in given {
        if endpoint.parameters.iter().any(|field| field.name == name) {
            continue;
        }
        let known = endpoint.request.iter().find(|field| field.names().any(|known| known == name));
        let Some(plain) = plain(name) else { continue };
        if names_a_purchase(&plain) {
            return Err(only_a_header(name));
        }
        if let Some(unoffered) = unoffered(endpoint, &plain).filter(|_| known.is_none()) {
            if promises(&Value::from(value), unoffered.promise.in_a_body(|_| false)) {
                return Err(not_offered(name, unoffered));
            }
        } else if let Some(field) = known.or_else(|| meant(endpoint, &plain)).or_else(|| spoken_of(endpoint, name)) {
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
    let parameters = parameters.map(|(name, _)| name);
    let parameters =
        parameters.filter(|name| !endpoint.parameters.iter().any(|field| field.names().any(|known| known == *name)));
    let all = fields.iter().map(|(name, _)| name.as_str()).chain(parameters);
    // A parameter with a field's name is empty here, and is not a field of the body: there is nothing to say about it.
    let names: BTreeSet<String> = all.filter(|name| !is_known(endpoint, name)).map(shown).collect();
    names.into_iter().take(NAMED).collect()
}

/// Whether a body has something in this field.
fn has(fields: &Fields<'_>, field: &str) -> bool {
    let value = fields.iter().find(|(name, _)| name == field).map(|(_, json)| serde_json::from_str(json.get()));
    value.is_some_and(|value| value.map_or(true, |value: Value| !is_nothing(&value)))
}

fn is_known(endpoint: &Endpoint, name: &str) -> bool {
    endpoint.asked().iter().any(|field| field.names().any(|known| known == name))
}

fn unoffered(endpoint: &Endpoint, plain: &str) -> Option<&'static Unoffered> {
    endpoint.unoffered().find(|unoffered| unoffered.is_called(plain))
}

fn not_offered(name: &str, unoffered: &Unoffered) -> Refusal {
    Refusal::bad(shown(name), format!("is not offered: {}", unoffered.because))
}

/// The field that is meant by a name: by the same letters, by what others call it, or but for one slip.
fn meant(endpoint: &Endpoint, name: &str) -> Option<&'static Field> {
    let by = |fits: &dyn Fn(&Field) -> bool| endpoint.asked().iter().find(|field| fits(field));
    let spelled =
        |field: &Field, fits: &dyn Fn(&str) -> bool| field.names().filter_map(plain).any(|known| fits(&known));
    by(&|field| spelled(field, &|known| known == name) || field.elsewhere.split(' ').any(|known| known == name))
        .or_else(|| by(&|field| spelled(field, &|known| known.len() >= SURE && is_one_slip_from(known, name))))
}

/// The field that a name speaks of, where that decides which number is bought: `target_country` and `params[country]` have the word.
fn spoken_of(endpoint: &Endpoint, name: &str) -> Option<&'static Field> {
    let words = words(name);
    let has = |field: &Field| {
        let own: Vec<&str> = field.name.split('_').collect();
        words.windows(own.len()).any(|some| some.iter().map(String::as_str).eq(own.iter().copied()))
    };
    endpoint.asked().iter().find(|field| matches!(field.kind, Kind::Country | Kind::AreaCode) && has(field))
}

/// The words of a name, in lower case, whatever its style.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars().take(LONGEST_READ) {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests;
