//! Working off queues, so that none keeps another one waiting, and nothing in a queue what is behind it: a queue has its share of
//! the time that is left, and what could not be done goes to the end of its queue.

use std::time::Duration;

use tracing::warn;

use super::{Report, STEP, Sweep, failed};
use crate::invocation::Invocation;
use crate::leases::GRACE;
use crate::refusal::Fault;
use crate::store::{Candidate, Cursor, Due, Queue, SHARDS, Store, StoreFault};
use crate::types::Timestamp;

/// How much of a queue is read at once.
pub(super) const PAGE: u16 = 50;
/// What could not be done is due again so long after everything that is due now: in the next round, and behind what has waited
/// longer.
const BEHIND: Duration = Duration::from_secs(1);

impl Sweep {
    /// Sales: first those that a request has left, and those whose phone rings; then, with the time that these leave, the doubts.
    pub(super) async fn money(&self, invocation: &Invocation) -> Report {
        let queues = (0..SHARDS).map(Queue::Sales).chain((0..SHARDS).map(Queue::Doubts)).collect();
        self.work_off(queues, invocation.now, invocation).await
    }

    /// Calls that are to be looked at, stopped or paid back.
    pub(super) async fn running(&self, invocation: &Invocation) -> Report {
        self.work_off((0..SHARDS).map(Queue::Calls).collect(), invocation.now, invocation).await
    }

    /// Questions about calls that are over. A lane of its own: what the vendor's model takes its time for holds up nothing else.
    pub(super) async fn answers(&self, invocation: &Invocation) -> Report {
        self.work_off((0..SHARDS).map(Queue::Questions).collect(), invocation.now, invocation).await
    }

    /// Numbers: leases that have ended, and what is on its way into the stock or out of it.
    pub(super) async fn stock(&self, invocation: &Invocation) -> Report {
        let ended = invocation.now.saturating_sub(GRACE).unwrap_or(invocation.now);
        let mut report = self.work_off((0..SHARDS).map(Queue::Leases).collect(), ended, invocation).await;
        report.add(&self.work_off(vec![Queue::Imports, Queue::Releases], invocation.now, invocation).await);
        report
    }

    /// Works off what is due in these queues: each for its share of the time, and then, for theirs of what the others have left,
    /// those that were not done.
    async fn work_off(&self, queues: Vec<Queue>, until: Timestamp, invocation: &Invocation) -> Report {
        let mut report = Report::default();
        let mut lines: Vec<_> = queues.into_iter().map(Line::of).collect();
        while !lines.is_empty() && invocation.remaining() > STEP {
            let mut unfinished = Vec::new();
            let mut sharers = u32::try_from(lines.len()).unwrap_or(u32::MAX);
            for mut line in lines {
                let stop_at = stop_at(invocation.remaining(), sharers);
                sharers = sharers.saturating_sub(1);
                if !self.serve(&mut line, until, stop_at, invocation, &mut report).await {
                    unfinished.push(line);
                }
            }
            lines = unfinished;
        }
        for Line { queue, .. } in lines {
            warn!(?queue, "the round ends before the queue does");
        }
        report
    }

    /// Works off a queue until no more than `stop_at` is left of the time. Says whether it came to its end.
    async fn serve(
        &self,
        line: &mut Line,
        until: Timestamp,
        stop_at: Duration,
        invocation: &Invocation,
        report: &mut Report,
    ) -> bool {
        while invocation.remaining() >= stop_at {
            let candidate = match line.front(&self.store, until).await {
                Ok(Some(candidate)) => candidate,
                Ok(None) => return true,
                Err(fault) => {
                    failed(report, &fault.into());
                    return true;
                }
            };
            match self.step(&candidate, line.queue, invocation, report).await {
                Ok(true) => {}
                Ok(false) => self.put_off(&candidate, line.queue, until, report).await,
                Err(fault) => {
                    failed(report, &fault);
                    self.put_off(&candidate, line.queue, until, report).await;
                }
            }
        }
        false
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
            Candidate::Sale(payment) => {
                self.finish(payment, invocation).await?;
                report.sales += 1;
            }
            Candidate::Call(call) if matches!(queue, Queue::Questions(_)) => {
                self.calls.answer(call, invocation).await?;
            }
            Candidate::Call(call) => {
                self.look_after(call, invocation).await?;
                report.calls += 1;
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

    async fn put_off(&self, candidate: &Candidate, queue: Queue, until: Timestamp, report: &mut Report) {
        let behind = until.saturating_add(BEHIND).unwrap_or(until);
        if let Err(fault) = self.store.put_behind(candidate, queue, until, behind).await {
            failed(report, &fault.into());
        }
    }
}

/// Who waits in a queue.
struct Line {
    queue: Queue,
    /// Those of the page that was read.
    page: std::vec::IntoIter<Candidate>,
    /// Where the next one begins; none before the first.
    from: Option<Cursor>,
    /// There is no next one.
    is_read: bool,
}

impl Line {
    fn of(queue: Queue) -> Self {
        Self { queue, page: Vec::new().into_iter(), from: None, is_read: false }
    }

    /// Whose turn it is.
    async fn front(&mut self, store: &Store, until: Timestamp) -> Result<Option<Candidate>, StoreFault> {
        loop {
            if let Some(candidate) = self.page.next() {
                return Ok(Some(candidate));
            }
            if self.is_read {
                return Ok(None);
            }
            let Due { due, next } = store.due_page(self.queue, until, PAGE, self.from.take()).await?;
            (self.page, self.is_read, self.from) = (due.into_iter(), next.is_none(), next);
        }
    }
}

/// What must be left of the time when the first of so many that share it stops, so that the others get as much. What it does not
/// need is theirs.
fn stop_at(remaining: Duration, sharers: u32) -> Duration {
    let share = remaining.saturating_sub(STEP).checked_div(sharers).unwrap_or_default();
    remaining.saturating_sub(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_shares_the_time_gets_as_much_as_the_others_and_what_they_leave() {
        let seconds = Duration::from_secs;
        // Four share twenty seconds: five each.
        assert_eq!(stop_at(seconds(20) + STEP, 4), seconds(15) + STEP);
        // The first needed two only.
        assert_eq!(stop_at(seconds(18) + STEP, 3), seconds(12) + STEP);
        assert_eq!(stop_at(seconds(7) + STEP, 1), STEP);
        assert_eq!(stop_at(seconds(1), 4), seconds(1), "there is no time left");
        assert_eq!(stop_at(seconds(20), 0), seconds(20));
    }
}
