//! Shows what happens while a world runs: requests, and calls as their owners would see them.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;
use harness::gateway::Exchange;
use harness::request::Request;
use harness::{World, client};
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::interval;

use crate::say;

/// Our own requests are not shown.
pub(crate) const AGENT: &str = "dialtone-local-watch";

/// Requests as they are answered.
pub(crate) async fn requests(mut traffic: Receiver<Exchange>) {
    loop {
        match traffic.recv().await {
            Ok(exchange) if exchange.user_agent == AGENT || is_poll(&exchange) => {}
            Ok(exchange) => say::exchange(&exchange),
            Err(RecvError::Lagged(missed)) => say::line(&format!("({missed} requests not shown)")),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Calls are shown as they progress, not at each look.
fn is_poll(exchange: &Exchange) -> bool {
    exchange.method == "GET" && exchange.path.contains("/voice/call/") && exchange.status.is_success()
}

/// Calls in the table as they progress.
pub(crate) async fn calls(world: World) {
    let client = client();
    let mut seen = BTreeMap::<String, Progress>::new();
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        for row in world.dynamo.rows() {
            let Some(id) = row["pk"].as_str().and_then(|pk| pk.strip_prefix("CALL#")) else {
                continue;
            };
            let progress = seen.entry(id.to_owned()).or_default();
            if progress.over {
                continue;
            }
            let url = format!("{}/api/v1/voice/call/{id}", world.urls.gateway);
            let answer = Request::new(&client, Method::GET, url).header("user-agent", AGENT).send().await;
            if answer.status.as_u16() == 200 {
                progress.show(id, &answer.json());
            }
        }
    }
}

/// How much of a call has been shown.
#[derive(Default)]
pub(crate) struct Progress {
    status: String,
    lines: usize,
    over: bool,
}

impl Progress {
    /// Shows what is new.
    pub(crate) fn show(&mut self, id: &str, call: &Value) {
        let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
        let status = text("status");
        if status != self.status {
            say::call(id, &status);
            self.status.clone_from(&status);
        }
        let transcript = call["transcript"].as_array().map(Vec::as_slice).unwrap_or_default();
        for line in transcript.iter().skip(self.lines) {
            let (role, text) = (line["role"].as_str().unwrap_or("?"), line["text"].as_str().unwrap_or_default());
            say::call(id, &format!("{role}: {text}"));
        }
        self.lines = self.lines.max(transcript.len());
        let ended = text("ended_by");
        if !ended.is_empty() && ended != "IN_PROGRESS" && !self.over {
            self.over = true;
            say::call(id, &format!("ended by {ended}: {}", text("ended_by_reason")));
        }
    }

    /// Whether it has ended.
    pub(crate) fn over(&self) -> bool {
        self.over
    }
}
