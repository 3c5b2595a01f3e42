//! The chain, asked over JSON-RPC for the one thing that a facilitator may not know: whether an
//! authorization moved money to us. It knows EIP-3009's state and events; it knows nothing of why
//! it is asked.

pub mod node;
mod received;
mod rpc;
mod spending;
mod standing;

use std::time::Duration;

use alloy_primitives::{Address, B256, U256, b256, hex};

use self::node::Log;
use self::rpc::{Question, quantity};
use self::spending::Spending;
use super::hex::hex_bytes;
use super::json_rpc::Place;
use super::truth::{Truth, is_before};
use super::{Authorization, SignedAuthorization};
use crate::types::{EvmNetwork, Searched, Timestamp, TransactionId, Usdc};
use crate::wire::http::NoReply;
pub use standing::Standing;

/// `AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)`.
const AUTHORIZATION_USED: B256 = b256!("0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5");
/// `AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce)`.
const AUTHORIZATION_CANCELED: B256 = b256!("0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81");
/// `Transfer(address indexed from, address indexed to, uint256 value)`.
const TRANSFER: B256 = b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// `authorizationState(address,bytes32)`.
const AUTHORIZATION_STATE: &str = "0xe94a0102";

/// `balanceOf(address)`.
const BALANCE_OF: &str = "0x70a08231";

/// Blocks per question: an hour of Base's. Public endpoints answer for no more than a few thousand.
const WINDOW: u64 = 1_800;

/// A node of one chain, asked with `eth_chainId`, `eth_getBlockByNumber`, `eth_call`,
/// `eth_getCode`, `eth_getLogs` and `eth_getTransactionReceipt`. Payments on another chain get no
/// answer from it.
pub struct EvmRpc {
    place: Place,
}

impl EvmRpc {
    /// A node somewhere.
    pub fn new(place: impl Into<Place>) -> Self {
        Self { place: place.into() }
    }

    /// What became of this payment's authorization, which came to us `since` then at the latest and
    /// is waited for until it expires, or `by` then; from where an earlier search for it came to;
    /// and where the next one is to go on, if this one did not come to the end. An answer that
    /// cannot be had within `limit`, or that is not sure, is not an answer.
    pub async fn truth(
        &self,
        payment: &SignedAuthorization,
        (since, by): (u64, u64),
        searched: Option<&Searched>,
        limit: Duration,
    ) -> (Result<Truth, NoReply>, Option<Searched>) {
        let mut spending = Spending::of(payment, since, searched);
        let search = self.search(payment, by, &mut spending, limit);
        let truth = tokio::time::timeout(limit, search).await.unwrap_or(Err(NoReply::Unknown));
        let place = if truth.is_err() { spending.place() } else { None };
        (truth, place)
    }

    /// Whether a transaction is in a block and made this payment.
    pub async fn shows(
        &self,
        payment: &SignedAuthorization,
        transaction: &TransactionId,
        limit: Duration,
    ) -> Result<bool, NoReply> {
        let ask = Question { place: &self.place, limit };
        self.on(payment.network, &ask).await?;
        let Some(hash) = hex_bytes(&transaction.to_string()).map(B256::new) else { return Ok(false) };
        let logs = ask.receipt_logs(hash).await?;
        let Authorization { from, nonce, .. } = &payment.authorization;
        let used = [AUTHORIZATION_USED, from.into_word(), *nonce];
        let spent = logs.iter().find(|log| log.address == usdc(payment) && log.topics == used);
        Ok(spent.is_some_and(|spent| pays(&logs, spent, payment)))
    }

    /// Whether a transaction is in a block and was reverted. Where that cannot be learned, it is
    /// not said.
    pub async fn has_reverted(&self, network: EvmNetwork, transaction: &TransactionId, limit: Duration) -> bool {
        let ask = Question { place: &self.place, limit };
        self.on(network, &ask).await.is_ok() && ask.has_reverted(&transaction.to_string()).await.unwrap_or(false)
    }

    /// Whether code speaks for an account: a contract, or what its key has handed it to (EIP-7702).
    /// The token asks that code, whatever the key has signed.
    pub async fn has_code(&self, account: Address, limit: Duration) -> Result<bool, NoReply> {
        Question { place: &self.place, limit }.has_code(account).await
    }

    /// What an account holds.
    pub async fn balance(&self, network: EvmNetwork, of: Address, limit: Duration) -> Result<Usdc, NoReply> {
        let ask = Question { place: &self.place, limit };
        self.on(network, &ask).await?;
        balance_at(&ask, network, of, "latest").await
    }

    /// What an account held in the last block that is final, if that is of this time or later. That
    /// block is asked for by its number, which a node that is behind does not answer; and where
    /// the same node answers both questions, its time says how far that node has come.
    pub async fn settled_balance(
        &self,
        network: EvmNetwork,
        of: Address,
        since: Timestamp,
        limit: Duration,
    ) -> Result<Usdc, NoReply> {
        let ask = Question { place: &self.place, limit };
        self.on(network, &ask).await?;
        let settled = ask.block("finalized").await?;
        if is_before(settled.timestamp, since) {
            return Err(NoReply::Unknown);
        }
        balance_at(&ask, network, of, &quantity(settled.number)).await
    }

    /// A node of another chain would report every payment as unused, and none as received.
    async fn on(&self, network: EvmNetwork, ask: &Question<'_>) -> Result<(), NoReply> {
        if ask.chain_id().await? == network.chain_id() {
            return Ok(());
        }
        tracing::error!(network = network.caip2(), "the RPC endpoint is for another chain");
        Err(NoReply::Unknown)
    }

    async fn search(
        &self,
        payment: &SignedAuthorization,
        by: u64,
        spending: &mut Spending<'_>,
        limit: Duration,
    ) -> Result<Truth, NoReply> {
        let ask = Question { place: &self.place, limit };
        let network = payment.network;
        self.on(network, &ask).await?;
        // The final block comes first: what is unused in a later state was unused in it, though
        // another node answer.
        let settled = ask.block("finalized").await?;
        let final_block = quantity(settled.number);
        if !is_spent(&ask, payment, "latest").await? && !is_spent(&ask, payment, &final_block).await? {
            let dead = settled.timestamp >= payment.authorization.valid_before.min(by);
            return Ok(Truth::Unused { dead });
        }
        let Some(spent) = spending.find(&ask, &settled).await? else {
            // It was cancelled when it could not be used any more.
            return Ok(Truth::Cancelled);
        };
        if spent.topics.first() == Some(&AUTHORIZATION_CANCELED) {
            return Ok(Truth::Cancelled);
        }
        let logs = match ask.receipt_logs(spent.transaction).await {
            // Its sender may log whatever else it likes in it.
            Err(NoReply::TooLarge) => transfers_beside(&ask, payment, &spent).await?,
            logs => logs?,
        };
        Ok(if pays(&logs, &spent, payment) {
            Truth::Paid { transaction: TransactionId::evm(spent.transaction) }
        } else {
            Truth::Cancelled
        })
    }
}

async fn balance_at(ask: &Question<'_>, network: EvmNetwork, of: Address, block: &str) -> Result<Usdc, NoReply> {
    let data = format!("{BALANCE_OF}{}", hex::encode(of.into_word()));
    let balance = U256::from_be_bytes(ask.call(network.usdc(), &data, block).await?.0);
    Ok(Usdc::micros(balance.saturating_to()))
}

/// Whether the nonce is used or cancelled, as of a block.
async fn is_spent(ask: &Question<'_>, payment: &SignedAuthorization, block: &str) -> Result<bool, NoReply> {
    let authorization = &payment.authorization;
    let data = format!(
        "{AUTHORIZATION_STATE}{}{}",
        hex::encode(authorization.from.into_word()),
        hex::encode(authorization.nonce)
    );
    let answer = ask.call(usdc(payment), &data, block).await?;
    match U256::from_be_bytes(answer.0) {
        U256::ZERO => Ok(false),
        U256::ONE => Ok(true),
        _ => Err(NoReply::Unknown),
    }
}

/// The transfers from this payer to us in the block of that event. [`pays`] tells those of its
/// transaction by their place.
async fn transfers_beside(ask: &Question<'_>, payment: &SignedAuthorization, spent: &Log) -> Result<Vec<Log>, NoReply> {
    let Authorization { from, to, .. } = &payment.authorization;
    let topics = serde_json::json!([quoted(TRANSFER), quoted(from.into_word()), quoted(to.into_word())]);
    let logs = ask.logs(usdc(payment), &topics, spent.block..=spent.block, spent.block).await?.whole()?;
    Ok(logs.into_iter().filter(|log| log.transaction == spent.transaction).collect())
}

/// Whether the transfer that this nonce paid for is ours. USDC logs it right after the nonce, and
/// only the neighbour counts: one transaction may settle many payments, equal ones by the same
/// payer among them.
fn pays(logs: &[Log], spent: &Log, payment: &SignedAuthorization) -> bool {
    let Authorization { from, to, value, .. } = &payment.authorization;
    logs.iter().any(|log| {
        log.address == usdc(payment)
            && log.index.checked_sub(1) == Some(spent.index)
            && log.topics == [TRANSFER, from.into_word(), to.into_word()]
            && log.data == U256::from(value.atomic()).to_be_bytes_vec()
    })
}

fn quoted(word: B256) -> String {
    format!("{word:#x}")
}

fn usdc(payment: &SignedAuthorization) -> Address {
    payment.network.usdc()
}

#[cfg(test)]
mod tests;
