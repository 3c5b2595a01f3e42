//! What stands in one field, judged by the field's kind.

use serde_json::value::RawValue;

use super::{left_over, questions};
use crate::api::{Field, Integer, Kind, LONGEST_TEXT, Text, languages, voices};
use crate::types::{Country, PhoneNumber, Question, Timestamp, bare, instant, is_blank, visible, whole};

/// What a field was given.
pub(super) enum Given {
    /// Null.
    Absent,
    /// Text in which there is nothing to read.
    Blank,
    /// Something that is right.
    Value(Value),
}

/// A value that fits its field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value {
    Text(String),
    Phone(PhoneNumber),
    Country(Country),
    Language(&'static str),
    Word(&'static str),
    Time(Timestamp),
    Integer(u32),
    Boolean(bool),
    Questions(Vec<Question>),
}

/// Reads what was given for a field, or says what is wrong with it.
pub(super) fn read(field: &Field, json: &RawValue) -> Result<Given, String> {
    let json = json.get();
    if json == "null" {
        return Ok(Given::Absent);
    }
    if let Kind::Questions(limits) = field.kind
        && !json.starts_with('"')
    {
        let read = questions::read(&limits, json)?;
        return Ok(if read.is_empty() { Given::Absent } else { Given::Value(Value::Questions(read)) });
    }
    let value = if json.starts_with('"') {
        let text: String =
            serde_json::from_str(json).map_err(|_| "has an escape that stands for no character".to_owned())?;
        if is_blank(&text) {
            return Ok(Given::Blank);
        }
        of_text(field.kind, text)
    } else {
        of_anything_else(field.kind, json)
    };
    value.map(Given::Value)
}

fn of_text(kind: Kind, text: String) -> Result<Value, String> {
    match kind {
        Kind::Phone => PhoneNumber::parse(&text).map(Value::Phone).map_err(|error| error.to_string()),
        Kind::Country => {
            let code = bare(&text).to_ascii_uppercase();
            // Reserved for the United Kingdom, whose code is GB.
            let code = if code == "UK" { "GB" } else { &code };
            Country::parse(code).map(Value::Country).map_err(|error| error.to_string())
        }
        Kind::Language => languages::for_dialler(&text).map(Value::Language).map_err(|error| error.to_string()),
        Kind::Voice => {
            voices::for_dialler(&text).map(|voice| Value::Text(voice.to_owned())).map_err(|error| error.to_string())
        }
        Kind::Speech(_) if text.contains(['{', '}']) => {
            Err("contains braces: it is spoken word for word, and nothing is filled in".to_owned())
        }
        Kind::Text(_) | Kind::Speech(_) if left_over::is_only(&text) => Err(left_over::SAID.to_owned()),
        Kind::Text(Text { shortest, longest, .. }) | Kind::Speech(Text { shortest, longest, .. }) => {
            within(text, shortest, longest)
        }
        Kind::Word(words) => one_of(words, &text),
        Kind::Time => instant(&text).map(Value::Time).ok_or_else(|| NOT_A_TIME.to_owned()),
        Kind::Integer(limit) => {
            // Of an address this cannot be said: what is a number there has been read as one.
            let is_right = of_anything_else(kind, &text).is_ok() && serde_json::from_str::<&RawValue>(&text).is_ok();
            Err(if is_right { format!("{}, without quotes", not_a_number(&limit)) } else { not_a_number(&limit) })
        }
        Kind::Questions(limits) => questions::read(&limits, "null").map(Value::Questions),
        Kind::Boolean => Err(NOT_A_BOOLEAN.to_owned()),
        Kind::Pattern(_)
        | Kind::AreaCode
        | Kind::Words(_)
        | Kind::String
        | Kind::Url
        | Kind::Count
        | Kind::Number
        | Kind::Answers
        | Kind::Names
        | Kind::Object(_)
        | Kind::List(_)
        | Kind::OrNull(_) => within(text, 0, LONGEST_TEXT),
    }
}

fn of_anything_else(kind: Kind, json: &str) -> Result<Value, String> {
    match (kind, json) {
        (Kind::Boolean, "true") => Ok(Value::Boolean(true)),
        (Kind::Boolean, "false") => Ok(Value::Boolean(false)),
        (Kind::Boolean, _) => Err(NOT_A_BOOLEAN.to_owned()),
        (Kind::Integer(limit), number) => {
            let number = whole(number).and_then(|number| u32::try_from(number).ok());
            let number = number.filter(|number| (limit.least..=limit.most).contains(number));
            number.map(Value::Integer).ok_or_else(|| not_a_number(&limit))
        }
        (_, list) if list.starts_with('[') => Err("must be one text, in quotes, and not a list".to_owned()),
        (Kind::Phone, _) => {
            Err("must be a phone number in E.164 format, in quotes, such as \"+14155551234\"".to_owned())
        }
        (Kind::Time, _) => Err(NOT_A_TIME.to_owned()),
        (Kind::Country, _) => Err("must be the two letters of ISO 3166-1, in quotes, such as \"US\"".to_owned()),
        (Kind::Word(words), _) => Err(format!("must be one of {}, in quotes", words.join(", "))),
        (
            Kind::Text(_)
            | Kind::Speech(_)
            | Kind::Pattern(_)
            | Kind::AreaCode
            | Kind::Language
            | Kind::Voice
            | Kind::Words(_)
            | Kind::String
            | Kind::Url
            | Kind::Count
            | Kind::Number
            | Kind::Questions(_)
            | Kind::Answers
            | Kind::Names
            | Kind::Object(_)
            | Kind::List(_)
            | Kind::OrNull(_),
            _,
        ) => Err("must be text, in quotes".to_owned()),
    }
}

/// Text within its limits and without control characters other than line breaks and tabs. Blanks
/// around it and characters of no width make it no longer than it is, and cost as much as others.
fn within(text: String, shortest: usize, longest: usize) -> Result<Value, String> {
    let (length, readable) = (text.chars().count(), visible(&text));
    if length > longest {
        return Err(format!("has {length} characters; {shortest} to {longest} are accepted"));
    }
    if readable < shortest {
        let not_counted = if readable < length { " without the blanks around them and what has no width" } else { "" };
        return Err(format!("has {readable} characters{not_counted}; {shortest} to {longest} are accepted"));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("contains control characters".to_owned());
    }
    Ok(Value::Text(text))
}

fn one_of(words: &'static [&'static str], text: &str) -> Result<Value, String> {
    let word = words.iter().find(|word| **word == text);
    word.map(|word| Value::Word(word)).ok_or_else(|| format!("must be one of {}", words.join(", ")))
}

fn not_a_number(limit: &Integer) -> String {
    format!("must be a whole number from {} to {}", limit.least, limit.most)
}

const NOT_A_TIME: &str = "must be a time in RFC 3339, such as \"2026-06-17T12:00:00Z\"";
const NOT_A_BOOLEAN: &str = "must be true or false, without quotes";
