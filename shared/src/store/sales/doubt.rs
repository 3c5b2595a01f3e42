//! Sales whose payment's outcome is not known: they wait in a queue of their own, and are counted
//! for their wallet.

use crate::store::change::{Change, Changes};
use crate::store::keys::{self, Queue};
use crate::store::rows::{ANSWERED, BUSY_UNTIL, CONTESTED, DOUBTED, DOUBTS, STOPPED, State};
use crate::store::{Store, calls, work};
use crate::types::Timestamp;

use super::{NotStepped, Record, Sale, Settling};

/// An outcome that is not known.
#[derive(Clone, Copy, Debug)]
pub struct Doubt {
    /// The facilitator has said that the nonce is used.
    pub contested: bool,
    /// The facilitator has answered, though that says nothing for certain.
    pub answered: bool,
    /// A phone rings for it, or a callee talks: it does not wait behind other doubts.
    pub rings: bool,
    /// The time.
    pub now: Timestamp,
    /// Until when no request carries on.
    pub rests_until: Timestamp,
    /// When the reaper looks again.
    pub next: Timestamp,
}

impl Store {
    /// settling → settling: the outcome is unknown. Any request may carry on after a rest, and the
    /// reaper will at `doubt.next`.
    pub async fn park(&self, sale: Sale<Settling>, doubt: Doubt) -> Result<(), NotStepped> {
        let record = sale.record;
        self.step(&record, record.parked(doubt), record.doubts(), "park").await
    }

    /// [`Store::park`], and the call that it sells, which the dialler has `placed` under that name,
    /// is to be stopped: from here on it is in error, and a payment that was made for it goes back.
    /// If the call has ended meanwhile nothing is written, and the sale is given back.
    pub async fn park_and_stop(
        &self,
        sale: Sale<Settling>,
        call: &work::Call,
        doubt: Doubt,
    ) -> Result<(), (Sale<Settling>, NotStepped)> {
        let update = sale.record.parked(doubt).set(STOPPED, true);
        let stopped =
            calls::stopped(&call.id, &sale.record.id, call.placed.as_deref(), doubt.now).and(sale.record.doubts());
        match self.step(&sale.record, update, stopped, "park and stop").await {
            Ok(()) => Ok(()),
            Err(not_stepped) => Err((sale, not_stepped)),
        }
    }
}

impl Record {
    /// One more payment of the wallet is in doubt, if this one was not yet.
    fn doubts(&self) -> Changes {
        let first = (!self.doubted).then(|| Change::update(keys::doubts(&self.signed.payer)).add(DOUBTS, 1).anyway());
        first.into_iter().collect()
    }

    /// And one fewer when it ends.
    pub(in crate::store) fn known(&self) -> Changes {
        let last = self.doubted.then(|| Change::update(keys::doubts(&self.signed.payer)).add(DOUBTS, -1).anyway());
        last.into_iter().collect()
    }

    fn parked(&self, doubt: Doubt) -> Change {
        self.step(State::Settling)
            .set(BUSY_UNTIL, doubt.rests_until)
            .set(CONTESTED, doubt.contested || self.contested)
            .set(DOUBTED, true)
            .set_some(ANSWERED, (doubt.answered || self.answered).then_some(true))
            .due(if doubt.rings { Queue::of_sale(&self.id) } else { Queue::of_doubt(&self.id) }, doubt.next)
    }
}
