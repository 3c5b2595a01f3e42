//! A sale's steps, from its claim to its end: each is made only while the sale is ours, and where
//! the step begins.

use crate::store::change::{Change, Changes, at_most, is};
use crate::store::keys::Queue;
use crate::store::proofs::SEEN_WITHIN;
use crate::store::rows::{ATTEMPT, BUSY_UNTIL, DUE_AT, SETTLED, SPENT, STATE, State, TTL, Value, WORK};
use crate::store::{Done, Hurdle, Store, StoreFault, Work, keys};
use crate::types::{AttemptId, Timestamp};

use super::{BUSY, Claimable, NotStepped, Open, Record, Sale, Settled, Settling, Taken};

impl Store {
    /// open | settling → same, no attempt's turn until then: it is not known what was done, and not
    /// worth while to look before
    pub async fn defer<Stage: Claimable>(&self, sale: Sale<Stage>, until: Timestamp) -> Result<(), NotStepped> {
        let record = sale.record;
        let update = record.step(Stage::STATE).set(BUSY_UNTIL, until).set(DUE_AT, until);
        self.step(&record, update, Changes::none(), "defer").await
    }

    /// open → open: what is about to be done next
    pub async fn intend(
        &self,
        sale: Sale<Open>,
        work: Work,
        changes: Changes,
        step: &str,
    ) -> Result<Sale<Open>, NotStepped> {
        let record = Record { work, ..*sale.record };
        let update = record.step(State::Open).set(WORK, work_value(&record.work)?);
        self.step(&record, update, changes, step).await?;
        Ok(Sale::new(record))
    }

    /// open → settling: the fence. From here on the sale is rolled forward.
    pub async fn fence(&self, sale: Sale<Open>, work: Work, changes: Changes) -> Result<Sale<Settling>, NotStepped> {
        let record = Record { work, state: State::Settling, ..*sale.record };
        let update = record.step(State::Open).set(STATE, State::Settling).set(WORK, work_value(&record.work)?);
        self.step(&record, update, changes, "fence").await?;
        Ok(Sale::new(record))
    }

    /// settling → closed: paid, and granted in the same write, and waiting to be seen on the chain.
    /// Otherwise the sale is given back: it is still paid.
    pub async fn close(
        &self,
        sale: Sale<Settling>,
        settled: Settled,
        changes: Changes,
    ) -> Result<Record, (Sale<Settling>, NotStepped)> {
        let update = sale.record.closed(&settled);
        self.end(sale, update, settled, changes).await
    }

    pub(super) async fn end(
        &self,
        sale: Sale<Settling>,
        update: Result<Change, StoreFault>,
        settled: Settled,
        changes: Changes,
    ) -> Result<Record, (Sale<Settling>, NotStepped)> {
        let update = match update {
            Ok(update) => update,
            Err(fault) => return Err((sale, fault.into())),
        };
        match self.step(&sale.record, update, changes.and(sale.record.known()), "close").await {
            Ok(()) => Ok(Record { state: State::Closed, settled: Some(settled), ..*sale.record }),
            Err(not_stepped) => Err((sale, not_stepped)),
        }
    }

    /// open | settling → void. `spent`: this signature can never be used here again. Otherwise the
    /// sale is given back.
    pub async fn void<Stage: Claimable>(
        &self,
        sale: Sale<Stage>,
        changes: Changes,
        spent: bool,
    ) -> Result<Record, (Sale<Stage>, NotStepped)> {
        let update = sale
            .record
            .step(Stage::STATE)
            .set(STATE, State::Void)
            .set_some(SPENT, spent.then_some(true))
            .set(TTL, sale.record.forgotten_at())
            .not_due();
        // With other changes it is another step.
        let step = format!("void {}", changes.all.len());
        match self.step(&sale.record, update, changes.and(sale.record.known()), &step).await {
            Ok(()) => Ok(Record { state: State::Void, spent, ..*sale.record }),
            Err(not_stepped) => Err((sale, not_stepped)),
        }
    }

    /// [`Store::void`], also where what the sale held is no longer as it was: nothing of it is ours
    /// to let go any more, and a sale must come to an end.
    pub async fn give_up<Stage: Claimable>(
        &self,
        sale: Sale<Stage>,
        changes: Changes,
        spent: bool,
    ) -> Result<Record, NotStepped> {
        match self.void(sale, changes, spent).await {
            Err((sale, NotStepped::Lost(lost))) => {
                tracing::error!(payment = ?sale.record.id, hurdle = ?lost.hurdle, "what an unpaid sale held is gone");
                self.void(sale, Changes::none(), spent).await.map_err(|(_, not_stepped)| not_stepped)
            }
            outcome => outcome.map_err(|(_, not_stepped)| not_stepped),
        }
    }

    /// Takes over a sale whose attempt has stopped; `None` if another was quicker.
    pub async fn take_over(
        &self,
        record: &Record,
        attempt: &AttemptId,
        now: Timestamp,
    ) -> Result<Option<Taken>, StoreFault> {
        if now < record.busy_until {
            return Ok(None);
        }
        let busy_until = now.saturating_add(BUSY)?;
        let change = record
            .step(record.state)
            .set(ATTEMPT, attempt)
            .set(BUSY_UNTIL, busy_until)
            .set(DUE_AT, busy_until)
            .remove(TTL)
            .when(at_most(BUSY_UNTIL, now))
            // As it was read: the same attempt may have parked it since.
            .when(is(BUSY_UNTIL, record.busy_until))
            .or(Hurdle::Sale);
        let taken = Record { attempt: attempt.clone(), busy_until, ..record.clone() };
        let ours = matches!(self.alone(change).await?, Done::Yes);
        Ok(match taken.state {
            State::Open if ours => Some(Taken::Open(Sale::new(taken))),
            State::Settling if ours => Some(Taken::Settling(Sale::new(taken))),
            _ => None,
        })
    }

    pub(in crate::store) async fn step(
        &self,
        record: &Record,
        update: Change,
        changes: Changes,
        step: &str,
    ) -> Result<(), NotStepped> {
        let update = update.or(Hurdle::Sale);
        let done = if changes.all.is_empty() {
            self.alone(update).await?
        } else {
            self.transact(Changes::of([update]).and(changes), &record.token(step)).await?
        };
        match done {
            Done::Yes => Ok(()),
            Done::No(lost) if lost.hurdle == Hurdle::Sale => Err(NotStepped::Overtaken),
            Done::No(lost) => Err(NotStepped::Lost(lost)),
        }
    }
}

impl Record {
    /// A change to this sale's item that happens only while it is still ours and in that state.
    pub(in crate::store) fn step(&self, from: State) -> Change {
        Change::update(keys::sale(&self.id)).when(is(STATE, from)).when(is(ATTEMPT, &self.attempt))
    }

    /// The change that closes it, and puts it where its payment is looked for on the chain.
    pub(super) fn closed(&self, settled: &Settled) -> Result<Change, StoreFault> {
        let update = self.step(State::Settling).set(STATE, State::Closed).set(SETTLED, settled.value()?);
        let update = if settled.transaction.is_some() {
            let seen = settled.at.saturating_add(SEEN_WITHIN)?;
            update.due(Queue::of_proof(&self.id), seen)
        } else {
            update.not_due()
        };
        Ok(update.set(TTL, self.forgotten_at()))
    }

    /// The name of a step, the same each time it is tried: the store then makes it once.
    pub(in crate::store) fn token(&self, step: &str) -> String {
        format!("{}|{}|{step}", self.id.as_str(), self.attempt.as_str())
    }
}

pub(super) fn work_value(work: &Work) -> Result<Value, StoreFault> {
    Value::row(&work.to_row())
}
