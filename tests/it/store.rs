//! The table of transitions in `shared/src/store/mod.rs`: every arrow from every state, and what it
//! finds.
//!
//! The engine is the one of all tests; with `DIALTONE_DYNAMODB` it is whatever listens there, for a
//! second opinion.

mod by_hand;
mod call;
mod counts;
mod forgotten;
mod kept;
mod lists;
mod number;
mod queue;
mod recorded;
mod refund;
mod sale;
mod slices;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use alloy_primitives::{Address, B256, address};
use aws_credential_types::Credentials;
use harness::dynamo::Dynamo;
use harness::template::Deployment;
use serde_json::json;
use shared::limits::{Budget, Limit, Plan};
use shared::store::calls::{self, Call, Line, Look, NewCall, Questions};
use shared::store::limits::{Asking, Obstacle};
use shared::store::numbers;
use shared::store::refunds::{Bounds, Sending, Stranger};
use shared::store::sales::{Claimed, Doubt, NewSale, Sale, Settled, Settling, Signed};
use shared::store::{
    Candidate, Changes, Charge, Cost, Done, Hurdle, Queue, SHARDS, Source, State, Store, View, Work, work,
};
use shared::types::call::{Dialler, EndedBy, Retry, Status};
use shared::types::{AttemptId, CallId, Country, EvmNetwork, PaymentId, PhoneNumber, Run, Timestamp, Usdc, Wallet};
use shared::wire::aws::Service;

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
            Store::new(Service { region: "us-east-1".to_owned(), credentials, endpoint: Some(endpoint) }, table);
        Self { store, tokens: AtomicU32::new(0), engine }
    }

    /// Whether the change was made. Each try is a step of its own, and is rehearsed before: that
    /// must come to the same.
    async fn makes(&self, changes: Changes) -> bool {
        let token = self.tokens.fetch_add(1, Ordering::Relaxed);
        let hurdle = |done: Done| if let Done::No(lost) = done { Some(lost.hurdle) } else { None };
        let would = hurdle(self.store.rehearse(&changes).await.expect("the table answers"));
        let does = hurdle(self.store.apply(changes, &format!("test {token}")).await.expect("the table answers"));
        assert_eq!(would, does, "a rehearsal, and what came of it");
        does.is_none()
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
    PaymentId::evm(EvmNetwork::Base, address(0), B256::repeat_byte(nonce))
}

fn number(last: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1415555{last:04}")).expect("a number")
}

fn attempt(name: u128) -> AttemptId {
    AttemptId::from_bits(name)
}

fn doubt(contested: bool, now: i64, next: i64) -> Doubt {
    Doubt { contested, answered: false, rings: false, now: at(now), rests_until: at(now), next: at(next) }
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
        waited_for: Vec::new(),
        run: Run::Real,
        attempt: attempt(by),
        now: at(0),
    }
}

const COST: Usdc = Usdc::micros(1_150_000);
const BOOKED: work::Booked = work::Booked { cost: COST, slot: 1, unpaid_slot: 1 };

fn buying() -> Work {
    Work::Lease(work::Lease { number: number(1), country: Country::US, area: None, source: Source::Carrier(BOOKED) })
}

/// A sale of this payment, if it is free. It is rehearsed before, by another attempt: a rehearsal
/// writes nothing, and says the same.
async fn claimed<S: shared::store::sales::Claimable>(table: &Table, new: NewSale) -> Option<Sale<S>> {
    let dry = NewSale { run: Run::Dry, attempt: attempt(u128::MAX), ..new.clone() };
    let would = table.store.claim::<S>(dry, buying(), Changes::none()).await.expect("the table answers");
    let would = matches!(would, Claimed::Rehearsed(work) if *work == buying());
    // A write whose answer was lost is only its own attempt's.
    let earlier = table.store.sale(&new.id).await.expect("the table answers");
    let is_its_own = earlier.is_some_and(|it| it.attempt == new.attempt && it.state != State::Void);
    let sale = match table.store.claim(new, buying(), Changes::none()).await.expect("the table answers") {
        Claimed::Ours(sale) => Some(sale),
        Claimed::Earlier(_) => None,
        Claimed::Lost(_) | Claimed::Rehearsed(_) => panic!("nothing else was asked for"),
    };
    assert_eq!(would, sale.is_some() && !is_its_own, "a rehearsal, and what came of it");
    sale
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

/// How many stray payments wait.
async fn strays(table: &Table) -> usize {
    table.store.due(Queue::Strays, at(1_000), 10).await.expect("answers").len()
}

/// What is due by then in all shards of a queue.
async fn due(table: &Table, queue: fn(u8) -> Queue, second: i64) -> Vec<Candidate> {
    let mut due = Vec::new();
    for shard in 0..SHARDS {
        due.extend(table.store.due(queue(shard), at(second), 10).await.expect("answers"));
    }
    due
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

fn new_call(id: u128, from: &PhoneNumber) -> NewCall {
    NewCall {
        message: None,
        questions: Vec::new(),
        recorded: true,
        id: CallId::from_bits(id),
        wallet: wallet(0),
        from: from.clone(),
        to: number(9_999),
        max_duration: 5,
        dialler: Dialler::Bland,
        due_at: at(360),
        credit: None,
        cost: None,
    }
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
    let work = Work::Call(work::Call {
        id: id.clone(),
        from: number(1),
        to: number(9_999),
        max_duration: 5,
        placed: Some("bland".to_owned()),
        credit,
        cost: None,
    });
    let call = calls::dial(&new_call(u128::from(nonce), &number(1)), &payment(nonce), at(0)).expect("a row");
    let claimed = table.store.claim::<Settling>(new_sale(nonce, 1), work, call).await.expect("answers");
    let Claimed::Ours(sale) = claimed else { panic!("no other attempt wants it") };
    (id, sale)
}

async fn paid_call(table: &Table, id: &CallId, sale: Sale<Settling>, credit: bool) {
    let transaction = (!credit).then(|| "0xabc".to_owned());
    let paid = calls::charged(id, &wallet(0), &sale.record().id, None, transaction.as_deref(), at(0));
    table.store.close(sale, Settled { transaction, at: at(5) }, paid).await.expect("closed");
}

/// What is shown of a call that failed.
fn error() -> View {
    View {
        message: None,
        status: Status::Failed,
        ended_by: EndedBy::Error,
        reason: "It failed.".to_owned(),
        retry: Retry::Now,
        answered_by: None,
        call_ended_by: None,
        call_length: Some("0.75".to_owned()),
        summary: None,
        transcript: Vec::new(),
        recording_url: None,
        opted_out: false,
        started_at: None,
        ended_at: None,
        shows_at: None,
    }
}

/// The call as a look knows it that took its turn at this second.
fn turn(call: &Call, second: i64) -> Call {
    let line = Line { looked_at: at(second).as_second(), ..call.line.clone() };
    Call { line, ..call.clone() }
}

/// The call has ended in an error, and its refund is due.
async fn failed(table: &Table, id: &CallId) {
    ended(table, id, error(), true).await;
}

/// The call is over, and was as good as any.
async fn over(table: &Table, id: &CallId) {
    let view = View { status: Status::Completed, ended_by: EndedBy::User, ..error() };
    ended(table, id, view, false).await;
}

async fn ended(table: &Table, id: &CallId, view: View, refund_due: bool) {
    let call = table.store.call(id).await.expect("answers").expect("there");
    assert!(table.store.take_look(&call, at(10)).await.expect("answers"));
    let look = Look {
        view,
        ended_at: Some(at(10)),
        closed: true,
        refund_due,
        broke_off: false,
        questions: Questions::Nothing,
        price: None,
    };
    table.store.looked(&turn(&call, 10), &look, &format!("looked {}", id.as_str())).await.expect("answers");
}

async fn sale(table: &Table, nonce: u8) -> shared::store::sales::Record {
    table.store.sale(&payment(nonce)).await.expect("answers").expect("there")
}

async fn called(table: &Table, id: &CallId) -> Call {
    table.store.call(id).await.expect("answers").expect("there")
}

async fn charge(table: &Table, id: &CallId) -> Charge {
    called(table, id).await.business.charge
}

async fn due_refunds(table: &Table) -> usize {
    due(table, Queue::Refunds, 1_000).await.len() + strays(table).await
}

async fn credit(table: &Table) -> u64 {
    table.store.belongings(&wallet(0)).await.expect("answers").credit.atomic()
}

/// So much may go back in a day here.
const BOUNDS: Bounds =
    Bounds { all: Usdc::micros(12_000_000), payer: Usdc::micros(100_000_000), strays: Usdc::micros(6_000_000) };

/// The record of a refund that is ours to send, if it is.
fn ours(sending: Result<Sending, shared::store::StoreFault>) -> Option<shared::store::sales::Record> {
    if let Sending::Ours(record) = sending.expect("answers") { Some(*record) } else { None }
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

fn budget() -> Budget {
    budget_of(Plan::Scale.lines())
}

/// With a contract of this many lines.
fn budget_of(contract: u64) -> Budget {
    let [cost, loss, prefix, wallet] = [2_000, 500, 50, 6].map(|dollars| Usdc::micros(dollars * 1_000_000));
    Budget { contract, minute: Plan::Scale.minute(), cost, loss, prefix, wallet }
}

/// Counts a call that costs this many cents, or says which limit is reached.
async fn count(
    table: &Table,
    id: u128,
    from: &Wallet,
    to: &PhoneNumber,
    cents: u64,
    second: i64,
) -> Result<Cost, Limit> {
    count_within(table, &budget(), id, (from, to), cents, second).await
}

/// The same, within this budget.
async fn count_within(
    table: &Table,
    budget: &Budget,
    id: u128,
    (from, to): (&Wallet, &PhoneNumber),
    cents: u64,
    second: i64,
) -> Result<Cost, Limit> {
    let call = CallId::from_bits(id);
    let (_, mut counters) = table.store.before_call(&call, from, to, budget, at(second)).await.expect("answers");
    let (wallet, cost, price) = (from, Usdc::micros(cents * 10_000), Usdc::micros(540_000));
    let asking = Asking { call: &call, wallet, to, business: false, cost, price, ends_at: at(second + 360) };
    loop {
        let admitted = table.store.admit(&mut counters, &asking, budget, at(second)).await.expect("rows");
        let admitted = admitted.map_err(|obstacle| match obstacle {
            Obstacle::Reached(reached) => reached.limit,
            Obstacle::Talking(_) => panic!("a call to this number is under way"),
        })?;
        let token = table.tokens.fetch_add(1, Ordering::Relaxed);
        match table.store.apply(admitted.changes, &format!("count {token}")).await.expect("answers") {
            Done::Yes => return Ok(admitted.cost),
            Done::No(lost) => match lost.hurdle {
                Hurdle::Calls(count) => counters.learn(count, lost, at(second)).expect("a row"),
                other => panic!("{other:?}"),
            },
        }
    }
}
