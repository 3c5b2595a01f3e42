//! Sales that are paid before what they sell is begun.
//!
//! `docs/decisions.md`: Who begins what is paid first?

use crate::store::change::Changes;
use crate::store::keys::Queue;
use crate::store::rows::{BUSY_UNTIL, DOUBTED, SETTLED, State, WORK};
use crate::store::{Store, StoreFault, Work};
use crate::types::Timestamp;

use super::steps::work_value;
use super::{BUSY, NotStepped, Record, Sale, Settled, Settling};

impl Store {
    /// settling → settling, paid: what is sold is only begun now, and has a minute of its own. From
    /// here on it is not asked again whether it is paid, and the next attempt looks what was begun.
    /// A doubt about the payment is over.
    pub async fn paid(
        &self,
        sale: Sale<Settling>,
        settled: Settled,
        now: Timestamp,
    ) -> Result<Sale<Settling>, NotStepped> {
        let mut record = sale.into_record();
        record.busy_until = now.saturating_add(BUSY).map_err(StoreFault::from)?;
        let update = record
            .step(State::Settling)
            .set(SETTLED, settled.value()?)
            .set(DOUBTED, false)
            .set(BUSY_UNTIL, record.busy_until)
            .due(Queue::of_sale(&record.id), record.busy_until);
        self.step(&record, update, record.known(), "paid").await?;
        (record.settled, record.doubted) = (Some(settled), false);
        Ok(Sale::new(record))
    }

    /// [`Store::close`] for what was only done once it was paid.
    pub async fn close_done(
        &self,
        sale: Sale<Settling>,
        work: Work,
        settled: Settled,
        changes: Changes,
    ) -> Result<Record, (Sale<Settling>, NotStepped)> {
        let done = match work_value(&work) {
            Ok(value) => sale.record.closed(&settled).map(|update| update.set(WORK, value)),
            Err(fault) => Err(fault),
        };
        self.end(sale, done, settled, changes).await.map(|record| Record { work, ..record })
    }
}
