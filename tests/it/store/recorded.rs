//! Entries of the books: each is written once, whatever comes after it.

use std::ops::ControlFlow;

use shared::store::StoreFault;
use shared::store::books::{Line, OnChain, beginning_of, day_of};

use super::{AttemptId, Changes, Settled, Settling, State, Table, at, attempt, claimed, new_sale, payment, sale};

/// What stands in the books of the day of these tests.
async fn booked(table: &Table) -> Vec<Line> {
    let mut lines = Vec::new();
    let take = |_, line| {
        lines.push(line);
        ControlFlow::Continue(())
    };
    let day = beginning_of(day_of(at(0))).expect("a day");
    table.store.booked_from(day, take).await.expect("answers");
    lines
}

#[tokio::test]
async fn what_is_booked_stands_whatever_a_second_writer_brings_under_its_name() {
    let table = Table::new("recorded").await;
    let books = |what: &'static str, by: u128| {
        let store = &table.store;
        async move { store.book_deed(["alice", what, "a test", "done"], at(1), &attempt(by), at(1)).await }
    };
    books("pause new", 1).await.expect("there is none of its name");
    let before = booked(&table).await;
    assert_eq!(before.len(), 1);
    // Its answer was lost, so it is sent again.
    books("pause new", 1).await.expect("it is its own");
    assert!(matches!(books("resume", 1).await, Err(StoreFault::Recorded)), "it was written over");
    assert_eq!(booked(&table).await, before);
    books("resume", 2).await.expect("it has a name of its own");
    assert_eq!(booked(&table).await.len(), 2);
}

#[tokio::test]
async fn nothing_of_a_write_happens_whose_entry_would_take_anothers_place_and_a_second_later_all_of_it_does() {
    let table = Table::new("recorded_with").await;
    let sold = claimed::<Settling>(&table, new_sale(1, 1)).await.expect("ours");
    let settled = Settled { transaction: Some("0xabc".to_owned()), at: at(5) };
    assert!(table.store.close(sold, settled, Changes::none()).await.is_ok());
    let closed = sale(&table, 1).await;
    // Another stands where its entry is to stand: the second, the word and the payment are the
    // same.
    let name = AttemptId::from_row(payment(1).as_str().to_owned());
    table.store.book_deed(["alice", "a deed", "a test", "sold"], at(9), &name, at(9)).await.expect("answers");
    let before = booked(&table).await;
    let proven = async |by, second| table.store.proven(&closed, OnChain::Yes, None, &attempt(by), at(second)).await;
    assert!(matches!(proven(2, 9).await, Err(StoreFault::Recorded)));
    let after = sale(&table, 1).await;
    assert_eq!((booked(&table).await, after.state, after.booked), (before.clone(), State::Closed, false));
    assert!(proven(3, 10).await.expect("answers"), "the next round books it");
    assert!(sale(&table, 1).await.booked && booked(&table).await.len() > before.len());
    // And where it is booked already, that is the reason, not the entry.
    assert!(!proven(4, 10).await.expect("answers"), "once");
}
