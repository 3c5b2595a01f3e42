//! What the dialler may report of a call that it was told to stop: its documents have no word for
//! it.

use harness::sim::bland::Script;
use harness::spec::CALL;
use harness::{Stack, binaries};
use serde_json::{Value, json};

use super::{Call, TO, is_ending};

#[tokio::test]
async fn a_call_that_is_reported_as_completed_was_hung_up_all_the_same() {
    for (steps, status, charged) in [(1, "failed", false), (2, "no_answer", true), (4, "completed", true)] {
        let stack = Stack::start(binaries!()).await;
        stack.bland.set_stops_are_completed(true);
        let call = Call::in_world(stack, Script::NeverEnds, steps).await;
        is_ending(&call.hang_up().send().await, &call);
        let ended = call.ended().await;
        assert_eq!((&ended["ended_by"], &ended["status"]), (&json!("REQUESTED"), &json!(status)), "after {steps}");
        assert_eq!((&ended["charged"], &ended["retry"]), (&json!(charged), &json!("no")), "after {steps}");
    }
}

/// A machine has answered, and is being told the message, when the call is hung up.
#[tokio::test]
async fn a_machine_that_is_hung_up_on_is_a_hang_up_whether_or_not_a_message_was_to_be_left() {
    for (message, as_completed) in [(true, true), (true, false), (false, true)] {
        let stack = Stack::start(binaries!()).await;
        stack.bland.set_stops_are_completed(as_completed);
        let wallet = stack.wallet();
        stack.buys(&wallet).await;
        stack.bland.script_next(Script::VoicemailCutOff);
        let questions = json!([{"name": "confirmed", "question": "Is it confirmed?", "type": "boolean"}]);
        let mut body =
            json!({"phone_number": TO, "task": "Ask Andy to rest.", "max_duration": 3, "questions": questions});
        if message {
            body["voicemail_message"] = json!("This is Vicky. Please call me back.");
        }
        let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
        let vendors = stack.bland.calls().last().expect("a call").id.clone();
        let call = Call { id: placed["call_id"].as_str().expect("an id").to_owned(), stack, wallet, vendors };
        call.goes_on(if message { 4 } else { 3 });
        is_ending(&call.hang_up().send().await, &call);
        let ended = call.ended().await;
        let what = format!("{message} {as_completed}: {ended}");
        assert_eq!((&ended["ended_by"], &ended["status"]), (&json!("REQUESTED"), &json!("completed")), "{what}");
        assert_eq!((&ended["charged"], &ended["voicemail_left"]), (&json!(true), &Value::Null), "{what}");
        // A greeting is not a person's answer.
        assert_eq!(ended["result_status"], "unavailable", "{what}");
        assert!(call.stack.bland.analyses().is_empty(), "{what}");
    }
}
