//! How a service of AWS is asked: where it is, with which credentials, and over which connections.
//! One set-up for the SDKs' clients and for the few requests that are signed here. It knows no
//! service.
//!
//! `docs/decisions.md`: Why no `aws-config`?

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::identity::{
    Identity, IdentityFuture, ResolveCachedIdentity, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use aws_types::sdk_config;
use http::Uri;
use reqwest::Url;

use super::http::client;
use crate::telemetry::{self, Neighbour};

/// The address of a service, and the credentials it is asked with.
#[derive(Clone)]
pub struct Service {
    /// The region.
    pub region: String,
    /// Who we are.
    pub credentials: Credentials,
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
}

impl Service {
    /// The address of the service of this name, without a trailing slash.
    pub fn url(&self, name: &str) -> String {
        if let Some(endpoint) = &self.endpoint {
            return endpoint.trim_end_matches('/').to_owned();
        }
        let domain = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{name}.{}.{domain}", self.region)
    }

    /// What an SDK's client is made from. It shares our connections, and connects at the first
    /// request. A request is sent at most `attempts` times.
    pub fn sdk(self, to: Neighbour, attempts: u32) -> sdk_config::Builder {
        let mut sdk = sdk_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region))
            .identity_cache(Known(self.credentials.clone().into()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials))
            .retry_config(RetryConfig::standard().with_max_attempts(attempts))
            .http_client(ForAws::new(to));
        sdk.set_endpoint_url(self.endpoint);
        sdk
    }
}

/// The credentials that a process has from its environment, which are the same until it ends: there
/// is nothing to wait for, and nothing that runs out.
#[derive(Debug)]
struct Known(Identity);

impl ResolveCachedIdentity for Known {
    fn resolve_cached_identity<'a>(
        &'a self,
        _: SharedIdentityResolver,
        _: &'a RuntimeComponents,
        _: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::ready(Ok(self.0.clone()))
    }
}

/// The same client, for the AWS SDKs. Their own would load the system's root certificates, which is
/// most of a cold start, and keep a second pool. Which of AWS's services it is for is only noted.
#[derive(Clone, Debug)]
pub struct ForAws {
    to: Neighbour,
    address: Arc<Address>,
}

impl ForAws {
    /// A client for one service.
    pub fn new(to: Neighbour) -> Self {
        Self { to, address: Arc::default() }
    }
}

impl HttpClient for ForAws {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let Self { to, address } = self.clone();
        SharedHttpConnector::new(Connector { to, address, limit: settings.read_timeout() })
    }
}

/// The address that a service is asked at, parsed once: it is the same in all requests to most of
/// them.
#[derive(Default, Debug)]
struct Address(OnceLock<(Uri, Url)>);

impl Address {
    fn of(&self, uri: &Uri) -> Result<Url, ConnectorError> {
        if let Some((_, url)) = self.0.get().filter(|(known, _)| known == uri) {
            return Ok(url.clone());
        }
        let url = Url::parse(&uri.to_string()).map_err(|error| ConnectorError::other(error.into(), None))?;
        // Another request may have been quicker.
        let _ = self.0.set((uri.clone(), url.clone()));
        Ok(url)
    }
}

#[derive(Debug)]
struct Connector {
    to: Neighbour,
    address: Arc<Address>,
    limit: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (to, address, limit) = (self.to, Arc::clone(&self.address), self.limit);
        HttpConnectorFuture::new(async move {
            let _asking = telemetry::asking(to);
            let request = request.try_into_http1x().map_err(|error| ConnectorError::other(error.into(), None))?;
            let (parts, body) = request.into_parts();
            // The SDK's documents are always in memory; only uploads stream, and we have none.
            let body = body.bytes().ok_or_else(|| ConnectorError::other("a streaming body".into(), None))?.to_vec();
            let mut outgoing = client().request(parts.method, address.of(&parts.uri)?);
            outgoing = outgoing.headers(parts.headers).body(body);
            if let Some(limit) = limit {
                outgoing = outgoing.timeout(limit);
            }
            let mut response = outgoing.send().await.map_err(connector_error)?;
            let mut answer = http::Response::builder().status(response.status());
            if let Some(headers) = answer.headers_mut() {
                *headers = std::mem::take(response.headers_mut());
            }
            let body = SdkBody::from(response.bytes().await.map_err(connector_error)?);
            let answer = answer.body(body).map_err(|error| ConnectorError::other(error.into(), None))?;
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn connector_error(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}

#[cfg(test)]
mod tests {
    use super::{Credentials, Service};

    #[test]
    fn a_service_is_reached_in_its_region_unless_elsewhere_is_said() {
        let at = |region: &str, endpoint: Option<&str>| {
            let credentials = Credentials::new("AKID", "secret", None, None, "test");
            Service { region: region.into(), credentials, endpoint: endpoint.map(str::to_owned) }.url("kms")
        };
        assert_eq!(at("us-east-1", None), "https://kms.us-east-1.amazonaws.com");
        assert_eq!(at("cn-north-1", None), "https://kms.cn-north-1.amazonaws.com.cn");
        assert_eq!(at("cn-north-1", Some("http://127.0.0.1:1/")), "http://127.0.0.1:1");
    }
}
