//! Words that are nearly another: what a hasty hand writes.

use std::str::Chars;

/// The bytes by which one letter can make a word longer.
const LONGEST_LETTER: usize = 4;

/// Whether one letter is missing, too many, another, or has changed places with its neighbour.
pub fn is_one_slip_from(name: &str, other: &str) -> bool {
    slip(name, other).is_some()
}

/// The same without another number or tense of a word: `attempt` is said of something else than
/// `attempts`, and `executed_at` than `execute_at`.
pub fn is_misspelt(name: &str, other: &str) -> bool {
    match slip(name, other) {
        Some(Slip::Length(c)) => c != 's' && c != 'd',
        Some(Slip::Other) => true,
        None => false,
    }
}

/// How two words differ.
enum Slip {
    /// By this letter, which one of them has.
    Length(char),
    /// By another letter, or two that have changed places.
    Other,
}

/// Without a copy of either: a body is compared with some hundred words for each of its names.
fn slip(name: &str, other: &str) -> Option<Slip> {
    if name.len().abs_diff(other.len()) > LONGEST_LETTER {
        return None;
    }
    let (mut name, mut other) = (name.chars(), other.chars());
    while let Some(rest) = both_without(Chars::next, &name, &other) {
        (name, other) = rest;
    }
    while let Some(rest) = both_without(Chars::next_back, &name, &other) {
        (name, other) = rest;
    }
    let three = |mut rest: Chars<'_>| [rest.next(), rest.next(), rest.next()];
    match (three(name), three(other)) {
        ([None, ..], [Some(c), None, _]) | ([Some(c), None, _], [None, ..]) => Some(Slip::Length(c)),
        ([Some(_), None, _], [Some(_), None, _]) => Some(Slip::Other),
        ([Some(a), Some(b), None], [Some(c), Some(d), None]) if a == d && b == c => Some(Slip::Other),
        _ => None,
    }
}

/// What is left of two words without a letter that both have at the same end.
fn both_without<'a>(
    end: impl Fn(&mut Chars<'a>) -> Option<char>,
    name: &Chars<'a>,
    other: &Chars<'a>,
) -> Option<(Chars<'a>, Chars<'a>)> {
    let (mut name, mut other) = (name.clone(), other.clone());
    let letter = end(&mut name)?;
    (end(&mut other) == Some(letter)).then_some((name, other))
}

#[cfg(test)]
mod tests {
    use super::{is_misspelt, is_one_slip_from};

    #[test]
    fn another_number_or_tense_is_no_misspelling() {
        for (name, other) in [("attempts", "attempt"), ("executeat", "executedat"), ("applicationsid", "applicationid")]
        {
            assert!(is_one_slip_from(name, other) && !is_misspelt(name, other) && !is_misspelt(other, name), "{name}");
        }
        for (name, other) in [("attempts", "atempts"), ("task", "tsak"), ("task", "tesk"), ("dates", "datts")] {
            assert!(is_misspelt(name, other) && is_misspelt(other, name), "{name}");
        }
        assert!(!is_misspelt("task", "task") && !is_misspelt("task", "kast"));
    }

    #[test]
    fn a_slip_is_one_letter() {
        for (name, other) in [
            ("task", "tasks"),
            ("task", "tsk"),
            ("task", "tesk"),
            ("task", "tsak"),
            ("voice", "voice"),
            ("voice", "voiсe"),
            ("langue", "långue"),
            ("aab", "ab"),
        ] {
            assert_eq!(is_one_slip_from(name, other), name != other, "{name} {other}");
            assert_eq!(is_one_slip_from(other, name), name != other, "{name} {other}");
        }
        for (name, other) in
            [("task", "tassks"), ("task", "kast"), ("task", "ta"), ("task", ""), ("model", "mode!s"), ("from", "frame")]
        {
            assert!(!is_one_slip_from(name, other), "{name} {other}");
        }
    }
}
