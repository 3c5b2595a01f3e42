//! What an answer that is not 200 is in HTTP: built piece by piece, and written as one flat object.

use serde_json::{Map, Value, json};

use crate::api::Code;

/// BlockRun's MCP server looks for these words before it tells a user that nothing was paid.
pub(super) const FREE: &str = "Not charged.";

/// A refusal in HTTP.
pub struct Facts {
    /// The status.
    pub status: u16,
    /// The code, which is also `error` in the body.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
    /// Further fields of the body.
    pub fields: Map<String, Value>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Facts {
    pub(super) fn new(code: Code, message: String) -> Self {
        Self { status: code.status, code: code.name, message, fields: Map::new(), headers: Vec::new() }
    }

    pub(super) fn with(mut self, field: &str, value: Value) -> Self {
        self.fields.insert(field.to_owned(), value);
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        self.with("retry_after_seconds", json!(seconds)).header("retry-after", seconds.to_string())
    }

    /// The body: flat, because the SDKs read nothing that is nested.
    pub fn body(&self) -> Vec<u8> {
        let mut body = self.fields.clone();
        body.insert("error".to_owned(), json!(self.code));
        body.insert("code".to_owned(), json!(self.code));
        body.insert("message".to_owned(), json!(self.message));
        Value::Object(body).to_string().into_bytes()
    }
}
