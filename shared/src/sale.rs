//! A sale from the fence to its end: settle, then grant and close, or undo and void, or doubt. A request, its retry and
//! the sweep all end here, and it needs nothing but the record.
//!
//! It refuses to know which endpoint sells, and who is waiting for the answer.

mod evidence;

use std::time::Duration;

use tracing::{error, warn};

use crate::invocation::Invocation;
use crate::leases;
use crate::limits::Limit;
use crate::refusal::{Fault, Refusal};
use crate::store::sales::{NotStepped, Record, Sale, Settled, Settling, Signed};
use crate::store::{Changes, State, Store, Work, calls, limits, numbers};
use crate::telemetry;
use crate::telemetry::metrics::{MONEY_IN, SALES};
use crate::types::{PaymentId, Timestamp, Wallet};
use crate::x402::{
    Authorization, Facilitator, Nodes, Payload, Quote, SignedAuthorization, Transfer, Verified, Version,
};
pub use evidence::truth;
use evidence::{Evidence, evidence, waited_until};

/// When the sweep looks again at a sale whose outcome is unknown: soon while it can still settle, seldom after.
const SOON: Duration = Duration::from_secs(15);
const SELDOM: Duration = Duration::from_mins(5);

/// Those who know about money.
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
    /// Undoes it as far as it can be; what fails here is left to the sweep.
    fn undo(&self, work: &Work, invocation: &Invocation) -> impl Future<Output = ()> + Send;
}

/// Why a sale did not come to the fence.
pub enum Stop {
    /// It is refused, and nothing is left of it.
    Refuse(Refusal),
    /// Another request with this payment, or under this name, was quicker.
    Earlier(Box<Record>),
    /// Another sale of this wallet has to come to its end first.
    Behind(Behind),
}

/// A sale of the same wallet that stands in the way of another.
pub struct Behind {
    /// Which.
    pub sale: PaymentId,
    /// Of what there is one too many until it has ended.
    pub limit: Limit,
}

impl<R: Into<Refusal>> From<R> for Stop {
    fn from(refusal: R) -> Self {
        Self::Refuse(refusal.into())
    }
}

/// How a sale ended.
pub enum Finished {
    /// Paid and granted.
    Granted(Box<Record>),
    /// Not paid, and undone. This signature will not be used again.
    Declined {
        /// The facilitator's word for it.
        reason: String,
    },
    /// Paid, and what had been held for it is gone: the money goes back.
    Owed,
    /// The facilitator was never reached: not paid, and undone.
    NotSent {
        /// The same signature cannot try again.
        spent: bool,
    },
    /// Unknown. Product and sale are held until somebody knows.
    Doubt(Work),
}

/// Whether this process has made the fence itself, so that nothing can have been settled yet.
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
    undo: &impl Undo,
    sale: Sale<Settling>,
    sent: Sent,
    invocation: &Invocation,
) -> Result<Finished, Fault> {
    if sale.record().credit().is_some() {
        // It was taken off the wallet's credit with the claim; the payment is never sent.
        return grant(cashier, sale, None, invocation.now).await;
    }
    let payment = verified(sale.record())?;
    match evidence(cashier, sale.record(), &payment, sent, invocation).await {
        Evidence::Paid(transaction) => grant(cashier, sale, Some(transaction), invocation.now).await,
        Evidence::Unpaid(reason) => {
            let_go(cashier, undo, sale, Blame::Payer, invocation).await.map(|_| Finished::Declined { reason })
        }
        Evidence::NeverSent => {
            let_go(cashier, undo, sale, Blame::Nobody, invocation).await.map(|spent| Finished::NotSent { spent })
        }
        Evidence::Unknown { contested } => doubt(cashier, sale, contested, invocation).await,
    }
}

async fn grant(
    cashier: &Cashier,
    sale: Sale<Settling>,
    transaction: Option<String>,
    now: Timestamp,
) -> Result<Finished, Fault> {
    let id = sale.record().id.clone();
    let settled = Settled { transaction, at: now };
    let granted = granted(sale.record(), &settled);
    match cashier.store.close(sale, settled.clone(), granted).await {
        Ok(record) => {
            count_granted(&record);
            Ok(Finished::Granted(Box::new(record)))
        }
        // Whoever overtook us ends in this function too.
        Err((_, NotStepped::Overtaken)) => match cashier.store.sale(&id).await? {
            Some(record) if record.state == State::Closed => Ok(Finished::Granted(Box::new(record))),
            Some(record) if record.refund.is_some() => Ok(Finished::Owed),
            Some(record) => Ok(Finished::Doubt(record.work)),
            None => Err(Fault::Broken("a sale has vanished")),
        },
        Err((sale, NotStepped::Lost(lost))) => {
            error!(payment = ?id, change = lost.change, "paid, but what was held for it is gone");
            let endpoint = sale.record().work.endpoint();
            match cashier.store.close_owing(sale, settled, now).await {
                Ok(_) => {
                    count(endpoint, "returned");
                    Ok(Finished::Owed)
                }
                Err(NotStepped::Fault(fault)) => Err(fault.into()),
                Err(_) => Err(Fault::Broken("another attempt has overtaken this one")),
            }
        }
        Err((_, NotStepped::Fault(fault))) => Err(fault.into()),
    }
}

/// Voids an unpaid sale, and then undoes what was done for it: what is undone and not void could still be paid for. Says
/// whether the same signature is spent: it was declined, or a phone has rung for it, so it cannot be used for another call.
async fn let_go(
    cashier: &Cashier,
    undo: &impl Undo,
    sale: Sale<Settling>,
    blame: Blame,
    invocation: &Invocation,
) -> Result<bool, Fault> {
    let work = sale.record().work.clone();
    let spent = blame == Blame::Payer || matches!(work, Work::Call { .. });
    let released = released(sale.record(), blame, invocation.now);
    match cashier.store.give_up(sale, released, spent).await {
        Ok(_) => count(work.endpoint(), if blame == Blame::Payer { "declined" } else { "not_sent" }),
        Err(NotStepped::Overtaken) => return Err(Fault::Broken("another attempt has overtaken this one")),
        Err(NotStepped::Lost(_)) => return Err(Fault::Broken("an unpaid sale that cannot be given up")),
        Err(NotStepped::Fault(fault)) => return Err(fault.into()),
    }
    undo.undo(&work, invocation).await;
    Ok(spent)
}

async fn doubt(
    cashier: &Cashier,
    sale: Sale<Settling>,
    contested: bool,
    invocation: &Invocation,
) -> Result<Finished, Fault> {
    let record = sale.record();
    let work = record.work.clone();
    let pause = if waited_until(record) <= seconds(invocation.current()) { SELDOM } else { SOON };
    let next = invocation.now.saturating_add(pause).map_err(|_| Fault::Broken("an instant beyond the calendar"))?;
    count(work.endpoint(), "unknown");
    warn!(payment = ?record.id, contested, "the outcome of a payment is unknown");
    match cashier.store.park(sale, contested, invocation.now, next).await {
        // If it cannot be parked it stays busy for a minute, and is found by the sweep all the same.
        Ok(()) | Err(_) => Ok(Finished::Doubt(work)),
    }
}

fn count(endpoint: &'static str, result: &'static str) {
    telemetry::add(&SALES, 1, [endpoint.into(), result.into()]);
}

/// Counted where the sale is closed, so that each is counted once, whoever finishes it.
fn count_granted(record: &Record) {
    let endpoint = record.work.endpoint();
    if record.credit().is_some() {
        return count(endpoint, "credit");
    }
    count(endpoint, "granted");
    let network = record.signed.payer.network().caip2();
    telemetry::add(&MONEY_IN, record.signed.amount.atomic(), [endpoint.into(), network.into()]);
}

/// What a paid sale is granted: pure, from the work to the changes that stand in the write that closes the sale.
fn granted(record: &Record, settled: &Settled) -> Changes {
    let (sale, wallet) = (&record.id, &record.signed.payer);
    let paid = Record { settled: Some(settled.clone()), ..record.clone() };
    match (&record.work, leases::ends_at(&paid)) {
        (Work::Lease { number, country, .. }, Some(ends)) => numbers::lease(number, *country, wallet, sale, ends),
        (Work::Renew { number, .. }, Some(ends)) => numbers::extend(number, wallet, sale, ends),
        (Work::Call { call, .. }, _) => calls::charged(call, wallet, sale, settled.transaction.as_deref()),
        _ => Changes::none(),
    }
}

/// Whose doing it is that a phone rang and was not paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Blame {
    /// The payment was declined. The payer pauses.
    Payer,
    /// The facilitator was not there.
    Nobody,
}

/// What an unpaid sale lets go: pure, likewise.
fn released(record: &Record, blame: Blame, now: Timestamp) -> Changes {
    let (sale, wallet) = (&record.id, &record.signed.payer);
    match &record.work {
        // A number that was bought and not paid for counts for its wallet: who does that ten times a day has had enough.
        Work::Lease { number, country, .. } if blame == Blame::Payer => numbers::pool(number, *country, sale, now),
        Work::Lease { number, country, .. } => {
            numbers::pool(number, *country, sale, now).and(limits::not_sold(wallet, sale))
        }
        Work::Renew { number, .. } => numbers::let_go(number, wallet, sale),
        Work::Call { call, placed: Some(placed), .. } => match blame {
            Blame::Payer => calls::unpaid(call, wallet, sale, placed, now),
            Blame::Nobody => calls::withdrawn(call, wallet, sale, placed, record.credit(), now),
        },
        Work::Call { call, to, placed: None, cost, .. } => {
            calls::not_dialled(call, wallet, sale, record.credit()).and(limits::undone(call, wallet, to, cost.as_ref()))
        }
        Work::List { .. } | Work::Nothing => Changes::none(),
    }
}

/// The payment as it was verified when the record was written.
pub fn verified(record: &Record) -> Result<Verified, Fault> {
    let signed = &record.signed;
    let quote = Quote {
        pay_to: signed.to,
        amount: signed.amount,
        resource: signed.resource.clone(),
        description: signed.description.clone().into(),
    };
    let payload = match (signed.payer, signed.to) {
        (Wallet::Evm { network, address }, Wallet::Evm { address: to, .. }) => Payload::Evm(SignedAuthorization {
            network,
            authorization: Authorization {
                from: address,
                to,
                value: signed.amount,
                valid_after: signed.valid_after,
                valid_before: signed.valid_before,
                nonce: signed.nonce,
            },
            signature: signed.signature.clone(),
        }),
        (Wallet::Solana { network, .. }, Wallet::Solana { .. }) => {
            let transfer = Transfer::read(network, signed.signature.clone(), signed.valid_after);
            Payload::Solana(transfer.map_err(|_| Fault::Broken("a recorded transaction that is none"))?)
        }
        _ => return Err(Fault::Broken("a payment from one rail to the other")),
    };
    let version = if signed.version == 1 { Version::V1 } else { Version::V2 };
    Ok(Verified::restore(quote, payload, version))
}

/// Whether a record is of this very payment, its signature included.
pub fn is_recorded(record: &Record, payload: &Payload) -> bool {
    let Payload::Evm(SignedAuthorization { network, authorization, signature }) = payload else { return false };
    let Authorization { from, to, value, valid_after, valid_before, nonce } = *authorization;
    let wallet = |address| Wallet::Evm { network: *network, address };
    record.signed.is_the_same_as(&Signed {
        payer: wallet(from),
        to: wallet(to),
        amount: value,
        valid_after,
        valid_before,
        nonce,
        signature: signature.clone(),
        ..record.signed.clone()
    })
}

/// The payment as a record keeps it.
pub fn signed(payment: &Verified) -> Signed {
    let (valid_after, valid_before, nonce, signature) = match payment.payload() {
        Payload::Evm(signed) => {
            let Authorization { valid_after, valid_before, nonce, .. } = signed.authorization;
            (valid_after, valid_before, nonce, signed.signature.clone())
        }
        Payload::Solana(transfer) => {
            let past = transfer.since.saturating_add(Transfer::LIFE);
            (transfer.since, past, transfer.message, transfer.transaction.clone())
        }
    };
    Signed {
        version: payment.version().number(),
        payer: payment.payer(),
        to: payment.quote().pay_to,
        amount: payment.quote().amount,
        valid_after,
        valid_before,
        nonce,
        signature,
        resource: payment.quote().resource.clone(),
        description: payment.quote().description.to_string(),
    }
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or(0)
}
