//! A price on one network.

use std::borrow::Cow;

use crate::types::{Network, Usdc, Wallet};

/// An offer's price on one network: what a payment must match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// Who is paid, and on which network.
    pub pay_to: Wallet,
    /// Exactly how much.
    pub amount: Usdc,
    /// The URL of what is sold.
    pub resource: String,
    /// The offer's description.
    pub description: Cow<'static, str>,
}

impl Quote {
    /// The network on which it is paid.
    pub const fn network(&self) -> Network {
        self.pay_to.network()
    }
}
