//! A payment on Solana before it is written into its header, of which a test can bend every part.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::SolanaWallet;
use crate::sim::solana::wire::{Instruction, Lookup, Message, Transaction, Version};
use crate::sim::solana::{Cluster, Key, Pubkey, associated};
use crate::wallet::{Edit, Presented, in_header, written};

type Bend<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

/// A payment on Solana before it is written into its header. What is signed is what it says by
/// then, unless a signature is given.
#[derive(Clone)]
#[must_use]
pub struct SolanaPayment {
    pub(super) version: u8,
    pub(super) cluster: Cluster,
    pub(super) resource: Value,
    pub(super) accepted: Value,
    pub(super) fee_payer: Pubkey,
    pub(super) authority: Pubkey,
    pub(super) source: Option<Pubkey>,
    pub(super) mint: Pubkey,
    pub(super) pay_to: Pubkey,
    pub(super) amount: u64,
    pub(super) memo: Option<Vec<u8>>,
    pub(super) limit: u32,
    pub(super) price: u64,
    pub(super) more: Vec<Instruction>,
    pub(super) blockhash: [u8; 32],
    pub(super) legacy: bool,
    pub(super) lookups: Vec<Lookup>,
    pub(super) key: Key,
    pub(super) signature: Option<[u8; 64]>,
    pub(super) bends: Vec<Bend<Vec<Instruction>>>,
    pub(super) raw: Vec<Bend<Vec<u8>>>,
    pub(super) edits: Vec<Edit>,
}

impl fmt::Debug for SolanaPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.paid_by();
        f.debug_struct("SolanaPayment").field("version", &self.version).field("key", &key).finish_non_exhaustive()
    }
}

impl SolanaPayment {
    /// The same in `X-PAYMENT`.
    pub fn version_1(mut self) -> Self {
        self.version = 1;
        self
    }

    /// Pays this many micro-dollars.
    pub fn amount(mut self, micros: u64) -> Self {
        self.amount = micros;
        self
    }

    /// Pays in another token.
    pub fn mint(mut self, mint: Pubkey) -> Self {
        self.mint = mint;
        self
    }

    /// Pays another payee.
    pub fn to(mut self, owner: Pubkey) -> Self {
        self.pay_to = owner;
        self
    }

    /// Moves the money of another owner: as a delegate of his.
    pub fn from(mut self, owner: Pubkey) -> Self {
        self.source = Some(owner);
        self
    }

    /// Claims another payer than the one who signs.
    pub fn authority(mut self, authority: Pubkey) -> Self {
        self.authority = authority;
        self
    }

    /// Lets another key pay the fees.
    pub fn fee_payer(mut self, key: Pubkey) -> Self {
        self.fee_payer = key;
        self
    }

    /// With this blockhash.
    pub fn blockhash(mut self, hash: [u8; 32]) -> Self {
        self.blockhash = hash;
        self
    }

    /// With this memo.
    pub fn memo(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.memo = Some(text.into());
        self
    }

    /// Without any memo.
    pub fn without_memo(mut self) -> Self {
        self.memo = None;
        self
    }

    /// May use this many units of computing.
    pub fn compute_limit(mut self, units: u32) -> Self {
        self.limit = units;
        self
    }

    /// Pays this many micro-lamports for each of them.
    pub fn compute_price(mut self, micros: u64) -> Self {
        self.price = micros;
        self
    }

    /// Does one more thing at its end.
    pub fn and(mut self, instruction: Instruction) -> Self {
        self.more.push(instruction);
        self
    }

    /// Moves as much once more, from the same wallet to another one.
    pub fn and_transfer(self, to: Pubkey, micros: u64) -> Self {
        let accounts = [associated(self.authority, self.mint), self.mint, associated(to, self.mint)];
        let transfer = Instruction::transfer_checked(accounts, self.authority, micros);
        self.and(transfer)
    }

    /// With its instructions bent.
    pub fn instructions(mut self, bend: impl Fn(&mut Vec<Instruction>) + Send + Sync + 'static) -> Self {
        self.bends.push(Arc::new(bend));
        self
    }

    /// As a message without a version.
    pub fn legacy(mut self) -> Self {
        self.legacy = true;
        self
    }

    /// Names a table of further keys.
    pub fn lookup(mut self, table: Pubkey) -> Self {
        self.lookups.push(Lookup { table, writable: vec![0], readonly: Vec::new() });
        self
    }

    /// Signed by another key than that of the payer it claims.
    pub fn signed_by(mut self, wallet: &SolanaWallet) -> Self {
        let transaction = self.unsigned();
        self.signature = Some(wallet.key().sign(&transaction.bytes));
        self
    }

    /// With this signature.
    pub fn signature(mut self, bytes: [u8; 64]) -> Self {
        self.signature = Some(bytes);
        self
    }

    /// Not signed by its payer.
    pub fn unsigned_by_payer(self) -> Self {
        self.signature([0; 64])
    }

    /// With one bit of its signature turned.
    pub fn flipped(self) -> Self {
        let mut signature = self.key.sign(&self.unsigned().bytes);
        signature[0] ^= 1;
        self.signature(signature)
    }

    /// With the whole transaction's bytes bent, after it is signed.
    pub fn bytes(mut self, bend: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Self {
        self.raw.push(Arc::new(bend));
        self
    }

    /// With another `accepted` (version 2).
    pub fn accepted(mut self, bend: impl FnOnce(&mut Value)) -> Self {
        bend(&mut self.accepted);
        self
    }

    /// With another document in the header. Does not change what is signed.
    pub fn document(mut self, bend: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.edits.push(Arc::new(bend));
        self
    }

    /// The message, and room for its signatures.
    pub fn unsigned(&self) -> Transaction {
        let source = associated(self.source.unwrap_or(self.authority), self.mint);
        let accounts = [source, self.mint, associated(self.pay_to, self.mint)];
        let mut all = vec![
            Instruction::compute_limit(self.limit),
            Instruction::compute_price(self.price),
            Instruction::transfer_checked(accounts, self.authority, self.amount),
        ];
        all.extend(self.memo.as_deref().map(Instruction::memo));
        all.extend(self.more.iter().cloned());
        for bend in &self.bends {
            bend(&mut all);
        }
        let mut message = Message::compile(self.fee_payer, &all, self.blockhash);
        message.version = if self.legacy { Version::Legacy } else { Version::V0 };
        message.lookups.clone_from(&self.lookups);
        Transaction::unsigned(message)
    }

    /// As it travels: signed by the payer, and not by the fee payer.
    pub fn transaction(&self) -> Transaction {
        let mut transaction = self.unsigned();
        let Some(signature) = self.signature else {
            transaction.sign(&self.key);
            return transaction;
        };
        let at = transaction.message.signers().iter().position(|signer| *signer == self.authority);
        if let Some(slot) = at.and_then(|at| transaction.signatures.get_mut(at)) {
            *slot = signature;
        }
        transaction
    }

    /// Payer and message, as the table and the audit write them.
    pub fn paid_by(&self) -> (String, String) {
        (self.authority.to_string(), self.unsigned().digest())
    }

    /// The document as it travels.
    pub fn to_json(&self) -> Value {
        let mut bytes = self.transaction().encode();
        for bend in &self.raw {
            bend(&mut bytes);
        }
        let payload = json!({"transaction": STANDARD.encode(bytes)});
        let network = self.cluster.v1_name();
        written(self.version, network, &payload, (&self.resource, &self.accepted), &self.edits)
    }

    /// Name and value of its header.
    pub fn header(&self) -> (&'static str, String) {
        in_header(self.version, &self.to_json())
    }
}

impl Presented for SolanaPayment {
    fn header(&self) -> (&'static str, String) {
        SolanaPayment::header(self)
    }
}
