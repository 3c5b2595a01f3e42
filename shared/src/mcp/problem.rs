//! What is wrong with a message, as JSON-RPC says it and as HTTP does. What is wrong with a tool's
//! arguments is not here: that is a result, which a model reads and mends.

use serde_json::{Value, json};

use super::said::Failure;
use crate::api::{Code, codes, mcp};
use crate::edge::Answer;

/// A message that has no result.
#[derive(Debug)]
pub(super) struct Problem {
    /// What HTTP says; nothing, where a client of that revision takes a status for a broken
    /// connection.
    status: Option<&'static Code>,
    outcome: &'static str,
    number: i32,
    message: String,
    data: Option<Value>,
}

/// Of a client's own words, which may be as long as a message, so many characters come back.
const LONGEST_ECHO: usize = 128;

const NOT_JSON: i32 = -32700;
const NOT_A_REQUEST: i32 = -32600;
const NO_SUCH_METHOD: i32 = -32601;
const WRONG_PARAMS: i32 = -32602;
/// Ours: there is only POST.
const NOT_ALLOWED: i32 = -32000;
/// The protocol's: headers say another thing than the message.
const OTHER_HEADERS: i32 = -32020;
/// The protocol's.
const OTHER_VERSION: i32 = -32022;

impl Problem {
    fn new(status: Option<&'static Code>, number: i32, message: impl Into<String>) -> Self {
        let outcome = status.map_or(mcp::BAD_MESSAGE.name, |code| code.name);
        Self { status, outcome, number, message: message.into(), data: None }
    }

    pub(super) fn not_json(message: &str) -> Self {
        Self::new(Some(&mcp::BAD_MESSAGE), NOT_JSON, message)
    }

    pub(super) fn not_a_message(message: &str) -> Self {
        Self::new(Some(&mcp::BAD_MESSAGE), NOT_A_REQUEST, message)
    }

    pub(super) fn wrong_params(message: impl Into<String>) -> Self {
        Self::new(None, WRONG_PARAMS, message)
    }

    pub(super) fn unknown_tool(name: &str) -> Self {
        let known: Vec<_> = mcp::TOOLS.iter().map(|tool| tool.name).collect();
        // It is the client's own word, and may be as long as a message.
        let name: String = name.chars().take(LONGEST_ECHO).collect();
        Self::wrong_params(format!("Unknown tool: {name}. There are {}.", known.join(", ")))
    }

    /// By itself, or as an address at which there is nothing.
    pub(super) fn no_such_method(method: &str, is_status: bool) -> Self {
        let method: String = method.chars().take(LONGEST_ECHO).collect();
        let status = is_status.then_some(&mcp::NO_SUCH_METHOD);
        let problem = Self::new(status, NO_SUCH_METHOD, format!("Method not found: {method}"));
        Self { outcome: mcp::NO_SUCH_METHOD.name, ..problem }
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(Some(&codes::METHOD_NOT_ALLOWED), NOT_ALLOWED, "Method not allowed")
    }

    pub(super) fn foreign() -> Self {
        let message = "A browser sent this for a page of another site, which may not use the MCP server: its HTTP API is open to every page.";
        Self::new(Some(&mcp::FOREIGN_ORIGIN), NOT_A_REQUEST, message)
    }

    pub(super) fn too_large() -> Self {
        let most = mcp::LARGEST_MESSAGE / 1024;
        Self::new(Some(&mcp::MESSAGE_TOO_LARGE), NOT_A_REQUEST, format!("The message is larger than {most} KB."))
    }

    pub(super) fn other_headers(message: impl Into<String>) -> Self {
        Self::new(Some(&mcp::BAD_MESSAGE), OTHER_HEADERS, message)
    }

    pub(super) fn other_version(requested: &str, supported: &[&str]) -> Self {
        let requested: String = requested.chars().take(LONGEST_ECHO).collect();
        let problem = Self::new(Some(&mcp::BAD_MESSAGE), OTHER_VERSION, "Unsupported protocol version");
        Self { data: Some(json!({"supported": supported, "requested": requested})), ..problem }
    }

    /// The same of a message that wants no answer: then HTTP alone can say that it was not taken.
    pub(super) fn of_a_notification(self) -> Self {
        Self { status: Some(self.status.unwrap_or(&mcp::BAD_MESSAGE)), ..self }
    }

    /// The answer to the message of this id; to one whose id is not known, if it has one.
    pub(super) fn answer(self, id: Option<String>) -> Answer {
        let Self { status, outcome, number, message, data } = self;
        let failure = Failure::of(id, number, message, data);
        match status {
            Some(code) => Answer::prepared(code, failure.text(), []),
            None => Answer::ok(&failure, Vec::new(), outcome),
        }
    }

    /// For tests of what reads messages.
    #[cfg(test)]
    pub(super) fn told(&self) -> (u16, i32) {
        (self.status.map_or(200, |code| code.status), self.number)
    }
}
