//! The bytes of a body as the fields of a JSON object, before anybody knows what they mean.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::refusal::Refusal;
use crate::types::nesting;

/// The deepest nesting that is read.
const DEEPEST: usize = 8;

/// Some editors and frameworks begin a text with it. RFC 8259 lets a reader ignore it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Names and what stands behind them, in their order, repetitions included.
pub(super) type Fields<'a> = Vec<(String, &'a RawValue)>;

/// Whether a body is absent or an empty object: a question for the price and no request.
pub fn asks_nothing(body: &[u8]) -> bool {
    read(body).is_ok_and(|fields| fields.is_empty())
}

/// The fields of a body. One that is absent has none.
pub(super) fn read(body: &[u8]) -> Result<Fields<'_>, Refusal> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii();
    if body.is_empty() {
        return Ok(Vec::new());
    }
    // Asked here, because the parser does not look into what it skips.
    let text = str::from_utf8(body).map_err(|_| Refusal::bad("body", "is not UTF-8"))?;
    if nesting(body) > DEEPEST {
        return Err(Refusal::bad("body", format!("is nested deeper than {DEEPEST} levels")));
    }
    if !text.starts_with('{') {
        return Err(Refusal::bad("body", "is not a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let Pairs(fields) = Pairs::deserialize(&mut json).map_err(|error| Refusal::bad("body", unreadable(&error)))?;
    json.end().map_err(|_| Refusal::bad("body", "has something after the JSON object"))?;
    Ok(fields)
}

/// What is wrong with a text that is no JSON, without the parser's words.
fn unreadable(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Eof => "is cut off: the JSON object has no end".to_owned(),
        Category::Syntax | Category::Data | Category::Io => {
            format!("is not valid JSON: see line {}, column {}", error.line(), error.column())
        }
    }
}

/// An object's fields, in their order.
struct Pairs<'a>(Fields<'a>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Pairs<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = object.next_entry::<String, &RawValue>()? {
                    fields.push(field);
                }
                Ok(Pairs(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
