//! A number in a list, the same whether the list was paid for or signed in for.

use serde::Serialize;

use crate::paid::chain;
use crate::store::work;
use crate::types::{Network, Timestamp, rfc3339, whole_days};

#[derive(Serialize)]
pub(super) struct Listed {
    phone_number: String,
    country: String,
    expires_at: String,
    /// Whole days, rounded down.
    days_remaining: u64,
    chain: &'static str,
    active: bool,
}

impl Listed {
    /// A wallet's number on this network, as it is at this time.
    pub(super) fn on(network: Network, listed: &work::Listed, at: Timestamp) -> Self {
        Self {
            phone_number: listed.number.as_str().to_owned(),
            country: listed.country.to_string(),
            expires_at: rfc3339(listed.expires_at),
            days_remaining: whole_days(at, listed.expires_at),
            chain: chain(network),
            active: true,
        }
    }
}
