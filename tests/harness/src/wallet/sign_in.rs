//! A wallet that signs in: it answers a 402 that asks for no money with a signed message
//! (CAIP-122), of which a test can bend every part.
//!
//! The message is put together here by hand from EIP-4361 and from what `@x402/extensions` 2.27
//! makes of it on Solana.

use alloy_primitives::{hex, keccak256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{SolanaWallet, Wallet};
use crate::sim::{chain, solana};

/// The header of a sign-in.
const HEADER: &str = "sign-in-with-x";

/// Who can sign in.
pub trait Signer {
    /// Signs what a 402 asks for, for the first of its chains that this is a wallet of.
    fn signs_in(&self, challenge: &Challenge) -> SignIn;
}

/// What a 402 asks a wallet to sign: its extension `sign-in-with-x`.
#[derive(Clone, PartialEq, Debug)]
pub struct Challenge(pub Value);

#[derive(Clone)]
enum Key {
    Evm(chain::Key),
    Solana(solana::Key),
}

/// A sign-in before it is written into its header. What is signed is what it says by then, unless a
/// signature is given.
#[derive(Clone)]
#[must_use]
pub struct SignIn {
    fields: Map<String, Value>,
    key: Key,
    signature: Option<String>,
    text: Option<String>,
    edits: Vec<(&'static str, Option<Value>)>,
}

impl Signer for Wallet {
    fn signs_in(&self, challenge: &Challenge) -> SignIn {
        SignIn::of(challenge, &self.text(), "eip191", Key::Evm(self.key().clone()))
    }
}

impl Signer for SolanaWallet {
    fn signs_in(&self, challenge: &Challenge) -> SignIn {
        SignIn::of(challenge, &self.text(), "ed25519", Key::Solana(self.key().clone()))
    }
}

impl SignIn {
    fn of(challenge: &Challenge, address: &str, kind: &str, key: Key) -> Self {
        let Challenge(asked) = challenge;
        let chains = asked["supportedChains"].as_array().into_iter().flatten();
        let chain = chains.into_iter().find(|chain| chain["type"] == kind);
        let chain = chain.unwrap_or_else(|| panic!("no chain of {kind} in {asked}"));
        let mut fields = asked["info"].as_object().unwrap_or_else(|| panic!("no info in {asked}")).clone();
        fields.insert("address".to_owned(), json!(address));
        fields.insert("chainId".to_owned(), chain["chainId"].clone());
        fields.insert("type".to_owned(), json!(kind));
        Self { fields, key, signature: None, text: None, edits: Vec::new() }
    }

    /// With another value of a field, which is signed.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Without a field; that too is signed.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.remove(name);
        self
    }

    /// Issued so many seconds from now, negative for the past, and good for five minutes.
    pub fn issued(self, seconds: i64) -> Self {
        let at = at(seconds);
        let until = at.saturating_add(SignedDuration::from_mins(5)).unwrap_or(at);
        self.with("issuedAt", at.to_string()).with("expirationTime", until.to_string())
    }

    /// With another value in the header than in what is signed.
    pub fn tampered(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.edits.push((name, Some(value.into())));
        self
    }

    /// With a field of what is signed left out of the header.
    pub fn stripped(mut self, name: &'static str) -> Self {
        self.edits.push((name, None));
        self
    }

    /// With this text as its signature.
    pub fn signature(mut self, text: impl Into<String>) -> Self {
        self.signature = Some(text.into());
        self
    }

    /// With a signature of this message instead of its own.
    pub fn signing(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Signed by another wallet on an EVM chain.
    pub fn signed_by(mut self, wallet: &Wallet) -> Self {
        self.key = Key::Evm(wallet.key().clone());
        self
    }

    /// The message.
    pub fn message(&self) -> String {
        let text = |name: &str| self.fields.get(name).and_then(Value::as_str);
        let always = |name: &str| text(name).unwrap_or_default();
        let (rail, unsaid) = match self.key {
            Key::Evm(_) => ("Ethereum", "\n"),
            // Without a statement its line is left out, and the empty line after it.
            Key::Solana(_) => ("Solana", ""),
        };
        let statement = text("statement").map_or_else(|| unsaid.to_owned(), |said| format!("{said}\n\n"));
        let chain = always("chainId").split(':').nth(1).unwrap_or_default();
        let mut message = format!(
            "{} wants you to sign in with your {rail} account:\n{}\n\n{statement}URI: {}\nVersion: {}\nChain ID: {chain}\nNonce: \
             {}\nIssued At: {}",
            always("domain"),
            always("address"),
            always("uri"),
            always("version"),
            always("nonce"),
            always("issuedAt"),
        );
        for (name, line) in
            [("expirationTime", "Expiration Time"), ("notBefore", "Not Before"), ("requestId", "Request ID")]
        {
            message.extend(text(name).map(|value| format!("\n{line}: {value}")));
        }
        if let Some(resources) = self.fields.get("resources").and_then(Value::as_array) {
            let each = resources.iter().map(|one| format!("\n- {}", one.as_str().unwrap_or_default()));
            message = format!("{message}\nResources:{}", each.collect::<String>());
        }
        message
    }

    /// The signature, as it is written.
    pub fn signed(&self) -> String {
        let text = self.text.clone().unwrap_or_else(|| self.message());
        let signed = || match &self.key {
            Key::Evm(key) => {
                let framed = format!("\u{19}Ethereum Signed Message:\n{}{text}", text.len());
                hex::encode_prefixed(key.sign(&keccak256(framed)))
            }
            Key::Solana(key) => solana::base58(&key.sign(text.as_bytes())),
        };
        self.signature.clone().unwrap_or_else(signed)
    }

    /// The document as it travels.
    pub fn to_json(&self) -> Value {
        let mut fields = self.fields.clone();
        fields.insert("signature".to_owned(), json!(self.signed()));
        for (name, value) in &self.edits {
            match value {
                Some(value) => fields.insert((*name).to_owned(), value.clone()),
                None => fields.remove(*name),
            };
        }
        Value::Object(fields)
    }

    /// Name and value of its header.
    pub fn header(&self) -> (&'static str, String) {
        (HEADER, STANDARD.encode(self.to_json().to_string()))
    }
}

/// So many seconds from now.
pub fn at(seconds: i64) -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "a wallet reads its own clock")]
    let now = Timestamp::now();
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}
