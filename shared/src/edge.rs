//! The edge: what every HTTP function does before and after its own work. Lambda's event in, an answer out, whatever
//! happens between; the log line; the limits that hold before anything is read; what browsers ask beforehand. It knows no
//! endpoint and no payment.

mod browsers;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response, service_fn};
use serde::Serialize;
use tracing::level_filters::LevelFilter;
use tracing::{error, info};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::api;
use crate::env::{Env, Incomplete};
use crate::invocation::Invocation;
use crate::refusal::{Facts, Fault, Refusal};

/// The largest body that is read.
pub const LARGEST_BODY: usize = 32 * 1024;

/// The outcome of a request that brought no payment and was told the price.
pub const UNPAID: &str = "unpaid";

/// The outcome of a browser's question whether a page may ask.
const PREFLIGHT: &str = "preflight";

/// Something that answers HTTP requests.
pub trait Handler: Send + Sync + 'static {
    /// What it is called in the log.
    const NAME: &'static str;
    /// How it is asked. Requests of other methods are refused before they come here.
    const METHOD: api::Method;
    /// Answers one request. There is no error: a refusal is an answer.
    fn handle(&self, request: Request, invocation: Invocation) -> impl Future<Output = Answer> + Send;
}

/// An answer, and what the log says about it.
pub struct Answer {
    /// What the caller gets.
    pub response: Response<Body>,
    /// A word for the log: `ok`, `replayed`, [`UNPAID`], or a refusal's code.
    pub outcome: &'static str,
}

/// Runs a function until Lambda stops it. What is missing in the environment is said at once and ends the start-up.
pub async fn run<H: Handler>(build: impl FnOnce(&mut Env) -> H) -> Result<(), lambda_http::Error> {
    let handler = Arc::new(start(build)?);
    lambda_http::run(service_fn(move |request: Request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(serve(&*handler, request).await) }
    }))
    .await
}

/// Opens the log and builds something from the environment, or says everything that is missing.
pub fn start<T>(build: impl FnOnce(&mut Env) -> T) -> Result<T, Incomplete> {
    let mut env = Env::of_process();
    init_log(env.log_level());
    let all = build(&mut env);
    env.complete(all)
}

/// One JSON object a line; Lambda adds the time. Nothing of a request's body or payment is ever a field of it. Of the
/// libraries only warnings are kept.
fn init_log(level: LevelFilter) {
    let ours = Targets::new().with_target("shared", level).with_default(level.min(LevelFilter::WARN));
    let json = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false).without_time();
    // A second one is refused; the first goes on.
    let _ = tracing_subscriber::registry().with(json.with_filter(ours)).try_init();
}

async fn serve<H: Handler>(handler: &H, request: Request) -> Response<Body> {
    let began = Instant::now();
    let id = request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default();
    let answer = async { respond(handler, request).await };
    // An invocation that fails would be answered by API Gateway, and a panic after money moved must not look like a 402.
    let mut answer = AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_| {
        error!(function = H::NAME, "a panic");
        Answer::refusal(&Refusal::Fault(Fault::Broken("a panic")))
    });
    browsers::open(answer.response.headers_mut());
    // The most frequent answers of all say nothing here that the API's access log does not.
    if answer.outcome != UNPAID && answer.outcome != PREFLIGHT {
        info!(
            function = H::NAME,
            request = id,
            status = answer.response.status().as_u16(),
            outcome = answer.outcome,
            duration_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
    }
    answer.response
}

async fn respond<H: Handler>(handler: &H, request: Request) -> Answer {
    let method = request.method().clone();
    if method == Method::OPTIONS {
        return Answer { response: browsers::preflight(H::METHOD), outcome: PREFLIGHT };
    }
    if !H::METHOD.serves(&method) {
        return Answer::refusal(&Refusal::MethodNotAllowed { method: H::METHOD });
    }
    let mut answer = handler.handle(request, Invocation::begin()).await;
    if method == Method::HEAD {
        *answer.response.body_mut() = Body::Empty;
    }
    answer
}

/// The body's bytes, if they are not too many.
pub fn bytes(body: &Body) -> Result<&[u8], Refusal> {
    if body.len() > LARGEST_BODY { Err(Refusal::TooLarge) } else { Ok(body) }
}

impl Answer {
    /// A success.
    pub fn ok(body: &impl Serialize, headers: Vec<(HeaderName, HeaderValue)>, outcome: &'static str) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self { response: json(StatusCode::OK, body, headers), outcome },
            Err(_) => Self::refusal(&Refusal::Fault(Fault::Broken("an answer that does not serialize"))),
        }
    }

    /// A success that is no JSON of ours: a page, or a document that caches may keep.
    pub fn text(body: String, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        Self { response: response_of(StatusCode::OK, Body::Text(body), headers), outcome: "ok" }
    }

    /// A refusal. A fault's cause goes to the log, and nowhere else.
    pub fn refusal(refusal: &Refusal) -> Self {
        log_fault(refusal);
        let facts = refusal.facts();
        Self { response: json(status_of(&facts), facts.body(), headers_of(&facts)), outcome: facts.code }
    }

    /// A refusal with another body than its own and further headers.
    pub fn refusal_with(refusal: &Refusal, body: Vec<u8>, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        let facts = refusal.facts();
        let headers = headers_of(&facts).into_iter().chain(headers).collect();
        Self { response: json(status_of(&facts), body, headers), outcome: facts.code }
    }

    /// A refusal for a person to read.
    pub fn refusal_in_text(refusal: &Refusal, body: String, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        log_fault(refusal);
        let facts = refusal.facts();
        let headers = headers_of(&facts).into_iter().chain(headers).collect();
        Self { response: response_of(status_of(&facts), Body::Text(body), headers), outcome: facts.code }
    }
}

fn log_fault(refusal: &Refusal) {
    if let Refusal::Fault(fault) = refusal {
        error!(%fault, "a fault");
    }
}

fn status_of(facts: &Facts) -> StatusCode {
    StatusCode::from_u16(facts.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn headers_of(facts: &Facts) -> Vec<(HeaderName, HeaderValue)> {
    let named = |(name, value): &(&'static str, String)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?))
    };
    facts.headers.iter().filter_map(named).collect()
}

/// Nothing of ours may be kept by a cache: neither what was paid for nor what asks for payment.
fn json(status: StatusCode, body: Vec<u8>, headers: Vec<(HeaderName, HeaderValue)>) -> Response<Body> {
    // Text, because Lambda's event would carry bytes in base64.
    let body = String::from_utf8(body).map_or_else(|error| Body::Binary(error.into_bytes()), Body::Text);
    let fixed = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let fixed = fixed.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response_of(status, body, fixed.into_iter().chain(headers).collect())
}

fn response_of(status: StatusCode, body: Body, headers: Vec<(HeaderName, HeaderValue)>) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}
