//! The queues: what waits for a time, page by page. Candidates only: the index is read without a
//! promise.
//!
//! `docs/decisions.md`: Why a `KEYS_ONLY` index?

use crate::types::{CallId, PaymentId, PhoneNumber, Timestamp, Wallet};

use super::change::{Change, at_most, is};
use super::item::Item;
use super::keys::{self, Key, Named, Queue};
use super::rows::{DUE_AT, DUE_QUEUE};
use super::{Store, StoreFault};

/// Something whose time has come. A candidate: the index is read without a promise that it is still
/// so.
pub enum Candidate {
    /// A number.
    Number(PhoneNumber),
    /// A lease.
    Lease(Wallet, PhoneNumber),
    /// A sale.
    Sale(PaymentId),
    /// A call.
    Call(CallId),
}

/// A page of a queue.
pub struct Due {
    /// What is due.
    pub due: Vec<Candidate>,
    /// Since when the first of them is.
    pub since: Option<Timestamp>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// The place where a search goes on.
pub struct Cursor(pub(super) Item);

impl Store {
    /// What is due in a queue, the oldest first.
    pub async fn due(&self, queue: Queue, now: Timestamp, most: u16) -> Result<Vec<Candidate>, StoreFault> {
        Ok(self.queued(queue, now, most).await?.iter().filter_map(candidate).collect())
    }

    /// A page of what is due in a queue, the oldest first.
    pub async fn due_page(
        &self,
        queue: Queue,
        until: Timestamp,
        most: u16,
        from: Option<Cursor>,
    ) -> Result<Due, StoreFault> {
        let (items, next) = self.queued_page(queue, until, most, from.map(|cursor| cursor.0)).await?;
        let since = items.first().and_then(due_at);
        Ok(Due { due: items.iter().filter_map(candidate).collect(), since, next: next.map(Cursor) })
    }

    /// Puts something that is due in a queue by then off, unless it is not any more. Says whether
    /// it was: of all that come at once, one has put it off. If the answer is lost and asked for
    /// again, none has, and it is due again then.
    pub async fn put_behind(
        &self,
        candidate: &Candidate,
        queue: Queue,
        until: Timestamp,
        behind: Timestamp,
    ) -> Result<bool, StoreFault> {
        let key = match candidate {
            Candidate::Number(number) => keys::number(number),
            Candidate::Lease(wallet, number) => keys::lease(wallet, number),
            Candidate::Sale(payment) => keys::sale(payment),
            Candidate::Call(call) => keys::call(call),
        };
        let change = Change::update(key).set(DUE_AT, behind).when(is(DUE_QUEUE, queue)).when(at_most(DUE_AT, until));
        Ok(self.change(change).await?.is_ok())
    }
}

fn due_at(item: &Item) -> Option<Timestamp> {
    let seconds = item.get(DUE_AT.as_str())?.as_n().ok()?.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

/// What an item of the index names.
pub(super) fn candidate(item: &Item) -> Option<Candidate> {
    Some(match keys::read(&Key::of(item)?)? {
        Named::Number(number) => Candidate::Number(number),
        Named::Lease(wallet, number) => Candidate::Lease(wallet, number),
        Named::Sale(payment) => Candidate::Sale(payment),
        Named::Call(call) => Candidate::Call(call),
    })
}
