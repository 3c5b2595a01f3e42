//! How much goes back in a day, counted in the write that says that something is about to be sent: once for each payment, and
//! never more than it may be, whatever died or ran twice.

use std::time::Duration;

use crate::store::calls::signed;
use crate::store::change::{Change, Changes, Item, When, n, s};
use crate::store::keys;
use crate::store::rows::Refunding;
use crate::store::sales::{BUSY, Record};
use crate::store::{Done, Lost, Store, StoreFault};
use crate::types::{AttemptId, DAY, Timestamp, Usdc};

use super::{Refund, still};

/// How long it is known what was paid back on a day.
const SUMS_KEPT: Duration = Duration::from_secs(30 * DAY.as_secs());

/// How much may go back in a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Of everything. Where more is owed nothing goes back any more, until an operator says so.
    pub all: Usdc,
    /// Of stray payments. The rest waits for another day, or for an operator.
    pub strays: Usdc,
}

/// What has gone back on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Today {
    /// All of it.
    pub amount: Usdc,
    /// What of it counts: what went back before an operator lifted the stop counts no longer.
    pub counted: Usdc,
    /// What of it were stray payments.
    pub strays: Usdc,
}

/// What came of the wish to send a refund.
pub enum Sending {
    /// It is recorded, and ours to send.
    Ours(Box<Record>),
    /// It is not as it was seen: another process is at it.
    Overtaken,
    /// It would be more than may go back in a day, or an operator has not lifted the stop since it was.
    Stopped,
    /// It would be more than may go back in a day of stray payments.
    StraysUsedUp,
}

impl Store {
    /// refund due | sending → sending of `sent`, until `valid_before`. The first time it counts as paid back today, and that
    /// is the only time at which it may be too much.
    pub async fn send_refund(
        &self,
        record: &Record,
        sent: Option<Vec<u8>>,
        valid_before: u64,
        bounds: &Bounds,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<Sending, StoreFault> {
        let Some(seen) = &record.refund else { return Ok(Sending::Overtaken) };
        let refund = Refund {
            state: Refunding::Sending,
            sent,
            valid_before: Some(valid_before),
            tries: seen.tries + 1,
            ..seen.clone()
        };
        let change = still(record, seen)
            .set("refund", serde_dynamo::to_attribute_value(refund.to_row())?)
            .set("due_at", n(now.saturating_add(BUSY)?.as_second()));
        let mut changes = Changes::of([change]);
        if seen.state == Refunding::Due {
            if refund.amount > bounds.all {
                return Ok(Sending::Stopped);
            }
            let stop = Change::check(keys::refund_stop()).when(When::No("stopped_at"));
            changes = changes.and(Changes::of([count(&refund, bounds, now)?, stop]));
        }
        let token = format!("{}|{}|send refund", record.id.as_str(), by.as_str());
        Ok(match self.transact(changes, &token).await? {
            Done::Yes => Sending::Ours(Box::new(Record { refund: Some(refund), ..record.clone() })),
            Done::No(Lost { change: 0, .. }) => Sending::Overtaken,
            Done::No(Lost { change: 1, old }) => {
                let today = Today::from_item(old.as_ref());
                if today.counted.plus(refund.amount) > bounds.all { Sending::Stopped } else { Sending::StraysUsedUp }
            }
            Done::No(_) => Sending::Stopped,
        })
    }

    /// What was sent back on the day of `now`.
    pub async fn refunded_on(&self, now: Timestamp) -> Result<Today, StoreFault> {
        Ok(Today::from_item(self.item(keys::refunds_of(day_of(now))).await?.as_ref()))
    }

    /// Since when nothing goes back any more, in epoch seconds, if that is so.
    pub async fn refunds_stopped(&self) -> Result<Option<i64>, StoreFault> {
        let item = self.item(keys::refund_stop()).await?;
        Ok(item.and_then(|item| item.get("stopped_at")?.as_n().ok()?.parse().ok()))
    }

    /// payments back: going → stopped, until an operator lifts it
    pub async fn stop_refunds(&self, by: &AttemptId, now: Timestamp) -> Result<bool, StoreFault> {
        let change =
            Change::update(keys::refund_stop()).set("stopped_at", n(now.as_second())).when(When::No("stopped_at"));
        let done = self.transact(Changes::of([change]), &format!("stop refunds {}", by.as_str())).await?;
        Ok(matches!(done, Done::Yes))
    }

    /// payments back: stopped → going; day: what has gone back → counts no longer. As much as in a day may go back from here on.
    pub async fn lift_refund_stop(&self, who: &str, by: &AttemptId, now: Timestamp) -> Result<bool, StoreFault> {
        let stop = Change::update(keys::refund_stop())
            .remove("stopped_at")
            .set("lifted_at", n(now.as_second()))
            .set("lifted_by", s(who))
            .when(When::Above("stopped_at", i64::MIN));
        let day = Change::update(keys::refunds_of(day_of(now))).remove("counted").set("ttl", n(forgotten(now)?));
        let done = self.transact(Changes::of([stop, day]), &format!("lift refund stop {}", by.as_str())).await?;
        Ok(matches!(done, Done::Yes))
    }
}

impl Today {
    fn from_item(item: Option<&Item>) -> Self {
        let micros = |name: &str| {
            let amount = item.and_then(|item| item.get(name)?.as_n().ok()?.parse().ok());
            Usdc::micros(amount.unwrap_or(0))
        };
        Self { amount: micros("amount"), counted: micros("counted"), strays: micros("strays") }
    }
}

/// The day's sums with one more refund in them, if that is not too much.
fn count(refund: &Refund, bounds: &Bounds, now: Timestamp) -> Result<Change, StoreFault> {
    let amount = signed(refund.amount);
    let fits = |name, most: Usdc| When::Any(vec![When::No(name), When::AtMost(name, signed(most) - amount)]);
    let day = Change::update(keys::refunds_of(day_of(now)))
        .add("amount", amount)
        .add("counted", amount)
        .set("ttl", n(forgotten(now)?))
        .when(fits("counted", bounds.all));
    Ok(if refund.is_unasked() { day.add("strays", amount).when(fits("strays", bounds.strays)) } else { day })
}

fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(DAY.as_secs().cast_signed())
}

fn forgotten(now: Timestamp) -> Result<i64, StoreFault> {
    Ok(now.saturating_add(SUMS_KEPT)?.as_second())
}
