//! A transaction that is not made: whether it would be, from the items as they are now. It is
//! decided by the very changes that would be written, so there is one rule and no second copy of
//! it.
//!
//! `docs/decisions.md`: How does a dry run know what a claim would meet?

use super::change::{Changes, Otherwise, Step};
use super::keys::Key;
use super::lost::{Done, Lost};
use super::{Store, StoreFault};

impl Store {
    /// What a transaction of these changes would come to, if nothing else happened meanwhile: one
    /// read of all that it depends on, and no write.
    pub async fn rehearse(&self, changes: &Changes) -> Result<Done, StoreFault> {
        let depends = |Step { change, .. }: &Step| change.depends_on().cloned();
        let keys: Vec<Key> = changes.all.iter().filter_map(depends).collect();
        let found = if keys.is_empty() { Vec::new() } else { self.batch(&keys).await? };
        for Step { change, otherwise } in &changes.all {
            let Some(key) = change.depends_on() else { continue };
            let item = found.iter().find(|item| Key::of(item).as_ref() == Some(key));
            if change.holds(item) {
                continue;
            }
            match otherwise {
                Otherwise::Without | Otherwise::Instead(_) => {}
                Otherwise::Lost(hurdle) | Otherwise::Elsewhere(hurdle) => {
                    return Ok(Done::No(Lost { hurdle: *hurdle, old: item.cloned(), busy: false }));
                }
                Otherwise::Recorded => return Err(StoreFault::Recorded),
                Otherwise::Impossible => return Err(StoreFault::Impossible("a condition that no change has")),
            }
        }
        Ok(Done::Yes)
    }
}
