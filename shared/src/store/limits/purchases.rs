//! What is counted of numbers: how many a wallet has bought, and what those cost that come from the carrier. It refuses to
//! know which number it is.

use crate::limits::judge::{self, Sum};
use crate::limits::{Limit, NUMBER_COST, Reached};
use crate::store::change::{Change, Changes, When};
use crate::store::rows::CountedRow;
use crate::store::work::Source;
use crate::store::{Lost, Store, StoreFault, keys};
use crate::types::{PaymentId, Timestamp, Usdc, Wallet};

use super::{List, booked, forgotten, micros, sum_of};

/// What a wallet has bought, and what numbers have cost, as it was read.
#[derive(Debug)]
pub struct Purchases {
    list: List,
    sum: Option<Sum>,
    /// What numbers may cost in a day.
    most: Usdc,
}

impl Purchases {
    /// Whether this wallet may buy one more number, wherever that comes from.
    pub fn check(&self, now: Timestamp) -> Result<(), Reached> {
        judge::buyer(&self.list.instants(), now.as_second())
    }

    /// The wallet's last purchases, which may not have come to their end. All before them have: none is claimed while one has
    /// not, and a claim holds only while the list is as it was seen. Seconds are the list's, so there may be several.
    pub fn last(&self, but: &PaymentId) -> Vec<PaymentId> {
        let last = self.list.instants().into_iter().max();
        let rows = self.list.entries.values().filter(|row| Some(row.counted_at) == last);
        rows.filter_map(|row| row.sale.clone()).map(PaymentId::from_row).filter(|sale| sale != but).collect()
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
        let booking = match source {
            Source::Pool => None,
            Source::Carrier => Some(judge::sum(self.sum, NUMBER_COST, self.most, Limit::NumbersCost, now)),
        };
        let booking = match (judge::buyer(&self.list.instants(), now), booking.transpose()) {
            (Ok(()), Ok(booking)) => booking,
            (Err(reached), _) | (_, Err(reached)) => return Ok(Err(reached)),
        };
        let row = CountedRow { sale: Some(sale.as_str().to_owned()), ..CountedRow::at(now) };
        let counted = self.list.with(keys::purchases_of(wallet), &sale.tag(), &row, now)?;
        let sum = booking.map(|it| booked(keys::cost_of_numbers(), self.sum, it, NUMBER_COST, self.most, now));
        let changes: Changes = std::iter::once(counted).chain(sum).collect();
        Ok(Ok(changes.on(format!("{:?}|{:?}", self.list.version, self.sum))))
    }

    /// Learns what the write found that was refused; `place` counts from the first of these changes.
    pub fn learn(&mut self, place: usize, lost: Lost, now: Timestamp) -> Result<(), StoreFault> {
        match place {
            0 => self.list = List::from_item(lost.old, now)?,
            _ => self.sum = sum_of(lost.old)?,
        }
        Ok(())
    }
}

/// A purchase that came to nothing counts for its wallet no longer.
pub fn not_sold(wallet: &Wallet, sale: &PaymentId) -> Changes {
    Changes::of([forgotten(keys::purchases_of(wallet), &sale.tag())])
}

/// What was to be bought at the carrier at that time, and was not, costs nothing. A sum that has begun later never held it.
pub fn not_bought(wallet: &Wallet, sale: &PaymentId, counted_at: Timestamp) -> Changes {
    let less = Change::update(keys::cost_of_numbers())
        .add("sum", -micros(NUMBER_COST))
        .when(When::AtMost("sum_since", counted_at.as_second()))
        .or_without();
    not_sold(wallet, sale).and(Changes::of([less]))
}

impl Store {
    /// What has been counted of a wallet's purchases.
    pub async fn before_purchase(&self, wallet: &Wallet, most: Usdc, now: Timestamp) -> Result<Purchases, StoreFault> {
        let [list, sum] = self.items([keys::purchases_of(wallet), keys::cost_of_numbers()]).await?;
        Ok(Purchases { list: List::from_item(list, now)?, sum: sum_of(sum)?, most })
    }
}
