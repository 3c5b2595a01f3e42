//! The SDK's client of the table, without what an SDK does for everyone in each request and we have
//! no use for. It knows no table and no item.
//!
//! `docs/decisions.md`: What does the table's client leave out of the SDK?

use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, ConfigBag, Intercept, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{disable_interceptor, dyn_dispatch_hint};

use crate::telemetry::Neighbour;
use crate::wire::aws::Service;

/// A client whose requests are sent so often at most, within these times.
pub(super) fn client(service: Service, attempts: u32, timeouts: TimeoutConfig) -> Client {
    let address = Address(Endpoint::builder().url(service.url("dynamodb")).build());
    let sdk = service.sdk(Neighbour::Dynamodb, attempts).timeout_config(timeouts).build();
    let config = Builder::from(&sdk)
        .endpoint_resolver(address)
        .interceptor(Silent)
        // Our connector reads an answer whole, and an attempt has its time.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Client::from_conf(config.build())
}

/// The table's address. The SDK finds it out anew for each request, by rules for every account and
/// partition.
#[derive(Debug)]
struct Address(Endpoint);

impl ResolveEndpoint for Address {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(self.0.clone()))
    }
}

/// Leaves out what an SDK says of itself: which version it is, on which system, in which language;
/// what it calls this request, and at which attempt it is. Each is written and signed anew, and the
/// table answers without.
#[derive(Debug)]
struct Silent;

#[dyn_dispatch_hint]
impl Intercept for Silent {
    fn name(&self) -> &'static str {
        "Silent"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        const WHY: &str = "the table does not ask who asks";
        let state = settings.interceptor_state();
        state.store_put(disable_interceptor::<UserAgentInterceptor>(WHY));
        state.store_put(disable_interceptor::<RequestInfoInterceptor>(WHY));
        state.store_put(disable_interceptor::<InvocationIdInterceptor>(WHY));
        Ok(())
    }
}
