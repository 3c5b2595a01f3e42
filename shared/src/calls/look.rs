//! Looking at a call: at most once in five seconds however many ask, never after it has settled, and never back from an
//! end to something that runs.

use std::time::Duration;

use tracing::warn;

use super::Calls;
use super::outcome::{self, view_of};
use crate::invocation::Invocation;
use crate::limits::rates;
use crate::refusal::{Fault, Refusal};
use crate::store::calls::{Call, Look};
use crate::store::{Charge, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::UPSTREAM_COST;
use crate::types::{CallId, PhoneNumber, Timestamp, Usdc};
use crate::upstream::bland::{BlandCall, BlandCallId};

/// The vendor advises five seconds, and pays for every look.
const EVERY: i64 = 5;
/// What the vendor writes after a call has ended may take so long to come.
const SETTLING: Duration = Duration::from_mins(1);
/// How long a call whose time is up is left before it is looked at again.
pub const OVERDUE: Duration = Duration::from_mins(1);
/// A call of which nothing is heard so long after it must have ended is an error, and not charged.
const LOST: Duration = Duration::from_mins(10);
const ASK: Duration = Duration::from_secs(8);

impl Calls {
    /// A call as it stands, after a look if one is due.
    pub async fn look(&self, id: &CallId, invocation: &Invocation) -> Result<Call, Refusal> {
        let call = self.store.call(id).await?.ok_or(Refusal::UnknownCall)?;
        Ok(self.look_if_due(call, invocation).await?)
    }

    async fn look_if_due(&self, call: Call, invocation: &Invocation) -> Result<Call, StoreFault> {
        if invocation.now.as_second() < call.looked_at.saturating_add(EVERY) {
            return Ok(call);
        }
        let Some(placed) = call.placed.as_deref().filter(|_| !call.settled) else { return Ok(call) };
        let Ok(placed) = BlandCallId::parse(placed) else { return Ok(call) };
        let step = |verb: &str| format!("{verb} {} {}", call.id.as_str(), invocation.attempt.as_str());
        if !self.store.take_look(&call, invocation.now, &step("look")).await? {
            return Ok(call);
        }
        let record = match self.bland.call(&placed, invocation.at_most(ASK, Duration::from_secs(2))).await {
            Ok(record) => record,
            Err(error) => {
                // The last view is still true, and the turn is used up.
                warn!(call = ?call.id, %error, "a call could not be looked at");
                return Ok(Call { looked_at: invocation.now.as_second(), ..call });
            }
        };
        let look = judge(&call, &record, invocation.now);
        if self.store.looked(&call, &look, invocation.now, &step("looked")).await? && look.settled {
            let bland = record.cost().atomic();
            telemetry::add(&UPSTREAM_COST, bland, ["bland".into()]);
            let carrier = look.price.map_or(0, Usdc::atomic).saturating_sub(bland);
            telemetry::add(&UPSTREAM_COST, carrier, ["twilio".into()]);
        }
        Ok(shown(call, look, invocation.now))
    }

    /// Looks at a call whose time is up, and stops it if it still runs. One of which nothing can be learned any more ends
    /// in an error.
    pub async fn end(&self, known: Call, invocation: &Invocation) -> Result<(), Fault> {
        let call = self.look_if_due(known, invocation).await?;
        if call.settled || call.ended_at.is_some() {
            return Ok(());
        }
        // What may still run is looked after until it does not, however late that is.
        if let Some(placed) = &call.placed
            && !self.stop(placed, invocation).await
        {
            return Ok(());
        }
        let overdue = Duration::from_secs(u64::from(call.max_duration) * 60) + LOST;
        let lost = call.created_at.saturating_add(overdue).map_err(StoreFault::from)? < invocation.now;
        if lost && call.charge != Charge::Pending {
            let look = Look {
                view: view_of(&outcome::lost(), None),
                ended_at: Some(invocation.now),
                settled: true,
                refund_due: call.charge == Charge::Paid,
                price: None,
            };
            let step = format!("lost {} {}", call.id.as_str(), invocation.attempt.as_str());
            let at = Timestamp::from_second(call.looked_at).unwrap_or(invocation.now);
            self.store.looked(&call, &look, at, &step).await?;
        }
        Ok(())
    }
}

/// What a record of the vendor's says about a call of ours.
fn judge(call: &Call, record: &BlandCall, now: Timestamp) -> Look {
    let outcome = outcome::of(record, call.max_duration);
    let ended_at = call.ended_at.or(outcome.is_terminal().then_some(now));
    // An end is never taken back: a record that runs again is a record that lags.
    if let (Some(_), false, Some(view)) = (call.ended_at, outcome.is_terminal(), &call.view) {
        return Look { view: view.clone(), ended_at, settled: false, refund_due: false, price: None };
    }
    let rested = ended_at.is_some_and(|at| at.saturating_add(SETTLING).is_ok_and(|rested| rested <= now));
    // While the payment is unknown it cannot be said whether an error has to be paid back.
    let settled = outcome.is_terminal() && rested && call.charge != Charge::Pending;
    let refund_due = settled && outcome.is_error() && call.charge == Charge::Paid;
    Look { view: view_of(&outcome, Some(record)), ended_at, settled, refund_due, price: price_of(record, &call.to) }
}

/// What a call that is over has cost us: the dialler's price, and the carrier's minutes, which are not in it. Nothing, if nobody
/// talked; unknown, if somebody did and the dialler does not say what it costs.
fn price_of(record: &BlandCall, to: &PhoneNumber) -> Option<Usdc> {
    let seconds = outcome::seconds(record);
    let carrier = rates::carrier_minute(to).times(seconds.div_ceil(60));
    match record.price {
        Some(_) => Some(record.cost().plus(carrier)),
        None => (seconds == 0).then(|| Usdc::micros(0)),
    }
}

fn shown(call: Call, look: Look, now: Timestamp) -> Call {
    let charge = if look.refund_due { Charge::RefundDue } else { call.charge };
    Call {
        view: Some(look.view),
        ended_at: look.ended_at,
        settled: look.settled,
        looked_at: now.as_second(),
        charge,
        ..call
    }
}

#[cfg(test)]
mod tests {
    use super::price_of;
    use crate::calls::outcome::tests::new;
    use crate::types::{PhoneNumber, Usdc};
    use crate::upstream::bland::{BlandCall, Decimal};

    #[test]
    fn a_call_costs_the_diallers_price_and_the_carriers_minutes_and_what_nobody_says_is_not_known() {
        let to = PhoneNumber::parse("+12133610872").unwrap();
        let minute = crate::limits::rates::carrier_minute(&to).atomic();
        for (price, seconds, cost) in [
            (None, None, Some(0)),
            (None, Some("0"), Some(0)),
            (None, Some("1"), None),
            (Some("0"), None, Some(0)),
            (Some("0.14"), Some("1"), Some(140_000 + minute)),
            (Some("0.14"), Some("60"), Some(140_000 + minute)),
            (Some("0.28"), Some("61"), Some(280_000 + 2 * minute)),
        ] {
            let [corrected_duration, price] = [seconds, price].map(|text| text.and_then(Decimal::parse));
            let record = BlandCall { corrected_duration, price, ..new() };
            assert_eq!(price_of(&record, &to), cost.map(Usdc::micros), "{record:?}");
        }
    }
}
