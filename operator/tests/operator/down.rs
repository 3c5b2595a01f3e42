//! `dialtone down`: only what is meant is deleted, and nothing that is still owed.

use harness::Stack;
use harness::sim::Fault;
use harness::template::STACK;
use serde_json::json;

use crate::fixture::{BUY, functions, world};
use crate::stack::account;

#[tokio::test]
async fn a_stack_is_deleted_after_its_name_was_typed_and_what_stays_is_said() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    let unasked = dialtone.run(&["down", "--yes"]).await.ends(2);
    assert!(unasked.err.contains("Type its name"), "{}", unasked.err);
    let other = dialtone.run(&["down", "--grace", "0", "--name", "dialtone"]).await.ends(2);
    assert!(other.err.contains("another name"), "{}", other.err);
    assert!(cloud.has(STACK));
    let said = dialtone.run(&["down", "--grace", "0", "--name", STACK]).await.ends(0);
    said.says(&[
        "is gone, and its logs with it. This stays",
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
    let said = dialtone.run(&["down", "--grace", "0", "--name", STACK]).await.ends(1);
    said.says(&["It is not deleted", "1 number leased", "--leased-numbers"]);
    assert_eq!(stack.dynamo.rows(), before, "a stack that was kept was changed");
    assert!(cloud.has(STACK));
    dialtone
        .run(&["down", "--grace", "0", "--name", STACK, "--leased-numbers"])
        .await
        .ends(0)
        .says(&["1 number at Twilio", "$1.15"]);
    assert!(!cloud.has(STACK));
}

#[tokio::test]
async fn what_is_sold_while_selling_is_paused_is_counted_again() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    // The pause is on its way while a request that was let in before sells a number.
    stack.dynamo.faults().once("TransactWriteItems", Fault::Hang);
    let arguments = ["down", "--grace", "0", "--name", STACK];
    let (said, ()) = tokio::join!(dialtone.run(&arguments), async {
        stack.dynamo.faults().arrived("TransactWriteItems", 1).await;
        stack.buys(&stack.wallet()).await;
        stack.dynamo.faults().release();
    });
    said.ends(1).says(&["It is not deleted", "1 number leased", "Selling stays paused; `dialtone resume`"]);
    assert!(cloud.has(STACK));
    let refused = stack.post(BUY).pay(&stack.wallet()).await.answer;
    refused.refused(503, "selling_paused");
}

#[tokio::test]
async fn a_stack_that_cannot_be_deleted_is_said_to_sell_nothing() {
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    let down = ["down", "--grace", "0", "--name", STACK];
    cloud.faults().once("DeleteStack", Fault::Overload);
    let said = dialtone.run(&down).await.ends(2);
    assert!(said.err.contains("Rate exceeded") && said.err.contains("Selling stays paused"), "{}", said.err);
    cloud.fails(STACK, "the bucket is in use");
    let said = dialtone.run(&down).await.ends(2);
    assert!(
        said.err.contains("Books: the bucket is in use") && said.err.contains("aws cloudformation delete-stack"),
        "{}",
        said.err
    );
}

#[tokio::test]
async fn money_and_books_that_stay_are_said() {
    let stack = world().start().await;
    let (cloud, dialtone) = account(&stack).await;
    cloud.has_a(STACK, ["AWS::S3::Bucket", "Books", "dialtone-books"]);
    cloud.has_a(STACK, ["AWS::KMS::Key", "RefundKey", "key-1"]);
    cloud.has_a(STACK, ["AWS::KMS::Key", "CanaryKey", "key-2"]);
    cloud.has_a(STACK, ["AWS::IAM::ManagedPolicy", "OperatorPolicy", "arn:aws:iam::000000000000:policy/operators"]);
    stack.buys(&stack.wallet()).await;
    let said = dialtone.run(&["down", "--grace", "0", "--name", STACK, "--leased-numbers"]).await.ends(0);
    said.says(&[
        "the bucket dialtone-books, with the books",
        "in the refund wallet 0x",
        "on eip155:84532",
        "OnlyTheRefundsSign",
        "schedule-key-deletion --key-id key-1",
        "cancel-key-deletion --key-id key-2",
        "delete-policy --policy-arn arn:aws:iam::000000000000:policy/operators",
        "which are in the table alone",
        "dialtone --table table books --month",
    ]);
}

#[tokio::test]
async fn credit_that_wallets_have_not_spent_keeps_a_stack() {
    // Credit out of nothing: the audit would miss what it was given for.
    let stack = Stack::start(functions()).await;
    let (cloud, dialtone) = account(&stack).await;
    let down = ["down", "--grace", "0", "--name", STACK];
    let wallet = format!("WALLET#{}", stack.wallet().caip10(stack.network()));
    let item = json!({"pk": {"S": wallet}, "sk": {"S": "WALLET"}, "credit": {"N": "540000"}});
    stack.dynamo.put(item.as_object().expect("an item"));
    dialtone.run(&down).await.ends(1).says(&["$0.54 of credit that wallets have not spent", "--unfinished-sales"]);
    assert!(cloud.has(STACK));
    stack.dynamo.delete(&wallet, "WALLET");
    dialtone.run(&down).await.ends(0);
}
