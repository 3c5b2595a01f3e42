//! Where the line is: what an unknown field means by its letters, its words or what is in it is
//! refused, and what a caller notes for itself is not.

use serde_json::{Value, json};

use super::{ignored, refused, with};
use crate::api::{Endpoint, NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW, VOICE_CALL};
use crate::body::{not_in_the_address, read};
use crate::refusal::Refusal;

#[test]
fn a_slip_counts_against_what_a_field_is_called_elsewhere_too() {
    for (endpoint, right, names) in [
        (
            &NUMBERS_BUY,
            "country",
            "contry_code conutry_code county_code countrycod isocuntry cntry isoCountry2 mycountry",
        ),
        (
            &NUMBERS_BUY,
            "country",
            "iso_alpha2 iso_3166_1_alpha_2 alpha-2 wanted_country countryOfNumber number_country",
        ),
        (
            &NUMBERS_BUY,
            "country",
            "сountry сountry_code coúntry ｃｏｕｎｔｒｙ 𝐜𝐨𝐮𝐧𝐭𝐫𝐲 cou\u{200b}ntry cοuntrу ТARGET_СОUNТRY",
        ),
        (&NUMBERS_BUY, "area_code", "areа_code ａｒｅａＣｏｄｅ preferred_area_prefix number_npa areaCodes"),
        (
            &VOICE_CALL,
            "language",
            "preferred_language agent_language voiceLanguage targetlanguage lang_code spoken_langauge",
        ),
        (
            &VOICE_CALL,
            "max_duration",
            "max_call_duration_minutes maximum_duration call_minutes_max maxCallTimeSeconds durаtion",
        ),
        (&VOICE_CALL, "first_sentence", "begin_sentence agent_greeting firstUtterance opening_words"),
        (&VOICE_CALL, "voicemail_message", "voicemail_msg vm_text voicemail_words message_for_voicemail"),
        (&VOICE_CALL, "wait_for_greeting", "wait_greeting waitUntilHello wait_for_person"),
        (&VOICE_CALL, "task", "additional_instructions agentPrompt task_description prompt_text"),
        (&VOICE_CALL, "voice", "agent_voice tts_voice voice_persona"),
        (&VOICE_CALL, "interruption_threshold", "interrupt_delay_ms interruption_time_ms"),
        (&VOICE_CALL, "questions", "call_questions post_call_questions"),
    ] {
        for wrong in names.split(' ') {
            let (field, message) = refused(endpoint, &with(endpoint, wrong, json!("CA")));
            assert_eq!(field, right, "{wrong}: {message}");
            assert!(message.contains(&format!("send `{right}`. ")), "{message}");
            let address = not_in_the_address(endpoint, std::iter::once((wrong, "CA")));
            assert!(matches!(address, Err(Refusal::BadRequest { field, .. }) if field == right), "{wrong}");
            assert!(read(endpoint, with(endpoint, wrong, json!("")).as_bytes()).is_ok(), "{wrong}");
        }
    }
}

#[test]
fn a_no_by_another_name_contradicts_the_fields_own_yes_and_nothing_else() {
    let both = |own: Value, other: Value| {
        let body = json!({
            "phone_number": "+12133610872", "task": "Say hello and hang up.",
            "wait_for_greeting": own, "waitForGreeting": other,
        });
        read(&VOICE_CALL, body.to_string().as_bytes()).is_ok()
    };
    assert!(!both(json!(true), json!(false)) && !both(json!(false), json!(true)));
    assert!(both(json!(false), json!(false)) && both(json!(true), json!(null)) && both(json!(null), json!(false)));
}

#[test]
fn words_that_ask_for_another_length_or_an_end_of_a_lease_are_told_what_there_is() {
    for (endpoint, names, value) in [
        (&NUMBERS_RENEW, "additional_days extra_days number_of_days daysToAdd lease_months total_weeks", json!(60)),
        (&NUMBERS_RENEW, "extend_until renew_until lease_end", json!("2027-06-01")),
        (&NUMBERS_RENEW, "renewals renewal_count num_renewals", json!(2)),
        (&NUMBERS_RENEW, "release cancel releaseNumber cancel_lease delete_number terminate", json!(true)),
        (&NUMBERS_BUY, "additional_days lease_months rental_years lease_length", json!(60)),
        (&NUMBERS_BUY, "num_numbers numberCount how_many_numbers total_quantity", json!(2)),
        (&NUMBERS_BUY, "lease_until keep_until", json!("2027-06-01")),
        (&VOICE_CALL, "should_record call_is_recorded enableCallRecordings", json!(false)),
        (&VOICE_CALL, "please_do_not_record without_recording", json!(true)),
        (&VOICE_CALL, "schedule_tme trigger_timestmp", json!("2027-06-01")),
    ] {
        for name in names.split(' ') {
            let (field, message) = refused(endpoint, &with(endpoint, name, value.clone()));
            assert!(field == name && message.starts_with("is not offered: "), "{name}: {field}: {message}");
        }
    }
    for (endpoint, name, value) in [
        (&NUMBERS_RENEW, "additional_days", json!(30)),
        (&NUMBERS_RENEW, "release", json!(false)),
        (&NUMBERS_RENEW, "renewals", json!(1)),
        (&NUMBERS_BUY, "num_numbers", json!("1")),
        (&VOICE_CALL, "should_record", json!(true)),
    ] {
        assert!(read(endpoint, with(endpoint, name, value).as_bytes()).is_ok(), "{name}");
    }
}

#[test]
fn a_body_inside_another_is_recognised_by_what_is_in_it() {
    let base64 = "eyJjb3VudHJ5IjoiQ0EifQ";
    for (endpoint, wrapper, inside, right) in [
        (&NUMBERS_BUY, "params", json!({"Country": "CA"}), "country"),
        (&NUMBERS_BUY, "arguments", json!({"countryCode": "CA"}), "country"),
        (&NUMBERS_BUY, "data", json!({"type": "numbers", "attributes": {"country": "CA"}}), "country"),
        (&NUMBERS_BUY, "user_input", json!({"country": "CA"}), "country"),
        (&NUMBERS_BUY, "clientParams", json!({"iso": "CA"}), "country"),
        (&NUMBERS_BUY, "order", json!({"country": "CA"}), "country"),
        (&NUMBERS_BUY, "variables", json!({"country": "CA"}), "country"),
        (&NUMBERS_BUY, "tool_input", json!({"сountry_code": "CA"}), "country"),
        (&NUMBERS_BUY, "form", json!([{"areaCode": "604"}]), "area_code"),
        (&NUMBERS_BUY, "anything", json!({"at": {"all": {"iso_country": "CA"}}}), "country"),
        (&NUMBERS_BUY, "payload", json!("country=CA"), "country"),
        (&NUMBERS_BUY, "payload", json!("utm=1&area_code=604"), "area_code"),
        (&NUMBERS_BUY, "blob", json!(base64), "country"),
        (&NUMBERS_BUY, "stuff", json!("{\"params\": {\"country\": \"CA\"}}"), "country"),
        (&VOICE_CALL, "options", json!({"lang": "es"}), "language"),
        (&VOICE_CALL, "config", json!({"maxDuration": 3}), "max_duration"),
        (&VOICE_CALL, "call_settings", json!({"language": "es"}), "language"),
        (&VOICE_CALL, "transcriber", json!({"language": "es"}), "language"),
        (&VOICE_CALL, "limits", json!({"max_duration_minutes": 3}), "max_duration"),
        (&NUMBERS_RENEW, "lease_details", json!({"phone_number": "+14155551235"}), "phone_number"),
    ] {
        let (field, message) = refused(endpoint, &with(endpoint, wrapper, inside.clone()));
        assert_eq!(field, right, "{wrapper}: {inside}: {message}");
        assert!(message.ends_with(&format!("send `{right}` at the top of the body")), "{message}");
    }
    for (name, value) in
        [("body", "{\"country\":\"CA\"}"), ("data", "country=CA"), ("x", base64), ("q", "{\"Country\":\"CA\"}")]
    {
        let refused = not_in_the_address(&NUMBERS_BUY, std::iter::once((name, value)));
        let is_note = name == "x";
        assert_eq!(refused.is_err(), !is_note, "{name}={value}");
    }
}

#[test]
fn a_purchases_name_is_refused_wherever_it_is_not_read_and_nearly_right() {
    let names = "idempotency_key idempotancy_key idempotent_key idempotency idempotencyKeys idmpotency_key IdempotencyToken \
                 payment_identifier paymentIdentifer dedup_id deduplication_key client_token idempоtency_key";
    for endpoint in [&NUMBERS_BUY, &NUMBERS_LIST, &NUMBERS_RENEW, &VOICE_CALL] {
        for name in names.split_whitespace() {
            let key = json!("order-1");
            let noted = with(endpoint, "metadata", json!({ name: key }));
            // What keeps a caller's other programs apart is not meant for us.
            assert_eq!(read(endpoint, noted.as_bytes()).is_ok(), name == "client_token", "{noted}");
            for body in [with(endpoint, name, key.clone()), with(endpoint, "options", json!({"a": {name: key}}))] {
                let message = refused(endpoint, &body).1;
                assert!(message.contains("is read in the header `Idempotency-Key` only"), "{body}: {message}");
            }
            assert!(not_in_the_address(endpoint, std::iter::once((name, "order-1"))).is_err(), "{name}");
            assert!(read(endpoint, with(endpoint, name, Value::Null).as_bytes()).is_ok(), "{name}");
        }
    }
}

/// What is a caller's own, with values that would mean something under a name of ours.
fn own() -> Vec<(&'static str, Value)> {
    let country = json!({"country": "GB", "language": "es", "area_code": "415", "max_duration": 3, "days": 60});
    let names = "metadata metadata_v2 user client_info customers billing_address account labels tags notes session \
                 tracing company profile shipping utm_data sdk";
    let mut own: Vec<_> = names.split_whitespace().map(|name| (name, country.clone())).collect();
    for name in "user_id request_id country_of_residence_of_user billing_country user_country customer_country ip_country \
                 client_ref contract contract_id counter mode_id nonce note action ration region_id utm_campaign ui_language \
                 programming_language language_model browser_lang session_duration poll_interval_minutes created_days_ago \
                 days_remaining utc_offset_minutes task_id prompt_id prompt_version script_version voice_settings voice_model \
                 firstname first_name last_name start_page message_id user_timezone record_id recording_id question_id \
                 tokens max_tokens source_id destination_account sender_name waiting_list release_version cancel_url \
                 payment_id client_id display_language rate_limit_seconds meeting_duration isolation latitudes"
        .split_whitespace()
    {
        own.push((name, json!("17")));
    }
    own.push(("window", json!({"from": "09:00", "to": "17:00"})));
    own.push(("state_machine", json!({"code": 5, "text": "a", "num": 7})));
    own.push(("note", json!("a=b and country=CA")));
    own.push(("comment", json!("country=CA")));
    own.push(("digest", json!("ewogICJhIjogMQp9")));
    own.push(("metrics", json!([{"name": "a", "value": 1}, "country=CA"])));
    own
}

#[test]
fn what_resembles_nothing_or_is_said_of_the_caller_stays_ignored() {
    let unoffered_elsewhere: fn(&Endpoint, &str) -> bool =
        |endpoint, name| endpoint.name == "voice_call" && matches!(name, "customers" | "prompt_id");
    for endpoint in [&NUMBERS_BUY, &NUMBERS_RENEW, &VOICE_CALL] {
        for (name, value) in own() {
            if unoffered_elsewhere(endpoint, name) {
                continue;
            }
            let body = with(endpoint, name, value);
            let read = read(endpoint, body.as_bytes());
            assert!(read.is_ok(), "{}: {body}: {read:?}", endpoint.name);
            assert_eq!(ignored(endpoint, body.as_bytes(), std::iter::empty()), [name]);
        }
    }
}
