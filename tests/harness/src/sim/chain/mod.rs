//! Base, as far as a USDC payment can see it: the token's ledger, its authorizations, blocks, and a
//! JSON-RPC endpoint.
//!
//! The token's rules are those of Circle's `EIP3009.sol`; signatures are really recovered. There is
//! no gas and no fork, and no contracts but those of [`contracts`]. A transaction lands in the
//! block that is the latest one when it is sent, so that a test never has to wait two seconds for
//! it.

pub mod contracts;
pub mod eip712;
mod ledger;
mod rpc;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

use alloy_primitives::{Address, B256, U256, address};
use axum::Router;
use serde_json::json;

use super::fault::{Answer, Faults};
use super::{Clock, lock};
use crate::history::History;
use contracts::Undeployed;
pub use eip712::{Authorization, Domain, Key};
use ledger::Ledger;
pub use ledger::{Log, Revert, Transaction};
pub use rpc::Limits;

/// A chain with USDC on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Base.
    Base,
    /// Base Sepolia.
    BaseSepolia,
}

impl Network {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Base, Self::BaseSepolia];

    /// EIP-155 chain id.
    pub const fn chain_id(self) -> u64 {
        match self {
            Self::Base => 8453,
            Self::BaseSepolia => 84532,
        }
    }

    /// Name in x402 version 2.
    pub const fn caip2(self) -> &'static str {
        match self {
            Self::Base => "eip155:8453",
            Self::BaseSepolia => "eip155:84532",
        }
    }

    /// Name in x402 version 1.
    pub const fn v1_name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::BaseSepolia => "base-sepolia",
        }
    }

    /// USDC's contract.
    pub const fn usdc(self) -> Address {
        match self {
            Self::Base => address!("833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
            Self::BaseSepolia => address!("036CbD53842c5426634e7929541eC2318f3dCF7e"),
        }
    }

    /// USDC's EIP-712 name, which differs between the two.
    pub const fn token_name(self) -> &'static str {
        match self {
            Self::Base => "USD Coin",
            Self::BaseSepolia => "USDC",
        }
    }

    /// USDC's EIP-712 version.
    pub const fn token_version(self) -> &'static str {
        "2"
    }

    /// The domain that USDC checks signatures in.
    pub fn domain(self) -> Domain {
        Domain {
            name: self.token_name().into(),
            version: self.token_version().into(),
            chain_id: self.chain_id(),
            contract: self.usdc(),
        }
    }

    /// Time of block 0. Both chains make a block every two seconds, so numbers follow from the
    /// time.
    const fn genesis(self) -> i64 {
        match self {
            Self::Base => 1_686_789_347,
            Self::BaseSepolia => 1_695_768_288,
        }
    }
}

/// The chain. Clones are the same chain.
#[derive(Clone)]
pub struct Chain {
    network: Network,
    clock: Clock,
    ledger: Arc<Mutex<Ledger>>,
    faults: Faults,
}

impl Chain {
    /// An empty chain.
    pub fn new(network: Network, clock: Clock) -> Self {
        let overload = Answer::json(
            429,
            &json!({"jsonrpc": "2.0", "error": {"code": -32016, "message": "over rate limit"}, "id": null}),
        );
        Self { network, clock, ledger: Arc::default(), faults: Faults::new(overload) }
    }

    /// Writes down what lands.
    pub fn remember_in(&self, history: &History) {
        self.ledger().history = history.clone();
    }

    /// Is this signature the payer's, over this authorization to be paid here?
    pub fn is_signed(&self, what: &Authorization, signature: &[u8]) -> bool {
        self.speaks_for(what.from, &what.digest(&self.network.domain()), signature)
    }

    /// The JSON-RPC endpoint: `POST /rpc`, and `POST /`.
    pub fn router(&self) -> Router {
        self.faults.wrap(rpc::router(self.clone()))
    }

    /// Faults of the JSON-RPC endpoint.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Which chain this is.
    pub fn network(&self) -> Network {
        self.network
    }

    /// Makes micro-dollars out of nothing.
    pub fn mint(&self, to: Address, micros: u64) {
        let height = self.height();
        self.ledger().mint(self.network.usdc(), height, to, U256::from(micros));
    }

    /// Micro-dollars of an address.
    pub fn balance(&self, of: Address) -> u64 {
        self.ledger().balance(of).saturating_to()
    }

    /// A plain ERC-20 transfer by the owner, such as a payer who empties the wallet in time.
    pub fn transfer(&self, from: Address, to: Address, micros: u64) -> Result<B256, Revert> {
        let height = self.height();
        self.ledger().transfer(self.network.usdc(), height, from, to, U256::from(micros))
    }

    /// `transferWithAuthorization`, which any stranger may send who has seen the payload.
    pub fn transfer_with_authorization(&self, what: &Authorization, signature: &[u8]) -> Result<B256, Revert> {
        self.simulate(what, signature)?;
        let height = self.height();
        Ok(self.ledger().execute(self.network.usdc(), height, what))
    }

    /// Would `transferWithAuthorization` succeed now?
    pub fn simulate(&self, what: &Authorization, signature: &[u8]) -> Result<(), Revert> {
        let digest = what.digest(&self.network.domain());
        self.ledger().check(self.clock.seconds(), what, &digest, signature)
    }

    /// Sends the same transaction without waiting for it: it is known by its hash, and not in any
    /// block yet.
    pub fn submit(&self, what: &Authorization, signature: &[u8]) -> B256 {
        self.ledger().submit(what.clone(), signature.to_vec())
    }

    /// Puts all submitted transactions into the latest block. Those that revert by now are in it
    /// too, as failed.
    pub fn mine(&self) {
        let submitted = self.ledger().take_submitted();
        for (hash, what, signature) in submitted {
            let outcome = self.simulate(&what, &signature);
            let height = self.height();
            self.ledger().land(self.network.usdc(), height, hash, &what, outcome.is_ok());
        }
    }

    /// Forgets all submitted transactions, as a mempool may.
    pub fn forget_submitted(&self) {
        self.ledger().take_submitted();
    }

    /// `cancelAuthorization` by the authorizer.
    pub fn cancel(&self, authorizer: Address, nonce: B256) -> Result<B256, Revert> {
        let height = self.height();
        self.ledger().cancel(self.network.usdc(), height, authorizer, nonce)
    }

    /// `authorizationState`: true when used *or cancelled*.
    pub fn authorization_state(&self, authorizer: Address, nonce: B256) -> bool {
        self.ledger().state(authorizer, nonce)
    }

    /// Registers a smart wallet (EIP-1271). It accepts the owner's 65-byte signature followed by at
    /// least one more byte, and nothing else. A wallet that is its own owner is an account that its
    /// key has handed to code (EIP-7702).
    pub fn deploy_smart_wallet(&self, wallet: Address, owner: Address) {
        self.ledger().deploy(wallet, owner);
    }

    /// The smart wallet that this owner has once it is deployed. It is not, and may hold money all
    /// the same.
    pub fn undeployed_wallet(&self, owner: Address) -> Undeployed {
        Undeployed::of(owner)
    }

    /// Is there a contract at this address?
    pub fn has_code(&self, at: Address) -> bool {
        at == self.network.usdc() || self.ledger().owner_of(at).is_some()
    }

    /// A transaction by its hash, if it is in a block.
    pub fn transaction(&self, hash: B256) -> Option<Transaction> {
        self.ledger().transaction(hash).cloned()
    }

    /// All transactions in blocks, oldest first.
    pub fn transactions(&self) -> Vec<Transaction> {
        self.ledger().transactions().to_vec()
    }

    /// A stranger logs `transactions` × `transfers` transfers of nothing to this address, in the
    /// block `ago` before the latest. They are not in the history: there may be hundreds of
    /// thousands.
    pub fn flood(&self, ago: u64, to: Address, transactions: u32, transfers: u32) {
        let block = self.height().saturating_sub(ago);
        self.ledger().flood(self.network.usdc(), block, to, transactions, transfers);
    }

    /// What the node answers for at once.
    pub fn set_limits(&self, limits: Limits) {
        self.ledger().limits = limits;
    }

    /// From now on the node takes no two questions in one request, as some vendors' do not.
    pub fn take_one_question_at_a_time(&self) {
        self.ledger().one_at_a_time = true;
    }

    fn limits(&self) -> Limits {
        self.ledger().limits
    }

    fn hashes(&self, block: u64) -> Vec<B256> {
        let ledger = self.ledger();
        ledger.transactions().iter().filter(|it| it.block == block).map(|it| it.hash).collect()
    }

    /// How many blocks `finalized` is behind `latest`: Base's is some twenty minutes.
    pub fn set_finality_lag(&self, blocks: u64) {
        self.ledger().finality_lag = blocks;
    }

    /// Everything that has happened happened this much earlier.
    pub fn travel(&self, by: std::time::Duration) {
        self.ledger().shift(by.as_secs() / 2);
    }

    /// Number of the latest block.
    pub fn height(&self) -> u64 {
        u64::try_from((self.clock.seconds() - self.network.genesis()) / 2).unwrap_or(0)
    }

    fn finality_lag(&self) -> u64 {
        self.ledger().finality_lag
    }

    fn block_time(&self, number: u64) -> u64 {
        u64::try_from(self.network.genesis()).unwrap_or(0) + 2 * number
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Does `signature` speak for `authorizer` over `digest`, as a verifying library sees it:
    /// recovery for plain accounts without USDC's own strictness, EIP-1271 for contracts?
    pub(super) fn speaks_for(&self, authorizer: Address, digest: &B256, signature: &[u8]) -> bool {
        match self.ledger().owner_of(authorizer) {
            Some(owner) => ledger::smart_wallet_accepts(authorizer, owner, digest, signature),
            None => eip712::recover_lenient(digest, signature) == Some(authorizer),
        }
    }
}
