//! Hanging up: the wish is written down, then the dialler is told, and what became of the call is
//! learned by looking. A wish whose request died, or that the dialler did not hear, is told again
//! by each look at the call, and by the reaper.
//!
//! `docs/decisions.md`: Who may hang up, and what does it cost?

use std::time::Duration;

use super::Calls;
use super::pace::Asker;
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::store::calls::{Call, HangUp};
use crate::telemetry;
use crate::telemetry::metrics::HANG_UPS;
use crate::types::CallId;

/// How long the dialler is waited for before the wish is written: whether the call is over decides
/// what is answered, and no more.
const GLANCE: Duration = Duration::from_secs(2);
/// A call that runs on for longer than this after it was to be hung up is one that an operator
/// wants to know of.
const LATE: Duration = Duration::from_mins(1);

impl Calls {
    /// Has a call hung up. What is answered after this is true whether or not the dialler has heard
    /// of it yet: the call is ending.
    pub async fn hang_up(&self, id: &CallId, invocation: &Invocation) -> Result<(), Refusal> {
        let known = self.kept(id, invocation).await?;
        let call = self.look_within(Asker::Knows, GLANCE, known, invocation).await?;
        let found = match call.line.ended_at {
            Some(_) => HangUp::Over,
            None => self.store.hang_up(&call, invocation.now).await?,
        };
        let (result, answer) = match found {
            HangUp::Asked => ("asked", Ok(())),
            HangUp::Over => ("over", Err(Refusal::CallAlreadyEnded { call: id.clone() })),
            HangUp::Gone => return Err(Refusal::UnknownCall),
        };
        telemetry::add(&HANG_UPS, 1, [result.into()]);
        answer?;
        // What was placed since it was read is stopped as well: from here on a call that is placed
        // finds the wish on record.
        let placed = match call.line.placed {
            Some(placed) => Some(placed),
            None => self.store.call(id).await?.and_then(|call| call.line.placed),
        };
        if let Some(placed) = placed {
            self.stop(&placed, invocation).await;
        }
        Ok(())
    }

    /// Tells the dialler again, if a look has found a call that was to be hung up and is not over.
    pub(super) async fn hang_up_again(&self, call: &Call, invocation: &Invocation) {
        let is_to_end = call.line.hangup_requested_at.is_some() && call.line.ended_at.is_none();
        if let Some(placed) = call.line.placed.as_deref().filter(|_| is_to_end) {
            count_if_late(call, invocation);
            self.stop(placed, invocation).await;
        }
    }
}

/// Counts a call that is looked at, and runs on though it was to be hung up.
pub(super) fn count_if_late(call: &Call, invocation: &Invocation) {
    let asked_at = call.line.hangup_requested_at.filter(|_| call.line.ended_at.is_none());
    if asked_at.is_some_and(|asked_at| asked_at.saturating_add(LATE).is_ok_and(|late| late <= invocation.now)) {
        telemetry::add(&HANG_UPS, 1, ["late".into()]);
    }
}
