//! What a request may hold, as JSON Schema (draft 2020-12) says it: what fits is not refused as a bad request, and what does
//! not is. Patterns are of the kind that every dialect of regular expressions knows.

use serde_json::{Map, Value, json};

use super::{Field, Kind, Text, languages, voices};
use crate::types::{AROUND_A_CODE, AreaCode, BLANKS, Country, unreadable};

/// Where a field's schema refers to for what is the same as leaving it out.
const ABSENT: &str = "#/components/schemas/Absent";

/// RFC 3339, as [`crate::types::instant`] reads it; that there is such a day is for the `format`.
const TIME: &str =
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$";

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

/// In the United States, which is meant where no country is named, and in Canada the numbering plan says what there can be.
fn north_american(area_code: &Field) -> Value {
    let or_absent = |pattern: &str| json!({"anyOf": [{"type": "string", "pattern": pattern}, {"$ref": ABSENT}]});
    json!({
        "if": {"properties": {"country": or_absent(&code("[Uu][Ss]|[Cc][Aa]"))}},
        // The country is named again for linters that take what a part does not name for a mistake.
        "then": {"properties": {"country": {}, area_code.name: or_absent(&code(&north_american_codes()))}},
    })
}

/// By their first two digits: what third ones there are.
fn north_american_codes() -> String {
    let codes: Vec<String> = AreaCode::north_american().collect();
    let with = |beginning: &str| -> String {
        codes.iter().filter_map(|code| code.strip_prefix(beginning)).collect::<Vec<_>>().concat()
    };
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for beginning in (20..100_u32).map(|two| two.to_string()) {
        let thirds = with(&beginning);
        match groups.iter_mut().find(|(same, _)| *same == thirds) {
            _ if thirds.is_empty() => {}
            Some((_, beginnings)) => beginnings.push(beginning),
            None => groups.push((thirds, vec![beginning])),
        }
    }
    let group = |(thirds, beginnings): (String, Vec<String>)| format!("(?:{})[{thirds}]", beginnings.join("|"));
    groups.into_iter().map(group).collect::<Vec<_>>().join("|")
}

/// A code with what is left around it.
fn code(code: &str) -> String {
    format!("^{AROUND_A_CODE}(?:{code}){AROUND_A_CODE}$")
}

/// What is the same as leaving a field out.
pub fn absent() -> Value {
    json!({
        "type": ["string", "null"],
        "pattern": format!("^[{}]*$", members(&unreadable())),
        "description": "The same as leaving the field out: null, or text in which there is nothing to read.",
    })
}

/// The same schema where only numbers of these countries are sold: what it says of `country` says which.
pub fn sold_in(mut schema: Value, countries: &[Country]) -> Value {
    let Some(country) = schema.pointer_mut("/properties/country").and_then(Value::as_object_mut) else { return schema };
    let codes: Vec<&str> = countries.iter().map(Country::as_str).collect();
    let about = country.get("description").and_then(Value::as_str).unwrap_or_default();
    let about = format!("{about} Sold here: {}.", codes.join(", "));
    country.insert("description".to_owned(), json!(about.trim_start()));
    let pattern = json!(code(&in_any_letters(&codes)));
    match country.get_mut("anyOf").and_then(|kinds| kinds.get_mut(0)).and_then(Value::as_object_mut) {
        Some(kind) => kind.insert("pattern".to_owned(), pattern),
        None => country.insert("pattern".to_owned(), pattern),
    };
    schema
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
        Kind::Text(text) => json!({"pattern": text_of(text, ""), "not": {"$ref": ABSENT}}),
        Kind::Speech(text) => json!({"pattern": text_of(text, BRACES), "not": {"$ref": ABSENT}}),
        Kind::Country => json!({"pattern": country()}),
        Kind::Language => json!({
            "pattern": languages::pattern(), "maxLength": languages::LONGEST, "examples": languages::spoken(),
        }),
        Kind::Voice => json!({"pattern": code(&voices::pattern()), "examples": voices::names().collect::<Vec<_>>()}),
        Kind::Time => json!({"pattern": TIME}),
        Kind::Questions(_) => questions(kind.schema(true)),
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

/// What is said of each question, with the characters that its texts may have, and that answers to choose from are there exactly
/// where they are chosen from.
fn questions(mut schema: Value) -> Value {
    for text in ["/items/properties/question", "/items/properties/options/items"] {
        if let Some(text) = schema.pointer_mut(text).and_then(Value::as_object_mut) {
            text.insert("pattern".to_owned(), json!(LINE));
            text.insert("not".to_owned(), json!({"$ref": ABSENT}));
        }
    }
    if let Some(items) = schema.get_mut("items").and_then(Value::as_object_mut) {
        items.insert("if".to_owned(), json!({"properties": {"type": {"const": "enum"}}, "required": ["type"]}));
        items.insert("then".to_owned(), json!({"required": ["options"], "properties": {"options": {"type": "array"}}}));
        items.insert("else".to_owned(), json!({"properties": {"options": {"type": "null"}}}));
    }
    schema
}

/// Text in one line, without what begins and ends a template.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\{\}]*$";

/// What begins and ends a template of the dialler's.
const BRACES: &str = r"\{\}";

/// Text without control characters, but for line breaks and tabs, and without these others, of as many characters as are asked
/// for at least, blanks around them not counted.
fn text_of(text: Text, others: &str) -> String {
    let control = format!(r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f{others}");
    let Some(between) = text.shortest.checked_sub(2) else { return format!("^[^{control}]*$") };
    let readable = format!("[^{control}{}]", members(&BLANKS));
    format!("^[^{control}]*{readable}[^{control}]{{{between},}}{readable}[^{control}]*$")
}

/// An assigned code.
fn country() -> String {
    code(&in_any_letters(&Country::all().collect::<Vec<_>>()))
}

/// Countries, in capitals or not: those that begin with a letter, by their second one.
fn in_any_letters(codes: &[&str]) -> String {
    let letters = |first: char| {
        let seconds = codes.iter().filter_map(|code| code.strip_prefix(first));
        let seconds: String = seconds.flat_map(|second| [second.to_owned(), second.to_ascii_lowercase()]).collect();
        (!seconds.is_empty()).then(|| format!("[{first}{}][{seconds}]", first.to_ascii_lowercase()))
    };
    let all: Vec<_> = ('A'..='Z').filter_map(letters).collect();
    all.join("|")
}

/// The members of a class. Those beyond U+FFFF are left out: not every dialect can name them, and people do not type them.
fn members(ranges: &[(char, char)]) -> String {
    let of = |(first, last): &(char, char)| match (u32::from(*first), u32::from(*last)) {
        (first, last) if first == last => format!(r"\u{first:04x}"),
        (first, last) => format!(r"\u{first:04x}-\u{last:04x}"),
    };
    ranges.iter().filter(|(_, last)| *last <= '\u{ffff}').map(of).collect()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::{LINE, absent, country, of_field, request_of, sold_in, text_of};
    use crate::api::{FIRST_SENTENCE, Field, Kind, NUMBERS_BUY, NUMBERS_RENEW, TASK, body_of, languages, voices};
    use crate::types::{AreaCode, Country, PhoneNumber, bare, is_blank, trimmed};

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
        for text in [" us ", "\tUS\r\n", "\u{a0}US", "U S", " ", "\u{c}US"] {
            let read = Country::parse(&bare(text).to_ascii_uppercase()).is_ok();
            assert_eq!(pattern.is_match(text), read, "{text:?}");
        }
    }

    #[test]
    fn where_some_countries_are_sold_only_those_fit_and_their_names_are_said() {
        let sold: Vec<Country> = ["CA", "DE", "DK", "US"].map(|code| Country::parse(code).unwrap()).into();
        for (schema, pattern) in [
            (request_of(NUMBERS_BUY.request), "/properties/country/anyOf/0/pattern"),
            (body_of(NUMBERS_BUY.request, false), "/properties/country/pattern"),
        ] {
            let schema = sold_in(schema, &sold);
            let about = schema["properties"]["country"]["description"].as_str().unwrap();
            assert!(about.ends_with("Sold here: CA, DE, DK, US."), "{about}");
            let pattern = expression(schema.pointer(pattern).unwrap().as_str().unwrap());
            for code in Country::all() {
                let fits = pattern.is_match(&format!(" {}", code.to_ascii_lowercase()));
                assert_eq!(fits, sold.iter().any(|country| country.as_str() == code), "{code}");
            }
        }
        let other = request_of(NUMBERS_RENEW.request);
        assert_eq!(sold_in(other.clone(), &sold), other);
    }

    #[test]
    fn all_that_is_spoken_is_listed_where_a_refusal_says() {
        let field = of_field(&Field::maybe("language", Kind::Language, ""));
        let listed = field["anyOf"][0]["examples"].as_array().unwrap();
        assert!(languages::spoken().iter().all(|tag| listed.iter().any(|one| one == tag)));
        assert!(languages::for_dialler("ar").unwrap_err().to_string().contains("GET /api/v1/voice/languages"));
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
    fn the_pattern_of_voices_is_what_is_read() {
        let schema = of_field(&Field::maybe("voice", Kind::Voice, ""));
        let pattern = expression(schema["anyOf"][0]["pattern"].as_str().unwrap());
        let id = "d4610ec1-933d-44c9-A05F-53df2437808d";
        let others = [id, &id[1..], "d4610ec1933d44c9a05f53df2437808d", "mayaa", "", " maya\t", "maya\u{a0}", "g", "2"];
        let named = voices::names().flat_map(|name| [name.to_owned(), name.to_uppercase(), format!("\n{name} ")]);
        for text in named.chain(others.map(str::to_owned)) {
            assert_eq!(pattern.is_match(&text), voices::for_dialler(&text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn the_patterns_of_text_are_what_is_read() {
        let (text, blank) = (expression(&text_of(FIRST_SENTENCE, "")), absent());
        let blank = expression(blank["pattern"].as_str().unwrap());
        for c in '\0'..='\u{ffff}' {
            assert_eq!(blank.is_match(&c.to_string()), is_blank(&c.to_string()), "{c:?}");
            let allowed = !c.is_control() || matches!(c, '\n' | '\r' | '\t');
            assert_eq!(text.is_match(&format!("a{c}")), allowed, "{c:?}");
            assert_eq!(text.is_match(&c.to_string()), allowed, "{c:?}");
        }
        assert!(blank.is_match("") && text.is_match("one\r\n\ttwo \u{1f600}"));
    }

    #[test]
    fn the_pattern_of_a_question_is_what_is_read() {
        let line = expression(LINE);
        for c in '\0'..='\u{ffff}' {
            let allowed = !c.is_control() && !matches!(c, '{' | '}');
            assert_eq!(line.is_match(&format!("a{c}")), allowed, "{c:?}");
        }
        assert!(line.is_match(" For how many? "));
    }

    #[test]
    fn the_shortest_text_is_counted_without_the_blanks_around_it() {
        let task = expression(&text_of(TASK, ""));
        for text in [
            "nine char",
            "ten chars!",
            "  nine char  ",
            " ten chars! ",
            "a        b",
            "a       b",
            "\u{200b}\u{200b}short\u{200b}\u{200b}\u{200b}\u{200b}",
            "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
            "          ",
            "",
        ] {
            assert_eq!(task.is_match(text), trimmed(text).chars().count() >= TASK.shortest, "{text:?}");
        }
    }

    #[test]
    fn an_area_code_is_what_its_country_can_have() {
        let schema = request_of(NUMBERS_BUY.request);
        let pattern = |at: &str| expression(schema.pointer(at).and_then(|pattern| pattern.as_str()).unwrap());
        let anywhere = pattern("/properties/area_code/anyOf/0/pattern");
        let is_american = pattern("/if/properties/country/anyOf/0/pattern");
        let american = pattern("/then/properties/area_code/anyOf/0/pattern");
        let all = (0..1000).map(|code| format!("{code:03}"));
        let others = [
            "41",
            "4155",
            "20",
            "020",
            "0161",
            "01234",
            "012345",
            "0123456",
            "123456",
            "1",
            "3",
            "0",
            "00",
            "0012",
            "",
            "4a5",
            "٤١٥",
            " 415 ",
            "\t20",
            "4 15",
            "\u{a0}415",
            "415\n",
            " 033203 ",
        ];
        let all: Vec<String> = all.chain(others.map(str::to_owned)).collect();
        for country in ["US", "us", " CA\n", "cA", "GB", "DE", "MX", "IT"] {
            let read = Country::parse(&bare(country).to_ascii_uppercase()).unwrap();
            for area in &all {
                let fits = anywhere.is_match(area) && (!is_american.is_match(country) || american.is_match(area));
                assert_eq!(fits, AreaCode::parse(area, read).is_ok(), "{country} {area:?}");
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
