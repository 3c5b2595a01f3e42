//! Payments that stand where none is read: what they are recognised by.

use serde_json::Value;

use super::headers::encoded;

/// So deep a payment is looked for inside what speaks of one.
const DEEPEST: u32 = 3;

/// Whether a text is a payment, as JSON or in base64, by what each version has.
pub fn is_a_payment(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let json = if value.starts_with(b"{") { Some(value.to_vec()) } else { encoded(value) };
    let document = json.and_then(|json| serde_json::from_slice(&json).ok());
    document.as_ref().is_some_and(is_a_document)
}

/// Whether a name is one of a payment.
pub fn speaks_of_a_payment(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("payment") || name.contains("x402")
}

/// Whether a value is a payment, or holds one.
pub fn holds_a_payment(value: &Value) -> bool {
    holds(value, DEEPEST)
}

fn holds(value: &Value, deeper: u32) -> bool {
    let inside = |value: &Value| deeper > 0 && holds(value, deeper - 1);
    match value {
        Value::String(text) => is_a_payment(text.as_bytes()),
        Value::Object(members) => is_a_document(value) || members.values().any(inside),
        Value::Array(items) => items.iter().any(inside),
        _ => false,
    }
}

fn is_a_document(value: &Value) -> bool {
    value.get("x402Version").is_some() && value.get("payload").is_some()
}
