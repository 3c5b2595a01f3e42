//! What is counted by number alone, in a stretch of time that begins with the first after the last one is over. One write,
//! and no read before it. It refuses to know what is counted.

use std::time::Duration;

use crate::limits::{HOUR, Limit, MINUTE, OWNERS_PER_HOUR, Reached};
use crate::store::change::{Change, When, n};
use crate::store::keys::{self, Key};
use crate::store::{Store, StoreFault};
use crate::types::{Timestamp, Wallet};

use super::sum_of;

/// Something that is counted.
pub struct Tally {
    key: Key,
    most: u32,
    every: Duration,
    limit: Limit,
}

impl Tally {
    /// The signatures that only a contract can judge and that others were asked about: so many in a minute.
    pub fn of_unproven(most: u32) -> Self {
        Self { key: keys::unproven(), most, every: MINUTE, limit: Limit::Unproven }
    }

    /// How often a wallet was told whose a number is.
    pub fn of_owners_told(wallet: &Wallet) -> Self {
        Self { key: keys::owners_told(wallet), most: OWNERS_PER_HOUR, every: HOUR, limit: Limit::Owners }
    }
}

/// How often it is tried to be the first of a stretch.
const TRIES: u32 = 3;

impl Store {
    /// Counts one more, if it may be.
    pub async fn count(&self, what: &Tally, now: Timestamp) -> Result<Result<(), Reached>, StoreFault> {
        let now = now.as_second();
        let every = what.every.as_secs().cast_signed();
        for _ in 0..TRIES {
            let more = Change::update(what.key.clone())
                .add("sum", 1)
                .when(When::Above("sum_since", now - every))
                .when(When::AtMost("sum", i64::from(what.most) - 1));
            let Err(old) = self.change(more).await? else { return Ok(Ok(())) };
            let seen = sum_of(old)?.map(|sum| sum.since);
            if let Some(since) = seen.filter(|since| *since > now - every) {
                let retry_after = u64::try_from(since + every - now).unwrap_or(0).max(1);
                return Ok(Err(Reached { limit: what.limit, retry_after }));
            }
            let first = Change::update(what.key.clone())
                .set("sum_since", n(now))
                .set("sum", n(1))
                .set("ttl", n(now + 2 * every))
                .when(seen.map_or(When::No("sum_since"), |since| When::Is("sum_since", n(since))));
            if self.change(first).await?.is_ok() {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Reached { limit: Limit::Crowd, retry_after: 1 }))
    }
}
