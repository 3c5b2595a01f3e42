//! JSON-RPC to an EVM node: the questions that we have. What the answers say is read in `node`.
//!
//! A node is often many behind one address, of which some are behind the others: they tell no
//! events of blocks that they do not have, as if there were none. So a node is asked in the same
//! request for the block up to which it must know them.
//!
//! `docs/decisions.md`: When is a node believed that says that there is nothing?

use std::ops::RangeInclusive;

use alloy_primitives::{Address, B256, hex};
use serde_json::{Value, json};

use super::node::{self, Block, Events, Log};
use crate::wire::http::NoReply;
use crate::x402::json_rpc::Half;
pub(super) use crate::x402::json_rpc::Question;

/// Events, as a node tells them.
pub(super) struct Told {
    /// Those that it knows.
    pub(super) logs: Vec<Log>,
    /// It knows all.
    pub(super) is_whole: bool,
}

impl Told {
    /// The events; no answer, if there may be more.
    pub(super) fn whole(self) -> Result<Vec<Log>, NoReply> {
        if self.is_whole { Ok(self.logs) } else { Err(NoReply::Unknown) }
    }
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

    /// A read of a contract that answers at any length, as of the latest block.
    pub(super) async fn read(&self, to: Address, data: &[u8]) -> Result<Vec<u8>, NoReply> {
        let call = json!({ "to": to.to_string(), "data": hex::encode_prefixed(data) });
        self.ask("eth_call", json!([call, "latest"]), node::bytes).await
    }

    /// Whether there is code at an address, as of the latest block.
    pub(super) async fn has_code(&self, at: Address) -> Result<bool, NoReply> {
        self.ask("eth_getCode", json!([at.to_string(), "latest"]), node::has_code).await
    }

    /// A contract's events with these topics in these blocks, and whether the node that tells them
    /// had come to block `known` by then. [`NoReply::TooLarge`] if that is more than the node
    /// answers, or than we read: fewer blocks may do.
    pub(super) async fn logs(
        &self,
        address: Address,
        topics: &Value,
        blocks: RangeInclusive<u64>,
        known: u64,
    ) -> Result<Told, NoReply> {
        let filter = json!({
            "address": address.to_string(),
            "topics": topics,
            "fromBlock": quantity(*blocks.start()),
            "toBlock": quantity(*blocks.end()),
        });
        // The block comes first: what is there then is there when the events are looked for.
        let block = Half { method: "eth_getBlockByNumber", params: json!([quantity(known), false]), read: node::block };
        let events = Half { method: "eth_getLogs", params: json!([filter]), read: node::events };
        match self.ask_both(&block, &events).await? {
            (block, Events::Found(logs)) => {
                Ok(Told { logs, is_whole: block.is_some_and(|block| block.number == known) })
            }
            (_, Events::Ahead) => Ok(Told { logs: Vec::new(), is_whole: false }),
            (_, Events::TooMany) => Err(NoReply::TooLarge),
        }
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
