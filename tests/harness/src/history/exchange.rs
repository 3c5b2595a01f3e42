//! A client's request and its answer, as far as a promise depends on them.
//!
//! Read without any mercy for or knowledge of the functions: what a payment says is what its header
//! decodes to, and whether its payer signed it is for the chain to say.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use alloy_primitives::{Address, B256, U256, hex};
use axum::http::{HeaderMap, HeaderValue, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::sim::chain::Authorization;
use crate::sim::solana::programs::{TOKEN, transfer_checked};
use crate::sim::solana::wire::Transaction;
use crate::sim::solana::{Pubkey, associated};
use crate::spec;

/// The two headers that carry a payment.
const HEADERS: [&str; 2] = ["payment-signature", "x-payment"];
/// Where none of them is read.
const MCP: &str = "/mcp";
/// The one that a wallet signs in with.
const SIGN_IN: &str = "sign-in-with-x";

/// A request to the gateway.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Whether it only asks what would come of it.
    pub dry_run: bool,
    /// Tells bodies apart.
    pub body: u64,
    /// How many payments its headers held that differ.
    pub payments: usize,
    /// The payment, if there was one and it can be read.
    pub paying: Option<Paying>,
    /// The same, if it is one on Solana.
    pub on_solana: Option<OnSolana>,
    /// The signature that a wallet has tried to sign in with.
    pub signed_in: Option<String>,
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

/// A payment on Solana as it was presented.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OnSolana {
    /// The whole transaction.
    pub transaction: Transaction,
    /// Who says so.
    pub payer: Pubkey,
    /// The token.
    pub mint: Pubkey,
    /// The account that gets it.
    pub account: Pubkey,
    /// Micro-dollars.
    pub micros: u64,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its status.
    pub status: u16,
    /// A refusal's code.
    pub code: String,
    /// What a success has bought: a call's id, a number, a page of calls, or nothing that has a
    /// name.
    pub product: String,
    /// What a dry run says would happen.
    pub would: String,
    /// The ids of the calls that a list has named.
    pub listed: Vec<String>,
    /// What a 402 asked for: how much, and for which payee.
    pub asked: Option<(U256, Address)>,
    /// The same for its offer on Solana.
    pub asked_on_solana: Option<(u64, Pubkey)>,
    /// What a look at a call showed: `status` and `ended_by`.
    pub call: Option<(String, String)>,
    /// Whether no cache may keep it.
    pub no_store: bool,
    /// Whether a function made it: the gateway's own answers are neither JSON of ours nor a page.
    pub ours: bool,
}

impl Exchange {
    pub(super) fn of(method: &str, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let values = HEADERS.iter().flat_map(|name| headers.get_all(*name)).map(HeaderValue::as_bytes);
        // The MCP server reads none there: what a message pays with is asked of another address.
        let given: BTreeSet<&[u8]> = values
            .filter(|_| uri.path() != MCP)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(bare)
            .filter(|value| !says_that_there_is_none(value))
            .collect();
        let read = |one: &&[u8]| {
            let document = str::from_utf8(one).ok().and_then(decoded);
            let document = document.as_ref();
            (document.and_then(Paying::read), document.and_then(OnSolana::read))
        };
        let mut signed: Vec<_> = given.iter().map(read).collect();
        // What was signed once is one payment, in however many documents it is.
        signed.dedup_by(|one, other| *one != (None, None) && one == other);
        let payments = signed.len();
        let (paying, on_solana) = if payments == 1 { signed.remove(0) } else { (None, None) };
        let sign_in = headers.get(SIGN_IN).and_then(|value| decoded(value.to_str().ok()?));
        let signed_in = sign_in.and_then(|document| Some(document["signature"].as_str()?.to_owned()));
        let (method, path) = (method.to_owned(), uri.path().to_owned());
        let sells = method == "POST" && spec::price(&path).is_some();
        let dry_run = sells && uri.query().is_some_and(|query| query.split('&').any(|one| one == "dry_run=true"));
        let body = digest(body.trim_ascii());
        Self { method, path, dry_run, body, payments, paying, on_solana, signed_in, said: None }
    }

    /// Payer, and nonce or message, of its payment.
    pub fn key(&self) -> Option<(String, String)> {
        self.paying.as_ref().map(Paying::key).or_else(|| self.on_solana.as_ref().map(OnSolana::key))
    }

    /// The path without its version's prefix: `/phone/numbers/buy`.
    pub fn endpoint(&self) -> &str {
        spec::endpoint(&self.path)
    }

    /// Whether it is about what is sold, and no document or list that tells of it and is the same
    /// for all.
    pub fn is_of_the_api(&self) -> bool {
        let endpoint = self.endpoint();
        endpoint != self.path && !["/voice/voices", "/voice/languages"].contains(&endpoint)
    }

    /// Whether it asks for nothing but to see something.
    pub fn only_looks(&self) -> bool {
        self.method == "GET" || self.method == "HEAD"
    }

    /// The id in a look at a call.
    pub fn call_id(&self) -> Option<&str> {
        self.endpoint().strip_prefix("/voice/call/").filter(|_| self.only_looks())
    }

    /// The id in a hang-up.
    pub fn hangs_up(&self) -> Option<&str> {
        let id = self.endpoint().strip_prefix("/voice/call/")?.strip_suffix("/hangup")?;
        (self.method == "POST").then_some(id)
    }

    /// The id in a word of the dialler's.
    pub fn is_told(&self) -> Option<&str> {
        let (id, _) = self.path.strip_prefix("/webhooks/bland/")?.split_once('/')?;
        Some(id)
    }

    /// The answer's status.
    pub fn status(&self) -> Option<u16> {
        self.said.as_ref().map(|said| said.status)
    }
}

impl Paying {
    fn read(document: &Value) -> Option<Self> {
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

impl OnSolana {
    fn read(document: &Value) -> Option<Self> {
        let bytes = STANDARD.decode(document["payload"]["transaction"].as_str()?).ok()?;
        let transaction = Transaction::decode(&bytes).ok()?;
        let message = &transaction.message;
        let transfer = message.instructions.iter().find(|one| message.program(one) == TOKEN)?;
        let key = |at: usize| message.key(*transfer.accounts.get(at)?);
        let (micros, _) = transfer_checked(&transfer.data)?;
        let (mint, account, payer) = (key(1)?, key(2)?, key(3)?);
        Some(Self { transaction, payer, mint, account, micros })
    }

    /// Payer and message, as the table and the audit write them.
    pub fn key(&self) -> (String, String) {
        (self.payer.to_string(), self.transaction.digest())
    }

    /// Whether the payer has signed it.
    pub fn is_signed(&self) -> bool {
        let signers = self.transaction.message.signers().iter().zip(&self.transaction.signatures);
        signers.into_iter().any(|(key, by)| *key == self.payer && key.signed(&self.transaction.bytes, by))
    }

    /// Whether it pays this owner.
    pub fn pays(&self, owner: Pubkey) -> bool {
        associated(owner, self.mint) == self.account
    }
}

/// A payment without the quotation marks around it.
fn bare(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    let quote = value.first().filter(|first| value.len() > 1 && b"\"'".contains(first));
    let is_quoted = quote.is_some() && value.last() == quote;
    if is_quoted { value[1..value.len() - 1].trim_ascii() } else { value }
}

/// What a client's template writes where it has none is none.
fn says_that_there_is_none(value: &[u8]) -> bool {
    let word = String::from_utf8_lossy(value).to_lowercase();
    ["", "null", "undefined", "none", "nil", "nan", "[object object]"].contains(&word.as_str())
}

fn decoded(header: &str) -> Option<Value> {
    let document = STANDARD.decode(header).ok()?;
    // A byte order mark carries nothing (RFC 8259, section 8.1).
    serde_json::from_slice(document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&document)).ok()
}

impl Said {
    pub(super) fn of(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let offers = json["accepts"].as_array().into_iter().flatten();
        let mut on_solana = offers.filter(|offer| text(&offer["network"]).starts_with("solana"));
        let amount = |offer: &Value| text(offer.get("maxAmountRequired").unwrap_or(&offer["amount"]));
        let asked_on_solana =
            on_solana.next().and_then(|offer| amount(offer).parse().ok().zip(text(&offer["payTo"]).parse().ok()));
        let offer = &json["accepts"][0];
        let asked = amount(offer).parse().ok().zip(text(&offer["payTo"]).parse().ok());
        let call = json.get("ended_by").map(|ended_by| (text(&json["status"]), text(ended_by)));
        let no_store = headers.get("cache-control").is_some_and(|value| value == "no-store");
        let page = headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let ours = page || (json.is_object() && !(status >= 400 && json.get("error").is_none()));
        let product = ["call_id", "phone_number"].into_iter().find_map(|name| json[name].as_str());
        let listed =
            json["calls"].as_array().map(|all| all.iter().map(|call| text(&call["call_id"])).collect::<Vec<_>>());
        let listing = listed.as_ref().map(|ids| format!("{} {}", ids.join(" "), json["next_cursor"]));
        let product = product.map(str::to_owned).or(listing).unwrap_or_default();
        let listed = listed.unwrap_or_default();
        let (code, would) = (text(&json["error"]), text(&json["would"]));
        Self { status, code, product, would, listed, asked, asked_on_solana, call, no_store, ours }
    }
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
