//! Digits behind a number, and before it.

use super::super::{Unsupported, whole};
use super::{SWEEP, check_text, may_be_called, swept};
use crate::types::PhoneNumber;

/// What is a number though it has more behind it: `tests/numbers/sweep.py`.
const LONGER: &str = include_str!("../../../../../tests/numbers/longer.txt");

/// What `tests/numbers/sweep.py` puts behind each number.
const TAILS: [&str; 4] = ["0", "7", "00", "34"];

#[test]
fn digits_behind_a_whole_number_are_refused_unless_they_make_another_one() {
    let longer: std::collections::BTreeSet<String> = LONGER
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| {
            let (code, nationals) = line.split_once(' ').unwrap();
            nationals.split(' ').map(move |national| format!("+{code}{national}"))
        })
        .collect();
    let (mut refused, mut called) = (0, 0);
    for (text, kind) in swept() {
        for text in TAILS.map(|tail| format!("{text}{tail}")) {
            let may_be_called = may_be_called(&text);
            assert!(!may_be_called || longer.contains(&text), "{text}: a {kind} number, and more behind it");
            refused += u32::from(!may_be_called);
            called += u32::from(may_be_called);
        }
    }
    assert!(refused > 45_000 && called > 2_000, "{refused} refused, {called} called");
}

#[test]
fn zeros_before_a_number_are_refused_unless_they_make_another_one() {
    let (mut refused, mut called) = (0, Vec::new());
    for line in SWEEP.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ').skip(1);
        let (code, _) = (words.next().unwrap(), words.next().unwrap());
        let has_zeros = ["225", "229", "241", "242", "378", "39"].contains(&code);
        for (national, zeros) in words.flat_map(|national| ["0", "00", "000"].map(|zeros| (national, zeros))) {
            let text = format!("+{code}{zeros}{national}");
            // Where numbers begin with a zero, it may be a range that is not known yet.
            let is_another = zeros == "0" && !national.starts_with('0') && (has_zeros || whole::is_known(&text[1..]));
            // The code of no country has numbers that begin with zeros.
            if code == "800" || is_another {
                continue;
            }
            if may_be_called(&text) {
                called.push(text);
            } else {
                refused += 1;
            }
        }
    }
    assert!(refused > 30_000 && called.is_empty(), "{refused} refused, {called:?}");
}

#[test]
fn two_zeros_behind_a_country_code_begin_no_number() {
    for text in [
        "+81007774123",
        "+810066123456",
        "+8100312345678",
        "+62001803012345",
        "+5980004123456",
        "+59800094123456",
        "+9100080012345",
        "+66001800123456",
        "+82003081234567",
        "+35900800123456",
        "+50700800123456",
        "+97400800123456",
        "+8100441234567",
        "+44002079460958",
    ] {
        assert_eq!(check_text(text), Err(Unsupported::DialThrough), "{text}");
    }
    // Freephone numbers of no country.
    assert_eq!(check_text("+80000123456"), Ok(()));
}

#[test]
fn a_country_code_that_is_there_twice_is_named_and_no_last_digit_is_asked_away() {
    for right in [
        "+442079460958",
        "+447911123456",
        "+33612345678",
        "+8613812345678",
        "+5511987654321",
        "+971501234567",
        "+79161234567",
        "+61412345678",
    ] {
        let twice = ["44", "33", "86", "55", "971", "7", "61"]
            .iter()
            .find(|code| right[1..].starts_with(**code))
            .map(|code| format!("+{code}{}", &right[1..]))
            .unwrap();
        let right = PhoneNumber::parse(right).unwrap();
        assert_eq!(check_text(&twice), Err(Unsupported::Doubled(right)), "{twice}");
    }
    // One digit too many, or a code too many: two phones.
    for either in ["+777712345678", "+777123456789", "+777512345671", "+774712345678", "+55559631234567"] {
        assert_eq!(check_text(either), Err(Unsupported::TooLong), "{either}");
    }
    // Landlines of Leer, Turin and Delhi have the digits of the country's code behind it.
    for own in ["+49491123456", "+4949123456", "+390112345678", "+911123456789"] {
        assert_eq!(check_text(own), Ok(()), "{own}");
    }
}
