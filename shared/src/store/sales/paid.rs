//! Sales that are paid before what they sell is begun.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::change::{Changes, n, s};
use crate::store::keys::Queue;
use crate::store::rows::State;
use crate::store::{Store, StoreFault, Work};
use crate::types::Timestamp;

use super::{BUSY, NotStepped, Record, Sale, Settled, Settling, work_value};

impl Store {
    /// settling → settling, paid: what is sold is only begun now, and has a minute of its own. From here on nobody asks again
    /// whether it is paid, and whoever takes over looks what was begun. A doubt about the payment is over.
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
            .set("settled", settled.value()?)
            .set("doubted", AttributeValue::Bool(false))
            .set("busy_until", n(record.busy_until.as_second()))
            .set("due_queue", s(Queue::of_sale(&record.id).name()))
            .set("due_at", n(record.busy_until.as_second()));
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
            Ok(value) => sale.record.closed(&settled).map(|update| update.set("work", value)),
            Err(fault) => Err(fault),
        };
        self.end(sale, done, settled, changes).await.map(|record| Record { work, ..record })
    }
}
