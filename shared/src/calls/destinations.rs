//! Numbers that are not called, whoever asks: those that cost the caller by the minute, those that somebody needs in an
//! emergency, and those that cannot exist. Pure.
//!
//! This is the first fence, not the only one. Ranges made for revenue fraud change daily and look like any other, so the
//! carrier's own permissions by country are the second. It stands before the dialler because that counts attempts at such
//! numbers against the whole account.

use phonelib::{ParseError, PhoneNumberType};

use crate::types::PhoneNumber;

/// Calling codes that belong to no country, with what is behind them. `+800`, freephone, is not among them.
const WITHOUT_COUNTRY: [(&str, Unsupported); 8] = [
    ("808", Unsupported::Priced),
    ("870", Unsupported::Satellite),
    ("878", Unsupported::Personal),
    ("881", Unsupported::Satellite),
    ("882", Unsupported::Satellite),
    ("883", Unsupported::Satellite),
    ("888", Unsupported::Relief),
    ("979", Unsupported::Priced),
];
/// Shared-cost ranges that the number library does not know: Belgium's 078 and Norway's 810.
const PRICED: [&str; 2] = ["3278", "47810"];
/// The United Kingdom's 03 is of the library's type "universal access", and by regulation costs what a landline costs.
/// Half of the country's offices are behind it.
const LANDLINE_PRICED: [&str; 1] = ["443"];

/// What people dial in an emergency, somewhere. As the beginning of a number that belongs to no range of its country, it
/// is not the beginning of a number.
const EMERGENCY: [&str; 12] = ["000", "100", "101", "102", "108", "110", "111", "112", "118", "119", "911", "999"];

/// Why a number is not called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unsupported {
    /// Emergency and service codes, dressed up as a full number.
    #[error("it is an emergency or service number")]
    Emergency,
    /// Whoever calls pays more than for a call.
    #[error("it is a premium-rate or shared-cost number")]
    Priced,
    /// A number that follows somebody around at the caller's cost.
    #[error("it is a personal number, which costs the caller extra")]
    Personal,
    /// Nobody listens.
    #[error("it is a pager")]
    Pager,
    /// A company's nationwide number, at a price that the number does not tell.
    #[error("it is a universal access number, which costs the caller extra")]
    UniversalAccess,
    /// Satellites and networks that are everywhere and nowhere.
    #[error("it is a satellite or global-network number")]
    Satellite,
    /// The United Nations' code for disasters.
    #[error("it belongs to disaster relief")]
    Relief,
    /// No such calling code, or a length that its country does not have.
    #[error("no country has such numbers")]
    Nowhere,
}

/// Passes a number that may be called.
pub fn check(number: &PhoneNumber) -> Result<(), Unsupported> {
    let digits = number.as_str().trim_start_matches('+');
    let begins = |prefix: &str| digits.starts_with(prefix);

    if let Some((_, why)) = WITHOUT_COUNTRY.iter().find(|(code, _)| begins(code)) {
        return Err(*why);
    }
    if let Some(national) = digits.strip_prefix('1') {
        north_american(national)?;
    }
    if PRICED.iter().any(|prefix| begins(prefix)) {
        return Err(Unsupported::Priced);
    }
    if LANDLINE_PRICED.iter().any(|prefix| begins(prefix)) {
        return Ok(());
    }
    match phonelib::PhoneNumber::try_parse(number.as_str()) {
        Ok(parsed) => by_type(parsed.phone_type(), parsed.national_number()),
        // Area codes are opened several times a year. One that the library has not heard of is for the dialler to judge.
        Err(ParseError::InvalidAreaCode | ParseError::InvalidExchange) => Ok(()),
        // Lengths and calling codes change once in a decade, and short codes are what is left.
        Err(_) => Err(Unsupported::Nowhere),
    }
}

fn by_type(kind: PhoneNumberType, national: &str) -> Result<(), Unsupported> {
    match kind {
        PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost => Err(Unsupported::Priced),
        PhoneNumberType::PersonalNumber => Err(Unsupported::Personal),
        PhoneNumberType::Pager => Err(Unsupported::Pager),
        PhoneNumberType::Uan => Err(Unsupported::UniversalAccess),
        PhoneNumberType::Unknown if EMERGENCY.iter().any(|code| national.starts_with(code)) => {
            Err(Unsupported::Emergency)
        }
        _ => Ok(()),
    }
}

/// What ten digits after a 1 can hide. `PhoneNumber` has seen to their structure.
fn north_american(national: &str) -> Result<(), Unsupported> {
    let (area, rest) = national.split_at_checked(3).unwrap_or_default();
    let exchange = rest.get(..3).unwrap_or_default();
    // 211 to 911: some networks act on the first three digits.
    if area.ends_with("11") || exchange.ends_with("11") {
        return Err(Unsupported::Emergency);
    }
    // 900 in every country of the plan, and 976 in every area.
    if area == "900" || exchange == "976" {
        return Err(Unsupported::Priced);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Unsupported, check};
    use crate::types::PhoneNumber;

    fn check_text(text: &str) -> Result<(), Unsupported> {
        check(&PhoneNumber::parse(text).unwrap())
    }

    #[test]
    fn people_and_businesses_can_be_called() {
        for text in [
            "+12133610872",   // United States
            "+14165550100",   // Canada
            "+18005550199",   // freephone
            "+18765550123",   // Jamaica
            "+442079460958",  // London
            "+447911123456",  // a British mobile
            "+443001231234",  // a British office
            "+493012345678",  // Berlin
            "+4915123456789", // a German mobile
            "+33123456789",
            "+525512345678",
            "+5511961234567",
            "+819012345678",
            "+8613812345678",
            "+919876543210",
            "+61412345678",
            "+85221234567",
            "+80012345678",
        ] {
            assert_eq!(check_text(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_costs_the_caller_or_serves_an_emergency_is_not_called() {
        use Unsupported::{Emergency, Nowhere, Pager, Personal, Priced, Relief, Satellite, UniversalAccess};
        for (text, why) in [
            ("+19115551234", Emergency),
            ("+14115551234", Emergency),
            ("+14159115551", Emergency),
            ("+12122115551", Emergency),
            ("+19005551234", Priced),
            ("+14159761234", Priced),
            ("+15005550006", Personal),
            ("+17005551234", UniversalAccess),
            ("+449012345678", Priced),   // United Kingdom, 090
            ("+448431234567", Priced),   // United Kingdom, 084
            ("+447012345678", Personal), // United Kingdom, 070
            ("+447640123456", Pager),
            ("+499001234567", Priced),
            ("+491801234567", Priced),
            ("+33891123456", Priced),
            ("+3278123456", Priced),
            ("+4781021234", Priced),
            ("+97912345678", Priced),
            ("+979123456789", Priced),
            ("+80812345678", Priced),
            ("+870773111632", Satellite),
            ("+881612345678", Satellite),
            ("+8821234567", Satellite),
            ("+8835100012345", Satellite),
            ("+878101234567", Personal),
            ("+88812345678", Relief),
            ("+9991234567", Nowhere),
            ("+2101234567", Nowhere),
            ("+4491112", Nowhere),
            ("+4911200", Emergency),
            ("+4911833", Emergency),
            ("+391121234", Nowhere),
            ("+9611123", Nowhere),
        ] {
            assert_eq!(check_text(text), Err(why), "{text}");
        }
    }

    #[test]
    fn no_number_is_too_strange_to_be_judged() {
        for code in 1..=999_u32 {
            for digit in ['0', '1', '5', '9'] {
                for length in 7..=15 {
                    let mut text = format!("+{code}");
                    text.extend(std::iter::repeat_n(digit, length));
                    text.truncate(length + 1);
                    if let Ok(number) = PhoneNumber::parse(&text) {
                        let _ = check(&number);
                    }
                }
            }
        }
    }
}
