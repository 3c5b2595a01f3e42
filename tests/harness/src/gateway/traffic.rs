//! What went through the gateway, for a person who watches.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::sync::broadcast;

/// A request and how it was answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Who asked.
    pub user_agent: String,
    /// The answer's status.
    pub status: StatusCode,
    /// How long it took.
    pub took: Duration,
}

/// Where exchanges are told. A listener is not needed.
#[derive(Clone)]
pub struct Traffic(broadcast::Sender<Exchange>);

impl Default for Traffic {
    fn default() -> Self {
        Self(broadcast::Sender::new(256))
    }
}

impl Traffic {
    /// Exchanges from now on.
    pub fn follow(&self) -> broadcast::Receiver<Exchange> {
        self.0.subscribe()
    }

    /// Tells of everything that goes through a router.
    pub fn watch(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), tell))
    }
}

async fn tell(State(traffic): State<Traffic>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let user_agent = agent.unwrap_or_default().to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, took) = (response.status(), began.elapsed());
    let _ = traffic.0.send(Exchange { method, path, user_agent, status, took });
    response
}
