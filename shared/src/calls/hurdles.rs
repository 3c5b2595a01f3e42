//! What stands in the way of a call: a call to the same number that is under way, or a limit. A call that is over counts until
//! it was looked at, so before a caller is sent away for one, it is looked at.

use futures_util::future;

use super::Calls;
use crate::invocation::Invocation;
use crate::limits::{Budget, Limit};
use crate::refusal::{Refusal, UnderWay};
use crate::sale::{Behind, Stop};
use crate::store::limits::{Asking, Counters, Hurdle};
use crate::types::{CallId, PhoneNumber};

/// How many calls of a wallet are looked at before it is sent away: those that may run, and as many that have just ended.
const LOOKED_AT: usize = 6;

impl Calls {
    /// What has been counted, if one more call may be placed.
    pub(super) async fn admitted(
        &self,
        counters: Counters,
        asking: &Asking<'_>,
        budget: &Budget,
        invocation: &Invocation,
    ) -> Result<Counters, Refusal> {
        let Err(hurdle) = counters.admit(asking, budget, invocation.now)? else {
            return Ok(counters);
        };
        let open: Vec<CallId> = counters.open().into_iter().map(|call| call.id).take(LOOKED_AT).collect();
        if open.is_empty() || !hurdle.may_be_over() {
            return Err(self.refusal_of(hurdle, &counters, asking.to).await);
        }
        future::join_all(open.iter().map(|call| self.look(call, invocation))).await;
        let (_, counters) = self.store.before_call(asking.wallet, asking.to, invocation.now).await?;
        match counters.admit(asking, budget, invocation.now)? {
            Ok(_) => Ok(counters),
            // One that was not placed yet may come to nothing: its sale decides, when this one is claimed.
            Err(Hurdle::Talking(call)) if self.is_not_placed(&call).await? => Ok(counters),
            Err(hurdle) => Err(self.refusal_of(hurdle, &counters, asking.to).await),
        }
    }

    /// The same, when a claim is made.
    pub(super) async fn hindered(&self, hurdle: Hurdle, counters: &Counters, to: &PhoneNumber) -> Stop {
        if let Hurdle::Talking(call) = &hurdle {
            match self.store.call(call).await {
                Ok(Some(call)) if call.placed.is_none() => {
                    return Stop::Behind(Behind { sale: call.sale, limit: Limit::UnpaidCall });
                }
                Ok(_) => {}
                Err(fault) => return Stop::Refuse(fault.into()),
            }
        }
        Stop::Refuse(self.refusal_of(hurdle, counters, to).await)
    }

    async fn is_not_placed(&self, call: &CallId) -> Result<bool, Refusal> {
        Ok(self.store.call(call).await?.is_none_or(|call| call.placed.is_none()))
    }

    /// A limit; unless the callee does not want to be called, which will be so as well when the limit is not.
    async fn refusal_of(&self, hurdle: Hurdle, counters: &Counters, to: &PhoneNumber) -> Refusal {
        let reached = match hurdle {
            Hurdle::Talking(id) => return Refusal::CallInProgress { call: UnderWay { id, to: to.clone() } },
            Hurdle::Reached(reached) => reached,
        };
        match self.store.opted_out(to).await {
            Ok(None) if reached.limit == Limit::CallsAtOnce => {
                let calls = counters.open().into_iter().filter(|call| call.runs);
                let calls = calls.map(|call| UnderWay { id: call.id, to: call.to }).collect();
                let (limit, message) = (reached.limit.code(), reached.limit.to_string());
                Refusal::RateLimited { limit, retry_after: reached.retry_after, message, calls }
            }
            Ok(None) => reached.into(),
            Ok(Some(_)) => Refusal::DestinationOptedOut,
            Err(fault) => fault.into(),
        }
    }
}
