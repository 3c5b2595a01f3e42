//! What Bland does not dial.

use std::time::Duration;

use serde_json::{Value, json};

use super::{FROM, Lab, TO};
use crate::sim::bland::Byot;
use crate::sim::testing::read;

type Bend = fn(&mut Value);

#[tokio::test]
async fn the_field_list_is_closed() {
    let lab = Lab::new().await;
    let (status, body) = lab.dial(|it| it["max_minutes"] = json!(5)).await;
    assert_eq!((status, &body["message"]), (400, &json!("Additional properties are not allowed")));
    assert!(body["errors"][0].as_str().is_some_and(|error| error.contains("max_minutes")));
    let bends: [(Bend, &str); 9] = [
        (|it| it["language"] = json!("ar"), "Invalid language code"),
        (|it| it["task"] = json!(""), "Missing required parameter: task, pathway_id or persona_id."),
        (|it| it["phone_number"] = Value::Null, "Missing required parameter: phone_number."),
        (|it| it["max_duration"] = json!(0), "Invalid 'max_duration' - must be a number between 1 and 720."),
        (|it| it["wait_for_greeting"] = json!("false"), "Invalid 'wait_for_greeting' - must be a boolean."),
        (|it| it["first_sentence"] = Value::Null, "Invalid 'first_sentence' - must be a string."),
        (|it| it["webhook"] = json!("http://x"), "Invalid 'webhook' - must be a URL that starts with https://."),
        (|it| it["metadata"] = json!("r1"), "Invalid 'metadata' - must be an object."),
        (|it| it["from"] = json!("415"), "Invalid 'from' - must be a phone number string with 10 or 12 digits."),
    ];
    for (bend, message) in bends {
        assert_eq!(lab.refusal(bend).await, (400, message.into()));
    }
    assert_eq!(lab.dial(|it| it["max_duration"] = json!("2.5")).await.0, 200);
    assert_eq!(lab.bland.calls().len(), 1);
}

#[tokio::test]
async fn destinations_are_refused_in_three_forms() {
    let lab = Lab::new().await;
    let sensitive = "Cannot dial sensitive numbers. More attempts will result in being blocked.";
    assert_eq!(lab.refusal(|it| it["phone_number"] = json!("911")).await, (400, sensitive.into()));
    for voice in ["alloy", "Maya", "00000000-0000-4000-8000-000000000000"] {
        assert_eq!(lab.refusal(|it| it["voice"] = json!(voice)).await, (400, "Invalid voice.".into()), "{voice}");
    }
    let (status, body) = lab.dial(|it| it["phone_number"] = json!("+1213")).await;
    assert_eq!((status, body["error"].is_string()), (400, true));
    lab.bland.add_do_not_call(TO);
    let (status, body) = lab.dial(|_| {}).await;
    assert_eq!((status, &body["status"]), (400, &json!("DNC Error")));
    lab.bland.add_blacklisted("+12125550199");
    let blacklisted = lab.refusal(|it| it["phone_number"] = json!("+12125550199")).await;
    assert_eq!(blacklisted, (429, "This number is blacklisted.".into()));
}

#[tokio::test]
async fn the_account_is_refused() {
    let lab = Lab::new().await;
    lab.bland.set_balance(Some(0));
    assert_eq!(lab.refusal(|_| {}).await, (402, "Insufficient balance.".into()));
    lab.bland.set_balance(None);
    assert_eq!(lab.refusal(|_| {}).await, (402, "No billing record found.".into()));
    lab.bland.set_balance(Some(100));
    lab.bland.set_flagged(true);
    assert_eq!(lab.refusal(|_| {}).await.0, 403);
    lab.bland.set_flagged(false);
    lab.bland.limit_next("Rate limit exceeded");
    assert_eq!(lab.refusal(|_| {}).await, (429, "Rate limit exceeded".into()));
    lab.bland.byot_next(Byot::Connection);
    assert_eq!(lab.refusal(|_| {}).await, (500, "Error in creating Twilio connection.".into()));
    let anonymous = lab.probe.request("POST", "/v1/calls").json(&json!({}));
    let (status, body) = read(anonymous).await;
    assert_eq!(
        (status, body),
        (401, json!({"data": null, "errors": [{"error": "AUTH_FAILURE", "message": "Unauthorized"}]}))
    );
}

#[tokio::test]
async fn the_same_number_waits_ten_seconds() {
    let lab = Lab::new().await;
    assert_eq!(lab.dial(|_| {}).await.0, 200);
    let soon = lab.refusal(|_| {}).await;
    assert_eq!(soon, (429, "Calls can only be sent every 10 seconds to the same number.".into()));
    lab.clock.advance(Duration::from_secs(10));
    assert_eq!(lab.dial(|_| {}).await.0, 200);
}

#[tokio::test]
async fn a_caller_id_is_imported_held_and_named() {
    let lab = Lab::new().await;
    let stranger = lab.refusal(|it| it["from"] = json!("+14155550106")).await;
    assert_eq!(stranger, (400, "Invalid 'from' - this number is not owned by your account.".into()));
    lab.bland.set_unimported_is_500(true);
    assert_eq!(lab.refusal(|it| it["from"] = json!("+14155550106")).await.0, 500);
    let body = json!({"phone_number": TO, "task": "x", "from": FROM});
    let request = lab.probe.request("POST", "/v1/calls").header("authorization", &lab.bland.keys().api_key);
    assert_eq!(read(request.json(&body)).await.0, 400, "without the encrypted key");
    assert_eq!(lab.dial(|it| drop(it.as_object_mut().map(|it| it.remove("from")))).await.0, 200);
    assert!(lab.bland.calls()[0].from_was_picked);
    lab.clock.advance(Duration::from_secs(10));
    lab.twilio.sell_out(|_| true);
    lab.bland.import("+14155550107");
    let gone = lab.refusal(|it| it["from"] = json!("+14155550107")).await;
    assert_eq!(gone.0, 500, "imported once, but no longer held at Twilio");
}
