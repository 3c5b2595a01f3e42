//! What can be typed about many calls at once, and about a time.

use std::time::Duration;

use clap::{Args as Group, ValueEnum};
use shared::types::{Timestamp, instant};

/// Without anything else all calls that are kept: those of thirty days, and those that are held.
#[derive(Group)]
pub(crate) struct Calls {
    /// Those of this wallet: an address, or a CAIP-10 account.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) wallet: Option<String>,
    /// Those to this number. Looked for through the whole table, unless the wallet is named.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to: Option<String>,
    /// Those from this number; likewise.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<String>,
    /// Those that run now.
    #[arg(long)]
    pub(crate) running: bool,
    /// Those under a legal hold, however old. Looked for through the whole table.
    #[arg(long, conflicts_with = "running")]
    pub(crate) held: bool,
    #[command(flatten)]
    pub(crate) dialled: Dialled,
}

/// The time in which calls were dialled.
#[derive(Group)]
pub(crate) struct Dialled {
    /// Dialled then or later: 2026-11-30T14:00:00Z, 2026-11-30, or 90m, 24h, 7d ago.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Time>,
    /// Dialled before: likewise.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<Time>,
}

#[derive(Group)]
pub(crate) struct Top {
    /// What is put in order.
    #[arg(value_enum)]
    pub(crate) what: By,
    #[command(flatten)]
    pub(crate) dialled: Dialled,
    /// How many are shown.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) most: usize,
}

#[derive(Group)]
pub(crate) struct Margin {
    #[command(flatten)]
    pub(crate) dialled: Dialled,
    /// How many of the calls that lost most are shown.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) most: usize,
}

/// Needs `logs:FilterLogEvents` on the groups of the stack's functions.
#[derive(Group)]
pub(crate) struct Tail {
    /// Only functions whose name has this in it, such as voice_call.
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Option<String>,
    /// Only lines that fit this, in CloudWatch's own words: ERROR, or '{ $.status = 502 }'.
    #[arg(long, value_name = "PATTERN", default_value = "")]
    pub(crate) filter: String,
    /// From when on: 10m, or a time.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "1m")]
    pub(crate) since: Time,
    /// What there is, and no more.
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Wallets,
    Destinations,
    Prefixes,
}

/// A time as it was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Time {
    At(Timestamp),
    Ago(Duration),
}

impl Time {
    pub(crate) fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.saturating_sub(ago).unwrap_or(now),
        }
    }
}

fn time(text: &str) -> Result<Time, String> {
    let midnight = || instant(&format!("{text}T00:00:00Z")).filter(|_| text.len() == 10);
    if let Some(at) = instant(text).or_else(midnight) {
        return Ok(Time::At(at));
    }
    let unit = match text.chars().last() {
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => 0,
    };
    let many = text.get(..text.len().saturating_sub(1)).and_then(|many| many.parse::<u32>().ok()).filter(|_| unit > 0);
    let ago = many.map(|many| Time::Ago(Duration::from_secs(u64::from(many) * unit)));
    ago.ok_or_else(|| "say it as 2026-11-30T14:00:00Z, 2026-11-30, or 90m, 24h, 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Time, time};

    #[test]
    fn a_time_is_an_instant_a_day_or_so_long_ago() {
        let at = |second| Time::At(shared::types::Timestamp::from_second(second).unwrap());
        for (text, expected) in [
            ("2026-06-17T12:00:00Z", at(1_781_697_600)),
            ("2026-06-17", at(1_781_654_400)),
            ("90m", Time::Ago(Duration::from_mins(90))),
            ("7d", Time::Ago(Duration::from_hours(168))),
        ] {
            assert_eq!(time(text), Ok(expected), "{text}");
        }
        for wrong in ["", "h", "7", "yesterday", "-1d", "2026-06", "7ä"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
