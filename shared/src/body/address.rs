//! What is asked for in the address, read by the table of the API as a body is: the same names,
//! limits and words. What an address cannot say apart is told by the field: a number there is what
//! JSON has as a number, and everything else is text.

use std::collections::BTreeSet;

use serde_json::value::{RawValue, to_raw_value};

use super::names::few_enough;
use super::{Body, bad, object, read_given};
use crate::api::{Endpoint, Field, Kind};
use crate::refusal::Refusal;
use crate::types::{is_blank, whole};

/// Reads the parameters of an endpoint. A field that is there has a value: who writes a name means
/// something by it.
pub fn in_the_address(endpoint: &Endpoint, parameters: &[(&str, &str)]) -> Result<Body, Refusal> {
    few_enough(parameters.len())?;
    let known = |name: &str| endpoint.asked().iter().find(|field| field.names().any(|known| known == name));
    // Sorted, because a map hands them over in no order.
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let mut blank = BTreeSet::new();
    let mut read: Vec<(String, Box<RawValue>)> = Vec::new();
    for (name, text) in sorted {
        let field = known(name);
        if field.is_some() && is_blank(text) {
            blank.insert(name);
        }
        let json = as_json(field, text).map_err(|_| Refusal::bad(name, "cannot be read"))?;
        read.push((name.to_owned(), json));
    }
    let first =
        endpoint.asked().iter().find_map(|field| Some((field, field.names().find(|name| blank.contains(name))?)));
    if let Some((field, spelling)) = first {
        return Err(bad(field.name, spelling, "is blank; leave it out to say nothing"));
    }
    let given: object::Fields<'_> = read.iter().map(|(name, json)| (name.clone(), &**json)).collect();
    read_given(endpoint, &given)
}

/// A whole number that is written as one, for a field that takes one, and text.
fn as_json(field: Option<&Field>, text: &str) -> serde_json::Result<Box<RawValue>> {
    match field.map(|field| field.kind) {
        // What JSON has as a number is one.
        Some(Kind::Integer(_)) if whole(text).is_some() && serde_json::from_str::<&RawValue>(text).is_ok() => {
            RawValue::from_string(text.to_owned())
        }
        // Neither has a blank in it, which is what a plus means in an address that was not escaped.
        Some(Kind::Phone | Kind::Time) => to_raw_value(&text.replace(' ', "+")),
        _ => to_raw_value(text),
    }
}

#[cfg(test)]
mod tests {
    use super::in_the_address;
    use crate::api::{CALLS_LISTED, VOICE_CALLS};
    use crate::types::PhoneNumber;

    /// The field that is wrong, and what is said of it.
    fn refused(parameters: &[(&str, &str)]) -> (String, String) {
        let facts = in_the_address(&VOICE_CALLS, parameters).unwrap_err().facts();
        let field = facts.fields.iter().find(|(name, _)| *name == "field").map(|(_, value)| value.as_str().unwrap());
        (field.unwrap().to_owned(), facts.message)
    }

    #[test]
    fn what_is_right_is_read_as_in_a_body() {
        let cursor = "A".repeat(68);
        let parameters = [
            ("limit", "7.0"),
            ("number", "+14155551234"),
            ("status", "busy"),
            ("since", "2026-06-17T14:00:00+02:00"),
            ("cursor", cursor.as_str()),
            ("utm_source", "a b"),
        ];
        let mut read = in_the_address(&VOICE_CALLS, &parameters).unwrap();
        assert_eq!(read.integer(&CALLS_LISTED), 7);
        assert_eq!(read.phone_number("number").as_ref().map(PhoneNumber::as_str), Some("+14155551234"));
        assert_eq!((read.word("status"), read.text("cursor")), (Some("busy"), Some(cursor)));
        assert_eq!(read.time("since").map(crate::types::Timestamp::as_second), Some(1_781_697_600));
        let mut nothing = in_the_address(&VOICE_CALLS, &[]).unwrap();
        assert_eq!((nothing.integer(&CALLS_LISTED), nothing.text("cursor")), (20, None));
    }

    #[test]
    fn a_plus_that_was_not_escaped_is_one_where_nothing_else_is_meant() {
        let parameters = [("number", " 14155551234"), ("since", "2026-06-17T14:00:00 02:00")];
        let mut read = in_the_address(&VOICE_CALLS, &parameters).unwrap();
        assert_eq!(read.phone_number("number").as_ref().map(PhoneNumber::as_str), Some("+14155551234"));
        assert_eq!(read.time("since").map(crate::types::Timestamp::as_second), Some(1_781_697_600));
        for number in ["1 4155551234", "+1 415 555 1234", "  14155551234", "14155551234 ", "14155551234"] {
            assert_eq!(refused(&[("number", number)]).0, "number", "{number:?}");
        }
        for since in ["2026-06-17 12:00:00Z", "2026-06-17T14:00:00  02:00", " 2026-06-17T12:00:00Z"] {
            assert_eq!(refused(&[("since", since)]).0, "since", "{since:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_whatever_it_is_called() {
        for text in [
            "0",
            "101",
            "-1",
            "+5",
            "05",
            "5.5",
            "5.",
            "2e2",
            "0x5",
            " 5",
            "5 ",
            "ten",
            "true",
            "null",
            "٥",
            "4294967301",
        ] {
            let (field, message) = refused(&[("limit", text)]);
            assert_eq!(field, "limit", "{text:?}");
            assert!(message.starts_with("`limit`: must be a whole number from 1 to 100."), "{text:?}: {message}");
        }
        for (parameters, field, part) in [
            (&[("limit", "5"), ("limit", "5")][..], "limit", "is there twice"),
            (&[("cursor", "x"), ("cursor", "y")], "cursor", "is there twice"),
            (&[("limit", "")], "limit", "is blank"),
            (&[("status", " "), ("number", "")], "number", "is blank"),
            (&[("cursor", "")], "cursor", "is blank"),
            (&[("status", "Busy")], "status", "must be one of"),
            (&[("since", "1800000000")], "since", "RFC 3339"),
            (&[("page_size", "5")], "limit", "was sent as `page_size`"),
            (&[("to", "+14155551234")], "number", "was sent as `to`"),
            (&[("offset", "20")], "cursor", "was sent as `offset`"),
            (&[("sort", "asc")], "sort", "is not offered"),
            (&[("until", "2026-06-17T12:00:00Z")], "until", "is not offered"),
        ] {
            let (named, message) = refused(parameters);
            assert_eq!(named, field, "{message}");
            assert!(message.contains(part), "{message}");
        }
        for harmless in [("sort", "desc"), ("idempotency_key", "x"), ("data", "{}"), ("to", "")] {
            assert!(in_the_address(&VOICE_CALLS, &[harmless]).is_ok(), "{harmless:?}");
        }
    }
}
