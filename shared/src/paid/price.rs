//! The 402: what is asked for, and on Solana by whose leave. It refuses to know why it is sent.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use lambda_http::{Request, RequestExt};

use super::{Endpoint, Paid, VERIFY_RESERVE};
use crate::api;
use crate::body;
use crate::edge::{self, Answer};
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::types::{Run, SolanaAddress};
use crate::x402::headers::PAYMENT_REQUIRED;
use crate::x402::{Demand, Listing, Offer, demand};

/// The reason where there was no payment at all.
pub(super) const UNPAID: &str = "payment_required";
/// How long it may take to say whose signature a Solana transaction begins with. The client is
/// waiting.
const SUPPORTED: Duration = Duration::from_secs(2);

/// The parts of a request that its 402 depends on.
pub(super) struct Asked {
    /// Where it was sent. A published client does not pay where a 402 names another address than it
    /// has asked.
    at: Cow<'static, str>,
    /// The names in its body and its address that nothing is made of.
    ignored: Vec<String>,
}

/// The longest query string that a 402 repeats.
const LONGEST_QUERY: usize = 512;

impl Asked {
    pub(super) fn of(endpoint: &'static api::Endpoint, request: &Request) -> Self {
        let path = if request.raw_http_path() == endpoint.alias { endpoint.alias } else { endpoint.path };
        let is_plain = |query: &&str| query.len() <= LONGEST_QUERY && query.bytes().all(|b| b.is_ascii_graphic());
        let at = match request.uri().query().filter(|query| !query.is_empty()).filter(is_plain) {
            Some(query) => Cow::Owned(format!("{path}?{query}")),
            None => Cow::Borrowed(path),
        };
        Self { at, ignored: body::ignored(endpoint, request.body(), edge::parameters(request)) }
    }
}

/// The 402 to a request without a payment: the same for all clients, and the most frequent answer;
/// one for each address.
#[derive(Default)]
pub(super) struct Kept {
    at_path: Slot,
    at_alias: Slot,
}

impl Kept {
    /// Where it is kept, if it says nothing that is for one caller alone.
    fn of(&self, asked: &Asked, endpoint: &api::Endpoint) -> Option<&Slot> {
        match &*asked.at {
            _ if !asked.ignored.is_empty() => None,
            path if path == endpoint.path => Some(&self.at_path),
            path if path == endpoint.alias => Some(&self.at_alias),
            _ => None,
        }
    }
}

/// A 402, with the fee payer that it names.
#[derive(Default)]
struct Slot(Mutex<Option<(Option<SolanaAddress>, Arc<Ready>)>>);

/// A 402 as it goes out.
struct Ready {
    header: Option<HeaderValue>,
    body: String,
    written: edge::Written,
}

impl From<Demand> for Ready {
    /// Base64 is always valid in a header, and JSON is text.
    fn from(Demand { header, body }: Demand) -> Self {
        let (header, body) = (HeaderValue::try_from(header).ok(), String::from_utf8(body).unwrap_or_default());
        Self { header, body, written: edge::Written::default() }
    }
}

impl Slot {
    fn or(&self, fee_payer: Option<SolanaAddress>, make: impl FnOnce() -> Demand) -> Arc<Ready> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((named, ready)) if *named == fee_payer => Arc::clone(ready),
            _ => {
                let ready = Arc::new(Ready::from(make()));
                *kept = Some((fee_payer, Arc::clone(&ready)));
                ready
            }
        }
    }
}

/// What directories are told: only what a body is checked by, since with the price this is told
/// too.
fn listing<E: Endpoint>(sells: &E) -> Listing {
    let endpoint = E::ENDPOINT;
    let schema = api::sold_in(api::body_of(endpoint.request, false), &sells.sold_in());
    Listing::new(endpoint.method.as_str(), &api::sample_of(endpoint.request), &schema, &api::sample_of(endpoint.answer))
}

impl<E: Endpoint> Paid<E> {
    pub(super) async fn demand(
        &self,
        reason: String,
        message: String,
        asked: &Asked,
        run: Run,
        invocation: &Invocation,
    ) -> Answer {
        let fee_payer = self.fee_payer(run, invocation).await;
        let first_time = reason == UNPAID;
        let make = || {
            let code = reason.clone();
            let message = Refusal::PaymentRequired { reason, message }.facts().message;
            let offer = Offer { path: &asked.at, ..E::ENDPOINT.offer() };
            let listing = self.listing.get_or_init(|| listing(&self.endpoint));
            demand(&self.terms, &offer, listing, fee_payer, &code, &message, &asked.ignored)
        };
        if !first_time {
            return demanded(&make().into());
        }
        let ready = match self.unpaid.of(asked, E::ENDPOINT) {
            Some(slot) => slot.or(fee_payer, make),
            None => Arc::new(make().into()),
        };
        Answer { outcome: edge::UNPAID, ..demanded(&ready) }
    }

    /// Asked for only where we are paid on Solana, and by no dry run.
    async fn fee_payer(&self, run: Run, invocation: &Invocation) -> Option<SolanaAddress> {
        let network = self.terms.solana()?;
        if run == Run::Dry {
            return self.cashier.facilitator.known_fee_payer(network, invocation.now);
        }
        let limit = invocation.at_most(SUPPORTED, VERIFY_RESERVE);
        self.cashier.facilitator.fee_payer(network, invocation.now, limit).await
    }
}

fn demanded(Ready { header, body, written }: &Ready) -> Answer {
    let header = header.clone().map(|value| (PAYMENT_REQUIRED, value));
    let mut answer = Answer::prepared(&api::codes::PAYMENT_REQUIRED, body.clone(), header);
    answer.response.extensions_mut().insert(written.clone());
    answer
}
