//! How a chain is watched: how many blocks a question may be about, and how far a block has been read that does not fit into
//! an answer. How far the watch has come is [`Store::progress`].

use crate::types::{AttemptId, Timestamp};

use super::change::{Change, Changes, When, n};
use super::work::instant_of;
use super::{Done, Store, StoreFault, keys};

/// What is remembered of the last stretch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stride {
    /// How many blocks the next may have.
    pub blocks: u64,
    /// How many transactions of its first block are done with.
    pub inside: u64,
}

impl Store {
    /// What is remembered of the last stretch, if there is anything.
    pub async fn stride(&self, name: &str) -> Result<Option<Stride>, StoreFault> {
        let Some(item) = self.item(keys::turn(name)).await? else { return Ok(None) };
        let number = |of: &str| item.get(of)?.as_n().ok()?.parse().ok();
        Ok(number("blocks").map(|blocks| Stride { blocks, inside: number("inside").unwrap_or(0) }))
    }

    /// Remembers since when a chain is watched, the first time.
    pub async fn begin_watch(&self, name: &str, now: Timestamp, by: &AttemptId) -> Result<(), StoreFault> {
        let change =
            Change::update(keys::turn(name)).set("created_at", n(now.as_second())).when(When::No("created_at"));
        self.transact(Changes::of([change]), &format!("begin {name} {}", by.as_str())).await.map(drop)
    }

    /// Since when a chain is watched.
    pub async fn watched_since(&self, name: &str) -> Result<Option<Timestamp>, StoreFault> {
        let item = self.item(keys::turn(name)).await?;
        let second = item.and_then(|item| item.get("created_at")?.as_n().ok()?.parse().ok());
        second.map(instant_of).transpose()
    }

    /// Remembers it, as long as the watch stands where it is known to stand.
    pub async fn keep_stride(
        &self,
        name: &str,
        through: Option<u64>,
        stride: Stride,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let number = |of: u64| n(i64::try_from(of).unwrap_or(i64::MAX));
        let there = through.map_or(When::No("progress"), |through| When::Is("progress", number(through)));
        let change = Change::update(keys::turn(name))
            .set("blocks", number(stride.blocks))
            .set("inside", number(stride.inside))
            .when(there);
        let token = format!("stride {name} {through:?} {stride:?} {}", by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }
}
