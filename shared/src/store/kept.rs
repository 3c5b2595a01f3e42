//! How long what is over is kept. Deletion is housekeeping, never a lock.

use std::time::Duration;

use crate::types::DAY;

/// A sale, once it has ended: its record outlives every signature by far.
pub(super) const SALE: Duration = Duration::from_secs(60 * DAY.as_secs());

/// A call, since it was dialled: it holds what people said.
pub(super) const CALL: Duration = Duration::from_secs(30 * DAY.as_secs());

/// That a wallet whose contract signs has paid.
pub(super) const PAID_BY_CONTRACT: Duration = Duration::from_secs(60 * DAY.as_secs());

/// What was paid back on a day.
pub(super) const REFUNDED: Duration = Duration::from_secs(30 * DAY.as_secs());
