//! What may be called, number by number.

use super::{Unsupported, check, is_a_business, plans};
use crate::types::PhoneNumber;

mod around;
mod twice;

fn may_be_called(text: &str) -> bool {
    PhoneNumber::parse(text).is_ok_and(|number| check(&number).is_ok())
}

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
    use Unsupported::{Emergency, Nowhere, Pager, Personal, Priced, Relief, Satellite, TooShort, UniversalAccess};
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
        ("+3270123456", Priced),
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
        ("+4491112", TooShort),
        ("+4911200", Emergency),
        ("+4911833", Emergency),
        ("+391121234", Nowhere),
        ("+9611123", TooShort),
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

#[test]
fn freephone_and_the_islands_have_exchanges_that_landlines_of_the_mainland_have_not() {
    for text in ["+18885551234", "+18552115551", "+18002114511", "+18665115551", "+18884115551", "+18339765551"] {
        assert_eq!(check_text(text), Ok(()), "{text}");
    }
    // Barbados, Bermuda, Turks and Caicos, the Dominican Republic, Guam.
    for text in ["+12463112345", "+14414112345", "+16497111234", "+18299761234", "+16712111234"] {
        assert_eq!(check_text(text), Ok(()), "{text}");
    }
    for text in ["+14152115551", "+14169115551", "+16042115551"] {
        assert_eq!(check_text(text), Err(Unsupported::Emergency), "{text}");
    }
    // Mérida, Copenhagen, a Chilean mobile: 999 is not an emergency number there.
    for text in ["+529999530011", "+4599912345", "+56999503699"] {
        assert_eq!(check_text(text), Ok(()), "{text}");
    }
    for text in ["+14159765551", "+16049765551", "+13459761234"] {
        assert_eq!(check_text(text), Err(Unsupported::Priced), "{text}");
    }
}

#[test]
fn a_company_number_is_called_where_it_costs_what_a_landline_costs() {
    for text in [
        "+443001231234",
        "+443331234567",
        "+353818300000",
        "+358104488000",
        "+358201234567",
        "+358295123456",
        "+358306123456",
        "+358711234567",
        "+3587312345678",
        "+358753123456",
        "+33806123456",
        "+33809123456",
        "+46102345678",
        "+46771234567",
        "+4702000",
        "+4781521234",
        "+4781021234",
        "+41581234567",
        "+3114020",
        "+31881234567",
        "+31851234567",
        "+40372123456",
        "+420972123456",
        "+421961234567",
        "+85230161234",
        "+9221111825888",
        "+904441444",
        "+611300123456",
        "+61131234",
        "+27861123456",
        "+971600512345",
        "+4932221234567",
        "+43720123456",
        "+43512345678",
        "+33912345678",
        "+4570123456",
        "+3278102345",
        "+3278791234",
        "+548101234567",
        "+5540041234",
        "+351808123456",
        "+351809112345",
        "+8215441234",
        "+8216001234",
        "+8218991234",
    ] {
        assert_eq!(check_text(text), Ok(()), "{text}");
    }
}

#[test]
fn a_company_number_is_not_called_where_it_costs_more() {
    use Unsupported::{Priced, UniversalAccess};
    for (text, why) in [
        ("+358100123456", Priced),
        ("+358200123456", Priced),
        ("+35820212345", Priced),
        ("+35830012345", Priced),
        ("+358600123456", Priced),
        ("+35875112345", Priced),
        ("+3531850123456", Priced),
        ("+33810123456", Priced),
        ("+33825123456", Priced),
        ("+41840123456", Priced),
        ("+46939123456", Priced),
        ("+4782012345", Priced),
        ("+31900123456", Priced),
        ("+43810123456", Priced),
        ("+491371234567", Priced),
        ("+390878123456", Priced),
        ("+61190012345", Priced),
        ("+34902123456", Priced),
        ("+81570123456", Priced),
        ("+351707123456", Priced),
        ("+351708121234", Priced),
        ("+553001231234", Priced),
        ("+4918500123456", UniversalAccess),
        ("+34511234567", UniversalAccess),
        ("+38562123456", UniversalAccess),
        ("+6483012378", UniversalAccess),
        ("+31841234567", UniversalAccess),
        ("+445512345678", UniversalAccess),
    ] {
        assert_eq!(check_text(text), Err(why), "{text}");
    }
}

/// A rule, an example of it, and the digits that it is about.
type Rule = (&'static str, &'static str, fn(&str) -> bool);

/// Where we refuse what Google's metadata calls an ordinary number.
const REFUSED: [Rule; 7] = [
    ("ITU-T E.164, 6.2.4: prefixes are not part of a number: `spelling::has_two_zeros`", "+8100777123", |digits| {
        ["35900", "50700", "59800", "6200", "6600", "8100", "8200", "9100", "97400"]
            .iter()
            .any(|begins| digits.starts_with(begins))
    }),
    ("A phone under two country codes is written under its own: `plans::ELSEWHERE`", "+390549882345", |digits| {
        plans::ELSEWHERE.iter().any(|(_, prefixes, _)| prefixes.iter().any(|prefix| digits.starts_with(prefix)))
    }),
    ("ITU-T E.164, 6.2.1: 15 digits at most. And 7 at least, here as everywhere", "+431112", |digits| {
        !(7..=15).contains(&digits.len())
    }),
    ("NANPA, Central Office Code guidelines: an exchange begins with 2 to 9", "+18491123456", |digits| {
        digits.starts_with('1') && matches!(digits.as_bytes().get(4), Some(b'0' | b'1'))
    }),
    ("The same: no exchange of the mainland ends in 11, and 976 is for paid services", "+14152115551", |digits| {
        let exchange = digits.get(4..7).unwrap_or_default();
        digits.starts_with('1') && (exchange.ends_with("11") || exchange == "976")
    }),
    (
        "ITU-T E.164.2: satellites, networks and personal numbers, which belong to no country",
        "+881612345678",
        |digits| ["870", "878", "881", "882", "883"].iter().any(|code| digits.starts_with(code)),
    ),
    ("St. Helena's emergency numbers, in a plan of five digits", "+29099966", |digits| {
        digits.starts_with("290999") || digits.starts_with("290911")
    }),
];

/// What Google's metadata calls a company's number or one at shared cost, and is called beside
/// `plans::ORDINARY`.
const CALLED: plans::Ranges = &[
    ("China: local services behind an area code, at the price of a local call", &["86"]),
    ("Barbados, the Bahamas: landlines of companies, whose area code decides the price", &["1246", "1242225"]),
];

/// Company numbers (Google's metadata, 9.0.43: "universal access") that are not called because no
/// plan that we know of says what they cost their caller. By country, and what is known.
const UNCLEAR: plans::Ranges = &[
    ("Ascension", &["247"]),
    ("Bosnia, 070", &["38770"]),
    ("Croatia, 062 and 072", &["38562", "38572"]),
    ("Cyprus, 50 and 77", &["35750", "35777"]),
    ("Finland and Åland, 060 and 070, where services are on the bill of the call", &["35860", "35870"]),
    ("Germany, 018 but 0180: groups of users", &["4918"]),
    ("Greece, 5005000", &["305005000"]),
    ("Hungary, 038: networks of companies", &["3638"]),
    ("Iceland, 809", &["354809"]),
    ("India, 140: telemarketers call from these", &["91140"]),
    ("Indonesia, 1500 and 0807 1", &["621500", "628071"]),
    ("Iran, 96: short numbers", &["9896"]),
    ("Israel, 1 599", &["9721599"]),
    ("Jordan, 0810 and 088", &["962810", "96288"]),
    ("Liechtenstein, 870", &["423870"]),
    ("Lithuania, 706 and 707", &["370706", "370707"]),
    ("Maldives, 400, 401, 450", &["960400", "960401", "960450"]),
    ("Malta, 501", &["356501"]),
    ("Moldova, 0803", &["373803"]),
    ("Montenegro, 077", &["38277"]),
    ("Netherlands, 084 and 087, unlike 085 and 088", &["3184", "3187"]),
    ("New Zealand, 08 but 0800 and 0808", &["648"]),
    ("Nigeria, 0700", &["234700"]),
    ("Paraguay, 20 to 90", &["595"]),
    ("Poland, 804", &["48804"]),
    ("Polynesia, 44", &["68944"]),
    ("Portugal, 703 8 and 705 96", &["351703", "351705"]),
    ("Romania, 0805, 0807, 0808", &["40805", "40807", "40808"]),
    ("Serbia, 070 and 076", &["38170", "38176"]),
    ("Singapore, 7000", &["657000"]),
    ("Spain, 51: numbers of no place", &["3451"]),
    ("Sri Lanka, 1973", &["941973"]),
    ("Taiwan, 050", &["88650"]),
    ("United Kingdom and its islands, 055, unlike 03", &["4455"]),
    ("Uruguay, 21: short numbers", &["59821"]),
    ("Vanuatu, 30, 33, 900", &["67830", "67833", "678900"]),
    ("Venezuela, 0501", &["58501"]),
    ("Vietnam, 069, 199, 799: networks of the state, and services", &["8469", "84199", "84799"]),
];

#[test]
fn a_company_number_is_called_or_a_rule_of_its_country_names_why_not() {
    let (mut called, mut unnamed, mut refused) = (0, Vec::new(), std::collections::BTreeSet::new());
    for (text, _) in swept().filter(|(_, kind)| *kind == "uan") {
        let digits = text.trim_start_matches('+');
        let row = UNCLEAR.iter().find(|(_, prefixes)| prefixes.iter().any(|prefix| digits.starts_with(prefix)));
        // Some cannot be dialled from abroad: there are too few digits, or they are another number
        // of North America.
        let Ok(number) = PhoneNumber::parse(&text) else { continue };
        match (check(&number), row) {
            (Ok(()), None) if plans::is_in(digits, plans::ORDINARY) || plans::is_in(digits, CALLED) => called += 1,
            (Err(Unsupported::Priced), None) if plans::is_in(digits, plans::EXTRA) => {}
            // Disaster relief, which has a rule of its own.
            (Err(Unsupported::Relief), None) => {}
            (Err(_), Some((country, _))) => {
                refused.insert(*country);
            }
            (found, _) => unnamed.push((text, found)),
        }
    }
    let unused: Vec<_> = UNCLEAR.iter().filter(|(country, _)| !refused.contains(country)).collect();
    assert!(unnamed.is_empty() && unused.is_empty() && called > 100, "{called} called, {unnamed:?}, {unused:?}");
}

/// Regions, types and numbers: `tests/numbers/sweep.py`.
const SWEEP: &str = include_str!("../../../../tests/numbers/numbers.txt");
const TWINS: &str = include_str!("../../../../tests/numbers/twins.txt");

#[test]
fn what_google_calls_ordinary_is_called_unless_a_rule_names_why_not() {
    for (rule, example, applies) in REFUSED {
        assert!(!may_be_called(example) && applies(example.trim_start_matches('+')), "{example}: {rule}");
    }
    let mut called = 0;
    for (text, kind) in swept().filter(|(_, kind)| ["fixed", "mobile", "either", "voip", "tollfree"].contains(kind)) {
        let named = REFUSED.iter().any(|(_, _, applies)| applies(text.trim_start_matches('+')));
        assert!(named || may_be_called(&text), "{text}, {kind}, is refused by none of these rules");
        called += u32::from(may_be_called(&text));
    }
    assert!(called > 10_702, "{called}");
}

#[test]
fn what_google_calls_expensive_is_not_called_unless_a_rule_names_why() {
    let mut refused = 0;
    for (text, kind) in swept().filter(|(_, kind)| ["premium", "shared", "personal", "pager", "uan"].contains(kind)) {
        let digits = text.trim_start_matches('+');
        let may_be_called = may_be_called(&text);
        assert!(
            !may_be_called || plans::is_in(digits, plans::ORDINARY) || plans::is_in(digits, CALLED),
            "{text} is a {kind} number"
        );
        assert!(!may_be_called || !["premium", "personal", "pager"].contains(&kind), "{text} is a {kind} number");
        refused += u32::from(!may_be_called);
    }
    assert!(refused > 1_000, "{refused}");
}

/// All those texts, each with its type.
fn swept() -> impl Iterator<Item = (String, &'static str)> {
    SWEEP.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (code, kind) = (words.next().unwrap(), words.next().unwrap());
        words.map(move |national| (format!("+{code}{national}"), kind))
    })
}

#[test]
fn one_phone_has_one_spelling() {
    for (text, why) in [
        ("+4407911123456", Unsupported::Spelling),
        ("+9109876543210", Unsupported::Spelling),
        ("+9198765222220", Unsupported::TooLong),
        ("+91987652222200", Unsupported::TooLong),
        ("+336123456789", Unsupported::TooLong),
        ("+91987652222", Unsupported::TooShort),
        ("+6325551234", Unsupported::Between), // Manila, as it was written until 2019
        ("+49030123456", Unsupported::Spelling),
        ("+330123456789", Unsupported::Spelling),
        ("+3606 1 234 5678", Unsupported::Nowhere),
        ("+360612345678", Unsupported::Spelling),
        ("+789161234567", Unsupported::Spelling),
        ("+5215512345678", Unsupported::Spelling), // Mexico, as it was written until 2019
        ("+521551234567", Unsupported::Spelling),
        ("+52015512345678", Unsupported::Spelling), // the same, with what was dialled before it
        ("+520445512345678", Unsupported::Spelling),
        ("+551198765432", Unsupported::WithoutNine), // Brazil, as it was written until 2016
        ("+551187654321", Unsupported::WithoutNine),
        ("+552161234567", Unsupported::WithoutNine),
        ("+559981234567", Unsupported::WithoutNine),
        ("+54111523456789", Unsupported::Spelling), // Argentina, with its mobiles' 15
        ("+549111523456789", Unsupported::Spelling),
        ("+542211551234567", Unsupported::TooLong),
        ("+54221155123456", Unsupported::Spelling),
        ("+543492151234567", Unsupported::TooLong),
        ("+54349215123456", Unsupported::Spelling),
    ] {
        let found = PhoneNumber::parse(text).map_or(Err(Unsupported::Nowhere), |number| check(&number));
        assert_eq!(found, Err(why), "{text}");
    }
    for text in ["+7916123456", "+3361234567", "+90532123456", "+5255123456", "+35191234567", "+8190123456"] {
        assert_eq!(check_text(text), Err(Unsupported::TooShort), "{text} lacks a digit");
    }
    // As they are written since, a landline, a radio network, and a landline that has lost a digit.
    for (text, result) in [
        ("+5511987654321", Ok(())),
        ("+551132345678", Ok(())),
        ("+551178123456", Ok(())),
        ("+55113234567", Err(Unsupported::TooShort)),
    ] {
        assert_eq!(check_text(text), result, "{text}");
    }
    // Italy's zero is part of the number.
    assert_eq!(check_text("+390612345678"), Ok(()));
    for text in TWINS.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' ').skip(1)) {
        assert!(!may_be_called(text), "{text} is another spelling of a number");
    }
}

#[test]
fn a_business_is_known_by_its_line_and_what_is_not_known_is_a_persons() {
    for (text, business) in [
        ("+18005550199", true),
        ("+18885550199", true),
        ("+80012345678", true),
        ("+448081570192", true),
        ("+443001234567", true),
        ("+353818123456", true),
        ("+4915112345678", false),
        ("+18015550199", false),
        ("+442079460958", false),
        ("+447911123456", false),
        ("+353851234567", false),
        ("+252612345678", false),
    ] {
        assert_eq!(is_a_business(&PhoneNumber::parse(text).unwrap()), business, "{text}");
    }
}
