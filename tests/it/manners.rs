//! How calls are held where an operator wants more than the specification: what a callee is told,
//! whether it is recorded, at which hours no phone rings, and what becomes of a callee who asks not
//! to be called again.

mod opted_out;
mod quiet;

use std::time::Duration;

use harness::spec::CALL;
use harness::{Stack, binaries};
use serde_json::{Value, json};

const TO: &str = "+12133610872";
const AI: &str = "I am an AI voice assistant.";
const RECORDED: &str = "This call is being recorded.";

fn call_to(to: &str) -> Value {
    json!({"phone_number": to, "task": "Confirm the reservation for two.", "max_duration": 1})
}

async fn with(parameters: &[(&str, &str)]) -> Stack {
    let builder = Stack::builder(binaries!()).parameter("BlandPlan", "build");
    parameters.iter().fold(builder, |builder, (name, value)| builder.parameter(name, value)).start().await
}

/// What the dialler was sent for the call to this number.
fn sent(stack: &Stack, to: &str) -> Value {
    stack.bland.calls().into_iter().find(|call| call.to == to).expect("a call").request
}

#[tokio::test]
async fn a_template_as_it_is_says_nothing_of_its_own_and_records() {
    let stack = with(&[]).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.post(CALL).body(&call_to(TO)).pay(&wallet).await.answer.expect(200);
    let mut opened = call_to("+12125550142");
    opened["first_sentence"] = json!("Hi, is Andy there?");
    stack.post(CALL).body(&opened).pay(&wallet).await.answer.expect(200);
    let (plain, opened) = (sent(&stack, TO), sent(&stack, "+12125550142"));
    assert_eq!((&plain["first_sentence"], &plain["record"]), (&Value::Null, &json!(true)));
    assert_eq!((&opened["first_sentence"], &opened["record"]), (&json!("Hi, is Andy there?"), &json!(true)));
}

#[tokio::test]
async fn what_is_disclosed_comes_behind_the_callers_own_opener_in_the_language_of_the_call() {
    let stack = with(&[("AiDisclosure", "on"), ("RecordingDisclosure", "on")]).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    for (to, more, opener) in [
        ("+12133610001", json!({}), format!("{AI} {RECORDED}")),
        (
            "+12133610002",
            json!({"first_sentence": "Hi, is Andy there?"}),
            format!("Hi, is Andy there? {AI} {RECORDED}"),
        ),
        ("+12133610003", json!({"wait_for_greeting": true}), format!("{AI} {RECORDED}")),
        (
            "+12133610004",
            json!({"language": "de", "first_sentence": "Hallo!"}),
            "Hallo! Ich bin ein KI-Sprachassistent. Dieses Gespräch wird aufgezeichnet.".to_owned(),
        ),
        (
            "+12133610005",
            json!({"language": "es-MX"}),
            "Soy un asistente de voz con inteligencia artificial. Esta llamada se está grabando.".to_owned(),
        ),
    ] {
        let mut body = call_to(to);
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let payment = stack.post(CALL).body(&body).pay(&wallet).await;
        payment.answer.expect(200);
        let sent = sent(&stack, to);
        assert_eq!(sent["first_sentence"], json!(opener), "{body}");
        // It is the operator's, so the request is the same one when it is repeated.
        let again = stack.post(CALL).body(&body).paid_with(&payment.payment).send().await;
        again.expect(200);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        stack.bland.finish_all();
        stack.travel(Duration::from_mins(2));
        stack.sweep().await;
    }
}

#[tokio::test]
async fn a_call_that_is_not_recorded_is_known_whole_without_a_recording() {
    let stack = with(&[("RecordCalls", "off")]).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    // It is what happens anyway.
    let mut body = call_to(TO);
    body["record"] = json!(false);
    let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(sent(&stack, TO)["record"], false);
    body["record"] = json!(true);
    let refused = stack.post(CALL).body(&body).send().await.refused(400, "bad_request");
    assert!(refused["message"].as_str().is_some_and(|said| said.contains("no call is recorded here")), "{refused}");

    stack.bland.finish_all();
    let poll = format!("{CALL}/{}", placed["call_id"].as_str().expect("an id"));
    let seen = stack.get(&poll).send().await.expect(200).json();
    assert_eq!((&seen["ended_by"], &seen["final"]), (&json!("USER"), &json!(true)), "nothing is waited for: {seen}");
    assert_eq!((&seen["recording_url"], &seen["transcript_final"]), (&Value::Null, &json!(true)));
    assert!(seen["summary"].is_string());
    let record = stack.bland.calls().pop().expect("a call");
    assert_eq!(record.request["record"], false);
}
