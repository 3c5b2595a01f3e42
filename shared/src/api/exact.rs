//! What a request may hold, as JSON Schema (draft 2020-12) says it: what fits is not refused as a
//! bad request, and what does not is. Patterns are of the kind that every dialect of regular
//! expressions knows.

use serde_json::{Map, Value, json};

use super::{Field, Kind, Text, languages, voices};
use crate::types::areas::is_of;
use crate::types::{AROUND_A_CODE, AreaCode, BLANKS, Country, WORDS_FOR_NOTHING, unreadable, without_width};

/// Where a field's schema refers to for what is the same as leaving it out.
const ABSENT: &str = "#/components/schemas/Absent";

/// The same for what is no text where one is said or asked for.
const NO_TEXT: &str = "#/components/schemas/NoText";

/// RFC 3339, as [`crate::types::instant`] reads it; that there is such a day is for the `format`.
const TIME: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$";

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
        Some(field) => with(schema, json!({"allOf": [of_the_states(field), of_canada(field)]})),
        None => schema,
    }
}

/// In the United States, which is meant where no country is named, the numbering plan says what
/// there can be, and some of that is of another country. What the field itself may be is said
/// beside it, so here only its digits count.
fn of_the_states(area_code: &Field) -> Value {
    let all: Vec<_> = AreaCode::north_american().collect();
    let others: Vec<_> = all.iter().filter(|area| is_of(area, Country::US).is_err()).cloned().collect();
    json!({
        "if": {"properties": {"country": {"pattern": "^[^A-Za-z]*([Uu][Ss])?[^A-Za-z]*$"}}},
        "then": {"properties": {
            // Named again for linters that take what a part does not name for a mistake.
            "country": {},
            // Of a text alone: a pattern passes all else, and `not` would refuse it.
            area_code.name: {"pattern": only(&all), "not": {"type": "string", "pattern": grouped(&others)}},
        }},
    })
}

/// In Canada there are those that are known.
fn of_canada(area_code: &Field) -> Value {
    let own: Vec<_> = AreaCode::north_american().filter(|area| is_of(area, Country::CA).is_ok()).collect();
    json!({
        "if": {"required": ["country"], "properties": {"country": {"type": "string", "pattern": "[Cc][Aa]"}}},
        "then": {"properties": {"country": {}, area_code.name: {"pattern": only(&own)}}},
    })
}

/// One of these codes, or no digits.
fn only(codes: &[String]) -> String {
    format!("^[^0-9]*({})?[^0-9]*$", grouped(codes))
}

/// Codes by their middle digit: the first ones that have the same last ones.
fn grouped(codes: &[String]) -> String {
    let last = |first: char, middle: char| -> Vec<char> {
        codes.iter().filter_map(|code| code.strip_prefix([first])?.strip_prefix([middle])?.chars().next()).collect()
    };
    let mut groups = Vec::new();
    for middle in '0'..='9' {
        let mut firsts: Vec<(Vec<char>, Vec<char>)> = Vec::new();
        for first in '0'..='9' {
            let lasts = last(first, middle);
            match firsts.iter_mut().find(|(_, same)| *same == lasts) {
                _ if lasts.is_empty() => {}
                Some((with, _)) => with.push(first),
                None => firsts.push((vec![first], lasts)),
            }
        }
        let written = |(first, last): (Vec<char>, Vec<char>)| format!("{}{middle}{}", one_of(&first), one_of(&last));
        groups.extend(firsts.into_iter().map(written));
    }
    groups.join("|")
}

/// One of these digits, in order: runs by their ends.
fn one_of(digits: &[char]) -> String {
    let runs = digits.chunk_by(|one, next| u32::from(*one) + 1 == u32::from(*next));
    let run = |run: &[char]| match run {
        [first, _, .., last] if run.len() > 3 => format!("{first}-{last}"),
        few => few.iter().collect(),
    };
    let text: String = runs.map(run).collect();
    if digits.len() == 1 { text } else { format!("[{text}]") }
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

/// What is no text: what is absent, and what a template leaves over.
pub fn no_text() -> Value {
    json!({
        "anyOf": [{"$ref": ABSENT}, {"type": "string", "pattern": left_over()}],
        "description": "Text of nothing but what programs write where a value is missing, such as undefined, null or [object Object].",
    })
}

/// What is left over, as bodies are read: often or once, in any letters, and signs and blanks.
fn left_over() -> String {
    let in_any_letters = |word: &str| -> String {
        word.chars()
            .map(|c| if c == ' ' { " ".to_owned() } else { format!("[{}{c}]", c.to_ascii_uppercase()) })
            .collect()
    };
    let words = WORDS_FOR_NOTHING.map(in_any_letters).join("|");
    let object = in_any_letters("object ");
    let between = r"[\t\n\r -/:-@\[-`{-~]*";
    format!(r"^{between}(?:(?:{words}|\[{object}[A-Za-z]+\]|%![SVsv]){between})+$")
}

/// The same schema where only numbers of these countries are sold: what it says of `country` says
/// which.
pub fn sold_in(mut schema: Value, countries: &[Country]) -> Value {
    let Some(country) = schema.pointer_mut("/properties/country").and_then(Value::as_object_mut) else { return schema };
    let codes: Vec<&str> = countries.iter().map(Country::as_str).collect();
    let about = country.get("description").and_then(Value::as_str).unwrap_or_default();
    let about = format!("{about} Sold here: {}.", codes.join(", "));
    country.insert("description".to_owned(), json!(about.trim_start()));
    let pattern = json!(code(&in_any_letters(&as_they_are_written(&codes))));
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
        Kind::Text(text) => json!({"pattern": text_of(text, ""), "not": {"$ref": NO_TEXT}}),
        Kind::Speech(text) => json!({"pattern": text_of(text, BRACES), "not": {"$ref": NO_TEXT}}),
        Kind::Country => json!({"pattern": country()}),
        Kind::Language => json!({
            "pattern": languages::pattern(), "maxLength": languages::LONGEST, "examples": languages::spoken(),
        }),
        Kind::Voice => json!({"pattern": code(&voices::pattern()), "examples": voices::names().collect::<Vec<_>>()}),
        Kind::Time => json!({"pattern": TIME}),
        Kind::Questions(_) => questions(kind.schema(true)),
        Kind::Pattern(_)
        | Kind::Phone
        | Kind::AreaCode
        | Kind::Word(_)
        | Kind::Words(_)
        | Kind::String
        | Kind::Url
        | Kind::Integer(_)
        | Kind::Count
        | Kind::Number
        | Kind::Boolean
        | Kind::Answers
        | Kind::Names
        | Kind::Object(_)
        | Kind::List(_)
        | Kind::OrNull(_) => json!({}),
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

/// What is said of each question, with the characters that its texts may have, and that answers to
/// choose from are there exactly where they are chosen from. Blank, they are absent, as an optional
/// field is.
fn questions(mut schema: Value) -> Value {
    for (text, none) in [("/items/properties/question", NO_TEXT), ("/items/properties/options/items", ABSENT)] {
        if let Some(text) = schema.pointer_mut(text).and_then(Value::as_object_mut) {
            text.insert("pattern".to_owned(), json!(LINE));
            text.insert("not".to_owned(), json!({"$ref": none}));
        }
    }
    if let Some(options) = schema.pointer_mut("/items/properties/options") {
        let said = options.as_object_mut().and_then(|options| options.remove("description"));
        *options = json!({"anyOf": [options.take(), {"$ref": ABSENT}], "description": said});
    }
    if let Some(items) = schema.get_mut("items").and_then(Value::as_object_mut) {
        items.insert("if".to_owned(), json!({"properties": {"type": {"const": "enum"}}, "required": ["type"]}));
        items.insert(
            "then".to_owned(),
            json!({"required": ["options"], "properties": {"options": {"type": "array", "minItems": 2}}}),
        );
        let none = json!({"anyOf": [{"type": ["array", "null"], "maxItems": 0}, {"$ref": ABSENT}]});
        items.insert("else".to_owned(), json!({"properties": {"options": none}}));
    }
    schema
}

/// Text in one line, without what begins and ends a template.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\{\}]*$";

/// What begins and ends a template of the dialler's.
const BRACES: &str = r"\{\}";

/// Text without control characters, but for line breaks and tabs, and without these others, of as
/// many characters as are asked for at least, blanks around them and what has no width not counted.
fn text_of(text: Text, others: &str) -> String {
    let control = format!(r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f{others}");
    let Some(between) = text.shortest.checked_sub(2) else { return format!("^[^{control}]*$") };
    let readable = format!("[^{control}{}]", members(&BLANKS));
    let without_width = members(&without_width());
    let (visible, none) = (format!("[^{control}{without_width}]"), format!("[{without_width}]*"));
    format!("^[^{control}]*{readable}(?:{none}{visible}){{{between},}}{none}{readable}[^{control}]*$")
}

/// An assigned code.
fn country() -> String {
    code(&in_any_letters(&as_they_are_written(&Country::all().collect::<Vec<_>>())))
}

/// These, and what the United Kingdom is called as well.
fn as_they_are_written<'a>(countries: &[&'a str]) -> Vec<&'a str> {
    let too = countries.contains(&"GB").then_some("UK");
    countries.iter().copied().chain(too).collect()
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

/// The members of a class. Those beyond U+FFFF are left out: not every dialect can name them, and
/// people do not type them.
fn members(ranges: &[(char, char)]) -> String {
    let of = |(first, last): &(char, char)| match (u32::from(*first), u32::from(*last)) {
        (first, last) if first == last => format!(r"\u{first:04x}"),
        (first, last) => format!(r"\u{first:04x}-\u{last:04x}"),
    };
    ranges.iter().filter(|(_, last)| *last <= '\u{ffff}').map(of).collect()
}

#[cfg(test)]
mod tests;
