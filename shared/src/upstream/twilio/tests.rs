//! The requests, byte for byte where it matters.

use std::time::Duration;

use super::{BuyError, Twilio, TwilioConfig, TwilioError, TwilioKey};
use crate::types::{Country, PhoneNumber};
use crate::upstream::canned::Canned;
use crate::upstream::secrets::Rotating;

const LIMIT: Duration = Duration::from_secs(5);
const SID: &str = "PN0123456789abcdef0123456789abcdef";

fn client(url: &str) -> Twilio {
    Twilio::new(TwilioConfig {
        url: format!("{url}/"),
        account_sid: "AC1".into(),
        key: Rotating::given("test", TwilioKey { user: "SK1".into(), password: "s".into() }),
    })
}

fn number() -> PhoneNumber {
    PhoneNumber::parse("+14155551234").unwrap()
}

#[tokio::test]
async fn a_search_asks_for_numbers_that_can_be_used_at_once() {
    let twilio =
        Canned::answering(&[(200, r#"{"available_phone_numbers":[]}"#), (200, r#"{"available_phone_numbers":[]}"#)]);
    let client = client(&twilio.url);
    client.search(Country::US, Some("415"), LIMIT).await.unwrap();
    client.search(Country::CA, None, LIMIT).await.unwrap();
    let asked = twilio.asked();
    let filters = "VoiceEnabled=true&ExcludeAllAddressRequired=true&Beta=false&PageSize=50";
    let base = "GET /2010-04-01/Accounts/AC1/AvailablePhoneNumbers";
    assert_eq!(asked.first().unwrap().line, format!("{base}/US/Local.json?{filters}&AreaCode=415"));
    assert_eq!(asked.last().unwrap().line, format!("{base}/CA/Local.json?{filters}"));
    assert!(asked.first().unwrap().has("authorization", "Basic U0sxOnM="));
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
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = client(&format!("http://{nobody}")).buy(&number(), "dt-1", LIMIT).await;
    assert_eq!(outcome, Err(BuyError::NotSent));
}
