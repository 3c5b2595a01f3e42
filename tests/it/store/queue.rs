//! Queues, turns and stretches: what is due, whose turn it is, and from where to go on.

use std::time::Duration;

use alloy_primitives::B256;
use shared::store::sales::{Doubt, Settled, Settling, Taken};
use shared::store::walks::{Walk, Walked};
use shared::store::{Candidate, Changes, Queue, numbers};
use shared::types::{Country, Place, TransactionId};

use super::{Table, at, attempt, claimed, doubt, due, new_sale, number, payment};

#[tokio::test]
async fn a_sale_waits_in_its_queue_until_it_is_finished() {
    let table = Table::new("sales_due").await;
    let due = async |second| due(&table, Queue::Sales, second).await.len();
    let sale = claimed::<Settling>(&table, new_sale(1, 1)).await.expect("ours");
    assert_eq!((due(59).await, due(60).await), (0, 1));
    table.store.park(sale, Doubt { rings: true, ..doubt(false, 1, 16) }).await.expect("parked");
    assert_eq!((due(15).await, due(16).await), (0, 1));
    let record = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    let taken = table.store.take_over(&record, &attempt(3), at(2)).await.expect("answers");
    let Some(Taken::Settling(sale)) = taken else { panic!("no attempt works on it") };
    table.store.park(sale, doubt(false, 3, 16)).await.expect("parked");
    assert_eq!(due(1_000).await, 0, "where nothing rings it waits among the doubts");
    let due = async |second| self::due(&table, Queue::Doubts, second).await.len();
    assert_eq!((due(15).await, due(16).await), (0, 1));
    let record = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    let taken = table.store.take_over(&record, &attempt(2), at(16)).await.expect("answers");
    let Some(Taken::Settling(sale)) = taken else { panic!("no attempt works on it") };
    let settled = Settled { transaction: Some("0xabc".to_owned()), at: at(20) };
    table.store.close(sale, settled, Changes::none()).await.expect("closed");
    assert_eq!(due(1_000_000).await, 0);
}

#[tokio::test]
async fn a_queue_gives_as_many_as_are_asked_for_and_the_oldest_first() {
    let table = Table::new("queue").await;
    let numbers: Vec<_> = (1..=3).map(number).collect();
    for (second, number) in (0..).zip(&numbers) {
        assert!(table.makes(numbers::adopt(number, Country::US, "PN1", at(second))).await);
    }
    for most in 1..=4 {
        let due = table.store.due_with_time(Queue::Imports, at(10), most).await.expect("answers").into_iter();
        let due = due.map(|(candidate, since)| match candidate {
            Candidate::Number(number) => (number, since),
            _ => panic!("only numbers wait here"),
        });
        let expected = numbers.iter().cloned().zip((0..).map(at)).take(most.into());
        assert_eq!(due.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
    assert!(table.store.due(Queue::Imports, at(10), 0).await.expect("answers").is_empty());
}

#[tokio::test]
async fn a_turn_is_taken_once_in_its_time_and_it_is_known_when() {
    let table = Table::new("turns").await;
    let take = async |second, by: &str| {
        let every = Duration::from_secs(100);
        table.store.take_turn("DAILY", every, at(second), by).await.expect("answers")
    };
    let taken = async || table.store.turn_taken("DAILY").await.expect("answers");
    assert_eq!(taken().await, None);
    assert!(take(1_000, "a").await);
    assert!(!take(1_000, "b").await && !take(1_099, "c").await);
    assert_eq!(taken().await, Some(at(1_000)));
    assert!(take(1_100, "d").await);
    assert_eq!(taken().await, Some(at(1_100)));
}

#[tokio::test]
async fn who_goes_on_goes_on_from_where_the_last_one_stopped() {
    let table = Table::new("progress").await;
    let progress = async || table.store.progress("WATCH").await.expect("answers");
    let go_on = async |from, to, by| table.store.go_on("WATCH", from, to, &attempt(by)).await.expect("answers");
    assert_eq!(progress().await, None);
    assert!(go_on(None, 10, 1).await);
    assert!(!go_on(None, 20, 2).await, "another attempt has begun");
    assert_eq!(progress().await, Some(10));
    assert!(go_on(Some(10), 30, 3).await);
    assert!(!go_on(Some(10), 40, 4).await, "another attempt has gone on");
    assert_eq!(progress().await, Some(30));
}

#[tokio::test]
async fn a_stretch_is_read_on_from_where_it_was_left_until_it_is_done_with() {
    let table = Table::new("places").await;
    let place = async |seen| table.store.place("WATCH", seen).await.expect("answers");
    let stop_at = async |seen, place: Option<&Place>, by| {
        table.store.stop_at("WATCH", seen, place, &attempt(by)).await.expect("answers")
    };
    let at = |top| Place { top, before: TransactionId::evm(B256::repeat_byte(7)) };
    assert_eq!(place(None).await, None);
    assert!(stop_at(None, Some(&at(30)), 1).await);
    assert_eq!(place(None).await, Some(at(30)));
    assert!(table.store.go_on("WATCH", None, 30, &attempt(2)).await.expect("answers"));
    // It was a place in the stretch that is done with.
    assert_eq!(place(Some(30)).await, None);
    assert!(!stop_at(None, Some(&at(50)), 3).await, "another attempt has gone on");
    assert!(stop_at(Some(30), Some(&at(60)), 4).await);
    assert_eq!(place(Some(30)).await, Some(at(60)));
    assert!(stop_at(Some(30), None, 5).await);
    assert_eq!(place(Some(30)).await, None);
}

#[tokio::test]
async fn a_walk_goes_on_from_page_to_page_and_one_of_two_that_meet_goes_on() {
    let table = Table::new("walk").await;
    let walked = async || table.store.walked("LIST").await.expect("answers");
    let begin =
        async |last, second, by| table.store.begin_walk("LIST", last, at(second), &attempt(by)).await.expect("answers");
    assert_eq!(walked().await, Walked { began: None, under_way: None });
    let walk = begin(None, 1_000, 1).await.expect("the first");
    assert_eq!(begin(None, 1_000, 2).await, None, "another round has begun");
    assert_eq!(walked().await, Walked { began: Some(at(1_000)), under_way: Some(walk.clone()) });
    let counted = [(Country::US, 2), (Country::CA, 1)].into();
    let second = Walk { pages: 1, page: Some("PageToken=PA1".to_owned()), counted, ..walk.clone() };
    let go_on = async |to: &Walk, by| table.store.walk_on("LIST", to, &attempt(by)).await.expect("answers");
    assert!(go_on(&second, 1).await);
    assert!(!go_on(&second, 2).await, "another round has gone on");
    assert_eq!(walked().await.under_way, Some(second.clone()));
    let third = Walk { pages: 2, page: None, ..second.clone() };
    assert!(go_on(&third, 1).await);
    assert_eq!(walked().await, Walked { began: Some(at(1_000)), under_way: None }, "it is at its end");
    let again = begin(Some(at(1_000)), 2_000, 1).await.expect("the next");
    assert_eq!(again, Walk { began: at(2_000), ..walk });
    assert!(!go_on(&second, 3).await, "it belongs to the walk before");
}
