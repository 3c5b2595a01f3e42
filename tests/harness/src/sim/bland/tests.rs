//! Calls that are accepted, calls that are not, and how both look.

mod refusals;

use std::time::Duration;

use serde_json::{Value, json};

use super::{Bland, Keys, Script};
use crate::sim::testing::{Probe, read};
use crate::sim::twilio::Account;
use crate::sim::{Clock, Twilio};

const FROM: &str = "+14155550105";
const TO: &str = "+12133610872";

struct Lab {
    bland: Bland,
    twilio: Twilio,
    clock: Clock,
    probe: Probe,
}

impl Lab {
    async fn new() -> Self {
        let clock = Clock::wall();
        let twilio = Twilio::new(Account::random(), clock.clone());
        let bland = Bland::new(Keys::random(), twilio.clone(), clock.clone());
        twilio.hold(FROM, "lease");
        bland.import(FROM);
        Self { probe: Probe::new(bland.router()).await, bland, twilio, clock }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let keys = self.bland.keys();
        let request = self.probe.request(method, path).header("authorization", &keys.api_key);
        let request = request.header("encrypted_key", &keys.encrypted_key);
        read(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    async fn dial(&self, bend: impl FnOnce(&mut Value)) -> (u16, Value) {
        let mut body = json!({
            "phone_number": TO, "from": FROM, "task": "Confirm the reservation.", "language": "en", "max_duration": 5,
            "wait_for_greeting": false, "interruption_threshold": 100, "record": true,
            "voicemail": {"action": "hangup"}, "metadata": {"request_id": "r1"},
        });
        bend(&mut body);
        self.ask("POST", "/v1/calls", Some(&body)).await
    }

    /// Dials a call that goes so, and returns its id.
    async fn start(&self, script: Script) -> String {
        self.bland.script_next(script);
        self.clock.advance(Duration::from_secs(11));
        let (status, body) = self.dial(|_| {}).await;
        assert_eq!((status, &body["status"], &body["batch_id"]), (200, &json!("success"), &Value::Null));
        body["call_id"].as_str().unwrap_or_default().into()
    }

    async fn details(&self, id: &str) -> Value {
        let (status, body) = self.ask("GET", &format!("/v1/calls/{id}"), None).await;
        assert_eq!(status, 200);
        body
    }

    async fn refusal(&self, bend: impl FnOnce(&mut Value)) -> (u16, String) {
        let (status, body) = self.dial(bend).await;
        assert_eq!((&body["status"], body["call_id"].is_null()), (&json!("error"), true), "{body}");
        (status, body["message"].as_str().unwrap_or_default().into())
    }
}

#[tokio::test]
async fn a_story_that_is_told_from_outside_is_for_its_own_call_and_not_for_a_later_one() {
    let lab = Lab::new().await;
    let busy = async |to: &str| {
        lab.clock.advance(Duration::from_secs(11));
        let (status, body) = lab.dial(|it| it["phone_number"] = json!(to)).await;
        assert_eq!(status, 200, "{body}");
        let id = body["call_id"].as_str().unwrap_or_default().to_owned();
        lab.bland.finish(&id);
        lab.details(&id).await["status"] == "busy"
    };
    lab.bland.tell(Script::Busy, None);
    assert!(busy(TO).await);
    assert!(!busy(TO).await, "it is for one call");

    lab.bland.tell(Script::Busy, Some("+12125550142".to_owned()));
    assert!(!busy(TO).await, "another number is meant");
    assert!(busy("+12125550142").await);

    lab.bland.tell(Script::Busy, None);
    lab.clock.advance(Duration::from_mins(1));
    assert!(!busy(TO).await, "its call never came");

    lab.bland.tell(Script::NoAnswer, None);
    lab.bland.tell(Script::Busy, None);
    assert!(busy(TO).await);
    assert!(!busy(TO).await, "the later one took the place of the earlier one");
}

#[tokio::test]
async fn a_call_is_followed_step_by_step() {
    let lab = Lab::new().await;
    let id = lab.start(Script::UserHangsUp).await;
    let seen = lab.details(&id).await;
    assert_eq!(
        (&seen["queue_status"], &seen["completed"], &seen["status"]),
        (&json!("queued"), &json!(false), &Value::Null)
    );
    assert_eq!(seen["metadata"], json!({"request_id": "r1"}));
    for _ in 0..3 {
        assert!(lab.bland.advance(&id));
    }
    let seen = lab.details(&id).await;
    assert_eq!(seen["queue_status"], "started");
    assert_eq!(seen["transcripts"].as_array().map(Vec::len), Some(1));
    for _ in 0..4 {
        assert!(lab.bland.advance(&id));
    }
    let seen = lab.details(&id).await;
    assert_eq!(
        (&seen["completed"], &seen["status"], &seen["call_ended_by"]),
        (&json!(true), &json!("completed"), &json!("USER"))
    );
    assert_eq!((&seen["summary"], &seen["corrected_duration"]), (&Value::Null, &Value::Null), "not settled yet");
    assert!(lab.bland.advance(&id));
    assert!(!lab.bland.advance(&id));
    let seen = lab.details(&id).await;
    assert_eq!((&seen["corrected_duration"], &seen["call_length"]), (&json!("42"), &json!(0.7)));
    assert_eq!(seen["recording_url"], format!("https://api.bland.ai/v1/recordings/{id}"));
    assert!(seen["summary"].is_string());
}

#[tokio::test]
async fn endings_look_as_bland_reports_them() {
    let lab = Lab::new().await;
    let expected = [
        (Script::AssistantEnds, "completed", "complete", json!("human"), json!("ASSISTANT")),
        (Script::Timeout, "completed", "complete", json!("human"), Value::Null),
        (Script::NoAnswer, "no-answer", "complete", json!("no-answer"), Value::Null),
        (Script::Busy, "busy", "complete", Value::Null, Value::Null),
        (Script::Voicemail, "completed", "complete", json!("voicemail"), json!("ASSISTANT")),
        (Script::Failed, "failed", "call_error", Value::Null, Value::Null),
        (Script::CarrierBlock, "completed", "complete", Value::Null, Value::Null),
        (Script::PreQueueError, "failed", "pre_queue_error", Value::Null, Value::Null),
        (Script::CallError, "failed", "call_error", json!("human"), Value::Null),
        (Script::CompleteError, "completed", "complete_error", json!("human"), json!("USER")),
        (Script::SpelledCompleted, "completed", "completed", json!("human"), json!("USER")),
        (Script::EndedUnsaidInSilence, "completed", "complete", Value::Null, Value::Null),
    ];
    for (script, status, queue_status, answered_by, ended_by) in expected {
        let told = format!("{script:?}");
        let id = lab.start(script).await;
        lab.bland.finish(&id);
        let seen = lab.details(&id).await;
        assert_eq!((&seen["status"], &seen["queue_status"]), (&json!(status), &json!(queue_status)), "{told}");
        assert_eq!((&seen["answered_by"], &seen["call_ended_by"]), (&answered_by, &ended_by), "{told}");
    }
    let timeout = &lab.bland.calls()[1];
    assert_eq!(timeout.document()["corrected_duration"], "300");
}

#[tokio::test]
async fn templates_in_a_task_are_expanded_and_it_shows() {
    let lab = Lab::new().await;
    let task = "Say {{to}} and { {to} } and {{nothing}}.";
    assert_eq!(lab.dial(|it| it["task"] = json!(task)).await.0, 200);
    assert_eq!(lab.bland.calls()[0].prompt, format!("Say {TO} and {{ {{to}} }} and ."));
}

#[tokio::test]
async fn imports_leave_out_what_they_cannot_have() {
    let lab = Lab::new().await;
    lab.twilio.hold("+14155550106", "lease");
    lab.twilio.hold("+14155550107", "lease");
    lab.bland.set_unimportable("+14155550107", true);
    let numbers = json!({"numbers": [FROM, "+14155550106", "+14155550107", "+14155550108"]});
    let (status, body) = lab.ask("POST", "/v1/inbound/insert", Some(&numbers)).await;
    assert_eq!((status, &body["status"], &body["inserted"]), (200, &json!("success"), &json!(["+14155550106"])));
    let (_, deleted) = lab.ask("POST", &format!("/v1/inbound/{FROM}/delete"), Some(&json!({}))).await;
    assert_eq!(deleted["message"], format!("Successfully deleted number from database: {FROM}"));
    assert_eq!(lab.ask("POST", &format!("/v1/inbound/{FROM}/delete"), Some(&json!({}))).await.0, 404);
    assert_eq!(lab.bland.imported(), ["+14155550106"]);
    let list = lab.probe.request("GET", "/v1/inbound").header("authorization", &lab.bland.keys().api_key);
    let (_, list) = read(list.header("encrypted_key", &lab.bland.keys().encrypted_key)).await;
    assert_eq!(list["inbound_numbers"][0]["phone_number"], "+14155550106");
}

#[tokio::test]
async fn calls_are_found_and_stopped() {
    let lab = Lab::new().await;
    let before = lab.clock.now().to_string();
    let first = lab.start(Script::NeverEnds).await;
    let second = lab.start(Script::UserHangsUp).await;
    lab.bland.finish(&second);
    let query = format!("/v1/calls?from_number=%2B14155550105&to_number=%2B12133610872&start_date={before}");
    let (_, list) = lab.ask("GET", &query, None).await;
    assert_eq!((&list["count"], &list["calls"][0]["call_id"]), (&json!(2), &json!(second)));
    assert!(list["calls"][0].get("metadata").is_none());
    lab.bland.set_list_metadata(true);
    let (_, list) = lab.ask("GET", "/v1/calls?completed=false", None).await;
    assert_eq!((&list["count"], &list["calls"][0]["metadata"]["request_id"]), (&json!(1), &json!("r1")));
    let (_, none) = lab.ask("GET", "/v1/calls?to_number=%2B19995550100", None).await;
    assert_eq!(none["count"], 0);
    let (_, active) = lab.ask("GET", "/v1/calls/active", None).await;
    assert_eq!(active["data"][0]["call_id"], first);
    lab.bland.advance(&first);
    lab.bland.advance(&first);
    let stop = format!("/v1/calls/{first}/stop");
    let (status, stopped) = lab.ask("POST", &stop, None).await;
    assert_eq!((status, &stopped["message"]), (200, &json!("Call ended successfully.")));
    assert_eq!(lab.details(&first).await["status"], "canceled");
    let (status, again) = lab.ask("POST", &stop, None).await;
    assert_eq!((status, &again["message"]), (400, &json!("SID not found for the given c_id.")));
    assert_eq!(lab.ask("GET", "/v1/calls/nothing", None).await.0, 404);
    assert_eq!(lab.ask("GET", "/v1/me", None).await.1["total_calls"], 2);
}

/// The documents do not say how a call is told that was stopped, so there are two ways; one that
/// waits in the queue is canceled.
#[tokio::test]
async fn a_call_that_is_stopped_is_canceled_or_completed_without_a_name() {
    let lab = Lab::new().await;
    lab.bland.set_stops_are_completed(true);
    for (script, steps, status, answered_by) in [
        (Script::NeverEnds, 1, "canceled", Value::Null),
        (Script::NeverEnds, 2, "completed", Value::Null),
        (Script::NeverEnds, 4, "completed", json!("human")),
        (Script::Voicemail, 3, "completed", json!("voicemail")),
    ] {
        let what = format!("{script:?} {steps}");
        let id = lab.start(script).await;
        for _ in 0..steps {
            lab.bland.advance(&id);
        }
        assert_eq!(lab.ask("POST", &format!("/v1/calls/{id}/stop"), None).await.0, 200, "{what}");
        let seen = lab.details(&id).await;
        assert_eq!((&seen["status"], &seen["answered_by"]), (&json!(status), &answered_by), "{what}");
        assert_eq!((&seen["completed"], &seen["call_ended_by"]), (&json!(true), &Value::Null), "{what}");
    }
    let (status, body) = lab.ask("POST", "/v1/calls/nothing/stop", None).await;
    assert_eq!((status, &body["message"]), (400, &json!("SID not found for the given c_id.")));
    assert_eq!(lab.ask("POST", "/v1/calls/active/stop", None).await.0, 400, "no call has that name");
}

/// A message is left whatever `action` says, and for eighty seconds at the longest.
#[tokio::test]
async fn a_message_is_left_where_there_is_one_and_cut_where_it_is_too_long() {
    let lab = Lab::new().await;
    let long = "Call me. ".repeat(200);
    for (voicemail, left) in [
        (json!({"action": "hangup"}), None),
        (json!({"action": "leave_message", "message": "Call me."}), Some("Call me.")),
        (json!({"action": "hangup", "message": "Call me."}), Some("Call me.")),
        (json!({"action": "leave_message", "message": long}), Some(&long[..80 * 15])),
    ] {
        lab.bland.script_next(Script::Voicemail);
        lab.clock.advance(Duration::from_secs(11));
        let (status, body) = lab.dial(|it| it["voicemail"] = voicemail.clone()).await;
        assert_eq!(status, 200, "{body}");
        let id = body["call_id"].as_str().expect("an id").to_owned();
        lab.bland.finish(&id);
        let seen = lab.details(&id).await;
        assert_eq!(seen["transcripts"][1]["text"].as_str(), left, "{voicemail}");
    }
    for wrong in [
        json!("Call me."),
        json!({"action": "leave"}),
        json!({"action": "leave_message", "message": 7}),
        json!({"action": "leave_message_and_sms", "sms": {}}),
        json!({"action": "hangup", "text": "Call me."}),
    ] {
        assert_eq!(lab.refusal(|it| it["voicemail"] = wrong.clone()).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_paced_call_goes_on_by_itself() {
    let lab = Lab::new().await;
    lab.bland.set_pace(Duration::from_secs(2));
    let id = lab.start(Script::UserHangsUp).await;
    lab.clock.advance(Duration::from_secs(5));
    assert_eq!(lab.details(&id).await["queue_status"], "started");
    lab.clock.advance(Duration::from_mins(1));
    assert_eq!(lab.details(&id).await["status"], "completed");
}

/// As at the vendor: minutes, seconds, and the time between its start and its end are one length.
#[tokio::test]
async fn a_paced_call_is_as_long_as_it_took() {
    let lab = Lab::new().await;
    lab.bland.set_pace(Duration::from_secs(2));
    for (script, seconds, minutes) in [
        (Script::UserHangsUp, 10, 0.17),
        (Script::AssistantEnds, 12, 0.2),
        (Script::Voicemail, 4, 0.07),
        (Script::CallError, 10, 0.17),
        (Script::Timeout, 300, 5.0),
        (Script::conversation(vec!["Yes.".into()], None), 4, 0.07),
    ] {
        let told = format!("{script:?}");
        let id = lab.start(script).await;
        lab.clock.advance(Duration::from_secs(302));
        assert_eq!(lab.details(&id).await["completed"], told != "Timeout", "{told}");
        lab.clock.advance(Duration::from_secs(8));
        let seen = lab.details(&id).await;
        assert_eq!(seen["corrected_duration"], seconds.to_string(), "{told}");
        assert_eq!(seen["call_length"], minutes, "{told}");
        let at = |name: &str| seen[name].as_str().expect(name).parse::<jiff::Timestamp>().expect(name);
        assert_eq!(at("end_at").as_second() - at("started_at").as_second(), seconds, "{told}");
        lab.clock.advance(Duration::from_secs(11));
    }
    let rang = lab.start(Script::NoAnswer).await;
    lab.clock.advance(Duration::from_mins(1));
    let seen = lab.details(&rang).await;
    assert_eq!((&seen["call_length"], &seen["end_at"]), (&Value::Null, &Value::Null));
}
