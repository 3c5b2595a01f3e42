//! What costs nothing: a look at something whose name is known. No payment, no wallet, and one answer for everything
//! that is not there.

use lambda_http::{Request, RequestExt};
use serde::Serialize;

use crate::api;
use crate::edge::{Answer, Handler};
use crate::invocation::Invocation;
use crate::refusal::Refusal;

/// An endpoint that is free: `GET` with a name in its path.
pub trait FreeEndpoint: Send + Sync + 'static {
    /// What is shown, and where.
    const ENDPOINT: &'static api::Endpoint;
    /// The path parameter.
    const PARAMETER: &'static str;
    /// The body of a success.
    type Answer: Serialize;

    /// Shows what has this name.
    fn show(&self, name: &str, invocation: &Invocation) -> impl Future<Output = Result<Self::Answer, Refusal>> + Send;
}

/// An endpoint behind its edge.
pub struct Free<E>(pub E);

impl<E: FreeEndpoint> Handler for Free<E> {
    const NAME: &'static str = E::ENDPOINT.name;
    const METHOD: api::Method = E::ENDPOINT.method;

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        let parameters = request.path_parameters_ref();
        let name = parameters.and_then(|parameters| parameters.first(E::PARAMETER)).unwrap_or_default();
        match self.0.show(name, &invocation).await {
            Ok(body) => Answer::ok(&body, Vec::new(), "ok"),
            Err(refusal) => Answer::refusal(&refusal),
        }
    }
}
