//! Time: whole seconds, UTC. Inside, an instant is compared and added to; outside it is RFC 3339 with a `Z`.

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

#[cfg(test)]
mod tests {
    use super::{Timestamp, rfc3339, whole_days};

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
