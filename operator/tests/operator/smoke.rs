//! `dialtone smoke`: a real payment, which proves that a deployment sells; and the troubles that it
//! has to tell.

use harness::sim::Fault;
use harness::{Stack, Wallet};

use crate::fixture::{Dialtone, Said, functions};

const LIST: u64 = 1_000;

/// The command, with the wallet's key on its standard input.
async fn smoke(dialtone: &Dialtone, stack: &Stack, wallet: &Wallet, more: &[&str]) -> Said {
    let arguments = [&["smoke", "--yes", "--wallet-key", "-", "--url", &stack.urls.gateway], more].concat();
    let said = dialtone.told(&arguments, &wallet.secret()).await;
    let key = wallet.secret();
    let bare = key.trim_start_matches("0x");
    assert!(!said.out.contains(bare) && !said.err.contains(bare), "the key was said");
    said
}

#[tokio::test]
async fn a_deployment_that_sells_is_proven_by_a_list_that_was_paid_for() {
    let stack = Stack::start(functions()).await;
    let wallet = stack.wallet();
    let said = smoke(&Dialtone::of(&stack), &stack, &wallet, &[]).await.ends(0);
    said.says(&["402", "signed", "paid", "the wallet has 0 numbers", "It sells: paid, settled and answered."]);
    assert_eq!(stack.earned(), LIST);
    // It finds its payment as any other.
    let proof = smoke(&Dialtone::of(&stack), &stack, &wallet, &["--json"]).await.ends(0).json();
    let payment = proof["payments"][0]["payment"].as_str().expect("a payment");
    Dialtone::of(&stack).run(&["payment", payment]).await.ends(0).says(&["paid and delivered"]);
    assert_eq!(stack.earned(), 2 * LIST);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_with_the_same_signature_and_paid_once() {
    let stack = Stack::start(functions()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    stack.dynamo.faults().once("TransactWriteItems", Fault::LoseAnswer);
    smoke(&Dialtone::of(&stack), &stack, &wallet, &[]).await.ends(0).says(&["It sells"]);
    assert_eq!(stack.earned(), LIST);
}

#[tokio::test]
async fn nothing_is_signed_for_another_payee_and_nothing_is_paid_with_nothing() {
    let stack = Stack::start(functions()).await;
    let wallet = stack.wallet();
    let other = Dialtone::of(&stack).with("EVM_PAYEE", Some("0x00000000000000000000000000000000000000AA"));
    let said = smoke(&other, &stack, &wallet, &[]).await.ends(2);
    assert!(
        said.err.contains("not this deployment's payee") && said.err.contains("Nothing was signed"),
        "{}",
        said.err
    );
    let poor = stack.wallet_with(LIST - 1);
    let said = smoke(&Dialtone::of(&stack), &stack, &poor, &[]).await.ends(2);
    assert!(said.err.contains("answered 402"), "{}", said.err);
    let paused = Dialtone::of(&stack);
    paused.run(&["pause", "--all", "--because", "a test", "--yes"]).await.ends(0);
    let said = smoke(&paused, &stack, &wallet, &[]).await.ends(2);
    assert!(said.err.contains("selling_paused"), "{}", said.err);
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn nothing_is_bought_before_the_operator_has_said_yes() {
    let stack = Stack::start(functions()).await;
    let wallet = stack.wallet();
    let arguments = ["smoke", "--wallet-key", "-", "--url", &stack.urls.gateway];
    let dialtone = Dialtone::of(&stack);
    let said = dialtone.told(&arguments, &wallet.secret()).await.ends(2);
    assert!(said.err.contains("if that is meant, say --yes"), "{}", said.err);
    let said = dialtone.told(&arguments, "hunter2").await.ends(2);
    assert!(said.err.contains("not a private key") && !said.err.contains("hunter2"), "{}", said.err);
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn a_deployment_whose_payee_is_not_known_is_not_paid_and_an_api_without_one_is_paid_only_knowingly() {
    let stack = Stack::start(functions()).await;
    let wallet = stack.wallet();
    for (name, value) in [("EVM_PAYEE", Some("0x12")), ("EVM_PAYEE", None), ("PAYMENT_NETWORKS", Some("eip155:1"))] {
        let unknown = Dialtone::of(&stack).with(name, value);
        let said = smoke(&unknown, &stack, &wallet, &[]).await.ends(2);
        assert!(said.err.contains(name), "{name}: {}", said.err);
    }
    // No deployment is meant: the operator reads who is paid before he says yes.
    let bare = Dialtone::bare(&stack);
    let arguments = ["smoke", "--wallet-key", "-", "--url", &stack.urls.gateway];
    let said = bare.told(&arguments, &wallet.secret()).await.ends(2);
    let payee = &stack.deployment.functions["numbers_buy"].environment["EVM_PAYEE"];
    for part in [payee.as_str(), "eip155:84532", "$0.001", "say --yes"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    assert_eq!(stack.earned(), 0);
    smoke(&bare, &stack, &wallet, &[]).await.ends(0);
    assert_eq!(stack.earned(), LIST);
}
