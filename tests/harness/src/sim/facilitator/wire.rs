//! What a facilitator is sent, in both protocol versions, read without mercy.

use alloy_primitives::{Address, B256, U256, hex};
use serde_json::{Value, json};

use super::Route;
use crate::sim::chain::Authorization;

/// A request that was understood.
pub(super) struct Asked {
    pub(super) version: u64,
    /// Scheme and network as the payer named them, and as the server did.
    pub(super) paid: (String, String),
    pub(super) scheme: String,
    pub(super) network: String,
    pub(super) amount: U256,
    pub(super) asset: String,
    pub(super) pay_to: String,
    pub(super) extra: Value,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) authorization: Authorization,
    pub(super) signature: Vec<u8>,
}

/// A request that was not, in x402-rs' words.
pub(super) struct Unreadable {
    reason: &'static str,
    detail: String,
}

impl Unreadable {
    pub(super) fn format(detail: impl Into<String>) -> Self {
        Self { reason: "invalid_format", detail: detail.into() }
    }

    pub(super) fn status_body(&self, route: Route) -> (u16, Value) {
        let body = match route {
            Route::Verify => json!({
                "isValid": false, "invalidReason": self.reason, "invalidReasonDetails": self.detail, "payer": "",
            }),
            Route::Settle => json!({
                "success": false, "network": "", "transaction": "",
                "errorReason": self.reason, "errorReasonDetails": self.detail, "payer": "",
            }),
        };
        (400, body)
    }
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
        let exact = object(payload, "payload")?;
        let signed = object(exact, "authorization")?;
        let authorization = Authorization {
            from: account(&text(signed, "from")?)?,
            to: account(&text(signed, "to")?)?,
            value: decimal(signed, "value")?,
            valid_after: decimal(signed, "validAfter")?,
            valid_before: decimal(signed, "validBefore")?,
            nonce: text(signed, "nonce")?
                .strip_prefix("0x")
                .and_then(|nonce| nonce.parse::<B256>().ok())
                .ok_or_else(|| Unreadable::format("nonce is not 32 bytes"))?,
        };
        let signature = text(exact, "signature")?;
        let signature = signature.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
        account(&text(wanted, "asset")?)?;
        account(&text(wanted, "payTo")?)?;
        Ok(Self {
            version,
            paid,
            scheme: text(wanted, "scheme")?,
            network: text(wanted, "network")?,
            amount: decimal(wanted, amount)?,
            asset: text(wanted, "asset")?,
            pay_to: text(wanted, "payTo")?,
            extra: wanted["extra"].clone(),
            from: text(signed, "from")?,
            to: text(signed, "to")?,
            authorization,
            signature: signature.ok_or_else(|| Unreadable::format("signature is not hexadecimal"))?,
        })
    }

    /// The payer as the payload spelled it.
    pub(super) fn payer(&self) -> &str {
        &self.from
    }

    pub(super) fn success(&self, hash: B256) -> Value {
        json!({
            "success": true, "transaction": format!("{hash:#x}"), "network": self.network, "payer": self.payer(),
        })
    }

    pub(super) fn failure(&self, reason: &str, message: Option<&str>, hash: Option<B256>) -> Value {
        let transaction = hash.map_or_else(String::new, |hash| format!("{hash:#x}"));
        let mut body = json!({
            "success": false, "errorReason": reason, "transaction": transaction,
            "network": self.network, "payer": self.payer(),
        });
        if let Some(message) = message {
            body["errorMessage"] = json!(message);
        }
        body
    }
}

pub(super) fn version_1(payload: &Value, wanted: &Value) -> Result<(String, String), Unreadable> {
    for field in ["resource", "description", "mimeType"] {
        text(wanted, field)?;
    }
    Ok((text(payload, "scheme")?, text(payload, "network")?))
}

pub(super) fn version_2(payload: &Value, wanted: &Value) -> Result<(String, String), Unreadable> {
    let resource = object(payload, "resource")?;
    for field in ["url", "description", "mimeType"] {
        text(resource, field)?;
    }
    let accepted = object(payload, "accepted")?;
    if accepted != wanted {
        return Err(Unreadable {
            reason: "accepted_requirements_mismatch",
            detail: "Accepted requirements do not match payment requirements".into(),
        });
    }
    Ok((text(accepted, "scheme")?, text(accepted, "network")?))
}

pub(super) fn missing(field: &str) -> Unreadable {
    Unreadable::format(format!("missing field `{field}`"))
}

pub(super) fn object<'a>(parent: &'a Value, field: &str) -> Result<&'a Value, Unreadable> {
    parent.get(field).filter(|value| value.is_object()).ok_or_else(|| missing(field))
}

pub(super) fn text(parent: &Value, field: &str) -> Result<String, Unreadable> {
    parent.get(field).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| missing(field))
}

fn decimal(parent: &Value, field: &str) -> Result<U256, Unreadable> {
    let digits = text(parent, field)?;
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    plain
        .then(|| U256::from_str_radix(&digits, 10).ok())
        .flatten()
        .ok_or_else(|| Unreadable::format(format!("`{field}` is not a decimal string")))
}

fn account(text: &str) -> Result<Address, Unreadable> {
    text.strip_prefix("0x")
        .and_then(|_| text.parse().ok())
        .ok_or_else(|| Unreadable::format(format!("not an address: {text}")))
}
