//! Text in which there is nothing to read: blanks, line breaks, characters that leave no mark, and
//! accents without a letter.

use std::sync::LazyLock;

/// White space, and what Unicode calls default ignorable: characters of no width, marks of
/// direction, fillers, variation selectors and tags. Beside them what stands for an annotation or
/// an object that is not there, the joiners of hieroglyphs, what is not a character, and the blank
/// of Braille and the note without a head, which are characters and show nothing. In order, both
/// ends included.
pub const BLANKS: [(char, char); 28] = [
    ('\t', '\r'),
    (' ', ' '),
    ('\u{85}', '\u{85}'),
    ('\u{a0}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffc}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Combining marks: Unicode 16's category M, in hexadecimal. Most are accents and vowels that stand
/// on the letter before them.
const COMBINING: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/marks.txt"));

static MARKS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let character = |hexadecimal: &str| u32::from_str_radix(hexadecimal, 16).ok().and_then(char::from_u32);
    let range = |entry: &str| {
        let (first, last) = entry.split_once('-').unwrap_or((entry, entry));
        Some((character(first)?, character(last)?))
    };
    COMBINING.split_ascii_whitespace().filter_map(range).collect()
});

/// Whether there is nothing to read in a text. A mark is read with its letter: with none, it is
/// nothing.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| leaves_no_mark(c) || is_combining(c))
}

/// How many characters of a text are to be seen, blanks around it not counted: those between words
/// count, and what has no width does not.
pub fn visible(text: &str) -> usize {
    trimmed(text).chars().filter(|c| c.is_whitespace() || !leaves_no_mark(*c)).count()
}

/// What leaves no mark and is not a blank between words either, in order, both ends included.
pub fn without_width() -> Vec<(char, char)> {
    let mut all: Vec<(char, char)> = Vec::new();
    for c in BLANKS.iter().flat_map(|(first, last)| *first..=*last).filter(|c| !c.is_whitespace()) {
        match all.last_mut() {
            Some((_, end)) if u32::from(c) == u32::from(*end).saturating_add(1) => *end = c,
            _ => all.push((c, c)),
        }
    }
    all
}

/// A text without the blanks around it.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(leaves_no_mark)
}

/// What a form or a file leaves around a code, as an expression.
pub const AROUND_A_CODE: &str = r"[ \t\n\r]*";

/// A code without that.
pub fn bare(code: &str) -> &str {
    code.trim_matches([' ', '\t', '\n', '\r'])
}

/// All that [`is_blank`] passes, in order, both ends included.
pub fn unreadable() -> Vec<(char, char)> {
    let mut all: Vec<_> = BLANKS.iter().chain(&*MARKS).copied().collect();
    all.sort_unstable();
    let mut merged: Vec<(char, char)> = Vec::new();
    for (first, last) in all {
        match merged.last_mut() {
            Some((_, end)) if u32::from(first) <= u32::from(*end).saturating_add(1) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
}

fn is_combining(c: char) -> bool {
    let after = MARKS.partition_point(|(first, _)| *first <= c);
    after.checked_sub(1).and_then(|at| MARKS.get(at)).is_some_and(|(_, last)| c <= *last)
}

/// Whether a character shows nothing.
pub fn leaves_no_mark(c: char) -> bool {
    BLANKS.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::{BLANKS, is_blank, is_combining, leaves_no_mark, trimmed, unreadable};

    #[test]
    fn white_space_of_every_kind_is_blank() {
        for c in '\0'..=char::MAX {
            assert!(!c.is_whitespace() || leaves_no_mark(c), "{c:?}");
        }
        for text in
            ["", " ", "\n\t\r", "\u{200b}\u{2060}\u{feff}", "\u{ad}\u{61c}\u{202e}", "\u{3164}\u{2800}", "\u{e0020}"]
                .into_iter()
                .chain([
                    "\u{fff9}\u{fffa}\u{fffb}",
                    "\u{fffc}",
                    "\u{ffff}\u{fdd0}",
                    "\u{1d159}\u{13430}",
                    "\u{fe0f}",
                    "\u{e0100}",
                    " \u{301} ",
                    "\u{20dd}\u{64b}",
                ])
        {
            assert!(is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn what_can_be_read_is_not_blank() {
        for text in ["a", " . ", "٤", "日本", "\u{1f600}", "\u{200b}x", "\0", "-", "e\u{301}", "\u{fffd}"] {
            assert!(!is_blank(text), "{text:?}");
        }
        assert!(BLANKS.is_sorted());
    }

    #[test]
    fn a_combining_mark_is_what_unicode_says() {
        let mark = Regex::new(r"^\p{M}$").unwrap();
        for c in '\0'..=char::MAX {
            assert_eq!(is_combining(c), mark.is_match(c.encode_utf8(&mut [0; 4])), "{c:?}");
        }
    }

    #[test]
    fn what_is_unreadable_is_listed_once_and_in_order() {
        let listed = unreadable();
        assert!(listed.is_sorted() && listed.windows(2).all(|two| two[0].1 < two[1].0));
        for c in '\0'..='\u{1ffff}' {
            let here = listed.iter().any(|(first, last)| (*first..=*last).contains(&c));
            assert_eq!(here, is_blank(c.encode_utf8(&mut [0; 4])), "{c:?}");
        }
    }

    #[test]
    fn blanks_around_a_text_are_taken_off_and_marks_stay_on_their_letters() {
        assert_eq!(trimmed("\u{200b} e\u{301}\n"), "e\u{301}");
        assert_eq!(trimmed("a b"), "a b");
        assert_eq!(trimmed(" \u{3000}"), "");
    }
}
