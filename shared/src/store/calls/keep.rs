//! What an operator does with what is kept of a call: erases it before its time, or keeps it beyond that.
//!
//! | item | from → to | condition | made by |
//! |---|---|---|---|
//! | call | settled → held | settled, its money at rest, not held | [`Store::hold_call`] |
//! | call | held → as it was | held | [`Store::let_call_go`] |
//! | call, its place in the list, its sale | settled → (none), (none), without the callee's number | settled, its money at rest, booked, not held | [`Store::erase_call`] |
//! | sale | with a callee's number → without | – | [`Store::erase_callee`] |
//!
//! The books stay: the sale, with what was paid, by which transaction, and the prefix that was called. What was said goes last, part by part:
//! of a call whose own item is gone it is found by the call's id, so an erasure that was interrupted is done again.
//!
//! `docs/decisions.md`: What stays of a call that is erased?

use crate::store::books;
use crate::store::change::{Change, Changes, When, is, no, there};
use crate::store::dialled::Dialled;
use crate::store::item::Item;
use crate::store::keys::{self, Key, Named};
use crate::store::requests::unavailable;
use crate::store::rows::{CHARGE, Charge, DUE_QUEUE, HELD_FOR, PK, SETTLED, TO, TTL, Value, WORK};
use crate::store::{Cursor, Done, Hurdle, Store, StoreFault};
use crate::types::{AttemptId, CallId, PaymentId, PhoneNumber};

use super::Call;

/// Parts of what was said that are deleted together: a transaction takes a hundred.
const AT_ONCE: usize = 50;

/// What came of a wish to erase or to hold a call.
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
}

/// Where a callee's number stands.
#[derive(Default)]
pub struct Traces {
    /// Calls to it.
    pub calls: Vec<CallId>,
    /// Sales of such calls.
    pub sales: Vec<PaymentId>,
    /// How many items were looked at.
    pub looked_at: u64,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// Nothing of it changes any more, and no money is on its way.
fn at_rest() -> Vec<When> {
    let charges = [Charge::Paid, Charge::Declined, Charge::Refunded, Charge::Credited];
    vec![is(SETTLED, true), When::Any(charges.map(|charge| is(CHARGE, charge)).into())]
}

impl Call {
    /// Whether it can be held, and erased once it is in the books.
    pub fn keeping(&self) -> Keeping {
        let is_open = matches!(self.business.charge, Charge::Pending | Charge::RefundDue);
        match &self.line.held_for {
            Some(why) => Keeping::Held(why.clone()),
            None if is_open || !self.line.settled || self.line.waits => Keeping::Unsettled,
            None => Keeping::Done,
        }
    }
}

impl Store {
    /// Whether a call can be erased. What it has cost is known from its item alone, so that has to be in the books.
    pub async fn may_erase(&self, call: &Call) -> Result<Keeping, StoreFault> {
        let keeping = call.keeping();
        if keeping != Keeping::Done || call.business.charge != Charge::Paid || books::is_by_itself(call) {
            return Ok(keeping);
        }
        let is_booked = self.sale(&call.business.sale).await?.is_none_or(|sale| sale.booked);
        Ok(if is_booked { Keeping::Done } else { Keeping::Unsettled })
    }

    /// call: settled → held. It and what was said in it are not deleted any more.
    pub async fn hold_call(&self, call: &Call, why: &str, by: &AttemptId) -> Result<Keeping, StoreFault> {
        let change = Change::update(keys::call(&call.id)).set(HELD_FOR, why).remove(TTL).when(no(HELD_FOR));
        let change = at_rest().into_iter().fold(change, Change::when).or(Hurdle::Call);
        let step = format!("hold {} {}", call.id.as_str(), by.as_str());
        let done = self.transact(Changes::of([change]), &step).await?;
        let now = self.call(&call.id).await?;
        let Some(now) = now else { return Ok(Keeping::NoCall) };
        if now.line.held_for.is_none() {
            return Ok(Keeping::Unsettled);
        }
        // Also of one that was held before: that may have stopped halfway.
        for key in self.said_in(&call.id).await? {
            let _ = self.change(Change::update(key).remove(TTL).when(there(PK))).await?;
        }
        Ok(if matches!(done, Done::Yes) { Keeping::Done } else { Keeping::Already })
    }

    /// call: held → as it was. Where its time is over, it is deleted soon.
    pub async fn let_call_go(&self, call: &Call, by: &AttemptId) -> Result<Keeping, StoreFault> {
        let until = call.line.kept_until.as_second();
        for key in self.said_in(&call.id).await? {
            let _ = self.change(Change::update(key).set(TTL, until).when(there(PK))).await?;
        }
        let change = Change::update(keys::call(&call.id)).remove(HELD_FOR).set(TTL, until).when(there(HELD_FOR));
        let step = format!("let go {} {}", call.id.as_str(), by.as_str());
        let done = self.transact(Changes::of([change.or(Hurdle::Call)]), &step).await?;
        Ok(if matches!(done, Done::Yes) { Keeping::Done } else { Keeping::Already })
    }

    /// call: settled → (none), with its place in the list of its wallet and what was said; and the callee's number in its sale.
    pub async fn erase_call(&self, id: &CallId, by: &AttemptId) -> Result<Keeping, StoreFault> {
        let mut outcome = Keeping::NoCall;
        if let Some(call) = self.call(id).await? {
            match self.may_erase(&call).await? {
                Keeping::Done => {}
                other => return Ok(other),
            }
            let Call { line, business, .. } = &call;
            let place = Dialled { at: line.created_at, call: id.clone() };
            let gone = Change::delete(keys::call(id)).when(no(HELD_FOR)).when(no(DUE_QUEUE));
            let changes = Changes::of([
                at_rest().into_iter().fold(gone, Change::when).or(Hurdle::Call),
                Change::delete(keys::dialled(&business.wallet, &place)).anyway(),
                without_callee(&business.sale, &line.to).or_without(),
            ]);
            let step = format!("erase {} {}", id.as_str(), by.as_str());
            outcome = match self.transact(changes, &step).await? {
                Done::Yes => Keeping::Done,
                Done::No(_) => match self.call(id).await? {
                    Some(call) => return self.may_erase(&call).await,
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

    /// sale: with this callee's number → without. Its call is gone.
    pub async fn erase_callee(&self, sale: &PaymentId, callee: &PhoneNumber) -> Result<bool, StoreFault> {
        Ok(self.change(without_callee(sale, callee)).await?.is_ok())
    }

    /// One page of a search through the whole table for what names a callee.
    pub async fn traces_of(&self, callee: &PhoneNumber, from: Option<Cursor>) -> Result<Traces, StoreFault> {
        let scan = self.client.scan().table_name(&self.table).set_exclusive_start_key(from.map(|cursor| cursor.0));
        let scan = scan
            .filter_expression("#to = :to OR #work.#to = :to")
            .expression_attribute_names("#to", TO.as_str())
            .expression_attribute_names("#work", WORK.as_str())
            .expression_attribute_values(":to", Value::from(callee.as_str()).into());
        let answer = scan.send().await.map_err(|error| unavailable(&error))?;
        let mut traces = Traces {
            looked_at: u64::try_from(answer.scanned_count).unwrap_or(0),
            next: answer.last_evaluated_key.map(Cursor),
            ..Traces::default()
        };
        for key in answer.items.unwrap_or_default().iter().filter_map(Key::of) {
            match keys::read(&key) {
                Some(Named::Call(call)) => traces.calls.push(call),
                Some(Named::Sale(sale)) => traces.sales.push(sale),
                _ => traces.calls.extend(keys::read_dialled(&key).map(|place| place.call)),
            }
        }
        traces.calls.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        traces.calls.dedup();
        Ok(traces)
    }

    /// All that was ever written of what was said in a call, named by its item or not.
    async fn said_in(&self, id: &CallId) -> Result<Vec<Key>, StoreFault> {
        let items: Vec<Item> = self.partition(keys::call(id).pk).await?;
        Ok(items.iter().filter_map(Key::of).filter(|key| *key != keys::call(id)).collect())
    }
}

fn without_callee(sale: &PaymentId, callee: &PhoneNumber) -> Change {
    let to = WORK.then(TO);
    let erased = callee.without_subscriber();
    Change::update(keys::sale(sale)).set(to.clone(), erased.as_str()).when(is(to, callee.as_str()))
}
