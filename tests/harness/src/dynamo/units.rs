//! What DynamoDB would put on the bill: the engine's own count of capacity, asked for only while a
//! test wants to know.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde_json::{Value, json};

/// Capacity units on demand. A read that may be behind is half a unit, so reads are counted in
/// halves.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Units {
    /// Halves of read units.
    pub read_halves: u64,
    /// Write units; in a transaction an item costs two and more.
    pub writes: u64,
}

/// A count that goes on; nothing while none was asked for.
#[derive(Clone, Default)]
pub(super) struct Counted(Arc<Mutex<Option<Units>>>);

impl Counted {
    pub(super) fn start(&self) {
        *self.lock() = Some(Units::default());
    }

    pub(super) fn units(&self) -> Units {
        self.lock().unwrap_or_default()
    }

    /// A request as the engine is asked: with what it uses, while that is counted.
    pub(super) fn asking(&self, body: Bytes) -> Bytes {
        if self.lock().is_none() {
            return body;
        }
        let Ok(Value::Object(mut request)) = serde_json::from_slice(&body) else { return body };
        request.insert("ReturnConsumedCapacity".to_owned(), json!("TOTAL"));
        Value::Object(request).to_string().into()
    }

    /// Adds what an answer says.
    pub(super) fn count(&self, operation: &str, answer: &[u8]) {
        let mut counted = self.lock();
        let Some(units) = &mut *counted else { return };
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let used = &answer["ConsumedCapacity"];
        // Operations on several tables answer with one for each.
        let halves = used.as_array().map_or_else(|| halves(used), |tables| tables.iter().map(halves).sum());
        match operation {
            "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems" => units.read_halves += halves,
            _ => units.writes += halves / 2,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Units>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `1.5` is three halves. Read as text, since units are not floats.
fn halves(capacity: &Value) -> u64 {
    let text = capacity["CapacityUnits"].to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    whole.parse::<u64>().unwrap_or(0) * 2 + u64::from(fraction.starts_with('5'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Counted, Units};

    #[test]
    fn nothing_is_asked_for_and_nothing_counted_before_a_test_wants_to_know() {
        let counted = Counted::default();
        assert_eq!(counted.asking("{\"a\":1}".into()), "{\"a\":1}");
        counted.count("GetItem", br#"{"ConsumedCapacity":{"CapacityUnits":1.0}}"#);
        assert_eq!(counted.units(), Units::default());
    }

    #[test]
    fn reads_are_counted_in_halves_and_tables_added_up() {
        let counted = Counted::default();
        counted.start();
        let asked: serde_json::Value = serde_json::from_slice(&counted.asking("{\"a\":1}".into())).expect("JSON");
        assert_eq!(asked, json!({"a": 1, "ReturnConsumedCapacity": "TOTAL"}));
        counted.count("GetItem", br#"{"ConsumedCapacity":{"CapacityUnits":0.5}}"#);
        counted.count("BatchGetItem", br#"{"ConsumedCapacity":[{"CapacityUnits":1.5},{"CapacityUnits":1.0}]}"#);
        counted.count("TransactWriteItems", br#"{"ConsumedCapacity":[{"CapacityUnits":6.0}]}"#);
        counted.count("PutItem", b"no JSON");
        assert_eq!(counted.units(), Units { read_halves: 6, writes: 6 });
    }
}
