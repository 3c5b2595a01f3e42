//! The money on Solana: on the simulated cluster, or on one of the real runtime. What a world and
//! its audit ask either of them.

use crate::onchain::Processed;
use crate::onchain::Validator;
use crate::sim::solana::programs::{MEMO, TOKEN, transfer_checked};
use crate::sim::solana::wire::{Compiled, Transaction};
use crate::sim::solana::{Cluster, Commitment, Pubkey, Solana, associated};

/// The money on Solana.
#[derive(Clone)]
pub enum SolanaLedger {
    /// Simulated.
    Simulated(Solana),
    /// Of a real runtime, on mainnet's terms.
    Real(Validator),
}

/// A transfer of USDC that was carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Who said so.
    pub authority: Pubkey,
    /// The token account that it came from.
    pub from: Pubkey,
    /// The token account that it went to.
    pub to: Pubkey,
    /// Micro-dollars.
    pub micros: u64,
    /// What its transaction is known by.
    pub signature: String,
    /// SHA-256 of its message.
    pub digest: String,
    /// The words beside it.
    pub memo: String,
}

impl SolanaLedger {
    /// Which cluster.
    pub fn cluster(&self) -> Cluster {
        match self {
            Self::Simulated(solana) => solana.cluster(),
            Self::Real(_) => Cluster::Mainnet,
        }
    }

    /// Makes micro-dollars out of nothing, and the owner's account for them if there is none.
    pub fn mint(&self, owner: Pubkey, micros: u64) {
        match self {
            Self::Simulated(solana) => solana.mint(owner, micros),
            Self::Real(validator) => validator.give(owner, validator.balance(owner) + micros),
        }
    }

    /// Micro-dollars of an owner.
    pub fn balance(&self, owner: Pubkey) -> u64 {
        match self {
            Self::Simulated(solana) => solana.balance(owner),
            Self::Real(validator) => validator.balance(owner),
        }
    }

    /// The token account of an owner.
    pub fn account(&self, owner: Pubkey) -> Pubkey {
        associated(owner, self.cluster().usdc())
    }

    /// What a payer puts into a transaction, so that it is good for a minute.
    pub fn blockhash(&self) -> [u8; 32] {
        match self {
            Self::Simulated(solana) => solana.blockhash(Commitment::Confirmed).0,
            Self::Real(validator) => validator.blockhash(),
        }
    }

    /// All transfers, oldest first.
    pub fn transfers(&self) -> Vec<Transfer> {
        match self {
            Self::Simulated(solana) => {
                let landed = solana.transactions().into_iter().filter(|landed| landed.error.is_none());
                landed.flat_map(|landed| transfers(&landed.signature, &landed.transaction)).collect()
            }
            Self::Real(validator) => {
                let succeeded = validator.processed().into_iter().filter(|one| one.succeeded);
                succeeded
                    .flat_map(|Processed { signature, transaction, .. }| transfers(&signature, &transaction))
                    .collect()
            }
        }
    }

    /// Whatever was sent is in a block.
    pub fn mine(&self) {
        match self {
            Self::Simulated(solana) => solana.mine(),
            // It always is, at once.
            Self::Real(_) => {}
        }
    }
}

/// What a transaction that was carried out has moved.
fn transfers(signature: &str, transaction: &Transaction) -> Vec<Transfer> {
    let message = &transaction.message;
    let memo = message.instructions.iter().find(|one| message.program(one) == MEMO);
    let memo = memo.map(|one| String::from_utf8_lossy(&one.data).into_owned()).unwrap_or_default();
    let transfer = |one: &Compiled| {
        let (micros, _) = transfer_checked(&one.data)?;
        let [from, _, to, authority] = one.accounts.get(..4)? else { return None };
        Some(Transfer {
            authority: message.key(*authority)?,
            from: message.key(*from)?,
            to: message.key(*to)?,
            micros,
            signature: signature.to_owned(),
            digest: transaction.digest(),
            memo: memo.clone(),
        })
    };
    message.instructions.iter().filter(|one| message.program(one) == TOKEN).filter_map(transfer).collect()
}
