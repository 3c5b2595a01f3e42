//! What the neighbours see of the functions: each request with its beginning and its end, and each
//! new connection.
//!
//! The benchmark holds a function's time against the time of what it asked for. Nothing is kept
//! before it is asked for, so that a world that runs for days does not grow.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use crate::world::Neighbour;

/// One request to a neighbour, as its server saw it: from the headers to the answer, injected
/// latency included.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who was asked.
    pub neighbour: Neighbour,
    /// `POST /settle`; for AWS's JSON protocol the operation, `GetItem`.
    pub class: String,
    /// When.
    pub began: Instant,
    /// How long it took.
    pub took: Duration,
}

/// Watches all neighbours of a world. Clones watch the same.
#[derive(Clone, Default)]
pub struct Meter {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    recording: bool,
    asked: Vec<Asked>,
    connections: u64,
}

impl Meter {
    /// Forgets what was seen, and records from now on.
    pub fn start(&self) {
        *self.lock() = Seen { recording: true, ..Seen::default() };
    }

    /// What has been asked since [`start`](Self::start), in the order of the beginnings.
    pub fn asked(&self) -> Vec<Asked> {
        let mut asked = self.lock().asked.clone();
        asked.sort_by_key(|asked| asked.began);
        asked
    }

    /// How many connections have been accepted since [`start`](Self::start).
    pub fn connections(&self) -> u64 {
        self.lock().connections
    }

    pub(crate) fn connected(&self) {
        self.lock().connections += 1;
    }

    pub(crate) fn watch(&self, neighbour: Neighbour, router: Router) -> Router {
        router.layer(from_fn_with_state((neighbour, self.clone()), watch))
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch(State((neighbour, meter)): State<(Neighbour, Meter)>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let class = class(&parts);
    let began = Instant::now();
    let response = next.run(Request::from_parts(parts, body)).await;
    let took = began.elapsed();
    let mut seen = meter.lock();
    if seen.recording {
        seen.asked.push(Asked { neighbour, class, began, took });
    }
    drop(seen);
    response
}

pub(crate) fn class(parts: &Parts) -> String {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    match target.and_then(|target| target.split('.').nth(1)) {
        Some(operation) => operation.to_owned(),
        None => format!("{} {}", parts.method, parts.uri.path()),
    }
}
