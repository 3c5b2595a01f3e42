//! Bland's three error forms.

use axum::response::Response;
use serde_json::{Value, json};

use crate::sim;
use crate::sim::fault::Answer;

/// An error answer.
pub(super) struct Refusal {
    status: u16,
    body: Value,
}

impl Refusal {
    /// First form: `{"status":"error","message":…}`.
    pub(super) fn error(status: u16, message: &str) -> Self {
        Self { status, body: json!({"status": "error", "message": message}) }
    }

    /// First form, with the list of what is wrong.
    pub(super) fn invalid(message: &str, errors: &[String]) -> Self {
        Self { status: 400, body: json!({"status": "error", "message": message, "errors": errors}) }
    }

    /// Second form: `{"data":null,"errors":[{"error":…,"message":…}]}`.
    pub(super) fn listed(status: u16, error: &str, message: &str) -> Self {
        Self { status, body: json!({"data": null, "errors": [{"error": error, "message": message}]}) }
    }

    /// Third form: `{"error":…}`.
    pub(super) fn bare(status: u16, error: &str) -> Self {
        Self { status, body: json!({"error": error}) }
    }

    pub(super) fn unauthorized() -> Self {
        Self::listed(401, "AUTH_FAILURE", "Unauthorized")
    }

    pub(super) fn no_such_call() -> Self {
        Self::listed(404, "CALL_NOT_FOUND", "Call not found")
    }

    pub(super) fn do_not_call() -> Self {
        let message = "Number found in DNC list. Please remove this number from your list. More attempts will result in \
                       being blocked.";
        Self { status: 400, body: json!({"status": "DNC Error", "message": message}) }
    }

    pub(super) fn into_response(self) -> Response {
        sim::json(self.status, &self.body)
    }
}

/// Too much at once. Bland promises no `Retry-After`.
pub(super) fn overload() -> Answer {
    Answer::json(429, &json!({"status": "error", "message": "Rate limit exceeded"}))
}
