//! Names that an endpoint does not know. One that is nearly a field's, or that asks for something
//! that is not offered, is refused: to ignore it would sell something else than was asked for. All
//! others are ignored, and the answer says which.
//!
//! `docs/decisions.md`: Which unknown fields are refused?

mod inside;
mod opened;
mod words;

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::dry_run;
use super::name::{plain, shown};
use super::object::{self, Fields};
use super::wish::{asks, is_a_number, is_a_time, is_nothing, is_word, promises};
use crate::api::{
    Endpoint, Field, IDEMPOTENCY_KEY, Kind, NEWEST_FIRST, Promise, Unoffered, VOICE_CALL_HANGUP, is_one_of,
};
use crate::limits::{FIELDS, NAMES_INSIDE};
use crate::refusal::Refusal;
use crate::types::{is_blank, is_misspelt, is_one_slip_from};
use words::Words;

/// This many ignored fields are named: they are the caller's own words.
const NAMED: usize = 20;

/// The fewest letters of a name that is recognised in spite of a slip: of ours, and of others.
const SURE: usize = 4;
const SURE_ELSEWHERE: usize = 7;

/// Names that resemble one by a slip or by their words, and mean something else.
const OTHER_WORDS: &str =
    "calleeid callerip codelang codelanguage consent contract mask messages recordno talk telephony";

/// Names of a number to call from that are as often of something else: a program at a command line.
const A_NUMBER_IF_IT_IS_ONE: &str = "cli did ani clid source originator origination";

/// A body, or the parameters of an address, whose unknown names are judged.
struct Judged<'a> {
    endpoint: &'a Endpoint,
    /// The fields that have something in them.
    has: Vec<&'static str>,
    /// Those of them that say yes.
    agrees_to: Vec<&'static str>,
    /// How many names are judged yet inside unknown fields.
    left: Cell<usize>,
}

impl<'a> Judged<'a> {
    fn new(endpoint: &'a Endpoint, fields: &Fields<'_>) -> Self {
        let of = |fits: &dyn Fn(&Field) -> bool| {
            endpoint.asked().iter().filter(|field| fits(field)).map(|field| field.name).collect()
        };
        let mut has: Vec<_> = of(&|field| field.names().any(|name| has(fields, name)));
        if fields.iter().any(|(name, json)| opened::asks_for_the_newest_first(name, json.get())) {
            has.push(NEWEST_FIRST);
        }
        let agrees_to = of(&|field| fields.iter().any(|(name, json)| name == field.name && json.get() == "true"));
        Self { endpoint, has, agrees_to, left: Cell::new(NAMES_INSIDE) }
    }

    fn has(&self, field: &str) -> bool {
        self.has.contains(&field)
    }

    /// Whether what is sold cannot be without a field that is not there.
    fn lacks_something(&self) -> bool {
        self.endpoint.asked().iter().any(|field| field.required && !self.has(field.name))
    }

    /// Whether one more name is judged inside an unknown field.
    fn goes_on(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Whether an AI would talk on if it were refused.
    fn is_a_hang_up(&self) -> bool {
        self.endpoint.name == VOICE_CALL_HANGUP.name
    }
}

/// Refuses a body that asks by a wrong name for what there is, or for what there is not.
pub(super) fn check(endpoint: &Endpoint, fields: &Fields<'_>) -> Result<(), Refusal> {
    if fields.len() > FIELDS {
        return Err(Refusal::bad("body", format!("has more than {FIELDS} fields")));
    }
    let judged = Judged::new(endpoint, fields);
    for (name, json) in fields.iter().filter(|(name, _)| !is_known(endpoint, name)) {
        let value = serde_json::from_str(json.get()).unwrap_or(Value::Bool(true));
        unknown(&judged, name, &value)?;
    }
    Ok(())
}

/// The first of some fields that would ask for something in a body; they stand where none is read.
/// Of more than are judged one is taken for one that asks.
pub fn meant_for(endpoint: &Endpoint, fields: &[(String, &RawValue)]) -> Option<String> {
    let judged = Judged::new(endpoint, &Vec::new());
    let asks = |name: &str, json: &RawValue| {
        let value = serde_json::from_str(json.get()).unwrap_or(Value::Bool(true));
        if is_known(endpoint, name) { !is_nothing(&value) } else { unknown(&judged, name, &value).is_err() }
    };
    let mut judged = fields.iter().take(FIELDS);
    judged.find(|(name, json)| asks(name, json)).or(fields.get(FIELDS)).map(|(name, _)| shown(name))
}

/// Whether a header or a field nearly has the name of what keeps a client from paying twice.
pub fn is_a_purchases_name(name: &str) -> bool {
    plain(name).is_some_and(|plain| names_a_purchase(&plain))
}

/// Refuses an unknown field of a body, if it asks for something.
fn unknown(judged: &Judged<'_>, name: &str, value: &Value) -> Result<(), Refusal> {
    let endpoint = judged.endpoint;
    let plain = plain(name).unwrap_or_default();
    // What is free is sold to no caller, by whatever name.
    if endpoint.is_paid() && names_a_purchase(&plain) && can_name(value) {
        return Err(only_a_header(name));
    }
    if dry_run::is_meant(&plain) {
        return if dry_run::promised(value) { Err(dry_run::unread(endpoint, name)) } else { Ok(()) };
    }
    if is_of_a_campaign(name) {
        return inside::purchases(judged, name, value);
    }
    if let Some(unoffered) = unoffered(judged, name, value) {
        if promises(value, unoffered.promise.in_a_body(|field| judged.has(field))) {
            // A body that came in it, as a model's call of a tool, is of more use to be told.
            if judged.lacks_something() && !value.is_string() {
                inside::fields(judged, name, value)?;
            }
            return Err(not_offered(name, unoffered));
        }
        if unoffered.is_called(&plain) {
            // What is in it has been judged with it.
            return inside::purchases(judged, name, value);
        }
    } else if let Some(field) = meant(endpoint, &plain, value).or_else(|| spoken_of(endpoint, name))
        && !is_beside(judged, field, value)
    {
        // A no beside the field's own yes is another wish.
        let asks = asks(value, field.kind) || judged.agrees_to.contains(&field.name) && !is_nothing(value);
        if asks && !happens_anyway(field, &plain, value) {
            let Field { name: right, about, .. } = field;
            let wrong = shown(name);
            return Err(Refusal::bad(
                *right,
                format!("was sent as `{wrong}`, which is not a field here; send `{right}`. {about}"),
            ));
        }
        return Ok(());
    }
    opened::check(judged, name, value)
}

/// Whether it is an object where a text is asked for, which is there: `context` is what others call
/// a task, and what tracing programs call theirs.
fn is_beside(judged: &Judged<'_>, field: &Field, value: &Value) -> bool {
    value.is_object() && matches!(field.kind, Kind::Text(_)) && judged.has(field.name)
}

/// Refuses what belongs in the body and was sent in the address, where it is not read. Other
/// parameters may be there.
pub fn not_in_the_address<'a>(
    endpoint: &Endpoint,
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Refusal> {
    // Sorted, because a map hands them over in no order.
    let given: BTreeSet<_> = parameters.filter(|(_, value)| !is_blank(value)).collect();
    few_enough(given.len())?;
    let judged = Judged::new(endpoint, &Vec::new());
    for (name, value) in given {
        if endpoint.parameters.iter().any(|field| field.name == name) {
            continue;
        }
        let known = endpoint.request.iter().find(|field| field.names().any(|known| known == name));
        let plain = plain(name).unwrap_or_default();
        let said = Value::from(value);
        if endpoint.is_paid() && names_a_purchase(&plain) && can_name(&said) {
            return Err(only_a_header(name));
        }
        if known.is_none() && is_of_a_campaign(name) {
            inside::purchases(&judged, name, &said)?;
            continue;
        }
        if let Some(unoffered) = unoffered(&judged, name, &said).filter(|_| known.is_none()) {
            if promises(&said, unoffered.promise.in_a_body(|_| false)) {
                return Err(not_offered(name, unoffered));
            }
            inside::purchases(&judged, name, &said)?;
        } else if let Some(field) =
            known.or_else(|| meant(endpoint, &plain, &said)).or_else(|| spoken_of(endpoint, name))
        {
            if known.is_none() && happens_anyway(field, &plain, &said) {
                continue;
            }
            let wrong = if name == field.name { String::new() } else { format!(" as `{}`", shown(name)) };
            return Err(Refusal::bad(
                field.name,
                format!("was sent in the address{wrong}, where it is not read; send it in the JSON body"),
            ));
        } else {
            opened::check(&judged, name, &said)?;
        }
    }
    Ok(())
}

/// Refuses an address with more parameters than are judged.
pub(super) fn few_enough(parameters: usize) -> Result<(), Refusal> {
    if parameters <= FIELDS {
        Ok(())
    } else {
        Err(Refusal::bad("address", format!("has more than {FIELDS} parameters")))
    }
}

/// Whether it is what keeps a client from paying twice, or nearly: to ignore that in the wrong
/// place would sell a second time.
fn names_a_purchase(plain: &str) -> bool {
    let is_near = |known: &&str| *known == plain || is_one_slip_from(known, plain);
    let bare = plain.strip_prefix('x').unwrap_or(plain);
    plain.contains("idempot") || bare.starts_with("dedup") || PURCHASE.iter().any(is_near)
}

/// What that is called, here and elsewhere.
const PURCHASE: [&str; 9] = [
    "idempotencykey",
    "xidempotencykey",
    "idempotencytoken",
    "idempotency",
    "idempotentkey",
    "paymentidentifier",
    "paymentidentifierid",
    "clienttoken",
    "clientrequesttoken",
];

/// Whether a value can be the name of a purchase. A yes or no is said about such names.
fn can_name(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => true,
        Value::String(text) => !is_blank(text) && !is_word(value, &["true", "false", "yes", "no"]),
        Value::Array(items) => items.iter().any(can_name),
        Value::Object(members) => members.values().any(can_name),
    }
}

/// Whether it says where a visitor came from: `utm_term`.
fn is_of_a_campaign(name: &str) -> bool {
    Words::of(name).have_one_of("utm")
}

fn only_a_header(name: &str) -> Refusal {
    let header = IDEMPOTENCY_KEY.field;
    Refusal::bad(shown(name), format!("is read in the header `{header}` only; send it there"))
}

/// The names in a body, and of the parameters in the address, that nothing is made of, in their
/// order; at most twenty.
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
    // A parameter with a field's name is empty here, and is not a field of the body: there is
    // nothing to say about it.
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

/// What is asked for in vain by a name: by its letters, by its words, or but for one slip. One that
/// says so with a time or a number alone is about something else with any other value.
fn unoffered(judged: &Judged<'_>, name: &str, value: &Value) -> Option<&'static Unoffered> {
    let endpoint = judged.endpoint;
    let plain = plain(name).unwrap_or_default();
    let fits = |unoffered: &&Unoffered| match unoffered.promise {
        Promise::Time => is_a_time(value),
        Promise::Number => is_a_number(value),
        Promise::Wallet => promises(value, Promise::Wallet),
        _ => true,
    };
    let all = || endpoint.unoffered().filter(fits);
    let called = || all().find(|unoffered| !plain.is_empty() && unoffered.is_called(&plain));
    // A field's own name goes before words in which something else is spoken of as well.
    let is_a_field = || meant(endpoint, &plain, value).is_some();
    let words = Words::of(name);
    let is_told = |unoffered: &&Unoffered| {
        words.speak_of(unoffered.parts) || !judged.is_a_hang_up() && unoffered.is_nearly_called(&plain)
    };
    let told = || all().find(is_told).filter(|_| !is_one_of(OTHER_WORDS, &plain) && !is_a_field());
    called().or_else(told)
}

fn not_offered(name: &str, unoffered: &Unoffered) -> Refusal {
    Refusal::bad(shown(name), format!("is not offered: {}", unoffered.because))
}

/// The field that is meant by a name: by the same letters, by what others call it, or but for one
/// slip. Of two that others call the same, the value says which.
fn meant(endpoint: &Endpoint, name: &str, value: &Value) -> Option<&'static Field> {
    let by = |fits: &dyn Fn(&Field) -> bool| endpoint.asked().iter().find(|field| fits(field));
    let spelled =
        |field: &Field, fits: &dyn Fn(&str) -> bool| field.names().filter_map(plain).any(|known| fits(&known));
    let elsewhere = |field: &Field, fits: &dyn Fn(&str) -> bool| field.elsewhere.split_terminator(' ').any(fits);
    let called = |field: &Field| spelled(field, &|known| known == name) || elsewhere(field, &|known| known == name);
    let is_of_a_kind = |field: &Field| {
        !matches!(field.kind, Kind::Phone)
            || !is_one_of(A_NUMBER_IF_IT_IS_ONE, name)
            || inside::might_be(value, field.kind)
    };
    let called = |field: &Field| called(field) && is_of_a_kind(field);
    let fits = |field: &Field| matches!(field.kind, Kind::Time) == is_a_time(value);
    let is_another = is_one_of(OTHER_WORDS, name);
    let near = |known: &str| known.len() >= SURE && is_one_slip_from(known, name) && !is_another;
    let near_elsewhere = |known: &str| known.len() >= SURE_ELSEWHERE && is_misspelt(known, name) && !is_another;
    by(&|field| called(field) && fits(field))
        .or_else(|| by(&called))
        .or_else(|| by(&|field| spelled(field, &near)))
        .or_else(|| by(&|field| elsewhere(field, &near_elsewhere)))
}

/// Whether a value under another name of a field's asks for no more than is done without it.
fn happens_anyway(field: &Field, plain: &str, value: &Value) -> bool {
    field.anyway.iter().any(|(names, words)| is_one_of(names, plain) && is_word(value, words))
}

/// The field that a name speaks of by its words: `target_country`, `params[country]`,
/// `max_call_duration_minutes`.
fn spoken_of(endpoint: &Endpoint, name: &str) -> Option<&'static Field> {
    let is_another = plain(name).is_some_and(|plain| is_one_of(OTHER_WORDS, &plain));
    let words = Words::of(name);
    endpoint.asked().iter().find(|field| words.speak_of(field.parts)).filter(|_| !is_another)
}

#[cfg(test)]
mod tests;
