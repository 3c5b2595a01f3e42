//! `POST /api/v1/phone/numbers/renew`, $5.00: thirty more days for an active number, counted from
//! its current end. Only its owner may.
//!
//! `docs/decisions.md`: Why is a renewal refused that has waited for another one?

use crate::api::{self, NUMBERS_RENEW};
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::leases::NotMeant;
use crate::limits::{Limit, Reached};
use crate::numbers::set_alarm;
use crate::paid::{Endpoint, Paid};
use crate::refusal::{Refusal, Renewed};
use crate::sale::{Behind, Stop, Undo};
use crate::store::numbers::{Lease, hold_lease};
use crate::store::sales::{Claimed, NewSale, Record, Sale, Settling};
use crate::store::work::Renew;
use crate::store::{Pause, Store, Work};
use crate::types::{PaymentId, PhoneNumber, Run, Timestamp, Wallet, rfc3339};
use crate::upstream::alarms::Alarms;
use crate::x402::Caller;
use crate::{body, leases};
use serde::Serialize;
use serde_json::{Value, json};

struct NumbersRenew {
    store: Store,
    alarms: Alarms,
}

#[derive(Serialize)]
struct Response {
    phone_number: String,
    expires_at: String,
    transaction: String,
}

impl Endpoint for NumbersRenew {
    const ENDPOINT: &'static api::Endpoint = &NUMBERS_RENEW;
    const FOREIGN: bool = false;
    const PAUSED_BY: Pause = Pause::All;
    type Ask = PhoneNumber;
    type Plan = Lease;
    type Answer = Response;

    fn ask(&self, bytes: &[u8]) -> Result<PhoneNumber, Refusal> {
        body::needed("phone_number", body::read(&NUMBERS_RENEW, bytes)?.phone_number("phone_number"))
    }

    fn essence(number: &PhoneNumber) -> Value {
        json!([number.as_str()])
    }

    async fn plan(
        &self,
        caller: &Caller,
        number: &PhoneNumber,
        run: Run,
        invocation: &Invocation,
    ) -> Result<Lease, Refusal> {
        let active = leases::active(self.store.leases(caller.wallet()).await?, invocation.now);
        match leases::meant(&active, Some(number)) {
            // Its client cannot have heard of that one, so it has not asked for one more.
            Ok(lease) if lease.renewed_at.is_some_and(|at| invocation.arrived < at) => {
                Err(overtaken(lease.number.clone(), lease.expires_at))
            }
            Ok(lease) => Ok(lease.clone()),
            // A wallet without any number is told whose this one is all the same: it may be its
            // own, too late.
            Err(NotMeant::None | NotMeant::NotYours | NotMeant::Ambiguous) => {
                Err(leases::not_yours(&self.store, number, &active, run, invocation.now).await)
            }
        }
    }

    /// The claim, the hold on the lease and the fence are one write: nothing foreign happens before
    /// settling.
    async fn fulfil(
        &self,
        sale: NewSale,
        number: &PhoneNumber,
        lease: Lease,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        if let Some(earlier) = lease.hold {
            return Err(behind(earlier));
        }
        let hold = hold_lease(&lease, &sale.signed.payer, &sale.id, invocation.now);
        let work = Renew { number: number.clone(), country: lease.country, expires_at: lease.expires_at };
        match self.store.claim(sale, Work::Renew(work), hold).await? {
            Claimed::Ours(sale) => Ok(sale),
            Claimed::Rehearsed(work) => Err(Stop::Rehearsed(work.into())),
            Claimed::Earlier(record) => Err(Stop::Earlier(record)),
            Claimed::Lost(lost) => match Lease::found(lost)? {
                Some(Lease { hold: Some(earlier), .. }) => Err(behind(earlier)),
                // Another one has moved its end meanwhile. Which end was meant is for the caller to
                // say.
                Some(Lease { number, expires_at, .. }) if expires_at > lease.expires_at => {
                    Err(Stop::Refuse(overtaken(number, expires_at)))
                }
                _ => Err(Stop::Refuse(Reached { limit: Limit::Renewal, retry_after: 1 }.into())),
            },
        }
    }

    async fn beside(&self, payer: &Wallet, work: &Work, invocation: &Invocation) {
        if let Work::Renew(Renew { number, expires_at, .. }) = work
            && let Ok(ends) = expires_at.checked_add(leases::TERM)
        {
            set_alarm(&self.alarms, payer, number, ends, invocation).await;
        }
    }

    fn answer(record: &Record) -> Option<Response> {
        let Work::Renew(Renew { number, .. }) = &record.work else { return None };
        Some(Response {
            phone_number: number.as_str().to_owned(),
            expires_at: rfc3339(leases::ends_at(record)?),
            transaction: record.settled.as_ref()?.transaction.clone()?,
        })
    }
}

/// The lease is held for another renewal.
fn behind(sale: PaymentId) -> Stop {
    Stop::Behind(Behind { sale, limit: Limit::Renewal, ended: Vec::new() })
}

/// Another renewal has been made since this one came.
fn overtaken(number: PhoneNumber, expires_at: Timestamp) -> Refusal {
    Refusal::RenewalInProgress { made: Renewed { number, expires_at, transaction: None } }
}

impl Undo for NumbersRenew {
    /// A hold is ours alone: letting it go is part of the write that voids the sale.
    async fn undo(&self, _: &Work, _: &Invocation) {}
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    Paid::from_env(env, |env, store| NumbersRenew { store, alarms: env.alarms() })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
