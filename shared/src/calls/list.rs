//! A page of a wallet's calls, newest first: from what the table knows, and never from a question
//! to a dialler. What it says of a call is what a poll says that finds the same row.

use super::cursor::Cursor;
use super::shown::{Paid, Shown};
use crate::store::calls::{Call, Dialled, Entry};
use crate::store::work::{CallListing, ListedCall};
use crate::store::{Store, StoreFault};
use crate::types::call::Status;
use crate::types::{PhoneNumber, Timestamp, Wallet};

/// A batch of the table names so many items.
const BATCH: u16 = 100;
/// A page looks at so many calls at most, whatever its filters let through. A wallet that has
/// signed in asks for nothing, and each of them is a unit.
const LOOKED_AT: usize = 200;

/// The filter and the page that a list of calls is asked for with.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How many at most.
    pub limit: u32,
    /// Only calls from or to this number.
    pub number: Option<PhoneNumber>,
    /// Only calls that stand like this.
    pub status: Option<Status>,
    /// Only calls dialled at this time or later.
    pub since: Option<Timestamp>,
    /// Where the page begins.
    pub cursor: Option<Cursor>,
}

/// The cursor is not of the list of the wallet that brings it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Foreign;

impl Wanted {
    /// The place behind which the page begins, in the list of this wallet.
    pub fn begins(&self, wallet: &Wallet) -> Result<Option<&Dialled>, Foreign> {
        self.cursor.as_ref().map(|cursor| cursor.place_of(wallet).ok_or(Foreign)).transpose()
    }

    fn is_of(&self, entry: &Entry) -> bool {
        self.number.as_ref().is_none_or(|number| [&entry.from, &entry.to].contains(&number))
    }

    fn is_recent(&self, entry: &Entry, now: Timestamp) -> bool {
        entry.place.is_kept(now) && self.since.is_none_or(|since| since <= entry.place.at)
    }

    /// How many are read at once: without a filter all of them are on the page.
    fn batch(&self) -> u16 {
        let filters = self.number.is_some() || self.status.is_some();
        if filters { BATCH } else { u16::try_from(self.limit).unwrap_or(BATCH).clamp(1, BATCH) }
    }
}

/// The page of a wallet that begins behind a place in its own list.
pub async fn page(
    store: &Store,
    wallet: &Wallet,
    wanted: &Wanted,
    begins: Option<&Dialled>,
    now: Timestamp,
) -> Result<CallListing, StoreFault> {
    let most = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let many = wanted.batch();
    let (mut calls, mut looked_at) = (Vec::new(), 0);
    let mut last = begins.cloned();
    while looked_at < LOOKED_AT {
        // One more, to know whether there is another page.
        let mut entries = store.dialled_by(wallet, last.as_ref(), many + 1).await?;
        entries.truncate(entries.iter().take_while(|entry| wanted.is_recent(entry, now)).count());
        let goes_on = entries.len() > usize::from(many);
        entries.truncate(many.into());
        let meant: Vec<_> = entries.iter().filter(|entry| wanted.is_of(entry)).map(|entry| &entry.place.call).collect();
        let mut rows = store.calls(&meant).await?;
        looked_at += entries.len();
        let mut entries = entries.into_iter().peekable();
        while let Some(Entry { place, .. }) = entries.next() {
            let call = rows.remove(place.call.as_str()).map(|call| listed(call, now));
            calls.extend(call.filter(|call| wanted.status.is_none_or(|status| status == call.status)));
            if calls.len() == most {
                let goes_on = goes_on || entries.peek().is_some();
                let next = goes_on.then(|| Cursor::behind(&place, wallet).text());
                return Ok(CallListing { calls, next });
            }
            last = Some(place);
        }
        if !goes_on {
            return Ok(CallListing { calls, next: None });
        }
    }
    let next = last.map(|place| Cursor::behind(&place, wallet).text());
    Ok(CallListing { calls, next })
}

/// What a poll shows of a call now, as far as a list says it.
fn listed(call: Call, now: Timestamp) -> ListedCall {
    let created_at = call.line.created_at;
    let Shown { id, from, to, view, money, .. } = Shown::of(call, now);
    ListedCall {
        id,
        from,
        to,
        status: view.status,
        ended_by: view.ended_by,
        call_length: view.call_length,
        charged: matches!(money.state, Paid::Charged(_)),
        created_at,
        ended_at: view.ended_at.and_then(|second| Timestamp::from_second(second).ok()),
    }
}
