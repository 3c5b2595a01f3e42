//! CloudWatch Logs, as far as `FilterLogEvents` of the JSON protocol goes: one group at a time,
//! page by page, from a time on. Patterns are terms that have to be there; others are not
//! simulated.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{aws_json_error, json as answer, lock};

/// How many are in a page: few, so that there is more than one.
const PAGE: usize = 2;

/// Milliseconds and a message.
type Line = (i64, String);

/// The groups of an account. Clones are the same ones.
#[derive(Clone, Default)]
pub struct Logs {
    /// Lines in their order, by the name of their group.
    groups: Arc<Mutex<BTreeMap<String, Vec<Line>>>>,
    /// The beginning of each question, in the order in which they came; and how many of the next
    /// ones fail.
    asked: Arc<watch::Sender<Asked>>,
}

#[derive(Clone, Default)]
struct Asked {
    from: Vec<i64>,
    fails: usize,
}

impl Logs {
    /// A line of a group, which is made with its first one.
    pub fn put(&self, group: &str, at: i64, message: &str) {
        lock(&self.groups).entry(group.to_owned()).or_default().push((at, message.to_owned()));
    }

    /// This many of the next questions are answered with 500.
    pub fn fail_next(&self, questions: usize) {
        self.asked.send_modify(|asked| asked.fails += questions);
    }

    /// Waits until so many questions were asked, and says from when on each wanted lines.
    pub async fn asked(&self, questions: usize) -> Vec<i64> {
        let mut seen = self.asked.subscribe();
        let enough = seen.wait_for(|asked| asked.from.len() >= questions).await;
        enough.map(|asked| asked.from.clone()).unwrap_or_default()
    }

    /// `POST /`.
    pub fn router(&self) -> Router {
        Router::new().route("/", post(handle)).with_state(self.clone())
    }

    fn filter(&self, body: &Value) -> Result<Value, (&'static str, String)> {
        let invalid = |what: &str| ("InvalidParameterException", what.to_owned());
        let group = body["logGroupName"].as_str().ok_or_else(|| invalid("logGroupName is null"))?;
        let from = body["startTime"].as_i64().filter(|from| *from >= 0).ok_or_else(|| invalid("startTime"))?;
        let pattern = body["filterPattern"].as_str().unwrap_or_default();
        if pattern.contains(['{', '[', '?', '%']) {
            return Err(invalid("this pattern is not simulated"));
        }
        let terms: Vec<&str> = pattern.split_whitespace().map(|term| term.trim_matches('"')).collect();
        let page: usize = match &body["nextToken"] {
            Value::Null => 0,
            token => token.as_str().and_then(|token| token.parse().ok()).ok_or_else(|| invalid("nextToken"))?,
        };
        let groups = lock(&self.groups);
        let missing = || ("ResourceNotFoundException", "The specified log group does not exist.".to_owned());
        let lines = groups.get(group).ok_or_else(missing)?.iter().enumerate();
        let fits = |(_, (at, message)): &(usize, &Line)| *at >= from && terms.iter().all(|term| message.contains(term));
        let all: Vec<Value> = lines
            .filter(fits)
            .map(|(nth, (at, message))| {
                json!({"eventId": format!("{group}-{nth}"), "timestamp": at, "ingestionTime": at, "message": message, "logStreamName": "1"})
            })
            .collect();
        let events: Vec<Value> = all.iter().skip(page * PAGE).take(PAGE).cloned().collect();
        let mut told = json!({"events": events, "searchedLogStreams": []});
        if all.len() > (page + 1) * PAGE {
            told["nextToken"] = json!((page + 1).to_string());
        }
        Ok(told)
    }
}

async fn handle(State(logs): State<Logs>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !text(header::AUTHORIZATION.as_str()).contains("/logs/aws4_request") {
        return aws_json_error(400, "MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    if text("x-amz-target") != "Logs_20140328.FilterLogEvents" {
        return aws_json_error(400, "UnknownOperationException", "not simulated");
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return aws_json_error(400, "SerializationException", "the body is no JSON");
    };
    let mut fails = false;
    logs.asked.send_modify(|asked| {
        asked.from.push(body["startTime"].as_i64().unwrap_or_default());
        fails = asked.fails > 0;
        asked.fails = asked.fails.saturating_sub(1);
    });
    if fails {
        return aws_json_error(500, "ServiceUnavailableException", "The service cannot complete the request.");
    }
    match logs.filter(&body) {
        Ok(told) => answer(200, &told),
        Err((kind, why)) => aws_json_error(400, kind, &why),
    }
}
