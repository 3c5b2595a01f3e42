//! Money that goes back: what is owed, what was sent, what is back. A refund is part of its sale's
//! item, so there is at most one per payment, and a payment that is going back can buy nothing any
//! more.

mod today;

use std::time::Duration;

use alloy_primitives::B256;

use crate::limits::waiting::MORNING;
use crate::types::{AttemptId, CallId, DAY, PaymentId, Timestamp, Usdc, Wallet};

use super::books::{self, OnChain};
use super::calls::{Call, kept_until};
use super::change::{Change, Changes, Step, When, as_seen, is, no, there};
use super::keys::{self, Key, Queue};
use super::rows::{
    ATTEMPT, BOOKED, BY, CHARGE, CLOSED, CREDIT, CallRow, Charge, DUE_QUEUE, GIVEN_BACK, HELD_FOR, POOR_SINCE, REFUND,
    REFUNDED_BY, REFUSED, RefundReason, Refunding, SALE, SEARCHED, SETTLED, SPENT, STATE, State, TRIES, TTL, Value,
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

    /// call: refund due → credited, credit + price; sale: → given back: what credit paid comes back
    /// as credit
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
        // On the sale as well, which is there for longer than its call.
        let sale = Change::update(keys::sale(&record.id)).set(GIVEN_BACK, true);
        let sale = sale.when(is(STATE, State::Closed)).when(no(GIVEN_BACK)).or(Hurdle::Sale);
        self.done(Changes::of([call, wallet, sale, entry]), &record.id, "credit back", by).await
    }

    /// settling → void, refund due: paid, and what was held for it is gone, or could not be done
    /// and is let go
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

    /// void | closed with credit → same, refund due: the payment was made after we had given it up,
    /// or although it was never asked for; its call, if it had one: declined | lapsed → refund due
    pub async fn owe(
        &self,
        record: &Record,
        amount: Usdc,
        taken_by: String,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        // What we have sent and given up is owed. The same nonce can have moved another amount; and
        // a payer can bring about an answer that leaves a payment in doubt, by code or with an
        // empty wallet, and make it once it is given up.
        let given_up = record.doubted && record.state == State::Void && record.signed.amount == amount;
        let late = given_up && !record.answered && !record.is_paid_by_code();
        let reason = if late { RefundReason::Late } else { RefundReason::Stray };
        let refund = Refund::due(reason, amount, Some(taken_by), now);
        let sale = owed(Change::update(keys::sale(&record.id)), &record.id, &refund)?
            .set(SPENT, true)
            .when(is(STATE, record.state))
            .when(is(ATTEMPT, &record.attempt))
            .when(no(REFUND))
            .or(Hurdle::Sale);
        if let Some(call) = unpaid_call(record).filter(|_| record.signed.amount == amount) {
            let both = Changes::of([sale.clone(), owed_for(call, &record.id)]);
            match self.transact(both, &done_token(&record.id, "owe with call", by)).await? {
                Done::Yes => return Ok(true),
                // It is gone, or waits for something else: then it says so once the money is back.
                Done::No(lost) if lost.hurdle == Hurdle::Call => {}
                Done::No(_) => return Ok(false),
            }
        }
        self.done(Changes::of([sale]), &record.id, "owe", by).await
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
            by_code: false,
            contested: false,
            answered: false,
            doubted: false,
            stopped: false,
            booked: false,
            settled: Some(settled),
            refund: Some(refund),
            searched: None,
        };
        let mut row = record.to_row();
        (row.due_queue, row.due_at) = (Some(Queue::Strays.name()), Some(behind_the_older(now).as_second()));
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
        let others = vec![over(record, &refund)?, entry];
        let call = |call| Change::update(call).set(CHARGE, Charge::Refunded).set_some(REFUNDED_BY, transaction.clone());
        self.back(record, others, call, "refunded", by).await
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
        let others = vec![over(record, &refund)?, wallet, entry];
        self.back(record, others, |call| Change::update(call).set(CHARGE, Charge::Credited), "credited", by).await
    }

    /// A refund that ends, and its call with it: from then on that is deleted when its time is
    /// over, unless an operator keeps it. How the call stands is learned from the write that was
    /// refused: hardly any is held, and one that is erased or forgotten is in no refund's way.
    async fn back(
        &self,
        record: &Record,
        others: Vec<Step>,
        call: impl Fn(Key) -> Change,
        step: &str,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let Some(id) = of_call(record) else {
            return self.done(others.into_iter().collect(), &record.id, step, by).await;
        };
        let ended = || call(keys::call(id));
        let due = || ended().when(is(CHARGE, Charge::RefundDue));
        let forgotten = due().set(TTL, kept_until(record.created_at)).when(no(HELD_FOR));
        let with = |call: Change| others.iter().cloned().chain([call.or(Hurdle::Call)]).collect();
        let lost = match self.transact(with(forgotten), &done_token(&record.id, step, by)).await? {
            Done::Yes => return Ok(true),
            Done::No(lost) if lost.hurdle == Hurdle::Call => lost,
            Done::No(_) => return Ok(false),
        };
        match lost.found::<CallRow>()? {
            None => self.done(others.into_iter().collect(), &record.id, &format!("{step} alone"), by).await,
            Some(row) if row.charge == Charge::RefundDue => {
                let held = with(due().when(there(HELD_FOR)));
                self.done(held, &record.id, &format!("{step} held"), by).await
            }
            // It was paid late, when its call still had something else to wait for.
            Some(row) if row.charge.is_unpaid() => {
                let late = with(unpaid_and_over(ended(), id));
                match self.transact(late, &done_token(&record.id, &format!("{step} late"), by)).await? {
                    Done::Yes => Ok(true),
                    Done::No(lost) if lost.hurdle == Hurdle::Call => {
                        self.done(others.into_iter().collect(), &record.id, &format!("{step} alone"), by).await
                    }
                    Done::No(_) => Ok(false),
                }
            }
            // The money has gone back, whatever its call says.
            Some(row) if record.state == State::Void => {
                tracing::error!(payment = ?record.id, charge = ?row.charge, "what was paid back was not due by its call");
                self.done(others.into_iter().collect(), &record.id, &format!("{step} alone"), by).await
            }
            Some(_) => Ok(false),
        }
    }

    /// Puts off the next try at a refund that is as it was seen.
    pub async fn put_off_refund(
        &self,
        record: &Record,
        refused: u32,
        poor_since: Option<Timestamp>,
        until: Timestamp,
        by: &AttemptId,
    ) -> Result<(), StoreFault> {
        let Some(seen) = &record.refund else { return Ok(()) };
        let change = still(record, seen).due(seen.queue(&record.id), until).set(REFUND.then(REFUSED), refused);
        let change = match poor_since {
            Some(since) => change.set(REFUND.then(POOR_SINCE), since.as_second()),
            None => change.remove(REFUND.then(POOR_SINCE)),
        };
        self.done(Changes::of([change.or(Hurdle::Sale)]), &record.id, "put off refund", by).await.map(drop)
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

/// A refund that begins: its sale has not ended. What the payment is searched for from here on may
/// have come later.
pub(super) fn owed(change: Change, payment: &PaymentId, refund: &Refund) -> Result<Change, StoreFault> {
    let due = if refund.is_unasked() { behind_the_older(refund.asked_at) } else { refund.asked_at };
    Ok(change.set(REFUND, Value::row(&refund.to_row())?).due(refund.queue(payment), due).remove(TTL).remove(SEARCHED))
}

/// When a new stray payment is tried: those that waited for this day come first.
fn behind_the_older(now: Timestamp) -> Timestamp {
    let past = now.as_second().rem_euclid(DAY.as_secs().cast_signed()).cast_unsigned();
    now.saturating_add(Duration::from_secs(MORNING.as_secs().saturating_sub(past))).unwrap_or(now)
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
        _ => unpaid_call(record),
    }
}

/// The call of a sale that was given up, for which a phone rang.
fn unpaid_call(record: &Record) -> Option<&CallId> {
    match &record.work {
        Work::Call(call) if record.state == State::Void && call.placed.is_some() => Some(&call.id),
        _ => None,
    }
}

/// A call that was not paid for, whose payment was made late and goes back: it is kept until then.
fn owed_for(call: &CallId, sale: &PaymentId) -> Step {
    let owed = Change::update(keys::call(call)).set(CHARGE, Charge::RefundDue).remove(TTL).when(is(SALE, sale));
    unpaid_and_over(owed, call).or(Hurdle::Call)
}

/// Only for a call that was not paid for, and that waits for nothing but the books: another is left
/// to what it waits for.
fn unpaid_and_over(change: Change, call: &CallId) -> Change {
    change
        .when(is(CLOSED, true))
        .when(When::Any(vec![no(DUE_QUEUE), is(DUE_QUEUE, Queue::of_books(call))]))
        .when(When::Any(vec![is(CHARGE, Charge::Declined), is(CHARGE, Charge::Lapsed)]))
}
