//! Request bodies: JSON objects, read by the table of the API. What an endpoint knows must be right, and the first field of
//! the table that is not is named, in words that ask for no knowledge of ours. Fields that are null, or text in which there
//! is nothing to read, are absent. Two spellings of a field may both be there if they agree.

mod names;
mod object;
mod value;

use serde_json::value::RawValue;

use crate::api::{Endpoint, Field, Integer};
use crate::refusal::Refusal;
use crate::types::{Country, PhoneNumber};
use value::{Given, Value};

pub use names::{ignored, not_in_the_address};
pub use object::asks_nothing;

/// A body that has been read: everything in it that the endpoint knows, and nothing else.
#[derive(Debug)]
pub struct Body {
    values: Vec<(&'static str, Value)>,
}

/// Reads a body of an endpoint. One that is absent reads as `{}`.
pub fn read(endpoint: &Endpoint, body: &[u8]) -> Result<Body, Refusal> {
    let given = object::read(body)?;
    // First, since the field of a wrong name may be missing by its right one.
    names::check(endpoint, &given)?;
    let mut values = Vec::new();
    for field in endpoint.request {
        if let Some(value) = one_of(field, &given)? {
            values.push((field.name, value));
        }
    }
    Ok(Body { values })
}

/// The one value of a field in any of its spellings; two that disagree are a mistake that we must not resolve.
fn one_of(field: &Field, given: &[(String, &RawValue)]) -> Result<Option<Value>, Refusal> {
    let mut found: Option<(&'static str, Value)> = None;
    let mut blank = false;
    for name in field.names() {
        let mut here = given.iter().filter(|(key, _)| key == name);
        let Some((_, json)) = here.next() else { continue };
        if here.next().is_some() {
            return Err(Refusal::bad(name, "is there twice; send it once"));
        }
        match (value::read(field, name, json)?, &found) {
            (Given::Absent, _) => {}
            (Given::Blank, _) => blank = true,
            (Given::Value(value), None) => found = Some((name, value)),
            (Given::Value(value), Some((_, other))) if value == *other => {}
            (Given::Value(_), Some((other, _))) => {
                return Err(Refusal::bad(name, format!("contradicts `{other}`; send one of them")));
            }
        }
    }
    match found {
        Some((_, value)) => Ok(Some(value)),
        None if field.required && blank => Err(Refusal::bad(field.name, "is blank")),
        None if field.required => Err(Refusal::bad(field.name, "is missing")),
        None => Ok(None),
    }
}

impl Body {
    fn take(&mut self, field: &str) -> Option<Value> {
        let at = self.values.iter().position(|(name, _)| *name == field)?;
        Some(self.values.swap_remove(at).1)
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

    /// A whole number, or what it is where nothing is said.
    pub fn integer(&mut self, limit: &Integer) -> u32 {
        if let Some(Value::Integer(number)) = self.take(limit.field) { number } else { limit.default }
    }

    /// Yes or no; no where nothing is said.
    pub fn boolean(&mut self, field: &str) -> bool {
        matches!(self.take(field), Some(Value::Boolean(true)))
    }
}

/// A field without which there is nothing to do. The reading has found it already, so this is for the types.
pub fn needed<T>(field: &'static str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::bad(field, "is missing"))
}

#[cfg(test)]
mod tests;
