//! A cluster of Solana: the real runtime and token program, with USDC at its own mint, and a
//! facilitator that settles there.
//!
//! Slots come by the clock and all of them are final at once; what a test wants to be too old has
//! to be made so.

use std::fmt;
use std::process::{Child, Command};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::parts::{installed, script};
use super::rpc;
use crate::sim::solana::wire::Transaction;
use crate::sim::solana::{Key, Pubkey};

/// The facilitator's key, which is in `facilitator.mjs` too.
const FACILITATOR: [u8; 32] = [7; 32];

/// A cluster. Clones are the same one, and with the last of them it ends.
#[derive(Clone)]
pub struct Validator(Arc<Inner>);

struct Inner {
    port: u16,
    facilitator: u16,
    cluster: Child,
    settler: Child,
}

/// A transaction that was processed.
#[derive(Clone, Debug)]
pub struct Processed {
    /// Its first signature, in base58.
    pub signature: String,
    /// Whether it did what it says.
    pub succeeded: bool,
    /// The whole.
    pub transaction: Transaction,
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Validator({})", self.0.port)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for child in [&mut self.settler, &mut self.cluster] {
            // Whether or not it was asleep; and how it ended does not matter.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Validator {
    /// A cluster on which no account holds anything.
    pub fn start() -> Self {
        Self::try_start().unwrap_or_else(|why| panic!("no real cluster: {why}"))
    }

    /// The same for who can say what is missing.
    pub fn try_start() -> Result<Self, String> {
        let folder = installed("tests/chain/solana", "@x402/svm")?;
        let program = |name: &str, argument: &str| {
            let mut command = Command::new("node");
            let (child, url) = script(command.arg(folder.join(name)).arg(argument).env("LAG", "0"))?;
            let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
            port.map(|port| (child, port, url)).ok_or_else(|| format!("tests/chain/solana/{name} does not start"))
        };
        let (cluster, port, url) = program("node.mjs", &Self::fee_payer().to_string())?;
        let (settler, facilitator, _) = program("facilitator.mjs", &url)?;
        Ok(Self(Arc::new(Inner { port, facilitator, cluster, settler })))
    }

    /// Who pays the fees there.
    pub fn fee_payer() -> Pubkey {
        Key::of_seed(FACILITATOR).address()
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    /// Where the facilitator of this cluster answers.
    pub fn facilitator(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.facilitator)
    }

    /// So much is in the owner's token account, which is there from now on.
    pub fn give(&self, owner: Pubkey, micros: u64) {
        self.ask("test_give", &json!([owner.to_string(), micros.to_string()]));
    }

    /// Micro-dollars in the owner's token account.
    pub fn balance(&self, owner: Pubkey) -> u64 {
        let held = self.ask("test_held", &json!([owner.to_string()]));
        held.as_str().and_then(|held| held.parse().ok()).unwrap_or_else(|| panic!("the cluster answers with {held}"))
    }

    /// Closes the owner's token account.
    pub fn close_account(&self, owner: Pubkey) {
        self.ask("test_close", &json!([owner.to_string()]));
    }

    /// A blockhash of now.
    pub fn blockhash(&self) -> [u8; 32] {
        let latest = self.ask("getLatestBlockhash", &json!([]));
        let hash = latest["value"]["blockhash"].as_str().and_then(|hash| hash.parse::<Pubkey>().ok());
        hash.unwrap_or_else(|| panic!("the cluster answers with {latest}")).0
    }

    /// Returns when another slot has begun. Here the current one is final too, so what comes later
    /// in it could be missed by who has read it already; on a cluster a final slot is over.
    pub fn await_next_slot(&self) {
        let slot = || self.ask("getSlot", &json!([]));
        let this = slot();
        while slot() == this {}
    }

    /// Whatever was built so far can no longer be processed.
    pub fn expire(&self) {
        self.ask("test_expire", &json!([]));
    }

    /// Everything that was processed, oldest first.
    pub fn processed(&self) -> Vec<Processed> {
        let all = self.ask("test_landed", &json!([]));
        all.as_array().into_iter().flatten().map(processed).collect()
    }

    /// It does not answer until it is awake again.
    pub fn fall_asleep(&self) {
        self.signal("-STOP");
    }

    /// And answers those who have waited.
    pub fn wake_up(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.0.cluster.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "the cluster is gone");
    }

    fn ask(&self, method: &str, params: &Value) -> Value {
        rpc::ask(self.0.port, method, params).unwrap_or_else(|why| panic!("the cluster: {why}"))
    }
}

fn processed(one: &Value) -> Processed {
    let bytes = one["transaction"].as_str().and_then(|text| STANDARD.decode(text).ok());
    let transaction = bytes.and_then(|bytes| Transaction::decode(&bytes).ok());
    Processed {
        signature: one["signature"].as_str().unwrap_or_default().to_owned(),
        succeeded: one["error"].is_null(),
        transaction: transaction.unwrap_or_else(|| panic!("not a transaction: {one}")),
    }
}
