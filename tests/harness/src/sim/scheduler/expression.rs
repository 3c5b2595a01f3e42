//! Schedule expressions: `at()`, `rate()`, `cron()`.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// When a schedule fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Once, in UTC.
    At(Timestamp),
    /// Again and again.
    Rate(SignedDuration),
    /// By the calendar; kept, and never fired here.
    Cron,
}

impl Expression {
    /// Reads an expression; nothing if AWS would call it invalid.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('(')?;
        let inside = rest.strip_suffix(')')?;
        match kind {
            "at" => at(inside),
            "rate" => rate(inside),
            "cron" => cron(inside),
            _ => None,
        }
    }

    /// When it is due next, having been set at `since` and having fired last at `fired`.
    pub(super) fn next(&self, since: Timestamp, fired: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::At(at) => fired.is_none().then_some(*at),
            Self::Rate(period) => fired.unwrap_or(since).checked_add(*period).ok(),
            Self::Cron => None,
        }
    }
}

/// `yyyy-mm-ddThh:mm:ss`, exactly: no fraction, no zone.
fn at(text: &str) -> Option<Expression> {
    let shape: String = text.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
    if shape != "0000-00-00T00:00:00" {
        return None;
    }
    let civil: DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned_datetime(TimeZone::UTC).ok()?;
    Some(Expression::At(zoned.timestamp()))
}

/// `1 minute`, `2 minutes`: the unit's number must agree with the value's.
fn rate(text: &str) -> Option<Expression> {
    let (value, unit) = text.split_once(' ')?;
    let plain = value.bytes().all(|digit| digit.is_ascii_digit());
    let value: i64 = value.parse().ok().filter(|value| plain && *value > 0)?;
    let one = unit.strip_suffix('s').unwrap_or(unit);
    if (value == 1) == unit.ends_with('s') {
        return None;
    }
    let seconds = match one {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    Some(Expression::Rate(SignedDuration::from_secs(value.checked_mul(seconds)?)))
}

/// Six fields of the usual characters, one of the two days being `?`.
fn cron(text: &str) -> Option<Expression> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [_, _, day_of_month, _, day_of_week, _] = fields.as_slice() else {
        return None;
    };
    let legal = |field: &&str| field.chars().all(|it| it.is_ascii_alphanumeric() || ",-*/?#".contains(it));
    ((*day_of_month == "?") != (*day_of_week == "?") && fields.iter().all(legal)).then_some(Expression::Cron)
}
