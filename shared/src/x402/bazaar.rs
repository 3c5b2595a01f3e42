//! The extension `bazaar` of version 2: how directories, and agents that were told the price, learn
//! what to send and what comes back.
//! <https://github.com/coinbase/x402/blob/main/specs/extensions/bazaar.md>. It knows the
//! extension's shape, and no endpoint. Version 1 says the same in `outputSchema`, as its
//! directories and facilitators read it.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

/// The extensions of a 402: what is sold, as directories list it, and that a client may name its
/// purchase (`payment-identifier`). Written once, since every 402 repeats it.
#[derive(Debug)]
pub struct Listing {
    extensions: Box<RawValue>,
    output_schema: Box<RawValue>,
}

impl Listing {
    /// Something that takes a JSON body like this one and that schema, and answers like this.
    pub fn new(method: &str, body: &Value, schema: &Value, answer: &Value) -> Self {
        // Directories drop an entry whose schema does not fit its info, so nothing beside it is
        // allowed for.
        let input = json!({
            "type": "object",
            "properties": {
                "type": {"type": "string", "const": "http"},
                "method": {"type": "string", "enum": [method]},
                "bodyType": {"type": "string", "enum": ["json"]},
                "body": schema,
            },
            "required": ["type", "method", "bodyType", "body"],
            "additionalProperties": false,
        });
        let output = json!({
            "type": "object",
            "properties": {"type": {"type": "string"}, "example": {"type": "object"}},
            "required": ["type"],
        });
        let extensions = json!({"bazaar": {
            "info": {
                "input": {"type": "http", "method": method, "bodyType": "json", "body": body},
                "output": {"type": "json", "example": answer},
            },
            "schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {"input": input, "output": output},
                "required": ["input"],
            },
        }, "payment-identifier": {
            "info": {"required": false},
            "schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {
                    "required": {"type": "boolean"},
                    "id": {"type": "string", "minLength": 16, "maxLength": 128},
                },
                "required": ["required"],
            },
        }});
        let output_schema = json!({
            "input": {"type": "http", "method": method, "bodyType": "json", "bodyFields": body_fields(schema)},
            "output": answer,
        });
        let [extensions, output_schema] =
            [extensions, output_schema].map(|document| to_raw_value(&document).unwrap_or_default());
        Self { extensions, output_schema }
    }

    /// What stands in `extensions`.
    pub(super) fn extensions(&self) -> &RawValue {
        &self.extensions
    }

    /// What stands in version 1's `outputSchema`.
    pub(super) fn output_schema(&self) -> &RawValue {
        &self.output_schema
    }
}

/// The fields of a body with their schemas. Whether one is required stands in the field itself.
fn body_fields(schema: &Value) -> Map<String, Value> {
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    let mut fields = schema["properties"].as_object().cloned().unwrap_or_default();
    for (name, field) in &mut fields {
        if required(name) {
            field["required"] = json!(true);
        }
    }
    fields
}
