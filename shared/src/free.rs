//! What costs nothing: a look at something whose name is known, and what may be done with it by a
//! client that knows the name. No payment, no wallet, and one answer for everything that is not
//! there. Programs get it as JSON, and people as a page.
//!
//! `docs/decisions.md`: What of a hang-up's body is read?

mod accept;
mod foreign;

use std::iter;
use std::time::Duration;

use http::header::{RETRY_AFTER, VARY};
use http::{HeaderName, HeaderValue};
use lambda_http::{Request, RequestExt};
use serde::Serialize;

use crate::edge::{self, Answer, Handler, Served};
use crate::invocation::Invocation;
use crate::page::{self, Page};
use crate::refusal::Refusal;
use crate::{api, body};

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
/// A client that has the name may look; it is not found in a search engine.
const UNLISTED: HeaderValue = HeaderValue::from_static("noindex");

/// An endpoint that is free: `GET` with a name in its path.
pub trait FreeEndpoint: Send + Sync + 'static {
    /// What is shown, and where.
    const ENDPOINT: &'static api::Endpoint;
    /// The path parameter.
    const PARAMETER: &'static str;
    /// What has a name.
    type Found: Send;
    /// The body of a success.
    type Answer: Serialize;

    /// How long a request may have it wait for something new, where that can be asked for.
    const WAIT: api::Integer;

    /// Finds what has this name; as it is once something about it is new, or after so long.
    fn find(
        &self,
        name: &str,
        wait: Duration,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Self::Found, Refusal>> + Send;

    /// In how many seconds it is worth asking again.
    fn again(found: &Self::Found) -> Option<u32>;

    /// Shows it to a program.
    fn answer(found: Self::Found) -> Self::Answer;

    /// Shows it to a person.
    fn page(&self, found: &Self::Found) -> Page;
}

/// An endpoint behind its edge.
pub struct Free<E>(pub E);

impl<E: FreeEndpoint> Handler for Free<E> {
    const NAME: &'static str = E::ENDPOINT.name;

    fn serves() -> impl Iterator<Item = Served> {
        iter::once(Served::of(E::ENDPOINT))
    }

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        let found = match seconds_to_wait::<E>(&request) {
            Ok(seconds) => {
                let wait = Duration::from_secs(seconds.into());
                self.0.find(name(&request, E::PARAMETER), wait, &invocation).await
            }
            Err(refusal) => Err(refusal),
        };
        let answer = match (found, accept::prefers_html(request.headers())) {
            (Ok(found), false) => {
                let again = E::again(&found).map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds)));
                Answer::ok(&E::answer(found), again.into_iter().collect(), "ok")
            }
            (Ok(found), true) => {
                let Page { html, headers } = self.0.page(&found);
                Answer::text(html, headers)
            }
            (Err(refusal), html) => refused(&refusal, html),
        };
        with_two_faces(answer)
    }
}

/// How long a request has it wait. A name that is nearly the right one is refused: a client that
/// only believes that it waits asks again at once, and again.
fn seconds_to_wait<E: FreeEndpoint>(request: &Request) -> Result<u32, Refusal> {
    body::is_not_asked_for(edge::parameters(request))?;
    let parameters: Vec<_> = edge::parameters(request).collect();
    Ok(body::in_the_address(E::ENDPOINT, &parameters)?.integer(&E::WAIT))
}

/// Something that is free to be done: `POST` with a name in its path, and with nothing in its body
/// that it knows.
pub trait FreeDeed: Send + Sync + 'static {
    /// What is done, and where.
    const ENDPOINT: &'static api::Endpoint;
    /// The path parameter.
    const PARAMETER: &'static str;
    /// The body of a success.
    type Answer: Serialize;

    /// Does it to what has this name. What was sent and is not known is named.
    fn act(
        &self,
        name: &str,
        ignored: Vec<String>,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Self::Answer, Refusal>> + Send;

    /// Where a person is led afterwards: an address that is relative to this one. Nothing for a
    /// refusal that a person is told instead.
    fn leads_to(name: &str, outcome: Result<(), &Refusal>) -> Option<String>;
}

/// A deed behind its edge.
pub struct Deed<E>(pub E);

impl<E: FreeDeed> Handler for Deed<E> {
    const NAME: &'static str = E::ENDPOINT.name;

    fn serves() -> impl Iterator<Item = Served> {
        iter::once(Served::of(E::ENDPOINT))
    }

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        let done = self.asked(&request, &invocation).await;
        let html = accept::prefers_html(request.headers());
        let next = html.then(|| E::leads_to(name(&request, E::PARAMETER), done.as_ref().map(drop))).flatten();
        let next = next.and_then(|address| HeaderValue::try_from(address).ok());
        let answer = match (done, next) {
            (Ok(_), Some(next)) => Answer::see_other(next, "ok"),
            (Err(refusal), Some(next)) => Answer::see_other(next, refusal.facts().code),
            (Ok(answer), None) => Answer::accepted(&answer),
            (Err(refusal), None) => refused(&refusal, html),
        };
        with_two_faces(answer)
    }
}

impl<E: FreeDeed> Deed<E> {
    async fn asked(&self, request: &Request, invocation: &Invocation) -> Result<E::Answer, Refusal> {
        if foreign::is_foreign(request.headers()) {
            return Err(Refusal::ForeignPage);
        }
        let bytes = edge::bytes(request.body())?;
        // The address says all: what is not an object asks for nothing else.
        let bytes = if body::is_an_object(bytes) { bytes } else { b"" };
        // A client that only rehearses must not find it done.
        body::is_not_asked_for(edge::parameters(request))?;
        body::is_not_in_a_header(E::ENDPOINT, request.headers())?;
        body::read(E::ENDPOINT, bytes)?;
        body::not_in_the_address(E::ENDPOINT, edge::parameters(request))?;
        let ignored = body::ignored(E::ENDPOINT, bytes, edge::parameters(request));
        self.0.act(name(request, E::PARAMETER), ignored, invocation).await
    }
}

/// The path parameter of a request.
fn name<'a>(request: &'a Request, parameter: &str) -> &'a str {
    request.path_parameters_ref().and_then(|parameters| parameters.first(parameter)).unwrap_or_default()
}

fn refused(refusal: &Refusal, html: bool) -> Answer {
    if !html {
        return Answer::refusal(refusal);
    }
    let Page { html, headers } = page::of_refusal(&refusal.facts());
    Answer::refusal_in_text(refusal, html, headers)
}

/// The same address has one for programs and one for people.
fn with_two_faces(mut answer: Answer) -> Answer {
    let headers = answer.response.headers_mut();
    headers.extend([varies()]);
    // A page says more.
    headers.entry(ROBOTS).or_insert(UNLISTED);
    answer
}

fn varies() -> (HeaderName, HeaderValue) {
    (VARY, HeaderValue::from_static("Accept"))
}
