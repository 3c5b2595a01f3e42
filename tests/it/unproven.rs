//! What can be caused without a payment that is good: by signatures that only a contract could
//! judge, and by keys that hold nothing. Nothing is written and no facilitator is asked for them,
//! or so often in a minute and no more.

use std::time::{Duration, Instant};

use alloy_primitives::Address;
use futures_util::future::join_all;
use harness::sim::Fault;
use harness::sim::chain::contracts::FACTORY;
use harness::sim::solana::{Cluster, associated};
use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::wallet::Demand;
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

/// What is sold, and a body that is good.
fn shops() -> [(&'static str, Value); 4] {
    let call = json!({"phone_number": "+12133610872", "task": "Confirm the reservation for two."});
    [(LIST, json!({})), (BUY, json!({})), (RENEW, json!({"phone_number": "+12125550100"})), (CALL, call)]
}
const OWNERS_PER_HOUR: usize = 20;
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_key_that_holds_nothing_is_told_so_at_once_though_its_payment_is_good_only_in_seconds() {
    let stack = Stack::start(binaries!()).await;
    let poor = stack.wallet_with(0);
    let demand = stack.post(LIST).demand().await;
    let payment = poor.signs(&demand).valid_in(5);
    let began = Instant::now();
    stack.post(LIST).paid_with(&payment).send().await.refused(402, "payment_required");
    assert!(began.elapsed() < 4 * SECOND, "it has waited until the chain would take the payment");
}

/// What was asked of the facilitator, whatever it was.
fn asked(stack: &Stack) -> u64 {
    stack.facilitator.faults().count("*")
}

/// What was written.
fn written(stack: &Stack) -> u64 {
    ["TransactWriteItems", "UpdateItem", "PutItem", "DeleteItem"].iter().map(|it| stack.dynamo.faults().count(it)).sum()
}

fn unowned() -> Address {
    Wallet::random().address()
}

/// A payment in a stranger's name with bytes that no key has made.
fn junk(demand: &Demand, bytes: Vec<u8>) -> harness::wallet::Payment {
    Wallet::random().signs(demand).from(unowned()).signature(bytes)
}

fn wrapped(bytes: usize) -> Vec<u8> {
    [vec![0xab; bytes], [0x64, 0x92].repeat(16)].concat()
}

#[tokio::test]
async fn a_key_without_a_cent_writes_nothing_and_asks_no_facilitator() {
    let stack = Stack::start(binaries!()).await;
    for (path, body) in shops() {
        let demand = stack.post(path).body(&body).demand().await;
        let price = demand.price();
        for held in [0, price - 1] {
            let poor = stack.wallet_with(held);
            let before = written(&stack);
            stack.chain.faults().reset_counts();
            let refused = stack.post(path).body(&body).paid_with(&poor.signs(&demand)).send().await;
            // Before a wallet is told whose a number is, it is looked at once more.
            let most = if path == RENEW { 2 } else { 1 };
            let questions = stack.chain.faults().count("*");
            assert!(questions <= most, "{questions} questions to our own node for {path}");
            // A wallet without a number is told so for a call, whatever it holds.
            if path == CALL {
                refused.refused(403, "no_owned_numbers");
            } else {
                assert_eq!(refused.refused(402, "payment_required")["reason"], "insufficient_funds", "{path}");
            }
            assert_eq!((asked(&stack), written(&stack) - before), (0, 0), "{path} with {held}");
        }
    }
    // What is refused is not used up: with money the same header is good.
    let poor = stack.wallet_with(0);
    let paid = stack.post(LIST).pay(&poor).await;
    paid.answer.refused(402, "payment_required");
    stack.chain.mint(poor.address(), 1_000);
    stack.post(LIST).paid_with(&paid.payment).send().await.expect(200);
}

#[tokio::test]
async fn on_solana_a_key_without_a_cent_writes_nothing_and_settles_nothing() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    for held in [0, 999] {
        let poor = stack.solana_wallet_with(held);
        let demand = stack.post(LIST).demand().await;
        let before = written(&stack);
        stack.solana.faults().reset_counts();
        let refused = stack.post(LIST).paid_with(&poor.signs(&demand)).send().await.refused(402, "payment_required");
        assert_eq!(refused["reason"], "insufficient_funds");
        assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles(), written(&stack) - before), (0, 0, 0));
        assert_eq!(stack.solana.faults().count("POST /"), 7, "questions to our own node");
    }
    assert_eq!(stack.facilitator.faults().count("POST *"), 0);
    let rich = stack.solana_wallet_with(1_000);
    stack.post(LIST).pay(&rich).await.answer.expect(200);
}

#[tokio::test]
async fn who_has_paid_already_is_not_called_poor() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet_with(1_000);
    let paid = stack.post(LIST).pay(&wallet).await;
    let first = paid.answer.expect(200).json();
    assert_eq!(stack.post(LIST).paid_with(&paid.payment).send().await.expect(200).json(), first);
}

#[tokio::test]
async fn on_solana_a_history_that_is_too_long_sells_nothing_to_a_key_that_holds_too_little() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let poor = stack.solana_wallet_with(999);
    let payment = poor.signs(&stack.post(LIST).demand().await);
    // More than a page of it is from this minute.
    stack.solana.clutter(associated(poor.address(), Cluster::Mainnet.usdc()), 1_100, b"hello");
    let before = written(&stack);
    stack.solana.faults().reset_counts();
    let refused = stack.post(LIST).paid_with(&payment).send().await;
    let told = refused.refused(502, "upstream_error");
    assert_eq!(told["upstream"], "node");
    assert!(told["message"].as_str().is_some_and(|text| text.contains("less than the price")), "{told}");
    assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles(), written(&stack) - before), (0, 0, 0));
    assert_eq!(stack.solana.faults().count("POST /"), 6, "questions to our own node");
    // Nothing was used up.
    stack.solana.mint(poor.address(), 1);
    stack.post(LIST).paid_with(&payment).send().await.expect(200);
}

/// A list is not verified, unless our own node says nothing: then the facilitator knows who cannot
/// pay, and nothing is in doubt.
#[tokio::test]
async fn a_node_that_is_silent_makes_no_doubt_of_a_key_without_a_cent() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    stack.chain.faults().always("*", Fault::Overload);
    stack.solana.faults().always("*", Fault::Overload);
    let demand = stack.post(LIST).demand().await;
    stack.post(LIST).paid_with(&stack.wallet_with(0).signs(&demand)).send().await.refused(402, "payment_required");
    // On Solana it says only that a simulation failed, as it does of what was made already.
    // However often, since the wallet has used nothing.
    let poor = stack.solana_wallet_with(999);
    for _ in 0..7 {
        let refused = stack.post(LIST).paid_with(&poor.signs(&demand)).send().await;
        let told = refused.refused(502, "upstream_error");
        assert_eq!(told["upstream"], "node");
        assert!(!told["message"].as_str().expect("words").contains("Not charged"), "{told}");
    }
    let sold = stack.dynamo.rows().iter().any(|row| row["pk"].as_str().is_some_and(|pk| pk.starts_with("SALE#")));
    assert!(!sold && stack.facilitator.faults().count("POST */settle") == 0);
    // And who has the money is served.
    stack.post(LIST).pay(&stack.wallet()).await.answer.expect(200);
    stack.post(LIST).pay(&stack.solana_wallet()).await.answer.expect(200);
}

#[tokio::test]
async fn on_solana_who_has_paid_already_is_not_called_poor() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let wallet = stack.solana_wallet_with(1_000);
    let paid = stack.post(LIST).pay(&wallet).await;
    let first = paid.answer.expect(200).json();
    assert_eq!(stack.post(LIST).paid_with(&paid.payment).send().await.expect(200).json(), first);
}

#[tokio::test]
async fn a_node_in_trouble_refuses_no_buyer() {
    let stack = Stack::start(binaries!()).await;
    let owner = stack.wallet();
    let contract = unowned();
    stack.chain.deploy_smart_wallet(contract, owner.address());
    stack.chain.mint(contract, 10_000_000);
    for fault in [Fault::Drop, Fault::Overload, Fault::Html, Fault::Hang] {
        stack.chain.faults().always("*", fault);
        stack.post(LIST).pay(&owner).await.answer.expect(200);
        let demand = stack.post(LIST).demand().await;
        let payment = owner.signs(&demand).from(contract).tampered(|signature| signature.extend([0; 32]));
        stack.post(LIST).paid_with(&payment).send().await.expect(200);
        stack.chain.faults().clear();
    }
}

#[tokio::test]
async fn junk_in_place_of_a_contracts_signature_asks_no_facilitator() {
    let stack = Stack::builder(binaries!()).parameter("UnprovenPerMinute", "40").start().await;
    for (path, body) in shops() {
        let demand = stack.post(path).body(&body).demand().await;
        for bytes in [vec![0xab; 66], vec![0; 1_000], wrapped(66), wrapped(0), wrapped(256)] {
            let refused = stack.post(path).body(&body).paid_with(&junk(&demand, bytes)).send().await;
            assert_eq!(refused.refused(402, "payment_required")["reason"], "invalid_signature");
        }
    }
    assert_eq!((asked(&stack), stack.dynamo.faults().count("TransactWriteItems")), (0, 0));
    // What cannot be a signature at all is not even counted.
    assert_eq!(stack.dynamo.row("LIMIT#UNPROVEN", "LIMIT").expect("a count")["sum"], 8);
}

#[tokio::test]
async fn where_there_is_no_node_so_many_are_asked_about_in_a_minute() {
    let stack = Stack::builder(binaries!()).without_rpc().parameter("UnprovenPerMinute", "20").at_once(8).start().await;
    let demand = stack.post(LIST).demand().await;
    let requests = (0..50).map(|_| {
        let payment = junk(&demand, vec![0xab; 66]);
        let stack = &stack;
        async move { stack.post(LIST).paid_with(&payment).send().await }
    });
    let answers = join_all(requests).await;
    let limited: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(answers.iter().all(|answer| [402, 429].contains(&answer.status.as_u16())));
    assert_eq!((asked(&stack), limited.len()), (20, 30));
    let body = limited[0].refused(429, "rate_limited");
    assert_eq!(body["limit"], "unproven_signatures_per_minute");
    // A key's signature is none of it.
    stack.post(LIST).pay(&stack.wallet()).await.answer.expect(200);
    // And when it is said to be over, it is.
    let owner = stack.wallet();
    let contract = unowned();
    stack.chain.deploy_smart_wallet(contract, owner.address());
    stack.chain.mint(contract, 10_000_000);
    let payment = || owner.signs(&demand).from(contract).tampered(|signature| signature.extend([0; 32]));
    let refused = stack.post(LIST).paid_with(&payment()).send().await.refused(429, "rate_limited");
    let wait = refused["retry_after_seconds"].as_u64().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    stack.travel(Duration::from_secs(wait) + SECOND);
    // Another process, which has kept nothing of that minute: time passes for the table only.
    stack.lambda.kill("numbers_list");
    stack.post(LIST).paid_with(&payment()).send().await.expect(200);
}

/// A wallet whose contract signs, with its owner.
struct Smart {
    owner: Wallet,
    at: Address,
}

impl Smart {
    fn on(stack: &Stack) -> Self {
        let (owner, at) = (stack.wallet(), unowned());
        stack.chain.deploy_smart_wallet(at, owner.address());
        stack.chain.mint(at, 50_000_000);
        Self { owner, at }
    }

    async fn buys(&self, stack: &Stack, path: &str) -> harness::request::Response {
        let demand = stack.post(path).body(&json!({})).demand().await;
        let payment = self.owner.signs(&demand).from(self.at).tampered(|signature| signature.extend([0; 32]));
        stack.post(path).body(&json!({})).paid_with(&payment).send().await
    }
}

/// Signatures of nothing in these names, one after the other: what they are answered, by status.
async fn floods(stack: &Stack, names: impl Iterator<Item = Address>) -> Vec<u16> {
    let demand = stack.post(LIST).demand().await;
    let mut answers = Vec::new();
    for (nth, name) in (0_u8..).zip(names) {
        let payment = Wallet::random().signs(&demand).from(name).signature(vec![nth; 66]);
        answers.push(stack.post(LIST).paid_with(&payment).send().await.status.as_u16());
    }
    answers
}

fn count(answers: &[u16], status: u16) -> usize {
    answers.iter().filter(|answer| **answer == status).count()
}

#[tokio::test]
async fn junk_in_any_number_of_names_keeps_no_smart_wallet_out_that_has_paid() {
    // Six in one name, eighteen in those of strangers, ninety in those of wallets that have paid.
    let stack = Stack::builder(binaries!()).parameter("UnprovenPerMinute", "18").start().await;
    let (buyer, other, stranger) = (Smart::on(&stack), Smart::on(&stack), Smart::on(&stack));
    for smart in [&buyer, &other] {
        smart.buys(&stack, BUY).await.expect(200);
    }
    stack.travel(Duration::from_secs(61));
    // In one name, a known one or not: its share, and nothing of the others'.
    for name in [other.at, unowned()] {
        let answers = floods(&stack, std::iter::repeat_n(name, 12)).await;
        assert_eq!((count(&answers, 402), count(&answers, 429)), (6, 6));
    }
    stranger.buys(&stack, LIST).await.expect(200);
    buyer.buys(&stack, LIST).await.expect(200);
    // In any number of names: all that strangers have, and still nothing of the buyer's.
    let answers = floods(&stack, std::iter::repeat_with(unowned).take(30)).await;
    assert_eq!((count(&answers, 402), count(&answers, 429)), (18 - 6 - 1, 30 - 11));
    buyer.buys(&stack, LIST).await.expect(200);
    let refused = stranger.buys(&stack, LIST).await.refused(429, "rate_limited");
    assert_eq!(refused["limit"], "unproven_signatures_per_minute");
    // Whose own name is taken in vain comes again when it is told to.
    let refused = other.buys(&stack, LIST).await.refused(429, "rate_limited");
    let wait = refused["retry_after_seconds"].as_u64().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    stack.travel(Duration::from_secs(wait) + SECOND);
    other.buys(&stack, LIST).await.expect(200);
}

#[tokio::test]
async fn a_list_for_a_tenth_of_a_cent_makes_no_smart_wallet_known() {
    let stack = Stack::builder(binaries!()).parameter("UnprovenPerMinute", "3").start().await;
    let cheap = Smart::on(&stack);
    cheap.buys(&stack, LIST).await.expect(200);
    stack.travel(Duration::from_secs(61));
    floods(&stack, std::iter::repeat_with(unowned).take(4)).await;
    cheap.buys(&stack, LIST).await.refused(429, "rate_limited");
}

#[tokio::test]
async fn a_refused_signature_is_asked_about_once_in_a_minute() {
    let stack = Stack::builder(binaries!()).at_once(1).start().await;
    let demand = stack.post(LIST).demand().await;
    let payment = junk(&demand, vec![0xab; 66]);
    for _ in 0..10 {
        let refused = stack.post(LIST).paid_with(&payment).send().await.refused(402, "payment_required");
        assert_eq!(refused["reason"], "invalid_signature");
    }
    assert_eq!(
        (stack.chain.faults().count("*"), stack.dynamo.row("LIMIT#UNPROVEN", "LIMIT").expect("one")["sum"].clone()),
        (1, json!(1))
    );
}

#[tokio::test]
async fn a_contract_that_is_there_is_asked_by_our_own_node() {
    let stack = Stack::start(binaries!()).await;
    let owner = stack.wallet();
    let contract = unowned();
    stack.chain.deploy_smart_wallet(contract, owner.address());
    stack.chain.mint(contract, 10_000_000);
    let demand = stack.post(LIST).demand().await;
    let signed = |by: &Wallet| by.signs(&demand).from(contract).tampered(|signature| signature.extend([0; 32]));
    stack.post(LIST).paid_with(&signed(&stack.wallet())).send().await.refused(402, "payment_required");
    assert_eq!(asked(&stack), 0);
    stack.post(LIST).paid_with(&signed(&owner)).send().await.expect(200);
    assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles()), (0, 1));
    // Wrapped for its factory all the same, it is the same wallet.
    let empty = unowned();
    stack.chain.deploy_smart_wallet(empty, owner.address());
    let poor = owner.signs(&demand).from(empty).tampered(|signature| signature.extend([0; 32]));
    let refused = stack.post(LIST).paid_with(&poor).send().await.refused(402, "payment_required");
    assert_eq!((&refused["reason"], stack.facilitator.settles()), (&json!("insufficient_funds"), 1));
}

#[tokio::test]
async fn a_wallet_that_is_not_deployed_is_judged_as_it_will_be() {
    let stack = Stack::start(binaries!()).await;
    let owner = stack.wallet();
    let wallet = stack.chain.undeployed_wallet(owner.address());
    stack.chain.mint(wallet.wallet, 10_000_000);
    let demand = stack.post(LIST).demand().await;
    let signed = |by: &Wallet, factory| {
        let payment = by.signs(&demand).from(wallet.wallet).tampered(|signature| signature.extend([0; 32]));
        let inner = payment.signature_bytes();
        payment.signature(wallet.wraps(factory, &inner))
    };
    let answer = async |payment| stack.post(LIST).paid_with(&payment).send().await;
    for forged in [signed(&stack.wallet(), FACTORY), signed(&owner, unowned())] {
        let refused = answer(forged).await.refused(402, "payment_required");
        assert_eq!((&refused["reason"], asked(&stack)), (&json!("invalid_signature"), 0));
    }
    // Its owner's is good as far as we can tell, and the facilitator, which would have to deploy
    // it, has the last word.
    let refused = answer(signed(&owner, FACTORY)).await.refused(402, "payment_required");
    assert_eq!((&refused["reason"], asked(&stack)), (&json!("eip6492_factory_not_allowed"), 1));
}

#[tokio::test]
async fn an_operator_can_know_another_factory() {
    let factory = "0x00000000000000000000000000000000000000Fa";
    let stack = Stack::builder(binaries!()).parameter("SmartWalletFactories", factory).start().await;
    let demand = stack.post(LIST).demand().await;
    let wallet = stack.chain.undeployed_wallet(unowned());
    let payment = junk(&demand, wallet.wraps(factory.parse().expect("an address"), &[7; 66]));
    stack.post(LIST).paid_with(&payment).send().await.refused(402, "payment_required");
    assert_eq!(stack.chain.faults().count("*"), 1, "it was worth a question");
    assert_eq!(asked(&stack), 0);
}

#[tokio::test]
async fn a_nonce_that_is_spent_is_no_reason_to_say_that_nothing_was_charged() {
    let stack = Stack::start(binaries!()).await;
    let owner = stack.wallet();
    let demand = stack.post(LIST).demand().await;
    let payment = owner.signs(&demand);
    let sent = stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes());
    sent.expect("any account may");
    let copied = payment.tampered(|signature| signature.extend([0; 32]));
    stack.post(LIST).paid_with(&copied).send().await.refused(409, "payment_conflict");
    assert_eq!(asked(&stack), 0);
}

#[tokio::test]
async fn a_wallet_is_told_twenty_times_in_an_hour_whose_a_number_is() {
    let stack = Stack::start(binaries!()).await;
    let (owner, other) = (stack.wallet(), stack.wallet());
    let bought = stack.post(BUY).body(&json!({})).pay(&owner).await.answer.expect(200).json();
    let number = json!({"phone_number": bought["phone_number"]});
    let asks = async |wallet: &Wallet| stack.post(RENEW).body(&number).pay(wallet).await.answer;
    for _ in 0..OWNERS_PER_HOUR {
        assert_eq!(asks(&other).await.refused(403, "wrong_wallet")["actualOwner"], owner.text());
    }
    let refused = asks(&other).await.refused(429, "rate_limited");
    assert_eq!(refused["limit"], "owner_answers_per_wallet_per_hour");
    assert!(refused.get("actualOwner").is_none());
    // A key without the price is told nothing, so that another one for each question is of no use.
    for _ in 0..2 {
        let poor = stack.wallet_with(4_999_999);
        assert_eq!(asks(&poor).await.refused(402, "payment_required")["reason"], "insufficient_funds");
    }
    asks(&stack.wallet()).await.refused(403, "wrong_wallet");
    let wait = refused["retry_after_seconds"].as_u64().expect("seconds");
    stack.travel(Duration::from_secs(wait) + SECOND);
    asks(&other).await.refused(403, "wrong_wallet");
}

#[tokio::test]
async fn the_same_is_counted_for_the_number_to_call_from() {
    let stack = Stack::start(binaries!()).await;
    let (owner, other) = (stack.wallet(), stack.wallet());
    let bought = stack.post(BUY).body(&json!({})).pay(&owner).await.answer.expect(200).json();
    stack.post(BUY).body(&json!({})).pay(&other).await.answer.expect(200);
    let mut call = shops()[3].1.clone();
    call["from"] = bought["phone_number"].clone();
    for _ in 0..OWNERS_PER_HOUR {
        stack.post(CALL).body(&call).pay(&other).await.answer.refused(403, "wrong_wallet");
    }
    stack.post(CALL).body(&call).pay(&other).await.answer.refused(429, "rate_limited");
}
