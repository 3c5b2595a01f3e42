//! `GET /api/v1/phone/numbers`, free: the active numbers of the wallet that signs in.

use crate::api::{self, NUMBERS};
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::leases;
use crate::refusal::Refusal;
use crate::signed_in::{SignedIn, SignedInEndpoint};
use crate::store::Store;
use crate::x402::Caller;
use serde::Serialize;

use super::listed::Listed;

struct Numbers {
    store: Store,
}

/// As the list that is paid for, but for the transaction: nothing was paid.
#[derive(Serialize)]
struct Response {
    wallet: String,
    numbers: Vec<Listed>,
    count: usize,
}

impl SignedInEndpoint for Numbers {
    const ENDPOINT: &'static api::Endpoint = &NUMBERS;
    type Ask = ();
    type Answer = Response;

    /// Nothing is asked: the wallet is known by its signature.
    fn ask(&self, _: &[(&str, &str)]) -> Result<(), Refusal> {
        Ok(())
    }

    async fn find(&self, caller: &Caller, (): (), invocation: &Invocation) -> Result<Response, Refusal> {
        let wallet = caller.wallet();
        let active = leases::active(self.store.leases(wallet).await?, invocation.now);
        let numbers: Vec<_> =
            active.iter().map(|lease| Listed::on(wallet.network(), &lease.listed(), invocation.now)).collect();
        Ok(Response { wallet: wallet.to_string(), count: numbers.len(), numbers })
    }
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    SignedIn::from_env(env, |env| Numbers { store: env.store() })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
