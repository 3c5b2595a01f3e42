//! Reading and stopping calls.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::call::Call;
use super::errors::Refusal;
use super::{Bland, reply};

type Parameters = Vec<(String, String)>;

/// `GET /v1/calls/{id}`.
pub(super) async fn details(State(bland): State<Bland>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    reply(bland.authenticate(&headers).and_then(|()| {
        let call = bland.call(&id).filter(|call| !call.erased);
        call.map(|call| call.document()).ok_or_else(Refusal::no_such_call)
    }))
}

/// `GET /v1/calls`.
pub(super) async fn list(
    State(bland): State<Bland>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    reply(bland.authenticate(&headers).and_then(|()| {
        let filter = Filter::parse(&parameters)?;
        let with_metadata = bland.inner().account.list_metadata;
        let mut found: Vec<Call> = bland.calls().into_iter().filter(|call| filter.admits(call)).collect();
        if !filter.ascending {
            found.reverse();
        }
        let total = found.len();
        let rows: Vec<Value> = found
            .iter()
            .skip(filter.skip)
            .take(filter.limit)
            .map(|call| {
                let mut row = call.summary_row();
                if with_metadata {
                    row["metadata"] = call.request["metadata"].clone();
                }
                row
            })
            .collect();
        Ok(json!({"total_count": total, "count": rows.len(), "calls": rows}))
    }))
}

/// `GET /v1/calls/active`. It gives away every prompt.
pub(super) async fn active(State(bland): State<Bland>, headers: HeaderMap) -> Response {
    reply(bland.authenticate(&headers).map(|()| {
        let row = |call: &Call| {
            let since = call.started_at.unwrap_or(call.created_at);
            json!({
                "call_id": call.id,
                "user_id": "00000000-0000-4000-8000-000000000000",
                "from": call.from,
                "to": call.to,
                "objective": call.prompt,
                "start_time": since.to_string(),
                "international": (!call.to.starts_with("+1")).to_string(),
                "status": if call.started_at.is_some() { "IN_PROGRESS" } else { "QUEUED" },
                "timestamp": since.as_millisecond().to_string(),
            })
        };
        let calls = bland.calls();
        let rows: Vec<Value> = calls.iter().filter(|call| !call.is_over()).map(row).collect();
        json!({"data": rows, "errors": null})
    }))
}

/// `POST /v1/calls/{id}/stop`.
pub(super) async fn stop(State(bland): State<Bland>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    reply(bland.authenticate(&headers).and_then(|()| {
        bland.progress();
        let now = bland.clock.millis();
        let mut inner = bland.inner();
        let status = inner.account.stopped;
        let running = inner.calls.iter_mut().find(|call| call.id == id && !call.is_over());
        let call = running.ok_or_else(|| Refusal::error(400, "SID not found for the given c_id."))?;
        call.cancel(now, status);
        Ok(json!({"status": "success", "message": "Call ended successfully."}))
    }))
}

/// `DELETE /v1/calls/{id}`, with `delete_recording`: for organisations that are entitled to it.
pub(super) async fn erase(
    State(bland): State<Bland>,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let erased = bland.authenticate(&headers).and_then(|()| {
        let mut inner = bland.inner();
        if !inner.account.may_erase {
            return Err(Refusal::error(403, "Missing entitlement: REDACT_CALLS."));
        }
        if parameters.iter().any(|(name, _)| name != "delete_recording") {
            return Err(Refusal::error(400, "Unknown parameter."));
        }
        let known = inner.calls.iter_mut().find(|call| call.id == id && !call.erased);
        known.ok_or_else(Refusal::no_such_call)?.erased = true;
        Ok(())
    });
    match erased {
        Ok(()) => axum::http::StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => reply(Err(refusal)),
    }
}

struct Filter {
    from: Option<String>,
    to: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    completed: Option<bool>,
    answered_by: Option<String>,
    inbound: Option<bool>,
    batch: bool,
    ascending: bool,
    skip: usize,
    limit: usize,
}

impl Filter {
    /// Parameters that Bland does not know are ignored. `from` and `to` are indexes, not numbers.
    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let get = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let invalid = |name: &str| Refusal::error(400, &format!("Invalid '{name}'."));
        let flag = |name: &str| match get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(invalid(name)),
        };
        let time = |name: &str| get(name).map(|text| moment(text).ok_or_else(|| invalid(name))).transpose();
        let index = |name: &str, default: usize| {
            get(name).map_or(Ok(default), |text| text.parse::<usize>().map_err(|_| invalid(name)))
        };
        let (skip, limit) = (index("from", 0)?, index("limit", 1000)?.min(1000));
        let limit = index("to", usize::MAX)?.saturating_sub(skip).min(limit);
        Ok(Self {
            from: get("from_number").map(Into::into),
            to: get("to_number").map(Into::into),
            since: time("start_date")?,
            until: time("end_date")?,
            completed: flag("completed")?,
            answered_by: get("answered_by").map(Into::into),
            inbound: flag("inbound")?,
            batch: get("batch_id").is_some(),
            ascending: flag("ascending")?.unwrap_or(false),
            skip,
            limit,
        })
    }

    fn admits(&self, call: &Call) -> bool {
        self.from.as_ref().is_none_or(|from| call.from == *from)
            && self.to.as_ref().is_none_or(|to| call.to == *to)
            && self.since.is_none_or(|since| call.created_at >= since)
            && self.until.is_none_or(|until| call.created_at <= until)
            && self.completed.is_none_or(|completed| call.is_over() == completed)
            && self
                .answered_by
                .as_deref()
                .is_none_or(|by| call.end.as_ref().and_then(|end| end.answered_by) == Some(by))
            && self.inbound != Some(true)
            && !self.batch
    }
}

/// An instant, or the beginning of a day.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let day: Date = text.parse().ok()?;
        day.to_zoned_datetime(TimeZone::UTC).ok().map(|start| start.timestamp())
    })
}
