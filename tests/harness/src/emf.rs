//! CloudWatch's embedded metric format, as its specification and the JSON schema in it say: what
//! CloudWatch would take a line for. It drops what is wrong without a word, so here everything that
//! is wrong is said.
//!
//! Where the specification has become more generous over the years, the older and stricter rule
//! holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// A log event that is longer is cut.
const LARGEST: usize = 256 * 1024;
const MOST_METRICS: usize = 100;
const MOST_VALUES: usize = 100;
const MOST_DIMENSIONS: usize = 9;
const LONGEST_NAME: usize = 255;
const LONGEST_VALUE: usize = 1024;
/// What is older, or so far in the future, is not taken.
const OLDEST: i64 = 14 * 24 * 3_600_000;
const NEWEST: i64 = 2 * 3_600_000;

const UNITS: &str = "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|\
Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|\
Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None";

/// What CloudWatch would keep.
#[derive(Clone, PartialEq, Debug)]
pub struct Datum {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Dimensions, by their names.
    pub dimensions: BTreeMap<String, String>,
    /// All our numbers are whole.
    pub value: u64,
}

/// Reads a line; `Ok` and empty, if it has no metrics. `now` is in milliseconds.
pub fn read(line: &str, now: i64) -> Result<Vec<Datum>, String> {
    let Ok(Value::Object(root)) = serde_json::from_str::<Value>(line) else { return Ok(Vec::new()) };
    let Some(metadata) = root.get("_aws") else { return Ok(Vec::new()) };
    if line.len() > LARGEST {
        return Err(format!("{} bytes", line.len()));
    }
    let metadata = object("_aws", metadata, &["Timestamp", "CloudWatchMetrics"], &[])?;
    let at = metadata["Timestamp"].as_i64().ok_or("Timestamp is no integer")?;
    if !(now - OLDEST..=now + NEWEST).contains(&at) {
        return Err(format!("Timestamp {at} is too far from now"));
    }
    let directives = list("CloudWatchMetrics", &metadata["CloudWatchMetrics"], 1, usize::MAX)?;
    let mut data: Vec<Datum> = Vec::new();
    for directive in directives {
        for datum in read_directive(directive, &root)? {
            let twice = |it: &&Datum| it.name == datum.name && it.dimensions == datum.dimensions;
            if data.iter().any(|it| twice(&it)) {
                return Err(format!("{} is there twice", datum.name));
            }
            data.push(datum);
        }
    }
    Ok(data)
}

fn read_directive(directive: &Value, root: &Map<String, Value>) -> Result<Vec<Datum>, String> {
    let directive = object("a directive", directive, &["Namespace", "Dimensions", "Metrics"], &[])?;
    let namespace = name("Namespace", &directive["Namespace"])?;
    if namespace.starts_with(':') || !namespace.bytes().all(|c| c.is_ascii_alphanumeric() || b".-_/#: ".contains(&c)) {
        return Err(format!("the namespace {namespace}"));
    }
    let mut data = Vec::new();
    for set in list("Dimensions", &directive["Dimensions"], 1, usize::MAX)? {
        let mut dimensions = BTreeMap::new();
        for key in list("a dimension set", set, 0, MOST_DIMENSIONS)? {
            let key = name("a dimension", key)?;
            let value = root.get(&key).and_then(Value::as_str).ok_or(format!("{key} is no text of the root"))?;
            let printable = value.bytes().all(|c| (b' '..=b'~').contains(&c)) && !value.trim().is_empty();
            if !printable || value.starts_with(':') || value.len() > LONGEST_VALUE {
                return Err(format!("{key} cannot have the value {value:?}"));
            }
            if dimensions.insert(key.clone(), value.to_owned()).is_some() {
                return Err(format!("{key} is there twice"));
            }
        }
        for metric in list("Metrics", &directive["Metrics"], 1, MOST_METRICS)? {
            let metric = object("a metric", metric, &["Name"], &["Unit", "StorageResolution"])?;
            let unit = metric.get("Unit").map_or(Ok("None".to_owned()), |unit| name("Unit", unit))?;
            if !UNITS.split('|').any(|known| known == unit) {
                return Err(format!("there is no unit {unit}"));
            }
            let resolution = metric.get("StorageResolution").is_none_or(|it| *it == 1 || *it == 60);
            if !resolution {
                return Err("StorageResolution is 1 or 60".into());
            }
            let name = name("Name", &metric["Name"])?;
            let value = value_of(&name, root.get(&name))?;
            data.push(Datum { namespace: namespace.clone(), name, unit, dimensions: dimensions.clone(), value });
        }
    }
    Ok(data)
}

/// A number or several, of which ours are one and whole.
fn value_of(name: &str, value: Option<&Value>) -> Result<u64, String> {
    match value {
        Some(Value::Array(values)) if values.len() > MOST_VALUES => Err(format!("{name} has too many values")),
        Some(value) => value.as_u64().ok_or(format!("{name} is {value} and no whole number")),
        None => Err(format!("{name} is not in the root")),
    }
}

fn object<'a>(
    what: &str,
    value: &'a Value,
    required: &[&str],
    optional: &[&str],
) -> Result<&'a Map<String, Value>, String> {
    let members = value.as_object().ok_or(format!("{what} is no object"))?;
    if let Some(missing) = required.iter().find(|name| !members.contains_key(**name)) {
        return Err(format!("{what} has no {missing}"));
    }
    let known: BTreeSet<&str> = required.iter().chain(optional).copied().collect();
    match members.keys().find(|name| !known.contains(name.as_str())) {
        Some(unknown) => Err(format!("{what} has {unknown}, which is unknown")),
        None => Ok(members),
    }
}

fn list<'a>(what: &str, value: &'a Value, least: usize, most: usize) -> Result<&'a [Value], String> {
    let items = value.as_array().ok_or(format!("{what} is no list"))?;
    if (least..=most).contains(&items.len()) { Ok(items) } else { Err(format!("{what} has {} items", items.len())) }
}

fn name(what: &str, value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or(format!("{what} is no text"))?;
    let fits = !text.trim().is_empty() && text.len() <= LONGEST_NAME && !text.contains(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(format!("{what} is {text:?}")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_764_000_000_000;

    fn document() -> Value {
        json!({
            "_aws": {"Timestamp": NOW, "CloudWatchMetrics": [
                {"Namespace": "stack", "Dimensions": [["function"]], "Metrics": [{"Name": "Sales", "Unit": "Count"}]},
            ]},
            "function": "reaper", "Sales": 3, "anything": {"else": true},
        })
    }

    fn bent(bend: impl FnOnce(&mut Value)) -> Result<Vec<Datum>, String> {
        let mut document = document();
        bend(&mut document);
        read(&document.to_string(), NOW)
    }

    #[test]
    fn a_document_says_what_is_counted() {
        let [datum] = bent(|_| {}).unwrap().try_into().unwrap();
        assert_eq!((datum.name.as_str(), datum.unit.as_str(), datum.value), ("Sales", "Count", 3));
        assert_eq!(datum.dimensions["function"], "reaper");
        assert_eq!(read("no JSON", NOW), Ok(vec![]));
        assert_eq!(read(r#"{"level":"INFO"}"#, NOW), Ok(vec![]));
    }

    #[test]
    fn what_cloudwatch_would_drop_is_said() {
        let directive = |document: &mut Value, name: &str, value: Value| {
            document["_aws"]["CloudWatchMetrics"][0][name] = value;
        };
        for (bent, why) in [
            (bent(|it| it["_aws"] = json!({"CloudWatchMetrics": []})), "has no Timestamp"),
            (bent(|it| it["_aws"]["Timestamp"] = json!("now")), "no integer"),
            (bent(|it| it["_aws"]["Timestamp"] = json!(0)), "too far from now"),
            (bent(|it| it["_aws"]["CloudWatchMetrics"] = json!([])), "0 items"),
            (bent(|it| it["_aws"]["Else"] = json!(1)), "which is unknown"),
            (bent(|it| directive(it, "Namespace", json!(""))), "Namespace is"),
            (bent(|it| directive(it, "Namespace", json!("a\u{fc}"))), "the namespace"),
            (bent(|it| directive(it, "Dimensions", json!([]))), "0 items"),
            (bent(|it| directive(it, "Dimensions", json!(["function"]))), "no list"),
            (bent(|it| directive(it, "Dimensions", json!([["absent"]]))), "absent is no text"),
            (bent(|it| directive(it, "Dimensions", json!([["function", "function"]]))), "twice"),
            (bent(|it| it["function"] = json!(":x")), "cannot have the value"),
            (bent(|it| it["function"] = json!("\u{2026}")), "cannot have the value"),
            (bent(|it| it["function"] = json!(" ")), "cannot have the value"),
            (bent(|it| directive(it, "Metrics", json!([{"Name": "Sales", "Unit": "Dollars"}]))), "no unit Dollars"),
            (bent(|it| directive(it, "Metrics", json!([{"Unit": "Count"}]))), "has no Name"),
            (bent(|it| directive(it, "Metrics", json!([{"Name": "Sales"}, {"Name": "Sales"}]))), "twice"),
            (bent(|it| directive(it, "Metrics", json!([{"Name": "Absent"}]))), "not in the root"),
            (bent(|it| it["Sales"] = json!("3")), "no whole number"),
            (bent(|it| it["Sales"] = json!({"nested": 3})), "no whole number"),
            (bent(|it| it["Sales"] = json!(1.5)), "no whole number"),
            (bent(|it| it["text"] = json!("x".repeat(LARGEST))), "bytes"),
        ] {
            let said = bent.expect_err(why);
            assert!(said.contains(why), "{why}: {said}");
        }
    }
}
