//! The 402: what is asked for, and on Solana by whose leave. It refuses to know why it is sent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;

use super::{Endpoint, Paid, VERIFY_RESERVE};
use crate::api;
use crate::edge::{self, Answer};
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::types::SolanaAddress;
use crate::x402::headers::PAYMENT_REQUIRED;
use crate::x402::{Demand, Listing, demand};

/// The reason where there was no payment at all.
pub(super) const UNPAID: &str = "payment_required";
/// How long it may take to say whose signature a Solana transaction begins with. Whoever asks for the price is waiting.
const SUPPORTED: Duration = Duration::from_secs(2);

/// The 402 to a request without a payment: the same for everybody, and the most frequent answer; with the fee payer that it
/// names.
#[derive(Default)]
pub(super) struct Kept(Mutex<Option<(Option<SolanaAddress>, Arc<Demand>)>>);

impl Kept {
    fn or(&self, fee_payer: Option<SolanaAddress>, make: impl FnOnce() -> Demand) -> Arc<Demand> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((named, demand)) if *named == fee_payer => Arc::clone(demand),
            _ => {
                let demand = Arc::new(make());
                *kept = Some((fee_payer, Arc::clone(&demand)));
                demand
            }
        }
    }
}

/// What directories are told: only what a body is checked by, since whoever is told the price is told this too.
pub(super) fn listing(endpoint: &api::Endpoint) -> Listing {
    let schema = api::body_of(endpoint.request, false);
    Listing::new(endpoint.method.as_str(), &api::sample_of(endpoint.request), &schema, &api::sample_of(endpoint.answer))
}

impl<E: Endpoint> Paid<E> {
    pub(super) async fn demand(
        &self,
        reason: String,
        message: String,
        ignored: &[String],
        invocation: &Invocation,
    ) -> Answer {
        let fee_payer = self.fee_payer(invocation).await;
        let first_time = reason == UNPAID;
        let code = reason.clone();
        let refusal = Refusal::PaymentRequired { reason, message };
        let make = || {
            let message = refusal.facts().message;
            demand(&self.terms, &E::ENDPOINT.offer(), &self.listing, fee_payer, &code, &message, ignored)
        };
        // What names a caller's own fields is for this caller alone.
        let demand = if first_time && ignored.is_empty() { self.unpaid.or(fee_payer, make) } else { Arc::new(make()) };
        let answer = demanded(&refusal, &demand);
        if first_time { Answer { outcome: edge::UNPAID, ..answer } } else { answer }
    }

    /// Asked for only where we are paid on Solana.
    async fn fee_payer(&self, invocation: &Invocation) -> Option<SolanaAddress> {
        let network = self.terms.solana()?;
        let limit = invocation.at_most(SUPPORTED, VERIFY_RESERVE);
        self.cashier.facilitator.fee_payer(network, invocation.now, limit).await
    }
}

fn demanded(refusal: &Refusal, demand: &Demand) -> Answer {
    let header = HeaderValue::from_str(&demand.header).map(|value| (PAYMENT_REQUIRED, value));
    Answer::refusal_with(refusal, demand.body.clone(), header.into_iter().collect())
}
