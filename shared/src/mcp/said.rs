//! What the server says of itself, and how anything that it says is written: the same for clients
//! of every revision, since those before 2026-07-28 skip what is only said since. A `ping` is the
//! exception: its answer is empty, and official clients hold it to that.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::words;
use crate::api::mcp::{INSTRUCTIONS, TOOLS};
use crate::types::Country;
use crate::wire::json as bytes_of;

/// Milliseconds for which a client may keep what is the same for all: as long as a cache may keep
/// the documents.
const KEPT_MS: u32 = 300_000;

/// A result.
#[derive(Serialize)]
pub(super) struct Response<'a> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    result: &'a Value,
}

impl<'a> Response<'a> {
    pub(super) fn to(id: &'a RawValue, result: &'a Value) -> Self {
        Self { jsonrpc: "2.0", id, result }
    }
}

/// Or why there is none.
#[derive(Serialize)]
pub(super) struct Failure {
    jsonrpc: &'static str,
    id: Option<Box<RawValue>>,
    error: Error,
}

#[derive(Serialize)]
struct Error {
    code: i32,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

impl Failure {
    pub(super) fn of(id: Option<String>, code: i32, message: String, data: Option<Value>) -> Self {
        let id = id.and_then(|id| RawValue::from_string(id).ok());
        Self { jsonrpc: "2.0", id, error: Error { code, message, data } }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(bytes_of(self)).unwrap_or_default()
    }
}

/// A method that has a result, by its name; for the log, into which no word of a client's goes.
pub(super) fn known(method: &str) -> &'static str {
    let methods = ["initialize", "ping", "server/discover", "tools/list", "tools/call"];
    methods.into_iter().find(|known| *known == method).unwrap_or("another")
}

/// A result, with what each of them has since 2026-07-28.
pub(super) fn complete(mut result: Value) -> Value {
    if let Some(fields) = result.as_object_mut() {
        fields.insert("resultType".to_owned(), json!("complete"));
        let meta = fields.entry("_meta").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), server());
        }
    }
    result
}

/// One that is the same for each client for a while.
fn kept(mut result: Value) -> Value {
    if let Some(fields) = result.as_object_mut() {
        fields.extend([("ttlMs".to_owned(), json!(KEPT_MS)), ("cacheScope".to_owned(), json!("public"))]);
    }
    complete(result)
}

fn server() -> Value {
    json!({"name": "dialtone", "title": "Dialtone", "version": env!("CARGO_PKG_VERSION")})
}

/// To a client that begins, and is spoken to in this revision.
pub(super) fn initialized(version: &str) -> Value {
    complete(json!({
        "protocolVersion": version,
        "capabilities": {"tools": {"listChanged": false}},
        "serverInfo": server(),
        "instructions": INSTRUCTIONS,
    }))
}

/// To one that asks what there is, with every message alone.
pub(super) fn discovered(version: &str) -> Value {
    kept(json!({
        "supportedVersions": [version],
        "capabilities": {"tools": {}},
        "instructions": INSTRUCTIONS,
    }))
}

/// The tools, always in this order.
pub(super) fn tools(countries: &[Country]) -> Value {
    let told = |mut tool: Value| {
        tool.get_mut("inputSchema").into_iter().for_each(words::of_schema);
        tool
    };
    let tools: Vec<Value> = TOOLS.iter().map(|tool| told(tool.described(countries))).collect();
    kept(json!({"tools": tools}))
}
