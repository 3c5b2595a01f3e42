//! Payment: what we ask for, what a client presents, whether it is authentic, and what a facilitator or the chain says
//! about it. It knows the x402 protocol (both versions) and the `exact` scheme on EVM chains. It knows nothing of what
//! is sold, of records, or of the answers that our endpoints give.
//!
//! An [`Offer`] becomes a [`Quote`] per network, and together they make the [`Demand`] of a 402. A request brings a
//! [`Presented`] payment, in which nothing is believed yet; checking it against our quotes makes it [`Verified`], or
//! [`Unproven`] where only the chain can tell. Money moves through the [`Facilitator`], and where its answer is no answer,
//! [`EvmRpc`] asks the chain.

mod offer;
pub use offer::{Demand, MAX_TIMEOUT, Offer, Quote, Terms, demand};

mod payment;
pub use payment::{
    Authorization, Checked, Malformed, NotConfirmed, PaymentRefused, Presented, Unproven, Verified, Version,
};

mod facilitator;
pub use facilitator::{Facilitator, Receipt, SettleAnswer, Verdict, answers, question, says_used};

mod chain;
pub use chain::{EvmRpc, Inbound, Truth, node};

mod payback;
pub use payback::Payback;

mod cdp;
pub use cdp::{CdpKey, NotACdpKey};

pub mod headers;
pub use headers::receipt_headers;

mod exact_evm;
mod wire_v1;
mod wire_v2;

#[cfg(test)]
mod samples;
