//! What a node answers, read into our own types. Pure functions of the body: an answer is read whole or not at all.

use alloy_primitives::{Address, B256, hex};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::x402::payment::hex_bytes;

/// A block, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Its height.
    pub number: u64,
    /// Unix seconds.
    pub timestamp: u64,
}

/// An event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// The contract.
    pub address: Address,
    /// What it is, and what is indexed of it.
    pub topics: Vec<B256>,
    /// The rest.
    pub data: Vec<u8>,
    /// The transaction that it happened in.
    pub transaction: B256,
    /// Its place in its block.
    pub index: u64,
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
    #[serde(default)]
    removed: bool,
}

/// The answer to `eth_chainId`.
pub fn chain_id(body: &[u8]) -> Option<u64> {
    number(&result::<String>(body)?)
}

/// The answer to `eth_getBlockByNumber`.
pub fn block(body: &[u8]) -> Option<Block> {
    let found: WireBlock = result(body)?;
    Some(Block { number: number(&found.number)?, timestamp: number(&found.timestamp)? })
}

/// The answer to an `eth_call` that is one word.
pub fn word(body: &[u8]) -> Option<B256> {
    hex_bytes(&result::<String>(body)?).map(B256::new)
}

/// The answer to `eth_getLogs`, without what a reorganisation has taken back.
pub fn logs(body: &[u8]) -> Option<Vec<Log>> {
    kept(result(body)?)
}

/// The events in the answer to `eth_getTransactionReceipt`, without what a reorganisation has taken back.
pub fn receipt_logs(body: &[u8]) -> Option<Vec<Log>> {
    let receipt: WireReceipt = result(body)?;
    kept(receipt.logs)
}

fn result<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice::<Response<T>>(body).ok()?.result
}

fn kept(found: Vec<WireLog>) -> Option<Vec<Log>> {
    found.into_iter().filter(|log| !log.removed).map(log).collect()
}

fn log(wire: WireLog) -> Option<Log> {
    let topics = wire.topics.iter().map(|topic| hex_bytes(topic).map(B256::new));
    Some(Log {
        address: hex_bytes(&wire.address).map(Address::new)?,
        topics: topics.collect::<Option<_>>()?,
        data: hex::decode(&wire.data).ok()?,
        transaction: hex_bytes(&wire.transaction_hash).map(B256::new)?,
        index: number(&wire.log_index)?,
    })
}

fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
