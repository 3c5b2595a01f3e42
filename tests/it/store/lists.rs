//! The list of a wallet's calls: what is in it, in which order, and how a page is cut.

use std::time::Duration;

use shared::calls::cursor::Cursor;
use shared::calls::list::{Foreign, Wanted, page};
use shared::store::work::CallListing;

use super::*;

const DAY: i64 = 86_400;

fn all(limit: u32) -> Wanted {
    Wanted { limit, number: None, status: None, since: None, cursor: None }
}

/// A call of this wallet that is dialled then, and paid.
async fn called(table: &Table, id: u128, owner: &Wallet, to: &PhoneNumber, second: i64) {
    let sale = PaymentId::evm(EvmNetwork::Base, address(0), B256::left_padding_from(&id.to_be_bytes()));
    let call = NewCall { wallet: *owner, to: to.clone(), ..new_call(id, &number(1)) };
    assert!(table.makes(calls::dial(&call, &sale, at(second)).expect("a row")).await);
    let paid = calls::dialled(&call.id, owner, &sale, &format!("bland-{id}"), Some("0x1"), at(second));
    assert!(table.makes(paid).await);
}

/// A lease of the number that is called from, for as long as these tests look at.
async fn leased(table: &Table, owner: &Wallet) {
    let number = number(1);
    let sale = payment(200);
    assert!(table.makes(numbers::intend_purchase(&number, Country::US, &sale)).await);
    assert!(table.makes(numbers::bought(&number, &sale, "PN1")).await);
    assert!(table.makes(numbers::lease(&number, Country::US, owner, &sale, at(1_000 * DAY))).await);
}

/// The first call once more, by another id, to another number and at another time.
fn copied(engine: &Dynamo, items: &[String], id: u128, to: &PhoneNumber, second: i64) {
    let first = (CallId::from_bits(1), at(1).as_second().to_string());
    let other = (CallId::from_bits(id), at(second).as_second().to_string());
    for item in items {
        let item = item.replace(first.0.as_str(), other.0.as_str()).replace(&first.1, &other.1);
        let item = item.replace(number(77).as_str(), to.as_str());
        let item: serde_json::Value = serde_json::from_str(&item).expect("an item");
        engine.put(item.as_object().expect("an item"));
    }
}

/// The items of the first call.
fn first(table: &Table) -> Vec<String> {
    let items = table.engine.iter().flat_map(Dynamo::items).map(|item| json!(item).to_string());
    items.filter(|item| item.contains(CallId::from_bits(1).as_str()) && item.contains(r#""CALL"#)).collect()
}

/// The ids of a page, and its cursor.
async fn ids(table: &Table, owner: &Wallet, wanted: &Wanted, now: i64) -> (Vec<u128>, Option<Cursor>) {
    let begins = wanted.begins(owner).expect("its own cursor");
    let CallListing { calls, next } = page(&table.store, owner, wanted, begins, at(now)).await.expect("a page");
    let bits = |id: &CallId| (0..5_000).find(|bits| CallId::from_bits(*bits) == *id).expect("an id of this test");
    let next = next.map(|text| Cursor::read(&text).expect("a cursor"));
    (calls.iter().map(|call| bits(&call.id)).collect(), next)
}

#[tokio::test]
async fn a_list_is_read_page_by_page_whatever_is_dialled_meanwhile() {
    let table = Table::new("calls_listed").await;
    let owner = wallet(0);
    leased(&table, &owner).await;
    assert_eq!(ids(&table, &owner, &all(1), 0).await, (vec![], None));
    // Two of them in one second.
    for (id, second) in [(1, 10), (2, 20), (4, 30), (3, 30), (5, 40)] {
        called(&table, id, &owner, &number(9), second).await;
    }
    assert_eq!(ids(&table, &owner, &all(5), 50).await, (vec![5, 4, 3, 2, 1], None));
    assert_eq!(ids(&table, &owner, &all(6), 50).await, (vec![5, 4, 3, 2, 1], None));
    let (first, next) = ids(&table, &owner, &all(2), 50).await;
    assert_eq!(first, [5, 4]);
    called(&table, 6, &owner, &number(9), 45).await;
    let (second, next) = ids(&table, &owner, &Wanted { cursor: next, ..all(2) }, 50).await;
    assert_eq!(second, [3, 2]);
    assert_eq!(ids(&table, &owner, &Wanted { cursor: next.clone(), ..all(2) }, 50).await, (vec![1], None));
    // Another wallet has no calls, and nothing to do with this one's cursors.
    assert_eq!(ids(&table, &wallet(1), &all(5), 50).await, (vec![], None));
    assert_eq!(Wanted { cursor: next, ..all(2) }.begins(&wallet(1)), Err(Foreign));
}

#[tokio::test]
async fn a_list_has_what_a_poll_finds_and_nothing_else() {
    let table = Table::new("listed").await;
    let owner = wallet(0);
    leased(&table, &owner).await;
    // Dialling: it is there, and is gone with the call.
    let dialling = calls::dial(&new_call(1, &number(1)), &payment(1), at(10)).expect("a row");
    assert!(table.makes(dialling).await);
    assert_eq!(ids(&table, &owner, &all(5), 10).await.0, [1]);
    let undone = calls::not_dialled(&CallId::from_bits(1), &owner, &payment(1), None, at(10));
    assert!(table.makes(undone).await);
    assert_eq!(ids(&table, &owner, &all(5), 10).await.0, []);
    // Until thirty days are over, deleted or not.
    called(&table, 2, &owner, &number(9), 20).await;
    called(&table, 3, &owner, &number(9), 21).await;
    for (now, there) in [(20 + 30 * DAY - 1, &[3, 2][..]), (20 + 30 * DAY, &[3]), (21 + 30 * DAY, &[])] {
        assert_eq!(ids(&table, &owner, &all(5), now).await, (there.to_vec(), None), "{now}");
        let call = table.store.call(&CallId::from_bits(2)).await.expect("answers").expect("there");
        assert_eq!(at(now) < call.line.kept_until, there.contains(&2), "a poll says the same");
    }
}

#[tokio::test]
async fn what_is_filtered_is_cut_by_what_it_looked_at() {
    let table = Table::new("filtered").await;
    let owner = wallet(0);
    leased(&table, &owner).await;
    let to = |id: u128| if id % 80 == 1 { number(77) } else { number(9) };
    called(&table, 1, &owner, &to(1), 1).await;
    let items = first(&table);
    for id in 2..=243 {
        let second = i64::try_from(id).expect("small");
        // Each is a transaction, so in our own engine the others are copies of the first.
        match &table.engine {
            Some(engine) => copied(engine, &items, id, &to(id), second),
            None => called(&table, id, &owner, &to(id), second).await,
        }
    }
    let now = 5_000;
    let to = |number: PhoneNumber| Wanted { number: Some(number), ..all(100) };
    // 1, 81, 161 and 241 are to that number: the first three of the two hundred that are looked at
    // are on the first page.
    let (first, next) = ids(&table, &owner, &to(number(77)), now).await;
    assert_eq!(first, [241, 161, 81]);
    let (second, none) = ids(&table, &owner, &Wanted { cursor: next, ..to(number(77)) }, now).await;
    assert_eq!((second, none), (vec![1], None));
    let (both, next) = ids(&table, &owner, &Wanted { limit: 2, ..to(number(77)) }, now).await;
    assert_eq!(both, [241, 161]);
    let rest = Wanted { limit: 2, cursor: next, ..to(number(77)) };
    assert_eq!(ids(&table, &owner, &rest, now).await, (vec![81, 1], None));
    // The caller counts as well as the callee; a whole page is one.
    let (page, next) = ids(&table, &owner, &to(number(1)), now).await;
    assert_eq!((page.len(), page[0], page[99], next.is_some()), (100, 243, 144, true));
    let (page, next) = ids(&table, &owner, &all(100), now).await;
    assert_eq!((page.len(), page[0], page[99], next.is_some()), (100, 243, 144, true));
    // From an instant on, and including it.
    let since = |second| Wanted { since: Some(at(second)), ..all(100) };
    assert_eq!(ids(&table, &owner, &since(242), now).await, (vec![243, 242], None));
    let between = at(242).saturating_add(Duration::from_millis(1)).expect("an instant");
    assert_eq!(ids(&table, &owner, &Wanted { since: Some(between), ..all(100) }, now).await, (vec![243], None));
    assert_eq!(ids(&table, &owner, &since(9_000), now).await, (vec![], None));
    // How a call stands is seen in the call itself.
    for (status, many) in [(Status::Started, 100), (Status::Busy, 0)] {
        let (page, next) = ids(&table, &owner, &Wanted { status: Some(status), ..all(100) }, now).await;
        assert_eq!((page.len(), next.is_some()), (many, true), "{status:?}");
    }
}
