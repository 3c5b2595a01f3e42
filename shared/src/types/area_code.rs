//! Area codes, as buyers write them.

use super::{Country, PhoneNumber};

/// The beginning that a buyer would like a number to have. It is best effort, so what is plausible is an area code: two to
/// five digits, with or without the zero that is dialled before them inside the country. In the United States and Canada,
/// where everybody's has three digits, other lengths are mistakes.
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
    /// In another country.
    #[error("is not an area code: two to five digits, such as \"20\" or \"0161\"")]
    Abroad,
}

/// Countries whose numbers keep the zero that they begin with (ITU-T E.164, national plans): Italy and the two inside it,
/// Benin, Congo, Côte d'Ivoire and Gabon.
const ZERO_KEPT: [&str; 7] = ["IT", "SM", "VA", "BJ", "CG", "CI", "GA"];

impl AreaCode {
    /// Reads an area code of this country.
    pub fn parse(text: &str, country: Country) -> Result<Self, NotAnAreaCode> {
        if country.has_area_codes() {
            return match text.as_bytes() {
                [b'2'..=b'9', b'0'..=b'9', b'0'..=b'9'] => Ok(Self::of(country, text)),
                _ => Err(NotAnAreaCode::NorthAmerican),
            };
        }
        if !(2..=5).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAnAreaCode::Abroad);
        }
        let digits = match text.strip_prefix('0') {
            Some(rest) if !ZERO_KEPT.contains(&country.as_str()) => rest,
            _ => text,
        };
        Ok(Self::of(country, digits))
    }

    fn of(country: Country, digits: &str) -> Self {
        // The library's entries for countries that share +1 have their area codes in them. A few places have no calling
        // code, and nothing is for sale there.
        let known = phonelib::country_by_code(country.as_str()).map(|country| country.prefix.to_string());
        let calling_code =
            known.map(|code| if code.starts_with('1') { "1".to_owned() } else { code }).unwrap_or_default();
        let prefix = format!("+{calling_code}{digits}");
        Self { from: prefix.len() - digits.len(), prefix: prefix.into() }
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
            ("FR", "00", "+330"),
        ] {
            assert_eq!(prefix(country, text).as_deref(), Ok(begins), "{country} {text}");
        }
    }

    #[test]
    fn what_cannot_be_an_area_code_is_told_so() {
        for text in ["", "4", "41", "4155", "115", "015", "٤١٥", "41a", " 415", "+1415"] {
            assert_eq!(prefix("US", text), Err(NotAnAreaCode::NorthAmerican), "{text:?}");
        }
        for text in ["", "2", "201234", "London", "２０", "+44", "2 0", "-20"] {
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
