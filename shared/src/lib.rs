//! The library behind Dialtone's functions: phone numbers and AI calls, paid per request.
//!
//! Modules stand in the order of their layers, the outermost first; a module uses only those in the
//! layers below its own. `tests/it/tidy.rs` checks the arrows, and that the map in
//! `ARCHITECTURE.md` has the same order.

pub mod endpoints;

pub mod canary;
pub mod discovery;
pub mod free;
pub mod mcp;
pub mod paid;
pub mod refunds;
pub mod signed_in;
pub mod sweep;

pub mod edge;

pub mod page;

pub mod calls;
pub mod numbers;

pub mod sale;

pub mod books;
pub mod leases;

pub mod body;

pub mod env;
pub mod refusal;

pub mod api;

pub mod store;
pub mod upstream;
pub mod x402;

pub mod wire;

pub mod invocation;
pub mod telemetry;

pub mod limits;

pub mod types;
