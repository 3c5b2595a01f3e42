//! Bodies of requests, through the shipped functions. Without a payment, one that is taken is answered with the price, and
//! one that is not with 400.

use futures_util::FutureExt;

use crate::json::{self, Json};
use crate::{fit, payment};

/// The first byte chooses the endpoint; the rest is the body.
pub fn body(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let function = &payment::alone().paid[usize::from(*choice) % 4];
    let answer = function.post(&[], body).now_or_never().expect("an answer without asking anybody");
    let (status, answer) = fit::opened(&answer);
    match status {
        402 => assert!(is_taken(function.name, body), "{} took this", function.name),
        400 => {
            let field = answer.text_of("field").expect("a field");
            // It may be a name of the caller's own, of which no more is said than can be seen.
            assert!((1..=64).contains(&field.chars().count()) && !field.contains(char::is_control), "{field:?}");
            assert!(matches!(answer.text_of("code"), Some("bad_request" | "unsupported_destination")));
        }
        413 => assert!(body.len() > 64 * 1024),
        _ => panic!("{status}"),
    }
}

/// What a taken body must be at least.
fn is_taken(function: &str, body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // A question that asks for nothing learns the price.
    if body.trim_ascii().is_empty() {
        return true;
    }
    let Some(document) = json::read(body) else { return false };
    let root = &document.root;
    if *root == Json::Object(Vec::new()) {
        return true;
    }
    let fits = match function {
        "numbers_list" => true,
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

fn is_a_call(root: &Json) -> bool {
    let whole = |key, least: f64, most: f64| match root.get(key) {
        Some(Json::Number(digits)) => {
            digits.parse().is_ok_and(|number: f64| (least..=most).contains(&number) && number.fract() == 0.0)
        }
        _ => is_absent(root, key),
    };
    let said = |least, most| {
        move |text: &str| {
            let control = |c: char| c.is_control() && !"\n\r\t".contains(c);
            (least..=most).contains(&text.chars().count()) && !text.contains(control)
        }
    };
    required(root, &["phone_number", "to", "phoneNumber"], is_e164)
        && required(root, &["task"], said(10, 4_000))
        && optional(root, &["from"], is_e164)
        && optional(root, &["voice"], said(1, 256))
        && optional(root, &["first_sentence"], said(1, 500))
        && optional(root, &["language"], |text| text.is_ascii() && text.len() <= 35)
        && whole("max_duration", 1.0, 30.0)
        && whole("interruption_threshold", 0.0, 10_000.0)
        && (is_absent(root, "wait_for_greeting") || matches!(root.get("wait_for_greeting"), Some(Json::Bool(_))))
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

/// What Unicode 17 calls `White_Space` or `Default_Ignorable_Code_Point`, and the blank of Braille.
fn shows_nothing(c: char) -> bool {
    c.is_whitespace()
        || matches!(u32::from(c),
            0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x202a..=0x202e
            | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfff8 | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
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
