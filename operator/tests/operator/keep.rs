//! What is kept of calls: erased, and held.

use harness::Stack;
use harness::sim::{Answer, Fault};
use serde_json::{Value, json};

use crate::fixture::{CALL, CALLEE, DAY, Dialtone, MINUTE, functions, sale_of};

/// A world in which calls are erased, which its audit would miss.
async fn erasing() -> Stack {
    let mut stack = Stack::start(functions()).await;
    for finding in [
        "was sold, and is not in the table",
        "was dialled for no call of ours",
        // What was counted of it counts for its day.
        "and is not there",
        "and its calls have",
        "are counted as good",
    ] {
        stack.excuse(finding, "an operator has erased it");
    }
    stack
}

/// A call in which something was said, that is over and in the books.
async fn talked(stack: &Stack, to: &str) -> String {
    let id = ended(stack, to).await;
    booked(stack).await;
    id
}

/// The sales of calls that are over get into the books when their payment is seen in a final block.
async fn booked(stack: &Stack) {
    for _ in 0..3 {
        stack.travel(30 * MINUTE);
        stack.sweep().await;
    }
}

async fn ended(stack: &Stack, to: &str) -> String {
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let placed = stack.calls(&wallet, to).await;
    stack.bland.finish_all();
    let id = placed["call_id"].as_str().expect("an id").to_owned();
    settled(stack, &id).await;
    id
}

async fn settled(stack: &Stack, id: &str) {
    for _ in 0..2 {
        stack.get(&format!("{CALL}/{id}")).send().await.expect(200);
        stack.travel(2 * MINUTE);
    }
    stack.get(&format!("{CALL}/{id}")).send().await.expect(200);
}

/// Everything in the table that holds these words.
fn holding(stack: &Stack, words: &str) -> Vec<Value> {
    stack.dynamo.rows().into_iter().filter(|row| row.to_string().contains(words)).collect()
}

/// What names a callee, but for how often the number is called.
fn naming(stack: &Stack, number: &str) -> usize {
    let counts = |row: &Value| row["pk"].as_str().is_some_and(|key| key.starts_with("LIMIT#DESTINATION#"));
    holding(stack, number).iter().filter(|row| !counts(row)).count()
}

#[tokio::test]
async fn a_call_is_erased_here_and_at_the_dialler_and_the_books_stay() {
    let stack = erasing().await;
    let dialtone = Dialtone::of(&stack);
    let id = ended(&stack, CALLEE).await;
    dialtone.run(&["erase", "call", &id, "--because", "test", "--yes"]).await.ends(1).says(&["not in the books yet"]);
    booked(&stack).await;
    let said = stack.get(&format!("{CALL}/{id}")).send().await.expect(200).json();
    let summary = said["summary"].as_str().expect("a summary").to_owned();
    assert!(naming(&stack, CALLEE) >= 3 && !holding(&stack, &summary).is_empty());
    stack.bland.set_may_erase(true);
    dialtone.run(&["erase", "call", &id]).await.ends(2);
    dialtone.run(&["erase", "call", &id, "--because", "test", "--yes"]).await.ends(0).says(&[
        "It is erased.",
        "gone at Bland",
        "stays for the books",
    ]);
    assert!(holding(&stack, &summary).is_empty() && holding(&stack, "SAID#").is_empty());
    assert_eq!(naming(&stack, CALLEE), 0, "{:#?}", holding(&stack, CALLEE));
    stack.get(&format!("{CALL}/{id}")).send().await.refused(404, "unknown_call");
    assert!(stack.bland.calls().iter().all(|call| call.erased));
    let sale = |row: &Value| row["pk"].as_str().is_some_and(|key| key.starts_with("SALE#"));
    let sales: Vec<Value> = holding(&stack, "+12135550100").into_iter().filter(sale).collect();
    assert_eq!((sales.len(), &sales[0]["state"]), (1, &json!("closed")), "the sale stays, with the prefix");
    dialtone.run(&["erase", "call", &id, "--because", "test", "--yes"]).await.ends(1).says(&["No such call"]);
}

#[tokio::test]
async fn a_dialler_that_lets_nothing_be_erased_is_named_and_one_that_is_silent_keeps_all_as_it_is() {
    let stack = erasing().await;
    let dialtone = Dialtone::of(&stack);
    let id = talked(&stack, CALLEE).await;
    stack.bland.faults().once("DELETE *", harness::sim::Fault::Drop);
    let refused = dialtone.run(&["erase", "call", &id, "--because", "test", "--yes"]).await.ends(2);
    assert!(refused.err.contains("nothing was erased"), "{}", refused.err);
    stack.get(&format!("{CALL}/{id}")).send().await.expect(200);
    let theirs = stack.bland.calls().pop().expect("a call").id;
    dialtone.run(&["erase", "call", &id, "--because", "test", "--yes"]).await.ends(0).says(&["REDACT_CALLS", &theirs]);
    assert_eq!(naming(&stack, CALLEE), 0);
}

#[tokio::test]
async fn a_call_that_is_not_over_is_not_erased_and_one_that_is_held_neither() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let running = stack.calls(&wallet, CALLEE).await;
    let id = running["call_id"].as_str().expect("an id");
    dialtone.run(&["erase", "call", id, "--because", "test", "--yes"]).await.ends(1).says(&["not over"]);
    dialtone.run(&["hold", "call", id, "--because", "test", "--yes"]).await.ends(1).says(&["not over"]);
    stack.bland.finish_all();
    settled(&stack, id).await;
    let held = dialtone.run(&["hold", "call", id, "--because", "case 7", "--yes"]).await.ends(0);
    held.says(&["It is held."]);
    dialtone.run(&["hold", "call", id, "--because", "test", "--yes"]).await.ends(0).says(&["held already"]);
    dialtone.run(&["erase", "call", id, "--because", "test", "--yes"]).await.ends(1).says(&["alice: case 7", "--off"]);
    let row = stack.dynamo.row(&format!("CALL#{id}"), "CALL").expect("the call");
    let parts = holding(&stack, "SAID#");
    assert!(row["ttl"].is_null() && !parts.is_empty() && parts.iter().all(|part| part["ttl"].is_null()), "{row}");
    // After its time no caller sees it, and the operator does.
    stack.travel(31 * DAY);
    stack.get(&format!("{CALL}/{id}")).send().await.refused(404, "unknown_call");
    dialtone.run(&["call", id, "--transcript"]).await.ends(0).says(&["alice: case 7"]);
    for which in [&["--held"][..], &["--to", CALLEE], &["--held", "--wallet", &wallet.address().to_string()]] {
        dialtone.run(&[&["calls"], which].concat()).await.ends(0).says(&[id]);
    }
    // What stops half way is not held, and deleted in no part, until it is let go again.
    stack.dynamo.faults().always("UpdateItem", Fault::Refuse(Answer::html(400)));
    dialtone.run(&["hold", "call", id, "--off", "--because", "test", "--yes"]).await.ends(2);
    stack.dynamo.faults().clear();
    dialtone.run(&["calls", "--held"]).await.ends(1).says(&["No such call."]);
    let row = stack.dynamo.row(&format!("CALL#{id}"), "CALL").expect("the call");
    assert!(row["ttl"].is_null() && holding(&stack, "SAID#").iter().all(|part| part["ttl"].is_null()), "{row}");
    dialtone.run(&["hold", "call", id, "--off", "--because", "test", "--yes"]).await.ends(0).says(&["was not held"]);
    let row = stack.dynamo.row(&format!("CALL#{id}"), "CALL").expect("the call");
    assert!(row["ttl"].is_i64() && holding(&stack, "SAID#").iter().all(|part| part["ttl"].is_i64()), "{row}");
}

#[tokio::test]
async fn a_person_is_erased_from_all_calls_that_are_over_and_from_no_other_persons() {
    let stack = erasing().await;
    let dialtone = Dialtone::of(&stack);
    let other = "+12125550142";
    let (first, held, theirs) =
        (talked(&stack, CALLEE).await, talked(&stack, CALLEE).await, talked(&stack, other).await);
    dialtone.run(&["hold", "call", &held, "--because", "case 7", "--yes"]).await.ends(0);
    let before = naming(&stack, other);
    dialtone
        .run(&["erase", "destination", CALLEE, "--because", "test", "--yes"])
        .await
        .ends(1)
        .says(&["Calls erased: 1. Calls kept: 1.", "case 7"]);
    stack.get(&format!("{CALL}/{first}")).send().await.refused(404, "unknown_call");
    stack.get(&format!("{CALL}/{held}")).send().await.expect(200);
    stack.get(&format!("{CALL}/{theirs}")).send().await.expect(200);
    assert_eq!(naming(&stack, other), before);
    dialtone.run(&["hold", "call", &held, "--off", "--because", "test", "--yes"]).await.ends(0);
    dialtone
        .run(&["erase", "destination", CALLEE, "--because", "test", "--yes"])
        .await
        .ends(0)
        .says(&["Calls erased: 1. Calls kept: 0."]);
    assert_eq!(naming(&stack, CALLEE), 0, "{:#?}", holding(&stack, CALLEE));
    dialtone
        .run(&["erase", "destination", CALLEE, "--because", "test", "--yes"])
        .await
        .ends(0)
        .says(&["Calls erased: 0."]);
}

/// What the payment of the only call that was sold is called.
fn payment_of(stack: &Stack) -> String {
    sale_of(stack, CALL)
}

fn call_row(stack: &Stack, id: &str) -> Value {
    stack.dynamo.row(&format!("CALL#{id}"), "CALL").expect("the call")
}

/// Whether nothing of a call is deleted by itself.
fn is_kept(stack: &Stack, id: &str) -> bool {
    let parts = holding(stack, "SAID#");
    call_row(stack, id)["ttl"].is_null() && !parts.is_empty() && parts.iter().all(|part| part["ttl"].is_null())
}

#[tokio::test]
async fn a_refund_by_hand_ends_no_hold_and_a_hold_is_let_go_by_none_while_money_goes_back() {
    let stack = Stack::start(functions()).await;
    let dialtone = Dialtone::of(&stack);
    let id = talked(&stack, CALLEE).await;
    let because = ["--because", "case 7", "--yes"];
    let run = async |words: &[&str]| dialtone.run(&[words, &because[..]].concat()).await;
    run(&["hold", "call", &id]).await.ends(0);
    run(&["refund", &payment_of(&stack)]).await.ends(0).says(&["It is owed now"]);
    // Its time is over, and the table would delete it at once if it were let go.
    stack.travel(31 * DAY);
    run(&["hold", "call", &id, "--off"]).await.ends(1).says(&["on its way back"]);
    assert!(is_kept(&stack, &id) && call_row(&stack, &id)["held_for"].is_string());
    for _ in 0..3 {
        stack.travel(MINUTE);
        stack.sweep().await;
    }
    assert_eq!(call_row(&stack, &id)["charge"], "refunded");
    assert!(is_kept(&stack, &id), "{}", call_row(&stack, &id));
    run(&["erase", "call", &id]).await.ends(1).says(&["It is held"]);
    run(&["hold", "call", &id, "--off"]).await.ends(0).says(&["held no longer"]);
    assert!(call_row(&stack, &id)["ttl"].is_i64());
}

#[tokio::test]
async fn what_is_erased_or_forgotten_can_still_be_given_back_and_once() {
    for forgotten in [false, true] {
        let stack = erasing().await;
        let dialtone = Dialtone::of(&stack);
        let (wallet, before) = (stack.wallet(), 100_000_000);
        stack.buys(&wallet).await;
        let placed = stack.calls(&wallet, CALLEE).await;
        let id = placed["call_id"].as_str().expect("an id").to_owned();
        stack.bland.finish_all();
        settled(&stack, &id).await;
        booked(&stack).await;
        if forgotten {
            stack.travel(31 * DAY);
            stack.dynamo.delete(&format!("CALL#{id}"), "CALL");
            for listed in holding(&stack, "CALLS#") {
                stack.dynamo.delete(listed["pk"].as_str().expect("a key"), listed["sk"].as_str().expect("a key"));
            }
        } else {
            dialtone.run(&["erase", "call", &id, "--because", "test", "--yes"]).await.ends(0);
        }
        let refund = ["refund", &payment_of(&stack), "--because", "our mistake", "--yes"];
        dialtone.run(&refund).await.ends(0).says(&["It is owed now"]);
        dialtone.run(&refund).await.ends(1).says(&["It goes back already"]);
        for _ in 0..3 {
            stack.travel(MINUTE);
            stack.sweep().await;
        }
        dialtone.run(&refund).await.ends(1).says(&["It goes back already"]);
        assert_eq!(stack.chain.balance(wallet.address()), before - 5_000_000, "the number alone is paid for");
        let back = holding(&stack, "\"file\":\"refunds\"");
        assert_eq!(back.len(), 1, "{back:#?}");
    }
}

#[tokio::test]
async fn what_fails_with_one_call_of_a_person_keeps_none_of_the_others_nor_their_names_at_the_dialler() {
    let stack = erasing().await;
    let dialtone = Dialtone::of(&stack);
    let mut ids = [talked(&stack, CALLEE).await, talked(&stack, CALLEE).await];
    ids.sort_unstable();
    // Nothing may be erased at the dialler; and of the second call it says nothing at all.
    stack.bland.faults().nth("DELETE *", 2, harness::sim::Fault::Drop);
    let erase = ["erase", "destination", CALLEE, "--because", "test", "--yes", "--json"];
    let told = dialtone.run(&erase).await.ends(1).json();
    assert_eq!((&told["erased"], told["kept"].as_array().map(Vec::len)), (&json!(1), Some(1)), "{told}");
    let why = told["kept"][0]["why"].as_str().expect("why");
    assert!(told["kept"][0]["call"] == ids[1].as_str() && why.contains("nothing was erased"), "{told}");
    let theirs = |told: &Value| {
        let said = told["dialler"].as_array().cloned().unwrap_or_default();
        let calls = stack.bland.calls().into_iter().map(|call| call.id);
        let named: Vec<_> = calls.filter(|id| said.iter().any(|said| said.to_string().contains(id.as_str()))).collect();
        assert_eq!((said.len(), named.len()), (1, 1), "{told}");
        named
    };
    let first = theirs(&told);
    let told = dialtone.run(&erase).await.ends(0).json();
    assert_eq!((&told["erased"], &told["kept"]), (&json!(1), &json!([])), "{told}");
    assert_ne!(theirs(&told), first, "each is named once");
    assert_eq!(naming(&stack, CALLEE), 0, "{:#?}", holding(&stack, CALLEE));
}

#[tokio::test]
async fn a_number_that_is_erased_stands_in_no_list_that_was_bought_and_in_nothing_that_is_counted() {
    for by_number in [true, false] {
        let stack = erasing().await;
        let dialtone = Dialtone::of(&stack);
        let (wallet, other) = (stack.wallet(), "+12125550142");
        stack.buys(&wallet).await;
        let mut ids = Vec::new();
        for to in [CALLEE, other] {
            let placed = stack.calls(&wallet, to).await;
            ids.push(placed["call_id"].as_str().expect("an id").to_owned());
            stack.bland.finish_all();
            settled(&stack, &ids[ids.len() - 1]).await;
        }
        booked(&stack).await;
        let list =
            || stack.post("/api/v1/voice/calls/list").header("idempotency-key", "all").body(&json!({})).pay(&wallet);
        let before = list().await.answer.expect(200).json();
        assert!(before.to_string().contains(CALLEE));
        let target = if by_number { ["destination", CALLEE] } else { ["call", ids[0].as_str()] };
        let erase = ["erase", target[0], target[1], "--because", "test", "--yes"];
        dialtone.run(&erase).await.ends(0).says(&["35 days"]);
        let again = list().await.answer.expect(200).json();
        let expected = before.to_string().replace(CALLEE, "+12135550100");
        assert_eq!(again.to_string(), expected, "the list as it was, but for the number");
        assert_eq!(naming(&stack, CALLEE), 0, "{:#?}", holding(&stack, CALLEE));
        assert!(naming(&stack, other) >= 4, "the other person's stay");
        // How often it was called is counted for two days after the last call.
        stack.travel(3 * DAY);
        let counted = holding(&stack, CALLEE);
        let now = harness::sim::Clock::wall().seconds();
        assert!(counted.iter().all(|row| row["ttl"].as_i64().is_some_and(|ttl| ttl < now)), "{counted:#?}");
    }
}

#[tokio::test]
async fn a_person_is_erased_from_what_outlives_the_call() {
    let stack = erasing().await;
    let dialtone = Dialtone::of(&stack);
    let id = talked(&stack, CALLEE).await;
    // The table has taken the call's own item before its place in the list.
    stack.dynamo.delete(&format!("CALL#{id}"), "CALL");
    assert!(naming(&stack, CALLEE) >= 3);
    dialtone
        .run(&["erase", "destination", CALLEE, "--because", "test", "--yes"])
        .await
        .ends(0)
        .says(&["Calls erased: 1."]);
    assert_eq!(naming(&stack, CALLEE), 0, "{:#?}", holding(&stack, CALLEE));
    assert!(holding(&stack, "CALLS#").is_empty() && holding(&stack, "SAID#").is_empty());
}

#[tokio::test]
async fn an_erasure_that_was_begun_lets_no_hold_come_in_between() {
    let stack = erasing().await;
    let dialtone = Dialtone::of(&stack);
    let id = talked(&stack, CALLEE).await;
    stack.bland.set_may_erase(true);
    let faults = stack.bland.faults();
    faults.once("DELETE *", harness::sim::Fault::Hang);
    let erase = ["erase", "call", &id, "--because", "test", "--yes"];
    let held = async {
        faults.arrived("DELETE *", 1).await;
        let hold = ["hold", "call", &id, "--because", "case 7", "--yes"];
        dialtone.run(&hold).await.ends(1).says(&["An erasure of it was begun"]);
        faults.release();
    };
    let (erased, ()) = futures_util::future::join(dialtone.run(&erase), held).await;
    erased.ends(0).says(&["It is erased."]);
    assert_eq!(naming(&stack, CALLEE), 0);
}

#[tokio::test]
async fn an_erasure_and_a_hold_that_were_interrupted_are_done_whole_when_they_are_done_again() {
    use harness::sim::Fault::{HaltAfter, HaltBefore};
    let stack = erasing().await;
    let dialtone = Dialtone::of(&stack);
    let (kept, erased) = (talked(&stack, "+12125550142").await, talked(&stack, CALLEE).await);
    let faults = stack.dynamo.faults();
    // The call is held, and what was said in it not yet.
    let halts = faults.halts();
    faults.once("TransactWriteItems", HaltAfter);
    let hold = ["hold", "call", &kept, "--because", "case 7", "--yes"];
    dialtone.killed(&hold, faults.halted(halts + 1)).await;
    faults.release();
    let said =
        |id: &str| stack.dynamo.items_of(&format!("CALL#{id}")).into_iter().filter(|item| item["sk"]["S"] != "CALL");
    assert!(call_row(&stack, &kept)["ttl"].is_null() && said(&kept).all(|part| part.contains_key("ttl")));
    dialtone.run(&hold).await.ends(0).says(&["held already"]);
    assert!(said(&kept).count() > 0 && said(&kept).all(|part| !part.contains_key("ttl")));
    // The call is gone, and what was said in it not yet.
    let halts = faults.halts();
    faults.nth("TransactWriteItems", 2, HaltBefore);
    let erase = ["erase", "call", &erased, "--because", "test", "--yes"];
    dialtone.killed(&erase, faults.halted(halts + 1)).await;
    faults.release();
    assert!(stack.dynamo.row(&format!("CALL#{erased}"), "CALL").is_none() && said(&erased).count() > 0);
    dialtone.run(&erase).await.ends(0).says(&["It is erased."]);
    assert_eq!((said(&erased).count(), naming(&stack, CALLEE)), (0, 0));
}
