//! What is counted by number alone, in a stretch of time that begins with the first after the last
//! one is over. One write, and no read before it. It refuses to know what is counted.

use std::time::Duration;

use crate::limits::waiting::WAITERS;
use crate::limits::{HOUR, LOOKS_PER_MINUTE, Limit, MINUTE, OWNERS_PER_HOUR, Reached};
use crate::store::change::{Change, above, as_seen, at_most};
use crate::store::kept;
use crate::store::keys::{self, Key};
use crate::store::rows::{SUM, SUM_SINCE, SumRow, TTL};
use crate::store::{Store, StoreFault};
use crate::types::{PaymentId, Timestamp, Wallet};

use super::sums::{Sum, sum_of};

/// Something that is counted.
pub struct Tally {
    key: Key,
    most: u32,
    every: Duration,
    limit: Limit,
}

impl Tally {
    /// The signatures that only a contract can judge and that others were asked about, in the names
    /// of wallets that have paid or of all others: this many in a minute.
    pub fn of_unproven(has_paid: bool, most: u32) -> Self {
        Self { key: keys::unproven(has_paid), most, every: MINUTE, limit: Limit::Unproven }
    }

    /// Those in the name of one wallet.
    pub fn of_unproven_by(payer: &Wallet, most: u32) -> Self {
        Self { key: keys::unproven_of(payer), most, every: MINUTE, limit: Limit::Unproven }
    }

    /// The payments that the key of a wallet has signed, and that its code decides. They are
    /// counted apart from those in its name: a stranger makes up any number of these.
    pub fn of_signed_by_key_of(payer: &Wallet, most: u32) -> Self {
        Self { key: keys::signed_by_key_of(payer), most, every: MINUTE, limit: Limit::Unproven }
    }

    /// How often a wallet was told whose a number is.
    pub fn of_owners_told(wallet: &Wallet) -> Self {
        Self { key: keys::owners_told(wallet), most: OWNERS_PER_HOUR, every: HOUR, limit: Limit::Owners }
    }

    /// How often the chain was asked what became of used payments of a wallet.
    pub fn of_looks(payer: &Wallet) -> Self {
        Self { key: keys::looks(payer), most: LOOKS_PER_MINUTE, every: MINUTE, limit: Limit::Looks }
    }

    /// The requests that wait for a sale, from the first one until its patience is over.
    pub fn of_waits(sale: &PaymentId, patience: Duration) -> Self {
        Self { key: keys::waits(sale), most: WAITERS, every: patience, limit: Limit::Crowd }
    }
}

impl Tally {
    fn room(&self, counted: Option<Sum>, now: Timestamp) -> Result<(), Reached> {
        let full = counted.filter(|sum| sum.amount >= u64::from(self.most));
        full.and_then(|sum| self.reached(sum.since, now.as_second())).map_or(Ok(()), Err)
    }

    /// What is said where the stretch that began then is full; nothing, if it is over.
    fn reached(&self, since: i64, now: i64) -> Option<Reached> {
        let over = since + self.every.as_secs().cast_signed();
        let retry_after = u64::try_from(over - now).unwrap_or(0);
        (retry_after > 0).then_some(Reached { limit: self.limit, retry_after })
    }
}

/// How often it is tried to be the first of a stretch.
const TRIES: u32 = 3;

impl Store {
    /// Whether a wallet whose contract signs has paid lately, and whether one more signature may be
    /// asked about in its name. Counts nothing.
    pub async fn known(
        &self,
        payer: &Wallet,
        own: &Tally,
        now: Timestamp,
    ) -> Result<(bool, Result<(), Reached>), StoreFault> {
        let [paid, counted] = self.items([keys::paid_by_contract(payer), own.key.clone()]).await?;
        let paid: SumRow = serde_dynamo::from_item(paid.unwrap_or_default())?;
        let has_paid = paid.ttl.is_some_and(|until| now.as_second() < until);
        Ok((has_paid, own.room(sum_of(counted)?, now)))
    }

    /// A wallet whose contract signs has paid. Written by itself, behind everything: where it is
    /// lost, that wallet is a stranger.
    pub async fn know(&self, payer: &Wallet, now: Timestamp) -> Result<(), StoreFault> {
        let until = now.saturating_add(kept::PAID_BY_CONTRACT)?.as_second();
        self.change(Change::update(keys::paid_by_contract(payer)).set(TTL, until)).await.map(drop)
    }

    /// Whether one more may be counted. Counts nothing.
    pub async fn may_count(&self, what: &Tally, now: Timestamp) -> Result<Result<(), Reached>, StoreFault> {
        let [counted] = self.items([what.key.clone()]).await?;
        Ok(what.room(sum_of(counted)?, now))
    }

    /// Counts one more, if it may be.
    pub async fn count(&self, what: &Tally, now: Timestamp) -> Result<Result<(), Reached>, StoreFault> {
        let now = now.as_second();
        let every = what.every.as_secs().cast_signed();
        for _ in 0..TRIES {
            let more = Change::update(what.key.clone())
                .add(SUM, 1)
                .when(above(SUM_SINCE, now - every))
                .when(at_most(SUM, i64::from(what.most) - 1));
            let Err(old) = self.change(more).await? else { return Ok(Ok(())) };
            let seen = sum_of(old)?.map(|sum| sum.since);
            if let Some(reached) = seen.and_then(|since| what.reached(since, now)) {
                return Ok(Err(reached));
            }
            let first = Change::update(what.key.clone())
                .set(SUM_SINCE, now)
                .set(SUM, 1_i64)
                .set(TTL, now + 2 * every)
                .when(as_seen(SUM_SINCE, seen));
            if self.change(first).await?.is_ok() {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Reached { limit: Limit::Crowd, retry_after: 1 }))
    }
}
