//! What is counted of numbers: how many a wallet has bought, what those cost that come from the
//! carrier, and what those of them cost that are not paid for. It refuses to know which number it
//! is.
//!
//! - `docs/decisions.md`: Why does a wallet buy one number at a time?
//! - `docs/decisions.md`: Why are unpaid numbers counted when they are claimed?

use crate::limits::judge;
use crate::limits::slices;
use crate::limits::window::{Bound, SLOTS, Turn, Window};
use crate::limits::{Left, Limit, NumberBudget, Reached};
use crate::store::change::{Change, Changes, Step};
use crate::store::item::Item;
use crate::store::rows::CountedRow;
use crate::store::work::{Booked, Source};
use crate::store::{BoughtCount, Hurdle, Lost, Store, StoreFault, keys};
use crate::types::{PaymentId, Timestamp, Usdc, Wallet};

use super::list::{List, forgotten, forgotten_at};
use super::slices::Sliced;
use super::window::{COST, OF_NUMBERS, Reservation, corrected};

/// The purchases of a wallet, and the cost of numbers, as they were read.
#[derive(Debug)]
pub struct Purchases {
    list: List,
    sum: Option<Window>,
    unpaid: Option<Window>,
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

    /// The wallet's last purchases, which may not have come to their end. All before them have:
    /// none is claimed while one has not, and a claim holds only while the list is as it was seen.
    /// Seconds are the list's, so there may be several.
    pub fn last(&self, but: &PaymentId) -> Vec<PaymentId> {
        let last = self.list.instants().into_iter().max();
        let rows = self.list.entries.values().filter(|row| Some(row.counted_at) == last);
        rows.filter_map(|row| row.sale.clone()).map(PaymentId::from_row).filter(|sale| sale != but).collect()
    }

    /// Whether so much has been spent today on numbers that are not paid for, or not yet, that one
    /// more at this price is only bought once it is.
    pub fn want_payment_first(&self, cost: Usdc, now: Timestamp) -> bool {
        fits(self.unpaid.as_ref(), cost, self.most_unpaid, now.as_second()).is_err()
    }

    /// Where a number at this price is counted that is claimed now.
    pub fn booked(&self, cost: Usdc, now: Timestamp) -> Booked {
        let slot = |seen: &Option<Window>| Turn::of(seen.as_ref(), now.as_second()).slot;
        Booked { cost, slot: slot(&self.sum), unpaid_slot: slot(&self.unpaid) }
    }

    /// Whether this wallet may buy one more number from this source, and what is written for it
    /// with its claim, behind everything else. Where it is bought on trust, there is room for it.
    pub fn admit(
        &self,
        wallet: &Wallet,
        sale: &PaymentId,
        source: Source,
        now: Timestamp,
    ) -> Result<Result<Changes, Reached>, StoreFault> {
        let now = now.as_second();
        let cost = source.cost();
        let unpaid = cost.filter(|_| matches!(source, Source::Carrier(_)));
        let room = || {
            judge::buyer(&self.list.instants(), now)?;
            cost.map_or(Ok(()), |cost| fits(self.sum.as_ref(), cost, self.most, now))
        };
        if let Err(reached) = room() {
            return Ok(Err(reached));
        }
        let row = CountedRow { sale: Some(sale.as_str().to_owned()), ..CountedRow::at(now) };
        let counted = self.list.with(keys::purchases_of(wallet), &sale.tag(), &row, forgotten_at(now), now)?;
        let sum = cost.map(|cost| summed(keys::cost_of_numbers(), self.sum.as_ref(), cost, self.most, now));
        let unpaid = unpaid
            .map(|cost| summed(keys::cost_of_unpaid_numbers(), self.unpaid.as_ref(), cost, self.most_unpaid, now));
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
            BoughtCount::Cost => self.sum = window_of(lost.old)?,
            BoughtCount::UnpaidCost => self.unpaid = window_of(lost.old)?,
        }
        Ok(())
    }
}

/// A purchase that came to nothing counts for its wallet no longer.
pub fn not_sold(wallet: &Wallet, sale: &PaymentId) -> Changes {
    Changes::of([forgotten(keys::purchases_of(wallet), &sale.tag())])
}

/// What was to be bought at the carrier, and was not, costs nothing.
pub fn not_bought(wallet: &Wallet, sale: &PaymentId, source: Source) -> Changes {
    let less = source.booked().map(|Booked { cost, slot, .. }| less(keys::cost_of_numbers(), slot, cost));
    not_sold(wallet, sale).and(less.into_iter().collect()).and(owed_for_no_longer(source))
}

/// What was bought at the carrier is paid for, or was not bought, or is not the buyer's to pay.
pub fn owed_for_no_longer(source: Source) -> Changes {
    match source {
        Source::Carrier(Booked { cost, unpaid_slot, .. }) => {
            Changes::of([less(keys::cost_of_unpaid_numbers(), unpaid_slot, cost)])
        }
        Source::Pool | Source::Order(_) => Changes::none(),
    }
}

/// A sum without what was booked in it in this half-day.
fn less(key: keys::Key, slot: i64, cost: Usdc) -> Step {
    corrected(Change::update(key), slot, &[(COST, -cost.signed())], [0; 2]).or_without()
}

/// Whether there is room for one more at this price.
fn fits(seen: Option<&Window>, cost: Usdc, most: Usdc, now: i64) -> Result<(), Reached> {
    let bound = Bound { limit: Limit::NumbersCost, open: 0, needs: cost.signed(), most: most.signed() };
    Turn::of(seen, now).fits(seen, |seen| &seen.cost, &bound, now)
}

/// A purchase in a sum, which is a whole in one slice.
fn summed(key: keys::Key, seen: Option<&Window>, cost: Usdc, most: Usdc, now: i64) -> Change {
    let at_most = [Some([most.signed() - cost.signed(); SLOTS])];
    let change = slices::Change { at: 0, upto: Some(1), halved: None, more: [[cost.signed(), 0, 0]], at_most };
    let turn = Turn::of(seen, now);
    Reservation { key, seen, turn, sums: OF_NUMBERS, change, moves: false, open: 0, open_dear: 0, known: now }
        .booked(now)
}

fn window_of(item: Option<Item>) -> Result<Option<Window>, StoreFault> {
    Ok(item.map(Window::read).transpose()?.flatten())
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
            sum: window_of(sum)?,
            unpaid: window_of(unpaid)?,
            most: budget.daily,
            most_unpaid: budget.unpaid,
        })
    }
}
