//! `GET /api/v1/voice/call/{call_id}`

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]

use std::time::Duration;

use harness::sim::bland::Script;
use harness::{Stack, binaries};
use serde_json::{Value, json};

const TO: &str = "+12133610872";

struct Call {
    stack: Stack,
    id: String,
}

impl Call {
    /// A world in which a wallet has just placed a call that will go like this.
    async fn placed(script: Script) -> Self {
        let stack = Stack::start(binaries!()).await;
        let wallet = stack.wallet();
        stack.bland.script_next(script);
        stack.post("/api/v1/phone/numbers/buy").body(&json!({})).pay(&wallet).await.answer.expect(200);
        let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
        let call = stack.post("/api/v1/voice/call").body(&body).pay(&wallet).await.answer.expect(200).json();
        Self { id: call["call_id"].as_str().expect("an id").to_owned(), stack }
    }

    async fn poll(&self) -> Value {
        self.stack.get(&format!("/api/v1/voice/call/{}", self.id)).send().await.expect(200).json()
    }

    /// The call goes on to its end, and long enough passes for everything about it to be known.
    async fn ended(&self) -> Value {
        self.stack.bland.finish_all();
        self.stack.travel(Duration::from_secs(10));
        self.poll().await
    }
}

#[tokio::test]
async fn a_call_is_followed_from_its_start_to_its_transcript() {
    let call = Call::placed(Script::UserHangsUp).await;
    let first = call.poll().await;
    assert_eq!((&first["status"], &first["ended_by"]), (&json!("started"), &json!("IN_PROGRESS")));
    assert_eq!(first["to"], TO);

    let over = call.ended().await;
    assert_eq!(
        (&over["status"], &over["ended_by"], &over["call_ended_by"]),
        (&json!("completed"), &json!("USER"), &json!("USER"))
    );
    assert_eq!(over["answered_by"], "human");
    assert!(
        over["ended_by_reason"].as_str().expect("a reason").starts_with("The callee (the person you called) hung up.")
    );
    assert!(over["call_length"].as_f64().expect("minutes") > 0.0);
    let transcript = over["transcript"].as_array().expect("a transcript");
    assert!(
        transcript.len() >= 2 && transcript.iter().all(|line| line["role"] == "assistant" || line["role"] == "user")
    );
    assert!(over["concatenated_transcript"].as_str().expect("text").contains("assistant: "));
    assert!(over["summary"].is_string());
    assert_eq!(over["charged"], true);
}

#[tokio::test]
async fn each_end_has_its_word() {
    for (script, status, ended_by) in [
        (Script::AssistantEnds, "completed", "ASSISTANT"),
        (Script::Timeout, "completed", "TIMEOUT"),
        (Script::NoAnswer, "no_answer", "NO_ANSWER"),
        (Script::Busy, "busy", "BUSY"),
        (Script::Voicemail, "completed", "VOICEMAIL"),
        (Script::Failed, "failed", "ERROR"),
        (Script::CarrierBlock, "failed", "ERROR"),
        (Script::PreQueueError, "failed", "ERROR"),
        (Script::CompleteError, "completed", "USER"),
    ] {
        let what = format!("{script:?}");
        let call = Call::placed(script).await;
        let over = call.ended().await;
        assert_eq!((&over["status"], &over["ended_by"]), (&json!(status), &json!(ended_by)), "{what}");
    }
}

#[tokio::test]
async fn the_dialler_is_asked_once_in_five_seconds_however_many_poll() {
    let call = Call::placed(Script::UserHangsUp).await;
    let looks = || call.stack.bland.faults().count("GET /v1/calls/*");
    let before = looks();
    let polls: Vec<_> = (0..10).map(|_| call.poll()).collect();
    for answer in futures_util::future::join_all(polls).await {
        assert_eq!(answer["ended_by"], "IN_PROGRESS");
    }
    assert_eq!(looks() - before, 1);
    call.stack.travel(Duration::from_secs(5));
    call.poll().await;
    assert_eq!(looks() - before, 2);
}

#[tokio::test]
async fn nobody_is_asked_after_an_end_has_settled() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.ended().await;
    call.stack.travel(Duration::from_secs(61));
    let settled = call.poll().await;
    let looks = call.stack.bland.faults().count("GET /v1/calls/*");
    call.stack.travel(Duration::from_hours(1));
    assert_eq!(call.poll().await, settled);
    assert_eq!(call.stack.bland.faults().count("GET /v1/calls/*"), looks);
}

#[tokio::test]
async fn a_call_that_ends_in_an_error_is_to_be_paid_back() {
    let call = Call::placed(Script::PreQueueError).await;
    call.ended().await;
    call.stack.travel(Duration::from_secs(61));
    let over = call.poll().await;
    assert_eq!((&over["charged"], &over["refund"]["status"]), (&json!(false), &json!("due")));
}

#[tokio::test]
async fn what_is_not_there_is_always_the_same_404() {
    let stack = Stack::start(binaries!()).await;
    let unknown = stack.get("/api/v1/voice/call/0123456789ABCDEFGHJKMNPQRS").send().await;
    let body = unknown.refused(404, "unknown_call");
    assert_eq!(body["code"], "unknown_call");
    for id in ["01HXY9", "0123456789abcdefghjkmnpqrs", "%7Bcall_id%7D", "..%2F..%2Fetc", "ÄÖÜ"] {
        let malformed = stack.get(&format!("/v1/voice/call/{id}")).send().await;
        assert_eq!((malformed.status, &malformed.body), (unknown.status, &unknown.body), "{id}");
    }
    assert_eq!(stack.bland.faults().count("*"), 0);
}

#[tokio::test]
async fn polling_takes_get_and_nothing_else() {
    let stack = Stack::start(binaries!()).await;
    let refused = stack.post("/api/v1/voice/call/0123456789ABCDEFGHJKMNPQRS").body(&json!({})).send().await;
    refused.refused(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
}
