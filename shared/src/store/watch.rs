//! How a chain is watched: how many blocks a question may be about, and how far a block has been
//! read that does not fit into an answer. How far the watch has come is [`Store::progress`].
//!
//! `docs/decisions.md`: Why does the watch begin at the present when the table is new?

use crate::types::{AttemptId, Timestamp};

use super::change::{Change, Changes, as_seen, no};
use super::parse::instant_of;
use super::rows::{BLOCKS, CREATED_AT, INSIDE, PROGRESS};
use super::{Done, Hurdle, Store, StoreFault, keys};

/// The memory of the last stretch.
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
        let row = self.turn(name).await?;
        Ok(row.blocks.map(|blocks| Stride { blocks, inside: row.inside.unwrap_or(0) }))
    }

    /// Remembers since when a chain is watched, the first time.
    pub async fn begin_watch(&self, name: &str, now: Timestamp, by: &AttemptId) -> Result<(), StoreFault> {
        let change = Change::update(keys::turn(name)).set(CREATED_AT, now).when(no(CREATED_AT)).or(Hurdle::Switch);
        self.transact(Changes::of([change]), &format!("begin {name} {}", by.as_str())).await.map(drop)
    }

    /// Since when a chain is watched.
    pub async fn watched_since(&self, name: &str) -> Result<Option<Timestamp>, StoreFault> {
        self.turn(name).await?.created_at.map(instant_of).transpose()
    }

    /// Remembers it, as long as the watch stands where it is known to stand.
    pub async fn keep_stride(
        &self,
        name: &str,
        through: Option<u64>,
        stride: Stride,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let change = Change::update(keys::turn(name))
            .set(BLOCKS, stride.blocks)
            .set(INSIDE, stride.inside)
            .when(as_seen(PROGRESS, through))
            .or(Hurdle::Switch);
        let token = format!("stride {name} {through:?} {stride:?} {}", by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }
}
