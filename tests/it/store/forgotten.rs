//! What the table forgets, and when.

use shared::store::Changes;
use shared::store::books::OnChain;
use shared::store::sales::{NewSale, Open, Settling};
use shared::types::CallId;

use super::{
    BOUNDS, NOW, Table, at, attempt, bring, called, claimed, count, dialled_call, doubt, failed, new_sale, number,
    ours, paid_call, payment, sale, wallet,
};

/// In how many days a row is forgotten, which is not to be asked through the store.
fn days_left(table: &Table, of: &str) -> Option<i64> {
    let rows = table.engine.as_ref().expect("an engine").rows();
    let row = rows.into_iter().find(|row| row["pk"].as_str().is_some_and(|pk| pk.starts_with(of))).expect(of);
    row["ttl"].as_i64().map(|ttl| (ttl - NOW) / 86_400)
}

#[tokio::test]
async fn a_row_is_forgotten_some_time_after_its_business_has_ended_and_never_before() {
    let table = Table::new("kept").await;
    if table.engine.is_none() {
        return;
    }
    bring(&table, &number(1), "leased").await;
    let left = || ["SALE#", "CALL#", "NUMBER#"].map(|of| days_left(&table, of));
    let (id, settling) = dialled_call(&table, 7, false).await;
    assert_eq!(left(), [None, None, None], "about to settle");
    paid_call(&table, &id, settling, false).await;
    assert_eq!(left(), [Some(60), Some(30), None], "paid and granted");
    failed(&table, &id).await;
    assert_eq!(left(), [Some(60), None, None], "it has to be paid back");
    assert!(
        table
            .store
            .owe_for_call(&sale(&table, 7).await, &called(&table, &id).await, &attempt(1), at(0))
            .await
            .expect("answers")
    );
    assert_eq!(left(), [None, None, None], "it is owed, however long that takes");
    let due = sale(&table, 7).await;
    let until = u64::try_from(NOW).expect("late") + 300;
    let sent = ours(table.store.send_refund(&due, None, until, &BOUNDS, &attempt(1), at(0)).await).expect("sent");
    assert_eq!((left(), days_left(&table, "REFUNDED#")), ([None, None, None], Some(30)), "sent");
    assert!(
        table
            .store
            .refunded(&sent, Some("0xdef".to_owned()), OnChain::Yes, &attempt(1), at(200))
            .await
            .expect("answers")
    );
    assert_eq!(left(), [Some(60), Some(30), None], "and back");
}

#[tokio::test]
async fn a_sale_that_was_given_up_is_forgotten_and_one_that_was_not_is_not() {
    let table = Table::new("given_up").await;
    if table.engine.is_none() {
        return;
    }
    let open = claimed::<Open>(&table, new_sale(1, 1)).await.expect("ours");
    table.store.void(open, Changes::none(), false).await.expect("voided");
    assert_eq!(days_left(&table, "SALE#"), Some(60));
    let again = claimed::<Settling>(&table, new_sale(1, 2)).await.expect("claimed again");
    assert_eq!(days_left(&table, "SALE#"), None);
    table.store.park(again, doubt(false, 0, 15)).await.expect("parked");
    assert_eq!(days_left(&table, "SALE#"), None, "in doubt, for as long as that takes");
}

#[tokio::test]
async fn what_is_forgotten_is_not_there_though_the_table_still_has_it() {
    let table = Table::new("forgotten").await;
    let open = claimed::<Open>(&table, new_sale(1, 1)).await.expect("ours");
    table.store.void(open, Changes::none(), true).await.expect("voided");
    let (payment, payer) = (payment(1), wallet(0));
    let found = async |second| {
        let gate = table.store.gate(&payment, &payer, None, at(second)).await.expect("answers");
        gate.record.is_some()
    };
    let sixty = 60 * 86_400;
    assert!(found(sixty).await, "until a minute later, since an attempt has a minute");
    assert!(!found(sixty + 60).await);
    let late = |second| NewSale { now: at(second), ..new_sale(1, 2) };
    assert!(claimed::<Open>(&table, late(sixty)).await.is_none(), "spent");
    assert!(claimed::<Open>(&table, late(sixty + 60)).await.is_some());
    // One that is not over stays, however old it is.
    assert!(claimed::<Open>(&table, NewSale { attempt: attempt(3), ..late(2 * sixty + 120) }).await.is_none());
    assert!(found(4 * sixty).await);
}

#[tokio::test]
async fn a_list_of_what_counts_is_empty_two_days_after_the_last_entry_though_the_table_still_has_it() {
    let table = Table::new("past_list").await;
    let (from, to) = (wallet(1), number(1));
    count(&table, 1, &from, &to, 10, 0).await.expect("counted");
    let open = async |second| {
        let (call, budget) = (CallId::from_bits(0), super::budget());
        let read = table.store.before_call(&call, &from, &to, &budget, at(second));
        let (_, counters) = read.await.expect("answers");
        counters.open().len()
    };
    let two_days = 2 * 86_400;
    assert_eq!((open(two_days - 1).await, open(two_days).await), (1, 0));
    count(&table, 2, &from, &to, 10, two_days).await.expect("a new list in its place");
    assert_eq!(open(two_days).await, 1, "with one entry");
    count(&table, 3, &from, &number(2), 10, two_days).await.expect("counted behind it");
    assert_eq!(open(two_days).await, 2);
}
