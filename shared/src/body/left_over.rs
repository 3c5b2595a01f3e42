//! What programs write where a value is missing: a text of nothing else would be spoken, or be all
//! that an AI goes by, and be charged.

/// Of JavaScript and JSON, Python, Ruby, Go and numbers that are none.
const LEFT_OVER: [&str; 7] = ["undefined", "null", "none", "nil", "nan", "%!s", "%!v"];

/// What is said of such a text.
pub(super) const SAID: &str = "has nothing in it but what programs write where a value is missing, such as undefined, null or [object Object]; send the text itself";

/// Whether there is nothing else in a text, however often and whatever joins them. A text of signs
/// alone is not meant.
pub(super) fn is_only(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut rest = lower.as_str();
    let mut found = false;
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = LEFT_OVER.iter().find_map(|word| rest.strip_prefix(word)).or_else(|| object(rest)) {
            found = true;
            rest = behind;
        } else if first.is_alphanumeric() {
            return false;
        } else {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
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
            "null\u{200b}null",
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
            "Null-O-Matic",
        ] {
            assert!(!is_only(text), "{text:?}");
        }
    }
}
