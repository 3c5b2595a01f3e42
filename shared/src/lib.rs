//! The library behind Dialtone's functions: phone numbers and AI calls, paid per request.
//!
//! Modules stand in the order of their layers, the outermost first; a module uses only those below it.
//! `tests/tidy.rs` checks the arrows.

pub mod discovery;
pub mod free;
pub mod paid;
pub mod refunds;
pub mod sweep;

pub mod body;
pub mod edge;
pub mod page;

pub mod calls;
pub mod leases;
pub mod numbers;
pub mod sale;

pub mod refusal;

pub mod api;

pub mod store;
pub mod upstream;
pub mod x402;

pub mod env;
pub mod invocation;
pub mod limits;
pub mod telemetry;
pub mod types;
