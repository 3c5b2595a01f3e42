//! What is done once in a while by one process of many, and how far what goes on and on has come.

use std::time::Duration;

use crate::types::{AttemptId, Timestamp};

use super::change::{Change, Changes, When, as_seen, at_most, no};
use super::rows::{INSIDE, PROGRESS, TAKEN_AT, TurnRow};
use super::{Done, Hurdle, Store, StoreFault, keys};

impl Store {
    /// Takes the turn at something that is done once in a while: of all that come by, one gets it.
    /// Looks first whether it is time: most of those that come by come too early, and a write that
    /// is refused is charged like one that is made.
    pub async fn take_turn(
        &self,
        name: &str,
        every: Duration,
        now: Timestamp,
        attempt: &str,
    ) -> Result<bool, StoreFault> {
        let last = now.saturating_sub(every)?;
        if self.turn(name).await?.taken_at.is_some_and(|taken| taken > last.as_second()) {
            return Ok(false);
        }
        let change = Change::update(keys::turn(name))
            .set(TAKEN_AT, now)
            .when(When::Any(vec![no(TAKEN_AT), at_most(TAKEN_AT, last)]))
            .or(Hurdle::Switch);
        let done = self.transact(Changes::of([change]), &format!("turn {name} {attempt}")).await?;
        Ok(matches!(done, Done::Yes))
    }

    /// How far something that goes on and on has come.
    pub async fn progress(&self, name: &str) -> Result<Option<u64>, StoreFault> {
        Ok(self.turn(name).await?.progress)
    }

    /// Goes on from there to here; not, if another process has.
    pub async fn go_on(&self, name: &str, from: Option<u64>, to: u64, by: &AttemptId) -> Result<bool, StoreFault> {
        let change = Change::update(keys::turn(name))
            .set(PROGRESS, to)
            .remove(INSIDE)
            .when(as_seen(PROGRESS, from))
            .or(Hurdle::Switch);
        let token = format!("progress {name} {to} {}", by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }

    /// What is remembered of something regular.
    pub(super) async fn turn(&self, name: &str) -> Result<TurnRow, StoreFault> {
        Ok(serde_dynamo::from_item(self.item(keys::turn(name)).await?.unwrap_or_default())?)
    }
}
