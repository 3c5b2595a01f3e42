//! Who waits for something new about a call: one request at a time. The place is a lease on the
//! call's row with an end of its own, so that a request that died in it keeps no other from waiting
//! for long.

use crate::store::change::{Change, When, at_most, is, no};
use crate::store::rows::{SALE, WAITED_UNTIL};
use crate::store::{Store, StoreFault, keys};
use crate::types::Timestamp;

use super::Call;

impl Store {
    /// Takes the place of the one that waits, until then.
    pub async fn take_wait(&self, call: &Call, now: Timestamp, until: Timestamp) -> Result<bool, StoreFault> {
        let change = Change::update(keys::call(&call.id))
            .set(WAITED_UNTIL, until)
            .when(is(SALE, &call.business.sale))
            .when(When::Any(vec![no(WAITED_UNTIL), at_most(WAITED_UNTIL, now)]));
        // If its answer is lost it looks like another's: then nothing is waited for, which costs
        // the client one more poll.
        Ok(self.change(change).await?.is_ok())
    }

    /// Leaves it, if it was taken until then. One that another has taken since, or that is gone
    /// with its call, is not ours to leave.
    pub async fn leave_wait(&self, call: &Call, until: Timestamp) -> Result<(), StoreFault> {
        let change = Change::update(keys::call(&call.id)).remove(WAITED_UNTIL).when(is(WAITED_UNTIL, until));
        self.change(change).await.map(drop)
    }
}
