//! Reading the header of a sign-in, as strictly as that of a payment: whatever two programs read
//! differently is a way to cheat one of them. What can be read is not believed yet.

use http::HeaderMap;
use serde_json::error::Category;

use super::wire::{Signed, VERSION};
use super::{AHEAD, GOOD_FOR, HEADER, NotSignedIn};
use crate::types::{Object, Timestamp, nesting, parsed};
use crate::x402::headers::{DEEPEST, encoded};

/// The largest header that is read: four times what published clients send.
pub const LONGEST: usize = 4 * 1024;
/// How long a nonce may be. Of ours there are 128 bits.
const NONCE: std::ops::RangeInclusive<usize> = 16..=128;

/// What a request signs in with, or nothing. A header with nothing in it is not a header.
pub(super) fn signed(headers: &HeaderMap) -> Result<Option<Signed>, NotSignedIn> {
    let mut values = Vec::new();
    for value in headers.get_all(HEADER).iter().map(|value| value.as_bytes().trim_ascii()) {
        if value.starts_with(b"{") {
            return malformed("it is JSON; send that JSON encoded as base64");
        }
        // The gateway joins repeated headers with a comma, which base64 does not have.
        values.extend(value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|value| !value.is_empty()));
    }
    values.dedup();
    let value = match *values.as_slice() {
        [] => return Ok(None),
        [value] => value,
        _ => return malformed("the header is there twice, and differs; send one"),
    };
    if value.len() > LONGEST {
        return malformed(&format!("it is longer than {LONGEST} bytes"));
    }
    let Some(json) = encoded(value) else { return malformed("it is not base64, without whitespace") };
    let Ok(json) = str::from_utf8(&json) else { return malformed("it does not decode to UTF-8") };
    let json = json.trim_start_matches('\u{feff}');
    if nesting(json.as_bytes()) > DEEPEST {
        return malformed("its JSON is nested too deeply");
    }
    let signed = document(json)?;
    signed.is_well_formed()?;
    Ok(Some(signed))
}

fn document(json: &str) -> Result<Signed, NotSignedIn> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let read: Result<Object<Signed>, _> = serde_path_to_error::deserialize(&mut reader);
    match (read, reader.end()) {
        (Ok(Object(signed)), Ok(())) => Ok(signed),
        (Err(error), _) => malformed(&unreadable(&error)),
        (Ok(_), Err(_)) => malformed("it does not decode to JSON"),
    }
}

/// Not in the parser's own words, and without the value. Every name in it is the protocol's: what
/// is unknown is skipped.
fn unreadable(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let text = error.inner().to_string();
    if error.inner().classify() != Category::Data {
        return "it does not decode to JSON".to_owned();
    }
    let path = error.path().to_string();
    match text.split('`').nth(1) {
        Some(field) if text.starts_with("missing field") => format!("`{field}` is missing"),
        Some(field) if text.starts_with("duplicate field") => format!("`{field}` is there twice"),
        _ if path == "." => "it must be a JSON object".to_owned(),
        _ if path == "resources" => "`resources` must be a list of addresses".to_owned(),
        _ => format!("`{path}` must be text"),
    }
}

impl Signed {
    /// Whether each part is one line of the message and no more, so that no two documents have one
    /// message.
    fn is_well_formed(&self) -> Result<(), NotSignedIn> {
        if self.version != VERSION {
            return malformed("`version` must be \"1\"");
        }
        if !NONCE.contains(&self.nonce.len()) || !self.nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return malformed(&format!("`nonce` must have {} to {} letters and digits", NONCE.start(), NONCE.end()));
        }
        let resources = self.resources.iter().flatten();
        if !self.request_id.iter().chain(resources).all(|text| is_one_word(text)) {
            return malformed("`requestId` and each of `resources` must be visible ASCII without spaces");
        }
        if self.resources.as_ref().is_some_and(Vec::is_empty) {
            return malformed("`resources` must be left out where there are none");
        }
        Ok(())
    }

    /// Whether it is good now.
    pub(super) fn is_fresh(&self, now: Timestamp) -> Result<(), NotSignedIn> {
        let issued_at = instant("issuedAt", &self.issued_at)?;
        let optional = |name, text: &Option<String>| text.as_deref().map(|text| instant(name, text)).transpose();
        let until = optional("expirationTime", &self.expiration_time)?;
        let from = optional("notBefore", &self.not_before)?;
        let latest = now.saturating_add(AHEAD).unwrap_or(now);
        if issued_at > latest || from.is_some_and(|from| now < from) {
            return Err(NotSignedIn::NotYetValid);
        }
        let over = issued_at.saturating_add(GOOD_FOR).unwrap_or(issued_at);
        if now >= over || until.is_some_and(|until| now >= until) {
            return Err(NotSignedIn::Expired);
        }
        Ok(())
    }
}

fn malformed<T>(why: &str) -> Result<T, NotSignedIn> {
    Err(NotSignedIn::Malformed(why.to_owned()))
}

/// One word that can be seen: it can hold no end of a line.
fn is_one_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An instant in RFC 3339.
fn instant(name: &str, text: &str) -> Result<Timestamp, NotSignedIn> {
    let instant = parsed(text).filter(|_| is_rfc3339(text));
    instant.map_or_else(|| malformed(&format!("`{name}` must be a time, such as 2026-11-28T17:00:11Z")), Ok)
}

/// Whether a time has this form. The parser knows others.
fn is_rfc3339(text: &str) -> bool {
    let is_like = |text: &[u8], form: &[u8]| {
        let fits = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
        text.len() == form.len() && text.iter().zip(form).all(fits)
    };
    let Some((instant, zone)) = text.as_bytes().split_at_checked("0000-00-00T00:00:00".len()) else { return false };
    let zone = match zone.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            fraction.get(digits..).filter(|_| (1..=9).contains(&digits)).unwrap_or_default()
        }
        None => zone,
    };
    let is_zone = [&b"Z"[..], b"+00:00", b"-00:00"].iter().any(|form| is_like(zone, form));
    is_like(instant, b"0000-00-00T00:00:00") && is_zone
}
