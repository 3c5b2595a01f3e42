//! A callee who asks, in a call, not to be called again. The dialler's model says so in the call's
//! record, which is asked for at the dialler with our key; what its word says, which a stranger
//! could send, is not read. From then on no wallet calls that number.
//!
//! The callee is on the list before the look that has seen it is written: who dies in between looks
//! again.
//!
//! `docs/decisions.md`: Who puts a callee on the list of those who are not called?

use tracing::warn;

use super::Calls;
use crate::invocation::Invocation;
use crate::store::calls::{Call, Look};
use crate::store::controls::List;
use crate::telemetry;
use crate::telemetry::metrics::OPT_OUTS;

impl Calls {
    /// The same, which may write into the list.
    #[must_use]
    pub fn listing(mut self, list: List) -> Self {
        self.list = list;
        self
    }

    /// Whether a look may be written: not before the callee is on the list who has asked for it.
    pub(super) async fn is_listed(&self, call: &Call, look: &Look, invocation: &Invocation) -> bool {
        if !is_new(call, look) {
            return true;
        }
        let why = format!("asked for in the call of {}", call.business.sale.tag());
        let (to, by) = (&call.line.to, &invocation.attempt);
        match self.store.opt_out_in_a_call(to, &why, self.list, by, invocation.now).await {
            Ok(is_there) => is_there,
            Err(fault) => {
                warn!(call = ?call.id, %fault, "a callee who has asked not to be called is not on the list yet");
                false
            }
        }
    }
}

fn is_new(call: &Call, look: &Look) -> bool {
    look.view.opted_out && !call.line.view.as_ref().is_some_and(|known| known.opted_out)
}

/// Counts a callee who has asked for it, with the look that says so.
pub(super) fn count_opt_out(call: &Call, look: &Look) {
    if is_new(call, look) {
        telemetry::add(&OPT_OUTS, 1, []);
    }
}
