//! What is counted of calls before one is placed, and what is written for it if it may be.
//!
//! `docs/decisions.md`: Why are limits counted in the write that claims a call?

use crate::limits::judge::{self, Booking, Sum};
use crate::limits::{Budget, Left, Limit, PREFIX_COST, Reached, SETTLING, SWEPT, WINDOW, rates};
use crate::store::change::{Change, Changes, When, at_most, no};
use crate::store::controls::Controls;
use crate::store::item::Item;
use crate::store::keys::{self, Key};
use crate::store::numbers::Holding;
use crate::store::parse::number_of;
use crate::store::rows::{CountedRow, RUNNING, RunningRow};
use crate::store::{CallCount, Cost, Hurdle, Lost, Store, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::CALL_BUDGET_USED;
use crate::types::{CallId, PhoneNumber, Timestamp, Usdc, Wallet};

use super::list::List;
use super::sums::{booked, reserved, sum_of};

/// A call that wants to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Its id.
    pub call: &'a CallId,
    /// The payer.
    pub wallet: &'a Wallet,
    /// The callee.
    pub to: &'a PhoneNumber,
    /// What it costs us at most.
    pub cost: Usdc,
    /// By when it must be over.
    pub ends_at: Timestamp,
}

/// What has been counted, as it was read.
#[derive(Debug, Default)]
pub struct Counters {
    wallet: List,
    destination: List,
    prefix: Option<Sum>,
    day: Option<Sum>,
    running: i64,
    controls: Controls,
}

/// A call that may be dialled, as far as limits go.
pub struct Admitted {
    /// What is to be written with its claim, behind everything else.
    pub changes: Changes,
    /// What is reserved for it.
    pub cost: Cost,
}

/// What stands in the way of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// The wallet's call to the same number is not over.
    Talking(CallId),
    /// A limit.
    Reached(Reached),
}

impl Obstacle {
    /// Whether it may be out of the way as soon as the wallet's calls are looked at.
    pub fn may_be_over(&self) -> bool {
        use Limit::{AllAtOnce, CallsAtOnce, DailyCost, PrefixCost, WalletCost};
        match self {
            Self::Talking(_) => true,
            Self::Reached(reached) => {
                matches!(reached.limit, CallsAtOnce | WalletCost | PrefixCost | DailyCost | AllAtOnce)
            }
        }
    }
}

/// A call of the wallet's that still counts for more than it has cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenCall {
    /// The call.
    pub id: CallId,
    /// Who is called.
    pub to: PhoneNumber,
    /// Whether it is not known to be over.
    pub runs: bool,
}

impl Counters {
    /// Whether one more call may be placed now, and what is written for it. All limits are looked at, and the one that
    /// lasts longest is said.
    pub fn admit(
        &self,
        asking: &Asking<'_>,
        budget: &Budget,
        now: Timestamp,
    ) -> Result<Result<Admitted, Obstacle>, StoreFault> {
        let now = now.as_second();
        if let Some(call) = self.open().into_iter().find(|call| call.runs && call.to == *asking.to) {
            return Ok(Err(Obstacle::Talking(call.id)));
        }
        // What is dearer than everything that a sum allows uses it up alone.
        let cost = asking.cost.min(PREFIX_COST).min(budget.daily);
        let prefix = judge::sum(self.prefix, cost, PREFIX_COST, Limit::PrefixCost, now);
        let day = judge::sum(self.day, cost, budget.daily, Limit::DailyCost, now);
        telemetry::gauge(&CALL_BUDGET_USED, self.used_up(budget, now), []);
        let counts = [
            judge::wallet(&self.wallet.counted(asking.to), asking.to, cost, now),
            judge::destination(&self.destination.instants(), self.destination.broke_at, now),
            judge::lines(self.running.max(0).cast_unsigned(), budget),
        ];
        let reached = counts.into_iter().chain([prefix.map(drop), day.map(drop)]).filter_map(Result::err);
        match (prefix, day, reached.max_by_key(|reached| reached.retry_after)) {
            (Ok(prefix), Ok(day), None) => self.counted(asking, cost, prefix, day, budget, now).map(Ok),
            (_, _, Some(reached)) | (Err(reached), ..) | (_, Err(reached), _) => Ok(Err(Obstacle::Reached(reached))),
        }
    }

    /// The wallet's calls that are not over, or of which it is not known what they have cost; in the order of their ids.
    pub fn open(&self) -> Vec<OpenCall> {
        let open = |(id, row): (&String, &CountedRow)| {
            let to = number_of(row.to.as_deref()?).ok()?;
            (row.ends_at.is_some() || row.open_until.is_some())
                .then(|| Some(OpenCall { id: CallId::parse(id).ok()?, to, runs: row.ends_at.is_some() }))?
        };
        let mut open: Vec<_> = self.wallet.entries.iter().filter_map(open).collect();
        open.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
        open
    }

    /// What is left to the wallet of its own limits, before it calls this number.
    pub fn left(&self, to: &PhoneNumber, now: Timestamp) -> Vec<Left> {
        judge::left_to_wallet(&self.wallet.counted(to), to, now.as_second())
    }

    /// How much of the day's budget is used up, in hundredths of it.
    fn used_up(&self, budget: &Budget, now: i64) -> u64 {
        let today = self.day.filter(|day| day.since > now - WINDOW.as_secs().cast_signed());
        let used = today.map_or(0, |day| day.amount.atomic());
        used.saturating_mul(100).checked_div(budget.daily.atomic()).unwrap_or(100)
    }

    fn counted(
        &self,
        asking: &Asking<'_>,
        cost: Usdc,
        prefix: Booking,
        day: Booking,
        budget: &Budget,
        now: i64,
    ) -> Result<Admitted, StoreFault> {
        let since = |booking: Booking| if let Booking::Add(since) = booking { since } else { now };
        let most = i64::try_from(budget.plan.at_once()).unwrap_or(i64::MAX);
        let known = asking.ends_at.as_second() + (SWEPT + SETTLING).as_secs().cast_signed();
        let sum = |key: Key, seen: Option<Sum>, booking: Booking, most: Usdc| {
            reserved(booked(key, seen, booking, cost, most, now), seen, booking, cost, known)
        };
        let of_wallet = CountedRow {
            counted_at: now,
            to: Some(asking.to.as_str().to_owned()),
            cost: Some(judge::of_wallet(cost).atomic()),
            ends_at: Some(asking.ends_at.as_second()),
            open_until: Some(known),
            sale: None,
        };
        let of_destination = CountedRow::at(now);
        let [wallet, destination] = [keys::calls_of(asking.wallet), keys::calls_to(asking.to)];
        let id = asking.call.as_str();
        let of = |count: CallCount| Hurdle::Calls(count);
        let counted = Changes::of([
            self.wallet.with(wallet, id, &of_wallet, now)?.or(of(CallCount::OfWallet)),
            self.destination.with(destination, id, &of_destination, now)?.or(of(CallCount::ToDestination)),
            sum(keys::cost_of(rates::prefix(asking.to)), self.prefix, prefix, PREFIX_COST)
                .or(of(CallCount::PrefixCost)),
            sum(keys::cost_of_all(), self.day, day, budget.daily).or(of(CallCount::DayCost)),
            Change::update(keys::calls_that_run())
                .add(RUNNING, 1)
                .when(When::Any(vec![no(RUNNING), at_most(RUNNING, most - 1)]))
                .or(of(CallCount::Running)),
        ]);
        let opted_out = self.controls.hash(asking.to);
        let opted_out = opted_out.map(|hash| Change::check(keys::opt_out(&hash)).when(When::Absent).or(Hurdle::OptOut));
        let seen = format!("{:?}|{:?}|{:?}|{:?}", self.wallet.version, self.destination.version, self.prefix, self.day);
        Ok(Admitted {
            changes: counted.and(opted_out.into_iter().collect()).on(seen),
            cost: Cost { amount: cost, prefix_since: since(prefix), day_since: since(day) },
        })
    }

    /// Learns what a claim has found that was lost to this count.
    pub fn learn(&mut self, count: CallCount, lost: Lost, now: Timestamp) -> Result<(), StoreFault> {
        match count {
            CallCount::OfWallet => self.wallet = List::from_item(lost.old, now)?,
            CallCount::ToDestination => self.destination = List::from_item(lost.old, now)?,
            CallCount::PrefixCost => self.prefix = sum_of(lost.old)?,
            CallCount::DayCost => self.day = sum_of(lost.old)?,
            CallCount::Running => self.running = running_of(lost.old)?,
        }
        Ok(())
    }
}

impl Store {
    /// What has to be known before a call is placed, in one round trip: whether it goes to one of our own numbers, and what
    /// has been counted.
    pub async fn before_call(
        &self,
        wallet: &Wallet,
        to: &PhoneNumber,
        now: Timestamp,
    ) -> Result<(Option<Holding>, Counters), StoreFault> {
        let keys = [
            keys::number(to),
            keys::calls_of(wallet),
            keys::calls_to(to),
            keys::cost_of(rates::prefix(to)),
            keys::cost_of_all(),
            keys::calls_that_run(),
            keys::control(),
        ];
        let [number, wallet, destination, prefix, day, running, control] = self.items(keys).await?;
        let counters = Counters {
            wallet: List::from_item(wallet, now)?,
            destination: List::from_item(destination, now)?,
            prefix: sum_of(prefix)?,
            day: sum_of(day)?,
            running: running_of(running)?,
            controls: Controls::from_item(control)?,
        };
        Ok((number.map(Holding::from_item).transpose()?, counters))
    }
}

fn running_of(item: Option<Item>) -> Result<i64, StoreFault> {
    let row: RunningRow = serde_dynamo::from_item(item.unwrap_or_default())?;
    Ok(row.running)
}
