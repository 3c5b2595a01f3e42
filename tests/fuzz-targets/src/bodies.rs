//! Bodies of requests, through the shipped functions. Without a payment, one that is taken is
//! answered with the price, and one that is not with 400.

use std::collections::BTreeSet;

use futures_util::FutureExt;

use crate::json::{self, Json};
use crate::{fit, payment};

/// The byte that chooses what is free and takes a body.
const HANG_UP: u8 = 0xff;

/// The first byte chooses the endpoint; the rest is the body.
pub fn body(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    if *choice == HANG_UP {
        return hangs_up(body);
    }
    let function = payment::alone().chosen(*choice, 256);
    let answer = function.post(&[], body).now_or_never().expect("an answer without asking a neighbour");
    let (status, answer) = fit::opened(&answer);
    match status {
        402 => assert!(is_taken(function.name, body), "{} took this", function.name),
        400 => {
            let field = answer.text_of("field").expect("a field");
            // It may be a name of the caller's own, of which no more is said than can be seen.
            assert!((1..=64).contains(&field.chars().count()) && !field.contains(char::is_control), "{field:?}");
            assert!(matches!(answer.text_of("code"), Some("bad_request" | "unsupported_destination")));
        }
        413 => assert!(body.len() > 128 * 1024),
        _ => panic!("{status}"),
    }
}

/// A hang-up of no call: one whose body is taken finds that there is none.
fn hangs_up(body: &[u8]) {
    let answer = payment::alone().hang_up(body).now_or_never().expect("an answer without asking a neighbour");
    let (status, answer) = fit::opened(&answer);
    match status {
        404 => assert!(is_taken("voice_call_hangup", body)),
        400 => assert!(answer.text_of("field").is_some()),
        413 => assert!(body.len() > 128 * 1024),
        _ => panic!("{status}"),
    }
}

/// What a taken body must be at least.
fn is_taken(function: &str, body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // A question that asks for nothing learns the price.
    if matches!(body.trim_ascii(), b"" | b"null" | b"\"\"") {
        return true;
    }
    // A hang-up needs nothing of its body, and looks into an object alone.
    let hangs_up = function == "voice_call_hangup";
    let Some(document) = json::read(body) else { return hangs_up };
    let root = &document.root;
    if hangs_up || [Json::Object(Vec::new()), Json::List(Vec::new())].contains(root) {
        return true;
    }
    let fits = match function {
        "numbers_list" => true,
        "voice_calls_list" => is_a_page(root),
        "numbers_buy" => {
            optional(root, &["country"], |text| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()))
                && optional(root, &["area_code", "areaCode"], |text| {
                    text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit()) && text.as_bytes()[0] >= b'2'
                })
        }
        "numbers_renew" => required(root, &["phone_number", "phoneNumber"], is_e164),
        _ => is_a_call(root),
    };
    fits && matches!(root, Json::Object(_)) && document.depth <= 8
}

/// What a page of calls may be asked for by.
fn is_a_page(root: &Json) -> bool {
    let status = ["started", "in-progress", "completed", "failed", "no_answer", "busy"];
    let written = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    whole(root, "limit", 1.0, 100.0)
        && optional(root, &["number"], is_e164)
        && optional(root, &["status"], |text| status.contains(&text))
        && optional(root, &["since"], |text| text.len() >= 20 && text.is_ascii())
        && optional(root, &["cursor"], |text| text.len() == 68 && text.bytes().all(written))
}

/// A whole number between two others, or nothing.
fn whole(root: &Json, key: &str, least: f64, most: f64) -> bool {
    match root.get(key) {
        Some(Json::Number(digits)) => {
            digits.parse().is_ok_and(|number: f64| (least..=most).contains(&number) && number.fract() == 0.0)
        }
        _ => is_absent(root, key),
    }
}

fn is_a_call(root: &Json) -> bool {
    let said = |least, most| {
        move |text: &str| {
            let control = |c: char| c.is_control() && !"\n\r\t".contains(c);
            let seen = trimmed(text).chars().filter(|c| c.is_whitespace() || !shows_nothing(*c)).count();
            let said = seen >= least && text.chars().count() <= most && !text.contains(control);
            said && !is_left_by_a_template(text)
        }
    };
    required(root, &["phone_number", "to", "phoneNumber"], is_e164)
        && required(root, &["task"], said(10, 4_000))
        && optional(root, &["from"], is_e164)
        && optional(root, &["voice"], is_a_voice)
        && optional(root, &["first_sentence"], |text| said(1, 500)(text) && !text.contains(['{', '}']))
        && optional(root, &["voicemail_message"], |text| said(1, 500)(text) && !text.contains(['{', '}']))
        && root.get("questions").is_none_or(are_questions)
        && optional(root, &["language"], |text| text.is_ascii() && text.len() <= 35)
        && whole(root, "max_duration", 1.0, 30.0)
        && whole(root, "interruption_threshold", 0.0, 10_000.0)
        && (is_absent(root, "wait_for_greeting") || matches!(root.get("wait_for_greeting"), Some(Json::Bool(_))))
}

/// Whether a template that had nothing to fill in wrote all of a text: whole words of that sort,
/// between signs and blanks.
fn is_left_by_a_template(text: &str) -> bool {
    let flat = text.to_ascii_lowercase().replace("[object object]", " null ");
    let mut words =
        flat.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| ["undefined", "null", "none", "nil", "nan"].contains(&word))
}

/// Ten questions at most, each with a name of its own, a type that there is, and options for an
/// `enum` alone.
fn are_questions(given: &Json) -> bool {
    let Json::List(all) = given else {
        return *given == Json::Null || given.text().is_some_and(|text| text.chars().all(shows_nothing));
    };
    let name = |one: &Json| last(one, "name").and_then(Json::text).map(str::to_owned);
    let names: BTreeSet<_> = all.iter().filter_map(name).collect();
    all.len() <= 10 && names.len() == all.len() && all.iter().all(is_a_question)
}

fn is_a_question(one: &Json) -> bool {
    let Json::Object(fields) = one else { return false };
    let short = |text: &str, longest| {
        (1..=longest).contains(&text.chars().count())
            && !text.contains(|c: char| c.is_control() || "{}".contains(c))
            && !text.chars().all(shows_nothing)
    };
    let is_named =
        |name: &str| (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let is_nothing = |given: &Json| match given {
        Json::List(options) => options.is_empty(),
        given => *given == Json::Null || given.text().is_some_and(|text| text.chars().all(shows_nothing)),
    };
    let options = last(one, "options").filter(|options| !is_nothing(options));
    let are_options = |options: &Json| {
        let Json::List(options) = options else { return false };
        let texts: BTreeSet<_> =
            options.iter().filter_map(|one| Some(trimmed(one.text()?).to_ascii_lowercase())).collect();
        (2..=8).contains(&options.len()) && texts.len() == options.len() && texts.iter().all(|text| short(text, 32))
    };
    let kind = last(one, "type").and_then(Json::text);
    fields.iter().all(|(name, _)| ["name", "question", "type", "options"].contains(&name.as_str()))
        && last(one, "name").and_then(Json::text).is_some_and(is_named)
        && last(one, "question")
            .and_then(Json::text)
            .is_some_and(|text| short(trimmed(text), 200) && !is_left_by_a_template(text))
        && match kind {
            Some("enum") => options.is_some_and(are_options),
            Some("string" | "boolean" | "number") => options.is_none(),
            _ => false,
        }
}

/// Of a key that is there twice the last one counts, for every parser that we know.
fn last<'a>(one: &'a Json, key: &str) -> Option<&'a Json> {
    let Json::Object(fields) = one else { return None };
    fields.iter().rfind(|(name, _)| name == key).map(|(_, value)| value)
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(shows_nothing)
}

/// One that Bland's documentation names, or the id of one of these.
fn is_a_voice(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    ["derek", "florian", "josh", "june", "karen", "maya", "nat", "paige", "willow"].contains(&text.as_str())
        || text == "d4610ec1-933d-44c9-a05f-53df2437808d"
}

/// Given in one of its spellings, or in several that agree.
fn required(root: &Json, spellings: &[&str], fits: impl Fn(&str) -> bool) -> bool {
    spellings.iter().any(|key| !is_absent(root, key)) && optional(root, spellings, fits)
}

fn optional(root: &Json, spellings: &[&str], fits: impl Fn(&str) -> bool) -> bool {
    let mut given = spellings.iter().filter(|key| !is_absent(root, key)).map(|key| root.text_of(key));
    let Some(first) = given.next() else { return true };
    first.is_some_and(fits) && given.all(|other| other == first)
}

/// Not there, null, or text that shows nothing.
fn is_absent(root: &Json, key: &str) -> bool {
    root.lacks(key) || root.text_of(key).is_some_and(|text| text.chars().all(shows_nothing))
}

/// What Unicode 17 calls `White_Space` or `Default_Ignorable_Code_Point`, annotations, hieroglyphs'
/// joiners, what is not a character, the blank of Braille and the note without a head.
fn shows_nothing(c: char) -> bool {
    c.is_whitespace()
        || matches!(u32::from(c),
            0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x202a..=0x202e
            | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xfdd0..=0xfdef | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffc
            | 0xfffe | 0xffff | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d159 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// E.164, as strict as a telephone is.
pub(crate) fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    let plausible = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let american = |national: &str| {
        national.len() == 10 && [national.as_bytes()[0], national.as_bytes()[3]].iter().all(|digit| *digit >= b'2')
    };
    plausible && !digits.starts_with('0') && digits.strip_prefix('1').is_none_or(american)
}
