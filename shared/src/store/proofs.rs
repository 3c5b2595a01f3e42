//! Granted sales whose payment has not been seen on the chain yet. Each waits in a queue of its own
//! from the write that grants it, which costs no write more; what is seen leaves it, and gets into
//! the books.
//!
//! | item | from → to | condition |
//! |---|---|---|
//! | sale, books | closed, waiting → closed, booked | waiting |
//! | sale, control, books | closed, waiting → closed, missing, booked; missing + amount | waiting |

use std::time::Duration;

use crate::types::{AttemptId, Timestamp, Usdc};

use super::books::{self, OnChain};
use super::calls::Call;
use super::change::{Change, Changes, is};
use super::keys::{self, Queue};
use super::rows::{BOOKED, DUE_AT, DUE_QUEUE, MISSING};
use super::sales::Record;
use super::{Hurdle, Store, StoreFault};

/// How long the watch of the chain has to see a payment before it is asked for. A block takes
/// twenty minutes to be final.
pub const SEEN_WITHIN: Duration = Duration::from_hours(1);

impl Store {
    /// sale: closed, waiting → closed, booked. `call` is what was sold, where it is one: what it
    /// has cost is booked with its sale.
    pub async fn proven(
        &self,
        record: &Record,
        seen: OnChain,
        call: Option<&Call>,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let sale = waiting(record).not_due().set(BOOKED, true);
        let entry = books::sold(record, call, seen, now)?;
        self.done(Changes::of([sale.or(Hurdle::Sale), entry]), &record.id, "proven", by).await
    }

    /// Puts off the next look at a payment that nothing sure is known of.
    pub async fn prove_later(&self, record: &Record, at: Timestamp) -> Result<(), StoreFault> {
        self.change(waiting(record).set(DUE_AT, at)).await.map(drop)
    }

    /// sale: closed, waiting → closed, missing, booked; control: missing + amount. How much is
    /// missing since selling was last resumed; none if it was counted before.
    pub async fn missing(
        &self,
        record: &Record,
        call: Option<&Call>,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<Option<Usdc>, StoreFault> {
        let sale = waiting(record).not_due().set(MISSING, true).set(BOOKED, true);
        let entry = books::sold(record, call, OnChain::Missing, now)?;
        let control = Change::update(keys::control()).add(MISSING, record.signed.amount.signed());
        let changes = Changes::of([sale.or(Hurdle::Sale), control.anyway(), entry]);
        if !self.done(changes, &record.id, "missing", by).await? {
            return Ok(None);
        }
        Ok(self.controls().await?.missing)
    }
}

/// A change to a sale that waits to be seen.
fn waiting(record: &Record) -> Change {
    Change::update(keys::sale(&record.id)).when(is(DUE_QUEUE, Queue::of_proof(&record.id)))
}
