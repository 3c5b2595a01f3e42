//! Fields of bodies: what they are called and what may be in them, as the functions check it and as
//! JSON Schema (draft 2020-12) says it.

use serde_json::{Map, Value, json};

use crate::types::AnswerKind;

/// The largest body that is read, in bytes. It holds every field of a request at its longest,
/// whatever the characters and however they are escaped: one beyond U+FFFF is twelve bytes then.
pub const LARGEST_BODY: usize = 128 * 1024;
/// The longest text of any field that has no limit of its own.
pub const LONGEST_TEXT: usize = 256;
/// E.164, as [`crate::types::PhoneNumber`] reads it: numbers of the North American plan have its
/// structure too.
pub(super) const E164: &str = r"^\+(?:1[2-9][0-9]{2}[2-9][0-9]{6}|[2-9][0-9]{6,14})$";

/// An area code of any country, as [`crate::types::AreaCode`] reads it, and the letters of a
/// country. Blanks may be around them.
const AREA_CODE: &str = r"^[ \t\n\r]*0?[1-9][0-9]{0,4}[ \t\n\r]*$";
const COUNTRY: &str = r"^[ \t\n\r]*[A-Za-z]{2}[ \t\n\r]*$";

/// Beside the answer to a request that is paid for, and beside its price.
pub const IGNORED_FIELDS: Field = Field::maybe(
    "ignored_fields",
    Kind::Names,
    "Fields of the body and parameters of the address that nothing is made of, by name: at most twenty. Left out where there are \
     none.",
);

/// A field of a body.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// How else published clients spell it. Two spellings in one body must agree.
    pub spellings: &'static [&'static str],
    /// What it is called elsewhere: words of letters and digits in lower case. A body that calls it
    /// so is told the right name.
    pub elsewhere: &'static str,
    /// Words by which any other name speaks of it.
    pub parts: &'static [Parts],
    /// Some of those names, and the words behind them that ask for what happens anyway: the first
    /// page of a list.
    pub anyway: &'static [Anyway],
    /// What may be in it.
    pub kind: Kind,
    /// Whether it is always there.
    pub required: bool,
    /// What it means.
    pub about: &'static str,
    /// What it might be, in JSON.
    pub example: Option<&'static str>,
}

/// Words by which a name speaks of something: one of each of these groups is in it, and none of a
/// group that begins with `!`.
pub type Parts = &'static [&'static str];

/// Names, and words behind them.
pub type Anyway = (&'static str, &'static [&'static str]);

/// The kind of values that may be in a field.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text within limits.
    Text(Text),
    /// Text within limits that is spoken word for word: no braces, which the dialler would take for
    /// its templates'.
    Speech(Text),
    /// Text that fits an expression.
    Pattern(&'static str),
    /// A phone number in E.164.
    Phone,
    /// A country, ISO 3166-1 alpha-2.
    Country,
    /// The beginning of a number of the `country` beside it.
    AreaCode,
    /// A language, as people write it.
    Language,
    /// One of the dialler's voices, by name or by id.
    Voice,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of just these words.
    Words(&'static [&'static str]),
    /// Any text.
    String,
    /// An instant, in RFC 3339.
    Time,
    /// An address.
    Url,
    /// A whole number within limits.
    Integer(Integer),
    /// Any whole number.
    Count,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// Questions about a call.
    Questions(Questions),
    /// Answers by the names of their questions.
    Answers,
    /// A list of words.
    Names,
    /// An object.
    Object(&'static [Field]),
    /// A list of objects.
    List(&'static [Field]),
    /// Something of a kind, or null.
    OrNull(&'static Kind),
}

/// Text of this many characters.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The field.
    pub field: &'static str,
    /// Characters, at least.
    pub shortest: usize,
    /// Characters, at most.
    pub longest: usize,
}

/// Questions, and how much of each there may be.
#[derive(Clone, Copy, Debug)]
pub struct Questions {
    /// The field.
    pub field: &'static str,
    /// Questions, at most.
    pub most: usize,
    /// Letters of a name, at most.
    pub name: usize,
    /// Characters of a question, at most.
    pub question: usize,
    /// Answers to choose from, at most; two, at least.
    pub options: usize,
    /// Characters of each, at most.
    pub option: usize,
}

/// A whole number between two others.
#[derive(Clone, Copy, Debug)]
pub struct Integer {
    /// The field.
    pub field: &'static str,
    /// The smallest.
    pub least: u32,
    /// The largest.
    pub most: u32,
    /// What it is where nothing is said.
    pub default: u32,
}

impl Field {
    /// A field of an answer that is always there.
    pub(super) const fn always(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            spellings: &[],
            elsewhere: "",
            parts: &[],
            anyway: &[],
            kind,
            required: true,
            about,
            example: None,
        }
    }

    /// A field that may be left out.
    pub(super) const fn maybe(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { required: false, ..Self::always(name, kind, about) }
    }

    pub(super) const fn also(self, spellings: &'static [&'static str]) -> Self {
        Self { spellings, ..self }
    }

    pub(super) const fn called_elsewhere(self, elsewhere: &'static str) -> Self {
        Self { elsewhere, ..self }
    }

    pub(super) const fn told_by(self, parts: &'static [Parts]) -> Self {
        Self { parts, ..self }
    }

    pub(super) const fn with_anyway(self, anyway: &'static [Anyway]) -> Self {
        Self { anyway, ..self }
    }

    pub(super) const fn such_as(self, example: &'static str) -> Self {
        Self { example: Some(example), ..self }
    }

    /// What it is called, and its other spellings.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.spellings.iter().copied())
    }

    /// Its schema, for readers.
    pub fn in_full(&self) -> Value {
        self.schema(true)
    }

    /// Its schema; in full, or only what a body is checked by.
    fn schema(&self, in_full: bool) -> Value {
        let mut schema = self.kind.schema(in_full);
        if in_full && let Some(schema) = schema.as_object_mut() {
            let mut about = self.about.to_owned();
            for other in self.spellings {
                about.push_str(" Also accepted as `");
                about.push_str(other);
                about.push_str("`.");
            }
            schema.insert("description".to_owned(), json!(about));
            if let Some(example) = self.sample() {
                schema.insert("examples".to_owned(), json!([example]));
            }
        }
        schema
    }

    fn sample(&self) -> Option<Value> {
        match self.kind {
            // What only some bodies have is in no sample.
            Kind::Object(_) => None,
            Kind::List(fields) => Some(json!([sample_of(fields)])),
            _ => self.example.and_then(|example| serde_json::from_str(example).ok()),
        }
    }
}

impl Kind {
    pub(super) fn schema(&self, in_full: bool) -> Value {
        match self {
            Self::Text(text) | Self::Speech(text) => {
                json!({"type": "string", "minLength": text.shortest, "maxLength": text.longest})
            }
            Self::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
            Self::Phone => json!({"type": "string", "pattern": E164}),
            Self::AreaCode => json!({"type": "string", "pattern": AREA_CODE}),
            Self::Country => json!({"type": "string", "pattern": COUNTRY}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Words(words) => json!({"type": "array", "items": {"type": "string"}, "const": words}),
            Self::Language | Self::Voice | Self::String => json!({"type": "string"}),
            Self::Time => json!({"type": "string", "format": "date-time"}),
            Self::Url => json!({"type": "string", "format": "uri-reference"}),
            Self::Integer(integer) => json!({
                "type": "integer", "minimum": integer.least, "maximum": integer.most, "default": integer.default,
            }),
            Self::Count => json!({"type": "integer", "minimum": 0}),
            Self::Number => json!({"type": "number"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Questions(limits) => limits.schema(in_full),
            Self::Answers => json!({
                "type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            }),
            Self::Names => json!({"type": "array", "items": {"type": "string"}}),
            Self::Object(fields) => schema_of(fields, in_full),
            Self::List(fields) => json!({"type": "array", "items": schema_of(fields, in_full)}),
            Self::OrNull(kind) => or_null(kind.schema(in_full)),
        }
    }
}

impl Questions {
    /// In full it is said of each question, too, what may be in it.
    fn schema(&self, in_full: bool) -> Value {
        let mut items = json!({"type": "object"});
        if in_full {
            items = json!({
                "type": "object",
                "required": ["name", "question", "type"],
                "additionalProperties": false,
                "properties": {
                    "name": {"type": "string", "pattern": format!("^[a-z_]{{1,{}}}$", self.name), "description": "What its answer is called; no two are called the same."},
                    "question": {"type": "string", "minLength": 1, "maxLength": self.question},
                    "type": {"enum": AnswerKind::WORDS},
                    "options": {
                        "type": ["array", "null"], "maxItems": self.options, "uniqueItems": true, "description": "With `enum`, and only then: its answers, two at least.",
                        "items": {"type": "string", "minLength": 1, "maxLength": self.option},
                    },
                },
            });
        }
        json!({"type": "array", "maxItems": self.most, "items": items})
    }
}

/// `null` beside what there is.
fn or_null(mut schema: Value) -> Value {
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    schema
}

/// The schema of a body; in full for readers, or only what a body is checked by.
pub fn body_of(fields: &[Field], in_full: bool) -> Value {
    schema_of(fields, in_full)
}

fn schema_of(fields: &[Field], in_full: bool) -> Value {
    let properties: Map<_, _> = fields.iter().map(|field| (field.name.to_owned(), field.schema(in_full))).collect();
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema =
        Map::from_iter([("type".to_owned(), json!("object")), ("properties".to_owned(), json!(properties))]);
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    Value::Object(schema)
}

/// A body that might be, of the fields that have an example.
pub fn sample_of(fields: &[Field]) -> Value {
    let sample: Map<_, _> = fields.iter().filter_map(|field| Some((field.name.to_owned(), field.sample()?))).collect();
    Value::Object(sample)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::{ALL, codes};
    use super::{Field, Kind, LARGEST_BODY, LONGEST_TEXT};

    fn each(fields: &[Field], look: &mut impl FnMut(&Field)) {
        for field in fields {
            look(field);
            if let Kind::Object(inner) | Kind::List(inner) = field.kind {
                each(inner, look);
            }
        }
    }

    #[test]
    fn the_largest_body_holds_every_request_however_it_is_escaped() {
        for endpoint in ALL {
            let longest = |field: &Field| match field.kind {
                Kind::Text(limit) | Kind::Speech(limit) => limit.longest,
                Kind::Questions(limits) => {
                    let one = limits.name + limits.question + limits.options * (limits.option + 1) + 12;
                    limits.most * one
                }
                // Digits, or a word of JSON's.
                Kind::Integer(_) | Kind::Boolean => 2,
                _ => LONGEST_TEXT / 4,
            };
            let body: usize =
                endpoint.request.iter().map(|field| field.name.len() + "\"\":\"\",".len() + 12 * longest(field)).sum();
            assert!(body < LARGEST_BODY, "{}: {body}", endpoint.name);
        }
        assert!(codes::TOO_LARGE.when.contains(&format!(" {} KB", LARGEST_BODY / 1024)));
    }

    #[test]
    fn every_example_is_json_and_every_limit_speaks_of_its_own_field() {
        for endpoint in ALL {
            for fields in [endpoint.request, endpoint.answer] {
                each(fields, &mut |field| {
                    if let Some(example) = field.example {
                        assert!(serde_json::from_str::<Value>(example).is_ok(), "{}: {example}", field.name);
                    }
                    match field.kind {
                        Kind::Text(limit) | Kind::Speech(limit) => assert_eq!(limit.field, field.name),
                        Kind::Integer(limit) => assert_eq!(limit.field, field.name),
                        _ => {}
                    }
                });
            }
            let asks = endpoint.request.iter().filter(|field| field.required);
            assert!(asks.into_iter().all(|field| field.example.is_some()), "{}: a probe needs a value", endpoint.name);
        }
    }
}
