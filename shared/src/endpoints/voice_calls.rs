//! `GET /api/v1/voice/calls`, free: the calls of the wallet that signs in, newest first.

use crate::api::{self, VOICE_CALLS};
use crate::body;
use crate::calls::list::Wanted;
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::signed_in::{SignedIn, SignedInEndpoint};
use crate::store::Store;
use crate::store::work::CallListing;
use crate::x402::Caller;
use serde::Serialize;

use super::listed_calls::{Listed, page, wanted};

struct VoiceCalls {
    store: Store,
}

/// As the list that is paid for, but for the transaction: nothing was paid.
#[derive(Serialize)]
struct Response {
    wallet: String,
    calls: Vec<Listed>,
    count: usize,
    next_cursor: Option<String>,
}

impl SignedInEndpoint for VoiceCalls {
    const ENDPOINT: &'static api::Endpoint = &VOICE_CALLS;
    type Ask = Wanted;
    type Answer = Response;

    fn ask(&self, parameters: &[(&str, &str)]) -> Result<Wanted, Refusal> {
        wanted(&mut body::in_the_address(&VOICE_CALLS, parameters)?)
    }

    async fn find(&self, caller: &Caller, wanted: Wanted, invocation: &Invocation) -> Result<Response, Refusal> {
        let wallet = caller.wallet();
        let CallListing { calls, next } = page(&self.store, wallet, &wanted, invocation.now).await?;
        let calls: Vec<_> = calls.iter().map(Listed::from).collect();
        Ok(Response { wallet: wallet.to_string(), count: calls.len(), calls, next_cursor: next })
    }
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    SignedIn::from_env(env, |env| VoiceCalls { store: env.store() })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
