//! What Twilio answers, and what is read from it.

use super::{billed, bought, found, listed, released};
use crate::types::PhoneNumber;
use crate::upstream::twilio::{BuyError, Said, TwilioError, Usage};
use crate::wire::http::Reply;

const PATH: &str = "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json";
const SID: &str = "PN0123456789abcdef0123456789abcdef";

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status: http::StatusCode::from_u16(status).unwrap(),
        retry_after: None,
        headers: http::HeaderMap::new(),
        body: body.into(),
    }
}

fn number() -> PhoneNumber {
    PhoneNumber::parse("+14155551234").unwrap()
}

#[test]
fn a_candidate_has_voice_and_needs_no_address() {
    let body = r#"{"available_phone_numbers":[
        {"phone_number":"+14155551234","address_requirements":"none","capabilities":{"voice":true,"SMS":true},"latitude":"19.7"},
        {"phone_number":"+14155551235","address_requirements":"any","capabilities":{"voice":true}},
        {"phone_number":"+14155551236","address_requirements":"none","capabilities":{"voice":false}},
        {"phone_number":"+14155551237","address_requirements":"none","capabilities":{"Voice":true}},
        {"phone_number":"tel:1","address_requirements":"none","capabilities":{"voice":true}}]}"#;
    let numbers = found(&reply(200, body)).unwrap();
    let numbers: Vec<&str> = numbers.iter().map(PhoneNumber::as_str).collect();
    assert_eq!(numbers, ["+14155551234", "+14155551237"]);
    assert_eq!(found(&reply(200, r#"{"available_phone_numbers":[]}"#)), Ok(vec![]));
    assert_eq!(found(&reply(404, "{}")), Err(TwilioError::NotOffered));
    assert_eq!(found(&reply(200, "<html>")), Err(TwilioError::Unknown));
}

#[test]
fn each_answer_to_a_purchase_says_whether_it_happened() {
    let receipt = format!(r#"{{"sid":"{SID}","phone_number":"+14155551234","status":"in-use"}}"#);
    assert_eq!(bought(&reply(201, &receipt), &number()).unwrap().sid, SID);

    let said = |code, message: &str| Said { code, message: message.into() };
    let bundle = "Phone Number Requires a Bundle";
    for (status, body, outcome) in [
        (400, r#"{"code":21422,"message":"+14155551234 is not available","status":400}"#, BuyError::Taken),
        (
            400,
            r#"{"code":21649,"message":"Phone Number Requires a Bundle","status":400}"#,
            BuyError::Refused(said(Some(21_649), bundle)),
        ),
        (
            403,
            r#"{"code":21631,"message":"Phone Number Requires an Address","status":403}"#,
            BuyError::Refused(said(Some(21_631), "Phone Number Requires an Address")),
        ),
        (
            400,
            r#"{"code":21421,"message":"+14155551234 is invalid; +12125550000 is not"}"#,
            BuyError::Refused(said(Some(21_421), "+14155551234 is invalid; [number] is not")),
        ),
        (
            400,
            r#"{"code":21404,"message":"not available to trial accounts"}"#,
            BuyError::Account(said(Some(21_404), "not available to trial accounts")),
        ),
        (401, r#"{"code":20003,"message":"Authenticate"}"#, BuyError::Account(said(Some(20_003), "Authenticate"))),
        (400, r#"{"code":22300,"message":"restricted"}"#, BuyError::Account(said(Some(22_300), "restricted"))),
        (403, "", BuyError::Account(said(None, "status 403"))),
        (429, r#"{"code":20429,"message":"Too Many Requests"}"#, BuyError::RateLimited { retry_after: 2 }),
        (503, r#"{"code":20503,"message":"Service unavailable"}"#, BuyError::Unknown),
        (500, "", BuyError::Unknown),
        (408, "", BuyError::Unknown),
        (302, "", BuyError::Unknown),
        (201, "{", BuyError::Unknown),
        (201, r#"{"sid":"PN1","phone_number":"+14155551234"}"#, BuyError::Unknown),
    ] {
        assert_eq!(bought(&reply(status, body), &number()), Err(outcome), "{status} {body}");
    }
    let other = format!(r#"{{"sid":"{SID}","phone_number":"+14155559999"}}"#);
    assert_eq!(bought(&reply(201, &other), &number()), Err(BuyError::Unknown));
}

#[test]
fn a_list_is_whole_or_not_a_list() {
    let entry = |sid: &str| {
        format!(
            r#"{{"sid":"{sid}","phone_number":"+14155551234","friendly_name":"dt-1","date_created":"Fri, 14 Apr 2026 10:00:00 +0000"}}"#
        )
    };
    let page = |entries: &str, next: &str| {
        reply(200, &format!(r#"{{"incoming_phone_numbers":[{entries}],"next_page_uri":{next}}}"#))
    };
    let (owned, next) = listed(&page(&entry(SID), "null"), PATH).unwrap();
    assert_eq!((owned.len(), next), (1, None));
    let first = owned.first().unwrap();
    assert_eq!((first.sid.as_str(), first.tag.as_str()), (SID, "dt-1"));

    let more = format!("\"{PATH}?PageSize=100&Page=1&PageToken=PAx\"");
    let (_, next) = listed(&page("", &more), PATH).unwrap();
    assert_eq!(next.as_deref(), Some("PageSize=100&Page=1&PageToken=PAx"));

    for bad in [
        page(&entry("../x"), "null"),
        page("", "\"https://elsewhere.example/?a=b\""),
        page("", "\"/2010-04-01/Accounts/AC2/IncomingPhoneNumbers.json?Page=1\""),
        page("", "\"nonsense\""),
        reply(200, "[]"),
        reply(500, ""),
    ] {
        assert_eq!(listed(&bad, PATH), Err(TwilioError::Unknown), "{bad:?}");
    }
}

#[test]
fn a_number_that_is_gone_is_released() {
    for status in [204, 404] {
        assert_eq!(released(&reply(status, "")), Ok(()));
    }
    assert_eq!(released(&reply(500, "")), Err(TwilioError::Unknown));
    assert_eq!(released(&reply(429, "")), Err(TwilioError::RateLimited { retry_after: 2 }));
}

#[test]
fn a_bill_may_be_corrected_below_nothing_and_finer_than_we_count_and_is_whole_or_none() {
    let record = |category: &str, price: &str, unit: &str, until: &str| {
        reply(
            200,
            &format!(
                r#"{{"usage_records": [{{"category": "{category}", "price": "{price}", "price_unit": "{unit}",
                "start_date": "2026-11-29", "end_date": "{until}"}}]}}"#
            ),
        )
    };
    let day = "2026-11-29";
    for (price, micros) in [("12.34", 12_340_000), ("0", 0), ("-0.0085", -8_500), ("2192.8485512", 2_192_848_551)] {
        let told = billed(&record("phonenumbers", price, "usd", day), Usage::Numbers).unwrap();
        assert_eq!(
            told.into_iter().map(|(day, bill)| (day.to_string(), bill)).collect::<Vec<_>>(),
            [(day.to_owned(), micros)]
        );
    }
    for wrong in [
        record("calls", "1", "usd", day),
        record("phonenumbers", "1", "eur", day),
        record("phonenumbers", "1", "usd", "2026-11-30"),
        record("phonenumbers", "a lot", "usd", day),
        reply(500, ""),
    ] {
        assert_eq!(billed(&wrong, Usage::Numbers), Err(TwilioError::Unknown), "{wrong:?}");
    }
    let categories = Usage::ALL.map(|usage| (usage.category(), usage.as_str()));
    assert_eq!(categories, [("calls", "calls"), ("phonenumbers", "numbers"), ("totalprice", "all")]);
}
