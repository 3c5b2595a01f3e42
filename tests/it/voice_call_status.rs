//! `GET /api/v1/voice/call/{call_id}`

mod page;

use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, binaries};
use serde_json::{Value, json};

use self::page::html;

const TO: &str = "+12133610872";

struct Call {
    stack: Stack,
    id: String,
}

impl Call {
    /// A world in which a wallet has just placed a call that will go like this.
    async fn placed(script: Script) -> Self {
        let stack = Stack::start(binaries!()).await;
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

    /// The call goes on to its end, and long enough passes for everything about it to be known.
    async fn ended(&self) -> Value {
        self.stack.bland.finish_all();
        self.stack.travel(Duration::from_secs(30));
        self.poll().await
    }
}

#[tokio::test]
async fn a_call_is_followed_from_its_start_to_its_transcript() {
    let call = Call::placed(Script::UserHangsUp).await;
    let first = call.poll().await;
    assert_eq!((&first["status"], &first["ended_by"]), (&json!("started"), &json!("IN_PROGRESS")));
    assert_eq!(first["to"], TO);

    let over = call.ended().await;
    assert_eq!(
        (&over["status"], &over["ended_by"], &over["call_ended_by"]),
        (&json!("completed"), &json!("USER"), &json!("USER"))
    );
    assert_eq!(over["answered_by"], "human");
    assert!(
        over["ended_by_reason"].as_str().expect("a reason").starts_with("The callee (the person you called) hung up.")
    );
    assert!(over["call_length"].as_f64().expect("minutes") > 0.0);
    let transcript = over["transcript"].as_array().expect("a transcript");
    assert!(
        transcript.len() >= 2 && transcript.iter().all(|line| line["role"] == "assistant" || line["role"] == "user")
    );
    assert!(over["concatenated_transcript"].as_str().expect("text").contains("assistant: "));
    assert!(over["summary"].is_string());
    assert_eq!(over["charged"], true);
}

#[tokio::test]
async fn each_end_has_its_word() {
    for (script, status, ended_by) in [
        (Script::AssistantEnds, "completed", "ASSISTANT"),
        (Script::Timeout, "completed", "TIMEOUT"),
        (Script::NoAnswer, "no_answer", "NO_ANSWER"),
        (Script::Busy, "busy", "BUSY"),
        (Script::Voicemail, "completed", "VOICEMAIL"),
        (Script::Failed, "failed", "ERROR"),
        (Script::CarrierBlock, "failed", "ERROR"),
        (Script::PreQueueError, "failed", "ERROR"),
        (Script::CompleteError, "completed", "USER"),
    ] {
        let what = format!("{script:?}");
        let call = Call::placed(script).await;
        let over = call.ended().await;
        assert_eq!((&over["status"], &over["ended_by"]), (&json!(status), &json!(ended_by)), "{what}");
    }
}

#[tokio::test]
async fn the_dialler_is_asked_once_in_half_a_minute_however_many_poll() {
    let call = Call::placed(Script::UserHangsUp).await;
    let looks = || call.stack.bland.faults().count("GET /v1/calls/*");
    let before = looks();
    let began = std::time::Instant::now();
    for _ in 0..4 {
        let polls: Vec<_> = (0..50).map(|_| call.poll()).collect();
        for answer in futures_util::future::join_all(polls).await {
            assert_eq!(answer["ended_by"], "IN_PROGRESS");
        }
        call.stack.travel(Duration::from_secs(30));
    }
    // Two minutes have passed, and what this machine took besides.
    let (looked, besides) = (looks() - before, began.elapsed().as_secs() / 30);
    assert!((4..=4 + besides).contains(&looked), "{looked} looks");
}

#[tokio::test]
async fn no_vendor_is_asked_after_an_end_has_settled() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.ended().await;
    call.stack.travel(Duration::from_secs(61));
    let settled = call.poll().await;
    let looks = call.stack.bland.faults().count("GET /v1/calls/*");
    call.stack.travel(Duration::from_hours(1));
    // What is stored is what time is taken off, so these seem to be earlier.
    let timeless = |mut seen: Value| {
        for time in ["started_at", "ended_at"] {
            assert!(seen[time].take().is_string(), "{time}");
        }
        seen
    };
    assert_eq!(timeless(call.poll().await), timeless(settled));
    assert_eq!(call.stack.bland.faults().count("GET /v1/calls/*"), looks);
}

#[tokio::test]
async fn a_call_that_ends_in_an_error_is_to_be_paid_back() {
    let call = Call::placed(Script::PreQueueError).await;
    call.ended().await;
    call.stack.travel(Duration::from_secs(61));
    let over = call.poll().await;
    assert_eq!((&over["charged"], &over["refund"]["status"]), (&json!(false), &json!("due")));
}

#[tokio::test]
async fn an_error_is_not_charged_while_its_payment_is_unknown_nor_when_it_arrives() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.bland.script_next(Script::PreQueueError);
    stack.buys(&wallet).await;
    let body = json!({"phone_number": TO, "task": "Ask Andy to take a break.", "max_duration": 3});
    let place = || stack.post(CALL).body(&body);
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = place().pay(&wallet).await;
    let placed = paid.answer.expect(200).json();
    assert_eq!(placed["payment"], "pending");
    let id = placed["call_id"].as_str().expect("an id").to_owned();
    let call = Call { stack, id };

    let seen = call.ended().await;
    assert_eq!(
        (&seen["ended_by"], &seen["payment"], &seen["final"]),
        (&json!("ERROR"), &json!("pending"), &json!(false))
    );
    assert_eq!((&seen["charged"], &seen["paid"], &seen["refund"]), (&json!(false), &json!("0.00"), &Value::Null));
    assert!(html(&call.page().await).contains("Not charged: if the payment of $0.54 still arrives, it goes back."));

    call.stack.post(CALL).body(&body).paid_with(&paid.payment).send().await.expect(200);
    let seen = call.poll().await;
    assert_eq!((&seen["ended_by"], &seen["payment"], &seen["final"]), (&json!("ERROR"), &Value::Null, &json!(true)));
    assert_eq!(
        (&seen["charged"], &seen["paid"], &seen["refund"]["status"]),
        (&json!(false), &json!("0.00"), &json!("due"))
    );
}

#[tokio::test]
async fn a_look_that_is_overtaken_answers_with_what_is_stored() {
    let call = Call::placed(Script::UserHangsUp).await;
    let path = format!("/api/v1/voice/call/{}", call.id);
    // What the first look is told is long in coming, and the next one, which is due, has seen more
    // meanwhile.
    call.stack.bland.faults().once("GET /v1/calls/*", Fault::Stall);
    let slow = call.stack.get(&path).send();
    let quick = async {
        while call.stack.bland.faults().met() == 0 {
            tokio::task::yield_now().await;
        }
        call.stack.travel(Duration::from_secs(30));
        call.stack.bland.finish_all();
        let seen = call.poll().await;
        call.stack.bland.faults().release();
        seen
    };
    let (slow, quick) = futures_util::future::join(slow, quick).await;
    assert_eq!(quick["ended_by"], "USER");
    assert_eq!(slow.expect(200).json(), quick);
}

#[tokio::test]
async fn a_call_is_gone_when_it_is_kept_no_longer_though_the_table_still_has_it() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.ended().await;
    call.stack.travel(Duration::from_hours(24 * 30 - 1));
    assert_eq!(call.poll().await["ended_by"], "USER");
    call.stack.travel(Duration::from_hours(1));
    let path = format!("/api/v1/voice/call/{}", call.id);
    call.stack.get(&path).send().await.refused(404, "unknown_call");
    assert!(html(call.page().await.expect(404)).contains("There is no such call"));
    assert!(call.stack.dynamo.rows().iter().any(|row| row["pk"] == format!("CALL#{}", call.id)));
}

#[tokio::test]
async fn an_end_that_could_be_shown_stands_though_the_dialler_cannot_be_asked() {
    let call = Call::placed(Script::EndedUnsaidInSilence).await;
    call.stack.bland.finish_all();
    assert_eq!(call.poll().await["ended_by"], "IN_PROGRESS", "it is inferred from what is missing");
    call.stack.bland.faults().always("GET /v1/calls/*", Fault::Refuse(Answer::json(500, &json!({}))));
    call.stack.travel(Duration::from_secs(20));
    assert_eq!(call.poll().await["ended_by"], "IN_PROGRESS");
    call.stack.travel(Duration::from_secs(15));
    assert_eq!(call.poll().await["ended_by"], "NO_ANSWER");
    // Nothing more is heard of it, and what was seen of it settles.
    call.stack.travel(Duration::from_mins(11));
    call.stack.sweep().await;
    let row = call.stack.dynamo.rows().into_iter().find(|row| row["pk"] == format!("CALL#{}", call.id));
    assert_eq!(row.expect("the call")["closed"], true);
    assert_eq!(call.poll().await["ended_by"], "NO_ANSWER");
}

#[tokio::test]
async fn what_is_not_there_is_always_the_same_404() {
    let stack = Stack::start(binaries!()).await;
    let unknown = stack.get("/api/v1/voice/call/0123456789ABCDEFGHJKMNPQRS").send().await;
    let body = unknown.refused(404, "unknown_call");
    assert_eq!(body["code"], "unknown_call");
    for id in ["01HXY9", "0123456789abcdefghjkmnpqrs", "%7Bcall_id%7D", "..%2F..%2Fetc", "ÄÖÜ"] {
        let malformed = stack.get(&format!("/v1/voice/call/{id}")).send().await;
        assert_eq!((malformed.status, &malformed.body), (unknown.status, &unknown.body), "{id}");
    }
    assert_eq!(stack.bland.faults().count("*"), 0);
}

#[tokio::test]
async fn polling_takes_get_and_nothing_else() {
    let stack = Stack::start(binaries!()).await;
    let refused = stack.post("/api/v1/voice/call/0123456789ABCDEFGHJKMNPQRS").body(&json!({})).send().await;
    refused.refused(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
}

#[tokio::test]
async fn the_head_of_an_answer_can_be_had_alone() {
    let call = Call::placed(Script::UserHangsUp).await;
    let head = call.stack.request(http::Method::HEAD, &format!("/api/v1/voice/call/{}", call.id)).send().await;
    assert_eq!((head.expect(200).body.len(), head.header("content-type")), (0, Some("application/json")));
}

/// Behind the sentence that law wants of a recorded voice, in the dialler's newest form, and never
/// by SMS.
#[tokio::test]
async fn a_message_for_voicemail_reaches_the_dialler_behind_its_disclosure_and_is_left_on_evidence_alone() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys_in(&wallet, Some("415")).await;
    let mut to = 2_133_610_800_u64;
    let digits: Vec<String> = number[1..].chars().map(String::from).collect();
    let spoken = format!(
        "This is a recorded message in an artificial, AI-generated voice, from the number {}. Vicky here: call me back.",
        digits.join(" ")
    );
    for (script, left, page) in [
        (Script::Voicemail, json!(true), "The AI left the message."),
        (Script::VoicemailCutOff, Value::Null, "It is not known whether it did."),
        (Script::VoicemailFull, Value::Null, "It is not known whether it did."),
        (Script::AssistantEnds, Value::Null, "It had done what it was to do"),
    ] {
        to += 1;
        stack.bland.script_next(script);
        let body = json!({
            "to": format!("+1{to}"), "task": "Ask Andy to take a break.", "voicemail_action": "leave_message",
            "voicemail_message": "  Vicky here: call me back.\n",
        });
        let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
        let call = stack.bland.calls().pop().expect("a call");
        assert_eq!(call.request["voicemail"], json!({"action": "leave_message", "message": spoken}));
        stack.bland.finish_all();
        stack.travel(Duration::from_secs(30));
        let path = placed["poll_url"].as_str().expect("a path").to_owned();
        let seen = stack.get(&path).send().await.expect(200).json();
        assert_eq!((&seen["voicemail_left"], &seen["charged"]), (&left, &json!(true)), "{seen}");
        let shown = stack.get(&path).header("accept", "text/html").send().await;
        assert!(String::from_utf8_lossy(&shown.expect(200).body).contains(page), "{page}");
    }
    // Without one, and with one that says nothing, the AI hangs up.
    for nothing in [Value::Null, json!("  ")] {
        to += 1;
        let body = json!({"to": format!("+1{to}"), "task": "Ask Andy to take a break.", "voicemail_message": nothing});
        stack.bland.script_next(Script::Voicemail);
        stack.travel(Duration::from_hours(1));
        stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200);
        let call = stack.bland.calls().pop().expect("a call");
        assert_eq!(call.request["voicemail"], json!({"action": "hangup"}));
        stack.bland.finish_all();
    }
}

/// The message belongs to the request: with another one it is another request.
#[tokio::test]
async fn the_same_payment_with_another_message_for_voicemail_is_a_conflict() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    let body = |message: Value| json!({"to": "+12133610872", "task": "Ask Andy to take a break.", "voicemail_message": message});
    let paid = stack.post(CALL).body(&body(json!("Call me back."))).pay(&wallet).await;
    paid.answer.expect(200);
    let again = |message| stack.post(CALL).body(&body(message)).paid_with(&paid.payment);
    again(json!(" Call me back. ")).send().await.expect(200);
    again(json!("Do not call me back.")).send().await.refused(409, "payment_conflict");
    again(Value::Null).send().await.refused(409, "payment_conflict");
    assert_eq!(stack.bland.calls().len(), 1);
}
