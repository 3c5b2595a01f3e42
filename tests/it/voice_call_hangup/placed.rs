//! A call that is hung up before it is placed, or before it says where it is.

use futures_util::future::join;
use harness::request::Response;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

use super::{Call, TO, is_ending};

const DIALS: &str = "POST /v1/calls";

/// A wallet with a number, whose call will be answered and not end by itself. The dialler is held
/// when it is asked for the call, which is the question of that count.
async fn dialling() -> (Stack, Wallet, u64) {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::NeverEnds);
    let met = stack.bland.faults().count(DIALS) + 1;
    stack.bland.faults().once(DIALS, Fault::Stall);
    (stack, wallet, met)
}

fn never_ending() -> Value {
    json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3})
}

/// The item of the one call.
fn row(stack: &Stack) -> Value {
    stack.dynamo.rows().into_iter().find(|row| row["sk"] == "CALL").expect("the call")
}

/// The id of the one call, which its caller does not have yet.
fn id(stack: &Stack) -> String {
    row(stack)["pk"].as_str().expect("a key").trim_start_matches("CALL#").to_owned()
}

async fn hung_up(stack: &Stack) -> Response {
    stack.post(&format!("/api/v1/voice/call/{}/hangup", id(stack))).send().await
}

/// The call, once the dialler has placed it.
fn placed(stack: Stack, wallet: Wallet) -> Call {
    let vendors = stack.bland.calls().last().expect("a call").id.clone();
    let id = id(&stack);
    Call { stack, wallet, id, vendors }
}

/// The dialler is still being asked to place the call when it is to be hung up.
#[tokio::test]
async fn a_call_that_is_not_placed_yet_is_ended_once_it_is() {
    let (stack, wallet, met) = dialling().await;
    let dials = stack.bland.faults();
    let meanwhile = async {
        dials.arrived(DIALS, met).await;
        let answer = hung_up(&stack).await;
        dials.release();
        answer
    };
    let (paid, answer) = join(stack.post(CALL).body(&never_ending()).pay(&wallet), meanwhile).await;
    paid.answer.expect(200);
    let call = placed(stack, wallet);
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
    let (stack, wallet, met) = dialling().await;
    let (dials, writes) = (stack.bland.faults(), stack.dynamo.faults());
    let meanwhile = async {
        dials.arrived(DIALS, met).await;
        let met = writes.count("UpdateItem") + 1;
        writes.once("UpdateItem", Fault::Stall);
        let placed = async {
            writes.arrived("UpdateItem", met).await;
            dials.release();
            while row(&stack)["placed"].is_null() {
                tokio::task::yield_now().await;
            }
            writes.release();
        };
        join(hung_up(&stack), placed).await.0
    };
    let (paid, answer) = join(stack.post(CALL).body(&never_ending()).pay(&wallet), meanwhile).await;
    paid.answer.expect(200);
    let call = placed(stack, wallet);
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
