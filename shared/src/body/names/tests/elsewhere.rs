//! What other vendors' parameters ask for in vain: at another time, with a call back to an address,
//! for calls that come in; under any name that they have for it, and inside what callers keep their
//! own things in.

use serde_json::json;

use super::{ignored, refused, with};
use crate::api::{
    NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW, VOICE_CALL, VOICE_CALL_HANGUP, VOICE_CALLS, VOICE_CALLS_LIST,
};
use crate::body::{in_the_address, not_in_the_address, read};
use crate::refusal::Refusal;

#[test]
fn what_others_do_later_or_report_to_an_address_is_not_offered() {
    for (endpoint, name, value, because) in [
        (&VOICE_CALL, "send_later", json!(true), "a call is placed at once"),
        (&VOICE_CALL, "planned_time", json!("09:00"), "a call is placed at once"),
        (&VOICE_CALL, "hold_until", json!("2026-12-24T09:00:00Z"), "a call is placed at once"),
        (&VOICE_CALL, "call_time_window", json!({"windows": [{"start": 540}]}), "a call is placed at once"),
        (&VOICE_CALL, "trigger_timestamp", json!(1_795_519_006), "a call is placed at once"),
        (&VOICE_CALL, "callLater", json!("yes"), "a call is placed at once"),
        (&VOICE_CALL, "on_complete", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "result_webhook", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "url_callback", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "FallbackUrl", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "squadOverrides", json!({"a": 1}), "`task` is all"),
        (&VOICE_CALL, "call_reason", json!("Reservation"), "own number and nothing else"),
        (&NUMBERS_BUY, "start_time", json!("2027-01-01"), "begins at once"),
        (&NUMBERS_BUY, "send_later", json!(true), "begins at once"),
        (&NUMBERS_BUY, "webhook", json!("https://example.com"), "nothing that comes in"),
        (&NUMBERS_BUY, "result_webhook", json!("https://example.com"), "nothing is sent to an address"),
        (&NUMBERS_BUY, "inboundAgentId", json!("a0f0"), "nothing that comes in"),
        (&NUMBERS_BUY, "assistantId", json!("a0f0"), "nothing that comes in"),
        (&NUMBERS_BUY, "prompt", json!("You are a receptionist."), "nothing that comes in"),
        (&NUMBERS_BUY, "fallback_number", json!("+14155551234"), "nothing that comes in"),
        (&NUMBERS_BUY, "BundleSid", json!("BU0"), "papers"),
        (&NUMBERS_RENEW, "start_time", json!("2027-01-01"), "renewed at once"),
        (&NUMBERS_RENEW, "hold_until", json!("2027-01-01"), "renewed at once"),
        (&NUMBERS_RENEW, "webhook", json!("https://example.com"), "nothing is sent"),
        (&NUMBERS_RENEW, "url_callback", json!("https://example.com"), "nothing is sent"),
        (&NUMBERS_LIST, "webhook", json!("https://example.com"), "nothing is sent"),
        (&VOICE_CALL, "hook_url", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "completion_url", json!("https://example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "report_to", json!("ops@example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "email_results_to", json!("ops@example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "notification_email", json!("ops@example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "notifyOnEnd", json!(true), "poll `poll_url`"),
        (&VOICE_CALL, "email_when_done", json!("ops@example.com"), "poll `poll_url`"),
        (&VOICE_CALL, "press_1_to", json!("confirm"), "no keys are pressed"),
        (&VOICE_CALL, "send_sms_after", json!(true), "no text messages"),
        (&VOICE_CALL, "wait_for_completion", json!(true), "as soon as the call is placed"),
        (&VOICE_CALL, "sync", json!(true), "as soon as the call is placed"),
        (&VOICE_CALL, "play_voicemail", json!("Hello"), "`voicemail_message`"),
        (&VOICE_CALL, "deadline", json!("2026-12-24"), "a call is placed at once"),
        (&NUMBERS_BUY, "expires_in_days", json!(7), "thirty days"),
        (&NUMBERS_LIST, "include_expired", json!(true), "active numbers alone"),
        (&NUMBERS_LIST, "status", json!("expired"), "active numbers alone"),
    ] {
        let (field, message) = refused(endpoint, &with(endpoint, name, value));
        assert_eq!(field, name);
        assert!(message.starts_with("is not offered: ") && message.contains(because), "{message}");
        for nothing in [json!(null), json!(""), json!({}), json!(false), json!("none")] {
            assert!(read(endpoint, with(endpoint, name, nothing).as_bytes()).is_ok(), "{name}");
        }
    }
}

#[test]
fn a_time_or_an_address_among_a_callers_own_labels_is_told_that_nothing_is_done_with_it() {
    for (endpoint, labels) in [
        (&VOICE_CALL, json!({"start_time": "2026-12-24T09:00:00Z"})),
        (&VOICE_CALL, json!({"crm": {"webhook_url": "https://example.com"}})),
        (&NUMBERS_BUY, json!({"sendLater": true})),
        (&NUMBERS_RENEW, json!([{"scheduledAt": 1_795_519_006}])),
    ] {
        let (field, message) = refused(endpoint, &with(endpoint, "metadata", labels));
        assert_eq!(field, "metadata");
        assert!(message.contains("nothing in it is done"), "{message}");
    }
    for labels in [
        json!({"start_time": null, "webhook": "", "email": "a@example.com", "date": "2026-12-24"}),
        json!({"order": {"id": 7}, "tags": ["webhook", "start_time"], "start_time": "now"}),
        json!("start_time"),
    ] {
        assert!(read(&VOICE_CALL, with(&VOICE_CALL, "metadata", labels.clone()).as_bytes()).is_ok(), "{labels}");
    }
}

#[test]
fn what_is_not_offered_is_found_inside_a_wrapper_too() {
    for (endpoint, wrapper, inside, wrong) in [
        (&VOICE_CALL, "options", json!({"start_time": "2026-12-24T09:00:00Z"}), "start_time"),
        (&VOICE_CALL, "config", json!({"webhook": "https://example.com"}), "webhook"),
        (&NUMBERS_BUY, "params", json!({"colour": "red", "webhookUrl": "https://example.com"}), "webhookUrl"),
    ] {
        let (field, message) = refused(endpoint, &with(endpoint, wrapper, inside));
        assert_eq!(field, wrong);
        assert!(message.starts_with(&format!("was sent inside `{wrapper}`, and is not offered: ")), "{message}");
    }
    let nothing = json!({"start_time": "now", "webhook": null});
    assert!(read(&VOICE_CALL, with(&VOICE_CALL, "options", nothing).as_bytes()).is_ok());
}

#[test]
fn what_other_lists_of_calls_are_asked_by_is_told_its_name_here_in_a_body_and_in_an_address() {
    let day = "2026-11-01";
    for (right, value, wrong) in [
        (
            "since",
            day,
            "start_date startDate StartTime from_date start starting after from created_after createdAtGt createdAtGe created[gte] \
             start_timestamp call_start_after_unix date begin days",
        ),
        ("cursor", "AAECAw", "starting_after page page_token PageToken offset after next_page pagination_key skip"),
        ("limit", "10", "page_size PageSize per_page perPage max_results top first count"),
        ("number", "+14155551234", "to from phone_number to_number From To customer phoneNumber"),
        ("status", "completed", "state call_status callStatus"),
    ] {
        for wrong in wrong.split_whitespace() {
            let (field, message) = refused(&VOICE_CALLS_LIST, &json!({wrong: value}).to_string());
            assert_eq!(field, right, "{wrong}: {message}");
            assert!(message.contains(&format!("send `{right}`")), "{message}");
            match in_the_address(&VOICE_CALLS, &[(wrong, value)]) {
                Err(Refusal::BadRequest { field, .. }) => assert_eq!(field, right, "{wrong}"),
                other => panic!("{wrong}: {other:?}"),
            }
        }
    }
    for (wrong, value, because) in [
        ("before", day, "newest call"),
        ("end_date", day, "newest call"),
        ("EndTime", day, "newest call"),
        ("to_date", day, "newest call"),
        ("to", day, "newest call"),
        ("created[lt]", day, "newest call"),
        ("ending_before", "AAECAw", "newest call"),
        ("sort_by", "duration", "newest call"),
        ("ended_by", "ERROR", "`number`, `status` and `since`"),
        ("duration_gt", "60", "`number`, `status` and `since`"),
        ("direction", "inbound", "no call comes in"),
        ("call_id", "5KQ0N8Z4B6W2R9T1X7V3M0C8HS", "poll"),
    ] {
        let (field, message) = refused(&VOICE_CALLS_LIST, &json!({wrong: value}).to_string());
        assert!(field == wrong && message.contains(because), "{wrong}: {field}: {message}");
        assert!(in_the_address(&VOICE_CALLS, &[(wrong, value)]).is_err(), "{wrong}");
    }
    for (right, body) in [
        ("since", json!({"after": 1_795_519_006})),
        ("since", json!({"from": "1795519006000"})),
        ("since", json!({"filter": {"start_date": day}})),
        ("since", json!({"where": {"created": {"gte": day}}})),
        ("limit", json!({"pagination": {"limit": 5}})),
        ("number", json!({"from": 4_155_551_234_u64})),
        ("number", json!({"query": {"to": "+14155551234"}})),
    ] {
        let (field, message) = refused(&VOICE_CALLS_LIST, &body.to_string());
        assert_eq!(field, right, "{body}: {message}");
    }
    for (harmless, value) in [("direction", "outbound"), ("sort_by", "-created_at"), ("utm_source", "agent")] {
        assert!(read(&VOICE_CALLS_LIST, json!({harmless: value}).to_string().as_bytes()).is_ok(), "{harmless}");
    }
}

#[test]
fn a_list_of_calls_is_of_thirty_days_and_begins_at_the_first_page_also_where_that_is_asked_for() {
    for (name, value) in [
        ("page", json!(1)),
        ("page", json!("first")),
        ("page_number", json!("1")),
        ("offset", json!(0)),
        ("skip", json!(0.0)),
        ("days", json!(30)),
        ("last_days", json!("30")),
        ("period", json!("30d")),
        ("date_range", json!("last_30_days")),
        ("hours", json!(720)),
    ] {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        for body in [json!({name: value}), json!({"filter": {name: value}})] {
            assert!(read(&VOICE_CALLS_LIST, body.to_string().as_bytes()).is_ok(), "{body}");
            assert_eq!(ignored(&VOICE_CALLS_LIST, body.to_string().as_bytes(), std::iter::empty()).len(), 1);
        }
        assert!(in_the_address(&VOICE_CALLS, &[(name, &text)]).is_ok(), "{name}={text}");
        assert!(not_in_the_address(&VOICE_CALLS_LIST, std::iter::once((name, text.as_str()))).is_ok(), "{name}={text}");
    }
    for (right, name, value) in [
        ("cursor", "page", json!(2)),
        ("cursor", "offset", json!(1)),
        ("cursor", "skip", json!(20)),
        ("since", "days", json!(7)),
        ("since", "period", json!("7d")),
        ("since", "days", json!(90)),
    ] {
        assert_eq!(refused(&VOICE_CALLS_LIST, &json!({name: value}).to_string()).0, right, "{name}");
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(in_the_address(&VOICE_CALLS, &[(name, &text)]).is_err(), "{name}={text}");
        assert!(not_in_the_address(&VOICE_CALLS_LIST, std::iter::once((name, text.as_str()))).is_err(), "{name}");
    }
}

#[test]
fn a_page_of_the_wallets_numbers_and_a_hang_up_later_are_not_offered() {
    for (wrong, value) in
        [("page", json!(2)), ("offset", json!(20)), ("starting_after", json!("+14155551234")), ("cursor", json!("x"))]
    {
        let (field, message) = refused(&NUMBERS_LIST, &json!({wrong: value}).to_string());
        assert!(field == wrong && message.contains("one page"), "{message}");
    }
    for (harmless, value) in [("page", json!(1)), ("offset", json!(0)), ("page_size", json!(50)), ("limit", json!(5))] {
        assert!(read(&NUMBERS_LIST, json!({harmless: value}).to_string().as_bytes()).is_ok(), "{harmless}");
    }
    for (wrong, value, because) in [
        ("delay", json!(30), "at once"),
        ("delay_ms", json!(500), "at once"),
        ("after", json!("30s"), "at once"),
        ("in_seconds", json!(5), "at once"),
        ("wait", json!(true), "at once"),
        ("start_time", json!("2027-01-01"), "at once"),
        ("schedule_time", json!("2027-01-01"), "at once"),
        ("hang_up_at", json!("2027-01-01"), "at once"),
        ("end_in", json!(30), "at once"),
        ("goodbye_message", json!("Goodbye."), "nothing is said"),
        ("transfer_to", json!("+14155551234"), "nothing else"),
    ] {
        let (field, message) = refused(&VOICE_CALL_HANGUP, &json!({wrong: value}).to_string());
        assert!(field == wrong && message.contains(because), "{wrong}: {message}");
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(not_in_the_address(&VOICE_CALL_HANGUP, std::iter::once((wrong, text.as_str()))).is_err(), "{wrong}");
    }
    for harmless in [json!({"reason": "done"}), json!({"delay": 0}), json!({"when": "now"}), json!({"call_id": "x"})] {
        assert!(read(&VOICE_CALL_HANGUP, harmless.to_string().as_bytes()).is_ok(), "{harmless}");
    }
    // Nothing is paid for a hang-up, and a remark does not keep the AI talking.
    for (remark, value) in [
        ("idempotency_key", "order-17"),
        ("Idempotency-Key", "order-17"),
        ("timestamp", "2026-11-30T14:00:00Z"),
        ("time", "14:00"),
        ("date", "2026-11-30"),
        ("datetime", "2026-11-30T14:00:00Z"),
        ("timeout", "30"),
        ("timeout_seconds", "30"),
        ("timeoutMs", "500"),
        ("duration", "42"),
        ("message", "The user has asked to stop."),
    ] {
        let body = json!({remark: value}).to_string();
        assert!(read(&VOICE_CALL_HANGUP, body.as_bytes()).is_ok(), "{remark}");
        assert_eq!(ignored(&VOICE_CALL_HANGUP, body.as_bytes(), std::iter::empty()), [remark]);
        assert!(not_in_the_address(&VOICE_CALL_HANGUP, std::iter::once((remark, value))).is_ok(), "{remark}");
        assert_eq!(ignored(&VOICE_CALL_HANGUP, b"", std::iter::once((remark, value))), [remark]);
    }
}
