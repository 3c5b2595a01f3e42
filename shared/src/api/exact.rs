//! What a request may hold, as JSON Schema (draft 2020-12) says it: what fits is not refused as a bad request, and what does
//! not is. Patterns are of the kind that every dialect of regular expressions knows.

use serde_json::{Map, Value, json};

use super::{Field, Kind, languages};
use crate::types::{BLANKS, Country};

/// Where a field's schema refers to for what is the same as leaving it out.
const ABSENT: &str = "#/components/schemas/Absent";

/// The schema of a request's body.
pub fn request_of(fields: &[Field]) -> Value {
    let properties: Map<_, _> = fields.iter().map(|field| (field.name.to_owned(), of_field(field))).collect();
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if let Some(schema) = schema.as_object_mut()
        && !required.is_empty()
    {
        schema.insert("required".to_owned(), json!(required));
    }
    match fields.iter().find(|field| matches!(field.kind, Kind::AreaCode)) {
        Some(field) => with(schema, north_american(field)),
        None => schema,
    }
}

/// In the United States, which is meant where no country is named, and in Canada everybody's area code has three digits.
fn north_american(area_code: &Field) -> Value {
    let or_absent = |pattern: &str| json!({"anyOf": [{"type": "string", "pattern": pattern}, {"$ref": ABSENT}]});
    json!({
        "if": {"properties": {"country": or_absent("^(?:[Uu][Ss]|[Cc][Aa])$")}},
        // The country is named again for linters that take what a part does not name for a mistake.
        "then": {"properties": {"country": {}, area_code.name: or_absent("^[2-9][0-9]{2}$")}},
    })
}

/// What is the same as leaving a field out.
pub fn absent() -> Value {
    json!({
        "type": ["string", "null"],
        "pattern": format!("^[{}]*$", blanks()),
        "description": "The same as leaving the field out: null, or text in which there is nothing to read.",
    })
}

fn of_field(field: &Field) -> Value {
    let said = field.in_full();
    if field.required {
        return with(said, of_kind(field.kind));
    }
    let mut schema = Map::from_iter([("anyOf".to_owned(), json!([of_kind(field.kind), {"$ref": ABSENT}]))]);
    for word in ["description", "examples", "default"] {
        schema.extend(said.get(word).map(|value| (word.to_owned(), value.clone())));
    }
    Value::Object(schema)
}

/// What a reader is told of a kind, made exact.
fn of_kind(kind: Kind) -> Value {
    let exact = match kind {
        Kind::Text(_) => json!({"pattern": something_to_read()}),
        Kind::Country => json!({"pattern": country()}),
        Kind::Language => json!({
            "pattern": languages::pattern(), "maxLength": languages::LONGEST, "examples": languages::spoken(),
        }),
        _ => json!({}),
    };
    let mut schema = with(kind.schema(false), exact);
    // A default is the field's, and says nothing of what fits.
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("default");
    }
    schema
}

fn with(mut schema: Value, more: Value) -> Value {
    if let (Some(schema), Value::Object(more)) = (schema.as_object_mut(), more) {
        schema.extend(more);
    }
    schema
}

/// Text without control characters, but for line breaks and tabs, in which something can be read.
fn something_to_read() -> String {
    let control = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f";
    format!("^[^{control}]*[^{control}{}][^{control}]*$", blanks())
}

/// An assigned code, in capitals or not: the countries that begin with a letter, by their second one.
fn country() -> String {
    let letters = |first: char| {
        let seconds = Country::all().filter_map(|code| code.strip_prefix(first));
        let seconds: String = seconds.flat_map(|second| [second.to_owned(), second.to_ascii_lowercase()]).collect();
        (!seconds.is_empty()).then(|| format!("[{first}{}][{seconds}]", first.to_ascii_lowercase()))
    };
    let all: Vec<_> = ('A'..='Z').filter_map(letters).collect();
    format!("^(?:{})$", all.join("|"))
}

/// The members of a class. Those beyond U+FFFF are left out: not every dialect can name them, and nobody types them.
fn blanks() -> String {
    let within = BLANKS.iter().filter(|(_, last)| *last <= '\u{ffff}');
    let ranges = within.map(|(first, last)| format!(r"\u{:04x}-\u{:04x}", u32::from(*first), u32::from(*last)));
    ranges.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::{absent, country, of_field, request_of, something_to_read};
    use crate::api::{Field, Kind, NUMBERS_BUY, languages};
    use crate::types::{AreaCode, Country, PhoneNumber, is_blank};

    fn expression(pattern: &str) -> Regex {
        Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
    }

    #[test]
    fn the_pattern_of_countries_is_what_is_read() {
        let pattern = expression(&country());
        let letters = || ('A'..='Z').chain('a'..='z').chain(['0', ' ', 'é']);
        for first in letters() {
            for second in letters() {
                let text = format!("{first}{second}");
                let read = Country::parse(&text.to_ascii_uppercase()).is_ok();
                assert_eq!(pattern.is_match(&text), read, "{text}");
            }
        }
        assert!(!pattern.is_match("") && !pattern.is_match("USA") && !pattern.is_match("U"));
    }

    #[test]
    fn all_that_is_spoken_is_listed_where_a_refusal_says() {
        let field = of_field(&Field::maybe("language", Kind::Language, ""));
        let listed = field["anyOf"][0]["examples"].as_array().unwrap();
        assert!(languages::spoken().iter().all(|tag| listed.iter().any(|one| one == tag)));
        assert!(
            languages::for_dialler("ar").unwrap_err().to_string().contains("the field `language` in /openapi.json")
        );
    }

    #[test]
    fn the_pattern_of_languages_is_what_is_read() {
        let pattern = expression(&languages::pattern());
        let fits = |text: &str| pattern.is_match(text) && text.chars().count() <= languages::LONGEST;
        let check = |text: &str| assert_eq!(fits(text), languages::for_dialler(text).is_ok(), "{text:?}");
        let letters = || 'a'..='z';
        for first in letters() {
            for second in letters() {
                let two = format!("{first}{second}");
                check(&two);
                check(&two.to_uppercase());
                check(&format!("{two}-XX"));
            }
        }
        // Three letters, by the hundred and not all of them: each is looked up in a long list.
        for (first, second, third) in
            letters().zip(letters().rev()).flat_map(|(a, b)| letters().map(move |c| (a, b, c)))
        {
            check(&format!("{first}{second}{third}"));
        }
        for text in [
            "en",
            "EN",
            "eN-us",
            "en_US",
            "en-ZA-x-y",
            "en-",
            "en--US",
            "-en",
            "en ",
            " en",
            "en\n",
            "english",
            "babel",
            "Babel",
            "babel-de",
            "babel-zz",
            "babel-en-US",
            "babel_de",
            "auto",
            "AUTO",
            "auto-US",
            "fluent",
            "nb",
            "nn-NO",
            "no",
            "in",
            "iw",
            "ji",
            "eng",
            "deu",
            "cmn",
            "zh-Hant-TW",
            "en-123456789",
            "en-aaaaaaaa-bbbbbbbb-cccccccc-ddddd",
            "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddd",
            "en_US.UTF-8",
            "de@euro",
            "de.",
            "de_AT@",
            "es-419",
            "pt-BR",
            "",
            "e",
        ] {
            check(text);
        }
    }

    #[test]
    fn the_patterns_of_text_are_what_is_read() {
        let (text, blank) = (expression(&something_to_read()), absent());
        let blank = expression(blank["pattern"].as_str().unwrap());
        for c in '\0'..='\u{ffff}' {
            assert_eq!(blank.is_match(&c.to_string()), is_blank(&c.to_string()), "{c:?}");
            let allowed = !c.is_control() || matches!(c, '\n' | '\r' | '\t');
            assert_eq!(text.is_match(&format!("a{c}")), allowed, "{c:?}");
            assert_eq!(text.is_match(&format!("{c}  ")), allowed && !is_blank(&c.to_string()), "{c:?}");
        }
        assert!(blank.is_match("") && text.is_match("one\r\n\ttwo \u{1f600}"));
    }

    #[test]
    fn an_area_code_has_three_digits_where_everybodys_has() {
        let schema = request_of(NUMBERS_BUY.request);
        let pattern = |at: &str| expression(schema.pointer(at).and_then(|pattern| pattern.as_str()).unwrap());
        let anywhere = pattern("/properties/area_code/anyOf/0/pattern");
        let is_american = pattern("/if/properties/country/anyOf/0/pattern");
        let american = pattern("/then/properties/area_code/anyOf/0/pattern");
        for country in ["US", "us", "CA", "cA", "GB", "DE", "MX", "IT"] {
            let read = Country::parse(&country.to_ascii_uppercase()).unwrap();
            for area in ["415", "115", "41", "4155", "20", "020", "0161", "01234", "012345", "1", "", "4a5", "٤١٥"] {
                let fits = anywhere.is_match(area) && (!is_american.is_match(country) || american.is_match(area));
                assert_eq!(fits, AreaCode::parse(area, read).is_ok(), "{country} {area}");
            }
        }
    }

    #[test]
    fn the_pattern_of_numbers_is_what_is_read() {
        let pattern = expression(super::super::fields::E164);
        for number in [
            "+14155551234",
            "+12133610872",
            "+442071838750",
            "+3531234567",
            "+1234567",
            "+11155551234",
            "+14151551234",
            "+1415555123",
            "+141555512345",
            "+0155551234",
            "+123456",
            "+223456",
            "+2234567",
            "+823456789012345",
            "+8234567890123456",
            "14155551234",
            "+1 4155551234",
            "+14155551234 ",
            "+14155551234\n",
            "+١٤١٥٥٥٥١٢٣٤",
            "+999999999999999",
            "+19005551234",
        ] {
            assert_eq!(pattern.is_match(number), PhoneNumber::parse(number).is_ok(), "{number}");
        }
    }
}
