//! How far the files of the books are written, and with how many parts of a day.

use crate::store::change::{Change, Changes, as_seen};
use crate::store::keys;
use crate::store::parse::instant_of;
use crate::store::rows::{CREATED_AT, PARTS, TurnRow, WRITTEN_AT};
use crate::store::{Done, Hurdle, Store, StoreFault};
use crate::types::{AttemptId, Timestamp};

/// What is remembered of the files.
const NAME: &str = "BOOKS";

/// The progress of the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// When they were begun.
    pub since: Option<Timestamp>,
    /// Until when all that happened is in them.
    pub until: Timestamp,
    /// How many parts of the day that this is in are written.
    pub parts: u32,
}

impl Store {
    /// From when and until when the files of the books are written; nothing before the first.
    pub async fn books_written(&self) -> Result<Option<Written>, StoreFault> {
        let row: TurnRow = self.turn(NAME).await?;
        let Some(until) = row.written_at.map(instant_of).transpose()? else { return Ok(None) };
        let since = row.created_at.map(instant_of).transpose()?;
        Ok(Some(Written { since, until, parts: row.parts.unwrap_or(0) }))
    }

    /// They are written until then, with so many parts of the day that this is in; not, if another
    /// round has gone on.
    pub async fn books_go_on(
        &self,
        seen: Option<&Written>,
        to: Timestamp,
        parts: u32,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let change = Change::update(keys::turn(NAME)).set(WRITTEN_AT, to).set(PARTS, parts);
        let change = if seen.is_none() { change.set(CREATED_AT, to) } else { change };
        let from = seen.map(|written| written.until);
        let change = change.when(as_seen(WRITTEN_AT, from)).or(Hurdle::Switch);
        let token = format!("books {to} {}", by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }
}
