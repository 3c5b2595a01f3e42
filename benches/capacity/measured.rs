//! How long the tests' engine takes for what a call is counted with.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use harness::dynamo::Dynamo;
use harness::template::Deployment;
use shared::limits::Budget;
use shared::store::limits::Asking;
use shared::store::{Done, Store};
use shared::types::{CallId, PhoneNumber, Timestamp, Usdc, Wallet};
use shared::wire::aws::Service;

use crate::simulated::Times;

/// Two minutes after a time of these tests.
const NOW: i64 = 1_800_000_000;

/// What was measured, in the order of length.
pub(crate) struct Engine {
    reads: Vec<Duration>,
    transactions: Vec<Duration>,
}

/// Counts this many calls, one after the other.
pub(crate) fn engine(calls: u64) -> Engine {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(measure(calls))
}

async fn measure(calls: u64) -> Engine {
    let required = ["PublicUrl", "EvmPayee", "TwilioAccountSid"].map(|name| (name.to_owned(), "unused".to_owned()));
    let deployment = Deployment::of_this_repository(&BTreeMap::from(required));
    let engine = Dynamo::start(&deployment, &harness::client()).await;
    let (address, _serving) = harness::sim::serve(engine.router()).await;
    let credentials = Credentials::new("capacity", "capacity", None, None, "capacity");
    let service = Service { region: "us-east-1".to_owned(), credentials, endpoint: Some(format!("http://{address}")) };
    let store = Store::new(service, engine.table().to_owned());
    let budget = crate::budget(10_000);
    let budget = Budget { cost: budget.cost.times(1_000_000), loss: budget.loss.times(1_000_000), ..budget };
    let budget = Budget { prefix: budget.loss, wallet: budget.loss, ..budget };
    let (mut reads, mut transactions) = (Vec::new(), Vec::new());
    for call in 0..calls {
        let (read, written) = counted(&store, &budget, call).await;
        reads.push(read);
        transactions.push(written);
    }
    reads.sort_unstable();
    transactions.sort_unstable();
    Engine { reads, transactions }
}

/// Counts one call of a wallet of its own to a number of its own, and settles nothing.
async fn counted(store: &Store, budget: &Budget, call: u64) -> (Duration, Duration) {
    let now = Timestamp::from_second(NOW).expect("a time");
    let wallet = Wallet::from_caip10(&format!("eip155:8453:0x{call:040x}")).expect("a wallet");
    let to = PhoneNumber::parse(&format!("+1213361{call:04}")).expect("a number");
    let id = CallId::from_bits(u128::from(call));
    let began = Instant::now();
    let (_, mut counters) = store.before_call(&id, &wallet, &to, budget, now).await.expect("the engine answers");
    let read = began.elapsed();
    let ends_at = Timestamp::from_second(NOW + 360).expect("a time");
    let cost = Usdc::micros(770_000);
    let asking =
        Asking { call: &id, wallet: &wallet, to: &to, business: false, cost, price: Usdc::micros(540_000), ends_at };
    let admitted = store.admit(&mut counters, &asking, budget, now).await.expect("the engine answers");
    let admitted = admitted.unwrap_or_else(|obstacle| unreachable!("{obstacle:?}"));
    let began = Instant::now();
    let done = store.apply(admitted.changes, &format!("capacity {call}")).await.expect("the engine answers");
    assert!(matches!(done, Done::Yes), "one after the other");
    (read, began.elapsed())
}

impl Engine {
    /// Half of them took so long or less, and 99 of 100.
    fn quantiles(all: &[Duration]) -> (u64, u64) {
        let at = |hundredth: usize| all.get(all.len() * hundredth / 100).copied().unwrap_or_default();
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        (micros(at(50)), micros(at(99)))
    }

    pub(crate) fn times(&self) -> Times {
        Times { transaction: Self::quantiles(&self.transactions), read: Self::quantiles(&self.reads) }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((read, reads), (written, writes)) = (Self::quantiles(&self.reads), Self::quantiles(&self.transactions));
        write!(f, "median and p99: read {read} and {reads} µs, transaction {written} and {writes} µs")
    }
}
