//! Looking at a call: at most once in half a minute for those that poll and in five seconds for one
//! that waits, however many ask; never after it is closed, and never back from an end to something
//! that runs.
//!
//! `docs/decisions.md`: Why does the status function not start a refund itself?

use std::time::Duration;

use tracing::warn;

use super::opted_out::count_opt_out;
use super::pace::{Asker, pause};
use super::seen::{before, given_up, judge};
use super::shown::Shown;
use super::{Calls, hang_up};
use crate::invocation::Invocation;
use crate::refusal::{Fault, Refusal};
use crate::store::calls::{Call, Line};
use crate::store::{Charge, Price, StoreFault};
use crate::telemetry::metrics::UPSTREAM_COST;
use crate::telemetry::{self, Neighbour};
use crate::types::call::Dialler;
use crate::types::{CallId, Timestamp};
use crate::upstream::bland::{BlandCallId, BlandError};
use crate::upstream::heard::Heard;

/// What has come of a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Came {
    /// There was none: none was due, or another request has the turn.
    None,
    /// The dialler has said nothing.
    Silent,
    /// It is not written, since the callee is not on the list yet who has asked for that.
    HeldBack,
    /// It is on record, or shows nothing that is not.
    Seen,
}

/// How long a call whose time is up is left before it is looked at again.
pub const OVERDUE: Duration = Duration::from_mins(1);
/// A call of which nothing is heard so long after it must have ended is an error, and not charged.
const LOST: Duration = Duration::from_mins(10);
pub(super) const ASK: Duration = Duration::from_secs(8);

impl Calls {
    /// A call that stands in another one's way, as it is seen now, after a look if one is due. One
    /// that is kept no longer is not there, whether or not it has been deleted yet.
    pub async fn look(&self, id: &CallId, invocation: &Invocation) -> Result<Shown, Refusal> {
        let call = self.kept(id, invocation).await?;
        let call = self.look_and_see_to(Asker::Knows, ASK, call, invocation).await?;
        Ok(Shown::of(call, invocation.now))
    }

    /// A call, if there is one with this id.
    pub(super) async fn kept(&self, id: &CallId, invocation: &Invocation) -> Result<Call, Refusal> {
        still_kept(self.store.call(id).await?, invocation)
    }

    /// Looks, if a look is due, and does what follows from it: hangs up what is to be hung up, and
    /// has the questions answered of a call that it has seen close. Should that be lost, the reaper
    /// does it.
    pub(super) async fn look_and_see_to(
        &self,
        asker: Asker,
        limit: Duration,
        call: Call,
        invocation: &Invocation,
    ) -> Result<Call, StoreFault> {
        let (was_closed, looked_at) = (call.line.closed, call.line.looked_at);
        let call = self.look_within(asker, limit, call, invocation).await?;
        // Who had the turn to look tells the dialler, too, and none of the others that poll in the
        // same second.
        if call.line.looked_at != looked_at {
            self.hang_up_again(&call, invocation).await;
        }
        if call.line.closed && !was_closed { self.answered(call, invocation).await } else { Ok(call) }
    }

    /// Looks, if a look is due, and waits so long for the dialler.
    pub(super) async fn look_within(
        &self,
        asker: Asker,
        limit: Duration,
        call: Call,
        invocation: &Invocation,
    ) -> Result<Call, StoreFault> {
        Ok(self.looks(asker, limit, call, invocation).await?.0)
    }

    async fn looks(
        &self,
        asker: Asker,
        limit: Duration,
        call: Call,
        invocation: &Invocation,
    ) -> Result<(Call, Came), StoreFault> {
        if invocation.now.as_second() < call.line.looked_at.saturating_add(pause(&call, asker)) {
            return Ok((call, Came::None));
        }
        let Some(placed) = call.line.placed.as_deref().filter(|_| !call.line.closed) else {
            return Ok((call, Came::None));
        };
        let placed = placed.to_owned();
        if !self.store.take_look(&call, invocation.now).await? {
            return Ok((call, Came::None));
        }
        let line = Line { looked_at: invocation.now.as_second(), ..call.line };
        let call = Call { line, ..call };
        let heard = match self.ask(&call, &placed, limit, invocation).await {
            Ok(heard) => heard,
            Err(error) => {
                // The last view is still true, and the turn is used up.
                warn!(call = ?call.id, %error, "a call could not be looked at");
                return Ok((call, Came::Silent));
            }
        };
        let look = judge(&call, &heard, asker, invocation.now);
        if !look.is_news_for(&call) {
            return Ok((call, Came::Seen));
        }
        if !self.is_listed(&call, &look, invocation).await {
            return Ok((call, Came::HeldBack));
        }
        if !self.store.looked(&call, &look, &invocation.step("looked", call.id.as_str())).await? {
            // A later look was written first, and its client may have been told already: what this
            // one saw never was shown.
            return Ok((self.store.call(&call.id).await?.unwrap_or(call), Came::Seen));
        }
        count_opt_out(&call, &look);
        if look.closed {
            let price = look.price.unwrap_or(Price::NOTHING);
            telemetry::add(&UPSTREAM_COST, price.dialler.atomic(), [call.line.dialler.as_str().into()]);
            telemetry::add(&UPSTREAM_COST, price.carrier.atomic(), ["twilio".into()]);
        }
        Ok((call.after(look), Came::Seen))
    }

    /// What the vendor that has a call tells of it.
    async fn ask(
        &self,
        call: &Call,
        placed: &str,
        limit: Duration,
        invocation: &Invocation,
    ) -> Result<Heard, BlandError> {
        match call.line.dialler {
            Dialler::Bland => {
                let id = BlandCallId::parse(placed).map_err(|_| BlandError::NotFound)?;
                let limit = invocation.at_most(limit, Duration::from_secs(2));
                let told = self.bland.call(&id, limit).await;
                if let Err(BlandError::Account { message }) = &told {
                    telemetry::locked_out(Neighbour::Bland, message);
                }
                let told = told?;
                // What is said of a callee counts only where the record names this call of ours.
                let is_ours = told.request_id.as_deref() == Some(call.id.as_str());
                let heard = told.heard(before(call));
                Ok(Heard { opted_out: heard.opted_out && is_ours, ..heard })
            }
        }
    }

    /// Looks at a call whose time is up, and stops it if it still runs. One of which nothing can be
    /// learned any more ends in an error, or as it was last seen to have ended.
    pub async fn end(&self, known: Call, invocation: &Invocation) -> Result<(), Fault> {
        // What is given up is looked at before, also where another process has looked a moment ago.
        let asker = if is_lost(&known, invocation.now)? { Asker::Last } else { Asker::Knows };
        let (call, came) = self.looks(asker, ASK, known, invocation).await?;
        if call.line.closed || came == Came::HeldBack {
            return Ok(());
        }
        hang_up::count_if_late(&call, invocation);
        // What may still run is looked after until it does not, however late that is.
        if call.line.ended_at.is_none()
            && let Some(placed) = self.known_as(&call).await?
            && !self.stop(&placed, invocation).await
        {
            return Ok(());
        }
        let is_unseen = came == Came::None && call.line.placed.is_some();
        if !is_unseen && is_lost(&call, invocation.now)? && call.business.charge != Charge::Pending {
            let look = given_up(&call, invocation.now);
            self.store.looked(&call, &look, &invocation.step("lost", call.id.as_str())).await?;
        }
        Ok(())
    }

    /// What the dialler calls it. Its sale knows that from the fence on, and the call a write
    /// later, which may have been lost.
    async fn known_as(&self, call: &Call) -> Result<Option<String>, Fault> {
        if call.line.placed.is_some() {
            return Ok(call.line.placed.clone());
        }
        match self.store.sale(&call.business.sale).await? {
            Some(record) => Ok(record.work.call()?.placed.clone()),
            None => Ok(None),
        }
    }
}

/// A call that is there and kept still.
pub(super) fn still_kept(call: Option<Call>, invocation: &Invocation) -> Result<Call, Refusal> {
    call.filter(|call| invocation.now < call.line.kept_until).ok_or(Refusal::UnknownCall)
}

/// Whether so much time has passed since a call ended, or must have, that the vendor will say no
/// more of it.
fn is_lost(call: &Call, now: Timestamp) -> Result<bool, StoreFault> {
    let longest = Duration::from_secs(u64::from(call.line.max_duration) * 60);
    let ended = call.line.ended_at.map_or_else(|| call.line.created_at.saturating_add(longest), Ok)?;
    Ok(ended.saturating_add(LOST)? < now)
}
