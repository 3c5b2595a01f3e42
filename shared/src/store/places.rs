//! Places in histories that are read backwards and take longer than a round: of what was paid to a
//! payee, and of what became of a sale's payment.

use crate::types::{AttemptId, Place, Searched, TransactionId};

use super::change::{Change, Changes, as_seen, is};
use super::rows::{ATTEMPT, BEFORE, BEHIND, PROGRESS, SEARCHED, TOP, Value};
use super::sales::{Record, searched_row};
use super::{Done, Hurdle, Store, StoreFault, keys};

impl Store {
    /// Where the stretch is being read that begins where something has come to
    /// ([`Store::progress`]).
    pub async fn place(&self, name: &str, seen: Option<u64>) -> Result<Option<Place>, StoreFault> {
        let row = self.turn(name).await?;
        let place = row.top.zip(row.before.map(TransactionId::from_row)).filter(|_| row.behind == seen);
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
        let change = Change::update(keys::turn(name)).when(as_seen(PROGRESS, seen));
        let change = match place {
            Some(Place { top, before }) => change.set(TOP, *top).set(BEFORE, before.as_str()),
            None => change.remove(TOP).remove(BEFORE),
        };
        let change = match seen {
            Some(seen) => change.set(BEHIND, seen),
            None => change.remove(BEHIND),
        };
        let change = change.or(Hurdle::Switch);
        let token = format!("place {name} {place:?} {}", by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }

    /// Keeps how far the chain was searched for a transaction of a sale, so that the next search
    /// goes on there. Another attempt that searches writes a place that is as true.
    pub async fn keep_place(&self, record: &Record, searched: &Searched) -> Result<(), StoreFault> {
        let place = Value::row(&searched_row(searched))?;
        let change = Change::update(keys::sale(&record.id))
            .set(SEARCHED, place)
            .when(is(ATTEMPT, &record.attempt))
            .or(Hurdle::Sale);
        let token = record.token(&format!("searched {searched:?}"));
        self.transact(Changes::of([change]), &token).await.map(drop)
    }
}
