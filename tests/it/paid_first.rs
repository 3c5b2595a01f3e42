//! What is paid for before it is done: a call, or a number from the carrier, of a wallet whose
//! signature only a contract can judge; and any number where too many are not paid for. Nothing is
//! dialled or bought before the payment is ours, and what then cannot be done is paid back,
//! whatever dies or stays silent meanwhile.

mod told;

use std::time::Duration;

use alloy_primitives::Address;
use futures_util::future::join;
use harness::request::Response;
use harness::sim::{Answer, Arrival, Fault, Faults};
use harness::spec::{BUY, CALL, CALL_PRICE, NUMBER_PRICE};
use harness::wallet::{Demand, Payment};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

use crate::refusals::Walk;

const FUNDS: u64 = 50_000_000;
/// Seconds that a payment is good for: longer than a test lets pass before it is sent again.
const LONG: i64 = 890;
const SETTLE: &str = "POST */settle";
const DIAL: &str = "POST /v1/calls";
const PURCHASE: &str = "POST */IncomingPhoneNumbers.json";

/// A wallet that is a contract, and who signs for it.
pub(crate) struct Contract {
    owner: Wallet,
    at: Address,
}

impl Contract {
    pub(crate) fn on(stack: &Stack) -> Self {
        let (owner, at) = (stack.wallet(), Wallet::random().address());
        stack.chain.deploy_smart_wallet(at, owner.address());
        stack.chain.mint(at, FUNDS);
        Self { owner, at }
    }

    async fn with_a_number(stack: &Stack) -> Self {
        let wallet = Self::on(stack);
        wallet.orders(stack, BUY).await.send(stack).await.expect(200);
        wallet
    }

    pub(crate) async fn orders(&self, stack: &Stack, path: &'static str) -> Order {
        let body = if path == CALL { call() } else { json!({}) };
        self.orders_with(stack, path, body).await
    }

    async fn orders_with(&self, stack: &Stack, path: &'static str, body: Value) -> Order {
        let demand = stack.post(path).body(&body).demand().await;
        Order { path, body, payment: self.signs(&demand) }
    }

    fn signs(&self, demand: &Demand) -> Payment {
        self.owner.signs(demand).valid_for(LONG).from(self.at).tampered(|signature| signature.extend([0; 32]))
    }

    fn spent(&self, stack: &Stack) -> u64 {
        FUNDS - stack.chain.balance(self.at)
    }
}

/// A request and its payment.
pub(crate) struct Order {
    path: &'static str,
    body: Value,
    payment: Payment,
}

impl Order {
    pub(crate) async fn send(&self, stack: &Stack) -> Response {
        stack.post(self.path).body(&self.body).paid_with(&self.payment).send().await
    }

    /// Sends it, and kills who serves it at the next request of this class.
    async fn send_and_die(&self, stack: &Stack, faults: &Faults, class: &str, fault: Fault) {
        let halts = faults.halts();
        faults.once(class, fault);
        let killed = async {
            faults.halted(halts + 1).await;
            assert!(stack.lambda.kill(if self.path == CALL { "voice_call" } else { "numbers_buy" }) > 0);
        };
        let (answer, ()) = join(self.send(stack), killed).await;
        assert_ne!(answer.status, 200);
    }
}

fn call() -> Value {
    json!({"phone_number": "+12133610872", "task": "Confirm the reservation for two.", "max_duration": 2})
}

fn limit(stack: &Stack, of: &str) -> Value {
    stack.dynamo.row(&format!("LIMIT#{of}"), "LIMIT").unwrap_or_default()
}

fn place_of(faults: &Faults, class: &str) -> Option<u64> {
    let is = |arrival: &&Arrival| arrival.class.ends_with(class.rsplit('*').next().unwrap_or(class));
    faults.arrivals().iter().find(is).map(|arrival| arrival.order)
}

#[tokio::test]
async fn an_account_that_its_key_has_handed_to_code_pays_first_too() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.chain.deploy_smart_wallet(wallet.address(), wallet.address());
    stack.facilitator.faults().record();
    stack.bland.faults().record();
    stack.post(CALL).body(&call()).pay(&wallet).await.answer.expect(200);
    let (settled, dialled) = (place_of(stack.facilitator.faults(), SETTLE), place_of(stack.bland.faults(), DIAL));
    assert!(settled.is_some() && settled < dialled, "{settled:?}, {dialled:?}");
    // A node that says nothing about it is not a reason to refuse a key.
    stack.chain.faults().always("*", Fault::Overload);
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.expect(200);
}

#[tokio::test]
async fn a_smart_wallet_pays_before_the_phone_rings_and_a_key_when_it_does() {
    let stack = Stack::start(binaries!()).await;
    let smart = Contract::with_a_number(&stack).await;
    let key = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&key).await.answer.expect(200);
    let watch = || [stack.facilitator.faults(), stack.bland.faults()].map(Faults::record);
    let settled_first = || place_of(stack.facilitator.faults(), SETTLE) < place_of(stack.bland.faults(), DIAL);

    watch();
    let order = smart.orders(&stack, CALL).await;
    let said = order.send(&stack).await.expect(200).json();
    assert!(settled_first());
    assert!(said["transaction"].as_str().expect("a receipt").starts_with("0x") && said["payment"].is_null());
    assert_eq!((stack.bland.calls().len(), smart.spent(&stack)), (1, NUMBER_PRICE + CALL_PRICE));
    assert_eq!(order.send(&stack).await.expect(200).json(), said);
    stack.bland.finish_all();
    stack.minutes(2).await;
    assert_eq!(stack.poll(&said).await["charged"], true);

    watch();
    stack.post(CALL).body(&call()).pay(&key).await.answer.expect(200);
    assert!(!settled_first());
}

#[tokio::test]
async fn whether_the_wanted_area_was_met_is_said_of_a_number_that_is_bought_after_it_is_paid_for_too() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::on(&stack);
    for (area, met) in [("907", false), ("415", true)] {
        let order = wallet.orders_with(&stack, BUY, json!({"area_code": area})).await;
        let bought = order.send(&stack).await.expect(200).json();
        assert_eq!(bought["area_code_matched"], met, "{area}");
        assert_eq!(order.send(&stack).await.expect(200).json(), bought);
    }
}

#[tokio::test]
async fn a_smart_wallet_pays_before_a_number_is_bought_and_a_key_after() {
    let stack = Stack::start(binaries!()).await;
    let (smart, key) = (Contract::on(&stack), stack.wallet());
    let watch = || [stack.facilitator.faults(), stack.twilio.faults()].map(Faults::record);
    let settled_first = || place_of(stack.facilitator.faults(), SETTLE) < place_of(stack.twilio.faults(), PURCHASE);

    watch();
    let order = smart.orders(&stack, BUY).await;
    let said = order.send(&stack).await.expect(200).json();
    assert!(settled_first());
    assert_eq!(order.send(&stack).await.expect(200).json(), said);
    assert_eq!((stack.twilio.held().len(), smart.spent(&stack)), (1, NUMBER_PRICE));
    assert_eq!(limit(&stack, "NUMBERS")["gross"], 1_150_000);
    assert_eq!(limit(&stack, "NUMBERS#UNPAID"), Value::Null, "it was never bought without being paid for");

    watch();
    stack.post(BUY).body(&json!({})).pay(&key).await.answer.expect(200);
    assert!(!settled_first());
    assert_eq!(limit(&stack, "NUMBERS#UNPAID")["gross"], 0, "it is paid for");
}

#[tokio::test]
async fn what_a_contract_does_not_pay_after_all_has_cost_nothing_and_pauses_no_wallet() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::with_a_number(&stack).await;
    for path in [CALL, BUY] {
        let order = wallet.orders(&stack, path).await;
        stack.facilitator.decline_next("invalid_exact_evm_payload_signature");
        order.send(&stack).await.refused(402, "payment_required");
        order.send(&stack).await.refused(402, "payment_required");
    }
    assert_eq!((stack.bland.calls().len(), stack.twilio.held().len()), (0, 1));
    assert_eq!(stack.facilitator.faults().count(SETTLE), 1 + 2);
    assert_eq!(limit(&stack, "NUMBERS")["gross"], 1_150_000);
    // No phone has rung, so it may call.
    wallet.orders(&stack, CALL).await.send(&stack).await.expect(200);
}

/// Nothing was begun for it, so nothing has to be held until it is known.
#[tokio::test]
async fn what_is_paid_first_and_reverts_is_unpaid_at_once_and_holds_nothing() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::with_a_number(&stack).await;
    let searched = stack.twilio.held().len();
    for path in [CALL, BUY] {
        let order = wallet.orders(&stack, path).await;
        let (authorization, signature) = (order.payment.authorization(), order.payment.signature_bytes());
        // It reverts once, and the wallet holds the price again.
        let held = stack.chain.balance(wallet.at);
        stack.chain.transfer(wallet.at, Wallet::random().address(), held).expect("it has that");
        let hash = stack.chain.submit(authorization, &signature).to_string();
        stack.chain.mine();
        stack.chain.mint(wallet.at, held);
        let said = json!({"success": false, "errorReason": "invalid_exact_evm_transaction_failed", "transaction": hash, "network": "eip155:84532"});
        stack.facilitator.faults().once(SETTLE, Fault::Refuse(Answer::json(200, &said)));
        order.send(&stack).await.refused(402, "payment_required");
    }
    assert_eq!((stack.bland.calls().len(), stack.twilio.held().len()), (0, searched));
    assert_eq!(limit(&stack, "NUMBERS")["gross"], 1_150_000);
    assert!(stack.dynamo.rows().iter().all(|row| row["state"] != "settling"), "something is in doubt");
    wallet.orders(&stack, CALL).await.send(&stack).await.expect(200);
}

#[tokio::test]
async fn a_call_that_is_paid_for_and_cannot_be_placed_is_paid_back() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::with_a_number(&stack).await;
    let order = wallet.orders(&stack, CALL).await;
    stack.bland.limit_next("Rate limit exceeded");
    let refused = order.send(&stack).await.refused(409, "payment_returned");
    let message = refused["message"].as_str().expect("a message");
    assert!(message.starts_with("Bland is limiting our requests.") && !message.contains("Not charged"), "{message}");
    order.send(&stack).await.refused(409, "payment_returned");
    stack.minutes(2).await;
    assert_eq!((stack.bland.calls().len(), wallet.spent(&stack)), (0, NUMBER_PRICE));
    assert_eq!(limit(&stack, "COST")["running"], 0);
    // Nothing is left of it, so the next one is placed.
    wallet.orders(&stack, CALL).await.send(&stack).await.expect(200);
}

#[tokio::test]
async fn a_call_that_is_paid_for_and_refused_by_the_dialler_counts_for_its_wallet() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::with_a_number(&stack).await;
    stack.bland.faults().always(DIAL, Fault::Refuse(Answer::json(400, &json!({"status": "error", "message": "no"}))));
    for _ in 0..3 {
        stack.travel(Duration::from_secs(15));
        wallet.orders(&stack, CALL).await.send(&stack).await.refused(409, "payment_returned");
    }
    stack.travel(Duration::from_secs(15));
    let refused = wallet.orders(&stack, CALL).await.send(&stack).await.refused(429, "rate_limited");
    assert!(refused["limit"].as_str().is_some_and(|limit| limit.contains("destination")), "{refused}");
    assert_eq!(wallet.spent(&stack), NUMBER_PRICE + 3 * CALL_PRICE, "the fourth was not charged");
    stack.minutes(3).await;
    assert_eq!(wallet.spent(&stack), NUMBER_PRICE);
}

#[tokio::test]
async fn a_number_that_is_paid_for_and_cannot_be_bought_is_paid_back() {
    let stack = Stack::builder(binaries!()).parameter("WalletRefundLimit", "15").start().await;
    let wallet = Contract::on(&stack);
    stack.twilio.snatch_next(1);
    let snatched = wallet.orders(&stack, BUY).await;
    snatched.send(&stack).await.refused(409, "payment_returned");
    snatched.send(&stack).await.refused(409, "payment_returned");
    // Another body under the same payment would be a conflict, had that bought anything.
    let other = stack.post(BUY).body(&json!({"country": "CA"})).paid_with(&snatched.payment);
    other.send().await.refused(409, "payment_returned");
    let mut walk = Walk::begin();
    walk.meets("PaymentReturned");
    walk.meets("PaymentConflict");
    stack.twilio.faults().once(PURCHASE, Fault::Overload);
    wallet.orders(&stack, BUY).await.send(&stack).await.refused(409, "payment_returned");
    stack.minutes(2).await;
    assert_eq!((stack.twilio.held().len(), wallet.spent(&stack)), (0, 0));
    assert_eq!(limit(&stack, "NUMBERS")["gross"], 0);
    // One that the dialler does not take is stock, and the payment goes back as well.
    stack.bland.faults().times("POST /v1/inbound/insert", 2, Fault::Refuse(Answer::html(500)));
    wallet.orders(&stack, BUY).await.send(&stack).await.refused(409, "payment_returned");
    stack.minutes(2).await;
    assert_eq!((stack.twilio.held().len(), wallet.spent(&stack)), (1, 0));
}

#[tokio::test]
async fn whose_answer_is_lost_has_what_was_paid_for_all_the_same() {
    let stack = Stack::start(binaries!()).await;
    stack.twilio.faults().once(PURCHASE, Fault::LoseAnswer);
    stack.facilitator.faults().once(SETTLE, Fault::LoseAnswer);
    let wallet = Contract::with_a_number(&stack).await;
    stack.bland.faults().once(DIAL, Fault::LoseAnswer);
    stack.facilitator.faults().once(SETTLE, Fault::LoseAnswer);
    wallet.orders(&stack, CALL).await.send(&stack).await.expect(200);
    assert_eq!((stack.twilio.held().len(), stack.bland.calls().len()), (1, 1));
    assert_eq!(wallet.spent(&stack), NUMBER_PRICE + CALL_PRICE);
}

#[tokio::test]
async fn nothing_is_begun_while_it_is_not_known_whether_it_is_paid() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::with_a_number(&stack).await;
    for (path, then) in [(CALL, 409), (BUY, 200)] {
        let order = wallet.orders(&stack, path).await;
        stack.facilitator.faults().once(SETTLE, Fault::Replace(Answer::html(500)));
        stack.chain.faults().always("*", Fault::Overload);
        let refused = order.send(&stack).await.refused(503, "payment_pending");
        assert!(!refused["message"].as_str().expect("a message").contains("Not charged"));
        assert_eq!((stack.bland.calls().len(), stack.twilio.held().len()), (0, 1), "{path}");
        stack.chain.faults().clear();
        // A call is dialled by the request that asked for it only; a number is bought by any
        // attempt that knows it is paid.
        let answer = order.send(&stack).await;
        assert_eq!(answer.status, then, "{path}: {answer:?}");
        assert_eq!(order.send(&stack).await.status, then, "{path}");
    }
    stack.minutes(2).await;
    assert_eq!((stack.bland.calls().len(), stack.twilio.held().len()), (0, 2));
    assert_eq!(wallet.spent(&stack), 2 * NUMBER_PRICE);
}

#[tokio::test]
async fn a_call_of_which_nothing_is_heard_is_looked_for_and_never_dialled_again() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::with_a_number(&stack).await;
    // No phone rang.
    let order = wallet.orders(&stack, CALL).await;
    stack.bland.faults().once(DIAL, Fault::Drop);
    let refused = order.send(&stack).await.refused(503, "payment_pending");
    let wait = refused["retry_after_seconds"].as_u64().expect("seconds");
    assert!((50..=60).contains(&wait), "{wait}");
    stack.travel(Duration::from_secs(wait));
    order.send(&stack).await.refused(409, "payment_returned");
    stack.minutes(2).await;
    assert_eq!((stack.bland.faults().count(DIAL), wallet.spent(&stack)), (1, NUMBER_PRICE));
    // A phone rang, and the dialler does not show it at once.
    let order = wallet.orders(&stack, CALL).await;
    stack.bland.faults().once(DIAL, Fault::LoseAnswer);
    stack.bland.faults().once("GET /v1/calls", Fault::Refuse(Answer::html(500)));
    order.send(&stack).await.refused(503, "payment_pending");
    stack.travel(Duration::from_mins(1));
    let said = order.send(&stack).await.expect(200).json();
    assert!(said["transaction"].as_str().expect("a receipt").starts_with("0x"));
    assert_eq!((stack.bland.calls().len(), wallet.spent(&stack)), (1, NUMBER_PRICE + CALL_PRICE));
}

#[tokio::test]
async fn a_function_that_dies_on_the_way_leaves_a_call_that_is_paid_for_or_a_payment_that_goes_back() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::with_a_number(&stack).await;
    let (facilitator, bland) = (stack.facilitator.faults(), stack.bland.faults());
    let write = "TransactWriteItems";
    // Where it dies, and whether a phone has rung for what was paid.
    let deaths = [
        (stack.dynamo.faults(), write, Fault::HaltAfter, false),
        (facilitator, SETTLE, Fault::HaltBefore, false),
        (facilitator, SETTLE, Fault::HaltAfter, false),
        (bland, DIAL, Fault::HaltBefore, false),
        (bland, DIAL, Fault::HaltAfter, true),
    ];
    let (mut rung, mut spent) = (0, NUMBER_PRICE);
    for (faults, class, fault, rings) in deaths {
        let order = wallet.orders(&stack, CALL).await;
        order.send_and_die(&stack, faults, class, fault).await;
        stack.minutes(4).await;
        rung += usize::from(rings);
        spent += if rings { CALL_PRICE } else { 0 };
        assert_eq!((stack.bland.calls().len(), wallet.spent(&stack)), (rung, spent), "{class}");
        stack.bland.finish_all();
        stack.minutes(2).await;
        let again = order.send(&stack).await;
        assert_eq!(again.status, if rings { 200 } else { 409 }, "{class}: {again:?}");
        stack.travel(Duration::from_mins(25));
    }
}

#[tokio::test]
async fn a_function_that_dies_on_the_way_leaves_a_number_that_is_paid_for_or_a_payment_that_goes_back() {
    let stack = Stack::start(binaries!()).await;
    let wallet = Contract::on(&stack);
    let (facilitator, twilio) = (stack.facilitator.faults(), stack.twilio.faults());
    let (mut held, mut spent) = (0, 0);
    // The next attempt buys what was not begun; what may have been begun is looked up.
    for (faults, class, fault, bought) in [
        (stack.dynamo.faults(), "TransactWriteItems", Fault::HaltAfter, true),
        (facilitator, SETTLE, Fault::HaltBefore, true),
        (facilitator, SETTLE, Fault::HaltAfter, true),
        (twilio, PURCHASE, Fault::HaltBefore, false),
        (twilio, PURCHASE, Fault::HaltAfter, true),
    ] {
        let order = wallet.orders(&stack, BUY).await;
        order.send_and_die(&stack, faults, class, fault).await;
        stack.minutes(4).await;
        held += usize::from(bought);
        spent += if bought { NUMBER_PRICE } else { 0 };
        assert_eq!((stack.twilio.held().len(), wallet.spent(&stack)), (held, spent), "{class}");
        assert_eq!(order.send(&stack).await.status, if bought { 200 } else { 409 }, "{class}");
    }
}

#[tokio::test]
async fn without_a_node_what_was_paid_and_begun_is_not_in_doubt_for_ever() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = Contract::with_a_number(&stack).await;
    let order = wallet.orders(&stack, CALL).await;
    order.send_and_die(&stack, stack.bland.faults(), DIAL, Fault::HaltBefore).await;
    stack.minutes(3).await;
    order.send(&stack).await.refused(409, "payment_returned");
    assert_eq!(wallet.spent(&stack), NUMBER_PRICE);
}

#[tokio::test]
async fn beyond_a_days_sum_of_numbers_that_are_not_paid_for_every_number_is_paid_for_first() {
    // Two numbers.
    let stack = Stack::builder(binaries!()).parameter("UnpaidNumberBudget", "3").start().await;
    let unpaid = async |area: &str| {
        let wallet = stack.wallet();
        stack.facilitator.decline_next("insufficient_funds");
        let body = json!({"area_code": area});
        stack.post(BUY).body(&body).pay(&wallet).await.answer.refused(402, "payment_required");
    };
    let areas = ["415", "212", "650", "213"];
    for area in &areas[..2] {
        unpaid(area).await;
    }
    assert_eq!((stack.twilio.held().len(), limit(&stack, "NUMBERS#UNPAID")["gross"].clone()), (2, json!(2_300_000)));
    // The third is not bought for a wallet that does not pay for it, and is sold to one that does.
    for area in &areas[2..] {
        unpaid(area).await;
    }
    assert_eq!((stack.twilio.held().len(), limit(&stack, "NUMBERS")["gross"].clone()), (2, json!(2_300_000)));
    let body = json!({"area_code": areas[2]});
    stack.post(BUY).body(&body).pay(&stack.wallet()).await.answer.expect(200);
    assert_eq!((stack.twilio.held().len(), limit(&stack, "NUMBERS#UNPAID")["gross"].clone()), (3, json!(2_300_000)));
    // When both have left the window, some may be bought on trust again.
    stack.travel(Duration::from_hours(36));
    unpaid(areas[3]).await;
    assert_eq!((stack.twilio.held().len(), limit(&stack, "NUMBERS#UNPAID")["gross"].clone()), (4, json!(1_150_000)));
}
