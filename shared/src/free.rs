//! What costs nothing: a look at something whose name is known. No payment, no wallet, and one answer for everything
//! that is not there. Programs get it as JSON, and people as a page.

mod accept;

use http::header::VARY;
use http::{HeaderName, HeaderValue};
use lambda_http::{Request, RequestExt};
use serde::Serialize;

use crate::api;
use crate::edge::{Answer, Handler};
use crate::invocation::Invocation;
use crate::page::{self, Page};
use crate::refusal::Refusal;

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

    /// Finds what has this name.
    fn find(&self, name: &str, invocation: &Invocation) -> impl Future<Output = Result<Self::Found, Refusal>> + Send;

    /// Shows it to a program.
    fn answer(found: Self::Found) -> Self::Answer;

    /// Shows it to a person.
    fn page(found: &Self::Found) -> Page;
}

/// An endpoint behind its edge.
pub struct Free<E>(pub E);

impl<E: FreeEndpoint> Handler for Free<E> {
    const NAME: &'static str = E::ENDPOINT.name;
    const METHOD: api::Method = E::ENDPOINT.method;
    const REFUSALS: &'static [api::Code] = E::ENDPOINT.refusals;

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        let parameters = request.path_parameters_ref();
        let name = parameters.and_then(|parameters| parameters.first(E::PARAMETER)).unwrap_or_default();
        let found = self.0.find(name, &invocation).await;
        let mut answer = match (found, accept::prefers_html(request.headers())) {
            (Ok(found), false) => Answer::ok(&E::answer(found), Vec::new(), "ok"),
            (Err(refusal), false) => Answer::refusal(&refusal),
            (Ok(found), true) => {
                let Page { html, headers } = E::page(&found);
                Answer::text(html, headers)
            }
            (Err(refusal), true) => {
                let Page { html, headers } = page::of_refusal(&refusal.facts());
                Answer::refusal_in_text(&refusal, html, headers)
            }
        };
        let headers = answer.response.headers_mut();
        headers.extend([varies()]);
        // A page says more.
        headers.entry(ROBOTS).or_insert(UNLISTED);
        answer
    }
}

/// The same address has two faces.
fn varies() -> (HeaderName, HeaderValue) {
    (VARY, HeaderValue::from_static("Accept"))
}
