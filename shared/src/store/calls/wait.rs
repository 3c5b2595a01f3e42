//! Who waits for something new about a call: one request at a time. The place is a lease on the call's row with an end of its own, so
//! that a request that died in it keeps no other from waiting for long.

use crate::store::change::{Change, Changes, When, at_most, is, no};
use crate::store::rows::{SALE, WAITED_UNTIL};
use crate::store::{Done, Hurdle, Store, StoreFault, keys};
use crate::types::Timestamp;

use super::Call;

impl Store {
    /// Takes the place of the one that waits, until then. `token` names this try.
    pub async fn take_wait(
        &self,
        call: &Call,
        now: Timestamp,
        until: Timestamp,
        token: &str,
    ) -> Result<bool, StoreFault> {
        let change = Change::update(keys::call(&call.id))
            .set(WAITED_UNTIL, until)
            .when(is(SALE, &call.business.sale))
            .when(When::Any(vec![no(WAITED_UNTIL), at_most(WAITED_UNTIL, now)]))
            .or(Hurdle::Call);
        Ok(matches!(self.transact(Changes::of([change]), token).await?, Done::Yes))
    }

    /// Leaves it, if it was taken until then. One that another has taken since, or that is gone with its call, is not ours to leave.
    pub async fn leave_wait(&self, call: &Call, until: Timestamp, token: &str) -> Result<(), StoreFault> {
        let change =
            Change::update(keys::call(&call.id)).remove(WAITED_UNTIL).when(is(WAITED_UNTIL, until)).or(Hurdle::Call);
        self.transact(Changes::of([change]), token).await.map(drop)
    }
}
