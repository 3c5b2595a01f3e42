//! A sale that must come to its end before another can begin: it is waited for, or carried on by
//! the request that it stands in the way of. It refuses to know what either of them sells.
//!
//! `docs/decisions.md`: Why does a request end the doubt about another one?

use std::time::Duration;

use super::order::Order;
use super::{Counter, Endpoint, Paid};
use crate::edge::Answer;
use crate::invocation::Invocation;
use crate::leases;
use crate::limits::waiting::{LONG_PATIENCE, PATIENCE, REST};
use crate::limits::{Limit, Reached};
use crate::refusal::{Bought, Fault, Product, Refusal, Renewed};
use crate::sale::{self, Behind, Finished, Sent};
use crate::store::limits::Tally;
use crate::store::sales::{BUSY, Record, Sale, Settling, Taken};
use crate::store::work::{Lease, Renew};
use crate::store::{State, Work};
use crate::types::{Run, Timestamp};

/// How often a request looks that waits for another one.
const GLANCE: Duration = Duration::from_millis(150);
/// What must be left of an invocation when it has waited: the payment is verified then, and all
/// else follows.
const WAIT_RESERVE: Duration = Duration::from_secs(15);
/// No function runs longer than this: what has not answered by then has died.
const LIFE: Duration = Duration::from_secs(29);
/// A payment whose outcome is unknown is looked at again by the next request, and this is soon
/// enough.
const LOOKED_AT: u64 = 15;

/// Whose sale is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of the payment that the request brings.
    Own,
    /// Of another one of its wallet.
    Another,
}

/// What an unfinished sale has come to while it was waited for.
pub(super) enum Come {
    /// It has ended.
    Ended(Box<Record>),
    /// Its attempt has stopped behind the fence: it is ours to carry on.
    Ours(Sale<Settling>),
    /// It is being worked on, for this many more seconds at most.
    Busy(u64),
    /// Its outcome is not known, which was found out a moment ago.
    Rests(Work),
    /// Its attempt has stopped, and who is in earnest carries it on.
    Left,
}

impl<E: Endpoint> Paid<E> {
    /// Waits for a sale while another request works on it, and takes it over where none does. What
    /// was left before the fence is undone.
    ///
    /// Few wait at a time, and for their own payment not for long once it is sent: each holds an
    /// execution, and copies of a header cost nothing. A dry run waits for nothing and takes
    /// nothing over.
    pub(super) async fn wait_for(
        &self,
        mut record: Record,
        whose: Whose,
        run: Run,
        invocation: &Invocation,
    ) -> Result<Come, Refusal> {
        let patience = if (whose, record.state) == (Whose::Own, State::Settling) { PATIENCE } else { LONG_PATIENCE };
        let store = &self.cashier.store;
        let patience = invocation.at_most(patience, WAIT_RESERVE);
        let mut waited = Duration::ZERO;
        loop {
            if matches!(record.state, State::Closed | State::Void) {
                return Ok(Come::Ended(Box::new(record)));
            }
            if run == Run::Dry {
                let busy = invocation.current() < record.busy_until;
                return Ok(if busy { Come::Busy(done_in(&record, invocation)) } else { Come::Left });
            }
            if whose == Whose::Own && record.rests(invocation.current()) {
                return Ok(Come::Rests(record.work));
            }
            if invocation.current() >= record.busy_until {
                match store.take_over(&record, &invocation.attempt, invocation.current()).await? {
                    Some(Taken::Settling(sale)) => return Ok(Come::Ours(sale)),
                    Some(Taken::Open(sale)) => {
                        self.endpoint.roll_back(sale, invocation).await.map_err(Refusal::Fault)?;
                    }
                    None => {}
                }
            }
            if waited >= patience {
                // As it stands now: what was tried just before may have put it off.
                let record = store.sale(&record.id).await?.unwrap_or(record);
                return Ok(Come::Busy(done_in(&record, invocation)));
            }
            if waited.is_zero()
                && let Err(crowd) = store.count(&Tally::of_waits(&record.id, patience), invocation.current()).await?
            {
                return Ok(Come::Busy(crowd.retry_after));
            }
            tokio::time::sleep(GLANCE).await;
            waited += GLANCE;
            record = store.sale(&record.id).await?.ok_or(Refusal::Fault(Fault::Broken("a sale has vanished")))?;
        }
    }

    /// Waits until this wallet's earlier sale has ended, and ends it where no request is at work on
    /// it. A renewal that has waited for another one is not made as well: who meant two asks again,
    /// and who signed anew for the same has it.
    ///
    /// A dry run that finds such a sale left halfway is answered with that.
    pub(super) async fn clear(&self, behind: &Behind, order: &Order<'_>) -> Result<Option<Answer>, Refusal> {
        let (run, invocation) = (order.said.run, order.said.invocation);
        let Some(record) = self.cashier.store.sale(&behind.sale).await? else { return Ok(None) };
        let retry_after = match self.wait_for(record, Whose::Another, run, invocation).await? {
            Come::Ended(record) => return is_not_the_same(behind, &record).map(|()| None),
            Come::Left => return Ok(Some(order.said.finishes_earlier(E::ENDPOINT, order.means.caller().wallet()))),
            Come::Busy(seconds) => seconds,
            Come::Rests(_) => REST.as_secs(),
            Come::Ours(sale) => {
                let shop = Counter { endpoint: &self.endpoint, ask: None };
                let finished = sale::finish(&self.cashier, &shop, sale, Sent::Perhaps, invocation);
                match finished.await.map_err(Refusal::Fault)? {
                    Finished::Doubt(_) => LOOKED_AT,
                    Finished::Undelivered { retry_after } => retry_after,
                    Finished::Granted(record) => return is_not_the_same(behind, &record).map(|()| None),
                    Finished::Declined { .. } | Finished::Owed { .. } | Finished::NotSent { .. } => return Ok(None),
                }
            }
        };
        Err(Reached { limit: behind.limit, retry_after }.into())
    }
}

/// Refuses what the sale that it has waited for has done.
fn is_not_the_same(behind: &Behind, made: &Record) -> Result<(), Refusal> {
    let is_made = made.state == State::Closed && made.refund.is_none();
    match (&made.work, leases::ends_at(made)) {
        (Work::Renew(renew), Some(expires_at)) if is_made && behind.limit == Limit::Renewal => {
            let transaction = made.settled.as_ref().and_then(|settled| settled.transaction.clone());
            Err(Refusal::RenewalInProgress { made: Renewed { number: renew.number.clone(), expires_at, transaction } })
        }
        _ => Ok(()),
    }
}

/// In how many seconds a sale that is being worked on is done, or can be carried on by the next
/// request.
fn done_in(record: &Record, invocation: &Invocation) -> u64 {
    let now = invocation.current();
    let begun = record.busy_until.saturating_sub(BUSY).unwrap_or(now);
    let dead = begun.saturating_add(LIFE).unwrap_or(now);
    // What is open is undone when its time is up, whichever request has begun it: what became of it
    // is not known earlier.
    let then = if record.state == State::Settling && now < dead { dead } else { record.busy_until };
    seconds_until(then, now)
}

fn seconds_until(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(then.as_second() - now.as_second()).unwrap_or(0).max(1)
}

/// What the payment of a sale has bought, or is about to buy.
pub(super) fn bought(record: &Record) -> Bought {
    let what = match &record.work {
        _ if record.state == State::Void => None,
        Work::Call(_) => Some(Product::Call),
        Work::Lease(Lease { number, .. }) | Work::Renew(Renew { number, .. }) => Some(Product::Number(number.clone())),
        Work::List(_) => Some(Product::List),
        Work::Calls(_) => Some(Product::Calls),
        Work::Nothing => None,
    };
    let transaction = record.settled.as_ref().and_then(|settled| settled.transaction.clone());
    Bought { paid: record.state == State::Closed, what, transaction }
}
