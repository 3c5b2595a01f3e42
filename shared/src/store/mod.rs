//! The table: who owns which number, which payment bought what, which call is where. It knows DynamoDB and the
//! transitions below, and refuses to know HTTP, x402 and the vendors.
//!
//! Every arrow is one conditional write, or one transaction over the sale's item *and* the product's item. A method
//! answers with an enum that names its outcomes.
//!
//! | item | from → to | condition | made by |
//! |---|---|---|---|
//! | sale | (none), void → open, settling | absent; or void, not spent, same request | [`Store::claim`] |
//! | sale | open → open | same attempt | [`Store::intend`] |
//! | sale | open, settling → same, nobody's turn until then | same attempt | [`Store::defer`] |
//! | sale | open → settling | same attempt | [`Store::fence`] |
//! | sale | settling → settling, paid | same attempt | [`Store::paid`] |
//! | sale | settling → closed, and to be proven where it was not credit | same attempt | [`Store::close`], [`Store::close_done`] |
//! | sale | open, settling → void | same attempt | [`Store::void`] |
//! | sale | settling → settling, nobody's turn | same attempt | [`Store::park`] |
//! | sale, call | settling, placed → same, nobody's turn, stopped | same attempt; same sale, pending, not seen to have ended | [`Store::park_and_stop`] |
//! | sale | open, settling → same, our turn | same attempt as seen, its time is up | [`Store::take_over`] |
//! | sale | settling → void, refund due | same attempt | [`Store::close_owing`] |
//! | sale | (none) → void, refund due | absent | [`Store::owe_stranger`] |
//! | sale | void, closed with credit → same, refund due | same attempt, no refund | [`Store::owe`] |
//! | sale, call | closed, refund due → refund due, same | no refund; same sale | [`Store::owe_for_call`] |
//! | call, wallet | refund due → credited, credit + price | same sale | [`Store::credit_back`] |
//! | sale, day | refund due, sending → sending, counted once | as it was seen | [`Store::send_refund`] |
//! | sale, call | sending, refund due → refunded, refunded | as it was seen | [`Store::refunded`] |
//! | sale, wallet, call | refund due, sending, refund due → credited, credit + amount, credited | as it was seen | [`Store::credited`] |
//! | number | pooled → held | its time has come | [`numbers::hold`] |
//! | number | (none) → buying | absent | [`numbers::intend_purchase`] |
//! | number | buying → held | same sale | [`numbers::bought`] |
//! | number | buying → (none) | same sale | [`numbers::forget_purchase`] |
//! | number, lease | held, (none) → leased, active | same sale; absent | [`numbers::lease`] |
//! | number, lease | buying, (none) → leased, active | same sale; absent | [`numbers::lease_ordered`] |
//! | number | held → pooled | same sale | [`numbers::pool`] |
//! | number | buying → importing | same sale | [`numbers::stock`] |
//! | number | (none) → importing | absent | [`numbers::adopt`] |
//! | number | importing → pooled | | [`numbers::imported`] |
//! | number, lease | leased, active → pooled, (none) | same end, not held; same owner | [`numbers::reclaim`] |
//! | number | pooled → releasing | its time has come | [`numbers::intend_release`] |
//! | number | releasing → (none) | | [`numbers::released`] |
//! | lease | active → active, held | same end, not ended, not held | [`numbers::hold_lease`] |
//! | lease | held → extended | same sale | [`numbers::extend`] |
//! | lease | held → active | same sale | [`numbers::let_go`] |
//! | call, wallet, lease | (none), free, active → dialling, taken (and credit − price), active | absent; no unpaid dial, none in a day, not blocked (and enough credit); not ended | [`calls::dial`] |
//! | call | dialling → placed | not placed | [`calls::placed`] |
//! | call, wallet | placed, taken → paid, free | same sale | [`calls::charged`] |
//! | call, wallet | dialling, taken → placed and paid, free | same sale, not placed | [`calls::dialled`] |
//! | call, wallet | dialling, taken → (none), free (and credit + price) | same sale, not placed | [`calls::not_dialled`] |
//! | call, wallet | placed, taken → declined, free but paused | same sale | [`calls::unpaid`] |
//! | call, wallet | dialling, taken → declined, free (and credit + price) | same sale | [`calls::withdrawn`] |
//! | call | → looked at, paid → refund due | same last look, same end, not settled | [`Store::take_look`], [`Store::looked`] |
//!
//! A sale that is parked for the first time counts as one more doubt of its wallet, and as one fewer in the write that ends it.
//!
//! A closed sale is held against the chain afterwards: [`Store::proven`] takes it out of that queue when its payment was seen, and
//! [`Store::missing`] counts it when the chain does not have it. Neither changes what was sold, so neither is in the table.
//!
//! A wallet's own name for a purchase stands in the write that claims it: [`sales::Purchase`].
//!
//! What is forgotten has a `ttl`, after which DynamoDB deletes it in its own time: an hour later, or days. So nothing waits for that, and
//! nothing is lost by it. A `ttl` is written by what ends something, and taken off again by what begins anew.
//!
//! | item | `ttl` | written by | while it is still there |
//! |---|---|---|---|
//! | sale | 60 days after its end | closed, void, refunded, credited | [`Store::gate`] does not see it, [`Store::claim`] writes over it. Who carries on, or follows money, goes by it |
//! | call | 30 days after it was dialled | paid, declined; refunded, credited | [`calls::Call::kept_until`] says that it is gone, of one that is not over as well |
//! | name of a purchase | 30 days | a claim | free for another purchase |
//! | list of calls, of purchases | 2 days after the last | each entry | empty, and written over |
//! | sum of a day | 2 days after it began | its first entry | its day is over, and another begins |
//! | paid back on a day | 30 days | each refund | never read after its day |
//!
//! What is counted, so that there is not too much of it, is counted in the same writes: [`limits`]. What an operator switches
//! (wallets that are refused, people who are not called, whether anything is sold) is no part of a sale's way: [`controls`].

pub mod by_hand;
pub mod calls;
mod change;
pub mod controls;
mod keys;
pub mod limits;
pub mod numbers;
mod places;
pub mod proofs;
pub mod refunds;
mod requests;
mod rows;
pub mod sales;
pub mod survey;
pub mod watch;
mod work;

use std::collections::HashMap;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};

pub use change::Changes;
pub use keys::{Queue, SHARDS};
pub use limits::Cost;
pub use rows::{Charge, Custody, Pause, RefundReason, Refunding, Spoken, State, View};
pub use work::{Listed, Source, Work};

use crate::telemetry::Neighbour;
use crate::types::{CallId, PaymentId, PhoneNumber, Timestamp, Wallet};
use change::{Change, Item, When, n, s};
use keys::{Key, Named};
use survey::Cursor;

/// The table.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
}

/// Where the table is, and who we are there.
pub struct StoreConfig {
    /// The table's name.
    pub table: String,
    /// AWS region.
    pub region: String,
    /// Our role's credentials.
    pub credentials: Credentials,
    /// Another endpoint than the region's own.
    pub endpoint: Option<String>,
}

/// The store failed: nothing is known about what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// DynamoDB did not do what it was asked.
    #[error("DynamoDB: {0}")]
    Unavailable(String),
    /// An item is not as we write it.
    #[error("an item's {0} is unreadable")]
    Row(&'static str),
    /// What the conditions rule out has happened.
    #[error("impossible: {0}")]
    Impossible(&'static str),
}

impl From<serde_dynamo::Error> for StoreFault {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Unavailable(format!("an item does not fit its row: {error}"))
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for StoreFault {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<jiff::Error> for StoreFault {
    fn from(_: jiff::Error) -> Self {
        Self::Impossible("an instant beyond the calendar")
    }
}

/// A transaction's outcome.
#[derive(Debug)]
pub enum Done {
    /// All of it was written.
    Yes,
    /// None of it was.
    No(Lost),
}

/// Which change did not find its condition true, and what it found instead.
#[derive(Debug)]
pub struct Lost {
    /// The place of the change among those that were asked for.
    pub change: usize,
    /// The item as it was.
    pub old: Option<HashMap<String, AttributeValue>>,
}

/// Something whose time has come. A candidate: the index is read without a promise that it is still so.
pub enum Candidate {
    /// A number.
    Number(PhoneNumber),
    /// A lease.
    Lease(Wallet, PhoneNumber),
    /// A sale.
    Sale(PaymentId),
    /// A call.
    Call(CallId),
}

/// A page of a queue.
pub struct Due {
    /// What is due.
    pub due: Vec<Candidate>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

impl Store {
    /// A client of the table. No connection is made before the first request.
    pub fn new(config: StoreConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(8))
            .build();
        let mut builder = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region))
            .credentials_provider(config.credentials)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts)
            .http_client(crate::upstream::http::ForAws(Neighbour::Dynamodb));
        builder.set_endpoint_url(config.endpoint);
        Self { client: Client::from_conf(builder.build()), table: config.table }
    }

    /// What is due in a queue, the oldest first.
    pub async fn due(&self, queue: Queue, now: Timestamp, most: u16) -> Result<Vec<Candidate>, StoreFault> {
        Ok(self.queued(queue, now, most).await?.iter().filter_map(candidate).collect())
    }

    /// A page of what is due in a queue, the oldest first.
    pub async fn due_page(
        &self,
        queue: Queue,
        until: Timestamp,
        most: u16,
        from: Option<Cursor>,
    ) -> Result<Due, StoreFault> {
        let (items, next) = self.queued_page(queue, until, most, from.map(|cursor| cursor.0)).await?;
        Ok(Due { due: items.iter().filter_map(candidate).collect(), next: next.map(Cursor) })
    }

    /// Puts something that is due in a queue by then off, unless it is not any more.
    pub async fn put_behind(
        &self,
        candidate: &Candidate,
        queue: Queue,
        until: Timestamp,
        behind: Timestamp,
    ) -> Result<(), StoreFault> {
        let key = match candidate {
            Candidate::Number(number) => keys::number(number),
            Candidate::Lease(wallet, number) => keys::lease(wallet, number),
            Candidate::Sale(payment) => keys::sale(payment),
            Candidate::Call(call) => keys::call(call),
        };
        let token = format!("behind {}|{}|{}", key.pk, key.sk, behind.as_second());
        let change = Change::update(key)
            .set("due_at", n(behind.as_second()))
            .when(When::Is("due_queue", s(queue.name())))
            .when(When::AtMost("due_at", until.as_second()));
        self.transact(Changes::of([change]), &token).await.map(drop)
    }

    /// Takes the turn at something that is done once in a while: of all that come by, one gets it.
    pub async fn take_turn(
        &self,
        name: &str,
        every: Duration,
        now: Timestamp,
        attempt: &str,
    ) -> Result<bool, StoreFault> {
        let last = now.saturating_sub(every)?.as_second();
        let change = Change::update(keys::turn(name))
            .set("taken_at", n(now.as_second()))
            .when(When::Any(vec![When::No("taken_at"), When::AtMost("taken_at", last)]));
        let done = self.transact(Changes::of([change]), &format!("turn {name} {attempt}")).await?;
        Ok(matches!(done, Done::Yes))
    }

    /// How far something that goes on and on has come.
    pub async fn progress(&self, name: &str) -> Result<Option<u64>, StoreFault> {
        let item = self.item(keys::turn(name)).await?;
        Ok(item.and_then(|item| item.get("progress")?.as_n().ok()?.parse().ok()))
    }

    /// Goes on from there to here; not, if somebody else has.
    pub async fn go_on(
        &self,
        name: &str,
        from: Option<u64>,
        to: u64,
        by: &crate::types::AttemptId,
    ) -> Result<bool, StoreFault> {
        let number = |at: u64| n(i64::try_from(at).unwrap_or(i64::MAX));
        let seen = from.map_or(When::No("progress"), |from| When::Is("progress", number(from)));
        let change = Change::update(keys::turn(name)).set("progress", number(to)).remove("inside").when(seen);
        let token = format!("progress {name} {to} {}", by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }
}

fn candidate(item: &Item) -> Option<Candidate> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    Some(match keys::read(&Key { pk: text("pk")?, sk: text("sk")? })? {
        Named::Number(number) => Candidate::Number(number),
        Named::Lease(wallet, number) => Candidate::Lease(wallet, number),
        Named::Sale(payment) => Candidate::Sale(payment),
        Named::Call(call) => Candidate::Call(call),
    })
}
