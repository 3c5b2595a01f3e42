//! An x402 facilitator over the simulated chains: `GET /supported`, `POST /verify`, `POST /settle`,
//! both protocol versions.
//!
//! Reasons, their order and the answers' shapes are those of `@x402/evm` 2.27.0. Where another
//! published facilitator refuses more, its refusal is here as well, in its own shape: x402-rs wants
//! a complete `resource` and an `accepted` that equals the requirements, the PyPI one throws on
//! addresses that are not EIP-55, Coinbase's takes no unknown keys in `extra`. As with all of them,
//! `/verify` reserves nothing, and only its own process remembers a pending settlement.

mod jwt;
mod rules;
mod svm;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use alloy_primitives::{Address, B256, address};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::fault::{Answer, Fault, Faults};
use super::{Chain, Clock, Solana, json as answer, lock};
pub use jwt::JwtKey;
use rules::{Outcome, Settled};
use wire::Asked;

/// The account that pays the facilitator's gas.
const SIGNER: Address = address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc");

/// What a request asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /verify`.
    Verify,
    /// `POST /settle`.
    Settle,
}

/// One request as it came, and what was answered.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which route.
    pub route: Route,
    /// The request's JSON.
    pub body: Value,
    /// The answer's status.
    pub status: u16,
    /// The answer's JSON.
    pub answer: Value,
}

#[derive(Default)]
struct Inner {
    seen: Vec<Seen>,
    denied: HashMap<Address, String>,
    /// Settlements that were sent and not yet seen in a block, by signature. Lost when the process
    /// is.
    pending: HashMap<Vec<u8>, B256>,
    /// How many of the next settlements are sent without waiting for their block, and the status to
    /// say so with.
    pend_next: (u64, u16),
    svm: svm::Rail,
    jwt: Option<jwt::Check>,
}

/// The facilitator. Clones are the same one.
#[derive(Clone)]
pub struct Facilitator {
    chain: Chain,
    solana: Option<Solana>,
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
    faults: Faults,
}

impl Facilitator {
    /// A facilitator that settles on this chain.
    pub fn new(chain: Chain, clock: Clock) -> Self {
        let overload = Answer::json(429, &json!({"error": "Too many requests"}));
        Self { chain, solana: None, clock, inner: Arc::default(), faults: Faults::new(overload) }
    }

    /// The routes, at the root and under Coinbase's prefix `/platform/v2/x402`.
    pub fn router(&self) -> Router {
        let mut router = Router::new();
        for prefix in ["", "/platform/v2/x402"] {
            router = router
                .route(&format!("{prefix}/supported"), get(supported))
                .route(&format!("{prefix}/verify"), post(verify))
                .route(&format!("{prefix}/settle"), post(settle));
        }
        self.faults.wrap(router.with_state(self.clone()))
    }

    /// Faults of this facilitator.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How many verifications were asked for and reached the facilitator itself.
    pub fn verifies(&self) -> usize {
        self.seen().iter().filter(|seen| seen.route == Route::Verify).count()
    }

    /// How many settlements were asked for and reached the facilitator itself.
    pub fn settles(&self) -> usize {
        self.seen().iter().filter(|seen| seen.route == Route::Settle).count()
    }

    /// Everything that was asked and answered, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.inner().seen.clone()
    }

    /// Refuses this payer from now on, as a screening does (`kyt_risk_detected`,
    /// `request_blocked_by_location`, …).
    pub fn deny(&self, payer: Address, reason: &str) {
        self.inner().denied.insert(payer, reason.into());
    }

    /// The next settlement on the EVM chain is refused for this reason before anything is sent,
    /// whatever a verification said of it.
    pub fn decline_next(&self, reason: &str) {
        let network = self.chain.network().caip2();
        let body = json!({"success": false, "errorReason": reason, "transaction": "", "network": network});
        self.faults.once("POST */settle", Fault::Refuse(Answer::json(200, &body)));
    }

    /// The next `count` settlements are sent, and answered `settlement_pending` with this status
    /// (500 at Coinbase, 200 elsewhere) before they are in a block. [`Chain::mine`] puts them
    /// there, [`Chain::forget_submitted`] loses them.
    pub fn pend_next(&self, count: u64, status: u16) {
        self.inner().pend_next = (count, status);
    }

    /// Loses the memory of pending settlements, as another process would not have had it.
    pub fn restart(&self) {
        let mut inner = self.inner();
        inner.pending.clear();
        inner.svm.restart();
    }

    /// From now on every request needs a Coinbase JSON web token of this key; otherwise 401.
    pub fn require_jwt(&self, key_id: &str, key: JwtKey) {
        self.inner().jwt = Some(jwt::Check::new(key_id, key));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    fn unauthorized(&self, method: &str, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let target = format!("{method} {}{}", text(header::HOST), uri.path());
        let now = self.clock.seconds();
        let why = self.inner().jwt.as_mut()?.admit(text(header::AUTHORIZATION), &target, now).err()?;
        let message = format!("The request is not properly authenticated: {why}.");
        Some(answer(401, &json!({"errorType": "unauthorized", "errorMessage": message})))
    }

    fn verify(&self, body: &Value) -> (u16, Value) {
        if let Some(solana) = self.on_solana(body) {
            return self.verify_on(solana, body);
        }
        match Asked::parse(body) {
            Err(detail) => refused(&detail.status_body(Route::Verify)),
            Ok(asked) => match self.judge(&asked, true) {
                Outcome::Fine => (200, json!({"isValid": true, "payer": asked.payer()})),
                Outcome::Refused { reason, message } => {
                    let mut body = json!({"isValid": false, "invalidReason": reason, "payer": asked.payer()});
                    if let Some(message) = message {
                        body["invalidMessage"] = json!(message);
                    }
                    (200, body)
                }
                Outcome::Thrown { name, message } => thrown(name, &message),
            },
        }
    }

    fn settle(&self, body: &Value) -> (u16, Value) {
        if let Some(solana) = self.on_solana(body) {
            return self.settle_on(solana, body);
        }
        let asked = match Asked::parse(body) {
            Err(detail) => return refused(&detail.status_body(Route::Settle)),
            Ok(asked) => asked,
        };
        if let Some(answer) = self.remembered(&asked) {
            return answer;
        }
        match self.judge(&asked, false) {
            Outcome::Fine => self.send(&asked),
            Outcome::Refused { reason, message } => (200, asked.failure(&reason, message.as_deref(), None)),
            Outcome::Thrown { name, message } => thrown(name, &message),
        }
    }

    fn send(&self, asked: &Asked) -> (u16, Value) {
        let pend = {
            let mut inner = self.inner();
            let (left, status) = inner.pend_next;
            inner.pend_next.0 = left.saturating_sub(1);
            (left > 0).then_some(status)
        };
        if let Some(status) = pend {
            let hash = self.chain.submit(&asked.authorization, &asked.signature);
            self.inner().pending.insert(asked.signature.clone(), hash);
            return (status, asked.failure("settlement_pending", None, Some(hash)));
        }
        match rules::send(&self.chain, asked) {
            Settled::Done(hash) => (200, asked.success(hash)),
            Settled::Failed { reason, message } => (200, asked.failure(&reason, message.as_deref(), None)),
        }
    }

    /// A settlement that this process has sent before and was not sure of.
    fn remembered(&self, asked: &Asked) -> Option<(u16, Value)> {
        let hash = *self.inner().pending.get(&asked.signature)?;
        let status = self.inner().pend_next.1;
        Some(match self.chain.transaction(hash) {
            None => (status, asked.failure("settlement_pending", None, Some(hash))),
            Some(landed) if landed.success => (200, asked.success(hash)),
            Some(_) => (200, asked.failure("invalid_exact_evm_transaction_failed", None, Some(hash))),
        })
    }

    fn judge(&self, asked: &Asked, simulate: bool) -> Outcome {
        if let Some(reason) = self.inner().denied.get(&asked.authorization.from) {
            return Outcome::Refused { reason: reason.clone(), message: None };
        }
        rules::judge(&self.chain, self.clock.seconds(), asked, simulate)
    }
}

fn refused((status, body): &(u16, Value)) -> (u16, Value) {
    (*status, body.clone())
}

/// An exception that the host around the library turns into its own answer.
fn thrown(name: Option<&str>, message: &str) -> (u16, Value) {
    let mut body = json!({"error": message});
    if let Some(name) = name {
        body["name"] = json!(name);
    }
    (500, body)
}

async fn supported(State(this): State<Facilitator>, request: Request) -> Response {
    if let Some(refusal) = this.unauthorized("GET", request.uri(), request.headers()) {
        return refusal;
    }
    let network = this.chain.network();
    let mut kinds = vec![
        json!({"x402Version": 2, "scheme": "exact", "network": network.caip2()}),
        json!({"x402Version": 1, "scheme": "exact", "network": network.v1_name()}),
    ];
    let mut signers = json!({"eip155:*": [SIGNER.to_string()]});
    let (on_solana, fee_payers) = this.supported_on_solana();
    if !fee_payers.is_empty() {
        kinds.extend(on_solana);
        signers["solana:*"] = json!(fee_payers);
    }
    answer(200, &json!({"kinds": kinds, "extensions": [], "signers": signers}))
}

async fn verify(State(this): State<Facilitator>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    respond(&this, Route::Verify, &uri, &headers, &body)
}

async fn settle(State(this): State<Facilitator>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    respond(&this, Route::Settle, &uri, &headers, &body)
}

fn respond(this: &Facilitator, route: Route, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
    if let Some(refusal) = this.unauthorized("POST", uri, headers) {
        return refusal;
    }
    let json_declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    if !json_declared {
        return answer(415, &json!({"error": "Expected request with `Content-Type: application/json`"}));
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return answer(400, &json!({"error": "invalid JSON"}));
    };
    let (status, said) = match route {
        Route::Verify => this.verify(&body),
        Route::Settle => this.settle(&body),
    };
    let response = answer(status, &said);
    this.inner().seen.push(Seen { route, body, status, answer: said });
    response
}
