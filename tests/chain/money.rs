//! What is bought, paid back and refused on the real chain.

use futures_util::future::join_all;
use harness::Neighbour;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::wallet::Payment;

use super::*;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_number_is_bought_listed_renewed_and_called_from() {
    let world = OnChain::start().await;
    let bought = world.buys().await;
    let number = bought["phone_number"].clone();
    assert_eq!(world.lists().await["numbers"][0]["phone_number"], number);
    world.stack.post(RENEW).body(&json!({"phone_number": number})).pay(&world.wallet).await.answer.expect(200);
    let called = world.calls().await;
    world.stack.bland.finish_all();
    world.stack.minutes(2).await;
    assert_eq!(world.stack.poll(&called).await["charged"], true);
    assert_eq!((world.stack.earned(), world.money()), (10_541_000, 20_000_000 - 10_541_000));
    assert_eq!((world.paid_back(), world.settles()), (0, 4));
}

#[tokio::test]
async fn what_the_receipt_names_is_on_the_chain() {
    let world = OnChain::start().await;
    let bought = world.buys().await;
    let receipt = world.node.ask("eth_getTransactionReceipt", &json!([bought["transaction"]]));
    assert_eq!(receipt["status"], "0x1");
    assert!(receipt["logs"].as_array().is_some_and(|logs| logs.len() == 2), "the authorization and the transfer");
}

#[tokio::test]
async fn both_versions_of_the_protocol_pay() {
    let world = OnChain::start().await;
    let answer = world.stack.post(LIST).pay_bent(&world.wallet, Payment::version_1).await.answer;
    assert_eq!(answer.expect(200).settlement().expect("a settlement")["network"], "base");
    let answer = world.stack.post(LIST).pay(&world.wallet).await.answer;
    assert_eq!(answer.expect(200).settlement().expect("a settlement")["network"], "eip155:8453");
    assert_eq!(world.stack.earned(), 2_000);
}

#[tokio::test]
async fn a_number_that_was_given_up_is_bought_from_the_pool() {
    let world = OnChain::start().await;
    let bought = world.buys().await;
    world.stack.travel(31 * DAY);
    world.stack.sweep().await;
    world.stack.travel(3 * DAY);
    assert_eq!(world.buys().await["phone_number"], bought["phone_number"]);
    assert_eq!((world.stack.earned(), world.stack.twilio.held().len()), (10_000_000, 1));
}

/// A call that the dialler cannot place, and that is known to have ended so.
async fn fails(world: &OnChain) -> Value {
    world.stack.bland.script_next(Script::PreQueueError);
    let call = world.calls().await;
    world.stack.bland.finish_all();
    world.stack.travel(Duration::from_secs(10));
    world.stack.poll(&call).await;
    world.stack.travel(Duration::from_secs(61));
    assert_eq!(world.stack.poll(&call).await["refund"]["status"], "due");
    call
}

#[tokio::test]
async fn a_call_that_failed_is_paid_back() {
    let world = OnChain::start().await;
    world.buys().await;
    let before = world.money();
    let call = fails(&world).await;
    assert_eq!(world.money(), before - 540_000);
    world.stack.minutes(2).await;
    let shown = world.stack.poll(&call).await;
    assert_eq!((&shown["charged"], &shown["refund"]["status"]), (&json!(false), &json!("refunded")));
    assert_eq!((world.money(), world.paid_back()), (before, 540_000));
    let receipt = world.node.ask("eth_getTransactionReceipt", &json!([shown["refund"]["transaction"]]));
    assert_eq!(receipt["status"], "0x1");
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_moves_money_once() {
    let world = OnChain::start().await;
    world.buys().await;
    let before = world.money();
    let call = fails(&world).await;
    world.stack.faults_of(Neighbour::Facilitator).once(SETTLE, Fault::LoseAnswer);
    world.stack.minutes(4).await;
    assert_eq!(world.stack.poll(&call).await["refund"]["status"], "refunded");
    assert_eq!((world.money(), world.paid_back()), (before, 540_000));
}

#[tokio::test]
async fn a_wallet_without_money_is_told_so_and_nothing_is_bought() {
    let world = OnChain::start().await;
    let poor = world.stack.wallet_with(999);
    for path in [BUY, LIST] {
        let paid = world.stack.post(path).body(&json!({})).pay(&poor).await;
        world.refused(path, &paid.payment, paid.answer).await;
    }
    assert_eq!((world.stack.earned(), world.node.balance(poor.address())), (0, 999));
    assert!(world.stack.twilio.held().is_empty());
}

#[tokio::test]
async fn the_same_header_again_is_the_same_answer_and_pays_once() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    let first = world.buys_with(&payment).await;
    let again = world.buys_with(&payment).await;
    assert_eq!(again.expect(200).body, first.expect(200).body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((world.stack.earned(), world.settles()), (5_000_000, 1));
}

#[tokio::test]
async fn twins_buy_once() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    let answers = join_all((0..6).map(|_| world.buys_with(&payment))).await;
    assert!(answers.iter().all(|answer| answer.expect(200).body == answers[0].body));
    assert_eq!((world.stack.earned(), world.stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn many_wallets_at_once_all_get_what_they_paid_for() {
    let world = OnChain::start().await;
    let wallets: Vec<Wallet> = (0..8).map(|_| world.stack.wallet_with(5_001_000)).collect();
    let stack = &world.stack;
    let spend = |wallet| async move {
        stack.post(BUY).body(&json!({})).pay(wallet).await.answer.expect(200);
        stack.post(LIST).body(&json!({})).pay(wallet).await.answer.expect(200);
    };
    join_all(wallets.iter().map(spend)).await;
    assert_eq!(world.stack.earned(), 8 * 5_001_000);
    assert!(wallets.iter().all(|wallet| world.node.balance(wallet.address()) == 0));
}

#[tokio::test]
async fn a_settlement_whose_answer_is_lost_is_looked_up_on_the_chain() {
    let world = OnChain::start().await;
    world.stack.faults_of(Neighbour::Facilitator).once(SETTLE, Fault::LoseAnswer);
    let bought = world.buys().await;
    assert!(bought["transaction"].as_str().is_some_and(|hash| hash.starts_with("0x")));
    assert_eq!(world.stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_settlement_that_no_node_could_look_up_is_found_by_the_sweep() {
    let world = OnChain::start().await;
    let chain = world.stack.faults_of(Neighbour::Chain);
    world.stack.faults_of(Neighbour::Facilitator).always(SETTLE, Fault::LoseAnswer);
    chain.always("*", Fault::Refuse(Answer::html(503)));
    let payment = world.signs().await;
    world.buys_with(&payment).await.refused(503, "payment_pending");
    chain.clear();
    world.stack.faults_of(Neighbour::Facilitator).clear();
    world.stack.minutes(3).await;
    let listed = world.lists().await;
    assert_eq!(listed["count"], 1, "the reaper has granted it: {listed}");
    world.buys_with(&payment).await.expect(200);
    assert_eq!(world.stack.earned(), 5_001_000);
}

#[tokio::test]
async fn a_payment_that_arrives_although_we_refused_it_goes_back() {
    let world = OnChain::start().await;
    let payment = world.signs().await;
    world.stack.post(BUY).body(&json!({"country": "usa"})).paid_with(&payment).send().await.refused(400, "bad_request");
    let stranger = Wallet::random().address();
    world.node.submit(stranger, payment.authorization(), &payment.signature_bytes()).expect("any account may");
    assert_eq!(world.money(), 15_000_000);
    world.stack.minutes(20).await;
    assert_eq!((world.money(), world.paid_back()), (20_000_000, 5_000_000));
    world.buys_with(&payment).await.refused(409, "payment_returned");
}

#[tokio::test]
async fn the_audit_reads_the_chain_itself() {
    let node = Node::start();
    // Without a node we do not hear of this payment, and do not give it back.
    let stack = Stack::builder(binaries!()).on(&node).without_rpc().start().await;
    let wallet = stack.wallet();
    let payment = wallet.signs(&stack.post(LIST).demand().await);
    node.submit(wallet.address(), payment.authorization(), &payment.signature_bytes()).expect("the owner may");
    let (findings, _) = stack.close().await;
    assert!(findings.len() == 1 && findings[0].contains("for nothing we know of"), "{findings:?}");
}
