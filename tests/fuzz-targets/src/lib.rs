//! What every input must leave true: one function for each kind of bytes that strangers send us.
//! cargo-fuzz invents the bytes (`fuzz/`), and the ordinary tests replay those it found worth
//! keeping (`fuzz/corpus/`) through the same functions.
//!
//! "No panic" is the least of it. Each function holds the product's reading against another one,
//! written here by hand and knowing nothing of the product's, so that a reading that is too lenient
//! is found as well.
//!
//! `docs/decisions.md`: What compiles the fuzz targets?

#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a panic is how a target says that something is not true"
)]

use http::StatusCode;
use shared::wire::http::Reply;

mod address;
mod bland;
mod bodies;
mod facilitator;
mod fit;
pub mod functions;
pub mod json;
pub mod judge;
pub mod mcp;
mod node;
mod payment;
mod query;
pub mod sign_in;
pub mod signed;
mod solana;
mod twilio;
mod words;

pub use address::address;
pub use bland::bland;
pub use bodies::body;
pub use facilitator::facilitator;
pub use fit::opened;
pub use mcp::mcp;
pub use node::node;
pub use payment::payment_header;
pub use query::query;
pub use sign_in::sign_in;
pub use solana::transaction;
pub use twilio::twilio;
pub use words::{call_id, e164, word};

/// A target: what it is called, in `fuzz/` too, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 14] = [
    ("address", address),
    ("payment_header", payment_header),
    ("transaction", transaction),
    ("sign_in", sign_in),
    ("body", body),
    ("query", query),
    ("mcp", mcp),
    ("call_id", call_id),
    ("e164", e164),
    ("word", word),
    ("facilitator", facilitator),
    ("twilio", twilio),
    ("bland", bland),
    ("node", node),
];

/// The statuses that neighbours answer with, and some that they should not.
const STATUSES: [u16; 20] =
    [200, 201, 202, 204, 302, 400, 401, 402, 403, 404, 405, 408, 409, 413, 422, 429, 500, 502, 503, 504];

/// The status that a byte chooses: `A` is 200, `B` is 201, and so on.
fn status(byte: u8) -> StatusCode {
    let place = usize::from(byte.wrapping_sub(b'A')) % STATUSES.len();
    StatusCode::from_u16(STATUSES[place]).expect("a status")
}

fn reply(status_byte: u8, body: &[u8]) -> Reply {
    Reply { status: status(status_byte), retry_after: None, headers: http::HeaderMap::new(), body: body.to_vec() }
}
