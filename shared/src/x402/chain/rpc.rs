//! JSON-RPC to an EVM node: the questions that we have. What the answers say is read in `node`.

use alloy_primitives::{Address, B256, hex};
use serde_json::{Value, json};

use super::node::{self, Block, Log};
use crate::wire::http::NoReply;
pub(super) use crate::x402::json_rpc::Question;

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

    /// A read of a contract that answers at any length, as of the latest block.
    pub(super) async fn read(&self, to: Address, data: &[u8]) -> Result<Vec<u8>, NoReply> {
        let call = json!({ "to": to.to_string(), "data": hex::encode_prefixed(data) });
        self.ask("eth_call", json!([call, "latest"]), node::bytes).await
    }

    /// Whether there is code at an address, as of the latest block.
    pub(super) async fn has_code(&self, at: Address) -> Result<bool, NoReply> {
        self.ask("eth_getCode", json!([at.to_string(), "latest"]), node::has_code).await
    }

    /// A contract's events with these topics in these blocks. [`NoReply::TooLarge`] if that is more than the node answers, or
    /// than we read: fewer blocks may do.
    pub(super) async fn logs(&self, address: Address, topics: &Value, from: u64, to: u64) -> Result<Vec<Log>, NoReply> {
        let filter = json!({
            "address": address.to_string(),
            "topics": topics,
            "fromBlock": quantity(from),
            "toBlock": quantity(to),
        });
        self.ask("eth_getLogs", json!([filter]), node::logs_or_less).await?.ok_or(NoReply::TooLarge)
    }

    /// The transactions of a block.
    pub(super) async fn transactions(&self, block: u64) -> Result<Vec<B256>, NoReply> {
        self.ask("eth_getBlockByNumber", json!([quantity(block), false]), node::transactions).await
    }

    /// Whether a transaction was reverted.
    pub(super) async fn has_reverted(&self, transaction: &str) -> Result<bool, NoReply> {
        self.ask("eth_getTransactionReceipt", json!([transaction]), node::has_reverted).await
    }

    /// The events of a transaction.
    pub(super) async fn receipt_logs(&self, transaction: B256) -> Result<Vec<Log>, NoReply> {
        self.ask("eth_getTransactionReceipt", json!([format!("{transaction:#x}")]), node::receipt_logs).await
    }
}

/// A number as JSON-RPC writes it.
pub(super) fn quantity(number: u64) -> String {
    format!("{number:#x}")
}
