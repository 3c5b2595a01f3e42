//! What a node answers, read into our own types. Pure functions of the body: an answer is read
//! whole or not at all.

use alloy_primitives::{Address, B256};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::x402::hex::{hex_bytes, hex_string};
use crate::x402::wire_v2::Object;

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
    /// Its block.
    pub block: u64,
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
struct Failure {
    error: Object<WireError>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct WireTransactions {
    transactions: Vec<String>,
}

#[derive(Deserialize)]
struct WireStatus {
    status: String,
}

#[derive(Deserialize)]
struct WireReceipt {
    logs: Vec<Object<WireLog>>,
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

/// The answer to `eth_chainId`.
pub fn chain_id(body: &[u8]) -> Option<u64> {
    number(&result::<String>(body)?)
}

/// The answer to `eth_getBlockByNumber`.
pub fn block(body: &[u8]) -> Option<Block> {
    let Object(found): Object<WireBlock> = result(body)?;
    Some(Block { number: number(&found.number)?, timestamp: number(&found.timestamp)? })
}

/// The answer to an `eth_call` that is one word.
pub fn word(body: &[u8]) -> Option<B256> {
    hex_bytes(&result::<String>(body)?).map(B256::new)
}

/// The answer to an `eth_call`, whatever it is.
pub fn bytes(body: &[u8]) -> Option<Vec<u8>> {
    hex_string(&result::<String>(body)?)
}

/// Whether the answer to `eth_getCode` is code.
pub fn has_code(body: &[u8]) -> Option<bool> {
    bytes(body).map(|code| !code.is_empty())
}

/// The answer to `eth_getLogs`, without what a reorganisation has taken back.
pub fn logs(body: &[u8]) -> Option<Vec<Log>> {
    kept(&result::<Vec<_>>(body)?)
}

/// An answer to `eth_getLogs`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Events {
    /// These.
    Found(Vec<Log>),
    /// The node does not answer so much at once.
    TooMany,
    /// The node has not come to the last of these blocks.
    Ahead,
}

/// The answer to `eth_getLogs`, also where the node does not tell any.
pub fn events(body: &[u8]) -> Option<Events> {
    if let Some(found) = logs(body) {
        return Some(Events::Found(found));
    }
    let Object(failure) = serde_json::from_slice::<Object<Failure>>(body).ok()?;
    let Object(error) = failure.error;
    // Each node has a code and words of its own for too many blocks, events or bytes, some with 413
    // or 500. Only that it asks us to be slower is told apart: then less would not help.
    let words = error.message.to_ascii_lowercase();
    if ["beyond current head", "unknown block", "header not found"].iter().any(|ahead| words.contains(ahead)) {
        return Some(Events::Ahead);
    }
    let slower = ["rate", "too many requests", "request count", "capacity", "unauthorized"];
    slower.iter().all(|word| !words.contains(word)).then_some(Events::TooMany)
}

/// The transactions of a block, from the answer to `eth_getBlockByNumber`.
pub fn transactions(body: &[u8]) -> Option<Vec<B256>> {
    let Object(found): Object<WireTransactions> = result(body)?;
    found.transactions.iter().map(|hash| hex_bytes(hash).map(B256::new)).collect()
}

/// Whether the answer to `eth_getTransactionReceipt` says that it was reverted.
pub fn has_reverted(body: &[u8]) -> Option<bool> {
    let Object(receipt): Object<WireStatus> = result(body)?;
    match receipt.status.as_str() {
        "0x0" => Some(true),
        "0x1" => Some(false),
        _ => None,
    }
}

/// The events in the answer to `eth_getTransactionReceipt`, without what a reorganisation has taken
/// back.
pub fn receipt_logs(body: &[u8]) -> Option<Vec<Log>> {
    let Object(receipt): Object<WireReceipt> = result(body)?;
    kept(&receipt.logs)
}

fn result<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice::<Object<Response<T>>>(body).ok()?.0.result
}

fn kept(found: &[Object<WireLog>]) -> Option<Vec<Log>> {
    found.iter().map(|Object(log)| log).filter(|log| !log.removed).map(log).collect()
}

fn log(wire: &WireLog) -> Option<Log> {
    let topics = wire.topics.iter().map(|topic| hex_bytes(topic).map(B256::new));
    Some(Log {
        address: hex_bytes(&wire.address).map(Address::new)?,
        topics: topics.collect::<Option<_>>()?,
        data: hex_string(&wire.data)?,
        transaction: hex_bytes(&wire.transaction_hash).map(B256::new)?,
        index: number(&wire.log_index)?,
        block: number(&wire.block_number)?,
    })
}

fn number(text: &str) -> Option<u64> {
    // The parser would take a sign.
    let digits = text.strip_prefix("0x").filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{block, chain_id, logs};

    #[test]
    fn a_number_is_digits_and_nothing_else() {
        let read = |number: &str| chain_id(format!(r#"{{"result":"{number}"}}"#).as_bytes());
        assert_eq!((read("0x2105"), read("0xffffffffffffffff")), (Some(8453), Some(u64::MAX)));
        for number in ["0x+2105", "0x-1", "2105", "0x", "0X2105", "0x 1", "0x10000000000000000"] {
            assert_eq!(read(number), None, "{number}");
        }
    }

    #[test]
    fn an_answer_is_an_object_whatever_its_values_spell() {
        assert_eq!(chain_id(br#"["0x2105"]"#), None);
        assert_eq!(block(br#"{"result":["0x1","0x2"]}"#), None);
    }

    #[test]
    fn an_events_data_is_hexadecimal_with_its_prefix() {
        let read = |data: &str| {
            let (address, word) = ("11".repeat(20), "22".repeat(32));
            let event = format!(
                r#"{{"address":"0x{address}","topics":[],"data":"{data}","transactionHash":"0x{word}","blockNumber":"0x2","logIndex":"0x1"}}"#
            );
            logs(format!(r#"{{"result":[{event}]}}"#).as_bytes())
        };
        assert_eq!(read("0x0102").unwrap().first().unwrap().data, [1, 2]);
        assert_eq!(*read("0x").unwrap().first().unwrap().data, *b"");
        for data in ["0102", "0x0x0102", "0x1"] {
            assert_eq!(read(data), None, "{data}");
        }
    }
}
