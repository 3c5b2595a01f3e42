//! Request bodies: JSON objects with limits, read into the struct that an endpoint names. Unknown fields are ignored, as
//! published SDKs send some; what an endpoint does know must be right, and an error names the field.

use serde::de::DeserializeOwned;

use crate::api::{Integer, Text};
use crate::refusal::Refusal;
use crate::types::{PhoneNumber, nesting};

/// The deepest nesting that is read.
const DEEPEST: usize = 8;

/// Reads a body. One that is absent reads as `{}`.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    // Asked here, because the parser does not look into what it skips.
    if str::from_utf8(body).is_err() {
        return Err(Refusal::bad("body", "is not UTF-8"));
    }
    if nesting(body) > DEEPEST {
        return Err(Refusal::bad("body", format!("is nested deeper than {DEEPEST} levels")));
    }
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refusal::bad("body", "is not a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        // Where the text is no JSON, the path can be one of the caller's own making.
        let path = error.path().to_string();
        let is_a_field = error.inner().is_data() && path != "." && path != "?";
        let field = if is_a_field { path } else { "body".to_owned() };
        Refusal::bad(field, without_place(&error.inner().to_string()))
    })?;
    json.end().map_err(|_| Refusal::bad("body", "has something after the JSON object"))?;
    Ok(read)
}

/// The one value of a field with several spellings; two that disagree are a mistake that we must not resolve.
pub fn one_of<'a>(spellings: &[(&'static str, Option<&'a str>)]) -> Result<Option<&'a str>, Refusal> {
    let mut given = spellings.iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let Some((first, value)) = given.next() else { return Ok(None) };
    match given.find(|(_, other)| *other != value) {
        Some((other, _)) => Err(Refusal::bad(*other, format!("contradicts `{first}`; send one of them"))),
        None => Ok(Some(value)),
    }
}

/// A phone number in a field.
pub fn phone_number(field: &'static str, text: &str) -> Result<PhoneNumber, Refusal> {
    PhoneNumber::parse(text).map_err(|error| Refusal::bad(field, error.to_string()))
}

/// A number in a field, within its limits.
pub fn within(limit: &Integer, value: Option<u32>) -> Result<u32, Refusal> {
    let Integer { field, least, most, default } = *limit;
    let value = value.unwrap_or(default);
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Refusal::bad(field, format!("is {value}; {least} to {most} are accepted")))
    }
}

/// Text of a field, within its limits and without control characters other than line breaks and tabs.
pub fn text<'a>(limit: &Text, text: &'a str) -> Result<&'a str, Refusal> {
    let Text { field, shortest, longest } = *limit;
    let length = text.chars().count();
    if length < shortest || length > longest {
        return Err(Refusal::bad(field, format!("has {length} characters; {shortest} to {longest} are accepted")));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Refusal::bad(field, "contains control characters"));
    }
    Ok(text)
}

/// `serde_json` ends its messages with a line and a column of a body that the caller did not write by hand.
fn without_place(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{one_of, read, text, within};
    use crate::api::{Integer, Text};
    use crate::refusal::Refusal;

    #[derive(Debug, Deserialize)]
    struct Body {
        country: Option<String>,
        minutes: Option<u32>,
    }

    fn refused(body: &str) -> (String, String) {
        match read::<Body>(body.as_bytes()) {
            Err(Refusal::BadRequest { field, message }) => (field, message),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_body_is_an_object_or_absent() {
        for body in ["", "  ", "{}", r#"{"country":"US","unknown":[1,{"a":2}]}"#, r#"{"country":null}"#] {
            assert!(read::<Body>(body.as_bytes()).is_ok(), "{body}");
        }
        assert_eq!(read::<Body>(br#"{"country":"CA","minutes":3}"#).unwrap().minutes, Some(3));
        assert_eq!(read::<Body>(br#"{"country":"CA"}"#).unwrap().country.as_deref(), Some("CA"));
    }

    #[test]
    fn an_error_names_the_field() {
        for (body, field, part) in [
            ("[]", "body", "not a JSON object"),
            ("null", "body", "not a JSON object"),
            ("\"{}\"", "body", "not a JSON object"),
            ("{", "body", "EOF"),
            ("{} {}", "body", "after the JSON object"),
            (r#"{"country":5}"#, "country", "expected a string"),
            (r#"{"minutes":"5"}"#, "minutes", "expected u32"),
            (r#"{"minutes":5.5}"#, "minutes", "expected u32"),
            (r#"{"minutes":-1}"#, "minutes", "expected u32"),
            (r#"{"minutes":1,"minutes":2}"#, "body", "duplicate field `minutes`"),
            (r#"{"a":[[[[[[[[1]]]]]]]]}"#, "body", "deeper"),
            (r#"{"nothing of ours":[{"a":x}]}"#, "body", "expected value"),
            (r#"{"country":"U"#, "body", "EOF"),
        ] {
            let (named, message) = refused(body);
            assert_eq!(named, field, "{body}: {message}");
            assert!(message.contains(part) && !message.contains(" at line "), "{body}: {message}");
        }
    }

    #[test]
    fn a_body_is_text_also_where_nobody_reads_it() {
        let read = read::<Body>(b"{\"skipped\":\"\xff\"}");
        assert!(matches!(read, Err(Refusal::BadRequest { field, .. }) if field == "body"));
    }

    #[test]
    fn two_spellings_may_agree_and_not_differ() {
        assert_eq!(one_of(&[("to", None), ("phone_number", Some("+1"))]).unwrap(), Some("+1"));
        assert_eq!(one_of(&[("to", Some("+1")), ("phone_number", Some("+1"))]).unwrap(), Some("+1"));
        assert!(one_of(&[("to", Some("+1")), ("phone_number", Some("+2"))]).is_err());
        assert_eq!(one_of(&[("to", None)]).unwrap(), None);
    }

    #[test]
    fn text_has_limits_and_no_control_characters() {
        let limit = |shortest, longest| Text { field: "task", shortest, longest };
        assert!(text(&limit(10, 4000), "ten chars!").is_ok());
        assert!(text(&limit(10, 4000), "nine char").is_err());
        assert!(text(&limit(10, 10), "äöüäöüäöüä").is_ok(), "characters, not bytes");
        assert!(text(&limit(1, 100), "line\nline\ttab").is_ok());
        for bad in ["nul\0", "bell\u{7}", "escape\u{1b}[0m", "del\u{7f}", "c1\u{85}"] {
            assert!(text(&limit(1, 100), bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_number_has_limits_and_a_default() {
        let limit = Integer { field: "minutes", least: 1, most: 30, default: 5 };
        for (asked, taken) in
            [(None, Some(5)), (Some(1), Some(1)), (Some(30), Some(30)), (Some(0), None), (Some(31), None)]
        {
            assert_eq!(within(&limit, asked).ok(), taken, "{asked:?}");
        }
    }
}
