//! The layers that write the history: one around the gateway, one around each neighbour, outside of
//! its faults, so that what is written is what the caller saw.

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::Value;

use super::exchange::{Exchange, Said};
use super::{Errand, Event, History, Met, What, marks};
use crate::measure::class;
use crate::world::Neighbour;

/// More than any client here sends.
const LIMIT: usize = 64 * 1024 * 1024;

impl History {
    /// Writes down everything that goes through the gateway.
    pub fn of_clients(&self, router: Router) -> Router {
        if self.keeps() { router.layer(from_fn_with_state(self.clone(), exchange)) } else { router }
    }

    /// Writes down everything that a neighbour is asked.
    pub fn of_neighbour(&self, neighbour: Neighbour, router: Router) -> Router {
        if self.keeps() { router.layer(from_fn_with_state((neighbour, self.clone()), errand)) } else { router }
    }
}

async fn exchange(State(history): State<History>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LIMIT).await.unwrap_or_default();
    let asked = Exchange::of(parts.method.as_str(), &parts.uri, &parts.headers, &body);
    let place = history.begin(|| {
        let mut marks = marks(&format!("{} {}", asked.path, String::from_utf8_lossy(&body)));
        if let Some((from, nonce)) = asked.key() {
            marks.extend([from, nonce]);
        }
        (What::Asked(Box::new(asked)), marks)
    });
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LIMIT).await.unwrap_or_default();
    if let Some(place) = place {
        let said = Said::of(parts.status.as_u16(), &parts.headers, &body);
        // A refusal may name all numbers of a wallet, which it has little to do with.
        let more = if said.status == 200 { marks(&String::from_utf8_lossy(&body)) } else { Vec::new() };
        history.end(place, |event| {
            event.marks.extend(more);
            if let What::Asked(asked) = &mut event.what {
                asked.said = Some(said);
            }
        });
    }
    Response::from_parts(parts, Body::from(body))
}

async fn errand(State((neighbour, history)): State<(Neighbour, History)>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, LIMIT).await.unwrap_or_default();
    let met = Met::default();
    let mut class = class(&parts);
    let place = history.begin(|| {
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(method) =
            json["method"].as_str().filter(|_| matches!(neighbour, Neighbour::Chain | Neighbour::Solana))
        {
            class = format!("{class} {method}");
        }
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let marks = marks(&format!("{target} {}", String::from_utf8_lossy(&body)));
        let deeds = if neighbour == Neighbour::Dynamo { deeds(&class, &json) } else { Vec::new() };
        let errand = Errand { neighbour, class, deeds, status: None, said: String::new(), met: met.clone() };
        (What::Errand(Box::new(errand)), marks)
    });
    parts.extensions.insert(met);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let Some(place) = place else { return response };
    // A body without a length is one that will be cut short: the caller gets no answer.
    if response.body().size_hint().exact().is_none() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LIMIT).await.unwrap_or_default();
    let status = parts.status.as_u16();
    history.end(place, |event| answered(event, status, &body));
    Response::from_parts(parts, Body::from(body))
}

fn answered(event: &mut Event, status: u16, body: &Bytes) {
    let What::Errand(errand) = &mut event.what else { return };
    errand.status = Some(status);
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    errand.said = said(&json);
}

/// What each of the vendors calls what went wrong, or right, in a few words.
fn said(json: &Value) -> String {
    if let Some(kind) = json["__type"].as_str() {
        let codes = json["CancellationReasons"].as_array().into_iter().flatten();
        let codes: Vec<_> = codes.filter_map(|reason| reason["Code"].as_str()).collect();
        let kind = kind.rsplit('#').next().unwrap_or_default();
        return format!("{kind} {}", codes.join(" ")).trim_end().to_owned();
    }
    let text = |name: &str| json[name].as_str().filter(|text| !text.is_empty());
    let verdict =
        |name: &str, good: &str| json[name].as_bool().map(|yes| if yes { good } else { "refused" }.to_owned());
    let verdict = verdict("isValid", "valid").or_else(|| verdict("success", "success"));
    let reason = text("errorReason").or_else(|| text("invalidReason")).or_else(|| text("message"));
    let mut words: Vec<String> = verdict.into_iter().collect();
    words.extend(reason.map(str::to_owned));
    words.extend(json["code"].as_u64().map(|code| format!("({code})")));
    words.join(" ")
}

/// What is done to which partition.
fn deeds(class: &str, json: &Value) -> Vec<String> {
    let partition = |of: &Value| {
        let key = ["Key", "Item"].into_iter().find_map(|at| of[at]["pk"]["S"].as_str());
        key.or_else(|| of["ExpressionAttributeValues"].as_object()?.values().find_map(|value| value["S"].as_str()))
            .unwrap_or("?")
            .to_owned()
    };
    if class == "BatchGetItem" {
        let tables = json["RequestItems"].as_object().into_iter().flatten();
        let keys = tables.flat_map(|(_, wanted)| wanted["Keys"].as_array().into_iter().flatten());
        return keys.filter_map(|key| key["pk"]["S"].as_str().map(str::to_owned)).collect();
    }
    if class != "TransactWriteItems" {
        return vec![partition(json)];
    }
    let members = json["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    members.map(|(kind, member)| format!("{kind} {}", partition(member))).collect()
}
