//! What is asked and changes nothing.

mod call;
mod number;
mod payment;
mod stock;
mod stuck;
mod wallet;

use std::time::Duration;

pub(crate) use call::call;
pub(crate) use number::number;
pub(crate) use payment::{document, payment, sale_facts};
pub(crate) use stock::stock;
pub(crate) use stuck::stuck;
pub(crate) use wallet::wallet;

use shared::types::PhoneNumber;

use crate::terminal::Trouble;

/// How long a vendor may take: somebody waits for the answer.
pub(crate) const ASK: Duration = Duration::from_secs(10);

/// Reads a phone number that was typed.
pub(crate) fn phone_number(text: &str) -> Result<PhoneNumber, Trouble> {
    PhoneNumber::parse(text).map_err(|error| Trouble(format!("{text} is {error}")))
}
