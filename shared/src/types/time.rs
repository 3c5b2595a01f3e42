//! Time: whole seconds, UTC. Inside, an instant is compared and added to; outside it is RFC 3339
//! with a `Z`.

use std::time::Duration;

pub use jiff::Timestamp;

/// Twenty-four hours.
pub const DAY: Duration = Duration::from_hours(24);

/// `2026-06-17T12:00:00Z`: whole seconds, always `Z`.
pub fn rfc3339(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// The whole days from `from` to `to`, rounded down; zero if `to` has passed.
pub fn whole_days(from: Timestamp, to: Timestamp) -> u64 {
    let seconds = u64::try_from(to.as_second().saturating_sub(from.as_second())).unwrap_or(0);
    seconds / DAY.as_secs()
}

/// An instant in any form that `Timestamp` knows. Its calendar ends a day and some hours before
/// that of RFC 3339: what lies behind its last instant is that instant, since a client that writes
/// it means "never".
pub fn parsed(text: &str) -> Option<Timestamp> {
    let beyond = || {
        let rest = text.strip_prefix("9999-12-3")?;
        format!("2000-12-3{rest}").parse::<Timestamp>().ok().map(|_| Timestamp::MAX)
    };
    text.parse().ok().or_else(beyond)
}

/// Reads RFC 3339: a day, a time of day and how far that is from UTC, such as
/// `2026-06-17T12:00:00Z`.
pub fn instant(text: &str) -> Option<Timestamp> {
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c.to_ascii_uppercase() }).collect();
    let rest = form.strip_prefix(TO_THE_SECOND)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches('0');
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest,
    };
    let (until_zone, own_zone) = text.split_at_checked(text.len().checked_sub(zone.len())?)?;
    // Hours and minutes, each as on a clock.
    let is_on_a_clock = own_zone
        .get(1..)
        .is_some_and(|offset| offset.split_once(':').is_some_and(|(hours, minutes)| hours < "24" && minutes < "60"));
    let fits = zone == "Z" || matches!(zone, "+00:00" | "-00:00") && is_on_a_clock;
    // What is finer is not counted.
    let end = until_zone.len().min(TO_THE_SECOND.len() + 1 + NANOSECONDS);
    if fits { parsed(&format!("{}{own_zone}", until_zone.get(..end)?)) } else { None }
}

/// An instant without a fraction and a zone, each digit as a nought.
const TO_THE_SECOND: &str = "0000-00-00T00:00:00";
/// The digits of a fraction that are read.
const NANOSECONDS: usize = 9;

#[cfg(test)]
mod tests {
    use super::{Timestamp, instant, rfc3339, whole_days};

    #[test]
    fn an_instant_is_read_as_the_standard_writes_it_and_not_otherwise() {
        for (text, second) in [
            ("2026-06-17T12:00:00Z", 1_781_697_600),
            ("2026-06-17t12:00:00z", 1_781_697_600),
            ("2026-06-17T14:00:00+02:00", 1_781_697_600),
            ("2026-06-17T04:30:00.5-07:30", 1_781_697_600),
            ("2026-06-17T12:00:00.999999999-00:00", 1_781_697_600),
            ("2026-06-17T12:00:00.000000000000Z", 1_781_697_600),
            ("2026-06-17T12:00:00.9999999999994+00:00", 1_781_697_600),
            ("2026-06-18T11:59:00+23:59", 1_781_697_600),
            // The last second that can be written, and the last that can be counted.
            ("9999-12-31T23:59:59Z", Timestamp::MAX.as_second()),
            ("9999-12-30T22:30:00.5-07:30", Timestamp::MAX.as_second()),
            ("9999-12-30T21:59:59Z", Timestamp::MAX.as_second() - 1),
        ] {
            assert_eq!(instant(text).map(Timestamp::as_second), Some(second), "{text}");
        }
        for text in [
            "",
            "2026-06-17",
            "2026-06-17T12:00:00",
            "2026-06-17T12:00Z",
            "2026-06-17 12:00:00Z",
            "20260617T120000Z",
            "2026-06-17T12:00:00.Z",
            "2026-06-17T12:00:00+24:00",
            "2026-06-17T12:00:00+25:00",
            "2026-06-17T12:00:00-02:60",
            "2026-06-17T12:00:00+0200",
            "2026-06-17T12:00:00+02:00[Europe/Paris]",
            "2026-02-30T12:00:00Z",
            "9999-12-32T12:00:00Z",
            "9999-12-31T24:00:00Z",
            "10000-01-01T00:00:00Z",
            "2026-06-17T24:00:00Z",
            "1781697600",
            "yesterday",
            " 2026-06-17T12:00:00Z",
            "٢٠٢٦-06-17T12:00:00Z",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_written_in_whole_seconds() {
        assert_eq!(rfc3339(Timestamp::from_second(1_781_697_600).unwrap()), "2026-06-17T12:00:00Z");
        assert_eq!(rfc3339(Timestamp::from_millisecond(1_781_697_600_999).unwrap()), "2026-06-17T12:00:00Z");
    }

    #[test]
    fn remaining_days_are_rounded_down() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (from, to, days) in [(0, 30 * 86_400, 30), (1, 30 * 86_400, 29), (0, 86_399, 0), (10, 0, 0)] {
            assert_eq!(whole_days(at(from), at(to)), days, "{from}..{to}");
        }
    }
}
