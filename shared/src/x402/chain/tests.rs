//! What a node says about a payment.

use std::time::Duration;

use alloy_primitives::{Address, B256, U256, hex};
use serde_json::{Value, json};

use super::{AUTHORIZATION_CANCELED, AUTHORIZATION_USED, EvmRpc, TRANSFER, Truth, WINDOW, quoted};
use crate::types::{EvmNetwork, TransactionId, Wallet};
use crate::wire::http::NoReply;
use crate::x402::samples::{PAYEE, PAYER, authorization, neighbour, signed};
use crate::x402::truth::{InboundPayment, Reach, Received};

/// A chain with one interesting block, as a node reports it.
#[derive(Clone)]
struct Node {
    chain_id: u64,
    latest: u64,
    /// Its time.
    now: u64,
    /// The time of the last block that is final.
    final_at: u64,
    /// The answer to `authorizationState`.
    state: u64,
    /// The same as of the final block, which may lag, or be another node's that is ahead.
    final_state: u64,
    /// The block and the topic of the event that spent the nonce.
    spent: Option<(u64, B256)>,
    /// The events of its transaction.
    events: Vec<Value>,
}

const TRANSACTION: B256 = B256::repeat_byte(0xab);

fn event(index: u64, topics: &[B256], value: u64) -> Value {
    json!({
        "address": EvmNetwork::Base.usdc().to_string(),
        "topics": topics.iter().map(|topic| quoted(*topic)).collect::<Vec<_>>(),
        "data": hex::encode_prefixed(U256::from(value).to_be_bytes::<32>()),
        "transactionHash": quoted(TRANSACTION),
        "blockNumber": "0x1", "logIndex": format!("{index:#x}"),
        "removed": false,
    })
}

fn transfer(index: u64, to: Address, value: u64) -> Value {
    event(index, &[TRANSFER, PAYER.into_word(), to.into_word()], value)
}

impl Node {
    fn unused() -> Self {
        Self {
            chain_id: 8453,
            latest: 50_000,
            now: authorization().valid_before,
            final_at: authorization().valid_before,
            state: 0,
            final_state: 0,
            spent: None,
            events: vec![],
        }
    }

    fn used_at(block: u64, events: Vec<Value>) -> Self {
        Self { state: 1, final_state: 1, spent: Some((block, AUTHORIZATION_USED)), events, ..Self::unused() }
    }

    fn answer(&self, method: &str, params: &Value) -> Value {
        match method {
            "eth_chainId" => json!(format!("{:#x}", self.chain_id)),
            "eth_getBlockByNumber" if params[0] == "finalized" => {
                json!({ "number": "0xc000", "timestamp": format!("{:#x}", self.final_at) })
            }
            "eth_getBlockByNumber" => {
                json!({ "number": format!("{:#x}", self.latest), "timestamp": format!("{:#x}", self.now) })
            }
            "eth_call" => {
                let words = format!("{}{}", hex::encode(PAYER.into_word()), hex::encode(authorization().nonce));
                assert_eq!(params[0]["data"], format!("0xe94a0102{words}"));
                let state = if params[1] == "latest" { self.state } else { self.final_state };
                json!(quoted(U256::from(state).into()))
            }
            "eth_getLogs" => self.logs(&params[0]),
            "eth_getTransactionReceipt" => json!({ "logs": self.events }),
            other => panic!("{other} is not asked"),
        }
    }

    fn logs(&self, filter: &Value) -> Value {
        let number = |key: &str| u64::from_str_radix(&filter[key].as_str().unwrap()[2..], 16).unwrap();
        let (from, to) = (number("fromBlock"), number("toBlock"));
        assert!(to - from < WINDOW, "{from}..={to} is more than public nodes answer");
        let nonce = authorization().nonce;
        assert_eq!(filter["topics"][1], quoted(PAYER.into_word()));
        assert_eq!(filter["topics"][2], quoted(nonce));
        match self.spent {
            Some((block, topic)) if (from..=to).contains(&block) => {
                json!([event(7, &[topic, PAYER.into_word(), nonce], 0)])
            }
            _ => json!([]),
        }
    }

    async fn truth(self) -> Result<Truth, NoReply> {
        let url = neighbour(move |_, body| {
            let question: Value = serde_json::from_str(body).unwrap();
            let result = self.answer(question["method"].as_str().unwrap(), &question["params"]);
            (200, json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string())
        });
        EvmRpc::new(url).truth(&signed(EvmNetwork::Base), u64::MAX, Duration::from_secs(5)).await
    }
}

#[tokio::test]
async fn an_unused_authorization_is_unused_as_of_the_final_block() {
    let last = authorization().valid_before;
    for (final_at, dead) in [(last - 1, false), (last, true)] {
        let node = Node { final_at, ..Node::unused() };
        assert_eq!(node.truth().await, Ok(Truth::Unused { dead }), "{final_at}");
    }
}

#[tokio::test]
async fn a_nonce_that_is_spent_as_of_either_block_is_not_unused() {
    for (state, final_state) in [(1, 0), (0, 1)] {
        let node = Node { state, final_state, ..Node::used_at(49_000, vec![transfer(8, PAYEE, 540_000)]) };
        assert_eq!(
            node.truth().await,
            Ok(Truth::Paid { transaction: TransactionId::evm(TRANSACTION) }),
            "{state} {final_state}"
        );
    }
}

#[tokio::test]
async fn the_transfer_beside_the_nonce_is_the_payment() {
    let paid = Ok(Truth::Paid { transaction: TransactionId::evm(TRANSACTION) });
    // Just now, at the edges of the first questions, and hours ago.
    for block in [50_000, 48_201, 48_200, 30_000, 6_801] {
        let node = Node::used_at(block, vec![transfer(8, PAYEE, 540_000)]);
        assert_eq!(node.truth().await, paid, "block {block}");
    }
}

#[tokio::test]
async fn a_payment_of_a_month_ago_is_found_where_its_window_was() {
    let month = 30 * 86_400;
    let node = Node {
        latest: 50_000 + month / 2,
        now: authorization().valid_before + month,
        ..Node::used_at(49_900, vec![transfer(8, PAYEE, 540_000)])
    };
    assert_eq!(node.truth().await, Ok(Truth::Paid { transaction: TransactionId::evm(TRANSACTION) }));
}

#[tokio::test]
async fn a_young_chain_is_searched_to_its_first_block() {
    let node = Node { latest: 40, ..Node::used_at(0, vec![transfer(8, PAYEE, 540_000)]) };
    assert!(matches!(node.truth().await, Ok(Truth::Paid { .. })));
}

#[tokio::test]
async fn a_nonce_spent_on_something_else_never_pays_us() {
    for events in [
        // To another, or another amount.
        vec![transfer(8, Address::repeat_byte(1), 540_000)],
        vec![transfer(8, PAYEE, 1_000)],
        // An equal payment in the same transaction, for another nonce.
        vec![transfer(6, PAYEE, 540_000), transfer(8, Address::repeat_byte(1), 1), transfer(10, PAYEE, 540_000)],
        // Another token.
        vec![{
            let mut foreign = transfer(8, PAYEE, 540_000);
            foreign["address"] = json!(Address::repeat_byte(2).to_string());
            foreign
        }],
        vec![],
    ] {
        assert_eq!(Node::used_at(49_999, events).truth().await, Ok(Truth::Cancelled));
    }
    let cancelled = Node { spent: Some((49_999, AUTHORIZATION_CANCELED)), ..Node::used_at(0, vec![]) };
    assert_eq!(cancelled.truth().await, Ok(Truth::Cancelled));
}

#[tokio::test]
async fn what_is_not_sure_is_no_answer() {
    let wrong_chain = Node { chain_id: 1, ..Node::unused() };
    let never_seen = Node { spent: None, ..Node::used_at(0, vec![]) };
    let too_long_ago = Node::used_at(6_800, vec![transfer(8, PAYEE, 540_000)]);
    let no_such_contract = Node { state: 2, ..Node::unused() };
    for node in [wrong_chain, never_seen, too_long_ago, no_such_contract] {
        assert_eq!(node.truth().await, Err(NoReply::Unknown));
    }
}

#[tokio::test]
async fn a_nodes_error_is_no_answer() {
    for (status, body) in [
        (200, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"header not found"}}"#),
        (200, r#"{"jsonrpc":"2.0","id":1,"result":null}"#),
        (200, "<html>"),
        (429, ""),
    ] {
        let url = neighbour(move |_, _| (status, body.to_owned()));
        let truth = EvmRpc::new(url).truth(&signed(EvmNetwork::Base), u64::MAX, Duration::from_secs(5)).await;
        assert_eq!(truth, Err(NoReply::Unknown), "{status} {body}");
    }
}

/// A node with payments to us in one block, of which each question is answered as a node does.
async fn received(paid_at: u64, logs: Vec<Value>, from: Option<u64>) -> Result<Received, NoReply> {
    let url = neighbour(move |_, body| {
        let question: Value = serde_json::from_str(body).unwrap();
        let filter = &question["params"][0];
        let result = match question["method"].as_str().unwrap() {
            "eth_chainId" => json!("0x2105"),
            "eth_getBlockByNumber" => json!({ "number": "0xc000", "timestamp": "0x6b057f00" }),
            "eth_getLogs" => {
                let number = |key: &str| u64::from_str_radix(&filter[key].as_str().unwrap()[2..], 16).unwrap();
                let (from, to) = (number("fromBlock"), number("toBlock"));
                assert!(from <= to && to - from < WINDOW && to <= 0xc000, "{from}..={to}");
                let wanted = &filter["topics"][0];
                if *wanted == quoted(TRANSFER) {
                    assert_eq!(filter["topics"], json!([quoted(TRANSFER), null, quoted(PAYEE.into_word())]));
                } else {
                    assert_eq!(filter["topics"], json!([quoted(AUTHORIZATION_USED), [quoted(PAYER.into_word())]]));
                }
                let there = (from..=to).contains(&paid_at);
                logs.iter().filter(|log| there && log["topics"][0] == *wanted).cloned().collect()
            }
            other => panic!("{other} is not asked"),
        };
        (200, json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string())
    });
    EvmRpc::new(url).received(EvmNetwork::Base, PAYEE, from, Reach::default(), Duration::from_secs(5)).await
}

fn used(index: u64, nonce: u8) -> Value {
    event(index, &[AUTHORIZATION_USED, PAYER.into_word(), B256::repeat_byte(nonce)], 0)
}

#[tokio::test]
async fn what_was_paid_to_us_comes_with_the_nonce_that_stands_right_before_it() {
    // Two authorizations in one transaction, and an ordinary transfer.
    let logs =
        vec![used(4, 1), transfer(5, PAYEE, 540_000), used(6, 2), transfer(7, PAYEE, 1_000), transfer(9, PAYEE, 7)];
    let Received { payments, through, finalized, .. } = received(2_000, logs, Some(1_000)).await.unwrap();
    assert_eq!((through, finalized), (1_000 + WINDOW - 1, 0xc000));
    let by_whom = Wallet::Evm { network: EvmNetwork::Base, address: PAYER };
    let seen: Vec<_> = payments.iter().map(|paid| paid.payment.as_ref()).collect();
    let paid = |payment: Option<&InboundPayment>| payment.map(|paid| (paid.amount.atomic(), paid.unique, paid.payer));
    let expected = |micros, nonce| Some((micros, B256::repeat_byte(nonce), by_whom));
    let seen: Vec<_> = seen.into_iter().map(paid).collect();
    assert_eq!(seen, [expected(540_000, 1), expected(1_000, 2), None]);
    assert!(payments.iter().all(|paid| paid.transaction == TransactionId::evm(TRANSACTION)));
}

#[tokio::test]
async fn what_is_not_final_is_not_asked_for() {
    // The last stretch is shorter, a new table begins with the last final block, and one that is ahead waits.
    let stretch = async |from| {
        let Received { payments, through, .. } = received(0xc000, vec![transfer(1, PAYEE, 7)], from).await.unwrap();
        (payments.len(), through)
    };
    assert_eq!(stretch(Some(0xc000 - 10)).await, (1, 0xc000));
    assert_eq!(stretch(Some(0xc000)).await, (1, 0xc000));
    assert_eq!(stretch(None).await, (1, 0xc000));
    assert_eq!(stretch(Some(0xc001)).await, (0, 0xc000));
}
