//! Once a day: what the carrier bills against what the table knows. A number that is billed and
//! unknown becomes stock; stock beyond what is kept goes back before its next month is billed. The
//! list is gone through page by page, by as many rounds as it takes.
//!
//! `docs/decisions.md`: How is a list gone through that is longer than a round?

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;
use tracing::{info, warn};

use super::{Report, Sweep, failed, rings};
use crate::invocation::Invocation;
use crate::numbers::country_of;
use crate::refusal::Fault;
use crate::store::numbers::{Holding, adopt, intend_release};
use crate::store::walks::{Walk, Walked};
use crate::store::{Custody, Pause, Queue, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::{NUMBER_RENT, NUMBERS};
use crate::types::{Country, DAY, PhoneNumber, Timestamp, Usdc};
use crate::upstream::twilio::{Owned, TwilioError};

/// A number is released so many days before its next bill that a day with a failed round does not
/// cost a month.
const BEFORE_BILL: i32 = 2;
const LIST: Duration = Duration::from_secs(5);
/// The walk through the carrier's list.
const WALK: &str = "RECONCILE";

/// How many idle numbers of a country there are beyond those that are kept. Counted once in a
/// round, in the index, and down from there.
///
/// None while all selling is paused: the table may not know yet who leases what the carrier bills,
/// as in a stack that was made anew.
type Spare = Option<HashMap<Country, u64>>;

impl Sweep {
    /// Begins to compare if that was a day ago, or goes on where the last round has come to.
    pub(super) async fn reconcile_daily(&self, invocation: &Invocation, report: &mut Report) {
        let walk = match self.store.walked(WALK).await {
            Ok(Walked { began, under_way }) => {
                let is_old = began.is_some_and(|began| is_a_day_ago(began, invocation.now));
                match under_way {
                    Some(walk) if !is_old => Ok(Some(walk)),
                    None if began.is_some() && !is_old => return,
                    unfinished => {
                        if unfinished.is_some() {
                            warn!("the carrier's list was not gone through within a day: it is begun again");
                        }
                        self.store.begin_walk(WALK, began, invocation.now, &invocation.attempt).await
                    }
                }
            }
            Err(fault) => Err(fault),
        };
        self.compare(walk, invocation, report).await;
    }

    /// Begins to compare now. What does not fit into this round, the next ones do.
    pub(super) async fn reconcile_all(&self, invocation: &Invocation, report: &mut Report) {
        let walk = match self.store.walked(WALK).await {
            Ok(Walked { began, .. }) => self.store.begin_walk(WALK, began, invocation.now, &invocation.attempt).await,
            Err(fault) => Err(fault),
        };
        self.compare(walk, invocation, report).await;
    }

    /// Compares every number that the carrier bills with what the table says about it, and adds up
    /// what they cost.
    async fn compare(&self, walk: Result<Option<Walk>, StoreFault>, invocation: &Invocation, report: &mut Report) {
        let mut walk = match walk {
            Ok(Some(walk)) => walk,
            Ok(None) => return,
            Err(fault) => return failed(report, &fault.into()),
        };
        let mut spare = match self.store.controls().await {
            Ok(controls) if matches!(controls.paused, Some((Pause::All, _))) => None,
            Ok(_) => Some(HashMap::new()),
            Err(fault) => return failed(report, &fault.into()),
        };
        while invocation.remaining() > super::STEP {
            match self.compare_page(&mut walk, &mut spare, invocation, report).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(fault) => return failed(report, &fault),
            }
        }
        info!(pages = walk.pages, "the carrier's list is longer than the round: the next one goes on");
    }

    /// Compares one page. Says whether there is another.
    async fn compare_page(
        &self,
        walk: &mut Walk,
        spare: &mut Spare,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<bool, Fault> {
        let limit = invocation.at_most(LIST, Duration::from_secs(3));
        let (owned, next) = match self.numbers.twilio().all_owned(walk.page.clone(), limit).await {
            Ok(answer) => answer,
            // What it calls a page it may forget. Each number is compared again then, and none is
            // counted twice.
            Err(TwilioError::Refused(said)) if walk.page.is_some() => {
                warn!(%said, pages = walk.pages, "the carrier no longer knows the page: the list is begun again");
                self.store.begin_walk(WALK, Some(walk.began), invocation.now, &invocation.attempt).await?;
                return Ok(false);
            }
            Err(error) => {
                warn!(%error, "the carrier's list could not be read");
                rings(&error);
                return Ok(false);
            }
        };
        let mut held = self.store.holdings(&owned.iter().map(|owned| owned.number.clone()).collect()).await?;
        let Some(owned) = self.still_owned(owned, &held, walk, limit).await else { return Ok(false) };
        for owned in &owned {
            let holding = held.remove(&owned.number);
            let country = holding.as_ref().map_or_else(|| country_of(&owned.number), |holding| holding.country);
            if let Err(fault) = self.reconcile(owned, holding, spare, invocation, report).await {
                failed(report, &fault);
            }
            *walk.counted.entry(country).or_default() += 1;
        }
        (walk.pages, walk.page) = (walk.pages + 1, next);
        let is_ours = self.store.walk_on(WALK, walk, &invocation.attempt).await?;
        if is_ours && walk.page.is_none() {
            self.tell(walk);
        }
        Ok(is_ours && walk.page.is_some())
    }

    /// Those of a page that the carrier still has. The page is older than what the table says: a
    /// number that another step has given back in between is in neither, and would be taken for one
    /// that was bought by hand.
    async fn still_owned(
        &self,
        mut owned: Vec<Owned>,
        held: &HashMap<PhoneNumber, Holding>,
        walk: &Walk,
        limit: Duration,
    ) -> Option<Vec<Owned>> {
        if owned.iter().all(|owned| held.contains_key(&owned.number)) {
            return Some(owned);
        }
        match self.numbers.twilio().all_owned(walk.page.clone(), limit).await {
            Ok((still, _)) => {
                let still: HashSet<_> = still.into_iter().map(|owned| owned.number).collect();
                owned.retain(|owned| held.contains_key(&owned.number) || still.contains(&owned.number));
                Some(owned)
            }
            Err(error) => {
                warn!(%error, "the carrier's list could not be read again");
                None
            }
        }
    }

    /// What all numbers cost, once the last one is counted: once for each walk, however many rounds
    /// it took.
    fn tell(&self, walk: &Walk) {
        for (country, many) in &walk.counted {
            let rent = self.prices.of(*country).map_or(0, Usdc::atomic);
            telemetry::add(&NUMBERS, *many, [country.to_string().into()]);
            telemetry::add(&NUMBER_RENT, rent.saturating_mul(*many), [country.to_string().into()]);
        }
    }

    /// Has a number as it should be.
    async fn reconcile(
        &self,
        owned: &Owned,
        holding: Option<Holding>,
        spare: &mut Spare,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<(), Fault> {
        let now = invocation.now;
        let step = |verb: &str| format!("{verb} {} {}", owned.number.as_str(), invocation.attempt.as_str());
        let Some(holding) = holding else {
            warn!(number = ?owned.number, "the carrier bills a number that the table did not know");
            let country = country_of(&owned.number);
            self.store.apply(adopt(&owned.number, country, &owned.sid, now), &step("adopt")).await?;
            report.adopted += 1;
            return Ok(());
        };
        let rests = holding.custody == Custody::Pooled && holding.free_from.is_some_and(|from| from <= now);
        if !rests || !owned.created.is_some_and(|bought| bills_soon(bought, now)) {
            return Ok(());
        }
        let Some(spare) = spare else { return Ok(()) };
        let spare = match spare.entry(holding.country) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let idle = self.store.count_due(Queue::Pool(holding.country), now).await?;
                unknown.insert(idle.saturating_sub(self.kept))
            }
        };
        if *spare > 0 {
            *spare -= 1;
            self.store.apply(intend_release(&owned.number, now), &step("release")).await?;
        }
        Ok(())
    }
}

fn is_a_day_ago(began: Timestamp, now: Timestamp) -> bool {
    began.saturating_add(DAY).is_ok_and(|next| next <= now)
}

/// Whether the next monthly bill of a number is near: the carrier bills on the day of the month on
/// which it was bought, or on the month's last. The day of purchase is not such a day: its bill is
/// paid, and the hour of a later one is not known.
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
