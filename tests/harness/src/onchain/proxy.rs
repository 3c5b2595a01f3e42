//! What stands at a neighbour's port where the neighbour is a real one: it passes everything on, so that faults, measurements
//! and the history see it go by.

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::client;

/// More than anybody here sends.
const LIMIT: usize = 16 * 1024 * 1024;

/// Where it goes.
#[derive(Clone)]
struct Target {
    client: reqwest::Client,
    url: String,
    keeps_path: bool,
}

/// Everything goes to this one URL, as JSON-RPC does.
pub(crate) fn to(url: String) -> Router {
    router(url, false)
}

/// Everything goes to the same path under this URL.
pub(crate) fn under(url: String) -> Router {
    router(url, true)
}

fn router(url: String, keeps_path: bool) -> Router {
    Router::new().fallback(pass).with_state(Target { client: client(), url, keeps_path })
}

async fn pass(State(target): State<Target>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = if target.keeps_path { parts.uri.path() } else { "" };
    let body = to_bytes(body, LIMIT).await.unwrap_or_default();
    let mut asked = target.client.request(parts.method, format!("{}{path}", target.url)).body(body);
    if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
        asked = asked.header(header::CONTENT_TYPE, kind);
    }
    match answer(asked).await {
        Ok(answer) => answer.into_response(),
        // As a balancer says it whose server is gone.
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn answer(
    asked: reqwest::RequestBuilder,
) -> reqwest::Result<(StatusCode, [(header::HeaderName, String); 1], Bytes)> {
    let answer = asked.send().await?;
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or("text/plain").to_owned();
    Ok((answer.status(), [(header::CONTENT_TYPE, kind)], answer.bytes().await?))
}
