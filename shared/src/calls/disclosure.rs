//! What a callee is told at the beginning of a call where an operator wants it: that an AI speaks,
//! and that the call is recorded. It comes behind the caller's own opener, word for word as that
//! is, and first where there is none; in the language of the call. Pure.
//!
//! `docs/decisions.md`: Why does a disclosure come behind the caller's opener?

use crate::limits::manners::Manners;

const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/disclosures.tsv"));

/// The words of a language.
struct Words {
    ai: &'static str,
    recording: &'static str,
}

/// The opening words of a call: the caller's, and what is disclosed.
pub(super) fn opener(manners: Manners, first_sentence: Option<&str>, language: &str) -> Option<String> {
    let words = words(language);
    let ai = words.as_ref().filter(|_| manners.says_ai).map(|words| words.ai);
    // Of what is not recorded no callee is told that it is.
    let recording = words.as_ref().filter(|_| manners.says_recorded && manners.records).map(|words| words.recording);
    let opener = first_sentence.map(closed).filter(|_| ai.or(recording).is_some());
    let said: Vec<&str> = opener.as_deref().into_iter().chain(ai).chain(recording).collect();
    if said.is_empty() { first_sentence.map(str::to_owned) } else { Some(said.join(" ")) }
}

/// A caller's words, with a full stop where they end without any mark: what follows is another
/// sentence.
fn closed(words: &str) -> String {
    let words = words.trim_end();
    if words.ends_with(char::is_alphanumeric) { format!("{words}.") } else { words.to_owned() }
}

/// The words for a language as the dialler spells it: its own, or those of the language that it is
/// a variant of. English where the dialler is left to hear which it is: nothing has been heard yet.
fn words(language: &str) -> Option<Words> {
    let spoken = language.strip_prefix("babel-").unwrap_or(language);
    let base = spoken.split('-').next().unwrap_or_default();
    [spoken, base, "en"].into_iter().find_map(row)
}

fn row(language: &str) -> Option<Words> {
    let mut rows = TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t'));
    rows.find_map(|mut row| {
        let known = row.next()?;
        (known == language).then_some(Words { ai: row.next()?, recording: row.next()? })
    })
}

#[cfg(test)]
mod tests {
    use super::{TABLE, opener, row};
    use crate::api::languages;
    use crate::limits::manners::Manners;

    const AI: &str = "I am an AI voice assistant.";
    const RECORDED: &str = "This call is being recorded.";

    fn manners(says_ai: bool, says_recorded: bool) -> Manners {
        Manners { says_ai, says_recorded, ..Manners::default() }
    }

    #[test]
    fn a_disclosure_comes_behind_the_opener_and_first_where_there_is_none() {
        let both = manners(true, true);
        for (manners, first_sentence, said) in [
            (manners(false, false), None, None),
            (manners(false, false), Some("Hi Andy"), Some("Hi Andy".to_owned())),
            (manners(true, false), None, Some(AI.to_owned())),
            (manners(false, true), None, Some(RECORDED.to_owned())),
            (both, None, Some(format!("{AI} {RECORDED}"))),
            (both, Some("Hi, is Andy there?"), Some(format!("Hi, is Andy there? {AI} {RECORDED}"))),
            (both, Some("Hi Andy \n"), Some(format!("Hi Andy. {AI} {RECORDED}"))),
            (both, Some("もしもし。"), Some(format!("もしもし。 {AI} {RECORDED}"))),
            (Manners { records: false, ..both }, Some("Hi!"), Some(format!("Hi! {AI}"))),
        ] {
            assert_eq!(opener(manners, first_sentence, "en"), said, "{first_sentence:?}");
        }
    }

    #[test]
    fn it_is_said_in_the_language_of_the_call() {
        for (language, words) in [
            ("de", "Ich bin ein KI-Sprachassistent."),
            ("babel-de", "Ich bin ein KI-Sprachassistent."),
            ("en-GB", AI),
            ("babel-en", AI),
            ("es-419", "Soy un asistente de voz con inteligencia artificial."),
            ("pt-BR", "Sou um assistente de voz com inteligência artificial."),
            ("zh-TW", "我是人工智慧語音助理。"),
            ("zh-CN", "我是人工智能语音助手。"),
            ("hi-Latn", "Main ek AI voice assistant hoon."),
            ("auto", AI),
            ("babel", AI),
            ("fluent", AI),
        ] {
            assert_eq!(opener(manners(true, false), None, language).as_deref(), Some(words), "{language}");
        }
    }

    #[test]
    fn every_language_that_is_spoken_has_its_words() {
        let models = ["babel", "fluent", "auto"];
        for (code, _) in languages::all() {
            let base = code.strip_prefix("babel-").unwrap_or(code).split('-').next().unwrap_or_default();
            let known = row(base).filter(|words| !words.ai.is_empty() && !words.recording.is_empty());
            assert!(known.is_some() || models.contains(&code), "{code}");
        }
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            assert_eq!(line.split('\t').count(), 3, "{line}");
            assert!(!line.contains('{'), "nothing in it is a template: {line}");
        }
    }
}
