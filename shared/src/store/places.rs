//! Places in histories that are read backwards and take longer than a round: of what was paid to a payee, and of what became
//! of a sale's payment.

use crate::types::{AttemptId, Place, Searched, TransactionId};

use super::change::{Change, Changes, When, n, s};
use super::rows::SearchedRow;
use super::sales::Record;
use super::{Done, Store, StoreFault, keys};

impl Store {
    /// Where the stretch is being read that begins where something has come to ([`Store::progress`]).
    pub async fn place(&self, name: &str, seen: Option<u64>) -> Result<Option<Place>, StoreFault> {
        let item = self.item(keys::turn(name)).await?.unwrap_or_default();
        let number = |name: &str| -> Option<u64> { item.get(name)?.as_n().ok()?.parse().ok() };
        let before = item.get("before").and_then(|before| before.as_s().ok());
        let is_of = number("behind") == seen;
        let place = number("top").zip(before.cloned().map(TransactionId::from_row)).filter(|_| is_of);
        Ok(place.map(|(top, before)| Place { top, before }))
    }

    /// Keeps that place, or forgets it; not, if another round has come further.
    pub async fn stop_at(
        &self,
        name: &str,
        seen: Option<u64>,
        place: Option<&Place>,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let number = |at: u64| n(i64::try_from(at).unwrap_or(i64::MAX));
        let still = seen.map_or(When::No("progress"), |seen| When::Is("progress", number(seen)));
        let change = Change::update(keys::turn(name)).when(still);
        let change = match place {
            Some(Place { top, before }) => change.set("top", number(*top)).set("before", s(before.as_str())),
            None => change.remove("top").remove("before"),
        };
        let change = match seen {
            Some(seen) => change.set("behind", number(seen)),
            None => change.remove("behind"),
        };
        let token = format!("place {name} {place:?} {}", by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }

    /// Keeps how far the chain was searched for a transaction of a sale, so that the next search goes on there. Whoever else
    /// searches writes a place that is as true.
    pub async fn keep_place(&self, record: &Record, searched: &Searched) -> Result<(), StoreFault> {
        let place = serde_dynamo::to_attribute_value(searched_row(searched))?;
        let change = Change::update(keys::sale(&record.id))
            .set("searched", place)
            .when(When::Is("attempt", s(record.attempt.as_str())));
        let token = record.token(&format!("searched {searched:?}"));
        self.transact(Changes::of([change]), &token).await.map(drop)
    }
}

pub(super) fn searched_row(searched: &Searched) -> SearchedRow {
    SearchedRow { message: format!("{:#x}", searched.message), before: searched.before.to_string() }
}
