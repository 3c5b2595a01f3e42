//! What a facilitator is sent for a payment on Solana, in both protocol versions, read without
//! mercy.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::sim::facilitator::wire::{Unreadable, missing, object, text, version_1, version_2};
use crate::sim::solana::wire::Transaction;

/// A request that was understood.
pub(super) struct Asked {
    pub(super) version: u64,
    /// Scheme and network as the payer named them, and as the server did.
    pub(super) paid: (String, String),
    pub(super) scheme: String,
    pub(super) network: String,
    pub(super) amount: u128,
    pub(super) asset: String,
    pub(super) pay_to: String,
    pub(super) extra: Value,
    transaction: String,
}

impl Asked {
    pub(super) fn parse(body: &Value) -> Result<Self, Unreadable> {
        let version = body["x402Version"].as_u64().ok_or_else(|| missing("x402Version"))?;
        let payload = object(body, "paymentPayload")?;
        let wanted = object(body, "paymentRequirements")?;
        if payload["x402Version"].as_u64() != Some(version) {
            return Err(Unreadable::format("x402Version of request and payload differ"));
        }
        let (paid, amount) = match version {
            1 => (version_1(payload, wanted)?, "maxAmountRequired"),
            2 => (version_2(payload, wanted)?, "amount"),
            _ => return Err(Unreadable::format(format!("unsupported x402Version {version}"))),
        };
        if wanted["maxTimeoutSeconds"].as_u64().is_none_or(|seconds| seconds == 0) {
            return Err(missing("maxTimeoutSeconds"));
        }
        let digits = text(wanted, amount)?;
        let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let amount = plain.then(|| digits.parse().ok()).flatten();
        Ok(Self {
            version,
            paid,
            scheme: text(wanted, "scheme")?,
            network: text(wanted, "network")?,
            amount: amount.ok_or_else(|| Unreadable::format("the amount is not a decimal string"))?,
            asset: text(wanted, "asset")?,
            pay_to: text(wanted, "payTo")?,
            extra: wanted["extra"].clone(),
            transaction: text(object(payload, "payload")?, "transaction")?,
        })
    }

    pub(super) fn decode(&self) -> Result<Transaction, ()> {
        let bytes = BASE64_STANDARD.decode(&self.transaction).map_err(|_| ())?;
        let transaction = Transaction::decode(&bytes).map_err(|_| ())?;
        if transaction.signatures.len() == transaction.message.signers().len() { Ok(transaction) } else { Err(()) }
    }

    pub(super) fn success(&self, payer: &str, signature: &str) -> Value {
        json!({"success": true, "transaction": signature, "network": self.paid.1, "payer": payer})
    }

    pub(super) fn failure(&self, reason: &str, payer: &str, signature: &str) -> Value {
        json!({
            "success": false, "errorReason": reason, "transaction": signature, "network": self.paid.1, "payer": payer,
        })
    }
}
