//! A buyer, as any other: it asks, reads the 402, signs once, and shows the same signature until
//! there is an answer.

#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

use std::time::Duration;

use alloy_primitives::{B256, keccak256};
use http::StatusCode;
use serde_json::Value;
use shared::api::Endpoint;
use shared::canary::{Chosen, chosen, header, required};
use shared::invocation::Invocation;
use shared::telemetry::Neighbour;
use shared::types::{Usdc, Wallet};
use shared::wire::http::{NoReply, Reply, client, send};
use shared::x402::headers::{PAYMENT_SIGNATURE, X_PAYMENT_RECEIPT};
use shared::x402::{Authorization, PayerKey};

use crate::terminal::Trouble;

/// The gateway gives up after half a minute.
const LIMIT: Duration = Duration::from_secs(35);
/// How long a request is repeated that may be answered yet.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two of them, unless the answer says when.
const PAUSE: Duration = Duration::from_secs(2);
/// Seconds within which an answer invites to come back.
const SOON: u64 = 10;
/// Whom a buyer asks.
const NEIGHBOUR: Neighbour = Neighbour::Ourselves;

/// The wallet that pays, and the address it pays at.
pub(super) struct Buyer {
    pub(super) url: String,
    pub(super) key: PayerKey,
    /// Who may be paid; none, where that is not known.
    pub(super) payees: Vec<Wallet>,
}

/// A purchase.
pub(super) struct Bought {
    pub(super) answer: Value,
    pub(super) transaction: String,
    /// The name under which `dialtone payment` finds it.
    pub(super) payment: String,
}

impl Buyer {
    /// Buys something if `agrees` lets it be paid for, and tells each step. Whatever is lost on the
    /// way, one signature pays for it at most.
    pub(super) async fn buy(
        &self,
        endpoint: &Endpoint,
        body: &Value,
        agrees: impl FnOnce(&Chosen) -> Result<(), Trouble>,
        mut told: impl FnMut(&'static str, String),
    ) -> Result<Bought, Trouble> {
        let reply = self.first(endpoint, body).await?;
        let required =
            demanded(&reply).ok_or_else(|| answered(endpoint, &reply, "instead of a 402 that can be read"))?;
        told("402", format!("{} asks for {}", endpoint.path, endpoint.price));
        let chosen = chosen(&required, endpoint.price, &self.payees)
            .map_err(|why| Trouble(format!("{}: {why}. Nothing was signed.", endpoint.path)))?;
        agrees(&chosen)?;
        let (header, payment) = self.signed(&chosen, endpoint.price, &required["resource"]);
        let payer = Wallet::Evm { network: chosen.network, address: self.key.address() };
        let good = chosen.lasts.as_secs();
        told("signed", format!("{} by {payer} to {}, good for {good} s", endpoint.price, chosen.payee));
        let reply = self.paid(endpoint, body, &header).await?;
        let answer: Value = reply.json().unwrap_or_default();
        let transaction = reply.headers.get(X_PAYMENT_RECEIPT).and_then(|value| value.to_str().ok());
        let transaction = transaction.unwrap_or("not said").to_owned();
        told("paid", format!("answered {}; transaction {transaction}", reply.status.as_u16()));
        Ok(Bought { answer, transaction, payment })
    }

    /// The same without a payment, for what is free.
    pub(super) async fn look(&self, path: &str) -> Result<Value, NoReply> {
        let request = client().get(format!("{}{path}", self.url));
        send(NEIGHBOUR, request, LIMIT).await.map(|reply| reply.json().unwrap_or_default())
    }

    async fn first(&self, endpoint: &Endpoint, body: &Value) -> Result<Reply, Trouble> {
        self.ask(endpoint, body, None).await.map_err(|why| Trouble(format!("{} {why}", self.url)))
    }

    /// Shows a signature until it is known what became of it. It is the same one each time, so it
    /// pays once.
    async fn paid(&self, endpoint: &Endpoint, body: &Value, header: &str) -> Result<Reply, Trouble> {
        let began = Invocation::begin();
        loop {
            let (pause, why) = match self.ask(endpoint, body, Some(header)).await {
                Ok(reply) if reply.status.is_success() => return Ok(reply),
                Ok(reply) if !may_change(&reply) => return Err(answered(endpoint, &reply, "to a payment")),
                Ok(reply) => (
                    reply.retry_after.map_or(PAUSE, Duration::from_secs),
                    answered(endpoint, &reply, "to a payment, however often it was repeated"),
                ),
                Err(why) => (PAUSE, self.in_doubt(why)),
            };
            if began.elapsed() + pause > PATIENCE {
                return Err(why);
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn in_doubt(&self, why: NoReply) -> Trouble {
        let (url, payer) = (&self.url, self.key.address());
        Trouble(format!(
            "{url} {why}: whether it was paid is not known. The signature is void in some minutes; `dialtone wallet {payer} \
             --payments` says what became of it."
        ))
    }

    async fn ask(&self, endpoint: &Endpoint, body: &Value, header: Option<&str>) -> Result<Reply, NoReply> {
        let mut request = client().post(format!("{}{}", self.url, endpoint.path)).json(body);
        if let Some(header) = header {
            request = request.header(PAYMENT_SIGNATURE, header);
        }
        send(NEIGHBOUR, request, LIMIT).await
    }

    /// The payment's header, and its name.
    fn signed(&self, chosen: &Chosen, price: Usdc, resource: &Value) -> (String, String) {
        let invocation = Invocation::begin();
        let lasts = i64::try_from(chosen.lasts.as_secs()).unwrap_or(i64::MAX);
        let until = invocation.now.as_second().saturating_add(lasts);
        let authorization = Authorization {
            from: self.key.address(),
            to: chosen.payee,
            value: price,
            valid_after: 0,
            valid_before: u64::try_from(until).unwrap_or_default(),
            nonce: nonce(&invocation),
        };
        let signed = self.key.sign(chosen.network, authorization);
        (header(chosen, &signed, resource), signed.id().as_str().to_owned())
    }
}

/// Thirty-two bytes that were never used: as random as an attempt's name and a call's id together.
fn nonce(invocation: &Invocation) -> B256 {
    keccak256(format!("dialtone smoke {} {}", invocation.attempt.as_str(), invocation.call_id.as_str()))
}

/// Whether the same request may be answered otherwise in a moment: a stack that was just filled
/// finds its secrets within seconds.
fn may_change(reply: &Reply) -> bool {
    let soon = reply.retry_after.is_some_and(|seconds| seconds <= SOON);
    (reply.status.is_server_error() && word(reply, "error") != "selling_paused") || soon
}

fn word(reply: &Reply, name: &str) -> String {
    reply.json::<Value>().unwrap_or_default()[name].as_str().unwrap_or_default().to_owned()
}

fn demanded(reply: &Reply) -> Option<Value> {
    (reply.status == StatusCode::PAYMENT_REQUIRED).then(|| required(&reply.headers)).flatten()
}

/// What was answered that was not hoped for, in the API's own words.
fn answered(endpoint: &Endpoint, reply: &Reply, instead: &str) -> Trouble {
    let (status, code, message) = (reply.status.as_u16(), word(reply, "error"), word(reply, "message"));
    Trouble(format!("{} answered {status} {code} {instead}. {message}", endpoint.path))
}
