//! How much goes back in a day, counted in the write that says that something is about to be sent:
//! once for each payment, and never more than it may be, whatever died or ran twice.
//!
//! `docs/decisions.md`: Why is there a bound for what goes back to one payer?

use crate::store::change::{Change, Changes, Step, When, above, at_most, no};
use crate::store::parse::instant_of;
use crate::store::rows::{
    AMOUNT, COUNTED, DUE_AT, LIFTED_AT, LIFTED_BY, Name, REFUND, RefundStopRow, RefundedRow, Refunding, STOPPED_AT,
    STOPPED_BY, STRAYS, TTL, Value,
};
use crate::store::sales::{BUSY, Record, Refund};
use crate::store::{Done, Hurdle, Store, StoreFault};
use crate::store::{kept, keys};
use crate::types::{AttemptId, DAY, Timestamp, Usdc, Wallet};

use super::still;

/// The sums that may go back in a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Of everything. Where more is owed nothing goes back any more, until an operator says so.
    pub all: Usdc,
    /// Of what goes to one payer, so that a few cannot use up what goes back to all. The rest waits
    /// for another day, or for an operator.
    pub payer: Usdc,
    /// Of stray payments. The rest waits as well.
    pub strays: Usdc,
}

/// The sums that have gone back on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Today {
    /// All of it.
    pub amount: Usdc,
    /// What of it counts: what went back before an operator lifted the stop counts no longer.
    pub counted: Usdc,
    /// What of it were stray payments.
    pub strays: Usdc,
}

/// A stop of all that goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stop {
    /// Since when.
    pub since: Timestamp,
    /// The operator who stopped it, and why; nothing, if more was owed than may go back in a day.
    pub by: Option<String>,
}

/// The outcome of the wish to send a refund.
pub enum Sending {
    /// It is recorded, and ours to send.
    Ours(Box<Record>),
    /// It is not as it was seen: another process is at it.
    Overtaken,
    /// It would be more than may go back in a day, or an operator has not lifted the stop since it
    /// was.
    Stopped,
    /// It would be more than may go back to this payer in a day.
    PayerUsedUp,
    /// It would be more than may go back in a day of stray payments.
    StraysUsedUp,
}

impl Store {
    /// refund due | sending → sending of `sent`, until `valid_before`. The first time it counts as
    /// paid back today, and that is the only time at which it may be too much.
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
            poor_since: None,
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
            let to_payer = count_of_payer(record, &refund, bounds, now)?;
            changes = changes.and(Changes::of([to_payer, count(&refund, bounds, now)?, stop]));
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
                Hurdle::RefundsToPayer => Sending::PayerUsedUp,
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

    /// What was sent back to this payer on the day of `now`.
    pub async fn refunded_to(&self, payer: &Wallet, now: Timestamp) -> Result<Usdc, StoreFault> {
        let item = self.item(keys::refunds_to(payer, day_of(now))).await?;
        Ok(Today::of(&serde_dynamo::from_item(item.unwrap_or_default())?).counted)
    }

    /// Since when nothing goes back any more, and who said so, if that is so.
    pub async fn refunds_stopped(&self) -> Result<Option<Stop>, StoreFault> {
        let item = self.item(keys::refund_stop()).await?.unwrap_or_default();
        let row: RefundStopRow = serde_dynamo::from_item(item)?;
        row.stopped_at.map(|at| Ok(Stop { since: instant_of(at)?, by: row.stopped_by })).transpose()
    }

    /// payments back: going → stopped, until an operator lifts it. By an operator, in their words,
    /// or by what may go back in a day.
    pub async fn stop_refunds(&self, who: Option<&str>, by: &AttemptId, now: Timestamp) -> Result<bool, StoreFault> {
        let stop = Change::update(keys::refund_stop()).set(STOPPED_AT, now).set_some(STOPPED_BY, who);
        let change = stop.when(no(STOPPED_AT)).or(Hurdle::RefundsStopped);
        let done = self.transact(Changes::of([change]), &format!("stop refunds {}", by.as_str())).await?;
        Ok(matches!(done, Done::Yes))
    }

    /// payments back: stopped → going; day: what has gone back → counts no longer. As much as in a
    /// day may go back from here on.
    pub async fn lift_refund_stop(&self, who: &str, by: &AttemptId, now: Timestamp) -> Result<bool, StoreFault> {
        let stop = Change::update(keys::refund_stop())
            .remove(STOPPED_AT)
            .remove(STOPPED_BY)
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

/// What goes to this payer, if that is not too much for one. The first of a day never is: an amount
/// that is larger than the bound would wait for ever. What an operator lets through counts, and is
/// not asked.
fn count_of_payer(record: &Record, refund: &Refund, bounds: &Bounds, now: Timestamp) -> Result<Step, StoreFault> {
    let amount = refund.amount.signed();
    let day = Change::update(keys::refunds_to(&record.signed.payer, day_of(now)))
        .add(COUNTED, amount)
        .set(TTL, forgotten(now)?);
    let most = bounds.payer.signed() - amount;
    let fits = When::Any(vec![no(COUNTED), at_most(COUNTED, most)]);
    Ok(if refund.by.is_some() { day.anyway() } else { day.when(fits).or(Hurdle::RefundsToPayer) })
}

fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(DAY.as_secs().cast_signed())
}

fn forgotten(now: Timestamp) -> Result<i64, StoreFault> {
    Ok(now.saturating_add(kept::REFUNDED)?.as_second())
}
