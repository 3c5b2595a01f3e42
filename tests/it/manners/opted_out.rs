//! A callee who asks, in a call, not to be called again.

use std::time::Duration;

use futures_util::future::join;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};
use shared::types::PhoneNumber;

use super::{TO, call_to, with};
use crate::by_hand::{by, now, operator};

const ASKED: &str = "callee_asked_not_to_be_called_again";

/// A call to a callee who asks for it, which is over.
async fn asked(told: bool) -> (Stack, Wallet, String) {
    let builder = Stack::builder(binaries!()).parameter("BlandPlan", "build");
    let stack = if told { builder.told().start().await } else { builder.start().await };
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.disposes(TO, ASKED);
    let placed = stack.post(CALL).body(&call_to(TO)).pay(&wallet).await.answer.expect(200).json();
    stack.bland.finish_all();
    (stack, wallet, format!("{CALL}/{}", placed["call_id"].as_str().expect("an id")))
}

fn listed(stack: &Stack) -> usize {
    stack.dynamo.rows().iter().filter(|row| row["pk"].as_str().is_some_and(|key| key.starts_with("OPTOUT#"))).count()
}

async fn seen(stack: &Stack, poll: &str) -> Value {
    stack.get(poll).send().await.expect(200).json()
}

/// Makes the list's salt, as the first opt-out that the reaper sees does.
async fn the_list_is_begun(stack: &Stack) {
    let number = PhoneNumber::parse("+12125550199").expect("a number");
    operator(stack).opt_out(&number, "asked", &by(1), now()).await.expect("it is written");
}

#[tokio::test]
async fn a_callee_who_asks_is_called_by_no_wallet_again_and_the_caller_is_told() {
    let (stack, wallet, poll) = asked(false).await;
    the_list_is_begun(&stack).await;
    assert_eq!(listed(&stack), 1);
    let first = seen(&stack, &poll).await;
    assert_eq!((&first["ended_by"], &first["callee_opted_out"]), (&json!("USER"), &json!(true)), "{first}");
    assert_eq!((&first["charged"], listed(&stack)), (&json!(true), 2));
    stack.travel(Duration::from_mins(2));
    assert_eq!(seen(&stack, &poll).await["callee_opted_out"], true);
    let other = stack.wallet();
    stack.buys(&other).await;
    for wallet in [&wallet, &other] {
        stack.post(CALL).body(&call_to(TO)).pay(wallet).await.answer.refused(403, "destination_opted_out");
    }
    assert_eq!((stack.bland.calls().len(), listed(&stack)), (1, 2));
}

#[tokio::test]
async fn the_first_of_all_waits_for_the_reaper_which_begins_the_list() {
    let (stack, wallet, poll) = asked(false).await;
    assert_eq!(seen(&stack, &poll).await["ended_by"], "IN_PROGRESS", "the look is not written yet");
    assert_eq!(listed(&stack), 0);
    stack.travel(Duration::from_mins(7));
    stack.sweep().await;
    let end = seen(&stack, &poll).await;
    assert_eq!((&end["ended_by"], &end["callee_opted_out"], listed(&stack)), (&json!("USER"), &json!(true), 1));
    stack.post(CALL).body(&call_to(TO)).pay(&wallet).await.answer.refused(403, "destination_opted_out");
}

#[tokio::test]
async fn what_a_stranger_sends_puts_no_person_on_the_list() {
    let (stack, _, poll) = asked(true).await;
    the_list_is_begun(&stack).await;
    // Another call's callee has asked for nothing, whatever a word says of it.
    let quiet = "+12125550142";
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let placed = stack.post(CALL).body(&call_to(quiet)).pay(&wallet).await.answer.expect(200).json();
    let call = stack.bland.calls().into_iter().find(|call| call.to == quiet).expect("a call");
    let url = call.request["webhook"].as_str().expect("an address").to_owned();
    let path = url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).expect("a path");
    let body = json!({"completed": true, "status": "completed", "disposition_tag": ASKED, "to": TO, "metadata": {"request_id": placed["call_id"]}});
    stack.bland.finish_all();
    stack.post(&path).body(&body).send().await.expect(202);
    assert_eq!(listed(&stack), 1, "the record says nothing of the kind");
    stack.travel(Duration::from_secs(11));
    stack.post(CALL).body(&call_to(quiet)).pay(&wallet).await.answer.expect(200);
    // What the dialler's own record says counts, when its word comes.
    stack.words_arrive().await;
    assert_eq!((listed(&stack), &seen(&stack, &poll).await["callee_opted_out"]), (2, &json!(true)));
}

#[tokio::test]
async fn a_record_that_is_not_of_this_call_says_nothing_of_its_callee() {
    let (stack, _, poll) = asked(false).await;
    the_list_is_begun(&stack).await;
    let call = stack.bland.calls().pop().expect("a call");
    let record = json!({
        "call_id": call.id, "completed": true, "status": "completed", "queue_status": "complete", "call_ended_by": "USER",
        "answered_by": "human", "corrected_duration": "42", "call_length": 0.7, "created_at": call.created_at.to_string(),
        "summary": "They spoke.", "recording_url": "https://api.bland.ai/v1/recordings/x", "price": 0.1,
        "disposition_tag": ASKED, "metadata": {"request_id": "00000000000000000000000007"},
        "transcripts": [{"id": 1, "user": "user", "text": "Hello?", "created_at": call.created_at.to_string()}],
    });
    stack.bland.faults().once("GET /v1/calls/*", Fault::Replace(Answer::json(200, &record)));
    let first = seen(&stack, &poll).await;
    assert_eq!((&first["callee_opted_out"], listed(&stack)), (&Value::Null, 1), "{first}");
}

#[tokio::test]
async fn a_callee_is_on_the_list_before_the_end_is_written_and_not_twice() {
    let (stack, _, poll) = asked(false).await;
    the_list_is_begun(&stack).await;
    // The process dies behind the list and before the look: another one sees it again.
    let (faults, lambda) = (stack.dynamo.faults(), &stack.lambda);
    let halts = faults.halts();
    faults.nth("TransactWriteItems", 2, Fault::HaltBefore);
    let killed = async {
        faults.halted(halts + 1).await;
        assert!(lambda.kill("voice_call_status") > 0);
    };
    let (answer, ()) = join(stack.get(&poll).send(), killed).await;
    assert_ne!(answer.status, 200);
    assert_eq!(listed(&stack), 2);
    stack.travel(Duration::from_secs(31));
    stack.get(&poll).send().await.expect(200);
    stack.travel(Duration::from_mins(2));
    let end = seen(&stack, &poll).await;
    assert_eq!((&end["ended_by"], &end["callee_opted_out"], listed(&stack)), (&json!("USER"), &json!(true), 2));
    // An operator who takes it back is not overruled by a later look.
    let number = PhoneNumber::parse(TO).expect("a number");
    assert!(operator(&stack).opt_in(&number, &by(2)).await.expect("it is written"));
    stack.minutes(6).await;
    seen(&stack, &poll).await;
    assert_eq!(listed(&stack), 1);
}

/// Calls to as many numbers, of wallets of their own, each of which asks.
async fn five_have_asked(stack: &Stack) -> Vec<String> {
    let mut polls = Vec::new();
    for last in 1..=5 {
        let (wallet, to) = (stack.wallet(), format!("+1213361000{last}"));
        stack.buys(&wallet).await;
        stack.bland.disposes(&to, ASKED);
        let placed = stack.post(CALL).body(&call_to(&to)).pay(&wallet).await.answer.expect(200).json();
        polls.push(format!("{CALL}/{}", placed["call_id"].as_str().expect("an id")));
    }
    stack.bland.finish_all();
    polls
}

#[tokio::test]
async fn all_who_ask_in_one_minute_are_on_the_list_after_one_round() {
    let stack = with(&[]).await;
    let polls = five_have_asked(&stack).await;
    stack.travel(Duration::from_mins(7));
    stack.sweep().await;
    assert_eq!(listed(&stack), 5);
    for poll in &polls {
        assert_eq!(seen(&stack, poll).await["callee_opted_out"], true);
    }
    // And off it again, one after the other, by one attempt.
    for last in 1..=5 {
        let number = PhoneNumber::parse(&format!("+1213361000{last}")).expect("a number");
        assert!(operator(&stack).opt_in(&number, &by(3)).await.expect("it is written"));
    }
    assert_eq!(listed(&stack), 0);
}

#[tokio::test]
async fn a_call_whose_end_waits_for_the_list_is_given_up_by_no_round() {
    let (stack, _, poll) = asked(false).await;
    // Longer than a dialler is waited for that says nothing, with polls that have the turn to look.
    let list = |salt: Value| json!({"pk": {"S": "CONTROL"}, "sk": {"S": "CONTROL"}, "salt": salt});
    let unreadable = list(json!({"N": "7"}));
    stack.dynamo.put(unreadable.as_object().expect("an item"));
    for _ in 0..2 {
        stack.travel(Duration::from_mins(8));
        assert_eq!(seen(&stack, &poll).await["ended_by"], "IN_PROGRESS");
        stack.sweep().await;
    }
    assert_eq!(seen(&stack, &poll).await["ended_by"], "IN_PROGRESS", "it is not an error");
    stack.dynamo.put(list(json!({"S": "a salt"})).as_object().expect("an item"));
    stack.travel(Duration::from_mins(1));
    stack.sweep().await;
    let end = seen(&stack, &poll).await;
    assert_eq!((&end["ended_by"], &end["callee_opted_out"], listed(&stack)), (&json!("USER"), &json!(true), 1));
}

#[tokio::test]
async fn who_does_not_poll_is_not_kept_from_calling_by_a_call_whose_callee_has_opted_out() {
    let (stack, wallet, _) = asked(false).await;
    the_list_is_begun(&stack).await;
    stack.travel(Duration::from_secs(11));
    stack.post(CALL).body(&call_to(TO)).pay(&wallet).await.answer.refused(403, "destination_opted_out");
    assert_eq!(listed(&stack), 2);
}

#[tokio::test]
async fn what_is_over_is_not_hung_up_though_its_callee_has_opted_out() {
    let (stack, _, poll) = asked(false).await;
    the_list_is_begun(&stack).await;
    stack.travel(Duration::from_secs(11));
    stack.post(&format!("{poll}/hangup")).send().await.refused(409, "call_already_ended");
    assert_eq!((listed(&stack), &seen(&stack, &poll).await["ended_by"]), (2, &json!("USER")));
}

#[tokio::test]
async fn a_word_that_comes_before_the_model_has_chosen_does_not_settle_the_call() {
    let (stack, _, poll) = asked(true).await;
    the_list_is_begun(&stack).await;
    let call = stack.bland.calls().pop().expect("a call");
    let id = poll.rsplit('/').next().expect("an id");
    let undecided = json!({
        "call_id": call.id, "completed": true, "status": "completed", "queue_status": "complete", "call_ended_by": "USER",
        "answered_by": "human", "corrected_duration": "42", "call_length": 0.7, "created_at": call.created_at.to_string(),
        "started_at": call.created_at.to_string(), "end_at": call.created_at.to_string(), "summary": "They spoke.",
        "recording_url": "https://api.bland.ai/v1/recordings/x", "price": 0.1, "disposition_tag": null,
        "metadata": {"request_id": id},
        "transcripts": [{"id": 1, "user": "user", "text": "Hello?", "created_at": call.created_at.to_string()}],
    });
    stack.bland.faults().once("GET /v1/calls/*", Fault::Replace(Answer::json(200, &undecided)));
    stack.words_arrive().await;
    let first = seen(&stack, &poll).await;
    let row = stack.dynamo.row(&format!("CALL#{id}"), "CALL").expect("the call");
    assert_eq!((&first["ended_by"], &row["closed"]), (&json!("USER"), &json!(false)), "{first}");
    // The minute that every end is given.
    stack.travel(Duration::from_mins(2));
    let end = seen(&stack, &poll).await;
    assert_eq!((&end["callee_opted_out"], listed(&stack)), (&json!(true), 2), "{end}");
}
