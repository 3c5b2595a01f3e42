//! Money that goes back: what is owed, what was sent, what is back. A refund is part of its sale's item, so there is at most
//! one per payment, and a payment that is going back can buy nothing any more.

mod today;

use alloy_primitives::B256;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::types::{AttemptId, CallId, PaymentId, Timestamp, Usdc, Wallet};

use super::calls::{kept_until, signed};
use super::change::{Change, Changes, When, n, s};
use super::keys::{self, Queue};
use super::rows::{RefundReason, RefundRow, Refunding, State};
use super::sales::{KEPT, NotStepped, Record, Sale, Settled, Settling, Signed};
use super::work::{Work, instant_of};
use super::{Done, Store, StoreFault};
pub use today::{Bounds, Sending, Today};

/// What is owed to a payer, and how far it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    /// How far.
    pub state: Refunding,
    /// Why.
    pub reason: RefundReason,
    /// How much: all that was paid.
    pub amount: Usdc,
    /// Since when.
    pub asked_at: Timestamp,
    /// The transaction that took the money; none where credit was spent.
    pub taken_by: Option<String>,
    /// What was last sent, where that cannot be made again: a Solana transaction.
    pub sent: Option<Vec<u8>>,
    /// Until when what was last sent is good, in epoch seconds; none before the first.
    pub valid_before: Option<u64>,
    /// How often one was sent.
    pub tries: u32,
    /// How often it was definitely refused. Whatever is missing here may still be under way.
    pub refused: u32,
    /// The transaction that gave it back.
    pub transaction: Option<String>,
    /// Whose decision it was, and why, where a person has decided it.
    pub by: Option<String>,
}

impl Refund {
    pub(super) fn due(reason: RefundReason, amount: Usdc, taken_by: Option<String>, now: Timestamp) -> Self {
        Self {
            state: Refunding::Due,
            reason,
            amount,
            asked_at: now,
            taken_by,
            sent: None,
            valid_before: None,
            tries: 0,
            refused: 0,
            transaction: None,
            by: None,
        }
    }

    /// From when on its sale is forgotten once it is back: counted from when nothing that was sent could land any more.
    fn forgotten_at(&self) -> i64 {
        let last = self.valid_before.map_or(0, u64::cast_signed).max(self.asked_at.as_second());
        last + KEPT.as_secs().cast_signed()
    }

    /// Whether it is a stray payment that no operator has let through.
    pub fn is_unasked(&self) -> bool {
        self.reason == RefundReason::Stray && self.by.is_none()
    }

    /// The queue in which it waits.
    fn queue(&self, payment: &PaymentId) -> Queue {
        if self.is_unasked() { Queue::of_stray(payment) } else { Queue::of_refund(payment) }
    }

    pub(super) fn to_row(&self) -> RefundRow {
        RefundRow {
            state: self.state,
            reason: self.reason,
            amount: self.amount.atomic(),
            asked_at: self.asked_at.as_second(),
            taken_by: self.taken_by.clone(),
            sent: self.sent.as_ref().map(|sent| STANDARD.encode(sent)),
            valid_before: self.valid_before,
            tries: self.tries,
            refused: self.refused,
            transaction: self.transaction.clone(),
            by: self.by.clone(),
        }
    }

    pub(super) fn from_row(row: RefundRow) -> Result<Self, StoreFault> {
        Ok(Self {
            state: row.state,
            reason: row.reason,
            amount: Usdc::micros(row.amount),
            asked_at: instant_of(row.asked_at)?,
            taken_by: row.taken_by,
            sent: row.sent.map(|sent| STANDARD.decode(sent).map_err(|_| StoreFault::Row("sent"))).transpose()?,
            valid_before: row.valid_before,
            tries: row.tries,
            refused: row.refused,
            transaction: row.transaction,
            by: row.by,
        })
    }
}

/// A payment to us without a sale of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stranger {
    /// The payment.
    pub id: PaymentId,
    /// Who paid.
    pub payer: Wallet,
    /// Whom: us.
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
        call: &CallId,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let taken_by = record.settled.as_ref().and_then(|settled| settled.transaction.clone());
        let refund = Refund::due(RefundReason::CallFailed, record.signed.amount, taken_by, now);
        let sale = owed(Change::update(keys::sale(&record.id)), &record.id, &refund)?
            .when(When::Is("state", s("closed")))
            .when(When::No("refund"));
        let call = Change::update(keys::call(call))
            .remove("due_queue")
            .remove("due_at")
            .when(When::Is("charge", s("refund_due")))
            .when(When::Is("sale", s(record.id.as_str())));
        self.done(Changes::of([sale, call]), &record.id, "owe for call", by).await
    }

    /// call: refund due → credited, credit + price: what credit paid comes back as credit
    pub async fn credit_back(&self, record: &Record, call: &CallId, by: &AttemptId) -> Result<bool, StoreFault> {
        let Some(price) = record.credit() else { return Ok(false) };
        let call = Change::update(keys::call(call))
            .set("charge", s("credited"))
            .set("ttl", n(kept_until(record.created_at)))
            .remove("due_queue")
            .remove("due_at")
            .when(When::Is("charge", s("refund_due")))
            .when(When::Is("sale", s(record.id.as_str())));
        let wallet = Change::update(keys::wallet(&record.signed.payer)).add("credit", signed(price));
        self.done(Changes::of([call, wallet]), &record.id, "credit back", by).await
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
            .set("state", s("void"))
            .set("spent", AttributeValue::Bool(true))
            .set("settled", settled.value()?);
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
            .set("spent", AttributeValue::Bool(true))
            .when(When::Is("state", s(record.state.as_str())))
            .when(When::Is("attempt", s(record.attempt.as_str())))
            .when(When::No("refund"));
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
            settled: Some(settled),
            refund: Some(refund),
            searched: None,
        };
        let mut row = record.to_row();
        (row.due_queue, row.due_at) = (Some(Queue::of_stray(&record.id).name()), Some(now.as_second()));
        let put = Change::put(keys::sale(&record.id), serde_dynamo::to_item(row)?).when(When::Absent);
        self.done(Changes::of([put]), &record.id, "owe stranger", by).await
    }

    /// refund sending → refunded; call: refund due → refunded
    pub async fn refunded(
        &self,
        record: &Record,
        transaction: Option<String>,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let Some(seen) = &record.refund else { return Ok(false) };
        let refund = Refund { state: Refunding::Refunded, transaction: transaction.clone(), ..seen.clone() };
        let call = of_call(record).map(|call| {
            Change::update(keys::call(call))
                .set("charge", s("refunded"))
                .set("ttl", n(kept_until(record.created_at)))
                .set_some("refunded_by", transaction.map(s))
                .when(When::Is("charge", s("refund_due")))
        });
        let changes = std::iter::once(over(record, &refund)?).chain(call).collect();
        self.done(changes, &record.id, "refunded", by).await
    }

    /// refund due | sending → credited, credit + amount; call: refund due → credited
    pub async fn credited(&self, record: &Record, by: &AttemptId) -> Result<bool, StoreFault> {
        let Some(seen) = &record.refund else { return Ok(false) };
        let refund = Refund { state: Refunding::Credited, ..seen.clone() };
        let wallet = Change::update(keys::wallet(&record.signed.payer)).add("credit", signed(refund.amount));
        let call = of_call(record).map(|call| {
            Change::update(keys::call(call))
                .set("charge", s("credited"))
                .set("ttl", n(kept_until(record.created_at)))
                .when(When::Is("charge", s("refund_due")))
        });
        let changes = [over(record, &refund)?, wallet].into_iter().chain(call).collect();
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
        let change = still(record, seen)
            .set("due_queue", s(seen.queue(&record.id).name()))
            .set("due_at", n(until.as_second()))
            .set("refund.refused", n(i64::from(refused)));
        self.done(Changes::of([change]), &record.id, "put off refund", by).await.map(drop)
    }

    pub(super) async fn done(
        &self,
        changes: Changes,
        payment: &PaymentId,
        step: &str,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let token = format!("{}|{}|{step}", payment.as_str(), by.as_str());
        Ok(matches!(self.transact(changes, &token).await?, Done::Yes))
    }
}

/// A refund that begins: its sale has not ended.
pub(super) fn owed(change: Change, payment: &PaymentId, refund: &Refund) -> Result<Change, StoreFault> {
    Ok(change
        .set("refund", serde_dynamo::to_attribute_value(refund.to_row())?)
        .set("due_queue", s(refund.queue(payment).name()))
        .set("due_at", n(refund.asked_at.as_second()))
        .remove("ttl"))
}

/// A change to a refund that is as it was seen.
fn still(record: &Record, seen: &Refund) -> Change {
    let change = Change::update(keys::sale(&record.id))
        .when(When::Is("refund.state", s(seen.state.as_str())))
        .when(When::Is("refund.tries", n(i64::from(seen.tries))));
    // An operator may have let it through meanwhile, and that is not to be forgotten.
    if seen.by.is_none() { change.when(When::No("refund.by")) } else { change }
}

/// A refund that ends.
fn over(record: &Record, refund: &Refund) -> Result<Change, StoreFault> {
    let seen = record.refund.as_ref().ok_or(StoreFault::Impossible("a refund without a refund"))?;
    Ok(still(record, seen)
        .set("refund", serde_dynamo::to_attribute_value(refund.to_row())?)
        .set("ttl", n(refund.forgotten_at()))
        .remove("due_queue")
        .remove("due_at"))
}

/// The call that a refund is for; one for a stray leaves the call alone that credit paid.
fn of_call(record: &Record) -> Option<&CallId> {
    let for_call = |refund: &Refund| matches!(refund.reason, RefundReason::CallFailed | RefundReason::ByHand);
    match &record.work {
        Work::Call { call, .. } if record.refund.as_ref().is_some_and(for_call) => Some(call),
        _ => None,
    }
}
