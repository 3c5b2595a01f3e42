//! What Bland answers, and what is read from it.

use super::{dialled, forgotten, stopped, succeeded};
use crate::types::PhoneNumber;
use crate::upstream::bland::{BlandError, DialError};
use crate::wire::http::Reply;

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status: http::StatusCode::from_u16(status).unwrap(),
        retry_after: None,
        headers: http::HeaderMap::new(),
        body: body.into(),
    }
}

fn error(message: &str) -> String {
    format!(r#"{{"status":"error","message":"{message}"}}"#)
}

fn dial(status: u16, body: &str) -> Result<String, DialError> {
    let to = PhoneNumber::parse("+12133610872").unwrap();
    dialled(&reply(status, body), &[&to]).map(|id| id.as_str().to_owned())
}

#[test]
fn an_accepted_call_has_an_id_that_can_stand_in_a_path() {
    let body = r#"{"status":"success","message":"Call successfully queued.","call_id":"8dd6f762-6c67-4546-aaad-3e59f5e4a09c","batch_id":null}"#;
    assert_eq!(dial(200, body).unwrap(), "8dd6f762-6c67-4546-aaad-3e59f5e4a09c");
    for unclear in [
        r#"{"status":"success","call_id":"../x"}"#,
        r#"{"status":"success"}"#,
        r#"{"status":"error","call_id":"a"}"#,
        "",
        "<html>",
    ] {
        assert_eq!(dial(200, unclear), Err(DialError::Unknown), "{unclear}");
    }
}

#[test]
fn a_number_that_is_not_rung_is_named_so_whatever_the_status() {
    for (status, body) in [
        (400, error("Cannot dial sensitive numbers. More attempts will result in being blocked.")),
        (400, r#"{"status":"DNC Error","message":"Number found in DNC list."}"#.into()),
        (400, error("Invalid phone number +12133610872")),
        (400, r#"{"error":"Invalid phone number format"}"#.into()),
        (429, error("This number is blacklisted.")),
        (200, error("This number is blacklisted.")),
        (403, r#"{"data":null,"errors":[{"error":"CALL_UNPAID_INTL_BLOCK","message":"off"}]}"#.into()),
        (403, r#"{"data":null,"errors":[{"error":"CALL_PLAN_DESTINATION_BLOCKED","message":"off"}]}"#.into()),
    ] {
        assert!(matches!(dial(status, &body), Err(DialError::UnsupportedDestination { .. })), "{status} {body}");
    }
}

#[test]
fn a_limit_says_how_long_to_wait() {
    for (status, body, seconds) in [
        (429, error("Calls can only be sent every 10 seconds to the same number."), 10),
        (429, error("Rate limit exceeded"), 60),
        (429, error("International rate limit exceeded for your account type."), 60),
        (429, String::new(), 60),
        (403, r#"{"data":null,"errors":[{"error":"CALL_RL_PLAN_CONCURRENCY","message":"x"}]}"#.into(), 60),
    ] {
        let limited = DialError::RateLimited { retry_after: seconds };
        assert_eq!(dial(status, &body), Err(limited), "{status} {body}");
    }
    let mut told = reply(429, &error("Rate limit exceeded"));
    told.retry_after = Some(7);
    assert_eq!(dialled(&told, &[]), Err(DialError::RateLimited { retry_after: 7 }));
}

#[test]
fn a_caller_id_that_is_not_imported_is_not_the_callers_mistake() {
    for (status, body) in [
        (400, error("Invalid 'from' - must be a phone number string with 10 or 12 digits.")),
        (400, error("Invalid from number format")),
        (500, error("Error in getting BYOT Number")),
    ] {
        assert_eq!(dial(status, &body), Err(DialError::NumberNotReady), "{status} {body}");
    }
}

#[test]
fn our_own_trouble_is_never_the_callers() {
    for (status, body) in [
        (401, r#"{"data":null,"errors":[{"error":"AUTH_FAILURE","message":"Unauthorized"}]}"#.into()),
        (402, error("Insufficient balance.")),
        (403, error("Your account has been flagged for security purposes")),
        (418, r#"{"error":"OBJECTIVE_VALIDATION_ERROR","details":{}}"#.into()),
        (404, String::new()),
        (500, error("Invalid encrypted_key provided")),
        (500, error("Error in getting dialer data from encrypted key")),
        (500, error("Error in creating Twilio connection.")),
    ] {
        assert!(matches!(dial(status, &body), Err(DialError::Account { .. })), "{status} {body}");
    }
}

#[test]
fn what_else_is_wrong_with_a_request_is_passed_on() {
    for (body, message) in [
        (error("Invalid language code"), "Invalid language code"),
        (error("Flagged Node: violence"), "Flagged Node: violence"),
        (r#"{"status":"error","errors":["voice is unknown"]}"#.into(), "voice is unknown"),
        ("{}".into(), "status 400"),
    ] {
        let refused = DialError::Refused { message: message.into() };
        assert_eq!(dial(400, &body), Err(refused), "{body}");
    }
}

#[test]
fn a_call_that_may_be_ringing_is_unknown_or_unclear_where_bland_itself_has_failed() {
    for (status, body, error) in [
        (500, error("Error triggering call. Please check your twilio account for errors"), DialError::Unclear),
        (502, "<html>".into(), DialError::Unclear),
        (301, String::new(), DialError::Unclear),
        (504, String::new(), DialError::Unknown),
        (408, String::new(), DialError::Unknown),
    ] {
        assert_eq!(dial(status, &body), Err(error), "{status} {body}");
    }
}

#[test]
fn what_is_gone_is_done() {
    let ok = r#"{"status":"success","message":"Call ended successfully."}"#;
    assert_eq!(stopped(&reply(200, ok)), Ok(()));
    assert_eq!(stopped(&reply(200, "")), Ok(()));
    for status in [200, 400, 404, 500] {
        let body = error("SID not found for the given c_id.");
        assert_eq!(stopped(&reply(status, &body)), Ok(()), "{status}");
    }
    assert_eq!(stopped(&reply(500, &error("Internal server error."))), Err(BlandError::Unknown));
    assert_eq!(forgotten(&reply(404, "")), Ok(()));
    assert_eq!(forgotten(&reply(400, &error("Number not found"))), Ok(()));
    assert_eq!(forgotten(&reply(503, "")), Err(BlandError::Unknown));
    assert!(matches!(forgotten(&reply(401, "{}")), Err(BlandError::Account { .. })));
    assert!(matches!(succeeded(&reply(200, &error("no")), &[]), Err(BlandError::Refused { .. })));
}
