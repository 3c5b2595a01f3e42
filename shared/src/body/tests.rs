//! Bodies, read by the table as it is.

use super::{asks_nothing, read};
use crate::api::{
    ALL, Endpoint, Kind, MAX_DURATION, NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW, VOICE_CALL, VOICE_CALLS_LIST,
};
use crate::refusal::Refusal;
use crate::types::Country;

const CALL: &str = r#""phone_number":"+12133610872","task":"Say hello and hang up.""#;

/// The field that is named, and what is said about it.
#[track_caller]
fn refused(endpoint: &Endpoint, body: &str) -> (String, String) {
    match read(endpoint, body.as_bytes()) {
        Err(Refusal::BadRequest { field, message }) => (field, message),
        other => panic!("{body}: {other:?}"),
    }
}

#[track_caller]
fn refused_call(more: &str) -> (String, String) {
    refused(&VOICE_CALL, &format!("{{{CALL},{more}}}"))
}

#[test]
fn a_body_is_an_object_or_absent() {
    let nothing = ["", "  ", "{}", " { } ", "null", "\"\"", "\u{feff}null\n", r#"{"country":null}"#];
    for body in nothing.into_iter().chain(["\u{feff}{}", "\u{feff}\r\n{\"country\":\"US\"}\n"]) {
        assert!(read(&NUMBERS_BUY, body.as_bytes()).is_ok(), "{body}");
    }
    for (body, part) in [
        ("[1]", "is not a JSON object"),
        ("nul", "is not a JSON object"),
        ("\" \"", "is not a JSON object"),
        ("\"{}\"", "is not a JSON object"),
        ("country=US", "is not a JSON object"),
        ("\u{feff}\u{feff}{}", "is not a JSON object"),
        ("{", "is cut off"),
        (r#"{"country":"#, "is cut off"),
        (
            r#"{"country":"U"#,
            "is not JSON: the text that begins here has no closing quote, or the body is cut off (at character 12)",
        ),
        ("{} {}", "has something after the JSON object"),
        (r#"{"country":"US",}"#, "is not JSON: there is a comma before the closing brace (at character 17)"),
        (
            "\u{feff}\n{'country':'US'}",
            "is not JSON: text and names stand in double quotes, not in single ones (at character 3)",
        ),
        (r#"{"nothing of ours":[{"a":x}]}"#, "is not JSON: text stands in double quotes (at character 26)"),
        (r#"{"country":NaN}"#, "is not JSON: JSON has neither NaN nor Infinity (at character 12)"),
        (r#"{"\ud800":1}"#, "is not JSON: an escape in a name stands for no character (at character 3)"),
        (r#"{"country":"US"} // why"#, "has something after the JSON object"),
        ("{\0\"\0a\0\"\0:\0[\0]\0}\0", "must be UTF-8, not UTF-16 or UTF-32"),
        ("\0{\0}", "must be UTF-8, not UTF-16 or UTF-32"),
        (r#"{"a":[[[[[[[[1]]]]]]]]}"#, "is nested deeper than 8 levels"),
    ] {
        let (field, message) = refused(&NUMBERS_BUY, body);
        assert_eq!(field, "body", "{body}");
        assert!(message.starts_with(part), "{body}: {message}");
        assert!(!message.contains("line") && !message.contains("column") && !message.contains("expected"), "{message}");
    }
    for (body, says) in [
        (&b"{\"skipped\":\"\xff\"}"[..], "must be UTF-8"),
        (b"\xff\xfe{\0}\0", "must be UTF-8, not UTF-16 or UTF-32"),
        (b"\xfe\xff\0{\0}", "must be UTF-8, not UTF-16 or UTF-32"),
    ] {
        let refused = read(&NUMBERS_BUY, body);
        assert!(matches!(refused, Err(Refusal::BadRequest { field, message }) if field == "body" && message == says));
    }
}

#[test]
fn a_question_for_the_price_asks_for_nothing() {
    for body in ["", " ", "{}", "{ }", "\u{feff}{}", "null", "\"\"", "[]", "[ ]\n"] {
        assert!(asks_nothing(body.as_bytes()), "{body}");
    }
    for body in [r#"{"a":1}"#, r#"{"task":null}"#, "[1]", "[[]]", "{", "{}{}", "\u{feff}\u{feff}"] {
        assert!(!asks_nothing(body.as_bytes()), "{body}");
    }
}

#[test]
fn an_error_is_in_the_words_of_a_caller() {
    for (field, value, says) in [
        ("max_duration", "\"5\"", "must be a whole number from 1 to 30, without quotes"),
        ("max_duration", "\"5.0\"", "must be a whole number from 1 to 30, without quotes"),
        ("max_duration", "\"31\"", "must be a whole number from 1 to 30"),
        ("max_duration", "\"05\"", "must be a whole number from 1 to 30"),
        ("max_duration", "5.5", "must be a whole number from 1 to 30"),
        ("max_duration", "-1", "must be a whole number from 1 to 30"),
        ("max_duration", "31", "must be a whole number from 1 to 30"),
        ("max_duration", "1e99", "must be a whole number from 1 to 30"),
        ("max_duration", "true", "must be a whole number from 1 to 30"),
        ("max_duration", "[5]", "must be a whole number from 1 to 30"),
        ("interruption_threshold", "-0.5", "must be a whole number from 0 to 10000"),
        ("wait_for_greeting", "\"yes\"", "must be true or false, without quotes"),
        ("wait_for_greeting", "1", "must be true or false, without quotes"),
        ("voice", "5", "must be text, in quotes"),
        ("voice", "{\"id\":1}", "must be text, in quotes"),
        ("language", "[\"en\"]", "must be one text, in quotes, and not a list"),
        ("from", "14155551234", "must be a phone number in E.164 format, in quotes, such as \"+14155551234\""),
        ("first_sentence", "\"bell\\u0007\"", "contains control characters"),
        ("first_sentence", "\"\\ud83d\"", "has an escape that stands for no character"),
    ] {
        assert_eq!(refused_call(&format!("\"{field}\":{value}")), (field.to_owned(), says.to_owned()), "{value}");
    }
    let (field, message) = refused_call("\"from\":\"4155551234\"");
    assert_eq!((field.as_str(), message.contains("E.164")), ("from", true));
    for (endpoint, body, says) in [
        (&NUMBERS_BUY, r#"{"country":840}"#, "must be the two letters of ISO 3166-1, in quotes"),
        (&NUMBERS_BUY, r#"{"country":["GB"]}"#, "must be one text, in quotes, and not a list"),
        (&VOICE_CALLS_LIST, r#"{"since":1796000000}"#, "must be a time in RFC 3339"),
        (&VOICE_CALLS_LIST, r#"{"status":7}"#, "must be one of started, "),
    ] {
        let (_, message) = refused(endpoint, body);
        assert!(message.starts_with(says), "{body}: {message}");
    }
    for compressed in [&b"\x1f\x8b\x08\0\0\0\0\0"[..], b"\x78\x9c\xab\x56", b"\x28\xb5\x2f\xfd\x04"] {
        let refusal = read(&NUMBERS_BUY, compressed).unwrap_err();
        assert!(refusal.facts().message.contains("is compressed; send it as it is"), "{compressed:?}");
    }
    let (field, message) = refused(&NUMBERS_BUY, r#"{"country":"ZZ"}"#);
    assert_eq!(
        (field.as_str(), message.as_str()),
        ("country", "must be the ISO 3166-1 alpha-2 code of a country, such as \"US\"")
    );
}

#[test]
fn the_first_field_of_the_table_that_is_wrong_is_named_whatever_the_order_of_the_body() {
    let fields = [
        ("phone_number", "\"911\""),
        ("task", "\"short\""),
        ("from", "\"1\""),
        ("voice", "1"),
        ("language", "\"xx\""),
        ("max_duration", "0"),
        ("first_sentence", "1"),
        ("wait_for_greeting", "1"),
        ("interruption_threshold", "-1"),
        ("voicemail_message", "\"{\""),
        ("questions", "1"),
    ];
    assert!(fields.iter().map(|(name, _)| *name).eq(VOICE_CALL.request.iter().map(|field| field.name)));
    let right = |name: &str| match name {
        "phone_number" => Some("\"+12133610872\""),
        "task" => Some("\"Say hello and hang up.\""),
        _ => None,
    };
    for at in 0..fields.len() {
        let value = |(place, (name, wrong)): (usize, &(&'static str, &'static str))| {
            let value = if place < at { right(name) } else { Some(*wrong) };
            value.map(|value| format!("\"{name}\":{value}"))
        };
        let mut parts: Vec<String> = fields.iter().enumerate().filter_map(value).collect();
        assert_eq!(refused(&VOICE_CALL, &format!("{{{}}}", parts.join(","))).0, fields[at].0);
        parts.reverse();
        assert_eq!(refused(&VOICE_CALL, &format!("{{{}}}", parts.join(","))).0, fields[at].0);
    }
}

#[test]
fn null_and_text_with_nothing_to_read_in_it_are_absent_in_every_field_and_spelling() {
    let nothing = [
        "null",
        "\"\"",
        "\"\\u0301 \\u20dd\"",
        "\"\\ufffc\\ufff9\"",
        "\"\\ufe0f\"",
        "\"   \"",
        "\"\\n\\t\"",
        "\"\\u200b\\u2060\\ufeff\"",
        "\"\\u00a0\\u3000\"",
        "\"\\u00ad\"",
    ];
    for endpoint in ALL {
        for field in endpoint.request {
            for name in field.names() {
                for value in nothing {
                    let needed = if endpoint.name == "voice_call" && field.name == "task" {
                        r#""phone_number":"+12133610872","#
                    } else {
                        ""
                    };
                    let body = format!("{{{needed}\"{name}\":{value}}}");
                    let read = read(endpoint, body.as_bytes());
                    match read {
                        Ok(mut read) => assert!(!field.required && read.take(field.name).is_none(), "{body}"),
                        Err(Refusal::BadRequest { field: named, message }) => {
                            let says = match value {
                                "null" => "is missing".to_owned(),
                                _ if name == field.name => "is blank".to_owned(),
                                _ => format!("sent as `{name}`: is blank"),
                            };
                            let first = endpoint.request.iter().find(|field| field.required).expect("a needed field");
                            if field.required {
                                assert_eq!((named.as_str(), message), (field.name, says), "{body}");
                            } else {
                                assert_eq!((named.as_str(), message.as_str()), (first.name, "is missing"), "{body}");
                            }
                        }
                        Err(other) => panic!("{body}: {other:?}"),
                    }
                }
            }
        }
    }
}

#[test]
fn two_spellings_may_agree_and_not_differ() {
    let number = |body: &str| read(&NUMBERS_RENEW, body.as_bytes()).map(|mut body| body.phone_number("phone_number"));
    for body in [
        r#"{"phoneNumber":"+14155551234"}"#,
        r#"{"phoneNumber":"+14155551234","phone_number":"+14155551234"}"#,
        r#"{"phoneNumber":"+14155551234","phone_number":""}"#,
        r#"{"phone_number":null,"phoneNumber":"+14155551234"}"#,
    ] {
        assert_eq!(number(body).unwrap().unwrap().as_str(), "+14155551234", "{body}");
    }
    // The field is called by its own name, and in the message as it was sent.
    let (field, message) = refused(&NUMBERS_RENEW, r#"{"phoneNumber":"+14155551234","phone_number":"+14155551235"}"#);
    let says = "sent as `phoneNumber`: contradicts `phone_number`; send one of them";
    assert_eq!((field.as_str(), message.as_str()), ("phone_number", says));
    let (field, message) = refused(&NUMBERS_RENEW, r#"{"phone_number":"+14155551234","phoneNumber":"911"}"#);
    assert!(field == "phone_number" && message.starts_with("sent as `phoneNumber`: "), "{field}: {message}");
    let (field, message) = refused(&NUMBERS_RENEW, r#"{"phoneNumber":"+14155551234","phoneNumber":"+14155551234"}"#);
    assert_eq!(
        (field.as_str(), message.as_str()),
        ("phone_number", "sent as `phoneNumber`: is there twice; send it once")
    );
    let (field, message) = refused(&NUMBERS_BUY, r#"{"country":"US","country":"US"}"#);
    assert_eq!((field.as_str(), message.as_str()), ("country", "is there twice; send it once"));
}

#[test]
fn numbers_are_read_as_json_schema_has_them() {
    for minutes in ["5", "5.0", "5e0", "0.5E+1", "50e-1"] {
        let body = format!("{{{CALL},\"max_duration\":{minutes}}}");
        assert_eq!(read(&VOICE_CALL, body.as_bytes()).unwrap().integer(&MAX_DURATION), 5, "{minutes}");
    }
    let body = format!("{{{CALL}}}");
    assert_eq!(read(&VOICE_CALL, body.as_bytes()).unwrap().integer(&MAX_DURATION), MAX_DURATION.default);
}

#[test]
fn the_same_thing_in_other_letters_is_the_same_value() {
    let united_kingdom = read(&NUMBERS_BUY, br#"{"country":"uk"}"#).unwrap().country("country");
    assert_eq!(united_kingdom, Country::parse("GB").ok());
    for country in ["CA", "ca", "Ca", " ca ", "\\tCA\\r\\n"] {
        let body = format!("{{\"country\":\"{country}\"}}");
        assert_eq!(read(&NUMBERS_BUY, body.as_bytes()).unwrap().country("country"), Some(Country::CA));
    }
    for language in ["pt-BR", "pt_br", "PT-br"] {
        let body = format!("{{{CALL},\"language\":\"{language}\"}}");
        assert_eq!(read(&VOICE_CALL, body.as_bytes()).unwrap().language("language"), Some("pt-BR"));
    }
}

#[test]
fn text_has_limits_in_characters_and_no_control_characters() {
    let task = |task: &str| {
        let body = serde_json::json!({"phone_number": "+12133610872", "task": task});
        read(&VOICE_CALL, body.to_string().as_bytes()).map(|mut body| body.text("task"))
    };
    for good in ["ten chars!", "äöüäöüäöüä", "line\nline\ttab\r\n", "  leading blanks stay  "] {
        assert_eq!(task(good).unwrap().as_deref(), Some(good));
    }
    assert!(task(&"\u{1f600}".repeat(4_000)).is_ok() && task(&"x".repeat(4_001)).is_err());
    let padded = format!("{}nine char\u{200b}", " ".repeat(10));
    assert_eq!(
        refused(&VOICE_CALL, &format!("{{\"phone_number\":\"+12133610872\",\"task\":\"{padded}\"}}")),
        (
            "task".to_owned(),
            "has 9 characters without the blanks around them and what has no width; 10 to 4000 are accepted".to_owned()
        )
    );
    for bad in [
        "nine char",
        &padded,
        "n\u{200b}i\u{200b}n\u{feff}e\u{200b} ch\u{ad}ar",
        "a nul\0 in it",
        "a bell\u{7} in it",
        "an escape\u{1b}[0m",
        "a delete\u{7f}",
        "a c1 one\u{85}",
    ] {
        assert!(task(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn every_field_that_is_asked_for_is_of_a_kind_that_is_read() {
    for field in ALL.iter().flat_map(|endpoint| endpoint.request) {
        let known = matches!(
            field.kind,
            Kind::Text(_)
                | Kind::Speech(_)
                | Kind::Questions(_)
                | Kind::Pattern(_)
                | Kind::Phone
                | Kind::Country
                | Kind::AreaCode
                | Kind::Language
                | Kind::Voice
                | Kind::Word(_)
                | Kind::Time
                | Kind::Integer(_)
                | Kind::Boolean
        );
        assert!(known, "{}", field.name);
    }
    assert!(read(&NUMBERS_LIST, br#"{"anything":[1,{"a":2}]}"#).is_ok());
}
