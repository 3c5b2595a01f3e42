//! The chain's JSON-RPC: the handful of methods that a payment's fate can be read with, and -32601
//! for all others. A request may be answered by a node that is behind.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use axum::Router;
use axum::body::Bytes as Body;
use axum::extract::State;
use axum::http::Extensions;
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};

use super::Chain;
use super::contracts::Scratch;
use super::ledger::{Log, Transaction};
use crate::sim;
use crate::sim::fault::Behind;

/// Seconds from one block to the next.
const BLOCK_TIME: u64 = 2;
/// Values in one place of a filter, as geth has it.
const MAX_VALUES: usize = 1_000;

const TOO_MANY_BLOCKS: i64 = -32614;
const TOO_MUCH: i64 = -32020;

/// What a node answers for at once. The default is what `mainnet.base.org` was measured to refuse.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Blocks of `eth_getLogs`.
    pub blocks: u64,
    /// Its events.
    pub logs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { blocks: 2_000, logs: 20_000 }
    }
}

type Outcome = Result<Value, (i64, String)>;

pub(super) fn router(chain: Chain) -> Router {
    Router::new().route("/rpc", post(handle)).route("/", post(handle)).with_state(chain)
}

/// One of the nodes behind the address, and how far it has come. It knows nothing of later blocks,
/// and of the past what it was.
struct Node {
    chain: Chain,
    head: u64,
}

impl Node {
    fn finalized(&self) -> u64 {
        self.head.saturating_sub(self.chain.finality_lag())
    }

    fn transaction(&self, hash: B256) -> Option<Transaction> {
        self.chain.transaction(hash).filter(|transaction| transaction.block <= self.head)
    }
}

async fn handle(State(chain): State<Chain>, extensions: Extensions, body: Body) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return sim::json(200, &failure(&Value::Null, -32700, "parse error"));
    };
    let head = chain.height().saturating_sub(Behind::of(&extensions).as_secs() / BLOCK_TIME);
    let one_at_a_time = chain.ledger().one_at_a_time;
    let node = Node { chain, head };
    let answer = match request {
        Value::Array(requests) if requests.is_empty() => failure(&Value::Null, -32600, "empty batch"),
        Value::Array(_) if one_at_a_time => failure(&Value::Null, -32600, "batch requests are not supported"),
        Value::Array(requests) => requests.iter().map(|request| answer(&node, request)).collect(),
        request => answer(&node, &request),
    };
    // As the proxy in front of Base's own nodes does.
    let status = match answer["error"]["code"].as_i64() {
        Some(TOO_MANY_BLOCKS) => 413,
        Some(TOO_MUCH) => 500,
        _ => 200,
    };
    sim::json(status, &answer)
}

fn answer(node: &Node, request: &Value) -> Value {
    let id = request.get("id").unwrap_or(&Value::Null);
    let (Some("2.0"), Some(method)) = (request["jsonrpc"].as_str(), request["method"].as_str()) else {
        return failure(id, -32600, "invalid request");
    };
    match call(node, method, &request["params"]) {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err((code, message)) => failure(id, code, &message),
    }
}

fn failure(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

fn call(node: &Node, method: &str, params: &Value) -> Outcome {
    match method {
        "eth_chainId" => Ok(quantity(node.chain.network.chain_id())),
        "eth_blockNumber" => Ok(quantity(node.head)),
        "eth_getBlockByNumber" => {
            let number = block_tag(node, &params[0])?;
            Ok(if number > node.head { Value::Null } else { block(&node.chain, number) })
        }
        "eth_call" => eth_call(node, &params[0], &params[1]),
        "eth_getCode" => {
            let at: Address = parse(&params[0], "address")?;
            known(node, &params[1])?;
            Ok(json!(if node.chain.has_code(at) { "0x6001" } else { "0x" }))
        }
        "eth_getLogs" => logs(node, &params[0]),
        "eth_getTransactionReceipt" => {
            let hash: B256 = parse(&params[0], "transaction hash")?;
            Ok(node.transaction(hash).map_or(Value::Null, |transaction| receipt(&node.chain, &transaction)))
        }
        _ => Err((-32601, format!("the method {method} does not exist/is not available"))),
    }
}

fn parse<T: std::str::FromStr>(value: &Value, what: &str) -> Result<T, (i64, String)> {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| (-32602, format!("invalid argument: {what} expected")))
}

/// Full lower-case hexadecimal, as nodes write hashes and addresses.
fn text(bytes: impl std::fmt::LowerHex) -> Value {
    json!(format!("{bytes:#x}"))
}

fn quantity(number: u64) -> Value {
    json!(format!("{number:#x}"))
}

fn block_tag(node: &Node, tag: &Value) -> Result<u64, (i64, String)> {
    match tag.as_str() {
        None if tag.is_null() => Ok(node.head),
        Some("latest" | "pending" | "safe") => Ok(node.head),
        Some("finalized") => Ok(node.finalized()),
        Some("earliest") => Ok(0),
        Some(text) if text.starts_with("0x") && (text == "0x0" || !text.starts_with("0x0")) => {
            u64::from_str_radix(text.trim_start_matches("0x"), 16)
                .map_err(|_| (-32602, "invalid argument: hex string".into()))
        }
        _ => Err((-32602, "invalid argument: block number or tag expected".into())),
    }
}

/// A block whose state is there.
fn known(node: &Node, tag: &Value) -> Result<u64, (i64, String)> {
    let number = block_tag(node, tag)?;
    if number > node.head { Err((-32000, "header not found".into())) } else { Ok(number) }
}

fn block_hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

fn block(chain: &Chain, number: u64) -> Value {
    json!({
        "number": quantity(number),
        "timestamp": quantity(chain.block_time(number)),
        "hash": text(block_hash(number)),
        "parentHash": text(block_hash(number.wrapping_sub(1))),
        "transactions": chain.hashes(number).iter().map(text).collect::<Vec<_>>(),
    })
}

fn eth_call(node: &Node, what: &Value, at: &Value) -> Outcome {
    let number = known(node, at)?;
    let to: Address = parse(&what["to"], "address")?;
    let input = if what["data"].is_null() { &what["input"] } else { &what["data"] };
    let input: Bytes = parse(input, "hex data")?;
    let returned =
        Scratch::of(&node.chain, number).call(to, &input).ok_or_else(|| (3, "execution reverted".to_owned()))?;
    Ok(text(Bytes::from(returned)))
}

/// Blocks that the node does not have are blocks without events to it.
fn logs(node: &Node, filter: &Value) -> Outcome {
    let from = block_tag(node, &filter["fromBlock"])?;
    let to = block_tag(node, &filter["toBlock"])?;
    if from > to {
        return Err((-32602, "invalid block range params".into()));
    }
    let limits = node.chain.limits();
    if to - from >= limits.blocks {
        return Err((TOO_MANY_BLOCKS, format!("eth_getLogs is limited to a {} range", limits.blocks)));
    }
    let addresses = one_or_many::<Address>(&filter["address"])?;
    let mut topics = Vec::new();
    for topic in filter["topics"].as_array().unwrap_or(&Vec::new()) {
        topics.push(one_or_many::<B256>(topic)?);
    }
    if topics.iter().flatten().any(|values| values.len() > MAX_VALUES) {
        return Err((-32602, "exceed max topics".into()));
    }
    let wanted = |log: &Log| {
        addresses.as_ref().is_none_or(|addresses| addresses.contains(&log.address))
            && topics.iter().enumerate().all(|(at, wanted)| {
                wanted.as_ref().is_none_or(|wanted| log.topics.get(at).is_some_and(|topic| wanted.contains(topic)))
            })
    };
    let ledger = node.chain.ledger();
    let to = to.min(node.head);
    let transactions = || ledger.transactions().iter().filter(|it| (from..=to).contains(&it.block));
    let found = || transactions().flat_map(|it| it.logs.iter().enumerate().map(move |(index, log)| (it, index, log)));
    let found = || found().filter(|(_, _, log)| wanted(log));
    if found().nth(limits.logs).is_some() {
        return Err((TOO_MUCH, "backend response too large".into()));
    }
    Ok(Value::Array(found().map(|(transaction, index, log)| entry(transaction, index, log)).collect()))
}

/// A filter position: absent or null matches all, a value itself, a list any of it.
fn one_or_many<T: std::str::FromStr>(value: &Value) -> Result<Option<Vec<T>>, (i64, String)> {
    match value {
        Value::Null => Ok(None),
        Value::Array(many) => many.iter().map(|one| parse(one, "hex string")).collect::<Result<_, _>>().map(Some),
        one => Ok(Some(vec![parse(one, "hex string")?])),
    }
}

fn entry(transaction: &Transaction, index: usize, log: &Log) -> Value {
    json!({
        "address": text(log.address),
        "topics": log.topics.iter().map(text).collect::<Vec<_>>(),
        "data": text(&log.data),
        "blockNumber": quantity(transaction.block),
        "blockHash": text(block_hash(transaction.block)),
        "transactionHash": text(transaction.hash),
        "transactionIndex": "0x0",
        "logIndex": format!("{index:#x}"),
        "removed": false,
    })
}

fn receipt(chain: &Chain, transaction: &Transaction) -> Value {
    let logs: Vec<Value> =
        transaction.logs.iter().enumerate().map(|(index, log)| entry(transaction, index, log)).collect();
    json!({
        "transactionHash": text(transaction.hash),
        "transactionIndex": "0x0",
        "blockNumber": quantity(transaction.block),
        "blockHash": text(block_hash(transaction.block)),
        "status": quantity(u64::from(transaction.success)),
        "to": text(chain.network.usdc()),
        "logs": logs,
    })
}
