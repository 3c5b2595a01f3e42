//! How an address can be asked, and what each method is answered with. Several handlers can share
//! an address, each with methods of its own.

use http::StatusCode;
use lambda_http::Request;

use super::{Answer, Handler, UNPAID};
use crate::api;
use crate::invocation::Invocation;

/// One method of an address.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// The method.
    pub method: api::Method,
    /// What it is answered other than with success.
    pub refusals: &'static [api::Code],
    /// What a dry run is besides.
    pub unknown: &'static [api::Code],
}

impl Served {
    /// As the table of the API has it.
    pub const fn of(endpoint: &api::Endpoint) -> Self {
        Self { method: endpoint.method, refusals: endpoint.refusals, unknown: endpoint.refused_unknown() }
    }

    /// Whether an answer is one of those.
    pub(super) fn promises(&self, answer: &Answer) -> bool {
        let status = answer.response.status();
        let name = if answer.outcome == UNPAID { api::codes::PAYMENT_REQUIRED.name } else { answer.outcome };
        // A person's browser is led to a page.
        status.is_success()
            || status == StatusCode::SEE_OTHER
            || self.refusals.iter().chain(self.unknown).any(|code| status == code.status && name == code.name)
    }
}

/// The methods of a handler.
pub(super) fn methods<H: Handler>() -> Vec<api::Method> {
    H::serves().map(|served| served.method).collect()
}

/// How a handler serves a request of this method, if it does.
pub(super) fn served<H: Handler>(method: &http::Method) -> Option<Served> {
    H::serves().find(|served| served.method.serves(method))
}

/// Two handlers at one address, which is named after the first.
impl<A: Handler, B: Handler> Handler for (A, B) {
    const NAME: &'static str = A::NAME;

    fn serves() -> impl Iterator<Item = Served> {
        A::serves().chain(B::serves())
    }

    fn has(&self, path: &str) -> bool {
        let (first, second) = self;
        first.has(path) || second.has(path)
    }

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        let (first, second) = self;
        if served::<A>(request.method()).is_some() {
            first.handle(request, invocation).await
        } else {
            second.handle(request, invocation).await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use http::StatusCode;
    use http::header::ALLOW;
    use lambda_http::{Body, Request};

    use super::{Answer, Handler, Invocation, Served};
    use crate::api::{Code, Method, codes};
    use crate::edge::respond;
    use crate::refusal::Refusal;

    /// Answers with its own name.
    struct Reads;
    /// Finds nothing to end.
    struct Ends;

    impl Handler for Reads {
        const NAME: &'static str = "reads";
        fn serves() -> impl Iterator<Item = Served> {
            iter::once(Served { method: Method::Get, refusals: &[], unknown: &[] })
        }
        async fn handle(&self, _: Request, _: Invocation) -> Answer {
            Answer::text(Self::NAME.to_owned(), Vec::new())
        }
    }

    impl Handler for Ends {
        const NAME: &'static str = "ends";
        fn serves() -> impl Iterator<Item = Served> {
            const REFUSALS: &[Code] = &[codes::UNKNOWN_CALL];
            iter::once(Served { method: Method::Delete, refusals: REFUSALS, unknown: &[] })
        }
        async fn handle(&self, _: Request, _: Invocation) -> Answer {
            Answer::refusal(&Refusal::UnknownCall)
        }
    }

    async fn asked(method: http::Method) -> Answer {
        let request = http::Request::builder().method(method).uri("/api/v1/voice/call/x").body(Body::Empty).unwrap();
        respond(&(Reads, Ends), request).await
    }

    #[tokio::test]
    async fn an_address_serves_each_method_by_its_own_handler() {
        for method in [http::Method::GET, http::Method::HEAD] {
            assert_eq!(asked(method).await.response.status(), StatusCode::OK);
        }
        let ended = asked(http::Method::DELETE).await;
        assert_eq!((ended.response.status(), ended.outcome), (StatusCode::NOT_FOUND, "unknown_call"));
    }

    #[tokio::test]
    async fn what_an_address_does_not_take_is_told_all_that_it_takes() {
        let refused = asked(http::Method::PUT).await.response;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(refused.headers()[ALLOW], "GET, HEAD, DELETE, OPTIONS");
        let Body::Text(said) = refused.body() else { panic!("a text") };
        assert!(said.contains("This endpoint takes GET and DELETE only."), "{said}");
        assert_eq!(asked(http::Method::OPTIONS).await.response.headers()[ALLOW], "GET, HEAD, DELETE, OPTIONS");
    }
}
