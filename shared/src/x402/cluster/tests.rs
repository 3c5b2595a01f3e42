//! What a node of Solana's says about a payment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};
use solana_signature::Signature;

use super::received::LOOKS;
use super::walk::{PAGE, SHORTEST};
use super::*;
use crate::types::Place;
use crate::wire::http::LARGEST_ANSWER;
use crate::x402::Received;
use crate::x402::samples::neighbour;
use crate::x402::samples::solana::{PAYEE, PUBLISHED, SINCE, transfer};

const GENESIS: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
/// That of another cluster.
const ELSEWHERE: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
const LIMIT: Duration = Duration::from_mins(1);

/// A node that knows some transactions of an account, newest first.
#[derive(Clone)]
struct Node {
    genesis: &'static str,
    /// Whether the payment's block is known to the final state, and when that was.
    alive: bool,
    final_at: u64,
    entries: Vec<Entry>,
    /// Entries that fit into an answer that is read.
    fit: usize,
    /// How often it was asked for such a page, and for a transaction.
    pages: Arc<AtomicUsize>,
    looks: Arc<AtomicUsize>,
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

/// A transaction of a version that there is not yet.
const VERSION_2: &str = "version 2";
/// One that is not known although it is in a history.
const MISSING: &str = "missing";
/// One that pays us in a way of its own.
const GIFT: &str = "Z2lmdA==";

impl Entry {
    fn gained(&self) -> Value {
        let mint = SolanaNetwork::Mainnet.usdc().to_string();
        let held = json!([{ "accountIndex": 1, "mint": mint, "owner": PAYEE, "uiTokenAmount": { "amount": "7" } }]);
        if self.transaction == GIFT { held } else { json!([]) }
    }
}

fn entry(name: u16, transaction: &str) -> Entry {
    let transaction = transaction.to_owned();
    let slot = if name == OURS { 1_002 } else { 1_000 + u64::from(name) };
    Entry { name, slot, at: SINCE + 20, err: Value::Null, finalized: false, transaction }
}

/// A transaction that is not a payment of ours.
fn another() -> String {
    let mut bytes = STANDARD.decode(PUBLISHED).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    STANDARD.encode(bytes)
}

/// The name that the payment has when its fee payer has signed it.
const OURS: u16 = 30_000;

fn signature(name: u16) -> String {
    static KNOWN: LazyLock<Vec<String>> = LazyLock::new(|| (0..3_000).map(spelled).collect());
    static NAMED: LazyLock<String> = LazyLock::new(|| spelled(OURS));
    if name == OURS { NAMED.clone() } else { KNOWN.get(usize::from(name)).cloned().unwrap_or_else(|| spelled(name)) }
}

fn spelled(name: u16) -> String {
    let mut bytes = [1; 64];
    if name == OURS {
        let key = Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap();
        let message =
            wincode::deserialize::<solana_transaction::versioned::VersionedTransaction>(&transfer().transaction);
        bytes = key.sign(&message.unwrap().message.serialize()).as_ref().try_into().unwrap();
        return Signature::from(bytes).to_string();
    }
    bytes[..2].copy_from_slice(&name.to_be_bytes());
    Signature::from(bytes).to_string()
}

fn id(name: u16) -> TransactionId {
    TransactionId::read(SolanaNetwork::Mainnet.into(), &signature(name)).unwrap()
}

impl Node {
    fn new(entries: Vec<Entry>) -> Self {
        Self {
            genesis: GENESIS,
            alive: false,
            final_at: SINCE + SKEW + 1,
            entries,
            fit: PAGE,
            pages: Arc::default(),
            looks: Arc::default(),
        }
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
                assert_eq!(params[1]["maxSupportedTransactionVersion"], 1);
                self.looks.fetch_add(1, Ordering::Relaxed);
                let found = self.entries.iter().find(|entry| signature(entry.name) == params[0].as_str().unwrap());
                let found = found.filter(|entry| entry.transaction != MISSING);
                found.map_or(Value::Null, |entry| {
                    if entry.transaction == VERSION_2 {
                        return json!({ "error": -32_015 });
                    }
                    json!({
                        "slot": entry.slot,
                        "blockTime": entry.at,
                        "meta": { "err": entry.err, "fee": 5_000, "preTokenBalances": [], "postTokenBalances": entry.gained() },
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
        assert_eq!(options["minContextSlot"], 2_000);
        let limit = usize::try_from(options["limit"].as_u64().unwrap()).unwrap();
        assert!((SHORTEST..=PAGE).contains(&limit), "{limit}");
        let entries = self.entries.iter().filter(|entry| options["commitment"] != "finalized" || entry.finalized);
        let all: Vec<_> = entries.collect();
        let from = match options["before"].as_str() {
            Some(before) => all.iter().position(|entry| signature(entry.name) == before).map_or(all.len(), |at| at + 1),
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
            if let Some(code) = result.get("error") {
                return (
                    200,
                    json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": "" } }).to_string(),
                );
            }
            let long = result.as_array().is_some_and(|entries| entries.len() > self.fit);
            let padding = " ".repeat(if long { LARGEST_ANSWER } else { 0 });
            (200, json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string() + &padding)
        }))
    }

    async fn truth(self) -> Result<Truth, NoReply> {
        self.searched(None).await.0
    }

    async fn searched(self, from: Option<&Searched>) -> (Result<Truth, NoReply>, Option<Searched>) {
        self.serve().truth(&transfer(), from, LIMIT).await
    }
}

#[tokio::test]
async fn a_payment_is_recognised_by_its_name_among_all_that_its_account_did_and_none_of_it_is_read() {
    let node = Node::new(vec![entry(3, VERSION_2), entry(OURS, PUBLISHED), entry(1, MISSING)]);
    let looks = Arc::clone(&node.looks);
    assert_eq!(node.truth().await, Ok(Truth::Paid { transaction: id(OURS) }));
    assert_eq!(looks.load(Ordering::Relaxed), 0);
    // A message is not known by what others sign.
    assert_eq!(Node::new(vec![entry(2, PUBLISHED)]).truth().await, Ok(Truth::Unused { dead: true }));
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
async fn what_is_older_than_the_payment_pays_for_nothing_and_is_known_again_where_it_is_near() {
    let old = |name, err| Entry { at: SINCE - SKEW - 1, err, ..entry(name, PUBLISHED) };
    let ours = old(OURS, Value::Null);
    let behind =
        |many: u16| -> Vec<_> { (1..=many).map(|name| old(name, Value::Null)).chain([ours.clone()]).collect() };
    for (alive, entries, truth) in [
        (false, vec![entry(2, &another()), ours.clone()], Truth::Earlier),
        (false, behind(99), Truth::Earlier),
        (false, behind(100), Truth::Unused { dead: true }),
        (false, vec![old(OURS, json!({}))], Truth::Unused { dead: true }),
        // It can still be made, so that none of these is it.
        (true, vec![ours.clone()], Truth::Unused { dead: false }),
    ] {
        let node = Node { alive, ..Node::new(entries) };
        assert_eq!(node.clone().truth().await, Ok(truth.clone()));
        assert_eq!((node.pages.load(Ordering::Relaxed), node.looks.load(Ordering::Relaxed)), (1, 0), "{truth:?}");
    }
    let just_not = Entry { at: SINCE - SKEW, ..entry(OURS, PUBLISHED) };
    assert_eq!(Node::new(vec![just_not]).truth().await, Ok(Truth::Paid { transaction: id(OURS) }));
}

#[tokio::test]
async fn a_transaction_that_failed_is_spent_when_that_is_final() {
    let failed = |finalized| Entry {
        err: json!({ "InstructionError": [2, { "Custom": 1 }] }),
        finalized,
        ..entry(OURS, PUBLISHED)
    };
    assert_eq!(Node::new(vec![failed(true)]).truth().await, Ok(Truth::Cancelled));
    assert_eq!(Node::new(vec![failed(false)]).truth().await, Err(NoReply::Unknown));
}

#[tokio::test]
async fn what_is_not_sure_is_no_answer() {
    let elsewhere = Node { genesis: ELSEWHERE, ..Node::new(vec![]) };
    assert_eq!(elsewhere.truth().await, Err(NoReply::Unknown));
    for body in ["", "<html>", r#"{"error":{"code":-32005,"message":"behind"}}"#, r#"{"result":null}"#] {
        let node = SolanaRpc::new(neighbour(move |_, _| (200, body.to_owned())));
        assert_eq!(node.truth(&transfer(), None, LIMIT).await, (Err(NoReply::Unknown), None), "{body}");
    }
}

/// This many entries of strangers, newest first, and the payment among them after this many.
fn clutter(many: u16, after: u16) -> Vec<Entry> {
    let strangers = |names: std::ops::Range<u16>| names.rev().map(|name| entry(name, VERSION_2));
    strangers(many - after..many).chain([entry(OURS, PUBLISHED)]).chain(strangers(0..many - after)).collect()
}

#[tokio::test]
async fn what_strangers_write_is_a_question_for_each_thousand_entries() {
    for after in [0, 999, 1_000] {
        let node = Node::new(clutter(1_500, after));
        let (pages, looks) = (Arc::clone(&node.pages), Arc::clone(&node.looks));
        assert_eq!(node.truth().await, Ok(Truth::Paid { transaction: id(OURS) }), "{after}");
        assert_eq!((pages.load(Ordering::Relaxed), looks.load(Ordering::Relaxed)), (usize::from(after) / PAGE + 1, 0));
    }
    let mut unpaid = clutter(1_500, 750);
    unpaid.retain(|entry| entry.name != OURS);
    let node = Node::new(unpaid);
    let pages = Arc::clone(&node.pages);
    assert_eq!(node.truth().await, Ok(Truth::Unused { dead: true }));
    assert_eq!(pages.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_search_that_does_not_come_to_its_end_goes_on_where_it_stopped() {
    // As long as memos can be: fewer entries are in an answer, and twenty pages of them in one
    // search.
    let node = |alive| Node { alive, fit: SHORTEST, ..Node::new(clutter(1_000, 900)) };
    let (truth, place) = node(false).searched(None).await;
    let place = place.expect("a place");
    assert_eq!((truth, &place.sought), (Err(NoReply::Unknown), &transfer().message));
    let found = Ok(Truth::Paid { transaction: id(OURS) });
    assert_eq!(node(false).searched(Some(&place)).await, (found, None));
    // What was searched for another message says nothing of this one.
    let other = Searched { sought: alloy_primitives::B256::ZERO, ..place.clone() };
    assert_eq!(node(false).searched(Some(&other)).await, (Err(NoReply::Unknown), Some(place.clone())));
    // Nor does what was searched while it could still be processed.
    assert_eq!(node(true).searched(None).await, (Err(NoReply::Unknown), None));
    assert_eq!(node(true).searched(Some(&place)).await, (Err(NoReply::Unknown), None));
    // A node that has lost the place says no more, as at the end of a history.
    let lost = Searched { before: Before::Transaction(id(29_999)), ..place };
    assert_eq!(node(false).searched(Some(&lost)).await, (Err(NoReply::Unknown), None));
}

async fn part(node: Node, from: Option<u64>, place: Option<&Place>) -> Result<Received, NoReply> {
    node.serve().received(SolanaNetwork::Mainnet, PAYEE.parse().unwrap(), from, place, LIMIT).await
}

/// All parts, as they are asked for one after another: the slots of what was paid, and how many
/// parts there were.
async fn received(node: &Node, from: u64) -> (Vec<u64>, usize) {
    let (mut slots, mut place, mut parts) = (Vec::new(), None, 0);
    loop {
        let received = part(node.clone(), Some(from), place.as_ref()).await.expect("an answer");
        slots.extend(received.payments.iter().map(|paid| paid.block));
        parts += 1;
        let Some(before) = received.before else { return (slots, parts) };
        place = Some(Place { top: received.through, before });
    }
}

fn finals(name: u16, transaction: &str) -> Entry {
    Entry { finalized: true, ..entry(name, transaction) }
}

#[tokio::test]
async fn what_was_paid_is_told_with_what_is_no_payment_marked_and_what_paid_nothing_left_out() {
    let failed = Entry { err: json!("AccountNotFound"), ..finals(3, PUBLISHED) };
    let mentions = [finals(8, VERSION_2), finals(7, "AQID"), finals(6, &another())];
    let entries = [entry(9, PUBLISHED)].into_iter().chain(mentions).chain([finals(4, GIFT), failed]);
    let node = Node::new(entries.chain([finals(2, PUBLISHED), finals(1, PUBLISHED)]).collect());
    let Received { payments, through, finalized, before, .. } = part(node, Some(1_002), None).await.expect("an answer");
    assert_eq!((through, finalized, before), (2_000, 2_000, None));
    let seen: Vec<_> = payments.iter().map(|paid| (paid.block, paid.payment.is_some())).collect();
    assert_eq!(seen, [(1_004, false), (1_002, true)]);
    assert_eq!(payments[1].payment.as_ref().unwrap().id, transfer().id());
}

#[tokio::test]
async fn a_transaction_that_the_node_does_not_have_is_asked_for_again() {
    let entries = |first| vec![finals(5, PUBLISHED), finals(4, PUBLISHED), finals(3, first), finals(2, PUBLISHED)];
    let received = part(Node::new(entries(MISSING)), Some(1_000), None).await.expect("an answer");
    assert_eq!((received.payments.len(), received.before.clone()), (2, Some(id(4))), "what was read stays read");
    let place = Place { top: received.through, before: id(4) };
    assert_eq!(part(Node::new(entries(MISSING)), Some(1_000), Some(&place)).await, Err(NoReply::Unknown));
    let rest = part(Node::new(entries(PUBLISHED)), Some(1_000), Some(&place)).await.expect("an answer");
    assert_eq!((rest.payments.len(), rest.before), (2, None));
}

#[tokio::test]
async fn a_new_table_begins_with_the_last_final_slot() {
    let node = Node::new(vec![finals(1, PUBLISHED)]);
    let Received { payments, through, .. } = part(node, None, None).await.expect("an answer");
    assert_eq!((payments.len(), through), (0, 2_000));
}

#[tokio::test]
async fn however_much_was_paid_in_however_few_slots_is_read_part_by_part() {
    // Three in each slot, and then all in one: more than a page of them.
    for (per_slot, from) in [(3, 1_000), (3, 1_150), (2_000, 1_000)] {
        let slot = |name: u16| 1_000 + u64::from(name / per_slot);
        let all = (0..1_200).rev().map(|name| Entry { slot: slot(name), ..finals(name, GIFT) }).collect();
        let (slots, parts) = received(&Node { fit: 400, ..Node::new(all) }, from).await;
        let expected: Vec<_> = (0..1_200).rev().map(slot).filter(|slot| *slot >= from).collect();
        let without = |mut slots: Vec<u64>| {
            slots.dedup();
            slots
        };
        assert_eq!((slots.len() / LOOKS, without(slots)), (expected.len() / LOOKS, without(expected)));
        assert_eq!(parts, if from == 1_150 { 4 } else { 5 });
    }
}

#[tokio::test]
async fn a_place_that_the_node_has_lost_is_where_nothing_is_done_with() {
    let place = Place { top: 2_000, before: id(29_999) };
    let received = part(Node::new(vec![finals(5, PUBLISHED)]), Some(1_003), Some(&place)).await.expect("an answer");
    assert_eq!((received.payments.len(), received.through, received.before), (0, 1_002, None));
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
