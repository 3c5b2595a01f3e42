//! A payer: it answers a 402 with a signed payment, of which a test can bend every part.
//!
//! Signing is the simulated chain's own, written out by hand from EIP-712; nothing of ours is used.
//! What a 402 must look like is asserted by tests; this only reads what it needs to pay.

pub mod sign_in;
mod solana;

use std::fmt;

use alloy_primitives::{Address, B256, U256, hex};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::chain::{Authorization, Domain, Key, Network};
pub use sign_in::{Challenge, SignIn, Signer};
pub use solana::{SolanaPayment, SolanaWallet};

/// Who can answer a 402.
pub trait Payer {
    /// With what.
    type Payment: Presented;

    /// Signs the offer of a 402 that it has money for.
    fn signs(&self, demand: &Demand) -> Self::Payment;
}

/// What can be put into a header.
pub trait Presented {
    /// Name and value of it.
    fn header(&self) -> (&'static str, String);
}

impl Payer for Wallet {
    type Payment = Payment;

    fn signs(&self, demand: &Demand) -> Payment {
        Wallet::signs(self, demand)
    }
}

impl Presented for Payment {
    fn header(&self) -> (&'static str, String) {
        Payment::header(self)
    }
}

/// A throw-away key that pays.
#[derive(Clone)]
pub struct Wallet {
    key: Key,
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wallet({})", self.address())
    }
}

impl Wallet {
    /// A new wallet, without any money.
    pub fn random() -> Self {
        Self { key: Key::random() }
    }

    /// The wallet of a private key.
    pub fn of(key: Key) -> Self {
        Self { key }
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// Its address as it is shown: EIP-55.
    pub fn text(&self) -> String {
        self.address().to_checksum(None)
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its private key, as wallets import it.
    pub fn secret(&self) -> String {
        hex::encode_prefixed(self.key.secret())
    }

    /// Its CAIP-10 account in lower case, as it is written in the table.
    pub fn caip10(&self, network: Network) -> String {
        format!("{}:{}", network.caip2(), self.text().to_ascii_lowercase())
    }

    /// Signs the first offer of a 402 that is on an EVM chain, as published clients do: a fresh
    /// nonce, valid until the offer's time is over.
    pub fn signs(&self, demand: &Demand) -> Payment {
        let offer = demand.offer_on("eip155:").clone();
        let text = |name: &str| offer[name].as_str().unwrap_or_else(|| panic!("an offer without {name}: {offer}"));
        let network = Network::ALL.into_iter().find(|network| network.caip2() == text("network"));
        let network = network.unwrap_or_else(|| panic!("an offer on a network we have no money on: {offer}"));
        let seconds = offer["maxTimeoutSeconds"].as_i64().unwrap_or_else(|| panic!("no maxTimeoutSeconds: {offer}"));
        let domain = Domain {
            name: offer["extra"]["name"].as_str().unwrap_or_default().to_owned(),
            version: offer["extra"]["version"].as_str().unwrap_or_default().to_owned(),
            chain_id: network.chain_id(),
            contract: parse(text("asset")),
        };
        let authorization = Authorization {
            from: self.address(),
            to: parse(text("payTo")),
            value: text("amount").parse().unwrap_or_else(|_| panic!("an amount that is not an integer: {offer}")),
            valid_after: U256::ZERO,
            valid_before: U256::from(u64::try_from(now().saturating_add(seconds)).unwrap_or_default()),
            nonce: B256::from(Key::random().secret()),
        };
        Payment {
            version: 2,
            network,
            resource: demand.required["resource"].clone(),
            accepted: offer,
            authorization,
            domain,
            key: self.key.clone(),
            signature: None,
            edits: Vec::new(),
        }
    }
}

/// What a 402 asks for.
#[derive(Clone, PartialEq, Debug)]
pub struct Demand {
    /// Version 2: the decoded `PAYMENT-REQUIRED` header.
    pub required: Value,
    /// Version 1: the body.
    pub body: Value,
}

impl Demand {
    /// Reads both versions.
    pub fn read(header: &str, body: &[u8]) -> Self {
        let required = STANDARD.decode(header).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            required: required.unwrap_or_else(|| panic!("PAYMENT-REQUIRED is not base64 of JSON: {header}")),
            body: serde_json::from_slice(body).unwrap_or_default(),
        }
    }

    /// The first offer of version 2.
    pub fn offer(&self) -> &Value {
        &self.required["accepts"][0]
    }

    /// The first offer of version 2 on such a network.
    pub fn offer_on(&self, network: &str) -> &Value {
        let offers = self.required["accepts"].as_array().into_iter().flatten();
        let mut fitting =
            offers.filter(|offer| offer["network"].as_str().is_some_and(|name| name.starts_with(network)));
        fitting.next().unwrap_or_else(|| panic!("no offer on {network}: {}", self.required))
    }

    /// What it costs, in micro-dollars.
    pub fn price(&self) -> u64 {
        self.offer()["amount"].as_str().and_then(|amount| amount.parse().ok()).unwrap_or_default()
    }
}

type Edit = std::sync::Arc<dyn Fn(&mut Value) + Send + Sync>;

/// A payment before it is written into its header. Every method bends one part; what is signed is
/// what it says by then, unless a signature is given.
#[derive(Clone)]
#[must_use]
pub struct Payment {
    version: u8,
    network: Network,
    resource: Value,
    accepted: Value,
    authorization: Authorization,
    domain: Domain,
    key: Key,
    signature: Option<Vec<u8>>,
    edits: Vec<Edit>,
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("version", &self.version)
            .field("authorization", &self.authorization)
            .finish_non_exhaustive()
    }
}

impl Payment {
    /// The same in `X-PAYMENT`.
    pub fn version_1(mut self) -> Self {
        self.version = 1;
        self
    }

    /// Claims another payer than the one who signs.
    pub fn from(mut self, from: Address) -> Self {
        self.authorization.from = from;
        self
    }

    /// Pays another payee.
    pub fn to(mut self, to: Address) -> Self {
        self.authorization.to = to;
        self
    }

    /// Pays another amount.
    pub fn value(mut self, micros: u64) -> Self {
        self.authorization.value = U256::from(micros);
        self
    }

    /// Epoch seconds.
    pub fn valid_after(mut self, second: u64) -> Self {
        self.authorization.valid_after = U256::from(second);
        self
    }

    /// Valid only when this many seconds have passed; negative has been for a while.
    pub fn valid_in(self, seconds: i64) -> Self {
        self.valid_after(u64::try_from(now().saturating_add(seconds)).unwrap_or_default())
    }

    /// Epoch seconds.
    pub fn valid_before(mut self, second: u64) -> Self {
        self.authorization.valid_before = U256::from(second);
        self
    }

    /// Valid for this many more seconds; negative has expired.
    pub fn valid_for(self, seconds: i64) -> Self {
        self.valid_before(u64::try_from(now().saturating_add(seconds)).unwrap_or_default())
    }

    /// With this nonce.
    pub fn nonce(mut self, nonce: B256) -> Self {
        self.authorization.nonce = nonce;
        self
    }

    /// Signed by another key than that of the payer it claims.
    pub fn signed_by(mut self, wallet: &Wallet) -> Self {
        self.key = wallet.key.clone();
        self
    }

    /// Signed for another domain.
    pub fn domain(mut self, bend: impl FnOnce(&mut Domain)) -> Self {
        bend(&mut self.domain);
        self
    }

    /// With these bytes as its signature.
    pub fn signature(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.signature = Some(bytes.into());
        self
    }

    /// With the signature it has by now, bent.
    pub fn tampered(mut self, bend: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = self.signature_bytes();
        bend(&mut bytes);
        self.signature = Some(bytes);
        self
    }

    /// With another `accepted` (version 2).
    pub fn accepted(mut self, bend: impl FnOnce(&mut Value)) -> Self {
        bend(&mut self.accepted);
        self
    }

    /// With another document in the header. Does not change what is signed.
    pub fn document(mut self, bend: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.edits.push(std::sync::Arc::new(bend));
        self
    }

    /// What is signed.
    pub fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// The signature.
    pub fn signature_bytes(&self) -> Vec<u8> {
        let signed = || self.key.sign(&self.authorization.digest(&self.domain)).to_vec();
        self.signature.clone().unwrap_or_else(signed)
    }

    /// The document as it travels.
    pub fn to_json(&self) -> Value {
        let payload = json!({
            "signature": hex::encode_prefixed(self.signature_bytes()),
            "authorization": {
                "from": self.authorization.from.to_checksum(None),
                "to": self.authorization.to.to_checksum(None),
                "value": self.authorization.value.to_string(),
                "validAfter": self.authorization.valid_after.to_string(),
                "validBefore": self.authorization.valid_before.to_string(),
                "nonce": self.authorization.nonce.to_string(),
            },
        });
        let network = self.network.v1_name();
        written(self.version, network, &payload, (&self.resource, &self.accepted), &self.edits)
    }

    /// Name and value of its header.
    pub fn header(&self) -> (&'static str, String) {
        in_header(self.version, &self.to_json())
    }
}

/// A payment's document in either version, as published clients write it, and then as a test wants
/// it.
fn written(
    version: u8,
    network: &str,
    payload: &Value,
    (resource, accepted): (&Value, &Value),
    edits: &[Edit],
) -> Value {
    let mut document = match version {
        1 => json!({"x402Version": 1, "scheme": "exact", "network": network, "payload": payload}),
        _ => json!({
            "x402Version": 2, "payload": payload, "extensions": {}, "resource": resource, "accepted": accepted,
        }),
    };
    for edit in edits {
        edit(&mut document);
    }
    document
}

/// Name and value of its header.
fn in_header(version: u8, document: &Value) -> (&'static str, String) {
    let name = if version == 1 { "x-payment" } else { "payment-signature" };
    (name, STANDARD.encode(document.to_string()))
}

fn parse(address: &str) -> Address {
    address.parse().unwrap_or_else(|error| panic!("{address} is not an address: {error}"))
}

fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a payer reads its own clock")]
    Timestamp::now().as_second()
}
