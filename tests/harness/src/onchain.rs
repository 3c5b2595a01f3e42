//! The real thing in place of the simulated chain and facilitator: a node of Base's kind with Circle's USDC on it, and a
//! published facilitator that settles there.
//!
//! Both are unmodified packages of `tests/chain/node`, and processes of their own that end with this one. Each [`Node`] is
//! another chain, so that tests share nothing but the facilitator, which tells chains apart by their node.

mod node;
mod parts;
pub(crate) mod proxy;
mod rpc;
mod usdc;

pub use node::Node;
