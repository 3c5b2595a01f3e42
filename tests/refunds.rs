//! The refunds: what was paid for a call that failed, or for nothing at all, goes back once.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]

use std::ops::Deref;
use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::{Neighbour, Stack, Wallet, binaries};
use serde_json::{Value, json};

#[path = "refunds/last.rs"]
mod last;

const BUY: &str = "/api/v1/phone/numbers/buy";
const CALL: &str = "/api/v1/voice/call";
const PRICE: u64 = 540_000;
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
        // The dialler takes one call to a number in ten seconds, and a wallet calls one three times in an hour.
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
        self.stack.travel(Duration::from_secs(10));
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

    /// Much later, and the sweep has come by more than once.
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
    assert_eq!(caller.money(), before - PRICE);
    caller.stack.sweep().await;
    let shown = caller.stack.poll(&call).await;
    assert_eq!(
        (&shown["ended_by"], &shown["charged"], &shown["refund"]["status"]),
        (&json!("ERROR"), &json!(false), &json!("refunded"))
    );
    let transaction = shown["refund"]["transaction"].as_str().expect("a transaction").parse().expect("a hash");
    assert!(caller.stack.chain.transaction(transaction).expect("on the chain").success);
    assert_eq!((caller.money(), caller.paid_back()), (before, PRICE));
    caller.stack.minutes(3).await;
    assert_eq!(caller.paid_back(), PRICE);
}

#[tokio::test]
async fn a_failed_call_that_the_sweep_itself_finds_settled_is_paid_back_by_the_next_sweep() {
    let caller = Caller::new().await;
    let before = caller.money();
    caller.stack.bland.script_next(Script::PreQueueError);
    let call = caller.calls().await;
    caller.stack.bland.finish_all();
    caller.stack.travel(Duration::from_secs(10));
    caller.stack.poll(&call).await;
    caller.stack.travel(Duration::from_secs(61));
    caller.stack.sweep().await;
    caller.stack.sweep().await;
    assert_eq!((caller.money(), caller.paid_back()), (before, PRICE));
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
        assert_eq!((caller.money(), caller.paid_back()), (before, PRICE), "{what}");
    }
}

#[tokio::test]
async fn what_is_not_known_to_have_been_sent_is_not_said_to_be_back() {
    // Used, and a node that could say by whom does not answer; not sent, and there is no node to ask.
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
        assert_eq!((refund(&caller.stack.poll(&call).await).0, caller.paid_back()), (&json!("refunded"), PRICE));
    }
}

#[tokio::test]
async fn a_refund_that_was_sent_by_a_process_that_died_is_found_again() {
    let caller = Caller::new().await;
    let call = caller.fails().await;
    sent_by_who_dies(&caller).await;
    assert_eq!(caller.paid_back(), PRICE, "it was sent, and nobody knows");
    caller.stack.minutes(3).await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
    assert_eq!(caller.paid_back(), PRICE);
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
        faults.release();
    };
    let event = json!({});
    let (died, ()) = tokio::join!(stack.deref().invoke("refunds", &event), killer);
    assert!(died.is_err());
    faults.settled().await;
}

#[tokio::test]
async fn a_refund_that_landed_weeks_before_anybody_asks_again_is_found() {
    let caller = Caller::new().await;
    let call = caller.fails().await;
    sent_by_who_dies(&caller).await;
    caller.stack.chain.faults().always("*", Fault::Refuse(Answer::html(503)));
    caller.stack.sweep().await;
    assert_eq!((caller.paid_back(), refund(&caller.stack.poll(&call).await).0), (PRICE, &json!("due")));
    caller.stack.travel(Duration::from_hours(20 * 24));
    caller.stack.chain.faults().clear();
    caller.stack.minutes(2).await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "refunded");
    assert_eq!(caller.paid_back(), PRICE);
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
    assert_eq!(caller.paid_back(), PRICE);
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
async fn what_an_empty_refund_wallet_owes_for_a_day_becomes_credit_unless_something_was_sent() {
    for sent in [false, true] {
        let caller = Caller::new().await;
        let (stack, treasury) = (&caller.stack, caller.stack.refund_wallet);
        let call = caller.fails().await;
        let drained = || stack.chain.transfer(treasury, stack.wallet().address(), FLOAT).expect("it had that much");
        if sent {
            stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
            stack.sweep().await;
            drained();
        } else {
            drained();
            stack.sweep().await;
        }
        caller.later(23 * 60).await;
        assert_eq!(refund(&stack.poll(&call).await).0, "due");
        caller.later(2 * 60).await;
        assert_eq!(refund(&stack.poll(&call).await).0, if sent { "due" } else { "credited" });
        stack.chain.mint(treasury, FLOAT);
        stack.minutes(11).await;
        assert_eq!(refund(&stack.poll(&call).await).0, if sent { "refunded" } else { "credited" });
        assert_eq!(caller.paid_back(), if sent { PRICE } else { 0 });
    }
}

#[tokio::test]
async fn what_the_facilitator_will_not_pay_back_becomes_credit_once_it_cannot_be_paid_any_more() {
    for with_node in [true, false] {
        let builder = Stack::builder(binaries!());
        let builder = if with_node { builder } else { builder.without_rpc() };
        let caller = Caller::within(builder.start().await).await;
        let call = caller.fails().await;
        let treasury = caller.stack.refund_wallet;
        caller.stack.facilitator.deny(treasury, "kyt_risk_detected");
        caller.stack.minutes(4).await;
        assert_eq!(refund(&caller.stack.poll(&call).await).0, "due", "the last authorization can still land");
        assert!(caller.stack.lambda.logs().text().contains("\"alarm\":\"refund_refused\""));
        // Five minutes is what it is good for; without a node another quarter of an hour has to pass.
        caller.stack.minutes(6).await;
        if !with_node {
            caller.stack.minutes(9).await;
            assert_eq!(refund(&caller.stack.poll(&call).await).0, "due", "nobody can say that it did not land");
        }
        caller.later(30).await;
        assert_eq!(refund(&caller.stack.poll(&call).await), (&json!("credited"), &Value::Null));
        assert_eq!(caller.paid_back(), 0);

        // The next call is paid with it: looked at, and never settled.
        let before = caller.money();
        let next = caller.calls().await;
        assert_eq!((&next["payment"], &next["transaction"]), (&json!("credit"), &json!("")));
        assert_eq!(caller.money(), before);
        let shown = caller.stack.poll(&next).await;
        assert_eq!((&shown["charged"], &shown["refund"]), (&json!(true), &Value::Null));
        // And the one after that with money again.
        caller.calls().await;
        assert_eq!(caller.money(), before - PRICE);
    }
}

/// A world without a refund wallet: everything that is owed becomes credit.
async fn without_a_wallet() -> Caller {
    Caller::within(Stack::builder(binaries!()).variable_of("refunds", "REFUND_KMS_KEY", "").start().await).await
}

#[tokio::test]
async fn without_a_refund_wallet_what_is_owed_becomes_credit_at_once() {
    let caller = without_a_wallet().await;
    let call = caller.fails().await;
    caller.stack.sweep().await;
    assert_eq!(refund(&caller.stack.poll(&call).await).0, "credited");
    assert_eq!(caller.calls().await["payment"], "credit");
}

#[tokio::test]
async fn a_call_paid_with_credit_that_fails_gives_the_credit_back() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    let before = caller.money();
    let again = caller.fails().await;
    assert_eq!(again["payment"], "credit");
    caller.stack.sweep().await;
    let shown = caller.stack.poll(&again).await;
    assert_eq!((refund(&shown).0, &shown["charged"]), (&json!("credited"), &json!(false)));
    assert_eq!(caller.calls().await["payment"], "credit");
    assert_eq!(caller.money(), before);
    assert_eq!(caller.calls().await["payment"], Value::Null, "it was one call's worth");
}

#[tokio::test]
async fn credit_comes_back_when_nobody_was_rung_for_it() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    caller.stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    let payment = caller.wallet.signs(&caller.stack.post(CALL).body(&request()).demand().await);
    let refused = caller.stack.post(CALL).body(&request()).paid_with(&payment).send().await;
    refused.refused(429, "upstream_rate_limited");
    // The same header again, and credit pays.
    let placed = caller.stack.post(CALL).body(&request()).paid_with(&payment).send().await.expect(200).json();
    assert_eq!(placed["payment"], "credit");
    let replayed = caller.stack.post(CALL).body(&request()).paid_with(&payment).send().await;
    assert_eq!(replayed.expect(200).json(), placed);
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn credit_comes_back_when_a_call_is_found_after_it_was_lost_sight_of() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    caller.stack.bland.faults().once("POST /v1/calls", Fault::LoseAnswer);
    caller.stack.bland.faults().once("GET /v1/calls", Fault::Overload);
    let paid = caller.stack.post(CALL).body(&request()).pay(&caller.wallet).await;
    paid.answer.refused(502, "upstream_error");
    caller.stack.minutes(3).await;
    assert_eq!(caller.calls().await["payment"], "credit");
}

#[tokio::test]
async fn credit_comes_back_when_a_call_was_never_placed() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    // The dialler never got it, and whoever asked cannot know.
    caller.stack.bland.faults().once("POST /v1/calls", Fault::Drop);
    let paid = caller.stack.post(CALL).body(&request()).pay(&caller.wallet).await;
    paid.answer.refused(502, "upstream_error");
    caller.stack.minutes(3).await;
    assert_eq!(caller.calls().await["payment"], "credit");
}

#[tokio::test]
async fn a_payment_that_credit_replaced_goes_back_if_somebody_submits_it_nevertheless() {
    let caller = without_a_wallet().await;
    caller.fails().await;
    caller.stack.sweep().await;
    let paid = caller.stack.post(CALL).body(&request()).pay(&caller.wallet).await;
    assert_eq!(paid.answer.expect(200).json()["payment"], "credit");
    let taken =
        caller.stack.chain.transfer_with_authorization(paid.payment.authorization(), &paid.payment.signature_bytes());
    taken.expect("anybody may");
    caller.stack.bland.finish_all();
    caller.later(30).await;
    // There is no wallet to pay it back from, so it is credit once more.
    let id = paid.answer.json();
    assert_eq!(caller.stack.poll(&id).await["charged"], true);
    assert_eq!(caller.calls().await["payment"], "credit");
    assert_eq!(caller.calls().await["payment"], Value::Null);
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
    assert_eq!(caller.stack.chain.balance(own.address()), FLOAT - PRICE);
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
    assert_eq!(caller.paid_back(), PRICE);
}

#[tokio::test]
async fn more_than_a_days_budget_goes_back_all_the_same_and_somebody_is_told() {
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

/// Submits a signed payment that we refused, as anybody may who has seen it.
fn submitted(stack: &Stack, payment: &harness::wallet::Payment) {
    let taken = stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes());
    taken.expect("anybody may");
}

#[tokio::test]
async fn a_payment_that_arrives_although_we_refused_it_goes_back() {
    let caller = Caller::new().await;
    let (stack, wallet) = (&caller.stack, &caller.wallet);
    // Refused before there was a record: 400.
    let bad = json!({"to": "+12133610872", "task": "short"});
    let unrecorded = wallet.signs(&stack.post(CALL).body(&request()).demand().await);
    stack.post(CALL).body(&bad).paid_with(&unrecorded).send().await.refused(400, "bad_request");
    // Refused after it was claimed: 429 of the dialler.
    stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    let recorded = wallet.signs(&stack.post(CALL).body(&request()).demand().await);
    stack.post(CALL).body(&request()).paid_with(&recorded).send().await.refused(429, "upstream_rate_limited");
    let before = caller.money();
    submitted(stack, &unrecorded);
    submitted(stack, &recorded);
    assert_eq!(caller.money(), before - 2 * PRICE);
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    assert_eq!(caller.paid_back(), 0, "its block is not final yet");
    caller.later(30).await;
    assert_eq!((caller.money(), caller.paid_back()), (before, 2 * PRICE));
    for payment in [&unrecorded, &recorded] {
        let late = stack.post(CALL).body(&request()).paid_with(payment).send().await;
        late.refused(409, "payment_returned");
    }
    caller.stack.minutes(10).await;
    assert_eq!(caller.paid_back(), 2 * PRICE);
}

#[tokio::test]
async fn no_payment_is_passed_by_while_its_sale_is_unfinished() {
    let caller = Caller::new().await;
    let (stack, before) = (&caller.stack, caller.money());
    // Whether a phone rings is not known, and the dialler tells nobody: the sale stays open.
    stack.bland.faults().once("POST /v1/calls", Fault::LoseAnswer);
    stack.bland.faults().always("GET /v1/calls", Fault::Overload);
    let paid = stack.post(CALL).body(&request()).pay(&caller.wallet).await;
    paid.answer.refused(502, "upstream_error");
    submitted(stack, &paid.payment);
    caller.later(60).await;
    assert_eq!(caller.paid_back(), 0, "it may be granted yet");
    stack.bland.faults().clear();
    caller.later(20).await;
    assert_eq!((caller.money(), caller.paid_back()), (before, PRICE));
}

#[tokio::test]
async fn a_payment_that_bought_something_is_no_stray() {
    let caller = Caller::new().await;
    let call = caller.calls().await;
    caller.stack.bland.finish_all();
    caller.later(60).await;
    assert_eq!(caller.stack.poll(&call).await["charged"], true);
    assert_eq!(caller.paid_back(), 0);
}

#[tokio::test]
async fn an_ordinary_transfer_to_the_payee_is_nobodys_payment() {
    let caller = Caller::new().await;
    let rich = caller.stack.wallet();
    caller.stack.chain.transfer(rich.address(), caller.stack.payee(), 1_000_000).expect("it is rich");
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 0);
    assert!(caller.stack.lambda.logs().text().contains("an ordinary transfer to the payee"));
}

#[tokio::test]
async fn dust_is_not_worth_a_transaction_and_becomes_credit() {
    let caller = Caller::new().await;
    let demand = caller.stack.post(CALL).body(&request()).demand().await;
    let dust = caller.wallet.signs(&demand).value(999);
    submitted(&caller.stack, &dust);
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 0);
    let wallet = format!("WALLET#{}", caller.wallet.caip10(caller.stack.network()));
    let row = caller.stack.dynamo.row(&wallet, "WALLET").expect("the wallet's row");
    assert_eq!(row["credit"], 999);
    // A tenth of a cent is what a listing costs.
    submitted(&caller.stack, &caller.wallet.signs(&demand).value(1_000));
    caller.later(40).await;
    assert_eq!(caller.paid_back(), 1_000);
}

#[tokio::test]
async fn after_the_table_was_lost_all_payments_from_a_block_on_can_be_looked_at_again() {
    let mut caller = Caller::new().await;
    caller
        .stack
        .excuse("are said to have gone back", "it is found to be back a second time, and nobody remembers the first");
    let (stack, wallet) = (&caller.stack, &caller.wallet);
    caller.later(30).await;
    let payment = wallet.signs(&stack.post(CALL).body(&request()).demand().await);
    submitted(stack, &payment);
    let before = caller.money();
    caller.later(30).await;
    assert_eq!(caller.money(), before + PRICE);
    // The table is put back to what it was before that: the refund's nonce still moves money only once.
    let id = format!(
        "SALE#{}:{}:{}:{}",
        stack.network().caip2(),
        text(stack.network().usdc()),
        text(wallet.address()),
        text(payment.authorization().nonce)
    );
    stack.dynamo.delete(&id, "SALE");
    stack.invoke("reaper", &json!({"payments_from": stack.chain.height() - 2_000})).await;
    caller.stack.minutes(5).await;
    assert_eq!((caller.money(), caller.paid_back()), (before + PRICE, PRICE));
}

fn text(bytes: impl std::fmt::LowerHex) -> String {
    format!("{bytes:#x}")
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
        // Somebody takes the number out of our hands, which nobody can.
        let rows = stack.dynamo.rows();
        let held = rows.iter().find(|row| row["custody"] == "held").expect("a number is held").clone();
        let pk = held["pk"].as_str().expect("a key").to_owned();
        let mut item = stack.dynamo.items().into_iter().find(|item| item["pk"]["S"] == pk).expect("the item");
        item.insert("sale".to_owned(), json!({"S": "somebody else's"}));
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
