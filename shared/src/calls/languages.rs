//! Languages: from what callers write, which is ISO 639-1 or BCP 47, to what the dialler speaks, which is a closed list.
//! Pure.

use std::fmt;

/// What the dialler accepts and people would ask for, in its spelling: a language, then its variants.
const TAGS: [&str; 51] = [
    "en", "en-US", "en-GB", "en-AU", "en-NZ", "en-IN", "es", "es-419", "fr", "fr-CA", "de", "el", "hi", "hi-Latn",
    "hu", "ja", "ko", "ko-KR", "vi", "pt", "pt-BR", "pt-PT", "zh", "zh-CN", "zh-Hans", "zh-TW", "zh-Hant", "it", "nl",
    "pl", "ru", "sv", "sv-SE", "da", "da-DK", "fi", "no", "id", "ms", "tr", "uk", "bg", "cs", "ro", "sk", "babel",
    "fluent", "auto", "babel-en", "babel-es", "babel-fr",
];
/// The rest of the dialler's own words. They are no tags, so there is nothing to fall back to.
const WORDS: [&str; 1] = ["babel-de"];
/// Norwegian as it is written, which BCP 47 names apart; the dialler speaks it.
const NORWEGIAN: [&str; 2] = ["nb", "nn"];
/// ISO 639-1, to tell a language that is not spoken from a word that is no language.
const ISO_639_1: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de \
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu \
ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng \
nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta \
te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Why a call cannot be held in the language that was asked for. `Display` ends in what there is instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnknownLanguage {
    /// It is a language, and the voices do not speak it.
    #[error("the AI's voices do not speak it; they speak {Spoken}")]
    NotSpoken,
    /// It is not the code of a language.
    #[error("not a language code such as \"en\" or \"pt-BR\"; there are {Spoken}")]
    NotACode,
}

/// The language as the dialler spells it. The nearest one that it speaks, if it lacks the variant: an Austrian caller is
/// understood in German.
pub fn for_dialler(asked: &str) -> Result<&'static str, UnknownLanguage> {
    let known = TAGS.iter().chain(&WORDS);
    if let Some(tag) = known.copied().find(|tag| tag.eq_ignore_ascii_case(asked)) {
        return Ok(tag);
    }
    let mut tag = well_formed(asked).ok_or(UnknownLanguage::NotACode)?;
    let language = tag.split('-').next().unwrap_or_default().to_owned();
    if NORWEGIAN.contains(&language.as_str()) {
        return Ok("no");
    }
    // RFC 4647, 3.4: take parts away from the end until something is known.
    loop {
        if let Some(known) = TAGS.iter().find(|known| known.eq_ignore_ascii_case(&tag)) {
            return Ok(known);
        }
        match tag.rfind('-') {
            Some(end) => tag.truncate(end),
            None => break,
        }
    }
    if ISO_639_1.split(' ').any(|code| code == language) {
        Err(UnknownLanguage::NotSpoken)
    } else {
        Err(UnknownLanguage::NotACode)
    }
}

/// A tag that begins with a code of two or three letters, in lower case and with hyphens: underscores are what operating
/// systems write.
fn well_formed(asked: &str) -> Option<String> {
    if asked.len() > 35 {
        return None;
    }
    let tag = asked.replace('_', "-").to_ascii_lowercase();
    let mut parts = tag.split('-');
    let language = parts.next()?;
    let letters = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
    let rest = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    (letters && rest).then_some(tag)
}

/// The list, for people.
struct Spoken;

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tags = TAGS.iter().filter(|tag| !tag.starts_with("babel-"));
        f.write_str(&tags.copied().collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{UnknownLanguage, for_dialler};

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
            ("en-aaaaaaaa-bbbbbbbb-cccccccc-ddddd", "en"),
        ] {
            assert_eq!(for_dialler(asked), Ok(spoken), "{asked}");
        }
    }

    #[test]
    fn a_language_that_is_not_spoken_is_not_called_unknown() {
        for asked in ["ar", "he", "th", "ar-EG", "he_IL", "sw"] {
            assert_eq!(for_dialler(asked), Err(UnknownLanguage::NotSpoken), "{asked}");
        }
        for asked in [
            "",
            "xx",
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
        assert!(text.starts_with("the AI's voices do not speak it; they speak en, en-US, "), "{text}");
        assert!(text.contains("zh-Hant") && !text.contains("babel-en"), "{text}");
    }
}
