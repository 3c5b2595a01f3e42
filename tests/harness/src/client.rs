//! The HTTP client of tests and of the harness's own errands: plain HTTP on this machine.

use std::sync::Arc;

/// A client without TLS roots, proxies or redirects.
pub fn client() -> reqwest::Client {
    // reqwest wants a TLS configuration even where no request uses one.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap_or_else(|error| panic!("no TLS: {error}"))
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    #[expect(clippy::disallowed_methods, reason = "the functions' client is not the harness's")]
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap_or_else(|error| panic!("no HTTP client: {error}"))
}
