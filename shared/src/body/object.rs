//! The bytes of a body as the fields of a JSON object, before it is known what they mean.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::wrong;
use crate::refusal::Refusal;
use crate::types::nesting;

/// The deepest nesting that is read.
const DEEPEST: usize = 8;

/// Some editors and frameworks begin a text with it. RFC 8259 lets a reader ignore it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What asks for nothing: no body, and what libraries of clients write who have none (axios a null
/// or an empty text, and PHP an empty list).
const NOTHING: [&[u8]; 3] = [b"", b"null", b"\"\""];

/// Names and what stands behind them, in their order, repetitions included.
pub(super) type Fields<'a> = Vec<(String, &'a RawValue)>;

/// Whether a body is absent or an empty object: a question for the price and no request.
pub fn asks_nothing(body: &[u8]) -> bool {
    read(body).is_ok_and(|fields| fields.is_empty())
}

/// Whether a body is a JSON object that is read.
pub fn is_an_object(body: &[u8]) -> bool {
    read(body).is_ok()
}

/// The fields of a body. One that is absent has none.
pub(super) fn read(body: &[u8]) -> Result<Fields<'_>, Refusal> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    if NOTHING.contains(&body.trim_ascii()) || is_an_empty_list(body) {
        return Ok(Vec::new());
    }
    let bad = |what: String| Refusal::bad("body", what);
    if is_of_wide_characters(body) {
        return Err(bad("must be UTF-8, not UTF-16 or UTF-32".to_owned()));
    }
    // Asked here, because the parser does not look into what it skips.
    let text = str::from_utf8(body).map_err(|_| {
        let compressed = is_compressed(body);
        bad(if compressed { "is compressed; send it as it is" } else { "must be UTF-8" }.to_owned())
    })?;
    if nesting(body) > DEEPEST {
        return Err(bad(format!("is nested deeper than {DEEPEST} levels")));
    }
    if !text.trim_ascii_start().starts_with('{') {
        return Err(bad("is not a JSON object".to_owned()));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let Pairs(fields) = Pairs::deserialize(&mut json).map_err(|_| bad(unreadable(text)))?;
    json.end().map_err(|_| bad("has something after the JSON object".to_owned()))?;
    Ok(fields)
}

/// Whether a text is a list without anything in it, which is how PHP writes an empty object.
pub fn is_an_empty_list(text: &[u8]) -> bool {
    let within = text.trim_ascii().strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    within.is_some_and(|within| within.trim_ascii().is_empty())
}

/// Whether a text has two or four bytes for each character, as some systems write their files: it
/// begins with the mark of that, or with a nought beside a character of ASCII.
fn is_of_wide_characters(body: &[u8]) -> bool {
    matches!(body, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..])
}

/// Whether it begins as gzip, zlib or Zstandard do.
fn is_compressed(body: &[u8]) -> bool {
    matches!(body, [0x1f, 0x8b, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..])
}

/// What is wrong with a text that is not JSON, without the parser's words.
fn unreadable(text: &str) -> String {
    wrong::with_object(text).map_or_else(|| "is not valid JSON".to_owned(), |wrong| wrong.to_string())
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
