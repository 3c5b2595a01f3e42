//! Voices: the dialler's curated ones, by name or by id, in a table of ours. Pure.
//!
//! Only what is in the table is sold. What else the dialler has costs more than the price of a call
//! covers (voices of its creators, by the character) or is the operator's own (clones). And what it
//! does with a voice that it does not have is not documented: a call that speaks with another voice
//! than was asked for would be sold.
//!
//! `docs/decisions.md`: Why is a voice taken only from our own table?

use std::sync::LazyLock;

use super::languages::in_any_letters;
use super::nearest;
use crate::types::bare;

/// The table, as `dialtone voices` writes it.
const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/voices.tsv"));

/// The digits of an id, group by group.
const ID: [usize; 5] = [8, 4, 4, 4, 12];

/// This many voices are named where none is near.
const NAMED: usize = 12;

static ALL: LazyLock<Vec<Voice<'static>>> = LazyLock::new(|| read(TABLE));

/// A voice of the dialler's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Voice<'a> {
    /// Its name, as the dialler spells it.
    pub name: &'a str,
    /// Its id, a UUID, where it is known.
    pub id: Option<&'a str>,
    /// What it speaks best, as a field `language` would say it.
    pub language: Option<&'a str>,
    /// How it sounds.
    pub description: Option<&'a str>,
    /// Where it can be heard.
    pub sample: Option<&'a str>,
}

/// A voice that is not in the table. `Display` names the nearest, or some that there are.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is not a voice that there is. {0} GET /api/v1/voice/voices lists all of them")]
pub struct UnknownVoice(String);

/// The table.
pub fn all() -> &'static [Voice<'static>] {
    &ALL
}

/// The names in the table, as the dialler spells them.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|voice| voice.name)
}

/// A voice as the dialler spells it: by its name or by its id, as it was asked for.
pub fn for_dialler(asked: &str) -> Result<&'static str, UnknownVoice> {
    let asked = bare(asked);
    let spellings = ALL.iter().flat_map(|voice| [Some(voice.name), voice.id]).flatten();
    let mut fits = spellings.filter(|spelling| spelling.eq_ignore_ascii_case(asked));
    fits.next().ok_or_else(|| UnknownVoice(instead_of(asked)))
}

/// A voice's own name, however it is spelled: two requests for it ask for the same.
pub fn of_any_spelling(spelling: &str) -> &str {
    let is_it = |voice: &&Voice<'static>| voice.name == spelling || voice.id == Some(spelling);
    ALL.iter().find(is_it).map_or(spelling, |voice| voice.name)
}

/// What there is instead.
fn instead_of(asked: &str) -> String {
    let near = nearest::names(asked, names());
    if near.is_empty() {
        let some: Vec<_> = names().take(NAMED).collect();
        format!("There are {}{}.", some.join(", "), if ALL.len() > NAMED { " and others" } else { "" })
    } else {
        format!("Did you mean {}?", near.join(" or "))
    }
}

/// What [`for_dialler`] reads, without what may be around it, as a regular expression.
pub fn pattern() -> String {
    let spellings = ALL.iter().flat_map(|voice| [Some(voice.name), voice.id]).flatten();
    spellings.map(in_any_letters).collect::<Vec<_>>().join("|")
}

/// The voices of a table, line by line. Lines that begin with a number sign are remarks.
pub fn read(table: &str) -> Vec<Voice<'_>> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(Voice::of_line).collect()
}

/// The lines at the head of a table, which say what it is.
pub fn head() -> String {
    TABLE.lines().take_while(|line| line.starts_with('#')).fold(String::new(), |head, line| head + line + "\n")
}

/// Whether a text is the id of a voice: a UUID.
pub fn is_id(text: &str) -> bool {
    let is_group = |group: &str, digits| group.len() == digits && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == ID.len() && groups.iter().zip(ID).all(|(group, digits)| is_group(group, digits))
}

impl<'a> Voice<'a> {
    fn of_line(line: &'a str) -> Option<Self> {
        let mut columns = line.split('\t').map(|column| Some(column).filter(|column| !column.is_empty()));
        let mut next = || columns.next().flatten();
        Some(Self { name: next()?, id: next(), language: next(), description: next(), sample: next() })
    }

    /// Its line in a table.
    pub fn line(&self) -> String {
        let columns = [Some(self.name), self.id, self.language, self.description, self.sample];
        columns.map(Option::unwrap_or_default).join("\t").trim_end_matches('\t').to_owned()
    }

    /// What a call may ask for it by.
    pub fn asked_for_by(&self) -> &'a str {
        self.id.unwrap_or(self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{TABLE, Voice, all, for_dialler, head, is_id, names, read};
    use crate::api::languages;

    const ID: &str = "d4610ec1-933d-44c9-a05f-53df2437808d";

    #[test]
    fn a_voice_is_known_by_its_name_in_any_letters_or_by_its_id() {
        for (asked, voice) in [
            ("maya", "maya"),
            ("Maya", "maya"),
            (" JOSH\n", "josh"),
            ("karen", "Karen"),
            (ID, ID),
            ("D4610EC1-933D-44C9-A05F-53DF2437808D", ID),
        ] {
            assert_eq!(for_dialler(asked), Ok(voice), "{asked}");
        }
        for voice in all() {
            assert!(for_dialler(voice.asked_for_by()).is_ok() && for_dialler(voice.name).is_ok(), "{voice:?}");
        }
    }

    #[test]
    fn what_is_not_a_voice_is_told_the_nearest_or_which_there_are() {
        for (asked, near) in
            [("mayaa", "maya"), ("may", "maya"), ("flroian", "florian"), ("Dereck", "derek"), ("wilow", "willow")]
        {
            let message = for_dialler(asked).unwrap_err().to_string();
            assert!(message.contains(&format!("Did you mean {near}?")), "{message}");
        }
        for asked in ["alloy", "rachel", "2", "male", "maya josh", "d4610ec1933d44c9a05f53df2437808d", &ID[1..]] {
            let message = for_dialler(asked).unwrap_err().to_string();
            assert!(names().take(9).all(|name| message.contains(name)), "{message}");
            assert!(message.ends_with("GET /api/v1/voice/voices lists all of them"), "{message}");
        }
    }

    /// The dialler has more voices than the table, and these are paid for by the character, or the
    /// operator's own.
    #[test]
    fn an_id_that_is_not_in_the_table_is_not_a_voice() {
        assert!(for_dialler("0b7c1f6e-52d7-4c0e-9a4d-3f1f5b1c2a90").is_err());
    }

    #[test]
    fn the_table_is_what_the_command_writes() {
        let written: String = head() + &all().iter().map(|voice| voice.line() + "\n").collect::<String>();
        assert_eq!(written, TABLE);
        let line = "ana\t\tes\tCalm\thttps://a.example/ana.mp3";
        let voice = Voice {
            name: "ana",
            id: None,
            language: Some("es"),
            description: Some("Calm"),
            sample: Some("https://a.example/ana.mp3"),
        };
        assert_eq!((read(line), voice.line().as_str()), (vec![voice], line));
    }

    #[test]
    fn no_two_voices_are_asked_for_by_the_same_word() {
        let mut seen = BTreeSet::new();
        for voice in all() {
            assert!(seen.insert(voice.name.to_ascii_lowercase()), "{voice:?}");
            assert!(voice.id.is_none_or(|id| is_id(id) && seen.insert(id.to_ascii_lowercase())), "{voice:?}");
            assert!(voice.language.is_none_or(|code| languages::for_dialler(code) == Ok(code)), "{voice:?}");
            assert!(voice.sample.is_none_or(|url| url.starts_with("https://")), "{voice:?}");
        }
        assert!(seen.len() >= 9);
    }
}
