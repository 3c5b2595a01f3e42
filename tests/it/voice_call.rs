//! `POST /api/v1/voice/call`

use std::time::Duration;

use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL};
use harness::{Stack, binaries};
use serde_json::{Value, json};

const TO: &str = "+12133610872";
const TASK: &str = "Confirm the 7pm reservation for two under Vicky.";

fn minimal() -> Value {
    json!({"phone_number": TO, "task": TASK})
}

#[tokio::test]
async fn a_wallet_with_one_number_calls_from_it_for_54_cents() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let from = stack.buys(&wallet).await;
    let paid = stack.post(CALL).body(&minimal()).pay(&wallet).await;
    let call = paid.answer.expect(200).json();

    assert_eq!((&call["from"], &call["to"]), (&json!(from), &json!(TO)));
    assert_eq!((&call["status"], &call["expected_duration_minutes"]), (&json!("started"), &json!(5)));
    assert_eq!(call["transaction"], paid.answer.settlement().expect("a settlement")["transaction"]);
    let id = call["call_id"].as_str().expect("an id");
    assert_eq!(id.len(), 26);
    assert_eq!(call["poll_url"], format!("/api/v1/voice/call/{id}"));
    assert!(call.get("payment").is_none());
    assert_eq!(stack.earned(), 5_540_000);

    let dialled = stack.bland.calls();
    assert_eq!(dialled.len(), 1);
    assert_eq!(dialled[0].request["metadata"]["request_id"], id);
}

#[tokio::test]
async fn everything_is_sent_to_the_dialler_and_nothing_is_left_to_its_defaults() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let from = stack.buys(&wallet).await;
    stack.post(CALL).body(&minimal()).pay(&wallet).await.answer.expect(200);
    let sent = stack.bland.calls()[0].request.clone();
    for (field, value) in [
        ("phone_number", json!(TO)),
        ("from", json!(from)),
        ("task", json!(TASK)),
        ("language", json!("en")),
        ("max_duration", json!(5)),
        ("wait_for_greeting", json!(false)),
        ("interruption_threshold", json!(100)),
    ] {
        assert_eq!(sent[field], value, "{field}");
    }

    let other = "+12125550142";
    let full = json!({
        "to": other, "task": TASK, "from": from, "voice": "maya", "language": "en-US", "max_duration": 30,
        "first_sentence": "Hello!", "wait_for_greeting": true, "interruption_threshold": 250, "model": "base",
    });
    stack.post(CALL).body(&full).pay(&wallet).await.answer.expect(200);
    let sent = stack.bland.calls().into_iter().find(|call| call.to == other).expect("the second call").request;
    for (field, value) in [
        ("voice", json!("maya")),
        ("language", json!("en-US")),
        ("max_duration", json!(30)),
        ("first_sentence", json!("Hello!")),
        ("wait_for_greeting", json!(true)),
        ("interruption_threshold", json!(250)),
    ] {
        assert_eq!(sent[field], value, "{field}");
    }
}

#[tokio::test]
async fn a_voice_is_dialled_as_the_dialler_spells_it_and_one_that_it_does_not_have_costs_nothing() {
    let stack = Stack::builder(binaries!()).parameter("BlandPlan", "build").start().await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let earned = stack.earned();
    let with = |to: &str, voice: &str| json!({"phone_number": to, "task": TASK, "voice": voice});

    // The dialler has the second one, which is the operator's own clone.
    for other in ["00000000-0000-4000-8000-000000000000", "0b7c1f6e-52d7-4c0e-9a4d-3f1f5b1c2a90"] {
        let refused = stack.post(CALL).body(&with(TO, other)).send().await.refused(400, "bad_request");
        assert_eq!(refused["field"], "voice", "{refused}");
        assert!(refused["message"].as_str().expect("a message").ends_with("Not charged."), "{refused}");
    }
    assert_eq!((stack.earned(), stack.bland.calls().len()), (earned, 0));

    let id = "D4610EC1-933D-44C9-A05F-53DF2437808D";
    for (to, asked, sent) in [
        ("+12133610001", " MAYA ", "maya"),
        ("+12133610002", "karen", "Karen"),
        ("+12133610003", id, &id.to_lowercase()),
    ] {
        let placed = stack.post(CALL).body(&with(to, asked)).pay(&wallet).await.answer.expect(200).json();
        assert_eq!(placed["status"], "started");
        let call = stack.bland.calls().into_iter().find(|call| call.to == to).expect("a call");
        assert_eq!(call.request["voice"], sent);
    }
}

#[tokio::test]
async fn braces_in_a_task_are_not_a_template() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let body = json!({"phone_number": TO, "task": "Say {{from}} and {{ now }} aloud, braces and all."});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200);
    let call = &stack.bland.calls()[0];
    assert_eq!(call.prompt, call.request["task"].as_str().expect("a task"), "the dialler expands nothing");
    assert!(!call.request["task"].as_str().expect("a task").contains("{{"));
}

#[tokio::test]
async fn who_may_call_from_where() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, other) = (stack.wallet(), stack.wallet());

    let body = stack.post(CALL).body(&minimal()).pay(&wallet).await.answer.refused(403, "no_owned_numbers");
    assert_eq!(body["buy_endpoint"], BUY);

    let first = stack.buys(&wallet).await;
    let foreign = stack.buys(&other).await;
    let named = |from: &str| json!({"phone_number": TO, "task": TASK, "from": from});
    let body = stack.post(CALL).body(&named(&foreign)).pay(&wallet).await.answer.refused(403, "wrong_wallet");
    assert_eq!((&body["actualOwner"], &body["your_active_numbers"]), (&json!(other.text()), &json!([first])));

    let second = stack.buys(&wallet).await;
    let body = stack.post(CALL).body(&minimal()).pay(&wallet).await.answer.refused(400, "ambiguous_from");
    let mut owned = vec![first.clone(), second.clone()];
    owned.sort();
    assert_eq!(body["your_active_numbers"], json!(owned));
    assert!(body["message"].as_str().expect("a message").contains(&second));
    assert_eq!(stack.earned(), 15_000_000);
    assert!(stack.bland.calls().is_empty());

    let call = stack.post(CALL).body(&named(&second)).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(call["from"], second);
}

#[tokio::test]
async fn no_call_is_placed_after_the_lease_has_ended() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.travel(Duration::from_hours(720));
    stack.post(CALL).body(&minimal()).pay(&wallet).await.answer.refused(403, "no_owned_numbers");
    assert!(stack.bland.calls().is_empty());
}

#[tokio::test]
async fn a_replay_does_not_dial_again() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let paid = stack.post(CALL).body(&minimal()).pay(&wallet).await;
    let again = stack.post(CALL).body(&minimal()).paid_with(&paid.payment).send().await;
    assert_eq!(again.expect(200).body, paid.answer.expect(200).body);
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_540_000));
}

#[tokio::test]
async fn what_the_dialler_refuses_is_free_and_never_a_402() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;

    stack.bland.set_balance(Some(0));
    let paid = stack.post(CALL).body(&minimal()).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    stack.bland.set_balance(Some(10_000));

    stack.bland.set_flagged(true);
    stack.post(CALL).body(&minimal()).pay(&wallet).await.answer.refused(502, "upstream_error");
    stack.bland.set_flagged(false);

    stack.bland.add_do_not_call("+12125550177");
    let body = json!({"phone_number": "+12125550177", "task": TASK});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.refused(400, "unsupported_destination");

    stack.bland.limit_next("Rate limit exceeded");
    let limited = stack.post(CALL).body(&minimal()).pay(&wallet).await.answer;
    let body = limited.refused(429, "upstream_rate_limited");
    assert_eq!(limited.header("retry-after"), Some(body["retry_after_seconds"].to_string().as_str()));
    assert_eq!(stack.earned(), 5_000_000);

    // The first payment was never used, so it still buys the call.
    stack.post(CALL).body(&minimal()).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 5_540_000);
}

#[tokio::test]
async fn a_number_that_the_dialler_has_forgotten_is_imported_again() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let from = stack.buys(&wallet).await;
    stack.bland.forget(&from);
    stack.post(CALL).body(&minimal()).pay(&wallet).await.answer.expect(200);
    assert_eq!(stack.bland.calls().len(), 1);
}

#[tokio::test]
async fn a_dial_whose_answer_is_lost_is_found_and_not_repeated() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.faults().once("POST /v1/calls", Fault::LoseAnswer);
    stack.post(CALL).body(&minimal()).pay(&wallet).await.answer.expect(200);
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_540_000));
}

#[tokio::test]
async fn a_ringing_phone_whose_payment_is_declined_is_stopped_and_the_wallet_pauses() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.facilitator.decline_next("insufficient_funds");
    stack.post(CALL).body(&minimal()).pay(&wallet).await.answer.refused(402, "payment_required");
    assert!(stack.bland.calls()[0].is_over(), "it was stopped");

    let limited = stack.post(CALL).body(&json!({"to": "+12125550142", "task": TASK})).pay(&wallet).await.answer;
    let body = limited.refused(429, "rate_limited");
    assert!(body["retry_after_seconds"].as_u64().expect("seconds") > 86_000);
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_000_000));
}

#[tokio::test]
async fn a_payment_for_which_a_phone_has_rung_rings_no_other_one() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.facilitator.faults().times("POST */settle", 3, Fault::Overload);
    let paid = stack.post(CALL).body(&minimal()).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    stack.travel(Duration::from_mins(1));
    stack.post(CALL).body(&minimal()).paid_with(&paid.payment).send().await.refused(402, "payment_required");
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_000_000));
    assert!(stack.bland.calls()[0].is_over(), "it was stopped");
}

#[tokio::test]
async fn a_call_that_was_cut_short_is_not_paid_for_afterwards() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    // The facilitator is not reached, and what is to be written then is not written either: the
    // claim is the first transaction. Its next ones would be the second to the fourth.
    stack.facilitator.faults().times("POST */settle", 3, Fault::Overload);
    stack.dynamo.faults().reset_counts();
    for nth in 2..=4 {
        stack.dynamo.faults().nth("TransactWriteItems", nth, Fault::Drop);
    }
    let paid = stack.post(CALL).body(&minimal()).pay(&wallet).await;
    assert_eq!(paid.answer.expect(200).json()["payment"], "pending");
    stack.travel(Duration::from_mins(2));
    stack.post(CALL).body(&minimal()).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 5_540_000);
    assert!(!stack.bland.calls()[0].is_over(), "it is paid for, so it goes on");
}

#[tokio::test]
async fn a_ringing_phone_whose_payment_is_unknown_is_a_200_and_paid_for_later() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(CALL).body(&minimal()).pay(&wallet).await;
    let call = paid.answer.expect(200).json();
    assert_eq!((&call["payment"], &call["transaction"]), (&json!("pending"), &json!("")));
    assert_eq!(stack.earned(), 5_000_000);

    let again = stack.post(CALL).body(&minimal()).paid_with(&paid.payment).send().await.expect(200).json();
    assert_eq!(again["call_id"], call["call_id"]);
    assert_ne!(again["transaction"], "");
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_540_000));
}

#[tokio::test]
async fn one_of_our_own_numbers_is_not_called() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, other) = (stack.wallet(), stack.wallet());
    stack.buys(&wallet).await;
    let theirs = stack.buys(&other).await;
    let body = json!({"phone_number": theirs, "task": TASK});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.refused(400, "unsupported_destination");
}

#[tokio::test]
async fn a_body_that_is_wrong_is_refused_before_any_payment() {
    let stack = Stack::start(binaries!()).await;
    let with = |field: &str, value: Value| {
        let mut body = minimal();
        body[field] = value;
        body
    };
    for (body, field) in [
        (json!({"unknown": 1}), "phone_number"),
        (json!({"task": TASK}), "phone_number"),
        (json!({"phone_number": TO}), "task"),
        (with("phone_number", json!("911")), "phone_number"),
        (with("phone_number", json!("+١٢١٣٣٦١٠٨٧٢")), "phone_number"),
        (with("to", json!("+12125550142")), "phone_number"),
        (with("phoneNumber", json!("+12125550142")), "phone_number"),
        (with("dispatch_hours", json!({"start": "09:00"})), "dispatch_hours"),
        (with("dry_run", json!(true)), "dry_run"),
        (with("task", json!("   too short   ")), "task"),
        (with("task", json!("too short")), "task"),
        (with("task", json!("x".repeat(4_001))), "task"),
        (with("task", json!("          ")), "task"),
        (with("task", json!("\n".repeat(12))), "task"),
        (with("task", json!("\u{200b}".repeat(12))), "task"),
        (with("task", json!("a task with a \u{0} in it")), "task"),
        (with("from", json!("4155551234")), "from"),
        (with("max_duration", json!(0)), "max_duration"),
        (with("max_duration", json!(31)), "max_duration"),
        (with("max_duration", json!(5.5)), "max_duration"),
        (with("max_duration", json!("5")), "max_duration"),
        (with("language", json!("xx")), "language"),
        (with("language", json!("ar")), "language"),
        (with("language", json!("english")), "language"),
        (with("wait_for_greeting", json!("yes")), "wait_for_greeting"),
        (with("interruption_threshold", json!(-1)), "interruption_threshold"),
        (with("interruption_threshold", json!(10_001)), "interruption_threshold"),
        (with("first_sentence", json!("x".repeat(501))), "first_sentence"),
        (with("voice", json!("alloy")), "voice"),
        (with("voice", json!("mayaa")), "voice"),
        (with("voice", json!("d4610ec1933d44c9a05f53df2437808d")), "voice"),
        (with("voice", json!("0b7c1f6e-52d7-4c0e-9a4d-3f1f5b1c2a90")), "voice"),
        (with("voice", json!(2)), "voice"),
        (with("number", json!(TO)), "phone_number"),
        (with("maxDuration", json!(1)), "max_duration"),
        (with("start_time", json!("2026-12-24T09:00:00Z")), "start_time"),
        (with("webhook", json!("https://example.com")), "webhook"),
        (with("voicemail_message", json!("x".repeat(501))), "voicemail_message"),
        (with("voicemail_message", json!("Call {{name}} back.")), "voicemail_message"),
        (with("voicemail_message", json!("Call {\u{200b}{name} back.")), "voicemail_message"),
        (with("voicemail_message", json!(["Call back."])), "voicemail_message"),
        (with("voicemail_message", json!("None")), "voicemail_message"),
        (with("first_sentence", json!("Hi {{name}}")), "first_sentence"),
        (with("first_sentence", json!("undefined")), "first_sentence"),
        (with("task", json!("[object Object]")), "task"),
        (with("task", json!("null null null")), "task"),
        (with("callee_phone", json!(TO)), "phone_number"),
        (with("outgoingCallerId", json!(TO)), "from"),
        (with("quiet_hours", json!("21-8")), "quiet_hours"),
        (with("begin_message_delay_ms", json!(1000)), "begin_message_delay_ms"),
        (with("questions", json!([{"name": "a", "question": "undefined", "type": "string"}])), "questions"),
        (with("voicemail_text", json!("Please call back.")), "voicemail_message"),
        (with("voicemail_action", json!("leave_message")), "voicemail_action"),
        (with("transfer_phone_number", json!("+12125550142")), "transfer_phone_number"),
        (with("record", json!(false)), "record"),
    ] {
        let refused = stack.post(CALL).body(&body).send().await.refused(400, "bad_request");
        assert_eq!(refused["field"], field, "{body}");
        let message = refused["message"].as_str().expect("a message");
        assert!(message.ends_with("Not charged.") && !message.contains(".."), "{message}");
        // The parser's words and types are nothing to a caller.
        assert!(!["expected", "u32", "invalid type", "EOF"].iter().any(|word| message.contains(word)), "{message}");
    }
    for to in ["+19005551234", "+88212345678", "+97912345678", "+9198765222220", "+91987652222200", "+336123456789"] {
        let sent = stack.post(CALL).body(&with("phone_number", json!(to))).send().await;
        sent.refused(400, "unsupported_destination");
    }
    assert_eq!(stack.facilitator.verifies(), 0);
}

#[tokio::test]
async fn the_limits_are_inclusive() {
    let stack = Stack::start(binaries!()).await;
    for (field, value) in [
        ("task", json!("ten chars!")),
        ("task", json!("ä".repeat(4_000))),
        ("max_duration", json!(1)),
        ("max_duration", json!(30)),
        ("interruption_threshold", json!(0)),
        ("language", json!("zh")),
        ("language", json!("pt-BR")),
        ("unknown_field", json!({"ignored": true})),
        ("max_duration", json!(5.0)),
        ("max_duration", json!("")),
        ("from", json!("")),
        ("voice", json!("\n")),
        ("voice", json!("Paige")),
        ("voice", json!("D4610EC1-933D-44C9-A05F-53DF2437808D")),
        ("first_sentence", json!("\u{200b}")),
        ("language", json!("")),
        ("language", Value::Null),
        ("wait_for_greeting", json!("")),
        ("to", json!("")),
        ("start_time", Value::Null),
        ("record", json!(true)),
        ("voicemail_action", json!("hangup")),
        ("model", json!("base")),
    ] {
        let mut body = minimal();
        body[field] = value;
        stack.post(CALL).body(&body).send().await.expect(402);
    }
}

#[tokio::test]
async fn what_is_ignored_is_named_before_the_payment_and_after() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let mut body = minimal();
    body["model"] = json!("base");
    body["gewünscht"] = json!(true);
    let paid = stack.post(CALL).body(&body).pay(&wallet).await;
    let named = json!(["gewünscht", "model"]);
    assert_eq!(paid.asked.json()["ignored_fields"], named);
    let call = paid.answer.expect(200).json();
    assert_eq!((&call["ignored_fields"], &call["status"]), (&named, &json!("started")));
    let again = stack.post(CALL).body(&body).paid_with(&paid.payment).send().await.expect(200).json();
    assert_eq!(again, call);

    // The price that is kept for all others names nothing of it.
    let unpaid = stack.post(CALL).body(&minimal()).send().await.expect(402).json();
    assert!(unpaid.get("ignored_fields").is_none());
    let forged = stack.post(CALL).body(&body).pay_bent(&wallet, |payment| payment.valid_for(-60)).await.answer;
    assert_eq!(forged.refused(402, "payment_required")["ignored_fields"], named);
}
