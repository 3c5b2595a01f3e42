//! A name that a caller chose: what is left of it to be compared, and what of it can be shown.

use crate::types::{LONGEST_READ, in_latin, is_blank, leaves_no_mark};

/// No name of ours is longer.
const LONGEST_PLAIN: usize = 48;
/// The characters of one that is shown.
const LONGEST_NAME: usize = 64;

/// Letters and digits in lower case, Latin where they look so: what is left of a name whatever its
/// style. Nothing, where that is nothing or is longer than any name of ours.
pub(super) fn plain(name: &str) -> Option<String> {
    let mut plain = in_latin(name).to_lowercase();
    plain.retain(char::is_alphanumeric);
    (!plain.is_empty() && plain.len() < LONGEST_PLAIN).then_some(plain)
}

/// A name that a caller chose, as it can be shown: what can be seen of it, and not too much.
pub fn shown(name: &str) -> String {
    let visible = name.chars().take(LONGEST_READ).filter(|c| !c.is_control() && (*c == ' ' || !leaves_no_mark(*c)));
    let shown: String = visible.take(LONGEST_NAME).collect();
    if is_blank(&shown) { "?".to_owned() } else { shown }
}
