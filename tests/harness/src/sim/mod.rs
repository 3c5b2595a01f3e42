//! The neighbours, simulated: what Dialtone talks to when it runs on one machine.
//!
//! Each simulator keeps state, speaks its vendor's wire format, and refuses what the vendor
//! refuses, in the vendor's words. A test steers it through a cheap, clonable handle of the same
//! name, in the same process.
//!
//! Nothing here knows Dialtone: a simulator that shares our types shares our mistakes.

#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a simulator panics only where a test handed it nonsense, and that is how the test fails; JSON is read by \
              index, where what is absent is null"
)]

pub mod bland;
pub mod chain;
pub mod clock;
pub mod cloud;
pub mod facilitator;
pub mod fault;
pub mod kms;
pub mod logs;
pub mod s3;
pub mod scheduler;
pub mod secrets_manager;
mod signature;
pub mod solana;
pub mod sts;
#[cfg(test)]
mod testing;
pub mod twilio;

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use bland::Bland;
pub use chain::Chain;
pub use clock::Clock;
pub use cloud::Cloud;
pub use facilitator::Facilitator;
pub use fault::{Answer, Arrival, Fault, Faults};
pub use kms::Kms;
pub use logs::Logs;
pub use s3::S3;
pub use scheduler::Scheduler;
pub use secrets_manager::SecretsManager;
pub use solana::Solana;
pub use twilio::Twilio;

/// Serves a router on a free loopback port.
pub async fn serve(router: Router) -> (SocketAddr, JoinHandle<()>) {
    serve_at(SocketAddr::from(([127, 0, 0, 1], 0)), router)
        .await
        .unwrap_or_else(|error| panic!("no free loopback port: {error}"))
}

/// Serves a router on the given address; fails when the port is taken.
pub async fn serve_at(address: SocketAddr, router: Router) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    let task = tokio::spawn(async move {
        // `axum::serve` only returns when the listener is gone, which is when it does not matter
        // any more.
        let _ = axum::serve(listener, router).await;
    });
    Ok((bound, task))
}

/// A simulator outlives a panicking test thread: its state is never half-written across an await.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A JSON answer.
fn json(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// An error of AWS's JSON protocol.
pub(crate) fn aws_json_error(status: u16, kind: &str, message: &str) -> Response {
    json(status, &serde_json::json!({"__type": kind, "message": message}))
}

/// Random bytes for identifiers that a vendor would draw.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "identifiers of simulated vendors; nothing of ours depends on them")]
    getrandom::fill(&mut bytes).unwrap_or_else(|error| panic!("no randomness: {error}"));
    bytes
}

/// The same for payers, who draw what makes a payment theirs.
pub(crate) fn drawn<const N: usize>() -> [u8; N] {
    random()
}

/// Lower-case hexadecimal, as Twilio's and Bland's identifiers are written.
fn hex(bytes: &[u8]) -> String {
    alloy_primitives::hex::encode(bytes)
}
