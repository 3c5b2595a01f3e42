//! Granted sales whose payment has not been seen on the chain yet. Each waits in a queue of its own from the write that grants it,
//! which costs no write more; what is seen leaves it.
//!
//! | item | from → to | condition |
//! |---|---|---|
//! | sale | closed, waiting → closed | waiting |
//! | sale, control | closed, waiting → closed, missing; missing + amount | waiting |

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::types::{AttemptId, Timestamp, Usdc};

use super::calls::signed;
use super::change::{Change, Changes, When, n, s};
use super::keys::{self, Queue};
use super::sales::Record;
use super::{Store, StoreFault};

/// How long the watch of the chain has to see a payment before it is asked for. A block takes twenty minutes to be final.
pub const SEEN_WITHIN: Duration = Duration::from_hours(1);

impl Store {
    /// sale: closed, waiting → closed
    pub async fn proven(&self, record: &Record, by: &AttemptId) -> Result<(), StoreFault> {
        let change = waiting(record).remove("due_queue").remove("due_at");
        self.done(Changes::of([change]), &record.id, "proven", by).await.map(drop)
    }

    /// Puts off the next look at a payment that nothing sure is known of.
    pub async fn prove_later(&self, record: &Record, at: Timestamp, by: &AttemptId) -> Result<(), StoreFault> {
        let change = waiting(record).set("due_at", n(at.as_second()));
        self.done(Changes::of([change]), &record.id, "prove later", by).await.map(drop)
    }

    /// sale: closed, waiting → closed, missing; control: missing + amount. How much is missing since selling was last resumed;
    /// none if it was counted before.
    pub async fn missing(&self, record: &Record, by: &AttemptId) -> Result<Option<Usdc>, StoreFault> {
        let sale = waiting(record).remove("due_queue").remove("due_at").set("missing", AttributeValue::Bool(true));
        let control = Change::update(keys::control()).add("missing", signed(record.signed.amount));
        if !self.done(Changes::of([sale, control]), &record.id, "missing", by).await? {
            return Ok(None);
        }
        Ok(self.controls().await?.missing)
    }
}

/// A change to a sale that waits to be seen.
fn waiting(record: &Record) -> Change {
    Change::update(keys::sale(&record.id)).when(When::Is("due_queue", s(Queue::of_proof(&record.id).name())))
}
