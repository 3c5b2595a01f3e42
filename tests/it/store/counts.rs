//! Counted one by one, however many come at once.

use shared::limits::Limit;
use shared::store::limits;
use shared::types::{CallId, PhoneNumber, Wallet};

use super::{Table, at, budget, count, number, wallet};

async fn counted(table: &Table, from: &Wallet, to: &PhoneNumber) -> String {
    let (_, counters) =
        table.store.before_call(&CallId::from_bits(0), from, to, &budget(), at(0)).await.expect("answers");
    format!("{counters:?}")
}

#[tokio::test]
async fn calls_of_many_wallets_at_once_are_counted_one_by_one() {
    let table = Table::new("counted").await;
    let to = number(1);
    let wallets: Vec<Wallet> = (0..24).map(wallet).collect();
    let (table, callee) = (&table, &to);
    let calls = wallets.iter().zip(1..).map(|(from, id)| count(table, id, from, callee, 10, 0));
    let counted: Vec<_> = futures_util::future::join_all(calls).await;
    assert_eq!(counted.iter().filter(|counted| counted.is_ok()).count(), 10);
    assert!(
        counted.iter().filter_map(|counted| counted.as_ref().err()).all(|limit| *limit == Limit::DestinationPerDay)
    );
    assert_eq!(count(table, 99, &wallet(99), &to, 10, 86_399).await, Err(Limit::DestinationPerDay));
    assert!(count(table, 99, &wallet(99), &to, 10, 86_400).await.is_ok(), "a day later");
}

#[tokio::test]
async fn calls_of_one_wallet_at_once_are_counted_one_by_one() {
    let table = &Table::new("counted_of_one").await;
    let numbers: Vec<PhoneNumber> = (1..12).map(number).collect();
    let calls = numbers.iter().zip(1..).map(|(to, id)| async move { count(table, id, &wallet(0), to, 10, 0).await });
    let counted: Vec<_> = futures_util::future::join_all(calls).await;
    assert_eq!(counted.iter().filter(|counted| counted.is_ok()).count(), 3);
    assert!(counted.iter().filter_map(|counted| counted.as_ref().err()).all(|limit| *limit == Limit::CallsAtOnce));
}

#[tokio::test]
async fn what_is_undone_is_counted_no_longer_and_never_taken_off_another_day() {
    let table = Table::new("undone").await;
    let (from, to) = (wallet(0), number(1));
    let first = count(&table, 1, &from, &to, 100, 0).await.expect("allowed");
    let before = counted(&table, &from, &to).await;
    let second = count(&table, 2, &from, &number(2), 100, 0).await.expect("allowed");
    let id = |bits: u128| CallId::from_bits(bits);
    assert!(table.makes(limits::undone(&id(2), &from, &number(2), Some(&second))).await);
    let after = counted(&table, &from, &to).await;
    assert_eq!(after.replace("version: Some(2)", "version: Some(1)"), before);
    // Two days later it is past, and not taken off what is counted then.
    assert!(count(&table, 3, &wallet(1), &to, 100, 2 * 86_400).await.is_ok());
    assert!(table.makes(limits::undone(&id(1), &from, &to, Some(&first))).await);
    let later = counted(&table, &from, &to).await;
    assert_eq!(later.matches("loss: Track { total: 1000000").count(), 2, "{later}");
    assert!(later.contains("running: 1,"), "{later}");
}
