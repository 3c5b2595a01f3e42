//! `GET /api/v1/voice/call/{call_id}`, free: how a call stands, what was said, and how it ended, at
//! once or as soon as something is new (`?wait=`); a page for a client that asks for HTML. A client
//! that has the id may ask; one that is unknown and one that cannot be an id get the same answer.

use crate::api::{self, UNTRUSTED, VOICE_CALL_STATUS, WAIT};
use crate::calls::shown::Paid;
use crate::calls::{Calls, Shown};
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::free::{Free, FreeEndpoint};
use crate::invocation::Invocation;
use crate::page::{self, Page};
use crate::refusal::Refusal;
use crate::store::controls::List;
use crate::types::call::{AnsweredBy, CallEndedBy, Message, ResultStatus, Utterance};
use crate::types::{CallId, Timestamp, rfc3339};
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::Duration;

struct VoiceCallStatus {
    calls: Calls,
}

#[derive(Serialize)]
struct Response {
    call_id: String,
    from: String,
    to: String,
    status: &'static str,
    r#final: bool,
    poll_after_seconds: Option<u32>,
    answered_by: Option<&'static str>,
    /// Minutes.
    call_length: Option<Box<RawValue>>,
    /// In the dialler's words.
    call_ended_by: Option<&'static str>,
    /// In ours: always there, `IN_PROGRESS` until the call is over.
    ended_by: &'static str,
    ended_by_reason: String,
    retry: &'static str,
    /// True, or not known.
    voicemail_left: Option<bool>,
    summary: Option<String>,
    transcript: Vec<Line>,
    transcript_final: bool,
    untrusted: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    result_status: Option<&'static str>,
    /// Null until there are answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    recording_url: Option<String>,
    /// True, or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    callee_opted_out: Option<bool>,
    started_at: Option<String>,
    ended_at: Option<String>,
    /// The transcript as one text, as the published SDKs declare it.
    concatenated_transcript: Option<String>,
    charged: bool,
    /// Dollars.
    paid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<Refund>,
}

#[derive(Serialize)]
struct Line {
    index: usize,
    role: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Refund {
    /// `due`, `refunded`, or `credited`: the wallet's next call is paid with it.
    status: &'static str,
    transaction: Option<String>,
}

impl FreeEndpoint for VoiceCallStatus {
    const ENDPOINT: &'static api::Endpoint = &VOICE_CALL_STATUS;
    const PARAMETER: &'static str = "call_id";
    type Found = Shown;
    type Answer = Response;

    const WAIT: api::Integer = WAIT;

    async fn find(&self, name: &str, wait: Duration, invocation: &Invocation) -> Result<Shown, Refusal> {
        let id = CallId::parse(name).map_err(|_| Refusal::UnknownCall)?;
        self.calls.wait(&id, wait, invocation).await
    }

    fn again(shown: &Shown) -> Option<u32> {
        shown.poll_after
    }

    fn answer(shown: Shown) -> Response {
        response(shown)
    }

    fn page(&self, shown: &Shown) -> Page {
        page::of_call(shown, &self.calls.recordings())
    }
}

fn response(shown: Shown) -> Response {
    let Shown { view, money, .. } = shown;
    Response {
        call_id: shown.id.as_str().to_owned(),
        from: shown.from.as_str().to_owned(),
        to: shown.to.as_str().to_owned(),
        status: view.status.as_str(),
        r#final: shown.is_final,
        poll_after_seconds: shown.poll_after,
        answered_by: view.answered_by.map(AnsweredBy::as_str),
        call_length: view.call_length.and_then(|minutes| RawValue::from_string(minutes).ok()),
        call_ended_by: view.call_ended_by.map(CallEndedBy::as_str),
        ended_by: view.ended_by.as_str(),
        ended_by_reason: view.reason,
        retry: view.retry.as_str(),
        voicemail_left: (view.message == Some(Message::Left)).then_some(true),
        summary: view.summary,
        concatenated_transcript: concatenated(&view.transcript),
        transcript: view.transcript.into_iter().enumerate().map(Line::from).collect(),
        transcript_final: shown.is_said,
        untrusted: UNTRUSTED,
        result_status: shown.result_status.map(ResultStatus::as_str),
        result: shown.result_status.and_then(|_| {
            let answers = shown.result.unwrap_or_else(|| "null".to_owned());
            RawValue::from_string(answers).ok()
        }),
        recording_url: view.recording_url,
        callee_opted_out: view.opted_out.then_some(true),
        started_at: view.started_at.and_then(instant),
        ended_at: view.ended_at.and_then(instant),
        charged: matches!(money.state, Paid::Charged(_)),
        paid: money.paid.dollars(),
        payment: (money.state == Paid::Pending).then_some("pending"),
        refund: refund(money.state),
    }
}

fn instant(second: i64) -> Option<String> {
    Timestamp::from_second(second).ok().map(rfc3339)
}

fn refund(state: Paid) -> Option<Refund> {
    let (status, transaction) = match state {
        Paid::RefundDue => ("due", None),
        Paid::Refunded(transaction) => ("refunded", transaction),
        Paid::Credited => ("credited", None),
        Paid::Pending | Paid::Charged(_) | Paid::Declined | Paid::Lapsed => return None,
    };
    Some(Refund { status, transaction })
}

impl From<(usize, Utterance)> for Line {
    fn from((index, Utterance { role, text }): (usize, Utterance)) -> Self {
        Self { index, role: role.as_str(), text }
    }
}

fn concatenated(transcript: &[Utterance]) -> Option<String> {
    let lines: Vec<String> =
        transcript.iter().map(|spoken| format!("{}: {}", spoken.role.as_str(), spoken.text)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    let store = env.store();
    Free(VoiceCallStatus { calls: Calls::new(store, env.bland()).listing(List::Open) })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
