//! One phone that could be written in two ways: under two country codes, or with an 8.

use super::plans::ELSEWHERE;
use super::{Unsupported, check_text};

/// Phones that have the same digits behind another country's code and their own.
const SAME_DIGITS: [(&str, &str, &[&str]); 9] = [
    (
        "972",
        "970",
        &[
            "561234567",
            "591234567",
            "22212345",
            "22312345",
            "22412345",
            "22712345",
            "22812345",
            "22912345",
            "42412345",
            "42512345",
            "82012345",
            "82112345",
            "82412345",
            "82512345",
            "82612345",
            "82812345",
            "92312345",
            "92512345",
            "92612345",
            "92912345",
        ],
    ),
    (
        "970",
        "972",
        &[
            "501234567",
            "511234567",
            "521234567",
            "531234567",
            "541234567",
            "551234567",
            "581234567",
            "25123456",
            "26123456",
            "31234567",
            "47123456",
            "48123456",
            "49123456",
            "86123456",
            "87123456",
            "88123456",
            "89123456",
            "97123456",
            "98123456",
        ],
    ),
    ("377", "383", &["44123456", "45123456"]),
    ("386", "383", &["43123456", "49123456"]),
    ("381", "383", &["28123456", "29123456", "38123456", "39123456"]),
    ("33", "262", &["262201234", "263201234", "269601234", "639391234", "692201234", "693201234"]),
    ("33", "590", &["590201234", "690001234", "691201234"]),
    ("33", "594", &["594201234", "694201234"]),
    ("33", "596", &["596201234", "696201234", "697201234"]),
];

/// Others, in both spellings, the own one first.
const OTHERWISE: [(&str, &str); 6] = [
    ("+3780549882345", "+390549882345"),
    ("+3780549912345", "+378912345"),
    ("+3780549812345", "+378812345"),
    ("+390669812345", "+3790669812345"),
    ("+442890123456", "+3534890123456"),
    ("+6561234567", "+60261234567"),
];

#[test]
fn a_phone_under_two_country_codes_is_called_under_its_own() {
    let same = SAME_DIGITS.iter().flat_map(|(other, own, all)| {
        all.iter().map(move |digits| (format!("+{own}{digits}"), format!("+{other}{digits}")))
    });
    let otherwise = OTHERWISE.map(|(own, other)| (own.to_owned(), other.to_owned()));
    let all: Vec<_> = same.chain(otherwise).collect();
    for (own, other) in &all {
        assert_eq!(check_text(own), Ok(()), "{own}");
        assert!(matches!(check_text(other), Err(Unsupported::OtherCode(_))), "{other}: {:?}", check_text(other));
    }
    for prefix in ELSEWHERE.iter().flat_map(|(_, prefixes, _)| *prefixes) {
        let other = |other: &str| other.strip_prefix('+').is_some_and(|digits| digits.starts_with(prefix));
        assert!(all.iter().any(|(_, it)| other(it)), "no number begins with {prefix}");
    }
    // Kazakhstan and Russia share a code; of Kazakhstan's other one nothing is in use.
    assert_eq!((check_text("+77011234567"), check_text("+9977011234567")), (Ok(()), Err(Unsupported::Nowhere)));
    for neighbour in ["+390541123456", "+972521234567", "+33612345678", "+38640123456", "+37793123456", "+3534712345"] {
        assert_eq!(check_text(neighbour), Ok(()), "{neighbour}");
    }
}

#[test]
fn an_eight_before_a_number_is_named_and_no_last_digit_is_asked_away() {
    for (right, eight) in [
        ("+37061234567", "+370861234567"),
        ("+37052123456", "+370852123456"),
        ("+998912345678", "+9988912345678"),
        ("+992912345678", "+9928912345678"),
        ("+995555123456", "+9958555123456"),
        ("+380441234567", "+3808441234567"),
        ("+996312123456", "+9968312123456"),
        ("+375291234567", "+3758291234567"),
        ("+37122123456", "+371822123456"),
        ("+37322212345", "+373822212345"),
        ("+994401234567", "+9948401234567"),
        ("+79161234567", "+789161234567"),
        ("+37251234567", "+372851234567"),
        ("+37477123456", "+374877123456"),
        ("+99366123456", "+993866123456"),
    ] {
        assert_eq!(check_text(right), Ok(()), "{right}");
        assert_eq!(check_text(eight), Err(Unsupported::Spelling), "{eight}");
    }
    // Numbers that begin with an 8 themselves.
    for own in ["+37080012345", "+380800123456", "+79800123456", "+992882345678"] {
        assert_eq!(check_text(own), Ok(()), "{own}");
    }
}
