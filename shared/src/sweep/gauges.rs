//! How things stand once a round is over, for the operator: what has not come to its end, and since
//! when; what there is to sell. Everything is asked of the index and read by key, so it costs what
//! is unfinished and not what exists.

use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt, future, stream};

use super::{Report, Sweep, failed};
use crate::invocation::Invocation;
use crate::store::{Candidate, Queue, SHARDS, State, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::{
    PAUSED_FOR, POOL, UNFINISHED_SALE_AGE, UNFINISHED_SALES, UNKNOWN_SETTLEMENT_AGE, UNKNOWN_SETTLEMENTS,
};
use crate::types::Timestamp;

/// A younger sale is not unfinished: a request is at work on it.
const UNDER_WAY: Duration = Duration::from_mins(1);
/// How many of a queue are looked at.
const MANY: u16 = 50;
/// How many of them at once.
const AT_ONCE: usize = 16;

/// The number of waiting things, and the age of the oldest, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Waiting {
    count: u64,
    oldest: u64,
}

impl Waiting {
    fn add(&mut self, age: u64) {
        self.count += 1;
        self.oldest = self.oldest.max(age);
    }
}

impl Sweep {
    /// Notes how everything stands.
    pub(super) async fn look_round(&self, invocation: &Invocation, report: &mut Report) {
        match self.unfinished(invocation).await {
            Ok((unfinished, unknown)) => {
                telemetry::gauge(&UNFINISHED_SALES, unfinished.count, []);
                telemetry::gauge(&UNFINISHED_SALE_AGE, unfinished.oldest, []);
                telemetry::gauge(&UNKNOWN_SETTLEMENTS, unknown.count, []);
                telemetry::gauge(&UNKNOWN_SETTLEMENT_AGE, unknown.oldest, []);
            }
            Err(fault) => failed(report, &fault.into()),
        }
        for country in &self.stocked {
            match self.store.count_due(Queue::Pool(*country), invocation.now).await {
                Ok(idle) => telemetry::gauge(&POOL, idle, [country.to_string().into()]),
                Err(fault) => failed(report, &fault.into()),
            }
        }
    }

    /// For how long selling has been paused, while it is: nothing else rings for a pause that was
    /// forgotten.
    pub(super) async fn tell_pause(&self, invocation: &Invocation, report: &mut Report) {
        match self.store.controls().await {
            Ok(controls) => {
                if let Some((_, paused)) = controls.paused {
                    let seconds = u64::try_from(invocation.now.duration_since(paused.since).as_secs()).unwrap_or(0);
                    telemetry::gauge(&PAUSED_FOR, seconds, []);
                }
            }
            Err(fault) => failed(report, &fault.into()),
        }
    }

    /// The sales that are unfinished, and those among them that are past the fence. At most
    /// [`MANY`] of a queue are looked at: more than this many are a disaster whatever their number.
    async fn unfinished(&self, invocation: &Invocation) -> Result<(Waiting, Waiting), StoreFault> {
        let (mut unfinished, mut unknown) = (Waiting::default(), Waiting::default());
        let queues = (0..SHARDS).flat_map(|shard| [Queue::Sales(shard), Queue::Doubts(shard)]);
        let pages = queues.map(|queue| self.store.due(queue, Timestamp::MAX, MANY));
        let waiting = future::try_join_all(pages).await?.into_iter().flatten();
        let records = stream::iter(waiting).map(async |candidate| match candidate {
            Candidate::Sale(payment) if invocation.remaining() > super::GLANCE => self.store.sale(&payment).await,
            _ => Ok(None),
        });
        let mut records = pin!(records.buffer_unordered(AT_ONCE));
        while let Some(record) = records.next().await {
            let Some(record) = record? else { continue };
            let age = invocation.now.duration_since(record.created_at).as_secs();
            let age = u64::try_from(age).unwrap_or(0);
            if age < UNDER_WAY.as_secs() {
                continue;
            }
            if matches!(record.state, State::Open | State::Settling) {
                unfinished.add(age);
            }
            if record.state == State::Settling && record.settled.is_none() {
                unknown.add(age);
            }
        }
        Ok((unfinished, unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::Waiting;

    #[test]
    fn the_oldest_counts_whichever_comes_first() {
        let mut waiting = Waiting::default();
        for age in [70, 900, 61] {
            waiting.add(age);
        }
        assert_eq!(waiting, Waiting { count: 3, oldest: 900 });
    }
}
