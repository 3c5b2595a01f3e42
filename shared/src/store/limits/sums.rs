//! A count that begins with the first after the last one's time is over.

use crate::store::StoreFault;
use crate::store::item::Item;
use crate::store::rows::SumRow;

/// A count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sum {
    /// When it began.
    pub(super) since: i64,
    /// How many there were.
    pub(super) amount: u64,
}

pub(super) fn sum_of(item: Option<Item>) -> Result<Option<Sum>, StoreFault> {
    let row: SumRow = serde_dynamo::from_item(item.unwrap_or_default())?;
    let amount = row.sum.max(0).cast_unsigned();
    Ok(row.sum_since.map(|since| Sum { since, amount }))
}
