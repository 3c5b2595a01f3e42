//! What can be asked of the chains themselves, and the nodes that we ask: one per rail.

use std::time::Duration;

use alloy_primitives::Address;

use super::{
    EvmRpc, LONGEST_UNWATCHED, LONGEST_WINDOW, Payload, Reach, Received, SolanaRpc, Standing, Truth, Unproven, Verified,
};
use crate::types::{Network, Place, Searched, Timestamp, TransactionId, Usdc, Wallet};
use crate::wire::http::NoReply;

/// The nodes that we were told of.
#[derive(Default)]
pub struct Nodes {
    /// Of the EVM chain.
    pub evm: Option<EvmRpc>,
    /// Of the Solana cluster.
    pub solana: Option<SolanaRpc>,
}

/// Whether a payer can pay what it has signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Solvency {
    /// It can, or it has paid it.
    Covered,
    /// It holds too little, and the payment has not been made.
    Poor,
    /// It holds too little, and the payment may be too old to be made; whether it was made long ago
    /// is not known.
    Late,
    /// It holds too little, and it cannot be said whether that is because it has paid.
    Unclear,
    /// The payment is spent: it has been made, or something else was with its nonce.
    Spent {
        /// And it holds less than the price, so nothing else can be paid either.
        poor: bool,
    },
    /// The node does not answer.
    Silent,
    /// There is no node.
    Unasked,
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

    /// What became of a payment, if there is a node and it answers within `limit`. It is waited for
    /// until it expires, or `by` then, in epoch seconds.
    pub async fn truth(&self, payment: &Verified, by: u64, limit: Duration) -> Option<Truth> {
        self.search(payment, (u64::MAX, by), &mut None, limit).await
    }

    /// [`Nodes::truth`] of a payment that came to us `since` then, from where an earlier search
    /// came to. Where this one came to is kept there, if it found nothing.
    pub async fn search(
        &self,
        payment: &Verified,
        (since, by): (u64, u64),
        searched: &mut Option<Searched>,
        limit: Duration,
    ) -> Option<Truth> {
        match payment.payload() {
            Payload::Evm(signed) => {
                let (truth, place) = self.evm.as_ref()?.truth(signed, (since, by), searched.as_ref(), limit).await;
                *searched = place;
                truth.ok()
            }
            Payload::Solana(transfer) => {
                let (truth, place) = self.solana.as_ref()?.truth(transfer, searched.as_ref(), limit).await;
                *searched = place;
                truth.ok()
            }
        }
    }

    /// Whether a transaction is in a block, on Solana a final one, and made this payment. Where
    /// that cannot be learned within `limit`, it is not said.
    pub async fn shows(&self, payment: &Verified, transaction: &TransactionId, limit: Duration) -> bool {
        let shown = async {
            match payment.payload() {
                Payload::Evm(signed) => self.evm.as_ref()?.shows(signed, transaction, limit).await.ok(),
                Payload::Solana(transfer) => self.solana.as_ref()?.shows(transfer, transaction, limit).await.ok(),
            }
        };
        tokio::time::timeout(limit, shown).await.ok().flatten().unwrap_or(false)
    }

    /// Whether a transaction is in a block and came to nothing. Only where a payment that was not
    /// used says no more: on Solana one that failed is known to have.
    pub async fn has_reverted(&self, payment: &Verified, transaction: &TransactionId, limit: Duration) -> bool {
        match (payment.payload(), &self.evm) {
            (Payload::Evm(signed), Some(node)) => node.has_reverted(signed.network, transaction, limit).await,
            (Payload::Evm(_), None) | (Payload::Solana(_), _) => false,
        }
    }

    /// Whether code speaks for this payer, so that what its key has signed may be good now and not
    /// when it is paid. Not, where that is not known.
    pub async fn speaks_by_code(&self, payment: &Verified, limit: Duration) -> bool {
        match (payment.payload(), &self.evm) {
            (Payload::Evm(signed), Some(node)) => {
                node.has_code(signed.authorization.from, limit).await.unwrap_or(false)
            }
            (Payload::Evm(_), None) | (Payload::Solana(_), _) => false,
        }
    }

    /// Whether a payer can pay now what it has signed, as far as our own node knows.
    pub async fn solvency(&self, payment: &Verified, limit: Duration) -> Solvency {
        let price = payment.quote().amount;
        match (payment.payload(), &self.evm, &self.solana) {
            (Payload::Evm(signed), Some(node), _) => match node.standing(signed, None, limit).await {
                Ok(Standing { spent: true, balance, .. }) => Solvency::Spent { poor: balance < price },
                Ok(Standing { balance, .. }) if balance < price => Solvency::Poor,
                Ok(_) => Solvency::Covered,
                Err(_) => Solvency::Silent,
            },
            (Payload::Solana(transfer), _, Some(node)) => match self.balance(&payment.payer(), limit).await {
                None => Solvency::Silent,
                Some(held) if held >= price => Solvency::Covered,
                // What it lacks it may have paid us just before.
                Some(_) => match tokio::time::timeout(limit, node.recent(transfer, limit)).await {
                    Ok(Ok((Truth::Paid { .. }, _))) => Solvency::Covered,
                    Ok(Ok((Truth::Earlier, _))) => Solvency::Spent { poor: true },
                    Ok(Ok((Truth::Unused { .. }, false))) => Solvency::Late,
                    Ok(Ok((Truth::Unused { .. } | Truth::Cancelled, _))) => Solvency::Poor,
                    Ok(Err(_)) | Err(_) => Solvency::Unclear,
                },
            },
            (Payload::Evm(_), None, _) | (Payload::Solana(_), _, None) => Solvency::Unasked,
        }
    }

    /// What the chain knows of a payment that only its payer's contract can judge, if there is a
    /// node and it answers.
    pub async fn standing(&self, unproven: &Unproven, more: &[Address], limit: Duration) -> Option<Standing> {
        let Payload::Evm(signed) = unproven.claim().payload() else { return None };
        self.evm.as_ref()?.standing(signed, Some(&unproven.read(more)?), limit).await.ok()
    }

    /// What was paid to `payee` from a block on, as far as it is final and as one question may ask;
    /// or the rest of it, from a place on. Without a `from` only the last final block is looked at.
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
            (Wallet::Evm { .. }, None, _) | (Wallet::Solana { .. }, _, None) => Err(NoReply::NotSent),
        }
    }

    /// What a wallet held in the last state that is final, if that is of this time or later: a node
    /// that is behind knows an earlier one, and says nothing of a later.
    pub async fn settled_balance(&self, wallet: &Wallet, since: Timestamp, limit: Duration) -> Option<Usdc> {
        match wallet {
            Wallet::Evm { network, address } => {
                self.evm.as_ref()?.settled_balance(*network, *address, since, limit).await.ok()
            }
            Wallet::Solana { network, address } => {
                let held = self.solana.as_ref()?.settled_balance(*network, *address, since, limit).await.ok()?;
                Some(held.unwrap_or(Usdc::micros(0)))
            }
        }
    }

    /// What a wallet holds, if it can be had. A Solana wallet without a token account has nothing
    /// to hold it in.
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
