//! How calls are held where the law of the callee's country wants more than the specification: what
//! is said at their beginning, whether they are recorded, and at which hours no phone rings. An
//! operator decides on all of it. Pure.
//!
//! `docs/decisions.md`: How is it known what hour it is at the callee?

use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::zones;
use crate::types::{DAY, PhoneNumber, Timestamp};

/// An operator's decisions about how calls are held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Manners {
    /// Whether the callee is told that an AI speaks.
    pub says_ai: bool,
    /// Whether the callee is told that the call is recorded.
    pub says_recorded: bool,
    /// Whether calls are recorded.
    pub records: bool,
    /// When no phone rings.
    pub quiet: Option<QuietHours>,
}

impl Default for Manners {
    /// As the specification has it.
    fn default() -> Self {
        Self { says_ai: false, says_recorded: false, records: true, quiet: None }
    }
}

/// Hours in which no phone rings, by the callee's clock: from one in the evening to one in the
/// morning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuietHours {
    from: i8,
    until: i8,
}

impl QuietHours {
    /// Reads `21-8`: it begins between 20 and 23 and ends between 5 and 9, so that it is the night,
    /// and so that there is an hour at which every zone of a country as wide as Russia is awake.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        let (from, until) = (hour(from)?, hour(until)?);
        ((20..=23).contains(&from) && (5..=9).contains(&until)).then_some(Self { from, until })
    }

    /// When it begins, and when it ends: hours of the callee's clock.
    pub fn hours(self) -> (i8, i8) {
        (self.from, self.until)
    }

    /// Why a number may not be called now, if it may not. It may be called when that is so in every
    /// zone that it may be in; one of which no zone is known is not called.
    pub fn night(self, to: &PhoneNumber, now: Timestamp) -> Option<Night> {
        match zones::of(to) {
            Ok(zones) => self.night_in(&zones, now),
            Err(zones::Unknown) => Some(Night { opens: a_day_later(now), certain: false }),
        }
    }

    fn night_in(self, zones: &[TimeZone], now: Timestamp) -> Option<Night> {
        let is_open = |at: Timestamp| zones.iter().all(|zone| self.is_open(zone, at));
        if is_open(now) {
            return None;
        }
        let mut mornings: Vec<Timestamp> = zones.iter().flat_map(|zone| self.mornings(zone, now)).collect();
        mornings.sort_unstable();
        let opens = mornings.into_iter().find(|at| *at > now && is_open(*at));
        // Where no hour is day in all of them, it is asked again tomorrow, and no phone rings by
        // accident.
        let opens = opens.unwrap_or_else(|| a_day_later(now));
        Some(Night { opens, certain: zones.iter().all(|zone| !self.is_open(zone, now)) })
    }

    fn is_open(self, zone: &TimeZone, at: Timestamp) -> bool {
        (self.until..self.from).contains(&zone.to_datetime(at).hour())
    }

    /// When the quiet hours end in a zone, today and on the days around it.
    fn mornings(self, zone: &TimeZone, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        let today = zone.to_datetime(now).date();
        let morning = |days: i64| {
            let day = today.checked_add(days.days()).ok()?;
            zone.to_timestamp(day.at(self.until, 0, 0, 0)).ok()
        };
        (-1..=2).filter_map(morning).collect::<Vec<_>>().into_iter()
    }
}

/// A number may not be called now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Night {
    /// When it may be called.
    pub opens: Timestamp,
    /// It is night there, wherever it is. Otherwise it may be, since it can be in several zones.
    pub certain: bool,
}

fn a_day_later(now: Timestamp) -> Timestamp {
    now.saturating_add(DAY).unwrap_or(Timestamp::MAX)
}

/// An hour as it is written without a leading zero.
fn hour(text: &str) -> Option<i8> {
    text.parse().ok().filter(|hour: &i8| hour.to_string() == text)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::QuietHours;
    use crate::limits::rates::Rates;
    use crate::types::{PhoneNumber, Timestamp};

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_night_is_quiet() {
        for text in ["21-8", "20-9", "23-5", "22-7"] {
            let (from, until) = QuietHours::parse(text).unwrap().hours();
            assert_eq!(format!("{from}-{until}"), text);
        }
        for text in [
            "", "off", "21", "21-", "-8", "8-21", "21-08", "021-8", "19-8", "24-8", "21-4", "21-10", "21-8-9", "21–8",
            " 21-8", "+21-8",
        ] {
            assert_eq!(QuietHours::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_may_be_called_when_it_is_day_in_every_zone_that_it_may_be_in() {
        let quiet = QuietHours::parse("21-8").unwrap();
        for (to, now, opens) in [
            // New York, in summer and in winter.
            ("+12125550123", "2026-07-01T11:59:59Z", Some("2026-07-01T12:00:00Z")),
            ("+12125550123", "2026-07-01T12:00:00Z", None),
            ("+12125550123", "2026-07-02T00:59:59Z", None),
            ("+12125550123", "2026-07-02T01:00:00Z", Some("2026-07-02T12:00:00Z")),
            ("+12125550123", "2026-12-01T12:30:00Z", Some("2026-12-01T13:00:00Z")),
            // The night in which the clocks are put on and back: eight o'clock is eight o'clock.
            ("+12125550123", "2026-03-08T04:00:00Z", Some("2026-03-08T12:00:00Z")),
            ("+12125550123", "2026-11-01T04:00:00Z", Some("2026-11-01T13:00:00Z")),
            // Half hours, and the other side of the date line.
            ("+919876543210", "2026-07-01T02:29:00Z", Some("2026-07-01T02:30:00Z")),
            ("+18085550123", "2026-07-02T08:00:00Z", Some("2026-07-02T18:00:00Z")),
            ("+6421123456", "2026-07-01T09:30:00Z", Some("2026-07-01T20:00:00Z")),
            // Two zones: the mainland's morning has begun, Madeira's and the Azores' not.
            ("+351912345678", "2026-07-01T07:30:00Z", Some("2026-07-01T08:00:00Z")),
            // A toll-free number is a business's, at any hour.
            ("+18005550123", "2026-07-01T08:00:00Z", None),
        ] {
            let night = quiet.night(&number(to), at(now));
            assert_eq!(night.map(|night| night.opens), opens.map(at), "{to} at {now}");
        }
    }

    #[test]
    fn it_is_night_for_certain_only_where_no_zone_of_a_number_is_awake() {
        let quiet = QuietHours::parse("21-8").unwrap();
        for (to, now, certain) in [
            ("+12125550123", "2026-07-01T08:00:00Z", true),
            ("+351912345678", "2026-07-01T03:00:00Z", true),
            ("+351912345678", "2026-07-01T07:30:00Z", false),
            ("+79123456789", "2026-07-01T12:00:00Z", false),
        ] {
            assert_eq!(quiet.night(&number(to), at(now)).map(|night| night.certain), Some(certain), "{to} at {now}");
        }
    }

    #[test]
    fn zones_that_are_never_awake_at_once_keep_a_phone_from_ringing() {
        let (quiet, now) = (QuietHours::parse("20-9").unwrap(), at("2026-07-01T12:00:00Z"));
        let zones =
            ["Pacific/Kiritimati", "Europe/London", "Pacific/Honolulu"].map(|name| TimeZone::get(name).unwrap());
        let night = quiet.night_in(&zones, now).unwrap();
        assert_eq!((night.opens, night.certain), (at("2026-07-02T12:00:00Z"), false));
    }

    #[test]
    fn every_number_can_be_called_within_a_day_at_whatever_hours_are_quiet() {
        for text in ["20-9", "21-8", "23-5"] {
            let quiet = QuietHours::parse(text).unwrap();
            for digits in Rates::ours().lines().map(|line| line.split('\t').next().unwrap().to_owned()) {
                let whole = format!("+{digits}{}", &"2345678901"[..11_usize.saturating_sub(digits.len()).min(10)]);
                let Ok(to) = PhoneNumber::parse(&whole) else { continue };
                for hour in 0..24 {
                    let now = at(&format!("2026-01-15T{hour:02}:10:00Z"));
                    let opens = quiet.night(&to, now).map(|night| night.opens);
                    let open = quiet.night(&to, opens.unwrap_or(now)).is_none();
                    let soon = opens.is_none_or(|opens| opens.as_second() - now.as_second() <= 86_400);
                    assert!(open && soon, "{digits} at {hour} with {text}: {opens:?}");
                }
            }
        }
    }
}
