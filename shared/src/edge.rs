//! The edge: what every function does before and after its own work. Lambda's event in, an answer
//! or a report out, whatever happens between; the log line; the limits that hold before anything is
//! read; what browsers ask beforehand. It knows no endpoint and no payment.

mod address;
mod browsers;
mod caller;
mod gateway;
mod gzip;
mod methods;
mod origin;
pub(crate) mod quality;
mod signing_in;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Body, Context, Request, RequestExt, Response};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::error;

use crate::api;
use crate::env::{Env, Incomplete};
use crate::invocation::Invocation;
use crate::refusal::{Facts, Fault, Refusal};
use crate::telemetry::metrics::LIMITS_HIT;
use crate::telemetry::{self, Ended, Invoked, With, Writer};

pub use address::mended;
use caller::Callers;
use gateway::Reply;
pub(crate) use gateway::Written;
pub use gzip::Document;
pub use methods::Served;
use methods::{methods, served};
use origin::Behind;
pub use signing_in::SigningIn;

/// The outcome of a request that brought no payment and was told the price.
pub const UNPAID: &str = "unpaid";

/// The outcome of a browser's question whether a page may ask.
const PREFLIGHT: &str = "preflight";

/// Something that answers HTTP requests.
pub trait Handler: Sized + Send + Sync + 'static {
    /// What it is called in the log.
    const NAME: &'static str;
    /// How it is asked: each method once. Requests of other methods are refused before they come
    /// here.
    fn serves() -> impl Iterator<Item = Served>;
    /// Whether there is something at this path. The gateway's routes know, except for a function
    /// that is sent all the rest.
    fn has(&self, _path: &str) -> bool {
        true
    }
    /// What a request of another method is answered at this path.
    fn wrong_method(method: &Method, path: &str) -> Answer {
        let (meant, besides) = (api::nearest_served(method, path), api::said_besides(method, path));
        Answer::refusal(&Refusal::MethodNotAllowed { methods: methods::<Self>(), meant, besides })
    }
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

/// Something that a schedule wakes, or an operator.
pub trait Rounds: Send + Sync + 'static {
    /// What it is called in the log.
    const NAME: &'static str;
    /// What wakes it.
    type Event: DeserializeOwned + Send + 'static;
    /// What it has to say.
    type Report: Serialize + Send;
    /// Goes round once. It never fails: what cannot be done now is counted and left to the next
    /// round.
    fn go(&self, event: Self::Event, invocation: &Invocation) -> impl Future<Output = Self::Report> + Send;
}

/// Runs a function until Lambda stops it. What is missing in the environment is said at once and
/// ends the start-up.
pub async fn run<H: Handler>(build: fn(&mut Env) -> H) -> Result<(), lambda_http::Error> {
    let door = &start(|env| Behind::new(build, env))?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<LambdaRequest>| {
        let origin = origin::of(&event.payload);
        let request = Request::from(mended(event.payload)).with_lambda_context(event.context);
        // In a box, because the runtime moves it with futures of its own.
        let answer = Box::pin(serve(door, origin, request));
        async move { Ok::<_, Infallible>(Reply::from(answer.await)) }
    }))
    .await
}

/// The same for what is woken by a schedule.
pub async fn run_rounds<R: Rounds>(build: impl FnOnce(&mut Env) -> R) -> Result<(), lambda_runtime::Error> {
    let door = &start(build)?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<R::Event>| async move {
        Ok::<_, Infallible>(go_round(&door.behind, &door.writer, event).await)
    }))
    .await
}

/// Opens the log and builds something from the environment, or says everything that is missing.
fn start<T>(build: impl FnOnce(&mut Env) -> T) -> Result<Door<T>, Incomplete> {
    let mut env = Env::of_process();
    telemetry::listen(env.log_level());
    let writer = Writer::new(env.metrics_namespace());
    let callers = Callers::new(env.caller_salt(), env.has_edge());
    let behind = build(&mut env);
    let door = env.complete(Door { behind, writer, callers });
    // The runtime's own line of it has no level, so a filter for errors would not find it.
    door.inspect_err(|missing| error!(%missing, "the function cannot start"))
}

/// A handler behind the edge, with what is done for it: its lines, and its callers told apart.
struct Door<T> {
    behind: T,
    writer: Writer,
    callers: Callers,
}

async fn serve<H: Handler>(door: &Door<Behind<H>>, origin: Option<String>, request: Request) -> Response<Body> {
    let Door { behind, writer, callers } = door;
    let packed = gzip::is_wanted(request.headers());
    let gateway = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    let invoked = Invoked { gateway, caller: callers.name(&request), ..invoked(H::NAME, request.lambda_context_ref()) };
    // In a box: each of the futures around it would move all of it.
    let answer = AssertUnwindSafe(Box::pin(respond_at(behind, origin, request))).catch_unwind();
    // An invocation that fails would be answered by API Gateway, and a panic after money moved must
    // not look like a 402.
    let answer = async { answer.await.unwrap_or_else(|_| Answer::refusal(&Refusal::Fault(Fault::Broken("a panic")))) };
    let answer = writer.watch(&invoked, answer, |answer| Ended {
        outcome: answer.outcome,
        with: With::Status(answer.response.status().as_u16()),
    });
    let mut response = answer.await.response;
    browsers::open(response.headers_mut());
    gzip::pack(&mut response, packed);
    response
}

async fn go_round<R: Rounds>(round: &R, writer: &Writer, event: LambdaEvent<R::Event>) -> R::Report {
    let invoked = invoked(R::NAME, Some(&event.context));
    // In a box, because a round is so many futures inside each other that the compiler gives up on
    // them.
    let report = Box::pin(AssertUnwindSafe(async { round.go(event.payload, &begin()).await }).catch_unwind());
    let report = async { report.await.inspect_err(|_| telemetry::fault()) };
    let report = writer.watch(&invoked, report, |report| match report {
        Ok(report) => Ended { outcome: "ok", with: With::Report(serde_json::value::to_raw_value(report).ok()) },
        Err(_) => Ended { outcome: "panic", with: With::Report(None) },
    });
    // Lambda counts it as an error.
    report.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn begin() -> Invocation {
    let invocation = Invocation::begin();
    telemetry::began(invocation.now);
    invocation
}

fn invoked(function: &'static str, context: Option<&Context>) -> Invoked {
    Invoked {
        function,
        request: context.map(|context| context.request_id.clone()).unwrap_or_default(),
        gateway: None,
        caller: None,
        trace: context.and_then(|context| context.xray_trace_id.clone()),
    }
}

/// An answer of what is at this origin.
async fn respond_at<H: Handler>(behind: &Behind<H>, origin: Option<String>, request: Request) -> Answer {
    match behind.at(origin.as_deref()) {
        Some(handler) => respond(&*handler, request).await,
        None => Answer::refusal(&Refusal::Fault(Fault::Broken("the gateway does not say by which name it was asked"))),
    }
}

async fn respond<H: Handler>(handler: &H, request: Request) -> Answer {
    let invocation = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => begin().taken_at(context.time_epoch),
        _ => begin(),
    };
    let method = request.method().clone();
    if !handler.has(request.raw_http_path()) {
        return nothing_here(&request);
    }
    if method == Method::OPTIONS {
        return Answer { response: browsers::preflight(&api::allow(&methods::<H>())), outcome: PREFLIGHT };
    }
    let Some(served) = served::<H>(&method) else {
        return H::wrong_method(&method, request.raw_http_path());
    };
    let answer = handler.handle(request, invocation).await;
    // What is not in the table of the API is in none of its documents. Every test would tell of it.
    debug_assert!(served.promises(&answer), "{} answers {} {}", H::NAME, answer.response.status(), answer.outcome);
    // The answer to HEAD is that to GET with its body: the gateway takes that off, and tells its
    // length.
    answer
}

/// Not a redirect, which clients follow without their body, and with a payment twice.
fn nothing_here(request: &Request) -> Answer {
    if request.method() == Method::OPTIONS {
        return Answer {
            response: browsers::preflight(&api::allow(&[api::Method::Get, api::Method::Post])),
            outcome: PREFLIGHT,
        };
    }
    let (method, path) = (request.method(), request.raw_http_path());
    Answer::refusal(&Refusal::NoSuchPath {
        meant: api::nearest(method, path),
        besides: api::said_besides(method, path),
    })
}

/// The body's bytes, if they are not too many.
pub fn bytes(body: &Body) -> Result<&[u8], Refusal> {
    if body.len() > api::LARGEST_BODY { Err(Refusal::TooLarge) } else { Ok(body) }
}

/// What stands in the address behind the question mark.
pub fn parameters(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    request.query_string_parameters_ref().into_iter().flat_map(|parameters| parameters.iter())
}

impl Answer {
    /// A success, which names what was ignored if anything was.
    pub fn ok_but_for(
        ignored: &[String],
        body: &impl Serialize,
        headers: Vec<(HeaderName, HeaderValue)>,
        outcome: &'static str,
    ) -> Self {
        if ignored.is_empty() {
            return Self::ok(body, headers, outcome);
        }
        let mut body = serde_json::to_value(body).unwrap_or_default();
        if let Value::Object(fields) = &mut body {
            fields.insert(api::IGNORED_FIELDS.name.to_owned(), Value::from(ignored));
        }
        Self::ok(&body, headers, outcome)
    }

    /// A success.
    pub fn ok(body: &impl Serialize, headers: Vec<(HeaderName, HeaderValue)>, outcome: &'static str) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self { response: json(StatusCode::OK, text(body), headers), outcome },
            Err(_) => Self::refusal(&Refusal::Fault(Fault::Broken("an answer that does not serialize"))),
        }
    }

    /// What was asked for is on its way.
    pub fn accepted(body: &impl Serialize) -> Self {
        let answer = Self::ok(body, Vec::new(), "ok");
        let accepted = answer.response.status() == StatusCode::OK;
        if accepted { answer.with_status(StatusCode::ACCEPTED) } else { answer }
    }

    /// It was heard, and there is nothing to say.
    pub fn silence() -> Self {
        let kept = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        Self { response: response_of(StatusCode::ACCEPTED, Body::Empty, kept), outcome: "ok" }
    }

    /// A person's browser is led to a page, by an address that is relative to the one that it has
    /// asked.
    pub fn see_other(address: HeaderValue, outcome: &'static str) -> Self {
        let headers = [(LOCATION, address), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        Self { response: response_of(StatusCode::SEE_OTHER, Body::Empty, headers), outcome }
    }

    fn with_status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// A success that is not JSON of ours: a page, or a document that caches may keep.
    pub fn text(body: String, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        Self { response: response_of(StatusCode::OK, Body::Text(body), headers), outcome: "ok" }
    }

    /// A success that is the same for each client, and compressed at most once.
    pub fn document(document: &Document, request: &Request, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        let (body, packed) = document.body(gzip::is_wanted(request.headers()));
        let mut response = response_of(StatusCode::OK, body, headers);
        if packed {
            gzip::mark(response.headers_mut());
            gzip::varies(response.headers_mut());
        }
        Self { response, outcome: "ok" }
    }

    /// A refusal. A fault's cause goes to the log, and nowhere else.
    pub fn refusal(refusal: &Refusal) -> Self {
        count_limit(refusal);
        Self::refusal_rehearsed(refusal)
    }

    /// A refusal that a dry run has met: nothing has hit a limit, so none is counted.
    pub fn refusal_rehearsed(refusal: &Refusal) -> Self {
        log_fault(refusal);
        let facts = refusal.facts();
        Self { response: json(status_of(&facts), text(facts.body()), headers_of(&facts)), outcome: facts.code }
    }

    /// A refusal that was written before, body and headers.
    pub fn prepared(
        code: &api::Code,
        body: String,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
    ) -> Self {
        let status = StatusCode::from_u16(code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { response: json(status, Body::Text(body), headers), outcome: code.name }
    }

    /// A refusal for a person to read.
    pub fn refusal_in_text(refusal: &Refusal, body: String, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        count_limit(refusal);
        log_fault(refusal);
        let facts = refusal.facts();
        let headers = headers_of(&facts).into_iter().chain(headers);
        Self { response: response_of(status_of(&facts), Body::Text(body), headers), outcome: facts.code }
    }
}

fn log_fault(refusal: &Refusal) {
    if let Refusal::Fault(fault) = refusal {
        telemetry::fault();
        error!(%fault, "a fault");
    }
}

fn count_limit(refusal: &Refusal) {
    if let Some(limit) = refusal.limit() {
        telemetry::add(&LIMITS_HIT, 1, [limit.into()]);
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

/// Text, because Lambda's event would carry bytes in base64.
fn text(body: Vec<u8>) -> Body {
    String::from_utf8(body).map_or_else(|error| Body::Binary(error.into_bytes()), Body::Text)
}

/// Nothing of ours may be kept by a cache: neither what was paid for nor what asks for payment.
fn json(
    status: StatusCode,
    body: Body,
    headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> Response<Body> {
    let fixed = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let fixed = fixed.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response_of(status, body, fixed.into_iter().chain(headers))
}

fn response_of(
    status: StatusCode,
    body: Body,
    headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}
