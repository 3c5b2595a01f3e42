//! Languages: from what callers write, which is ISO 639-1 or BCP 47, to what the dialler speaks,
//! which is a closed list. Pure.

use std::fmt;

use crate::types::{AROUND_A_CODE, bare};

/// What the dialler accepts and people would ask for, in its spelling and in English: a language,
/// then its variants.
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
/// Where Chinese that is spoken is Cantonese, as the services that speak read these tags.
const OF_CANTONESE: [&str; 2] = ["hk", "mo"];
/// Where Spanish is that of Latin America: the regions whose parent is `es-419` in Unicode's CLDR
/// 48 (`supplemental/parentLocales`).
const LATIN_AMERICA: &str = "ar bo br bz cl co cr cu do ec gt hn mx ni pa pe pr py sv us uy ve";
/// Other codes of languages that the dialler speaks: those of ISO 639-2, the official ones of
/// Norwegian and Chinese, and the code that Java and Android kept for Indonesian since ISO retired
/// it.
const OTHER_CODES: [(&str, &str); 46] = [
    ("in", "id"),
    ("mo", "ro"),
    ("mol", "ro"),
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
/// Retired codes of languages that the dialler does not speak: Hebrew, Yiddish, Javanese,
/// Serbo-Croatian, Croatian and Serbian.
const RETIRED: [&str; 6] = ["iw", "ji", "jw", "sh", "scr", "scc"];
/// Codes of ISO 639-2 that stand for families of languages, sign languages among them.
const FAMILIES: &str = "afa alg apa art ath aus bad bai bat ber bih bnt btk cai cau cel cmc cpe cpf cpp crp cus day dra fiu gem inc \
    ine iro kar khi kro map mkh mno mun myn nah nai nic nub oto paa phi pra roa sai sal sem sgn sio sit sla smi son ssa tai tup \
    tut wak wen ypk znd";
/// Its codes that stand for no language: undetermined, multiple, uncoded, no linguistic content.
const NO_LANGUAGE: [&str; 4] = ["und", "mul", "mis", "zxx"];
/// Its codes, where what follows may be another language than Mandarin: Cantonese is `zh-yue`, too
/// (RFC 5646, extended language subtags).
const CHINESE: [&str; 3] = ["zh", "zho", "chi"];
/// Parts of three letters that name no other language, and what they mean: Mandarin itself, the
/// scripts as older systems write them, and regions in ISO 3166's three letters.
const OF_CHINESE: [(&str, &str); 6] =
    [("cmn", ""), ("chs", "-hans"), ("chn", "-cn"), ("sgp", "-sg"), ("cht", "-hant"), ("twn", "-tw")];
/// A part of a tag that names no such language, as an expression; the last ones are those above.
const NOT_ANOTHER: &str = "[A-Za-z0-9]{4,8}|[0-9][A-Za-z0-9]{2}|[A-Za-z][0-9][A-Za-z0-9]|[A-Za-z]{2}[0-9]\
     |[Cc][Hh][SsNnTt]|[Ss][Gg][Pp]|[Tt][Ww][Nn]";
/// One or two letters that name no region of Cantonese, as an expression.
const NOT_CANTONESE: &str =
    "[A-Za-z0-9]|[A-GI-LN-Za-gi-ln-z0-9][A-Za-z0-9]|[Hh][A-JL-Za-jl-z0-9]|[Mm][A-NP-Za-np-z0-9]";
/// All codes of ISO 639, of two letters and of three, to tell a language that is not spoken from a
/// word that is not a language: the tables of ISO 639-3 as PyPI `pycountry` 26.2.16 has them, and
/// 639-2's other names.
const ISO_639: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/iso-639.txt"));

/// Why a call cannot be held in the language that was asked for. `Display` ends in what there is
/// instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnknownLanguage {
    /// It is a language, and the voices do not speak it.
    #[error("is a language that the AI's voices do not speak. They speak {Spoken}")]
    NotSpoken,
    /// It is Chinese where that is Cantonese.
    #[error(
        "is Chinese of Hong Kong or Macao, which is Cantonese when it is spoken; \"zh\" is Mandarin. The AI's voices speak {Spoken}"
    )]
    Cantonese,
    /// It is a code of ISO 639 for something else than one language.
    #[error(
        "is a code for what is not one language: not known, several, without a code, or nothing that is said. The AI's voices speak {Spoken}"
    )]
    NoLanguage,
    /// It is not the code of a language.
    #[error("is not a language code of ISO 639 or BCP 47, such as \"en\" or \"pt-BR\". There are {Spoken}")]
    NotACode,
}

/// What the dialler speaks, in its spelling: for the schema of the field, and for messages.
pub fn spoken() -> Vec<&'static str> {
    tags().collect()
}

/// Everything that a call can be asked to be held in, in the dialler's spelling, and what it is
/// called in English.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    SPOKEN.into_iter().chain(WORDS)
}

fn tags() -> impl Iterator<Item = &'static str> {
    SPOKEN.into_iter().map(|(tag, _)| tag)
}

/// The longest tag that is read.
pub const LONGEST: usize = 35;

/// What [`for_dialler`] reads, as a regular expression: a code of a language that is spoken, in any
/// letters, and whatever variant; or one of the dialler's words.
pub fn pattern() -> String {
    let is_code = |text: &&str| (2..=3).contains(&text.len());
    let spoken = tags().filter_map(|tag| tag.split('-').next()).filter(is_code);
    let either = spoken.chain(OTHER_CODES.map(|(other, _)| other));
    let mut codes: Vec<_> = either.filter(|code| !CHINESE.contains(code)).map(in_any_letters).collect();
    codes.sort();
    codes.dedup();
    let chinese = CHINESE.map(in_any_letters).join("|");
    let words = all().map(|(tag, _)| tag).filter(|tag| tag.split('-').next().is_some_and(|first| !is_code(&first)));
    let words: Vec<_> = words.map(in_any_letters).collect();
    let more = "(?:[-_][A-Za-z0-9]{1,8})*";
    // A region is the second part, or stands behind a script.
    let third = format!("(?:[-_](?:{NOT_CANTONESE}|[A-Za-z0-9]{{3,8}}){more})?");
    let second = format!("(?:[-_](?:[Cc][Mm][Nn]{more}|(?:{NOT_CANTONESE}|{NOT_ANOTHER}){third}))?");
    let tag = format!("(?:(?:{}){more}|(?:{chinese}){second})", codes.join("|"));
    format!("^{AROUND_A_CODE}(?:{tag}(?:[.@][\\s\\S]*)?|{}){AROUND_A_CODE}$", words.join("|"))
}

/// A word in capitals or not, as an expression.
pub(super) fn in_any_letters(word: &str) -> String {
    let one =
        |c: char| if c.is_ascii_alphabetic() { format!("[{}{c}]", c.to_ascii_uppercase()) } else { c.to_string() };
    word.to_ascii_lowercase().chars().map(one).collect()
}

/// The language as the dialler spells it. The nearest one that it speaks, if it lacks the variant:
/// an Austrian caller is understood in German.
pub fn for_dialler(asked: &str) -> Result<&'static str, UnknownLanguage> {
    // As long as the schema says, blanks and all.
    let asked = if asked.len() > LONGEST { asked } else { bare(asked) };
    if let Some((tag, _)) = all().find(|(tag, _)| tag.eq_ignore_ascii_case(asked)) {
        return Ok(tag);
    }
    let mut tag = well_formed(asked).ok_or(UnknownLanguage::NotACode)?;
    let (language, variants) = tag.split_once('-').unwrap_or((&tag, ""));
    let language = language.to_owned();
    if let Some((_, spoken)) = OTHER_CODES.iter().find(|(other, _)| *other == language) {
        tag = if variants.is_empty() { (*spoken).to_owned() } else { format!("{spoken}-{variants}") };
    }
    if is_cantonese(&tag) && language != "cmn" {
        return Err(UnknownLanguage::Cantonese);
    }
    if let Some(another) = tag.strip_prefix("zh-").and_then(|rest| rest.split('-').next())
        && another.len() == 3
        && another.bytes().all(|byte| byte.is_ascii_lowercase())
    {
        let (_, means) = OF_CHINESE.iter().find(|(part, _)| *part == another).ok_or(UnknownLanguage::NotSpoken)?;
        tag = tag.replacen(&format!("-{another}"), means, 1);
    }
    // Reserved for the United Kingdom, whose code is GB.
    if let Some(language) = tag.strip_suffix("-uk") {
        tag = format!("{language}-gb");
    }
    if let Some(region) = tag.strip_prefix("es-")
        && LATIN_AMERICA.split(' ').any(|known| known == region)
    {
        return Ok("es-419");
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
    if NO_LANGUAGE.contains(&&*language) {
        return Err(UnknownLanguage::NoLanguage);
    }
    if RETIRED.contains(&language.as_str())
        || FAMILIES.split(' ').any(|code| code == language)
        || ISO_639.split_ascii_whitespace().any(|code| code == language)
    {
        Err(UnknownLanguage::NotSpoken)
    } else {
        Err(UnknownLanguage::NotACode)
    }
}

/// Whether a tag is Chinese of a region where that is Cantonese, and does not say Mandarin. Its
/// region is the second part, or stands behind a script.
fn is_cantonese(tag: &str) -> bool {
    let mut parts = tag.split('-');
    parts.next() == Some("zh")
        && parts.take(2).take_while(|part| *part != "cmn").any(|part| OF_CANTONESE.contains(&part))
}

/// A tag that begins with a code of two or three letters, in lower case and with hyphens:
/// underscores are what operating systems write, and behind a dot or an at sign an encoding or a
/// currency.
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
            (" es", "es"),
            ("en-US\n", "en-US"),
            ("mol", "ro"),
            ("en-UK", "en-GB"),
            ("en_uk", "en-GB"),
            ("zh-cmn-Hans", "zh-Hans"),
            ("zho-cmn", "zh"),
            ("zh-CHS", "zh-Hans"),
            ("zh-CHT", "zh-Hant"),
            ("zho-TWN", "zh-TW"),
            ("cmn-CHN", "zh-CN"),
            ("EN", "en"),
            ("en-US", "en-US"),
            ("en-us", "en-US"),
            ("en_US", "en-US"),
            ("en-ZA", "en"),
            ("es", "es"),
            ("es-MX", "es-419"),
            ("spa_us", "es-419"),
            ("es-ES", "es"),
            ("es-Latn-MX", "es"),
            ("es-419", "es-419"),
            ("zh", "zh"),
            ("zh-Hans-CN", "zh-Hans"),
            ("zh-Hant-TW", "zh-Hant"),
            ("zh-SG", "zh"),
            ("cmn-HK", "zh"),
            ("zh-cmn-HK", "zh"),
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
            "ar",
            "he",
            "th",
            "ar-EG",
            "he_IL",
            "sw",
            "iw",
            "iw-IL",
            "IW_il",
            "he-IL",
            "ji",
            "yi",
            "jw",
            "sh",
            "ara",
            "fil",
            "yue",
            "haw",
            "tlh",
            "scr",
            "scc",
            "sgn-US",
            "zh-yue",
            "zh-min-nan",
            "zho-HAK",
            "chi_wuu_CN",
            "zh-HKG",
            "ber",
        ] {
            assert_eq!(for_dialler(asked), Err(UnknownLanguage::NotSpoken), "{asked}");
        }
        for asked in ["und", "mul", "MIS", "zxx", "und-US"] {
            assert_eq!(for_dialler(asked), Err(UnknownLanguage::NoLanguage), "{asked}");
        }
        for asked in ["zh-HK", "zh_hk", "zh-MO", "zho-HK", "zh-Hant-HK", "ZH_hant_MO.UTF-8"] {
            assert_eq!(for_dialler(asked), Err(UnknownLanguage::Cantonese), "{asked}");
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
            "en--US",
            "en-",
            "-en",
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
