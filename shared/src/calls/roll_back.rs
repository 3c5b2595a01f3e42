//! Undoing a call: stop it where it rings, and say in its record that it was not paid.
//!
//! `docs/decisions.md`: Why can a call that was lost sight of not be dialled again for the same payment?

use std::time::Duration;

use tracing::warn;

use super::Calls;
use super::dial::no_phone_rang;
use super::look::ASK;
use super::pace::Asker;
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::sale::Undo;
use crate::store::sales::{NotStepped, Open, Sale};
use crate::store::{StoreFault, Work, calls, work};
use crate::upstream::bland::{BlandCallId, BlandError};

const STOP: Duration = Duration::from_secs(4);
/// When a dialler that could not be asked is asked again.
const AGAIN: Duration = Duration::from_secs(10);
const FIND: Duration = Duration::from_secs(6);

impl Undo for Calls {
    async fn undo(&self, work: &Work, invocation: &Invocation) {
        if let Work::Call(work::Call { placed: Some(placed), .. }) = work {
            self.stop(placed, invocation).await;
        }
    }

    async fn is_over(&self, work: &Work, invocation: &Invocation) -> bool {
        let Work::Call(call) = work else { return true };
        match self.store.call(&call.id).await {
            Ok(Some(mut known)) => {
                // The sale knows what the dialler calls it, whether or not the call's own item says
                // so yet.
                known.line.placed = known.line.placed.or_else(|| call.placed.clone());
                let call = self.look_within(Asker::Knows, ASK, known, invocation).await;
                call.is_ok_and(|call| call.line.ended_at.is_some())
            }
            Ok(None) => true,
            Err(_) => false,
        }
    }
}

impl Calls {
    /// Stops a call, and says whether it is known to run no longer. If not, the call stays in its
    /// queue, and is stopped when its time is up.
    pub async fn stop(&self, placed: &str, invocation: &Invocation) -> bool {
        let Ok(id) = BlandCallId::parse(placed) else { return true };
        match self.bland.stop(&id, invocation.at_most(STOP, Duration::from_secs(2))).await {
            Ok(()) | Err(BlandError::NotFound) => true,
            Err(error) => {
                warn!(%error, "a call could not be stopped");
                false
            }
        }
    }

    /// Rolls back a call that was left before the fence. If a phone rang it is stopped and the
    /// payment is spent: dialling for it again would be a second call for one payment.
    pub async fn roll_back(&self, sale: Sale<Open>, invocation: &Invocation) -> Result<(), Fault> {
        let call = sale.record().work.call()?.clone();
        let found = match self.look_for(sale.record(), &call, invocation.at_most(FIND, Duration::from_secs(5))).await {
            Ok(found) => found,
            Err(error) => {
                // A dialler that cannot be asked has not said that no phone rang.
                warn!(payment = ?sale.record().id, %error, "a call cannot be looked for yet");
                return self.later(sale, invocation).await;
            }
        };
        let record = sale.record();
        let (payer, id, credit) = (&record.signed.payer, &record.id, record.credit());
        let (changes, rang) = if let Some(placed) = &found {
            self.stop(placed.as_str(), invocation).await;
            (calls::withdrawn(&call.id, payer, id, placed.as_str(), credit, invocation.now), true)
        } else {
            (no_phone_rang(record, &call), false)
        };
        match self.store.give_up(sale, changes, rang).await {
            Ok(_) | Err(NotStepped::Overtaken) => Ok(()),
            Err(NotStepped::Lost(_)) => Err(Fault::Broken("a call that cannot be given up")),
            Err(NotStepped::Fault(fault)) => Err(fault.into()),
        }
    }

    async fn later(&self, sale: Sale<Open>, invocation: &Invocation) -> Result<(), Fault> {
        let again = invocation.current().saturating_add(AGAIN).map_err(StoreFault::from)?;
        match self.store.defer(sale, again).await {
            Ok(()) | Err(NotStepped::Overtaken) => Ok(()),
            Err(NotStepped::Lost(_)) => Err(Fault::Broken("a sale that cannot be put off")),
            Err(NotStepped::Fault(fault)) => Err(fault.into()),
        }
    }
}
