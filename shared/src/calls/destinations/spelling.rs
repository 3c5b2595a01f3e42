//! One phone has one spelling. Behind a country code, many networks take what is dialled inside the
//! country too, a trunk prefix or a carrier's code, and reach the same phone: limits, opt-outs and
//! budgets by prefix would not. Pure.

use phonelib::{PhoneNumber, PhoneNumberType};

use super::whole;

/// Whether a number is written as its plan writes it.
pub(super) fn is_own(parsed: &PhoneNumber, text: &str) -> bool {
    parsed.e164() == text && !is_prefixed(parsed.country_code(), parsed.national_number())
}

/// Whether digits are a mobile phone's as only its own country writes them, or used to. A caller
/// who is told of too many leaves out the last ones, and calls another phone.
pub(super) fn is_local(digits: &str) -> bool {
    // Mexico: 1 and ten digits until 2019, and inside the country 01, 044 or 045 before them. No
    // number begins with 0 or 1.
    if ["520", "521"].into_iter().any(|beginning| digits.starts_with(beginning)) {
        return true;
    }
    // Argentina: 15 behind the area code, which from abroad is a 9 before it. With it there are
    // twelve digits, and no number has so many.
    let Some(national) = digits.strip_prefix("54") else { return false };
    let national = national.strip_prefix('9').unwrap_or(national);
    national.len() == 12
        && [2, 3, 4].into_iter().any(|area| national.get(area..).is_some_and(|rest| rest.starts_with("15")))
}

/// Whether digits are a Brazilian mobile's as they were until 2016: an area code and eight digits,
/// before which a 9 belongs since then. Landlines begin with 2 to 5, and with a 7 there are radio
/// networks that have eight digits still.
pub(super) fn is_without_its_nine(digits: &str) -> bool {
    let Some(national) = digits.strip_prefix("55").filter(|national| national.len() == 10) else { return false };
    let Some((area, line)) = national.split_at_checked(2) else { return false };
    !area.contains('0') && ["6", "8", "9"].into_iter().any(|begins| line.starts_with(begins))
}

/// Calling codes of the countries in which an 8 is dialled before a number, or was: what was the
/// Soviet Union (ITU-T, national numbering plans).
const AFTER_AN_EIGHT: [&str; 14] =
    ["7", "370", "371", "372", "373", "374", "375", "380", "992", "993", "994", "995", "996", "998"];

/// Whether digits are a number only without the 8 that they begin with. A caller who is told of too
/// many leaves out the last one, and calls another phone.
pub(super) fn has_an_eight(digits: &str) -> bool {
    AFTER_AN_EIGHT.iter().any(|code| {
        let national = digits.strip_prefix(code);
        let shorter = national.and_then(|national| national.strip_prefix('8'));
        shorter.is_some_and(|shorter| whole::is_known(&format!("{code}{shorter}")) && !whole::is_known(digits))
    })
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
        // South Korea: 0, and often a carrier behind it. Of its own numbers only freephone ones
        // begin with 0.
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
