//! A call's place in the list of its wallet.

use crate::types::{CallId, Timestamp};

/// The place of a call among those that were dialled: its instant, and its id, since two may be
/// dialled in one second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialled {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub call: CallId,
}
