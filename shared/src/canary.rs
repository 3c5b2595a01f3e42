//! The canary: a customer of our own, who once an hour buys a list with real money at the address
//! that customers use. What rings when it cannot is the one alarm that needs no customer to notice.
//!
//! However often a purchase is tried, it is one payment: its nonce follows from the time, five
//! minutes at a time, so what is lost, repeated or woken twice is answered again by the shop and
//! not paid again.
//!
//! `docs/decisions.md`: Why has the canary a key of its own, and five minutes for each purchase?

#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

mod demand;

use std::time::Duration;

use alloy_primitives::{Address, B256, keccak256};
use http::StatusCode;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tracing::warn;

pub use demand::{Chosen, chosen, header, required};

use crate::api::{Endpoint, NUMBERS_LIST};
use crate::edge::Rounds;
use crate::env::Env;
use crate::invocation::Invocation;
use crate::telemetry::metrics::{CANARY_FAILED, CANARY_UNFUNDED};
use crate::telemetry::{self, Neighbour};
use crate::types::{EvmNetwork, Timestamp, Wallet};
use crate::upstream::kms::{KeyError, SigningKey};
use crate::wire::http::{NoReply, Reply, client, send};
use crate::x402::headers::PAYMENT_SIGNATURE;
use crate::x402::{Authorization, Draft, Reason, SignedAuthorization};

/// What it buys: the cheapest there is.
const BUYS: &Endpoint = &NUMBERS_LIST;
/// How long an answer may take. A sale is settled within the gateway's half minute, and mostly
/// within two seconds.
const ANSWER: Duration = Duration::from_secs(12);
const SIGN: Duration = Duration::from_secs(4);
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(2);
/// What is kept back for the line of log.
const RESERVE: Duration = Duration::from_secs(1);
/// How long each purchase's name lasts, in seconds, and how much longer its signature does: what is
/// signed at the end has to be settled. Together it is less than what is taken where no node can be
/// asked.
const TERM: i64 = 300;

/// The outcome of a purchase.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How it ended.
    pub sells: Outcome,
    /// Why it was not sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The end of a purchase.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was sold.
    Sold,
    /// An operator has paused selling, and that is what was said.
    Paused,
    /// The canary's wallet holds too little. All else works, as far as can be told without money.
    Unfunded,
    /// A customer would have got nothing.
    Failed,
}

/// The customer.
pub struct Canary {
    url: String,
    payees: Vec<Wallet>,
    /// Nothing, where there is to be no canary: then no schedule wakes it.
    key: Option<SigningKey>,
}

/// The reason why there is no purchase, and the outcome that it counts as.
struct No(Outcome, String);

impl Canary {
    /// Reads whom it buys from, and with which key.
    pub fn from_env(env: &mut Env) -> Self {
        Self { url: env.public_url(), payees: env.payees(), key: env.canary_key() }
    }
}

impl Rounds for Canary {
    const NAME: &'static str = "canary";
    type Event = IgnoredAny;
    type Report = Report;

    /// One purchase, whatever wakes it.
    async fn go(&self, _: IgnoredAny, invocation: &Invocation) -> Report {
        let (sells, why) = match self.buy(invocation).await {
            Ok(()) => (Outcome::Sold, None),
            Err(No(outcome, why)) => (outcome, Some(why)),
        };
        if let Some(why) = &why {
            warn!(%why, "the canary could not buy");
        }
        telemetry::gauge(&CANARY_FAILED, u64::from(sells == Outcome::Failed), []);
        telemetry::gauge(&CANARY_UNFUNDED, u64::from(sells == Outcome::Unfunded), []);
        Report { sells, why }
    }
}

impl Canary {
    async fn buy(&self, invocation: &Invocation) -> Result<(), No> {
        let key = self.key.as_ref().ok_or_else(|| failed("it has no key: Canary=on makes one"))?;
        let reply = self.until_answered(None, invocation, |reply| !reply.status.is_server_error()).await?;
        if reply.status != StatusCode::PAYMENT_REQUIRED {
            return Err(said(&reply, "without a payment"));
        }
        let required = required(&reply.headers).ok_or_else(|| failed("the 402 cannot be read"))?;
        let chosen = chosen(&required, BUYS.price, &self.payees).map_err(failed)?;
        let signed = signed(key, &chosen, invocation).await?;
        let header = header(&chosen, &signed, &required["resource"]);
        let reply = self.until_answered(Some(&header), invocation, is_final).await?;
        let is_list = reply.json::<Value>().is_some_and(|body| body["numbers"].is_array());
        if reply.status == StatusCode::OK && is_list { Ok(()) } else { Err(said(&reply, "to a payment")) }
    }

    /// Asks until there is an answer that is one, while there is time: the last one counts.
    async fn until_answered(
        &self,
        header: Option<&str>,
        invocation: &Invocation,
        is_one: fn(&Reply) -> bool,
    ) -> Result<Reply, No> {
        loop {
            let answer = self.ask(header, invocation).await;
            let again = answer.as_ref().map_or(true, |reply| !is_one(reply) && !is_paused(reply));
            if !again || invocation.remaining() < PAUSE + ANSWER + RESERVE {
                return answer.map_err(|why| failed(format!("{} {why}", BUYS.path)));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask(&self, header: Option<&str>, invocation: &Invocation) -> Result<Reply, NoReply> {
        let mut request = client().post(format!("{}{}", self.url, BUYS.path)).json(&json!({}));
        if let Some(header) = header {
            request = request.header(PAYMENT_SIGNATURE, header);
        }
        send(Neighbour::Ourselves, request, invocation.at_most(ANSWER, RESERVE)).await
    }
}

async fn signed(key: &SigningKey, chosen: &Chosen, invocation: &Invocation) -> Result<SignedAuthorization, No> {
    let unsigned = |fault: KeyError| failed(format!("its key: {fault}"));
    let from = key.address(invocation.at_most(SIGN, RESERVE)).await.map_err(unsigned)?;
    let draft = draft(chosen, from, invocation.now);
    let der = key.sign(draft.digest(), invocation.at_most(SIGN, RESERVE)).await.map_err(unsigned)?;
    let signed = draft.signed(&der).ok_or_else(|| failed("its key has signed something else"))?;
    telemetry::sale(&signed.id(), &signed.wallet());
    Ok(signed)
}

/// The payment of this time. In each try the same one, to the second until which it is good.
fn draft(chosen: &Chosen, from: Address, now: Timestamp) -> Draft {
    let term = now.as_second().div_euclid(TERM);
    let until = (term + 2).saturating_mul(TERM);
    let authorization = Authorization {
        from,
        to: chosen.payee,
        value: BUYS.price,
        valid_after: 0,
        valid_before: u64::try_from(until).unwrap_or_default(),
        nonce: nonce(chosen.network, from, term),
    };
    Draft { network: chosen.network, authorization }
}

fn nonce(network: EvmNetwork, from: Address, term: i64) -> B256 {
    keccak256(format!("dialtone canary {} {from} {term}", network.chain_id()))
}

/// Whether asking again changes nothing: what failed on the other side may not fail the next time,
/// and what is not known yet may be.
fn is_final(reply: &Reply) -> bool {
    !reply.status.is_server_error() && reply.retry_after.is_none()
}

fn is_paused(reply: &Reply) -> bool {
    word(reply, "error") == "selling_paused"
}

/// What was answered that was not hoped for, in the API's own words.
fn said(reply: &Reply, to: &str) -> No {
    let outcome = match () {
        () if is_paused(reply) => Outcome::Paused,
        () if Reason::read(&word(reply, "reason")).says_poor() => Outcome::Unfunded,
        () => Outcome::Failed,
    };
    let (status, code, reason) = (reply.status.as_u16(), word(reply, "error"), word(reply, "reason"));
    No(outcome, format!("{} answered {status} {code} {reason} {to}", BUYS.path))
}

fn failed(why: impl Into<String>) -> No {
    No(Outcome::Failed, why.into())
}

fn word(reply: &Reply, name: &str) -> String {
    let body: Value = reply.json().unwrap_or_default();
    body[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Usdc;
    use crate::x402::LONGEST_UNWATCHED;

    fn at(second: i64) -> Draft {
        let chosen = Chosen {
            network: EvmNetwork::Base,
            payee: Address::repeat_byte(2),
            lasts: Duration::from_mins(1),
            accepted: Value::Null,
        };
        draft(&chosen, Address::repeat_byte(1), Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn five_minutes_have_one_payment_and_the_next_another() {
        assert_eq!(at(7_200), at(7_499));
        assert_ne!(at(7_200).authorization.nonce, at(7_500).authorization.nonce);
        let of = at(7_200).authorization;
        assert_eq!((of.valid_before, of.value, of.to), (7_800, Usdc::micros(1_000), Address::repeat_byte(2)));
        // Also without a node.
        let longest = LONGEST_UNWATCHED.as_secs();
        assert!(
            [7_200, 7_350, 7_499]
                .into_iter()
                .all(|now| at(now).authorization.valid_before - now.unsigned_abs() < longest)
        );
    }
}
