//! Imported numbers. An import never fails for a number that cannot be imported: it leaves it out
//! and says success.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::{Bland, Imported, encrypted_key, reply};

impl Bland {
    /// The Twilio account whose handle came along.
    fn byot(&self, headers: &HeaderMap) -> Result<String, Refusal> {
        self.authenticate(headers)?;
        match encrypted_key(headers) {
            None => Err(Refusal::error(400, "Missing required header: encrypted_key.")),
            Some(key) => self.inner().account.handle(key),
        }
    }
}

/// `POST /v1/inbound/insert`.
pub(super) async fn insert(State(bland): State<Bland>, headers: HeaderMap, body: Bytes) -> Response {
    reply(bland.byot(&headers).and_then(|account| {
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let numbers: Option<Vec<&str>> =
            body["numbers"].as_array().and_then(|all| all.iter().map(Value::as_str).collect());
        let numbers = numbers
            .filter(|numbers| !numbers.is_empty())
            .ok_or_else(|| Refusal::invalid("Invalid parameters.", &["numbers must be an array of strings".into()]))?;
        let now = bland.clock.now();
        let mut inner = bland.inner();
        let mut inserted = Vec::new();
        for number in numbers {
            let known = inner.imported.contains_key(number) || inner.account.unimportable.contains(number);
            if !known && bland.twilio.holder(number).as_ref() == Some(&account) {
                inner.imported.insert(number.into(), Imported { since: now, account: account.clone() });
                inserted.push(number);
            }
        }
        Ok(json!({"status": "success", "message": "Successfully inserted numbers.", "inserted": inserted}))
    }))
}

/// `POST /v1/inbound/{number}/delete`.
pub(super) async fn delete(State(bland): State<Bland>, Path(number): Path<String>, headers: HeaderMap) -> Response {
    reply(bland.byot(&headers).and_then(|_| {
        let removed = bland.inner().imported.remove(&number);
        removed.ok_or_else(|| Refusal::error(404, "Number not found."))?;
        let message = format!("Successfully deleted number from database: {number}");
        Ok(json!({"status": "success", "message": message}))
    }))
}

/// `GET /v1/inbound`: the imported numbers of the account whose key is given; without one, Bland's
/// own, which we have none of.
pub(super) async fn list(State(bland): State<Bland>, headers: HeaderMap) -> Response {
    reply(bland.authenticate(&headers).map(|()| {
        let inner = bland.inner();
        let account = encrypted_key(&headers).and_then(|key| inner.account.handle(key).ok());
        let rows: Vec<Value> = inner
            .imported
            .iter()
            .filter(|(_, imported)| account.as_ref() == Some(&imported.account))
            .map(|(number, imported)| json!({"phone_number": number, "created_at": imported.since.to_string(), "prompt": null, "webhook": null}))
            .collect();
        json!({"inbound_numbers": rows})
    }))
}
