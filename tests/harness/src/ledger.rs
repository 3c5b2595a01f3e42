//! Where the money is: the simulated chain, or the chain of a real node. What a world and its audit
//! ask either of them.

mod solana;

use std::time::Duration;

use alloy_primitives::{Address, B256, U256};

use crate::onchain::Node;
use crate::sim::Chain;
use crate::sim::chain::Authorization;
pub use solana::{SolanaLedger, Transfer};

/// The money.
#[derive(Clone)]
pub enum Ledger {
    /// Simulated.
    Simulated(Chain),
    /// Of a real node.
    Real(Node),
}

/// An authorization that was used on the chain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Payment {
    /// Who paid: lower case.
    pub from: String,
    /// Who was paid: lower case.
    pub to: String,
    /// By which nonce of the payer's.
    pub nonce: String,
    /// Micro-dollars.
    pub value: u64,
    /// Its transaction.
    pub transaction: String,
}

impl Ledger {
    /// Makes micro-dollars out of nothing.
    pub fn mint(&self, to: Address, micros: u64) {
        match self {
            Self::Simulated(chain) => chain.mint(to, micros),
            Self::Real(node) => node.mint(to, micros),
        }
    }

    /// Micro-dollars of an address.
    pub fn balance(&self, of: Address) -> u64 {
        match self {
            Self::Simulated(chain) => chain.balance(of),
            Self::Real(node) => node.balance(of),
        }
    }

    /// Is this signature the payer's, over this authorization to be paid here?
    pub fn is_signed(&self, what: &Authorization, signature: &[u8]) -> bool {
        match self {
            Self::Simulated(chain) => chain.is_signed(what, signature),
            Self::Real(node) => node.is_signed(what, signature),
        }
    }

    /// All payments by authorization, oldest first.
    pub fn payments(&self) -> Vec<Payment> {
        match self {
            Self::Simulated(chain) => simulated(chain),
            Self::Real(node) => node.payments(),
        }
    }

    /// Whatever was sent is in a block.
    pub fn mine(&self) {
        match self {
            Self::Simulated(chain) => chain.mine(),
            Self::Real(node) => node.mine(),
        }
    }

    /// Everything that has happened happened this much earlier. Returns by how many blocks: what a
    /// real chain has made stays where it is, and it is as if it had stood still meanwhile.
    pub(crate) fn travel(&self, by: Duration) -> u64 {
        match self {
            Self::Simulated(chain) => {
                chain.travel(by);
                by.as_secs() / 2
            }
            Self::Real(node) => {
                node.mine();
                0
            }
        }
    }
}

/// What the simulated chain logged: one `AuthorizationUsed` and one `Transfer` per payment.
fn simulated(chain: &Chain) -> Vec<Payment> {
    let used = alloy_primitives::keccak256("AuthorizationUsed(address,bytes32)");
    let transfer = alloy_primitives::keccak256("Transfer(address,address,uint256)");
    let mut payments = Vec::new();
    for transaction in chain.transactions().into_iter().filter(|transaction| transaction.success) {
        let logged = |topic: B256| transaction.logs.iter().filter(move |log| log.topics.first() == Some(&topic));
        let nonces = logged(used).filter_map(|log| log.topics.get(2).copied());
        let transfers = logged(transfer).filter_map(|log| match log.topics.as_slice() {
            [_, from, to] => Some((*from, *to, U256::try_from_be_slice(&log.data)?)),
            _ => None,
        });
        for (nonce, (from, to, value)) in nonces.zip(transfers) {
            payments.push(Payment {
                from: format!("{:#x}", Address::from_word(from)),
                to: format!("{:#x}", Address::from_word(to)),
                nonce: nonce.to_string(),
                value: value.saturating_to(),
                transaction: transaction.hash.to_string(),
            });
        }
    }
    payments
}
