//! Documents of ours as bytes.

use serde::Serialize;

/// A document as JSON. Ours are structs of strings and integers, which always serialize; an empty
/// one would only be refused.
pub fn json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).unwrap_or_default()
}
