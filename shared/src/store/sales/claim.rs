//! The claim: a payment becomes a sale, in one write with what the sale needs.
//!
//! `docs/decisions.md`: Why is the claim sometimes the fence?

use crate::store::change::{Change, Changes, When, at_most, is, no};
use crate::store::rows::{DUE_QUEUE, PurchaseRow, REQUEST, SPENT, STATE, State, TTL};
use crate::store::{Done, Hurdle, Lost, Store, StoreFault, Work, keys};
use crate::types::{AttemptId, PaymentId, Run, Timestamp};

use super::named::remember;
use super::record::request_row;
use super::{BUSY, Claimable, Purchase, Record, Sale, Signed};

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
    /// The wallet's earlier sales that this request has waited for: all that was asked about its
    /// payment came after them.
    pub waited_for: Vec<PaymentId>,
    /// Whether it is to be claimed, or only found out whether it could be.
    pub run: Run,
    /// The name of this attempt.
    pub attempt: AttemptId,
    /// The time.
    pub now: Timestamp,
}

/// The outcome of a claim.
pub enum Claimed<Stage> {
    /// The sale is ours, and what it needs is held.
    Ours(Sale<Stage>),
    /// There is a sale for this payment already.
    Earlier(Box<Record>),
    /// The payment is free, but something that the sale needs is not.
    Lost(Lost),
    /// It would be ours, and this is what would be held. Nothing was written.
    Rehearsed(Box<Work>),
}

impl Store {
    /// Nothing else is held for a list: then the sale is written by itself.
    async fn claimed(&self, mut changes: Changes, token: &str) -> Result<Done, StoreFault> {
        match (changes.all.pop(), changes.all.is_empty()) {
            (Some(only), true) => self.alone(only).await,
            (last, _) => self.transact(changes.and(last.into_iter().collect()), token).await,
        }
    }

    /// (none) | void → open | settling, together with what the sale needs
    pub async fn claim<Stage: Claimable>(
        &self,
        new: NewSale,
        work: Work,
        changes: Changes,
    ) -> Result<Claimed<Stage>, StoreFault> {
        let by_code = new.by_code && !new.signed.is_a_contracts();
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
            by_code,
            contested: false,
            answered: false,
            doubted: false,
            stopped: false,
            booked: false,
            settled: None,
            refund: None,
            searched: None,
        };
        let key = keys::sale(&record.id);
        let free = When::Any(vec![
            When::Absent,
            // Forgotten, and not deleted yet.
            When::All(vec![no(DUE_QUEUE), at_most(TTL, new.now)]),
            When::All(vec![is(STATE, State::Void), no(SPENT), is(REQUEST, &request_row(&record.request))]),
        ]);
        let put = Change::put(key, serde_dynamo::to_item(record.to_row())?).when(free).or(Hurdle::Sale);
        let instead_of = new.named.as_ref().and_then(|named| named.instead_of.clone());
        let name = new.named.map(|named| remember(&record, &named));
        let first: Changes = [put].into_iter().chain(name).collect();
        // The same attempt may claim for one number after another: each is a transaction of its
        // own.
        let work = serde_json::to_string(&record.work.to_row()).unwrap_or_default();
        let token = record.token(&format!("claim {work} {} {instead_of:?}", changes.seen));
        let changes = first.and(changes);
        let done = match new.run {
            Run::Real => self.claimed(changes, &token).await?,
            Run::Dry => self.rehearse(&changes).await?,
        };
        match done {
            Done::Yes if new.run == Run::Dry => Ok(Claimed::Rehearsed(Box::new(record.work))),
            Done::Yes => Ok(Claimed::Ours(Sale::new(record))),
            Done::No(lost) => match lost.hurdle {
                Hurdle::Sale => {
                    let row = lost.found()?.ok_or(StoreFault::Impossible("a free payment that is not free"))?;
                    let earlier = Record::from_row(record.id.clone(), row)?;
                    // Our own write, whose answer was lost, looks like a rival's.
                    let is_ours = new.run == Run::Real && earlier.attempt == record.attempt;
                    Ok(if is_ours { Claimed::Ours(Sale::new(record)) } else { Claimed::Earlier(Box::new(earlier)) })
                }
                Hurdle::Name => {
                    let row: Option<PurchaseRow> = lost.found()?;
                    let row = row.ok_or(StoreFault::Impossible("a free name that is not free"))?;
                    let earlier = self.sale(&PaymentId::from_row(row.sale)).await?;
                    earlier.map(Box::new).map(Claimed::Earlier).ok_or(StoreFault::Impossible("a name without a sale"))
                }
                Hurdle::Number
                | Hurdle::Lease
                | Hurdle::Call
                | Hurdle::Wallet
                | Hurdle::OptOut
                | Hurdle::Calls(_)
                | Hurdle::Bought(_)
                | Hurdle::RefundsToday
                | Hurdle::RefundsToPayer
                | Hurdle::RefundsStopped
                | Hurdle::Switch => Ok(Claimed::Lost(lost)),
            },
        }
    }
}
