//! `POST /v1/calls/{id}/analyze`: a model's answers to questions about a call, in their order. They
//! are of any type, whatever was asked for, and each time costs.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::{Bland, reply};

/// One request for an analysis that was answered, or refused on purpose.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Bland's id of the call.
    pub call: String,
    /// The whole request.
    pub request: Value,
    /// Whether what belongs to the call's end was there when it was asked.
    pub settled: bool,
}

pub(super) async fn analyze(
    State(bland): State<Bland>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    reply(bland.authenticate(&headers).and_then(|()| answered(&bland, &id, &body)))
}

fn answered(bland: &Bland, id: &str, body: &[u8]) -> Result<Value, Refusal> {
    let request: Value =
        serde_json::from_slice(body).map_err(|_| Refusal::error(400, "Invalid JSON in request body."))?;
    let known =
        request.as_object().is_some_and(|fields| fields.keys().all(|name| name == "goal" || name == "questions"));
    if !known || !request["goal"].is_string() {
        return Err(Refusal::error(400, "Invalid goal or unknown parameter."));
    }
    let questions = request["questions"].as_array().filter(|questions| !questions.is_empty());
    let questions = questions.ok_or_else(|| Refusal::error(400, "Questions must be an array."))?;
    let is_pair = |one: &Value| one.as_array().is_some_and(|pair| pair.len() == 2 && pair.iter().all(Value::is_string));
    if !questions.iter().all(is_pair) {
        return Err(Refusal::error(400, "Each question must be an array of two strings."));
    }
    let call = bland.call(id).ok_or_else(Refusal::no_such_call)?;
    let answers = questions.iter().map(|pair| usual(pair[1].as_str().unwrap_or_default())).collect::<Vec<_>>();
    let answers = {
        let mut inner = bland.inner();
        inner.analyses.push(Analysis { call: id.to_owned(), request: request.clone(), settled: call.settled });
        let told = inner.next_answers.pop_front().or_else(|| inner.answers_by_number.get(&call.to).cloned());
        told.unwrap_or(Value::Array(answers))
    };
    Ok(
        json!({"status": "success", "message": "Successfully analyzed call", "answers": answers, "credits_used": 0.0045}),
    )
}

/// What a model that keeps to its hints would say.
fn usual(hint: &str) -> Value {
    match hint {
        "boolean" => json!(true),
        "number" => json!(7),
        "string" => json!("Table for two at seven."),
        _ => json!(hint.rsplit(", ").next().unwrap_or_default()),
    }
}
