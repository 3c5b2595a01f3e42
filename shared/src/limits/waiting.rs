//! Who waits for what, and how long: requests for a sale, doubts for their next look, and stray
//! payments for another day. None of it is a limit that a refusal names.

use std::time::Duration;

/// Requests that wait at a time for the same sale; another one is told at once when to repeat.
pub const WAITERS: u32 = 16;
/// How long each of them waits for its own payment, once that is sent;
pub const PATIENCE: Duration = Duration::from_secs(3);
/// and for what is still undone, or is another payment's.
pub const LONG_PATIENCE: Duration = Duration::from_secs(10);
/// How long a payment in doubt rests after a look that was not the first: longer than a request
/// waits for it, so that copies of a header do not settle and search one after the other. A client
/// is told to repeat it after that.
pub const REST: Duration = Duration::from_secs(PATIENCE.as_secs() + 2);

/// A stray payment that waited for another day is tried within this time of its beginning, and what
/// came in within that time is tried behind it.
pub const MORNING: Duration = Duration::from_mins(5);
