//! A sale: claimed, taken over, carried on and ended, each step by the attempt whose turn it is.

use shared::limits::NumberBudget;
use shared::limits::prices::Prices;
use shared::store::numbers;
use shared::store::sales::{Claimed, NewSale, NotStepped, Open, Purchase, REMEMBERED, Sale, Settled, Settling, Taken};
use shared::store::{Changes, Hurdle, Queue, Source, State, Work, limits, work};
use shared::types::{Country, PaymentId, Usdc};

use super::{BOOKED, Table, at, attempt, buying, claimed, doubt, due, new_sale, number, payment, wallet};

/// A number that is only bought once it is paid for.
fn ordering() -> Work {
    Work::Lease(work::Lease { number: number(1), country: Country::US, area: None, source: Source::Order(BOOKED) })
}

#[tokio::test]
async fn a_payment_is_claimed_once() {
    let table = Table::new("claimed_once").await;
    assert!(claimed::<Open>(&table, new_sale(1, 1)).await.is_some(), "absent");
    assert!(claimed::<Open>(&table, new_sale(1, 1)).await.is_some(), "our own write, whose answer was lost");
    assert!(claimed::<Open>(&table, new_sale(1, 2)).await.is_none(), "another attempt");
    assert!(claimed::<Settling>(&table, new_sale(1, 2)).await.is_none(), "at whatever stage");
    assert!(claimed::<Settling>(&table, new_sale(2, 1)).await.is_some(), "another payment");
}

#[tokio::test]
async fn a_void_sale_is_claimed_again_by_the_same_request_unless_it_is_spent() {
    let table = Table::new("claimed_again").await;
    for (nonce, spent, request, again) in
        [(1, false, "a request", true), (2, false, "another request", false), (3, true, "a request", false)]
    {
        let sale = claimed::<Open>(&table, new_sale(nonce, 1)).await.expect("ours");
        table.store.void(sale, Changes::none(), spent).await.expect("voided");
        let new = NewSale { request: request.to_owned(), ..new_sale(nonce, 2) };
        assert_eq!(claimed::<Open>(&table, new).await.is_some(), again, "spent {spent}, {request}");
    }
}

/// A sale under this name, or the payment that has it already.
async fn named(table: &Table, nonce: u8, instead_of: Option<u8>, second: i64) -> Result<Sale<Open>, PaymentId> {
    let named = Some(Purchase { name: "an order".to_owned(), instead_of: instead_of.map(payment) });
    let by = u128::try_from(second).expect("not before the epoch");
    let new = NewSale { named, now: at(second), ..new_sale(nonce, by) };
    match table.store.claim(new, buying(), Changes::none()).await.expect("the table answers") {
        Claimed::Ours(sale) => Ok(sale),
        Claimed::Earlier(record) => Err(record.id.clone()),
        Claimed::Lost(_) | Claimed::Rehearsed(_) => panic!("nothing else was asked for"),
    }
}

async fn first_named(table: &Table, name: &str, second: i64) -> Option<PaymentId> {
    let gate = table.store.gate(&payment(99), &wallet(0), Some(name), at(second)).await.expect("the table answers");
    gate.named
}

#[tokio::test]
async fn a_name_belongs_to_the_first_payment_that_carries_it_until_that_came_to_nothing_or_a_month_is_over() {
    let table = Table::new("named").await;
    let month = i64::try_from(REMEMBERED.as_secs()).expect("seconds");
    let first = named(&table, 1, None, 0).await.expect("the first");
    assert_eq!(named(&table, 2, None, 1).await.err(), Some(payment(1)), "it is taken");
    assert_eq!(named(&table, 2, Some(3), 1).await.err(), Some(payment(1)), "it is not that one's");
    assert_eq!(first_named(&table, "an order", 1).await, Some(payment(1)));
    assert_eq!(first_named(&table, "another order", 1).await, None);
    // The first came to nothing: its own payment may try again, and another may take its place.
    table.store.void(first, Changes::none(), false).await.expect("voided");
    let again = named(&table, 1, None, 2).await.expect("its own");
    table.store.void(again, Changes::none(), false).await.expect("voided");
    assert!(named(&table, 2, Some(1), 3).await.is_ok());
    assert_eq!(named(&table, 4, Some(1), 4).await.err(), Some(payment(2)), "another sale was quicker");
    // Forgotten at the second that was promised, whenever the row is deleted.
    assert_eq!(first_named(&table, "an order", 2 + month).await, Some(payment(2)));
    assert_eq!(first_named(&table, "an order", 3 + month).await, None);
    assert!(named(&table, 5, None, 3 + month).await.is_ok());
}

#[tokio::test]
async fn an_open_sale_that_is_put_off_is_taken_over_then_and_not_before() {
    let table = Table::new("deferred").await;
    let sale = claimed::<Open>(&table, new_sale(1, 1)).await.expect("ours");
    table.store.defer(sale, at(10)).await.expect("put off");
    let record = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    let other = attempt(2);
    let take = |second| table.store.take_over(&record, &other, at(second));
    assert!(take(9).await.expect("answers").is_none());
    assert!(matches!(take(10).await.expect("answers"), Some(Taken::Open(_))));
}

#[tokio::test]
async fn a_sale_and_what_it_needs_are_claimed_together_or_not_at_all() {
    let table = Table::new("claimed_together").await;
    let hold = numbers::hold(&number(1), &payment(1), at(0));
    match table.store.claim::<Settling>(new_sale(1, 1), buying(), hold).await.expect("the table answers") {
        Claimed::Lost(lost) => assert_eq!(lost.hurdle, Hurdle::Number),
        _ => panic!("there is no such number to be held"),
    }
    assert!(table.store.sale(&payment(1)).await.expect("the table answers").is_none());
}

#[tokio::test]
async fn a_sale_goes_forward_step_by_step_and_only_for_whose_turn_it_is() {
    let table = Table::new("step_by_step").await;
    let sale = claimed::<Open>(&table, new_sale(1, 1)).await.expect("ours");
    let sale = table.store.intend(sale, buying(), Changes::none(), "1").await.expect("open → open");
    let sale = table.store.fence(sale, buying(), Changes::none()).await.expect("open → settling");
    let settled = Settled { transaction: Some("0xabc".to_owned()), at: at(5) };
    let closed = table.store.close(sale, settled.clone(), Changes::none()).await.expect("settling → closed");
    assert_eq!((closed.state, closed.settled.clone()), (State::Closed, Some(settled.clone())));
    let read = table.store.sale(&payment(1)).await.expect("the table answers").expect("there");
    assert_eq!((read.state, read.settled, read.work), (State::Closed, Some(settled.clone()), buying()));

    // The same sale in the hands of an attempt that has been overtaken.
    let slow = claimed::<Settling>(&table, new_sale(2, 1)).await.expect("ours");
    let record = slow.record().clone();
    let Some(Taken::Settling(fresh)) = table.store.take_over(&record, &attempt(2), at(61)).await.expect("answers")
    else {
        panic!("its time is up");
    };
    let overtaken = table.store.close(slow, settled, Changes::none()).await;
    assert!(matches!(overtaken, Err((_, NotStepped::Overtaken))));
    table.store.park(fresh, doubt(true, 61, 70)).await.expect("parked");
    let parked = table.store.sale(&payment(2)).await.expect("answers").expect("there");
    assert!(parked.contested && parked.busy_until == at(61));
}

#[tokio::test]
async fn what_is_paid_before_it_is_done_is_known_to_be_paid_by_the_request_that_carries_it_on() {
    let table = Table::new("paid_first").await;
    let settled = || Settled { transaction: Some("0xabc".to_owned()), at: at(5) };
    // A payment that was in doubt is so no more once it is proven.
    let sale = claimed::<Settling>(&table, new_sale(1, 1)).await.expect("ours");
    table.store.park(sale, doubt(false, 1, 10)).await.expect("parked");
    let in_doubt = async || table.store.gate(&payment(9), &wallet(0), None, at(9)).await.expect("answers").in_doubt;
    assert_eq!(in_doubt().await, 1);
    let parked = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    let Some(Taken::Settling(sale)) = table.store.take_over(&parked, &attempt(2), at(61)).await.expect("answers")
    else {
        panic!("its time is up");
    };
    let sale = table.store.paid(sale, settled(), at(62)).await.expect("settling → settling, paid");
    assert_eq!(in_doubt().await, 0);
    let read = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    assert_eq!((read.state, read.settled, read.doubted), (State::Settling, Some(settled()), false));
    assert_eq!(due(&table, Queue::Sales, 200).await.len(), 1);

    assert_eq!(read.busy_until, at(62 + 60), "a minute of its own");

    // No attempt's turn until then, and then any attempt's.
    table.store.defer(sale, at(70)).await.expect("put off");
    let read = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    assert!(table.store.take_over(&read, &attempt(3), at(69)).await.expect("answers").is_none());
    let Some(Taken::Settling(sale)) = table.store.take_over(&read, &attempt(3), at(70)).await.expect("answers") else {
        panic!("its time has come");
    };
    let closed = table.store.close_done(sale, buying(), settled(), Changes::none()).await.expect("settling → closed");
    let read = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    assert_eq!((closed.state, closed.work), (read.state, read.work.clone()));
    assert_eq!((read.state, read.work, read.settled), (State::Closed, buying(), Some(settled())));

    // What was begun by an attempt that was overtaken is not its to write down.
    let slow = claimed::<Settling>(&table, new_sale(2, 1)).await.expect("ours");
    let record = slow.record().clone();
    assert!(table.store.take_over(&record, &attempt(2), at(61)).await.expect("answers").is_some());
    assert!(matches!(table.store.paid(slow, settled(), at(62)).await, Err(NotStepped::Overtaken)));
}

#[tokio::test]
async fn what_is_ordered_keeps_its_price_and_is_bought_once_it_is_done() {
    let table = Table::new("ordered").await;
    let claimed = table.store.claim::<Settling>(new_sale(1, 1), ordering(), Changes::none()).await.expect("answers");
    let Claimed::Ours(sale) = claimed else { panic!("no other attempt wants it") };
    let read = table.store.sale(&payment(1)).await.expect("answers").expect("there").work;
    assert!(read.is_paid_first() && read == ordering() && !buying().is_paid_first());
    assert_eq!(sale.record().work.clone().done("PN1"), buying());
}

#[tokio::test]
async fn what_was_counted_before_a_sum_began_is_taken_off_it_too() {
    let table = Table::new("unpaid_numbers").await;
    let [one, two] = [1_150_000, 2_300_000].map(Usdc::micros);
    let budget = NumberBudget { prices: Prices::known(), daily: Usdc::micros(10_000_000), unpaid: two };
    let wants = async |cost| {
        let purchases = table.store.before_purchase(&wallet(1), &budget, at(10)).await.expect("answers");
        purchases.want_payment_first(cost, at(10))
    };
    let mut counted_as = Vec::new();
    // The second one began before the first, and is counted after it.
    for (nonce, second) in [(1, 10), (2, 8)] {
        let purchases = table.store.before_purchase(&wallet(nonce), &budget, at(second)).await.expect("answers");
        let source = Source::Carrier(purchases.booked(one, at(second)));
        let counted = purchases.admit(&wallet(nonce), &payment(nonce), source, at(second)).expect("a row");
        assert!(table.makes(counted.expect("there is room")).await);
        counted_as.push(source);
    }
    assert!(wants(one).await, "two are not paid for");
    for source in counted_as {
        assert!(table.makes(limits::owed_for_no_longer(source)).await);
    }
    assert!(!wants(two).await, "both are");
}

#[tokio::test]
async fn a_sale_is_taken_over_when_its_time_is_up_and_by_one_only() {
    let table = Table::new("taken_over").await;
    let sale = claimed::<Open>(&table, new_sale(1, 1)).await.expect("ours");
    let record = sale.record().clone();
    let take = async |by: u128, second: i64| table.store.take_over(&record, &attempt(by), at(second)).await;
    assert!(take(2, 59).await.expect("answers").is_none(), "it may still be at work");
    assert!(matches!(take(2, 60).await.expect("answers"), Some(Taken::Open(_))));
    assert!(take(3, 61).await.expect("answers").is_none(), "the second one is too late");

    // Nor is one that is past the fence settled by two.
    let sale = claimed::<Settling>(&table, new_sale(2, 1)).await.expect("ours");
    let record = sale.record().clone();
    let take = async |by: u128| table.store.take_over(&record, &attempt(by), at(60)).await.expect("answers");
    let Some(Taken::Settling(sale)) = take(2).await else { panic!("its time is up") };
    assert_eq!((&sale.record().attempt, sale.record().busy_until), (&attempt(2), at(120)));
    assert!(take(3).await.is_none());
    let taken = table.store.sale(&payment(2)).await.expect("answers").expect("there");
    assert_eq!((taken.attempt, taken.busy_until), (attempt(2), at(120)));
}

#[tokio::test]
async fn an_unpaid_sale_ends_also_when_what_it_held_is_gone() {
    let table = Table::new("give_up").await;
    let sale = claimed::<Settling>(&table, new_sale(1, 1)).await.expect("ours");
    // No number is held for it, which by the arrows cannot be.
    let gone = || numbers::pool(&number(1), Country::US, &payment(1), at(0));
    let Err((sale, why)) = table.store.void(sale, gone(), true).await else { panic!("there is nothing to let go") };
    assert!(matches!(why, NotStepped::Lost(_)));
    let void = table.store.give_up(sale, gone(), true).await.expect("void all the same");
    assert_eq!((void.state, void.spent), (State::Void, true));
    assert!(table.store.holding(&number(1)).await.expect("answers").is_none(), "nothing was made up");
}
