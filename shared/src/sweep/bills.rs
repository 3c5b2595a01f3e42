//! Once an hour: what the carrier has billed for calls, so that what we reckon a minute to cost can
//! be held against it. The alarm compares the two over a day; nothing here depends on the answer.
//!
//! `docs/decisions.md`: Where do the rates come from, and who says that they are wrong?

use std::time::Duration;

use jiff::ToSpan;
use jiff::tz::Offset;
use tracing::warn;

use super::{Report, Sweep, failed, rings};
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::store::bills::Bills;
use crate::telemetry;
use crate::telemetry::metrics::CARRIER_BILLED;
use crate::upstream::twilio::Usage;

const EVERY: Duration = Duration::from_hours(1);
const ANSWER: Duration = Duration::from_secs(5);
/// What is remembered.
const NAME: &str = "BILLED";

impl Sweep {
    pub(super) async fn ask_for_bills(&self, invocation: &Invocation, report: &mut Report) {
        match self.store.take_turn(NAME, EVERY, invocation.now, invocation.attempt.as_str()).await {
            Ok(false) => {}
            Ok(true) => {
                if let Err(fault) = self.count_bills(invocation).await {
                    failed(report, &fault);
                }
            }
            Err(fault) => failed(report, &fault.into()),
        }
    }

    /// Tells by how much the bills of yesterday and today have grown since they were last asked
    /// for.
    async fn count_bills(&self, invocation: &Invocation) -> Result<(), Fault> {
        let today = Offset::UTC.to_datetime(invocation.now).date();
        let Ok(yesterday) = today.checked_sub(1.day()) else { return Ok(()) };
        let limit = invocation.at_most(ANSWER, Duration::from_secs(3));
        let billed: Bills = match self.numbers.twilio().billed(Usage::Calls, yesterday, today, limit).await {
            Ok(billed) => billed,
            Err(error) => {
                warn!(%error, "what the carrier has billed cannot be had");
                rings(&error);
                return Ok(());
            }
        };
        let known = self.store.bills(NAME).await?;
        // What was billed before anything was known is not news.
        let grown = known.as_ref().map_or(0, |known| grown(known, &billed));
        if self.store.keep_bills(NAME, known.as_ref(), &billed, &invocation.attempt).await? && grown > 0 {
            telemetry::add(&CARRIER_BILLED, grown, ["twilio".into()]);
        }
        Ok(())
    }
}

/// By how much bills have grown, in micro-dollars. One that has shrunk was corrected, and is not
/// taken back.
fn grown(known: &Bills, billed: &Bills) -> u64 {
    let before = |day| known.get(day).copied().unwrap_or(0);
    billed.iter().map(|(day, bill)| u64::try_from(bill.saturating_sub(before(day))).unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Bills, grown};

    #[test]
    fn a_bill_counts_by_what_it_has_grown_on_each_day() {
        let bills = |of: &[(i8, i64)]| of.iter().map(|(day, bill)| (date(2026, 11, *day), *bill)).collect();
        for (known, billed, expected) in [
            (&[(28, 5), (29, 10)][..], &[(28, 5), (29, 15)][..], 5),
            (&[(28, 5), (29, 10)], &[(29, 12), (30, 3)], 5),
            (&[(28, 5), (29, 10)], &[(29, 8), (30, 3)], 3),
            (&[], &[(29, 8)], 8),
            (&[(29, 8)], &[], 0),
            (&[(29, -8)], &[(29, 2), (30, -4)], 10),
        ] {
            let (known, billed): (Bills, Bills) = (bills(known), bills(billed));
            assert_eq!(grown(&known, &billed), expected, "{known:?} {billed:?}");
        }
    }
}
