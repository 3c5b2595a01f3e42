//! Area codes, as buyers write them.

use super::{Country, PhoneNumber, bare};

/// The beginning that a buyer would like a number to have. It is best effort, so what is plausible
/// is an area code: one to five digits, with or without the zero that is dialled before them inside
/// the country. In the United States and Canada, where every code has three digits and the plan
/// says which there can be, all else is a mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AreaCode {
    /// In E.164, with its plus sign.
    prefix: Box<str>,
    /// How much of that is the calling code.
    from: usize,
}

/// The text cannot be an area code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAnAreaCode {
    /// In the United States or Canada.
    #[error("is not a three-digit area code, such as \"415\"")]
    NorthAmerican,
    /// What is dialled alone.
    #[error("is not an area code: three digits that end in 11 are service numbers, such as 911")]
    Service,
    /// What the plan keeps free.
    #[error("is not an area code of the US or Canada: none begins with 0, 1, 37 or 96, or has a 9 in the middle")]
    Reserved,
    /// Numbers that are of no place.
    #[error("is not an area code of a place: its numbers are {0}")]
    NoPlace(&'static str),
    /// In another country.
    #[error("is not an area code: one to five digits, such as \"20\", \"0161\" or \"3\"")]
    Abroad,
}

/// Countries whose numbers keep the zero that they begin with (ITU-T E.164, national plans): Italy
/// and the two inside it, Benin, Congo, Côte d'Ivoire and Gabon.
const ZERO_KEPT: [&str; 7] = ["IT", "SM", "VA", "BJ", "CG", "CI", "GA"];

/// Area codes of +1 that the called party pays for (NANPA, 8XX).
pub const FREEPHONE_AREAS: &[&str] = &["800", "833", "844", "855", "866", "877", "888"];
/// The others of +1 that belong to no place, and what they are (NANPA, 5XX, 8XX; CNA, 6XX). 880 to
/// 889 are kept for freephone too.
const NO_PLACE: [(&str, &[&str]); 6] = [
    (
        "personal ones, or of machines",
        &[
            "500", "521", "522", "523", "524", "525", "526", "527", "528", "529", "532", "533", "544", "566", "577",
            "588",
        ],
    ),
    ("Canadian ones of machines and data lines", &["600", "622", "633"]),
    ("of carriers, and may cost extra", &["700"]),
    ("of the government of the United States", &["710"]),
    ("for calls that come from abroad", &["456"]),
    ("premium-rate", &["900"]),
];
/// What those are that the called party pays for.
const FREEPHONE: &str = "toll-free";

impl AreaCode {
    /// Reads an area code of this country.
    pub fn parse(text: &str, country: Country) -> Result<Self, NotAnAreaCode> {
        let text = bare(text);
        if country.has_area_codes() {
            return north_american(text).map(|()| Self::of(country, text));
        }
        let dialled_abroad = text.strip_prefix('0').unwrap_or(text);
        let is_plausible = (1..=5).contains(&dialled_abroad.len())
            && dialled_abroad.bytes().all(|byte| byte.is_ascii_digit())
            && !dialled_abroad.starts_with('0');
        if !is_plausible {
            return Err(NotAnAreaCode::Abroad);
        }
        Ok(Self::of(country, if ZERO_KEPT.contains(&country.as_str()) { text } else { dialled_abroad }))
    }

    fn of(country: Country, digits: &str) -> Self {
        // The library's entries for countries that share +1 have their area codes in them. A few
        // places have no calling code, and nothing is for sale there.
        let known = phonelib::country_by_code(country.as_str()).map(|country| country.prefix.to_string());
        let calling_code =
            known.map(|code| if code.starts_with('1') { "1".to_owned() } else { code }).unwrap_or_default();
        let prefix = format!("+{calling_code}{digits}");
        Self { from: prefix.len() - digits.len(), prefix: prefix.into() }
    }

    /// Every code that the United States and Canada can have, in order.
    pub fn north_american() -> impl Iterator<Item = String> {
        (0..1000_u32).map(|code| format!("{code:03}")).filter(|code| north_american(code).is_ok())
    }

    /// The code as its country writes it, without what is dialled before it.
    pub fn as_str(&self) -> &str {
        self.prefix.get(self.from..).unwrap_or_default()
    }

    /// What numbers of this area begin with, in E.164.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether a number is of this area.
    pub fn has(&self, number: &PhoneNumber) -> bool {
        number.as_str().starts_with(self.prefix())
    }
}

/// Whether the numbering plan of North America lets an area be called so (ATIS, NPA Allocation Plan
/// and Assignment Guidelines: N11 are services; N9X, 37X and 96X are kept for longer numbers).
fn north_american(area: &str) -> Result<(), NotAnAreaCode> {
    match area.as_bytes() {
        [b'0'..=b'9', b'1', b'1'] => Err(NotAnAreaCode::Service),
        [b'0' | b'1', b'0'..=b'9', b'0'..=b'9']
        | [b'2'..=b'9', b'9', b'0'..=b'9']
        | [b'3', b'7', b'0'..=b'9']
        | [b'9', b'6', b'0'..=b'9'] => Err(NotAnAreaCode::Reserved),
        [b'8', b'8', b'0'..=b'9'] | b"822" => Err(NotAnAreaCode::NoPlace(FREEPHONE)),
        [b'2'..=b'9', b'0'..=b'9', b'0'..=b'9'] if FREEPHONE_AREAS.contains(&area) => {
            Err(NotAnAreaCode::NoPlace(FREEPHONE))
        }
        [b'2'..=b'9', b'0'..=b'9', b'0'..=b'9'] => match NO_PLACE.iter().find(|(_, areas)| areas.contains(&area)) {
            Some((what, _)) => Err(NotAnAreaCode::NoPlace(what)),
            None => Ok(()),
        },
        _ => Err(NotAnAreaCode::NorthAmerican),
    }
}

#[cfg(test)]
mod tests {
    use super::{AreaCode, NotAnAreaCode};
    use crate::types::{Country, PhoneNumber};

    fn prefix(country: &str, text: &str) -> Result<String, NotAnAreaCode> {
        AreaCode::parse(text, Country::parse(country).unwrap()).map(|area| area.prefix().to_owned())
    }

    #[test]
    fn an_area_code_is_read_as_its_country_writes_it() {
        for (country, text, begins) in [
            ("US", "415", "+1415"),
            ("CA", "604", "+1604"),
            ("PR", "787", "+1787"),
            ("JM", "876", "+1876"),
            ("GB", "20", "+4420"),
            ("GB", "0161", "+44161"),
            ("GB", "207", "+44207"),
            ("GB", "01539", "+441539"),
            ("DE", "30", "+4930"),
            ("AU", "03", "+613"),
            ("IT", "06", "+3906"),
            ("RU", "495", "+7495"),
            ("IN", "99", "+9199"),
            ("US", " 415 ", "+1415"),
            ("CA", "\t604\r\n", "+1604"),
            ("US", "234", "+1234"),
            ("US", "535", "+1535"),
            ("DE", "033203", "+4933203"),
            ("GB", "016977", "+4416977"),
            ("GB", " 020 ", "+4420"),
            ("JP", "3", "+813"),
            ("AU", "2", "+612"),
            ("FR", "1", "+331"),
            ("CI", "07", "+22507"),
            ("IT", "0573", "+390573"),
        ] {
            assert_eq!(prefix(country, text).as_deref(), Ok(begins), "{country} {text}");
        }
    }

    #[test]
    fn what_cannot_be_an_area_code_is_told_so() {
        for text in ["", "4", "41", "4155", "٤١٥", "41a", "4 15", "+1415", "1415", "\u{a0}415"] {
            assert_eq!(prefix("US", text), Err(NotAnAreaCode::NorthAmerican), "{text:?}");
        }
        for (text, why) in [
            ("911", NotAnAreaCode::Service),
            ("411", NotAnAreaCode::Service),
            ("011", NotAnAreaCode::Service),
            ("115", NotAnAreaCode::Reserved),
            ("015", NotAnAreaCode::Reserved),
            ("290", NotAnAreaCode::Reserved),
            ("999", NotAnAreaCode::Reserved),
            ("370", NotAnAreaCode::Reserved),
            ("969", NotAnAreaCode::Reserved),
            ("800", NotAnAreaCode::NoPlace("toll-free")),
            ("888", NotAnAreaCode::NoPlace("toll-free")),
            ("881", NotAnAreaCode::NoPlace("toll-free")),
            ("822", NotAnAreaCode::NoPlace("toll-free")),
            ("710", NotAnAreaCode::NoPlace("of the government of the United States")),
            ("900", NotAnAreaCode::NoPlace("premium-rate")),
            ("700", NotAnAreaCode::NoPlace("of carriers, and may cost extra")),
            ("500", NotAnAreaCode::NoPlace("personal ones, or of machines")),
            ("533", NotAnAreaCode::NoPlace("personal ones, or of machines")),
            ("456", NotAnAreaCode::NoPlace("for calls that come from abroad")),
            ("600", NotAnAreaCode::NoPlace("Canadian ones of machines and data lines")),
        ] {
            assert_eq!((prefix("US", text), prefix("CA", text)), (Err(why), Err(why)), "{text:?}");
        }
        for text in ["", "0", "00", "0012", "201234", "0201234", "London", "２０", "+44", "2 0", "-20"] {
            assert_eq!(prefix("GB", text), Err(NotAnAreaCode::Abroad), "{text:?}");
        }
    }

    #[test]
    fn a_number_is_of_its_area() {
        let london = AreaCode::parse("020", Country::parse("GB").unwrap()).unwrap();
        assert!(london.has(&PhoneNumber::parse("+442079460958").unwrap()));
        assert!(!london.has(&PhoneNumber::parse("+441619460958").unwrap()));
    }
}
