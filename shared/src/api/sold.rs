//! Which endpoint sells which kind of work.

use super::{Endpoint, NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW, VOICE_CALL, VOICE_CALLS_LIST};
use crate::store::work::Kind;

impl Kind {
    /// The endpoint that sells it; none sells what was paid without asking.
    pub const fn endpoint(self) -> Option<&'static Endpoint> {
        match self {
            Self::Lease => Some(&NUMBERS_BUY),
            Self::Renew => Some(&NUMBERS_RENEW),
            Self::List => Some(&NUMBERS_LIST),
            Self::Calls => Some(&VOICE_CALLS_LIST),
            Self::Call => Some(&VOICE_CALL),
            Self::Nothing => None,
        }
    }

    /// Its name where sales are counted: the endpoint's.
    pub const fn counted_as(self) -> &'static str {
        match self.endpoint() {
            Some(endpoint) => endpoint.name,
            None => self.as_str(),
        }
    }
}
