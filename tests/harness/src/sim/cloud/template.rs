//! A template in a bucket, as far as its parameters go: which there are, their defaults, and what
//! they may be.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

/// The parameters of a template.
pub(super) struct Offered(Value);

impl Offered {
    /// Reads a template.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let document: Value = serde_yaml_ng::from_slice(text).ok()?;
        Some(Self(document.get("Parameters")?.clone()))
    }

    /// All values after those that are given: a default for each that is not, and an error in
    /// CloudFormation's words.
    pub(super) fn filled(&self, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        let all = self.0.as_mapping().ok_or("Template format error")?;
        let names: Vec<&str> = all.keys().filter_map(Value::as_str).collect();
        if let Some(unknown) = given.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(format!("Parameters: [{unknown}] do not exist in the template"));
        }
        let mut filled = BTreeMap::new();
        for name in names {
            let of = &self.0[name];
            let usual = text(&of["Default"]);
            let value = given.get(name).cloned().or(usual);
            let value = value.ok_or_else(|| format!("Parameters: [{name}] must have values"))?;
            let allowed = of["AllowedValues"].as_sequence();
            if allowed.is_some_and(|all| !all.iter().filter_map(text).any(|one| one == value)) {
                return Err(format!("Parameter '{name}' must be one of AllowedValues"));
            }
            filled.insert(name.to_owned(), value);
        }
        Ok(filled)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(whether) => Some(whether.to_string()),
        _ => None,
    }
}
