//! `POST /webhooks/bland/{call_id}/{token}`: what the dialler's word does, and what one does that
//! is lost, late, doubled, forged, replayed or sent too early.

use std::time::Duration;

use futures_util::future::{join, join_all};
use harness::sim::bland::{Script, Word};
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, binaries};
use serde_json::{Value, json};

const TO: &str = "+12133610872";
const LOOK: &str = "GET /v1/calls/*";

struct Call {
    stack: Stack,
    id: String,
}

impl Call {
    /// A call that will go like this, in a world whose dialler can tell of its end.
    async fn placed(script: Script) -> Self {
        Self::placed_in(Stack::builder(binaries!()).told().start().await, script).await
    }

    async fn placed_in(stack: Stack, script: Script) -> Self {
        let wallet = stack.wallet();
        stack.bland.script_next(script);
        stack.buys(&wallet).await;
        let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
        let call = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
        Self { id: call["call_id"].as_str().expect("an id").to_owned(), stack }
    }

    async fn poll(&self) -> Value {
        self.stack.get(&format!("/api/v1/voice/call/{}", self.id)).send().await.expect(200).json()
    }

    fn row(&self) -> Value {
        self.stack.dynamo.row(&format!("CALL#{}", self.id), "CALL").expect("the call")
    }

    fn looks(&self) -> u64 {
        self.stack.bland.faults().count(LOOK)
    }

    /// The word that the dialler would send if the call were over.
    fn word(&self) -> Word {
        let call = self.stack.bland.calls().pop().expect("a call");
        let url = call.request["webhook"].as_str().expect("an address").to_owned();
        Word { call: call.id, url, signature: None, body: "{\"completed\":true,\"status\":\"completed\"}".to_owned() }
    }

    fn is_due(&self) -> bool {
        self.row()["due_queue"].is_string()
    }
}

#[tokio::test]
async fn a_word_ends_a_call_at_once_and_nothing_is_left_to_be_looked_at() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.stack.bland.finish_all();
    let looks = call.looks();
    assert_eq!(call.stack.words_arrive().await, [202]);
    assert_eq!(call.looks() - looks, 1, "nothing that it says is believed");
    let seen = call.poll().await;
    assert_eq!((&seen["ended_by"], &seen["final"], &seen["charged"]), (&json!("USER"), &json!(true), &json!(true)));
    assert!(seen["summary"].is_string() && seen["transcript"].as_array().is_some_and(|lines| !lines.is_empty()));
    assert!(call.row()["closed"] == true && !call.is_due(), "{}", call.row());
    assert_eq!(call.stack.words_arrive().await, [0_u16; 0], "it was taken");
    call.stack.minutes(6).await;
    call.poll().await;
    assert_eq!(call.looks() - looks, 1, "neither polls nor the reaper look again");
}

#[tokio::test]
async fn each_end_is_told_and_what_failed_is_paid_back_without_a_wait() {
    for (script, ended_by) in [
        (Script::AssistantEnds, "ASSISTANT"),
        (Script::Timeout, "TIMEOUT"),
        (Script::NoAnswer, "NO_ANSWER"),
        (Script::Busy, "BUSY"),
        (Script::Voicemail, "VOICEMAIL"),
        (Script::PreQueueError, "ERROR"),
    ] {
        let what = format!("{script:?}");
        let call = Call::placed(script).await;
        call.stack.bland.finish_all();
        assert_eq!(call.stack.words_arrive().await, [202], "{what}");
        let seen = call.poll().await;
        assert_eq!((&seen["ended_by"], &seen["final"]), (&json!(ended_by), &json!(true)), "{what}");
        if ended_by == "ERROR" {
            assert_eq!((&seen["charged"], &seen["refund"]["status"]), (&json!(false), &json!("due")));
            call.stack.sweep().await;
            assert_eq!(call.poll().await["refund"]["status"], "refunded");
        }
    }
}

/// An end that could still turn out to be another one is not settled because the dialler says that
/// it is over.
#[tokio::test]
async fn an_end_that_is_inferred_is_seen_and_settles_in_its_time() {
    let call = Call::placed(Script::EndedUnsaidInSilence).await;
    call.stack.bland.finish_all();
    assert_eq!(call.stack.words_arrive().await, [202]);
    assert!(call.row()["ended_at"].is_i64() && call.row()["closed"] == false && call.is_due());
    call.stack.minutes(2).await;
    assert_eq!(call.poll().await["ended_by"], "NO_ANSWER");
    assert_eq!(call.row()["closed"], true);
}

#[tokio::test]
async fn a_word_that_is_lost_costs_the_wait_for_the_next_look() {
    let call = Call::placed(Script::UserHangsUp).await;
    assert_eq!(call.poll().await["ended_by"], "IN_PROGRESS");
    call.stack.bland.finish_all();
    call.stack.travel(Duration::from_secs(20));
    assert_eq!(call.poll().await["ended_by"], "IN_PROGRESS", "a poll reads what is known");
    call.stack.travel(Duration::from_secs(10));
    assert_eq!(call.poll().await["ended_by"], "USER");
}

#[tokio::test]
async fn a_call_that_no_client_polls_and_of_which_no_word_comes_is_looked_after_when_its_time_is_up() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.stack.bland.finish_all();
    let looks = call.looks();
    call.stack.minutes(3).await;
    assert_eq!(call.looks(), looks, "a word may still come");
    call.stack.minutes(4).await;
    assert_eq!(call.row()["closed"], true);
}

#[tokio::test]
async fn a_word_that_comes_twice_late_or_again_after_a_month_changes_nothing() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.stack.bland.finish_all();
    let word = call.stack.bland.words().pop().expect("a word");
    let all = join_all((0..5).map(|_| call.stack.word_arrives(&word))).await;
    assert!(all.iter().all(|answer| answer.status == 202), "all at once");
    let (looks, row) = (call.looks(), call.row());
    call.stack.word_arrives(&word).await.expect(202);
    assert_eq!((call.looks(), call.row()), (looks, row));
    call.stack.travel(Duration::from_hours(24 * 31));
    call.stack.word_arrives(&word).await.refused(404, "unknown_call");
    assert_eq!(call.looks(), looks);
}

#[tokio::test]
async fn a_word_before_the_end_is_not_believed_even_from_the_dialler() {
    let call = Call::placed(Script::NeverEnds).await;
    let looks = call.looks();
    // A token that has leaked.
    for _ in 0..3 {
        call.stack.word_arrives(&call.word()).await.refused(502, "upstream_error");
    }
    assert!(call.looks() - looks <= 3, "a look in five seconds at most");
    let seen = call.poll().await;
    assert_eq!((&seen["ended_by"], &seen["final"]), (&json!("IN_PROGRESS"), &json!(false)));
    assert!(call.row()["ended_at"].is_null());
}

#[tokio::test]
async fn a_stranger_is_told_what_is_said_of_no_call_and_nothing_is_read_or_asked_for_it() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.stack.bland.finish_all();
    let word = call.word();
    let (start, token) = word.url.rsplit_once('/').expect("a token");
    let (reads, looks) = (call.stack.dynamo.faults().count("*"), call.looks());
    for address in [
        format!("{start}/{}", "0".repeat(64)),
        format!("{start}/{}", token.to_uppercase()),
        format!("{start}/{token}0"),
        format!("{start}/x"),
        word.url.replace(&call.id, "0123456789ABCDEFGHJKMNPQRS"),
        word.url.replace(&call.id, "x"),
    ] {
        let forged = Word { url: address, ..word.clone() };
        call.stack.word_arrives(&forged).await.refused(404, "unknown_call");
    }
    let large = Word { url: format!("{start}/x"), body: "x".repeat(1024 * 1024), ..word.clone() };
    call.stack.word_arrives(&large).await.refused(404, "unknown_call");
    assert_eq!((call.stack.dynamo.faults().count("*"), call.looks()), (reads, looks));
    let path = word.url.trim_start_matches("https://dialtone.test");
    call.stack.get(path).send().await.refused(405, "method_not_allowed");
    assert_eq!(call.poll().await["ended_by"], "USER");
}

#[tokio::test]
async fn where_the_organisation_has_a_secret_each_word_is_signed_with_it() {
    let stack = Stack::builder(binaries!()).told().start().await;
    let (keys, secret) = (stack.bland.keys().clone(), "whsec_5ca1ab1e");
    stack.put_secret(
        "BlandSecret",
        &json!({"api_key": keys.api_key, "encrypted_key": keys.encrypted_key, "webhook_secret": secret}),
    );
    let call = Call::placed_in(stack, Script::UserHangsUp).await;
    call.stack.bland.finish_all();
    assert_eq!(call.stack.words_arrive().await, [404], "it is not signed");
    call.stack.bland.set_webhook_secret(Some("another"));
    assert_eq!(call.stack.words_arrive().await, [404], "it is signed with another");
    call.stack.bland.set_webhook_secret(Some(secret));
    let word = call.stack.bland.words().pop().expect("a word");
    let bent = Word { body: word.body.replace("completed", "complete"), ..word };
    call.stack.word_arrives(&bent).await.refused(404, "unknown_call");
    assert_eq!(call.looks(), 0);
    assert_eq!(call.stack.words_arrive().await, [202]);
    assert_eq!(call.poll().await["final"], true);
}

#[tokio::test]
async fn a_word_right_behind_a_look_waits_for_its_turn() {
    let call = Call::placed(Script::UserHangsUp).await;
    assert_eq!(call.poll().await["ended_by"], "IN_PROGRESS");
    call.stack.bland.finish_all();
    let passes = async { call.stack.travel(Duration::from_secs(5)) };
    let (answered, ()) = join(call.stack.words_arrive(), passes).await;
    assert_eq!(answered, [202]);
    assert_eq!(call.poll().await["final"], true);
}

#[tokio::test]
async fn a_word_is_sent_again_where_the_dialler_cannot_be_asked() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.stack.bland.finish_all();
    call.stack.bland.faults().once(LOOK, Fault::Refuse(Answer::json(500, &json!({}))));
    assert_eq!(call.stack.words_arrive().await, [502]);
    call.stack.travel(Duration::from_secs(6));
    assert_eq!(call.stack.words_arrive().await, [202]);
    assert_eq!(call.poll().await["final"], true);
}

#[tokio::test]
async fn an_end_while_the_payment_is_in_doubt_is_seen_and_settles_when_that_is_over() {
    let stack = Stack::builder(binaries!()).told().start().await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
    let paid = stack.post(CALL).body(&body).pay(&wallet).await;
    let placed = paid.answer.expect(200).json();
    let call = Call { id: placed["call_id"].as_str().expect("an id").to_owned(), stack };
    call.stack.bland.finish_all();
    assert_eq!(call.stack.words_arrive().await, [202]);
    assert!(call.row()["ended_at"].is_i64() && call.row()["closed"] == false);
    call.stack.post(CALL).body(&body).paid_with(&paid.payment).send().await.expect(200);
    call.stack.minutes(2).await;
    assert_eq!((&call.row()["closed"], &call.poll().await["charged"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn a_request_that_waits_hears_of_the_end_with_the_word() {
    let call = Call::placed(Script::UserHangsUp).await;
    let path = format!("/api/v1/voice/call/{}?wait=20", call.id);
    let ends = async {
        while call.row()["waited_until"].is_null() {
            tokio::task::yield_now().await;
        }
        call.stack.bland.finish_all();
        call.stack.travel(Duration::from_secs(5));
        call.stack.words_arrive().await
    };
    let (seen, _) = join(call.stack.get(&path).send(), ends).await;
    assert_eq!(seen.expect(200).json()["ended_by"], "USER");
}
