//! What only a person decides: that something goes back although it was delivered. It refuses to know why.
//!
//! | item | from → to | condition | made by |
//! |---|---|---|---|
//! | sale | closed → closed, refund due | not with credit, no refund | [`Store::owe_by_hand`] |
//! | sale, call | closed, paid → closed, refund due; refund due | not with credit, no refund; over, same sale | [`Store::owe_by_hand`] |
//! | sale | refund due → same, let through by an operator | for a stray payment, nothing sent | [`Store::let_stray_through`] |
//! | payments back, day | stopped → going, counts anew | stopped | [`Store::lift_refund_stop`] |
//! | call, wallet | paid → credited, credit + price | paid with credit, over, same sale | [`Store::owe_by_hand`] |
//!
//! What was sold stays sold: a lease goes on. From here on it is a refund like any other, so it goes back once and is never more than was
//! paid.
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
    BOOKED, BY, BY_HAND, CHARGE, COST, CREDIT, CallRow, Charge, KEPT, REASON, REFUND, RefundReason, Refunding, SALE,
    SETTLED, STATE, State, TTL,
};
use super::sales::{Record, Refund};
use super::work::Work;
use super::{Done, Hurdle, Lost, Store, StoreFault};

/// What came of an operator's wish to give something back.
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
    /// A stray payment that waits for an operator or for another day, goes back as refunds do.
    pub async fn let_stray_through(
        &self,
        record: &Record,
        who: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let change = Change::update(keys::sale(&record.id))
            .set(REFUND.then(BY), who)
            .due(Queue::of_refund(&record.id), now)
            .when(is(REFUND.then(REASON), RefundReason::Stray))
            .when(is(REFUND.then(STATE), Refunding::Due))
            .when(no(REFUND.then(BY)))
            .or(Hurdle::Sale);
        self.done(Changes::of([change]), &record.id, "let stray through", by).await
    }

    /// What a sale was paid with goes back because an operator says so. `who` stands in the record.
    pub async fn owe_by_hand(
        &self,
        record: &Record,
        who: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<ByHand, StoreFault> {
        if record.refund.is_some() {
            return Ok(ByHand::Already);
        }
        let Some(settled) = record.settled.as_ref().filter(|_| record.state == State::Closed) else {
            return Ok(ByHand::NotPaid);
        };
        let call = match &record.work {
            Work::Call(call) => Some(&call.id),
            Work::Lease(_) | Work::Renew(_) | Work::List(_) | Work::Calls(_) | Work::Nothing => None,
        };
        // What it has cost and brought is settled, so it is as it is read or the call is in the way.
        let seen = match call {
            Some(id) => self.call(id).await?,
            None => None,
        };
        let is_counted = seen.as_ref().is_some_and(|call| call.business.cost.is_some());
        let counted = seen.as_ref().map(given_back);
        let over = |charge: Charge| -> Option<Step> {
            call.map(|call| {
                let change = Change::update(keys::call(call));
                // What goes back is kept until it is back.
                let change = if charge == Charge::RefundDue { change.remove(TTL) } else { change };
                let change = if is_counted { change.set(COST.then(KEPT), 0_i64) } else { change };
                change
                    .set(CHARGE, charge)
                    .set(BY_HAND, who)
                    .when(is(CHARGE, Charge::Paid))
                    .when(is(SETTLED, true))
                    .when(is(SALE, &record.id))
                    .or(Hurdle::Call)
            })
        };
        let (changes, outcome): (Changes, ByHand) = if let Some(price) = record.credit() {
            let wallet = Change::update(keys::wallet(&record.signed.payer)).add(CREDIT, price.signed());
            let entry = books::credited_by_hand(record, price, now)?;
            (over(Charge::Credited).into_iter().chain([wallet.anyway(), entry]).collect(), ByHand::Credited)
        } else {
            let amount = record.signed.amount;
            let mut refund = Refund::due(RefundReason::ByHand, amount, settled.transaction.clone(), now);
            refund.by = Some(who.to_owned());
            let sale = owed(Change::update(keys::sale(&record.id)), &record.id, &refund)?
                .when(is(STATE, State::Closed))
                .when(no(REFUND))
                .when(as_seen(BOOKED, record.booked.then_some(true)))
                .or(Hurdle::Sale);
            let cost = seen.as_ref().map(|call| books::failed(record, call, now)).transpose()?.flatten();
            (std::iter::once(sale).chain(over(Charge::RefundDue)).chain(cost).collect(), ByHand::Owed)
        };
        match self
            .transact(changes.and(counted.unwrap_or_default()), &done_token(&record.id, "owe by hand", by))
            .await?
        {
            Done::Yes => Ok(outcome),
            Done::No(lost) => in_the_way(lost),
        }
    }
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
            Ok(if call.is_some_and(|call| !call.settled) { ByHand::CallRuns } else { ByHand::Already })
        }
        Hurdle::Name
        | Hurdle::Number
        | Hurdle::Lease
        | Hurdle::Wallet
        | Hurdle::OptOut
        | Hurdle::Calls(_)
        | Hurdle::Bought(_)
        | Hurdle::RefundsToday
        | Hurdle::RefundsStopped
        | Hurdle::Switch => Err(lost.hurdle.unasked()),
    }
}
