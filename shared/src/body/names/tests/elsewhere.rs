//! What other vendors' parameters ask for in vain: at another time, with a call back to an address, for calls that come in; under
//! any name that they have for it, and inside what callers keep their own things in.

use serde_json::json;

use super::{refused, with};
use crate::api::{NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW, VOICE_CALL};
use crate::body::read;

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
