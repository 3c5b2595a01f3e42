//! What is free for the wallet that signs in: what is its own. Whose it is, is known by a signature
//! alone, so nothing is read for a wallet before its signature was found to be good, and nothing is
//! written at all.
//!
//! Without the header the answer is a 402 that asks for no money and says what to sign; with one
//! that will not do it is a 401.
//!
//! - `docs/decisions.md`: Why is a rejected sign-in a 401, and not the challenge again?
//! - `docs/decisions.md`: Why may a sign-in be shown twice?
//! - `docs/decisions.md`: Why is there no session?

use std::iter;

use lambda_http::Request;
use serde::Serialize;

use crate::api;
use crate::body;
use crate::edge::{self, Answer, Handler, Served, SigningIn};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::x402::Caller;

/// What a wallet's owner reads before signing.
const STATEMENT: &str = "Sign in to see your own numbers and calls.";
/// What a client is told that has not signed in: its client may do so unasked.
const ASKED: &str = "Sign in with your wallet: sign what extensions.sign-in-with-x.info says, and repeat the request with it in the \
                     header SIGN-IN-WITH-X. Nothing is to be paid.";

/// An endpoint that a wallet signs in for: `GET`.
pub trait SignedInEndpoint: Send + Sync + 'static {
    /// What is shown, and where.
    const ENDPOINT: &'static api::Endpoint;
    /// What is asked for, parsed.
    type Ask: Send + Sync;
    /// The body of a success.
    type Answer: Serialize;

    /// Reads what stands in the address.
    fn ask(&self, parameters: &[(&str, &str)]) -> Result<Self::Ask, Refusal>;

    /// Finds what the caller has. It reads, and changes nothing: who has seen a sign-in could
    /// repeat it.
    fn find(
        &self,
        caller: &Caller,
        ask: Self::Ask,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Self::Answer, Refusal>> + Send;
}

/// An endpoint behind its edge.
pub struct SignedIn<E> {
    endpoint: E,
    sign_in: SigningIn,
}

impl<E: SignedInEndpoint> SignedIn<E> {
    /// Reads where wallets sign in, and builds the endpoint.
    pub fn from_env(env: &mut Env, build: impl FnOnce(&mut Env) -> E) -> Self {
        let sign_in = SigningIn::new(env.public_url(), env.networks(), STATEMENT);
        Self { endpoint: build(env), sign_in }
    }

    async fn serve(&self, request: &Request, invocation: &Invocation) -> Result<Answer, Refusal> {
        let Some(caller) = self.sign_in.caller(E::ENDPOINT, request, invocation.now)? else {
            return Ok(self.sign_in.challenge(E::ENDPOINT, request, ASKED, invocation));
        };
        let parameters: Vec<_> = edge::parameters(request).collect();
        let ask = self.endpoint.ask(&parameters)?;
        let found = self.endpoint.find(&caller, ask, invocation).await?;
        let ignored = body::ignored(E::ENDPOINT, &[], parameters.into_iter());
        Ok(Answer::ok_but_for(&ignored, &found, Vec::new(), "ok"))
    }
}

impl<E: SignedInEndpoint> Handler for SignedIn<E> {
    const NAME: &'static str = E::ENDPOINT.name;

    fn serves() -> impl Iterator<Item = Served> {
        iter::once(Served::of(E::ENDPOINT))
    }

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        self.serve(&request, &invocation).await.unwrap_or_else(|refusal| Answer::refusal(&refusal))
    }
}
