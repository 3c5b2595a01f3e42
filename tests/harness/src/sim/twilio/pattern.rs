//! `Contains` of a search: text that a number has inside, at its beginning or at its end, as
//! Twilio's document has it.

/// A pattern that was taken.
#[derive(Debug)]
pub(super) struct Pattern {
    /// `+`: the number begins with it.
    begins: bool,
    /// `$`: the number ends with it.
    ends: bool,
    /// How many single characters stand before and behind it at least.
    room: (usize, usize),
    text: String,
}

impl Pattern {
    /// Two to sixteen characters: `+` at the beginning, `$` at the end, `*` and `%` around at least
    /// two letters or digits and never between them. Meta-characters that differ cannot be
    /// neighbours.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        if !(2..=16).contains(&pattern.chars().count()) {
            return None;
        }
        let begins = pattern.strip_prefix('+');
        let rest = begins.unwrap_or(pattern);
        let ends = rest.strip_suffix('$');
        let rest = ends.unwrap_or(rest);
        let wild = |c: char| matches!(c, '*' | '%');
        let text = rest.trim_matches(wild);
        let (before, behind) = rest.split_once(text)?;
        let tied = (begins.is_some() && !before.is_empty()) || (ends.is_some() && !behind.is_empty());
        let mixed = [before, behind].iter().any(|wilds| wilds.contains('*') && wilds.contains('%'));
        if tied || mixed || text.len() < 2 || !text.chars().all(|c| c.is_ascii_alphanumeric()) {
            return None;
        }
        let stars = |wilds: &str| wilds.matches('*').count();
        let room = (stars(before), stars(behind));
        Some(Self { begins: begins.is_some(), ends: ends.is_some(), room, text: text.to_ascii_uppercase() })
    }

    /// Whether a number in E.164 is like this.
    pub(super) fn admits(&self, phone_number: &str) -> bool {
        let digits = phone_number.trim_start_matches('+');
        let wanted: String = self.text.chars().map(on_the_keypad).collect();
        (0..digits.len()).filter(|at| digits.get(*at..).is_some_and(|rest| rest.starts_with(&wanted))).any(|at| {
            let behind = digits.len() - at - wanted.len();
            (!self.begins || at == 0) && (!self.ends || behind == 0) && at >= self.room.0 && behind >= self.room.1
        })
    }
}

/// A letter is the digit of its key.
fn on_the_keypad(c: char) -> char {
    match c {
        'A'..='C' => '2',
        'D'..='F' => '3',
        'G'..='I' => '4',
        'J'..='L' => '5',
        'M'..='O' => '6',
        'P'..='S' => '7',
        'T'..='V' => '8',
        'W'..='Z' => '9',
        digit => digit,
    }
}
