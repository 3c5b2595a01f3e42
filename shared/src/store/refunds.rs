//! Money that goes back: what is owed, what was sent, what is back. A refund is part of its sale's item, so there is at most
//! one per payment, and a payment that is going back can buy nothing any more.

mod today;

use alloy_primitives::B256;

use crate::types::{AttemptId, CallId, PaymentId, Timestamp, Usdc, Wallet};

use super::books::{self, OnChain};
use super::calls::{Call, kept_until};
use super::change::{Change, Changes, Step, When, as_seen, is, no};
use super::keys::{self, Queue};
use super::rows::{
    ATTEMPT, BOOKED, BY, CHARGE, CREDIT, Charge, REFUND, REFUNDED_BY, REFUSED, RefundReason, Refunding, SALE, SETTLED,
    SPENT, STATE, State, TRIES, TTL, Value,
};
use super::sales::{NotStepped, Record, Refund, Sale, Settled, Settling, Signed};
use super::work::Work;
use super::{Done, Hurdle, Store, StoreFault};
pub use today::{Bounds, Sending, Today};

/// A payment to us without a sale of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stranger {
    /// The payment.
    pub id: PaymentId,
    /// The payer.
    pub payer: Wallet,
    /// The payee: us.
    pub payee: Wallet,
    /// What makes it unique: a nonce or a message.
    pub unique: B256,
    /// How much.
    pub amount: Usdc,
    /// The transaction that took it.
    pub transaction: String,
}

impl Store {
    /// sale: closed → refund due; call: out of its queue, since the refund has one of its own
    pub async fn owe_for_call(
        &self,
        record: &Record,
        call: &Call,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let entry = books::failed(record, call, now)?;
        let taken_by = record.settled.as_ref().and_then(|settled| settled.transaction.clone());
        let refund = Refund::due(RefundReason::CallFailed, record.signed.amount, taken_by, now);
        let sale = owed(Change::update(keys::sale(&record.id)), &record.id, &refund)?
            .when(is(STATE, State::Closed))
            .when(no(REFUND))
            // What stands in the books already is not booked again.
            .when(as_seen(BOOKED, record.booked.then_some(true)))
            .or(Hurdle::Sale);
        let call = Change::update(keys::call(&call.id))
            .not_due()
            .when(is(CHARGE, Charge::RefundDue))
            .when(is(SALE, &record.id))
            .or(Hurdle::Call);
        self.done([sale, call].into_iter().chain(entry).collect(), &record.id, "owe for call", by).await
    }

    /// call: refund due → credited, credit + price: what credit paid comes back as credit
    pub async fn credit_back(
        &self,
        record: &Record,
        call: &Call,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let Some(price) = record.credit() else { return Ok(false) };
        let entry = books::credit_back(record, call, price, now)?;
        let call = Change::update(keys::call(&call.id))
            .set(CHARGE, Charge::Credited)
            .set(TTL, kept_until(record.created_at))
            .not_due()
            .when(is(CHARGE, Charge::RefundDue))
            .when(is(SALE, &record.id))
            .or(Hurdle::Call);
        let wallet = Change::update(keys::wallet(&record.signed.payer)).add(CREDIT, price.signed()).anyway();
        self.done(Changes::of([call, wallet, entry]), &record.id, "credit back", by).await
    }

    /// settling → void, refund due: paid, and what was held for it is gone, or could not be done and is let go
    pub async fn close_owing(
        &self,
        sale: Sale<Settling>,
        settled: Settled,
        reason: RefundReason,
        changes: Changes,
        now: Timestamp,
    ) -> Result<Record, NotStepped> {
        let mut record = sale.into_record();
        let refund = Refund::due(reason, record.signed.amount, settled.transaction.clone(), now);
        let change = owed(record.step(State::Settling), &record.id, &refund)?
            .set(STATE, State::Void)
            .set(SPENT, true)
            .set(SETTLED, settled.value()?);
        // With other changes it is another step.
        let step = format!("close owing {}", changes.all.len());
        self.step(&record, change, changes.and(record.known()), &step).await?;
        record.state = State::Void;
        (record.spent, record.settled, record.refund) = (true, Some(settled), Some(refund));
        Ok(record)
    }

    /// void | closed with credit → same, refund due: the payment was made after we had given it up, or although it was
    /// never asked for
    pub async fn owe(
        &self,
        record: &Record,
        amount: Usdc,
        taken_by: String,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let refund = Refund::due(RefundReason::Stray, amount, Some(taken_by), now);
        let change = owed(Change::update(keys::sale(&record.id)), &record.id, &refund)?
            .set(SPENT, true)
            .when(is(STATE, record.state))
            .when(is(ATTEMPT, &record.attempt))
            .when(no(REFUND))
            .or(Hurdle::Sale);
        self.done(Changes::of([change]), &record.id, "owe", by).await
    }

    /// (none) → void, refund due: a stray payment. From here on the payment can buy nothing.
    pub async fn owe_stranger(&self, stranger: Stranger, by: &AttemptId, now: Timestamp) -> Result<bool, StoreFault> {
        let refund = Refund::due(RefundReason::Stray, stranger.amount, Some(stranger.transaction.clone()), now);
        let settled = Settled { transaction: Some(stranger.transaction), at: now };
        let record = Record {
            id: stranger.id,
            state: State::Void,
            attempt: by.clone(),
            busy_until: now,
            endpoint: String::new(),
            request: String::new(),
            signed: Signed {
                version: 2,
                payer: stranger.payer,
                to: stranger.payee,
                amount: stranger.amount,
                valid_after: 0,
                // It was used, so its own is not needed any more.
                valid_before: u64::try_from(now.as_second()).unwrap_or(0),
                nonce: stranger.unique,
                signature: Vec::new(),
                resource: String::new(),
                description: String::new(),
            },
            work: Work::Nothing,
            created_at: now,
            spent: true,
            contested: false,
            doubted: false,
            stopped: false,
            booked: false,
            settled: Some(settled),
            refund: Some(refund),
            searched: None,
        };
        let mut row = record.to_row();
        (row.due_queue, row.due_at) = (Some(Queue::of_stray(&record.id).name()), Some(now.as_second()));
        let put = Change::put(keys::sale(&record.id), serde_dynamo::to_item(row)?).when(When::Absent).or(Hurdle::Sale);
        self.done(Changes::of([put]), &record.id, "owe stranger", by).await
    }

    /// refund sending → refunded; call: refund due → refunded
    pub async fn refunded(
        &self,
        record: &Record,
        transaction: Option<String>,
        came_in: OnChain,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let Some(seen) = &record.refund else { return Ok(false) };
        let refund = Refund { state: Refunding::Refunded, transaction: transaction.clone(), ..seen.clone() };
        let entry = books::back(record, &refund, came_in, transaction.as_deref(), now)?;
        let call = of_call(record).map(|call| {
            Change::update(keys::call(call))
                .set(CHARGE, Charge::Refunded)
                .set(TTL, kept_until(record.created_at))
                .set_some(REFUNDED_BY, transaction)
                .when(is(CHARGE, Charge::RefundDue))
                .or(Hurdle::Call)
        });
        let changes = [over(record, &refund)?, entry].into_iter().chain(call).collect();
        self.done(changes, &record.id, "refunded", by).await
    }

    /// refund due | sending → credited, credit + amount; call: refund due → credited
    pub async fn credited(
        &self,
        record: &Record,
        came_in: OnChain,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let Some(seen) = &record.refund else { return Ok(false) };
        let refund = Refund { state: Refunding::Credited, ..seen.clone() };
        let entry = books::back(record, &refund, came_in, None, now)?;
        let wallet = Change::update(keys::wallet(&record.signed.payer)).add(CREDIT, refund.amount.signed()).anyway();
        let call = of_call(record).map(|call| {
            Change::update(keys::call(call))
                .set(CHARGE, Charge::Credited)
                .set(TTL, kept_until(record.created_at))
                .when(is(CHARGE, Charge::RefundDue))
                .or(Hurdle::Call)
        });
        let changes = [over(record, &refund)?, wallet, entry].into_iter().chain(call).collect();
        self.done(changes, &record.id, "credited", by).await
    }

    /// Puts off the next try at a refund that is as it was seen.
    pub async fn put_off_refund(
        &self,
        record: &Record,
        refused: u32,
        until: Timestamp,
        by: &AttemptId,
    ) -> Result<(), StoreFault> {
        let Some(seen) = &record.refund else { return Ok(()) };
        let change =
            still(record, seen).due(seen.queue(&record.id), until).set(REFUND.then(REFUSED), refused).or(Hurdle::Sale);
        self.done(Changes::of([change]), &record.id, "put off refund", by).await.map(drop)
    }

    /// A refund that is as it was seen is the next that is tried, however long it was put off.
    pub async fn refund_next(&self, record: &Record, by: &AttemptId, now: Timestamp) -> Result<bool, StoreFault> {
        let Some(seen) = &record.refund else { return Ok(false) };
        let change = still(record, seen).due(seen.queue(&record.id), now).or(Hurdle::Sale);
        self.done(Changes::of([change]), &record.id, "refund next", by).await
    }

    pub(super) async fn done(
        &self,
        changes: Changes,
        payment: &PaymentId,
        step: &str,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        Ok(matches!(self.transact(changes, &done_token(payment, step, by)).await?, Done::Yes))
    }
}

/// The name of a step, the same each time it is tried.
pub(super) fn done_token(payment: &PaymentId, step: &str, by: &AttemptId) -> String {
    format!("{}|{}|{step}", payment.as_str(), by.as_str())
}

/// A refund that begins: its sale has not ended.
pub(super) fn owed(change: Change, payment: &PaymentId, refund: &Refund) -> Result<Change, StoreFault> {
    Ok(change.set(REFUND, Value::row(&refund.to_row())?).due(refund.queue(payment), refund.asked_at).remove(TTL))
}

/// A change to a refund that is as it was seen.
fn still(record: &Record, seen: &Refund) -> Change {
    let change = Change::update(keys::sale(&record.id))
        .when(is(REFUND.then(STATE), seen.state))
        .when(is(REFUND.then(TRIES), seen.tries));
    // An operator may have let it through meanwhile, and that is not to be forgotten.
    if seen.by.is_none() { change.when(no(REFUND.then(BY))) } else { change }
}

/// A refund that ends.
fn over(record: &Record, refund: &Refund) -> Result<Step, StoreFault> {
    let seen = record.refund.as_ref().ok_or(StoreFault::Impossible("a refund without a refund"))?;
    Ok(still(record, seen)
        .set(REFUND, Value::row(&refund.to_row())?)
        .set(TTL, refund.forgotten_at())
        .not_due()
        .or(Hurdle::Sale))
}

/// The call that a refund is for; one for a stray leaves the call alone that credit paid.
fn of_call(record: &Record) -> Option<&CallId> {
    let for_call = |refund: &Refund| matches!(refund.reason, RefundReason::CallFailed | RefundReason::ByHand);
    match &record.work {
        Work::Call(call) if record.refund.as_ref().is_some_and(for_call) => Some(&call.id),
        _ => None,
    }
}
