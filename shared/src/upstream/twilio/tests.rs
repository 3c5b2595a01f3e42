//! The requests, byte for byte where it matters.

use std::time::Duration;

use super::{BuyError, Kind, Twilio, TwilioConfig, TwilioError, TwilioKey};
use crate::types::{AreaCode, Country, PhoneNumber};
use crate::wire::canned::Canned;
use crate::wire::secrets::Rotating;

const LIMIT: Duration = Duration::from_secs(5);
const SID: &str = "PN0123456789abcdef0123456789abcdef";

fn client(url: &str) -> Twilio {
    Twilio::new(TwilioConfig {
        url: format!("{url}/"),
        account_sid: "AC1".into(),
        key: Rotating::given("test", TwilioKey { user: "SK1".into(), password: "s".into(), owner: None }),
    })
}

fn number() -> PhoneNumber {
    PhoneNumber::parse("+14155551234").unwrap()
}

#[tokio::test]
async fn a_search_asks_for_numbers_that_can_be_used_at_once() {
    let twilio = Canned::answering(&[(200, r#"{"available_phone_numbers":[]}"#); 3]);
    let client = client(&twilio.url);
    let of = |country: &str, area: &str| AreaCode::parse(area, Country::parse(country).unwrap()).unwrap();
    client.search(Country::US, Kind::Local, Some(&of("US", "415")), LIMIT).await.unwrap();
    client.search(Country::CA, Kind::Mobile, None, LIMIT).await.unwrap();
    client.search(Country::parse("GB").unwrap(), Kind::Local, Some(&of("GB", "0161")), LIMIT).await.unwrap();
    let filters = "VoiceEnabled=true&ExcludeAllAddressRequired=true&Beta=false&PageSize=50";
    let base = "GET /2010-04-01/Accounts/AC1/AvailablePhoneNumbers";
    let asked = twilio.asked();
    let lines: Vec<&str> = asked.iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            format!("{base}/US/Local.json?{filters}&AreaCode=415"),
            format!("{base}/CA/Mobile.json?{filters}"),
            format!("{base}/GB/Local.json?{filters}&Contains=%2B44161"),
        ]
    );
    assert!(asked.first().unwrap().has("authorization", "Basic U0sxOnM="));
}

#[tokio::test]
async fn an_area_abroad_is_looked_for_and_never_a_reason_to_fail() {
    let offered = |number: &str| {
        format!(r#"{{"phone_number":"{number}","address_requirements":"none","capabilities":{{"voice":true}}}}"#)
    };
    let both = format!(r#"{{"available_phone_numbers":[{},{}]}}"#, offered("+442079460101"), offered("+441614420101"));
    let twilio = Canned::answering(&[(200, &both), (400, r#"{"code":20001,"message":"Invalid parameter"}"#)]);
    let client = client(&twilio.url);
    let britain = Country::parse("GB").unwrap();
    let london = AreaCode::parse("20", britain).unwrap();
    let found = client.search(britain, Kind::Local, Some(&london), LIMIT).await.unwrap();
    assert_eq!(found, [PhoneNumber::parse("+442079460101").unwrap()], "what was asked for, and not what has it inside");
    assert_eq!(client.search(britain, Kind::Local, Some(&london), LIMIT).await, Ok(vec![]));
}

#[tokio::test]
async fn a_purchase_names_its_number_and_carries_our_tag() {
    let receipt = format!(r#"{{"sid":"{SID}","phone_number":"+14155551234"}}"#);
    let twilio = Canned::answering(&[(201, &receipt)]);
    let bought = client(&twilio.url).buy(&number(), "dt-1", LIMIT).await.unwrap();
    assert_eq!(bought.sid, SID);
    let asked = twilio.asked().remove(0);
    assert_eq!(asked.line, "POST /2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json");
    assert_eq!(asked.body, "PhoneNumber=%2B14155551234&FriendlyName=dt-1");
    assert!(asked.has("content-type", "application/x-www-form-urlencoded"));
}

#[tokio::test]
async fn what_we_own_is_found_by_number_and_page_by_page() {
    let entry = format!(r#"{{"sid":"{SID}","phone_number":"+14155551234","friendly_name":"dt-1"}}"#);
    let one = format!(
        r#"{{"incoming_phone_numbers":[{entry}],"next_page_uri":"/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json?PageSize=100&Page=1"}}"#
    );
    let twilio = Canned::answering(&[
        (200, &one),
        (200, r#"{"incoming_phone_numbers":[]}"#),
        (200, &one),
        (200, r#"{"incoming_phone_numbers":[]}"#),
        (204, ""),
    ]);
    let client = client(&twilio.url);
    assert_eq!(client.owned(&number(), LIMIT).await.unwrap().unwrap().tag, "dt-1");
    assert_eq!(client.owned(&number(), LIMIT).await, Ok(None));
    let (_, next) = client.all_owned(None, LIMIT).await.unwrap();
    assert_eq!(client.all_owned(next, LIMIT).await, Ok((vec![], None)));
    assert_eq!(client.release(SID, LIMIT).await, Ok(()));
    assert!(matches!(client.release("../../x", LIMIT).await, Err(TwilioError::Refused(_))));

    let lines: Vec<String> = twilio.asked().into_iter().map(|asked| asked.line).collect();
    let base = "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers";
    assert_eq!(
        lines,
        [
            format!("GET {base}.json?PhoneNumber=%2B14155551234"),
            format!("GET {base}.json?PhoneNumber=%2B14155551234"),
            format!("GET {base}.json?PageSize=100"),
            format!("GET {base}.json?PageSize=100&Page=1"),
            format!("DELETE {base}/{SID}.json"),
        ]
    );
}

#[tokio::test]
async fn a_purchase_that_was_never_sent_did_not_happen() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = client(&format!("http://{closed}")).buy(&number(), "dt-1", LIMIT).await;
    assert_eq!(outcome, Err(BuyError::NotSent));
}
