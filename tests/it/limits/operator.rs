//! What an operator refuses: wallets, callees, and everything while selling is paused.

use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::{Stack, Wallet, binaries};
use serde_json::json;
use shared::store::Pause;
use shared::types::{EvmNetwork, PhoneNumber};

use crate::by_hand::{by, now, operator};

use super::{MINUTE, body, call, caller, counted, refused_by, to};

fn ours(wallet: &Wallet) -> shared::types::Wallet {
    shared::types::Wallet::Evm { network: EvmNetwork::BaseSepolia, address: wallet.address() }
}

#[tokio::test]
async fn a_blocked_wallet_is_sold_nothing_and_others_are() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, other) = (stack.wallet(), stack.wallet());
    let number = stack.buys(&wallet).await;
    stack.buys(&other).await;
    let served = stack.post(LIST).pay(&wallet).await;
    served.answer.expect(200);
    let store = operator(&stack);
    assert!(store.block_wallet(&ours(&wallet), "scams", &by(1), now()).await.expect("answers"));
    let earned = stack.earned();
    let renew = json!({"phone_number": number});
    for (path, body) in [(BUY, json!({})), (RENEW, renew), (LIST, json!({})), (CALL, body(&to(1), 1))] {
        let refused = stack.post(path).body(&body).pay(&wallet).await.answer.refused(403, "wallet_blocked");
        assert!(refused["message"].as_str().expect("a message").ends_with("Not charged."));
        assert!(!refused.to_string().contains("scams"), "why is for operators");
    }
    // What was served is answered again, and who only writes its name learns nothing.
    stack.post(LIST).paid_with(&served.payment).send().await.expect(200);
    let forged = wallet.signs(&stack.post(LIST).demand().await).signed_by(&other);
    stack.post(LIST).paid_with(&forged).send().await.refused(402, "payment_required");
    assert_eq!(stack.earned(), earned);
    call(&stack, &other, &to(1), 1).await.expect(200);
    assert!(store.unblock_wallet(&ours(&wallet), &by(2)).await.expect("answers"));
    call(&stack, &wallet, &to(2), 1).await.expect(200);
}

#[tokio::test]
async fn who_has_opted_out_is_not_called() {
    let stack = Stack::builder(binaries!()).parameter("BlandPlan", "build").start().await;
    let wallet = caller(&stack).await;
    let store = operator(&stack);
    let number = PhoneNumber::parse(&to(1)).expect("a number");
    assert!(store.opt_out(&number, "asked for it", &by(1), now()).await.expect("answers"));
    let earned = stack.earned();
    call(&stack, &wallet, &to(1), 1).await.refused(403, "destination_opted_out");
    assert_eq!((stack.earned(), counted(&stack), stack.bland.calls().len()), (earned, (0, 0), 0));
    for each in 2..5 {
        call(&stack, &wallet, &to(each), 1).await.expect(200);
    }
    // Also where a limit stands before it: it will be so when the limit is over.
    refused_by(&call(&stack, &wallet, &to(5), 1).await, "calls_in_flight_per_wallet");
    call(&stack, &wallet, &to(1), 1).await.refused(403, "destination_opted_out");
    let numbers = serde_json::to_string(&stack.dynamo.rows()).expect("JSON").matches("+12133610001").count();
    assert_eq!(numbers, 0, "the list does not say who is in it");
    assert!(store.opt_in(&number, &by(2)).await.expect("answers"));
    stack.bland.finish_all();
    stack.travel(3 * MINUTE);
    stack.sweep().await;
    call(&stack, &wallet, &to(1), 1).await.expect(200);
}

#[tokio::test]
async fn while_the_selling_is_paused_what_was_sold_goes_on() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    let placed = stack.post(CALL).body(&body(&to(1), 1)).pay(&wallet).await;
    placed.answer.expect(200);
    let store = operator(&stack);
    assert!(store.pause_selling(Pause::New, "a leak", &by(1), now()).await.expect("answers"));
    let earned = stack.earned();
    let (renew, again) = (json!({"phone_number": number}), body(&to(2), 1));
    let refused = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let paused = refused.answer.refused(503, "selling_paused");
    assert!(paused["message"].as_str().expect("a message").ends_with("Not charged."));
    assert_eq!(refused.answer.header("retry-after"), Some("300"));
    stack.post(CALL).body(&again).pay(&wallet).await.answer.refused(503, "selling_paused");
    assert_eq!((stack.earned(), stack.bland.calls().len()), (earned, 1));
    stack.post(RENEW).body(&renew).pay(&wallet).await.answer.expect(200);
    stack.post(LIST).pay(&wallet).await.answer.expect(200);
    stack.post(CALL).body(&body(&to(1), 1)).paid_with(&placed.payment).send().await.expect(200);
    stack.poll(&placed.answer.json()).await;
    stack.sweep().await;

    assert!(store.pause_selling(Pause::All, "worse", &by(2), now()).await.expect("answers"));
    stack.post(RENEW).body(&renew).pay(&wallet).await.answer.refused(503, "selling_paused");
    stack.post(LIST).pay(&wallet).await.answer.refused(503, "selling_paused");
    stack.poll(&placed.answer.json()).await;
    stack.sweep().await;

    assert!(store.resume_selling(&by(3)).await.expect("answers"));
    // The payment was never used.
    stack.post(BUY).body(&json!({})).paid_with(&refused.payment).send().await.expect(200);
}
