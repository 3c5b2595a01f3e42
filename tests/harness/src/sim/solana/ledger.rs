//! The accounts and the transactions of a cluster, and what becomes of one that is sent.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::Pubkey;
use super::programs::{self, Moved, Why};
use super::wire::{Message, Transaction};

/// Blocks that a blockhash lives.
pub const LIFE: u64 = 150;

/// An account that holds a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Whose it is.
    pub owner: Pubkey,
    /// Which token.
    pub mint: Pubkey,
    /// Micro-dollars.
    pub amount: u64,
    /// Who else may move how much of it.
    pub delegate: Option<(Pubkey, u64)>,
    /// By the issuer.
    pub frozen: bool,
}

pub(super) type Accounts = BTreeMap<Pubkey, Account>;

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Landed {
    /// Its first signature, in base58.
    pub signature: String,
    /// In which slot.
    pub slot: u64,
    /// The whole.
    pub transaction: Transaction,
    /// Why it did nothing but cost its fee.
    pub error: Option<Failure>,
    /// What it moved.
    pub moved: Vec<Moved>,
    /// What the accounts of tokens held before, and after it: by place among its keys.
    pub(super) balances: [Vec<(usize, Account)>; 2],
}

/// Why a transaction is not carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Its counts or indices make no sense.
    SanitizeFailure,
    /// A required signature is missing.
    SignatureFailure,
    /// One key twice.
    AccountLoadedTwice,
    /// A table that is not there.
    AddressLookupTableNotFound,
    /// Too old, or of a block that this bank does not know.
    BlockhashNotFound,
    /// In a block already.
    AlreadyProcessed,
    /// No such program here.
    ProgramAccountNotFound,
    /// Which instruction failed, and why.
    Instruction(usize, Why),
}

impl Failure {
    /// As JSON-RPC writes it.
    pub fn to_json(self) -> Value {
        match self {
            Self::Instruction(at, Why::Custom(code)) => json!({"InstructionError": [at, {"Custom": code}]}),
            Self::Instruction(at, why) => json!({"InstructionError": [at, format!("{why:?}")]}),
            other => json!(format!("{other:?}")),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SanitizeFailure => "Transaction failed to sanitize accounts offsets correctly",
            Self::SignatureFailure => "Transaction did not pass signature verification",
            Self::AccountLoadedTwice => "Account loaded twice",
            Self::AddressLookupTableNotFound => "Transaction loads an address table account that doesn't exist",
            Self::BlockhashNotFound => "Blockhash not found",
            Self::AlreadyProcessed => "This transaction has already been processed",
            Self::ProgramAccountNotFound => "Attempt to load a program that does not exist",
            Self::Instruction(at, why) => return write!(f, "Error processing Instruction {at}: {why}"),
        })
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Custom(code) => return write!(f, "custom program error: {code:#x}"),
            Self::InvalidAccountData => "invalid account data for instruction",
            Self::InvalidInstructionData => "invalid instruction data",
            Self::MissingRequiredSignature => "missing required signature for instruction",
            Self::NotEnoughAccountKeys => "insufficient account keys for instruction",
        })
    }
}

/// What an execution came to.
pub(super) type Executed = Result<(Accounts, Vec<Moved>), Failure>;

#[derive(Default)]
pub(super) struct Ledger {
    pub(super) accounts: Accounts,
    /// What an account was from a slot on, oldest first.
    pub(super) past: BTreeMap<Pubkey, Vec<(u64, Option<Account>)>>,
    pub(super) landed: Vec<Landed>,
    /// Sent, and not in any block yet.
    pub(super) submitted: Vec<Transaction>,
    /// Milliseconds that time has been moved by.
    pub(super) passed: u64,
    pub(super) confirmation_lag: u64,
    pub(super) finality_lag: u64,
    pub(super) history: crate::history::History,
}

impl Ledger {
    /// Is this message in a block already? Whatever keys signed it, and however that is written:
    /// nodes remember both.
    pub(super) fn find(&self, transaction: &Transaction) -> Option<&Landed> {
        self.landed.iter().find(|landed| landed.transaction.bytes == transaction.bytes)
    }

    pub(super) fn by_signature(&self, signature: &str) -> Option<&Landed> {
        self.landed.iter().find(|landed| landed.signature == signature)
    }

    /// What would come of it now. Signatures and the blockhash are looked at by the caller.
    pub(super) fn execute(&self, message: &Message) -> Executed {
        let mut keys = message.keys.clone();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() != message.keys.len() {
            return Err(Failure::AccountLoadedTwice);
        }
        if !message.instructions.iter().all(|one| programs::is_known(&message.program(one))) {
            return Err(Failure::ProgramAccountNotFound);
        }
        let (mut accounts, mut moved) = (self.accounts.clone(), Vec::new());
        for (at, one) in message.instructions.iter().enumerate() {
            let did = programs::run(&mut accounts, message, one).map_err(|why| Failure::Instruction(at, why))?;
            moved.extend(did);
        }
        Ok((accounts, moved))
    }

    /// Writes down what an account is from this slot on.
    pub(super) fn note(&mut self, slot: u64, key: Pubkey) {
        let is = self.accounts.get(&key).cloned();
        let past = self.past.entry(key).or_default();
        if past.last().map(|(_, was)| was) != Some(&is) {
            past.push((slot, is));
        }
    }

    /// What an account was in a slot.
    pub(super) fn account_at(&self, key: &Pubkey, slot: u64) -> Option<&Account> {
        let past = self.past.get(key)?;
        past.iter().rev().find(|(since, _)| *since <= slot)?.1.as_ref()
    }

    /// All accounts of a slot.
    pub(super) fn accounts_at(&self, slot: u64) -> impl Iterator<Item = (&Pubkey, &Account)> {
        self.past.keys().filter_map(move |key| Some((key, self.account_at(key, slot)?)))
    }

    /// Puts it into a block, whether it works or not. `None` for what no leader takes into one.
    pub(super) fn land(&mut self, slot: u64, transaction: &Transaction) -> Option<&Landed> {
        let executed = self.execute(&transaction.message);
        let before = self.balances(&transaction.message);
        let (error, moved) = match executed {
            Ok((accounts, moved)) => {
                self.accounts = accounts;
                transaction.message.keys.iter().for_each(|key| self.note(slot, *key));
                (None, moved)
            }
            Err(error @ Failure::Instruction(..)) => (Some(error), Vec::new()),
            Err(_) => return None,
        };
        let balances = [before, self.balances(&transaction.message)];
        let (signature, transaction) = (transaction.signature(), transaction.clone());
        self.tell(&signature, &transaction, error, &moved);
        self.landed.push(Landed { signature, slot, transaction, error, moved, balances });
        self.landed.last()
    }

    /// A transaction of strangers in a block, which moves nothing.
    pub(super) fn clutter(&mut self, slot: u64, transaction: Transaction) {
        let (signature, balances) = (transaction.signature(), [(); 2].map(|()| self.balances(&transaction.message)));
        self.landed.push(Landed { signature, slot, transaction, error: None, moved: Vec::new(), balances });
    }

    fn balances(&self, message: &Message) -> Vec<(usize, Account)> {
        let held = |(at, key): (usize, &Pubkey)| Some((at, self.accounts.get(key)?.clone()));
        message.keys.iter().enumerate().filter_map(held).collect()
    }

    fn tell(&self, signature: &str, transaction: &Transaction, error: Option<Failure>, moved: &[Moved]) {
        use crate::history::What;
        self.history.note(|| {
            let did = match (error, moved) {
                (Some(error), _) => format!("nothing ({error})"),
                (None, moved) => {
                    let all = moved.iter().map(|one| format!("{} pays {} to {}", one.authority, one.micros, one.to));
                    all.collect::<Vec<_>>().join(", ")
                }
            };
            let mut marks = vec![signature.to_owned(), transaction.digest()];
            marks.extend(moved.iter().flat_map(|one| [one.authority.to_string(), one.to.to_string()]));
            (What::Landed { hash: signature.to_owned(), did }, marks)
        });
    }
}
