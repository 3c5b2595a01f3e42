//! What is counted of calls before one is placed, and what is written for it if it may be.
//!
//! - `docs/decisions.md`: Why are limits counted in the write that claims a call?
//! - `docs/decisions.md`: Why does a paid call not cost fewer writes?

use crate::limits::judge::{self, Wanted};
use crate::limits::{Budget, CLOSING, GOOD as ENOUGH, Left, Limit, Reached, SWEPT};
use crate::store::change::{Change, Changes, When};
use crate::store::controls::Controls;
use crate::store::item::Item;
use crate::store::keys::{self, Key};
use crate::store::numbers::Holding;
use crate::store::parse::number_of;
use crate::store::rows::{CountedRow, GOOD};
use crate::store::{CallCount, Cost, Hurdle, Lost, Store, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::{CALL_BUDGET_USED, WORTH_TELLING};
use crate::types::{CallId, PhoneNumber, Timestamp, Usdc, Wallet};

use super::list::{List, forgotten_at, stranger_at};
use super::slices::Stamp;
use super::wholes::{self, Ask, Places, Placing, Wholes};

/// How often slices are read until it is known what becomes of a call: the first, what it may be a
/// part of, all, and all again. More often where one is halved meanwhile, which happens once to
/// each, or passes something on.
const READS: u32 = 10;
/// So many items are read in one round trip.
const BATCH: usize = 100;

/// A call that wants to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Its id.
    pub call: &'a CallId,
    /// The payer.
    pub wallet: &'a Wallet,
    /// The callee.
    pub to: &'a PhoneNumber,
    /// Whether that is a business's line.
    pub business: bool,
    /// What it costs us at most.
    pub cost: Usdc,
    /// What is paid for it.
    pub price: Usdc,
    /// By when it must be over.
    pub ends_at: Timestamp,
}

/// The counts of calls, as they were read.
#[derive(Debug, Default)]
pub struct Counters {
    wallet: List,
    destination: List,
    wholes: Wholes,
    controls: Controls,
}

/// A call that may be dialled, as far as limits go.
pub struct Admitted {
    /// What is to be written with its claim, behind everything else.
    pub changes: Changes,
    /// What is reserved for it.
    pub cost: Cost,
}

/// What is known of a call that wants to be counted.
pub(super) enum Judged {
    /// It may be dialled.
    Admitted(Admitted),
    /// This stands in its way.
    Hindered(Obstacle),
    /// These slices of what is counted of all calls have to be read first.
    Unknown(Vec<(CallCount, u8)>),
}

/// An obstacle in the way of a call.
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
    /// Whether one more call may be placed now, and what is written for it. All limits are looked
    /// at, and the one that lasts longest is said.
    pub(super) fn judge(&self, asking: &Asking<'_>, budget: &Budget, now: Timestamp) -> Result<Judged, StoreFault> {
        let now = self.wholes.not_before_seen(now.as_second());
        if let Some(call) = self.open().into_iter().find(|call| call.runs && call.to == *asking.to) {
            return Ok(Judged::Hindered(Obstacle::Talking(call.id)));
        }
        let wanted = Wanted { to: asking.to, cost: asking.cost };
        let ask = Ask { call: asking.call, wanted, budget, ends_at: asking.ends_at };
        let (places, full) = match self.wholes.place(&ask, now) {
            Placing::Read(slices) => return Ok(Judged::Unknown(slices)),
            Placing::In(places) => (Some(places), Vec::new()),
            Placing::Full(full) => (None, full),
        };
        if let Some(used) = self.wholes.used_up(budget, now).filter(|used| *used >= WORTH_TELLING) {
            telemetry::gauge(&CALL_BUDGET_USED, used, []);
        }
        let counts = [
            judge::wallet(&self.wallet.counted(asking.to), self.wallet.good, &wanted, budget, now),
            judge::destination(asking.business, &self.destination.instants(), self.destination.broke_at, now),
        ];
        let reached = counts.into_iter().filter_map(Result::err).chain(full);
        match (reached.max_by_key(|reached| reached.retry_after), places) {
            (None, Some(places)) => self.counted(asking, &ask, &places, now).map(Judged::Admitted),
            (Some(reached), _) => Ok(Judged::Hindered(Obstacle::Reached(reached))),
            (None, None) => Err(StoreFault::Impossible("a whole without room and without a reason")),
        }
    }

    /// The wallet's calls that are not over, or of which it is not known what they have cost; in
    /// the order of their ids.
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

    fn counted(&self, asking: &Asking<'_>, ask: &Ask<'_>, places: &Places, now: i64) -> Result<Admitted, StoreFault> {
        let known = asking.ends_at.as_second() + (SWEPT + CLOSING).as_secs().cast_signed();
        let (slices, prefix_slot, day_slot) = self.wholes.booked(places, now);
        let cost = Cost {
            amount: asking.cost,
            known: None,
            price: asking.price,
            kept: Usdc::micros(0),
            prefix_slot,
            day_slot,
            dear: ask.wanted.is_dear(),
            risk: ask.wanted.is_a_risk(ask.budget),
            slices,
        };
        let of_wallet = CountedRow {
            counted_at: now,
            to: Some(asking.to.as_str().to_owned()),
            cost: Some(asking.cost.signed()),
            ends_at: Some(asking.ends_at.as_second()),
            open_until: Some(known),
            refused: false,
            sale: None,
        };
        let of_destination = CountedRow::at(now);
        let [wallet, destination] = [keys::calls_of(asking.wallet), keys::calls_to(asking.to)];
        let id = asking.call.as_str();
        let of_wallet = self.wallet.with(wallet, id, &of_wallet, stranger_at(now), now)?;
        let of_wallet = if cost.risk { of_wallet.add(GOOD, -ENOUGH.cast_signed()) } else { of_wallet };
        let of = |count: CallCount| Hurdle::Calls(count);
        let to_destination = self.destination.with(destination, id, &of_destination, forgotten_at(now), now)?;
        let opted_out = self.controls.hash(asking.to);
        let opted_out = opted_out.map(|hash| Change::check(keys::opt_out(&hash)).when(When::Absent).or(Hurdle::OptOut));
        let lists = [of_wallet.or(of(CallCount::OfWallet)), to_destination.or(of(CallCount::ToDestination))];
        let wholes = self.wholes.written(places, ask, now);
        let seen = format!("{:?}|{:?}|{:?}", self.wallet.version, self.destination.version, self.wholes);
        let changes: Changes = lists.into_iter().chain(wholes).chain(opted_out).collect();
        Ok(Admitted { changes: changes.on(seen), cost })
    }

    /// The slices that a limit was read from, if there are several.
    fn stamps(&self, obstacle: &Obstacle) -> Vec<(CallCount, Stamp)> {
        match obstacle {
            Obstacle::Reached(reached) => self.wholes.stamps(reached.limit),
            Obstacle::Talking(_) => Vec::new(),
        }
    }

    /// Learns what these slices hold.
    fn know(&mut self, slices: &[(CallCount, u8)], to: &PhoneNumber, mut found: Vec<Item>) -> Result<(), StoreFault> {
        for (count, slice) in slices {
            let item = wholes::key_of(*count, *slice, to).and_then(|key| taken(&mut found, &key));
            self.wholes.learn(*count, *slice, item)?;
        }
        Ok(())
    }

    /// Learns what a claim has found that was lost to this count.
    pub fn learn(&mut self, count: CallCount, lost: Lost, now: Timestamp) -> Result<(), StoreFault> {
        match count {
            CallCount::OfWallet => self.wallet = List::from_item(lost.old, now)?,
            CallCount::ToDestination => self.destination = List::from_item(lost.old, now)?,
            CallCount::PrefixCost | CallCount::OfAll => self.wholes.learn_from(count, lost)?,
        }
        Ok(())
    }
}

impl Store {
    /// What has to be known before a call is placed, in one round trip: whether it goes to one of
    /// our own numbers, and what has been counted, of what all calls are counted in those slices in
    /// which this one is tried first.
    pub async fn before_call(
        &self,
        call: &CallId,
        wallet: &Wallet,
        to: &PhoneNumber,
        budget: &Budget,
        now: Timestamp,
    ) -> Result<(Option<Holding>, Counters), StoreFault> {
        let of_all = wholes::read_first(call, budget);
        let fixed = [keys::number(to), keys::calls_of(wallet), keys::calls_to(to), keys::control()];
        let mut found = self.batch(&fixed.iter().cloned().chain(keys_of(&of_all, to)).collect::<Vec<_>>()).await?;
        let [number, wallet, destination, control] = fixed.map(|key| taken(&mut found, &key));
        let mut counters = Counters {
            wallet: List::from_item(wallet, now)?,
            destination: List::from_item(destination, now)?,
            wholes: Wholes::default(),
            controls: Controls::from_item(control)?,
        };
        counters.know(&of_all, to, found)?;
        let unread = counters.wholes.unread(call, budget);
        self.read(&mut counters, &unread, to).await?;
        Ok((number.map(Holding::from_item).transpose()?, counters))
    }

    /// Whether one more call may be placed now, and what is written for it. Of what all calls are
    /// counted in, as many slices are read as it takes to know.
    pub async fn admit(
        &self,
        counters: &mut Counters,
        asking: &Asking<'_>,
        budget: &Budget,
        now: Timestamp,
    ) -> Result<Result<Admitted, Obstacle>, StoreFault> {
        let mut before = Vec::new();
        for _ in 0..READS {
            match counters.judge(asking, budget, now)? {
                Judged::Admitted(admitted) => return Ok(Ok(admitted)),
                Judged::Unknown(slices) => self.read(counters, &slices, asking.to).await?,
                Judged::Hindered(obstacle) => {
                    let stamps = counters.stamps(&obstacle);
                    if stamps == before {
                        return Ok(Err(obstacle));
                    }
                    let slices: Vec<_> = stamps.iter().map(|(count, (slice, ..))| (*count, *slice)).collect();
                    before = stamps;
                    self.read(counters, &slices, asking.to).await?;
                }
            }
        }
        Ok(Err(Obstacle::Reached(Reached { limit: Limit::Crowd, retry_after: 1 })))
    }

    async fn read(
        &self,
        counters: &mut Counters,
        slices: &[(CallCount, u8)],
        to: &PhoneNumber,
    ) -> Result<(), StoreFault> {
        for slices in slices.chunks(BATCH) {
            let found = self.batch(&keys_of(slices, to).collect::<Vec<_>>()).await?;
            counters.know(slices, to, found)?;
        }
        Ok(())
    }
}

fn keys_of(slices: &[(CallCount, u8)], to: &PhoneNumber) -> impl Iterator<Item = Key> {
    slices.iter().filter_map(|(count, slice)| wholes::key_of(*count, *slice, to))
}

fn taken(found: &mut Vec<Item>, key: &Key) -> Option<Item> {
    let place = found.iter().position(|item| Key::of(item).as_ref() == Some(key))?;
    Some(found.swap_remove(place))
}
