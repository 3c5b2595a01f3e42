//! The organisation: handles of Twilio accounts, and what is left to be spent.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::{Account, Bland, call, dispatch, reply};
use crate::sim::{hex, random};

impl Account {
    /// The Twilio account of a handle.
    pub(super) fn handle(&self, handle: &str) -> Result<String, Refusal> {
        let unknown = || Refusal::error(500, "Invalid encrypted_key. Please check your encrypted_key and try again.");
        self.handles.get(handle).cloned().ok_or_else(unknown)
    }
}

/// `POST /v1/accounts`: a handle, shown once. Each time another one, and the earlier ones stay
/// good. What Bland says to a token that is wrong is not documented; this is what it says elsewhere
/// when it cannot use an account.
pub(super) async fn create(State(bland): State<Bland>, headers: HeaderMap, body: Bytes) -> Response {
    reply(bland.authenticate(&headers).and_then(|()| {
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let given = body.as_object().filter(|fields| fields.len() == 2);
        let text = |name: &str| given.and_then(|fields| fields.get(name)?.as_str());
        let (Some(account), Some(token)) = (text("account_sid"), text("auth_token")) else {
            return Err(Refusal::invalid("Invalid parameters.", &["account_sid and auth_token are required".into()]));
        };
        if !bland.twilio.is_token(account, token) {
            return Err(Refusal::error(500, dispatch::Byot::Connection.message()));
        }
        let handle = hex(&random::<32>());
        bland.inner().account.handles.insert(handle.clone(), account.into());
        Ok(json!({"status": "success", "encrypted_key": handle}))
    }))
}

/// `GET /v1/me`.
pub(super) async fn me(State(bland): State<Bland>, headers: HeaderMap) -> Response {
    reply(bland.authenticate(&headers).map(|()| {
        let inner = bland.inner();
        let balance = call::decimal(inner.account.cents.unwrap_or(0), 100);
        let billing = json!({"current_balance": balance, "refill_to": null});
        json!({"status": "active", "billing": billing, "total_calls": inner.calls.len()})
    }))
}
