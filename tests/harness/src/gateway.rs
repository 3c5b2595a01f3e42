//! API Gateway: an HTTP API with payload format 2.0, in front of Lambda.
//!
//! Requests become the events that AWS would make of them, and the functions' answers become
//! responses, byte for byte as the functions' own libraries have to cope with them. It knows
//! routes, and nothing of what lies behind them.

mod event;
mod routes;
mod traffic;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::lambda::Lambda;
use crate::template::Route;
pub use event::API_NAME;
pub use traffic::{Exchange, Traffic};

/// API Gateway's limit for a body.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// API Gateway's limit for the request line and all headers together.
const HEADER_LIMIT: usize = 10_240;
/// API Gateway gives up on a function after this.
const INTEGRATION_LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Gateway {
    routes: std::sync::Arc<[Route]>,
    lambda: Lambda,
}

/// The front door of these routes.
pub fn router(routes: &[Route], lambda: &Lambda) -> Router {
    Router::new().fallback(serve).with_state(Gateway { routes: routes.into(), lambda: lambda.clone() })
}

/// The event that a request becomes, and the binary that it is for, without delivering it.
pub fn event_of(routes: &[Route], parts: &Parts, body: &[u8]) -> Option<(String, Value)> {
    let (route, parameters) = routes::find(routes, parts.method.as_str(), parts.uri.path())?;
    Some((route.function.clone(), event::of(parts, body, route, &parameters)))
}

async fn serve(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if header_size(&parts) > HEADER_LIMIT {
        return refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
    }
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let Some((route, parameters)) = routes::find(&gateway.routes, parts.method.as_str(), parts.uri.path()) else {
        return refuse(StatusCode::NOT_FOUND, "Not Found");
    };
    let event = event::of(&parts, &body, route, &parameters);
    let _turn = gateway.lambda.turn(&route.function).await;
    let answer = gateway.lambda.invoke(&route.function, &event);
    match tokio::time::timeout(INTEGRATION_LIMIT, answer).await {
        Ok(Ok(answer)) => response(&answer),
        Ok(Err(_)) => internal(),
        Err(_) => refuse(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

/// The function's answer as a response. An answer without a status code is a body, as AWS has it.
fn response(answer: &Value) -> Response {
    if answer.get("statusCode").is_none() {
        let body = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        return plain(StatusCode::OK, body);
    }
    let status = answer["statusCode"].as_u64().and_then(|code| u16::try_from(code).ok());
    let Some(Ok(status)) = status.map(StatusCode::from_u16) else {
        return internal();
    };
    let text = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        let Ok(bytes) = STANDARD.decode(text) else {
            return internal();
        };
        Body::from(bytes)
    } else {
        Body::from(text.to_owned())
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers(answer) {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            return internal();
        };
        response.headers_mut().append(name, value);
    }
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().entry("content-type").or_insert(json);
    response
}

fn headers(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // `multiValueHeaders` belongs to format 1.0: in 2.0 it is not read.
    let single = answer["headers"].as_object().into_iter().flatten();
    let cookies = answer["cookies"].as_array().into_iter().flatten();
    single
        .map(|(name, value)| (name.clone(), text(value)))
        .chain(cookies.map(|cookie| ("set-cookie".to_owned(), text(cookie))))
        .collect()
}

fn header_size(parts: &Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    parts.method.as_str().len() + target + headers.sum::<usize>()
}

fn internal() -> Response {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

fn refuse(status: StatusCode, message: &str) -> Response {
    plain(status, json!({"message": message}).to_string())
}

fn plain(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

/// Values of a route's `{parameters}`.
type PathParameters = BTreeMap<String, String>;
