//! What an operator does by hand: refunds, credit, switches and the list of who is not called.

use shared::store::books::OnChain;
use shared::store::by_hand::ByHand;
use shared::store::calls::{self, NewCall};
use shared::store::refunds::Stranger;
use shared::store::sales::{Settled, Settling};
use shared::store::{Changes, Charge, Pause, RefundReason, Refunding, State};
use shared::types::{CallId, Usdc};

use super::{
    Table, at, attempt, bring, called, charge, claimed, credit, due_refunds, failed, new_call, new_sale, number, over,
    payment, sale, sold_call, stranger, wallet,
};

/// Five dollars of credit for the wallet, as a stray of that much leaves them.
async fn five_dollars_of_credit(table: &Table) -> bool {
    let stray = Stranger { amount: Usdc::micros(5_000_000), ..stranger(99) };
    assert!(table.store.owe_stranger(stray, &attempt(99), at(0)).await.expect("answers"));
    table.store.credited(&sale(table, 99).await, OnChain::Yes, &attempt(99), at(200)).await.expect("answers")
}

#[tokio::test]
async fn credit_is_spent_once_and_comes_back_with_what_it_paid_for() {
    let table = Table::new("credit").await;
    bring(&table, &number(1), "leased").await;
    assert!(five_dollars_of_credit(&table).await);
    let price = Usdc::micros(3_000_000);
    let dial = |id: u128, nonce: u8| {
        let call = NewCall { credit: Some(price), ..new_call(id, &number(1)) };
        calls::dial(&call, &payment(nonce), at(0)).expect("a row")
    };
    let id = CallId::from_bits(1);
    assert!(table.makes(dial(1, 1)).await);
    assert_eq!(credit(&table).await, 2_000_000);
    assert!(table.makes(calls::not_dialled(&id, &wallet(0), &payment(1), Some(price), at(0))).await);
    assert!(!table.makes(calls::not_dialled(&id, &wallet(0), &payment(1), Some(price), at(0))).await, "once");
    assert_eq!(credit(&table).await, 5_000_000);

    assert!(table.makes(dial(1, 2)).await);
    assert!(table.makes(calls::withdrawn(&id, &wallet(0), &payment(2), "bland", Some(price), at(0))).await);
    assert!(!table.makes(calls::withdrawn(&id, &wallet(0), &payment(2), "bland", Some(price), at(0))).await, "once");
    assert_eq!(credit(&table).await, 5_000_000);

    assert!(table.makes(dial(3, 3)).await);
    assert!(table.makes(calls::charged(&CallId::from_bits(3), &wallet(0), &payment(3), None, None, at(0))).await);
    assert!(!table.makes(dial(4, 4)).await, "there are two dollars left");
    assert!(table.makes(calls::dial(&new_call(4, &number(1)), &payment(4), at(0)).expect("a row")).await);

    // A call that credit paid and that failed: the same amount again, once.
    let failing = Table::new("credit_back").await;
    bring(&failing, &number(1), "leased").await;
    let id = sold_call(&failing, 5, true).await;
    failed(&failing, &id).await;
    let record = sale(&failing, 5).await;
    assert!(
        failing.store.credit_back(&record, &called(&failing, &id).await, &attempt(1), at(20)).await.expect("answers")
    );
    assert!(
        !failing.store.credit_back(&record, &called(&failing, &id).await, &attempt(2), at(20)).await.expect("answers"),
        "once"
    );
    assert_eq!(credit(&failing).await, 5_000_000);
}

#[tokio::test]
async fn what_was_paid_by_a_transaction_is_owed_by_hand_once_and_a_call_only_when_it_is_over() {
    let table = Table::new("by_hand").await;
    let owe = async |record: &shared::store::sales::Record, by: u128| {
        table.store.owe_by_hand(record, "alice: our mistake", &attempt(by), at(20)).await.expect("answers")
    };
    let unpaid = claimed::<Settling>(&table, new_sale(1, 1)).await.expect("ours");
    assert_eq!(owe(&sale(&table, 1).await, 1).await, ByHand::NotPaid);
    let settled = Settled { transaction: Some("0xabc".to_owned()), at: at(5) };
    assert!(table.store.close(unpaid, settled, Changes::none()).await.is_ok());
    let closed = sale(&table, 1).await;
    assert_eq!(owe(&closed, 2).await, ByHand::Owed);
    // Two operators read the same and press at once; a third reads what became of it.
    assert_eq!(owe(&closed, 3).await, ByHand::Already);
    let owed = sale(&table, 1).await;
    assert_eq!(owe(&owed, 4).await, ByHand::Already);
    let refund = owed.refund.expect("a refund");
    assert_eq!((owed.state, refund.state, refund.reason), (State::Closed, Refunding::Due, RefundReason::ByHand));
    assert_eq!((refund.amount.atomic(), refund.by.as_deref()), (5_000_000, Some("alice: our mistake")));
    assert_eq!(due_refunds(&table).await, 1);

    bring(&table, &number(1), "leased").await;
    let id = sold_call(&table, 2, false).await;
    assert_eq!(owe(&sale(&table, 2).await, 5).await, ByHand::CallRuns);
    over(&table, &id).await;
    let sold = sale(&table, 2).await;
    assert_eq!(owe(&sold, 6).await, ByHand::Owed);
    assert_eq!(owe(&sold, 7).await, ByHand::Already);
    assert_eq!((due_refunds(&table).await, charge(&table, &id).await), (2, Charge::RefundDue));

    // What goes back because it failed does not go back by hand as well.
    let id = sold_call(&table, 3, false).await;
    let sold = sale(&table, 3).await;
    failed(&table, &id).await;
    assert!(table.store.owe_for_call(&sold, &called(&table, &id).await, &attempt(8), at(20)).await.expect("answers"));
    assert_eq!(owe(&sold, 9).await, ByHand::Already);
    assert_eq!(due_refunds(&table).await, 3);
}

#[tokio::test]
async fn what_was_paid_with_credit_becomes_credit_by_hand_once_and_only_when_the_call_is_over() {
    let table = Table::new("by_hand_credit").await;
    bring(&table, &number(1), "leased").await;
    let id = sold_call(&table, 1, true).await;
    let sold = sale(&table, 1).await;
    let owe = async |by: u128| table.store.owe_by_hand(&sold, "alice", &attempt(by), at(20)).await.expect("answers");
    assert_eq!((owe(1).await, credit(&table).await), (ByHand::CallRuns, 0));
    over(&table, &id).await;
    assert_eq!((owe(2).await, credit(&table).await), (ByHand::Credited, 5_000_000));
    assert_eq!((owe(3).await, credit(&table).await), (ByHand::Already, 5_000_000));
    assert_eq!((charge(&table, &id).await, due_refunds(&table).await), (Charge::Credited, 0));
}

#[tokio::test]
async fn what_an_operator_switches_is_switched_once_and_back_once() {
    let table = Table::new("controls").await;
    let store = &table.store;
    assert_eq!(store.controls().await.expect("answers").paused, None);
    assert!(!store.resume_selling(&attempt(1)).await.expect("answers"), "it is not paused");
    assert!(store.pause_selling(Pause::New, "a leak", &attempt(2), at(1)).await.expect("answers"));
    assert!(!store.pause_selling(Pause::New, "a leak", &attempt(3), at(2)).await.expect("answers"), "it is already");
    let (what, switched) = store.controls().await.expect("answers").paused.expect("paused");
    assert_eq!((what, switched.since, switched.why.as_str()), (Pause::New, at(1), "a leak"));
    assert!(store.pause_selling(Pause::All, "worse", &attempt(4), at(3)).await.expect("answers"), "more than before");
    assert!(!store.pause_selling(Pause::New, "less", &attempt(4), at(3)).await.expect("answers"), "never less");
    let (what, switched) = store.controls().await.expect("answers").paused.expect("paused");
    assert_eq!((what, switched.why.as_str()), (Pause::All, "worse"));
    assert!(store.resume_selling(&attempt(5)).await.expect("answers"));
    assert_eq!(store.controls().await.expect("answers").paused, None);

    let bad = wallet(1);
    assert!(!store.unblock_wallet(&bad, &attempt(6)).await.expect("answers"), "it is not blocked");
    assert!(store.block_wallet(&bad, "scams", &attempt(7), at(4)).await.expect("answers"));
    assert!(!store.block_wallet(&bad, "again", &attempt(8), at(5)).await.expect("answers"), "it is already");
    let blocked = store.blocked(&bad).await.expect("answers").expect("blocked");
    assert_eq!((blocked.since, blocked.why.as_str()), (at(4), "scams"));
    assert_eq!(store.blocked(&wallet(2)).await.expect("answers"), None);
    assert!(store.unblock_wallet(&bad, &attempt(9)).await.expect("answers"));
    assert_eq!(store.blocked(&bad).await.expect("answers"), None);
}

#[tokio::test]
async fn who_does_not_want_to_be_called_is_remembered_without_the_number() {
    let table = Table::new("opt_out").await;
    let store = &table.store;
    let (one, other) = (number(1), number(2));
    assert_eq!(store.opted_out(&one).await.expect("answers"), None);
    assert!(!store.opt_in(&one, &attempt(1)).await.expect("answers"), "no callee has opted out");
    assert!(store.opt_out(&one, "asked for it", &attempt(2), at(1)).await.expect("answers"));
    assert!(!store.opt_out(&one, "again", &attempt(3), at(2)).await.expect("answers"), "it is known");
    let opted_out = store.opted_out(&one).await.expect("answers").expect("remembered");
    assert_eq!((opted_out.since, opted_out.why.as_str()), (at(1), "asked for it"));
    assert_eq!(store.opted_out(&other).await.expect("answers"), None);
    assert!(store.opt_out(&other, "too", &attempt(4), at(3)).await.expect("answers"), "with the same salt");
    assert!(store.opted_out(&one).await.expect("answers").is_some());
    assert!(store.opt_in(&one, &attempt(5)).await.expect("answers"));
    assert!(!store.opt_in(&one, &attempt(6)).await.expect("answers"), "once");
    assert_eq!(store.opted_out(&one).await.expect("answers"), None);
    if let Some(engine) = &table.engine {
        let rows = serde_json::to_string(&engine.rows()).expect("JSON");
        assert!(!rows.contains("5550002"), "the number is not in the table");
    }
}
