//! The requests, and the questions that take more than one.

use std::time::Duration;

use super::{Bland, BlandCallId, BlandConfig, BlandError, BlandKeys, Dial, Found, Imported};
use crate::types::{CallId, PhoneNumber, Timestamp};
use crate::wire::canned::Canned;
use crate::wire::secrets::Rotating;

const LIMIT: Duration = Duration::from_secs(5);

fn client(url: &str) -> Bland {
    let keys = Rotating::given("test", BlandKeys::new("org_1", "enc_1", None).unwrap());
    Bland::new(BlandConfig { url: url.into(), keys })
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

#[tokio::test]
async fn a_call_is_described_whole() {
    let bland = Canned::answering(&[(200, r#"{"status":"success","call_id":"c-1"}"#)]);
    let (to, from) = (number("+12133610872"), number("+14155551234"));
    let request_id = CallId::from_bits(7);
    let dial = Dial {
        to: &to,
        from: &from,
        task: "Ask {{now}}.",
        voice: None,
        language: "en-US",
        max_duration: 5,
        first_sentence: Some("Hi {{name}}"),
        wait_for_greeting: false,
        interruption_threshold: 100,
        record: true,
        voicemail_message: None,
        request_id: &request_id,
        told_at: None,
    };
    assert_eq!(client(&bland.url).dial(&dial, LIMIT).await.unwrap().as_str(), "c-1");
    let asked = bland.asked().remove(0);
    assert_eq!(asked.line, "POST /v1/calls");
    assert!(asked.has("authorization", "org_1") && asked.has("encrypted_key", "enc_1"));
    assert_eq!(
        asked.body,
        r#"{"phone_number":"+12133610872","from":"+14155551234","task":"Ask { {now}}.","language":"en-US","max_duration":5,"first_sentence":"Hi { {name}}","wait_for_greeting":false,"interruption_threshold":100,"record":true,"dispositions":["callee_asked_not_to_be_called_again","callee_did_not_ask_that"],"voicemail":{"action":"hangup"},"metadata":{"request_id":"00000000000000000000000007"}}"#
    );
    let bland = Canned::answering(&[(200, r#"{"status":"success","call_id":"c-2"}"#)]);
    let told_at = Some("https://example.com");
    let dial = Dial { voicemail_message: Some("Call {{now}} back."), record: false, told_at, ..dial };
    client(&bland.url).dial(&dial, LIMIT).await.unwrap();
    let asked = bland.asked().remove(0).body;
    assert!(asked.contains(r#""voicemail":{"action":"leave_message","message":"Call { {now}} back."}"#), "{asked}");
    assert!(asked.contains(r#""record":false"#), "{asked}");
    assert!(asked.contains(r#""webhook":"https://example.com/webhooks/bland/00000000000000000000000007/"#), "{asked}");
}

#[tokio::test]
async fn a_number_is_imported_when_it_is_in_the_list() {
    let mine = number("+14155551234");
    let none = r#"{"status":"success","message":"ok","inserted":[]}"#;
    for (answers, outcome) in [
        (vec![(200, r#"{"status":"success","inserted":["+14155551234"]}"#)], Ok(Imported::In)),
        (
            vec![(200, none), (200, r#"{"inbound_numbers":[{"phone_number":"+14155551234","prompt":null}]}"#)],
            Ok(Imported::In),
        ),
        (vec![(200, none), (200, r#"{"inbound_numbers":[]}"#)], Ok(Imported::NotOwned)),
        (vec![(200, none), (500, "")], Err(BlandError::Unknown)),
    ] {
        let bland = Canned::answering(&answers);
        assert_eq!(client(&bland.url).import(&mine, LIMIT).await, outcome);
        let asked = bland.asked();
        let first = asked.first().unwrap();
        assert_eq!(
            (first.line.as_str(), first.body.as_str()),
            ("POST /v1/inbound/insert", r#"{"numbers":["+14155551234"]}"#)
        );
        assert!(asked.iter().all(|asked| asked.has("encrypted_key", "enc_1")));
    }
}

#[tokio::test]
async fn forgetting_and_stopping_name_what_they_mean() {
    let ok = r#"{"status":"success","message":"ok"}"#;
    let bland = Canned::answering(&[(200, ok), (200, ok)]);
    let client = client(&bland.url);
    client.forget(&number("+14155551234"), LIMIT).await.unwrap();
    client.stop(&BlandCallId::parse("c-1").unwrap(), LIMIT).await.unwrap();
    let lines: Vec<String> = bland.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(lines, ["POST /v1/inbound/+14155551234/delete", "POST /v1/calls/c-1/stop"]);
}

/// Looks for call 7, dialled at noon, among these answers.
async fn find(answers: &[(u16, &str)]) -> (Result<Found, BlandError>, Vec<String>) {
    let bland = Canned::answering(answers);
    let noon = Timestamp::from_second(1_781_697_600).unwrap();
    let (from, to) = (number("+14155551234"), number("+12133610872"));
    let found = client(&bland.url).find(&from, &to, noon, &CallId::from_bits(7), LIMIT).await;
    (found, bland.asked().into_iter().map(|asked| asked.line).collect())
}

fn one(id: &str) -> Found {
    Found::One(BlandCallId::parse(id).unwrap())
}

const OURS: &str = r#""metadata":{"request_id":"00000000000000000000000007"}"#;
const NO_CALLS: (u16, &str) = (200, r#"{"count":0,"calls":[]}"#);
const IDLE: (u16, &str) = (200, r#"{"data":[],"errors":null}"#);

#[tokio::test]
async fn a_lost_call_is_found_in_the_list_by_our_id() {
    let list =
        format!(r#"{{"calls":[{{"call_id":"a","metadata":{{"request_id":"other"}}}},{{"call_id":"b",{OURS}}}]}}"#);
    let (found, asked) = find(&[(200, &list)]).await;
    assert_eq!(found.unwrap(), one("b"));
    assert_eq!(
        asked,
        ["GET /v1/calls?from_number=%2B14155551234&to_number=%2B12133610872&start_date=2026-06-16&limit=50"]
    );
}

#[tokio::test]
async fn a_list_without_metadata_is_settled_by_the_records() {
    let list = r#"{"calls":[{"call_id":"old","created_at":"2026-06-17T09:00:00+00:00"},{"call_id":"a","created_at":"2026-06-17T12:00:01+00:00"},{"call_id":"b"}]}"#;
    let theirs = r#"{"call_id":"a","completed":false,"metadata":{}}"#;
    let ours = format!(r#"{{"call_id":"b","completed":false,{OURS}}}"#);
    let (found, asked) = find(&[(200, list), IDLE, (200, theirs), (200, &ours)]).await;
    assert_eq!(found.unwrap(), one("b"));
    assert_eq!(asked.last().unwrap(), "GET /v1/calls/b");
}

#[tokio::test]
async fn a_queued_call_is_found_among_the_active_ones_of_the_same_numbers() {
    let active = r#"{"data":[{"call_id":"x","from":"+12125550000","to":"+12133610872"},{"call_id":"q","from":"4155551234","to":"+12133610872"}],"errors":null}"#;
    let ours = format!(r#"{{"call_id":"q","queue_status":"queued",{OURS}}}"#);
    let (found, _) = find(&[NO_CALLS, (200, active), (200, &ours)]).await;
    assert_eq!(found.unwrap(), one("q"));
}

#[tokio::test]
async fn none_means_that_everything_was_looked_at() {
    assert_eq!(find(&[NO_CALLS, IDLE]).await.0, Ok(Found::None));
    // The list of active calls is not for every account.
    assert_eq!(find(&[NO_CALLS, (400, "{}")]).await.0, Ok(Found::None));

    assert_eq!(find(&[(500, "")]).await.0, Err(BlandError::Unknown));
    assert_eq!(find(&[NO_CALLS, (500, "")]).await.0, Err(BlandError::Unknown));
    let list = r#"{"calls":[{"call_id":"a"}]}"#;
    assert_eq!(find(&[(200, list), IDLE, (404, "")]).await.0, Err(BlandError::Unknown));
    let many = format!(r#"{{"calls":[{}{{"call_id":"z"}}]}}"#, r#"{"call_id":"a"},"#.repeat(49));
    assert_eq!(find(&[(200, &many)]).await.0, Err(BlandError::Unknown));
}
