//! Of which country of +1 an area code is: the United States, Canada and two dozen islands share
//! one plan. Pure.
//!
//! This is no part of reading an area code: rows are read by that too, and what was sold once stays
//! readable when areas are assigned.
//!
//! `docs/decisions.md`: Why is an area code of another country refused?

use super::Country;

/// A country, a tab, and its areas, as `tests/numbers/areas.py` says.
const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/areas.tsv"));
/// Kept for directories and for fiction (NANPA, "NPAs set aside").
const DIRECTORIES: &str = "555";

/// Why numbers of a country are not of an area.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotItsArea {
    /// No place has it.
    #[error("is not an area code of a place: 555 is kept for directories")]
    NoPlace,
    /// It is none of those that Canada has, nor of any other country that we know of.
    #[error("is not known as an area code of Canada")]
    Unknown,
    /// It is an area of this country.
    #[error("is an area code of {}", name(*.0))]
    Of(Country),
}

/// Passes an area of the country that it is asked for in. One of the United States that the table
/// does not know may be new, and passes; Canada's few are announced years ahead.
pub fn is_of(area: &str, country: Country) -> Result<(), NotItsArea> {
    match country_of(area) {
        _ if !country.has_area_codes() => Ok(()),
        _ if area == DIRECTORIES => Err(NotItsArea::NoPlace),
        Some(other) if other != country => Err(NotItsArea::Of(other)),
        None if country == Country::CA => Err(NotItsArea::Unknown),
        _ => Ok(()),
    }
}

/// The name of a country, as a sentence has it.
pub fn name(country: Country) -> String {
    match (country.as_str(), phonelib::country_by_code(country.as_str()).map(|known| known.name)) {
        ("US", _) => "the United States".to_owned(),
        ("VG", _) => "the British Virgin Islands".to_owned(),
        ("VI", _) => "the US Virgin Islands".to_owned(),
        (_, Some(name)) if ["Bahamas", "Islands", "Republic"].iter().any(|end| name.ends_with(end)) => {
            format!("the {name}")
        }
        (_, Some(name)) => name.to_string(),
        (code, None) => code.to_owned(),
    }
}

fn country_of(area: &str) -> Option<Country> {
    let rows = TABLE.lines().filter_map(|line| line.split_once('\t'));
    let mut rows = rows.filter(|(_, areas)| areas.split(' ').any(|known| known == area));
    rows.next().and_then(|(country, _)| Country::parse(country).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::AreaCode;

    fn why(area: &str, country: &str) -> String {
        is_of(area, Country::parse(country).unwrap()).map_or_else(|why| why.to_string(), |()| String::new())
    }

    #[test]
    fn an_area_is_of_one_country_of_the_plan() {
        for (area, country, said) in [
            ("415", "US", ""),
            ("604", "CA", ""),
            ("604", "US", "is an area code of Canada"),
            ("942", "US", "is an area code of Canada"),
            ("415", "CA", "is an area code of the United States"),
            ("787", "US", "is an area code of Puerto Rico"),
            ("939", "CA", "is an area code of Puerto Rico"),
            ("876", "US", "is an area code of Jamaica"),
            ("809", "US", "is an area code of the Dominican Republic"),
            ("671", "US", "is an area code of Guam"),
            ("555", "US", "is not an area code of a place: 555 is kept for directories"),
            ("555", "CA", "is not an area code of a place: 555 is kept for directories"),
            // It may have been assigned since.
            ("535", "US", ""),
            ("535", "CA", "is not known as an area code of Canada"),
            // Best effort elsewhere.
            ("20", "GB", ""),
            ("604", "GB", ""),
            ("415", "JM", ""),
        ] {
            assert_eq!(why(area, country), said, "{area} {country}");
        }
    }

    #[test]
    fn each_area_of_the_table_can_be_one_and_is_there_once() {
        let rows = TABLE.lines().filter_map(|line| line.split_once('\t'));
        let all: Vec<_> = rows.clone().flat_map(|(_, areas)| areas.split(' ')).collect();
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!((all.len(), rows.clone().count()), (different.len(), 25));
        for (country, areas) in rows {
            let read = Country::parse(country).unwrap();
            assert_ne!(name(read), country);
            for area in areas.split(' ') {
                assert!(AreaCode::parse(area, Country::US).is_ok(), "{area}");
                assert_eq!(country_of(area), Some(read));
            }
        }
    }
}
