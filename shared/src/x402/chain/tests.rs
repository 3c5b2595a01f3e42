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
    /// The last block that is final, and its time.
    settled: u64,
    final_at: u64,
    /// The answer to `authorizationState`.
    state: u64,
    /// The same as of the final block, which may lag, or be another node's that is ahead.
    final_state: u64,
    /// The block and the topic of the event that spent the nonce.
    spent: Option<(u64, B256)>,
    /// The events of its transaction.
    events: Vec<Value>,
    /// From when on the payment was good.
    valid_after: u64,
    /// The last block of the node that is asked for events, where that is another one.
    behind: Option<u64>,
    /// It says so where it is asked for what it does not have.
    says_so: bool,
}

const WEEK: u64 = 7 * 86_400;

const TRANSACTION: B256 = B256::repeat_byte(0xab);
/// The last block that is final.
const FINAL: u64 = 0xc000;

/// The answer of a node to one question, or to several in one request.
fn answers(body: &str, answer: impl Fn(&str, &Value) -> Result<Value, &'static str>) -> (u16, String) {
    let one = |question: &Value| match answer(question["method"].as_str().unwrap(), &question["params"]) {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }),
        Err(message) => {
            json!({ "jsonrpc": "2.0", "id": question["id"], "error": { "code": -32602, "message": message } })
        }
    };
    let all: Value = match serde_json::from_str(body).unwrap() {
        // They may come in any order.
        Value::Array(questions) => questions.iter().rev().map(one).collect(),
        question => one(&question),
    };
    (200, all.to_string())
}

fn number(text: &Value) -> Option<u64> {
    u64::from_str_radix(text.as_str()?.strip_prefix("0x")?, 16).ok()
}

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
            settled: FINAL,
            final_at: authorization().valid_before,
            state: 0,
            final_state: 0,
            spent: None,
            events: vec![],
            valid_after: authorization().valid_after,
            behind: None,
            says_so: false,
        }
    }

    fn used_at(block: u64, events: Vec<Value>) -> Self {
        Self { state: 1, final_state: 1, spent: Some((block, AUTHORIZATION_USED)), events, ..Self::unused() }
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, &'static str> {
        Ok(match method {
            "eth_chainId" => json!(format!("{:#x}", self.chain_id)),
            "eth_getBlockByNumber" if params[0] == "finalized" => {
                json!({ "number": format!("{:#x}", self.settled), "timestamp": format!("{:#x}", self.final_at) })
            }
            "eth_getBlockByNumber" if params[0] == "latest" => {
                json!({ "number": format!("{:#x}", self.latest), "timestamp": format!("{:#x}", self.now) })
            }
            // With the events of the blocks up to it.
            "eth_getBlockByNumber" if number(&params[0]) > self.behind.or(Some(u64::MAX)) => Value::Null,
            "eth_getBlockByNumber" => json!({ "number": params[0], "timestamp": "0x1" }),
            "eth_call" => {
                let words = format!("{}{}", hex::encode(PAYER.into_word()), hex::encode(authorization().nonce));
                assert_eq!(params[0]["data"], format!("0xe94a0102{words}"));
                let state = if params[1] == "latest" { self.state } else { self.final_state };
                json!(quoted(U256::from(state).into()))
            }
            "eth_getLogs" => return self.logs(&params[0]),
            "eth_getTransactionReceipt" => json!({ "logs": self.events }),
            other => panic!("{other} is not asked"),
        })
    }

    fn logs(&self, filter: &Value) -> Result<Value, &'static str> {
        let (from, to) = (number(&filter["fromBlock"]).unwrap(), number(&filter["toBlock"]).unwrap());
        assert!(from <= to && to - from < WINDOW, "{from}..={to} is more than public nodes answer");
        let nonce = authorization().nonce;
        assert_eq!(filter["topics"][1], quoted(PAYER.into_word()));
        assert_eq!(filter["topics"][2], quoted(nonce));
        let head = self.behind.unwrap_or(u64::MAX);
        if self.says_so && to > head {
            return Err("block range extends beyond current head block");
        }
        Ok(match self.spent {
            Some((block, topic)) if (from..=to.min(head)).contains(&block) => {
                json!([event(7, &[topic, PAYER.into_word(), nonce], 0)])
            }
            _ => json!([]),
        })
    }

    async fn truth(self) -> Result<Truth, NoReply> {
        self.within(1).await
    }

    /// The same, in so many looks, each of which goes on where the one before has stopped.
    async fn within(self, looks: u32) -> Result<Truth, NoReply> {
        let valid_after = self.valid_after;
        let url = neighbour(move |_, body| answers(body, |method, params| self.answer(method, params)));
        let (node, mut payment, mut place) = (EvmRpc::new(url), signed(EvmNetwork::Base), None);
        payment.authorization.valid_after = valid_after;
        for _ in 0..looks {
            let (truth, kept) =
                node.truth(&payment, (u64::MAX, u64::MAX), place.as_ref(), Duration::from_secs(5)).await;
            if truth.is_ok() || kept.is_none() {
                return truth;
            }
            place = kept;
        }
        Err(NoReply::Unknown)
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
    let valid_after = authorization().valid_before - WEEK;
    for block in [50_000, 48_201, 48_200, 30_000, 6_801] {
        let node = Node { valid_after, ..Node::used_at(block, vec![transfer(8, PAYEE, 540_000)]) };
        assert_eq!(node.truth().await, paid, "block {block}");
    }
}

#[tokio::test]
async fn a_payment_is_looked_for_as_long_as_it_was_good_a_day_of_blocks_a_look() {
    let paid = Ok(Truth::Paid { transaction: TransactionId::evm(TRANSACTION) });
    let valid_after = authorization().valid_before - WEEK;
    let used_at =
        |block| Node { latest: 500_000, valid_after, ..Node::used_at(block, vec![transfer(8, PAYEE, 540_000)]) };
    for (block, looks) in [(456_801, 1), (456_800, 2), (500_000 - 302_400, 8), (500_000 - 304_200, 8)] {
        assert_eq!(used_at(block).within(looks).await, paid, "{block}");
        assert_eq!(used_at(block).within(looks - 1).await, Err(NoReply::Unknown), "{block}");
    }
    // Used in none of them, it can only have been cancelled later.
    assert_eq!(used_at(500_000 - 304_201).within(8).await, Ok(Truth::Cancelled));
    // Good for ever before, it was not taken earlier than a week before it expires, and a day for
    // clocks.
    for (block, truth) in [(500_000 - 347_400, paid), (500_000 - 347_401, Ok(Truth::Cancelled))] {
        let node = Node { valid_after: 0, ..used_at(block) };
        assert_eq!(node.within(9).await, truth, "{block}");
    }
}

#[tokio::test]
async fn what_is_spent_in_a_state_that_is_not_final_is_looked_for_again_from_the_start() {
    let node = Node { final_state: 0, valid_after: 0, latest: 500_000, ..Node::used_at(1_000, vec![]) };
    assert_eq!(node.within(20).await, Err(NoReply::Unknown));
}

#[tokio::test]
async fn what_a_node_does_not_have_yet_is_not_what_was_not_there() {
    let paid = Ok(Truth::Paid { transaction: TransactionId::evm(TRANSACTION) });
    for says_so in [false, true] {
        let used_at = |block, behind| Node {
            says_so,
            behind: Some(behind),
            valid_after: authorization().valid_before - WEEK,
            ..Node::used_at(block, vec![transfer(8, PAYEE, 540_000)])
        };
        // It has the final block, and so the event. What comes behind that may be missing.
        for (block, behind) in [(FINAL, FINAL), (47_000, FINAL), (44_000, 49_900), (30_000, FINAL)] {
            assert_eq!(used_at(block, behind).truth().await, paid, "{block} {behind} {says_so}");
        }
        // It has not, and any number of looks make nothing of that.
        for (block, behind) in [(FINAL, FINAL - 1), (47_000, 46_999), (48_500, 48_499), (30_000, 20_000)] {
            assert_eq!(used_at(block, behind).within(30).await, Err(NoReply::Unknown), "{block} {behind} {says_so}");
        }
    }
    // The one that was asked for the latest block has not even the final one.
    let late = Node { latest: 20_000, ..Node::used_at(FINAL - 10, vec![transfer(8, PAYEE, 540_000)]) };
    assert_eq!(late.truth().await, paid);
}

#[tokio::test]
async fn where_an_event_is_told_no_block_need_be() {
    // The event was found, whatever else that node does not have.
    let node = Node { behind: Some(48_400), ..Node::used_at(48_300, vec![transfer(8, PAYEE, 540_000)]) };
    assert_eq!(node.truth().await, Ok(Truth::Paid { transaction: TransactionId::evm(TRANSACTION) }));
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
    let node = Node { latest: 40, settled: 30, ..Node::used_at(0, vec![transfer(8, PAYEE, 540_000)]) };
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
    let never_seen = Node { spent: None, final_state: 0, ..Node::used_at(0, vec![]) };
    let no_such_contract = Node { state: 2, ..Node::unused() };
    for node in [wrong_chain, never_seen, no_such_contract] {
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
        let truth =
            EvmRpc::new(url).truth(&signed(EvmNetwork::Base), (u64::MAX, u64::MAX), None, Duration::from_secs(5)).await;
        assert_eq!(truth.0, Err(NoReply::Unknown), "{status} {body}");
    }
}

/// A node with payments to us in one block, of which each question is answered as a node does.
async fn received(paid_at: u64, logs: Vec<Value>, from: Option<u64>) -> Result<Received, NoReply> {
    received_of(paid_at, logs, from, None).await
}

/// The same of a node that tells events up to a block.
async fn received_of(
    paid_at: u64,
    logs: Vec<Value>,
    from: Option<u64>,
    behind: Option<u64>,
) -> Result<Received, NoReply> {
    let answer = move |method: &str, params: &Value| {
        let filter = &params[0];
        Ok(match method {
            "eth_chainId" => json!("0x2105"),
            "eth_getBlockByNumber" if params[0] == "finalized" => {
                json!({ "number": "0xc000", "timestamp": "0x6b057f00" })
            }
            "eth_getBlockByNumber" if number(&params[0]) > behind.or(Some(u64::MAX)) => Value::Null,
            "eth_getBlockByNumber" => json!({ "number": params[0], "timestamp": "0x6b057f00" }),
            "eth_getLogs" => {
                let (from, to) = (number(&filter["fromBlock"]).unwrap(), number(&filter["toBlock"]).unwrap());
                assert!(from <= to && to - from < WINDOW && to <= FINAL, "{from}..={to}");
                let wanted = &filter["topics"][0];
                if *wanted == quoted(TRANSFER) {
                    assert_eq!(filter["topics"], json!([quoted(TRANSFER), null, quoted(PAYEE.into_word())]));
                } else {
                    assert_eq!(filter["topics"], json!([quoted(AUTHORIZATION_USED), [quoted(PAYER.into_word())]]));
                }
                let there = (from..=to.min(behind.unwrap_or(u64::MAX))).contains(&paid_at);
                logs.iter().filter(|log| there && log["topics"][0] == *wanted).cloned().collect()
            }
            other => panic!("{other} is not asked"),
        })
    };
    let url = neighbour(move |_, body| answers(body, &answer));
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
    // The last stretch is shorter, a new table begins with the last final block, and one that is
    // ahead waits.
    let stretch = async |from| {
        let Received { payments, through, .. } = received(0xc000, vec![transfer(1, PAYEE, 7)], from).await.unwrap();
        (payments.len(), through)
    };
    assert_eq!(stretch(Some(0xc000 - 10)).await, (1, 0xc000));
    assert_eq!(stretch(Some(0xc000)).await, (1, 0xc000));
    assert_eq!(stretch(None).await, (1, 0xc000));
    assert_eq!(stretch(Some(0xc001)).await, (0, 0xc000));
}

#[tokio::test]
async fn a_stretch_is_read_when_the_node_has_all_of_it() {
    let logs = || vec![used(4, 1), transfer(5, PAYEE, 540_000)];
    let stretch = async |behind| received_of(2_000, logs(), Some(1_000), Some(behind)).await;
    let through = 1_000 + WINDOW - 1;
    assert_eq!(stretch(through).await.unwrap().payments.len(), 1);
    // What is there may not be all.
    for behind in [through - 1, 2_000, 1_999, 0] {
        assert_eq!(stretch(behind).await, Err(NoReply::Unknown), "{behind}");
    }
}
