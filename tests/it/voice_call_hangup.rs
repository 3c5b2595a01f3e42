//! `POST /api/v1/voice/call/{call_id}/hangup`

mod page;
mod placed;
mod reported;
mod unpaid;

use std::time::Duration;

use futures_util::future::{join, join_all};
use harness::request::{Request, Response};
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, Wallet, binaries};
use http::Method;
use serde_json::{Value, json};

const TO: &str = "+12133610872";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const STOP: &str = "POST /v1/calls/*/stop";

struct Call {
    stack: Stack,
    wallet: Wallet,
    id: String,
    vendors: String,
}

impl Call {
    /// A world in which a wallet has just placed a call that would go like this, and that has come
    /// so many steps far.
    async fn placed(script: Script, steps: usize) -> Self {
        Self::in_world(Stack::start(binaries!()).await, script, steps).await
    }

    async fn in_world(stack: Stack, script: Script, steps: usize) -> Self {
        let wallet = stack.wallet();
        stack.buys(&wallet).await;
        stack.bland.script_next(script);
        let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
        let call = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
        let id = call["call_id"].as_str().expect("an id").to_owned();
        let vendors = stack.bland.calls().last().expect("a call").id.clone();
        let call = Self { stack, wallet, id, vendors };
        call.goes_on(steps);
        call
    }

    fn goes_on(&self, steps: usize) {
        for _ in 0..steps {
            self.stack.bland.advance(&self.vendors);
        }
    }

    fn hang_up(&self) -> Request {
        self.stack.post(&format!("/api/v1/voice/call/{}/hangup", self.id))
    }

    async fn poll(&self) -> Value {
        self.stack.get(&format!("/api/v1/voice/call/{}", self.id)).send().await.expect(200).json()
    }

    /// The call as it is shown once nothing more belongs to it.
    async fn ended(&self) -> Value {
        for _ in 0..3 {
            self.stack.travel(Duration::from_secs(31));
            self.poll().await;
        }
        self.poll().await
    }

    fn is_over(&self) -> bool {
        self.stack.bland.call(&self.vendors).expect("a call").is_over()
    }

    fn row(&self) -> Value {
        self.stack.dynamo.row(&format!("CALL#{}", self.id), "CALL").expect("the call")
    }
}

fn is_ending(answer: &Response, call: &Call) {
    assert_eq!(answer.expect(202).json(), json!({"call_id": call.id, "status": "ending"}));
    assert_eq!((answer.header("cache-control"), answer.header("location")), (Some("no-store"), None));
}

#[tokio::test]
async fn a_conversation_is_ended_and_stays_paid() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    is_ending(&call.hang_up().send().await, &call);
    assert!(call.is_over());
    let ending = call.poll().await;
    assert_eq!((&ending["ended_by"], &ending["charged"]), (&json!("IN_PROGRESS"), &json!(true)));
    assert!(ending["ended_by_reason"].as_str().expect("a reason").contains("being hung up"), "{ending}");

    let ended = call.ended().await;
    assert_eq!(
        (&ended["status"], &ended["ended_by"], &ended["retry"]),
        (&json!("completed"), &json!("REQUESTED"), &json!("no"))
    );
    assert_eq!((&ended["charged"], &ended["paid"], &ended["refund"]), (&json!(true), &json!("0.54"), &Value::Null));
    assert!(!ended["transcript"].as_array().expect("lines").is_empty());
}

/// What Java's `HttpURLConnection` sends that was told nothing.
const JAVA: &str = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";

#[tokio::test]
async fn a_program_whose_library_names_html_by_itself_is_answered_in_json() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let polled = call.stack.get(&format!("{CALL}/{}", call.id)).header("accept", JAVA).send().await;
    assert_eq!(polled.expect(200).json()["status"], "in-progress");
    is_ending(&call.hang_up().header("accept", JAVA).send().await, &call);
}

#[tokio::test]
async fn a_phone_that_rings_rings_no_more_and_stays_paid() {
    let call = Call::placed(Script::NeverEnds, 2).await;
    is_ending(&call.hang_up().body(&json!({})).send().await, &call);
    let ended = call.ended().await;
    assert_eq!((&ended["ended_by"], &ended["charged"]), (&json!("REQUESTED"), &json!(true)));
    assert!(["completed", "no_answer"].contains(&ended["status"].as_str().expect("a status")), "{ended}");
}

#[tokio::test]
async fn what_is_hung_up_before_the_phone_rang_goes_back() {
    for steps in [0, 1] {
        let call = Call::placed(Script::NeverEnds, steps).await;
        is_ending(&call.hang_up().send().await, &call);
        let ended = call.ended().await;
        assert_eq!((&ended["status"], &ended["ended_by"]), (&json!("failed"), &json!("REQUESTED")));
        assert_eq!((&ended["charged"], &ended["paid"]), (&json!(false), &json!("0.00")));
        // The callee knows nothing of it, and others can still call ten times.
        let called = call.stack.dynamo.row(&format!("LIMIT#DESTINATION#{TO}"), "LIMIT").unwrap_or_default();
        assert_eq!(called["entries"].as_object().map(serde_json::Map::len), Some(0), "{called}");
        let reason = ended["ended_by_reason"].as_str().expect("a reason");
        assert!(reason.ends_with("before the phone rang. You are not charged for the call."), "{reason}");
        call.stack.minutes(3).await;
        assert_eq!(call.poll().await["refund"]["status"], "refunded");
        assert_eq!(call.stack.ledger.balance(call.wallet.address()), 95_000_000, "the number is paid, the call is not");
    }
}

#[tokio::test]
async fn an_error_is_an_error_though_it_was_to_be_hung_up() {
    let call = Call::placed(Script::CallError, 4).await;
    call.stack.bland.faults().once(STOP, Fault::Drop);
    is_ending(&call.hang_up().send().await, &call);
    call.stack.bland.finish_all();
    let ended = call.ended().await;
    assert_eq!((&ended["ended_by"], &ended["charged"]), (&json!("ERROR"), &json!(false)));
}

#[tokio::test]
async fn a_second_one_is_answered_like_the_first_until_the_end_and_then_there_is_nothing_to_hang_up() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    for _ in 0..3 {
        is_ending(&call.hang_up().send().await, &call);
    }
    let since = call.row()["hangup_requested_at"].clone();
    assert!(since.is_i64(), "{}", call.row());
    call.stack.travel(Duration::from_secs(30));
    call.poll().await;
    let over = call.hang_up().send().await.refused(409, "call_already_ended");
    assert_eq!(over["call_id"], call.id.as_str());
    assert_eq!(over["poll_url"], format!("/api/v1/voice/call/{}", call.id));
}

#[tokio::test]
async fn what_is_over_is_over_though_no_poll_has_seen_it() {
    for script in [Script::UserHangsUp, Script::AssistantEnds, Script::NoAnswer, Script::Busy, Script::Failed] {
        let what = format!("{script:?}");
        let call = Call::placed(script, 0).await;
        call.stack.bland.finish_all();
        call.hang_up().send().await.refused(409, "call_already_ended");
        assert!(call.row()["hangup_requested_at"].is_null(), "{what}");
        assert_ne!(call.ended().await["ended_by"], "REQUESTED", "{what}");
        assert_eq!(call.stack.bland.faults().count(STOP), 0, "{what}");
    }
}

#[tokio::test]
async fn a_call_that_is_not_there_is_the_same_404_as_for_a_look() {
    let call = Call::placed(Script::UserHangsUp, 0).await;
    let look = call.stack.get("/api/v1/voice/call/0123456789ABCDEFGHJKMNPQRS").send().await;
    for id in ["0123456789ABCDEFGHJKMNPQRS", "01HXY9", "0123456789abcdefghjkmnpqrs", "%7Bcall_id%7D", "ÄÖÜ"] {
        for prefix in ["/api/v1", "/v1"] {
            let answer = call.stack.post(&format!("{prefix}/voice/call/{id}/hangup")).send().await;
            answer.refused(404, "unknown_call");
            assert_eq!(answer.body, look.body, "{id}");
        }
    }
    let before = call.stack.bland.faults().count("*");
    call.ended().await;
    call.stack.travel(Duration::from_hours(24 * 30));
    call.hang_up().send().await.refused(404, "unknown_call");
    assert!(before > 0);
}

#[tokio::test]
async fn it_takes_post_and_whatever_body_but_one_that_is_too_large() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let path = format!("/v1/voice/call/{}/hangup", call.id);
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = call.stack.request(method.clone(), &path).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST, OPTIONS")), "{method}");
    }
    let huge = format!("{{\"why\":\"{}\"}}", "x".repeat(129 * 1024));
    call.stack.post(&path).raw("application/json", huge).send().await.refused(413, "too_large");
    assert!(!call.is_over() && call.row()["hangup_requested_at"].is_null(), "nothing of it has done anything");

    // What a library writes for its client that sends nothing, or sends no JSON.
    let form = "application/x-www-form-urlencoded";
    for (kind, body) in [
        ("application/json", "[]"),
        ("application/json", "7"),
        ("application/json", "\"no\""),
        ("application/json", "{"),
        ("application/json", "{}{}"),
        ("text/plain", "reason"),
        (form, "reason=done&call_id=5KQ0N8Z4B6W2R9T1X7V3M0C8HS"),
    ] {
        is_ending(&call.stack.post(&path).raw(kind, body.to_owned()).send().await, &call);
    }
    let empty = call.stack.post(&path).raw("application/json", "null".to_owned()).send().await;
    assert_eq!(empty.expect(202).json()["ignored_fields"], serde_json::Value::Null);
    let answer = call.stack.post(&format!("{path}?now=1")).body(&json!({"reason": "enough"})).send().await;
    assert_eq!(answer.expect(202).json()["ignored_fields"], json!(["now", "reason"]));
    assert!(call.is_over());
}

#[tokio::test]
async fn a_dry_run_is_refused_and_the_call_goes_on() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let asked = call.stack.bland.faults().count("*");
    let unknown = "0123456789ABCDEFGHJKMNPQRS";
    for query in
        ["dry_run=true", "dry_run=True", "dry_run", "dry_run=1", "dryRun=true", "dry-run=true", "dry_run%5B%5D=true"]
            .into_iter()
            .chain(["dyr_run=true", "dry_run=false&dry_run=true", "dry_run=false&dry_run=false"])
    {
        for id in [call.id.as_str(), unknown] {
            for suffix in ["", "/hangup"] {
                let path = format!("/api/v1/voice/call/{id}{suffix}?{query}");
                let request = if suffix.is_empty() { call.stack.get(&path) } else { call.stack.post(&path) };
                assert_eq!(request.send().await.refused(400, "bad_request")["field"], "dry_run", "{path}");
            }
        }
    }
    for body in [json!({"dry_run": true}), json!({"dryRun": "yes"}), json!({"arguments": {"dry_run": true}})] {
        let refused = call.hang_up().body(&body).send().await;
        assert_eq!(refused.refused(400, "bad_request")["field"], "dry_run", "{body}");
    }
    let path = format!("/api/v1/voice/call/{}/hangup", call.id);
    let page = call.stack.post(&format!("{path}?dry_run=true")).header("accept", BROWSER).send().await;
    assert_eq!((page.status.as_u16(), page.header("location")), (400, None));
    assert!(!call.is_over() && call.row()["hangup_requested_at"].is_null());
    assert_eq!(call.stack.bland.faults().count("*"), asked, "the dialler was asked");

    let look = call.stack.get(&format!("/api/v1/voice/call/{}?dry_run=false", call.id)).send().await;
    assert_eq!(look.expect(200).json()["ended_by"], "IN_PROGRESS");
    let done = call.stack.post(&format!("{path}?dry_run=false")).body(&json!({"dry_run": false})).send().await;
    assert_eq!(done.expect(202).json()["status"], "ending");
    assert!(call.is_over());
}

#[tokio::test]
async fn a_hang_up_that_is_to_come_later_is_refused_and_the_call_goes_on() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    for body in [json!({"delay": 30}), json!({"in_seconds": "5"}), json!({"after": "1m"}), json!({"wait": true})] {
        let told = call.hang_up().body(&body).send().await.refused(400, "bad_request");
        assert!(told["message"].as_str().expect("words").contains("a call is hung up at once"), "{told}");
    }
    let path = format!("/api/v1/voice/call/{}/hangup", call.id);
    assert_eq!(call.stack.post(&format!("{path}?delay=30")).send().await.refused(400, "bad_request")["field"], "delay");
    assert!(!call.is_over() && call.row()["hangup_requested_at"].is_null());
    call.hang_up().body(&json!({"delay": 0})).send().await.expect(202);
    assert!(call.is_over());
}

#[tokio::test]
async fn a_payment_that_comes_along_is_not_looked_at() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let (earned, settles) = (call.stack.earned(), call.stack.facilitator.settles());
    is_ending(&call.hang_up().header("payment-signature", "e30=").send().await, &call);
    assert_eq!((call.stack.earned(), call.stack.facilitator.settles()), (earned, settles));
}

#[tokio::test]
async fn what_the_dialler_did_not_hear_is_told_again_by_the_next_look() {
    for fault in [Fault::Drop, Fault::Overload, Fault::Refuse(Answer::json(500, &json!({}))), Fault::Hang] {
        let what = format!("{fault:?}");
        let call = Call::placed(Script::NeverEnds, 4).await;
        call.stack.bland.faults().once(STOP, fault);
        is_ending(&call.hang_up().send().await, &call);
        assert!(!call.is_over(), "{what}");
        call.stack.travel(Duration::from_secs(5));
        assert_eq!(call.poll().await["ended_by"], "IN_PROGRESS", "{what}");
        assert!(call.is_over(), "{what}");
        assert_eq!(call.ended().await["ended_by"], "REQUESTED", "{what}");
    }
}

#[tokio::test]
async fn a_stop_whose_answer_is_lost_has_stopped_it() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    call.stack.bland.faults().once(STOP, Fault::LoseAnswer);
    is_ending(&call.hang_up().send().await, &call);
    assert!(call.is_over());
    assert_eq!(call.ended().await["ended_by"], "REQUESTED");
}

#[tokio::test]
async fn a_dialler_that_cannot_be_asked_keeps_no_hang_up_waiting() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    call.stack.travel(Duration::from_secs(10));
    call.stack.bland.faults().always("*", Fault::Overload);
    is_ending(&call.hang_up().send().await, &call);
    call.stack.bland.faults().clear();
    // No client polls: the reaper comes for it.
    call.stack.minutes(2).await;
    assert!(call.is_over());
    assert_eq!(call.ended().await["ended_by"], "REQUESTED");
}

/// The process dies when it has written that the call is to end, and before the dialler hears of
/// it; and no client comes back.
#[tokio::test]
async fn a_hang_up_that_died_after_it_was_written_is_made_by_the_reaper() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let stops = call.stack.bland.faults();
    let met = stops.halts() + 1;
    stops.once(STOP, Fault::HaltBefore);
    let killed = async {
        stops.halted(met).await;
        call.stack.lambda.kill("voice_call_hangup");
    };
    let (answer, ()) = join(call.hang_up().send(), killed).await;
    assert!(answer.status.is_server_error());
    assert!(!call.is_over() && call.row()["hangup_requested_at"].is_i64());
    // It is due at once; a minute is what lies between two rounds.
    call.stack.minutes(1).await;
    assert!(call.is_over());
    let ended = call.ended().await;
    assert_eq!((&ended["ended_by"], &ended["charged"]), (&json!("REQUESTED"), &json!(true)));
}

#[tokio::test]
async fn ringing_and_hanging_up_counts_in_every_limit() {
    let call = Call::placed(Script::NeverEnds, 2).await;
    is_ending(&call.hang_up().send().await, &call);
    call.ended().await;
    let body = json!({"phone_number": TO, "task": "Ask Andy to take a break."});
    let mut placed = 1;
    let refused = loop {
        let answer = call.stack.post(CALL).body(&body).pay(&call.wallet).await.answer;
        if answer.status != 200 {
            break answer;
        }
        placed += 1;
        let id = answer.json()["call_id"].as_str().expect("an id").to_owned();
        let vendors = call.stack.bland.calls().last().expect("a call").id.clone();
        for _ in 0..2 {
            call.stack.bland.advance(&vendors);
        }
        call.stack.post(&format!("/api/v1/voice/call/{id}/hangup")).send().await.expect(202);
        for _ in 0..3 {
            call.stack.travel(Duration::from_secs(40));
            call.stack.get(&format!("/api/v1/voice/call/{id}")).send().await.expect(200);
        }
        assert!(placed < 20, "no limit was met");
    };
    let refused = refused.refused(429, "rate_limited");
    assert!(refused["limit"].as_str().expect("a name").contains("destination"), "{refused}");
}

/// The request that has the turn to look tells the dialler again, and not all that poll.
#[tokio::test]
async fn however_many_poll_the_dialler_is_told_once_for_each_look() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let faults = call.stack.bland.faults();
    faults.always(STOP, Fault::Overload);
    is_ending(&call.hang_up().send().await, &call);
    let (told, looked) = (faults.count(STOP), faults.count("GET /v1/calls/*"));
    for _ in 0..3 {
        call.stack.travel(Duration::from_secs(5));
        join_all((0..12).map(|_| call.poll())).await;
    }
    let (told, looked) = (faults.count(STOP) - told, faults.count("GET /v1/calls/*") - looked);
    assert!((1..=looked).contains(&told), "told {told} times in {looked} looks");
    faults.clear();
    call.stack.travel(Duration::from_secs(5));
    call.poll().await;
    assert!(call.is_over());
}

#[tokio::test]
async fn a_crowd_that_hangs_up_one_call_ends_it_once() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let all = (0..12).map(|_| call.hang_up().send());
    for answer in join_all(all).await {
        assert!(matches!(answer.status.as_u16(), 202 | 409), "{}", answer.status);
    }
    assert_eq!(call.ended().await["ended_by"], "REQUESTED");
}
