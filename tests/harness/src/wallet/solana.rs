//! A payer on Solana: it answers a 402 with a transaction that it has signed in part, as
//! `@x402/svm` 2.27 does.
//!
//! The transaction is put together here by hand from Solana's formats.

mod payment;

use std::fmt;

use super::{Demand, Payer};
use crate::ledger::SolanaLedger;
use crate::sim::solana::{Key, Pubkey};
pub use payment::SolanaPayment;

/// A throw-away key that pays on Solana.
#[derive(Clone)]
pub struct SolanaWallet {
    key: Key,
    chain: SolanaLedger,
}

impl fmt::Debug for SolanaWallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SolanaWallet({})", self.address())
    }
}

impl SolanaWallet {
    /// A new wallet, without any money.
    pub fn random(chain: &SolanaLedger) -> Self {
        Self::of(Key::random(), chain)
    }

    /// The wallet of a key.
    pub fn of(key: Key, chain: &SolanaLedger) -> Self {
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

    /// Signs the offer on Solana of a 402, as published clients do: a fresh blockhash, and a memo
    /// of its own.
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
            amount: text("amount").parse().unwrap_or_else(|_| panic!("an amount that is not an integer: {offer}")),
            memo: Some(memo.unwrap_or_else(|| hex(&crate::sim::drawn::<16>())).into_bytes()),
            limit: 20_000,
            price: 1,
            more: Vec::new(),
            blockhash: self.chain.blockhash(),
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

fn hex(bytes: &[u8]) -> String {
    alloy_primitives::hex::encode(bytes)
}
