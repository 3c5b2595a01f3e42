//! The wire that everything asked of others goes over: one HTTP client, the secrets that vendors
//! want, how AWS is asked. It knows no neighbour's vocabulary; what a question or an answer means
//! is known by those above.

pub mod aws;
pub mod http;
pub mod secrets;
pub mod signing;

mod json;
pub use json::json;

#[cfg(test)]
pub(crate) mod canned;
