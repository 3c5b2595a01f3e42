//! JSON-RPC to an EVM node: the five questions that we have. What the answers say is read in `node`.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use serde::Serialize;
use serde_json::{Value, json};

use super::node::{self, Block, Log};
use crate::upstream::http::{NoReply, client, send};

/// A node, and how long it may take for each answer.
pub(super) struct Question<'a> {
    pub(super) url: &'a str,
    pub(super) limit: Duration,
}

#[derive(Serialize)]
struct Request<'a> {
    jsonrpc: &'static str,
    id: u8,
    method: &'a str,
    params: Value,
}

impl Question<'_> {
    /// The chain that this node follows.
    pub(super) async fn chain_id(&self) -> Result<u64, NoReply> {
        self.ask("eth_chainId", json!([]), node::chain_id).await
    }

    /// A block by its number or by a name such as `latest`.
    pub(super) async fn block(&self, block: &str) -> Result<Block, NoReply> {
        self.ask("eth_getBlockByNumber", json!([block, false]), node::block).await
    }

    /// A read of a contract that answers in one word.
    pub(super) async fn call(&self, to: Address, data: &str, block: &str) -> Result<B256, NoReply> {
        self.ask("eth_call", json!([{ "to": to.to_string(), "data": data }, block]), node::word).await
    }

    /// A contract's events with these topics in these blocks.
    pub(super) async fn logs(&self, address: Address, topics: &Value, from: u64, to: u64) -> Result<Vec<Log>, NoReply> {
        let filter = json!({
            "address": address.to_string(),
            "topics": topics,
            "fromBlock": quantity(from),
            "toBlock": quantity(to),
        });
        self.ask("eth_getLogs", json!([filter]), node::logs).await
    }

    /// The events of a transaction.
    pub(super) async fn receipt_logs(&self, transaction: B256) -> Result<Vec<Log>, NoReply> {
        self.ask("eth_getTransactionReceipt", json!([format!("{transaction:#x}")]), node::receipt_logs).await
    }

    async fn ask<T>(&self, method: &str, params: Value, read: fn(&[u8]) -> Option<T>) -> Result<T, NoReply> {
        let request = client().post(self.url).json(&Request { jsonrpc: "2.0", id: 1, method, params });
        let reply = send(request, self.limit).await?;
        let answer = read(&reply.body);
        if answer.is_none() {
            tracing::warn!(method, status = reply.status.as_u16(), "the RPC endpoint gave no usable answer");
        }
        answer.ok_or(NoReply::Unknown)
    }
}

/// A number as JSON-RPC writes it.
pub(super) fn quantity(number: u64) -> String {
    format!("{number:#x}")
}
