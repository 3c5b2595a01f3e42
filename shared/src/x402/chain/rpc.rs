//! JSON-RPC to an EVM node: the five questions that we have, and their answers in our own types.

use std::time::Duration;

use alloy_primitives::{Address, B256, hex};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::upstream::http::{NoReply, client, send};
use crate::x402::payment::hex_bytes;

/// A node, and how long it may take for each answer.
pub(super) struct Question<'a> {
    pub(super) url: &'a str,
    pub(super) limit: Duration,
}

/// A block, as far as it matters here.
pub(super) struct Block {
    pub(super) number: u64,
    /// Unix seconds.
    pub(super) timestamp: u64,
}

/// An event.
#[derive(Clone)]
pub(super) struct Log {
    pub(super) address: Address,
    pub(super) topics: Vec<B256>,
    pub(super) data: Vec<u8>,
    pub(super) transaction: B256,
    /// Its place in its block.
    pub(super) index: u64,
    pub(super) block: u64,
}

#[derive(Serialize)]
struct Request<'a> {
    jsonrpc: &'static str,
    id: u8,
    method: &'a str,
    params: Value,
}

/// `null` is a result too (an unknown block or transaction), and no answer to any question of ours.
#[derive(Deserialize)]
struct Response<T> {
    result: Option<T>,
}

#[derive(Deserialize)]
struct WireBlock {
    number: String,
    timestamp: String,
}

#[derive(Deserialize)]
struct WireReceipt {
    logs: Vec<WireLog>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLog {
    address: String,
    topics: Vec<String>,
    data: String,
    transaction_hash: String,
    log_index: String,
    block_number: String,
    #[serde(default)]
    removed: bool,
}

impl Question<'_> {
    /// The chain that this node follows.
    pub(super) async fn chain_id(&self) -> Result<u64, NoReply> {
        let id: String = self.ask("eth_chainId", json!([])).await?;
        number(&id)
    }

    /// A block by its number or by a name such as `latest`.
    pub(super) async fn block(&self, block: &str) -> Result<Block, NoReply> {
        let found: WireBlock = self.ask("eth_getBlockByNumber", json!([block, false])).await?;
        Ok(Block { number: number(&found.number)?, timestamp: number(&found.timestamp)? })
    }

    /// A read of a contract that answers in one word.
    pub(super) async fn call(&self, to: Address, data: &str, block: &str) -> Result<B256, NoReply> {
        let word: String = self.ask("eth_call", json!([{ "to": to.to_string(), "data": data }, block])).await?;
        bytes(&word).map(B256::new)
    }

    /// A contract's events with these topics in these blocks.
    pub(super) async fn logs(&self, address: Address, topics: &Value, from: u64, to: u64) -> Result<Vec<Log>, NoReply> {
        let filter = json!({
            "address": address.to_string(),
            "topics": topics,
            "fromBlock": quantity(from),
            "toBlock": quantity(to),
        });
        let found: Vec<WireLog> = self.ask("eth_getLogs", json!([filter])).await?;
        logs(found)
    }

    /// The events of a transaction.
    pub(super) async fn receipt_logs(&self, transaction: B256) -> Result<Vec<Log>, NoReply> {
        let receipt: WireReceipt = self.ask("eth_getTransactionReceipt", json!([format!("{transaction:#x}")])).await?;
        logs(receipt.logs)
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, NoReply> {
        let request = client().post(self.url).json(&Request { jsonrpc: "2.0", id: 1, method, params });
        let reply = send(request, self.limit).await?;
        let answer = reply.json::<Response<T>>().and_then(|response| response.result);
        if answer.is_none() {
            tracing::warn!(method, status = reply.status.as_u16(), "the RPC endpoint gave no usable answer");
        }
        answer.ok_or(NoReply::Unknown)
    }
}

fn logs(found: Vec<WireLog>) -> Result<Vec<Log>, NoReply> {
    let kept = found.into_iter().filter(|log| !log.removed);
    kept.map(|log| {
        let topics = log.topics.iter().map(|topic| bytes(topic).map(B256::new));
        Ok(Log {
            address: bytes(&log.address).map(Address::new)?,
            topics: topics.collect::<Result<_, _>>()?,
            data: hex::decode(&log.data).map_err(|_| NoReply::Unknown)?,
            transaction: bytes(&log.transaction_hash).map(B256::new)?,
            index: number(&log.log_index)?,
            block: number(&log.block_number)?,
        })
    })
    .collect()
}

/// A number as JSON-RPC writes it.
pub(super) fn quantity(number: u64) -> String {
    format!("{number:#x}")
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], NoReply> {
    hex_bytes(text).ok_or(NoReply::Unknown)
}

fn number(text: &str) -> Result<u64, NoReply> {
    let digits = text.strip_prefix("0x").ok_or(NoReply::Unknown)?;
    u64::from_str_radix(digits, 16).map_err(|_| NoReply::Unknown)
}
