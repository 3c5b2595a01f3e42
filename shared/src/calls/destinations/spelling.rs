//! One phone has one spelling. Behind a country code, many networks take what is dialled inside the
//! country too, a trunk prefix or a carrier's code, and reach the same phone: limits, opt-outs and
//! budgets by prefix would not. Pure.

use phonelib::PhoneNumber;

use super::{FREEPHONE, whole};
use crate::types;

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

/// Whether digits have two zeros behind their country code. Inside a country they lead abroad or to
/// another network, whose freephone numbers Google's metadata lists with them. A number of E.164
/// never has them (6.2.4: prefixes are not part of it), but for those of the code 800.
pub(super) fn has_two_zeros(digits: &str) -> bool {
    national(digits).is_some_and(|(code, national)| code != FREEPHONE && national.starts_with("00"))
}

/// The number of digits that begin with its country code twice, and are no number themselves: the
/// only one that they can be meant for, so not where one digit too many at their end would be
/// another phone's number.
pub(super) fn with_one_code(number: &types::PhoneNumber) -> Option<types::PhoneNumber> {
    let digits = number.as_str().trim_start_matches('+');
    let (code, once) = national(digits)?;
    let (shorter, _) = digits.split_at_checked(digits.len() - 1)?;
    let is_one = once.starts_with(code) && whole::is_known(once) && ![digits, shorter].into_iter().any(whole::is_known);
    is_one.then(|| types::PhoneNumber::parse(&format!("+{once}")).ok())?
}

/// The calling code that a number begins with, and what follows it. No code begins like another.
fn national(digits: &str) -> Option<(&str, &str)> {
    let is_a_code = |code: &str| code.parse().is_ok_and(|code| !phonelib::countries_by_calling_code(code).is_empty());
    (1..=3).filter_map(|length| digits.split_at_checked(length)).find(|(code, _)| is_a_code(code))
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
        // South Korea: 0. Panama has no trunk prefix, and no number begins with 0 in either.
        82 | 507 => begins("0"),
        _ => false,
    }
}
