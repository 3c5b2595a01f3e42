//! The table: who owns which number, which payment bought what, which call is where. It knows
//! DynamoDB and the transitions below, and refuses to know HTTP, x402 and the vendors.
//!
//! Every arrow is one conditional write, or one transaction over the sale's item *and* the
//! product's item. A method answers with an enum that names its outcomes.
//!
//! | item | from → to | condition | made by |
//! |---|---|---|---|
//! | sale | (none), void → open, settling | absent; or void, not spent, same request | [`Store::claim`] |
//! | sale | open → open | same attempt | [`Store::intend`] |
//! | sale | open, settling → same, in no attempt's turn until then | same attempt | [`Store::defer`] |
//! | sale | open → settling | same attempt | [`Store::fence`] |
//! | sale | settling → settling, paid | same attempt | [`Store::paid`] |
//! | sale | settling → closed, and to be proven where it was not credit | same attempt | [`Store::close`], [`Store::close_done`] |
//! | sale | open, settling → void | same attempt | [`Store::void`] |
//! | sale | settling → settling, in no attempt's turn | same attempt | [`Store::park`] |
//! | sale, call | settling, placed → same, in no attempt's turn, stopped | same attempt; same sale, pending, not seen to have ended | [`Store::park_and_stop`] |
//! | sale | open, settling → same, our turn | same attempt as seen, its time is up | [`Store::take_over`] |
//! | sale | settling → void, refund due | same attempt | [`Store::close_owing`] |
//! | sale | (none) → void, refund due | absent | [`Store::owe_stranger`] |
//! | sale, call | void, closed with credit → same, refund due; declined, lapsed → refund due | same attempt, no refund; closed | [`Store::owe`] |
//! | sale, call | closed, refund due → refund due, same | no refund; same sale | [`Store::owe_for_call`] |
//! | call, wallet, sale | refund due → credited, credit + price, given back | same sale, not given back | [`Store::credit_back`] |
//! | sale, day | refund due, sending → sending, counted once | as it was seen | [`Store::send_refund`] |
//! | sale, call | sending, refund due → refunded, refunded; declined, lapsed → refunded | as it was seen; closed | [`Store::refunded`] |
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
//! | call, wallet | (none), free → dialling, taken (and credit − price) | absent; no unpaid dial, none in a day, not blocked (and enough credit) | [`calls::dial`] |
//! | call | dialling → placed | there, not placed | [`Store::placed`] |
//! | call, wallet | dialling or placed, taken → paid, free | same sale | [`calls::charged`] |
//! | call, wallet | dialling, taken → placed and paid, free | same sale, not placed | [`calls::dialled`] |
//! | call, wallet | dialling, taken → (none), free (and credit + price) | same sale, not placed | [`calls::not_dialled`] |
//! | call, wallet | placed, taken → declined, free but paused | same sale | [`calls::unpaid`] |
//! | call, wallet | dialling, placed, taken → lapsed, free (and credit + price) | same sale | [`calls::withdrawn`] |
//! | call | not over → same, to be hung up | same sale, not seen to have ended, not asked before | [`Store::hang_up`] |
//! | call | → looked at, paid → refund due | same last look, same end, not settled | [`Store::take_look`], [`Store::looked`] |
//!
//! A sale that is parked for the first time counts as one more doubt of its wallet, and as one
//! fewer in the write that ends it.
//!
//! A closed sale is held against the chain afterwards: [`Store::proven`] takes it out of that queue
//! when its payment was seen, and [`Store::missing`] counts it when the chain does not have it.
//! Neither changes what was sold, so neither is in the table.
//!
//! Whether a request waits for a call stands on the call's row ([`Store::take_wait`],
//! [`Store::leave_wait`]), and nothing depends on it but whether another one may.
//!
//! What has happened to money gets into the books in the write that makes it happen: [`books`].
//!
//! A wallet's own name for a purchase stands in the write that claims it: [`sales::Purchase`].
//!
//! A call stands in the list of its wallet from the write that dials it on, and goes with the one
//! that finds that no phone rang (`calls/list.rs`); what is listed says where the call is, and is
//! never changed.
//!
//! What was said in a call lies in items beside it, each a part of the transcript that is written
//! once, before the call's own item names it (`calls/said.rs`): a look that finds nothing new
//! writes its turn and nothing else. The index has keys only.
//!
//! What is forgotten has a `ttl`, after which DynamoDB deletes it in its own time: an hour later,
//! or days. So nothing waits for that, and nothing is lost by it. A `ttl` is written by what ends
//! something, and taken off again by what begins anew.
//!
//! | item | `ttl` | written by | while it is still there |
//! |---|---|---|---|
//! | sale | 60 days after its end | closed, void, refunded, credited | [`Store::gate`] does not see it, [`Store::claim`] writes over it. Who carries on, or follows money, goes by it |
//! | call | 30 days after it was dialled; none while an operator holds it | paid, declined, lapsed; refunded, credited; let go | [`calls::Line::kept_until`] says that it is gone, of one that is not over as well |
//! | its place in the list of its wallet | 30 days after it was dialled | the write that dials it | the list ends before it |
//! | what was said in it | 30 days after it was dialled | each look that hears something new | the same; it does not wait for a refund |
//! | name of a purchase | 30 days | a claim | free for another purchase |
//! | list of calls, of purchases | 2 days after the last | each entry | empty, and written over |
//! | sum of a day | 2 days after it began | its first entry | its day is over, and another begins |
//! | that a wallet whose contract signs has paid | 60 days after it has | each such payment | it is a stranger again |
//! | paid back on a day | 30 days | each refund | never read after its day |
//! | entry in the books | 90 days | what books it | in its day's file by then |
//!
//! What is counted, so that there is not too much of it, is counted in the same writes: [`limits`].
//! What an operator switches (wallets that are refused, people who are not called, whether anything
//! is sold) is not part of a sale's way: [`controls`].

pub mod balances;
pub mod bills;
pub mod books;
pub mod by_hand;
pub mod calls;
mod change;
mod client;
pub mod controls;
mod cost;
pub mod dialled;
mod fault;
mod hurdle;
mod item;
mod kept;
mod keys;
pub mod limits;
mod lost;
pub mod numbers;
mod parse;
mod places;
pub mod proofs;
mod queues;
pub mod refunds;
mod rehearsal;
mod requests;
mod rows;
pub mod sales;
pub mod survey;
mod turns;
pub mod walks;
pub mod watch;
pub mod work;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;

pub use calls::View;
pub use change::Changes;
pub use cost::{Cost, Price};
pub use fault::StoreFault;
pub use hurdle::{BoughtCount, CallCount, Hurdle};
pub use keys::{Queue, SHARDS};
pub use lost::{Done, Lost};
pub use queues::{Candidate, Cursor, Due};
pub use requests::{CONFLICTS, pause};
pub use rows::{Book, Charge, Custody, Pause, RefundReason, Refunding, State};
pub use work::{Source, Work};

use crate::wire::aws::Service;

/// How often a request is sent. Each says by itself that it was written already, so it may be
/// repeated.
const ATTEMPTS: u32 = 3;

/// The table.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// A client of the table of this name. No connection is made before the first request.
    pub fn new(service: Service, table: String) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(8))
            .build();
        Self { client: client::client(service, ATTEMPTS, timeouts), table }
    }
}
