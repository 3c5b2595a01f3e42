//! From when and until when an authorization is good, by a clock: whether there is time to settle
//! it, and not too much.

use std::time::Duration;

use crate::types::Timestamp;
use crate::x402::{Authorization, PaymentRefused};

/// How far our clock may be behind the payer's.
const SKEW: Duration = Duration::from_secs(5);
/// How much older than the clock the newest block may be that a chain or a simulation goes by:
/// blocks are two seconds apart, and take a moment to be known.
const BLOCK: Duration = Duration::from_secs(3);
/// What a settlement needs: facilitators refuse below six seconds.
const LEAST: Duration = Duration::from_secs(10);
/// The longest that a payment may still be good for, where a node of ours sees what becomes of it:
/// what arrives after we have given it up is found and goes back.
pub const LONGEST_WINDOW: Duration = Duration::from_hours(7 * 24);
/// The same where there is no node: what arrives then would be kept, so we wait until it cannot.
pub const LONGEST_UNWATCHED: Duration = Duration::from_mins(15);

impl Authorization {
    /// The first second at which a block can be later than `validAfter`, and be known.
    fn is_taken_at(&self) -> u64 {
        self.valid_after.saturating_add(1).saturating_add(BLOCK.as_secs())
    }

    pub(super) fn takes(&self, now: Timestamp) -> Duration {
        let now = Duration::from_millis(u64::try_from(now.as_millisecond()).unwrap_or(0));
        Duration::from_secs(self.is_taken_at()).saturating_sub(now)
    }

    pub(super) fn window(&self, now: Timestamp, longest: Duration) -> Result<(), PaymentRefused> {
        let now = u64::try_from(now.as_second()).unwrap_or(0);
        let Self { valid_after, valid_before, .. } = *self;
        if valid_after > now.saturating_add(SKEW.as_secs()) {
            return Err(not_yet_valid());
        }
        if valid_before < now.max(self.is_taken_at()).saturating_add(LEAST.as_secs()) {
            return Err(PaymentRefused::new(
                "expired",
                "The authorization has expired or is about to; sign a new one that lives for maxTimeoutSeconds.",
            ));
        }
        if valid_before > now.saturating_add(longest.as_secs()) {
            return Err(window_too_long(longest));
        }
        Ok(())
    }
}

pub(super) fn not_yet_valid() -> PaymentRefused {
    let message = format!(
        "authorization.validAfter is more than {} s in the future by our clock; set it to the past (0 will do), and sign again.",
        SKEW.as_secs()
    );
    PaymentRefused::new("not_yet_valid", message)
}

pub(super) fn window_too_long(longest: Duration) -> PaymentRefused {
    let minutes = longest.as_secs() / 60;
    let longest =
        if minutes < 24 * 60 { format!("{minutes} minutes") } else { format!("{} days", minutes / (24 * 60)) };
    let message = format!(
        "authorization.validBefore is too late, more than {longest} away; sign a new one that lives for maxTimeoutSeconds."
    );
    PaymentRefused::new("window_too_long", message)
}
