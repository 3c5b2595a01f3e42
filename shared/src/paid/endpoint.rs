//! What an endpoint says of itself that is paid for: what it sells, how it reads a request, plans
//! it, fulfils it and words its answer. It knows no header, no facilitator and no status.

use futures_util::future;
use serde::Serialize;
use serde_json::Value;

use crate::api;
use crate::invocation::Invocation;
use crate::refusal::{Fault, Refusal};
use crate::sale::{Delivery, Stop, Undo};
use crate::store::sales::{NewSale, Open, Record, Sale, Settling};
use crate::store::{Changes, Pause, Work};
use crate::types::{Country, PhoneNumber, Run, Timestamp, Wallet};
use crate::x402::Caller;

/// An endpoint that is paid for.
pub trait Endpoint: Undo + Send + Sync + 'static {
    /// What it sells, and where.
    const ENDPOINT: &'static api::Endpoint;
    /// Whether something foreign happens before the payment is settled. Then the facilitator is
    /// asked first whether it could be; otherwise that would be a round trip for nothing.
    const FOREIGN: bool;
    /// The mildest pause in which it is not sold.
    const PAUSED_BY: Pause;
    /// A request, parsed: it cannot be wrong any more.
    type Ask: Send + Sync;
    /// What was found out about a request: enough to fulfil it.
    type Plan: Send;
    /// The body of a success.
    type Answer: Serialize;

    /// The countries whose numbers it sells, where it sells any.
    fn sold_in(&self) -> Vec<Country> {
        Vec::new()
    }

    /// Reads a body. Asks no neighbour: what can be refused without knowing who asks is refused
    /// here.
    fn ask(&self, body: &[u8]) -> Result<Self::Ask, Refusal>;

    /// Why what is asked for cannot be had now, though it can at another time. It is known before
    /// the price is asked for, and asks no neighbour.
    fn not_now(&self, ask: &Self::Ask, now: Timestamp) -> Option<Refusal> {
        let _ = (ask, now);
        None
    }

    /// What is asked for, in one spelling: bodies that ask for the same are the same request.
    fn essence(ask: &Self::Ask) -> Value;

    /// The number that it names to call from. It is not part of the essence: left out it is found,
    /// and then both are the same.
    fn caller_id(ask: &Self::Ask) -> Option<&PhoneNumber> {
        let _ = ask;
        None
    }

    /// Finds out whether and how it can be done. Reads, and changes nothing. A dry run reads the
    /// table alone.
    fn plan(
        &self,
        caller: &Caller,
        ask: &Self::Ask,
        run: Run,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Self::Plan, Refusal>> + Send;

    /// Claims the sale, does the work before which an intent is recorded, and comes to the fence. A
    /// dry run stops where the sale would be claimed.
    fn fulfil(
        &self,
        sale: NewSale,
        ask: &Self::Ask,
        plan: Self::Plan,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Sale<Settling>, Stop>> + Send;

    /// Does what is only done once it is paid for: see [`crate::sale::Deliver`]. Only the request
    /// that has claimed the sale is at hand.
    fn deliver(
        &self,
        ask: Option<&Self::Ask>,
        record: &Record,
        begun: bool,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Delivery, Fault>> + Send {
        let _ = (ask, record, begun, invocation);
        future::ready(Ok(Delivery::Impossible { changes: Changes::none(), why: None }))
    }

    /// Undoes what an attempt that has stopped before the fence may have begun.
    fn roll_back(&self, sale: Sale<Open>, invocation: &Invocation) -> impl Future<Output = Result<(), Fault>> + Send {
        let _ = (sale, invocation);
        future::ready(Err(Fault::Broken("this work has no stage before the fence")))
    }

    /// Something useful but not necessary, done while the payment settles.
    fn beside(&self, payer: &Wallet, work: &Work, invocation: &Invocation) -> impl Future<Output = ()> + Send {
        let _ = (payer, work, invocation);
        future::ready(())
    }

    /// The answer to a granted sale, from its record: the same each time it is asked for.
    fn answer(record: &Record) -> Option<Self::Answer>;

    /// The answer while the outcome of the payment is unknown, where silence would do harm.
    fn pending(work: &Work) -> Option<Self::Answer> {
        let _ = work;
        None
    }
}
