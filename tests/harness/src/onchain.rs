//! The real things in place of the simulated chains and facilitator: a node of Base's kind with
//! Circle's USDC on it, a cluster of Solana's real runtime with the real token program, and
//! published facilitators that settle there.
//!
//! All are unmodified packages of `tests/chain/node` and `tests/chain/solana`, and processes of
//! their own that end with this one. Each [`Node`] is another chain, so that tests share nothing
//! but the facilitator, which tells chains apart by their node. Each [`Validator`] is a cluster
//! with a facilitator of its own.
//!
//! `docs/decisions.md`: Why are the simulated chain and facilitator still there, now that real ones can stand in their place?

mod node;
mod parts;
pub(crate) mod proxy;
mod rpc;
mod usdc;
mod validator;

pub use node::Node;
pub use validator::{Processed, Validator};
