//! A wallet's own names for its purchases (`Idempotency-Key`): whichever payment carries one first
//! is the one that buys, and the others get its answer. A name belongs to one wallet, and is free
//! again when what it stands for came to nothing.
//!
//! `docs/decisions.md`: Why does an idempotency key stand beside the sale, and not in it?

use std::time::Duration;

use crate::store::change::{Change, Step, When, at_most, is};
use crate::store::item::Item;
use crate::store::keys;
use crate::store::rows::{PurchaseRow, SALE, TTL};
use crate::store::{Hurdle, StoreFault};
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

/// How long a wallet's own name for a purchase is remembered: shorter than the sale that it stands
/// for.
pub const REMEMBERED: Duration = Duration::from_secs(30 * DAY.as_secs());

/// Who was first to carry a name, as long as that is remembered.
pub(super) fn first_named(item: Item, now: Timestamp) -> Result<Option<PaymentId>, StoreFault> {
    let row: PurchaseRow = serde_dynamo::from_item(item)?;
    Ok((row.ttl > now.as_second()).then(|| PaymentId::from_row(row.sale)))
}

/// Gives a name to a sale: one that is new or forgotten, that is its own, or whose sale came to
/// nothing.
pub(super) fn remember(record: &Record, named: &Purchase) -> Step {
    let of = |sale: &PaymentId| is(SALE, sale);
    let now = record.created_at.as_second();
    let mut free = vec![When::Absent, at_most(TTL, now), of(&record.id)];
    free.extend(named.instead_of.as_ref().map(of));
    Change::put(keys::purchase(&record.signed.payer, &named.name), Item::new())
        .set(SALE, &record.id)
        .set(TTL, now + REMEMBERED.as_secs().cast_signed())
        .when(When::Any(free))
        .or(Hurdle::Name)
}
