//! Twilio's answers: a number is bought only if the answer names it, and nothing that Twilio says
//! is passed on unread.

use std::sync::LazyLock;

use shared::types::PhoneNumber;
use shared::upstream::twilio::answers::{bought, found, listed, released};
use shared::upstream::twilio::{BuyError, Owned, Said, TwilioError};
use shared::wire::http::Reply;

use crate::bodies::is_e164;
use crate::json::{self, Json};
use crate::{fit, reply};

const ASKED: &str = "+14155551234";
const PATH: &str = "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json";
static NUMBER: LazyLock<PhoneNumber> = LazyLock::new(|| PhoneNumber::parse(ASKED).expect("a number"));

/// The first byte chooses the question, the second the status; the rest is the body.
pub fn twilio(data: &[u8]) {
    let [question, code, body @ ..] = data else { return };
    let reply = reply(*code, body);
    if json::may_be_too_deep(body) {
        return;
    }
    match question % 4 {
        0 => search(&reply),
        1 => purchase(&reply),
        2 => list(&reply),
        _ => match released(&reply) {
            Ok(()) => assert!(reply.status.is_success() || reply.status.as_u16() == 404),
            Err(error) => trouble(&error, &reply, ""),
        },
    }
}

fn search(reply: &Reply) {
    match found(reply) {
        Ok(numbers) => {
            assert_eq!(reply.status.as_u16(), 200);
            assert!(numbers.iter().all(|number| is_e164(number.as_str()) && holds(&reply.body, number.as_str())));
        }
        Err(error) => trouble(&error, reply, ""),
    }
}

fn purchase(reply: &Reply) {
    match bought(reply, &NUMBER) {
        Ok(bought) => {
            let document = json::lossy(&reply.body).expect("it was asked before");
            assert_eq!(document.root.text_of("phone_number"), Some(ASKED));
            assert_eq!(document.root.text_of("sid"), Some(bought.sid.as_str()));
            assert!(reply.status.is_success() && is_sid(&bought.sid));
        }
        Err(error) => {
            let (unknown, status) = (error == BuyError::Unknown, reply.status);
            // Only a refusal says that nothing was bought.
            assert!(unknown || status.is_client_error());
            match error {
                BuyError::Refused(said) | BuyError::Account(said) => heard(&said, ASKED),
                BuyError::RateLimited { .. } => assert_eq!(status.as_u16(), 429),
                BuyError::NotSent => panic!("it was answered"),
                BuyError::Taken | BuyError::Unknown => {}
            }
        }
    }
}

fn list(reply: &Reply) {
    match listed(reply, PATH) {
        Ok((owned, next)) => {
            let document = json::lossy(&reply.body).expect("it was asked before");
            let Some(Json::List(rows)) = document.root.get("incoming_phone_numbers") else { panic!("no list") };
            // All or nothing.
            assert_eq!(rows.len(), owned.len());
            for (row, Owned { number, sid, .. }) in rows.iter().zip(&owned) {
                assert!(row.text_of("phone_number") == Some(number.as_str()) && is_e164(number.as_str()));
                assert!(row.text_of("sid") == Some(sid.as_str()) && is_sid(sid));
            }
            if let Some(query) = next {
                assert_eq!(document.root.text_of("next_page_uri"), Some(format!("{PATH}?{query}").as_str()));
            }
        }
        Err(error) => trouble(&error, reply, ""),
    }
}

fn trouble(error: &TwilioError, reply: &Reply, asked: &str) {
    let status = reply.status;
    match error {
        TwilioError::Refused(said) | TwilioError::Account(said) => {
            assert!(status.is_client_error());
            heard(said, asked);
        }
        TwilioError::RateLimited { .. } => assert_eq!(status.as_u16(), 429),
        TwilioError::NotOffered => assert_eq!(status.as_u16(), 404),
        TwilioError::NotSent => panic!("it was answered"),
        TwilioError::Unknown => {}
    }
}

fn heard(said: &Said, asked: &str) {
    fit::repeatable(&said.message, asked);
}

/// The characters stand in the body as they are, or in escapes.
fn holds(body: &[u8], text: &str) -> bool {
    body.contains(&b'\\') || String::from_utf8_lossy(body).contains(text)
}

fn is_sid(text: &str) -> bool {
    text.len() == 34 && text.starts_with("PN") && text[2..].bytes().all(|b| b.is_ascii_hexdigit())
}
