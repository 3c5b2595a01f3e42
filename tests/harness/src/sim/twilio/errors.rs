//! Twilio's error bodies: `{code, message, more_info, status}`.

use axum::response::Response;
use serde_json::{Value, json};

use crate::sim;
use crate::sim::fault::Answer;

/// A refusal.
pub(super) struct Refusal {
    status: u16,
    code: u32,
    message: String,
}

impl Refusal {
    fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn unauthenticated() -> Self {
        Self::new(401, 20003, "Authenticate")
    }

    pub(super) fn not_found(path: &str) -> Self {
        Self::new(404, 20404, format!("The requested resource {path} was not found"))
    }

    pub(super) fn parameter(name: &str, value: &str) -> Self {
        Self::new(400, 20001, format!("Invalid parameter {name}: {value}"))
    }

    pub(super) fn area_code_invalid(code: &str) -> Self {
        Self::new(400, 21451, format!("The area code {code} is invalid"))
    }

    pub(super) fn area_code_unsupported(country: &str) -> Self {
        Self::new(400, 21457, format!("AreaCode is not supported for country {country}"))
    }

    pub(super) fn none_in_area(code: &str) -> Self {
        Self::new(400, 21452, format!("No phone numbers found in area code {code}"))
    }

    pub(super) fn neither_number_nor_area() -> Self {
        Self::new(400, 21450, "You must specify either a PhoneNumber or an AreaCode")
    }

    pub(super) fn number_invalid(number: &str) -> Self {
        Self::new(400, 21421, format!("{number} is not a valid phone number"))
    }

    pub(super) fn not_available(number: &str) -> Self {
        Self::new(400, 21422, format!("{number} is not available"))
    }

    pub(super) fn needs_address() -> Self {
        Self::new(400, 21631, "Phone Number Requires an Address but the 'AddressSid' parameter was empty.")
    }

    pub(super) fn needs_local_address() -> Self {
        Self::new(400, 21615, "Phone Number Requires a Local Address but the 'AddressSid' parameter was empty.")
    }

    pub(super) fn needs_bundle() -> Self {
        Self::new(400, 21649, "Phone Number Requires a Bundle but the 'BundleSid' parameter was empty.")
    }

    pub(super) fn trial() -> Self {
        Self::new(
            400,
            21404,
            "Trial accounts are allowed only one Twilio number. To get additional Twilio numbers, please upgrade at \
             https://www.twilio.com/user/billing/upgrade.",
        )
    }

    pub(super) fn restricted() -> Self {
        Self::new(400, 22300, "This account is restricted from provisioning new long code phone numbers")
    }

    fn body(&self) -> Value {
        json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status,
        })
    }

    pub(super) fn into_response(self) -> Response {
        sim::json(self.status, &self.body())
    }
}

/// Too many requests at once. Twilio promises that such a request was not processed, and no
/// `Retry-After`.
pub(super) fn overload() -> Answer {
    Answer::json(429, &Refusal::new(429, 20429, "Too Many Requests").body()).with("twilio-concurrent-requests", "51")
}

pub(super) async fn nowhere(uri: axum::http::Uri) -> Response {
    Refusal::not_found(uri.path()).into_response()
}
