//! Countries.

use std::fmt;

/// An ISO 3166-1 alpha-2 code, upper case: two letters that name a country, so that it can stand in
/// a vendor's path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

/// The text is not an assigned ISO 3166-1 alpha-2 code.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the ISO 3166-1 alpha-2 code of a country, such as \"US\"")]
pub struct NotACountry;

impl Country {
    /// The default, where numbers need no regulatory papers.
    pub const US: Self = Self(*b"US");
    /// Shares the North American numbering plan, and so its three-digit area codes.
    pub const CA: Self = Self(*b"CA");

    /// Reads an assigned code. Lower case is refused rather than guessed at: rows and the
    /// environment are read by this too. A lenient spelling (`us`) is made strict where a
    /// stranger's text comes in, in `body/value.rs`.
    pub fn parse(text: &str) -> Result<Self, NotACountry> {
        let code: [u8; 2] = text.as_bytes().try_into().map_err(|_| NotACountry)?;
        if ASSIGNED.as_chunks::<3>().0.iter().any(|entry| entry.starts_with(&code))
            && code.iter().all(u8::is_ascii_uppercase)
        {
            Ok(Self(code))
        } else {
            Err(NotACountry)
        }
    }

    /// All there are.
    pub fn all() -> impl Iterator<Item = &'static str> {
        ASSIGNED.as_chunks::<3>().0.iter().filter_map(|entry| str::from_utf8(entry).ok()?.get(..2))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("??")
    }

    /// Whether numbers of this country have a three-digit area code that can be asked for.
    pub fn has_area_codes(self) -> bool {
        self == Self::US || self == Self::CA
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The 249 assigned codes. A line of text instead of a dependency: the crates for this are five
/// times the size of the rest of this module, and the list changes once in a decade.
const ASSIGNED: &[u8] = b"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG \
GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ \
LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR \
NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ \
TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ";

#[cfg(test)]
mod tests {
    use super::{ASSIGNED, Country, NotACountry};

    #[test]
    fn assigned_codes_are_read_and_others_refused() {
        assert_eq!(ASSIGNED.len(), 249 * 3);
        for text in ["US", "CA", "GB", "ZW", "AD"] {
            assert_eq!(Country::parse(text).unwrap().as_str(), text);
        }
        assert!(Country::all().all(|code| Country::parse(code).unwrap().as_str() == code));
        assert_eq!(Country::all().count(), 249);
        for text in ["", "U", "USA", "us", "ZZ", "XX", "U ", " U", "S ", "D\u{20}", "ＵＳ", "../"] {
            assert_eq!(Country::parse(text), Err(NotACountry), "{text:?}");
        }
    }
}
