//! How a chain is watched: how many blocks a question may be about, and how far a block has been read that does not fit into
//! an answer. How far the watch has come is [`Store::progress`].

use crate::types::AttemptId;

use super::change::{Change, Changes, When, n};
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
