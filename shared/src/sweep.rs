//! The reaper: what is due and no client waits for. At least once, overlapping, bounded in time;
//! whatever it does not get to, the next one does, and being late changes nothing for a caller.
//!
//! Nothing that takes long, or fails, keeps the rest waiting: each shard of the queues has an
//! invocation of its own, each queue so many steps at once, and what fails goes to the end of its
//! queue.
//!
//! `docs/decisions.md`: Why is a round of the reaper four, and how much does each do at once?

mod balances;
mod bills;
mod books;
mod gauges;
mod proofs;
mod queues;
mod reconcile;
mod strays;

use std::ops::Range;
use std::time::Duration;

use futures_util::future;
use serde::{Deserialize, Serialize};
use tracing::{error, info, warn};

use crate::calls::{Calls, OVERDUE};
use crate::edge::Rounds;
use crate::env::Env;
use crate::invocation::Invocation;
use crate::leases::{COOLING, GRACE};
use crate::limits::prices::Prices;
use crate::numbers::Numbers;
use crate::refusal::Fault;
use crate::sale::{self, Cashier, Deliver, Delivery, Finished, Sent, Undo};
use crate::store::calls::Call;
use crate::store::controls::List;
use crate::store::sales::{Open, Record, Sale, Taken};
use crate::store::{Charge, SHARDS, State, Store, StoreFault, Work, numbers};
use crate::telemetry::metrics::{MONEY_BACK, OVERDUE_CALL_AGE, REFUNDS, ROUNDS};
use crate::telemetry::{self, Neighbour};
use crate::types::{CallId, Country, PaymentId, PhoneNumber, Timestamp, Usdc, Wallet};
use crate::upstream::bucket::Bucket;
use crate::upstream::twilio::TwilioError;

/// A step is not begun with less time than this left.
const STEP: Duration = Duration::from_secs(6);
/// What a look at how everything stands takes; it only reads. Less than a step, so that a round
/// whose queues were too long for it still tells how long they are.
const GLANCE: Duration = Duration::from_secs(2);

/// An event that wakes the reaper: a lease's own alarm, an operator, or anything else for the whole
/// round.
#[derive(Debug, Default, Deserialize)]
pub struct Event {
    /// The shard of the queues that is worked off; all of them, if it is not said.
    #[serde(default)]
    shard: Option<u8>,
    /// The lease whose time has come.
    #[serde(default)]
    reclaim: Option<Reclaim>,
    /// Compare the table with the carrier's list now, whenever that was last done.
    #[serde(default)]
    reconcile: bool,
    /// Look at all that was paid to us from this block on, whatever was looked at before: after the
    /// table was restored from a backup, say.
    #[serde(default)]
    payments_from: Option<u64>,
    /// The network whose block that is, as CAIP-2; the first one, if it is not said.
    #[serde(default)]
    network: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reclaim {
    wallet: String,
    phone_number: String,
}

/// The result of a round.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Leases taken back.
    pub leases: u32,
    /// Sales brought to an end.
    pub sales: u32,
    /// Calls looked at.
    pub calls: u32,
    /// Numbers made ready for the pool.
    pub imports: u32,
    /// Numbers given back to the carrier.
    pub releases: u32,
    /// Numbers that the carrier billed and the table did not know.
    pub adopted: u32,
    /// Payments that bought nothing and go back.
    pub strays: u32,
    /// Steps that failed and will be tried again.
    pub faults: u32,
}

impl Report {
    /// This, and what another part has done.
    fn and(self, other: &Self) -> Self {
        let Self { leases, sales, calls, imports, releases, adopted, strays, faults } = other;
        Self {
            leases: self.leases + leases,
            sales: self.sales + sales,
            calls: self.calls + calls,
            imports: self.imports + imports,
            releases: self.releases + releases,
            adopted: self.adopted + adopted,
            strays: self.strays + strays,
            faults: self.faults + faults,
        }
    }
}

/// The part of the work that a round does. Each minute begins one for each shard, side by side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Part {
    first: u8,
    /// The first that it does not do.
    end: u8,
}

impl Part {
    /// One shard, if there is one of this number, or all.
    fn of(shard: Option<u8>) -> Option<Self> {
        match shard {
            None => Some(Self { first: 0, end: SHARDS }),
            Some(shard) => (shard < SHARDS).then_some(Self { first: shard, end: shard + 1 }),
        }
    }

    fn shards(self) -> Range<u8> {
        self.first..self.end
    }

    /// Whether it does what is not divided as well: numbers on their way, what the chains and the
    /// carrier are asked, and a look round.
    fn has_the_rest(self) -> bool {
        self.first == 0
    }
}

/// The reaper, and what it works with.
pub struct Sweep {
    cashier: Cashier,
    store: Store,
    numbers: Numbers,
    calls: Calls,
    /// Who is paid, on each network.
    payees: Vec<Wallet>,
    /// Whose idle numbers are counted.
    stocked: Vec<Country>,
    /// Idle numbers of a country that are kept for the next buyers.
    kept: u64,
    /// What numbers cost, by country.
    prices: Prices,
    /// So much that was granted and is not on the chain pauses selling.
    missing_stop: Usdc,
    /// Where the books are kept; nothing, where there is no such place.
    bucket: Option<Bucket>,
}

impl Sweep {
    /// Reads who we are to every neighbour of a sale.
    pub fn from_env(env: &mut Env) -> Self {
        let store = env.store();
        let cashier = Cashier { store: store.clone(), facilitator: env.facilitator(), nodes: env.nodes() };
        let numbers = Numbers::new(store.clone(), env.twilio(), env.bland());
        let calls = Calls::new(store.clone(), env.bland()).listing(List::Begun);
        Self {
            cashier,
            store,
            numbers,
            calls,
            payees: env.payees(),
            stocked: env.pool_countries(),
            kept: env.pool_kept(),
            prices: env.number_prices(),
            missing_stop: env.missing_stop(),
            bucket: env.books(),
        }
    }
}

impl Rounds for Sweep {
    const NAME: &'static str = "reaper";
    type Event = Event;
    type Report = Report;

    /// One round, or one lease.
    async fn go(&self, event: Event, invocation: &Invocation) -> Report {
        let mut report = Report::default();
        match event {
            Event { reclaim: Some(one), .. } => self.reclaim_named(&one, invocation, &mut report).await,
            Event { reconcile: true, .. } => self.reconcile_all(invocation, &mut report).await,
            Event { payments_from: Some(block), network, .. } => {
                self.watch_from(network.as_deref(), block, invocation, &mut report).await;
            }
            Event { shard, .. } => {
                if let Some(part) = Part::of(shard) {
                    self.round(part, invocation, &mut report).await;
                } else {
                    error!(?shard, "a schedule names a shard that is not there");
                }
            }
        }
        report
    }
}

impl Sweep {
    /// Does for one sale what a round does for all that are due: for an operator who does not want
    /// to wait.
    pub async fn finish_now(&self, payment: &PaymentId, invocation: &Invocation) -> Result<(), Fault> {
        self.finish(payment, invocation).await
    }

    async fn round(&self, part: Part, invocation: &Invocation, report: &mut Report) {
        let (queues, rest) =
            future::join(Box::pin(self.work_off(part, invocation)), Box::pin(self.rest(part, invocation))).await;
        *report = queues.and(&rest);
        // Last, so that what has just come to its end is not counted as unfinished.
        if part.has_the_rest() && invocation.remaining() > GLANCE {
            self.look_round(invocation, report).await;
        }
        telemetry::add(&ROUNDS, 1, []);
    }

    /// What is asked of the chains and the carrier once in a while.
    async fn rest(&self, part: Part, invocation: &Invocation) -> Report {
        if !part.has_the_rest() {
            return Report::default();
        }
        let (watched, reconciled) = future::join(
            Box::pin(async {
                let mut report = Report::default();
                self.watch_strays(invocation, &mut report).await;
                report
            }),
            Box::pin(async {
                let mut report = Report::default();
                self.reconcile_daily(invocation, &mut report).await;
                self.ask_for_bills(invocation, &mut report).await;
                self.ask_for_balances(invocation, &mut report).await;
                self.write_books(invocation, &mut report).await;
                report
            }),
        )
        .await;
        watched.and(&reconciled)
    }

    async fn reclaim_named(&self, one: &Reclaim, invocation: &Invocation, report: &mut Report) {
        let named = (Wallet::from_caip10(&one.wallet), PhoneNumber::parse(&one.phone_number));
        let (Ok(wallet), Ok(number)) = named else {
            warn!("an alarm names no lease");
            return;
        };
        match self.reclaim(&wallet, &number, invocation).await {
            Ok(done) => report.leases += u32::from(done),
            Err(fault) => failed(report, &fault),
        }
    }

    /// Takes a lease back if its time, and the grace after it, are over and no renewal holds it.
    /// The number rests before it is another wallet's.
    async fn reclaim(&self, wallet: &Wallet, number: &PhoneNumber, invocation: &Invocation) -> Result<bool, Fault> {
        let Some(lease) = self.store.lease(wallet, number).await? else { return Ok(false) };
        let over = lease.expires_at.checked_add(GRACE).map_err(StoreFault::from)?;
        if invocation.now < over || lease.hold.is_some() {
            return Ok(false);
        }
        let rested = invocation.now.checked_add(COOLING).map_err(StoreFault::from)?;
        let step = format!("reclaim {} {}", number.as_str(), invocation.attempt.as_str());
        let done = self.store.apply(numbers::reclaim(&lease, wallet, rested), &step).await?;
        Ok(matches!(done, crate::store::Done::Yes))
    }

    /// Brings a sale to its end that the request which began it has left: back before the fence,
    /// forward after it.
    async fn finish(&self, payment: &PaymentId, invocation: &Invocation) -> Result<(), Fault> {
        let Some(record) = self.store.sale(payment).await? else { return Ok(()) };
        if !matches!(record.state, State::Open | State::Settling) {
            return Ok(());
        }
        match self.store.take_over(&record, &invocation.attempt, invocation.now).await? {
            Some(Taken::Open(sale)) => self.roll_back(sale, invocation).await,
            Some(Taken::Settling(sale)) => {
                match sale::finish(&self.cashier, self, sale, Sent::Perhaps, invocation).await? {
                    Finished::Granted(_) => info!(?payment, "granted by the reaper"),
                    Finished::Declined { .. } | Finished::NotSent { .. } => info!(?payment, "voided by the reaper"),
                    Finished::Owed { .. } => warn!(?payment, "paid for nothing: it goes back"),
                    Finished::Doubt(_) | Finished::Undelivered { .. } => warn!(?payment, "still unknown"),
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn roll_back(&self, sale: Sale<Open>, invocation: &Invocation) -> Result<(), Fault> {
        match sale.record().work {
            Work::Lease(_) => self.numbers.roll_back(sale, invocation).await,
            Work::Call(_) => self.calls.roll_back(sale, invocation).await,
            Work::Renew(_) | Work::List(_) | Work::Calls(_) | Work::Nothing => {
                Err(Fault::Broken("this work has no stage before the fence"))
            }
        }
    }

    /// Looks at a call whose time is up. One that still runs is stopped.
    async fn look_after(&self, id: &CallId, invocation: &Invocation) -> Result<(), Fault> {
        let Some(known) = self.store.call(id).await? else { return Ok(()) };
        if known.business.charge == Charge::RefundDue {
            return self.owe(&known, invocation).await;
        }
        telemetry::highest(&OVERDUE_CALL_AGE, waited(&known, invocation.now)?, []);
        self.calls.end(known, invocation).await
    }
}

impl Sweep {
    /// A call that was paid and ended in an error: its payment goes back, or the credit that paid
    /// it.
    async fn owe(&self, call: &Call, invocation: &Invocation) -> Result<(), Fault> {
        let record = self.store.sale(&call.business.sale).await?.ok_or(Fault::Broken("a paid call without a sale"))?;
        let owed = if record.credit().is_some() {
            let credited = self.store.credit_back(&record, call, &invocation.attempt, invocation.now).await?;
            if credited {
                telemetry::add(&REFUNDS, 1, ["credited".into()]);
                telemetry::add(&MONEY_BACK, record.signed.amount.atomic(), ["credited".into()]);
            }
            credited
        } else {
            self.store.owe_for_call(&record, call, &invocation.attempt, invocation.now).await?
        };
        info!(call = ?call.id, payment = ?record.id, owed, "a call that failed is not charged");
        Ok(())
    }
}

impl Deliver for Sweep {
    /// A number is bought by any request or round that comes by, once, since it is bought by name.
    /// A call is dialled by the request that has asked for it, and by no other.
    async fn deliver(&self, record: &Record, begun: bool, invocation: &Invocation) -> Result<Delivery, Fault> {
        match record.work {
            Work::Call(_) => self.calls.deliver(None, record, begun, invocation).await,
            Work::Lease(_) | Work::Renew(_) | Work::List(_) | Work::Calls(_) | Work::Nothing => {
                self.numbers.deliver(record, begun, invocation).await
            }
        }
    }
}

impl Undo for Sweep {
    async fn undo(&self, work: &Work, invocation: &Invocation) {
        self.calls.undo(work, invocation).await;
    }

    async fn is_over(&self, work: &Work, invocation: &Invocation) -> bool {
        self.calls.is_over(work, invocation).await
    }
}

/// For how long a call has waited for a look that shows something: its turn in the queue is put off
/// before each look, so that it says nothing of looks that fail. One whose payment is in doubt
/// waits for that.
fn waited(call: &Call, now: Timestamp) -> Result<u64, StoreFault> {
    if call.business.charge == Charge::Pending {
        return Ok(0);
    }
    let longest = Duration::from_secs(u64::from(call.line.max_duration) * 60);
    let over = call.line.ended_at.map_or_else(|| call.line.created_at.saturating_add(longest), Ok)?;
    let shown = call.line.seen_at.map(Timestamp::from_second).transpose()?;
    let due = shown.map_or(over, |shown| shown.max(over)).saturating_add(OVERDUE)?;
    Ok(u64::try_from(now.duration_since(due).as_secs()).unwrap_or(0))
}

/// What the carrier says of our account rings, also where no caller has come.
fn rings(error: &TwilioError) {
    if let TwilioError::Account(said) = error {
        telemetry::locked_out(Neighbour::Twilio, said);
    }
}

fn failed(report: &mut Report, fault: &Fault) {
    telemetry::fault();
    error!(%fault, "a step of the reaper");
    report.faults += 1;
}
