//! DynamoDB: an engine in this process, behind a front that speaks the real protocol to the real
//! SDK.
//!
//! The front asks IAM, meets faults and latencies, and hands the rest to the engine's own HTTP
//! server. A test looks at the table directly, as DynamoDB's own JSON; what the items mean is for
//! others.
//!
//! What the engine cannot do: transactions never conflict, reads are never behind, TTL deletes
//! nothing. Reads of the table that may be behind can be made to be so.

mod travel;
mod units;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_primitives::hex::encode_prefixed;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dynoxide::{Database, ImportOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::sync::{RwLock, RwLockWriteGuard};

use crate::iam::Policies;
use crate::sim::{Answer, Faults};
use crate::template::{ACCOUNT, Deployment, REGION};
pub use travel::TIMES;
pub use units::Units;

/// DynamoDB's limit for a request.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// What a query finds that is behind by all there is.
const NOTHING: &str = r#"{"Items":[],"Count":0,"ScannedCount":0}"#;

/// The table. Clones are the same one.
#[derive(Clone)]
pub struct Dynamo {
    engine: Database,
    table: Arc<str>,
    faults: Faults,
    policies: Policies,
    /// Where the engine's own server listens.
    backend: Arc<str>,
    client: reqwest::Client,
    travelled: travel::Travelled,
    counted: units::Counted,
    /// Held by each request while the engine answers it.
    answering: Arc<RwLock<()>>,
    /// Reads of the table that may be behind are so.
    behind: Arc<AtomicBool>,
}

impl Dynamo {
    /// Creates the deployment's table, and serves it to the front. Needs a runtime.
    pub async fn start(deployment: &Deployment, client: &reqwest::Client) -> Self {
        let engine = Database::memory().unwrap_or_else(|error| panic!("no database: {error}"));
        engine
            .create_table(request(deployment.table.clone()))
            .unwrap_or_else(|error| panic!("the template's table is refused: {error}"));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no free loopback port: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        tokio::spawn(dynoxide::server::serve_on(listener, engine.clone()));
        let overload = Answer::json(
            400,
            &json!({
                "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
                "message": "Rate of requests exceeds the allowed throughput.",
            }),
        );
        Self {
            engine,
            table: deployment.table["TableName"].as_str().unwrap_or_default().into(),
            faults: Faults::by(operation, overload),
            policies: Policies::of(deployment),
            backend: format!("http://127.0.0.1:{port}/").into(),
            client: client.clone(),
            travelled: travel::Travelled::default(),
            counted: units::Counted::default(),
            answering: Arc::default(),
            behind: Arc::default(),
        }
    }

    /// From now on queries of the table that do not ask for what is there by now are behind by all
    /// of it: they find nothing.
    pub fn falls_behind(&self) {
        self.behind.store(true, Ordering::SeqCst);
    }

    /// Whether an answer to this is one of a table that is behind.
    fn is_behind(&self, operation: &str, body: &[u8]) -> bool {
        let is_any = |body: Value| body["IndexName"].is_null() && body["ConsistentRead"] != true;
        operation == "Query" && self.behind.load(Ordering::SeqCst) && serde_json::from_slice(body).is_ok_and(is_any)
    }

    /// Waits until the engine has answered what it was asked, and lets nothing else reach it
    /// meanwhile: what is then read and written back has not changed in between.
    pub(crate) async fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.answering.write().await
    }

    /// The same on a thread that may wait. It waits on another one, since tokio forbids that to
    /// those which poll futures.
    pub(crate) fn alone_at_once(&self) -> RwLockWriteGuard<'_, ()> {
        let waited = std::thread::scope(|scope| scope.spawn(|| self.answering.blocking_write()).join());
        waited.unwrap_or_else(|_| panic!("the table cannot be waited for"))
    }

    /// The endpoint for the SDK.
    pub fn router(&self) -> Router {
        self.faults.wrap(Router::new().fallback(front).with_state(self.clone()))
    }

    /// Faults, by the name of the operation: `PutItem`, `TransactWriteItems`.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Who may do what, here and elsewhere.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Forgets what was used, and counts from now on.
    pub fn count_units(&self) {
        self.counted.start();
    }

    /// What requests have used since [`count_units`](Self::count_units).
    pub fn units(&self) -> Units {
        self.counted.units()
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// All items, as DynamoDB's JSON.
    pub fn items(&self) -> Vec<Map<String, Value>> {
        pages(|start| {
            let mut scan = json!({"TableName": &*self.table});
            if let Some(start) = start {
                scan["ExclusiveStartKey"] = start;
            }
            answer(self.engine.scan(request(scan)))
        })
    }

    /// All items as plain JSON: `{"S": "x"}` is `"x"`, and numbers that are integers are numbers.
    pub fn rows(&self) -> Vec<Value> {
        self.items().into_iter().map(|item| plain(&json!({"M": item}))).collect()
    }

    /// The keys that wait in a queue of the `due` index, oldest first.
    pub fn due(&self, queue: &str) -> Vec<Value> {
        let items = pages(|start| {
            let mut query = json!({
                "TableName": &*self.table, "IndexName": "due", "KeyConditionExpression": "due_queue = :q",
                "ExpressionAttributeValues": {":q": {"S": queue}},
            });
            if let Some(start) = start {
                query["ExclusiveStartKey"] = start;
            }
            answer(self.engine.query(request(query)))
        });
        items.into_iter().map(|item| plain(&json!({"M": item}))).collect()
    }

    /// One item as plain JSON.
    pub fn row(&self, pk: &str, sk: &str) -> Option<Value> {
        let get = json!({"TableName": &*self.table, "Key": {"pk": {"S": pk}, "sk": {"S": sk}}});
        let found = answer(self.engine.get_item(request(get)));
        found.get("Item").map(|item| plain(&json!({"M": item})))
    }

    /// Writes an item, given as DynamoDB's JSON, past all conditions.
    pub fn put(&self, item: &Map<String, Value>) {
        answer(self.engine.put_item(request(json!({"TableName": &*self.table, "Item": item}))));
    }

    /// The same for many items at once.
    pub fn put_all(&self, items: Vec<Map<String, Value>>) {
        let items = items.into_iter().map(|item| request(Value::Object(item))).collect();
        let imported = self.engine.import_items(&self.table, items, ImportOptions::default());
        imported.unwrap_or_else(|error| panic!("DynamoDB refused the harness: {error}"));
    }

    /// The items of a partition, as DynamoDB's JSON.
    pub fn items_of(&self, pk: &str) -> Vec<Map<String, Value>> {
        pages(|start| {
            let mut query = json!({
                "TableName": &*self.table, "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": pk}},
            });
            if let Some(start) = start {
                query["ExclusiveStartKey"] = start;
            }
            answer(self.engine.query(request(query)))
        })
    }

    /// Deletes an item past all conditions.
    pub fn delete(&self, pk: &str, sk: &str) {
        let key = json!({"TableName": &*self.table, "Key": {"pk": {"S": pk}, "sk": {"S": sk}}});
        answer(self.engine.delete_item(request(key)));
    }
}

/// All items of an operation that answers in pages; it is given where the next one starts.
fn pages(mut page: impl FnMut(Option<Value>) -> Value) -> Vec<Map<String, Value>> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let answer = page(start);
        items.extend(answer["Items"].as_array().into_iter().flatten().filter_map(|item| item.as_object().cloned()));
        match answer.get("LastEvaluatedKey") {
            Some(key) if !key.is_null() => start = Some(key.clone()),
            _ => return items,
        }
    }
}

async fn front(State(dynamo): State<Dynamo>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "too large");
    };
    if let Some(why) = dynamo.denied(&parts, &body) {
        return refuse(StatusCode::BAD_REQUEST, "com.amazon.coral.service#AccessDeniedException", &why);
    }
    let mut headers = parts.headers;
    headers.remove("host");
    headers.remove("content-length");
    let (operation, is_behind) = (class(&headers), dynamo.is_behind(&class(&headers), &body));
    let body = dynamo.counted.asking(body);
    let _answering = dynamo.answering.read().await;
    let sent = dynamo.client.request(parts.method, &*dynamo.backend).headers(headers).body(body).send().await;
    let Ok(answer) = sent else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "the engine is gone");
    };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let answer = answer.bytes().await.unwrap_or_default();
    dynamo.counted.count(&operation, &answer);
    if is_behind && status.is_success() {
        return ([("content-type", "application/x-amz-json-1.0")], NOTHING).into_response();
    }
    let mut response = Response::new(Body::from(answer));
    *response.status_mut() = status;
    copy(&headers, response.headers_mut());
    response
}

fn copy(from: &HeaderMap, to: &mut HeaderMap) {
    let hop_by_hop = |name: &str| matches!(name, "connection" | "transfer-encoding" | "content-length");
    for (name, value) in from.iter().filter(|(name, _)| !hop_by_hop(name.as_str())) {
        to.append(name, value.clone());
    }
}

fn refuse(status: StatusCode, kind: &str, message: &str) -> Response {
    let mut response = Response::new(Body::from(json!({"__type": kind, "Message": message}).to_string()));
    *response.status_mut() = status;
    response
}

/// Requests are classed by their operation, and a look at an index apart from one at the table.
fn operation(parts: &Parts, body: &[u8]) -> String {
    let operation = class(&parts.headers);
    let index =
        operation == "Query" && serde_json::from_slice::<Value>(body).is_ok_and(|body| body["IndexName"].is_string());
    if index { format!("{operation} index") } else { operation }
}

fn class(headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    target.and_then(|target| target.split('.').nth(1)).unwrap_or("unknown").to_owned()
}

/// One thing a request does, as IAM sees it.
struct Deed {
    action: String,
    resource: String,
    keys: Vec<String>,
}

impl Dynamo {
    fn denied(&self, parts: &Parts, body: &Bytes) -> Option<String> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let deeds = deeds(&class(&parts.headers), &body);
        deeds.iter().find_map(|deed| self.policies.refusal(&parts.headers, &deed.action, &deed.resource, &deed.keys))
    }
}

/// A transaction is as many deeds as it has members.
fn deeds(operation: &str, body: &Value) -> Vec<Deed> {
    if operation == "BatchGetItem" {
        let tables = body["RequestItems"].as_object().into_iter().flatten();
        return tables.map(|(table, wanted)| batch(operation, table, wanted)).collect();
    }
    if operation != "TransactWriteItems" {
        return vec![deed(operation, body)];
    }
    let members = body["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    members
        .map(|(kind, member)| {
            let operation =
                if kind == "ConditionCheck" { "ConditionCheckItem".to_owned() } else { format!("{kind}Item") };
            deed(&operation, member)
        })
        .collect()
}

fn batch(operation: &str, table: &str, wanted: &Value) -> Deed {
    let keys = wanted["Keys"].as_array().into_iter().flatten().filter_map(|key| key["pk"]["S"].as_str());
    Deed {
        action: format!("dynamodb:{operation}"),
        resource: format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"),
        keys: keys.map(str::to_owned).collect(),
    }
}

fn deed(operation: &str, body: &Value) -> Deed {
    let table = body["TableName"].as_str().unwrap_or_default();
    let mut resource = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}");
    if let Some(index) = body["IndexName"].as_str() {
        resource = format!("{resource}/index/{index}");
    }
    let mut keys: BTreeSet<String> = BTreeSet::new();
    keys.extend(["Key", "Item"].iter().filter_map(|at| body[at]["pk"]["S"].as_str()).map(str::to_owned));
    keys.extend(queried(body).map(str::to_owned));
    Deed { action: format!("dynamodb:{operation}"), resource, keys: keys.into_iter().collect() }
}

/// The partition that a query looks into: of the table, or of the index.
fn queried(body: &Value) -> Option<&str> {
    let expression = body["KeyConditionExpression"].as_str()?;
    expression.split(" AND ").find_map(|term| {
        let (name, value) = term.split_once(" = ")?;
        let name = body["ExpressionAttributeNames"][name].as_str().unwrap_or(name);
        matches!(name, "pk" | "due_queue").then(|| body["ExpressionAttributeValues"][value]["S"].as_str()).flatten()
    })
}

/// DynamoDB's JSON without its types; bytes as hexadecimal.
pub fn plain(value: &Value) -> Value {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("N", Value::String(digits)) => digits.parse::<i64>().map_or_else(|_| value.clone(), Value::from),
        ("M", Value::Object(map)) => map.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        ("L", Value::Array(list)) => list.iter().map(plain).collect(),
        ("NULL", _) => Value::Null,
        ("B", Value::String(bytes)) => {
            STANDARD.decode(bytes).map_or(Value::Null, |bytes| encode_prefixed(bytes).into())
        }
        _ => value.clone(),
    }
}

fn request<R: DeserializeOwned>(body: Value) -> R {
    serde_json::from_value(body).unwrap_or_else(|error| panic!("the harness asked DynamoDB for nonsense: {error}"))
}

fn answer<A: Serialize, E: std::fmt::Display>(result: Result<A, E>) -> Value {
    let answer = result.unwrap_or_else(|error| panic!("DynamoDB refused the harness: {error}"));
    serde_json::to_value(answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::Dynamo;
    use crate::template::tests::deployed;

    /// Time that passes writes back what it has read. What was counted in between would be lost.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_counted_while_time_passes_is_not_lost() {
        const COUNTED: usize = 100;
        // The engine looks for the form of a signature only.
        const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=0";
        let client = crate::client::client();
        let dynamo = Dynamo::start(&deployed(), &client).await;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = format!("http://{}/", listener.local_addr().expect("a bound port"));
        let router = super::Router::new().fallback(super::front).with_state(dynamo.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let count = json!({
            "TableName": &*dynamo.table,
            "Key": {"pk": {"S": "LIMIT#COST"}, "sk": {"S": "RUNNING"}},
            "UpdateExpression": "ADD running :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        });
        let counting = tokio::spawn(async move {
            for _ in 0..COUNTED {
                let request = client.post(&address).header("x-amz-target", "DynamoDB_20120810.UpdateItem");
                let request = request
                    .header("content-type", "application/x-amz-json-1.0")
                    .header("x-amz-date", "20260101T000000Z");
                let request = request.header("authorization", SIGNED).body(count.to_string());
                let answer = request.send().await.expect("an answer");
                assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
            }
        });
        while !counting.is_finished() {
            let _alone = dynamo.alone().await;
            dynamo.travel(Duration::from_secs(1), 0);
        }
        counting.await.expect("all were counted");
        assert_eq!(dynamo.rows()[0]["running"], COUNTED);
    }
}
