//! Words of ours that stand in rows, read back.

use crate::types::{Country, PhoneNumber, Timestamp, Wallet};

use super::StoreFault;

pub(super) fn number_of(text: &str) -> Result<PhoneNumber, StoreFault> {
    PhoneNumber::parse(text).map_err(|_| StoreFault::Row("phone number"))
}

pub(super) fn country_of(text: &str) -> Result<Country, StoreFault> {
    Country::parse(text).map_err(|_| StoreFault::Row("country"))
}

pub(super) fn instant_of(second: i64) -> Result<Timestamp, StoreFault> {
    Timestamp::from_second(second).map_err(|_| StoreFault::Row("instant"))
}

pub(super) fn wallet_of(caip10: &str) -> Result<Wallet, StoreFault> {
    Wallet::from_caip10(caip10).map_err(|_| StoreFault::Row("wallet"))
}
