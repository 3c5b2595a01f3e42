//! A call that is hung up before it is placed, or before it says where it is.

use futures_util::future::join;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, binaries};
use serde_json::{Value, json};

use super::{Call, TO, is_ending};

/// The dialler is still being asked to place the call when it is to be hung up.
#[tokio::test]
async fn a_call_that_is_not_placed_yet_is_ended_once_it_is() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::NeverEnds);
    let dials = stack.bland.faults();
    let met = dials.count("POST /v1/calls") + 1;
    dials.once("POST /v1/calls", Fault::Stall);
    let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
    let meanwhile = async {
        dials.arrived("POST /v1/calls", met).await;
        let row = stack.dynamo.rows().into_iter().find(|row| row["sk"] == "CALL").expect("the call");
        let id = row["pk"].as_str().expect("a key").trim_start_matches("CALL#").to_owned();
        let answer = stack.post(&format!("/api/v1/voice/call/{id}/hangup")).send().await;
        dials.release();
        (id, answer)
    };
    let (paid, (id, answer)) = join(stack.post(CALL).body(&body).pay(&wallet), meanwhile).await;
    paid.answer.expect(200);
    let vendors = stack.bland.calls().last().expect("a call").id.clone();
    let call = Call { stack, wallet, id, vendors };
    is_ending(&answer, &call);
    call.goes_on(2);
    call.poll().await;
    assert!(call.is_over(), "the first look has ended it");
    assert_eq!(call.ended().await["ended_by"], "REQUESTED");
}

/// The dialler places the call after it was read and before the wish is written, so neither has
/// known of the other.
#[tokio::test]
async fn a_call_that_is_placed_while_the_wish_is_written_is_ended_by_the_same_request() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::NeverEnds);
    let (dials, writes) = (stack.bland.faults(), stack.dynamo.faults());
    let met = dials.count("POST /v1/calls") + 1;
    dials.once("POST /v1/calls", Fault::Stall);
    let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
    let row = || stack.dynamo.rows().into_iter().find(|row| row["sk"] == "CALL").expect("the call");
    let meanwhile = async {
        dials.arrived("POST /v1/calls", met).await;
        let id = row()["pk"].as_str().expect("a key").trim_start_matches("CALL#").to_owned();
        let met = writes.count("UpdateItem") + 1;
        writes.once("UpdateItem", Fault::Stall);
        let placed = async {
            writes.arrived("UpdateItem", met).await;
            dials.release();
            while row()["placed"].is_null() {
                tokio::task::yield_now().await;
            }
            writes.release();
        };
        let (answer, ()) = join(stack.post(&format!("/api/v1/voice/call/{id}/hangup")).send(), placed).await;
        (id, answer)
    };
    let (paid, (id, answer)) = join(stack.post(CALL).body(&body).pay(&wallet), meanwhile).await;
    paid.answer.expect(200);
    let vendors = stack.bland.calls().last().expect("a call").id.clone();
    let call = Call { stack, wallet, id, vendors };
    is_ending(&answer, &call);
    assert!(call.is_over(), "no look and no round has come by");
    assert_eq!(call.ended().await["ended_by"], "REQUESTED");
}

/// A call, which its own item does not say where it is, is hung up: the write behind its fence was
/// refused.
async fn hung_up_without_its_name(stack: &Stack) -> Value {
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::NeverEnds);
    let refused = Fault::Refuse(Answer::json(400, &json!({"__type": "ValidationException"})));
    stack.dynamo.faults().nth("UpdateItem", 2, refused);
    let placed = stack.calls(&wallet, TO).await;
    let path = format!("/api/v1/voice/call/{}/hangup", placed["call_id"].as_str().expect("an id"));
    stack.post(&path).send().await.expect(202);
    placed
}

/// What the dialler calls it stands in its sale from the fence on, and beside the call with what
/// ends the sale: the write behind the fence only says it sooner.
#[tokio::test]
async fn a_call_that_does_not_say_where_it_is_behind_the_fence_says_so_when_it_is_paid() {
    let stack = Stack::start(binaries!()).await;
    hung_up_without_its_name(&stack).await;
    assert!(stack.bland.calls()[0].is_over());
}

#[tokio::test]
async fn one_whose_payment_is_in_doubt_besides_is_hung_up_by_the_next_round() {
    let stack = Stack::start(binaries!()).await;
    stack.facilitator.faults().nth("POST */settle", 2, Fault::Refuse(Answer::html(500)));
    let placed = hung_up_without_its_name(&stack).await;
    assert_eq!(placed["payment"], "pending");
    assert!(!stack.bland.calls()[0].is_over(), "it does not say where it is");
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    stack.minutes(1).await;
    assert!(stack.bland.calls()[0].is_over(), "before a doubt is stopped by itself");
    stack.facilitator.faults().clear();
}
