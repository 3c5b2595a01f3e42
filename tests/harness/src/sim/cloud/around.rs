//! What an operator asks beside CloudFormation: Lambda's functions and what may run at once, a
//! bucket of releases, and who is told by a topic.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Asked, Cloud, Inner, PAGE, answer, escaped, is_signed, refused, told, unsigned};
use crate::sim::{hex, s3};

fn described(inner: &Inner, name: &str, variables: &BTreeMap<String, String>) -> Value {
    let group = inner.groups.get(name).cloned().unwrap_or_else(|| format!("/aws/lambda/{name}"));
    json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap", "PackageType": "Zip",
        "Environment": {"Variables": variables},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": group},
    })
}

/// `ListFunctions`: all of the account, page by page.
pub(super) async fn list(
    State(cloud): State<Cloud>,
    Query(parameters): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    if !is_signed(&headers, "lambda") {
        return unsigned();
    }
    let inner = cloud.inner();
    let all: Vec<_> = inner.stacks.values().flat_map(|stack| &stack.functions).collect();
    let from = parameters.iter().find(|(name, _)| name == "Marker").and_then(|(_, at)| at.parse().ok()).unwrap_or(0);
    let page: Vec<Value> = all.iter().skip(from).take(PAGE).map(|(name, told)| described(&inner, name, told)).collect();
    let next = (from + PAGE < all.len()).then(|| (from + PAGE).to_string());
    answer(200, &json!({"Functions": page, "NextMarker": next}))
}

/// `GetFunctionConfiguration`
pub(super) async fn configuration(
    State(cloud): State<Cloud>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_signed(&headers, "lambda") {
        return unsigned();
    }
    let inner = cloud.inner();
    match inner.stacks.values().find_map(|stack| stack.functions.get(&name)) {
        Some(variables) => answer(200, &described(&inner, &name, variables)),
        None => answer(404, &json!({"__type": "ResourceNotFoundException", "Message": "Function not found"})),
    }
}

/// `GetAccountSettings`
pub(super) async fn settings(State(cloud): State<Cloud>, headers: HeaderMap) -> Response {
    if !is_signed(&headers, "lambda") {
        return unsigned();
    }
    let free = cloud.inner().unreserved;
    answer(200, &json!({"AccountLimit": {"ConcurrentExecutions": free, "UnreservedConcurrentExecutions": free}}))
}

/// `ListSubscriptionsByTopic`, page by page.
pub(super) fn subscriptions(inner: &Inner, topic: &str, token: &str) -> Response {
    let all: Vec<_> = inner.subscriptions.iter().filter(|[of, ..]| of == topic).collect();
    let from: usize = token.parse().unwrap_or(0);
    let page = all.iter().skip(from).take(PAGE).fold(String::new(), |mut page, [of, address, state]| {
        let (address, state) = (escaped(address), escaped(state));
        let _ = write!(
            page,
            "<member><TopicArn>{of}</TopicArn><Protocol>email</Protocol><SubscriptionArn>{state}</SubscriptionArn>\
             <Owner>000000000000</Owner><Endpoint>{address}</Endpoint></member>"
        );
        page
    });
    let next = if from + PAGE < all.len() { format!("<NextToken>{}</NextToken>", from + PAGE) } else { String::new() };
    told("ListSubscriptionsByTopic", &format!("<Subscriptions>{page}</Subscriptions>{next}"))
}

/// `DescribeAlarms`, by name. What is not there is left out.
pub(super) fn alarms(inner: &Inner, form: &Asked) -> Response {
    let most = form.get("MaxRecords").and_then(|most| most.parse().ok()).unwrap_or(50_usize);
    let named: Vec<_> = (1..).map_while(|at| form.get(&format!("AlarmNames.member.{at}"))).collect();
    if named.len() > 100 || most > 100 {
        return refused(400, "ValidationError", "Value at 'alarmNames' failed to satisfy constraint");
    }
    let all = inner.stacks.values().flat_map(|stack| &stack.resources);
    let there = all.filter(|[kind, _, name]| kind == "AWS::CloudWatch::Alarm" && named.contains(&name));
    let rows = there.take(most).fold(String::new(), |mut rows, [_, _, name]| {
        let arn = format!("arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}");
        let state = if inner.ringing.contains(&arn) { "ALARM" } else { "OK" };
        let _ = write!(
            rows,
            "<member><AlarmName>{name}</AlarmName><AlarmArn>{arn}</AlarmArn><StateValue>{state}</StateValue></member>"
        );
        rows
    });
    told("DescribeAlarms", &format!("<CompositeAlarms/><MetricAlarms>{rows}</MetricAlarms>"))
}

/// `HeadBucket`, `CreateBucket`
pub(super) async fn bucket(
    State(cloud): State<Cloud>,
    Path(bucket): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refusal) = refusal(&headers, &body) {
        return refusal;
    }
    let mut inner = cloud.inner();
    match method {
        Method::HEAD if inner.files.contains_key(&bucket) => StatusCode::OK.into_response(),
        Method::HEAD => StatusCode::NOT_FOUND.into_response(),
        Method::PUT => {
            inner.files.entry(bucket).or_default();
            StatusCode::OK.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// `HeadObject`, `PutObject`
pub(super) async fn file(
    State(cloud): State<Cloud>,
    Path((bucket, file)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refusal) = refusal(&headers, &body) {
        return refusal;
    }
    let mut inner = cloud.inner();
    let Some(files) = inner.files.get_mut(&bucket) else {
        return s3::refused(404, &s3::error("NoSuchBucket", "The specified bucket does not exist"));
    };
    match method {
        Method::HEAD if files.contains_key(&file) => StatusCode::OK.into_response(),
        Method::HEAD => StatusCode::NOT_FOUND.into_response(),
        Method::PUT => {
            files.insert(file, body.to_vec());
            StatusCode::OK.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// What S3 says to what is not signed, or is not what was signed.
fn refusal(headers: &HeaderMap, body: &[u8]) -> Option<Response> {
    let given = headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    let is_whole = is_signed(headers, "s3") && given == Some(&hex(&Sha256::digest(body)));
    let refused = || s3::refused(403, &s3::error("SignatureDoesNotMatch", "The request signature does not match."));
    (!is_whole).then(refused)
}
