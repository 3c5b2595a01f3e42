//! Refunds and strays: from due to sent to back, each step once, and no more in a day than the
//! operator allows.

use shared::store::books::OnChain;
use shared::store::refunds::{Sending, Stranger};
use shared::store::sales::{NotStepped, Open, Settled, Settling};
use shared::store::{Changes, Charge, Hurdle, Queue, RefundReason, Refunding, State, Work, numbers};
use shared::types::{Country, Usdc};

use super::{
    BOUNDS, Table, at, attempt, bring, called, claimed, credit, due, due_refunds, failed, new_sale, number, ours,
    payment, sale, sold_call, stranger, strays, wallet,
};

#[tokio::test]
async fn a_refund_goes_from_due_to_sent_to_back_and_each_step_is_made_once() {
    let table = Table::new("refund_steps").await;
    bring(&table, &number(1), "leased").await;
    let id = sold_call(&table, 7, false).await;
    let record = sale(&table, 7).await;
    let (one, two) = (attempt(1), attempt(2));
    assert!(
        !table.store.owe_for_call(&record, &called(&table, &id).await, &one, at(20)).await.expect("answers"),
        "it has not failed"
    );
    failed(&table, &id).await;
    assert!(table.store.owe_for_call(&record, &called(&table, &id).await, &one, at(20)).await.expect("answers"));
    assert!(
        !table.store.owe_for_call(&record, &called(&table, &id).await, &two, at(21)).await.expect("answers"),
        "it is owed already"
    );
    assert_eq!(due_refunds(&table).await, 1);

    let due = sale(&table, 7).await;
    let refund = due.refund.clone().expect("a refund");
    assert_eq!((refund.state, refund.reason, refund.tries), (Refunding::Due, RefundReason::CallFailed, 0));
    assert_eq!((refund.amount, refund.taken_by.as_deref()), (Usdc::micros(5_000_000), Some("0xabc")));
    let what = || Some(b"a transaction".to_vec());
    let sending =
        ours(table.store.send_refund(&due, what(), 1_800_000_400, &BOUNDS, &one, at(30)).await).expect("ours");
    let recorded = sale(&table, 7).await.refund.expect("a refund");
    assert_eq!((recorded.state, recorded.sent), (Refunding::Sending, what()), "before it is sent");
    assert!(
        ours(table.store.send_refund(&due, None, 1_800_000_400, &BOUNDS, &two, at(30)).await).is_none(),
        "one sends it"
    );
    assert_eq!(table.store.refunded_on(at(30)).await.expect("answers").amount, Usdc::micros(5_000_000));
    // Sent again: it counts on no other day, and as one refund.
    let again =
        ours(table.store.send_refund(&sending, None, 1_800_000_500, &BOUNDS, &two, at(100)).await).expect("ours");
    assert_eq!(table.store.refunded_on(at(100)).await.expect("answers").amount, Usdc::micros(5_000_000));
    assert_eq!(again.refund.as_ref().map(|refund| (refund.tries, refund.valid_before)), Some((2, Some(1_800_000_500))));

    assert!(
        !table.store.refunded(&sending, Some("0xdef".to_owned()), OnChain::Yes, &one, at(200)).await.expect("answers"),
        "it was sent again"
    );
    assert!(
        table.store.refunded(&again, Some("0xdef".to_owned()), OnChain::Yes, &two, at(200)).await.expect("answers")
    );
    assert!(!table.store.credited(&again, OnChain::Yes, &one, at(200)).await.expect("answers"), "never both");
    assert!(!table.store.credited(&due, OnChain::Yes, &one, at(200)).await.expect("answers"), "never both");
    assert_eq!((due_refunds(&table).await, credit(&table).await), (0, 0));
    let back = sale(&table, 7).await.refund.expect("a refund");
    assert_eq!((back.state, back.transaction.as_deref()), (Refunding::Refunded, Some("0xdef")));
    let call = table.store.call(&id).await.expect("answers").expect("there");
    assert_eq!((call.business.charge, call.business.refunded_by.as_deref()), (Charge::Refunded, Some("0xdef")));
}

#[tokio::test]
async fn a_refund_that_is_put_off_comes_back_later_and_remembers_its_refusals() {
    let table = Table::new("refund_later").await;
    let stranger = stranger(8);
    assert!(table.store.owe_stranger(stranger.clone(), &attempt(1), at(0)).await.expect("answers"));
    assert!(!table.store.owe_stranger(stranger, &attempt(2), at(0)).await.expect("answers"), "it has a record now");
    let due = sale(&table, 8).await;
    assert_eq!((due.state, due.spent, due.work.clone()), (State::Void, true, Work::Nothing));
    table.store.put_off_refund(&due, 2, None, at(2_000), &attempt(1)).await.expect("answers");
    assert_eq!(due_refunds(&table).await, 0);
    assert_eq!(sale(&table, 8).await.refund.map(|refund| refund.refused), Some(2));
    // What came without a request can never be claimed.
    assert!(claimed::<Open>(&table, new_sale(8, 9)).await.is_none());
    assert!(table.store.credited(&due, OnChain::Yes, &attempt(3), at(200)).await.expect("answers"));
    assert!(!table.store.credited(&due, OnChain::Yes, &attempt(4), at(200)).await.expect("answers"), "credited once");
    assert_eq!(credit(&table).await, 540_000);
}

#[tokio::test]
async fn no_more_than_a_days_limits_goes_back_until_an_operator_says_so() {
    let table = Table::new("refund_bounds").await;
    for nonce in 1..=4 {
        let stranger = Stranger { amount: Usdc::micros(5_000_000), ..stranger(nonce) };
        assert!(table.store.owe_stranger(stranger, &attempt(1), at(0)).await.expect("answers"));
    }
    assert_eq!((due(&table, Queue::Refunds, 1_000).await.len(), strays(&table).await), (0, 4));
    let sends = async |nonce: u8, day: i64| {
        let (due, by) = (sale(&table, nonce).await, attempt(u128::from(nonce) + 10 * u128::from(day.unsigned_abs())));
        let now = at(day * 86_400 + 100);
        table.store.send_refund(&due, None, 1_800_000_400, &BOUNDS, &by, now).await.expect("answers")
    };
    assert!(matches!(sends(1, 0).await, Sending::Ours(_)));
    assert!(matches!(sends(2, 0).await, Sending::StraysUsedUp));
    let seen = sale(&table, 2).await;
    assert!(table.store.let_through(&seen, "ann: known", &attempt(1), at(5)).await.expect("answers"));
    assert!(!table.store.let_through(&seen, "ann: known", &attempt(2), at(6)).await.expect("answers"), "once");
    table.store.put_off_refund(&seen, 0, None, at(9_000), &attempt(3)).await.expect("answers");
    assert_eq!(due(&table, Queue::Refunds, 1_000).await.len(), 1, "who had seen it before does not put it off");
    assert!(matches!(sends(2, 0).await, Sending::Ours(_)));
    let third = sale(&table, 3).await;
    assert!(table.store.let_through(&third, "ann: known", &attempt(4), at(7)).await.expect("answers"));
    assert!(matches!(sends(3, 0).await, Sending::Stopped), "more than a day's limit");
    assert!(table.store.stop_refunds(None, &attempt(5), at(8)).await.expect("answers"));
    assert!(!table.store.stop_refunds(None, &attempt(6), at(8)).await.expect("answers"), "it is stopped already");
    assert!(matches!(sends(3, 1).await, Sending::Stopped), "another day does not lift it");
    assert!(matches!(sends(1, 1).await, Sending::Ours(_)), "what was sent before is carried on");
    assert!(table.store.lift_refund_stop("ann: a bad day", &attempt(7), at(200)).await.expect("answers"));
    assert!(!table.store.lift_refund_stop("ann: a bad day", &attempt(8), at(201)).await.expect("answers"));
    assert!(matches!(sends(3, 0).await, Sending::Ours(_)), "as much as in a day may go back again");
    assert_eq!(table.store.refunded_on(at(0)).await.expect("answers").amount, Usdc::micros(15_000_000));
}

#[tokio::test]
async fn a_stray_is_owed_where_nothing_was_granted_for_it_and_nowhere_else() {
    let table = Table::new("strays").await;
    bring(&table, &number(1), "leased").await;
    let owe = async |record: &shared::store::sales::Record, by: u128| {
        let amount = Usdc::micros(5_000_000);
        table.store.owe(record, amount, "0xabc".to_owned(), &attempt(by), at(50)).await.expect("answers")
    };
    // A sale that was given up and could be claimed again: the first attempt wins.
    let open = claimed::<Open>(&table, new_sale(1, 1)).await.expect("ours");
    let void = table.store.void(open, Changes::none(), false).await.expect("open → void");
    let claimed_again = claimed::<Open>(&table, new_sale(1, 2)).await.expect("it was not spent");
    assert!(!owe(&void, 3).await, "an attempt uses it");
    let void = table.store.void(claimed_again, Changes::none(), false).await.expect("open → void");
    assert!(owe(&void, 4).await);
    assert!(!owe(&void, 5).await, "once");
    assert!(claimed::<Open>(&table, new_sale(1, 6)).await.is_none(), "it goes back");

    // One that was paid with credit keeps its call, and the payment goes back.
    sold_call(&table, 2, true).await;
    let by_credit = sale(&table, 2).await;
    assert_eq!(by_credit.settled.as_ref().and_then(|settled| settled.transaction.clone()), None);
    assert!(owe(&by_credit, 7).await);
    assert_eq!(sale(&table, 2).await.state, State::Closed);
}

#[tokio::test]
async fn what_was_paid_and_is_gone_is_owed_instead_of_granted() {
    let table = Table::new("gone").await;
    let paid = claimed::<Settling>(&table, new_sale(1, 1)).await.expect("ours");
    let settled = || Settled { transaction: Some("0xabc".to_owned()), at: at(5) };
    let lease = numbers::lease(&number(1), Country::US, &wallet(0), &payment(1), at(100));
    let Err((paid, why)) = table.store.close(paid, settled(), lease).await else { panic!("no number is held") };
    assert!(matches!(why, NotStepped::Lost(lost) if lost.hurdle == Hurdle::Number));
    let owed = table
        .store
        .close_owing(paid, settled(), RefundReason::ProductGone, Changes::none(), at(5))
        .await
        .expect("settling → void, owed");
    assert_eq!((owed.state, owed.spent), (State::Void, true));
    assert_eq!(sale(&table, 1).await.refund.map(|refund| refund.reason), Some(RefundReason::ProductGone));
    assert_eq!(due_refunds(&table).await, 1);
}
