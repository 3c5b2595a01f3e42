//! A sale that must come to its end before another can begin: it is waited for, or carried on by the request that it stands in
//! the way of. It refuses to know what either of them sells.

use std::time::Duration;

use super::{Endpoint, Order, Paid, VERIFY_RESERVE};
use crate::invocation::Invocation;
use crate::limits::Limit;
use crate::refusal::{Bought, Product, Refusal};
use crate::sale::{self, Finished, Sent};
use crate::store::sales::{BUSY, Record, Taken};
use crate::store::{State, Work};
use crate::types::{PaymentId, Timestamp};

/// How long a request waits for another one, and how often it looks.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
pub(super) const GLANCE: Duration = Duration::from_millis(150);
/// No function runs longer than this: what has not answered by then has died.
const LIFE: Duration = Duration::from_secs(29);
/// The sweep looks again at a payment whose outcome is unknown after this, and so does whoever asks.
const LOOKED_AT: u64 = 15;

impl<E: Endpoint> Paid<E> {
    /// Waits until this wallet's earlier sale has ended, and ends it where nobody is at work on it.
    pub(super) async fn clear(&self, id: &PaymentId, order: &Order<'_>) -> Result<(), Refusal> {
        let invocation = order.invocation;
        let patience = invocation.at_most(PATIENCE, VERIFY_RESERVE);
        let mut waited = Duration::ZERO;
        loop {
            let Some(record) = self.cashier.store.sale(id).await? else { return Ok(()) };
            if matches!(record.state, State::Closed | State::Void) {
                return Ok(());
            }
            if invocation.current() >= record.busy_until {
                let taken = self.cashier.store.take_over(&record, &invocation.attempt, invocation.current());
                match taken.await? {
                    Some(Taken::Open(sale)) => {
                        self.endpoint.roll_back(sale, invocation).await.map_err(Refusal::Fault)?;
                    }
                    Some(Taken::Settling(sale)) => {
                        let finished = sale::finish(&self.cashier, &self.endpoint, sale, Sent::Perhaps, invocation);
                        if let Finished::Doubt(_) = finished.await.map_err(Refusal::Fault)? {
                            return Err(unpaid(LOOKED_AT));
                        }
                    }
                    None => {}
                }
            }
            if waited >= patience {
                // As it stands now: what was tried just before may have put it off.
                let record = self.cashier.store.sale(id).await?.unwrap_or(record);
                return Err(unpaid(done_in(&record, invocation)));
            }
            tokio::time::sleep(GLANCE).await;
            waited += GLANCE;
        }
    }
}

fn unpaid(retry_after: u64) -> Refusal {
    let limit = Limit::UnpaidCall;
    Refusal::RateLimited { limit: limit.code(), retry_after, message: limit.to_string(), calls: Vec::new() }
}

/// In how many seconds a sale that is being worked on is done, or can be carried on by whoever asks.
pub(super) fn done_in(record: &Record, invocation: &Invocation) -> u64 {
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
