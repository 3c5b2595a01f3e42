//! What is kept of calls: erased, and held.

use harness::Stack;
use serde_json::{Value, json};

use crate::fixture::{CALL, CALLEE, DAY, Dialtone, MINUTE, functions};

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

/// What names a callee and is not counted for a day or two.
fn naming(stack: &Stack, number: &str) -> usize {
    let counts = |row: &Value| row["pk"].as_str().is_some_and(|key| key.starts_with("LIMIT#"));
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
    let sales = holding(&stack, "+12135550100");
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
    dialtone.run(&["hold", "call", id, "--off", "--because", "test", "--yes"]).await.ends(0).says(&["held no longer"]);
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
