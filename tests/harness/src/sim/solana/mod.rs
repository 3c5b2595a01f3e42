//! A cluster of Solana, as far as a USDC payment can see it: accounts of the token, transactions,
//! blockhashes that die, and a JSON-RPC endpoint that knows three degrees of certainty.
//!
//! Messages are really read and signatures really checked; the token's rules are those of the SPL
//! Token program. There are no lamports, no forks and no programs beyond those that a payment
//! meets. Slots come by the clock, one each 400 ms, and a transaction lands in the latest one when
//! it is sent, so that a test never has to wait for it.

mod key;
mod ledger;
pub mod programs;
mod rpc;
#[cfg(test)]
mod tests;
pub mod wire;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::fault::{Answer, Faults};
use super::{Clock, lock};
use crate::history::History;
pub use key::{Key, Pubkey, associated, base58};
use ledger::Ledger;
pub use ledger::{Account, Failure, LIFE, Landed};
use wire::{Instruction, Message, Transaction, Version};

/// Milliseconds of a slot.
const SLOT: u64 = 400;
/// When both clusters began, about.
const GENESIS: u64 = 1_584_368_940_000;
/// Slots without a block: a reader that takes a slot for a height is wrong by this.
const SKIPPED: u64 = 21_654_321;
/// Slots until a block is final.
const FINALITY: u64 = 32;

/// Which cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cluster {
    /// Mainnet Beta.
    Mainnet,
    /// Devnet.
    Devnet,
}

impl Cluster {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Mainnet, Self::Devnet];

    /// Hash of its first block.
    pub const fn genesis(self) -> &'static str {
        match self {
            Self::Mainnet => "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
            Self::Devnet => "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG",
        }
    }

    /// Name in x402 version 2.
    pub const fn caip2(self) -> &'static str {
        match self {
            Self::Mainnet => "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            Self::Devnet => "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        }
    }

    /// Name in x402 version 1.
    pub const fn v1_name(self) -> &'static str {
        match self {
            Self::Mainnet => "solana",
            Self::Devnet => "solana-devnet",
        }
    }

    /// USDC.
    pub fn usdc(self) -> Pubkey {
        Pubkey::of(match self {
            Self::Mainnet => "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            Self::Devnet => "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
        })
    }
}

/// How sure one is of a block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Commitment {
    /// A node has seen it.
    Processed,
    /// Two thirds have voted for it.
    Confirmed,
    /// It stays.
    Finalized,
}

/// The cluster. Clones are the same one.
#[derive(Clone)]
pub struct Solana {
    cluster: Cluster,
    clock: Clock,
    ledger: Arc<Mutex<Ledger>>,
    faults: Faults,
    /// How many slots the node that answers is behind. It knows of no later transaction, and of
    /// accounts what they were; only what would come of a transaction is tried on the present.
    behind: u64,
}

impl Solana {
    /// A cluster on which no account holds anything.
    pub fn new(cluster: Cluster, clock: Clock) -> Self {
        let overload = Answer::json(
            429,
            &json!({"jsonrpc": "2.0", "error": {"code": 429, "message": "Too many requests for a specific RPC call"}, "id": null}),
        );
        let ledger = Ledger { finality_lag: FINALITY, ..Ledger::default() };
        Self { cluster, clock, ledger: Arc::new(Mutex::new(ledger)), faults: Faults::new(overload), behind: 0 }
    }

    /// Writes down what lands.
    pub fn remember_in(&self, history: &History) {
        self.ledger().history = history.clone();
    }

    /// The JSON-RPC endpoint: `POST /`, and `POST /rpc`.
    pub fn router(&self) -> Router {
        self.faults.wrap(rpc::router(self.clone()))
    }

    /// Faults of the JSON-RPC endpoint.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Which cluster this is.
    pub fn cluster(&self) -> Cluster {
        self.cluster
    }

    /// Makes micro-dollars out of nothing, and the owner's account for them if there is none.
    pub fn mint(&self, owner: Pubkey, micros: u64) {
        let (mint, slot) = (self.cluster.usdc(), self.slot());
        let (account, empty) =
            (associated(owner, mint), Account { owner, mint, amount: 0, delegate: None, frozen: false });
        let mut ledger = self.ledger();
        ledger.accounts.entry(account).or_insert(empty).amount += micros;
        ledger.note(slot, account);
    }

    /// Changes an owner's account: freezes it, lets another key spend from it, empties it.
    pub fn change(&self, owner: Pubkey, bend: impl FnOnce(&mut Account)) {
        let (account, slot) = (associated(owner, self.cluster.usdc()), self.slot());
        let mut ledger = self.ledger();
        ledger.accounts.entry(account).and_modify(bend);
        ledger.note(slot, account);
    }

    /// Closes the owner's account.
    pub fn close_account(&self, owner: Pubkey) {
        let (account, slot) = (associated(owner, self.cluster.usdc()), self.slot());
        let mut ledger = self.ledger();
        ledger.accounts.remove(&account);
        ledger.note(slot, account);
    }

    /// Micro-dollars of an owner; none where there is no account.
    pub fn balance(&self, owner: Pubkey) -> u64 {
        self.ledger().accounts.get(&associated(owner, self.cluster.usdc())).map_or(0, |account| account.amount)
    }

    /// All transactions in blocks, oldest first.
    pub fn transactions(&self) -> Vec<Landed> {
        self.ledger().landed.clone()
    }

    /// A transaction in a block, by its signature.
    pub fn transaction(&self, signature: &str) -> Option<Landed> {
        self.ledger().by_signature(signature).cloned()
    }

    /// How many slots `finalized` is behind `processed`: 32, unless this says otherwise.
    pub fn set_finality_lag(&self, slots: u64) {
        self.ledger().finality_lag = slots;
    }

    /// How many slots `confirmed` is behind `processed`: none, unless this says otherwise.
    pub fn set_confirmation_lag(&self, slots: u64) {
        self.ledger().confirmation_lag = slots;
    }

    /// Everything that has happened happened this much earlier: slots go on, and the times of past
    /// ones are moved.
    pub fn travel(&self, by: Duration) {
        self.ledger().passed += u64::try_from(by.as_millis()).unwrap_or_default();
    }

    /// The newest slot.
    pub fn slot(&self) -> u64 {
        let passed = self.ledger().passed;
        ((self.clock.millis().unsigned_abs() + passed).saturating_sub(GENESIS) / SLOT).saturating_sub(self.behind)
    }

    /// A node that is this far behind.
    fn behind(self, far: Duration) -> Self {
        Self { behind: u64::try_from(far.as_millis()).unwrap_or_default() / SLOT, ..self }
    }

    /// The newest slot of which one is that sure.
    pub fn slot_at(&self, commitment: Commitment) -> u64 {
        let lag = {
            let ledger = self.ledger();
            match commitment {
                Commitment::Processed => 0,
                Commitment::Confirmed => ledger.confirmation_lag.min(ledger.finality_lag),
                Commitment::Finalized => ledger.finality_lag,
            }
        };
        self.slot().saturating_sub(lag)
    }

    /// How many blocks there are up to a slot.
    pub fn height_of(slot: u64) -> u64 {
        slot.saturating_sub(SKIPPED)
    }

    /// The newest blockhash, and the last height at which it is good.
    pub fn blockhash(&self, commitment: Commitment) -> ([u8; 32], u64) {
        let slot = self.slot_at(commitment);
        (self.hash_of(slot), Self::height_of(slot) + LIFE)
    }

    /// Whether the bank of a slot takes this blockhash.
    pub fn is_alive(&self, blockhash: &[u8; 32], slot: u64) -> bool {
        (slot.saturating_sub(LIFE)..=slot).any(|slot| self.hash_of(slot) == *blockhash)
    }

    /// Seconds since 1970 at which a slot was, as seen from now.
    pub fn time_of(&self, slot: u64) -> i64 {
        let passed = self.ledger().passed;
        i64::try_from((GENESIS + slot * SLOT).saturating_sub(passed) / 1000).unwrap_or_default()
    }

    /// What would come of sending it now, if the bank of this slot is asked.
    pub fn simulate(&self, transaction: &Transaction, slot: u64) -> Result<(), Failure> {
        Self::precheck(transaction)?;
        if !transaction.is_signed() {
            return Err(Failure::SignatureFailure);
        }
        self.try_out(transaction, slot)
    }

    fn precheck(transaction: &Transaction) -> Result<(), Failure> {
        let message = &transaction.message;
        if !message.is_sane() || transaction.signatures.len() != message.signers().len() {
            return Err(Failure::SanitizeFailure);
        }
        if message.lookups.is_empty() { Ok(()) } else { Err(Failure::AddressLookupTableNotFound) }
    }

    /// The same, whatever keys have signed.
    pub(in crate::sim) fn try_out(&self, transaction: &Transaction, slot: u64) -> Result<(), Failure> {
        if self.ledger().find(transaction).is_some() {
            return Err(Failure::AlreadyProcessed);
        }
        if !self.is_alive(&transaction.message.blockhash, slot) {
            return Err(Failure::BlockhashNotFound);
        }
        self.ledger().execute(&transaction.message).map(|_| ())
    }

    /// Sends it without asking what will come of it. What no leader takes is forgotten without a
    /// word; what fails in its block is there, as failed.
    pub fn send(&self, transaction: &Transaction) -> Result<String, Failure> {
        // The leader is not behind.
        let slot = self.slot() + self.behind;
        match self.simulate(transaction, slot) {
            Ok(()) | Err(Failure::Instruction(..)) => {
                self.ledger().land(slot, transaction);
                Ok(transaction.signature())
            }
            // Sending it again is how one waits for it.
            Err(Failure::AlreadyProcessed | Failure::BlockhashNotFound | Failure::ProgramAccountNotFound) => {
                Ok(transaction.signature())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Sends it, and no leader has come by yet.
    pub fn submit(&self, transaction: &Transaction) -> String {
        self.ledger().submitted.push(transaction.clone());
        transaction.signature()
    }

    /// What was submitted is put into a block, unless its blockhash is dead by now.
    pub fn mine(&self) {
        let submitted = std::mem::take(&mut self.ledger().submitted);
        for transaction in &submitted {
            // What has become of it can be seen from its block.
            let _ = self.send(transaction);
        }
    }

    /// Forgets what was submitted, as a busy leader does.
    pub fn forget_submitted(&self) {
        self.ledger().submitted.clear();
    }

    /// Strangers write into the history of an account: this many transactions that name it, say
    /// something and move nothing, every other one of version 1. They have landed by now; their
    /// signatures are not checked again.
    pub fn clutter(&self, account: Pubkey, many: usize, memo: &[u8]) {
        let (slot, blockhash) = (self.slot(), self.blockhash(Commitment::Finalized).0);
        // A program need not look at an account that an instruction names.
        let naming = Instruction { accounts: vec![(account, false, false)], ..Instruction::compute_limit(20_000) };
        let both = [naming, Instruction::memo(memo)];
        let mut message = Message::compile(Pubkey(super::random()), &both, blockhash);
        let mut ledger = self.ledger();
        for number in 0..many {
            message.version = if number % 2 == 0 { Version::V0 } else { Version::V1 };
            let half: [u8; 32] = super::random();
            let mut transaction = Transaction::unsigned(message.clone());
            transaction.signatures = vec![[half, half].concat().try_into().unwrap_or([0; 64])];
            ledger.clutter(slot, transaction);
        }
    }

    fn hash_of(&self, slot: u64) -> [u8; 32] {
        Sha256::new().chain_update(self.cluster.genesis()).chain_update(slot.to_le_bytes()).finalize().into()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }
}
