//! What payers, strangers and the chain itself can do between a yes and a settlement.

use alloy_primitives::{Address, hex};
use futures_util::future::join_all;
use harness::sim::Fault;
use harness::wallet::Demand;
use harness::{Neighbour, client};

use super::*;

/// The creation code of `wallet/Wallet.sol`: solc 0.8.30, optimised for 200 runs, without metadata.
const SMART_WALLET: &str = include_str!("wallet/Wallet.hex");

/// A stranger who has seen a payment.
fn stranger() -> Address {
    Wallet::random().address()
}

/// A wallet that is a contract, for this owner's signatures.
pub(crate) fn smart_wallet(node: &Node, owner: Address) -> Address {
    let code = hex::decode(SMART_WALLET.trim()).expect("hexadecimal");
    node.deploy(&[&code[..], owner.into_word().as_slice()].concat())
}

/// Asks the facilitator to settle a payment, as any client may. Says whether it did.
async fn settled_elsewhere(world: &OnChain, payment: &Payment) -> bool {
    let document = payment.to_json();
    let body = json!({"x402Version": 2, "paymentPayload": document, "paymentRequirements": document["accepted"]});
    let request = client().post(format!("{}/settle", world.node.facilitator()));
    let answer = request.header("content-type", "application/json").body(body.to_string()).send().await;
    let answer = answer.expect("an answer").bytes().await.expect("a body");
    serde_json::from_slice::<Value>(&answer).expect("JSON")["success"] == true
}

#[tokio::test]
async fn an_authorization_that_is_settled_from_two_sides_at_once_buys_once() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    let others = join_all((0..3).map(|_| settled_elsewhere(&world, &payment)));
    let (answer, others) = tokio::join!(world.buys_with(&payment), others);
    answer.expect(200);
    assert!(others.iter().filter(|settled| **settled).count() <= 1);
    assert!(!settled_elsewhere(&world, &payment).await, "and never again");
    assert_eq!((world.stack.earned(), world.stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn an_authorization_that_a_stranger_sends_first_is_still_the_payers() {
    let world = OnChain::start().await;
    for late in [false, true] {
        let payment = world.signs().await;
        let sent = || world.node.submit(stranger(), payment.authorization(), &payment.signature_bytes());
        if late {
            world.buys_while(&payment, async || _ = sent().expect("any account may")).await.expect(200);
        } else {
            sent().expect("any account may");
            world.buys_with(&payment).await.expect(200);
        }
    }
    assert_eq!((world.stack.earned(), world.stack.twilio.held().len()), (10_000_000, 2));
}

#[tokio::test]
async fn an_authorization_that_is_taken_back_after_the_yes_buys_nothing() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    let nonce = payment.authorization().nonce;
    let taken_back = async || _ = world.node.cancel(world.wallet.key(), nonce).expect("the owner may");
    world.buys_while(&payment, taken_back).await.refused(402, "payment_required");
    world.buys_with(&payment).await.refused(402, "payment_required");
    assert_eq!((world.stack.earned(), world.money()), (0, 20_000_000));
}

#[tokio::test]
async fn a_wallet_that_is_emptied_after_the_yes_buys_nothing_and_can_be_filled_again() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    let emptied = async || {
        world.node.transfer(world.wallet.address(), stranger(), world.money()).expect("the owner may");
    };
    let answer = world.buys_while(&payment, emptied).await;
    world.refused(BUY, &payment, answer).await;
    assert_eq!((world.stack.earned(), world.money()), (0, 0));
    world.node.mint(world.wallet.address(), 20_000_000);
    world.buys().await;
    assert_eq!(world.stack.earned(), 5_000_000);
}

#[tokio::test]
async fn an_authorization_that_expires_on_the_way_buys_nothing() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    let answer = world.buys_while(&payment, async || world.node.travel(6 * MINUTE)).await;
    world.refused(BUY, &payment, answer).await;
    world.buys_with(&payment).await.refused(402, "payment_required");
    assert_eq!((world.stack.earned(), world.money()), (0, 20_000_000));
}

#[tokio::test]
async fn a_wallet_that_is_a_contract_pays_and_its_forger_does_not() {
    let world = OnChain::start().await;
    let contract = smart_wallet(&world.node, world.wallet.address());
    world.node.mint(contract, 10_000_000);
    let wrapped = |wallet: &Wallet, demand: &Demand| {
        wallet.signs(demand).from(contract).tampered(|signature| signature.extend([0; 32]))
    };
    let demand = world.stack.post(BUY).body(&json!({})).demand().await;
    let forged = wrapped(&world.stack.wallet(), &demand);
    world.buys_with(&forged).await.refused(402, "payment_required");
    let payment = wrapped(&world.wallet, &demand);
    let bought = world.buys_with(&payment).await.expect(200).json();
    assert_eq!(bought["owner_wallet"].as_str().expect("an owner").to_lowercase(), format!("{contract:#x}"));
    assert_eq!(world.buys_with(&payment).await.header("idempotent-replayed"), Some("true"));
    assert_eq!((world.stack.earned(), world.node.balance(contract)), (5_000_000, 5_000_000));
}

#[tokio::test]
async fn a_chain_that_is_slow_is_waited_for() {
    let world = OnChain::start().await;
    world.node.slow_down(4);
    let payment = world.signs().await;
    let twins = join_all((0..3).map(|_| world.buys_with(&payment))).await;
    for answer in &twins {
        assert!([200, 409, 503].contains(&answer.status.as_u16()), "{answer:?}");
    }
    world.stack.minutes(2).await;
    world.buys_with(&payment).await.expect(200);
    assert_eq!((world.stack.earned(), world.stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn payments_that_share_a_block_and_whose_answers_are_lost_are_told_apart() {
    let world = OnChain::start().await;
    let wallets: Vec<Wallet> = (0..5).map(|_| world.stack.wallet_with(1_000)).collect();
    world.node.slow_down(3);
    world.stack.faults_of(Neighbour::Facilitator).times(SETTLE, 5, Fault::LoseAnswer);
    let stack = &world.stack;
    let lists = |wallet| async move { stack.post(LIST).body(&json!({})).pay(wallet).await.answer.expect(200).json() };
    let answers = join_all(wallets.iter().map(lists)).await;
    let paid_in = |answer: &Value| answer["transaction"].as_str().expect("a transaction").to_owned();
    let transactions: std::collections::BTreeSet<String> = answers.iter().map(paid_in).collect();
    assert_eq!((transactions.len(), world.stack.earned()), (5, 5_000));
    let block = |hash: &String| world.node.ask("eth_getTransactionReceipt", &json!([hash]))["blockNumber"].to_string();
    let blocks: std::collections::BTreeSet<String> = transactions.iter().map(block).collect();
    assert!(blocks.len() < 5, "they do not share any");
}

#[tokio::test]
async fn a_node_that_goes_away_after_a_settlement_is_asked_when_it_is_back() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    // Settled, and we do not learn it: neither from the facilitator nor from the chain.
    world.stack.faults_of(Neighbour::Facilitator).always(SETTLE, Fault::LoseAnswer);
    world.stack.faults_of(Neighbour::Chain).always("*", Fault::Drop);
    world.buys_with(&payment).await.refused(503, "payment_pending");
    world.node.stop();
    world.stack.faults_of(Neighbour::Facilitator).clear();
    world.stack.faults_of(Neighbour::Chain).clear();
    world.stack.sweep().await;
    world.buys_with(&payment).await.refused(503, "payment_pending");
    world.node.start_again();
    world.stack.minutes(3).await;
    assert_eq!(world.lists().await["count"], 1);
    world.buys_with(&payment).await.expect(200);
    assert_eq!(world.stack.earned(), 5_001_000);
}

#[tokio::test]
async fn a_node_that_goes_away_before_the_settlement_costs_nothing_and_the_header_is_still_good() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    world.buys_while(&payment, async || world.node.stop()).await.refused(503, "payment_pending");
    world.node.start_again();
    world.buys_with(&payment).await.expect(200);
    assert_eq!(world.stack.earned(), 5_000_000);
}
