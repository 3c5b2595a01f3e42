//! Looking at a call: at most once in five seconds however many ask, never after it has settled, and never back from an
//! end to something that runs.

use std::time::Duration;

use tracing::warn;

use super::Calls;
use super::seen::{given_up, judge};
use super::shown::{EVERY, Shown};
use crate::invocation::Invocation;
use crate::refusal::{Fault, Refusal};
use crate::store::calls::Call;
use crate::store::{Charge, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::UPSTREAM_COST;
use crate::types::{CallId, Timestamp, Usdc};
use crate::upstream::bland::BlandCallId;

/// How long a call whose time is up is left before it is looked at again.
pub const OVERDUE: Duration = Duration::from_mins(1);
/// A call of which nothing is heard so long after it must have ended is an error, and not charged.
const LOST: Duration = Duration::from_mins(10);
const ASK: Duration = Duration::from_secs(8);

impl Calls {
    /// A call as it is seen now, after a look if one is due. One that is kept no longer is not there, whether or not it has been
    /// deleted yet.
    pub async fn look(&self, id: &CallId, invocation: &Invocation) -> Result<Shown, Refusal> {
        let call = self.store.call(id).await?.filter(|call| invocation.now < call.kept_until);
        let call = call.ok_or(Refusal::UnknownCall)?;
        Ok(Shown::of(self.look_if_due(call, invocation).await?, invocation.now))
    }

    pub(super) async fn look_if_due(&self, call: Call, invocation: &Invocation) -> Result<Call, StoreFault> {
        if invocation.now.as_second() < call.looked_at.saturating_add(EVERY) {
            return Ok(call);
        }
        let Some(placed) = call.placed.as_deref().filter(|_| !call.settled) else { return Ok(call) };
        let Ok(placed) = BlandCallId::parse(placed) else { return Ok(call) };
        if !self.store.take_look(&call, invocation.now, &step("look", &call, invocation)).await? {
            return Ok(call);
        }
        let call = Call { looked_at: invocation.now.as_second(), ..call };
        let record = match self.bland.call(&placed, invocation.at_most(ASK, Duration::from_secs(2))).await {
            Ok(record) => record,
            Err(error) => {
                // The last view is still true, and the turn is used up.
                warn!(call = ?call.id, %error, "a call could not be looked at");
                return Ok(call);
            }
        };
        let look = judge(&call, &record, invocation.now);
        if !self.store.looked(&call, &look, &step("looked", &call, invocation)).await? {
            // A later look was written first, and its client may have been told already: what this one saw never was shown.
            return Ok(self.store.call(&call.id).await?.unwrap_or(call));
        }
        if look.settled {
            let bland = record.cost().atomic();
            telemetry::add(&UPSTREAM_COST, bland, ["bland".into()]);
            let carrier = look.price.map_or(0, Usdc::atomic).saturating_sub(bland);
            telemetry::add(&UPSTREAM_COST, carrier, ["twilio".into()]);
        }
        Ok(call.after(look))
    }

    /// Looks at a call whose time is up, and stops it if it still runs. One of which nothing can be learned any more ends
    /// in an error, or as it was last seen to have ended.
    pub async fn end(&self, known: Call, invocation: &Invocation) -> Result<(), Fault> {
        let call = self.look_if_due(known, invocation).await?;
        if call.settled {
            return Ok(());
        }
        // What may still run is looked after until it does not, however late that is.
        if call.ended_at.is_none()
            && let Some(placed) = &call.placed
            && !self.stop(placed, invocation).await
        {
            return Ok(());
        }
        if is_lost(&call, invocation.now)? && call.charge != Charge::Pending {
            let look = given_up(&call, invocation.now);
            self.store.looked(&call, &look, &step("lost", &call, invocation)).await?;
        }
        Ok(())
    }
}

/// Whether so much time has passed since a call ended, or must have, that the vendor will say no more of it.
fn is_lost(call: &Call, now: Timestamp) -> Result<bool, StoreFault> {
    let longest = Duration::from_secs(u64::from(call.max_duration) * 60);
    let ended = call.ended_at.map_or_else(|| call.created_at.saturating_add(longest), Ok)?;
    Ok(ended.saturating_add(LOST)? < now)
}

fn step(verb: &str, call: &Call, invocation: &Invocation) -> String {
    format!("{verb} {} {}", call.id.as_str(), invocation.attempt.as_str())
}
