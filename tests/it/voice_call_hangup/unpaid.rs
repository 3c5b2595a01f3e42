//! Hanging up a call whose payment has not arrived: a wish moves no money by itself.

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, binaries};
use serde_json::{Value, json};

use super::{Call, STOP, TO, is_ending};

#[tokio::test]
async fn a_call_whose_payment_is_in_doubt_is_ended_and_charged_when_it_turns_out_paid() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::NeverEnds);
    let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(CALL).body(&body).pay(&wallet).await;
    let placed = paid.answer.expect(200).json();
    assert_eq!(placed["payment"], "pending");
    let id = placed["call_id"].as_str().expect("an id").to_owned();
    let vendors = stack.bland.calls().last().expect("a call").id.clone();
    let call = Call { stack, wallet, id, vendors };
    call.goes_on(4);
    is_ending(&call.hang_up().send().await, &call);
    let ended = call.ended().await;
    assert_eq!(
        (&ended["ended_by"], &ended["payment"], &ended["charged"], &ended["final"]),
        (&json!("REQUESTED"), &json!("pending"), &json!(false), &json!(false))
    );
    call.stack.post(CALL).body(&body).paid_with(&paid.payment).send().await.expect(200);
    let ended = call.poll().await;
    assert_eq!(
        (&ended["ended_by"], &ended["payment"], &ended["charged"], &ended["paid"]),
        (&json!("REQUESTED"), &Value::Null, &json!(true), &json!("0.54"))
    );
}

/// The payment is declined while the phone rings, and the call is to be hung up besides: it is an
/// error, and free.
#[tokio::test]
async fn a_call_that_was_not_paid_for_is_an_error_whichever_side_ends_it() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::NeverEnds);
    stack.bland.faults().once(STOP, Fault::Drop);
    stack.facilitator.faults().once(
        "POST */settle",
        Fault::Refuse(Answer::json(
            200,
            &json!({"success": false, "errorReason": "insufficient_funds", "transaction": ""}),
        )),
    );
    let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.refused(402, "payment_required");
    let row = stack.dynamo.rows().into_iter().find(|row| row["charge"] == "declined").expect("the call");
    let id = row["pk"].as_str().expect("a key").trim_start_matches("CALL#").to_owned();
    let vendors = stack.bland.calls().last().expect("a call").id.clone();
    let call = Call { stack, wallet, id, vendors };
    is_ending(&call.hang_up().send().await, &call);
    assert!(call.is_over());
    let ended = call.ended().await;
    assert_eq!((&ended["ended_by"], &ended["charged"]), (&json!("ERROR"), &json!(false)));
}
