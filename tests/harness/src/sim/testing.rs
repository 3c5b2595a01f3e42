//! What the simulators' own tests share: an HTTP client against a served router.

use axum::Router;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::serve;

/// A served router and a client for it.
pub(crate) struct Probe {
    base: String,
    client: Client,
}

impl Probe {
    pub(crate) async fn new(router: Router) -> Self {
        // Only the first installation counts; all are the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "talks to a simulator on loopback, never to a neighbour")]
        let client = Client::builder().no_proxy().build().unwrap_or_else(|error| panic!("no client: {error}"));
        let (address, _) = serve(router).await;
        Self { base: format!("http://{address}"), client }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().unwrap_or_else(|_| panic!("not a method: {method}"));
        self.client.request(method, format!("{}{path}", self.base))
    }
}

/// Status and JSON body; null for an empty one, text for anything else.
pub(crate) async fn read(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap_or_else(|error| panic!("no answer: {error}"));
    let status = response.status().as_u16();
    let text = response.text().await.unwrap_or_else(|error| panic!("half an answer: {error}"));
    let body = match text.as_str() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.into())),
    };
    (status, body)
}
