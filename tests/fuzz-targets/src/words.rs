//! Names and numbers: whatever is read as one is one, and has one spelling.

use futures_util::FutureExt;
use shared::api::languages;
use shared::calls::destinations;
use shared::types::{CallId, Country, Decimal, PhoneNumber, Wallet};
use shared::upstream::bland::BlandCallId;

use crate::bodies::is_e164;
use crate::{fit, payment};

/// A call's id.
pub fn call_id(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let bits = crockford(text);
    assert_eq!(CallId::parse(text).ok().map(|id| id.as_str().to_owned()), bits.map(|_| text.to_owned()));
    if let Some(bits) = bits {
        assert_eq!(CallId::from_bits(bits).as_str(), text);
    } else {
        // It costs no read, and the answer is that to an unknown one.
        let answer = payment::alone().status(text).now_or_never().expect("an answer without asking a neighbour");
        let (status, body) = fit::opened(&answer);
        assert_eq!((status, body.text_of("code")), (404, Some("unknown_call")));
    }
}

/// 128 bits in 26 characters, in their one spelling.
fn crockford(text: &str) -> Option<u128> {
    let digit = |c| "0123456789ABCDEFGHJKMNPQRSTVWXYZ".find(c).and_then(|place| u128::try_from(place).ok());
    let first = digit(text.chars().next()?)?;
    (text.len() == 26 && first < 8).then_some(())?;
    text.chars().try_fold(0_u128, |bits, c| Some((bits << 5) | digit(c)?))
}

/// A phone number.
pub fn e164(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let read = PhoneNumber::parse(text);
    assert_eq!(read.is_ok(), is_e164(text));
    let Ok(number) = read else { return };
    assert!(text.is_ascii() && number.as_str() == text);
    assert!(number.area_code().is_none_or(|area| area.len() == 3));
    let masked = format!("{number:?}");
    assert!(masked.bytes().filter(u8::is_ascii_digit).count() <= 4, "{masked}");
    if let Err(why) = destinations::check(&number) {
        fit::printable(why.to_string().as_bytes(), "a refusal");
    }
}

/// Everything else that is a word: countries, languages, the dialler's ids and decimals, accounts.
pub fn word(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Ok(country) = Country::parse(text) {
        assert!(country.as_str() == text && text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()));
    }
    match languages::for_dialler(text) {
        Ok(tag) => {
            assert_eq!(languages::for_dialler(tag), Ok(tag));
            let first = |text: &str| text.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
            // Codes of three letters and older ones of two stand for another.
            let another = first(text).len() == 3 || ["in", "mo", "nb", "nn"].contains(&first(text).as_str());
            assert!(first(tag) == first(text) || another, "{text} is {tag}");
        }
        Err(unknown) => fit::printable(unknown.to_string().as_bytes(), "a refusal"),
    }
    if let Ok(id) = BlandCallId::parse(text) {
        // It stands in a path.
        assert!(
            id.as_str() == text && !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        );
    }
    if let Some(decimal) = Decimal::parse(text) {
        assert!(decimal.as_str() == text && decimal.times(60) >= decimal.times(1));
        assert!(serde_json::from_str::<serde_json::Number>(text).is_ok(), "{text} is not a number in JSON");
    }
    if let Ok(wallet) = Wallet::from_caip10(text) {
        assert_eq!(Wallet::from_caip10(&wallet.caip10()), Ok(wallet));
        assert!(wallet.caip10().eq_ignore_ascii_case(text), "{text} is {wallet:?}");
    }
}
