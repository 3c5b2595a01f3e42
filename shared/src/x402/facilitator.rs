//! The facilitator: the service that submits a payment to the chain. It is asked in version 2
//! whatever the buyer spoke, and only ever sent what we rebuilt ourselves, so that it reads what we
//! read. What it answers is evidence, not truth: the pure functions in `answers` say what each
//! answer lets us conclude.

pub mod answers;
mod confirm;
mod fee_payer;

pub use answers::{Reason, SettleAnswer, Verdict};
pub use confirm::NotConfirmed;

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::hex;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use self::fee_payer::FeePayer;
use super::requirements::{eip712, paid_by};
use super::{Payload, PaymentKeys, SignedAuthorization, Verified, wire_v2};
use crate::telemetry::{self, Neighbour};
use crate::types::{SolanaAddress, SolanaNetwork, Timestamp};
use crate::wire::http::{NoReply, Reply, client, send};
use crate::wire::json;
use crate::wire::secrets::Rotating;

/// A facilitator, reached over HTTP.
pub struct Facilitator {
    /// Without a trailing slash.
    url: String,
    cdp: Option<Arc<Rotating<PaymentKeys>>>,
    fee_payer: FeePayer,
}

impl Facilitator {
    /// A facilitator at a base URL, with keys for Coinbase's.
    pub fn new(mut url: String, cdp: Option<Arc<Rotating<PaymentKeys>>>) -> Self {
        url.truncate(url.trim_end_matches('/').len());
        Self { url, cdp, fee_payer: FeePayer::default() }
    }

    /// Whether we have what it takes to ask at all.
    pub async fn ready(&self, limit: Duration) -> bool {
        match &self.cdp {
            Some(keys) => keys.get(limit).await.is_ok(),
            None => true,
        }
    }

    /// Whether the payment could be settled now.
    pub async fn verify(&self, payment: &Verified, now: Timestamp, limit: Duration) -> Verdict {
        match self.ask("verify", payment, now, limit).await {
            Ok(reply) => answers::verdict(reply.status, reply.retry_after, &reply.body, payment),
            Err(_) => Verdict::Unavailable,
        }
    }

    /// Settles the payment: money moves, or it does not, or we do not know. Asking again with the
    /// same payment cannot move it twice.
    pub async fn settle(&self, payment: &Verified, now: Timestamp, limit: Duration) -> SettleAnswer {
        match self.ask("settle", payment, now, limit).await {
            Ok(reply) => answers::settlement(reply.status, &reply.body, payment),
            Err(NoReply::NotSent) => SettleAnswer::NotSent,
            Err(NoReply::Unknown | NoReply::TooLarge) => {
                SettleAnswer::Unknown { transaction: None, contradiction: false, refused: false }
            }
        }
    }

    /// Whose signature a Solana transaction begins with, so that this facilitator can settle it.
    /// Asked for when it is needed, and kept for a while; nothing, if it cannot be had.
    pub async fn fee_payer(&self, network: SolanaNetwork, now: Timestamp, limit: Duration) -> Option<SolanaAddress> {
        if let Ok(known) = self.fee_payer.known(network, now) {
            return known;
        }
        // In a box, because it is asked for once in an hour and would make every demand's future
        // larger.
        let reply = Box::pin(self.send(Method::GET, "supported", Vec::new(), now, limit)).await.ok();
        let found = reply.and_then(|reply| answers::fee_payer(reply.status, &reply.body, network));
        self.fee_payer.learn(network, found, now);
        found
    }

    /// The same, as far as it is known without asking.
    pub fn known_fee_payer(&self, network: SolanaNetwork, now: Timestamp) -> Option<SolanaAddress> {
        self.fee_payer.known(network, now).ok().flatten()
    }

    /// Whether it takes our key, asked by a question that pays for nothing.
    pub async fn takes_us(&self, now: Timestamp, limit: Duration) -> Result<bool, NoReply> {
        Ok(self.send(Method::GET, "supported", Vec::new(), now, limit).await?.status.is_success())
    }

    async fn ask(&self, verb: &str, payment: &Verified, now: Timestamp, limit: Duration) -> Result<Reply, NoReply> {
        let reply = self.send(Method::POST, verb, question(payment), now, limit).await;
        if reply.as_ref().map_or(true, |reply| reply.status.is_server_error()) {
            telemetry::vendor_failed(Neighbour::Facilitator);
        }
        let reply = reply?;
        if answers::is_about_us(reply.status, &reply.body) {
            telemetry::locked_out(Neighbour::Facilitator, &format_args!("status {}", reply.status.as_u16()));
        }
        if answers::blames_fee_payer(&reply.body) {
            self.fee_payer.forget();
        }
        Ok(reply)
    }

    async fn send(
        &self,
        method: Method,
        route: &str,
        body: Vec<u8>,
        now: Timestamp,
        limit: Duration,
    ) -> Result<Reply, NoReply> {
        let url = format!("{}/{route}", self.url);
        let mut request = client().request(method.clone(), &url);
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let Some(keys) = &self.cdp else { return send(Neighbour::Facilitator, request, limit).await };
        let signed = |keys: &PaymentKeys| {
            let token = keys.cdp.as_ref()?.token(method.as_str(), &url, now)?;
            Some(request.try_clone()?.header(AUTHORIZATION, format!("Bearer {token}")))
        };
        keys.send(Neighbour::Facilitator, signed, limit).await
    }
}

/// The question, from our own quote and the checked payload: never the client's JSON, which two
/// parsers could read differently.
pub fn question(payment: &Verified) -> Vec<u8> {
    let quote = payment.quote();
    let (payload, extra) = match payment.payload() {
        Payload::Evm(signed) => (authorization(signed), eip712(signed.network)),
        Payload::Solana(transfer) => {
            (wire_v2::PayloadOut::Solana { transaction: transfer.base64() }, paid_by(transfer.fee_payer))
        }
    };
    let requirements = quote.requirements(extra);
    json(&wire_v2::FacilitatorRequest {
        x402_version: 2,
        payment_payload: wire_v2::PaymentPayload {
            x402_version: 2,
            resource: quote.resource(),
            accepted: requirements.clone(),
            payload,
        },
        payment_requirements: requirements,
    })
}

fn authorization(signed: &SignedAuthorization) -> wire_v2::PayloadOut {
    let authorization = &signed.authorization;
    wire_v2::PayloadOut::Evm {
        signature: hex::encode_prefixed(&signed.signature),
        authorization: wire_v2::AuthorizationOut {
            // `Display` is EIP-55; facilitators fail on lower case.
            from: authorization.from.to_string(),
            to: authorization.to.to_string(),
            value: authorization.value.atomic().to_string(),
            valid_after: authorization.valid_after.to_string(),
            valid_before: authorization.valid_before.to_string(),
            nonce: format!("{:#x}", authorization.nonce),
        },
    }
}

#[cfg(test)]
mod tests;
