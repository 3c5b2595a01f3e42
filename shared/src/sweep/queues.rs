//! Working off queues, so that none keeps another one waiting, and nothing in a queue what is
//! behind it: all of them are worked off side by side, each with so many steps at once and no more,
//! and what could not be done goes to the end of its queue.
//!
//! A queue is read page by page, and the next page only when there is room for a step: what a round
//! reads is what it does, whatever else waits.
//!
//! `docs/decisions.md`: Why is a round of the reaper four, and how much does each do at once?

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, future, stream};
use tracing::warn;

use super::{Part, Report, STEP, Sweep, failed};
use crate::calls::OVERDUE;
use crate::invocation::Invocation;
use crate::leases::GRACE;
use crate::refusal::Fault;
use crate::store::{Candidate, Cursor, Queue, Store, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::OVERDUE_CALL_AGE;
use crate::types::Timestamp;

/// How much of a queue is read at once: keys of some 150 bytes each, so a page is half a read unit,
/// and a queue with nothing in it is, too.
pub(super) const PAGE: u16 = 25;
/// What could not be done is due again so long after everything that is due now: in the next round,
/// and behind what has waited longer.
const BEHIND: Duration = Duration::from_secs(1);

/// How many steps of one queue are under way at once.
const fn at_once(queue: Queue) -> usize {
    match queue {
        // A look waits a fifth of a second for the dialler, and five times ten milliseconds for the
        // table: for ten thousand of them in two rounds of four shards it takes 17. With 32 the
        // dialler may be twice as slow, and is asked 512 times a second at most.
        Queue::Calls(_) => 32,
        // The facilitator answers in a second or two, and is asked by every payer besides. A lease
        // asks for nothing but the table, and so does what is booked.
        Queue::Sales(_) | Queue::Leases(_) | Queue::Books(_) => 8,
        // The node is the one that sales ask; a doubt has waited already, and so has a payment that
        // was granted. The vendor's model, which answers questions, is paid for each and takes its
        // time.
        Queue::Doubts(_) | Queue::Unproven(_) | Queue::Questions(_) => 4,
        // The carrier refuses what comes all at once, by how much is under way and not by how much
        // comes in a second.
        Queue::Imports | Queue::Releases => 2,
        // The refunds do these one after the other, and the pool is not work.
        Queue::Refunds(_) | Queue::Strays | Queue::Pool(_) => 1,
    }
}

/// How much of one queue is done in a round at most.
const fn at_most(queue: Queue) -> usize {
    match queue {
        // After an outage of the node the watch sees most of them by itself, once it has caught up.
        Queue::Unproven(_) => 100,
        Queue::Sales(_)
        | Queue::Doubts(_)
        | Queue::Calls(_)
        | Queue::Leases(_)
        | Queue::Questions(_)
        | Queue::Books(_)
        | Queue::Refunds(_)
        | Queue::Strays
        | Queue::Imports
        | Queue::Releases
        | Queue::Pool(_) => usize::MAX,
    }
}

impl Sweep {
    /// Everything that is due in a part of the queues.
    pub(super) async fn work_off(&self, part: Part, invocation: &Invocation) -> Report {
        let queues = part.shards().flat_map(|shard| {
            [
                Queue::Sales(shard),
                Queue::Calls(shard),
                Queue::Leases(shard),
                Queue::Doubts(shard),
                Queue::Questions(shard),
                Queue::Books(shard),
                Queue::Unproven(shard),
            ]
        });
        let few = [Queue::Imports, Queue::Releases].into_iter().filter(|_| part.has_the_rest());
        let served = future::join_all(queues.chain(few).map(|queue| Box::pin(self.serve(queue, invocation)))).await;
        served.iter().fold(Report::default(), Report::and)
    }

    /// Works off what is due in one queue, while there is time.
    async fn serve(&self, queue: Queue, invocation: &Invocation) -> Report {
        let until = match queue {
            // A call of the old owner could still be running.
            Queue::Leases(_) => invocation.now.saturating_sub(GRACE).unwrap_or(invocation.now),
            Queue::Sales(_)
            | Queue::Doubts(_)
            | Queue::Calls(_)
            | Queue::Questions(_)
            | Queue::Books(_)
            | Queue::Refunds(_)
            | Queue::Unproven(_)
            | Queue::Strays
            | Queue::Imports
            | Queue::Releases
            | Queue::Pool(_) => invocation.now,
        };
        let line = Line::of(queue, until, &self.store, invocation);
        let due = stream::unfold(line, Line::next).take(at_most(queue));
        // In boxes, because a round is so many futures inside each other that the compiler gives up
        // on them.
        let steps = due.map(|next| self.taken(next, queue, until, invocation).boxed());
        steps.buffer_unordered(at_once(queue)).fold(Report::default(), async |all, one| all.and(&one)).await
    }

    async fn taken(
        &self,
        next: Result<Candidate, StoreFault>,
        queue: Queue,
        until: Timestamp,
        invocation: &Invocation,
    ) -> Report {
        let mut report = Report::default();
        match next {
            Ok(candidate) => self.take(&candidate, queue, until, invocation, &mut report).await,
            Err(fault) => failed(&mut report, &fault.into()),
        }
        report
    }

    /// Does one thing that is due, or puts it behind the others.
    async fn take(
        &self,
        candidate: &Candidate,
        queue: Queue,
        until: Timestamp,
        invocation: &Invocation,
        report: &mut Report,
    ) {
        let is_done = match self.step(candidate, queue, invocation, report).await {
            Ok(is_done) => is_done,
            Err(fault) => {
                failed(report, &fault);
                false
            }
        };
        if is_done {
            return;
        }
        let behind = until.saturating_add(BEHIND).unwrap_or(until);
        if let Err(fault) = self.store.put_behind(candidate, queue, until, behind).await {
            failed(report, &fault.into());
        }
    }

    /// One thing that is due. Says whether it is known to be due no longer.
    async fn step(
        &self,
        candidate: &Candidate,
        queue: Queue,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<bool, Fault> {
        match candidate {
            Candidate::Sale(payment) if matches!(queue, Queue::Unproven(_)) => {
                self.prove(payment, invocation).await?;
            }
            Candidate::Sale(payment) => {
                self.finish(payment, invocation).await?;
                report.sales += 1;
            }
            Candidate::Call(call) if matches!(queue, Queue::Books(_)) => {
                self.book_call(call, invocation).await?;
            }
            Candidate::Call(call) if matches!(queue, Queue::Questions(_)) => {
                self.calls.answer(call, invocation).await?;
            }
            Candidate::Call(call) => {
                // Before the look: one that finds a refund due makes it the next thing to be done,
                // and that must not be put off again. Of two rounds that meet, one has put it off,
                // and looks.
                let next = invocation.now.saturating_add(OVERDUE).map_err(StoreFault::from)?;
                if self.store.put_behind(candidate, queue, invocation.now, next).await? {
                    self.look_after(call, invocation).await?;
                    report.calls += 1;
                }
            }
            Candidate::Lease(wallet, number) => {
                let done = self.reclaim(wallet, number, invocation).await?;
                report.leases += u32::from(done);
                return Ok(done);
            }
            Candidate::Number(number) if queue == Queue::Imports => {
                self.numbers.make_ready(number, invocation).await?;
                report.imports += 1;
                return Ok(false);
            }
            Candidate::Number(number) => {
                self.numbers.release(number, invocation).await?;
                report.releases += 1;
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The candidates of a queue, read page by page.
struct Line {
    queue: Queue,
    /// What is due later is not due now.
    until: Timestamp,
    /// Those of the page that was read.
    page: std::vec::IntoIter<Candidate>,
    /// Where the next one begins; none before the first.
    from: Option<Cursor>,
    /// There is no next one.
    is_read: bool,
    store: Store,
    invocation: Invocation,
}

impl Line {
    fn of(queue: Queue, until: Timestamp, store: &Store, invocation: &Invocation) -> Self {
        let (store, invocation) = (store.clone(), invocation.clone());
        Self { queue, until, page: Vec::new().into_iter(), from: None, is_read: false, store, invocation }
    }

    /// Whose turn it is, if there is time for it.
    async fn next(mut self) -> Option<(Result<Candidate, StoreFault>, Self)> {
        let front = self.front().await.transpose()?;
        if self.invocation.remaining() <= STEP {
            warn!(queue = ?self.queue, "the round ends before the queue does");
            return None;
        }
        Some((front, self))
    }

    /// After a fault there is nothing more to be had.
    async fn front(&mut self) -> Result<Option<Candidate>, StoreFault> {
        loop {
            if let Some(candidate) = self.page.next() {
                return Ok(Some(candidate));
            }
            if self.is_read {
                return Ok(None);
            }
            self.is_read = true;
            let is_first = self.from.is_none();
            let page = self.store.due_page(self.queue, self.until, PAGE, self.from.take()).await?;
            if let (true, Queue::Calls(_), Some(since)) = (is_first, self.queue, page.since) {
                let waited = self.invocation.now.duration_since(since).as_secs();
                telemetry::highest(&OVERDUE_CALL_AGE, u64::try_from(waited).unwrap_or(0), []);
            }
            (self.page, self.is_read, self.from) = (page.due.into_iter(), page.next.is_none(), page.next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SHARDS;

    /// What is reckoned with: the dialler answers a look in 200 ms, and the table each of five
    /// requests in ten.
    const LOOK: Duration = Duration::from_millis(250);
    /// An invocation has 25 seconds, and begins nothing in the last six.
    const ROUND: Duration = Duration::from_secs(25 - STEP.as_secs());

    #[test]
    fn ten_thousand_calls_that_are_due_are_two_rounds_work() {
        let in_a_row = ROUND.as_millis() / LOOK.as_millis();
        let in_a_round = in_a_row * u128::try_from(at_once(Queue::Calls(0))).unwrap() * u128::from(SHARDS);
        assert_eq!(in_a_round, 9_728);
        assert!(2 * in_a_round >= 10_000);
        // And where the dialler takes twice as long.
        let slow = ROUND.as_millis() / 450;
        assert!(2 * slow * u128::try_from(at_once(Queue::Calls(0))).unwrap() * u128::from(SHARDS) >= 10_000);
    }
}
