//! Numbers that no wallet may call: those that cost the caller by the minute, those that people
//! need in an emergency, those that cannot exist, and those that are another number's second
//! spelling. Pure.
//!
//! This is the first fence, not the only one. Ranges made for revenue fraud change daily and look
//! like any other, so the carrier's own permissions by country are the second. It stands before the
//! dialler because that counts attempts at such numbers against the whole account.

mod plans;
mod spelling;
mod whole;

use phonelib::{ParseError, PhoneNumberType};

use crate::limits::rates;
use crate::types::{FREEPHONE_AREAS, PhoneNumber};
use plans::{EMERGENCY, EXTRA, ORDINARY, PAGERS, SUBSCRIBERS, WITHOUT_COUNTRY, is_in};
use whole::Length;

/// The calling code of freephone numbers that belong to no country.
const FREEPHONE: &str = "800";

/// Why a number is not called.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unsupported {
    /// Emergency and service codes, dressed up as a full number.
    #[error("it is an emergency or service number")]
    Emergency,
    /// The caller pays more than for a call.
    #[error("it is a premium-rate or shared-cost number")]
    Priced,
    /// A number that follows a person around at the caller's cost.
    #[error("it is a personal number, which costs the caller extra")]
    Personal,
    /// No person listens.
    #[error("it is a pager")]
    Pager,
    /// A company's nationwide number, at a price that the number does not tell. Those of a
    /// regulated price are called.
    #[error("it is a company's nationwide number, of a range whose price is unclear: it may cost the caller extra")]
    UniversalAccess,
    /// Satellites and networks that are everywhere and nowhere.
    #[error("it is a satellite or global-network number")]
    Satellite,
    /// The United Nations' code for disasters.
    #[error("it belongs to disaster relief")]
    Relief,
    /// No such calling code.
    #[error("no country has such numbers")]
    Nowhere,
    /// Digits behind a whole number, which many networks drop.
    #[error(
        "it has too many digits for a number of its country and range; leave out what is behind the number, such as an extension"
    )]
    TooLong,
    /// A number that is not finished.
    #[error("it has too few digits for a number of its country and range")]
    TooShort,
    /// Longer than one and shorter than another that begins like it.
    #[error("it has too few or too many digits for a number of its country and range")]
    Between,
    /// Another number, with what is dialled before it inside its country: limits and opt-outs know
    /// each phone by one name.
    #[error(
        "it has the prefix that is dialled inside its country (often a 0, in Mexico a 1, in what was the Soviet Union an 8) after the country code, or \
         Argentina's 15 behind the area code, instead of which its mobiles begin with \"+54 9\"; leave that out: the \
         London number 020 7946 0958 is \"+442079460958\""
    )]
    Spelling,
    /// What leads to another network or abroad: inside a country, and for the networks that pass it
    /// on.
    #[error(
        "no number has 00 behind its country code: inside the country that leads to another network or abroad; write the number \
         with its own country code, and without what is dialled before it"
    )]
    DialThrough,
    /// A country code that was written before a number which had it already.
    #[error("its country code is there twice; write it as \"{}\"", .0.as_str())]
    Doubled(PhoneNumber),
    /// A mobile of Brazil as it was written until 2016.
    #[error(
        "it is a Brazilian mobile as they were written until 2016; put a 9 behind the area code: what was \"+551187654321\" is \"+5511987654321\""
    )]
    WithoutNine,
    /// A phone that has a number in the plan of another country too.
    #[error("the same phone is reached under another country code, and has one spelling here: write it as {0}")]
    OtherCode(&'static str),
}

/// Passes a number that may be called.
pub fn check(number: &PhoneNumber) -> Result<(), Unsupported> {
    judge(number).map_err(|why| match why {
        // A caller who is told of too many digits leaves out the last ones, and calls another
        // phone.
        Unsupported::TooLong
        | Unsupported::TooShort
        | Unsupported::Between
        | Unsupported::Nowhere
        | Unsupported::Spelling => spelling::with_one_code(number).map_or(why, Unsupported::Doubled),
        _ => why,
    })
}

fn judge(number: &PhoneNumber) -> Result<(), Unsupported> {
    let digits = number.as_str().trim_start_matches('+');
    if let Some((_, why)) = WITHOUT_COUNTRY.iter().find(|(code, _)| digits.starts_with(code)) {
        return Err(why.clone());
    }
    if let Some((_, _, right)) = plans::ELSEWHERE.iter().find(|(_, prefixes, _)| begins_with_one_of(digits, prefixes)) {
        return Err(Unsupported::OtherCode(right));
    }
    if spelling::is_local(digits) || spelling::has_an_eight(digits) {
        return Err(Unsupported::Spelling);
    }
    if spelling::has_two_zeros(digits) {
        return Err(Unsupported::DialThrough);
    }
    if spelling::is_without_its_nine(digits) {
        return Err(Unsupported::WithoutNine);
    }
    let parsed = match phonelib::PhoneNumber::try_parse(number.as_str()) {
        Ok(parsed) => parsed,
        // Area codes are opened several times a year. One that the library has not heard of is for
        // the dialler to judge.
        Err(ParseError::InvalidAreaCode | ParseError::InvalidExchange) => return north_american(digits, "US"),
        // Lengths and calling codes change once in a decade, and short codes are what is left.
        Err(_) => {
            return Err(match whole::of(digits) {
                Length::TooLong => Unsupported::TooLong,
                Length::TooShort | Length::Between if whole::is_begun(digits) => Unsupported::TooShort,
                _ => Unsupported::Nowhere,
            });
        }
    };
    if !spelling::is_own(&parsed, number.as_str()) {
        return Err(Unsupported::Spelling);
    }
    north_american(digits, parsed.country().code)?;
    if is_in(digits, EXTRA) {
        return Err(Unsupported::Priced);
    }
    if is_in(digits, PAGERS) {
        return Err(Unsupported::Pager);
    }
    by_type(parsed.phone_type(), digits, parsed.national_number())?;
    ends_well(digits)
}

/// Whether it is a business's line, which rings for being called: toll-free, or a company's number
/// that is called at an ordinary price. What a plan is not known for is a person's.
pub fn is_a_business(number: &PhoneNumber) -> bool {
    let digits = number.as_str().trim_start_matches('+');
    if rates::is_toll_free(number) || digits.starts_with(FREEPHONE) {
        return true;
    }
    let kind = phonelib::PhoneNumber::try_parse(number.as_str()).map(|parsed| parsed.phone_type());
    match kind {
        Ok(PhoneNumberType::TollFree) => true,
        Ok(PhoneNumberType::Uan | PhoneNumberType::SharedCost) => is_in(digits, ORDINARY),
        _ => false,
    }
}

fn begins_with_one_of(digits: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| digits.starts_with(prefix))
}

fn ends_well(digits: &str) -> Result<(), Unsupported> {
    match whole::of(digits) {
        Length::Right => Ok(()),
        Length::TooLong => Err(Unsupported::TooLong),
        Length::TooShort => Err(Unsupported::TooShort),
        Length::Between => Err(Unsupported::Between),
    }
}

fn by_type(kind: PhoneNumberType, digits: &str, national: &str) -> Result<(), Unsupported> {
    match kind {
        PhoneNumberType::Uan | PhoneNumberType::SharedCost if is_in(digits, ORDINARY) => Ok(()),
        PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost => Err(Unsupported::Priced),
        PhoneNumberType::PersonalNumber => Err(Unsupported::Personal),
        PhoneNumberType::Pager => Err(Unsupported::Pager),
        PhoneNumberType::Uan => Err(Unsupported::UniversalAccess),
        PhoneNumberType::Unknown
            if EMERGENCY.iter().any(|code| national.starts_with(code)) && !is_in(digits, SUBSCRIBERS) =>
        {
            Err(Unsupported::Emergency)
        }
        _ => Ok(()),
    }
}

/// What ten digits after a 1 can hide. `PhoneNumber` has seen to their structure.
fn north_american(digits: &str, country: &str) -> Result<(), Unsupported> {
    let Some((area, rest)) = digits.strip_prefix('1').and_then(|national| national.split_at_checked(3)) else {
        return Ok(());
    };
    if area.ends_with("11") {
        return Err(Unsupported::Emergency);
    }
    if area == "900" {
        return Err(Unsupported::Priced);
    }
    if plans::PERSONAL_AREAS.contains(&area) {
        return Err(Unsupported::Personal);
    }
    // Freephone has exchanges like 411 and 976, and so have landlines of the islands, which assign
    // their own.
    if FREEPHONE_AREAS.contains(&area) || !matches!(country, "US" | "CA") {
        return Ok(());
    }
    match rest.get(..3).unwrap_or_default() {
        // 211 to 911: some networks act on the first three digits, so no exchange is called so.
        exchange if exchange.ends_with("11") => Err(Unsupported::Emergency),
        "976" => Err(Unsupported::Priced),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
