//! A node's answers over JSON-RPC: each value is exactly the digits that were sent, or there is
//! none.

use alloy_primitives::hex;
use shared::x402::node::{Log, block, chain_id, logs, receipt_logs, word};

use crate::json::{self, Json};

/// The first byte chooses the question; the rest is the body.
pub fn node(data: &[u8]) {
    let Some((question, body)) = data.split_first() else { return };
    if json::may_be_too_deep(body) {
        return;
    }
    let document = json::lossy(body);
    let result = document.as_ref().and_then(|document| document.root.get("result"));
    match question % 5 {
        0 => {
            if let Some(id) = chain_id(body) {
                assert_eq!(Some(id), result.and_then(Json::text).and_then(number));
            }
        }
        1 => {
            if let Some(block) = block(body) {
                let told = |key| result.and_then(|result| result.text_of(key)).and_then(number);
                assert_eq!((Some(block.number), Some(block.timestamp)), (told("number"), told("timestamp")));
            }
        }
        2 => {
            if let Some(word) = word(body) {
                assert_eq!(Some(word.to_vec()), result.and_then(Json::text).and_then(bytes));
            }
        }
        3 => events(logs(body), result),
        _ => events(receipt_logs(body), result.and_then(|receipt| receipt.get("logs"))),
    }
}

fn events(read: Option<Vec<Log>>, told: Option<&Json>) {
    let Some(read) = read else { return };
    let Some(Json::List(told)) = told else { panic!("no list") };
    let kept: Vec<&Json> = told.iter().filter(|log| log.get("removed") != Some(&Json::Bool(true))).collect();
    assert_eq!(read.len(), kept.len());
    for (log, told) in read.iter().zip(kept) {
        let bytes_of = |key| told.text_of(key).and_then(bytes);
        assert_eq!(Some(log.address.to_vec()), bytes_of("address"));
        assert_eq!(Some(log.transaction.to_vec()), bytes_of("transactionHash"));
        assert_eq!(Some(log.data.clone()), bytes_of("data"));
        assert_eq!(Some(log.index), told.text_of("logIndex").and_then(number));
        assert_eq!(Some(log.block), told.text_of("blockNumber").and_then(number));
        let Some(Json::List(topics)) = told.get("topics") else { panic!("no topics") };
        let topics: Vec<_> = topics.iter().map(|topic| topic.text().and_then(bytes)).collect();
        assert_eq!(log.topics.iter().map(|topic| Some(topic.to_vec())).collect::<Vec<_>>(), topics);
    }
}

fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(&digits(text)?, 16).ok()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(digits(text)?).ok()
}

/// What stands behind `0x`, if that is digits.
fn digits(text: &str) -> Option<String> {
    text.strip_prefix("0x").filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())).map(str::to_owned)
}
