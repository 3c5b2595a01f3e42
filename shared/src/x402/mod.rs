//! Payment: what we ask for, what a client presents, whether it is authentic, and what a facilitator or the chain says
//! about it. It knows the x402 protocol (both versions) and the `exact` scheme on EVM chains and on Solana. It knows nothing of what
//! is sold, of records, or of the answers that our endpoints give.
//!
//! An [`Offer`] becomes a [`Quote`] per network, and together they make the [`Demand`] of a 402. A request brings a
//! [`Presented`] payment, in which nothing is believed yet; checking it against our quotes makes it [`Verified`], or
//! [`Unproven`] where only the chain can tell. Money moves through the [`Facilitator`], and where its answer is no answer,
//! [`Nodes`] ask the chain.

mod offer;
pub use offer::{Demand, MAX_TIMEOUT, Offer, Quote, Terms, demand};

mod bazaar;
pub use bazaar::Listing;

mod payment;
pub use payment::{
    Authorization, Checked, LONGEST_UNWATCHED, LONGEST_WINDOW, Malformed, Misfit, NotConfirmed, Payload,
    PaymentRefused, Presented, SignedAuthorization, Unproven, Verified, Version,
};

mod facilitator;
pub use facilitator::{Facilitator, Receipt, SettleAnswer, Verdict, answers, question, remedy, says_used};

mod chain;
pub use chain::{EvmRpc, Standing, node};

mod cluster;
pub use cluster::{SolanaRpc, answers as cluster_answers};

mod nodes;
pub use nodes::{Inbound, InboundPayment, Nodes, Reach, Received, Truth};

mod exact_svm;
pub use exact_svm::{Transfer, token_account};

mod payback;
pub use payback::Payback;

mod payback_svm;
pub use payback_svm::{SolanaKey, Unsigned};

mod cdp;
pub use cdp::{CdpKey, NotACdpKey};

mod keys;
pub use keys::{Needed, PaymentKeys};

mod json_rpc;
pub use json_rpc::{KEY, Place};

pub mod headers;
pub use headers::receipt_headers;

mod exact_evm;
mod smart_wallet;
mod wire_v1;
mod wire_v2;

#[cfg(test)]
mod samples;
