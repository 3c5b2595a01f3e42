//! Payment: what we ask for, what a client presents, whether it is authentic, and what a
//! facilitator or the chain says about it. It knows the x402 protocol (both versions) and the
//! `exact` scheme on EVM chains and on Solana. It knows nothing of what is sold, of records, or of
//! the answers that our endpoints give. And signing in, which is a signature without a payment
//! ([`SignIn`]).
//!
//! An [`Offer`] becomes a [`Quote`] per network, and together they make the [`Demand`] of a 402. A
//! request brings a [`Presented`] payment, in which nothing is believed yet; checking it against
//! our quotes makes it [`Verified`], or [`Unproven`] where only the chain can tell. Money moves
//! through the [`Facilitator`], and where its answer is not an answer, [`Nodes`] ask the chain.

// What there is: no module here does anything with it.
mod caller;
mod malformed;
mod quote;
mod receipt;
mod refused;
mod signed;
mod truth;
mod version;
pub use caller::Caller;
pub use malformed::Malformed;
pub use quote::Quote;
pub use receipt::Receipt;
pub use refused::PaymentRefused;
pub use signed::{Authorization, Payload, SignedAuthorization};
pub use truth::{Inbound, InboundPayment, Reach, Received, Truth};
pub use version::Version;

mod bazaar;
pub use bazaar::Listing;

mod requirements;
pub use requirements::MAX_TIMEOUT;

mod offer;
pub use offer::{Demand, Offer, Terms, demand};

mod payment;
pub use payment::{Checked, LONGEST_UNWATCHED, LONGEST_WINDOW, Misfit, Presented, Unproven, Verified};

mod facilitator;
pub use facilitator::{Facilitator, NotConfirmed, Reason, SettleAnswer, Verdict, answers, question};

mod chain;
pub use chain::{EvmRpc, Standing, node};

mod cluster;
pub use cluster::{SolanaRpc, answers as cluster_answers};

mod nodes;
pub use nodes::{Nodes, Solvency};

mod exact_svm;
pub use exact_svm::{Transfer, token_account};

mod payback;
pub use payback::Payback;

mod payback_svm;
pub use payback_svm::{SolanaKey, Unsigned};

mod paying;
pub use paying::{Draft, PayerKey};

mod cdp;
pub use cdp::{CdpKey, NotACdpKey};

mod keys;
pub use keys::{Needed, PaymentKeys};

mod json_rpc;
pub use json_rpc::{KEY, Place};

pub mod headers;
pub use headers::receipt_headers;

mod strays;
pub use strays::{holds_a_payment, is_a_payment, speaks_of_a_payment};

pub mod sign_in;
pub use sign_in::{NotSignedIn, SignIn};

mod exact_evm;
mod hex;
mod smart_wallet;
mod wire_v1;
mod wire_v2;

#[cfg(test)]
mod samples;
