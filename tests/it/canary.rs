//! The canary buys from us as a customer does, with its own money, and says what came of it.

use harness::sim::{Answer, Fault};
use harness::{Neighbour, Stack, binaries};
use serde_json::json;
use shared::invocation::Invocation;

use crate::telemetry::Log;

const CENT: u64 = 10_000;

/// A world with a canary, whose wallet holds this much.
async fn with(micros: u64) -> Stack {
    let stack = Stack::builder(binaries!()).parameter("Canary", "on").start().await;
    stack.ledger.mint(stack.canary_wallet.expect("a wallet"), micros);
    stack
}

/// How it ends, what it says why, and whether it is counted as failed and as unfunded.
async fn wakes(stack: &Stack) -> (String, String, u64, u64) {
    let report = stack.invoke("canary", &json!({})).await;
    let log = Log::of(stack).await;
    let last = |name| *log.all(name, &[("function", "canary")]).last().expect("counted");
    let word = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
    (word("sells"), word("why"), last("CanaryFailed"), last("CanaryUnfunded"))
}

fn sold() -> (String, String, u64, u64) {
    ("sold".to_owned(), String::new(), 0, 0)
}

/// How many purchases may differ between then and now: each is of five minutes of the machine's
/// clock.
fn purchases(began: i64) -> u64 {
    (term() - began).unsigned_abs() + 1
}

fn term() -> i64 {
    Invocation::begin().now.as_second().div_euclid(300)
}

#[tokio::test]
async fn it_buys_a_list_at_the_public_address_and_once_however_often_it_is_woken() {
    let stack = with(CENT).await;
    let began = term();
    for _ in 0..3 {
        assert_eq!(wakes(&stack).await, sold());
    }
    assert!((1_000..=1_000 * purchases(began)).contains(&stack.earned()));
    assert_eq!(stack.ledger.balance(stack.canary_wallet.expect("a wallet")) + stack.earned(), CENT);
}

#[tokio::test]
async fn an_answer_that_is_lost_on_its_way_is_asked_for_again_and_paid_once() {
    for fault in [Fault::LoseAnswer, Fault::Truncate, Fault::Refuse(Answer::html(503))] {
        let stack = with(CENT).await;
        let began = term();
        stack.facilitator.faults().once("POST */settle", fault.clone());
        assert_eq!(wakes(&stack).await, sold(), "{fault:?}");
        assert!((1_000..=1_000 * purchases(began)).contains(&stack.earned()), "{fault:?}");
    }
}

#[tokio::test]
async fn an_empty_wallet_is_told_apart_from_a_shop_that_does_not_sell() {
    for rpc in [true, false] {
        let builder = Stack::builder(binaries!()).parameter("Canary", "on");
        let stack = if rpc { builder } else { builder.without_rpc() }.start().await;
        let (sells, why, failed, unfunded) = wakes(&stack).await;
        assert_eq!((sells.as_str(), failed, unfunded), ("unfunded", 0, 1), "{why}");
        assert!(why.contains("402") && why.contains("insufficient"), "{why}");
    }
}

#[tokio::test]
async fn a_pause_by_an_operator_is_not_a_failure() {
    let stack = with(CENT).await;
    let control = json!({"pk": {"S": "CONTROL"}, "sk": {"S": "CONTROL"}, "paused": {"S": "all"}});
    stack.dynamo.put(control.as_object().expect("an item"));
    let (sells, why, failed, unfunded) = wakes(&stack).await;
    assert_eq!((sells.as_str(), failed, unfunded), ("paused", 0, 0), "{why}");
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn what_a_customer_would_suffer_is_a_failure() {
    type Hurt = fn(&Stack);
    let hurts: [(Hurt, &str); 3] = [
        (|stack| stack.facilitator.faults().always("POST */settle", Fault::Drop), "answered 503"),
        (|stack| stack.dynamo.faults().always("*", Fault::Overload), "answered 50"),
        (|stack| stack.kms.faults().always("*", Fault::Refuse(denied())), "its key: the key store refused"),
    ];
    for (hurt, said) in hurts {
        let stack = with(CENT).await;
        hurt(&stack);
        let (sells, why, failed, unfunded) = wakes(&stack).await;
        assert_eq!((sells.as_str(), failed, unfunded), ("failed", 1, 0), "{why}");
        assert!(why.contains(said), "{why}");
        assert_eq!(stack.earned(), 0, "{why}");
        for neighbour in Neighbour::ALL {
            stack.faults_of(neighbour).clear();
        }
    }
}

fn denied() -> Answer {
    Answer::json(400, &json!({"__type": "AccessDeniedException", "message": "not authorized"}))
}

#[tokio::test]
async fn it_signs_for_the_payee_of_its_deployment_alone() {
    let other = "0x00000000000000000000000000000000000000aa";
    let stack =
        Stack::builder(binaries!()).parameter("Canary", "on").variable_of("canary", "EVM_PAYEE", other).start().await;
    let wallet = stack.canary_wallet.expect("a wallet");
    stack.ledger.mint(wallet, CENT);
    let (sells, why, failed, _) = wakes(&stack).await;
    assert_eq!((sells.as_str(), failed), ("failed", 1));
    assert!(why.contains("not this deployment's payee"), "{why}");
    assert_eq!((stack.ledger.balance(wallet), stack.kms.signed()), (CENT, 0));
}

#[tokio::test]
async fn it_is_not_there_unless_it_is_wanted() {
    let stack = with(0).await;
    let wakes = |stack: &Stack| stack.deployment.schedules.iter().filter(|it| it.function == "canary").count();
    assert_eq!(wakes(&stack), 1);

    let stack = Stack::start(binaries!()).await;
    assert_eq!((wakes(&stack), stack.canary_wallet), (0, None));
    let report = stack.invoke("canary", &json!({})).await;
    assert_eq!(report, json!({"sells": "failed", "why": "it has no key: Canary=on makes one"}));
}
