//! Names, as other people's clients and agents write them.

use serde_json::{Value, json};

use super::{ignored, not_in_the_address};
use crate::api::{ALL, Endpoint, Field, NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW, Promise, VOICE_CALL};
use crate::body::name::{plain, shown};
use crate::body::read;
use crate::refusal::Refusal;

/// A body that is right, with one more field.
fn with(endpoint: &Endpoint, name: &str, value: Value) -> String {
    let mut body = match endpoint.name {
        "voice_call" => json!({"phone_number": "+12133610872", "task": "Say hello and hang up."}),
        "numbers_renew" => json!({"phone_number": "+14155551234"}),
        _ => json!({}),
    };
    body[name] = value;
    body.to_string()
}

#[track_caller]
fn refused(endpoint: &Endpoint, body: &str) -> (String, String) {
    match read(endpoint, body.as_bytes()) {
        Err(Refusal::BadRequest { field, message }) => (field, message),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn a_name_that_is_nearly_right_is_told_the_right_one() {
    for (endpoint, right, wrong) in [
        (
            &NUMBERS_BUY,
            "country",
            &[
                "country_code",
                "countryCode",
                "Country",
                "COUNTRY",
                "iso_country",
                "contry",
                "dial_code",
                "countrys",
                "ISO-2",
                "target_country",
                "countryName",
                "phone-country",
                "params[country]",
                "country_prefix",
                "alpha2",
            ][..],
        ),
        (
            &NUMBERS_BUY,
            "area_code",
            &[
                "area-code",
                "AreaCode",
                "area code",
                "areacode",
                "area_cod",
                "are_acode",
                "us_area_code",
                "preferAreaCode",
                "area",
                "npa",
                "code",
                "areas",
            ],
        ),
        (
            &NUMBERS_RENEW,
            "phone_number",
            &["phone", "number", "PhoneNumber", "phone-number", "phone_numbr", "to", "from"],
        ),
        (
            &VOICE_CALL,
            "phone_number",
            &["phone", "To", "to_number", "toNumber", "number", "customer", "recipient", "phone_number_"],
        ),
        (&VOICE_CALL, "task", &["prompt", "Task", "tasks", "script", "objective", "instructions", "tsak", "ask"]),
        (&VOICE_CALL, "from", &["From", "from_", "from_number", "callerId", "caller_id", "phoneNumberId", "form"]),
        (&VOICE_CALL, "voice", &["Voice", "voice_id", "voiceId", "voices"]),
        (&VOICE_CALL, "language", &["lang", "locale", "languageCode", "langauge"]),
        (
            &VOICE_CALL,
            "max_duration",
            &[
                "duration",
                "maxDuration",
                "max-duration",
                "max_minutes",
                "maxDurationSeconds",
                "TimeLimit",
                "timeout",
                "hang_up_after",
                "max_call_duration_ms",
                "durationSeconds",
            ],
        ),
        (
            &VOICE_CALL,
            "first_sentence",
            &["firstMessage", "first_message", "begin_message", "firstSentence", "greeting"],
        ),
        (&VOICE_CALL, "wait_for_greeting", &["waitForGreeting", "wait_for_user", "wait_for_greetings", "wait"]),
        (&VOICE_CALL, "interruption_threshold", &["interruptionThreshold", "interuption_threshold", "interruption"]),
    ] {
        for wrong in wrong {
            let (field, message) = refused(endpoint, &with(endpoint, wrong, json!("+14155551234")));
            assert_eq!(field, right, "{wrong}: {message}");
            let begins = format!("was sent as `{wrong}`, which is not a field here; send `{right}`. ");
            assert!(message.starts_with(&begins), "{message}");
            // A template's empty place asks for nothing.
            for nothing in [json!(null), json!(""), json!(" "), json!([]), json!({})] {
                assert!(read(endpoint, with(endpoint, wrong, nothing).as_bytes()).is_ok(), "{wrong}");
            }
            // Nor does a no, where that is what happens anyway.
            let no = right == "wait_for_greeting" && *wrong != "waitForGreeting";
            assert!(!no || read(endpoint, with(endpoint, wrong, json!(false)).as_bytes()).is_ok(), "{wrong}");
        }
    }
}

#[test]
fn what_published_clients_send_is_taken() {
    for (endpoint, body) in [
        (&NUMBERS_BUY, r#"{"country":"US","areaCode":"415"}"#),
        (&NUMBERS_BUY, r#"{"country":"US"}"#),
        (&NUMBERS_LIST, r#"{"limit":5,"wallet":"0x00","country":"US"}"#),
        (&NUMBERS_RENEW, r#"{"phoneNumber":"+14155551234"}"#),
        (
            &VOICE_CALL,
            r#"{"to":"+12133610872","task":"Confirm the reservation.","max_duration":3,"language":"en-US","from":"+14155551234","voice":"maya",
                "first_sentence":"Hello!","wait_for_greeting":true,"interruption_threshold":100,"model":"base"}"#,
        ),
        // Bland's own template, with its empty places, and what StablePhone's skill sends.
        (
            &VOICE_CALL,
            r#"{"phone_number":"+12133610872","from":null,"task":"Confirm the reservation.","model":"enhanced","language":"en","voice":"nat",
                "voice_settings":{},"pathway_id":null,"local_dialing":false,"max_duration":5,"answered_by_enabled":true,
                "wait_for_greeting":true,"record":true,"amd":false,"interruption_threshold":100,"voicemail_message":null,
                "voicemail_action":"hangup","temperature":null,"transfer_phone_number":null,"transfer_list":{"":""},"metadata":{"a":1},
                "pronunciation_guide":[],"start_time":null,"request_data":{},"tools":[],"dynamic_data":[],"analysis_schema":{},
                "webhook":"","calendly":{},"retry":0,"voicemail":{"action":"hangup"},"keywords":["Vicky"],"temperature":0.5,
                "noise_cancellation":true,"block_interruptions":false,"background_track":"office","timezone":"America/New_York"}"#,
        ),
    ] {
        assert!(read(endpoint, body.as_bytes()).is_ok(), "{body}: {:?}", read(endpoint, body.as_bytes()));
    }
}

#[test]
fn what_is_not_offered_is_refused_where_it_is_asked_for() {
    for (endpoint, name, value, because) in [
        (&VOICE_CALL, "start_time", json!("2026-12-24 09:00:00 -05:00"), "a call is placed at once"),
        (&VOICE_CALL, "scheduledAt", json!(1_795_519_006), "a call is placed at once"),
        (&VOICE_CALL, "schedulePlan", json!({"earliestAt": "2026-12-24T09:00:00Z"}), "a call is placed at once"),
        (&VOICE_CALL, "webhook", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "StatusCallback", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "webhook_events", json!(["call"]), "poll `poll_url`"),
        (&VOICE_CALL, "voicemail_action", json!("leave_message"), "`voicemail_message`"),
        (&VOICE_CALL, "voicemail", json!({"action": "hangup", "message": "Call back."}), "`voicemail_message`"),
        (&VOICE_CALL, "transfer_phone_number", json!("+14155551234"), "not transferred"),
        (&VOICE_CALL, "transfer_list", json!({"default": "+14155551234"}), "not transferred"),
        (&VOICE_CALL, "transferPlan", json!({"mode": "warm"}), "not transferred"),
        (&VOICE_CALL, "tools", json!([{"name": "book"}]), "has no tools"),
        (&VOICE_CALL, "pathway_id", json!("a0f0"), "`task` is all"),
        (&VOICE_CALL, "persona_id", json!("a0f0"), "`task` is all"),
        (&VOICE_CALL, "assistantId", json!("a0f0"), "`task` is all"),
        (&VOICE_CALL, "request_data", json!({"name": "Vicky"}), "write it out"),
        (&VOICE_CALL, "retell_llm_dynamic_variables", json!({"name": "Vicky"}), "write it out"),
        (&VOICE_CALL, "analysis_schema", json!({"booked": "boolean"}), "answers to `questions`"),
        (&VOICE_CALL, "retry", json!({"wait": 60}), "dialled once"),
        (&VOICE_CALL, "precall_dtmf_sequence", json!("1w2"), "no keys"),
        (&VOICE_CALL, "dispatch_hours", json!({"start": "09:00", "end": "17:00"}), "a call is placed at once"),
        (&VOICE_CALL, "when", json!("tomorrow at nine"), "a call is placed at once"),
        (&VOICE_CALL, "time", json!("09:00"), "a call is placed at once"),
        (&VOICE_CALL, "at", json!("2026-12-24T09:00:00Z"), "a call is placed at once"),
        (&VOICE_CALL, "date", json!("2026-12-24"), "a call is placed at once"),
        (&VOICE_CALL, "delaySeconds", json!("60"), "a call is placed at once"),
        (&VOICE_CALL, "serverUrl", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "RecordingStatusCallback", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "email_summary", json!("a@example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "voicemail_option", json!({"action": {"type": "prompt"}}), "`voicemail_message`"),
        (&VOICE_CALL, "human_transfer", json!(true), "not transferred"),
        (&VOICE_CALL, "escalation", json!({"number": "+14155551234"}), "not transferred"),
        (&VOICE_CALL, "agent_id", json!("a0f0"), "`task` is all"),
        (&VOICE_CALL, "Twiml", json!("<Response/>"), "`task` is all"),
        (&VOICE_CALL, "mcp_servers", json!([{"url": "https://example.com"}]), "has no tools"),
        (&VOICE_CALL, "response_format", json!({"type": "json_schema"}), "answers to `questions`"),
        (&VOICE_CALL, "retries", json!("2"), "dialled once"),
        (&VOICE_CALL, "SendDigits", json!("1w2"), "no keys"),
        (&VOICE_CALL, "follow_up_sms", json!("Thanks!"), "no text messages"),
        (&VOICE_CALL, "capabilities", json!(["voice", "SMS"]), "no text messages"),
        (&VOICE_CALL, "caller_name", json!("Vicky"), "own number and nothing else"),
        (&VOICE_CALL, "endCallPhrases", json!(["goodbye"]), "let `task` say"),
        (&VOICE_CALL, "ringing_timeout_secs", json!(20), "carrier's"),
        (&VOICE_CALL, "wait", json!(20), "`?wait=20` at `poll_url`"),
        (&VOICE_CALL, "wait_seconds", json!("20"), "`?wait=20` at `poll_url`"),
        (&VOICE_CALL, "zero_data_retention", json!(true), "kept for 30 days"),
        (&VOICE_CALL, "artifactPlan", json!({"recordingEnabled": false}), "every call is recorded"),
        (&VOICE_CALL, "artifactPlan", json!(false), "every call is recorded"),
        (
            &VOICE_CALL,
            "artifact_plan",
            json!({"recording_enabled": "off", "pcapEnabled": true}),
            "every call is recorded",
        ),
        (
            &VOICE_CALL,
            "artifactPlan",
            json!({"transcriptPlan": {"enabled": false}}),
            "every call is recorded and transcribed",
        ),
        (&VOICE_CALL, "recording_settings", json!({"mode": "off"}), "every call is recorded"),
        (&VOICE_CALL, "do_not_record", json!(true), "every call is recorded"),
        (&VOICE_CALL, "transcription", json!({"enabled": false}), "every call is transcribed"),
        (&VOICE_CALL, "simulate", json!(true), "`?dry_run=true` in the address"),
        (&NUMBERS_BUY, "sandbox", json!("yes"), "every request that is paid for is real"),
        (&NUMBERS_RENEW, "test", json!(1), "every request that is paid for is real"),
        (&NUMBERS_LIST, "mode", json!("dry-run"), "every request that is paid for is real"),
        (&VOICE_CALL, "max_price", json!("0.10"), "the price is fixed"),
        (&NUMBERS_BUY, "maxCost", json!(0), "the price is fixed"),
        (&NUMBERS_BUY, "budget", json!({"usd": 1}), "the price is fixed"),
        (&NUMBERS_BUY, "capabilities", json!({"voice": true, "sms": true}), "for calling out"),
        (&NUMBERS_BUY, "capabilities", json!("voice,mms"), "for calling out"),
        (&NUMBERS_BUY, "VoiceUrl", json!("https://example.com"), "for calling out"),
        (&NUMBERS_BUY, "near", json!("Oakland"), "wish of place"),
        (&NUMBERS_BUY, "start_date", json!("2027-01-01"), "begins at once"),
        (&NUMBERS_BUY, "days", json!(31), "thirty days"),
        (&NUMBERS_RENEW, "reminder", json!(true), "nothing is sent"),
        (&VOICE_CALL, "record", json!(false), "every call is recorded"),
        (&VOICE_CALL, "record", json!("false"), "every call is recorded"),
        (&NUMBERS_BUY, "phone_number", json!("+14155551234"), "cannot be chosen"),
        (&NUMBERS_BUY, "contains", json!("PIZZA"), "cannot be chosen"),
        (&NUMBERS_BUY, "in_region", json!("CA"), "wish of place"),
        (&NUMBERS_BUY, "type", json!("toll-free"), "the kind of number"),
        (&NUMBERS_BUY, "smsEnabled", json!(true), "for calling out"),
        (&NUMBERS_BUY, "quantity", json!(2), "one number"),
        (&NUMBERS_BUY, "months", json!(12), "thirty days"),
        (&NUMBERS_BUY, "auto_renew", json!(true), "not renewed by itself"),
        (&NUMBERS_RENEW, "days", json!(90), "thirty days"),
        (&NUMBERS_RENEW, "quantity", json!(3), "once"),
    ] {
        let (field, message) = refused(endpoint, &with(endpoint, name, value));
        assert_eq!(field, name);
        assert!(message.starts_with("is not offered: ") && message.contains(because), "{message}");
    }
}

#[test]
fn a_body_inside_another_is_told_where_its_fields_belong() {
    for (endpoint, wrapper, inside, right) in [
        (&NUMBERS_BUY, "params", json!({"country": "GB"}), "country"),
        (&NUMBERS_BUY, "body", json!({"areaCode": "415"}), "area_code"),
        (&NUMBERS_BUY, "Arguments", json!({"country": "", "area_code": "415"}), "area_code"),
        (&VOICE_CALL, "options", json!({"max_duration": 1}), "max_duration"),
        (&NUMBERS_RENEW, "input", json!({"phone_number": "+14155551235"}), "phone_number"),
        (&NUMBERS_BUY, "body", json!("{\"country\": \"GB\"}"), "country"),
        (&NUMBERS_BUY, "filter", json!({"country": "GB"}), "country"),
    ] {
        let (field, message) = refused(endpoint, &with(endpoint, wrapper, inside));
        assert_eq!(field, right);
        assert_eq!(message, format!("was sent inside `{wrapper}`; send `{right}` at the top of the body"));
    }
    for (endpoint, name, inside) in [
        (&NUMBERS_BUY, "metadata", json!({"country": "GB"})),
        (&NUMBERS_BUY, "params", json!({"country": null, "colour": "red"})),
        (&NUMBERS_BUY, "params", json!({})),
        (&NUMBERS_BUY, "data", json!("GB")),
        (&VOICE_CALL, "options", json!({"wait_for_greeting": false})),
    ] {
        assert!(read(endpoint, with(endpoint, name, inside.clone()).as_bytes()).is_ok(), "{name}: {inside}");
    }
}

#[test]
fn what_happens_anyway_is_not_refused() {
    for (endpoint, name, value) in [
        (&VOICE_CALL, "record", json!(true)),
        (&VOICE_CALL, "artifactPlan", json!({"recordingEnabled": true, "videoRecordingEnabled": null})),
        (&VOICE_CALL, "artifactPlan", json!({"videoRecordingEnabled": false})),
        (&VOICE_CALL, "artifactPlan", json!({"recordingEnabled": true, "pcapEnabled": false, "loggingEnabled": false})),
        (&VOICE_CALL, "artifact_plan", json!({"transcriptPlan": {"enabled": true}})),
        (&VOICE_CALL, "transcription", json!({"enabled": true, "provider": "deepgram"})),
        (&VOICE_CALL, "start_time", json!("now")),
        (&VOICE_CALL, "dispatch_hours", json!({})),
        (&VOICE_CALL, "delay", json!(0.0)),
        (&VOICE_CALL, "webhook", json!("none")),
        (&VOICE_CALL, "voicemail_action", json!("hang_up")),
        (&VOICE_CALL, "leave_voicemail", json!(false)),
        (&VOICE_CALL, "voicemail_option", json!({"action": {"type": "hangup"}})),
        (&VOICE_CALL, "retries", json!("0")),
        (&VOICE_CALL, "retries", json!(0.0)),
        (&VOICE_CALL, "max_attempts", json!("1.0")),
        (&VOICE_CALL, "transfer", json!("false")),
        (&VOICE_CALL, "capabilities", json!({"voice": true, "sms": false})),
        (&VOICE_CALL, "capabilities", json!(["voice"])),
        (&VOICE_CALL, "dry_run", json!(false)),
        (&VOICE_CALL, "test", json!("0")),
        (&VOICE_CALL, "mode", json!("live")),
        (&VOICE_CALL, "model", json!("base")),
        (&VOICE_CALL, "temperature", json!(0.7)),
        (&VOICE_CALL, "max_price", json!(null)),
        (&NUMBERS_BUY, "budget", json!(false)),
        (&NUMBERS_BUY, "days", json!(30.0)),
        (&NUMBERS_BUY, "days", json!("30")),
        (&NUMBERS_BUY, "term", json!("30_days")),
        (&NUMBERS_BUY, "quantity", json!("1.0")),
        (&NUMBERS_BUY, "capabilities", json!({"voice": true, "sms": false})),
        (&VOICE_CALL, "retry", json!(false)),
        (&VOICE_CALL, "tools", json!([])),
        (&VOICE_CALL, "transfer_list", json!({"": ""})),
        (&NUMBERS_BUY, "quantity", json!(1)),
        (&NUMBERS_BUY, "type", json!("local")),
        (&NUMBERS_BUY, "sms_enabled", json!(false)),
        (&NUMBERS_RENEW, "days", json!(30)),
    ] {
        assert!(read(endpoint, with(endpoint, name, value).as_bytes()).is_ok(), "{name}");
    }
}

#[test]
fn what_is_a_callers_own_business_is_ignored() {
    let names = "name id label title comment note notes tags metadata reference order_id user_id customer_id session_id \
                 request_id trace_id job_id campaign_id client client_id version source_app app company wallet wallet_address \
                 owner network chain chain_id currency asset amount price payment priority queue debug verbose model \
                 temperature top_p keywords pronunciation_guide background_track noise_cancellation block_interruptions \
                 timezone speed pitch emotion voice_settings answered_by_enabled friendly_name purpose_code";
    for endpoint in [&NUMBERS_BUY, &NUMBERS_LIST, &NUMBERS_RENEW, &VOICE_CALL] {
        for name in names.split(' ') {
            let body = with(endpoint, name, json!("anything"));
            assert!(
                read(endpoint, body.as_bytes()).is_ok(),
                "{}: {name}: {:?}",
                endpoint.name,
                read(endpoint, body.as_bytes())
            );
            assert_eq!(ignored(endpoint, body.as_bytes(), std::iter::empty()), [name]);
        }
    }
}

#[test]
fn what_belongs_in_the_body_is_not_sent_in_the_address() {
    let address = |endpoint: &'static Endpoint, name: &str, value: &str| match not_in_the_address(
        endpoint,
        std::iter::once((name, value)),
    ) {
        Ok(()) => None,
        Err(Refusal::BadRequest { field, message }) => Some((field, message)),
        Err(other) => panic!("{other:?}"),
    };
    for (endpoint, name, field) in [
        (&NUMBERS_BUY, "country", "country"),
        (&NUMBERS_BUY, "countryCode", "country"),
        (&NUMBERS_BUY, "areaCode", "area_code"),
        (&NUMBERS_RENEW, "phone_number", "phone_number"),
        (&VOICE_CALL, "to", "phone_number"),
        (&VOICE_CALL, "prompt", "task"),
    ] {
        let (named, message) = address(endpoint, name, "CA").expect("a refusal");
        assert!(named == field && message.ends_with("send it in the JSON body"), "{name}: {named}: {message}");
        assert_eq!(address(endpoint, name, ""), None);
    }
    assert_eq!(address(&VOICE_CALL, "start_time", "tomorrow").expect("a refusal").0, "start_time");
    for (endpoint, name) in
        [(&NUMBERS_BUY, "utm_source"), (&NUMBERS_LIST, "country"), (&VOICE_CALL, "_"), (&VOICE_CALL, "model")]
    {
        assert_eq!(address(endpoint, name, "1"), None, "{name}");
    }
}

#[test]
fn what_is_ignored_is_named_in_order_and_within_bounds() {
    let names = |body: &str| ignored(&VOICE_CALL, body.as_bytes(), std::iter::empty());
    assert!(names("").is_empty() && names("{}").is_empty() && names("[]").is_empty());
    assert_eq!(
        names(r#"{"to":"+1","model":"base","zeta":1,"metadata":{"a":1},"model":2,"task":""}"#),
        ["metadata", "model", "zeta"]
    );
    let many: Vec<String> = (0..100).map(|n| format!("\"field{n:03}\":1")).collect();
    let twenty = names(&format!("{{{}}}", many.join(",")));
    assert_eq!((twenty.len(), twenty[0].as_str(), twenty[19].as_str()), (20, "field000", "field019"));
    let address = [("utm_source", "agent"), ("to", ""), ("model", "1"), ("_", "")];
    assert_eq!(
        ignored(&VOICE_CALL, br#"{"to":"+1","model":"base","zeta":1}"#, address.into_iter()),
        ["_", "model", "utm_source", "zeta"]
    );
    assert_eq!(ignored(&NUMBERS_LIST, b"", address.into_iter()), ["_", "model", "to", "utm_source"]);
    let hostile = json!({"a\u{0}b\u{202e}c\n": 1, "\u{200b}": 1, "é <script>\"": 1, "x".repeat(10_000): 1});
    assert_eq!(names(&hostile.to_string()), ["?", "abc", &"x".repeat(64), "é <script>\""]);
}

#[test]
fn a_name_of_the_table_is_written_as_names_are_compared() {
    for endpoint in ALL {
        for field in endpoint.request {
            for name in field.elsewhere.split_terminator(' ') {
                assert_eq!(plain(name).as_deref(), Some(name));
                let mut others = endpoint
                    .unoffered()
                    .filter(|row| !matches!(row.promise, Promise::Time | Promise::Number | Promise::Wallet));
                assert!(!others.any(|unoffered| unoffered.is_called(name)), "{name} means two things");
                let here = endpoint.request.iter().flat_map(Field::names).filter_map(plain).any(|known| known == name);
                assert!(!here, "{name} is known by its letters");
            }
            for name in field.names().filter_map(plain) {
                assert!(!endpoint.unoffered().any(|unoffered| unoffered.is_called(&name)), "{name}");
            }
        }
        for name in endpoint.unoffered().flat_map(|unoffered| unoffered.names.split(' ')) {
            let name = name.trim_matches('*');
            assert_eq!(plain(name).as_deref(), Some(name));
        }
    }
    assert_eq!((shown("a\u{feff}"), shown("\u{feff}")), ("a".to_owned(), "?".to_owned()));
}

mod elsewhere;
mod nearly;
mod ordinary;
mod siblings;

/// What other clients say beside a message is what happens anyway, or a contradiction.
#[test]
fn what_is_said_of_voicemail_fits_the_message_that_is_there_or_not() {
    for (more, refused) in [
        (json!({"voicemail_message": "Call back.", "voicemail_action": "leave_message"}), false),
        (json!({"voicemail_message": "Call back.", "voicemail": {"action": "leave_message"}}), false),
        (json!({"voicemail_message": "Call back.", "leave_voicemail": true}), false),
        (json!({"voicemail_message": "Call back.", "voicemail_action": "hangup"}), true),
        (json!({"voicemail_message": "Call back.", "voicemail_action": "ignore"}), true),
        (json!({"voicemail_message": "Call back.", "voicemail": {"action": "leave_message", "message": "Hi."}}), true),
        (json!({"voicemail_message": "", "voicemail_action": "leave_message"}), true),
        (json!({"voicemail_message": " ", "voicemail_action": "hangup"}), false),
        (json!({"voicemail_message": null, "hangup_on_voicemail": true}), false),
        (json!({"voicemail_message": "Call back.", "hangup_on_voicemail": true}), true),
        (json!({"voicemail_message": "Call back.", "hangup_on_voicemail": false}), false),
        (json!({"leave_voicemail": true}), true),
        (json!({"voicemail_message": "Call back.", "voicemail_sms": {"message": "Hi."}}), true),
        (json!({"leave_message_on_voicemail": "Call back."}), true),
    ] {
        let mut body = json!({"to": "+12133610872", "task": "Confirm the reservation."});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(read(&VOICE_CALL, body.to_string().as_bytes()).is_err(), refused, "{body}");
    }
}
