//! What stands in the way of a call: a call to the same number that is under way, or a limit. A
//! call that is over counts until it was looked at, so before a caller is sent away for one, it is
//! looked at.

use futures_util::future;

use super::Calls;
use crate::invocation::Invocation;
use crate::limits::{Budget, Limit};
use crate::refusal::{Refusal, UnderWay};
use crate::sale::{Behind, Stop};
use crate::store::StoreFault;
use crate::store::limits::{Asking, Counters, Obstacle};
use crate::types::{CallId, PaymentId, PhoneNumber, Run};

/// How many calls of a wallet are looked at before it is sent away: those that may run, and as many
/// that have just ended.
const LOOKED_AT: usize = 6;

impl Calls {
    /// What has been counted, if one more call may be placed. A dry run goes by what the last look
    /// at each has seen.
    pub(super) async fn admitted(
        &self,
        mut counters: Counters,
        asking: &Asking<'_>,
        budget: &Budget,
        run: Run,
        invocation: &Invocation,
    ) -> Result<Counters, Refusal> {
        let Err(obstacle) = self.store.admit(&mut counters, asking, budget, invocation.now).await? else {
            return Ok(counters);
        };
        let open: Vec<CallId> = counters.open().into_iter().map(|call| call.id).take(LOOKED_AT).collect();
        if open.is_empty() || !obstacle.may_be_over() {
            return Err(self.refusal_of(obstacle, &counters, asking.to).await);
        }
        let mut counters = match run {
            Run::Real => {
                future::join_all(open.iter().map(|call| self.look(call, invocation))).await;
                self.store.before_call(asking.call, asking.wallet, asking.to, budget, invocation.now).await?.1
            }
            Run::Dry => counters,
        };
        match self.store.admit(&mut counters, asking, budget, invocation.now).await? {
            Ok(_) => Ok(counters),
            // One that was not placed yet may come to nothing: its sale decides, when this one is
            // claimed.
            Err(Obstacle::Talking(call)) if self.is_not_placed(&call).await? => Ok(counters),
            Err(obstacle) => Err(self.refusal_of(obstacle, &counters, asking.to).await),
        }
    }

    /// The same, when the claim of this sale is made. A call that is in the way may be its own,
    /// which a twin of this request has placed.
    pub(super) async fn hindered(
        &self,
        obstacle: Obstacle,
        sale: &PaymentId,
        counters: &Counters,
        to: &PhoneNumber,
    ) -> Stop {
        if let Obstacle::Talking(call) = &obstacle {
            match self.in_the_way(call, sale).await {
                Ok(Some(stop)) => return stop,
                Ok(None) => {}
                Err(fault) => return Stop::Refuse(fault.into()),
            }
        }
        Stop::Refuse(self.refusal_of(obstacle, counters, to).await)
    }

    async fn in_the_way(&self, call: &CallId, sale: &PaymentId) -> Result<Option<Stop>, StoreFault> {
        let Some(call) = self.store.call(call).await? else { return Ok(None) };
        if call.business.sale == *sale {
            return Ok(self.store.sale(sale).await?.map(|record| Stop::Earlier(Box::new(record))));
        }
        let behind = Behind { sale: call.business.sale, limit: Limit::UnpaidCall, ended: Vec::new() };
        Ok(call.line.placed.is_none().then_some(Stop::Behind(behind)))
    }

    async fn is_not_placed(&self, call: &CallId) -> Result<bool, Refusal> {
        Ok(self.store.call(call).await?.is_none_or(|call| call.line.placed.is_none()))
    }

    /// Reports the opt-out rather than the limit: it will still apply when the limit has passed.
    async fn refusal_of(&self, obstacle: Obstacle, counters: &Counters, to: &PhoneNumber) -> Refusal {
        let reached = match obstacle {
            Obstacle::Talking(id) => return Refusal::CallInProgress { call: UnderWay { id, to: to.clone() } },
            Obstacle::Reached(reached) => reached,
        };
        match self.store.opted_out(to).await {
            Ok(None) if reached.limit == Limit::CallsAtOnce => {
                let calls = counters.open().into_iter().filter(|call| call.runs);
                let calls = calls.map(|call| UnderWay { id: call.id, to: call.to }).collect();
                Refusal::RateLimited { reached, calls }
            }
            Ok(None) => reached.into(),
            Ok(Some(_)) => Refusal::DestinationOptedOut,
            Err(fault) => fault.into(),
        }
    }
}
