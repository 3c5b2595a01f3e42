//! What programs send beside a request: traces, analytics, wallets, queues of jobs and models. It
//! is ignored, however near its words are to ours, and costs us little: no sender has paid yet.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ignored, refused, with};
use crate::api::{
    ALL, Endpoint, NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW, Parts, VOICE_CALL, VOICE_CALL_HANGUP, VOICE_CALLS,
    VOICE_CALLS_LIST,
};
use crate::body::{fields, in_the_address, meant_for, not_in_the_address, read};
use crate::limits::{FIELDS, NAMES_INSIDE};
use crate::refusal::Refusal;

const SOLD: [&Endpoint; 4] = [&NUMBERS_BUY, &NUMBERS_LIST, &NUMBERS_RENEW, &VOICE_CALL];

#[track_caller]
fn passes(endpoint: &Endpoint, name: &str, value: &Value) {
    let body = with(endpoint, name, value.clone());
    let read = read(endpoint, body.as_bytes());
    assert!(read.is_ok(), "{}: {body}: {read:?}", endpoint.name);
    assert_eq!(ignored(endpoint, body.as_bytes(), std::iter::empty()), [name]);
}

#[test]
fn a_name_with_words_of_ours_that_is_of_a_callers_programs_is_ignored() {
    for (endpoints, names, value) in [
        (
            &SOLD[..],
            "executed_at sent_date sent_time utm_term utm_content search_term long_term application_id attempt personal_id \
             headline end_user_id identity_id subscriber document messages consent caller_ip telephony",
            json!("2026-11-30"),
        ),
        (
            &SOLD,
            "CF-IPCountry ipcountry usercountry billingcountry billingCountryCode $geoip_country_code viewer_country device_country \
             card_country sim_country merchant_country detected_country",
            json!("DE"),
        ),
        (&SOLD, "alpha is_alpha_tester is_renewal idempotent deduplicate wait_for_human_approval", json!(true)),
        (&SOLD, "dedupe idempotent is_new_record", json!(false)),
        (
            &[&VOICE_CALL],
            "prompt_tokens prompt_cache_key prompt_token_count prompt_source prompt_label voice_call_id voice_agent_id \
             voice_session_id voice_request_id voice_campaign_name sdk_language client_language device_locale system_locale \
             runtime_language code_language query_language cost_per_minute price_per_minute max_execution_time \
             max_age_seconds queue_duration first_message_id record_no record_count record_index no_of_records request_date \
             function function_call callee_id mask",
            json!("4711"),
        ),
        (&[&NUMBERS_RENEW], "renewal_id renewal_reason customer_phone_number", json!("rn_17")),
    ] {
        for endpoint in endpoints {
            for name in names.split_whitespace() {
                passes(endpoint, name, &value);
            }
        }
    }
    for endpoint in SOLD {
        for (name, value) in [("utm_term", "phone api"), ("utm_term", "lease term 60 days"), ("idempotent", "true")] {
            assert!(not_in_the_address(endpoint, std::iter::once((name, value))).is_ok(), "{name}={value}");
        }
    }
}

#[test]
fn an_object_of_a_callers_programs_is_ignored() {
    let from = "0x857b06519E91e3A54538791bDbb0E22373e36b66";
    let payment = json!({"accepted": {"network": "eip155:8453", "maxTimeoutSeconds": 60},
        "payload": {"authorization": {"from": from, "to": from, "validBefore": "1795519006"}}});
    let mut all = vec![
        ("paymentPayload", payment.clone()),
        ("payment_payload", payment.clone()),
        ("x402_payload", payment),
        ("envelope", json!({"from": "0b0f9bd2-3a51-4a1c-9a3d-0a7a3b6f0f11"})),
        ("message_envelope_2", json!({"from": "01234567-0123-0123-0123-012345678901"})),
        ("date_range", json!({"from": "2026-11-01", "to": "2026-12-01"})),
        ("browser", json!({"language": "en-US"})),
        ("i18n", json!({"locale": "de"})),
        ("context", json!({"locale": "de", "page": {"url": "https://example.com"}, "minutes": 3})),
        ("history", json!([{"role": "user", "content": "Call the restaurant, please."}])),
        ("message", json!({"role": "user", "text": "Call the restaurant, please."})),
        ("plan", json!([{"description": "Ask for a table."}])),
        ("error", json!({"message": "timed out"})),
        ("appointment", json!({"start_time": "2026-12-24T09:00:00Z", "duration": 30})),
        ("visit", json!({"start_time": "2026-12-24T09:00:00Z"})),
        ("annotations", json!({"idempotentHint": false, "readOnlyHint": false})),
        ("toolAnnotations", json!({"idempotentHint": true})),
        ("datadog", json!({"clientToken": "pub0123", "site": "datadoghq.eu"})),
    ];
    for name in ["receipt", "tx", "authorization"] {
        all.push((name, json!({"from": from, "to": from})));
    }
    for name in ["analytics", "geo", "traits", "visitor", "geoip"] {
        all.push((name, json!({"country": "DE"})));
    }
    for name in ["metrics", "timing", "usage", "performance"] {
        all.push((name, json!({"duration": 41, "max_duration": 60})));
    }
    for name in ["event", "signature", "audit", "something"] {
        all.push((name, json!({"timestamp": "2026-11-30T14:00:00Z", "datetime": "2026-11-30"})));
    }
    for endpoint in [&NUMBERS_BUY, &NUMBERS_RENEW, &VOICE_CALL] {
        for (name, value) in &all {
            passes(endpoint, name, value);
        }
    }
}

#[test]
fn a_remark_does_not_keep_an_ai_talking() {
    for (name, value) in [
        ("hung_up_at", json!("2026-11-30T14:00:00Z")),
        ("hangup_id", json!("h1")),
        ("executed_at", json!("2026-11-30T14:00:00Z")),
        ("stats", json!({"seconds": 42})),
        ("context", json!({"minutes": 3})),
        ("anything", json!({"scheduled_at": "2026-11-30", "transfer_to": "+14155551234"})),
        ("wait_for_previous", json!(true)),
        ("toolCallId", json!("call_1")),
    ] {
        passes(&VOICE_CALL_HANGUP, name, &value);
    }
    for (wrapper, value) in [("params", json!({"seconds": 42})), ("options", json!({"hangup_at": "2026-11-30"}))] {
        let message = refused(&VOICE_CALL_HANGUP, &with(&VOICE_CALL_HANGUP, wrapper, value)).1;
        assert!(message.contains("a call is hung up at once"), "{message}");
    }
}

#[test]
fn what_is_asked_for_beside_such_names_is_still_told_its_place() {
    for (endpoint, right, name, value) in [
        (&NUMBERS_RENEW, "phone_number", "number_to_renew", json!("+14155551234")),
        (&NUMBERS_RENEW, "phone_number", "renew_number", json!({"e164": "+14155551234"})),
        (&VOICE_CALL, "voice", "call_voice_id", json!("maya")),
        (&VOICE_CALL, "language", "preferred_language_code", json!("de")),
        (&VOICE_CALL, "max_duration", "max_minute", json!(3)),
        (&NUMBERS_BUY, "country", "order", json!({"country": "CA"})),
    ] {
        let (field, message) = refused(endpoint, &with(endpoint, name, value));
        assert_eq!(field, right, "{name}: {message}");
    }
    for (name, value) in [("term_length", json!("60 days")), ("rental_term", json!("60 days"))] {
        assert!(refused(&NUMBERS_BUY, &with(&NUMBERS_BUY, name, value)).1.contains("thirty days"), "{name}");
    }
    // A purchase that is named in an object is named.
    let named = json!({"key": "order-1"});
    assert!(refused(&NUMBERS_BUY, &with(&NUMBERS_BUY, "idempotency", named)).1.contains("in the header"));
}

#[test]
fn a_models_call_of_a_tool_as_a_body_is_told_where_its_arguments_belong() {
    let arguments = r#"{"phone_number": "+12133610872", "task": "Say hello and hang up.", "country": "US"}"#;
    let function = json!({"name": "call", "arguments": arguments});
    for (endpoint, right) in
        [(&VOICE_CALL, "phone_number"), (&NUMBERS_BUY, "country"), (&NUMBERS_RENEW, "phone_number")]
    {
        for body in [
            json!({"function": function}),
            json!({"tool": function}),
            json!({"tool_calls": [{"type": "function", "id": "call_1", "function": function}]}),
        ] {
            let (field, message) = refused(endpoint, &body.to_string());
            let is_named = field == right || field == "task";
            assert!(is_named && message.ends_with("at the top of the body"), "{body}: {field}: {message}");
        }
    }
}

#[test]
fn no_word_alone_fills_two_groups_of_one_row() {
    let check = |row: &Parts| {
        let groups: Vec<Vec<&str>> =
            row.iter().filter(|group| !group.starts_with('!')).map(|group| group.split(' ').collect()).collect();
        for (at, group) in groups.iter().enumerate() {
            let others = groups[at + 1..].iter().flatten();
            let both: Vec<_> = others.filter(|word| group.contains(word)).collect();
            assert!(both.is_empty(), "{row:?}: {both:?}");
        }
    };
    for endpoint in ALL {
        endpoint.asked().iter().flat_map(|field| field.parts).for_each(check);
        endpoint.unoffered().flat_map(|unoffered| unoffered.parts).for_each(check);
    }
}

/// Several times what the slowest of these bodies takes in a build without optimisation.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn the_worst_names_that_fit_into_a_body_cost_no_more_than_a_moment() {
    const LONGEST: usize = 128 * 1024;
    let members = |wrap: fn(usize) -> String| {
        let mut all = String::new();
        for n in 0.. {
            let next = wrap(n);
            if all.len() + next.len() + 64 > LONGEST {
                break;
            }
            let comma = if n > 0 { "," } else { "" };
            write!(all, "{comma}{next}").unwrap();
        }
        all
    };
    let short = members(|n| format!("\"a{n:x}\":1"));
    let near = members(|n| format!("\"max_call_duratoin_{n:x}x\":1"));
    let objects = members(|n| format!("\"{n:x}\":{{\"b\":1}}"));
    let ones = "1,".repeat(24_000);
    let bodies = [
        format!("{{{short}}}"),
        format!("{{\"a\":{{{short}}}}}"),
        format!("{{\"params\":{{{near}}}}}"),
        format!("{{\"params\":{{{objects}}}}}"),
        format!("{{\"metadata\":{{{near}}}}}"),
        format!("{{\"{}\":[{ones}1]}}", "é".repeat(38_000)),
        format!("{{\"{}\":[{ones}1]}}", "\u{200b}".repeat(25_000)),
        format!("{{\"{}\":[{}{{}}]}}", "é".repeat(25_000), "{\"b\":1},".repeat(8_000)),
        format!("{{\"params\":[{}{{}}]}}", "{\"b\":1},".repeat(14_000)),
        format!("{{\"params\":{{\"{}\":1}}}}", "contry".repeat(20_000)),
    ];
    for endpoint in [&NUMBERS_BUY, &NUMBERS_RENEW, &VOICE_CALL, &VOICE_CALLS_LIST, &VOICE_CALL_HANGUP] {
        for body in &bodies {
            assert!(body.len() <= LONGEST, "{}", body.len());
            let begun = Instant::now();
            let refused = read(endpoint, body.as_bytes()).err();
            ignored(endpoint, body.as_bytes(), std::iter::empty());
            let took = begun.elapsed();
            assert!(took < SOON, "{}: {took:?}: {:.60}: {refused:?}", endpoint.name, body);
        }
    }
    let many = read(&NUMBERS_BUY, bodies[0].as_bytes());
    assert!(matches!(many, Err(Refusal::BadRequest { field, .. }) if field == "body"));
}

/// A body that buys a number, with this many fields that are not ours.
fn with_unknown(many: usize) -> String {
    let fields: serde_json::Map<_, _> = (0..many).map(|at| (format!("zq{at}"), json!(1))).collect();
    Value::Object(fields).to_string()
}

#[test]
fn a_body_and_an_address_have_five_hundred_names_and_no_more() {
    let said = |wrong: Result<(), Refusal>| match wrong {
        Err(Refusal::BadRequest { field, message }) => (field, message),
        other => panic!("{other:?}"),
    };
    assert!(read(&NUMBERS_BUY, with_unknown(FIELDS).as_bytes()).is_ok());
    let body = read(&NUMBERS_BUY, with_unknown(FIELDS + 1).as_bytes()).map(drop);
    assert_eq!(said(body), ("body".into(), "has more than 500 fields".to_owned()));
    let names: Vec<String> = (0..=FIELDS).map(|at| format!("zq{at}")).collect();
    let address = |many: usize| names.iter().take(many).map(|name| (name.as_str(), "1"));
    for endpoint in SOLD {
        assert!(not_in_the_address(endpoint, address(FIELDS)).is_ok());
        let wrong = not_in_the_address(endpoint, address(FIELDS + 1));
        assert_eq!(said(wrong), ("address".into(), "has more than 500 parameters".to_owned()));
    }
    // Where the address is what is read.
    let all: Vec<_> = address(FIELDS + 1).collect();
    assert!(in_the_address(&VOICE_CALLS, &all[1..]).is_ok());
    assert_eq!(said(in_the_address(&VOICE_CALLS, &all).map(drop)).0, "address");
    // Beside the arguments of a tool nothing is read at all.
    let beside = |many: usize| {
        let body = with_unknown(many);
        let fields = fields(body.as_bytes()).expect("a body");
        meant_for(&NUMBERS_BUY, &fields).is_some()
    };
    assert_eq!([beside(FIELDS), beside(FIELDS + 1)], [false, true]);
}

#[test]
fn a_thousand_names_are_judged_inside_a_field_and_behind_them_only_a_purchases_name() {
    let judged = |at: usize, name: &str| {
        let mut inner: Vec<_> = (0..at).map(|at| format!("\"a{at:04}\":1")).collect();
        inner.push(format!("\"{name}\":\"CA\""));
        read(&NUMBERS_BUY, format!("{{\"params\":{{{}}}}}", inner.join(",")).as_bytes()).is_err()
    };
    // In the order of their letters.
    assert!(judged(NAMES_INSIDE - 1, "country") && !judged(NAMES_INSIDE, "country"));
    assert!(judged(NAMES_INSIDE, "idempotency_key"));
}
