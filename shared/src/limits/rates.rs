//! What a minute to a number costs at the carrier at most, and which numbers belong together. Pure.
//!
//! These are ceilings and no price list: what is reserved when a call is dialled must not be less than what it can come to,
//! and is corrected as soon as that is known. They are estimates of November 2026, after a published deck of another
//! carrier: the dearest ordinary range of a country, rounded up. An operator should hold them against the price list of his
//! own account. Where a country is not named, it is as dear as the dearest that is.

use crate::types::{FREEPHONE_AREAS, PhoneNumber, Usdc};

/// What a number costs that nothing is known of.
const UNKNOWN: u64 = 1_000_000;

/// Micro-dollars a minute, by the first digits. The longest that fits counts.
const RATES: [(&str, u64); 71] = [
    // The United States and Canada, their territories, and the other countries that share their code.
    ("1", 20_000),
    ("1907", 100_000),
    ("1242", 400_000),
    ("1246", 400_000),
    ("1264", 400_000),
    ("1268", 400_000),
    ("1284", 400_000),
    ("1340", 100_000),
    ("1345", 400_000),
    ("1441", 200_000),
    ("1473", 400_000),
    ("1649", 400_000),
    ("1658", 400_000),
    ("1664", 400_000),
    ("1670", 150_000),
    ("1671", 150_000),
    ("1684", 200_000),
    ("1721", 400_000),
    ("1758", 400_000),
    ("1767", 400_000),
    ("1784", 400_000),
    ("1787", 100_000),
    ("1809", 200_000),
    ("1829", 200_000),
    ("1849", 200_000),
    ("1868", 400_000),
    ("1869", 400_000),
    ("1876", 400_000),
    ("1939", 100_000),
    // Europe charges calls from elsewhere more, its mobile networks most of all.
    ("30", 400_000),
    ("31", 600_000),
    ("32", 600_000),
    ("33", 400_000),
    ("34", 400_000),
    ("351", 500_000),
    ("352", 500_000),
    ("353", 100_000),
    ("358", 500_000),
    ("36", 400_000),
    ("39", 500_000),
    ("40", 400_000),
    ("420", 500_000),
    ("43", 500_000),
    ("44", 500_000),
    ("45", 400_000),
    ("46", 600_000),
    ("47", 500_000),
    ("48", 300_000),
    ("49", 400_000),
    ("90", 300_000),
    // Elsewhere.
    ("27", 450_000),
    ("52", 50_000),
    ("54", 300_000),
    ("55", 150_000),
    ("56", 300_000),
    ("57", 150_000),
    ("60", 100_000),
    ("61", 100_000),
    ("62", 150_000),
    ("63", 300_000),
    ("64", 100_000),
    ("65", 60_000),
    ("66", 120_000),
    ("81", 200_000),
    ("82", 50_000),
    ("852", 100_000),
    ("86", 80_000),
    ("886", 200_000),
    ("91", 80_000),
    ("971", 350_000),
    ("972", 350_000),
];

/// What one analysis of a call costs at the dialler: $0.003, and $0.0015 for the call, after its documents of 2026. They say that a
/// long call costs more, and not how much.
pub const ANALYSIS: Usdc = Usdc::micros(4_500);
/// How often the dialler is asked the questions about one call: each time costs anew.
pub const ANALYSES: u64 = 2;

/// Calling codes of two digits. Those of the North American plan and of Russia's have one, all others three.
const TWO_DIGITS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];

/// What a minute to this number costs at the carrier at most.
pub fn carrier_minute(to: &PhoneNumber) -> Usdc {
    let digits = digits(to);
    let fits = RATES.iter().filter(|(prefix, _)| digits.starts_with(prefix));
    Usdc::micros(fits.max_by_key(|(prefix, _)| prefix.len()).map_or(UNKNOWN, |(_, rate)| *rate))
}

/// Whether a business pays for being called at this number: the toll-free areas of the North American plan.
pub fn is_toll_free(to: &PhoneNumber) -> bool {
    digits(to)
        .strip_prefix('1')
        .and_then(|national| national.get(..3))
        .is_some_and(|area| FREEPHONE_AREAS.contains(&area))
}

/// The dearest rate that is known.
#[cfg(test)]
pub(super) fn dearest_known() -> Usdc {
    Usdc::micros(RATES.iter().map(|(_, rate)| *rate).max().unwrap_or(UNKNOWN))
}

/// What so many questions about a call cost at most: all of them are asked at once, and that twice.
pub fn questions(many: usize) -> Usdc {
    if many == 0 { Usdc::micros(0) } else { ANALYSIS.times(ANALYSES) }
}

/// The calling code and the three digits after it: an area of the North American plan, a range elsewhere. Those who earn on
/// calls own ranges.
pub fn prefix(to: &PhoneNumber) -> &str {
    let digits = digits(to);
    let code = match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        _ if TWO_DIGITS.iter().any(|code| digits.starts_with(code)) => 2,
        _ => 3,
    };
    digits.get(..code + 3).unwrap_or(digits)
}

fn digits(to: &PhoneNumber) -> &str {
    to.as_str().trim_start_matches('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    #[test]
    fn a_number_costs_what_the_longest_prefix_says_and_the_most_where_there_is_none() {
        for (text, rate) in [
            ("+12133610872", 20_000),
            ("+19075551234", 100_000),
            ("+18765551234", 400_000),
            ("+447911123456", 500_000),
            ("+35312345678", 100_000),
            ("+85221234567", 100_000),
            ("+2521234567", UNKNOWN),
            ("+5312345678", UNKNOWN),
        ] {
            assert_eq!(carrier_minute(&number(text)), Usdc::micros(rate), "{text}");
        }
        assert!(RATES.iter().all(|(_, rate)| *rate <= UNKNOWN), "nothing is dearer than what is unknown");
    }

    #[test]
    fn businesses_pay_for_the_toll_free_areas_of_north_america() {
        for (text, toll_free) in
            [("+18005550199", true), ("+18885550199", true), ("+18015550199", false), ("+448005550199", false)]
        {
            assert_eq!(is_toll_free(&number(text)), toll_free, "{text}");
        }
    }

    #[test]
    fn numbers_belong_together_by_their_code_and_three_digits() {
        for (text, expected) in [
            ("+12133610872", "1213"),
            ("+442079460958", "44207"),
            ("+79161234567", "7916"),
            ("+35312345678", "353123"),
            ("+2521234567", "252123"),
            ("+80012345678", "800123"),
        ] {
            assert_eq!(prefix(&number(text)), expected, "{text}");
        }
    }
}
