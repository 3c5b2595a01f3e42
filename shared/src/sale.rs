//! A sale from the fence to its end: settle, then grant and close, or undo and void, or doubt. A
//! request, its retry and the reaper all end here, and it needs nothing but the record.
//!
//! It refuses to know which endpoint sells, and who is waiting for the answer.
//!
//! `docs/decisions.md`: Why does credit pay before the payment does?

mod evidence;
mod product;
mod recorded;

use std::time::Duration;

use futures_util::future;
use tracing::{error, warn};

use crate::invocation::Invocation;
use crate::limits::waiting::REST;
use crate::limits::{Left, Limit, UNPAID_TALK};
use crate::refusal::{Fault, Refusal};
use crate::store::sales::{Doubt, NotStepped, Record, Sale, Settled, Settling};
use crate::store::{Changes, RefundReason, State, Store, StoreFault, Work, work};
use crate::telemetry;
use crate::telemetry::metrics::SALES;
use crate::types::{PaymentId, Timestamp};
use crate::x402::{Facilitator, Nodes, Reason};
use evidence::{Evidence, evidence};
pub use evidence::{proof, truth};
use product::{Blame, delivered, granted, released};
pub use recorded::{is_recorded, signed, verified};

/// When the reaper looks again at a sale of unknown outcome: after as long as it has been so, which
/// doubles the pause with each look, but no sooner than this,
const SOON: Duration = Duration::from_secs(15);
/// no later than this while it can still be found out by waiting,
const SELDOM: Duration = Duration::from_mins(5);
/// and then no later than this.
const RARELY: Duration = Duration::from_hours(1);
/// A doubt that is older does not end by waiting: every payment has expired by then, and a final
/// block is later.
const OLD: Duration = Duration::from_hours(2);

/// The store, the facilitator and the nodes that a sale is settled with.
pub struct Cashier {
    /// The table.
    pub store: Store,
    /// Who settles.
    pub facilitator: Facilitator,
    /// Who knows what was settled.
    pub nodes: Nodes,
}

/// What is foreign about a sale's work and must be undone when it is not paid after all.
pub trait Undo: Sync {
    /// Undoes it as far as it can be; what fails here is left to the reaper.
    fn undo(&self, work: &Work, invocation: &Invocation) -> impl Future<Output = ()> + Send;

    /// Whether nothing of it goes on while it is waited for. Where that cannot be learned,
    /// something does.
    fn is_over(&self, work: &Work, invocation: &Invocation) -> impl Future<Output = bool> + Send {
        let _ = (work, invocation);
        future::ready(true)
    }
}

/// Does what is only done once it is paid for.
pub trait Deliver: Undo {
    /// Does it; or where that may have been `begun` before, looks whether it was done, and does not
    /// do it again.
    fn deliver(
        &self,
        record: &Record,
        begun: bool,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Delivery, Fault>> + Send {
        let _ = (record, begun, invocation);
        future::ready(Ok(Delivery::Impossible { changes: Changes::none(), why: None }))
    }
}

/// The fate of what is only done once it is paid for.
pub enum Delivery {
    /// It is done.
    Done {
        /// The vendor's id of it.
        id: String,
    },
    /// It is not done, and will not be: the payment goes back.
    Impossible {
        /// What is let go in the write that says so.
        changes: Changes,
        /// What its vendor says.
        why: Option<Refusal>,
    },
    /// It is not known yet.
    Unknown {
        /// When to look again.
        until: Timestamp,
    },
}

/// Why a sale did not come to the fence.
pub enum Stop {
    /// It is refused, and nothing is left of it.
    Refuse(Refusal),
    /// Another request with this payment, or under this name, was quicker.
    Earlier(Box<Record>),
    /// Another sale of this wallet has to come to its end first.
    Behind(Behind),
    /// It was a dry run, and this is what would have been claimed.
    Rehearsed(Rehearsal),
}

/// The claim that a dry run would have made.
pub struct Rehearsal {
    /// What would be sold. Nothing, if only its vendor knows which it would be.
    pub work: Work,
    /// What is left to the wallet of its own limits.
    pub left: Vec<Left>,
}

impl From<Box<Work>> for Rehearsal {
    fn from(work: Box<Work>) -> Self {
        Self { work: *work, left: Vec::new() }
    }
}

/// A sale of the same wallet that stands in the way of another.
pub struct Behind {
    /// Which.
    pub sale: PaymentId,
    /// Of what there is one too many until it has ended.
    pub limit: Limit,
    /// Others that have ended, which what was asked about the payment may not have known.
    pub ended: Vec<PaymentId>,
}

impl<R: Into<Refusal>> From<R> for Stop {
    fn from(refusal: R) -> Self {
        Self::Refuse(refusal.into())
    }
}

/// The end of a sale.
pub enum Finished {
    /// Paid and granted.
    Granted(Box<Record>),
    /// Not paid, and undone. This signature will not be used again.
    Declined {
        /// Why.
        reason: Reason,
    },
    /// Paid, and what had been held for it is gone, or could not be done: the money goes back.
    Owed {
        /// What a vendor says, if it is its doing.
        why: Option<Refusal>,
    },
    /// Paid, and it is not known yet whether what is paid for was done.
    Undelivered {
        /// Seconds until that is found out.
        retry_after: u64,
    },
    /// The facilitator was never reached: not paid, and undone.
    NotSent {
        /// The same signature cannot try again.
        spent: bool,
    },
    /// Unknown. Product and sale are held until it is known.
    Doubt(Work),
}

/// The knowledge of whether anything can have been settled yet: not, where this process has made
/// the fence itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// Nothing was sent before.
    Never,
    /// Something may have been.
    Perhaps,
}

/// Carries a sale past the fence to its end.
pub async fn finish(
    cashier: &Cashier,
    shop: &impl Deliver,
    sale: Sale<Settling>,
    sent: Sent,
    invocation: &Invocation,
) -> Result<Finished, Fault> {
    if let Some(settled) = sale.record().settled.clone() {
        return deliver(cashier, shop, sale, settled, true, invocation).await;
    }
    if sale.record().credit().is_some() {
        // It was taken off the wallet's credit with the claim; the payment is never sent.
        let settled = Settled { transaction: None, at: invocation.now };
        return grant(cashier, sale, settled, invocation).await;
    }
    let payment = verified(sale.record())?;
    match evidence(cashier, sale.record(), &payment, sent, invocation).await {
        Evidence::Paid(transaction) if sale.record().work.is_paid_first() => {
            let settled = Settled { transaction: Some(transaction), at: invocation.now };
            let id = sale.record().id.clone();
            match cashier.store.paid(sale, settled.clone(), invocation.current()).await {
                Ok(sale) => deliver(cashier, shop, sale, settled, false, invocation).await,
                Err(NotStepped::Overtaken) => overtaken(cashier, &id).await,
                Err(NotStepped::Fault(fault)) => Err(fault.into()),
                Err(NotStepped::Lost(_)) => Err(Fault::Broken("a payment that cannot be written down")),
            }
        }
        Evidence::Paid(transaction) => {
            let settled = Settled { transaction: Some(transaction), at: invocation.now };
            grant(cashier, sale, settled, invocation).await
        }
        Evidence::Unpaid(reason) => {
            let_go(cashier, shop, sale, Blame::Payer, invocation).await.map(|_| Finished::Declined { reason })
        }
        Evidence::Lapsed => {
            let lapsed = let_go(cashier, shop, sale, Blame::Silence, invocation).await;
            lapsed.map(|_| Finished::Declined { reason: Reason::EXPIRED })
        }
        Evidence::NeverSent => {
            let_go(cashier, shop, sale, Blame::Facilitator, invocation).await.map(|spent| Finished::NotSent { spent })
        }
        Evidence::Unknown { contested, answered } => {
            doubt(cashier, shop, sale, (contested, answered), invocation).await
        }
    }
}

async fn grant(
    cashier: &Cashier,
    sale: Sale<Settling>,
    settled: Settled,
    invocation: &Invocation,
) -> Result<Finished, Fault> {
    let id = sale.record().id.clone();
    let granted = granted(sale.record(), &settled, invocation.current());
    let closed = cashier.store.close(sale, settled.clone(), granted).await;
    granted_or_owed(cashier, &id, closed, settled, invocation.now).await
}

/// Does what is paid for, or looks whether it was done where that may have been `begun`.
async fn deliver(
    cashier: &Cashier,
    shop: &impl Deliver,
    sale: Sale<Settling>,
    settled: Settled,
    begun: bool,
    invocation: &Invocation,
) -> Result<Finished, Fault> {
    let (id, now) = (sale.record().id.clone(), invocation.now);
    match shop.deliver(sale.record(), begun, invocation).await? {
        Delivery::Done { id: done } => {
            let delivered = delivered(sale.record(), &settled, &done);
            let work = sale.record().work.clone().done(&done);
            let closed = cashier.store.close_done(sale, work, settled.clone(), delivered).await;
            granted_or_owed(cashier, &id, closed, settled, now).await
        }
        Delivery::Impossible { changes, why } => {
            warn!(payment = ?id, "paid, and what it is for cannot be done");
            owe(cashier, sale, settled, RefundReason::Undeliverable, changes, why, now).await
        }
        Delivery::Unknown { until } => {
            let left = until.as_second() - invocation.current().as_second();
            match cashier.store.defer(sale, until).await {
                Ok(()) | Err(NotStepped::Fault(_)) => {
                    Ok(Finished::Undelivered { retry_after: u64::try_from(left).unwrap_or(0).max(1) })
                }
                Err(_) => overtaken(cashier, &id).await,
            }
        }
    }
}

async fn granted_or_owed(
    cashier: &Cashier,
    id: &PaymentId,
    closed: Result<Record, (Sale<Settling>, NotStepped)>,
    settled: Settled,
    now: Timestamp,
) -> Result<Finished, Fault> {
    match closed {
        Ok(record) => {
            count_granted(&record);
            Ok(Finished::Granted(Box::new(record)))
        }
        Err((_, NotStepped::Overtaken)) => overtaken(cashier, id).await,
        Err((sale, NotStepped::Lost(lost))) => {
            error!(payment = ?id, hurdle = ?lost.hurdle, "paid, but what was held for it is gone");
            owe(cashier, sale, settled, RefundReason::ProductGone, Changes::none(), None, now).await
        }
        Err((_, NotStepped::Fault(fault))) => Err(fault.into()),
    }
}

/// What a sale has come to by another's hand, who ends in this file too.
async fn overtaken(cashier: &Cashier, id: &PaymentId) -> Result<Finished, Fault> {
    match cashier.store.sale(id).await? {
        Some(record) if record.state == State::Closed => Ok(Finished::Granted(Box::new(record))),
        Some(record) if record.refund.is_some() => Ok(Finished::Owed { why: None }),
        Some(record) => Ok(Finished::Doubt(record.work)),
        None => Err(Fault::Broken("a sale has vanished")),
    }
}

/// Ends a sale that is paid and bought nothing.
async fn owe(
    cashier: &Cashier,
    sale: Sale<Settling>,
    settled: Settled,
    reason: RefundReason,
    changes: Changes,
    why: Option<Refusal>,
    now: Timestamp,
) -> Result<Finished, Fault> {
    let endpoint = sale.record().work.kind().counted_as();
    match cashier.store.close_owing(sale, settled, reason, changes, now).await {
        Ok(_) => {
            count(endpoint, "returned");
            Ok(Finished::Owed { why })
        }
        Err(NotStepped::Fault(fault)) => Err(fault.into()),
        Err(NotStepped::Lost(_)) => Err(Fault::Broken("what was not delivered is not there to be let go")),
        Err(NotStepped::Overtaken) => Err(Fault::Broken("another attempt has overtaken this one")),
    }
}

/// Voids an unpaid sale, and then undoes what was done for it: what is undone and not void could
/// still be paid for. Says whether the same signature is spent: it was declined, or a phone has
/// rung for it, so it cannot be used for another call.
async fn let_go(
    cashier: &Cashier,
    undo: &impl Undo,
    sale: Sale<Settling>,
    blame: Blame,
    invocation: &Invocation,
) -> Result<bool, Fault> {
    let work = sale.record().work.clone();
    let spent = blame != Blame::Facilitator || matches!(&work, Work::Call(call) if call.placed.is_some());
    let released = released(sale.record(), blame, invocation.now)?;
    match cashier.store.give_up(sale, released, spent).await {
        Ok(_) => count(work.kind().counted_as(), blame.counted_as()),
        Err(NotStepped::Overtaken) => return Err(Fault::Broken("another attempt has overtaken this one")),
        Err(NotStepped::Lost(_)) => return Err(Fault::Broken("an unpaid sale that cannot be given up")),
        Err(NotStepped::Fault(fault)) => return Err(fault.into()),
    }
    undo.undo(&work, invocation).await;
    Ok(spent)
}

/// Leaves a sale whose outcome is unknown to the next look. A call does not go on for long
/// meanwhile.
async fn doubt(
    cashier: &Cashier,
    undo: &impl Undo,
    sale: Sale<Settling>,
    (contested, answered): (bool, bool),
    invocation: &Invocation,
) -> Result<Finished, Fault> {
    let (record, now) = (sale.record(), invocation.now);
    let work = record.work.clone();
    count(work.kind().counted_as(), "unknown");
    warn!(payment = ?record.id, contested, "the outcome of a payment is unknown");
    let next = now.saturating_add(pause(record.created_at, now)).map_err(StoreFault::from)?;
    // The first repeat carries on at once.
    let rest = if record.doubted { REST } else { Duration::ZERO };
    let rests_until = invocation.current().saturating_add(rest).map_err(StoreFault::from)?;
    let waits = Doubt { contested, answered, rings: false, now, rests_until, next };
    let Work::Call(call @ work::Call { placed: Some(_), .. }) = &work else {
        return Ok(park(cashier, sale, waits).await);
    };
    let talks_until = record.created_at.saturating_add(UNPAID_TALK).map_err(StoreFault::from)?;
    if now < talks_until {
        let waits = Doubt { rings: true, next: next.min(talks_until), ..waits };
        return Ok(park(cashier, sale, waits).await);
    }
    if record.stopped || undo.is_over(&work, invocation).await {
        return Ok(park(cashier, sale, waits).await);
    }
    // Written down first: a call that we cut short could still be paid for.
    match cashier.store.park_and_stop(sale, call, waits).await {
        Ok(()) => {
            warn!(call = ?call.id, "a call was stopped, since it is not known whether it is paid");
            undo.undo(&work, invocation).await;
            Ok(Finished::Doubt(work))
        }
        Err((sale, NotStepped::Lost(_))) => Ok(park(cashier, sale, waits).await),
        Err((_, NotStepped::Overtaken | NotStepped::Fault(_))) => Ok(Finished::Doubt(work)),
    }
}

async fn park(cashier: &Cashier, sale: Sale<Settling>, doubt: Doubt) -> Finished {
    let work = sale.record().work.clone();
    match cashier.store.park(sale, doubt).await {
        // If it cannot be parked it stays busy for a minute, and is found by the reaper all the
        // same.
        Ok(()) | Err(_) => Finished::Doubt(work),
    }
}

/// How long a doubt that has begun then rests after a look that ended in nothing.
fn pause(begun: Timestamp, now: Timestamp) -> Duration {
    let age = Duration::try_from(now.duration_since(begun)).unwrap_or_default();
    age.clamp(SOON, if age < OLD { SELDOM } else { RARELY })
}

fn count(endpoint: &'static str, result: &'static str) {
    telemetry::add(&SALES, 1, [endpoint.into(), result.into()]);
}

/// Counted where the sale is closed, so that each is counted once, whichever request or round
/// finishes it.
fn count_granted(record: &Record) {
    let endpoint = record.work.kind().counted_as();
    if record.credit().is_some() {
        return count(endpoint, "credit");
    }
    count(endpoint, "granted");
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or(0)
}
