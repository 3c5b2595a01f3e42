//! What an operator does with what is kept of a call: holds it, lets it go, erases it.

use shared::store::Charge;
use shared::store::books::OnChain;
use shared::store::by_hand::ByHand;
use shared::store::calls::{Keeping, erased};
use shared::types::CallId;

use super::{Table, at, attempt, bring, called, charge, credit, failed, number, over, sale, sold_call};

/// A call that credit has paid for, that is over, booked and erased.
async fn erased_after(table: &Table, nonce: u8, has_failed: bool) -> CallId {
    let id = sold_call(table, nonce, true).await;
    let sold = sale(table, nonce).await;
    let by = attempt(u128::from(nonce));
    if has_failed {
        failed(table, &id).await;
        assert!(table.store.credit_back(&sold, &called(table, &id).await, &by, at(20)).await.expect("answers"));
    } else {
        over(table, &id).await;
        assert!(table.store.book_call(&called(table, &id).await, Some(&sold), &by, at(20)).await.expect("answers"));
    }
    assert_eq!(table.store.erase_call(&id, &by).await.expect("answers"), Keeping::Done);
    id
}

#[tokio::test]
async fn a_call_that_is_held_or_waits_is_not_erased_by_who_has_not_seen_that() {
    let table = Table::new("not_erased").await;
    bring(&table, &number(1), "leased").await;
    let id = sold_call(&table, 1, false).await;
    assert!(!table.makes(erased(&called(&table, &id).await)).await, "it is not over");
    over(&table, &id).await;
    let seen = called(&table, &id).await;
    assert_eq!(table.store.hold_call(&seen, "case 7", &attempt(1)).await.expect("answers"), Keeping::Done);
    assert!(!table.makes(erased(&seen)).await, "it is held");
    assert_eq!(
        table.store.begin_erasing(&seen).await.expect("answers"),
        Keeping::Unsettled,
        "it is not in the books, as far as was seen"
    );
    assert_eq!(table.store.let_call_go(&called(&table, &id).await, &attempt(2)).await.expect("answers"), Keeping::Done);
    assert!(table.makes(erased(&seen)).await);
    assert!(table.store.call(&id).await.expect("answers").is_none());

    // What credit has paid waits for the books.
    let id = sold_call(&table, 2, true).await;
    over(&table, &id).await;
    assert!(!table.makes(erased(&called(&table, &id).await)).await, "it is in a queue");
}

#[tokio::test]
async fn what_is_being_erased_is_not_held_and_what_is_held_is_let_go_when_its_money_is_at_rest() {
    let table = Table::new("held").await;
    bring(&table, &number(1), "leased").await;
    let id = sold_call(&table, 1, true).await;
    over(&table, &id).await;
    let (sold, seen) = (sale(&table, 1).await, called(&table, &id).await);
    assert!(table.store.book_call(&seen, Some(&sold), &attempt(1), at(20)).await.expect("answers"));
    assert_eq!(table.store.begin_erasing(&called(&table, &id).await).await.expect("answers"), Keeping::Done);
    let held = table.store.hold_call(&called(&table, &id).await, "case 7", &attempt(2)).await.expect("answers");
    assert_eq!(held, Keeping::Erasing);

    // Its money goes back while it is held: who has seen it before does not let it go, and the
    // refund ends.
    let id = sold_call(&table, 2, false).await;
    over(&table, &id).await;
    table.store.hold_call(&called(&table, &id).await, "case 8", &attempt(3)).await.expect("answers");
    let seen = called(&table, &id).await;
    let sold = sale(&table, 2).await;
    assert_eq!(table.store.owe_by_hand(&sold, "alice", &attempt(4), at(30)).await.expect("answers"), ByHand::Owed);
    assert_eq!(table.store.let_call_go(&seen, &attempt(5)).await.expect("answers"), Keeping::Unsettled);
    let due = sale(&table, 2).await;
    assert!(table.store.credited(&due, OnChain::Yes, &attempt(6), at(40)).await.expect("answers"));
    let call = called(&table, &id).await;
    assert_eq!((charge(&table, &id).await, call.line.held_for.as_deref()), (Charge::Credited, Some("case 8")));
    assert_eq!(table.store.let_call_go(&call, &attempt(7)).await.expect("answers"), Keeping::Done);
}

#[tokio::test]
async fn credit_of_a_call_that_is_erased_comes_back_once() {
    let table = Table::new("erased_credit").await;
    bring(&table, &number(1), "leased").await;
    erased_after(&table, 1, false).await;
    let owe = async |nonce: u8, by: u128| {
        let sold = sale(&table, nonce).await;
        table.store.owe_by_hand(&sold, "alice", &attempt(by), at(30)).await.expect("answers")
    };
    assert_eq!((owe(1, 10).await, credit(&table).await), (ByHand::Credited, 5_000_000));
    assert_eq!((owe(1, 11).await, credit(&table).await), (ByHand::Already, 5_000_000));
    // Of one that failed it was given back before.
    erased_after(&table, 2, true).await;
    assert_eq!(credit(&table).await, 10_000_000);
    assert_eq!((owe(2, 12).await, credit(&table).await), (ByHand::Already, 10_000_000));
}
