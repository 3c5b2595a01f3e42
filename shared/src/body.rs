//! Request bodies: JSON objects, read by the table of the API. What an endpoint knows must be
//! right, and the first field of the table that is not is named, in words that ask for no knowledge
//! of ours. Fields that are null, or text in which there is nothing to read, are absent. Two
//! spellings of a field may both be there if they agree. A refusal has the field's own name in
//! `field`, and in its message also the spelling that was sent, where that is another.

mod address;
mod dry_run;
mod left_over;
mod name;
mod names;
mod object;
mod questions;
mod value;
mod wish;
mod wrong;

use serde_json::value::RawValue;

use crate::api::{Endpoint, Field, Integer};
use crate::refusal::Refusal;
use crate::types::{Country, PhoneNumber, Question, Timestamp};
use object::Fields;
use value::{Given, Value};

pub use address::in_the_address;
pub use dry_run::{asks_for_one, is_not_asked_for, is_not_in_a_header, is_not_in_the_body, run};
pub use name::shown;
pub use names::{ignored, is_a_purchases_name, meant_for, not_in_the_address};
pub use object::{asks_nothing, is_an_empty_list, is_an_object};

/// A body that has been read: everything in it that the endpoint knows, and nothing else.
#[derive(Debug)]
pub struct Body {
    values: Vec<(&'static str, Value)>,
    /// Fields, and how they were spelled.
    spelled: Vec<(&'static str, &'static str)>,
}

/// The fields of an object as they were sent, in their order and repetitions included.
pub fn fields(object: &[u8]) -> Result<Vec<(String, &RawValue)>, Refusal> {
    object::read(object)
}

/// Reads a body of an endpoint. One that is absent reads as `{}`.
pub fn read(endpoint: &Endpoint, body: &[u8]) -> Result<Body, Refusal> {
    read_given(endpoint, &object::read(body)?)
}

fn read_given(endpoint: &Endpoint, given: &Fields<'_>) -> Result<Body, Refusal> {
    // First, since the field of a wrong name may be missing by its right one.
    names::check(endpoint, given)?;
    let mut body = Body { values: Vec::new(), spelled: Vec::new() };
    for field in endpoint.asked() {
        if let Some((spelling, value)) = one_of(field, given)? {
            body.values.push((field.name, value));
            body.spelled.push((field.name, spelling));
        }
    }
    Ok(body)
}

/// What is wrong with a field that was spelled like this.
fn bad(field: &'static str, spelling: &str, what: &str) -> Refusal {
    if spelling == field {
        Refusal::bad(field, what)
    } else {
        Refusal::bad(field, format!("sent as `{spelling}`: {what}"))
    }
}

/// The one value of a field in any of its spellings; two that disagree are a mistake that we must
/// not resolve.
fn one_of(field: &Field, given: &[(String, &RawValue)]) -> Result<Option<(&'static str, Value)>, Refusal> {
    let mut found: Option<(&'static str, Value)> = None;
    let mut blank = None;
    for name in field.names() {
        let mut here = given.iter().filter(|(key, _)| key == name);
        let Some((_, json)) = here.next() else { continue };
        if here.next().is_some() {
            return Err(bad(field.name, name, "is there twice; send it once"));
        }
        let read = value::read(field, json).map_err(|what| bad(field.name, name, &what))?;
        match (read, &found) {
            (Given::Absent, _) => {}
            (Given::Blank, _) => blank = Some(name),
            (Given::Value(value), None) => found = Some((name, value)),
            (Given::Value(value), Some((_, other))) if value == *other => {}
            (Given::Value(_), Some((other, _))) => {
                return Err(bad(field.name, name, &format!("contradicts `{other}`; send one of them")));
            }
        }
    }
    match (found, blank) {
        (None, Some(name)) if field.required => Err(bad(field.name, name, "is blank")),
        (None, None) if field.required => Err(Refusal::bad(field.name, "is missing")),
        (found, _) => Ok(found),
    }
}

impl Body {
    fn take(&mut self, field: &str) -> Option<Value> {
        let at = self.values.iter().position(|(name, _)| *name == field)?;
        Some(self.values.swap_remove(at).1)
    }

    /// What is wrong with a field that can only be judged beside another.
    pub fn bad(&self, field: &'static str, what: &str) -> Refusal {
        let spelling = self.spelled.iter().find(|(name, _)| *name == field);
        bad(field, spelling.map_or(field, |(_, spelling)| spelling), what)
    }

    /// Text, as it was sent.
    pub fn text(&mut self, field: &str) -> Option<String> {
        if let Value::Text(text) = self.take(field)? { Some(text) } else { None }
    }

    /// A phone number.
    pub fn phone_number(&mut self, field: &str) -> Option<PhoneNumber> {
        if let Value::Phone(number) = self.take(field)? { Some(number) } else { None }
    }

    /// A country.
    pub fn country(&mut self, field: &str) -> Option<Country> {
        if let Value::Country(country) = self.take(field)? { Some(country) } else { None }
    }

    /// A language, as the dialler spells it.
    pub fn language(&mut self, field: &str) -> Option<&'static str> {
        if let Value::Language(language) = self.take(field)? { Some(language) } else { None }
    }

    /// One of the field's words.
    pub fn word(&mut self, field: &str) -> Option<&'static str> {
        if let Value::Word(word) = self.take(field)? { Some(word) } else { None }
    }

    /// An instant.
    pub fn time(&mut self, field: &str) -> Option<Timestamp> {
        if let Value::Time(at) = self.take(field)? { Some(at) } else { None }
    }

    /// A whole number, or what it is where nothing is said.
    pub fn integer(&mut self, limit: &Integer) -> u32 {
        if let Some(Value::Integer(number)) = self.take(limit.field) { number } else { limit.default }
    }

    /// Questions; none where nothing is said.
    pub fn questions(&mut self, field: &str) -> Vec<Question> {
        if let Some(Value::Questions(questions)) = self.take(field) { questions } else { Vec::new() }
    }

    /// Yes or no; no where nothing is said.
    pub fn boolean(&mut self, field: &str) -> bool {
        matches!(self.take(field), Some(Value::Boolean(true)))
    }
}

/// A field without which there is nothing to do. The reading has found it already, so this is for
/// the types.
pub fn needed<T>(field: &'static str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::bad(field, "is missing"))
}

#[cfg(test)]
mod tests;
