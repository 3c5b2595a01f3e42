//! What strangers write into the history of an account changes nothing.

use std::time::Duration;

use harness::Stack;
use harness::sim::solana::{Cluster, Pubkey, associated};
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALL_PRICE, LIST};
use harness::wallet::SolanaPayment;
use serde_json::json;

use super::{Caller, MINUTE, request, submit, world};
use crate::telemetry::Log;

const HOUR: Duration = Duration::from_hours(1);

/// Strangers write into the history of a wallet's account.
fn clutter(stack: &Stack, wallet: Pubkey, many: usize) {
    stack.solana.clutter(associated(wallet, Cluster::Mainnet.usdc()), many, b"hello");
}

#[tokio::test]
async fn a_doubt_ends_whatever_strangers_write_into_the_payers_history() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    let buy = |payment: &SolanaPayment| stack.post(BUY).body(&json!({})).paid_with(payment).send();
    // One payment was never sent, and one was made and its answer lost; both by a wallet that
    // strangers are busy with.
    clutter(&stack, wallet.address(), 40);
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let unsent = stack.post(LIST).pay(&wallet).await;
    unsent.answer.refused(503, "payment_pending");
    stack.solana.faults().always("POST /", Fault::Refuse(Answer::html(502)));
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    let made = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    made.answer.refused(503, "payment_pending");
    clutter(&stack, wallet.address(), 10_000);
    stack.solana.faults().clear();
    stack.travel(5 * MINUTE);
    stack.sweep().await;
    stack.travel(5 * MINUTE);
    stack.sweep().await;
    stack.travel(Duration::from_secs(5));
    stack.post(LIST).paid_with(&unsent.payment).send().await.refused(402, "payment_required");
    buy(&made.payment).await.expect(200);
    assert_eq!((stack.solana_earned(), stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn the_search_for_a_payment_goes_on_in_the_next_round_where_the_last_one_stopped() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    stack.solana.faults().always("POST /", Fault::Refuse(Answer::html(502)));
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    let made = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    made.answer.refused(503, "payment_pending");
    // The watch has its turn, so that the next round asks for the sale alone.
    stack.travel(3 * MINUTE);
    stack.sweep().await;
    clutter(&stack, wallet.address(), 1_100);
    stack.solana.faults().clear();
    stack.travel(4 * MINUTE);
    // After three questions and a page of the history the node is gone.
    stack.solana.faults().reset_counts();
    stack.solana.faults().nth("POST /", 5, Fault::Refuse(Answer::html(502)));
    stack.sweep().await;
    let place =
        || stack.dynamo.rows().into_iter().find_map(|row| row["searched"]["before"].as_str().map(str::to_owned));
    assert!(place().is_some(), "the sale remembers how far it was searched for");
    // What is written since is not searched.
    clutter(&stack, wallet.address(), 4_100);
    stack.solana.faults().clear();
    stack.travel(4 * MINUTE);
    stack.solana.faults().reset_counts();
    stack.post(BUY).body(&json!({})).paid_with(&made.payment).send().await.expect(200);
    // Three questions and the rest of the history; beside them what the payer holds, until the sale
    // is found.
    let asked = stack.solana.faults().count("POST /");
    assert!((4..=6).contains(&asked), "{asked}: all of the history would be six pages");
    assert_eq!(stack.solana_earned(), 5_000_000);
}

#[tokio::test]
async fn a_payment_that_bought_nothing_goes_back_whatever_strangers_write_into_the_payees_history() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(5_000_000);
    stack.sweep().await;
    stack.travel(MINUTE);
    clutter(&stack, stack.solana_payee(), 300);
    let payment = wallet.signs(&stack.post(CALL).demand().await);
    stack.post(CALL).body(&request()).paid_with(&payment).send().await.refused(403, "no_owned_numbers");
    assert_eq!(submit(&stack, &payment).await["success"], true);
    clutter(&stack, stack.solana_payee(), 10_000);
    assert_eq!(stack.solana.balance(wallet.address()), 5_000_000 - CALL_PRICE);
    // A round looks into a thousand transactions.
    for _ in 0..12 {
        stack.travel(6 * MINUTE);
        stack.sweep().await;
    }
    assert_eq!(stack.solana.balance(wallet.address()), 5_000_000);
    stack.post(CALL).body(&request()).paid_with(&payment).send().await.refused(409, "payment_returned");
}

#[tokio::test]
async fn a_refund_is_paid_once_whatever_strangers_write_into_the_refund_wallets_history() {
    let caller = Caller::within(world().await).await;
    let before = caller.money();
    let call = caller.fails().await;
    caller.stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    clutter(&caller.stack, caller.stack.solana_refund_wallet, 60);
    caller.stack.sweep().await;
    clutter(&caller.stack, caller.stack.solana_refund_wallet, 10_000);
    caller.stack.minutes(12).await;
    assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE));
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "refunded");
}

/// The refunds alone, after the reaper has said what is owed: how many questions they asked.
async fn round_of_refunds(stack: &Stack) -> u64 {
    stack.travel(MINUTE);
    stack.solana.faults().reset_counts();
    stack.invoke("refunds", &json!({})).await;
    stack.solana.faults().count("POST /")
}

#[tokio::test]
async fn a_refund_is_back_within_two_rounds_whatever_strangers_write_into_the_payers_history() {
    let caller = Caller::within(world().await).await;
    let before = caller.money();
    let call = caller.fails().await;
    caller.stack.invoke("reaper", &json!({})).await;
    // A node tells each in six times its length.
    scribble(&caller, 3_000);
    let asked = round_of_refunds(&caller.stack).await + round_of_refunds(&caller.stack).await;
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "refunded");
    assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE));
    assert!(asked <= 12, "{asked}: as many as without strangers");
}

#[tokio::test]
async fn the_search_for_a_payment_that_is_to_go_back_goes_on_where_the_last_round_stopped() {
    let caller = Caller::within(world().await).await;
    let call = caller.fails().await;
    caller.stack.invoke("reaper", &json!({})).await;
    // The facilitator has named another transaction than the one that made it.
    let other = caller.stack.solana.transactions().swap_remove(0).signature;
    let mut items = caller.stack.dynamo.items();
    let due = items.iter_mut().find(|item| item.get("refund").is_some()).expect("one is due");
    due["refund"]["M"]["taken_by"] = json!({"S": other});
    caller.stack.dynamo.put(due);
    scribble(&caller, 1_000);
    let mut asked = Vec::new();
    for _ in 0..8 {
        asked.push(round_of_refunds(&caller.stack).await);
    }
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "refunded", "{asked:?}");
    assert!(asked.iter().all(|asked| *asked <= 40), "{asked:?}: twenty pages and a few more");
}

/// As if a payment had come an hour after another party had made it, and the transaction were not
/// known that did: a part of its sale names it so.
fn came_later(stack: &Stack, (part, name): (&str, &str), transaction: Option<&str>) {
    let mut items = stack.dynamo.items();
    let sale = items.iter_mut().find(|item| item.get(part).is_some()).expect("there is one");
    let came: u64 = sale["payment"]["M"]["valid_after"]["N"].as_str().expect("seconds").parse().expect("a number");
    sale["payment"]["M"]["valid_after"] = json!({"N": (came + 3_600).to_string()});
    let part = sale[part]["M"].as_object_mut().expect("fields");
    part.remove(name);
    part.extend(transaction.map(|transaction| (name.to_owned(), json!({"S": transaction}))));
    stack.dynamo.put(sale);
}

#[tokio::test]
async fn a_payment_that_was_made_before_it_came_to_us_goes_back() {
    let caller = Caller::within(world().await).await;
    let before = caller.money();
    let call = caller.fails().await;
    caller.stack.invoke("reaper", &json!({})).await;
    let other = caller.stack.solana.transactions().swap_remove(0).signature;
    came_later(&caller.stack, ("refund", "taken_by"), Some(&other));
    round_of_refunds(&caller.stack).await;
    assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "refunded");
    assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE));
}

#[tokio::test]
async fn a_name_whose_payment_was_used_before_it_came_is_free_for_another_payment() {
    let stack = world().await;
    stack.sweep().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    let list = || stack.post(LIST).header("Idempotency-Key", "the-list-of-today");
    let used = wallet.signs(&list().demand().await);
    assert_eq!(submit(&stack, &used).await["success"], true);
    stack.travel(5 * MINUTE);
    // Behind what the wallet holds nothing is heard, so that its sale is left open.
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    stack.solana.faults().reset_counts();
    stack.solana.faults().nth("POST /", 3, Fault::Refuse(Answer::html(502)));
    list().paid_with(&used).send().await.refused(503, "payment_pending");
    stack.travel(Duration::from_secs(10));
    list().pay(&wallet).await.answer.expect(200);
}

#[tokio::test]
async fn what_was_granted_for_a_payment_that_was_made_before_it_came_to_us_is_not_missing() {
    let mut stack = world().await;
    stack.excuse("has another transaction than the chain", "the sale has lost it");
    // The watch of the payees begins behind it.
    stack.post(LIST).pay(&stack.solana_wallet()).await.answer.expect(200);
    came_later(&stack, ("settled", "transaction"), None);
    for _ in 0..3 {
        stack.travel(HOUR);
        stack.sweep().await;
    }
    assert!(stack.dynamo.rows().iter().any(|row| row["booked"] == true), "it was asked for");
    assert!(Log::of(&stack).await.all("MissingPayments", &[]).is_empty());
}

/// Strangers write what is long into the history of the payer's account.
fn scribble(caller: &Caller, many: usize) {
    let account = associated(caller.wallet.address(), Cluster::Mainnet.usdc());
    caller.stack.solana.clutter(account, many, &[1; 900]);
}

#[tokio::test]
async fn a_node_that_is_silent_is_missing_in_what_is_told_whenever_its_network_was_added() {
    let stack = world().await;
    let told = async || Log::of(&stack).await.all("WatchLag", &[]).len();
    stack.sweep().await;
    stack.travel(3 * MINUTE);
    // As if it had been added only now.
    stack.dynamo.delete("TURN", "STRAYS#solana");
    stack.sweep().await;
    let before = told().await;
    assert!(before > 0);
    stack.solana.faults().always("POST /", Fault::Refuse(Answer::html(502)));
    for _ in 0..4 {
        stack.travel(3 * MINUTE);
        stack.sweep().await;
    }
    assert_eq!(told().await, before, "the alarm rings for what is missing");
    stack.solana.faults().clear();
    stack.travel(6 * MINUTE);
    stack.sweep().await;
    assert_eq!(told().await, before + 1);
}

#[tokio::test]
async fn a_node_that_stands_still_rings_though_that_of_the_other_network_goes_on() {
    let stack = world().await;
    let told = async || *Log::of(&stack).await.all("WatchLag", &[]).last().expect("it is told") / 60;
    stack.sweep().await;
    assert_eq!(told().await, 20, "minutes, on Base");
    stack.travel(3 * HOUR);
    stack.solana.faults().always("POST /", Fault::Behind(3 * HOUR));
    stack.invoke("reaper", &json!({})).await;
    assert_eq!(told().await, 180);
    stack.solana.faults().clear();
    stack.travel(6 * MINUTE);
    stack.sweep().await;
    assert_eq!(told().await, 20);
}
