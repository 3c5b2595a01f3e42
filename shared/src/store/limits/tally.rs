//! What is counted by number alone, in a stretch of time that begins with the first after the last one is over. One write,
//! and no read before it. It refuses to know what is counted.

use std::time::Duration;

use crate::limits::{HOUR, Limit, MINUTE, OWNERS_PER_HOUR, Reached};
use crate::store::change::{Change, above, as_seen, at_most};
use crate::store::keys::{self, Key};
use crate::store::rows::{SUM, SUM_SINCE, TTL};
use crate::store::{Store, StoreFault};
use crate::types::{Timestamp, Wallet};

use super::sums::sum_of;

/// Something that is counted.
pub struct Tally {
    key: Key,
    most: u32,
    every: Duration,
    limit: Limit,
}

impl Tally {
    /// The signatures that only a contract can judge and that others were asked about: this many in a minute.
    pub fn of_unproven(most: u32) -> Self {
        Self { key: keys::unproven(), most, every: MINUTE, limit: Limit::Unproven }
    }

    /// How often a wallet was told whose a number is.
    pub fn of_owners_told(wallet: &Wallet) -> Self {
        Self { key: keys::owners_told(wallet), most: OWNERS_PER_HOUR, every: HOUR, limit: Limit::Owners }
    }
}

impl Tally {
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
    /// Whether one more may be counted. Counts nothing.
    pub async fn may_count(&self, what: &Tally, now: Timestamp) -> Result<Result<(), Reached>, StoreFault> {
        let [counted] = self.items([what.key.clone()]).await?;
        let Some(sum) = sum_of(counted)? else { return Ok(Ok(())) };
        let full = sum.amount.atomic() >= u64::from(what.most);
        Ok(if full { what.reached(sum.since, now.as_second()).map_or(Ok(()), Err) } else { Ok(()) })
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
