//! The words of a name, whatever its style, and what they speak of.

use crate::api::Parts;
use crate::types::{in_latin, is_misspelt};

/// So much of a name is read for its words.
const LONGEST_READ: usize = 64;

/// A word of this many letters is recognised inside others, and in spite of a slip: a shorter one
/// is a part of too many.
const SURE: usize = 7;

/// A name, word by word.
pub(super) struct Words {
    each: Vec<String>,
    /// All of them in one.
    joined: String,
}

impl Words {
    /// Reads a name. `targetCountry2`, `target-country-2` and `params[target_country]` have the
    /// same words.
    pub(super) fn of(name: &str) -> Self {
        let mut each = vec![String::new()];
        let mut last = ' ';
        for c in in_latin(name).chars().take(LONGEST_READ) {
            let begins = !c.is_alphanumeric()
                || c.is_uppercase() && last.is_lowercase()
                || last.is_alphanumeric() && c.is_numeric() != last.is_numeric();
            if begins {
                each.push(String::new());
            }
            if let Some(word) = each.last_mut().filter(|_| c.is_alphanumeric()) {
                word.extend(c.to_lowercase());
            }
            last = c;
        }
        each.retain(|word| !word.is_empty());
        Self { joined: each.concat(), each }
    }

    /// Whether it speaks of something by any of these.
    pub(super) fn speak_of(&self, parts: &[Parts]) -> bool {
        let fits = |groups: Parts, group: &str| match group.strip_prefix('!') {
            Some(none) => !none.split(' ').any(|word| self.has_exactly(word) || self.has_before(word, groups)),
            None => group.split(' ').any(|word| self.has(word)),
        };
        parts.iter().any(|groups| groups.iter().all(|group| fits(groups, group)))
    }

    /// Whether a word is written in one with one of these: `usercountry`.
    fn has_before(&self, word: &str, groups: Parts) -> bool {
        let mut rests = self.each.iter().filter_map(|own| own.strip_prefix(word));
        rests.any(|rest| {
            let mut named = groups.iter().filter(|group| !group.starts_with('!')).flat_map(|group| group.split(' '));
            named.any(|named| named.len() >= SURE && rest.starts_with(named))
        })
    }

    /// Whether one of these is among them, or is all of them, as it is written here.
    pub(super) fn have_one_of(&self, words: &str) -> bool {
        words.split(' ').any(|word| self.joined == word || self.has_exactly(word))
    }

    /// The one that says what it is, where those before it say of what.
    pub(super) fn last(&self) -> Option<&str> {
        self.each.last().map(String::as_str)
    }

    fn has_exactly(&self, word: &str) -> bool {
        self.each.iter().any(|own| own == word)
    }

    fn has(&self, word: &str) -> bool {
        let is_sure = word.len() >= SURE;
        self.has_exactly(word)
            || is_sure && (self.joined.contains(word) || self.each.iter().any(|own| is_misspelt(word, own)))
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn a_name_has_the_same_words_in_every_style() {
        for name in ["targetCountryCode2", "target_country_code_2", "Target-Country.Code[2]", "tаrget_cоuntry_code2"]
        {
            assert_eq!(Words::of(name).each, ["target", "country", "code", "2"], "{name}");
        }
        assert_eq!(Words::of("ISO").each, ["iso"]);
        assert!(Words::of("__").each.is_empty());
    }

    #[test]
    fn a_name_speaks_of_what_all_groups_name_and_none_excludes() {
        let parts: &[&[&str]] = &[&["country", "!user"], &["max", "length time"]];
        for (name, speaks) in [
            ("target_country", true),
            ("mycountry", true),
            ("contry_wanted", true),
            ("user_country", false),
            ("usercountrycode", false),
            ("othercountry", true),
            ("max_call_length", true),
            ("maximum", false),
            ("time_max", true),
            ("maxtime", false),
            ("length", false),
        ] {
            assert_eq!(Words::of(name).speak_of(parts), speaks, "{name}");
        }
    }
}
