//! A whole Dialtone on one machine: the gateway, the shipped binaries, a DynamoDB engine and
//! simulated neighbours.
//!
//! [`Stack`] is one such world. Each test has one of its own; `cargo local` runs one for a person.
//! Nothing here uses the library that the functions are made of: a harness that shares our types
//! shares our mistakes.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a panic is how a test fails, and JSON is read by index, where what is absent is null"
)]

pub mod alarms;
pub mod audit;
mod client;
pub mod control;
pub mod dynamo;
pub mod emf;
mod failure;
pub mod gateway;
pub mod history;
pub mod iam;
pub mod lambda;
pub mod ledger;
pub mod life;
pub mod measure;
pub mod onchain;
pub mod request;
pub mod sim;
pub mod spec;
pub mod stack;
pub mod template;
pub mod wallet;
pub mod world;

pub use client::client;
pub use history::History;
pub use stack::Stack;
pub use wallet::{SolanaWallet, Wallet};
pub use world::{Binaries, Neighbour, Plan, World};
