//! Wallets that sign in: who has, and what one is asked to sign that has not. It refuses to know
//! what they are shown.

use http::HeaderValue;
use lambda_http::{Request, RequestExt};

use super::Answer;
use crate::api::{self, codes};
use crate::invocation::Invocation;
use crate::types::{Network, Timestamp};
use crate::x402::headers::PAYMENT_REQUIRED;
use crate::x402::sign_in::{Purpose, Words};
use crate::x402::{Caller, Demand, NotSignedIn, SignIn};

/// The desk at which wallets sign in, as the edge sees it.
pub struct SigningIn(SignIn);

impl SigningIn {
    /// At this origin, for wallets of these networks, the preferred first, and for what this
    /// statement says.
    pub fn new(origin: String, networks: Vec<Network>, statement: &'static str) -> Self {
        Self(SignIn::new(origin, networks, statement))
    }

    /// The wallet that has signed in for this request, if one has tried to.
    pub fn caller(
        &self,
        endpoint: &'static api::Endpoint,
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<Caller>, NotSignedIn> {
        self.0.caller(request.headers(), asked_at(endpoint, request), now)
    }

    /// A 402 without a price. Its nonce is this attempt's name: 128 random bits, of which nothing
    /// is remembered.
    pub fn challenge(
        &self,
        endpoint: &'static api::Endpoint,
        request: &Request,
        message: &str,
        invocation: &Invocation,
    ) -> Answer {
        let purpose = Purpose { path: asked_at(endpoint, request), title: endpoint.title };
        let words = Words { code: codes::SIGN_IN_REQUIRED.name, message };
        let nonce = invocation.attempt.as_str();
        let Demand { header, body } = self.0.challenge(&purpose, &words, nonce, invocation.now);
        // Base64 is always valid in a header, and JSON is text.
        let header = HeaderValue::try_from(header).ok().map(|value| (PAYMENT_REQUIRED, value));
        Answer::prepared(&codes::SIGN_IN_REQUIRED, String::from_utf8(body).unwrap_or_default(), header)
    }
}

/// Which of its two addresses a request was sent to: what is signed for one is not good at the
/// other.
fn asked_at(endpoint: &'static api::Endpoint, request: &Request) -> &'static str {
    if request.raw_http_path() == endpoint.alias { endpoint.alias } else { endpoint.path }
}
