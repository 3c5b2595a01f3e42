//! Questions about a call, as a body asks them: each of its parts must be right, and what is not is
//! named by its place.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::api::Questions;
use crate::types::{AnswerKind, Question, trimmed};

use super::name::shown;
use super::wish::is_nothing;
use super::{left_over, object};

/// Reads a list of questions. An empty one asks nothing.
pub(super) fn read(limits: &Questions, json: &str) -> Result<Vec<Question>, String> {
    let list: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| format!("must be a list such as [{ONE}]"))?;
    if list.len() > limits.most {
        return Err(format!("has {} questions; at most {} are answered", list.len(), limits.most));
    }
    let mut questions: Vec<Question> = Vec::new();
    for (at, one) in list.iter().enumerate() {
        let place = |what: String| format!("question {}: {what}", at + 1);
        let question = once_each(one).and_then(|one| read_one(limits, &one)).map_err(place)?;
        if questions.iter().any(|other| other.name == question.name) {
            return Err(place(format!("the name `{}` is there twice", question.name)));
        }
        questions.push(question);
    }
    Ok(questions)
}

/// A question in which nothing is there twice: of two programs one would read the first, and the
/// other the second.
fn once_each(one: &RawValue) -> Result<Value, String> {
    let wrong = || format!("must be an object such as {ONE}");
    let mut members = object::read(one.get().as_bytes()).map_err(|_| wrong())?;
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    let twice = members.iter().zip(members.iter().skip(1)).find(|((one, _), (other, _))| one == other);
    match twice {
        Some(((name, _), _)) => Err(format!("`{}` is there twice; send it once", shown(name))),
        None => serde_json::from_str(one.get()).map_err(|_| wrong()),
    }
}

fn read_one(limits: &Questions, one: &Value) -> Result<Question, String> {
    let fields = one.as_object().ok_or_else(|| format!("must be an object such as {ONE}"))?;
    if fields.keys().any(|name| !["name", "question", "type", "options"].contains(&name.as_str())) {
        return Err("has only `name`, `question`, `type`, and `options` for an `enum`".to_owned());
    }
    let name = text(fields, "name")?;
    if !(1..=limits.name).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        return Err(format!("`name` must be 1 to {} letters from a to z, or `_`", limits.name));
    }
    let question = within(text(fields, "question")?, "question", limits.question)?;
    if left_over::is_only(&question) {
        return Err(format!("`question` {}", left_over::SAID));
    }
    let word = text(fields, "type")?;
    let options = options(limits, fields.get("options"))?;
    let kind = AnswerKind::read(word, options.clone().unwrap_or_default())
        .ok_or_else(|| format!("`type` must be one of {}", AnswerKind::WORDS.join(", ")))?;
    match (&kind, options) {
        (AnswerKind::OneOf(_), None) => Err("`options` is missing: an `enum` has its answers there".to_owned()),
        (AnswerKind::Text | AnswerKind::Boolean | AnswerKind::Number, Some(_)) => {
            Err("`options` are for the type `enum` alone".to_owned())
        }
        _ => Ok(Question { name: name.to_owned(), question, kind }),
    }
}

fn options(limits: &Questions, given: Option<&Value>) -> Result<Option<Vec<String>>, String> {
    // What is empty is not there; an empty object is not an empty list.
    let Some(given) = given.filter(|given| given.is_object() || !is_nothing(given)) else { return Ok(None) };
    let many = format!("`options` must be a list of 2 to {} texts", limits.options);
    let list = given.as_array().filter(|list| (2..=limits.options).contains(&list.len())).ok_or(many.clone())?;
    let mut options: Vec<String> = Vec::new();
    for option in list {
        let option = within(option.as_str().ok_or(many.clone())?, "options", limits.option)?;
        if options.iter().any(|other| other.eq_ignore_ascii_case(&option)) {
            return Err(format!("the option `{option}` is there twice"));
        }
        options.push(option);
    }
    Ok(Some(options))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    match fields.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Null) | None => Err(format!("`{name}` is missing")),
        Some(_) => Err(format!("`{name}` must be text, in quotes")),
    }
}

/// Text that is put to the dialler's model as it stands.
fn within(text: &str, name: &str, longest: usize) -> Result<String, String> {
    let (text, length) = (trimmed(text), text.chars().count());
    if text.is_empty() {
        return Err(format!("`{name}` is blank"));
    }
    if length > longest {
        return Err(format!("`{name}` has {length} characters; 1 to {longest} are accepted"));
    }
    if text.contains(['{', '}']) || text.chars().any(char::is_control) {
        return Err(format!("`{name}` contains braces or control characters"));
    }
    Ok(text.to_owned())
}

const ONE: &str = r#"{"name": "confirmed", "question": "Is the table confirmed?", "type": "boolean"}"#;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read;
    use crate::api::QUESTIONS;

    #[test]
    fn a_question_that_is_right_is_read() {
        let asked = json!([
            {"name": "confirmed", "question": " Is it confirmed? ", "type": "boolean"},
            {"name": "which", "question": "Which?", "type": "enum", "options": ["Yes", "No"]},
            {"name": "a".repeat(32), "question": "x".repeat(200), "type": "string", "options": null},
            {"name": "_", "question": "How many?", "type": "number"},
        ]);
        let read = read(&QUESTIONS, &asked.to_string()).unwrap();
        let kinds: Vec<_> = read.iter().map(|one| (one.kind.as_str(), one.kind.options().len())).collect();
        assert_eq!(kinds, [("boolean", 0), ("enum", 2), ("string", 0), ("number", 0)]);
        assert_eq!(read[0].question, "Is it confirmed?");
        assert!(super::read(&QUESTIONS, "[]").unwrap().is_empty());
        for nothing in ["[]", "\"\"", "\" \"", "null"] {
            let asked = format!(r#"[{{"name":"a","question":"Is it open?","type":"boolean","options":{nothing}}}]"#);
            assert_eq!(super::read(&QUESTIONS, &asked).unwrap().len(), 1, "{nothing}");
            assert!(super::read(&QUESTIONS, &asked.replace("boolean", "enum")).unwrap_err().contains("is missing"));
        }
        let twice = r#"[{"name":"a","question":"Is it open?","type":"boolean","type":"number"}]"#;
        assert!(super::read(&QUESTIONS, twice).unwrap_err().contains("`type` is there twice"));
    }

    #[test]
    fn what_is_wrong_with_a_question_is_said_with_its_place() {
        let good = json!({"name": "confirmed", "question": "Is it?", "type": "boolean"});
        let with = |name: &str, value: Value| {
            let mut one = good.clone();
            one[name] = value;
            json!([{"name": "first", "question": "Is it?", "type": "boolean"}, one])
        };
        let many: Vec<_> = (0..11).map(|_| good.clone()).collect();
        for (asked, part) in [
            (json!({"a": "b"}), "must be a list"),
            (json!(["Is it?"]), "question 1: must be an object such as {\"name\""),
            (json!([null]), "question 1: must be an object"),
            (json!("Is it?"), "must be a list such as [{\"name\""),
            (json!(many), "at most 10"),
            (json!([good, good]), "question 2: the name `confirmed` is there twice"),
            (with("name", json!("Confirmed")), "question 2: `name` must be"),
            (with("name", json!("")), "`name` must be"),
            (with("name", json!("a".repeat(33))), "`name` must be"),
            (with("name", json!("a1")), "`name` must be"),
            (with("name", json!(null)), "`name` is missing"),
            (with("question", json!("x".repeat(201))), "has 201 characters"),
            (with("question", json!("  ")), "`question` is blank"),
            (with("question", json!("Is {{name}} there?")), "braces"),
            (with("question", json!(1)), "must be text"),
            (with("type", json!("date")), "string, boolean, number, enum"),
            (with("type", json!("enum")), "`options` is missing"),
            (with("options", json!(["a", "b"])), "for the type `enum` alone"),
            (with("why", json!("a")), "has only"),
        ] {
            let error = read(&QUESTIONS, &asked.to_string()).unwrap_err();
            assert!(error.contains(part), "{asked}: {error}");
        }
        for options in [
            json!(["a"]),
            json!("a"),
            json!({}),
            json!(["a", 1]),
            json!(["a", ""]),
            json!(["a", "A"]),
            json!(["a", "x".repeat(33)]),
            json!(["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
        ] {
            let asked = json!([{"name": "a", "question": "Which?", "type": "enum", "options": options}]);
            assert!(read(&QUESTIONS, &asked.to_string()).is_err(), "{asked}");
        }
    }
}
