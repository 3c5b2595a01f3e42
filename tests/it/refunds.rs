//! The refunds: what was paid for a call that failed, or for nothing at all, goes back once.

mod credit;
mod last;
mod slow;
mod strays;

use std::ops::Deref;
use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALL_PRICE};
use harness::{Neighbour, Stack, Wallet, binaries};
use serde_json::{Value, json};

const FLOAT: u64 = 50_000_000;
const MINUTE: Duration = Duration::from_mins(1);

/// A wallet with a number, in a world that the test goes on to hurt.
struct Caller {
    stack: Stack,
    wallet: Wallet,
}

impl Caller {
    async fn new() -> Self {
        Self::within(Stack::start(binaries!()).await).await
    }

    async fn within(stack: Stack) -> Self {
        let wallet = stack.wallet_with(20_000_000);
        // From here on the chain is watched.
        stack.sweep().await;
        stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
        Self { stack, wallet }
    }

    async fn calls(&self) -> Value {
        // The dialler takes one call to a number in ten seconds, and a wallet calls one three times
        // in an hour.
        self.stack.travel(Duration::from_secs(15));
        let to = format!("+1213361{:04}", 872 + self.stack.bland.calls().len());
        let body = json!({"to": to, "task": "Confirm the reservation for two."});
        self.stack.post(CALL).body(&body).pay(&self.wallet).await.answer.expect(200).json()
    }

    /// A call that the dialler cannot place, and that is known to have ended so.
    async fn fails(&self) -> Value {
        self.stack.bland.script_next(Script::PreQueueError);
        let call = self.calls().await;
        self.ends(&call).await;
        call
    }

    async fn ends(&self, call: &Value) {
        self.stack.bland.finish_all();
        self.stack.travel(Duration::from_secs(30));
        self.stack.poll(call).await;
        self.stack.travel(Duration::from_secs(61));
        assert_eq!(self.stack.poll(call).await["refund"]["status"], "due");
    }

    fn money(&self) -> u64 {
        self.stack.chain.balance(self.wallet.address())
    }

    fn paid_back(&self) -> u64 {
        FLOAT - self.stack.chain.balance(self.stack.refund_wallet)
    }

    /// Much later, and the reaper has come by more than once.
    async fn later(&self, minutes: u32) {
        self.stack.travel(MINUTE * minutes.saturating_sub(12));
        for _ in 0..2 {
            self.stack.travel(6 * MINUTE);
            self.stack.sweep().await;
        }
    }
}

fn request() -> Value {
    json!({"to": "+12133610872", "task": "Confirm the reservation for two."})
}

fn refund(call: &Value) -> (&Value, &Value) {
    (&call["refund"]["status"], &call["refund"]["transaction"])
}

#[tokio::test]
async fn a_call_that_failed_is_paid_back_to_who_paid_it() {
    let caller = Caller::new().await;
    let before = caller.money();
    let call = caller.fails().await;
    assert_eq!(caller.money(), before - CALL_PRICE);
    caller.stack.sweep().await;
    let shown = caller.stack.poll(&call).await;
    assert_eq!(
        (&shown["ended_by"], &shown["charged"], &shown["refund"]["status"]),
        (&json!("ERROR"), &json!(false), &json!("refunded"))
    );
    let transaction = shown["refund"]["transaction"].as_str().expect("a transaction").parse().expect("a hash");
    assert!(caller.stack.chain.transaction(transaction).expect("on the chain").success);
    assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE));
    caller.stack.minutes(3).await;
    assert_eq!(caller.paid_back(), CALL_PRICE);
}

#[tokio::test]
async fn a_failed_call_that_the_sweep_itself_finds_settled_is_paid_back_by_the_next_sweep() {
    let caller = Caller::new().await;
    let before = caller.money();
    caller.stack.bland.script_next(Script::PreQueueError);
    let call = caller.calls().await;
    caller.stack.bland.finish_all();
    caller.stack.travel(Duration::from_secs(30));
    caller.stack.poll(&call).await;
    caller.stack.travel(Duration::from_secs(61));
    caller.stack.sweep().await;
    caller.stack.sweep().await;
    assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE));
}

#[tokio::test]
async fn a_call_that_went_well_is_not_paid_back_whatever_the_dialler_says_came_after() {
    let caller = Caller::new().await;
    caller.stack.bland.script_next(Script::CompleteError);
    let call = caller.calls().await;
    caller.stack.bland.finish_all();
    caller.later(20).await;
    let shown = caller.stack.poll(&call).await;
    assert_eq!((&shown["ended_by"], &shown["charged"], &shown["refund"]), (&json!("USER"), &json!(true), &Value::Null));
    assert_eq!(caller.paid_back(), 0);
}

#[tokio::test]
async fn a_refund_whose_outcome_is_unknown_is_sent_again_and_moves_money_once() {
    for (fault, with_node) in [
        (Fault::LoseAnswer, true),
        (Fault::LoseAnswer, false),
        (Fault::Refuse(Answer::html(502)), true),
        (Fault::Refuse(Answer::html(502)), false),
        (Fault::Drop, true),
        (Fault::Truncate, false),
    ] {
        let what = format!("{fault:?}, with a node: {with_node}");
        let builder = Stack::builder(binaries!());
        let builder = if with_node { builder } else { builder.without_rpc() };
        let caller = Caller::within(builder.start().await).await;
        let before = caller.money();
        let call = caller.fails().await;
        caller.stack.facilitator.faults().once("POST */settle", fault);
        caller.stack.minutes(4).await;
        assert_eq!(caller.stack.poll(&call).await["refund"]["status"], "refunded", "{what}");
        assert_eq!((caller.money(), caller.paid_back()), (before, CALL_PRICE), "{what}");
    }
}

#[tokio::test]
async fn what_is_not_known_to_have_been_sent_is_not_said_to_be_back() {
    // Used, and a node that could say by whom does not answer; not sent, and there is no node to
    // ask.
    for (with_node, reason) in
        [(true, "invalid_exact_evm_nonce_already_used"), (false, "invalid_exact_evm_transaction_simulation_failed")]
    {
        let builder = Stack::builder(binaries!());
        let builder = if with_node { builder } else { builder.without_rpc() };
        let caller = Caller::within(builder.start().await).await;
        let call = caller.fails().await;
        caller.stack.facilitator.decline_next(reason);
        caller.stack.chain.faults().always("*", Fault::Overload);
        caller.stack.sweep().await;
        assert_eq!((refund(&caller.stack.poll(&call).await).0, caller.paid_back()), (&json!("due"), 0), "{reason}");
        caller.stack.chain.faults().clear();
        caller.stack.minutes(4).await;
        assert_eq!((refund(&caller.stack.poll(&call).await).0, caller.paid_back()), (&json!("refunded"), CALL_PRICE));
    }
}

#[tokio::test]
async fn a_refund_that_was_sent_by_a_process_that_died_is_found_again() {
    let caller = Caller::new().await;
    let call = caller.fails().await;
    sent_by_who_dies(&caller).await;
    assert_eq!(caller.paid_back(), CALL_PRICE, "it was sent, and we do not know");
    caller.stack.minutes(3).await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
    assert_eq!(caller.paid_back(), CALL_PRICE);
}

/// Sends what is due, and dies before the answer comes.
async fn sent_by_who_dies(caller: &Caller) {
    let (stack, faults) = (&caller.stack, caller.stack.faults_of(Neighbour::Facilitator));
    stack.invoke("reaper", &json!({})).await;
    faults.reset_counts();
    faults.once("POST */settle", Fault::Late);
    let killer = async {
        faults.arrived("POST */settle", 1).await;
        assert!(stack.lambda.kill("refunds") > 0);
    };
    let event = json!({});
    let (died, ()) = tokio::join!(stack.deref().invoke("refunds", &event), killer);
    assert!(died.is_err());
    // Not before: a process that is being killed may still read an answer.
    faults.release();
    faults.settled().await;
}

#[tokio::test]
async fn a_refund_that_landed_weeks_before_anybody_asks_again_is_found() {
    let caller = Caller::new().await;
    let call = caller.fails().await;
    sent_by_who_dies(&caller).await;
    caller.stack.chain.faults().always("*", Fault::Refuse(Answer::html(503)));
    caller.stack.sweep().await;
    assert_eq!((caller.paid_back(), refund(&caller.stack.poll(&call).await).0), (CALL_PRICE, &json!("due")));
    caller.stack.travel(Duration::from_hours(20 * 24));
    caller.stack.chain.faults().clear();
    caller.stack.minutes(2).await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
    assert_eq!(caller.paid_back(), CALL_PRICE);
}

#[tokio::test]
async fn two_who_send_the_same_refund_at_once_pay_it_once() {
    let caller = Caller::new().await;
    let call = caller.fails().await;
    caller.stack.invoke("reaper", &json!({})).await;
    let event = json!({});
    let runs = (0..8).map(|_| caller.stack.invoke("refunds", &event));
    let reports = futures_util::future::join_all(runs).await;
    assert_eq!(reports.iter().filter(|report| report["refunded"] == 1).count(), 1, "{reports:?}");
    assert_eq!(caller.paid_back(), CALL_PRICE);
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
}

#[tokio::test]
async fn an_empty_refund_wallet_owes_until_it_is_filled() {
    let caller = Caller::new().await;
    let (stack, treasury) = (&caller.stack, caller.stack.refund_wallet);
    stack.chain.transfer(treasury, stack.wallet().address(), FLOAT).expect("it had that much");
    let before = caller.money();
    let call = caller.fails().await;
    caller.stack.minutes(5).await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "due");
    assert!(stack.lambda.logs().text().contains("\"alarm\":\"refund_wallet_empty\""));
    stack.chain.mint(treasury, FLOAT);
    caller.stack.minutes(11).await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
    assert_eq!(caller.money(), before);
}

#[tokio::test]
async fn a_key_of_ones_own_pays_back_too() {
    let own = Wallet::random();
    let stack = Stack::builder(binaries!()).variable_of("refunds", "REFUND_KMS_KEY", "").variable_of(
        "refunds",
        "REFUND_PRIVATE_KEY",
        &own.secret(),
    );
    let caller = Caller::within(stack.start().await).await;
    caller.stack.chain.mint(own.address(), FLOAT);
    let call = caller.fails().await;
    caller.stack.sweep().await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
    assert_eq!(caller.stack.chain.balance(own.address()), FLOAT - CALL_PRICE);
}

#[tokio::test]
async fn an_operator_can_ask_which_wallet_is_to_be_filled() {
    let stack = Stack::start(binaries!()).await;
    let answer = stack.invoke("refunds", &json!({"wallet": true})).await;
    assert_eq!(answer, json!({"wallet": stack.refund_wallet.to_checksum(None)}));
    let without = Stack::builder(binaries!()).variable_of("refunds", "REFUND_KMS_KEY", "").start().await;
    assert_eq!(without.invoke("refunds", &json!({"wallet": true})).await, json!({"wallet": null}));
}

#[tokio::test]
async fn a_key_store_that_fails_is_asked_again() {
    let caller = Caller::new().await;
    let call = caller.fails().await;
    caller.stack.kms.faults().times("*", 6, Fault::Overload);
    caller.stack.sweep().await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "due");
    caller.stack.minutes(4).await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
    assert_eq!(caller.paid_back(), CALL_PRICE);
}

#[tokio::test]
async fn more_than_a_days_budget_goes_back_all_the_same_and_an_operator_is_told() {
    let caller = Caller::new().await;
    let stack = &caller.stack;
    stack.chain.mint(stack.refund_wallet, FLOAT);
    let day = time_now() / 86_400;
    let spent = json!({"pk": {"S": format!("REFUNDED#{day}")}, "sk": {"S": "REFUNDED"}, "amount": {"N": "49999999"}});
    stack.dynamo.put(spent.as_object().expect("an item"));
    let call = caller.fails().await;
    stack.sweep().await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
    assert!(stack.lambda.logs().text().contains("\"alarm\":\"refund_budget\""));
}

#[expect(clippy::disallowed_methods, reason = "a day's sum is named after the day")]
fn time_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
}

/// Submits a signed payment that we refused, as any stranger may who has seen it.
fn submitted(stack: &Stack, payment: &harness::wallet::Payment) {
    let taken = stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes());
    taken.expect("any account may");
}

#[tokio::test]
async fn what_was_paid_and_cannot_be_delivered_goes_back() {
    let caller = Caller::new().await;
    let (stack, wallet) = (&caller.stack, caller.stack.wallet());
    let faults = stack.facilitator.faults();
    faults.reset_counts();
    faults.once("POST */settle", Fault::Stall);
    let payment = wallet.signs(&stack.post(BUY).body(&json!({})).demand().await);
    let buys = stack.post(BUY).body(&json!({})).paid_with(&payment).send();
    let loses = async {
        faults.arrived("POST */settle", 1).await;
        // The number is taken out of our hands, which no function can do.
        let rows = stack.dynamo.rows();
        let held = rows.iter().find(|row| row["custody"] == "held").expect("a number is held").clone();
        let pk = held["pk"].as_str().expect("a key").to_owned();
        let mut item = stack.dynamo.items().into_iter().find(|item| item["pk"]["S"] == pk).expect("the item");
        item.insert("sale".to_owned(), json!({"S": "another's"}));
        stack.dynamo.put(&item);
        faults.release();
        (pk, held)
    };
    let (bought, (pk, _)) = tokio::join!(buys, loses);
    bought.refused(409, "payment_returned");
    stack.sweep().await;
    assert_eq!(stack.chain.balance(wallet.address()), 100_000_000);
    stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.refused(409, "payment_returned");
    // Put right what was broken by hand.
    let mut item = stack.dynamo.items().into_iter().find(|item| item["pk"]["S"] == pk).expect("the item");
    item.remove("sale");
    item.insert("custody".to_owned(), json!({"S": "pooled"}));
    item.insert("due_queue".to_owned(), json!({"S": "POOL#US"}));
    item.insert("due_at".to_owned(), json!({"N": "0"}));
    stack.dynamo.put(&item);
}
