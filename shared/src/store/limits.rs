//! What is counted so that there is not too much of it. It knows where it is counted; whether one more may be is for
//! [`crate::limits`] to say.
//!
//! | item | holds | changed by |
//! |---|---|---|
//! | of a wallet | its calls of a day, by id: when, whom, the cost, and until when it runs at most | a call that is dialled, undone, over |
//! | of a destination | when it was called, by the call's id; when the line last failed in a conversation | a call that is dialled, undone; paid back |
//! | of a prefix, of all | what the calls of a day cost | a call that is dialled, undone, settled |
//! | of all | how many calls run | a call that is dialled, undone, over |
//! | of a buyer | when it has bought numbers, by the payment | a purchase that is claimed, undone |
//! | of all | what numbers cost that are bought at the carrier | a purchase that is claimed, undone |
//! | of all | what those of them cost that are not paid for, or not yet | a purchase that is claimed, undone, paid |
//! | of all | how many signatures were asked about that only a contract can judge | such a signature, before it is asked about |
//! | of a wallet | how often it was told whose a number is | such an answer, before it is given |
//!
//! The last two are writes of their own, since there is no sale. All else stands in the write that claims, undoes, or ends the call, so a crash neither leaks nor counts twice. The two
//! lists are decided on as they were read, and the write holds only while they are so; the sums and the number are added to
//! under their own conditions. Nothing is read for it that is not read in the same round trip anyway, and what was
//! overtaken learns the new state from the refusal.
//!
//! Taking something off never stands in the way: a sum whose day is over, or a call that is not in a list any more, needs
//! no correction.

mod list;
mod purchases;
mod tally;

use crate::limits::judge::{self, Booking, Sum};
use crate::limits::{Budget, Limit, PREFIX_COST, Reached, SETTLING, SWEPT, WINDOW, rates};
use crate::telemetry;
use crate::telemetry::metrics::CALL_BUDGET_USED;
use crate::types::{CallId, PhoneNumber, Timestamp, Usdc, Wallet};

use super::change::{Change, Changes, Item, When, n};
use super::controls::Controls;
use super::keys::{self, Key};
use super::numbers::Holding;
use super::rows::{CostRow, CountedRow, RunningRow, SumRow};
use super::work::number_of;
use super::{Lost, Store, StoreFault};
pub(super) use list::broke;
use list::{List, entry_of, forgotten, forgotten_at};
pub use purchases::{Purchases, not_bought, not_sold, owed_for_no_longer};
pub use tally::Tally;

/// What a call costs us: reserved when it is dialled, corrected when it is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// How much.
    pub amount: Usdc,
    /// The sum of its prefix that it is part of, by when that began.
    prefix_since: i64,
    /// The sum of all that it is part of.
    day_since: i64,
}

impl Cost {
    pub(super) fn to_row(self) -> CostRow {
        CostRow { micros: self.amount.atomic(), prefix_since: self.prefix_since, day_since: self.day_since }
    }

    pub(super) fn from_row(row: CostRow) -> Self {
        Self { amount: Usdc::micros(row.micros), prefix_since: row.prefix_since, day_since: row.day_since }
    }
}

/// A call that wants to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Its id.
    pub call: &'a CallId,
    /// Who pays.
    pub wallet: &'a Wallet,
    /// Whom.
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
pub enum Hurdle {
    /// The wallet's call to the same number is not over.
    Talking(CallId),
    /// A limit.
    Reached(Reached),
}

impl Hurdle {
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

/// What was found when the write was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Learned {
    /// Another request has counted meanwhile: ask again.
    More,
    /// The destination does not want to be called.
    OptedOut,
}

impl Counters {
    /// Whether one more call may be placed now, and what is written for it. All limits are looked at, and the one that
    /// lasts longest is said.
    pub fn admit(
        &self,
        asking: &Asking<'_>,
        budget: &Budget,
        now: Timestamp,
    ) -> Result<Result<Admitted, Hurdle>, StoreFault> {
        let now = now.as_second();
        if let Some(call) = self.open().into_iter().find(|call| call.runs && call.to == *asking.to) {
            return Ok(Err(Hurdle::Talking(call.id)));
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
            (_, _, Some(reached)) | (Err(reached), ..) | (_, Err(reached), _) => Ok(Err(Hurdle::Reached(reached))),
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
        // `learn` reads these by their place.
        let counted = Changes::of([
            self.wallet.with(keys::calls_of(asking.wallet), asking.call.as_str(), &of_wallet, now)?,
            self.destination.with(keys::calls_to(asking.to), asking.call.as_str(), &of_destination, now)?,
            sum(keys::cost_of(rates::prefix(asking.to)), self.prefix, prefix, PREFIX_COST),
            sum(keys::cost_of_all(), self.day, day, budget.daily),
            Change::update(keys::calls_that_run())
                .add("running", 1)
                .when(When::Any(vec![When::No("running"), When::AtMost("running", most - 1)])),
        ]);
        let opted_out =
            self.controls.hash(asking.to).map(|hash| Change::check(keys::opt_out(&hash)).when(When::Absent));
        let seen = format!("{:?}|{:?}|{:?}|{:?}", self.wallet.version, self.destination.version, self.prefix, self.day);
        Ok(Admitted {
            changes: counted.and(opted_out.into_iter().collect()).on(seen),
            cost: Cost { amount: cost, prefix_since: since(prefix), day_since: since(day) },
        })
    }

    /// Learns what the write found that was refused; `place` counts from the first of these changes.
    pub fn learn(&mut self, place: usize, lost: Lost, now: Timestamp) -> Result<Learned, StoreFault> {
        match place {
            0 => self.wallet = List::from_item(lost.old, now)?,
            1 => self.destination = List::from_item(lost.old, now)?,
            2 => self.prefix = sum_of(lost.old)?,
            3 => self.day = sum_of(lost.old)?,
            4 => self.running = running_of(lost.old)?,
            _ => return Ok(Learned::OptedOut),
        }
        Ok(Learned::More)
    }
}

/// What is taken off again for a call for which no phone rang.
pub fn undone(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: Option<&Cost>) -> Changes {
    let Some(cost) = cost else { return Changes::none() };
    let forget = |key: Key| forgotten(key, call.as_str());
    let [prefix, day] = corrected(to, cost, Some(Usdc::micros(0)));
    Changes::of([forget(keys::calls_of(wallet)), forget(keys::calls_to(to)), prefix, day, runs_no_longer()])
}

/// What a look at a call has shown of its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over {
    /// It was seen to be over, for the first time, at this time.
    pub ended: Option<i64>,
    /// Nothing will change any more.
    pub settled: bool,
    /// What it has cost, if that is known then.
    pub price: Option<Usdc>,
}

/// What changes in the counts with the write that ends a call, if it does, and with the one that settles it, if it does.
pub(super) fn over(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: &Cost, over: Over) -> Changes {
    let Over { ended, settled, price } = over;
    let entry = |name: &str| format!("{}.{name}", entry_of(call.as_str()));
    let mut of_wallet = Change::update(keys::calls_of(wallet)).when(When::There(entry_of(call.as_str())));
    if let Some(at) = ended {
        of_wallet = of_wallet.remove(entry("ends_at"));
        if !settled {
            of_wallet = of_wallet.set(entry("open_until"), n(at + SETTLING.as_secs().cast_signed()));
        }
    }
    if settled {
        of_wallet = of_wallet.remove(entry("open_until"));
    }
    if let Some(price) = price {
        of_wallet = of_wallet.set(entry("cost"), n(micros(judge::of_wallet(price))));
    }
    let of_wallet = (ended.is_some() || settled).then(|| of_wallet.or_without());
    let sums = corrected(to, cost, price).into_iter().filter(|_| settled);
    of_wallet.into_iter().chain(sums).chain(ended.map(|_| runs_no_longer())).collect()
}

fn runs_no_longer() -> Change {
    Change::update(keys::calls_that_run()).add("running", -1)
}

/// The sums of a prefix and of all, with what a call has cost in place of what was reserved for it. Where that is not known, what
/// was reserved stays. A sum whose day is over is not there any more.
fn corrected(to: &PhoneNumber, cost: &Cost, price: Option<Usdc>) -> [Change; 2] {
    let reserved = micros(cost.amount);
    let more = price.map_or(0, |price| micros(price) - reserved);
    let sums = [(keys::cost_of(rates::prefix(to)), cost.prefix_since), (keys::cost_of_all(), cost.day_since)];
    sums.map(|(key, since)| {
        let change = Change::update(key).add("sum", more).add("open", -reserved);
        change.when(When::Is("sum_since", n(since))).or_without()
    })
}

/// A sum with one more cost in it.
fn booked(key: Key, seen: Option<Sum>, booking: Booking, cost: Usdc, most: Usdc, now: i64) -> Change {
    let change = Change::update(key);
    match booking {
        Booking::Add(since) => change
            .add("sum", micros(cost))
            .when(When::Is("sum_since", n(since)))
            .when(When::AtMost("sum", micros(most) - micros(cost))),
        Booking::Begin => change
            .set("sum_since", n(now))
            .set("sum", n(micros(cost)))
            .set("ttl", n(forgotten_at(now)))
            .when(seen.map_or(When::No("sum_since"), |sum| When::Is("sum_since", n(sum.since)))),
    }
}

/// The same for a cost that is only reserved, and known by then.
fn reserved(change: Change, seen: Option<Sum>, booking: Booking, cost: Usdc, known: i64) -> Change {
    match (booking, seen) {
        (Booking::Begin, _) => change.set("open", n(micros(cost))).set("open_until", n(known)),
        (Booking::Add(_), Some(sum)) if sum.open_until >= known => change.add("open", micros(cost)),
        // It only ever grows: a write that saw less of it is made again.
        (Booking::Add(_), _) => {
            change.add("open", micros(cost)).set("open_until", n(known)).when(When::AtMost("open_until", known))
        }
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

fn sum_of(item: Option<Item>) -> Result<Option<Sum>, StoreFault> {
    let row: SumRow = serde_dynamo::from_item(item.unwrap_or_default())?;
    let usdc = |micros: i64| Usdc::micros(micros.max(0).cast_unsigned());
    let (amount, open) = (usdc(row.sum), usdc(row.open));
    Ok(row.sum_since.map(|since| Sum { since, amount, open, open_until: row.open_until }))
}

fn running_of(item: Option<Item>) -> Result<i64, StoreFault> {
    let row: RunningRow = serde_dynamo::from_item(item.unwrap_or_default())?;
    Ok(row.running)
}

fn micros(amount: Usdc) -> i64 {
    i64::try_from(amount.atomic()).unwrap_or(i64::MAX)
}
