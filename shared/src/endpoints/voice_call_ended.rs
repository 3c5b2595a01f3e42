//! `POST /webhooks/bland/{call_id}/{token}`: the dialler says that a call is over. It is not
//! sold and stands in no document: its address is told to the dialler with the call, and to no
//! other.
//!
//! - `docs/decisions.md`: What is believed of the dialler's word?
//! - `docs/decisions.md`: Why has the dialler's word a function of its own?

use std::iter;

use crate::api::{self, codes};
use crate::calls::Calls;
use crate::edge::{self, Answer, Handler, Served};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::store::controls::List;
use crate::types::CallId;
use lambda_http::{Request, RequestExt};

/// Lower-case hexadecimal HMAC-SHA256 of the body's bytes.
const SIGNATURE: &str = "x-webhook-signature";

struct VoiceCallEnded {
    calls: Calls,
}

impl Handler for VoiceCallEnded {
    const NAME: &'static str = "voice_call_ended";

    fn serves() -> impl Iterator<Item = Served> {
        const REFUSALS: &[api::Code] =
            &[codes::METHOD_NOT_ALLOWED, codes::UNKNOWN_CALL, codes::UPSTREAM_ERROR, codes::INTERNAL_ERROR];
        iter::once(Served { method: api::Method::Post, refusals: REFUSALS, unknown: &[] })
    }

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        match self.heard(&request, &invocation).await {
            Ok(()) => Answer::silence(),
            Err(refusal) => Answer::refusal(&refusal),
        }
    }
}

impl VoiceCallEnded {
    async fn heard(&self, request: &Request, invocation: &Invocation) -> Result<(), Refusal> {
        let parameters = request.path_parameters();
        let named = |name: &str| parameters.first(name).unwrap_or_default();
        let id = CallId::parse(named("call_id")).map_err(|_| Refusal::UnknownCall)?;
        let signature = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok());
        self.calls.is_told(&id, named("token"), signature, request.body(), invocation).await?;
        self.calls.told(&id, invocation).await
    }
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    let store = env.store();
    VoiceCallEnded { calls: Calls::new(store, env.bland()).listing(List::Open) }
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
