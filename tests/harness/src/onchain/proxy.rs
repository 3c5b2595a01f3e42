//! What stands at a neighbour's port where the neighbour is a real one: it passes everything on, so
//! that faults, measurements and the history see it go by.

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::client;

/// More than any client here sends.
const LIMIT: usize = 16 * 1024 * 1024;

/// Where it goes.
#[derive(Clone)]
struct Target {
    client: reqwest::Client,
    node: String,
    settlers: Settlers,
}

/// Facilitators, each with how the networks begin on which it settles.
type Settlers = Vec<(&'static str, String)>;

/// Everything goes to this one URL, as JSON-RPC does.
pub(crate) fn to(node: String) -> Router {
    let target = Target { client: client(), node, settlers: Vec::new() };
    Router::new().fallback(to_the_node).with_state(target)
}

/// Each payment goes to the first facilitator that settles on its network, to the same path; and
/// all are asked what they support.
pub(crate) fn facilitators(settlers: Settlers) -> Router {
    let target = Target { client: client(), node: String::new(), settlers };
    Router::new().route("/supported", get(supported)).fallback(to_its_facilitator).with_state(target)
}

async fn to_the_node(State(target): State<Target>, request: Request) -> Response {
    let url = target.node.clone();
    pass(&target, request, |_| Some(url)).await
}

async fn to_its_facilitator(State(target): State<Target>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let settler = |body: &[u8]| {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let network = asked["paymentRequirements"]["network"].as_str().unwrap_or_default();
        let settler = target.settlers.iter().find(|(name, _)| network.starts_with(name));
        settler.map(|(_, url)| format!("{url}{path}"))
    };
    pass(&target, request, settler).await
}

async fn pass(target: &Target, request: Request, url: impl FnOnce(&[u8]) -> Option<String>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LIMIT).await.unwrap_or_default();
    let Some(url) = url(&body) else { return StatusCode::NOT_FOUND.into_response() };
    let mut asked = target.client.request(parts.method, url).body(body);
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

/// What all of them say, in one answer.
async fn supported(State(target): State<Target>) -> Response {
    let mut kinds = Vec::new();
    for (_, url) in &target.settlers {
        let Ok((_, _, said)) = answer(target.client.get(format!("{url}/supported"))).await else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let said: Value = serde_json::from_slice(&said).unwrap_or_default();
        kinds.extend(said["kinds"].as_array().into_iter().flatten().cloned());
    }
    axum::Json(json!({"kinds": kinds, "extensions": [], "signers": {}})).into_response()
}
