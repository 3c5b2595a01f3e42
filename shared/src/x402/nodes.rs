//! What can be asked of the chains themselves, and the nodes that we ask: one per rail.

use std::time::Duration;

use alloy_primitives::Address;

use super::{
    EvmRpc, LONGEST_UNWATCHED, LONGEST_WINDOW, Payload, Reach, Received, SolanaRpc, Standing, Truth, Unproven, Verified,
};
use crate::types::{Network, Place, Searched, TransactionId, Usdc, Wallet};
use crate::wire::http::NoReply;

/// The nodes that we were told of.
#[derive(Default)]
pub struct Nodes {
    /// Of the EVM chain.
    pub evm: Option<EvmRpc>,
    /// Of the Solana cluster.
    pub solana: Option<SolanaRpc>,
}

impl Nodes {
    /// Whether there is a node to ask about a network.
    pub fn knows(&self, network: Network) -> bool {
        match network {
            Network::Evm(_) => self.evm.is_some(),
            Network::Solana(_) => self.solana.is_some(),
        }
    }

    /// The longest that a payment on this network may be good for.
    pub fn longest_window(&self, network: Network) -> Duration {
        if self.knows(network) { LONGEST_WINDOW } else { LONGEST_UNWATCHED }
    }

    /// What became of a payment, if there is a node and it answers within `limit`. It is waited for until it expires, or `by`
    /// then, in epoch seconds.
    pub async fn truth(&self, payment: &Verified, by: u64, limit: Duration) -> Option<Truth> {
        self.search(payment, by, &mut None, limit).await
    }

    /// [`Nodes::truth`], from where an earlier search came to. Where this one came to is kept there, if it found nothing.
    pub async fn search(
        &self,
        payment: &Verified,
        by: u64,
        searched: &mut Option<Searched>,
        limit: Duration,
    ) -> Option<Truth> {
        match payment.payload() {
            Payload::Evm(signed) => self.evm.as_ref()?.truth(signed, by, limit).await.ok(),
            Payload::Solana(transfer) => {
                let (truth, place) = self.solana.as_ref()?.truth(transfer, searched.as_ref(), limit).await;
                *searched = place;
                truth.ok()
            }
        }
    }

    /// Whether a transaction is in a block, on Solana a final one, and made this payment. Where that cannot be learned within `limit`, it is not
    /// said.
    pub async fn shows(&self, payment: &Verified, transaction: &TransactionId, limit: Duration) -> bool {
        let shown = async {
            match payment.payload() {
                Payload::Evm(signed) => self.evm.as_ref()?.shows(signed, transaction, limit).await.ok(),
                Payload::Solana(transfer) => self.solana.as_ref()?.shows(transfer, transaction, limit).await.ok(),
            }
        };
        tokio::time::timeout(limit, shown).await.ok().flatten().unwrap_or(false)
    }

    /// Whether a transaction is in a block and came to nothing. Only where a payment that was not used says no more: on Solana one
    /// that failed is known to have.
    pub async fn has_reverted(&self, payment: &Verified, transaction: &TransactionId, limit: Duration) -> bool {
        match (payment.payload(), &self.evm) {
            (Payload::Evm(signed), Some(node)) => node.has_reverted(signed.network, transaction, limit).await,
            _ => false,
        }
    }

    /// Whether code speaks for this payer, so that what its key has signed may be good now and not when it is paid. Not, where
    /// that is not known.
    pub async fn speaks_by_code(&self, payment: &Verified, limit: Duration) -> bool {
        match (payment.payload(), &self.evm) {
            (Payload::Evm(signed), Some(node)) => {
                node.has_code(signed.authorization.from, limit).await.unwrap_or(false)
            }
            _ => false,
        }
    }

    /// Whether a payer cannot pay now what it has signed: it holds too little, and the payment has not been made. Not, where that
    /// is not known.
    pub async fn is_poor(&self, payment: &Verified, limit: Duration) -> bool {
        let price = payment.quote().amount;
        match payment.payload() {
            Payload::Evm(signed) => {
                let Some(node) = &self.evm else { return false };
                let standing = node.standing(signed, None, limit).await;
                standing.is_ok_and(|standing| !standing.spent && standing.balance < price)
            }
            Payload::Solana(_) => {
                let held = self.balance(&payment.payer(), limit).await;
                // What it lacks it may have paid us just before.
                held.is_some_and(|held| held < price)
                    && matches!(self.truth(payment, u64::MAX, limit).await, Some(Truth::Unused { .. }))
            }
        }
    }

    /// What the chain knows of a payment that only its payer's contract can judge, if there is a node and it answers.
    pub async fn standing(&self, unproven: &Unproven, more: &[Address], limit: Duration) -> Option<Standing> {
        let Payload::Evm(signed) = unproven.claim().payload() else { return None };
        self.evm.as_ref()?.standing(signed, Some(&unproven.read(more)?), limit).await.ok()
    }

    /// What was paid to `payee` from a block on, as far as it is final and as one question may ask; or the rest of it, from a
    /// place on. Without a `from` only the last final block is looked at.
    pub async fn received(
        &self,
        payee: &Wallet,
        from: Option<u64>,
        reach: Reach,
        place: Option<&Place>,
        limit: Duration,
    ) -> Result<Received, NoReply> {
        match (payee, &self.evm, &self.solana) {
            (Wallet::Evm { network, address }, Some(node), _) => {
                node.received(*network, *address, from, reach, limit).await
            }
            (Wallet::Solana { network, address }, _, Some(node)) => {
                node.received(*network, *address, from, place, limit).await
            }
            _ => Err(NoReply::NotSent),
        }
    }

    /// What a wallet holds, if it can be had. A Solana wallet without a token account has nothing to hold it in.
    pub async fn balance(&self, wallet: &Wallet, limit: Duration) -> Option<Usdc> {
        match wallet {
            Wallet::Evm { network, address } => self.evm.as_ref()?.balance(*network, *address, limit).await.ok(),
            Wallet::Solana { network, address } => {
                let held = self.solana.as_ref()?.balance(*network, *address, limit).await.ok()?;
                Some(held.unwrap_or(Usdc::micros(0)))
            }
        }
    }
}
