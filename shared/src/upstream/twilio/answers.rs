//! What each of Twilio's answers says: from a status and a body to a named outcome. Pure, and the
//! only place that knows the shape of Twilio's documents.
//!
//! Codes count before statuses, because Twilio's dictionary of codes is stable and its choice of
//! 400 or 403 is not. The exceptions are 429 and 5xx, which say by themselves whether anything
//! happened.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;

use super::{Bought, BuyError, Owned, Said, TwilioError, Usage};
use crate::limits::prices::signed_dollars;
use crate::types::{Object, PhoneNumber, Timestamp};
use crate::upstream::repeatable::repeatable;
use crate::wire::http::Reply;

/// 21422, "PhoneNumber is not available".
const NOT_AVAILABLE: u32 = 21_422;
/// Our account, our key, our plan: permission denied (20003), not active (20005, 10001), access
/// denied (20006), test credentials (20008), action disabled (20010), trial account (21404, which
/// is *not* "not found"), invalid account (21470), restricted from buying (22300).
const ACCOUNT: [u32; 9] = [10_001, 20_003, 20_005, 20_006, 20_008, 20_010, 21_404, 21_470, 22_300];
/// Twilio limits concurrency, not rate, and promises no `Retry-After`.
const A_MOMENT: u64 = 2;

#[derive(Deserialize)]
struct Available {
    available_phone_numbers: Vec<Object<Candidate>>,
}

#[derive(Deserialize)]
struct Candidate {
    phone_number: String,
    address_requirements: String,
    capabilities: Object<Capabilities>,
}

#[derive(Deserialize)]
struct Capabilities {
    #[serde(alias = "Voice")]
    voice: bool,
}

#[derive(Deserialize)]
struct Incoming {
    sid: String,
    phone_number: String,
    #[serde(default)]
    friendly_name: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
}

#[derive(Deserialize)]
struct IncomingPage {
    incoming_phone_numbers: Vec<Object<Incoming>>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct UsagePage {
    usage_records: Vec<Object<UsageRecord>>,
}

#[derive(Deserialize)]
struct UsageRecord {
    category: String,
    start_date: String,
    end_date: String,
    price: String,
    price_unit: String,
}

#[derive(Deserialize, Default)]
struct Trouble {
    #[serde(default)]
    code: Option<u32>,
    #[serde(default)]
    message: Option<String>,
}

/// The answer to a search. We filter again what Twilio was asked to filter: a number without voice,
/// or one that needs an address, would be paid for and be of no use.
pub fn found(reply: &Reply) -> Result<Vec<PhoneNumber>, TwilioError> {
    match reply.status {
        StatusCode::OK => {
            let page: Available = reply.json().ok_or(TwilioError::Unknown)?;
            Ok(page
                .available_phone_numbers
                .into_iter()
                .map(|Object(candidate)| candidate)
                .filter(|candidate| candidate.capabilities.0.voice && candidate.address_requirements == "none")
                .filter_map(|candidate| PhoneNumber::parse(&candidate.phone_number).ok())
                .collect())
        }
        StatusCode::NOT_FOUND => Err(TwilioError::NotOffered),
        _ => Err(trouble(reply, None)),
    }
}

/// The answer to a purchase.
pub fn bought(reply: &Reply, number: &PhoneNumber) -> Result<Bought, BuyError> {
    if reply.status.is_success() {
        // A purchase that cannot be read is still a purchase.
        let bought: Incoming = reply.json().ok_or(BuyError::Unknown)?;
        if bought.phone_number != number.as_str() || !is_number_sid(&bought.sid) {
            return Err(BuyError::Unknown);
        }
        return Ok(Bought { sid: bought.sid });
    }
    Err(match trouble(reply, Some(number)) {
        TwilioError::Refused(said) if said.code == Some(NOT_AVAILABLE) => BuyError::Taken,
        TwilioError::Refused(said) => BuyError::Refused(said),
        TwilioError::Account(said) => BuyError::Account(said),
        TwilioError::RateLimited { retry_after } => BuyError::RateLimited { retry_after },
        TwilioError::NotSent => BuyError::NotSent,
        TwilioError::NotOffered | TwilioError::Unknown => BuyError::Unknown,
    })
}

/// A page of what we own, and the query of the next. `path` is the resource that was asked for: the
/// next page is followed only within it, since our credentials travel along.
pub fn listed(reply: &Reply, path: &str) -> Result<(Vec<Owned>, Option<String>), TwilioError> {
    if reply.status != StatusCode::OK {
        return Err(trouble(reply, None));
    }
    let page: IncomingPage = reply.json().ok_or(TwilioError::Unknown)?;
    // All or nothing: a comparison of two lists must not be given half of one.
    let owned: Option<Vec<Owned>> =
        page.incoming_phone_numbers.into_iter().map(|Object(number)| owned(number)).collect();
    let next = match page.next_page_uri.as_deref().map(|uri| uri.split_once('?')) {
        None => None,
        Some(Some((resource, query))) if resource == path => Some(query.to_owned()),
        Some(_) => return Err(TwilioError::Unknown),
    };
    Ok((owned.ok_or(TwilioError::Unknown)?, next))
}

/// What was billed, day by day. All or nothing: what is not in dollars, or not of one day, cannot
/// be added up.
pub fn billed(reply: &Reply, usage: Usage) -> Result<BTreeMap<Date, i64>, TwilioError> {
    if reply.status != StatusCode::OK {
        return Err(trouble(reply, None));
    }
    let page: UsagePage = reply.json().ok_or(TwilioError::Unknown)?;
    let bill = |Object(record): Object<UsageRecord>| {
        let is_ours = record.price_unit.eq_ignore_ascii_case("usd") && record.start_date == record.end_date;
        let day = record.start_date.parse().ok().filter(|_| is_ours && record.category == usage.category())?;
        Some((day, signed_dollars(&record.price)?))
    };
    page.usage_records.into_iter().map(|record| bill(record).ok_or(TwilioError::Unknown)).collect()
}

/// The answer to a release.
pub fn released(reply: &Reply) -> Result<(), TwilioError> {
    if reply.status.is_success() || reply.status == StatusCode::NOT_FOUND { Ok(()) } else { Err(trouble(reply, None)) }
}

/// `PN` and 32 hexadecimal digits.
pub(super) fn is_number_sid(text: &str) -> bool {
    text.strip_prefix("PN").is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn owned(incoming: Incoming) -> Option<Owned> {
    Some(Owned {
        number: PhoneNumber::parse(&incoming.phone_number).ok()?,
        sid: Some(incoming.sid).filter(|sid| is_number_sid(sid))?,
        tag: incoming.friendly_name.unwrap_or_default(),
        created: incoming.date_created.as_deref().and_then(rfc2822),
    })
}

fn rfc2822(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

pub(super) fn trouble(reply: &Reply, asked: Option<&PhoneNumber>) -> TwilioError {
    let status = reply.status;
    if status == StatusCode::TOO_MANY_REQUESTS {
        return TwilioError::RateLimited { retry_after: reply.retry_after.unwrap_or(A_MOMENT) };
    }
    if !status.is_client_error() || status == StatusCode::REQUEST_TIMEOUT {
        return TwilioError::Unknown;
    }
    let told: Trouble = reply.json().unwrap_or_default();
    let asked: Vec<&PhoneNumber> = asked.into_iter().collect();
    let said = Said {
        code: told.code,
        message: told
            .message
            .map_or_else(|| format!("status {}", status.as_u16()), |message| repeatable(&message, &asked)),
    };
    let named = told.code.is_some_and(|code| ACCOUNT.contains(&code));
    // 401 and 403 without a code of the dictionary are also about us: what a caller asks for has
    // codes.
    let unnamed = told.code.is_none() && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if named || unnamed || status == StatusCode::UNAUTHORIZED {
        TwilioError::Account(said)
    } else {
        TwilioError::Refused(said)
    }
}

#[cfg(test)]
mod tests;
