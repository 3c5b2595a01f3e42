//! One phone has one spelling. Behind a country code, many networks take what is dialled inside the country too, a trunk
//! prefix or a carrier's code, and reach the same phone: limits, opt-outs and budgets by prefix would not. Pure.

use phonelib::{PhoneNumber, PhoneNumberType};

/// Whether a number is written as its plan writes it.
pub(super) fn is_own(parsed: &PhoneNumber, text: &str) -> bool {
    parsed.e164() == text && !is_prefixed(parsed.country_code(), parsed.national_number())
}

/// What the library takes for a number because its length fits one.
fn is_prefixed(calling_code: u32, national: &str) -> bool {
    let begins = |prefix: &str| national.starts_with(prefix);
    match calling_code {
        // Belarus: 8, or 80, and a number; its own numbers with an 8 are freephone and paid ones.
        375 if begins("8") => !match national.len() {
            6..=9 => begins("800"),
            10 => begins("800") || begins("801") || begins("803"),
            _ => begins("820"),
        },
        // Luxembourg: 15 and two digits choose a carrier. No number begins with 1.
        352 => begins("15"),
        // South Korea: 0, and often a carrier behind it. Of its own numbers only freephone ones begin with 0.
        82 if begins("0") => !["00308", "00368", "00798"].into_iter().any(begins),
        // Uruguay's freephone numbers have three of the zeros that elsewhere begin with two.
        598 => begins("0000"),
        // Panama has no trunk prefix, and 00 begins its freephone numbers.
        507 => begins("0") && !begins("00"),
        // Elsewhere 00 begins freephone numbers, and with the trunk 0 before them there are three.
        _ => begins("000") && !is_unknown(calling_code, national.get(1..).unwrap_or_default()),
    }
}

fn is_unknown(calling_code: u32, national: &str) -> bool {
    let shorter = PhoneNumber::parse(&format!("+{calling_code}{national}"));
    shorter.is_none_or(|number| number.phone_type() == PhoneNumberType::Unknown)
}
