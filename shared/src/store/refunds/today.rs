//! How much goes back in a day, counted in the write that says that something is about to be sent: once for each payment, and
//! never more than it may be, whatever died or ran twice.

use crate::store::change::{Change, Changes, Step, When, above, at_most, no};
use crate::store::rows::{
    AMOUNT, COUNTED, DUE_AT, LIFTED_AT, LIFTED_BY, Name, REFUND, RefundStopRow, RefundedRow, Refunding, STOPPED_AT,
    STRAYS, TTL, Value,
};
use crate::store::sales::{BUSY, Record, Refund};
use crate::store::{Done, Hurdle, Store, StoreFault};
use crate::store::{kept, keys};
use crate::types::{AttemptId, DAY, Timestamp, Usdc};

use super::still;

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
            .set(REFUND, Value::row(&refund.to_row())?)
            .set(DUE_AT, now.saturating_add(BUSY)?)
            .or(Hurdle::Sale);
        let mut changes = Changes::of([change]);
        if seen.state == Refunding::Due {
            if refund.amount > bounds.all {
                return Ok(Sending::Stopped);
            }
            let stop = Change::check(keys::refund_stop()).when(no(STOPPED_AT)).or(Hurdle::RefundsStopped);
            changes = changes.and(Changes::of([count(&refund, bounds, now)?, stop]));
        }
        let token = format!("{}|{}|send refund", record.id.as_str(), by.as_str());
        Ok(match self.transact(changes, &token).await? {
            Done::Yes => Sending::Ours(Box::new(Record { refund: Some(refund), ..record.clone() })),
            Done::No(lost) => match lost.hurdle {
                Hurdle::Sale => Sending::Overtaken,
                Hurdle::RefundsToday => {
                    let today = Today::of(&lost.found()?.unwrap_or_default());
                    let is_all = today.counted.plus(refund.amount) > bounds.all;
                    if is_all { Sending::Stopped } else { Sending::StraysUsedUp }
                }
                Hurdle::RefundsStopped => Sending::Stopped,
                Hurdle::Name
                | Hurdle::Number
                | Hurdle::Lease
                | Hurdle::Call
                | Hurdle::Wallet
                | Hurdle::OptOut
                | Hurdle::Calls(_)
                | Hurdle::Bought(_)
                | Hurdle::Switch => return Err(lost.hurdle.unasked()),
            },
        })
    }

    /// What was sent back on the day of `now`.
    pub async fn refunded_on(&self, now: Timestamp) -> Result<Today, StoreFault> {
        let item = self.item(keys::refunds_of(day_of(now))).await?;
        Ok(Today::of(&serde_dynamo::from_item(item.unwrap_or_default())?))
    }

    /// Since when nothing goes back any more, in epoch seconds, if that is so.
    pub async fn refunds_stopped(&self) -> Result<Option<i64>, StoreFault> {
        let item = self.item(keys::refund_stop()).await?.unwrap_or_default();
        Ok(serde_dynamo::from_item::<_, RefundStopRow>(item)?.stopped_at)
    }

    /// payments back: going → stopped, until an operator lifts it
    pub async fn stop_refunds(&self, by: &AttemptId, now: Timestamp) -> Result<bool, StoreFault> {
        let stop = Change::update(keys::refund_stop()).set(STOPPED_AT, now).when(no(STOPPED_AT));
        let change = stop.or(Hurdle::RefundsStopped);
        let done = self.transact(Changes::of([change]), &format!("stop refunds {}", by.as_str())).await?;
        Ok(matches!(done, Done::Yes))
    }

    /// payments back: stopped → going; day: what has gone back → counts no longer. As much as in a day may go back from here on.
    pub async fn lift_refund_stop(&self, who: &str, by: &AttemptId, now: Timestamp) -> Result<bool, StoreFault> {
        let stop = Change::update(keys::refund_stop())
            .remove(STOPPED_AT)
            .set(LIFTED_AT, now)
            .set(LIFTED_BY, who)
            .when(above(STOPPED_AT, i64::MIN))
            .or(Hurdle::RefundsStopped);
        let day = Change::update(keys::refunds_of(day_of(now))).remove(COUNTED).set(TTL, forgotten(now)?);
        let day = day.anyway();
        let done = self.transact(Changes::of([stop, day]), &format!("lift refund stop {}", by.as_str())).await?;
        Ok(matches!(done, Done::Yes))
    }
}

impl Today {
    fn of(row: &RefundedRow) -> Self {
        let RefundedRow { amount, counted, strays, .. } = *row;
        Self { amount: Usdc::micros(amount), counted: Usdc::micros(counted), strays: Usdc::micros(strays) }
    }
}

/// The day's sums with one more refund in them, if that is not too much.
fn count(refund: &Refund, bounds: &Bounds, now: Timestamp) -> Result<Step, StoreFault> {
    let amount = refund.amount.signed();
    let fits = |name: Name, most: Usdc| When::Any(vec![no(name), at_most(name, most.signed() - amount)]);
    let day = Change::update(keys::refunds_of(day_of(now)))
        .add(AMOUNT, amount)
        .add(COUNTED, amount)
        .set(TTL, forgotten(now)?)
        .when(fits(COUNTED, bounds.all));
    let day = if refund.is_unasked() { day.add(STRAYS, amount).when(fits(STRAYS, bounds.strays)) } else { day };
    Ok(day.or(Hurdle::RefundsToday))
}

fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(DAY.as_secs().cast_signed())
}

fn forgotten(now: Timestamp) -> Result<i64, StoreFault> {
    Ok(now.saturating_add(kept::REFUNDED)?.as_second())
}
