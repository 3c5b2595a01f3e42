//! The other rail on the real runtime, with the real token program and the reference facilitator:
//! what crashes, lost answers, payers and strangers can do there. `tests/chain/run-solana` lets a
//! published client pay; here the faults are.

use futures_util::future::join;
use harness::SolanaWallet;
use harness::onchain::Validator;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL_PRICE;
use harness::wallet::SolanaPayment;

use super::*;

const FUNDS: u64 = 20_000_000;

/// A world on a cluster of its own.
struct OnCluster {
    stack: Stack,
    cluster: Validator,
    wallet: SolanaWallet,
}

impl OnCluster {
    async fn start() -> Self {
        let cluster = Validator::start();
        let stack = Stack::builder(binaries!()).on_cluster(&cluster).start().await;
        let wallet = stack.solana_wallet_with(FUNDS);
        // From here on the cluster is watched.
        stack.sweep().await;
        cluster.await_next_slot();
        Self { stack, cluster, wallet }
    }

    /// With a number.
    async fn caller() -> Self {
        let world = Self::start().await;
        let payment = world.signs(BUY).await;
        world.pays(BUY, &payment).await.expect(200);
        world
    }

    async fn signs(&self, path: &str) -> SolanaPayment {
        self.wallet.signs(&self.stack.post(path).demand().await)
    }

    async fn pays(&self, path: &str, payment: &SolanaPayment) -> Response {
        let body = if path == CALL { call() } else { json!({}) };
        self.stack.post(path).body(&body).paid_with(payment).send().await
    }

    /// A call that the dialler cannot place, and that is known to have ended so.
    async fn fails(&self) -> Value {
        self.stack.bland.script_next(Script::PreQueueError);
        self.stack.travel(Duration::from_secs(15));
        let payment = self.signs(CALL).await;
        let call = self.pays(CALL, &payment).await.expect(200).json();
        self.stack.bland.finish_all();
        self.stack.travel(Duration::from_secs(10));
        self.stack.poll(&call).await;
        self.stack.travel(Duration::from_secs(61));
        assert_eq!(self.stack.poll(&call).await["refund"]["status"], "due");
        call
    }

    fn spent(&self) -> u64 {
        FUNDS - self.cluster.balance(self.wallet.address())
    }

    fn paid_back(&self) -> u64 {
        FLOAT - self.cluster.balance(self.stack.solana_refund_wallet)
    }

    /// A stranger hands the payment to the facilitator.
    async fn submit(&self, payment: &SolanaPayment) -> Value {
        let document = payment.to_json();
        let wanted = &document["accepted"];
        let body = json!({"x402Version": 2, "paymentPayload": document, "paymentRequirements": wanted});
        let asked = harness::client().post(format!("{}/settle", self.cluster.facilitator()));
        let answer = asked.header("content-type", "application/json").body(body.to_string()).send().await;
        let answer = answer.expect("an answer").bytes().await.expect("a body");
        serde_json::from_slice(&answer).expect("JSON")
    }

    /// Does something between the facilitator's yes and the settlement.
    async fn pays_while(&self, path: &str, payment: &SolanaPayment, deed: impl AsyncFnOnce()) -> Response {
        let faults = self.stack.faults_of(Neighbour::Facilitator);
        faults.reset_counts();
        faults.once(SETTLE, Fault::Hang);
        let meanwhile = async {
            faults.arrived(SETTLE, 1).await;
            deed().await;
            faults.release();
        };
        join(self.pays(path, payment), meanwhile).await.0
    }

    /// A function is killed when it has just asked the facilitator to settle, before or after that
    /// has done so.
    async fn dies_while<T>(&self, function: &str, fault: Fault, deed: impl Future<Output = T>) -> T {
        let faults = self.stack.faults_of(Neighbour::Facilitator);
        faults.once(SETTLE, fault);
        let halts = faults.halts();
        let killed = async {
            faults.halted(halts + 1).await;
            assert!(self.stack.lambda.kill(function) > 0);
        };
        join(deed, killed).await.0
    }
}

#[tokio::test]
async fn a_wallet_buys_lists_renews_and_calls() {
    let world = OnCluster::start().await;
    let payment = world.signs(BUY).await;
    let bought = world.pays(BUY, &payment).await.expect(200).json();
    // The same header again buys nothing more.
    assert_eq!(world.pays(BUY, &payment).await.expect(200).json(), bought);
    let payment = world.signs(LIST).await;
    assert_eq!(world.pays(LIST, &payment).await.expect(200).json()["count"], 1);
    let renew = json!({"phone_number": bought["phone_number"]});
    world.stack.post(RENEW).body(&renew).pay(&world.wallet).await.answer.expect(200);
    let payment = world.signs(CALL).await;
    world.pays(CALL, &payment).await.expect(200);
    assert_eq!((world.spent(), world.stack.solana_earned()), (10_541_000, 10_541_000));
}

#[tokio::test]
async fn a_lost_answer_to_a_settlement_is_looked_up() {
    let world = OnCluster::start().await;
    for (path, spent) in [(BUY, 5_000_000), (LIST, 5_001_000), (CALL, 5_541_000)] {
        let payment = world.signs(path).await;
        world.stack.faults_of(Neighbour::Facilitator).once(SETTLE, Fault::LoseAnswer);
        world.pays(path, &payment).await.expect(200);
        assert_eq!(world.spent(), spent);
    }
}

#[tokio::test]
async fn a_node_that_falls_asleep_in_the_middle_delays_the_truth_and_does_not_change_it() {
    let world = OnCluster::start().await;
    let payment = world.signs(BUY).await;
    // It is paid, and that cannot be told.
    world.stack.faults_of(Neighbour::Facilitator).once(SETTLE, Fault::LoseAnswer);
    world.stack.faults_of(Neighbour::Solana).always("POST /", Fault::Refuse(Answer::html(502)));
    world.pays(BUY, &payment).await.refused(503, "payment_pending");
    world.cluster.fall_asleep();
    world.stack.faults_of(Neighbour::Solana).clear();
    world.stack.sweep().await;
    world.pays(BUY, &payment).await.refused(503, "payment_pending");
    world.cluster.wake_up();
    world.stack.minutes(2).await;
    world.pays(BUY, &payment).await.expect(200);
    assert_eq!(world.spent(), 5_000_000);
}

#[tokio::test]
async fn a_node_that_falls_asleep_before_the_settlement_leaves_one_payment_and_one_number() {
    let world = OnCluster::start().await;
    let payment = world.signs(BUY).await;
    let answer = world.pays_while(BUY, &payment, async || world.cluster.fall_asleep()).await;
    answer.refused(503, "payment_pending");
    world.cluster.wake_up();
    world.stack.minutes(2).await;
    world.pays(BUY, &payment).await.expect(200);
    assert_eq!((world.spent(), world.stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn a_process_that_dies_around_the_settlement_leaves_what_the_sweep_ends() {
    for fault in [Fault::HaltBefore, Fault::HaltAfter] {
        let world = OnCluster::start().await;
        let payment = world.signs(BUY).await;
        let answer = world.dies_while("numbers_buy", fault, world.pays(BUY, &payment)).await;
        assert!(answer.status.is_server_error(), "it died: {}", answer.status);
        world.stack.minutes(2).await;
        world.pays(BUY, &payment).await.expect(200);
        assert_eq!((world.spent(), world.stack.twilio.held().len()), (5_000_000, 1));
    }
}

#[tokio::test]
async fn a_payment_that_a_stranger_submits_first_buys_what_it_was_for() {
    let world = OnCluster::start().await;
    let before = world.signs(BUY).await;
    assert_eq!(world.submit(&before).await["success"], true);
    world.pays(BUY, &before).await.expect(200);
    let between = world.signs(LIST).await;
    let answer = world.pays_while(LIST, &between, async || drop(world.submit(&between).await)).await;
    answer.expect(200);
    assert_eq!(world.spent(), 5_001_000);
}

#[tokio::test]
async fn a_payment_that_was_refused_and_is_made_all_the_same_goes_back() {
    let world = OnCluster::start().await;
    let payment = world.signs(CALL).await;
    world.pays(CALL, &payment).await.refused(403, "no_owned_numbers");
    assert_eq!(world.submit(&payment).await["success"], true);
    assert_eq!(world.spent(), CALL_PRICE);
    for _ in 0..3 {
        world.stack.travel(6 * MINUTE);
        world.stack.sweep().await;
    }
    assert_eq!((world.spent(), world.paid_back()), (0, CALL_PRICE));
    world.pays(CALL, &payment).await.refused(409, "payment_returned");
}

#[tokio::test]
async fn a_wallet_that_is_emptied_in_between_is_not_served() {
    let world = OnCluster::caller().await;
    for path in [BUY, CALL, LIST] {
        let payment = world.signs(path).await;
        let emptied = async || world.cluster.give(world.wallet.address(), 0);
        world.pays_while(path, &payment, emptied).await.refused(402, "payment_required");
        world.cluster.give(world.wallet.address(), FUNDS);
    }
    assert!(world.stack.bland.calls().iter().all(harness::sim::bland::Call::is_over), "it was stopped");
    assert_eq!(world.stack.solana_earned(), 5_000_000);
}

#[tokio::test]
async fn a_payment_whose_block_is_past_in_between_buys_nothing() {
    let world = OnCluster::start().await;
    let payment = world.signs(BUY).await;
    let answer = world.pays_while(BUY, &payment, async || world.cluster.expire()).await;
    if answer.status == 503 {
        world.stack.minutes(5).await;
    }
    world.pays(BUY, &payment).await.refused(402, "payment_required");
    assert_eq!(world.spent(), 0);
}

#[tokio::test]
async fn a_call_that_failed_is_paid_back_once_whatever_is_lost() {
    for fault in [None, Some(Fault::LoseAnswer), Some(Fault::Refuse(Answer::html(502)))] {
        let world = OnCluster::caller().await;
        let call = world.fails().await;
        if let Some(fault) = fault {
            world.stack.faults_of(Neighbour::Facilitator).once(SETTLE, fault);
        }
        world.stack.minutes(3).await;
        assert_eq!(world.stack.poll(&call).await["refund"]["status"], "refunded");
        // Long after its block is past it is still the same.
        world.cluster.expire();
        world.stack.minutes(12).await;
        assert_eq!((world.spent(), world.paid_back()), (5_000_000, CALL_PRICE));
    }
}

#[tokio::test]
async fn a_process_that_dies_around_a_refund_has_sent_it_once() {
    for fault in [Fault::HaltBefore, Fault::HaltAfter] {
        let world = OnCluster::caller().await;
        let call = world.fails().await;
        world.stack.invoke("reaper", &json!({})).await;
        let nothing = json!({});
        let swept = world.dies_while("refunds", fault, world.stack.lambda.invoke("refunds", &nothing)).await;
        assert!(swept.is_err(), "it died");
        world.stack.minutes(3).await;
        world.cluster.expire();
        world.stack.minutes(12).await;
        assert_eq!((world.spent(), world.paid_back()), (5_000_000, CALL_PRICE));
        assert_eq!(world.stack.poll(&call).await["refund"]["status"], "refunded");
    }
}

#[tokio::test]
async fn a_refund_is_built_anew_only_when_the_one_before_can_no_longer_be_processed() {
    let world = OnCluster::caller().await;
    let call = world.fails().await;
    let sent = || {
        let rows = world.stack.dynamo.rows();
        rows.into_iter().find_map(|row| row["refund"]["sent"].as_str().map(str::to_owned)).expect("it is recorded")
    };
    world.stack.faults_of(Neighbour::Facilitator).always(SETTLE, Fault::Refuse(Answer::html(502)));
    world.stack.minutes(1).await;
    let first = sent();
    world.stack.travel(Duration::from_secs(20));
    world.stack.sweep().await;
    assert_eq!(sent(), first);
    world.cluster.expire();
    world.stack.faults_of(Neighbour::Facilitator).clear();
    world.stack.minutes(10).await;
    assert_ne!(sent(), first);
    assert_eq!(world.stack.poll(&call).await["refund"]["status"], "refunded");
    assert_eq!((world.spent(), world.paid_back()), (5_000_000, CALL_PRICE));
}

#[tokio::test]
async fn a_closed_token_account_gets_credit() {
    let world = OnCluster::caller().await;
    let call = world.fails().await;
    world.cluster.close_account(world.wallet.address());
    // The final block that a look goes by may be of the second before the refund was owed; the next
    // look goes by a later one.
    world.stack.minutes(5).await;
    assert_eq!(world.stack.poll(&call).await["refund"]["status"], "credited");
    assert_eq!(world.paid_back(), 0);
}
