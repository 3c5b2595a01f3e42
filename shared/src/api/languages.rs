//! Languages: from what callers write, which is ISO 639-1 or BCP 47, to what the dialler speaks, which is a closed list.
//! Pure.

use std::fmt;

/// What the dialler accepts and people would ask for, in its spelling and in English: a language, then its variants.
const SPOKEN: [(&str, &str); 51] = [
    ("en", "English"),
    ("en-US", "English (United States)"),
    ("en-GB", "English (United Kingdom)"),
    ("en-AU", "English (Australia)"),
    ("en-NZ", "English (New Zealand)"),
    ("en-IN", "English (India)"),
    ("es", "Spanish"),
    ("es-419", "Spanish (Latin America)"),
    ("fr", "French"),
    ("fr-CA", "French (Canada)"),
    ("de", "German"),
    ("el", "Greek"),
    ("hi", "Hindi"),
    ("hi-Latn", "Hindi (Latin script)"),
    ("hu", "Hungarian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("ko-KR", "Korean (South Korea)"),
    ("vi", "Vietnamese"),
    ("pt", "Portuguese"),
    ("pt-BR", "Portuguese (Brazil)"),
    ("pt-PT", "Portuguese (Portugal)"),
    ("zh", "Chinese"),
    ("zh-CN", "Chinese (China)"),
    ("zh-Hans", "Chinese (Simplified script)"),
    ("zh-TW", "Chinese (Taiwan)"),
    ("zh-Hant", "Chinese (Traditional script)"),
    ("it", "Italian"),
    ("nl", "Dutch"),
    ("pl", "Polish"),
    ("ru", "Russian"),
    ("sv", "Swedish"),
    ("sv-SE", "Swedish (Sweden)"),
    ("da", "Danish"),
    ("da-DK", "Danish (Denmark)"),
    ("fi", "Finnish"),
    ("no", "Norwegian"),
    ("id", "Indonesian"),
    ("ms", "Malay"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("bg", "Bulgarian"),
    ("cs", "Czech"),
    ("ro", "Romanian"),
    ("sk", "Slovak"),
    ("babel", "The dialler's model \"babel\""),
    ("fluent", "The dialler's model \"fluent\""),
    ("auto", "Whichever the dialler hears"),
    ("babel-en", "English, by the dialler's model \"babel\""),
    ("babel-es", "Spanish, by the dialler's model \"babel\""),
    ("babel-fr", "French, by the dialler's model \"babel\""),
];
/// The rest of the dialler's own words. They are not tags, so there is nothing to fall back to.
const WORDS: [(&str, &str); 1] = [("babel-de", "German, by the dialler's model \"babel\"")];
/// Other codes of languages that the dialler speaks: those of ISO 639-2, the official ones of Norwegian and Chinese, and
/// the code that Java and Android kept for Indonesian since ISO retired it.
const OTHER_CODES: [(&str, &str); 45] = [
    ("in", "id"),
    ("mo", "ro"),
    ("nb", "no"),
    ("nn", "no"),
    ("nob", "no"),
    ("nno", "no"),
    ("cmn", "zh"),
    ("zho", "zh"),
    ("vie", "vi"),
    ("zsm", "ms"),
    ("bul", "bg"),
    ("ces", "cs"),
    ("chi", "zh"),
    ("cze", "cs"),
    ("dan", "da"),
    ("deu", "de"),
    ("dut", "nl"),
    ("ell", "el"),
    ("eng", "en"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("ger", "de"),
    ("gre", "el"),
    ("hin", "hi"),
    ("hun", "hu"),
    ("ind", "id"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("may", "ms"),
    ("msa", "ms"),
    ("nld", "nl"),
    ("nor", "no"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rum", "ro"),
    ("rus", "ru"),
    ("slk", "sk"),
    ("slo", "sk"),
    ("spa", "es"),
    ("swe", "sv"),
    ("tur", "tr"),
    ("ukr", "uk"),
];
/// Retired codes of languages that the dialler does not speak: Hebrew, Yiddish, Javanese, and Serbo-Croatian.
const RETIRED: [&str; 4] = ["iw", "ji", "jw", "sh"];
/// All codes of ISO 639, of two letters and of three, to tell a language that is not spoken from a word that is no
/// language: the tables of ISO 639-3 as PyPI `pycountry` 26.2.16 has them, and 639-2's other names.
const ISO_639: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/iso-639.txt"));

/// Why a call cannot be held in the language that was asked for. `Display` ends in what there is instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnknownLanguage {
    /// It is a language, and the voices do not speak it.
    #[error("is a language that the AI's voices do not speak. They speak {Spoken}")]
    NotSpoken,
    /// It is not the code of a language.
    #[error("is not a language code of ISO 639 or BCP 47, such as \"en\" or \"pt-BR\". There are {Spoken}")]
    NotACode,
}

/// What the dialler speaks, in its spelling: for the schema of the field, and for messages.
pub fn spoken() -> Vec<&'static str> {
    tags().collect()
}

/// Everything that a call can be asked to be held in, in the dialler's spelling, and what it is called in English.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    SPOKEN.into_iter().chain(WORDS)
}

fn tags() -> impl Iterator<Item = &'static str> {
    SPOKEN.into_iter().map(|(tag, _)| tag)
}

/// The longest tag that is read.
pub const LONGEST: usize = 35;

/// What [`for_dialler`] reads, as a regular expression: a code of a language that is spoken, in any letters, and whatever
/// variant; or one of the dialler's words.
pub fn pattern() -> String {
    let is_code = |text: &&str| (2..=3).contains(&text.len());
    let spoken = tags().filter_map(|tag| tag.split('-').next()).filter(is_code);
    let mut codes: Vec<_> = spoken.chain(OTHER_CODES.map(|(other, _)| other)).map(in_any_letters).collect();
    codes.sort();
    codes.dedup();
    let words = all().map(|(tag, _)| tag).filter(|tag| tag.split('-').next().is_some_and(|first| !is_code(&first)));
    let words: Vec<_> = words.map(in_any_letters).collect();
    format!("^(?:(?:{})(?:[-_][A-Za-z0-9]{{1,8}})*(?:[.@][\\s\\S]*)?|{})$", codes.join("|"), words.join("|"))
}

/// A word in capitals or not, as an expression.
pub(super) fn in_any_letters(word: &str) -> String {
    let one =
        |c: char| if c.is_ascii_alphabetic() { format!("[{}{c}]", c.to_ascii_uppercase()) } else { c.to_string() };
    word.to_ascii_lowercase().chars().map(one).collect()
}

/// The language as the dialler spells it. The nearest one that it speaks, if it lacks the variant: an Austrian caller is
/// understood in German.
pub fn for_dialler(asked: &str) -> Result<&'static str, UnknownLanguage> {
    if let Some((tag, _)) = all().find(|(tag, _)| tag.eq_ignore_ascii_case(asked)) {
        return Ok(tag);
    }
    let mut tag = well_formed(asked).ok_or(UnknownLanguage::NotACode)?;
    let (language, variants) = tag.split_once('-').unwrap_or((&tag, ""));
    let language = language.to_owned();
    if let Some((_, spoken)) = OTHER_CODES.iter().find(|(other, _)| *other == language) {
        tag = if variants.is_empty() { (*spoken).to_owned() } else { format!("{spoken}-{variants}") };
    }
    // RFC 4647, 3.4: take parts away from the end until something is known.
    loop {
        if let Some(known) = tags().find(|known| known.eq_ignore_ascii_case(&tag)) {
            return Ok(known);
        }
        match tag.rfind('-') {
            Some(end) => tag.truncate(end),
            None => break,
        }
    }
    if RETIRED.contains(&language.as_str()) || ISO_639.split_ascii_whitespace().any(|code| code == language) {
        Err(UnknownLanguage::NotSpoken)
    } else {
        Err(UnknownLanguage::NotACode)
    }
}

/// A tag that begins with a code of two or three letters, in lower case and with hyphens: underscores are what operating
/// systems write, and behind a dot or an at sign an encoding or a currency.
fn well_formed(asked: &str) -> Option<String> {
    if asked.len() > LONGEST {
        return None;
    }
    let tag = asked.split(['.', '@']).next()?.replace('_', "-").to_ascii_lowercase();
    let mut parts = tag.split('-');
    let language = parts.next()?;
    let letters = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
    let rest = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    (letters && rest).then_some(tag)
}

/// The list, for people, and where programs have it.
struct Spoken;

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tags = tags().filter(|tag| !tag.starts_with("babel-"));
        write!(f, "{} (GET /api/v1/voice/languages has their names)", tags.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{UnknownLanguage, all, for_dialler};

    #[test]
    fn a_language_is_found_in_every_usual_spelling() {
        for (asked, spoken) in [
            ("en", "en"),
            ("EN", "en"),
            ("en-US", "en-US"),
            ("en-us", "en-US"),
            ("en_US", "en-US"),
            ("en-ZA", "en"),
            ("es", "es"),
            ("es-MX", "es"),
            ("es-419", "es-419"),
            ("zh", "zh"),
            ("zh-Hans-CN", "zh-Hans"),
            ("zh-Hant-TW", "zh-Hant"),
            ("zh-HK", "zh"),
            ("de-AT", "de"),
            ("pt-BR", "pt-BR"),
            ("nb", "no"),
            ("nn-NO", "no"),
            ("hi-latn", "hi-Latn"),
            ("auto", "auto"),
            ("babel", "babel"),
            ("babel-de", "babel-de"),
            ("in", "id"),
            ("in-ID", "id"),
            ("id-ID", "id"),
            ("IN_id", "id"),
            ("mo", "ro"),
            ("EN_us", "en-US"),
            ("pt_br", "pt-BR"),
            ("PT_br", "pt-BR"),
            ("zh_hans_cn", "zh-Hans"),
            ("en_US.UTF-8", "en-US"),
            ("de_DE@euro", "de"),
            ("eng", "en"),
            ("deu-AT", "de"),
            ("por-BR", "pt-BR"),
            ("cmn-Hant", "zh-Hant"),
            ("en-aaaaaaaa-bbbbbbbb-cccccccc-ddddd", "en"),
        ] {
            assert_eq!(for_dialler(asked), Ok(spoken), "{asked}");
        }
    }

    #[test]
    fn a_language_that_is_not_spoken_is_not_called_unknown() {
        for asked in [
            "ar", "he", "th", "ar-EG", "he_IL", "sw", "iw", "iw-IL", "IW_il", "he-IL", "ji", "yi", "jw", "sh", "ara",
            "fil", "yue", "haw", "tlh",
        ] {
            assert_eq!(for_dialler(asked), Err(UnknownLanguage::NotSpoken), "{asked}");
        }
        for asked in [
            "",
            "xx",
            "xyz",
            "iww",
            ".UTF-8",
            "C",
            "english",
            "e",
            "en ",
            " en",
            "en--US",
            "en-",
            "-en",
            "en-US\n",
            "babel-zz",
            "auto-US",
            "ＥＮ",
            "e\0",
            "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddd",
        ] {
            assert_eq!(for_dialler(asked), Err(UnknownLanguage::NotACode), "{asked:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_there_is() {
        let text = for_dialler("ar").unwrap_err().to_string();
        assert!(text.starts_with("is a language that the AI's voices do not speak. They speak en, en-US, "), "{text}");
        assert!(text.contains("zh-Hant") && !text.contains("babel-en"), "{text}");
    }

    #[test]
    fn every_language_in_the_list_is_taken_as_it_is_spelled_there_and_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = all().map(|(_, name)| name).collect();
        assert_eq!(names.len(), all().count());
        for (code, _) in all() {
            assert_eq!(for_dialler(code), Ok(code));
        }
    }
}
