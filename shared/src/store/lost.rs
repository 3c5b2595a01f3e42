//! What came of a transaction.

use std::fmt;

use serde::de::DeserializeOwned;

use super::fault::StoreFault;
use super::hurdle::Hurdle;
use super::item::Item;

/// A transaction's outcome.
#[derive(Debug)]
pub enum Done {
    /// All of it was written.
    Yes,
    /// None of it was.
    No(Lost),
}

/// The reason why a transaction was not made: what stood in its way, and the item as it was found.
pub struct Lost {
    /// What stood in the way.
    pub hurdle: Hurdle,
    pub(super) old: Option<Item>,
    /// No condition failed: another transaction was in the way of a change that has others to take
    /// its place.
    pub(super) busy: bool,
}

impl Lost {
    /// The row that was found, if there is one.
    pub(super) fn found<R: DeserializeOwned>(self) -> Result<Option<R>, StoreFault> {
        Ok(self.old.map(serde_dynamo::from_item).transpose()?)
    }
}

impl fmt::Debug for Lost {
    /// An item has signatures, phone numbers and what people said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lost({:?})", self.hurdle)
    }
}
