//! `dialtone down`: only what is meant is deleted, and nothing that is still owed.

use harness::Stack;
use harness::template::STACK;

use crate::fixture::functions;
use crate::stack::account;

#[tokio::test]
async fn a_stack_is_deleted_after_its_name_was_typed_and_what_stays_is_said() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    let unasked = dialtone.run(&["down", "--yes"]).await.ends(2);
    assert!(unasked.err.contains("Type its name"), "{}", unasked.err);
    let other = dialtone.run(&["down", "--name", "dialtone"]).await.ends(2);
    assert!(other.err.contains("another name"), "{}", other.err);
    assert!(cloud.has(STACK));
    let said = dialtone.run(&["down", "--name", STACK]).await.ends(0);
    said.says(&[
        "is gone. This stays",
        "the table",
        "delete-table",
        "numbers at Twilio",
        "$0.00",
        "the bucket dialtone-",
    ]);
    assert!(!cloud.has(STACK));
    // Whatever of it still runs sells nothing.
    assert!(stack.dynamo.rows().iter().any(|row| row["pk"] == "CONTROL"), "selling is not paused");
}

#[tokio::test]
async fn a_stack_with_a_leased_number_is_kept_unless_its_wallet_may_lose_it() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    stack.buys(&stack.wallet()).await;
    let before = stack.dynamo.rows();
    let said = dialtone.run(&["down", "--name", STACK]).await.ends(1);
    said.says(&["It is not deleted", "1 number leased", "--leased-numbers"]);
    assert_eq!(stack.dynamo.rows(), before, "a stack that was kept was changed");
    assert!(cloud.has(STACK));
    dialtone.run(&["down", "--name", STACK, "--leased-numbers"]).await.ends(0).says(&["1 number at Twilio", "$1.15"]);
    assert!(!cloud.has(STACK));
}
