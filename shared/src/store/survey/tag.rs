//! Which payment is meant by the one-way name that stands in logs: its entry in the books is found
//! by it.

use crate::store::keys;
use crate::store::requests::unavailable;
use crate::store::rows::{DUE_QUEUE, Value};
use crate::store::{Store, StoreFault};
use crate::types::PaymentId;

impl Store {
    /// The payment of this name, if it is in the books: the last 90 days of what was paid.
    pub async fn tagged(&self, tag: &str) -> Result<Option<PaymentId>, StoreFault> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("#queue = :tag")
            .expression_attribute_names("#queue", DUE_QUEUE.as_str())
            .expression_attribute_values(":tag", Value::from(keys::tag(tag)).into())
            .limit(1)
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        let keys = found.items.unwrap_or_default();
        Ok(keys.first().and_then(keys::Key::of).as_ref().and_then(keys::read_booked))
    }
}
