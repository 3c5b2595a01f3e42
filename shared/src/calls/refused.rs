//! What a caller is told whose call is not placed.

use super::objection::field_of;
use crate::limits::{Limit, Reached};
use crate::refusal::Refusal;
use crate::sale::{Behind, Stop};
use crate::store::calls::Reason;
use crate::telemetry::{self, Neighbour};
use crate::types::Timestamp;
use crate::upstream::bland::DialError;

/// How long it is until then.
pub(super) fn seconds_until(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(then.as_second() - now.as_second()).unwrap_or(0).max(1)
}

/// A call that is not claimed.
pub(super) fn stop(reason: Reason, now: Timestamp) -> Stop {
    let (limit, retry_after) = match reason {
        Reason::Blocked => return Refusal::WalletBlocked.into(),
        Reason::OptedOut => return Refusal::DestinationOptedOut.into(),
        Reason::Dialling(sale) => return Stop::Behind(Behind { sale, limit: Limit::UnpaidCall, ended: Vec::new() }),
        Reason::Unpaid(until) => (Limit::UnpaidRing, seconds_until(until, now)),
        Reason::CreditSpent => (Limit::CreditSpent, 1),
    };
    Refusal::from(Reached { limit, retry_after }).into()
}

/// A call that the dialler has not taken.
pub(super) fn refusal(error: DialError) -> Refusal {
    match error {
        DialError::UnsupportedDestination { message } => Refusal::UnsupportedDestination { message },
        DialError::RateLimited { retry_after } => {
            Refusal::UpstreamRateLimited { vendor: Neighbour::Bland, retry_after }
        }
        DialError::Account { message } => {
            telemetry::locked_out(Neighbour::Bland, &message);
            Refusal::Upstream { vendor: Neighbour::Bland, message: "calls are not available at the moment".to_owned() }
        }
        // What Bland refuses of a request that we have checked is the caller's: a voice, a task.
        DialError::Refused { message } => {
            Refusal::bad(field_of(&message).unwrap_or("body"), format!("Bland refuses the call: {message}"))
        }
        DialError::NotSent | DialError::Unclear | DialError::Unknown => {
            telemetry::vendor_failed(Neighbour::Bland);
            Refusal::Upstream { vendor: Neighbour::Bland, message: error.to_string() }
        }
        DialError::NumberNotReady => Refusal::Upstream { vendor: Neighbour::Bland, message: error.to_string() },
    }
}
