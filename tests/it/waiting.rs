//! `GET /api/v1/voice/call/{call_id}?wait=N`: a look that is answered as soon as something is new.
//!
//! Nothing here sleeps: a function that waits reads its call's row once a second, so time that is
//! travelled, or a step of the dialler's, is seen at its next reading.

mod costs;

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use harness::request::Response;
use harness::sim::bland::{Script, Speaker, Step};
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::wallet::sign_in::at;
use harness::{Stack, binaries};
use serde_json::{Value, json};

const LOOK: &str = "GET /v1/calls/*";

struct Call {
    stack: Stack,
    id: String,
    vendors: String,
}

impl Call {
    /// A world in which a wallet has just placed a call that goes like this, has come so many steps
    /// far, and was looked at.
    async fn placed(script: Script, steps: usize) -> Self {
        let stack = Stack::start(binaries!()).await;
        let wallet = stack.wallet();
        stack.buys(&wallet).await;
        stack.bland.script_next(script);
        let body = json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break.", "max_duration": 3});
        let call = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
        let vendors = stack.bland.calls().last().expect("a call").id.clone();
        let call = Self { id: call["call_id"].as_str().expect("an id").to_owned(), stack, vendors };
        for _ in 0..steps {
            call.goes_on();
        }
        call.poll().await;
        call
    }

    fn goes_on(&self) {
        self.stack.bland.advance(&self.vendors);
    }

    async fn asked(&self, query: &str) -> Response {
        self.stack.get(&format!("/api/v1/voice/call/{}{query}", self.id)).send().await
    }

    async fn poll(&self) -> Value {
        self.asked("").await.expect(200).json()
    }

    async fn wait(&self, seconds: u32) -> Value {
        self.asked(&format!("?wait={seconds}")).await.expect(200).json()
    }

    fn row(&self) -> Value {
        self.stack.dynamo.row(&format!("CALL#{}", self.id), "CALL").expect("the call")
    }

    /// Until a request waits.
    async fn is_waited_for(&self) {
        while self.row()["waited_until"].is_null() {
            tokio::task::yield_now().await;
        }
    }

    fn looks(&self) -> u64 {
        self.stack.bland.faults().count(LOOK)
    }
}

fn lines(seen: &Value) -> Vec<(u64, &str)> {
    let lines = seen["transcript"].as_array().expect("always there");
    lines.iter().map(|line| (line["index"].as_u64().expect("a place"), line["text"].as_str().expect("words"))).collect()
}

#[tokio::test]
async fn a_wait_is_over_when_a_line_is_added() {
    let call = Call::placed(Script::UserHangsUp, 2).await;
    let looks = call.looks();
    let said = async {
        call.is_waited_for().await;
        call.goes_on();
        call.stack.travel(Duration::from_secs(5));
    };
    let (seen, ()) = join(call.wait(20), said).await;
    assert_eq!(lines(&seen), [(0, "Good evening, this is Luigi's.")]);
    assert_eq!((&seen["ended_by"], &seen["transcript_final"]), (&json!("IN_PROGRESS"), &json!(false)));
    assert!(seen["poll_after_seconds"].as_u64().is_some_and(|after| (1..=10).contains(&after)), "{seen}");
    assert_eq!(call.looks() - looks, 1, "the look that was due");
}

#[tokio::test]
async fn a_wait_is_over_when_the_status_changes() {
    let call = Call::placed(Script::Busy, 0).await;
    let rings = async {
        call.is_waited_for().await;
        call.stack.bland.finish(&call.vendors);
        call.stack.travel(Duration::from_secs(5));
    };
    let (seen, ()) = join(call.wait(20), rings).await;
    assert_eq!(
        (&seen["status"], &seen["final"], &seen["transcript_final"]),
        (&json!("busy"), &json!(true), &json!(true))
    );
}

/// What another request does is seen by the one that waits.
#[tokio::test]
async fn a_wait_is_over_when_the_call_is_to_be_hung_up() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let hangs_up = async {
        call.is_waited_for().await;
        call.stack.post(&format!("/api/v1/voice/call/{}/hangup", call.id)).send().await.expect(202);
    };
    let (seen, ()) = join(call.wait(20), hangs_up).await;
    assert!(seen["ended_by_reason"].as_str().expect("a reason").contains("being hung up"), "{seen}");
}

#[tokio::test]
async fn what_the_first_look_finds_is_answered_at_once() {
    let call = Call::placed(Script::UserHangsUp, 2).await;
    call.goes_on();
    call.stack.travel(Duration::from_secs(5));
    let began = Instant::now();
    assert_eq!(lines(&call.wait(20).await).len(), 1);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert!(call.row()["waited_until"].is_null());
}

#[tokio::test]
async fn a_wait_in_which_nothing_comes_ends_with_what_there_is_and_leaves_its_place() {
    let call = Call::placed(Script::NeverEnds, 3).await;
    let before = call.poll().await;
    let began = Instant::now();
    let seen = call.wait(2).await;
    assert!((Duration::from_secs(2)..Duration::from_secs(10)).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(lines(&seen), lines(&before));
    assert!(call.row()["waited_until"].is_null());
}

#[tokio::test]
async fn a_final_call_is_answered_at_once() {
    let call = Call::placed(Script::Busy, 0).await;
    call.stack.bland.finish_all();
    call.stack.travel(Duration::from_secs(30));
    assert_eq!(call.poll().await["final"], true);
    let (looks, began) = (call.looks(), Instant::now());
    assert_eq!(call.wait(20).await["final"], true);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(call.looks(), looks);
    assert!(call.row()["waited_until"].is_null());
}

#[tokio::test]
async fn a_second_one_that_waits_is_answered_at_once_and_all_together_look_once() {
    let call = Call::placed(Script::UserHangsUp, 2).await;
    let looks = call.looks();
    let others = async {
        call.is_waited_for().await;
        for seen in join_all((0..20).map(|_| call.wait(20))).await {
            assert!(lines(&seen).is_empty(), "it is answered with what there is");
        }
        assert_eq!(call.looks(), looks);
        call.goes_on();
        call.stack.travel(Duration::from_secs(5));
        join_all((0..5).map(|_| call.poll())).await
    };
    let (seen, _) = join(call.wait(20), others).await;
    assert_eq!(lines(&seen).len(), 1);
    assert_eq!(call.looks() - looks, 1);
}

#[tokio::test]
async fn one_that_died_in_its_place_keeps_others_from_it_for_its_own_time_and_three_seconds() {
    let call = Call::placed(Script::NeverEnds, 3).await;
    let dies = async {
        call.is_waited_for().await;
        call.stack.lambda.kill("voice_call_status");
    };
    let began = at(0).as_second();
    let (answer, ()) = join(call.asked("?wait=20"), dies).await;
    assert!(answer.status.is_server_error());
    let until = call.row()["waited_until"].as_i64().expect("a time");
    // What still answers after its time is not yet gone.
    assert!(until >= began + 23, "{} s", until - began);
    call.wait(20).await;
    assert_eq!(call.row()["waited_until"], until, "it was answered at once");
    call.stack.travel(Duration::from_secs(24));
    call.poll().await;
    call.wait(1).await;
    assert!(call.row()["waited_until"].is_null(), "it has taken the place, and left it");
}

#[tokio::test]
async fn a_dialler_that_is_slower_than_the_wait_does_not_make_it_longer() {
    let call = Call::placed(Script::NeverEnds, 3).await;
    let began = Instant::now();
    let slow = async {
        call.is_waited_for().await;
        call.stack.bland.faults().always(LOOK, Fault::Hang);
        call.stack.travel(Duration::from_secs(5));
    };
    let (seen, ()) = join(call.wait(3), slow).await;
    assert_eq!(seen["ended_by"], "IN_PROGRESS");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    call.stack.bland.faults().clear();
}

#[tokio::test]
async fn a_wait_is_a_whole_number_of_seconds_up_to_twenty() {
    let call = Call::placed(Script::Busy, 0).await;
    call.stack.bland.finish_all();
    call.stack.travel(Duration::from_secs(30));
    for good in ["?wait=0", "?wait=1", "?wait=20", "?other=1&wait=20", ""] {
        call.asked(good).await.expect(200);
    }
    for bad in
        ["", "21", "-1", "1.5", "%2B5", "05", "5s", "true", "1,2", "5&wait=5", "20&wait=x", "99999999999999999999"]
    {
        let refused = call.asked(&format!("?wait={bad}")).await.refused(400, "bad_request");
        assert_eq!(refused["field"], "wait", "{bad}");
    }
    // A client that only believes that it waits would ask again at once.
    for nearly in ["Wait", "wait_seconds", "wait%5B%5D", "waitFor", "timeout", "wiat"] {
        let refused = call.asked(&format!("?{nearly}=20")).await.refused(400, "bad_request");
        assert_eq!(refused["field"], "wait", "{nearly}");
    }
    // Before it is looked for, so the same for every id; and in words for a person.
    call.stack.get("/v1/voice/call/unknown?wait=x").send().await.refused(400, "bad_request");
    let page = call.stack.get(&format!("/v1/voice/call/{}?wait=x", call.id)).header("accept", "text/html").send().await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (400, Some("text/html; charset=utf-8")));
}

#[tokio::test]
async fn a_line_may_be_corrected_until_nothing_is_added_any_more() {
    let say = |text: &str| Step::Say(Speaker::User, text.to_owned());
    let script = Script::UserHangsUp.with(vec![
        Step::Allocate,
        Step::Start,
        say("A table for you."),
        Step::Say(Speaker::AgentAction, "Waits".to_owned()),
        Step::Say(Speaker::Robot, "Beep".to_owned()),
        say("At seven."),
        say("At seven."),
        Step::Correct(0, "A table for two.".to_owned()),
    ]);
    let call = Call::placed(script, 3).await;
    assert_eq!(lines(&call.poll().await), [(0, "A table for you.")]);
    let corrected = async {
        call.is_waited_for().await;
        for _ in 0..5 {
            call.goes_on();
        }
        call.stack.travel(Duration::from_secs(5));
    };
    let (seen, ()) = join(call.wait(20), corrected).await;
    // What the AI did, and what is not said to be a person or the AI, is not a line; what was said
    // twice is two.
    assert_eq!(lines(&seen), [(0, "A table for two."), (1, "At seven."), (2, "At seven.")]);
    assert_eq!(seen["transcript_final"], false);
    call.stack.bland.finish_all();
    call.stack.travel(Duration::from_secs(30));
    let ended = call.poll().await;
    assert_eq!((&ended["ended_by"], &ended["transcript_final"]), (&json!("USER"), &json!(true)));
    assert_eq!(lines(&ended), lines(&seen));
}

/// A record that has fewer lines than one before it lags.
#[tokio::test]
async fn a_transcript_does_not_shrink() {
    let say = |text: &str| Step::Say(Speaker::User, text.to_owned());
    let script = Script::UserHangsUp.with(vec![Step::Allocate, Step::Start, say("One."), say("Two."), Step::Forget(1)]);
    let call = Call::placed(script, 4).await;
    assert_eq!(lines(&call.poll().await).len(), 2);
    call.goes_on();
    call.stack.travel(Duration::from_secs(5));
    assert_eq!(lines(&call.poll().await), [(0, "One."), (1, "Two.")]);
}

/// Twenty come at the moment at which a look is due: one of them looks, one of them waits, the
/// others have their answer at once.
#[tokio::test]
async fn twenty_that_wait_look_once_in_five_seconds_and_one_of_them_waits() {
    let call = Call::placed(Script::NeverEnds, 3).await;
    call.stack.travel(Duration::from_secs(30));
    let (looks, began) = (call.looks(), Instant::now());
    let (waits, takes) = (join_all((0..20).map(|_| call.wait(3))), async {
        call.is_waited_for().await;
        call.row()["waited_until"].clone()
    });
    let (seen, until) = join(waits, takes).await;
    assert!(seen.iter().all(|seen| seen["ended_by"] == "IN_PROGRESS"));
    assert!(until.is_i64() && call.row()["waited_until"].is_null(), "one has waited, and left its place");
    // A machine that is busy takes longer than three seconds for it.
    assert!(call.looks() - looks <= 1 + began.elapsed().as_secs() / 5, "{} looks", call.looks() - looks);
}

/// The payment is in doubt when the wait begins, and confirmed by another request.
#[tokio::test]
async fn a_wait_is_over_when_the_payment_is_settled() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::NeverEnds);
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let body = json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break.", "max_duration": 3});
    let paid = stack.post(CALL).body(&body).pay(&wallet).await;
    let placed = paid.answer.expect(200).json();
    assert_eq!(placed["payment"], "pending");
    let vendors = stack.bland.calls().last().expect("a call").id.clone();
    let call = Call { id: placed["call_id"].as_str().expect("an id").to_owned(), stack, vendors };
    assert_eq!(call.poll().await["payment"], "pending");
    let repeats = async {
        call.is_waited_for().await;
        call.stack.post(CALL).body(&body).paid_with(&paid.payment).send().await.expect(200);
    };
    let (seen, ()) = join(call.wait(20), repeats).await;
    assert_eq!((&seen["payment"], &seen["charged"]), (&Value::Null, &json!(true)), "{seen}");
    assert_eq!(seen["ended_by"], "IN_PROGRESS");
}

/// A call that has failed, and whose payment goes back, is final: of the refund no wait has to
/// hear.
#[tokio::test]
async fn a_call_whose_payment_goes_back_is_answered_at_once() {
    let call = Call::placed(Script::CallError, 4).await;
    call.stack.bland.finish_all();
    call.stack.travel(Duration::from_secs(30));
    call.poll().await;
    call.stack.travel(Duration::from_secs(61));
    let due = call.wait(20).await;
    assert_eq!((&due["final"], &due["refund"]["status"]), (&json!(true), &json!("due")), "{due}");
    call.stack.minutes(2).await;
    assert_eq!(call.wait(20).await["refund"]["status"], "refunded");
    assert!(call.row()["waited_until"].is_null());
}

/// The questions are answered in a round of the reaper's, while a request waits.
#[tokio::test]
async fn a_wait_is_over_when_the_questions_are_answered() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let questions = json!([{"name": "confirmed", "question": "Is it confirmed?", "type": "boolean"}]);
    let body = json!({"phone_number": "+12133610872", "task": "Ask for a table.", "questions": questions});
    let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
    let vendors = stack.bland.calls().last().expect("a call").id.clone();
    let call = Call { id: placed["call_id"].as_str().expect("an id").to_owned(), stack, vendors };
    call.stack.bland.finish_all();
    call.stack.bland.faults().once("POST */analyze", Fault::Refuse(Answer::html(500)));
    call.stack.travel(Duration::from_secs(30));
    call.poll().await;
    call.stack.travel(Duration::from_secs(61));
    assert_eq!(call.poll().await["result_status"], "pending");
    let swept = async {
        call.is_waited_for().await;
        call.stack.travel(Duration::from_secs(61));
        call.stack.sweep().await;
    };
    let (seen, ()) = join(call.wait(20), swept).await;
    assert_eq!((&seen["result_status"], &seen["final"]), (&json!("ready"), &json!(true)), "{seen}");
}
