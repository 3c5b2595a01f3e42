//! What of a request was not read, said beside its answer: a caller who asked for it should know before it pays, and after.

use http::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use super::Said;
use crate::edge::Answer;

impl Said<'_> {
    /// A success, which names what was ignored if anything was.
    pub(super) fn ok(
        &self,
        body: &impl Serialize,
        headers: Vec<(HeaderName, HeaderValue)>,
        outcome: &'static str,
    ) -> Answer {
        if self.ignored.is_empty() {
            return Answer::ok(body, headers, outcome);
        }
        let mut body = serde_json::to_value(body).unwrap_or_default();
        if let Value::Object(fields) = &mut body {
            fields.insert("ignored_fields".to_owned(), json!(self.ignored));
        }
        Answer::ok(&body, headers, outcome)
    }
}
