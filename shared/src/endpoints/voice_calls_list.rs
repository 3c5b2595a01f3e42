//! `POST /api/v1/voice/calls/list`, $0.001: the calls of the paying wallet, newest first.
//!
//! `docs/decisions.md`: Why is a list of calls kept with its sale?

use crate::api::{self, VOICE_CALLS_LIST};
use crate::body;
use crate::calls::cursor::Cursor;
use crate::calls::list::Wanted;
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::paid::{Endpoint, Paid};
use crate::refusal::Refusal;
use crate::sale::{Stop, Undo};
use crate::store::sales::{Claimed, NewSale, Record, Sale, Settling};
use crate::store::work::CallListing;
use crate::store::{Changes, Pause, Store, Work};
use crate::types::call::Status;
use crate::types::{PhoneNumber, Run};
use crate::x402::Caller;
use serde::Serialize;
use serde_json::{Value, json};

use super::listed_calls::{Listed, page, wanted};

struct VoiceCallsList {
    store: Store,
}

#[derive(Serialize)]
struct Response {
    wallet: String,
    calls: Vec<Listed>,
    count: usize,
    next_cursor: Option<String>,
    transaction: String,
}

impl Endpoint for VoiceCallsList {
    const ENDPOINT: &'static api::Endpoint = &VOICE_CALLS_LIST;
    const FOREIGN: bool = false;
    const PAUSED_BY: Pause = Pause::All;
    type Ask = Wanted;
    type Plan = CallListing;
    type Answer = Response;

    /// Whose list it is, is known by the payment; that a cursor was written here is known without
    /// it.
    fn ask(&self, bytes: &[u8]) -> Result<Wanted, Refusal> {
        wanted(&mut body::read(&VOICE_CALLS_LIST, bytes)?)
    }

    fn essence(ask: &Wanted) -> Value {
        let Wanted { limit, number, status, since, cursor } = ask;
        json!([
            limit,
            number.as_ref().map(PhoneNumber::as_str),
            status.map(Status::as_str),
            since.map(|since| since.to_string()),
            cursor.as_ref().map(Cursor::text),
        ])
    }

    async fn plan(
        &self,
        caller: &Caller,
        ask: &Wanted,
        _: Run,
        invocation: &Invocation,
    ) -> Result<CallListing, Refusal> {
        page(&self.store, caller.wallet(), ask, invocation.now).await
    }

    async fn fulfil(
        &self,
        sale: NewSale,
        _: &Wanted,
        page: CallListing,
        _: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        match self.store.claim(sale, Work::Calls(page), Changes::none()).await? {
            Claimed::Ours(sale) => Ok(sale),
            Claimed::Rehearsed(work) => Err(Stop::Rehearsed(work.into())),
            Claimed::Earlier(record) => Err(Stop::Earlier(record)),
            Claimed::Lost(_) => Err(Stop::Refuse(Refusal::PaymentInProgress { retry_after: 1 })),
        }
    }

    /// As things stood when the sale began, also when it is asked for again.
    fn answer(record: &Record) -> Option<Response> {
        let Work::Calls(CallListing { calls, next }) = &record.work else { return None };
        Some(Response {
            wallet: record.signed.payer.to_string(),
            count: calls.len(),
            calls: calls.iter().map(Listed::from).collect(),
            next_cursor: next.clone(),
            transaction: record.settled.as_ref()?.transaction.clone()?,
        })
    }
}

impl Undo for VoiceCallsList {
    async fn undo(&self, _: &Work, _: &Invocation) {}
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    Paid::from_env(env, |_, store| VoiceCallsList { store })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
