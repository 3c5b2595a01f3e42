//! Solana as a second rail: everything that is paid for can be paid for there, and is as safe from
//! crashes, repeats and lies.

mod paid_back;
mod strangers;

use std::time::Duration;

use futures_util::future::{join, join_all};
use harness::request::Request;
use harness::sim::bland::Script;
use harness::sim::solana::wire::Instruction;
use harness::sim::solana::{Cluster, Commitment};
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALL_PRICE, LIST, RENEW};
use harness::wallet::SolanaPayment;
use harness::{SolanaWallet, Stack, binaries};
use http::Method;
use serde_json::{Value, json};

const FLOAT: u64 = 50_000_000;
const MINUTE: Duration = Duration::from_mins(1);

async fn world() -> Stack {
    Stack::builder(binaries!()).solana().start().await
}

fn request() -> Value {
    json!({"to": "+12133610872", "task": "Confirm the reservation for two."})
}

/// A stranger hands the payment to the facilitator.
async fn submit(stack: &Stack, payment: &SolanaPayment) -> Value {
    let document = payment.to_json();
    let question = json!({"x402Version": 2, "paymentPayload": document, "paymentRequirements": document["accepted"]});
    let url = format!("{}/settle", stack.urls.facilitator);
    Request::new(&harness::client(), Method::POST, url).body(&question).send().await.expect(200).json()
}

#[tokio::test]
async fn a_solana_wallet_buys_lists_renews_and_calls() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let bought = paid.answer.expect(200).json();
    assert_eq!((&bought["owner_wallet"], &bought["chain"]), (&json!(wallet.text()), &json!("solana")));
    let settlement = paid.answer.settlement().expect("a settlement");
    assert_eq!(settlement["network"], "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp");
    assert_eq!((&settlement["payer"], &settlement["transaction"]), (&json!(wallet.text()), &bought["transaction"]));
    let landed = stack.solana.transaction(bought["transaction"].as_str().expect("a signature"));
    assert!(landed.is_some_and(|landed| landed.error.is_none()));

    let number = bought["phone_number"].clone();
    let listed = stack.post(LIST).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(listed["numbers"][0]["phone_number"], number);
    let renewed = stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet).await.answer.expect(200).json();
    assert!(renewed["expires_at"].as_str() > bought["expires_at"].as_str());
    let call = stack.post(CALL).body(&request()).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(call["from"], number);
    assert_eq!(stack.solana_earned(), 5_000_000 + 1_000 + 5_000_000 + CALL_PRICE);
    assert_eq!(stack.earned(), 0);
}

#[tokio::test]
async fn version_1_is_spoken_on_solana_too() {
    let stack = world().await;
    let wallet = stack.solana_wallet();
    let paid = stack.post(BUY).body(&json!({})).pay_bent(&wallet, SolanaPayment::version_1).await;
    paid.answer.expect(200);
    assert_eq!(paid.answer.settlement().expect("a settlement")["network"], "solana");
    assert!(paid.answer.header("x-payment-response").is_some());
    assert_eq!(stack.solana_earned(), 5_000_000);
}

#[tokio::test]
async fn devnet_is_called_by_its_own_names() {
    let stack = Stack::builder(binaries!()).cluster(Cluster::Devnet).start().await;
    let wallet = stack.solana_wallet();
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.expect(200);
    let network = |settlement: Option<Value>| settlement.expect("a settlement")["network"].clone();
    assert_eq!(network(paid.answer.settlement()), "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1");
    let paid = stack.post(LIST).pay_bent(&wallet, SolanaPayment::version_1).await;
    paid.answer.expect(200);
    assert_eq!(network(paid.answer.settlement()), "solana-devnet");
    assert_eq!(stack.solana_earned(), 2_000);
}

#[tokio::test]
async fn wallets_of_the_two_rails_never_mix() {
    let stack = world().await;
    let (solana, base) = (stack.solana_wallet_with(20_000_000), stack.wallet_with(20_000_000));
    let ours = stack.post(BUY).body(&json!({})).pay(&solana).await.answer.expect(200).json();
    let theirs = stack.post(BUY).body(&json!({})).pay(&base).await.answer.expect(200).json();
    let listed = stack.post(LIST).pay(&base).await.answer.expect(200).json();
    assert_eq!(listed["numbers"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["numbers"][0]["phone_number"], theirs["phone_number"]);
    let stolen = json!({"to": "+12133610872", "task": "Confirm the reservation.", "from": ours["phone_number"]});
    let refused = stack.post(CALL).body(&stolen).pay(&base).await.answer.refused(403, "wrong_wallet");
    assert_eq!(refused["actualOwner"], solana.text());
    let row = stack.dynamo.row(&format!("WALLET#{}", solana.caip10()), &lease(&ours));
    assert!(row.is_some(), "base58 is kept as it is");
}

fn lease(bought: &Value) -> String {
    format!("LEASE#{}", bought["phone_number"].as_str().expect("a number"))
}

type Bend = Box<dyn FnOnce(SolanaPayment) -> SolanaPayment>;

#[tokio::test]
async fn what_is_not_exactly_the_payment_is_refused_before_anybody_is_asked() {
    let stack = world().await;
    let wallet = stack.solana_wallet();
    let stranger = stack.solana_wallet();
    let (address, stranger_address) = (wallet.address(), stranger.address());
    let cases: Vec<(&str, Bend)> = vec![
        ("value_mismatch", Box::new(|it: SolanaPayment| it.amount(4_999_999))),
        ("value_mismatch", Box::new(|it: SolanaPayment| it.amount(5_000_001))),
        ("recipient_mismatch", Box::new(move |it: SolanaPayment| it.to(address))),
        ("transaction_mismatch", Box::new(move |it: SolanaPayment| it.mint(address))),
        ("transaction_mismatch", Box::new(move |it: SolanaPayment| it.and_transfer(address, 1))),
        (
            "transaction_mismatch",
            Box::new(move |it: SolanaPayment| it.and(Instruction::system_transfer(address, address, 1))),
        ),
        ("transaction_mismatch", Box::new(move |it: SolanaPayment| it.from(stranger_address))),
        ("transaction_mismatch", Box::new(|it: SolanaPayment| it.compute_price(5_000_001))),
        ("transaction_mismatch", Box::new(move |it: SolanaPayment| it.lookup(address))),
        ("transaction_mismatch", Box::new(move |it: SolanaPayment| it.fee_payer(address))),
        ("invalid_signature", Box::new(SolanaPayment::unsigned_by_payer)),
        ("invalid_signature", Box::new(SolanaPayment::flipped)),
        ("invalid_signature", Box::new(move |it: SolanaPayment| it.signed_by(&stranger))),
    ];
    for (reason, bend) in cases {
        let answer = stack.post(BUY).body(&json!({})).pay_bent(&wallet, bend).await.answer;
        assert_eq!(answer.refused(402, "payment_required")["reason"], reason);
    }
    let cut = |payment: SolanaPayment| payment.bytes(|bytes| bytes.truncate(100));
    stack.post(BUY).body(&json!({})).pay_bent(&wallet, cut).await.answer.refused(400, "invalid_payment");
    assert!(stack.facilitator.seen().is_empty() && stack.twilio.held().is_empty());
}

#[tokio::test]
async fn one_transaction_buys_one_thing_whatever_stands_in_the_fee_payers_place() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    let payment = wallet.signs(&stack.post(BUY).demand().await);
    let buy = |payment: &SolanaPayment| stack.post(BUY).body(&json!({})).paid_with(payment).send();
    let answers = join_all((0..10).map(|_| buy(&payment))).await;
    let first = answers[0].expect(200).json();
    for answer in &answers {
        assert_eq!(answer.expect(200).json(), first);
    }
    let signed = payment.clone().bytes(|bytes| bytes[1..65].fill(7));
    assert_eq!(buy(&signed).await.expect(200).json(), first);
    let renew = json!({"phone_number": first["phone_number"]});
    stack.post(RENEW).body(&renew).paid_with(&payment).send().await.refused(409, "payment_conflict");
    assert_eq!((stack.solana_earned(), stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn a_settlement_whose_answer_is_lost_is_looked_up_on_the_cluster() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    // And where the node does not answer either, as soon as it does.
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    stack.solana.faults().always("POST /", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(LIST).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    stack.solana.faults().clear();
    stack.travel(MINUTE);
    stack.sweep().await;
    stack.post(LIST).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.solana_earned(), 5_001_000);
}

#[tokio::test]
async fn a_payment_that_never_arrived_is_void_when_its_block_is_past_for_good() {
    let stack = world().await;
    let wallet = stack.solana_wallet();
    // It cannot be said whether it was sent, and it was not.
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    stack.sweep().await;
    let again = || stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send();
    again().await.refused(503, "payment_pending");
    stack.travel(10 * MINUTE);
    stack.sweep().await;
    again().await.refused(402, "payment_required");
    assert_eq!(stack.solana_earned(), 0);
}

#[tokio::test]
async fn a_transaction_that_is_too_old_or_not_covered_costs_nothing() {
    let stack = world().await;
    for (path, body) in [(LIST, json!({})), (BUY, json!({}))] {
        let poor = stack.solana_wallet_with(999);
        stack.post(path).body(&body).pay(&poor).await.answer.refused(402, "payment_required");
        let late = stack.solana_wallet();
        let payment = late.signs(&stack.post(path).demand().await);
        stack.travel(5 * MINUTE);
        stack.post(path).body(&body).paid_with(&payment).send().await.refused(402, "payment_required");
    }
    assert_eq!((stack.solana_earned(), stack.twilio.held().len()), (0, 0));
}

#[tokio::test]
async fn a_wallet_that_is_emptied_while_the_phone_rings_is_not_served() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    let faults = stack.facilitator.faults();
    faults.reset_counts();
    faults.once("POST */settle", Fault::Hang);
    let emptied = async {
        faults.arrived("POST */settle", 1).await;
        stack.solana.change(wallet.address(), |account| account.amount = 0);
        faults.release();
    };
    let (paid, ()) = join(stack.post(CALL).body(&request()).pay(&wallet), emptied).await;
    paid.answer.refused(402, "payment_required");
    assert!(stack.bland.calls().iter().all(harness::sim::bland::Call::is_over), "it was stopped");
    assert_eq!(stack.solana_earned(), 5_000_000);
}

#[tokio::test]
async fn anothers_submission_of_our_payment_is_our_payment() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    for (path, body) in [(LIST, json!({})), (BUY, json!({}))] {
        let payment = wallet.signs(&stack.post(path).demand().await);
        assert_eq!(submit(&stack, &payment).await["success"], true);
        stack.post(path).body(&body).paid_with(&payment).send().await.expect(200);
    }
    assert_eq!(stack.solana_earned(), 5_001_000);
}

/// It is not said that it costs nothing: it was made, and buys nothing any more.
#[tokio::test]
async fn anothers_submission_from_long_ago_is_called_used_and_goes_back() {
    let stack = world().await;
    stack.sweep().await;
    let mut questions = Vec::new();
    for (path, body, held) in [
        (LIST, json!({}), 1_000),
        (LIST, json!({}), 20_000_000),
        (BUY, json!({}), 5_000_000),
        (BUY, json!({}), 20_000_000),
    ] {
        let wallet = stack.solana_wallet_with(held);
        let payment = wallet.signs(&stack.post(path).demand().await);
        assert_eq!(submit(&stack, &payment).await["success"], true);
        stack.travel(5 * MINUTE);
        let asked = stack.solana.faults().count("*");
        let used = stack.post(path).body(&body).paid_with(&payment).send().await.refused(409, "payment_conflict");
        assert!(used["message"].as_str().expect("words").contains("goes back to the wallet by itself"), "{used}");
        questions.push(stack.solana.faults().count("*") - asked);
        stack.sweep().await;
        stack.travel(6 * MINUTE);
        stack.sweep().await;
        assert_eq!(stack.solana.balance(wallet.address()), held, "{path} is back");
    }
    assert_eq!(questions, [6; 4], "as many as for one that was never made");
}

/// Clients build on the newest confirmed block, which no final state knows for some seconds.
#[tokio::test]
async fn of_a_poor_wallet_that_signs_on_the_newest_block_it_is_said_that_nothing_was_charged() {
    let stack = world().await;
    for (path, commitment) in
        [(LIST, Commitment::Confirmed), (BUY, Commitment::Confirmed), (BUY, Commitment::Finalized)]
    {
        let poor = stack.solana_wallet_with(999);
        let payment = poor.signs(&stack.post(path).demand().await).blockhash(stack.solana.blockhash(commitment).0);
        let refused =
            stack.post(path).body(&json!({})).paid_with(&payment).send().await.refused(402, "payment_required");
        let message = refused["message"].as_str().or(refused["error"].as_str()).expect("words");
        assert!(message.contains("too little USDC") && !message.contains("goes back"), "{path}: {message}");
    }
}

/// That of one which is too old to be made it is not known whether it was is not "Not charged".
#[tokio::test]
async fn of_a_payment_that_came_too_late_it_is_not_said_that_it_was_not_made() {
    let stack = world().await;
    for (path, held) in [(LIST, 999), (LIST, 20_000_000), (BUY, 999), (BUY, 20_000_000)] {
        let wallet = stack.solana_wallet_with(held);
        let payment = wallet.signs(&stack.post(path).demand().await);
        stack.travel(5 * MINUTE);
        let asked = stack.solana.faults().count("*");
        for nth in 0..2 {
            let late =
                stack.post(path).body(&json!({})).paid_with(&payment).send().await.refused(402, "payment_required");
            let message = late["message"].as_str().or(late["error"].as_str()).expect("words");
            assert!(message.ends_with("it goes back to the wallet by itself."), "{path} {held}: {message}");
            if nth == 0 {
                let more = u64::from(held == 999);
                assert_eq!(stack.solana.faults().count("*") - asked, 6 + more, "{path} {held}");
            }
        }
    }
    assert_eq!(stack.solana_earned(), 0);
}

/// The facilitator says of one that was made that it would fail, and an obedient client pays again.
#[tokio::test]
async fn anothers_submission_is_not_called_unpaid_while_the_node_is_silent() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    for (path, body) in [(LIST, json!({})), (BUY, json!({}))] {
        let payment = wallet.signs(&stack.post(path).demand().await);
        assert_eq!(submit(&stack, &payment).await["success"], true);
        stack.solana.faults().always("POST /", Fault::Refuse(Answer::html(502)));
        let refused = stack.post(path).body(&body).paid_with(&payment).send().await.refused(502, "upstream_error");
        assert!(refused["message"].as_str().expect("words").contains("repeat the same header"), "{refused}");
        stack.solana.faults().clear();
        stack.post(path).body(&body).paid_with(&payment).send().await.expect(200);
    }
    assert_eq!(stack.solana_earned(), 5_001_000);
}

#[tokio::test]
async fn a_new_fee_payer_is_offered_after_the_first_refusal_because_of_the_old_one() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(20_000_000);
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    let old = stack.facilitator.fee_payer();
    stack.facilitator.rotate_fee_payer();
    let refused = stack.post(LIST).pay(&wallet).await;
    refused.answer.refused(402, "payment_required");
    let demand = refused.answer.demand();
    let offered = &demand.offer_on("solana:")["extra"]["feePayer"];
    assert_eq!(offered, &json!(stack.facilitator.fee_payer().to_string()));
    assert_ne!(offered, &json!(old.to_string()));
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    assert_eq!(stack.solana_earned(), 2_000);
}

#[tokio::test]
async fn base_can_be_paid_while_the_facilitator_does_not_say_who_pays_solanas_fees() {
    let stack = world().await;
    stack.facilitator.faults().always("GET */supported", Fault::Refuse(Answer::html(502)));
    let asked = stack.post(LIST).send().await.expect(402).json();
    assert_eq!(asked["accepts"].as_array().map(Vec::len), Some(1));
    assert_eq!(asked["accepts"][0]["network"], "base");
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.expect(200);
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_payment_that_was_refused_and_is_made_all_the_same_goes_back() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(5_000_000);
    // From here on the cluster is watched.
    stack.sweep().await;
    stack.travel(MINUTE);
    let payment = wallet.signs(&stack.post(CALL).demand().await);
    stack.post(CALL).body(&request()).paid_with(&payment).send().await.refused(403, "no_owned_numbers");
    assert_eq!(submit(&stack, &payment).await["success"], true);
    assert_eq!(stack.solana.balance(wallet.address()), 5_000_000 - CALL_PRICE);
    for _ in 0..3 {
        stack.travel(6 * MINUTE);
        stack.sweep().await;
    }
    assert_eq!(stack.solana.balance(wallet.address()), 5_000_000);
    stack.post(CALL).body(&request()).paid_with(&payment).send().await.refused(409, "payment_returned");
}

#[tokio::test]
async fn what_was_paid_before_the_watch_began_is_found_when_an_operator_says_from_where() {
    let stack = world().await;
    let wallet = stack.solana_wallet_with(5_000_000);
    let from = stack.solana.slot();
    let payment = wallet.signs(&stack.post(CALL).demand().await);
    assert_eq!(submit(&stack, &payment).await["success"], true);
    stack.travel(2 * MINUTE);
    let looked = |event: Value| {
        let stack = &stack;
        async move { stack.invoke("reaper", &event).await["strays"].clone() }
    };
    // Without a network it is the first one's block.
    assert_eq!(looked(json!({"payments_from": stack.chain.height()})).await, 0);
    assert_eq!(looked(json!({"payments_from": from, "network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"})).await, 1);
    stack.sweep().await;
    assert_eq!(stack.solana.balance(wallet.address()), 5_000_000);
}

/// A Solana wallet with a number, in a world that the test goes on to hurt.
struct Caller {
    stack: Stack,
    wallet: SolanaWallet,
}

impl Caller {
    async fn within(stack: Stack) -> Self {
        let wallet = stack.solana_wallet_with(20_000_000);
        stack.sweep().await;
        stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
        Self { stack, wallet }
    }

    /// A call that the dialler cannot place, and that is known to have ended so.
    async fn fails(&self) -> Value {
        self.stack.bland.script_next(Script::PreQueueError);
        self.stack.travel(Duration::from_secs(15));
        let call = self.stack.post(CALL).body(&request()).pay(&self.wallet).await.answer.expect(200).json();
        self.stack.bland.finish_all();
        self.stack.travel(Duration::from_secs(30));
        self.stack.poll(&call).await;
        self.stack.travel(Duration::from_secs(61));
        assert_eq!(self.stack.poll(&call).await["refund"]["status"], "due");
        call
    }

    fn money(&self) -> u64 {
        self.stack.solana.balance(self.wallet.address())
    }

    fn paid_back(&self) -> u64 {
        FLOAT - self.stack.solana.balance(self.stack.solana_refund_wallet)
    }
}

#[tokio::test]
async fn no_facilitator_is_asked_about_a_payment_that_could_cost_the_facilitator_more_than_it_should() {
    let stack = world().await;
    let wallet = stack.solana_wallet();
    let limited = |units: u32| move |it: SolanaPayment| it.compute_limit(units);
    for units in [200_001, 1_400_000, u32::MAX] {
        let answer = stack.post(LIST).pay_bent(&wallet, limited(units)).await.answer;
        assert_eq!(answer.refused(402, "payment_required")["reason"], "transaction_mismatch");
    }
    assert!(stack.facilitator.seen().is_empty());
    stack.post(LIST).pay_bent(&wallet, limited(200_000)).await.answer.expect(200);
}
