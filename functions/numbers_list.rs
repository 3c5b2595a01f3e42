//! `POST /api/v1/phone/numbers/list`, $0.001: the active numbers of the calling wallet.

use serde::Serialize;
use serde_json::{Value, json};
use shared::api::{self, NUMBERS_LIST};
use shared::edge::Handler;
use shared::env::Env;
use shared::invocation::Invocation;
use shared::paid::{Endpoint, Paid, chain};
use shared::refusal::Refusal;
use shared::sale::{Stop, Undo};
use shared::store::numbers::Lease;
use shared::store::sales::{Claimed, NewSale, Record, Sale, Settling};
use shared::store::{Changes, Pause, Store, Work};
use shared::types::{Wallet, rfc3339, whole_days};
use shared::{body, edge, leases};

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

#[derive(Serialize)]
struct Listed {
    phone_number: String,
    country: String,
    expires_at: String,
    /// Whole days, rounded down.
    days_remaining: u64,
    chain: &'static str,
    active: bool,
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

    async fn plan(&self, payer: &Wallet, (): &(), invocation: &Invocation) -> Result<Vec<Lease>, Refusal> {
        Ok(leases::active(self.store.leases(payer).await?, invocation.now))
    }

    async fn fulfil(&self, sale: NewSale, (): &(), active: Vec<Lease>, _: &Invocation) -> Result<Sale<Settling>, Stop> {
        let work = Work::List { numbers: active.iter().map(Lease::listed).collect() };
        match self.store.claim(sale, work, Changes::none()).await? {
            Claimed::Ours(sale) => Ok(sale),
            Claimed::Earlier(record) => Err(Stop::Earlier(record)),
            Claimed::Lost(_) => Err(Stop::Refuse(Refusal::PaymentInProgress { retry_after: 1 })),
        }
    }

    /// As things stood when the sale began, also when it is asked for again.
    fn answer(record: &Record) -> Option<Response> {
        let Work::List { numbers } = &record.work else { return None };
        let payer = record.signed.payer;
        let numbers: Vec<Listed> = numbers
            .iter()
            .map(|listed| Listed {
                phone_number: listed.number.as_str().to_owned(),
                country: listed.country.to_string(),
                expires_at: rfc3339(listed.expires_at),
                days_remaining: whole_days(record.created_at, listed.expires_at),
                chain: chain(payer.network()),
                active: true,
            })
            .collect();
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
pub(crate) fn handler(env: &mut Env) -> impl Handler + use<> {
    Paid::from_env(env, |_, store| NumbersList { store })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
