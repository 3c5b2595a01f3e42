//! What is counted of calls before one is placed, and what is written for it if it may be.
//!
//! `docs/decisions.md`: Why are limits counted in the write that claims a call?

use crate::limits::judge::{self, Wanted};
use crate::limits::window::{Bound, Track, Turn, Window};
use crate::limits::{Budget, GOOD as ENOUGH, Left, Limit, Reached, SETTLING, SWEPT, rates};
use crate::store::change::{Change, Changes, When, at_most, no};
use crate::store::controls::Controls;
use crate::store::item::Item;
use crate::store::keys;
use crate::store::numbers::Holding;
use crate::store::parse::number_of;
use crate::store::rows::{CountedRow, GOOD, RUNNING, RunningRow};
use crate::store::{CallCount, Cost, Hurdle, Lost, Store, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::CALL_BUDGET_USED;
use crate::types::{CallId, PhoneNumber, Timestamp, Usdc, Wallet};

use super::list::{List, forgotten_at, stranger_at};
use super::window::{Booked, COST, LOST, LOST_ON_DEAR, Reservation, window_of};

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
    /// What is paid for it.
    pub price: Usdc,
    /// By when it must be over.
    pub ends_at: Timestamp,
}

/// What has been counted, as it was read.
#[derive(Debug, Default)]
pub struct Counters {
    wallet: List,
    destination: List,
    prefix: Option<Window>,
    day: Option<Window>,
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
        use Limit::{AllAtOnce, CallsAtOnce, DailyCost, DailyLoss, DearLoss, NewWallet, PrefixCost, WalletCost};
        match self {
            Self::Talking(_) => true,
            Self::Reached(reached) => matches!(
                reached.limit,
                CallsAtOnce | WalletCost | NewWallet | PrefixCost | DailyCost | DailyLoss | DearLoss | AllAtOnce
            ),
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
        telemetry::gauge(&CALL_BUDGET_USED, self.used_up(budget, now), []);
        let wanted = Wanted { to: asking.to, cost: asking.cost };
        let counts = [
            judge::wallet(&self.wallet.counted(asking.to), self.wallet.good, &wanted, budget, now),
            judge::destination(asking.to, &self.destination.instants(), self.destination.broke_at, now),
            judge::lines(self.running.max(0).cast_unsigned(), budget),
        ];
        let [prefix, day] = [&self.prefix, &self.day].map(|seen| Turn::of(seen.as_ref(), now));
        let sums = of_prefix(&wanted, budget).map(|booked| (&self.prefix, &prefix, booked)).into_iter();
        let sums = sums.chain(of_day(&wanted, budget).map(|booked| (&self.day, &day, booked)));
        let full = sums.filter_map(|(seen, turn, Booked { track, bound, .. })| {
            turn.fits(seen.as_ref(), track, &bound?, now).err()
        });
        let reached = counts.into_iter().filter_map(Result::err).chain(full);
        match reached.max_by_key(|reached| reached.retry_after) {
            None => self.counted(asking, &wanted, prefix, day, budget, now).map(Ok),
            Some(reached) => Ok(Err(Obstacle::Reached(reached))),
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
    pub fn left(&self, to: &PhoneNumber, budget: &Budget, now: Timestamp) -> Vec<Left> {
        judge::left_to_wallet(&self.wallet.counted(to), to, budget, now.as_second())
    }

    /// How much of what a day may lose or cost is used up, in hundredths: the one of which more is.
    fn used_up(&self, budget: &Budget, now: i64) -> u64 {
        let Some(day) = &self.day else { return 0 };
        let turn = Turn::of(Some(day), now);
        let used = |track: &Track, most: Usdc| {
            let used = u64::try_from(track.total - turn.past(track)).unwrap_or(0);
            used.saturating_mul(100).checked_div(most.atomic()).unwrap_or(100)
        };
        [used(&day.loss, budget.loss), used(&day.cost, budget.cost)].into_iter().max().unwrap_or(0)
    }

    fn counted(
        &self,
        asking: &Asking<'_>,
        wanted: &Wanted<'_>,
        prefix: Turn,
        day: Turn,
        budget: &Budget,
        now: i64,
    ) -> Result<Admitted, StoreFault> {
        let known = asking.ends_at.as_second() + (SWEPT + SETTLING).as_secs().cast_signed();
        let cost = Cost {
            amount: asking.cost,
            price: asking.price,
            kept: Usdc::micros(0),
            prefix_slot: prefix.slot,
            day_slot: day.slot,
            dear: wanted.is_dear(),
            risk: wanted.is_a_risk(budget),
        };
        let of_wallet = CountedRow {
            counted_at: now,
            to: Some(asking.to.as_str().to_owned()),
            cost: Some(asking.cost.signed()),
            ends_at: Some(asking.ends_at.as_second()),
            open_until: Some(known),
            sale: None,
        };
        let of_destination = CountedRow::at(now);
        let [wallet, destination] = [keys::calls_of(asking.wallet), keys::calls_to(asking.to)];
        let id = asking.call.as_str();
        let of_wallet = self.wallet.with(wallet, id, &of_wallet, stranger_at(now), now)?;
        let of_wallet = if cost.risk { of_wallet.add(GOOD, -ENOUGH.cast_signed()) } else { of_wallet };
        let prefix_key = keys::cost_of(rates::prefix(asking.to));
        let prefix = Reservation { key: prefix_key, seen: self.prefix, turn: prefix, cost: asking.cost, known };
        let day = Reservation { key: keys::cost_of_all(), seen: self.day, turn: day, cost: asking.cost, known };
        let lines = i64::try_from(budget.lines()).unwrap_or(i64::MAX);
        let of = |count: CallCount| Hurdle::Calls(count);
        let counted = Changes::of([
            of_wallet.or(of(CallCount::OfWallet)),
            self.destination
                .with(destination, id, &of_destination, forgotten_at(now), now)?
                .or(of(CallCount::ToDestination)),
            prefix.booked(&of_prefix(wanted, budget), now).or(of(CallCount::PrefixCost)),
            day.booked(&of_day(wanted, budget), now).or(of(CallCount::DayCost)),
            Change::update(keys::calls_that_run())
                .add(RUNNING, 1)
                .when(When::Any(vec![no(RUNNING), at_most(RUNNING, lines - 1)]))
                .or(of(CallCount::Running)),
        ]);
        let opted_out = self.controls.hash(asking.to);
        let opted_out = opted_out.map(|hash| Change::check(keys::opt_out(&hash)).when(When::Absent).or(Hurdle::OptOut));
        let seen = format!("{:?}|{:?}|{:?}|{:?}", self.wallet.version, self.destination.version, self.prefix, self.day);
        Ok(Admitted { changes: counted.and(opted_out.into_iter().collect()).on(seen), cost })
    }

    /// Learns what a claim has found that was lost to this count.
    pub fn learn(&mut self, count: CallCount, lost: Lost, now: Timestamp) -> Result<(), StoreFault> {
        match count {
            CallCount::OfWallet => self.wallet = List::from_item(lost.old, now)?,
            CallCount::ToDestination => self.destination = List::from_item(lost.old, now)?,
            CallCount::PrefixCost => self.prefix = window_of(lost.old)?,
            CallCount::DayCost => self.day = window_of(lost.old)?,
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
            prefix: window_of(prefix)?,
            day: window_of(day)?,
            running: running_of(running)?,
            controls: Controls::from_item(control)?,
        };
        Ok((number.map(Holding::from_item).transpose()?, counters))
    }
}

/// A call in the sum of its prefix. What is dearer than all that a sum allows is placed where nothing is lost.
fn of_prefix(wanted: &Wanted<'_>, budget: &Budget) -> [Booked; 1] {
    [Booked {
        place: LOST,
        track: |seen| &seen.loss,
        bound: Some(bound(Limit::PrefixCost, wanted.cost, budget.prefix)),
    }]
}

/// A call in the sums of all.
fn of_day(wanted: &Wanted<'_>, budget: &Budget) -> [Booked; 3] {
    let dear = wanted.is_dear().then(|| bound(Limit::DearLoss, wanted.cost, budget.dear()));
    [
        Booked {
            place: LOST,
            track: |seen| &seen.loss,
            bound: Some(bound(Limit::DailyLoss, wanted.cost, budget.loss)),
        },
        Booked {
            place: COST,
            track: |seen| &seen.cost,
            bound: Some(bound(Limit::DailyCost, wanted.cost, budget.cost)),
        },
        Booked { place: LOST_ON_DEAR, track: |seen| &seen.dear, bound: dear },
    ]
}

fn bound(limit: Limit, cost: Usdc, most: Usdc) -> Bound {
    Bound { limit, needs: cost.min(most).signed(), most: most.signed() }
}

fn running_of(item: Option<Item>) -> Result<i64, StoreFault> {
    let row: RunningRow = serde_dynamo::from_item(item.unwrap_or_default())?;
    Ok(row.running)
}
