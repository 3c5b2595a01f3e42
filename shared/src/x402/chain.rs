//! The chain, asked over JSON-RPC for the one thing that a facilitator may not know: whether an authorization moved money
//! to us. It knows EIP-3009's state and events; it knows nothing of why somebody asks.

pub mod node;
mod rpc;

use std::time::Duration;

use alloy_primitives::{Address, B256, U256, b256, hex};

use self::node::Log;
use self::rpc::{Question, quantity};
use super::{Authorization, Verified};
use crate::upstream::http::NoReply;

/// `AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)`.
const AUTHORIZATION_USED: B256 = b256!("0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5");
/// `AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce)`.
const AUTHORIZATION_CANCELED: B256 = b256!("0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81");
/// `Transfer(address indexed from, address indexed to, uint256 value)`.
const TRANSFER: B256 = b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// `authorizationState(address,bytes32)`.
const AUTHORIZATION_STATE: &str = "0xe94a0102";

/// Blocks per question: an hour of Base's. Public endpoints answer for no more than a few thousand.
const WINDOW: u64 = 1_800;
/// Questions before the search is given up: a day.
const WINDOWS: u64 = 24;

/// A node of one chain, asked with `eth_chainId`, `eth_getBlockByNumber`, `eth_call`, `eth_getLogs` and
/// `eth_getTransactionReceipt`. Payments on another chain get no answer from it.
pub struct EvmRpc {
    url: String,
}

/// What became of an authorization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Truth {
    /// It paid us.
    Paid {
        /// By this transaction, which may have settled others too.
        transaction: B256,
    },
    /// It was not used in any block up to one that is final. If the authorization expired before that block's time, it
    /// never will be.
    Unused {
        /// Unix seconds of that block.
        block_time: u64,
    },
    /// Its nonce is spent on something else: the payer cancelled it, or paid another with it. It never will pay us.
    Cancelled,
}

impl EvmRpc {
    /// A node at a URL, which may hold a key and so is not for logs.
    pub fn new(url: String) -> Self {
        Self { url }
    }

    /// What became of this payment's authorization. An answer that cannot be had within `limit`, or that is not sure, is
    /// no answer.
    pub async fn truth(&self, payment: &Verified, limit: Duration) -> Result<Truth, NoReply> {
        tokio::time::timeout(limit, self.search(payment, limit)).await.unwrap_or(Err(NoReply::Unknown))
    }

    async fn search(&self, payment: &Verified, limit: Duration) -> Result<Truth, NoReply> {
        let ask = Question { url: &self.url, limit };
        let network = payment.quote().network;
        // A node of another chain would report every payment as unused.
        if ask.chain_id().await? != network.chain_id() {
            tracing::error!(network = network.caip2(), "the RPC endpoint is for another chain");
            return Err(NoReply::Unknown);
        }
        // The final block comes first: what is unused in a later state was unused in it, though another node answer.
        let settled = ask.block("finalized").await?;
        if !is_spent(&ask, payment, "latest").await? && !is_spent(&ask, payment, &quantity(settled.number)).await? {
            return Ok(Truth::Unused { block_time: settled.timestamp });
        }
        let spent = find_spending(&ask, payment).await?.ok_or(NoReply::Unknown)?;
        if spent.topics.first() == Some(&AUTHORIZATION_CANCELED) {
            return Ok(Truth::Cancelled);
        }
        let logs = ask.receipt_logs(spent.transaction).await?;
        Ok(if pays(&logs, &spent, payment) { Truth::Paid { transaction: spent.transaction } } else { Truth::Cancelled })
    }
}

/// Whether the nonce is used or cancelled, as of a block.
async fn is_spent(ask: &Question<'_>, payment: &Verified, block: &str) -> Result<bool, NoReply> {
    let authorization = payment.authorization();
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

/// The event that spent the nonce: used or cancelled. Searched backwards, since whoever asks does so minutes after.
async fn find_spending(ask: &Question<'_>, payment: &Verified) -> Result<Option<Log>, NoReply> {
    let Authorization { from, nonce, .. } = payment.authorization();
    let topics = serde_json::json!([
        [quoted(AUTHORIZATION_USED), quoted(AUTHORIZATION_CANCELED)],
        quoted(from.into_word()),
        quoted(*nonce),
    ]);
    let mut to = ask.block("latest").await?.number;
    for _ in 0..WINDOWS {
        let from = (to + 1).saturating_sub(WINDOW);
        let logs = ask.logs(usdc(payment), &topics, from, to).await?;
        if let Some(log) = logs.into_iter().next() {
            return Ok(Some(log));
        }
        if from == 0 {
            break;
        }
        to = from - 1;
    }
    Ok(None)
}

/// Whether the transfer that this nonce paid for is ours. USDC logs it right after the nonce, and only the neighbour
/// counts: one transaction may settle many payments, equal ones by the same payer among them.
fn pays(logs: &[Log], spent: &Log, payment: &Verified) -> bool {
    let Authorization { from, to, value, .. } = payment.authorization();
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

fn usdc(payment: &Verified) -> Address {
    payment.quote().network.usdc()
}

#[cfg(test)]
mod tests;
