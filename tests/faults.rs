//! A paid request in which one thing goes wrong: each request that it makes to a neighbour, DynamoDB included, in turn, is
//! refused before its effect, loses its answer after it, or is cut. Then the client repeats its header, as it is told to.
//!
//! What has to hold is what the audit of every world holds: whatever was paid was granted once and whatever was granted
//! was paid once, whatever the carrier bills is in the table, and whatever was dialled is known. Here it is held besides
//! that 402 was true, and that one payment bought one thing.

use harness::sim::Fault;
use harness::wallet::Payment;
use harness::{Neighbour, Stack, Wallet, binaries};
use http::Method;
use serde_json::{Value, json};

/// A paid request, and what a world needs to be ready for it.
#[derive(Clone, Copy, Debug)]
enum Scenario {
    BuyFromTheCarrier,
    BuyFromThePool,
    Renew,
    List,
    Call,
}

const BUY: &str = "/api/v1/phone/numbers/buy";

impl Scenario {
    async fn ready(self, stack: &Stack, wallet: &Wallet) -> (&'static str, Value) {
        match self {
            Self::BuyFromTheCarrier => (BUY, json!({})),
            Self::BuyFromThePool => {
                stack.twilio.hold("+14155550190", "bought by hand");
                stack.sweep().await;
                stack.sweep().await;
                (BUY, json!({}))
            }
            Self::Renew => ("/api/v1/phone/numbers/renew", json!({"phone_number": bought(stack, wallet).await})),
            Self::List => ("/api/v1/phone/numbers/list", json!({})),
            Self::Call => {
                bought(stack, wallet).await;
                ("/api/v1/voice/call", json!({"to": "+12133610872", "task": "Confirm the reservation for two."}))
            }
        }
    }
}

async fn bought(stack: &Stack, wallet: &Wallet) -> Value {
    let number = stack.post(BUY).body(&json!({})).pay(wallet).await.answer.expect(200).json();
    number.get("phone_number").cloned().unwrap_or_default()
}

fn faults() -> [Fault; 3] {
    [Fault::Overload, Fault::LoseAnswer, Fault::Drop]
}

/// Runs the scenario with the `nth` request to a neighbour failing. Returns how many requests to it there were.
async fn run(scenario: Scenario, neighbour: Neighbour, nth: u64, fault: Fault) -> u64 {
    let what = format!("{scenario:?}: request {nth} to {neighbour:?} meets {fault:?}");
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let (path, body) = scenario.ready(&stack, &wallet).await;
    let payment = wallet.signs(&stack.post(path).body(&body).demand().await);
    let earned = stack.earned();

    let faults = stack.faults_of(neighbour);
    faults.reset_counts();
    faults.nth("*", nth, fault);
    let mut answers = vec![stack.post(path).body(&body).paid_with(&payment).send().await.status.as_u16()];
    let requests = faults.count("*");
    faults.clear();

    // What is unknown is repeated with the same header, and somebody comes by in between.
    while matches!(answers.last(), Some(409 | 500 | 502 | 503)) && answers.len() < 4 {
        answers.push(stack.post(path).body(&body).paid_with(&payment).send().await.status.as_u16());
        stack.travel(std::time::Duration::from_mins(2));
        stack.sweep().await;
    }
    // A call that rings while its payment is unknown is a 200 that is paid for later.
    stack.travel(std::time::Duration::from_mins(2));
    stack.sweep().await;
    let paid = stack.earned() - earned;
    assert!(paid <= price(&payment), "{what}: paid twice, {answers:?}");
    if answers.contains(&402) {
        assert_eq!(paid, 0, "{what}: a 402 for a payment that was taken, {answers:?}");
    }
    if answers.contains(&200) {
        assert_eq!(paid, price(&payment), "{what}: {answers:?}");
    }
    assert!(
        answers.iter().all(|status| matches!(status, 200 | 402 | 409 | 429 | 500 | 502 | 503)),
        "{what}: {answers:?}"
    );
    requests
}

fn price(payment: &Payment) -> u64 {
    payment.authorization().value.try_into().unwrap_or(u64::MAX)
}

/// Each request to each neighbour, with each fault.
async fn everything_fails_in_turn(scenario: Scenario) {
    let mut runs = 0;
    for neighbour in Neighbour::ALL {
        for fault in faults() {
            let mut nth = 1;
            // The count of a run in which the first request failed may be short; each further run tells anew.
            while nth <= run(scenario, neighbour, nth, fault.clone()).await {
                nth += 1;
                runs += 1;
            }
        }
    }
    assert!(runs >= 9, "{scenario:?}: only {runs} requests were made to fail");
}

#[tokio::test]
async fn a_purchase_from_the_carrier_survives_any_one_fault() {
    everything_fails_in_turn(Scenario::BuyFromTheCarrier).await;
}

#[tokio::test]
async fn a_purchase_from_the_pool_survives_any_one_fault() {
    everything_fails_in_turn(Scenario::BuyFromThePool).await;
}

#[tokio::test]
async fn a_renewal_survives_any_one_fault() {
    everything_fails_in_turn(Scenario::Renew).await;
}

#[tokio::test]
async fn a_list_survives_any_one_fault() {
    everything_fails_in_turn(Scenario::List).await;
}

#[tokio::test]
async fn a_call_survives_any_one_fault() {
    everything_fails_in_turn(Scenario::Call).await;
}

#[tokio::test]
async fn a_process_that_is_killed_at_work_leaves_nothing_undone() {
    for (neighbour, request) in [
        (Neighbour::Twilio, "POST */IncomingPhoneNumbers.json"),
        (Neighbour::Bland, "POST /v1/inbound/insert"),
        (Neighbour::Facilitator, "POST */settle"),
        (Neighbour::Dynamo, "TransactWriteItems"),
    ] {
        let stack = Stack::start(binaries!()).await;
        let wallet = stack.wallet();
        let payment = wallet.signs(&stack.request(Method::POST, BUY).demand().await);
        // Applied, and never answered: the function dies while it waits.
        stack.faults_of(neighbour).once(request, Fault::Stall);
        let before = stack.faults_of(neighbour).count(request);
        let buying = stack.post(BUY).body(&json!({})).paid_with(&payment).send();
        let killing = async {
            stack.faults_of(neighbour).arrived(request, before + 1).await;
            stack.lambda.kill("numbers_buy");
        };
        let (answer, ()) = futures_util::future::join(buying, killing).await;
        assert_eq!(answer.status.as_u16(), 500, "{request}");
        stack.faults_of(neighbour).release();
        stack.faults_of(neighbour).clear();

        stack.travel(std::time::Duration::from_mins(2));
        stack.sweep().await;
        let again = stack.post(BUY).body(&json!({})).paid_with(&payment).send().await;
        again.expect(200);
        assert_eq!(stack.earned(), 5_000_000, "{request}");
    }
}
