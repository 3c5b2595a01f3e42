//! `POST /api/v1/voice/call/{call_id}/hangup`, free: ends a call. The id is the right to, as it is
//! the right to look, so that every client and a person at the call's page can.
//!
//! `docs/decisions.md`: Why is hanging up a function of its own?

use crate::api::{self, VOICE_CALL_HANGUP};
use crate::calls::Calls;
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::free::{Deed, FreeDeed};
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::store::controls::List;
use crate::types::CallId;
use serde::Serialize;

struct VoiceCallHangup {
    calls: Calls,
}

#[derive(Serialize)]
struct Response {
    call_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored_fields: Vec<String>,
}

impl FreeDeed for VoiceCallHangup {
    const ENDPOINT: &'static api::Endpoint = &VOICE_CALL_HANGUP;
    const PARAMETER: &'static str = "call_id";
    type Answer = Response;

    async fn act(&self, name: &str, ignored_fields: Vec<String>, invocation: &Invocation) -> Result<Response, Refusal> {
        let id = CallId::parse(name).map_err(|_| Refusal::UnknownCall)?;
        self.calls.hang_up(&id, invocation).await?;
        Ok(Response { call_id: id.as_str().to_owned(), status: "ending", ignored_fields })
    }

    /// To the call's page, which says how it ends, or how it has ended.
    fn leads_to(name: &str, outcome: Result<(), &Refusal>) -> Option<String> {
        matches!(outcome, Ok(()) | Err(Refusal::CallAlreadyEnded { .. })).then(|| format!("../{name}"))
    }
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    let store = env.store();
    Deed(VoiceCallHangup { calls: Calls::new(store, env.bland()).listing(List::Open) })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
