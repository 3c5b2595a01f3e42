//! The facilitator: the service that submits a payment to the chain. It is asked in version 2 whatever the buyer spoke,
//! and only ever sent what we rebuilt ourselves, so that it reads what we read. What it answers is evidence, not truth:
//! the pure functions in `answers` say what each answer lets us conclude.

pub mod answers;

pub use answers::says_used;

use std::time::Duration;

use alloy_primitives::{B256, hex};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use super::offer::json;
use super::{CdpKey, Verified, wire_v2};
use crate::types::{Network, Timestamp, Wallet};
use crate::upstream::http::{NoReply, Reply, client, send};

/// A facilitator, reached over HTTP.
pub struct Facilitator {
    /// Without a trailing slash.
    url: String,
    cdp: Option<CdpKey>,
}

/// What the facilitator thinks of a payment. It reserves nothing: a valid payment can fail to settle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It could be settled now, and the payer is who we think.
    Valid,
    /// It could not, for this reason (only `a-z`, `0-9`, `_` and `:`).
    Invalid {
        /// A code of the facilitator's own.
        reason: String,
    },
    /// It could not, and that can be because it was made already: by us, or by somebody who submitted it for us.
    LookItUp {
        /// A code of the facilitator's own.
        reason: String,
    },
    /// Too many questions; ask again after so many seconds.
    RateLimited {
        /// Seconds, where it says.
        retry_after: Option<u64>,
    },
    /// No answer that means anything.
    Unavailable,
}

/// What an answer to `/settle` means. Only the first says that we were paid, and only the second that nothing happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettleAnswer {
    /// Paid, and everything the answer says is what we asked for.
    Settled(Receipt),
    /// The facilitator never took the question: ask again, or give up without harm.
    NotSent,
    /// A definite refusal, for this reason (only `a-z`, `0-9`, `_` and `:`). Where there is a chain to ask, ask it.
    Declined {
        /// A code of the facilitator's own.
        reason: String,
    },
    /// A refusal that can be the echo of our own success, or of somebody else submitting the same payment for us: the
    /// chain knows.
    LookItUp {
        /// A code of the facilitator's own.
        reason: String,
    },
    /// It may or may not be settled.
    Unknown {
        /// The transaction to look at, where one was named.
        transaction: Option<B256>,
        /// The answer contradicts itself or us: somebody should look at this facilitator.
        contradiction: bool,
    },
}

/// Proof of payment, in values that cannot be anything but well-formed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The transaction. One transaction can settle many payments, so it identifies none.
    pub transaction: B256,
    /// The network that it is on.
    pub network: Network,
    /// Who paid.
    pub payer: Wallet,
}

impl Facilitator {
    /// A facilitator at a base URL, with a key for Coinbase's.
    pub fn new(mut url: String, cdp: Option<CdpKey>) -> Self {
        url.truncate(url.trim_end_matches('/').len());
        Self { url, cdp }
    }

    /// Whether the payment could be settled now.
    pub async fn verify(&self, payment: &Verified, now: Timestamp, limit: Duration) -> Verdict {
        match self.ask("verify", payment, now, limit).await {
            Ok(reply) => answers::verdict(reply.status, reply.retry_after, &reply.body, payment),
            Err(_) => Verdict::Unavailable,
        }
    }

    /// Settles the payment: money moves, or it does not, or we do not know. Asking again with the same payment cannot
    /// move it twice.
    pub async fn settle(&self, payment: &Verified, now: Timestamp, limit: Duration) -> SettleAnswer {
        match self.ask("settle", payment, now, limit).await {
            Ok(reply) => answers::settlement(reply.status, &reply.body, payment),
            Err(NoReply::NotSent) => SettleAnswer::NotSent,
            Err(NoReply::Unknown) => SettleAnswer::Unknown { transaction: None, contradiction: false },
        }
    }

    async fn ask(&self, verb: &str, payment: &Verified, now: Timestamp, limit: Duration) -> Result<Reply, NoReply> {
        let url = format!("{}/{verb}", self.url);
        let mut request = client().post(&url).header(CONTENT_TYPE, "application/json").body(question(payment));
        if let Some(key) = &self.cdp {
            let token = key.token("POST", &url, now).ok_or(NoReply::NotSent)?;
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        send(request, limit).await
    }
}

/// The question, from our own quote and the checked authorization: never the client's JSON, which two parsers could read
/// differently.
pub fn question(payment: &Verified) -> Vec<u8> {
    let authorization = payment.authorization();
    let quote = payment.quote();
    json(&wire_v2::FacilitatorRequest {
        x402_version: 2,
        payment_payload: wire_v2::PaymentPayload {
            x402_version: 2,
            resource: quote.resource(),
            accepted: quote.requirements(),
            payload: wire_v2::ExactEvmOut {
                signature: hex::encode_prefixed(payment.signature()),
                authorization: wire_v2::AuthorizationOut {
                    // `Display` is EIP-55; facilitators fail on lower case.
                    from: authorization.from.to_string(),
                    to: authorization.to.to_string(),
                    value: authorization.value.atomic().to_string(),
                    valid_after: authorization.valid_after.to_string(),
                    valid_before: authorization.valid_before.to_string(),
                    nonce: format!("{:#x}", authorization.nonce),
                },
            },
        },
        payment_requirements: quote.requirements(),
    })
}

#[cfg(test)]
mod tests;
