//! The wish that a call ends: written before the dialler is told, so that what is begun here is
//! brought to its end by the looks that follow and by the reaper, whatever becomes of the request.

use crate::store::change::{Change, is, no};
use crate::store::rows::{CallRow, DUE_AT, ENDED_AT, HANGUP_REQUESTED_AT, SALE};
use crate::store::{Done, Hurdle, Store, StoreFault, keys};
use crate::types::Timestamp;

use super::Call;

/// The state in which a call was found that is to be hung up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HangUp {
    /// It was not over: that it is to be hung up is on record, from now on or since an earlier
    /// request.
    Asked,
    /// It was seen to have ended.
    Over,
    /// It is not there: no phone rang, and its record is gone.
    Gone,
}

impl Store {
    /// Writes down that a call is to be hung up, unless it is over. The reaper comes for it at
    /// once, in case that this request does not get to it.
    pub async fn hang_up(&self, call: &Call, now: Timestamp) -> Result<HangUp, StoreFault> {
        let change = Change::update(keys::call(&call.id))
            .set(HANGUP_REQUESTED_AT, now)
            .set(DUE_AT, now)
            .when(is(SALE, &call.business.sale))
            .when(no(ENDED_AT))
            .when(no(HANGUP_REQUESTED_AT))
            .or(Hurdle::Call);
        match self.alone(change).await? {
            Done::Yes => Ok(HangUp::Asked),
            Done::No(lost) => Ok(match lost.found::<CallRow>()? {
                None => HangUp::Gone,
                Some(row) if row.ended_at.is_some() => HangUp::Over,
                Some(_) => HangUp::Asked,
            }),
        }
    }
}
