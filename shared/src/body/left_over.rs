//! What programs write where a value is missing: a text of nothing else would be spoken, or be all
//! that an AI goes by, and be charged. `api::no_text` says the same to readers of the schema.

use crate::types::WORDS_FOR_NOTHING;

/// What Go writes in front of a value that it cannot format.
const FORMATS: [&str; 2] = ["%!s", "%!v"];

/// What is said of such a text.
pub(super) const SAID: &str = "has nothing in it but what programs write where a value is missing, such as undefined, null or [object Object]; send the text itself";

fn words() -> impl Iterator<Item = &'static str> {
    WORDS_FOR_NOTHING.into_iter().chain(FORMATS)
}

/// Whether there is nothing else in a text, however often, with blanks or signs of ASCII between. A
/// text of signs alone is not meant.
pub(super) fn is_only(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut rest = lower.as_str();
    let mut found = false;
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = words().find_map(|word| rest.strip_prefix(word)).or_else(|| object(rest)) {
            found = true;
            rest = behind;
        } else if first.is_ascii_punctuation() || first.is_ascii_whitespace() {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            return false;
        }
    }
    found
}

/// What is behind an object that JavaScript made a text of: `[object Object]`, `[object Promise]`.
fn object(text: &str) -> Option<&str> {
    let (class, behind) = text.strip_prefix("[object ")?.split_once(']')?;
    (!class.is_empty() && class.bytes().all(|b| b.is_ascii_alphabetic())).then_some(behind)
}

#[cfg(test)]
mod tests {
    use super::is_only;

    #[test]
    fn a_text_of_what_is_left_over_is_told_from_one_that_speaks_of_it() {
        for text in [
            "undefined",
            "None",
            "null null null",
            "[object Object]",
            "[object Object],[object Promise]",
            " NaN\n",
            "undefinedundefined",
            "undefined. undefined!",
            "<nil>",
            "(null)",
            "%!s(<nil>)",
            "\"None\"",
            "[None, None]",
        ] {
            assert!(is_only(text), "{text:?}");
        }
        for text in [
            "",
            "...",
            "none of it",
            "nonesuch",
            "Nancy",
            "nil nine",
            "Hello, undefined",
            "[object ]",
            "[object Object",
            "[object of art]",
            "nullé",
            "null\u{200b}null",
            "null\u{2014}null",
            "Null-O-Matic",
        ] {
            assert!(!is_only(text), "{text:?}");
        }
    }
}
