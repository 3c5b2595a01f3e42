//! How what a look at a call showed stands in its row, and what was said, beside it.

use serde::{Deserialize, Serialize};

use crate::types::call::{AnsweredBy, CallEndedBy, EndedBy, Message, Retry, Role, Status};

/// A call as a look has shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct ViewRow {
    pub status: Status,
    pub ended_by: EndedBy,
    pub reason: String,
    pub retry: Retry,
    #[serde(rename = "answered", skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<AnsweredBy>,
    #[serde(rename = "by", skip_serializing_if = "Option::is_none")]
    pub call_ended_by: Option<CallEndedBy>,
    #[serde(rename = "minutes", skip_serializing_if = "Option::is_none")]
    pub call_length: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    #[serde(rename = "recording", skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
    /// The callee has asked not to be called again.
    #[serde(default, rename = "off", skip_serializing_if = "std::ops::Not::not")]
    pub opted_out: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// From which look on its end is shown; at once, if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shows_at: Option<i64>,
}

/// `CALL#<id>` / `SAID#<0 or 1>#<first line>#<digest>`: a part of what was said, a short one or a
/// long one, written once.
#[derive(Debug, Default, Deserialize)]
pub(in crate::store) struct SaidRow {
    #[serde(default)]
    pub lines: Vec<UtteranceRow>,
    /// What was said is forgotten with the call.
    pub ttl: Option<i64>,
}

/// A line of a conversation: words of one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct UtteranceRow {
    pub role: Role,
    pub text: String,
}
