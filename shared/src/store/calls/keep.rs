//! What an operator does with what is kept of a call: erases it before its time, or keeps it beyond
//! that.
//!
//! | item | from → to | condition | made by |
//! |---|---|---|---|
//! | call | closed → held | closed, its money at rest, not held, not being erased | [`Store::hold_call`] |
//! | call | held → as it was | held, its money at rest | [`Store::let_call_go`] |
//! | call | closed → being erased | closed, its money at rest, booked, in no queue, not held | [`Store::begin_erasing`] |
//! | call, its place in the list, its sale, what is counted of its wallet | closed → (none), (none), without the callee's number | the same | [`Store::erase_call`] |
//!
//! The books stay: the sale, with what was paid, by which transaction, and the prefix that was
//! called. What was said goes last, part by part: of a call whose own item is gone it is found by
//! the call's id, so an erasure that was interrupted is done again.
//!
//! `docs/decisions.md`: What stays of a call that is erased?

use crate::store::books;
use crate::store::change::{Change, Changes, When, is, no, there};
use crate::store::dialled::Dialled;
use crate::store::item::Item;
use crate::store::keys::{self, Key};
use crate::store::limits;
use crate::store::rows::{CHARGE, CLOSED, CallRow, Charge, DUE_QUEUE, ERASING, HELD_FOR, PK, TTL};
use crate::store::{Done, Hurdle, Store, StoreFault};
use crate::types::{AttemptId, CallId};

use super::traces::without_callee;
use super::{Call, Line};

/// Parts of what was said that are deleted together: a transaction takes a hundred.
const AT_ONCE: usize = 50;

/// The outcome of a wish to erase or to hold a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Keeping {
    /// It was done.
    Done,
    /// It was so already.
    Already,
    /// There is no such call.
    NoCall,
    /// The call is not over, may still be paid back, or is not in the books yet.
    Unsettled,
    /// It is held, for this reason.
    Held(String),
    /// An erasure of it was begun, so that the dialler may have nothing left of it.
    Erasing,
}

/// Only while nothing of it changes any more, and no money is on its way.
fn at_rest(change: Change) -> Change {
    let charges = [Charge::Paid, Charge::Declined, Charge::Lapsed, Charge::Refunded, Charge::Credited];
    change.when(is(CLOSED, true)).when(When::Any(charges.map(|charge| is(CHARGE, charge)).into()))
}

/// Only while it may be erased, as far as its own item says so.
fn erasable(change: Change) -> Change {
    at_rest(change).when(no(HELD_FOR)).when(no(DUE_QUEUE))
}

/// closed → (none): a call without what was said in it.
pub fn erased(call: &Call) -> Changes {
    let Call { id, line, business } = call;
    let place = Dialled { at: line.created_at, call: id.clone() };
    Changes::of([
        erasable(Change::delete(keys::call(id))).or(Hurdle::Call),
        Change::delete(keys::dialled(&business.wallet, &place)).anyway(),
        without_callee(&business.sale, &line.to).or_without(),
        limits::without_callee(id, &business.wallet, &line.to).or_without(),
    ])
}

impl Call {
    /// Whether it can be held, and erased once it is in the books.
    pub fn keeping(&self) -> Keeping {
        match &self.line.held_for {
            Some(why) => Keeping::Held(why.clone()),
            None if !self.is_at_rest() || self.line.waits => Keeping::Unsettled,
            None => Keeping::Done,
        }
    }

    fn is_at_rest(&self) -> bool {
        self.line.closed && !matches!(self.business.charge, Charge::Pending | Charge::RefundDue)
    }
}

impl Store {
    /// Whether a call can be erased. What it has cost is known from its item alone, so that has to
    /// be in the books.
    pub async fn may_erase(&self, call: &Call) -> Result<Keeping, StoreFault> {
        let keeping = call.keeping();
        if keeping != Keeping::Done || call.business.charge != Charge::Paid || books::is_by_itself(call) {
            return Ok(keeping);
        }
        let is_booked = self.sale(&call.business.sale).await?.is_none_or(|sale| sale.booked);
        Ok(if is_booked { Keeping::Done } else { Keeping::Unsettled })
    }

    /// call: closed → held. It and what was said in it are not deleted any more.
    pub async fn hold_call(&self, call: &Call, why: &str, by: &AttemptId) -> Result<Keeping, StoreFault> {
        let change = Change::update(keys::call(&call.id)).set(HELD_FOR, why).remove(TTL);
        let change = at_rest(change).when(no(HELD_FOR)).when(no(ERASING)).or(Hurdle::Call);
        let step = format!("hold {} {}", call.id.as_str(), by.as_str());
        let done = self.transact(Changes::of([change]), &step).await?;
        let Some(now) = self.call(&call.id).await? else { return Ok(Keeping::NoCall) };
        match now.line {
            Line { held_for: Some(_), .. } => {}
            Line { erasing: true, .. } => return Ok(Keeping::Erasing),
            Line { held_for: None, erasing: false, .. } => return Ok(Keeping::Unsettled),
        }
        // Also of one that was held before: that may have stopped halfway.
        self.keep_said(&call.id, None).await?;
        Ok(if matches!(done, Done::Yes) { Keeping::Done } else { Keeping::Already })
    }

    /// call: held → as it was. Where its time is over, it is deleted soon; so not while its money
    /// is on its way back, which is written into it.
    pub async fn let_call_go(&self, call: &Call, by: &AttemptId) -> Result<Keeping, StoreFault> {
        match (&call.line.held_for, call.is_at_rest()) {
            (Some(_), false) => return Ok(Keeping::Unsettled),
            // When it is deleted is not known before it is over.
            (None, false) => return Ok(Keeping::Already),
            (_, true) => {}
        }
        // Not held any more first, and deleted soon last: what stops in between leaves it all
        // there, to be let go again.
        let change = Change::update(keys::call(&call.id)).remove(HELD_FOR).when(there(HELD_FOR));
        let step = format!("let go {} {}", call.id.as_str(), by.as_str());
        let done = match self.transact(Changes::of([at_rest(change).or(Hurdle::Call)]), &step).await? {
            Done::Yes => Keeping::Done,
            Done::No(lost) => match lost.found::<CallRow>()? {
                // A refund has begun since it was read: it is held on.
                Some(row) if row.held_for.is_some() => return Ok(Keeping::Unsettled),
                Some(_) => Keeping::Already,
                None => return Ok(Keeping::NoCall),
            },
        };
        let until = call.line.kept_until.as_second();
        self.keep_said(&call.id, Some(until)).await?;
        let soon = at_rest(Change::update(keys::call(&call.id)).set(TTL, until)).when(no(HELD_FOR));
        // Where it is held again meanwhile, it is kept on.
        if self.change(soon).await?.is_err() && self.call(&call.id).await?.is_some_and(|it| it.line.held_for.is_some())
        {
            self.keep_said(&call.id, None).await?;
        }
        Ok(done)
    }

    /// call: closed → closed, being erased. From here on it cannot be held: the dialler is asked
    /// next to erase it, and may have done so whatever becomes of its answer.
    pub async fn begin_erasing(&self, call: &Call) -> Result<Keeping, StoreFault> {
        match self.may_erase(call).await? {
            Keeping::Done => {}
            other => return Ok(other),
        }
        let change = Change::update(keys::call(&call.id)).set(ERASING, true);
        match self.change(erasable(change)).await? {
            Ok(()) => Ok(Keeping::Done),
            Err(_) => match self.call(&call.id).await? {
                Some(now) if now.keeping() == Keeping::Done => Ok(Keeping::Unsettled),
                Some(now) => Ok(now.keeping()),
                None => Ok(Keeping::NoCall),
            },
        }
    }

    /// call: closed → (none), with its place in the list of its wallet and what was said; and the
    /// callee's number in its sale and in what is counted of its wallet.
    pub async fn erase_call(&self, id: &CallId, by: &AttemptId) -> Result<Keeping, StoreFault> {
        let mut outcome = Keeping::NoCall;
        if let Some(call) = self.call(id).await? {
            match self.may_erase(&call).await? {
                Keeping::Done => {}
                other => return Ok(other),
            }
            let step = format!("erase {} {}", id.as_str(), by.as_str());
            outcome = match self.transact(erased(&call), &step).await? {
                Done::Yes => Keeping::Done,
                Done::No(_) => match self.call(id).await?.map(|call| call.keeping()) {
                    Some(Keeping::Done) => return Ok(Keeping::Unsettled),
                    Some(other) => return Ok(other),
                    None => Keeping::Already,
                },
            };
        }
        for (place, keys) in self.said_in(id).await?.chunks(AT_ONCE).enumerate() {
            let gone: Changes = keys.iter().map(|key| Change::delete(key.clone()).anyway()).collect();
            self.transact(gone, &format!("erase what was said {} {place} {}", id.as_str(), by.as_str())).await?;
            outcome = Keeping::Done;
        }
        Ok(outcome)
    }

    /// Sets until when what was said in a call is kept.
    async fn keep_said(&self, id: &CallId, until: Option<i64>) -> Result<(), StoreFault> {
        for key in self.said_in(id).await? {
            let change = Change::update(key).when(there(PK));
            let change = if until.is_none() { change.remove(TTL) } else { change.set_some(TTL, until) };
            // One that is gone meanwhile needs nothing.
            let _ = self.change(change).await?;
        }
        Ok(())
    }

    /// All that was ever written of what was said in a call, named by its item or not.
    async fn said_in(&self, id: &CallId) -> Result<Vec<Key>, StoreFault> {
        let items: Vec<Item> = self.partition(keys::call(id).pk).await?;
        Ok(items.iter().filter_map(Key::of).filter(|key| *key != keys::call(id)).collect())
    }
}
