//! Text in which there is nothing to read: blanks, line breaks, and characters that leave no mark.

/// White space, and what Unicode calls default ignorable: characters of no width, marks of direction, fillers, variation
/// selectors and tags. Beside them the blank of Braille, which is a character of its own and shows nothing. In order, both
/// ends included.
pub const BLANKS: [(char, char); 24] = [
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
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether there is nothing to read in a text.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(leaves_no_mark)
}

/// Whether a character shows nothing.
pub fn leaves_no_mark(c: char) -> bool {
    BLANKS.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

#[cfg(test)]
mod tests {
    use super::{BLANKS, is_blank, leaves_no_mark};

    #[test]
    fn white_space_of_every_kind_is_blank() {
        for c in '\0'..=char::MAX {
            assert!(!c.is_whitespace() || leaves_no_mark(c), "{c:?}");
        }
        for text in
            ["", " ", "\n\t\r", "\u{200b}\u{2060}\u{feff}", "\u{ad}\u{61c}\u{202e}", "\u{3164}\u{2800}", "\u{e0020}"]
        {
            assert!(is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn what_can_be_read_is_not_blank() {
        for text in ["a", " . ", "٤", "日本", "\u{1f600}", "\u{200b}x", "\0", "-"] {
            assert!(!is_blank(text), "{text:?}");
        }
        assert!(BLANKS.is_sorted());
    }
}
