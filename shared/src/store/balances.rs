//! What a vendor's balance was when it was last asked for, and how much it has fallen on each of
//! the last days.

use crate::types::{AttemptId, Timestamp, Usdc};

use super::bills::{Bills, read, written};
use super::change::{Change, Changes, as_seen};
use super::rows::{BY_DAY, CREATED_AT, PROGRESS};
use super::{Done, Hurdle, Store, StoreFault, keys};

/// A balance, as it is remembered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Balance {
    /// Since when it is known.
    pub since: Timestamp,
    /// What is left.
    pub left: Usdc,
    /// By how much it has fallen on each of the last days.
    pub fallen: Bills,
}

impl Store {
    /// What is remembered; nothing, if it was never asked for.
    pub async fn balance_of(&self, name: &str) -> Result<Option<Balance>, StoreFault> {
        let row = self.turn(name).await?;
        let Some((left, since)) = row.progress.zip(row.created_at) else { return Ok(None) };
        let since = Timestamp::from_second(since).map_err(|_| StoreFault::Row("created_at"))?;
        let fallen = row.by_day.as_deref().map(read).transpose()?.unwrap_or_default();
        Ok(Some(Balance { since, left: Usdc::micros(left), fallen }))
    }

    /// Remembers it; not, if another round has.
    pub async fn keep_balance(
        &self,
        name: &str,
        known: Option<&Balance>,
        now: &Balance,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let change = Change::update(keys::turn(name))
            .set(PROGRESS, now.left.atomic())
            .set(CREATED_AT, now.since)
            .set(BY_DAY, written(&now.fallen))
            .when(as_seen(PROGRESS, known.map(|known| known.left.atomic())))
            .when(as_seen(BY_DAY, known.map(|known| written(&known.fallen))))
            .or(Hurdle::Switch);
        let token = format!("balance {name} {} {}", now.left.atomic(), by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }
}
