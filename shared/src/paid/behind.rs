//! A sale that must come to its end before another can begin: it is waited for, or carried on by the request that it stands in
//! the way of. It refuses to know what either of them sells.

use std::time::Duration;

use super::{Counter, Endpoint, Paid};
use crate::invocation::Invocation;
use crate::limits::Reached;
use crate::refusal::{Bought, Fault, Product, Refusal};
use crate::sale::{self, Behind, Finished, Sent};
use crate::store::sales::{BUSY, Record, Sale, Settling, Taken};
use crate::store::{State, Work};
use crate::types::Timestamp;

/// How long a request waits for another one, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(150);
/// What must be left of an invocation when it has waited: the payment is verified then, and all else follows.
const WAIT_RESERVE: Duration = Duration::from_secs(15);
/// No function runs longer than this: what has not answered by then has died.
const LIFE: Duration = Duration::from_secs(29);
/// A payment whose outcome is unknown is looked at again by the next request, and this is soon enough.
const LOOKED_AT: u64 = 15;

/// What an unfinished sale has come to while it was waited for.
pub(super) enum Come {
    /// It has ended.
    Ended(Box<Record>),
    /// Its attempt has stopped behind the fence: it is ours to carry on.
    Ours(Sale<Settling>),
    /// It is being worked on, for so many more seconds at most.
    Busy(u64),
}

impl<E: Endpoint> Paid<E> {
    /// Waits for a sale while another request works on it, and takes it over where none does. What was left before the fence is
    /// undone.
    pub(super) async fn wait_for(&self, mut record: Record, invocation: &Invocation) -> Result<Come, Refusal> {
        let store = &self.cashier.store;
        let patience = invocation.at_most(PATIENCE, WAIT_RESERVE);
        let mut waited = Duration::ZERO;
        loop {
            if matches!(record.state, State::Closed | State::Void) {
                return Ok(Come::Ended(Box::new(record)));
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
            tokio::time::sleep(GLANCE).await;
            waited += GLANCE;
            record = store.sale(&record.id).await?.ok_or(Refusal::Fault(Fault::Broken("a sale has vanished")))?;
        }
    }

    /// Waits until this wallet's earlier sale has ended, and ends it where no request is at work on it.
    pub(super) async fn clear(&self, behind: &Behind, invocation: &Invocation) -> Result<(), Refusal> {
        let Some(record) = self.cashier.store.sale(&behind.sale).await? else { return Ok(()) };
        let retry_after = match self.wait_for(record, invocation).await? {
            Come::Ended(_) => return Ok(()),
            Come::Busy(seconds) => seconds,
            Come::Ours(sale) => {
                let shop = Counter { endpoint: &self.endpoint, ask: None };
                let finished = sale::finish(&self.cashier, &shop, sale, Sent::Perhaps, invocation);
                match finished.await.map_err(Refusal::Fault)? {
                    Finished::Doubt(_) => LOOKED_AT,
                    Finished::Undelivered { retry_after } => retry_after,
                    _ => return Ok(()),
                }
            }
        };
        Err(Reached { limit: behind.limit, retry_after }.into())
    }
}

/// In how many seconds a sale that is being worked on is done, or can be carried on by the next request.
fn done_in(record: &Record, invocation: &Invocation) -> u64 {
    let now = invocation.current();
    let begun = record.busy_until.saturating_sub(BUSY).unwrap_or(now);
    let dead = begun.saturating_add(LIFE).unwrap_or(now);
    // What is open is undone when its time is up, whichever request has begun it: what became of it is not known earlier.
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
        Work::Call { call, .. } => Some(Product::Call(call.clone())),
        Work::Lease { number, .. } | Work::Renew { number, .. } => Some(Product::Number(number.clone())),
        Work::List { .. } => Some(Product::List),
        Work::Nothing => None,
    };
    let transaction = record.settled.as_ref().and_then(|settled| settled.transaction.clone());
    Bought { paid: record.state == State::Closed, what, transaction }
}
