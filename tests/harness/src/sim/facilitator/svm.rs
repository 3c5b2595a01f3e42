//! The facilitator's other rail: keys that pay fees on Solana, and what it remembers of what it has
//! sent.
//!
//! Reasons, their order and the answers' shapes are those of `@x402/svm` 2.27.0, which names some
//! of them differently in version 1, and there knows no pending settlements: what it could not see
//! confirmed has failed, whatever comes of it.

mod rules;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Facilitator;
use crate::sim::Solana;
use crate::sim::solana::wire::Transaction;
use crate::sim::solana::{Key, Pubkey};
use wire::Asked;

/// Milliseconds for which the same message is a duplicate.
const REMEMBERED: i64 = 120_000;

/// What the process knows.
#[derive(Default)]
pub(super) struct Rail {
    /// Who pays fees; the last is the one that is offered.
    keys: Vec<Key>,
    denied: HashMap<Pubkey, String>,
    /// When each message was first to be settled.
    settled: HashMap<String, i64>,
    /// Signatures of what was sent and not yet seen in a block, by message.
    pending: HashMap<String, String>,
}

impl Rail {
    pub(super) fn restart(&mut self) {
        self.settled.clear();
        self.pending.clear();
    }
}

impl Facilitator {
    /// Settles on this cluster as well.
    #[must_use]
    pub fn with_solana(mut self, cluster: Solana) -> Self {
        self.solana = Some(cluster);
        self.inner().svm.keys = vec![Key::random()];
        self
    }

    /// Who pays fees on Solana, as `/supported` says.
    pub fn fee_payer(&self) -> Pubkey {
        let inner = self.inner();
        let key = inner.svm.keys.last().unwrap_or_else(|| panic!("this facilitator does not settle on Solana"));
        key.address()
    }

    /// Fees are paid by a new key from now on, and the old one is given up.
    pub fn rotate_fee_payer(&self) -> Pubkey {
        self.inner().svm.keys = vec![Key::random()];
        self.fee_payer()
    }

    /// Fees are paid by a new key from now on, and what names an old one is still settled.
    pub fn add_fee_payer(&self) -> Pubkey {
        self.inner().svm.keys.push(Key::random());
        self.fee_payer()
    }

    /// Refuses this payer from now on.
    pub fn deny_on_solana(&self, payer: Pubkey, reason: &str) {
        self.inner().svm.denied.insert(payer, reason.into());
    }

    /// Kinds and signers for `/supported`.
    pub(super) fn supported_on_solana(&self) -> (Vec<Value>, Vec<String>) {
        let Some(solana) = &self.solana else { return (Vec::new(), Vec::new()) };
        let cluster = solana.cluster();
        let extra = json!({"feePayer": self.fee_payer().to_string()});
        let kind = |version: u8, network: &str| json!({"x402Version": version, "scheme": "exact", "network": network, "extra": extra});
        let signers = self.inner().svm.keys.iter().map(|key| key.address().to_string()).collect();
        (vec![kind(2, cluster.caip2()), kind(1, cluster.v1_name())], signers)
    }

    /// Whether a request is about this rail.
    pub(super) fn on_solana(&self, body: &Value) -> Option<&Solana> {
        let network = body["paymentRequirements"]["network"].as_str().unwrap_or_default();
        self.solana.as_ref().filter(|_| network.starts_with("solana"))
    }

    pub(super) fn verify_on(&self, solana: &Solana, body: &Value) -> (u16, Value) {
        let asked = match Asked::parse(body) {
            Ok(asked) => asked,
            Err(detail) => return detail.status_body(super::Route::Verify),
        };
        if let Some(thrown) = unregistered(solana, &asked) {
            return thrown;
        }
        match self.judge_on(solana, &asked) {
            Ok((_, payer)) => (200, json!({"isValid": true, "payer": payer.to_string()})),
            Err(rules::Refused { reason, message, payer }) => {
                let mut body = json!({"isValid": false, "invalidReason": reason, "payer": payer});
                if let Some(message) = message {
                    body["invalidMessage"] = json!(message);
                }
                (200, body)
            }
        }
    }

    pub(super) fn settle_on(&self, solana: &Solana, body: &Value) -> (u16, Value) {
        let asked = match Asked::parse(body) {
            Ok(asked) => asked,
            Err(detail) => return detail.status_body(super::Route::Settle),
        };
        if let Some(thrown) = unregistered(solana, &asked) {
            return thrown;
        }
        let read = asked.decode().ok();
        let digest = read.as_ref().map(Transaction::digest).unwrap_or_default();
        if let Some(read) = read.as_ref()
            && let Some(answer) = self.remembered_on(solana, &asked, read, &digest)
        {
            return answer;
        }
        match self.judge_on(solana, &asked) {
            Ok((transaction, payer)) => self.send_on(solana, &asked, transaction, payer),
            Err(rules::Refused { reason, payer, .. }) => {
                self.inner().svm.settled.remove(&digest);
                (200, asked.failure(&reason, &payer, ""))
            }
        }
    }

    fn judge_on(&self, solana: &Solana, asked: &Asked) -> Result<(Transaction, Pubkey), rules::Refused> {
        let managed: Vec<_> = self.inner().svm.keys.iter().map(Key::address).collect();
        let judged = rules::judge(solana, &managed, asked)?;
        match self.inner().svm.denied.get(&judged.1) {
            Some(reason) => Err(rules::Refused::by(judged.1, reason)),
            None => Ok(judged),
        }
    }

    /// A message that this process has been asked to settle before.
    fn remembered_on(&self, solana: &Solana, asked: &Asked, read: &Transaction, digest: &str) -> Option<(u16, Value)> {
        let payer = rules::payer(&read.message).map(|payer| payer.to_string()).unwrap_or_default();
        let now = self.clock.millis();
        let mut inner = self.inner();
        inner.svm.settled.retain(|_, at| now - *at < REMEMBERED);
        let known = inner.svm.settled.contains_key(digest);
        inner.svm.settled.entry(digest.to_owned()).or_insert(now);
        if let Some(signature) = inner.svm.pending.get(digest).filter(|_| asked.version == 2).cloned() {
            let status = inner.pend_next.1;
            return Some(match solana.transaction(&signature) {
                None => (status, asked.failure("settlement_pending", &payer, &signature)),
                Some(landed) if landed.error.is_none() => (200, asked.success(&payer, &signature)),
                Some(_) => (200, asked.failure("invalid_exact_svm_transaction_failed", &payer, &signature)),
            });
        }
        known.then(|| (200, asked.failure("duplicate_settlement", &payer, "")))
    }

    fn send_on(&self, solana: &Solana, asked: &Asked, mut transaction: Transaction, payer: Pubkey) -> (u16, Value) {
        let payer = payer.to_string();
        let digest = transaction.digest();
        let pend = {
            let mut inner = self.inner();
            // What pays the fees signs last.
            for key in &inner.svm.keys {
                transaction.sign(key);
            }
            let (left, status) = inner.pend_next;
            inner.pend_next.0 = left.saturating_sub(1);
            (left > 0).then_some(status)
        };
        let failed = if asked.version == 1 { "transaction_failed" } else { "invalid_exact_svm_transaction_failed" };
        if let Some(status) = pend {
            let signature = solana.submit(&transaction);
            if asked.version == 1 {
                self.inner().svm.settled.remove(&digest);
                return (200, asked.failure(failed, &payer, ""));
            }
            self.inner().svm.pending.insert(digest, signature.clone());
            return (status, asked.failure("settlement_pending", &payer, &signature));
        }
        let sent = solana.send(&transaction);
        match sent.ok().and_then(|signature| solana.transaction(&signature)) {
            Some(landed) if landed.error.is_none() => (200, asked.success(&payer, &landed.signature)),
            landed => {
                self.inner().svm.settled.remove(&digest);
                let signature =
                    landed.filter(|_| asked.version == 2).map(|landed| landed.signature).unwrap_or_default();
                (200, asked.failure(failed, &payer, &signature))
            }
        }
    }
}

/// The library throws on what it has no scheme for.
fn unregistered(solana: &Solana, asked: &Asked) -> Option<(u16, Value)> {
    let served = if asked.version == 1 { solana.cluster().v1_name() } else { solana.cluster().caip2() };
    let message = format!("No facilitator registered for scheme: {} and network: {}", asked.scheme, asked.network);
    (asked.scheme != "exact" || asked.network != served).then(|| super::thrown(None, &message))
}
