//! One HTTP client for every neighbour: one pool of connections, one TLS configuration, a time and
//! a size limit for each answer, and no redirects. It knows whether a request can have had an
//! effect, and nothing about what was asked.
//!
//! `docs/decisions.md`: Why one HTTP client, also for the AWS SDKs?

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use reqwest::{Client, RequestBuilder};

use crate::telemetry::{self, Neighbour};
use crate::types::Object;

/// The largest answer that is read from a vendor. A transcript of thirty minutes is about 100 KB.
pub const LARGEST_ANSWER: usize = 1 << 20;

const CONNECT: Duration = Duration::from_secs(3);
/// Below the idle limit of the load balancers in front of our neighbours, so that we hang up first.
const IDLE: Duration = Duration::from_secs(30);

/// A neighbour's answer, whatever the status.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// `Retry-After` in seconds, where the answer has one in that form.
    pub retry_after: Option<u64>,
    /// Its headers.
    pub headers: HeaderMap,
    /// The body, at most [`LARGEST_ANSWER`] bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as a JSON object of the shape that the caller knows, or nothing.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok().map(|Object(document)| document)
    }
}

/// Why there is no answer. The difference is the whole point: only the first says that nothing
/// happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoReply {
    /// No connection was made, so nothing was asked.
    #[error("could not be reached")]
    NotSent,
    /// The question may have arrived: it took too long, the connection broke, or the answer could
    /// not be read.
    #[error("did not answer")]
    Unknown,
    /// It answered more than we read, and would each time: what has no effect can be asked for
    /// less.
    #[error("answered too much")]
    TooLarge,
}

/// The client that all requests of this process share. Built at the first use: a request that needs
/// no neighbour pays nothing for it.
pub fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(build)
}

/// Sends a request to a neighbour and reads the whole answer, within `limit`.
pub async fn send(to: Neighbour, request: RequestBuilder, limit: Duration) -> Result<Reply, NoReply> {
    let _asking = telemetry::asking(to);
    let mut response = request.timeout(limit).send().await.map_err(|error| no_reply(&error))?;
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| NoReply::Unknown)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(NoReply::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, retry_after, headers, body })
}

fn no_reply(error: &reqwest::Error) -> NoReply {
    if error.is_connect() || error.is_builder() { NoReply::NotSent } else { NoReply::Unknown }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes a client")]
#[expect(
    clippy::expect_used,
    reason = "a constant configuration, exercised by every test; there is no answer to give without it"
)]
fn build() -> Client {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        // Each request has a time of its own, and an idle connection is let go before a probe of it
        // would have failed.
        .tcp_keepalive(None)
        .tcp_keepalive_interval(None)
        .tcp_keepalive_retries(None)
        .tcp_user_timeout(None)
        .tcp_nodelay(true)
        .user_agent(concat!("dialtone/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("the configuration is constant")
}
