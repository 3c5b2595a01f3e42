//! In which time zones a number may be. Pure.
//!
//! A table says so by a number's first digits, `shared/data/zones.tsv`, with its source and date;
//! the rules of a zone are those of `jiff`'s own copy of the time zone database. Only what is in a
//! place is in that place's zone: a landline, and in North America any number, whose area code is
//! all that is known of it. A mobile phone of another country may be anywhere in it.
//!
//! `docs/decisions.md`: How is it known what hour it is at the callee?

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use phonelib::PhoneNumberType;

use super::rates;
use crate::types::PhoneNumber;

/// The table, as `shared/data/zones.py` writes it.
const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/zones.tsv"));

static ZONES: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(zones, digits)| digits.split(' ').map(move |digits| (digits, zones))).collect()
});

/// It is not known what hour it is at a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unknown;

/// The zones that a number may be in. A toll-free number has none: a business pays for being called
/// there, at any hour. One that is not known whole is not known.
pub fn of(number: &PhoneNumber) -> Result<Vec<TimeZone>, Unknown> {
    if rates::is_toll_free(number) { Ok(Vec::new()) } else { called(names(number)) }
}

/// The zones of these names.
fn called<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<TimeZone>, Unknown> {
    let zones: Vec<TimeZone> = names.map(|name| TimeZone::get(name).map_err(|_| Unknown)).collect::<Result<_, _>>()?;
    if zones.is_empty() { Err(Unknown) } else { Ok(zones) }
}

/// Their names.
fn names(number: &PhoneNumber) -> impl Iterator<Item = &'static str> {
    let digits = number.as_str().trim_start_matches('+');
    let known = |many: usize| ZONES.get(digits.get(..many)?).copied();
    // What fits with the fewest digits is the country.
    let mut each = 1..=digits.len();
    let zones = if is_in_a_place(number) { each.rev().find_map(known) } else { each.find_map(known) };
    zones.unwrap_or_default().split_whitespace()
}

fn is_in_a_place(number: &PhoneNumber) -> bool {
    let kind = || phonelib::PhoneNumber::try_parse(number.as_str()).ok().map(|parsed| parsed.phone_type());
    number.area_code().is_some() || matches!(kind(), Some(PhoneNumberType::FixedLine))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{TABLE, Unknown, ZONES, called, names};
    use crate::limits::rates::Rates;
    use crate::types::PhoneNumber;

    fn of(number: &str) -> Vec<&'static str> {
        names(&PhoneNumber::parse(number).unwrap()).collect()
    }

    #[test]
    fn a_number_is_in_the_zones_of_the_longest_digits_that_fit() {
        for (number, zones) in [
            ("+12133610872", &["America/Los_Angeles"][..]),
            ("+12125550123", &["America/New_York"]),
            ("+18085550123", &["Pacific/Honolulu"]),
            ("+12082155123", &["America/Los_Angeles"]),
            ("+12082015123", &["America/Denver"]),
            ("+442079460958", &["Europe/London"]),
            ("+33123456789", &["Europe/Paris"]),
            ("+81312345678", &["Asia/Tokyo"]),
            ("+919876543210", &["Asia/Calcutta"]),
            ("+73832123456", &["Asia/Novosibirsk"]),
        ] {
            assert_eq!(of(number), zones, "{number}");
        }
        let russia = of("+79123456789");
        assert!(russia.len() > 5, "a mobile number of a wide country may be in any of its zones: {russia:?}");
        let unheard_of = of("+12205550123");
        assert!(!unheard_of.is_empty());
    }

    #[test]
    fn every_zone_is_known_and_every_country_has_one() {
        for name in ZONES.values().flat_map(|zones| zones.split(' ')) {
            assert!(TimeZone::get(name).is_ok(), "{name}");
        }
        // Wherever a rate is known a phone may ring, and is in some zone.
        for line in Rates::ours().lines() {
            let digits = line.split('\t').next().unwrap();
            let known = (1..=digits.len()).any(|many| ZONES.contains_key(&digits[..many]));
            let inner = ZONES.keys().any(|known| known.starts_with(digits));
            assert!(known || inner, "{digits}");
        }
    }

    #[test]
    fn a_toll_free_number_has_no_night_and_a_number_that_is_not_known_has_no_day() {
        let of = |number: &str| super::of(&PhoneNumber::parse(number).unwrap()).map(|zones| zones.len());
        assert_eq!(of("+18005550123"), Ok(0));
        assert_eq!(of("+12125550123"), Ok(1));
        // No country has these digits.
        assert_eq!(of("+999123456789"), Err(Unknown));
        for (names, many) in [
            (vec![], None),
            (vec!["Europe/London"], Some(1)),
            (vec!["Europe/Lisbon", "Atlantic/Madeira"], Some(2)),
            (vec!["Europe/Lisbon", "Atlantic/Nowhere"], None),
        ] {
            assert_eq!(called(names.iter().copied()).ok().map(|zones| zones.len()), many, "{names:?}");
        }
    }

    #[test]
    fn the_table_says_where_it_is_from_and_of_which_day() {
        let head: Vec<_> = TABLE.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(head.iter().any(|line| line.starts_with("# source: libphonenumber ")), "{head:?}");
        let date = head.iter().find_map(|line| line.strip_prefix("# date: ")).unwrap();
        assert!(date.parse::<jiff::civil::Date>().is_ok(), "{date}");
    }
}
