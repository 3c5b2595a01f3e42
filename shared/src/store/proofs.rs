//! Granted sales whose payment has not been seen on the chain yet. Each waits in a queue of its own from the write that grants it,
//! which costs no write more; what is seen leaves it.
//!
//! | item | from → to | condition |
//! |---|---|---|
//! | sale | closed, waiting → closed | waiting |
//! | sale, control | closed, waiting → closed, missing; missing + amount | waiting |

use std::time::Duration;

use crate::types::{AttemptId, Timestamp, Usdc};

use super::change::{Change, Changes, is};
use super::keys::{self, Queue};
use super::rows::{DUE_AT, DUE_QUEUE, MISSING};
use super::sales::Record;
use super::{Hurdle, Store, StoreFault};

/// How long the watch of the chain has to see a payment before it is asked for. A block takes twenty minutes to be final.
pub const SEEN_WITHIN: Duration = Duration::from_hours(1);

impl Store {
    /// sale: closed, waiting → closed
    pub async fn proven(&self, record: &Record) -> Result<(), StoreFault> {
        let change = waiting(record).not_due();
        self.change(change).await.map(drop)
    }

    /// Puts off the next look at a payment that nothing sure is known of.
    pub async fn prove_later(&self, record: &Record, at: Timestamp) -> Result<(), StoreFault> {
        self.change(waiting(record).set(DUE_AT, at)).await.map(drop)
    }

    /// sale: closed, waiting → closed, missing; control: missing + amount. How much is missing since selling was last resumed;
    /// none if it was counted before.
    pub async fn missing(&self, record: &Record, by: &AttemptId) -> Result<Option<Usdc>, StoreFault> {
        let sale = waiting(record).not_due().set(MISSING, true);
        let control = Change::update(keys::control()).add(MISSING, record.signed.amount.signed());
        if !self.done(Changes::of([sale.or(Hurdle::Sale), control.anyway()]), &record.id, "missing", by).await? {
            return Ok(None);
        }
        Ok(self.controls().await?.missing)
    }
}

/// A change to a sale that waits to be seen.
fn waiting(record: &Record) -> Change {
    Change::update(keys::sale(&record.id)).when(is(DUE_QUEUE, Queue::of_proof(&record.id)))
}
