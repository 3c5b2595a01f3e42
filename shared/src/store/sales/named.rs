//! A wallet's own names for its purchases (`Idempotency-Key`): whichever payment carries one first is the one that buys, and
//! the others get its answer. A name belongs to one wallet, and is free again when what it stands for came to nothing.

use std::time::Duration;

use crate::store::StoreFault;
use crate::store::change::{Change, Item, When, n, s};
use crate::store::keys;
use crate::store::rows::PurchaseRow;
use crate::types::{DAY, PaymentId, Timestamp};

use super::Record;

/// A wallet's own name for a purchase (`Idempotency-Key`), and what was found under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purchase {
    /// The name.
    pub name: String,
    /// A payment that carried it before and bought nothing: the name is free again.
    pub instead_of: Option<PaymentId>,
}

/// How long a wallet's own name for a purchase is remembered: shorter than the sale that it stands for.
pub const REMEMBERED: Duration = Duration::from_secs(30 * DAY.as_secs());

/// Who was first to carry a name, as long as that is remembered.
pub(super) fn first_named(item: Item, now: Timestamp) -> Result<Option<PaymentId>, StoreFault> {
    let row: PurchaseRow = serde_dynamo::from_item(item)?;
    Ok((row.ttl > now.as_second()).then(|| PaymentId::from_row(row.sale)))
}

/// Gives a name to a sale: one that is new or forgotten, that is its own, or whose sale came to nothing.
pub(super) fn remember(record: &Record, named: &Purchase) -> Change {
    let is = |sale: &PaymentId| When::Is("sale", s(sale.as_str()));
    let now = record.created_at.as_second();
    let mut free = vec![When::Absent, When::AtMost("ttl", now), is(&record.id)];
    free.extend(named.instead_of.as_ref().map(is));
    Change::put(keys::purchase(&record.signed.payer, &named.name), Item::new())
        .set("sale", s(record.id.as_str()))
        .set("ttl", n(now + REMEMBERED.as_secs().cast_signed()))
        .when(When::Any(free))
}
