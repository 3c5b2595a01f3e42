//! What is asked and changes nothing.

mod blocked;
mod call;
mod calls;
mod number;
mod payment;
mod rates;
mod stock;
mod stuck;
mod tail;
mod voices;
mod wallet;

use std::time::Duration;

pub(crate) use blocked::blocked;
pub(crate) use call::call;
pub(crate) use calls::{calls, margin, top};
pub(crate) use number::number;
pub(crate) use payment::{document, payment, sale_facts};
pub(crate) use rates::rates;
pub(crate) use stock::stock;
pub(crate) use stuck::stuck;
pub(crate) use tail::tail;
pub(crate) use voices::voices;
pub(crate) use wallet::wallet;

use shared::calls::destinations::{self, Unsupported};
use shared::types::PhoneNumber;

use crate::terminal::Trouble;

/// How long a vendor may take: the operator waits for the answer.
pub(crate) const ASK: Duration = Duration::from_secs(10);

/// Reads a phone number that was typed. In another spelling it would be another number here, and
/// never called by it: an opt-out would not be one.
pub(crate) fn phone_number(text: &str) -> Result<PhoneNumber, Trouble> {
    // As people write one: blanks, brackets, dots and dashes are not part of it.
    let bare: String = text.chars().filter(|it| !it.is_whitespace() && !"()-.".contains(*it)).collect();
    let number = PhoneNumber::parse(&bare).map_err(|error| Trouble(format!("{text} is {error}")))?;
    match destinations::check(&number) {
        Err(
            why @ (Unsupported::Spelling
            | Unsupported::DialThrough
            | Unsupported::Doubled(_)
            | Unsupported::TooLong
            | Unsupported::TooShort),
        ) => Err(Trouble(format!("{text} is not a number's own spelling: {why}"))),
        _ => Ok(number),
    }
}
