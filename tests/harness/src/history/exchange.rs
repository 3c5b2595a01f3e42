//! A client's request and its answer, as far as a promise depends on them.
//!
//! Read without any mercy for or knowledge of the functions: what a payment says is what its header decodes to, and whether
//! somebody signed it is for the chain to say.

use std::hash::{DefaultHasher, Hash, Hasher};

use alloy_primitives::{Address, B256, U256, hex};
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::sim::chain::Authorization;

/// The two headers that carry a payment.
const HEADERS: [&str; 2] = ["payment-signature", "x-payment"];

/// A request to the gateway.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Tells bodies apart.
    pub body: u64,
    /// How many payment headers it had.
    pub payments: usize,
    /// The payment, if there was one header and it can be read.
    pub paying: Option<Paying>,
    /// The answer, if there was one.
    pub said: Option<Said>,
}

/// A payment as it was presented.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paying {
    /// What was signed, or is said to have been.
    pub authorization: Authorization,
    /// The signature.
    pub signature: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its status.
    pub status: u16,
    /// A refusal's code.
    pub code: String,
    /// What a success has bought: a call's id, a number, or nothing that has a name.
    pub product: String,
    /// What a 402 asked for: how much, and for whom.
    pub asked: Option<(U256, Address)>,
    /// What a look at a call showed: `status` and `ended_by`.
    pub call: Option<(String, String)>,
    /// Whether it may be kept by nobody.
    pub no_store: bool,
    /// Whether a function made it: the gateway's own answers are no JSON of ours.
    pub ours: bool,
}

impl Exchange {
    pub(super) fn of(method: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> Self {
        let given: Vec<_> = HEADERS.iter().flat_map(|name| headers.get_all(*name)).collect();
        let paying = match given.as_slice() {
            [one] => one.to_str().ok().and_then(Paying::read),
            _ => None,
        };
        let (method, path) = (method.to_owned(), path.to_owned());
        Self { method, path, body: digest(body.trim_ascii()), payments: given.len(), paying, said: None }
    }

    /// The path without its version's prefix: `/phone/numbers/buy`.
    pub fn endpoint(&self) -> &str {
        ["/api/v1", "/v1"].into_iter().find_map(|prefix| self.path.strip_prefix(prefix)).unwrap_or(&self.path)
    }

    /// The id in a look at a call.
    pub fn call_id(&self) -> Option<&str> {
        self.endpoint().strip_prefix("/voice/call/").filter(|_| self.method == "GET")
    }

    /// The answer's status.
    pub fn status(&self) -> Option<u16> {
        self.said.as_ref().map(|said| said.status)
    }
}

impl Paying {
    fn read(header: &str) -> Option<Self> {
        let document: Value = serde_json::from_slice(&STANDARD.decode(header).ok()?).ok()?;
        let payload = &document["payload"];
        let signed = &payload["authorization"];
        let address = |name: &str| signed[name].as_str()?.parse::<Address>().ok();
        let number = |name: &str| match &signed[name] {
            Value::String(text) => text.parse::<U256>().ok(),
            other => other.as_u64().map(U256::from),
        };
        let authorization = Authorization {
            from: address("from")?,
            to: address("to")?,
            value: number("value")?,
            valid_after: number("validAfter")?,
            valid_before: number("validBefore")?,
            nonce: signed["nonce"].as_str()?.parse::<B256>().ok()?,
        };
        Some(Self { authorization, signature: hex::decode(payload["signature"].as_str()?).ok()? })
    }

    /// Payer and nonce, as the table and the audit write them.
    pub fn key(&self) -> (String, String) {
        let Authorization { from, nonce, .. } = &self.authorization;
        (from.to_string().to_ascii_lowercase(), nonce.to_string())
    }
}

impl Said {
    pub(super) fn of(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let offer = &json["accepts"][0];
        let amount = offer["maxAmountRequired"].as_str().or_else(|| offer["amount"].as_str());
        let asked = amount.and_then(|amount| amount.parse().ok()).zip(text(&offer["payTo"]).parse().ok());
        let call = json.get("ended_by").map(|ended_by| (text(&json["status"]), text(ended_by)));
        let no_store = headers.get("cache-control").is_some_and(|value| value == "no-store");
        let ours = json.is_object() && !(status >= 400 && json.get("error").is_none());
        let product = ["call_id", "phone_number"].into_iter().find_map(|name| json[name].as_str());
        let product = product.unwrap_or_default().to_owned();
        Self { status, code: text(&json["error"]), product, asked, call, no_store, ours }
    }
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
