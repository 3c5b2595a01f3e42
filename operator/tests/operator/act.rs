//! The commands that step in.

use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::LIST;
use harness::{Stack, Wallet};
use serde_json::{Value, json};

use crate::fixture::{BUY, CALL, CALLEE, DAY, Dialtone, MINUTE, functions, sale_of, world};

/// A purchase whose settlement is not known, and its payment's id.
async fn unknown(stack: &Stack) -> String {
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.refused(503, "payment_pending");
    sale_of(stack, BUY)
}

fn row(stack: &Stack, sale: &str) -> Value {
    stack.dynamo.row(&format!("SALE#{sale}"), "SALE").expect("a sale")
}

#[tokio::test]
async fn a_retry_finishes_a_sale_as_the_sweep_would() {
    let stack = world().without_rpc().start().await;
    let dialtone = Dialtone::of(&stack);
    let sale = unknown(&stack).await;
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    dialtone.run(&["retry", &sale, "--because", "a test"]).await.ends(1).says(&["not at its end yet", "unknown"]);
    dialtone.run(&["retry", &sale, "--because", "a test"]).await.ends(1).says(&["a moment ago", "unknown"]);
    stack.travel(Duration::from_secs(5));
    dialtone
        .run(&["retry", &sale, "--because", "a test"])
        .await
        .ends(0)
        .says(&["It has come to its end.", "paid and delivered"]);
    dialtone.run(&["retry", &sale, "--because", "a test"]).await.ends(0).says(&["nothing left to do"]);
    assert_eq!((stack.earned(), &row(&stack, &sale)["state"]), (5_000_000, &json!("closed")));
}

#[tokio::test]
async fn a_sale_that_a_request_is_at_is_left_to_it() {
    let stack = world().without_rpc().start().await;
    let dialtone = Dialtone::of(&stack);
    let sale = unknown(&stack).await;
    let mut item = stack.dynamo.items().into_iter().find(|item| item["pk"]["S"] == format!("SALE#{sale}")).expect("it");
    let later = row(&stack, &sale)["busy_until"].as_i64().expect("a time") + 60;
    item.insert("busy_until".to_owned(), json!({"N": later.to_string()}));
    stack.dynamo.put(&item);
    dialtone
        .run(&["retry", &sale, "--because", "a test"])
        .await
        .ends(1)
        .says(&["A request or a round is at work on it now"]);
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn what_was_delivered_goes_back_once_and_whole_because_an_operator_says_so() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    let number = stack.buys_in(&wallet, Some("415")).await;
    let sale = sale_of(&stack, BUY);
    let because = ["--because", "the number was no good"];
    let refused = dialtone.run(&["refund", &sale, because[0], because[1]]).await.ends(2);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    assert_eq!(row(&stack, &sale)["refund"], Value::Null);
    let all = ["refund", &sale, because[0], because[1], "--yes"];
    dialtone.run(&all).await.ends(0).says(&["It is owed now", "alice: the number was no good"]);
    dialtone.run(&all).await.ends(1).says(&["It goes back already"]);
    assert_eq!(stack.chain.balance(wallet.address()), 95_000_000);
    dialtone
        .run(&["retry", &sale, "--because", "a test"])
        .await
        .ends(0)
        .says(&["It is due now: the refunds send it in their next round"]);
    assert_eq!(stack.chain.balance(wallet.address()), 95_000_000, "no operator signs");
    dialtone.run(&all).await.ends(1);
    for _ in 0..3 {
        stack.travel(MINUTE);
        stack.sweep().await;
    }
    assert_eq!(stack.chain.balance(wallet.address()), 100_000_000);
    dialtone.run(&["payment", &sale]).await.ends(0).says(&["$5.00 is back (an operator decided it)"]);
    // What was sold stays sold.
    dialtone.run(&["number", &number]).await.ends(0).says(&["active, ends"]);
}

#[tokio::test]
async fn a_call_goes_back_by_hand_once_it_is_over_and_its_page_says_so() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    stack.buys_in(&wallet, Some("415")).await;
    let call = stack.calls(&wallet, CALLEE).await;
    let id = call["call_id"].as_str().expect("an id");
    let sale = sale_of(&stack, CALL);
    let all = ["refund", &sale, "--because", "rude", "--yes"];
    dialtone.run(&["refund", &sale]).await.ends(1).says(&["The call is not over"]);
    stack.bland.finish_all();
    let path = format!("{CALL}/{id}");
    for _ in 0..2 {
        stack.travel(MINUTE + MINUTE / 6);
        stack.get(&path).send().await.expect(200);
    }
    dialtone.run(&["payment", &sale]).await.ends(0).says(&["the call", "completed: ", "ended by"]);
    assert_eq!(dialtone.json(&["payment", &sale]).await["payments"][0]["call"]["status"], "completed");
    dialtone.run(&all).await.ends(0);
    dialtone.run(&["refund", &sale]).await.ends(1).says(&["It goes back already, or is back."]);
    let shown = stack.get(&path).send().await.expect(200).json();
    assert_eq!((&shown["charged"], &shown["refund"]["status"]), (&json!(false), &json!("due")));
    stack.travel(MINUTE);
    stack.sweep().await;
    let shown = stack.get(&path).send().await.expect(200).json();
    assert_eq!(shown["refund"]["status"], "refunded");
    assert_eq!(stack.chain.balance(wallet.address()), 95_000_000);
    dialtone.run(&["call", id]).await.ends(0).says(&["paid back by", "alice: rude"]);
}

#[tokio::test]
async fn what_was_not_paid_does_not_go_back() {
    let stack = world().without_rpc().start().await;
    let dialtone = Dialtone::of(&stack);
    let sale = unknown(&stack).await;
    let all = ["refund", &sale, "--because", "sorry", "--yes"];
    dialtone.run(&all).await.ends(1).says(&["it is not known yet whether it was"]);
    stack.travel(25 * MINUTE);
    stack.sweep().await;
    dialtone.run(&all).await.ends(1).says(&["not charged"]);
    // That is said before it is asked whether it may go back.
    dialtone.run(&["refund", &sale]).await.ends(1).says(&["not charged", "Nothing goes back"]);
}

#[tokio::test]
async fn a_refund_that_was_put_off_is_what_the_refunds_do_next_when_an_operator_asks() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.script_next(Script::PreQueueError);
    let call = stack.calls(&wallet, CALLEE).await;
    stack.bland.finish_all();
    let path = format!("{CALL}/{}", call["call_id"].as_str().expect("an id"));
    for _ in 0..2 {
        stack.travel(MINUTE + MINUTE / 6);
        stack.get(&path).send().await.expect(200);
    }
    // The reaper notes what is owed, and the refunds cannot send it.
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(503)));
    stack.sweep().await;
    let sale = sale_of(&stack, CALL);
    dialtone.run(&["payment", &sale]).await.ends(0).says(&["it was sent and may still land"]);
    assert_eq!(stack.invoke("refunds", &json!({})).await["refunded"], 0, "it was put off");
    dialtone.run(&["retry", &sale, "--because", "a test"]).await.ends(0).says(&["It is due now"]);
    assert_eq!(stack.chain.balance(wallet.address()), 94_460_000, "no operator signs");
    assert_eq!(stack.invoke("refunds", &json!({})).await["refunded"], 1);
    dialtone.run(&["payment", &sale]).await.ends(0).says(&["$0.54 is back"]);
    assert_eq!(stack.chain.balance(wallet.address()), 95_000_000);
    dialtone.run(&["retry", &sale, "--because", "a test"]).await.ends(0).says(&["nothing left to do"]);
}

/// Pays so much to the payee without asking, and lets the watch find it.
async fn stray(stack: &Stack, micros: u64) -> Wallet {
    stack.sweep().await;
    let wallet = stack.wallet_with(micros);
    let paid = wallet.signs(&stack.post(BUY).body(&json!({})).demand().await).value(micros);
    stack.chain.transfer_with_authorization(paid.authorization(), &paid.signature_bytes()).expect("it is good");
    stack.travel(40 * MINUTE);
    stack.sweep().await;
    wallet
}

#[tokio::test]
async fn a_large_payment_without_a_demand_goes_back_when_an_operator_says_so() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let payer = stray(&stack, 30_000_000).await;
    stack.minutes(5).await;
    assert_eq!(stack.chain.balance(payer.address()), 0, "it waits");
    let rows = stack.dynamo.rows();
    let row = rows.iter().find(|row| row["refund"]["reason"] == "stray").expect("it was found");
    let sale = row["pk"].as_str().expect("a key").trim_start_matches("SALE#");
    dialtone.run(&["payment", sale]).await.ends(0).says(&["$30.00 goes back (it bought nothing)"]);
    let all = ["refund", sale, "--because", "a typing error of theirs"];
    assert!(dialtone.run(&all).await.ends(2).err.contains("who paid it without asking"));
    let all = [&all[..], &["--yes"]].concat();
    dialtone.run(&all).await.ends(0).says(&["It goes back within minutes."]);
    dialtone.run(&all).await.ends(1);
    stack.minutes(2).await;
    assert_eq!(stack.chain.balance(payer.address()), 30_000_000);
    dialtone.run(&["payment", sale]).await.ends(0).says(&["$30.00 is back"]);
}

#[tokio::test]
async fn refunds_that_were_stopped_go_on_when_an_operator_says_so_and_why() {
    let stack = world().parameter("DailyRefundLimit", "1").start().await;
    let dialtone = Dialtone::of(&stack);
    let wallet = stack.wallet();
    dialtone.run(&["resume", "--refunds", "--because", "no reason", "--yes"]).await.says(&["They were not stopped."]);
    stack.buys_in(&wallet, Some("415")).await;
    let mut calls = Vec::new();
    for _ in 0..2 {
        stack.bland.script_next(Script::PreQueueError);
        calls.push(stack.calls(&wallet, CALLEE).await);
        stack.bland.finish_all();
        stack.travel(MINUTE);
        stack.minutes(3).await;
    }
    stack.minutes(15).await;
    let back = async |call: &Value| stack.poll(call).await["refund"]["status"].clone();
    assert_eq!((back(&calls[0]).await, back(&calls[1]).await), (json!("refunded"), json!("due")));
    let stopped = dialtone.run(&["stuck"]).await.ends(1);
    assert!(stopped.out.contains("--refunds"), "{}", stopped.out);
    assert!(dialtone.run(&["resume", "--refunds", "--because", "one bad day"]).await.ends(2).err.contains("--yes"));
    dialtone
        .run(&["resume", "--refunds", "--because", "one bad day", "--yes"])
        .await
        .ends(0)
        .says(&["Payments go back again"]);
    stack.minutes(15).await;
    assert_eq!(back(&calls[1]).await, "refunded");

    // An operator who does not believe what goes back stops it, whatever is sold.
    let stop = ["pause", "--refunds", "--because", "who wrote that?", "--yes"];
    dialtone.run(&stop).await.ends(0).says(&["Nothing goes back any more."]);
    dialtone.run(&stop).await.ends(0).says(&["stopped already"]);
    dialtone.run(&["stuck"]).await.ends(1).says(&["payments back", "alice: who wrote that?", "resume --refunds"]);
    stack.travel(DAY);
    stack.bland.script_next(Script::PreQueueError);
    let call = stack.calls(&wallet, CALLEE).await;
    stack.bland.finish_all();
    stack.minutes(20).await;
    assert_eq!(back(&call).await, "due");
    dialtone.run(&["resume", "--refunds", "--because", "it is right", "--yes"]).await.ends(0);
    stack.minutes(15).await;
    assert_eq!(back(&call).await, "refunded");
}

#[tokio::test]
async fn an_idle_number_is_released_and_no_other_is() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    let number = stack.buys_in(&wallet, Some("415")).await;
    let all = ["release", &number, "--yes", "--because", "a test"];
    dialtone.run(&all).await.ends(1).says(&["It is leased"]);
    stack.travel(31 * DAY);
    stack.sweep().await;
    dialtone.run(&all).await.ends(1).says(&["It rests until"]);
    stack.travel(3 * DAY);
    dialtone.run(&["release", &number, "--because", "a test"]).await.ends(2);
    // The carrier does not answer: it is on its way, and the next one to come by goes on.
    stack.twilio.faults().once("DELETE *", Fault::Refuse(Answer::html(503)));
    dialtone.run(&all).await.ends(1).says(&["on its way and not gone yet"]);
    assert!(stack.twilio.owns(&number));
    dialtone.run(&all).await.ends(0).says(&["It is the carrier's again."]);
    assert!(!stack.twilio.owns(&number) && stack.bland.imported().is_empty());
    dialtone.run(&all).await.ends(1).says(&["not in the table"]);
}

#[tokio::test]
async fn a_wallet_is_blocked_and_unblocked_and_says_why() {
    let stack = Stack::start(functions()).await;
    let (wallet, dialtone) = (stack.wallet(), Dialtone::of(&stack));
    let address = wallet.text();
    let all = ["block", "wallet", &address, "--because", "spam", "--yes"];
    dialtone.run(&all).await.ends(0).says(&["The wallet is blocked."]);
    dialtone.run(&all).await.ends(0).says(&["blocked already"]);
    dialtone.run(&["wallet", &address]).await.ends(0).says(&["Blocked since", "alice: spam"]);
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.refused(403, "wallet_blocked");
    dialtone.run(&["unblock", "wallet", &address, "--yes", "--because", "a test"]).await.ends(0);
    dialtone
        .run(&["unblock", "wallet", &address, "--yes", "--because", "a test"])
        .await
        .ends(0)
        .says(&["was not blocked"]);
    stack.buys_in(&wallet, Some("415")).await;
}

#[tokio::test]
async fn a_person_who_asked_for_it_is_not_called() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let callee = "+12133610872";
    dialtone.run(&["block", "destination", callee, "--because", "asked by mail", "--yes"]).await.ends(0);
    dialtone.run(&["number", callee]).await.ends(0).says(&["not called", "alice: asked by mail"]);
    let kept = stack.dynamo.rows().iter().any(|row| row.to_string().contains("2133610872"));
    assert!(!kept, "the list is of no use to its reader");
    dialtone.run(&["unblock", "destination", callee, "--yes", "--because", "a test"]).await.ends(0);
    dialtone.run(&["number", callee]).await.ends(1);
    // In another spelling it would be no number that is ever called.
    let other = dialtone.run(&["block", "destination", "+4407911123456", "--because", "asked by mail", "--yes"]).await;
    assert!(other.ends(2).err.contains("leave that out"));
    let longer = dialtone.run(&["block", "destination", "+9198765222220", "--because", "asked by mail", "--yes"]).await;
    assert!(longer.ends(2).err.contains("too many digits"));
}

#[tokio::test]
async fn selling_is_paused_and_resumed_and_stands_among_what_is_stuck() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    dialtone.run(&["pause", "--because", "Bland is down"]).await.ends(2);
    dialtone.run(&["pause", "--because", "Bland is down", "--yes"]).await.ends(0).says(&["Selling is paused."]);
    dialtone.run(&["stuck"]).await.ends(1).says(&["selling is paused: arn:aws:sts:", "alice: Bland is down"]);
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.refused(503, "selling_paused");
    let paused = async |more: &[&str], why| dialtone.run(&[&["pause", "--yes", "--because", why], more].concat()).await;
    paused(&["--all"], "payments are missing").await.ends(0).says(&["Selling is paused."]);
    // Who would pause selling does not let lists and renewals be sold again.
    paused(&[], "a leak").await.ends(0).says(&["Everything is paused already", "alice: payments are missing"]);
    stack.post(LIST).pay(&wallet).await.answer.refused(503, "selling_paused");
    dialtone.run(&["resume", "--yes", "--because", "a test"]).await.ends(0).says(&["Selling goes on."]);
    stack.buys_in(&wallet, Some("415")).await;
    dialtone.run(&["stuck"]).await.ends(0);
}
