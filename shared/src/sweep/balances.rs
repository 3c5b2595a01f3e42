//! Once an hour: how long what is paid in at the vendors lasts, and how long selling has been
//! paused. A balance that is used up stops selling at once, and filling it takes a person: so the
//! alarm rings while there are two days left, as the last days were spent.
//!
//! `docs/decisions.md`: How is it known how long a balance lasts?

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;
use tracing::warn;

use super::{Report, Sweep, failed, rings};
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::store::balances::Balance;
use crate::telemetry::metrics::{BALANCE, BALANCE_LASTS};
use crate::telemetry::{self, Neighbour};
use crate::types::{DAY, Decimal, Timestamp, Usdc};
use crate::upstream::bland::BlandError;
use crate::upstream::twilio::Left;

const EVERY: Duration = Duration::from_hours(1);
const ANSWER: Duration = Duration::from_secs(5);
/// As if no less were spent in a day: $20 ring whatever is sold.
const LEAST: Usdc = Usdc::micros(10_000_000);
/// Not told to last longer.
const LONGEST: Duration = Duration::from_hours(30 * 24);
/// Spending is not reckoned from less.
const SHORTEST: Duration = Duration::from_hours(1);

/// For how many days it is known what was spent: the books of a day are written some time after it.
const KEPT: i64 = 14;

/// What is remembered of the dialler's balance.
pub(super) const OF_DIALLER: &str = "BALANCE-BLAND";

/// A vendor that we pay in at.
#[derive(Clone, Copy)]
enum PaidIn {
    Bland,
    Twilio,
}

impl PaidIn {
    /// Its name among the metrics, and what is remembered of it.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Bland => ("bland", OF_DIALLER),
            Self::Twilio => ("twilio", "BALANCE-TWILIO"),
        }
    }
}

impl Sweep {
    pub(super) async fn ask_for_balances(&self, invocation: &Invocation, report: &mut Report) {
        match self.store.take_turn("BALANCES", EVERY, invocation.now, invocation.attempt.as_str()).await {
            Ok(false) => {}
            Ok(true) => {
                self.tell_pause(invocation, report).await;
                for vendor in [PaidIn::Bland, PaidIn::Twilio] {
                    if let Err(fault) = self.tell_balance(vendor, invocation).await {
                        failed(report, &fault);
                    }
                }
            }
            Err(fault) => failed(report, &fault.into()),
        }
    }

    async fn tell_balance(&self, vendor: PaidIn, invocation: &Invocation) -> Result<(), Fault> {
        let ((vendor, name), asked) = (vendor.names(), self.balance_at(vendor, invocation).await);
        let left = match asked {
            Some(Left::Dollars(left)) => left,
            Some(Left::Currency(currency)) => {
                warn!(vendor, %currency, "a balance is not in dollars, and is not watched");
                unwatched(vendor);
                return Ok(());
            }
            Some(Left::Unasked) => {
                unwatched(vendor);
                return Ok(());
            }
            None => return Ok(()),
        };
        let known = self.store.balance_of(name).await?;
        let now = seen(known.as_ref(), left, invocation.now);
        if self.store.keep_balance(name, known.as_ref(), &now, &invocation.attempt).await? {
            telemetry::gauge(&BALANCE, left.atomic(), [vendor.into()]);
            telemetry::gauge(&BALANCE_LASTS, lasts(&now, invocation.now).as_secs(), [vendor.into()]);
        }
        Ok(())
    }

    /// What is left at this vendor; nothing where it cannot be had, which is not a reason to leave
    /// anything else undone, but rings where the vendor refuses our account.
    async fn balance_at(&self, vendor: PaidIn, invocation: &Invocation) -> Option<Left> {
        let limit = invocation.at_most(ANSWER, Duration::from_secs(3));
        let left = match vendor {
            PaidIn::Bland => {
                let asked = self.numbers.bland().organisation(limit).await;
                if let Err(BlandError::Account { message }) = &asked {
                    telemetry::locked_out(Neighbour::Bland, message);
                }
                let dollars = |balance: Decimal| Left::Dollars(Usdc::micros(balance.times(1_000_000)));
                asked.map(|ours| dollars(ours.balance)).map_err(|error| error.to_string())
            }
            PaidIn::Twilio => {
                let asked = self.numbers.twilio().balance(limit).await;
                asked.inspect_err(rings).map_err(|error| error.to_string())
            }
        };
        left.inspect_err(|error| warn!(vendor = vendor.names().0, %error, "a balance cannot be had")).ok()
    }
}

/// Where nothing is asked the alarm is not to ring, and it does where nothing is told.
fn unwatched(vendor: &'static str) {
    telemetry::gauge(&BALANCE_LASTS, LONGEST.as_secs(), [vendor.into()]);
}

/// What is known now. A balance that has grown was paid in; what was spent meanwhile is not seen
/// then, which is one hour's.
fn seen(known: Option<&Balance>, left: Usdc, now: Timestamp) -> Balance {
    let today = Offset::UTC.to_datetime(now).date();
    let mut fallen = known.map(|known| known.fallen.clone()).unwrap_or_default();
    fallen.retain(|day, _| today.checked_sub(KEPT.days()).is_ok_and(|first| *day >= first));
    let fell = known.map_or(0, |known| known.left.minus(left).signed());
    *fallen.entry(today).or_insert(0) += fell;
    Balance { since: known.map_or(now, |known| known.since), left, fallen }
}

/// Yesterday and today.
fn is_counted(day: Date, today: Date) -> bool {
    today.checked_sub(1.day()).is_ok_and(|yesterday| day >= yesterday)
}

/// How long it lasts if as much is spent as since the beginning of yesterday.
fn lasts(balance: &Balance, now: Timestamp) -> Duration {
    let today = Offset::UTC.to_datetime(now).date();
    let midnight = today.checked_sub(1.day()).ok().and_then(|day| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    let since = midnight.map_or(balance.since, |midnight| midnight.max(balance.since));
    let known_for = u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0).max(SHORTEST.as_secs());
    let counted =
        balance.fallen.iter().filter(|(day, _)| is_counted(**day, today)).map(|(_, fell)| fell.unsigned_abs());
    let spent: u64 = counted.sum();
    let a_day = u128::from(spent) * u128::from(DAY.as_secs()) / u128::from(known_for);
    let a_day = a_day.max(u128::from(LEAST.atomic()));
    let seconds = u128::from(balance.left.atomic()) * u128::from(DAY.as_secs()) / a_day;
    Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOLLAR: u64 = 1_000_000;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hours(balance: &Balance, now: &str) -> u64 {
        lasts(balance, at(now)).as_secs() / 3_600
    }

    #[test]
    fn what_is_left_lasts_as_the_last_days_were_spent() {
        let mut balance = seen(None, Usdc::micros(100 * DOLLAR), at("2026-11-29T00:00:00Z"));
        assert_eq!(
            hours(&balance, "2026-11-29T00:00:00Z"),
            10 * 24,
            "nothing is known yet: the least is reckoned with"
        );
        for (now, left, lasts) in [
            ("2026-11-29T12:00:00Z", 80, 48),   // 20 in half a day
            ("2026-11-30T00:00:00Z", 60, 36),   // 40 a day
            ("2026-11-30T06:00:00Z", 160, 120), // paid in: 40 in 30 hours are 32 a day
            ("2026-11-30T12:00:00Z", 150, 108), // 50 in 36 hours
            ("2026-12-01T00:00:00Z", 150, 120), // only the 30th: 30 in a day
        ] {
            balance = seen(Some(&balance), Usdc::micros(left * DOLLAR), at(now));
            assert_eq!(hours(&balance, now), lasts, "{now}");
        }
    }

    #[test]
    fn twenty_dollars_are_two_days_and_nothing_lasts_longer_than_is_told() {
        for (left, lasts) in [(0, 0), (20, 48), (300, 720), (1_000_000, 720)] {
            let balance = seen(None, Usdc::micros(left * DOLLAR), at("2026-11-29T00:00:00Z"));
            assert_eq!(hours(&balance, "2026-11-29T00:00:00Z"), lasts, "{left}");
        }
    }
}
