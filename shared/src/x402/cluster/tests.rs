//! What a node of Solana's says about a payment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use solana_signature::Signature;

use super::*;
use crate::x402::samples::neighbour;
use crate::x402::samples::solana::{PAYEE, PUBLISHED, SINCE, transfer};

const GENESIS: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
/// That of another cluster.
const ELSEWHERE: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
const LIMIT: Duration = Duration::from_secs(5);

/// A node that knows some transactions of an account, newest first.
#[derive(Clone)]
struct Node {
    genesis: &'static str,
    /// Whether the payment's block is known to the final state, and when that was.
    alive: bool,
    final_at: u64,
    entries: Vec<Entry>,
    /// How often it was asked for such a page.
    pages: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Entry {
    name: u16,
    slot: u64,
    at: u64,
    /// `null` or an error.
    err: Value,
    finalized: bool,
    transaction: String,
}

fn entry(name: u16, transaction: &str) -> Entry {
    let transaction = transaction.to_owned();
    Entry { name, slot: 1_000 + u64::from(name), at: SINCE + 20, err: Value::Null, finalized: false, transaction }
}

/// A transaction that is no payment of ours.
fn another() -> String {
    let mut bytes = STANDARD.decode(PUBLISHED).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    STANDARD.encode(bytes)
}

fn signature(name: u16) -> String {
    let mut bytes = [1; 64];
    bytes[..2].copy_from_slice(&name.to_be_bytes());
    Signature::from(bytes).to_string()
}

fn id(name: u16) -> TransactionId {
    TransactionId::read(SolanaNetwork::Mainnet.into(), &signature(name)).unwrap()
}

impl Node {
    fn new(entries: Vec<Entry>) -> Self {
        Self { genesis: GENESIS, alive: false, final_at: SINCE + SKEW + 1, entries, pages: Arc::default() }
    }

    fn answer(&self, method: &str, params: &Value) -> Value {
        let in_context = |value: Value| json!({ "context": { "slot": 2_000, "apiVersion": "2.0.0" }, "value": value });
        match method {
            "getGenesisHash" => json!(self.genesis),
            "getSlot" => {
                assert_eq!(params[0]["commitment"], "finalized");
                json!(2_000)
            }
            "getBlockTime" => {
                assert_eq!(params[0], 2_000);
                json!(self.final_at)
            }
            "isBlockhashValid" => {
                assert_eq!(params, &json!([transfer().blockhash.to_string(), { "commitment": "finalized" }]));
                in_context(json!(self.alive))
            }
            "getSignaturesForAddress" => self.page(&params[1]),
            "getTransaction" => {
                assert_eq!(params[1]["encoding"], "base64");
                assert_eq!(params[1]["maxSupportedTransactionVersion"], 0);
                let found = self.entries.iter().find(|entry| signature(entry.name) == params[0].as_str().unwrap());
                found.map_or(Value::Null, |entry| {
                    json!({
                        "slot": entry.slot,
                        "blockTime": entry.at,
                        "meta": { "err": entry.err, "fee": 5_000 },
                        "transaction": [entry.transaction, "base64"],
                    })
                })
            }
            "getAccountInfo" => {
                let account = token_account(SolanaNetwork::Mainnet, PAYEE.parse().unwrap());
                let options = json!({ "commitment": "confirmed", "encoding": "jsonParsed" });
                assert_eq!(params, &json!([account.to_string(), options]));
                in_context(json!({
                    "owner": "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
                    "lamports": 2_039_280,
                    "data": {
                        "program": "spl-token",
                        "parsed": { "type": "account", "info": { "tokenAmount": { "amount": "540000" } } },
                    },
                }))
            }
            "getLatestBlockhash" => {
                assert_eq!(params, &json!([{ "commitment": "confirmed" }]));
                in_context(json!({ "blockhash": ELSEWHERE, "lastValidBlockHeight": 2_150 }))
            }
            other => panic!("{other} is not asked"),
        }
    }

    fn page(&self, options: &Value) -> Value {
        self.pages.fetch_add(1, Ordering::Relaxed);
        // A search looks at twenty-five, and has to see whether there is one more.
        let limit = if options["commitment"] == "finalized" { 1_000 } else { 26 };
        assert_eq!((&options["limit"], &options["minContextSlot"]), (&json!(limit), &json!(2_000)));
        let entries = self.entries.iter().filter(|entry| options["commitment"] != "finalized" || entry.finalized);
        let all: Vec<_> = entries.collect();
        let from = match options["before"].as_str() {
            Some(before) => {
                let before: Signature = before.parse().unwrap();
                let name = u16::from_be_bytes(before.as_ref()[..2].try_into().unwrap());
                all.iter().position(|entry| entry.name == name).unwrap() + 1
            }
            None => 0,
        };
        let status = |entry: &Entry| if entry.finalized { "finalized" } else { "confirmed" };
        all.iter()
            .skip(from)
            .take(limit)
            .map(|entry| {
                json!({
                    "signature": signature(entry.name),
                    "slot": entry.slot,
                    "err": entry.err,
                    "memo": null,
                    "blockTime": entry.at,
                    "confirmationStatus": status(entry),
                })
            })
            .collect()
    }

    fn serve(self) -> SolanaRpc {
        SolanaRpc::new(neighbour(move |_, body| {
            let question: Value = serde_json::from_str(body).unwrap();
            let result = self.answer(question["method"].as_str().unwrap(), &question["params"]);
            (200, json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string())
        }))
    }

    async fn truth(self) -> Result<Truth, NoReply> {
        self.serve().truth(&transfer(), LIMIT).await
    }
}

#[tokio::test]
async fn a_payment_is_recognised_by_its_message_among_all_that_its_account_did() {
    let mut settled = STANDARD.decode(PUBLISHED).unwrap();
    settled[1..65].fill(7);
    let node = Node::new(vec![entry(3, &another()), entry(2, &STANDARD.encode(settled)), entry(1, &another())]);
    assert_eq!(node.truth().await, Ok(Truth::Paid { transaction: id(2) }));
}

#[tokio::test]
async fn what_is_not_there_is_dead_only_when_a_younger_final_state_does_not_know_its_block() {
    for (alive, final_at, dead) in [
        (true, SINCE + 1_000, false),
        // Its block may be newer than that state.
        (false, SINCE, false),
        (false, SINCE + SKEW, false),
        (false, SINCE + SKEW + 1, true),
    ] {
        let node = Node { alive, final_at, ..Node::new(vec![entry(1, &another())]) };
        assert_eq!(node.truth().await, Ok(Truth::Unused { dead }), "{alive} {final_at}");
    }
}

#[tokio::test]
async fn what_is_older_than_the_payment_is_not_looked_into() {
    let old = Entry { at: SINCE - SKEW - 1, ..entry(1, "not a transaction") };
    let node = Node::new(vec![entry(2, &another()), old]);
    assert_eq!(node.truth().await, Ok(Truth::Unused { dead: true }));
    let just_not = Entry { at: SINCE - SKEW, ..entry(1, PUBLISHED) };
    assert_eq!(Node::new(vec![just_not]).truth().await, Ok(Truth::Paid { transaction: id(1) }));
}

#[tokio::test]
async fn a_transaction_that_failed_is_spent_when_that_is_final() {
    let failed = |finalized| Entry {
        err: json!({ "InstructionError": [2, { "Custom": 1 }] }),
        finalized,
        ..entry(1, PUBLISHED)
    };
    assert_eq!(Node::new(vec![failed(true)]).truth().await, Ok(Truth::Cancelled));
    assert_eq!(Node::new(vec![failed(false)]).truth().await, Err(NoReply::Unknown));
}

#[tokio::test]
async fn what_is_not_sure_is_no_answer() {
    let too_much = (1..=LOOKS + 1).map(|name| entry(u16::try_from(name).unwrap(), &another())).collect();
    let elsewhere = Node { genesis: ELSEWHERE, ..Node::new(vec![]) };
    for node in [elsewhere, Node::new(too_much), Node::new(vec![entry(1, "AQID")])] {
        assert_eq!(node.truth().await, Err(NoReply::Unknown));
    }
    for body in ["", "<html>", r#"{"error":{"code":-32005,"message":"behind"}}"#, r#"{"result":null}"#] {
        let node = SolanaRpc::new(neighbour(move |_, _| (200, body.to_owned())));
        assert_eq!(node.truth(&transfer(), LIMIT).await, Err(NoReply::Unknown), "{body}");
    }
}

async fn received(entries: Vec<Entry>, from: Option<u64>) -> Received {
    let node = Node::new(entries).serve();
    node.received(SolanaNetwork::Mainnet, PAYEE.parse().unwrap(), from, LIMIT).await.expect("an answer")
}

#[tokio::test]
async fn what_was_paid_is_told_oldest_first_with_what_is_no_payment_marked() {
    let finals = |name, transaction: &str| Entry { finalized: true, ..entry(name, transaction) };
    let failed = Entry { err: json!("AccountNotFound"), ..finals(3, PUBLISHED) };
    let entries = vec![entry(9, PUBLISHED), finals(4, &another()), failed, finals(2, PUBLISHED), finals(1, PUBLISHED)];
    let Received { payments, through, finalized, .. } = received(entries, Some(1_002)).await;
    assert_eq!((through, finalized), (2_000, 2_000));
    let seen: Vec<_> = payments.iter().map(|paid| (paid.block, paid.payment.is_some())).collect();
    assert_eq!(seen, [(1_002, true), (1_004, false)]);
    assert_eq!(payments[0].payment.as_ref().unwrap().id, transfer().id());
}

#[tokio::test]
async fn a_stretch_ends_where_a_slot_does() {
    let many = |slots: fn(u16) -> u64| {
        let one = |name| Entry { finalized: true, slot: slots(name), ..entry(name, PUBLISHED) };
        (1..=60).rev().map(one).collect::<Vec<_>>()
    };
    let Received { payments, through, .. } = received(many(|name| 1_000 + u64::from(name)), Some(1_000)).await;
    assert_eq!((payments.len(), through), (LOOKS, 1_025));
    // Three in each slot: the slot of the twenty-fifth is looked at to its end.
    let Received { payments, through, .. } = received(many(|name| 1_000 + u64::from(name / 3)), Some(1_000)).await;
    assert_eq!((payments.len(), through), (26, 1_008));
}

#[tokio::test]
async fn a_new_table_begins_with_the_last_final_slot() {
    let Received { payments, through, .. } =
        received(vec![Entry { finalized: true, ..entry(1, PUBLISHED) }], None).await;
    assert_eq!((payments.len(), through), (0, 2_000));
}

#[tokio::test]
async fn a_stretch_goes_back_over_as_many_pages_as_it_takes_and_no_more() {
    // Three in each slot: the first page ends within slot 1,500, the second with 1,167.
    let slot = |name: u16| 1_000 + u64::from(name) / 3;
    let all: Vec<_> =
        (1..=2_500).rev().map(|name| Entry { finalized: true, slot: slot(name), ..entry(name, PUBLISHED) }).collect();
    for (from, pages) in [(1_501, 1), (1_500, 2), (1_168, 2), (1_167, 3), (1_000, 3)] {
        let node = Node::new(all.clone());
        let asked = Arc::clone(&node.pages);
        let received = node.serve().received(SolanaNetwork::Mainnet, PAYEE.parse().unwrap(), Some(from), LIMIT).await;
        let Received { payments, through, .. } = received.expect("an answer");
        let first = (1..=2_500).find(|name| slot(*name) == from).unwrap();
        assert_eq!((payments[0].transaction.clone(), through), (id(first), from + 8), "from {from}");
        assert_eq!(asked.load(Ordering::Relaxed), pages, "from {from}");
    }
}

#[tokio::test]
async fn a_stretch_of_more_pages_than_are_read_is_no_answer() {
    let most = u16::try_from(PAGE * PAGES).unwrap();
    for (entries, answered) in [(most - 1, true), (most, false)] {
        let slot = |name: u16| 1_000 + u64::from(name) / 10;
        let one = |name| Entry { finalized: true, slot: slot(name), ..entry(name, PUBLISHED) };
        let node = Node::new((1..=entries).rev().map(one).collect()).serve();
        let received = node.received(SolanaNetwork::Mainnet, PAYEE.parse().unwrap(), Some(1_000), LIMIT).await;
        assert_eq!(received.is_ok(), answered, "{entries}");
    }
}

#[tokio::test]
async fn a_wallet_holds_what_its_token_account_does_and_a_transaction_is_built_on_a_confirmed_block() {
    let node = || Node::new(vec![]).serve();
    let (mainnet, payee) = (SolanaNetwork::Mainnet, PAYEE.parse().unwrap());
    assert_eq!(node().balance(mainnet, payee, LIMIT).await, Ok(Some(Usdc::micros(540_000))));
    assert_eq!(node().blockhash(mainnet, LIMIT).await, Ok(ELSEWHERE.parse().unwrap()));
    let elsewhere = || Node { genesis: ELSEWHERE, ..Node::new(vec![]) }.serve();
    assert_eq!(elsewhere().balance(mainnet, payee, LIMIT).await, Err(NoReply::Unknown));
    assert_eq!(elsewhere().blockhash(mainnet, LIMIT).await, Err(NoReply::Unknown));
}

#[test]
fn a_token_account_is_read_with_what_it_holds() {
    let account = |owner: &str, data: &str| {
        format!(r#"{{"result":{{"context":{{"slot":1}},"value":{{"owner":"{owner}","lamports":1,"data":{data}}}}}}}"#)
    };
    let token = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    let held = r#"{"program":"spl-token","parsed":{"type":"account","info":{"tokenAmount":{"amount":"540000"}}}}"#;
    let read = |body: &str| answers::token_account(body.as_bytes());
    assert_eq!(read(&account(token, held)), Some(Some(Usdc::micros(540_000))));
    assert_eq!(read(&account("11111111111111111111111111111111", held)), Some(None));
    assert_eq!(read(r#"{"result":{"context":{"slot":1},"value":null}}"#), Some(None));
    assert_eq!(read(&account(token, r#"["AA==","base64"]"#)), None);
    assert_eq!(read(r#"{"error":{}}"#), None);
}
