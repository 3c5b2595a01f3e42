//! What Bland's answers say: from a status and a body to a named outcome. Pure.
//!
//! Bland has three shapes of errors, reports some of them with 200, some permanent ones with 429
//! and some of its refusals with 500, and documents texts, not codes. So the text decides first
//! where it is known, then the status.

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{BlandCallId, BlandError, DialError};
use crate::types::PhoneNumber;
use crate::upstream::repeatable::repeatable;
use crate::wire::http::Reply;

/// Bland rings the same number at most once in this many seconds, and sends no `Retry-After`.
const SAME_NUMBER: u64 = 10;
/// For its other limits.
const LATER: u64 = 60;

/// Every shape of an answer that is not a record.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Told {
    status: Option<Box<RawValue>>,
    message: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
    errors: Option<Box<RawValue>>,
    call_id: Option<Box<RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    error: Option<String>,
    message: Option<String>,
}

/// The words of an answer, whichever fields they stand in, and whether it calls itself an error.
#[derive(Default)]
struct Words {
    text: String,
    is_error: bool,
    call_id: Option<String>,
}

impl Words {
    fn of(reply: &Reply) -> Option<Self> {
        let told: Told = reply.json()?;
        let status = told.status.as_deref().and_then(string);
        let mut words: Vec<String> = Vec::new();
        words.extend(status.clone().filter(|status| status != "success" && status != "error"));
        words.extend(told.message.as_deref().and_then(string));
        words.extend(told.error.as_deref().and_then(string));
        let errors = told.errors.map_or_else(Vec::new, |errors| entries(&errors));
        for entry in &errors {
            let Entry { error, message } = serde_json::from_str(entry.get()).unwrap_or_default();
            words.extend(string(entry));
            words.extend(error);
            words.extend(message);
        }
        let is_error = status.is_some_and(|status| status != "success") || told.error.is_some() || !errors.is_empty();
        Some(Self { text: words.join(": "), is_error, call_id: told.call_id.as_deref().and_then(string) })
    }

    fn mention(&self, parts: &[&str]) -> bool {
        let text = self.text.to_ascii_lowercase();
        parts.iter().any(|part| text.contains(&part.to_ascii_lowercase()))
    }
}

/// `errors` is a list as a rule; anything else but null is one error.
fn entries(errors: &RawValue) -> Vec<Box<RawValue>> {
    serde_json::from_str(errors.get()).unwrap_or_else(|_| vec![errors.to_owned()])
}

fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// The answer to a call being placed.
pub fn dialled(reply: &Reply, asked: &[&PhoneNumber]) -> Result<BlandCallId, DialError> {
    let words = Words::of(reply);
    if reply.status.is_success() {
        // An accepted call whose id cannot be read is still ringing.
        let words = words.ok_or(DialError::Unknown)?;
        return match words.call_id.as_deref().map(BlandCallId::parse) {
            Some(Ok(id)) if !words.is_error => Ok(id),
            None if words.is_error => Err(refusal(StatusCode::BAD_REQUEST, reply, &words, asked)),
            _ => Err(DialError::Unknown),
        };
    }
    Err(refusal(reply.status, reply, &words.unwrap_or_default(), asked))
}

fn refusal(status: StatusCode, reply: &Reply, words: &Words, asked: &[&PhoneNumber]) -> DialError {
    let message = || said(status, words, asked);
    if words.mention(&[
        "blacklisted",
        "dnc error",
        "dnc list",
        "sensitive number",
        "invalid phone number",
        "INTL_BLOCK",
        "DESTINATION_BLOCKED",
    ]) {
        return DialError::UnsupportedDestination { message: message() };
    }
    if words.mention(&["CALL_RL_PLAN"]) {
        return DialError::RateLimited { retry_after: LATER };
    }
    match status.as_u16() {
        429 if words.mention(&["10 seconds", "same number"]) => DialError::RateLimited { retry_after: SAME_NUMBER },
        429 => DialError::RateLimited { retry_after: reply.retry_after.unwrap_or(LATER) },
        400 | 413 | 422 if words.mention(&["'from'", "from number", "not owned by your account", "byot"]) => {
            DialError::NumberNotReady
        }
        400 | 413 | 422 if words.mention(&["encrypted_key"]) => DialError::Account { message: message() },
        400 | 413 | 422 => DialError::Refused { message: message() },
        // A proxy between us and Bland has given up waiting, and Bland has not.
        408 | 504 => DialError::Unknown,
        400..=499 => DialError::Account { message: message() },
        // These come before anything is dialled: Bland has not even found the carrier's account.
        500 if words.mention(&["getting byot number"]) => DialError::NumberNotReady,
        500 if words.mention(&["encrypted_key", "encrypted key", "creating twilio connection"]) => {
            DialError::Account { message: message() }
        }
        _ => DialError::Unclear,
    }
}

/// Passes a 2xx that does not call itself an error.
pub(super) fn succeeded(reply: &Reply, asked: &[&PhoneNumber]) -> Result<(), BlandError> {
    match Words::of(reply) {
        Some(words) if reply.status.is_success() && !words.is_error => Ok(()),
        None if reply.status.is_success() => Err(BlandError::Unknown),
        words => Err(trouble(reply, &words.unwrap_or_default(), asked)),
    }
}

/// What an answer says that should have been a record or a list and is not.
pub(super) fn not_what_was_asked(reply: &Reply) -> BlandError {
    match Words::of(reply) {
        // "Success", and nothing in it.
        Some(words) if reply.status.is_success() && !words.is_error => BlandError::Unknown,
        None if reply.status.is_success() => BlandError::Unknown,
        words => trouble(reply, &words.unwrap_or_default(), &[]),
    }
}

/// The answer to a call being stopped.
pub fn stopped(reply: &Reply) -> Result<(), BlandError> {
    let over = ["SID not found", "already", "not found", "not active", "not in progress", "has ended"];
    done_or_gone(reply, &over)
}

/// The answer to a number being forgotten.
pub fn forgotten(reply: &Reply) -> Result<(), BlandError> {
    done_or_gone(reply, &["not found", "does not exist", "no inbound"])
}

/// What should be gone and is gone is as good as done, in whichever status that is said.
fn done_or_gone(reply: &Reply, gone: &[&str]) -> Result<(), BlandError> {
    if reply.status == StatusCode::NOT_FOUND {
        return Ok(());
    }
    if reply.status.is_success() && reply.body.is_empty() {
        return Ok(());
    }
    let is_gone = !reply.status.is_server_error() || reply.status == StatusCode::INTERNAL_SERVER_ERROR;
    match succeeded(reply, &[]) {
        Err(_) if is_gone && Words::of(reply).is_some_and(|words| words.mention(gone)) => Ok(()),
        outcome => outcome,
    }
}

fn trouble(reply: &Reply, words: &Words, asked: &[&PhoneNumber]) -> BlandError {
    let message = said(reply.status, words, asked);
    match reply.status.as_u16() {
        404 => BlandError::NotFound,
        200..=299 | 400 if words.mention(&["NOT_FOUND", "not found"]) => BlandError::NotFound,
        200..=299 | 400 | 413 | 422 => BlandError::Refused { message },
        429 => BlandError::RateLimited { retry_after: reply.retry_after.unwrap_or(LATER) },
        408 => BlandError::Unknown,
        400..=499 => BlandError::Account { message },
        _ => BlandError::Unknown,
    }
}

fn said(status: StatusCode, words: &Words, asked: &[&PhoneNumber]) -> String {
    if words.text.is_empty() { format!("status {}", status.as_u16()) } else { repeatable(&words.text, asked) }
}

#[cfg(test)]
mod tests;
