//! What is counted of numbers: how many a wallet has bought, what those cost that come from the carrier, and what those of
//! them cost that are not paid for. It refuses to know which number it is.
//!
//! - `docs/decisions.md`: Why does a wallet buy one number at a time?
//! - `docs/decisions.md`: Why are unpaid numbers counted when they are claimed?

use crate::limits::judge::{self, Booking, Sum};
use crate::limits::{Left, Limit, NumberBudget, Reached};
use crate::store::change::{Change, Changes, Step, at_most};
use crate::store::rows::{CountedRow, SUM, SUM_SINCE};
use crate::store::work::Source;
use crate::store::{BoughtCount, Hurdle, Lost, Store, StoreFault, keys};
use crate::types::{PaymentId, Timestamp, Usdc, Wallet};

use super::list::{List, forgotten, forgotten_at};
use super::sums::{booked, sum_of};

/// What a wallet has bought, and what numbers have cost, as it was read.
#[derive(Debug)]
pub struct Purchases {
    list: List,
    sum: Option<Sum>,
    unpaid: Option<Sum>,
    /// What numbers may cost in a day.
    most: Usdc,
    /// What those may cost that are bought and not paid for.
    most_unpaid: Usdc,
}

impl Purchases {
    /// Whether this wallet may buy one more number, wherever that comes from.
    pub fn check(&self, now: Timestamp) -> Result<(), Reached> {
        judge::buyer(&self.list.instants(), now.as_second())
    }

    /// What is left to this wallet of its own limits.
    pub fn left(&self, now: Timestamp) -> Vec<Left> {
        vec![judge::left_to_buyer(&self.list.instants(), now.as_second())]
    }

    /// The wallet's last purchases, which may not have come to their end. All before them have: none is claimed while one has
    /// not, and a claim holds only while the list is as it was seen. Seconds are the list's, so there may be several.
    pub fn last(&self, but: &PaymentId) -> Vec<PaymentId> {
        let last = self.list.instants().into_iter().max();
        let rows = self.list.entries.values().filter(|row| Some(row.counted_at) == last);
        rows.filter_map(|row| row.sale.clone()).map(PaymentId::from_row).filter(|sale| sale != but).collect()
    }

    /// Whether so much has been spent today on numbers that are not paid for, or not yet, that one more at this price is only
    /// bought once it is.
    pub fn want_payment_first(&self, cost: Usdc, now: Timestamp) -> bool {
        judge::sum(self.unpaid, cost, self.most_unpaid, Limit::NumbersCost, now.as_second()).is_err()
    }

    /// Whether this wallet may buy one more number from this source, and what is written for it with its claim, behind
    /// everything else.
    pub fn admit(
        &self,
        wallet: &Wallet,
        sale: &PaymentId,
        source: Source,
        now: Timestamp,
    ) -> Result<Result<Changes, Reached>, StoreFault> {
        let now = now.as_second();
        let book =
            |sum, cost, most| judge::sum(sum, cost, most, Limit::NumbersCost, now).map(|booking| (booking, cost));
        let booking = source.cost().map(|cost| book(self.sum, cost, self.most)).transpose();
        let unpaid = match source {
            Source::Carrier { cost } => Some(book(self.unpaid, cost, self.most_unpaid)),
            Source::Pool | Source::Order { .. } => None,
        };
        let (booking, unpaid) = match (judge::buyer(&self.list.instants(), now), booking, unpaid.transpose()) {
            (Ok(()), Ok(booking), Ok(unpaid)) => (booking, unpaid),
            (Err(reached), ..) | (_, Err(reached), _) | (.., Err(reached)) => return Ok(Err(reached)),
        };
        let row = CountedRow { sale: Some(sale.as_str().to_owned()), ..CountedRow::at(now) };
        let counted = self.list.with(keys::purchases_of(wallet), &sale.tag(), &row, forgotten_at(now), now)?;
        let sum = booking.map(|(it, cost)| summed(keys::cost_of_numbers(), self.sum, it, cost, self.most, now));
        let unpaid = unpaid
            .map(|(it, cost)| summed(keys::cost_of_unpaid_numbers(), self.unpaid, it, cost, self.most_unpaid, now));
        let changes: Changes = std::iter::once(counted.or(Hurdle::Bought(BoughtCount::OfWallet)))
            .chain(sum.map(|sum| sum.or(Hurdle::Bought(BoughtCount::Cost))))
            .chain(unpaid.map(|sum| sum.or(Hurdle::Bought(BoughtCount::UnpaidCost))))
            .collect();
        Ok(Ok(changes.on(format!("{:?}|{:?}|{:?}", self.list.version, self.sum, self.unpaid))))
    }

    /// Learns what a claim has found that was lost to this count.
    pub fn learn(&mut self, count: BoughtCount, lost: Lost, now: Timestamp) -> Result<(), StoreFault> {
        match count {
            BoughtCount::OfWallet => self.list = List::from_item(lost.old, now)?,
            BoughtCount::Cost => self.sum = sum_of(lost.old)?,
            BoughtCount::UnpaidCost => self.unpaid = sum_of(lost.old)?,
        }
        Ok(())
    }
}

/// A purchase that came to nothing counts for its wallet no longer.
pub fn not_sold(wallet: &Wallet, sale: &PaymentId) -> Changes {
    Changes::of([forgotten(keys::purchases_of(wallet), &sale.tag())])
}

/// What was to be bought at the carrier at that time, and was not, costs nothing. A sum that has begun later never held it.
pub fn not_bought(wallet: &Wallet, sale: &PaymentId, source: Source, counted_at: Timestamp) -> Changes {
    let less = source.cost().map(|cost| taken_off(keys::cost_of_numbers(), cost, counted_at));
    not_sold(wallet, sale).and(less.into_iter().collect()).and(owed_for_no_longer(source, counted_at))
}

/// What was bought at the carrier at that time is paid for, or was not bought, or is not the buyer's to pay.
pub fn owed_for_no_longer(source: Source, counted_at: Timestamp) -> Changes {
    match source {
        Source::Carrier { cost } => Changes::of([taken_off(keys::cost_of_unpaid_numbers(), cost, counted_at)]),
        Source::Pool | Source::Order { .. } => Changes::none(),
    }
}

/// A purchase in a sum. One that came before the first, and is counted after it, makes the sum begin with it: what is taken off
/// again goes by when it was counted.
fn summed(key: keys::Key, seen: Option<Sum>, booking: Booking, cost: Usdc, most: Usdc, now: i64) -> Change {
    let change = booked(key, seen, booking, cost, most, now);
    match booking {
        Booking::Add(since) if now < since => change.set(SUM_SINCE, now),
        Booking::Add(_) | Booking::Begin => change,
    }
}

fn taken_off(key: keys::Key, cost: Usdc, counted_at: Timestamp) -> Step {
    let held = at_most(SUM_SINCE, counted_at);
    Change::update(key).add(SUM, -cost.signed()).when(held).or_without()
}

impl Store {
    /// What has been counted of a wallet's purchases.
    pub async fn before_purchase(
        &self,
        wallet: &Wallet,
        budget: &NumberBudget,
        now: Timestamp,
    ) -> Result<Purchases, StoreFault> {
        let keys = [keys::purchases_of(wallet), keys::cost_of_numbers(), keys::cost_of_unpaid_numbers()];
        let [list, sum, unpaid] = self.items(keys).await?;
        Ok(Purchases {
            list: List::from_item(list, now)?,
            sum: sum_of(sum)?,
            unpaid: sum_of(unpaid)?,
            most: budget.daily,
            most_unpaid: budget.unpaid,
        })
    }
}
