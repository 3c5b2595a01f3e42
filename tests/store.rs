//! The table of transitions in `shared/src/store/mod.rs`: every arrow from every state, and what it finds.
//!
//! The engine is the one of all tests; with `DIALTONE_DYNAMODB` it is whatever listens there, for a second opinion.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "in a test, panicking is how it fails, and it may read its own environment"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use alloy_primitives::{Address, B256, address};
use aws_credential_types::Credentials;
use harness::dynamo::Dynamo;
use harness::template::Deployment;
use serde_json::json;
use shared::limits::prices::Prices;
use shared::limits::{Budget, Limit, NumberBudget, Plan};
use shared::store::by_hand::ByHand;
use shared::store::calls::{self, Call, Look, NewCall};
use shared::store::limits::{self, Asking, Hurdle};
use shared::store::numbers::{self, Lease};
use shared::store::refunds::Stranger;
use shared::store::refunds::{Bounds, Sending};
use shared::store::sales::{
    Claimed, Doubt, NewSale, NotStepped, Open, Purchase, REMEMBERED, Sale, Settled, Settling, Signed, Taken,
};
use shared::store::{
    Candidate, Changes, Charge, Cost, Done, Pause, Queue, RefundReason, Refunding, SHARDS, Source, State, Store,
    StoreConfig, View, Work,
};
use shared::types::{
    AttemptId, CallId, Country, EvmNetwork, PaymentId, PhoneNumber, Place, Timestamp, TransactionId, Usdc, Wallet,
};

/// A table of its own for each test.
struct Table {
    store: Store,
    tokens: AtomicU32,
    engine: Option<Dynamo>,
}

impl Table {
    async fn new(test: &str) -> Self {
        let required = ["PublicUrl", "EvmPayee", "TwilioAccountSid"];
        let parameters: BTreeMap<_, _> =
            required.into_iter().map(|name| (name.to_owned(), "unused".to_owned())).collect();
        let deployment = Deployment::of_this_repository(&parameters);
        let mut definition = deployment.table.clone();
        let (endpoint, table, engine) = if let Ok(endpoint) = std::env::var("DIALTONE_DYNAMODB") {
            definition["TableName"] = test.into();
            create(&endpoint, &definition).await;
            (endpoint, test.to_owned(), None)
        } else {
            let engine = Dynamo::start(&deployment, &harness::client()).await;
            let (address, _) = harness::sim::serve(engine.router()).await;
            (format!("http://{address}"), engine.table().to_owned(), Some(engine))
        };
        let credentials = Credentials::new("test", "test", None, None, "test");
        let store =
            Store::new(StoreConfig { table, region: "us-east-1".to_owned(), credentials, endpoint: Some(endpoint) });
        Self { store, tokens: AtomicU32::new(0), engine }
    }

    /// Whether the change was made. Each try is a step of its own.
    async fn makes(&self, changes: Changes) -> bool {
        let token = self.tokens.fetch_add(1, Ordering::Relaxed);
        match self.store.apply(changes, &format!("test {token}")).await.expect("the table answers") {
            Done::Yes => true,
            Done::No(_) => false,
        }
    }
}

async fn create(endpoint: &str, definition: &serde_json::Value) {
    let mut definition = definition.clone();
    // Set apart from the table's creation by DynamoDB itself.
    if let Some(definition) = definition.as_object_mut() {
        for later in ["TimeToLiveSpecification", "PointInTimeRecoverySpecification", "DeletionProtectionEnabled"] {
            definition.remove(later);
        }
    }
    let answer = harness::client()
        .post(endpoint)
        .header("x-amz-target", "DynamoDB_20120810.CreateTable")
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00")
        .body(definition.to_string())
        .send()
        .await
        .expect("the engine answers");
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
}

const NOW: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(NOW + second).expect("a time")
}

fn address(last: u8) -> Address {
    let mut address = address!("0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8");
    address.0[19] = last;
    address
}

fn wallet(last: u8) -> Wallet {
    Wallet::Evm { network: EvmNetwork::Base, address: address(last) }
}

fn payee() -> Wallet {
    Wallet::Evm { network: EvmNetwork::Base, address: address!("0xe9030014F5DAe217d0A152f02A043567b16c1aBf") }
}

fn payment(nonce: u8) -> PaymentId {
    PaymentId::evm(EvmNetwork::Base, EvmNetwork::Base.usdc(), address(0), B256::repeat_byte(nonce))
}

fn number(last: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1415555{last:04}")).expect("a number")
}

fn attempt(name: u128) -> AttemptId {
    AttemptId::from_bits(name)
}

fn doubt(contested: bool, now: i64, next: i64) -> Doubt {
    Doubt { contested, rings: false, now: at(now), next: at(next) }
}

fn new_sale(nonce: u8, by: u128) -> NewSale {
    NewSale {
        by_code: false,
        id: payment(nonce),
        signed: Signed {
            version: 2,
            payer: wallet(0),
            to: payee(),
            amount: Usdc::micros(5_000_000),
            valid_after: 0,
            valid_before: 1_800_000_300,
            nonce: B256::repeat_byte(nonce),
            signature: vec![7; 65],
            resource: "https://example.com/api/v1/phone/numbers/buy".to_owned(),
            description: "A number".to_owned(),
        },
        endpoint: "/api/v1/phone/numbers/buy",
        request: "a request".to_owned(),
        named: None,
        attempt: attempt(by),
        now: at(0),
    }
}

const COST: Usdc = Usdc::micros(1_150_000);

fn buying() -> Work {
    Work::Lease { number: number(1), country: Country::US, source: Source::Carrier { cost: COST } }
}

/// A number that is only bought once it is paid for.
fn ordering() -> Work {
    Work::Lease { number: number(1), country: Country::US, source: Source::Order { cost: COST } }
}

async fn claimed<S: shared::store::sales::Claimable>(table: &Table, new: NewSale) -> Option<Sale<S>> {
    match table.store.claim(new, buying(), Changes::none()).await.expect("the table answers") {
        Claimed::Ours(sale) => Some(sale),
        Claimed::Earlier(_) => None,
        Claimed::Lost(_) => panic!("nothing else was asked for"),
    }
}

#[test]
fn a_payment_is_the_same_only_if_it_was_signed_the_same_way() {
    let signed = || new_sale(1, 1).signed;
    let called = Signed { resource: "another".to_owned(), description: String::new(), version: 1, ..signed() };
    assert!(signed().is_the_same_as(&called), "what it was called is not signed");
    for other in [
        Signed { payer: wallet(1), ..signed() },
        Signed { to: wallet(1), ..signed() },
        Signed { amount: Usdc::micros(1), ..signed() },
        Signed { nonce: B256::ZERO, ..signed() },
        Signed { valid_after: 1, ..signed() },
        Signed { valid_before: 1, ..signed() },
        Signed { signature: vec![7; 64], ..signed() },
    ] {
        assert!(!signed().is_the_same_as(&other));
    }
}

/// What is due by then in all shards of a queue.
async fn due(table: &Table, queue: fn(u8) -> Queue, second: i64) -> Vec<Candidate> {
    let mut due = Vec::new();
    for shard in 0..SHARDS {
        due.extend(table.store.due(queue(shard), at(second), 10).await.expect("answers"));
    }
    due
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
        Claimed::Lost(_) => panic!("nothing else was asked for"),
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
    assert_eq!(named(&table, 4, Some(1), 4).await.err(), Some(payment(2)), "somebody was quicker");
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
        Claimed::Lost(lost) => assert_eq!(lost.change, 0, "the first of what it needs"),
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
async fn what_is_paid_before_it_is_done_is_known_to_be_paid_by_whoever_carries_it_on() {
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

    // Nobody's turn until then, and then anybody's.
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
    let Claimed::Ours(sale) = claimed else { panic!("nobody else wants it") };
    let read = table.store.sale(&payment(1)).await.expect("answers").expect("there").work;
    assert!(read.is_paid_first() && read == ordering() && !buying().is_paid_first());
    assert_eq!(sale.record().work.clone().done("PN1"), buying());
}

#[tokio::test]
async fn what_was_counted_before_a_sum_began_is_taken_off_it_too() {
    let table = Table::new("unpaid_numbers").await;
    let [one, two] = [1_150_000, 2_300_000].map(Usdc::micros);
    let budget = NumberBudget { prices: Prices::known(), daily: Usdc::micros(10_000_000), unpaid: two };
    let source = Source::Carrier { cost: one };
    let wants = async |cost| {
        let purchases = table.store.before_purchase(&wallet(1), &budget, at(10)).await.expect("answers");
        purchases.want_payment_first(cost, at(10))
    };
    // The second one began before the first, and is counted after it.
    for (nonce, second) in [(1, 10), (2, 8)] {
        let purchases = table.store.before_purchase(&wallet(nonce), &budget, at(second)).await.expect("answers");
        let counted = purchases.admit(&wallet(nonce), &payment(nonce), source, at(second)).expect("a row");
        assert!(table.makes(counted.expect("there is room")).await);
    }
    assert!(wants(one).await, "two are not paid for");
    for second in [8, 10] {
        assert!(table.makes(limits::owed_for_no_longer(source, at(second))).await);
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
async fn a_sale_waits_in_its_queue_until_it_is_finished() {
    let table = Table::new("sales_due").await;
    let due = async |second| due(&table, Queue::Sales, second).await.len();
    let sale = claimed::<Settling>(&table, new_sale(1, 1)).await.expect("ours");
    assert_eq!((due(59).await, due(60).await), (0, 1));
    table.store.park(sale, Doubt { rings: true, ..doubt(false, 1, 16) }).await.expect("parked");
    assert_eq!((due(15).await, due(16).await), (0, 1));
    let record = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    let taken = table.store.take_over(&record, &attempt(3), at(2)).await.expect("answers");
    let Some(Taken::Settling(sale)) = taken else { panic!("nobody works on it") };
    table.store.park(sale, doubt(false, 3, 16)).await.expect("parked");
    assert_eq!(due(1_000).await, 0, "where nothing rings it waits among the doubts");
    let due = async |second| self::due(&table, Queue::Doubts, second).await.len();
    assert_eq!((due(15).await, due(16).await), (0, 1));
    let record = table.store.sale(&payment(1)).await.expect("answers").expect("there");
    let taken = table.store.take_over(&record, &attempt(2), at(16)).await.expect("answers");
    let Some(Taken::Settling(sale)) = taken else { panic!("nobody works on it") };
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
    assert!(!go_on(None, 20, 2).await, "somebody else has begun");
    assert_eq!(progress().await, Some(10));
    assert!(go_on(Some(10), 30, 3).await);
    assert!(!go_on(Some(10), 40, 4).await, "somebody else has gone on");
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
    assert!(!stop_at(None, Some(&at(50)), 3).await, "somebody else has gone on");
    assert!(stop_at(Some(30), Some(&at(60)), 4).await);
    assert_eq!(place(Some(30)).await, Some(at(60)));
    assert!(stop_at(Some(30), None, 5).await);
    assert_eq!(place(Some(30)).await, None);
}

/// The states a number can be in, each reached by arrows.
const STATES: [&str; 8] = ["none", "buying", "importing", "held", "leased", "pooled", "cooling", "releasing"];

async fn bring(table: &Table, number: &PhoneNumber, state: &str) {
    let sale = payment(1);
    let steps = match state {
        "none" => vec![],
        "buying" => vec![numbers::intend_purchase(number, Country::US, &sale)],
        "importing" => vec![numbers::adopt(number, Country::US, "PN1", at(0))],
        "held" => vec![numbers::intend_purchase(number, Country::US, &sale), numbers::bought(number, &sale, "PN1")],
        "leased" => vec![
            numbers::intend_purchase(number, Country::US, &sale),
            numbers::bought(number, &sale, "PN1"),
            numbers::lease(number, Country::US, &wallet(0), &sale, at(100)),
        ],
        "pooled" | "cooling" => {
            let from = if state == "pooled" { at(0) } else { at(1) };
            vec![numbers::adopt(number, Country::US, "PN1", at(0)), numbers::imported(number, Country::US, from)]
        }
        "releasing" => vec![
            numbers::adopt(number, Country::US, "PN1", at(0)),
            numbers::imported(number, Country::US, at(0)),
            numbers::intend_release(number, at(0)),
        ],
        other => panic!("{other}"),
    };
    for step in steps {
        assert!(table.makes(step).await, "on the way to {state}");
    }
    let holding = table.store.holding(number).await.expect("answers");
    let custody = if state == "cooling" { "pooled" } else { state };
    let found = holding.map_or(json!("none"), |holding| json!(holding.custody));
    assert_eq!(found, custody);
}

/// A name, where it may start, and the arrow.
type Arrow<'a> = (&'a str, &'a [&'a str], Box<dyn Fn(&PhoneNumber) -> Changes + 'a>);

#[tokio::test]
async fn every_arrow_of_a_number_starts_where_the_table_says_and_nowhere_else() {
    let table = Table::new("numbers").await;
    let (sale, owner) = (payment(1), wallet(0));
    let lease =
        |number: &PhoneNumber| Lease { number: number.clone(), country: Country::US, expires_at: at(100), hold: None };
    let arrows: Vec<Arrow<'_>> = vec![
        ("hold", &["pooled"], Box::new(|n| numbers::hold(n, &sale, at(0)))),
        ("intend_purchase", &["none"], Box::new(|n| numbers::intend_purchase(n, Country::US, &sale))),
        ("bought", &["buying"], Box::new(|n| numbers::bought(n, &sale, "PN1"))),
        ("forget_purchase", &["buying"], Box::new(|n| numbers::forget_purchase(n, &sale))),
        ("lease", &["held"], Box::new(|n| numbers::lease(n, Country::US, &owner, &sale, at(100)))),
        (
            "lease_ordered",
            &["buying"],
            Box::new(|n| numbers::lease_ordered(n, Country::US, &owner, &sale, at(100), "PN1")),
        ),
        ("pool", &["held"], Box::new(|n| numbers::pool(n, Country::US, &sale, at(0)))),
        ("stock", &["buying"], Box::new(|n| numbers::stock(n, &sale, "PN1", at(0)))),
        ("adopt", &["none"], Box::new(|n| numbers::adopt(n, Country::US, "PN1", at(0)))),
        ("imported", &["importing"], Box::new(|n| numbers::imported(n, Country::US, at(0)))),
        ("reclaim", &["leased"], Box::new(|n| numbers::reclaim(&lease(n), &owner, at(1)))),
        ("intend_release", &["pooled"], Box::new(|n| numbers::intend_release(n, at(0)))),
        ("released", &["releasing"], Box::new(numbers::released)),
    ];
    let mut last = 0;
    for (name, starts, arrow) in &arrows {
        for state in STATES {
            last += 1;
            let number = number(last);
            bring(&table, &number, state).await;
            assert_eq!(table.makes(arrow(&number)).await, starts.contains(&state), "{name} from {state}");
        }
    }
}

#[tokio::test]
async fn another_sales_number_is_not_touched() {
    let table = Table::new("other_sale").await;
    let other = payment(2);
    for (last, state, arrow) in [
        (1, "buying", numbers::bought(&number(1), &other, "PN1")),
        (2, "buying", numbers::forget_purchase(&number(2), &other)),
        (3, "buying", numbers::stock(&number(3), &other, "PN1", at(0))),
        (4, "held", numbers::pool(&number(4), Country::US, &other, at(0))),
        (5, "held", numbers::lease(&number(5), Country::US, &wallet(0), &other, at(100))),
        (6, "buying", numbers::lease_ordered(&number(6), Country::US, &wallet(0), &other, at(100), "PN1")),
    ] {
        bring(&table, &number(last), state).await;
        assert!(!table.makes(arrow).await, "{last}");
    }
}

#[tokio::test]
async fn a_lease_is_held_once_while_it_is_active_and_not_reclaimed_meanwhile() {
    let table = Table::new("leases").await;
    let (owner, sale, other) = (wallet(0), payment(1), payment(2));
    let number = number(1);
    bring(&table, &number, "leased").await;
    let lease = || async { table.store.lease(&owner, &number).await.expect("answers").expect("there") };

    let seen = lease().await;
    let renewed = Lease { expires_at: at(300), ..seen.clone() };
    assert!(!table.makes(numbers::hold_lease(&seen, &owner, &sale, at(100))).await, "it ends at its end");
    assert!(!table.makes(numbers::hold_lease(&renewed, &owner, &sale, at(99))).await, "it has another end");
    assert!(table.makes(numbers::hold_lease(&seen, &owner, &sale, at(99))).await);
    assert!(!table.makes(numbers::hold_lease(&seen, &owner, &other, at(99))).await, "held already");
    assert!(!table.makes(numbers::reclaim(&lease().await, &owner, at(200))).await, "held");
    assert!(!table.makes(numbers::extend(&number, &owner, &other, at(300))).await, "not this sale's hold");
    assert!(!table.makes(numbers::let_go(&number, &owner, &other)).await, "nor this one's");
    assert!(table.makes(numbers::extend(&number, &owner, &sale, at(300))).await);
    assert!(!table.makes(numbers::extend(&number, &owner, &sale, at(600))).await, "once");

    let seen_before = Lease { expires_at: at(100), ..lease().await };
    assert!(
        !table.makes(numbers::reclaim(&seen_before, &owner, at(400))).await,
        "it was renewed since it was looked at"
    );
    assert!(!table.makes(numbers::reclaim(&lease().await, &wallet(9), at(400))).await, "not this wallet's");
    assert!(table.makes(numbers::reclaim(&lease().await, &owner, at(400))).await);
    assert!(table.store.lease(&owner, &number).await.expect("answers").is_none());
    assert_eq!(table.store.pooled(Country::US, at(399), 10).await.expect("answers"), vec![], "it rests");
    assert_eq!(table.store.pooled(Country::US, at(400), 10).await.expect("answers"), vec![number.clone()]);
}

#[tokio::test]
async fn a_wallet_sees_its_own_leases_and_the_oldest_due_first() {
    let table = Table::new("listing").await;
    for last in 1..=3 {
        bring(&table, &number(last), "leased").await;
    }
    let leases = table.store.leases(&wallet(0)).await.expect("answers");
    assert_eq!(
        leases.iter().map(|lease| lease.number.clone()).collect::<Vec<_>>(),
        vec![number(1), number(2), number(3)]
    );
    let (ends, active) = (leases[0].expires_at, [-1, 0, 1].map(|second| leases[0].is_active(at(100 + second))));
    assert_eq!((ends, active), (at(100), [true, false, false]), "the instant of its end is not its own");
    assert_eq!(table.store.leases(&wallet(1)).await.expect("answers"), vec![]);
    let due = due(&table, Queue::Leases, 100).await;
    assert_eq!(due.iter().filter(|candidate| matches!(candidate, Candidate::Lease(..))).count(), 3);
}

fn new_call(id: u128, from: &PhoneNumber) -> NewCall {
    NewCall {
        id: CallId::from_bits(id),
        wallet: wallet(0),
        from: from.clone(),
        to: number(9_999),
        max_duration: 5,
        due_at: at(360),
        credit: None,
        cost: None,
    }
}

#[tokio::test]
async fn a_wallet_has_one_unpaid_call_and_pauses_after_one_that_it_did_not_pay() {
    let table = Table::new("dialling").await;
    let (owner, from) = (wallet(0), number(1));
    bring(&table, &from, "leased").await;
    let dial = |id: u128, nonce: u8, second: i64| {
        calls::dial(&new_call(id, &from), &payment(nonce), at(second)).expect("a row")
    };
    let id = |bits: u128| CallId::from_bits(bits);

    assert!(!table.makes(dial(1, 1, 100)).await, "the lease has ended");
    assert!(table.makes(dial(1, 1, 0)).await);
    assert!(!table.makes(dial(2, 2, 0)).await, "one is unpaid");
    assert!(
        !table.makes(calls::charged(&id(1), &owner, &payment(2), Some("0x1"), at(0))).await,
        "not this sale's call"
    );
    assert!(table.makes(calls::not_dialled(&id(1), &owner, &payment(1), None)).await);
    assert!(table.store.call(&id(1)).await.expect("answers").is_none());

    assert!(table.makes(dial(3, 3, 0)).await);
    assert!(table.makes(calls::placed(&id(3), "bland-3")).await);
    assert!(!table.makes(calls::placed(&id(3), "bland-4")).await, "placed once");
    assert!(!table.makes(calls::not_dialled(&id(3), &owner, &payment(3), None)).await, "a phone rings");
    assert!(table.makes(calls::charged(&id(3), &owner, &payment(3), Some("0x3"), at(0))).await);
    let paid = table.store.call(&id(3)).await.expect("answers").expect("there");
    assert_eq!((paid.charge, paid.placed.as_deref()), (Charge::Paid, Some("bland-3")));

    // One that was paid before it was dialled.
    assert!(
        !table.makes(calls::dialled(&id(3), &owner, &payment(3), "bland-3", Some("0x3"), at(0))).await,
        "placed once"
    );
    assert!(table.makes(dial(6, 6, 0)).await, "the slot is free again");
    assert!(
        !table.makes(calls::dialled(&id(6), &owner, &payment(3), "bland-6", Some("0x6"), at(0))).await,
        "not its sale"
    );
    assert!(table.makes(calls::dialled(&id(6), &owner, &payment(6), "bland-6", Some("0x6"), at(0))).await);
    let paid = table.store.call(&id(6)).await.expect("answers").expect("there");
    assert_eq!((paid.charge, paid.placed.as_deref()), (Charge::Paid, Some("bland-6")));

    assert!(table.makes(dial(4, 4, 0)).await, "the slot is free again");
    assert!(table.makes(calls::placed(&id(4), "bland-4")).await);
    assert!(table.makes(calls::unpaid(&id(4), &owner, &payment(4), "bland-4", at(0))).await);
    assert!(!table.makes(dial(5, 5, 99)).await, "it pauses");
    let lease = table.store.lease(&owner, &from).await.expect("answers").expect("there");
    let later = numbers::hold_lease(&lease, &owner, &payment(9), at(0));
    assert!(table.makes(later.and(Changes::none())).await);
    assert!(table.makes(numbers::extend(&from, &owner, &payment(9), at(200_000))).await);
    assert!(!table.makes(dial(5, 5, 86_399)).await, "for a day");
    assert!(table.makes(dial(5, 5, 86_400)).await);
}

#[tokio::test]
async fn one_looker_gets_the_look_and_a_settled_call_gets_none() {
    let table = Table::new("looking").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    assert!(table.makes(calls::charged(&id, &wallet(0), &payment(1), Some("0x1"), at(0))).await);
    let read = || async { table.store.call(&id).await.expect("answers").expect("there") };
    let view = error();

    let call = read().await;
    assert!(table.store.take_look(&call, at(10), "a").await.expect("answers"));
    assert!(!table.store.take_look(&call, at(10), "b").await.expect("answers"), "the other one was quicker");
    let look = Look {
        view: view.clone(),
        ended_at: Some(at(10)),
        settled: false,
        refund_due: false,
        broke_off: false,
        price: None,
    };
    table.store.looked(&turn(&call, 10), &look, "c").await.expect("answers");
    let call = read().await;
    assert_eq!((call.view.clone(), call.ended_at, call.settled), (Some(view.clone()), Some(at(10)), false));

    assert!(table.store.take_look(&call, at(70), "d").await.expect("answers"));
    let look = Look { view, ended_at: Some(at(10)), settled: true, refund_due: true, broke_off: false, price: None };
    table.store.looked(&turn(&call, 70), &look, "e").await.expect("answers");
    let call = read().await;
    assert_eq!((call.charge, call.settled), (Charge::RefundDue, true));
    assert!(!table.store.take_look(&call, at(80), "f").await.expect("answers"), "it has settled");

    // A slower look with the same turn, which saw something else, takes nothing back.
    let slower = Look { view: View { ended_by: "USER".to_owned(), ..error() }, ..look.clone() };
    let before = Call { ended_at: None, settled: false, ..call.clone() };
    for (seen, step) in [(&before, "g"), (&call, "h")] {
        let slower = Look { settled: false, refund_due: false, ..slower.clone() };
        table.store.looked(&turn(seen, 70), &slower, step).await.expect("answers");
    }
    let after = read().await;
    assert_eq!((after.view, after.settled, after.charge), (Some(error()), true, Charge::RefundDue));
}

#[tokio::test]
async fn a_call_is_put_off_while_it_is_in_its_queue_and_not_brought_back_into_it() {
    let table = Table::new("later").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    assert!(table.makes(calls::charged(&id, &wallet(0), &payment(1), Some("0x1"), at(0))).await);
    let due = async |second| due(&table, Queue::Calls, second).await.len();
    assert_eq!((due(359).await, due(360).await), (0, 1));
    table.store.put_off(&id, at(420), "a").await.expect("answers");
    assert_eq!((due(419).await, due(420).await), (0, 1));
    ended(&table, &id, error(), false).await;
    table.store.put_off(&id, at(480), "b").await.expect("answers");
    assert_eq!(due(1_000).await, 0);
}

#[tokio::test]
async fn an_end_that_was_seen_is_not_overwritten_by_who_did_not_see_it() {
    let table = Table::new("ends").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    assert!(table.makes(calls::charged(&id, &wallet(0), &payment(1), Some("0x1"), at(0))).await);
    let running = table.store.call(&id).await.expect("answers").expect("there");
    assert!(table.store.take_look(&running, at(10), "a").await.expect("answers"));
    let normal = Look {
        view: View { ended_by: "USER".to_owned(), ..error() },
        ended_at: Some(at(10)),
        settled: false,
        refund_due: false,
        broke_off: false,
        price: None,
    };
    table.store.looked(&turn(&running, 10), &normal, "b").await.expect("answers");
    // Somebody who read the call before that gives it up for lost.
    let lost =
        Look { view: error(), ended_at: Some(at(12)), settled: true, refund_due: true, broke_off: false, price: None };
    table.store.looked(&turn(&running, 10), &lost, "c").await.expect("answers");
    let after = table.store.call(&id).await.expect("answers").expect("there");
    assert_eq!((after.view, after.settled, after.charge), (Some(normal.view), false, Charge::Paid));
}

#[tokio::test]
async fn a_look_that_does_not_know_what_the_look_before_it_wrote_is_lost() {
    let table = Table::new("looks").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    assert!(table.makes(calls::charged(&id, &wallet(0), &payment(1), Some("0x1"), at(0))).await);
    let read = async || table.store.call(&id).await.expect("answers").expect("there");
    let end = |ended_by: &str| Look {
        view: View { ended_by: ended_by.to_owned(), ..error() },
        ended_at: Some(at(10)),
        settled: false,
        refund_due: false,
        broke_off: false,
        price: None,
    };
    assert!(table.store.take_look(&read().await, at(10), "a").await.expect("answers"));
    assert!(table.store.looked(&read().await, &end("USER"), "b").await.expect("answers"));
    assert!(table.store.take_look(&read().await, at(20), "c").await.expect("answers"));
    let known = read().await;
    // The next one takes its turn before this look is written, and knows only the one before.
    assert!(table.store.looked(&known, &end("ASSISTANT"), "d").await.expect("answers"));
    assert!(table.store.take_look(&known, at(30), "e").await.expect("answers"));
    assert!(!table.store.looked(&turn(&known, 30), &end("ERROR"), "f").await.expect("answers"));
    assert_eq!(read().await.view.expect("a view").ended_by, "ASSISTANT");
}

/// A sale that is closed, paid by a transaction or with credit, with its call.
async fn sold_call(table: &Table, nonce: u8, credit: bool) -> CallId {
    let (id, sale) = dialled_call(table, nonce, credit).await;
    paid_call(table, &id, sale, credit).await;
    id
}

/// A call that rings, and whose payment is about to be settled.
async fn dialled_call(table: &Table, nonce: u8, credit: bool) -> (CallId, Sale<Settling>) {
    let id = CallId::from_bits(u128::from(nonce));
    let work = Work::Call {
        call: id.clone(),
        from: number(1),
        to: number(9_999),
        max_duration: 5,
        placed: Some("bland".to_owned()),
        credit,
        cost: None,
    };
    let call = calls::dial(&new_call(u128::from(nonce), &number(1)), &payment(nonce), at(0)).expect("a row");
    let claimed = table.store.claim::<Settling>(new_sale(nonce, 1), work, call).await.expect("answers");
    let Claimed::Ours(sale) = claimed else { panic!("nobody else wants it") };
    (id, sale)
}

async fn paid_call(table: &Table, id: &CallId, sale: Sale<Settling>, credit: bool) {
    let transaction = (!credit).then(|| "0xabc".to_owned());
    let paid = calls::charged(id, &wallet(0), &sale.record().id, transaction.as_deref(), at(0));
    table.store.close(sale, Settled { transaction, at: at(5) }, paid).await.expect("closed");
}

/// What is shown of a call that failed.
fn error() -> View {
    View {
        status: "failed".to_owned(),
        ended_by: "ERROR".to_owned(),
        reason: "It failed.".to_owned(),
        retry: None,
        answered_by: None,
        call_ended_by: None,
        call_length: Some("0.75".to_owned()),
        summary: None,
        transcript: Vec::new(),
        recording_url: None,
        started_at: None,
        ended_at: None,
        shows_at: None,
    }
}

/// The call as a look knows it that took its turn at this second.
fn turn(call: &Call, second: i64) -> Call {
    Call { looked_at: at(second).as_second(), ..call.clone() }
}

/// The call has ended in an error, and its refund is due.
async fn failed(table: &Table, id: &CallId) {
    ended(table, id, error(), true).await;
}

/// The call is over, and was as good as any.
async fn over(table: &Table, id: &CallId) {
    let view = View { status: "completed".to_owned(), ended_by: "USER".to_owned(), ..error() };
    ended(table, id, view, false).await;
}

async fn ended(table: &Table, id: &CallId, view: View, refund_due: bool) {
    let call = table.store.call(id).await.expect("answers").expect("there");
    assert!(table.store.take_look(&call, at(10), &format!("look {}", id.as_str())).await.expect("answers"));
    let look = Look { view, ended_at: Some(at(10)), settled: true, refund_due, broke_off: false, price: None };
    table.store.looked(&turn(&call, 10), &look, &format!("looked {}", id.as_str())).await.expect("answers");
}

async fn sale(table: &Table, nonce: u8) -> shared::store::sales::Record {
    table.store.sale(&payment(nonce)).await.expect("answers").expect("there")
}

async fn charge(table: &Table, id: &CallId) -> Charge {
    table.store.call(id).await.expect("answers").expect("there").charge
}

async fn due_refunds(table: &Table) -> usize {
    due(table, Queue::Refunds, 1_000).await.len() + due(table, Queue::Strays, 1_000).await.len()
}

async fn credit(table: &Table) -> u64 {
    table.store.belongings(&wallet(0)).await.expect("answers").credit.atomic()
}

/// So much may go back in a day here.
const BOUNDS: Bounds = Bounds { all: Usdc::micros(12_000_000), strays: Usdc::micros(6_000_000) };

/// The record of a refund that is ours to send, if it is.
fn ours(sending: Result<Sending, shared::store::StoreFault>) -> Option<shared::store::sales::Record> {
    if let Sending::Ours(record) = sending.expect("answers") { Some(*record) } else { None }
}

#[tokio::test]
async fn a_refund_goes_from_due_to_sent_to_back_and_each_step_is_made_once() {
    let table = Table::new("refund_steps").await;
    bring(&table, &number(1), "leased").await;
    let id = sold_call(&table, 7, false).await;
    let record = sale(&table, 7).await;
    let (one, two) = (attempt(1), attempt(2));
    assert!(!table.store.owe_for_call(&record, &id, &one, at(20)).await.expect("answers"), "it has not failed");
    failed(&table, &id).await;
    assert!(table.store.owe_for_call(&record, &id, &one, at(20)).await.expect("answers"));
    assert!(!table.store.owe_for_call(&record, &id, &two, at(21)).await.expect("answers"), "it is owed already");
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
        !table.store.refunded(&sending, Some("0xdef".to_owned()), &one).await.expect("answers"),
        "it was sent again"
    );
    assert!(table.store.refunded(&again, Some("0xdef".to_owned()), &two).await.expect("answers"));
    assert!(!table.store.credited(&again, &one).await.expect("answers"), "never both");
    assert!(!table.store.credited(&due, &one).await.expect("answers"), "never both");
    assert_eq!((due_refunds(&table).await, credit(&table).await), (0, 0));
    let back = sale(&table, 7).await.refund.expect("a refund");
    assert_eq!((back.state, back.transaction.as_deref()), (Refunding::Refunded, Some("0xdef")));
    let call = table.store.call(&id).await.expect("answers").expect("there");
    assert_eq!((call.charge, call.refunded_by.as_deref()), (Charge::Refunded, Some("0xdef")));
}

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
    assert!(table.store.owe_for_call(&sale(&table, 7).await, &id, &attempt(1), at(0)).await.expect("answers"));
    assert_eq!(left(), [None, None, None], "it is owed, however long that takes");
    let due = sale(&table, 7).await;
    let until = u64::try_from(NOW).expect("late") + 300;
    let sent = ours(table.store.send_refund(&due, None, until, &BOUNDS, &attempt(1), at(0)).await).expect("sent");
    assert_eq!((left(), days_left(&table, "REFUNDED#")), ([None, None, None], Some(30)), "sent");
    assert!(table.store.refunded(&sent, Some("0xdef".to_owned()), &attempt(1)).await.expect("answers"));
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
        let (_, counters) = table.store.before_call(&from, &to, at(second)).await.expect("answers");
        counters.open().len()
    };
    let two_days = 2 * 86_400;
    assert_eq!((open(two_days - 1).await, open(two_days).await), (1, 0));
    count(&table, 2, &from, &to, 10, two_days).await.expect("a new list in its place");
    assert_eq!(open(two_days).await, 1, "with one entry");
    count(&table, 3, &from, &number(2), 10, two_days).await.expect("counted behind it");
    assert_eq!(open(two_days).await, 2);
}

#[tokio::test]
async fn a_refund_that_is_put_off_comes_back_later_and_remembers_its_refusals() {
    let table = Table::new("refund_later").await;
    let stranger = stranger(8);
    assert!(table.store.owe_stranger(stranger.clone(), &attempt(1), at(0)).await.expect("answers"));
    assert!(!table.store.owe_stranger(stranger, &attempt(2), at(0)).await.expect("answers"), "it has a record now");
    let due = sale(&table, 8).await;
    assert_eq!((due.state, due.spent, due.work.clone()), (State::Void, true, Work::Nothing));
    table.store.put_off_refund(&due, 2, at(2_000), &attempt(1)).await.expect("answers");
    assert_eq!(due_refunds(&table).await, 0);
    assert_eq!(sale(&table, 8).await.refund.map(|refund| refund.refused), Some(2));
    // What came without a request can never be claimed.
    assert!(claimed::<Open>(&table, new_sale(8, 9)).await.is_none());
    assert!(table.store.credited(&due, &attempt(3)).await.expect("answers"));
    assert!(!table.store.credited(&due, &attempt(4)).await.expect("answers"), "credited once");
    assert_eq!(credit(&table).await, 540_000);
}

#[tokio::test]
async fn no_more_than_a_days_limits_goes_back_until_an_operator_says_so() {
    let table = Table::new("refund_bounds").await;
    for nonce in 1..=4 {
        let stranger = Stranger { amount: Usdc::micros(5_000_000), ..stranger(nonce) };
        assert!(table.store.owe_stranger(stranger, &attempt(1), at(0)).await.expect("answers"));
    }
    assert_eq!((due(&table, Queue::Refunds, 1_000).await.len(), due(&table, Queue::Strays, 1_000).await.len()), (0, 4));
    let sends = async |nonce: u8, day: i64| {
        let (due, by) = (sale(&table, nonce).await, attempt(u128::from(nonce) + 10 * u128::from(day.unsigned_abs())));
        let now = at(day * 86_400 + 100);
        table.store.send_refund(&due, None, 1_800_000_400, &BOUNDS, &by, now).await.expect("answers")
    };
    assert!(matches!(sends(1, 0).await, Sending::Ours(_)));
    assert!(matches!(sends(2, 0).await, Sending::StraysUsedUp));
    let seen = sale(&table, 2).await;
    assert!(table.store.let_stray_through(&seen, "ann: known", &attempt(1), at(5)).await.expect("answers"));
    assert!(!table.store.let_stray_through(&seen, "ann: known", &attempt(2), at(6)).await.expect("answers"), "once");
    table.store.put_off_refund(&seen, 0, at(9_000), &attempt(3)).await.expect("answers");
    assert_eq!(due(&table, Queue::Refunds, 1_000).await.len(), 1, "who had seen it before does not put it off");
    assert!(matches!(sends(2, 0).await, Sending::Ours(_)));
    let third = sale(&table, 3).await;
    assert!(table.store.let_stray_through(&third, "ann: known", &attempt(4), at(7)).await.expect("answers"));
    assert!(matches!(sends(3, 0).await, Sending::Stopped), "more than a day's limit");
    assert!(table.store.stop_refunds(&attempt(5), at(8)).await.expect("answers"));
    assert!(!table.store.stop_refunds(&attempt(6), at(8)).await.expect("answers"), "it is stopped already");
    assert!(matches!(sends(3, 1).await, Sending::Stopped), "another day does not lift it");
    assert!(matches!(sends(1, 1).await, Sending::Ours(_)), "what was sent before is carried on");
    assert!(table.store.lift_refund_stop("ann: a bad day", &attempt(7), at(200)).await.expect("answers"));
    assert!(!table.store.lift_refund_stop("ann: a bad day", &attempt(8), at(201)).await.expect("answers"));
    assert!(matches!(sends(3, 0).await, Sending::Ours(_)), "as much as in a day may go back again");
    assert_eq!(table.store.refunded_on(at(0)).await.expect("answers").amount, Usdc::micros(15_000_000));
}

fn stranger(nonce: u8) -> Stranger {
    Stranger {
        id: payment(nonce),
        payer: wallet(0),
        payee: payee(),
        unique: B256::repeat_byte(nonce),
        amount: Usdc::micros(540_000),
        transaction: "0xabc".to_owned(),
    }
}

#[tokio::test]
async fn a_stray_is_owed_where_nothing_was_granted_for_it_and_nowhere_else() {
    let table = Table::new("strays").await;
    bring(&table, &number(1), "leased").await;
    let owe = async |record: &shared::store::sales::Record, by: u128| {
        let amount = Usdc::micros(5_000_000);
        table.store.owe(record, amount, "0xabc".to_owned(), &attempt(by), at(50)).await.expect("answers")
    };
    // A sale that was given up and could be claimed again: whoever is first wins.
    let open = claimed::<Open>(&table, new_sale(1, 1)).await.expect("ours");
    let void = table.store.void(open, Changes::none(), false).await.expect("open → void");
    let claimed_again = claimed::<Open>(&table, new_sale(1, 2)).await.expect("it was not spent");
    assert!(!owe(&void, 3).await, "somebody uses it");
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

/// Five dollars of credit for the wallet, as a stray of that much leaves them.
async fn five_dollars_of_credit(table: &Table) -> bool {
    let stray = Stranger { amount: Usdc::micros(5_000_000), ..stranger(99) };
    assert!(table.store.owe_stranger(stray, &attempt(99), at(0)).await.expect("answers"));
    table.store.credited(&sale(table, 99).await, &attempt(99)).await.expect("answers")
}

#[tokio::test]
async fn what_was_paid_and_is_gone_is_owed_instead_of_granted() {
    let table = Table::new("gone").await;
    let paid = claimed::<Settling>(&table, new_sale(1, 1)).await.expect("ours");
    let settled = || Settled { transaction: Some("0xabc".to_owned()), at: at(5) };
    let lease = numbers::lease(&number(1), Country::US, &wallet(0), &payment(1), at(100));
    let Err((paid, why)) = table.store.close(paid, settled(), lease).await else { panic!("no number is held") };
    assert!(matches!(why, NotStepped::Lost(lost) if lost.change == 0));
    let owed = table
        .store
        .close_owing(paid, settled(), RefundReason::ProductGone, Changes::none(), at(5))
        .await
        .expect("settling → void, owed");
    assert_eq!((owed.state, owed.spent), (State::Void, true));
    assert_eq!(sale(&table, 1).await.refund.map(|refund| refund.reason), Some(RefundReason::ProductGone));
    assert_eq!(due_refunds(&table).await, 1);
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
    assert!(table.makes(calls::not_dialled(&id, &wallet(0), &payment(1), Some(price))).await);
    assert!(!table.makes(calls::not_dialled(&id, &wallet(0), &payment(1), Some(price))).await, "once");
    assert_eq!(credit(&table).await, 5_000_000);

    assert!(table.makes(dial(1, 2)).await);
    assert!(table.makes(calls::withdrawn(&id, &wallet(0), &payment(2), "bland", Some(price), at(0))).await);
    assert!(!table.makes(calls::withdrawn(&id, &wallet(0), &payment(2), "bland", Some(price), at(0))).await, "once");
    assert_eq!(credit(&table).await, 5_000_000);

    assert!(table.makes(dial(3, 3)).await);
    assert!(table.makes(calls::charged(&CallId::from_bits(3), &wallet(0), &payment(3), None, at(0))).await);
    assert!(!table.makes(dial(4, 4)).await, "there are two dollars left");
    assert!(table.makes(calls::dial(&new_call(4, &number(1)), &payment(4), at(0)).expect("a row")).await);

    // A call that credit paid and that failed: the same amount again, once.
    let failing = Table::new("credit_back").await;
    bring(&failing, &number(1), "leased").await;
    let id = sold_call(&failing, 5, true).await;
    failed(&failing, &id).await;
    let record = sale(&failing, 5).await;
    assert!(failing.store.credit_back(&record, &id, &attempt(1)).await.expect("answers"));
    assert!(!failing.store.credit_back(&record, &id, &attempt(2)).await.expect("answers"), "once");
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
    assert!(table.store.owe_for_call(&sold, &id, &attempt(8), at(20)).await.expect("answers"));
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
    assert_eq!(store.controls().await.expect("answers").paused.map(|(what, _)| what), Some(Pause::All));
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
    assert!(!store.opt_in(&one, &attempt(1)).await.expect("answers"), "nobody has opted out");
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

fn budget() -> Budget {
    Budget { plan: Plan::Scale, daily: Usdc::micros(500_000_000) }
}

/// Counts a call that costs so many cents, or says which limit is reached.
async fn count(
    table: &Table,
    id: u128,
    from: &Wallet,
    to: &PhoneNumber,
    cents: u64,
    second: i64,
) -> Result<Cost, Limit> {
    let call = CallId::from_bits(id);
    let (_, mut counters) = table.store.before_call(from, to, at(second)).await.expect("answers");
    let cost = Usdc::micros(cents * 10_000);
    let asking = Asking { call: &call, wallet: from, to, cost, ends_at: at(second + 360) };
    loop {
        let admitted = counters.admit(&asking, &budget(), at(second)).expect("rows");
        let admitted = admitted.map_err(|hurdle| match hurdle {
            Hurdle::Reached(reached) => reached.limit,
            Hurdle::Talking(_) => panic!("a call to this number is under way"),
        })?;
        let token = table.tokens.fetch_add(1, Ordering::Relaxed);
        match table.store.apply(admitted.changes, &format!("count {token}")).await.expect("answers") {
            Done::Yes => return Ok(admitted.cost),
            Done::No(lost) => drop(counters.learn(lost.change, lost, at(second)).expect("a row")),
        }
    }
}

async fn counted(table: &Table, from: &Wallet, to: &PhoneNumber) -> String {
    let (_, counters) = table.store.before_call(from, to, at(0)).await.expect("answers");
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
    // A day later another sum has begun, and the first one is nobody's any more.
    assert!(count(&table, 3, &wallet(1), &to, 100, 90_000).await.is_ok());
    assert!(table.makes(limits::undone(&id(1), &from, &to, Some(&first))).await);
    let later = counted(&table, &from, &to).await;
    assert_eq!(later.matches("amount: Usdc(1000000)").count(), 2, "{later}");
    assert!(later.contains("running: 1"), "{later}");
}
