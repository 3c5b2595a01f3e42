//! What a sale grants and what it lets go: pure, from the work to the changes that stand in the
//! write that ends the sale.

use crate::leases;
use crate::store::sales::{Record, Settled};
use crate::store::work::{Call, Lease};
use crate::store::{Changes, Source, StoreFault, Work, books, calls, limits, numbers};
use crate::types::Timestamp;

/// What a paid sale is granted: pure, from the work to the changes that stand in the write that
/// closes the sale.
pub(super) fn granted(record: &Record, settled: &Settled, now: Timestamp) -> Changes {
    let (sale, wallet) = (&record.id, &record.signed.payer);
    let paid = Record { settled: Some(settled.clone()), ..record.clone() };
    match (&record.work, leases::ends_at(&paid)) {
        (Work::Lease(Lease { number, country, source, .. }), Some(ends)) => {
            let paid = limits::owed_for_no_longer(*source);
            numbers::lease(number, *country, wallet, sale, ends).and(paid)
        }
        (Work::Renew(renew), Some(ends)) => numbers::extend(&renew.number, wallet, sale, ends, now),
        (Work::Call(call), _) => {
            let placed = call.placed.as_deref();
            calls::charged(&call.id, wallet, sale, placed, settled.transaction.as_deref(), record.created_at)
        }
        (Work::Lease(_) | Work::Renew(_), None) | (Work::List(_) | Work::Calls(_) | Work::Nothing, _) => {
            Changes::none()
        }
    }
}

/// What a sale is granted that was paid before it was done: pure, likewise.
pub(super) fn delivered(record: &Record, settled: &Settled, done: &str) -> Changes {
    let (sale, wallet) = (&record.id, &record.signed.payer);
    let paid = Record { settled: Some(settled.clone()), ..record.clone() };
    match (&record.work, leases::ends_at(&paid)) {
        (Work::Lease(lease), Some(ends)) => {
            numbers::lease_ordered(&lease.number, lease.country, wallet, sale, ends, done)
        }
        (Work::Call(call), _) => {
            calls::dialled(&call.id, wallet, sale, done, settled.transaction.as_deref(), record.created_at)
        }
        (Work::Lease(_), None) | (Work::Renew(_) | Work::List(_) | Work::Calls(_) | Work::Nothing, _) => {
            Changes::none()
        }
    }
}

/// What is to blame where a phone rang and was not paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Blame {
    /// The payment was declined. The payer pauses.
    Payer,
    /// The facilitator was asked, and has named nothing that is wrong with the payment.
    Silence,
    /// The facilitator was not there.
    Facilitator,
}

impl Blame {
    /// The result as it is counted.
    pub(super) const fn counted_as(self) -> &'static str {
        match self {
            Self::Payer => "declined",
            Self::Silence => "lapsed",
            Self::Facilitator => "not_sent",
        }
    }
}

/// What an unpaid sale lets go: pure, likewise.
pub(super) fn released(record: &Record, blame: Blame, now: Timestamp) -> Result<Changes, StoreFault> {
    let (sale, wallet) = (&record.id, &record.signed.payer);
    Ok(match &record.work {
        Work::Lease(Lease { number, source: source @ Source::Order(_), .. }) => {
            let not_bought = limits::not_bought(wallet, sale, *source);
            numbers::forget_purchase(number, sale).and(not_bought)
        }
        // A number that was bought and not paid for counts for its wallet: who does that ten times
        // a day has had enough. What it cost stays counted, so that a day of silence has an end.
        Work::Lease(Lease { number, country, .. }) if blame != Blame::Facilitator => {
            numbers::pool(number, *country, sale, now).and(books::unsold(record, now)?)
        }
        Work::Lease(Lease { number, country, source, .. }) => numbers::pool(number, *country, sale, now)
            .and(books::unsold(record, now)?)
            .and(limits::not_sold(wallet, sale))
            .and(limits::owed_for_no_longer(*source)),
        Work::Renew(renew) => numbers::let_go(&renew.number, wallet, sale),
        Work::Call(Call { id: call, placed: Some(placed), .. }) => match blame {
            Blame::Payer => calls::unpaid(call, wallet, sale, placed, now),
            Blame::Silence | Blame::Facilitator => calls::withdrawn(call, wallet, sale, placed, record.credit(), now),
        },
        Work::Call(Call { id: call, to, placed: None, cost, .. }) => {
            let undone = limits::undone(call, wallet, to, cost.as_ref());
            calls::not_dialled(call, wallet, sale, record.credit(), record.created_at).and(undone)
        }
        Work::List(_) | Work::Calls(_) | Work::Nothing => Changes::none(),
    })
}
