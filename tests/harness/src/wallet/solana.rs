//! A payer on Solana: it answers a 402 with a transaction that it has signed in part, of which a test can bend every part.
//!
//! The transaction is the one that `@x402/svm` 2.27 builds, put together here by hand from Solana's formats.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Demand, Edit, Payer, Presented};
use crate::sim::Solana;
use crate::sim::solana::wire::{Instruction, Lookup, Message, Transaction};
use crate::sim::solana::{Cluster, Commitment, Key, Pubkey, associated};

/// A throw-away key that pays on Solana.
#[derive(Clone)]
pub struct SolanaWallet {
    key: Key,
    chain: Solana,
}

impl fmt::Debug for SolanaWallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SolanaWallet({})", self.address())
    }
}

impl SolanaWallet {
    /// A wallet that nobody else has, without any money.
    pub fn random(chain: &Solana) -> Self {
        Self::of(Key::random(), chain)
    }

    /// The wallet of a key.
    pub fn of(key: Key, chain: &Solana) -> Self {
        Self { key, chain: chain.clone() }
    }

    /// Its address.
    pub fn address(&self) -> Pubkey {
        self.key.address()
    }

    /// Its address as it is shown: base58.
    pub fn text(&self) -> String {
        self.address().to_string()
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its CAIP-10 account, as it is written in the table.
    pub fn caip10(&self) -> String {
        format!("{}:{}", self.chain.cluster().caip2(), self.text())
    }

    /// Signs the offer on Solana of a 402, as published clients do: a fresh blockhash, and a memo that nobody else has.
    pub fn signs(&self, demand: &Demand) -> SolanaPayment {
        let cluster = self.chain.cluster();
        let offer = demand.offer_on(cluster.caip2()).clone();
        let text = |name: &str| offer[name].as_str().unwrap_or_else(|| panic!("an offer without {name}: {offer}"));
        let memo = offer["extra"]["memo"].as_str().map(str::to_owned);
        let fee_payer = offer["extra"]["feePayer"].as_str();
        let fee_payer = fee_payer.unwrap_or_else(|| panic!("an offer on Solana without feePayer: {offer}"));
        SolanaPayment {
            version: 2,
            cluster,
            resource: demand.required["resource"].clone(),
            fee_payer: Pubkey::of(fee_payer),
            authority: self.address(),
            source: None,
            mint: Pubkey::of(text("asset")),
            pay_to: Pubkey::of(text("payTo")),
            amount: text("amount").parse().unwrap_or_else(|_| panic!("an amount that is no integer: {offer}")),
            memo: Some(memo.unwrap_or_else(|| hex(&crate::sim::drawn::<16>())).into_bytes()),
            limit: 20_000,
            price: 1,
            more: Vec::new(),
            blockhash: self.chain.blockhash(Commitment::Confirmed).0,
            legacy: false,
            lookups: Vec::new(),
            accepted: offer,
            key: self.key.clone(),
            signature: None,
            bends: Vec::new(),
            raw: Vec::new(),
            edits: Vec::new(),
        }
    }
}

impl Payer for SolanaWallet {
    type Payment = SolanaPayment;

    fn signs(&self, demand: &Demand) -> SolanaPayment {
        SolanaWallet::signs(self, demand)
    }
}

type Bend<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

/// A payment on Solana before it is written into its header. What is signed is what it says by then, unless a signature is
/// given.
#[derive(Clone)]
#[must_use]
pub struct SolanaPayment {
    version: u8,
    cluster: Cluster,
    resource: Value,
    accepted: Value,
    fee_payer: Pubkey,
    authority: Pubkey,
    source: Option<Pubkey>,
    mint: Pubkey,
    pay_to: Pubkey,
    amount: u64,
    memo: Option<Vec<u8>>,
    limit: u32,
    price: u64,
    more: Vec<Instruction>,
    blockhash: [u8; 32],
    legacy: bool,
    lookups: Vec<Lookup>,
    key: Key,
    signature: Option<[u8; 64]>,
    bends: Vec<Bend<Vec<Instruction>>>,
    raw: Vec<Bend<Vec<u8>>>,
    edits: Vec<Edit>,
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

    /// Pays so many micro-dollars.
    pub fn amount(mut self, micros: u64) -> Self {
        self.amount = micros;
        self
    }

    /// Pays in another token.
    pub fn mint(mut self, mint: Pubkey) -> Self {
        self.mint = mint;
        self
    }

    /// Pays somebody else.
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

    /// Lets somebody else pay the fees.
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

    /// May use so many units of computing.
    pub fn compute_limit(mut self, units: u32) -> Self {
        self.limit = units;
        self
    }

    /// Pays so many micro-lamports for each of them.
    pub fn compute_price(mut self, micros: u64) -> Self {
        self.price = micros;
        self
    }

    /// Does one more thing at its end.
    pub fn and(mut self, instruction: Instruction) -> Self {
        self.more.push(instruction);
        self
    }

    /// Moves as much once more, from the same wallet to somebody else.
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

    /// Signed by somebody else than the payer it claims.
    pub fn signed_by(mut self, wallet: &SolanaWallet) -> Self {
        let transaction = self.unsigned();
        self.signature = Some(wallet.key.sign(&transaction.bytes));
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
        message.legacy = self.legacy;
        message.lookups.clone_from(&self.lookups);
        Transaction::unsigned(message)
    }

    /// As it travels: signed by the payer, and not by whoever pays the fees.
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
        let mut document = match self.version {
            1 => json!({"x402Version": 1, "scheme": "exact", "network": self.cluster.v1_name(), "payload": payload}),
            _ => json!({
                "x402Version": 2, "payload": payload, "extensions": {},
                "resource": self.resource, "accepted": self.accepted,
            }),
        };
        for edit in &self.edits {
            edit(&mut document);
        }
        document
    }

    /// Name and value of its header.
    pub fn header(&self) -> (&'static str, String) {
        let name = if self.version == 1 { "x-payment" } else { "payment-signature" };
        (name, STANDARD.encode(self.to_json().to_string()))
    }
}

impl Presented for SolanaPayment {
    fn header(&self) -> (&'static str, String) {
        SolanaPayment::header(self)
    }
}

fn hex(bytes: &[u8]) -> String {
    alloy_primitives::hex::encode(bytes)
}
