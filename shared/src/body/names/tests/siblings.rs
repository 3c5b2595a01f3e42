//! Wishes that other APIs have a name for, kind by kind: for another wallet, at another place,
//! until another day, from another number, at another hour.

use serde_json::{Value, json};

use super::{ignored, refused, with};
use crate::api::{Endpoint, NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW, VOICE_CALL, VOICE_CALLS, VOICE_CALLS_LIST};
use crate::body::{in_the_address, not_in_the_address, read};

const EVM: &str = "0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8";
const SOLANA: &str = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU";

/// Each name is told that it is not offered, and why.
fn not_offered(endpoint: &'static Endpoint, names: &str, value: &Value, because: &str) {
    for name in names.split_whitespace() {
        let (field, message) = refused(endpoint, &with(endpoint, name, value.clone()));
        assert!(message.starts_with("is not offered: ") && message.contains(because), "{name}: {field}: {message}");
        assert_eq!(field, name);
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is_one = !value.is_array() && !value.is_object();
        assert!(!is_one || not_in_the_address(endpoint, std::iter::once((name, text.as_str()))).is_err(), "{name}");
    }
}

fn told(endpoint: &'static Endpoint, right: &str, names: &str, value: &Value) {
    for name in names.split_whitespace() {
        let (field, message) = refused(endpoint, &with(endpoint, name, value.clone()));
        assert_eq!(field, right, "{name}: {message}");
        assert!(message.contains(&format!("send `{right}`")), "{name}: {message}");
    }
}

#[track_caller]
fn passes(endpoint: &Endpoint, name: &str, value: &Value) {
    let body = with(endpoint, name, value.clone());
    assert!(read(endpoint, body.as_bytes()).is_ok(), "{body}: {:?}", read(endpoint, body.as_bytes()));
    assert_eq!(ignored(endpoint, body.as_bytes(), std::iter::empty()), [name]);
}

#[test]
fn another_wallet_is_told_that_the_one_that_pays_is_meant() {
    let names = "owner_wallet owner wallet_address wallet beneficiary for_wallet assign_to assignee ownerAddress recipientWallet \
                 lease_to customer_wallet target_address";
    for wallet in [json!(EVM), json!(SOLANA), json!(format!("eip155:8453:{EVM}")), json!("vitalik.eth"), json!([EVM])] {
        not_offered(&NUMBERS_BUY, names, &wallet, "the wallet that pays is the one that leases");
        not_offered(&NUMBERS_RENEW, names, &wallet, "the wallet that owns a number renews it");
        not_offered(&NUMBERS_LIST, names, &wallet, "a list is of the wallet that pays");
        not_offered(&VOICE_CALLS_LIST, names, &wallet, "a list is of the wallet that pays");
    }
    assert!(refused(&NUMBERS_BUY, &json!({"options": {"owner": EVM}}).to_string()).1.contains("leases"));
    assert!(refused(&NUMBERS_BUY, &json!({"wallet": {"address": EVM}}).to_string()).1.contains("leases"));
    assert!(in_the_address(&VOICE_CALLS, &[("wallet", EVM)]).is_err());
    for endpoint in [&NUMBERS_BUY, &NUMBERS_RENEW, &NUMBERS_LIST] {
        for (name, value) in [
            ("owner", json!("Vicky")),
            ("wallet", json!("metamask")),
            ("wallet", json!("0x00")),
            ("assign_to", json!("agent-7")),
            ("payer", json!(EVM)),
            ("payer_wallet", json!(EVM)),
            ("agent_wallet", json!(EVM)),
            ("asset", json!(EVM)),
            ("token_address", json!(EVM)),
            ("metadata", json!({"wallet": EVM})),
            ("wallet_connected", json!(true)),
        ] {
            passes(endpoint, name, &value);
        }
    }
}

#[test]
fn a_place_is_told_the_area_code_and_a_calling_code_the_country() {
    let code = json!("604");
    let names = "national_destination_code ndc nationalDestinationCode filter[national_destination_code] std_code number_prefix \
                 phone_prefix";
    told(&NUMBERS_BUY, "area_code", names, &code);
    told(&NUMBERS_BUY, "area_code", "PhoneNumberPrefix", &json!("+1604"));
    told(&NUMBERS_BUY, "country", "dial_code dialing_code phone_code isd_code country_dial_code", &json!("+44"));
    let places = "administrative_area filter[administrative_area] state_code us_state stateCode province_code county county_name \
                  city_name preferred_city municipality preferredRegion";
    not_offered(&NUMBERS_BUY, places, &json!("CA"), "`area_code` is the only wish of place");
    for name in ["customer_state", "billing_city", "region_id", "state_machine", "user_state_code", "invoice_prefix"] {
        passes(&NUMBERS_BUY, name, &json!("CA"));
    }
}

#[test]
fn another_end_of_a_lease_is_told_what_there_is() {
    let names = "expiration_date expiry_date expires ends_at valid_to lifetime expiresOn valid_until end_date new_expires_at \
                 renewal_period renew_for keep_for";
    not_offered(&NUMBERS_BUY, names, &json!("2027-06-01"), "a lease is thirty days");
    let names = "renewal_period extension new_expires_at expiry_date renewal_term renew_for expires valid_to expirationDate \
                 new_expiration renewal_length";
    not_offered(&NUMBERS_RENEW, names, &json!("90 days"), "a renewal adds thirty days");
    not_offered(&NUMBERS_RENEW, "cycles billing_cycles renewal_cycles", &json!(3), "once");
    passes(&NUMBERS_RENEW, "renewal_period", &json!("30 days"));
    passes(&NUMBERS_RENEW, "cycles", &json!(1));
    for name in ["session_expires_at", "quote_expiration_date", "card_expiry_date", "renewal_reason"] {
        passes(&NUMBERS_BUY, name, &json!("2027-06-01"));
    }
    passes(&NUMBERS_BUY, "auth", &json!({"expires": "2027-06-01"}));
}

#[test]
fn a_call_otherwise_than_asked_is_told_its_field_or_that_there_is_none() {
    let from = "outgoingCallerId SourcePhoneNumber OriginationIdentity twilioPhoneNumber PhoneNumberSid cli our_number \
                OriginationPhoneNumber my_phone_number telnyx_number originator";
    told(&VOICE_CALL, "from", from, &json!("+14155551234"));
    let to = "callee_phone callee_phone_number called_number destination_phone DestinationPhoneNumber recipient_msisdn";
    told(&VOICE_CALL, "phone_number", to, &json!("+12133610872"));
    let task =
        "call_context call_script call_goal call_purpose system_message additional_info conversation_goal MessageBody";
    told(&VOICE_CALL, "task", task, &json!("Ask for a table."));
    told(&VOICE_CALL, "first_sentence", "opening_statement openingRemarks", &json!("Hello."));
    told(&VOICE_CALL, "wait_for_greeting", "start_speaker", &json!("user"));
    told(&VOICE_CALL, "max_duration", "length_timer time_limit_secs timeout_secs", &json!(5));
    told(&VOICE_CALL, "interruption_threshold", "startSpeakingPlan.waitSeconds", &json!(0.4));
    let hours = "earliest_time quiet_hours not_earlier_than start_in call_in call_start_time working_hours do_not_call_before \
                 in_minutes minutes_from_now in_seconds latestTime calling_windows dont_call_after";
    not_offered(&VOICE_CALL, hours, &json!("17"), "a call is placed at once");
    let others = "alternate_number to_numbers fallback_phone secondary_phone_number backupNumber";
    not_offered(&VOICE_CALL, others, &json!("+12133610872"), "a request places one call, to one number");
    let reports = "status_url send_results_to hangup_url send_transcript_to resultsEndpoint event_uri";
    not_offered(&VOICE_CALL, reports, &json!("https://example.com"), "poll `poll_url`");
    not_offered(&VOICE_CALL, "closing_message goodbye_text farewell", &json!("Bye."), "let `task` say");
    let delays = "begin_message_delay_ms greeting_delay first_message_delay initialMessageDelay";
    not_offered(&VOICE_CALL, delays, &json!(1000), "`wait_for_greeting`");
    not_offered(&VOICE_CALL, "startSpeakingPlan", &json!({"waitSeconds": 0.4}), "`interruption_threshold`");
    not_offered(&VOICE_CALL, "RingTimeoutInSeconds ringing_timer", &json!(20), "the carrier's");
    for (name, value) in [
        ("first_message_interruptions_enabled", json!(true)),
        ("start_speaker", json!("agent")),
        ("firstMessageMode", json!("assistant-speaks-first")),
        ("startSpeakingPlan", json!({"smartEndpointingEnabled": true})),
        ("begin_message_delay_ms", json!(0)),
        ("cli", json!("1.4.2")),
        ("call_context", json!({"locale": "de"})),
        ("source_api_number_id", json!("17")),
        ("context_window", json!(4096)),
        ("system", json!("crm")),
    ] {
        passes(&VOICE_CALL, name, &value);
    }
}

#[test]
fn an_object_that_is_written_out_in_a_name_is_judged_as_that_object() {
    for (right, name, value) in [
        ("status", "filter[status]", "completed"),
        ("status", "filter.status", "completed"),
        ("status", "filter[status][eq]", "completed"),
        ("status", "status[]", "completed"),
        ("status", "status[in]", "completed,busy"),
        ("limit", "params[limit]", "1"),
        ("limit", "query.page_size", "1"),
        ("limit", "page[limit]", "1"),
        ("limit", "page[size]", "1"),
        ("cursor", "page[after]", "AAECAw"),
        ("since", "since[gte]", "2026-11-01"),
        ("since", "filter[since][gte]", "2026-11-01"),
        ("number", "filter[to]", "+14155551234"),
        ("number", "where.number.eq", "+14155551234"),
    ] {
        match in_the_address(&VOICE_CALLS, &[(name, value)]) {
            Err(crate::refusal::Refusal::BadRequest { field, message }) => {
                assert_eq!(field, right, "{name}: {message}");
                assert!(message.contains(&format!("was sent as `{name}`")), "{message}");
                assert!(message.contains(&format!("send `{right}`. ")), "{message}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(refused(&VOICE_CALLS_LIST, &json!({name: value}).to_string()).0, right, "{name}");
    }
    for name in ["since[lte]", "filter[since][lt]", "created_at[lte]", "filter[end_date]"] {
        let (_, message) = refused(&VOICE_CALLS_LIST, &json!({name: "2026-11-01"}).to_string());
        assert!(message.contains("newest call"), "{name}: {message}");
    }
    for name in ["filter[phone_number][starts_with]", "filter[phone_number][contains]", "search.phone_number.ends_with"]
    {
        let (field, message) = refused(&NUMBERS_BUY, &json!({name: "604"}).to_string());
        assert!(field == name && message.contains("a number cannot be chosen"), "{name}: {message}");
    }
    for (name, value) in [("metadata[city]", "Oakland"), ("user.country", "GB"), ("x.y", "1"), ("app.version", "1.2")] {
        passes(&NUMBERS_BUY, name, &json!(value));
    }
    assert!(in_the_address(&VOICE_CALLS, &[("utm[source]", "a"), ("_.b", "1"), ("page[number]", "1")]).is_ok());
}

#[test]
fn a_field_that_is_written_as_its_name_and_its_value_is_told_its_place() {
    for filters in [
        json!([{"field": "status", "operator": "eq", "value": "completed"}]),
        json!({"conditions": [{"column": "status", "values": ["busy"]}]}),
    ] {
        let (field, message) = refused(&VOICE_CALLS_LIST, &json!({"filters": filters}).to_string());
        assert!(field == "status" && message.contains("at the top of the body"), "{message}");
    }
    let params = json!({"params": [{"name": "country", "value": "CA"}]});
    assert_eq!(refused(&NUMBERS_BUY, &params.to_string()).0, "country");
    let tags = json!({"tags": [{"key": "country", "value": "CA"}]});
    assert!(read(&NUMBERS_BUY, tags.to_string().as_bytes()).is_ok());
}

#[test]
fn a_list_that_is_to_begin_at_the_oldest_is_not_offered_and_at_the_newest_is_what_happens() {
    for refused in
        [json!({"sort": "created_at"}), json!({"sort_by": "createdAt", "order": "asc"}), json!({"sort": "+created_at"})]
    {
        assert!(read(&VOICE_CALLS_LIST, refused.to_string().as_bytes()).is_err(), "{refused}");
    }
    for taken in [
        json!({"sort": "-created_at"}),
        json!({"sort": "created_at:desc"}),
        json!({"order_by": "created_at desc"}),
        json!({"sort": "desc"}),
        json!({"sort_by": "created_at", "sort_order": "desc"}),
        json!({"sort": "created_at", "direction": "DESC"}),
        json!({"sort": {"created_at": -1}}),
        json!({"sort[created_at]": "desc"}),
    ] {
        assert!(read(&VOICE_CALLS_LIST, taken.to_string().as_bytes()).is_ok(), "{taken}");
    }
    assert!(in_the_address(&VOICE_CALLS, &[("sort", "created_at")]).is_err());
    assert!(in_the_address(&VOICE_CALLS, &[("sort", "created_at"), ("order", "desc")]).is_ok());
}
