//! What only a person decides: that something goes back although it was delivered. It refuses to
//! know why.
//!
//! | item | from → to | condition | made by |
//! |---|---|---|---|
//! | sale | closed → closed, refund due | not with credit, no refund; a call's, if that is erased or forgotten | [`Store::owe_by_hand`] |
//! | sale, call | closed, paid → closed, refund due; refund due | not with credit, no refund; over, same sale | [`Store::owe_by_hand`] |
//! | sale | refund due → same, let through by an operator | nothing sent, not let through before | [`Store::let_through`] |
//! | payments back, day | stopped → going, counts anew | stopped | [`Store::lift_refund_stop`] |
//! | sale, call, wallet | closed → same, given back by hand; paid → credited; credit + price | paid with credit, not given back before; over, same sale, or erased or forgotten | [`Store::owe_by_hand`] |
//!
//! What was sold stays sold: a lease goes on. From here on it is a refund like any other, so it
//! goes back once and is never more than was paid.
//!
//! `docs/decisions.md`: Why does a refund that an operator decides leave what was sold?

use crate::types::{AttemptId, Timestamp};

use super::books;
use super::calls::Call;
use super::change::{Change, Changes, Step, as_seen, is, no};
use super::keys::{self, Queue};
use super::limits;
use super::refunds::{done_token, owed};
use super::rows::{
    BOOKED, BY, BY_HAND, CHARGE, CLOSED, COST, CREDIT, CallRow, Charge, GIVEN_BACK, KEPT, REFUND, RefundReason,
    Refunding, SALE, STATE, State, TTL,
};
use super::sales::{Record, Refund, Settled};
use super::work::Work;
use super::{Done, Hurdle, Lost, Store, StoreFault};

/// The outcome of an operator's wish to give something back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ByHand {
    /// It is owed, and goes back as all refunds do.
    Owed,
    /// It was paid with credit, and is credit again.
    Credited,
    /// It was not paid, or is not known to be.
    NotPaid,
    /// It goes back already, or is back.
    Already,
    /// The call has to be over first: it may still end in an error, which is not charged anyway.
    CallRuns,
}

impl Store {
    /// A refund that waits for an operator or for another day, goes back as those do that wait for
    /// neither.
    pub async fn let_through(
        &self,
        record: &Record,
        who: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let change = Change::update(keys::sale(&record.id))
            .set(REFUND.then(BY), who)
            .due(Queue::of_refund(&record.id), now)
            .when(is(REFUND.then(STATE), Refunding::Due))
            .when(no(REFUND.then(BY)))
            .or(Hurdle::Sale);
        self.done(Changes::of([change]), &record.id, "let through", by).await
    }

    /// What a sale was paid with goes back because an operator says so. `who` stands in the record.
    pub async fn owe_by_hand(
        &self,
        record: &Record,
        who: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<ByHand, StoreFault> {
        let settled = match may_be_owed(record) {
            Ok(settled) => settled,
            Err(not) => return Ok(not),
        };
        // What a call has cost and brought is settled, so it is as it is read or the call is in the
        // way. One that is erased or forgotten is over, and what it was is the sale's alone to say.
        let seen = match &record.work {
            Work::Call(call) => self.call(&call.id).await?,
            Work::Lease(_) | Work::Renew(_) | Work::List(_) | Work::Calls(_) | Work::Nothing => None,
        };
        match self.owed_by_hand(record, settled, seen.as_ref(), who, by, now).await? {
            // It went while this was decided.
            Err(gone) if gone.hurdle == Hurdle::Call && gone.old.is_none() => {
                match self.owed_by_hand(record, settled, None, who, by, now).await? {
                    Err(lost) => in_the_way(lost),
                    Ok(outcome) => Ok(outcome),
                }
            }
            Err(lost) => in_the_way(lost),
            Ok(outcome) => Ok(outcome),
        }
    }

    /// What stands in the way of giving back what a sale was paid with, as far as it can be told
    /// without doing so; nothing, if nothing does.
    pub async fn not_by_hand(&self, record: &Record) -> Result<Option<ByHand>, StoreFault> {
        if let Err(not) = may_be_owed(record) {
            return Ok(Some(not));
        }
        let Work::Call(call) = &record.work else { return Ok(None) };
        let call = self.call(&call.id).await?.filter(|call| call.business.sale == record.id);
        Ok(call.and_then(|call| match (call.line.closed, call.business.charge) {
            (false, _) => Some(ByHand::CallRuns),
            (true, Charge::Paid) => None,
            (true, _) => Some(ByHand::Already),
        }))
    }

    async fn owed_by_hand(
        &self,
        record: &Record,
        settled: &Settled,
        call: Option<&Call>,
        who: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<Result<ByHand, Lost>, StoreFault> {
        let over = |charge: Charge| call.map(|call| over(call, charge, who, record));
        let sale = Change::update(keys::sale(&record.id)).when(is(STATE, State::Closed)).when(no(GIVEN_BACK));
        let (changes, outcome): (Changes, ByHand) = if let Some(price) = record.credit() {
            // A payment of its own may still be made and go back as a stray one, so this is not a
            // refund of the sale's.
            let sale = sale.set(GIVEN_BACK, true).or(Hurdle::Sale);
            let wallet = Change::update(keys::wallet(&record.signed.payer)).add(CREDIT, price.signed());
            let entry = books::credited_by_hand(record, price, now)?;
            let all = [sale, wallet.anyway(), entry].into_iter().chain(over(Charge::Credited));
            (all.collect(), ByHand::Credited)
        } else {
            let amount = record.signed.amount;
            let mut refund = Refund::due(RefundReason::ByHand, amount, settled.transaction.clone(), now);
            refund.by = Some(who.to_owned());
            let sale = owed(sale, &record.id, &refund)?
                .when(no(REFUND))
                .when(as_seen(BOOKED, record.booked.then_some(true)))
                .or(Hurdle::Sale);
            let cost = call.map(|call| books::failed(record, call, now)).transpose()?.flatten();
            (std::iter::once(sale).chain(over(Charge::RefundDue)).chain(cost).collect(), ByHand::Owed)
        };
        let step = if call.is_some() { "owe by hand" } else { "owe by hand alone" };
        let counted = call.map(given_back).unwrap_or_default();
        Ok(match self.transact(changes.and(counted), &done_token(&record.id, step, by)).await? {
            Done::Yes => Ok(outcome),
            Done::No(lost) => Err(lost),
        })
    }
}

/// How a sale was settled that may be given back; what it is otherwise.
fn may_be_owed(record: &Record) -> Result<&Settled, ByHand> {
    if record.refund.is_some() {
        return Err(ByHand::Already);
    }
    record.settled.as_ref().filter(|_| record.state == State::Closed).ok_or(ByHand::NotPaid)
}

/// The call behind a sale that goes back.
fn over(call: &Call, charge: Charge, who: &str, record: &Record) -> Step {
    let it = Change::update(keys::call(&call.id));
    // What goes back is kept until it is back.
    let it = if charge == Charge::RefundDue { it.remove(TTL) } else { it };
    let it = if call.business.cost.is_some() { it.set(COST.then(KEPT), 0_i64) } else { it };
    it.set(CHARGE, charge)
        .set(BY_HAND, who)
        .when(is(CHARGE, Charge::Paid))
        .when(is(CLOSED, true))
        .when(is(SALE, &record.id))
        .or(Hurdle::Call)
}

/// What a call has brought counts no longer.
fn given_back(call: &Call) -> Changes {
    let Some(cost) = &call.business.cost else { return Changes::none() };
    limits::given_back(&call.id, &call.business.wallet, &call.line.to, cost)
}

/// Why nothing was given back.
fn in_the_way(lost: Lost) -> Result<ByHand, StoreFault> {
    match lost.hurdle {
        Hurdle::Sale => Ok(ByHand::Already),
        Hurdle::Call => {
            let call: Option<CallRow> = lost.found()?;
            Ok(if call.is_some_and(|call| !call.closed) { ByHand::CallRuns } else { ByHand::Already })
        }
        Hurdle::Name
        | Hurdle::Number
        | Hurdle::Lease
        | Hurdle::Wallet
        | Hurdle::OptOut
        | Hurdle::Calls(_)
        | Hurdle::Bought(_)
        | Hurdle::RefundsToday
        | Hurdle::RefundsToPayer
        | Hurdle::RefundsStopped
        | Hurdle::Switch => Err(lost.hurdle.unasked()),
    }
}
