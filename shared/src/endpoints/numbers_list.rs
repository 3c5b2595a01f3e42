//! `POST /api/v1/phone/numbers/list`, $0.001: the active numbers of the calling wallet.

use crate::api::{self, NUMBERS_LIST};
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::paid::{Endpoint, Paid};
use crate::refusal::Refusal;
use crate::sale::{Stop, Undo};
use crate::store::numbers::Lease;
use crate::store::sales::{Claimed, NewSale, Record, Sale, Settling};
use crate::store::work::Listing;
use crate::store::{Changes, Pause, Store, Work};
use crate::types::Run;
use crate::x402::Caller;
use crate::{body, leases};
use serde::Serialize;
use serde_json::{Value, json};

use super::listed::Listed;

struct NumbersList {
    store: Store,
}

#[derive(Serialize)]
struct Response {
    wallet: String,
    numbers: Vec<Listed>,
    count: usize,
    transaction: String,
}

impl Endpoint for NumbersList {
    const ENDPOINT: &'static api::Endpoint = &NUMBERS_LIST;
    const FOREIGN: bool = false;
    const PAUSED_BY: Pause = Pause::All;
    type Ask = ();
    type Plan = Vec<Lease>;
    type Answer = Response;

    /// Nothing is asked: the wallet is known by its payment.
    fn ask(&self, bytes: &[u8]) -> Result<(), Refusal> {
        body::read(&NUMBERS_LIST, bytes).map(drop)
    }

    fn essence((): &()) -> Value {
        json!([])
    }

    async fn plan(&self, caller: &Caller, (): &(), _: Run, invocation: &Invocation) -> Result<Vec<Lease>, Refusal> {
        Ok(leases::active(self.store.leases(caller.wallet()).await?, invocation.now))
    }

    async fn fulfil(&self, sale: NewSale, (): &(), active: Vec<Lease>, _: &Invocation) -> Result<Sale<Settling>, Stop> {
        let work = Work::List(Listing { numbers: active.iter().map(Lease::listed).collect() });
        match self.store.claim(sale, work, Changes::none()).await? {
            Claimed::Ours(sale) => Ok(sale),
            Claimed::Rehearsed(work) => Err(Stop::Rehearsed(work.into())),
            Claimed::Earlier(record) => Err(Stop::Earlier(record)),
            Claimed::Lost(_) => Err(Stop::Refuse(Refusal::PaymentInProgress { retry_after: 1 })),
        }
    }

    /// As things stood when the sale began, also when it is asked for again.
    fn answer(record: &Record) -> Option<Response> {
        let Work::List(Listing { numbers }) = &record.work else { return None };
        let payer = record.signed.payer;
        let numbers: Vec<_> =
            numbers.iter().map(|listed| Listed::on(payer.network(), listed, record.created_at)).collect();
        Some(Response {
            wallet: payer.to_string(),
            count: numbers.len(),
            numbers,
            transaction: record.settled.as_ref()?.transaction.clone()?,
        })
    }
}

impl Undo for NumbersList {
    async fn undo(&self, _: &Work, _: &Invocation) {}
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    Paid::from_env(env, |_, store| NumbersList { store })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
