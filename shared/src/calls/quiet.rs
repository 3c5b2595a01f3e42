//! Calls that are held as an operator wants it, and the hours at which no phone rings.
//!
//! `docs/decisions.md`: How is it known what hour it is at the callee?

use super::Calls;
use super::refused::seconds_until;
use crate::limits::manners::{Manners, Night};
use crate::refusal::Refusal;
use crate::types::{PhoneNumber, Timestamp};

impl Calls {
    /// The same, held as an operator wants it.
    #[must_use]
    pub fn held(mut self, manners: Manners) -> Self {
        self.manners = manners;
        self
    }

    /// Why a number is not called now, though it may be in the morning.
    pub fn not_now(&self, to: &PhoneNumber, now: Timestamp) -> Option<Refusal> {
        let quiet = self.manners.quiet?;
        let Night { opens, certain } = quiet.night(to, now)?;
        Some(Refusal::QuietHours { hours: quiet.hours(), certain, opens, retry_after: seconds_until(opens, now) })
    }
}
