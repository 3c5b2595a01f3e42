//! Bland's templates: `{{name}}` in a prompt is replaced, whichever side wrote it.

use serde_json::Value;

/// Variables that every call has, and that a caller's text can pull in unasked.
const SYSTEM: [&str; 6] = ["phone_number", "to", "from", "call_id", "now", "now_utc"];

/// Expands a text. Names that are not defined become empty.
pub(super) fn expand(text: &str, request_data: &Value, system: impl Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else {
            break;
        };
        expanded.push_str(before);
        let name = name.trim();
        match &request_data[name] {
            Value::String(value) => expanded.push_str(value),
            Value::Null if SYSTEM.contains(&name) => expanded.push_str(&system(name).unwrap_or_default()),
            Value::Null => {}
            other => expanded.push_str(&other.to_string()),
        }
        rest = tail;
    }
    expanded + rest
}
