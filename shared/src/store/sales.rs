//! Sales: the record of a payment and what is sold for it. The state machine of `store/mod.rs` is in the types: a
//! [`Sale<Settling>`] comes only from [`Store::claim`] or [`Store::fence`], and only such a one can be closed.

mod doubt;
mod named;
mod paid;
mod record;

use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::types::{AttemptId, PaymentId, Timestamp, Wallet};

use super::change::{Change, Changes, Item, When, n, s};
use super::controls::Controls;
use super::keys::{self, Queue};
use super::proofs::SEEN_WITHIN;
use super::rows::{DoubtsRow, Pause, PurchaseRow, State, WalletRow};
use super::work::Work;
use super::{Done, Lost, Store, StoreFault};
pub use doubt::Doubt;
pub use named::{Purchase, REMEMBERED};
use named::{first_named, remember};
pub(super) use record::KEPT;
pub use record::{Record, Settled, Signed};

/// How long an attempt may be at work before another finishes its sale: longer than a function may run (29 s) and
/// a request of it may be under way at a vendor.
pub const BUSY: Duration = Duration::from_mins(1);

/// The stage before the fence: nothing is settled, everything can be undone.
pub enum Open {}
/// The stage after the fence: the payment may have been settled.
pub enum Settling {}

/// A sale that is ours to carry on. What may be done with it depends on its stage.
pub struct Sale<Stage> {
    record: Box<Record>,
    stage: PhantomData<fn() -> Stage>,
}

impl<Stage> Sale<Stage> {
    fn new(record: Record) -> Self {
        Self { record: Box::new(record), stage: PhantomData }
    }

    /// What is recorded.
    pub fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn into_record(self) -> Record {
        *self.record
    }
}

impl<Stage> std::fmt::Debug for Sale<Stage> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sale({:?}, {:?})", self.record.id, self.record.state)
    }
}

/// A stage in which a sale can be claimed.
pub trait Claimable {
    /// How it is recorded.
    const STATE: State;
}

impl Claimable for Open {
    const STATE: State = State::Open;
}

/// Where nothing foreign happens before settling, the claim is the fence: one write fewer.
impl Claimable for Settling {
    const STATE: State = State::Settling;
}

/// A sale to be.
#[derive(Clone)]
pub struct NewSale {
    /// The payment.
    pub id: PaymentId,
    /// What was signed.
    pub signed: Signed,
    /// Only code can say whether the payment will be made, so nothing is begun before it is.
    pub by_code: bool,
    /// The offer's path.
    pub endpoint: &'static str,
    /// The hash of the request.
    pub request: String,
    /// The wallet's own name for it, if it has one.
    pub named: Option<Purchase>,
    /// The name of this attempt.
    pub attempt: AttemptId,
    /// The time.
    pub now: Timestamp,
}

/// What came of a claim.
pub enum Claimed<Stage> {
    /// The sale is ours, and what it needs is held.
    Ours(Sale<Stage>),
    /// There is a sale for this payment already.
    Earlier(Box<Record>),
    /// The payment is free, but something that the sale needs is not.
    Lost(Lost),
}

/// Why a step was not made.
#[derive(Debug)]
pub enum NotStepped {
    /// The sale is no longer ours: another attempt carries it on.
    Overtaken,
    /// It is ours, but what it needs has changed.
    Lost(Lost),
    /// The store failed.
    Fault(StoreFault),
}

impl From<StoreFault> for NotStepped {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(fault)
    }
}

/// A sale that was taken over from an attempt that has stopped.
pub enum Taken {
    /// Nothing is settled: it is to be rolled back.
    Open(Sale<Open>),
    /// It may be settled: it is to be rolled forward.
    Settling(Sale<Settling>),
}

/// What is looked at before anything is sold.
pub struct Gate {
    /// The sale of the payment, if there is one.
    pub record: Option<Record>,
    /// The operator refuses this wallet.
    pub blocked: bool,
    /// What is not sold at the moment.
    pub paused: Option<Pause>,
    /// The payment that was first to carry the wallet's name for this purchase, if it is remembered.
    pub named: Option<PaymentId>,
    /// How many payments of the wallet are in doubt.
    pub in_doubt: u64,
}

impl Store {
    /// What has to be known before a wallet is sold anything for a payment, in one round trip.
    pub async fn gate(
        &self,
        payment: &PaymentId,
        wallet: &Wallet,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<Gate, StoreFault> {
        let keys = [keys::sale(payment), keys::wallet(wallet), keys::control(), keys::doubts(wallet)];
        let ([sale, wallet, control, doubts], named) = match name {
            None => (self.items(keys).await?, None),
            Some(name) => {
                let [sale, wallet_row, control, doubts] = keys;
                let keys = [sale, wallet_row, control, doubts, keys::purchase(wallet, name)];
                let [sale, wallet, control, doubts, named] = self.items(keys).await?;
                ([sale, wallet, control, doubts], named)
            }
        };
        let row: WalletRow = serde_dynamo::from_item(wallet.unwrap_or_default())?;
        let doubts: DoubtsRow = serde_dynamo::from_item(doubts.unwrap_or_default())?;
        Ok(Gate {
            record: sale
                .filter(|item| !is_forgotten(item, now))
                .map(|item| Record::from_row(payment.clone(), serde_dynamo::from_item(item)?))
                .transpose()?,
            blocked: row.blocked_at.is_some(),
            paused: Controls::from_item(control)?.paused.map(|(what, _)| what),
            named: named.map(|item| first_named(item, now)).transpose()?.flatten(),
            in_doubt: doubts.doubts.max(0).cast_unsigned(),
        })
    }

    /// The sale of a payment, as long as the table has it: whoever carries a sale on, or looks for where money went, goes by all
    /// that is there.
    pub async fn sale(&self, payment: &PaymentId) -> Result<Option<Record>, StoreFault> {
        let item = self.item(keys::sale(payment)).await?;
        item.map(|item| Record::from_row(payment.clone(), serde_dynamo::from_item(item)?)).transpose()
    }

    /// (none) | void → open | settling, together with what the sale needs
    pub async fn claim<Stage: Claimable>(
        &self,
        new: NewSale,
        work: Work,
        changes: Changes,
    ) -> Result<Claimed<Stage>, StoreFault> {
        let record = Record {
            id: new.id,
            state: Stage::STATE,
            attempt: new.attempt,
            busy_until: new.now.saturating_add(BUSY)?,
            endpoint: new.endpoint.to_owned(),
            request: new.request,
            signed: new.signed,
            work,
            created_at: new.now,
            spent: false,
            contested: false,
            doubted: false,
            stopped: false,
            settled: None,
            refund: None,
            searched: None,
        };
        let key = keys::sale(&record.id);
        let put = Change::put(key, serde_dynamo::to_item(record.to_row())?).when(When::Any(vec![
            When::Absent,
            // Forgotten, and not deleted yet.
            When::All(vec![When::No("due_queue"), When::AtMost("ttl", new.now.as_second())]),
            When::All(vec![
                When::Is("state", s("void")),
                When::Is("spent", AttributeValue::Bool(false)),
                When::Is("request", s(&record.request)),
            ]),
        ]));
        let instead_of = new.named.as_ref().and_then(|named| named.instead_of.clone());
        let name = new.named.map(|named| remember(&record, &named));
        let before = 1 + usize::from(name.is_some());
        let first: Changes = [put].into_iter().chain(name).collect();
        // The same attempt may claim for one number after another: each is a transaction of its own.
        let work = serde_json::to_string(&record.work.to_row()).unwrap_or_default();
        let token = record.token(&format!("claim {work} {} {instead_of:?}", changes.seen));
        match self.transact(first.and(changes), &token).await? {
            Done::Yes => Ok(Claimed::Ours(Sale::new(record))),
            Done::No(Lost { change: 0, old: Some(old) }) => {
                let earlier = Record::from_row(record.id.clone(), serde_dynamo::from_item(old)?)?;
                // Our own write, whose answer was lost, looks like a rival's.
                if earlier.attempt == record.attempt {
                    Ok(Claimed::Ours(Sale::new(record)))
                } else {
                    Ok(Claimed::Earlier(Box::new(earlier)))
                }
            }
            Done::No(Lost { change: 1, old: Some(old) }) if before > 1 => {
                let row: PurchaseRow = serde_dynamo::from_item(old)?;
                let earlier = self.sale(&PaymentId::from_row(row.sale)).await?;
                earlier.map(Box::new).map(Claimed::Earlier).ok_or(StoreFault::Impossible("a name without a sale"))
            }
            Done::No(lost) => Ok(Claimed::Lost(Lost { change: lost.change.saturating_sub(before), old: lost.old })),
        }
    }

    /// open | settling → same, nobody's turn until then: it is not known what was done, and not worth while to look before
    pub async fn defer<Stage: Claimable>(&self, sale: Sale<Stage>, until: Timestamp) -> Result<(), NotStepped> {
        let record = sale.record;
        let update =
            record.step(Stage::STATE).set("busy_until", n(until.as_second())).set("due_at", n(until.as_second()));
        self.step(&record, update, Changes::none(), "defer").await
    }

    /// open → open: what is about to be done next
    pub async fn intend(
        &self,
        sale: Sale<Open>,
        work: Work,
        changes: Changes,
        step: &str,
    ) -> Result<Sale<Open>, NotStepped> {
        let record = Record { work, ..*sale.record };
        let update = record.step(State::Open).set("work", work_value(&record.work)?);
        self.step(&record, update, changes, step).await?;
        Ok(Sale::new(record))
    }

    /// open → settling: the fence. From here on the sale is rolled forward.
    pub async fn fence(&self, sale: Sale<Open>, work: Work, changes: Changes) -> Result<Sale<Settling>, NotStepped> {
        let record = Record { work, state: State::Settling, ..*sale.record };
        let update = record.step(State::Open).set("state", s("settling")).set("work", work_value(&record.work)?);
        self.step(&record, update, changes, "fence").await?;
        Ok(Sale::new(record))
    }

    /// settling → closed: paid, and granted in the same write, and waiting to be seen on the chain. Otherwise the sale is given back: it is still paid.
    pub async fn close(
        &self,
        sale: Sale<Settling>,
        settled: Settled,
        changes: Changes,
    ) -> Result<Record, (Sale<Settling>, NotStepped)> {
        let update = sale.record.closed(&settled);
        self.end(sale, update, settled, changes).await
    }

    async fn end(
        &self,
        sale: Sale<Settling>,
        update: Result<Change, StoreFault>,
        settled: Settled,
        changes: Changes,
    ) -> Result<Record, (Sale<Settling>, NotStepped)> {
        let update = match update {
            Ok(update) => update,
            Err(fault) => return Err((sale, fault.into())),
        };
        match self.step(&sale.record, update, changes.and(sale.record.known()), "close").await {
            Ok(()) => Ok(Record { state: State::Closed, settled: Some(settled), ..*sale.record }),
            Err(not_stepped) => Err((sale, not_stepped)),
        }
    }

    /// open | settling → void. `spent`: this signature can never be used here again. Otherwise the sale is given back.
    pub async fn void<Stage: Claimable>(
        &self,
        sale: Sale<Stage>,
        changes: Changes,
        spent: bool,
    ) -> Result<Record, (Sale<Stage>, NotStepped)> {
        let update = sale
            .record
            .step(Stage::STATE)
            .set("state", s("void"))
            .set("spent", AttributeValue::Bool(spent))
            .set("ttl", n(sale.record.forgotten_at()))
            .remove("due_queue")
            .remove("due_at");
        // With other changes it is another step.
        let step = format!("void {}", changes.all.len());
        match self.step(&sale.record, update, changes.and(sale.record.known()), &step).await {
            Ok(()) => Ok(Record { state: State::Void, spent, ..*sale.record }),
            Err(not_stepped) => Err((sale, not_stepped)),
        }
    }

    /// [`Store::void`], also where what the sale held is no longer as it was: nothing of it is ours to let go any more, and a
    /// sale must come to an end.
    pub async fn give_up<Stage: Claimable>(
        &self,
        sale: Sale<Stage>,
        changes: Changes,
        spent: bool,
    ) -> Result<Record, NotStepped> {
        match self.void(sale, changes, spent).await {
            Err((sale, NotStepped::Lost(lost))) => {
                tracing::error!(payment = ?sale.record.id, change = lost.change, "what an unpaid sale held is gone");
                self.void(sale, Changes::none(), spent).await.map_err(|(_, not_stepped)| not_stepped)
            }
            outcome => outcome.map_err(|(_, not_stepped)| not_stepped),
        }
    }

    /// Takes over a sale whose attempt has stopped; `None` if another was quicker.
    pub async fn take_over(
        &self,
        record: &Record,
        attempt: &AttemptId,
        now: Timestamp,
    ) -> Result<Option<Taken>, StoreFault> {
        if now < record.busy_until {
            return Ok(None);
        }
        let busy_until = now.saturating_add(BUSY)?;
        let change = record
            .step(record.state)
            .set("attempt", s(attempt.as_str()))
            .set("busy_until", n(busy_until.as_second()))
            .set("due_at", n(busy_until.as_second()))
            .remove("ttl")
            .when(When::AtMost("busy_until", now.as_second()))
            // As it was read: the same attempt may have parked it since.
            .when(When::Is("busy_until", n(record.busy_until.as_second())));
        let taken = Record { attempt: attempt.clone(), busy_until, ..record.clone() };
        let ours = match self.transact(Changes::of([change]), &taken.token("take")).await? {
            Done::Yes => true,
            Done::No(Lost { old: Some(old), .. }) => old.get("attempt") == Some(&s(attempt.as_str())),
            Done::No(_) => false,
        };
        Ok(match taken.state {
            State::Open if ours => Some(Taken::Open(Sale::new(taken))),
            State::Settling if ours => Some(Taken::Settling(Sale::new(taken))),
            _ => None,
        })
    }

    pub(super) async fn step(
        &self,
        record: &Record,
        update: Change,
        changes: Changes,
        step: &str,
    ) -> Result<(), NotStepped> {
        match self.transact(Changes::of([update]).and(changes), &record.token(step)).await? {
            Done::Yes => Ok(()),
            Done::No(Lost { change: 0, .. }) => Err(NotStepped::Overtaken),
            Done::No(lost) => Err(NotStepped::Lost(Lost { change: lost.change.saturating_sub(1), old: lost.old })),
        }
    }
}

impl Record {
    /// A change to this sale's item that happens only while it is still ours and in that state.
    pub(super) fn step(&self, from: State) -> Change {
        Change::update(keys::sale(&self.id))
            .when(When::Is("state", s(from.as_str())))
            .when(When::Is("attempt", s(self.attempt.as_str())))
    }

    /// The change that closes it, and puts it where its payment is looked for on the chain.
    fn closed(&self, settled: &Settled) -> Result<Change, StoreFault> {
        let update = self.step(State::Settling).set("state", s("closed")).set("settled", settled.value()?);
        let update = if settled.transaction.is_some() {
            let seen = settled.at.saturating_add(SEEN_WITHIN)?;
            update.set("due_queue", s(Queue::of_proof(&self.id).name())).set("due_at", n(seen.as_second()))
        } else {
            update.remove("due_queue").remove("due_at")
        };
        Ok(update.set("ttl", n(self.forgotten_at())))
    }

    /// The name of a step, the same each time it is tried: the store then makes it once.
    pub(super) fn token(&self, step: &str) -> String {
        format!("{}|{}|{step}", self.id.as_str(), self.attempt.as_str())
    }
}

/// Whether a sale has ended so long ago that it is remembered no longer, though it may not be deleted yet.
fn is_forgotten(item: &Item, now: Timestamp) -> bool {
    let ttl = item.get("ttl").and_then(|ttl| ttl.as_n().ok()?.parse::<i64>().ok());
    !item.contains_key("due_queue") && ttl.is_some_and(|ttl| ttl <= now.as_second())
}

fn work_value(work: &Work) -> Result<AttributeValue, StoreFault> {
    Ok(serde_dynamo::to_attribute_value(work.to_row())?)
}
