//! Once a day: what the carrier bills against what the table knows. A number that is billed and unknown becomes stock;
//! stock beyond what is kept goes back before its next month is billed.

use std::collections::HashMap;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;
use tracing::warn;

use super::{Report, Sweep, failed};
use crate::invocation::Invocation;
use crate::numbers::country_of;
use crate::refusal::Fault;
use crate::store::Custody;
use crate::store::numbers::{adopt, intend_release};
use crate::telemetry;
use crate::telemetry::metrics::{NUMBER_RENT, NUMBERS};
use crate::types::{Country, DAY, Timestamp, Usdc};
use crate::upstream::twilio::Owned;

/// Idle numbers of a country that are kept for the next buyers.
const KEPT: u32 = 10;
/// A number is released so many days before its next bill that a day with a failed round does not cost a month.
const BEFORE_BILL: i32 = 2;
const PAGE: Duration = Duration::from_secs(5);

impl Sweep {
    pub(super) async fn reconcile_daily(&self, invocation: &Invocation, report: &mut Report) {
        match self.store.take_turn("RECONCILE", DAY, invocation.now, invocation.attempt.as_str()).await {
            Ok(true) => self.reconcile_all(invocation, report).await,
            Ok(false) => {}
            Err(fault) => failed(report, &fault.into()),
        }
    }

    /// Compares every number that the carrier bills with what the table says about it, and adds up what they cost.
    pub(super) async fn reconcile_all(&self, invocation: &Invocation, report: &mut Report) {
        let mut idle = HashMap::new();
        let mut page = None;
        loop {
            let limit = invocation.at_most(PAGE, Duration::from_secs(3));
            let (owned, next) = match self.numbers.twilio().all_owned(page, limit).await {
                Ok(answer) => answer,
                Err(error) => return warn!(%error, "the carrier's list could not be read"),
            };
            for number in &owned {
                let country = match self.reconcile(number, &mut idle, invocation, report).await {
                    Ok(country) => country,
                    Err(fault) => {
                        failed(report, &fault);
                        country_of(&number.number)
                    }
                };
                let (name, rent) = (country.to_string(), self.prices.of(country).map_or(0, Usdc::atomic));
                telemetry::add(&NUMBERS, 1, [name.clone().into()]);
                telemetry::add(&NUMBER_RENT, rent, [name.into()]);
            }
            if next.is_none() || invocation.remaining() < super::STEP {
                return;
            }
            page = next;
        }
    }

    /// The number's country, once it is as it should be.
    async fn reconcile(
        &self,
        owned: &Owned,
        idle: &mut HashMap<Country, u32>,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<Country, Fault> {
        let now = invocation.now;
        let step = |verb: &str| format!("{verb} {} {}", owned.number.as_str(), invocation.attempt.as_str());
        let Some(holding) = self.store.holding(&owned.number).await? else {
            warn!(number = ?owned.number, "the carrier bills a number that the table did not know");
            let country = country_of(&owned.number);
            self.store.apply(adopt(&owned.number, country, &owned.sid, now), &step("adopt")).await?;
            report.adopted += 1;
            return Ok(country);
        };
        let rests = holding.custody == Custody::Pooled && holding.free_from.is_some_and(|from| from <= now);
        if !rests {
            return Ok(holding.country);
        }
        let kept = idle.entry(holding.country).or_default();
        *kept += 1;
        if *kept > KEPT && owned.created.is_some_and(|bought| bills_soon(bought, now)) {
            self.store.apply(intend_release(&owned.number, now), &step("release")).await?;
        }
        Ok(holding.country)
    }
}

/// Whether the next monthly bill of a number is near: the carrier bills on the day of the month on which it was bought,
/// or on the month's last. The day of purchase is no such day: its bill is paid, and the hour of a later one is not known.
fn bills_soon(bought: Timestamp, now: Timestamp) -> bool {
    let [bought, today] = [bought, now].map(|at| Offset::UTC.to_datetime(at).date());
    let bill_in = |month: Date| month.with().day(bought.day().min(month.days_in_month())).build();
    let next = bill_in(today.first_of_month()).and_then(|this| {
        if this >= today { Ok(this) } else { bill_in(today.first_of_month().checked_add(1.month())?) }
    });
    let near =
        |next: Date| next.since(today).is_ok_and(|until| until.get_days() <= BEFORE_BILL && until.get_months() == 0);
    bought < today && next.is_ok_and(near)
}

#[cfg(test)]
mod tests {
    use super::bills_soon;

    #[test]
    fn a_bill_is_near_two_days_before_its_day_of_the_month() {
        for (bought, now, soon) in [
            ("2026-01-15T00:00:00Z", "2026-03-12T23:00:00Z", false),
            ("2026-01-15T00:00:00Z", "2026-03-13T01:00:00Z", true),
            ("2026-01-15T00:00:00Z", "2026-03-15T01:00:00Z", true),
            ("2026-01-15T00:00:00Z", "2026-03-16T01:00:00Z", false),
            ("2026-01-15T00:00:00Z", "2026-01-15T23:00:00Z", false),
            ("2026-01-15T23:00:00Z", "2026-01-16T01:00:00Z", false),
            ("2026-01-15T00:00:00Z", "2026-02-15T01:00:00Z", true),
            ("2026-01-31T00:00:00Z", "2026-02-26T12:00:00Z", true),
            ("2026-01-31T00:00:00Z", "2026-04-29T12:00:00Z", true),
            ("2026-01-01T00:00:00Z", "2026-03-30T12:00:00Z", true),
            ("2026-01-01T00:00:00Z", "2026-12-31T12:00:00Z", true),
            ("2026-01-01T00:00:00Z", "2026-03-20T12:00:00Z", false),
        ] {
            assert_eq!(bills_soon(bought.parse().unwrap(), now.parse().unwrap()), soon, "{bought} {now}");
        }
    }
}
