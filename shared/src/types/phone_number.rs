//! Phone numbers.

use std::fmt;

/// A phone number in E.164: `+`, then 7 to 15 ASCII digits, the first not zero. `Debug` is masked,
/// because numbers are personal and logs are read by many; `as_str` is for the wire.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(Box<str>);

/// The text is not a phone number in E.164.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotE164 {
    /// It is something else.
    #[error("not a phone number in E.164 format, such as \"+14155551234\"")]
    Other,
    /// Its country code is there twice.
    #[error(
        "not a phone number in E.164 format: its country code is there twice; write it as \"{}\"", .0.as_str()
    )]
    Doubled(PhoneNumber),
    /// There are digits behind a number.
    #[error(
        "not a phone number in E.164 format: it has too many digits; leave out what is behind the number, such as an extension"
    )]
    TooLong,
}

impl PhoneNumber {
    /// Reads E.164 strictly: bytes, since "digit" in Unicode includes `٤` and `４`. Numbers of the
    /// North American plan must also have its structure: an area code and an exchange that begin
    /// with 2 to 9.
    pub fn parse(text: &str) -> Result<Self, NotE164> {
        Self::read(text).map_err(|why| with_one_code(text).map_or(why, NotE164::Doubled))
    }

    fn read(text: &str) -> Result<Self, NotE164> {
        let digits = text.as_bytes().strip_prefix(b"+").ok_or(NotE164::Other)?;
        if digits.len() < 7 || !digits.iter().all(u8::is_ascii_digit) || digits.starts_with(b"0") {
            return Err(NotE164::Other);
        }
        if digits.len() > if digits.starts_with(b"1") { 11 } else { 15 } {
            return Err(NotE164::TooLong);
        }
        if let Some(national) = digits.strip_prefix(b"1") {
            let [area, _, _, exchange, ..] = national else {
                return Err(NotE164::Other);
            };
            if national.len() != 10 || !(b'2'..=b'9').contains(area) || !(b'2'..=b'9').contains(exchange) {
                return Err(NotE164::Other);
            }
        }
        Ok(Self(text.into()))
    }

    /// The number with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number of the same prefix and length that does not belong to a subscriber: what stays of
    /// one that is erased.
    #[must_use]
    pub fn without_subscriber(&self) -> Self {
        let kept = self.0.get(..5).unwrap_or(&self.0);
        let rest = self.0.len().saturating_sub(kept.len());
        // In North America 555-0100 is kept for fiction; elsewhere no number ends in as many zeros.
        let rest = if kept.starts_with("+1") { "5550100".to_owned() } else { "0".repeat(rest) };
        Self(format!("{kept}{rest}").into())
    }

    /// The three-digit area code, for a number of the North American plan.
    pub fn area_code(&self) -> Option<&str> {
        self.0.strip_prefix("+1")?.get(..3)
    }
}

/// The number in `+1+1415…`, `+11415…`, and in what has more digits than any number because its
/// country code was written before it once more.
fn with_one_code(text: &str) -> Option<PhoneNumber> {
    let digits = text.strip_prefix('+')?;
    (1..=3).find_map(|length| {
        let (code, rest) = digits.split_at_checked(length)?;
        let rest = rest.strip_prefix('+').unwrap_or(rest).strip_prefix(code)?;
        let once = PhoneNumber::read(&format!("+{code}{rest}")).ok()?;
        let is_its_code =
            || phonelib::PhoneNumber::parse(once.as_str()).is_some_and(|it| it.country_code().to_string() == code);
        // New area codes of +1 are not known to the library, and their structure is to us.
        (code == "1" || is_its_code()).then_some(once)
    })
}

impl fmt::Debug for PhoneNumber {
    /// Country and last two digits: enough to follow a number through a log, not enough to ring it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.0.get(..3).unwrap_or_default();
        let tail = self.0.get(self.0.len().saturating_sub(2)..).unwrap_or_default();
        write!(f, "{head}…{tail}")
    }
}

#[cfg(test)]
mod tests {
    use super::{NotE164, PhoneNumber};

    #[test]
    fn what_stays_of_an_erased_number_is_its_prefix() {
        for (number, stays) in
            [("+12133610872", "+12135550100"), ("+442079460958", "+442000000000"), ("+3544101234", "+3544000000")]
        {
            let stays = PhoneNumber::parse(stays).unwrap();
            assert_eq!(PhoneNumber::parse(number).unwrap().without_subscriber(), stays);
            assert_eq!(stays.without_subscriber(), stays);
        }
    }

    #[test]
    fn e164_is_read_byte_for_byte() {
        for text in [
            "+14155551234",
            "+442071838750",
            "+4915123456789",
            "+12133610872",
            "+3531234567",
            "+123456789012345".replace("+1", "+8").as_str(),
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_not_e164_is_refused() {
        for text in [
            "",
            "+",
            "4155551234",
            "14155551234",
            "+0155551234",
            "+1 415 555 1234",
            "+1-415-555-1234",
            "+1(415)5551234",
            " +14155551234",
            "+14155551234 ",
            "+14155551234\0",
            "+1415555123",
            "+11155551234",
            "+14151551234",
            "+911",
            "+112",
            "+123456",
            "+١٤١٥٥٥٥١٢٣٤",
            "＋14155551234",
            "+1415555１234",
            "++14155551234",
            "tel:+14155551234",
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(NotE164::Other), "{text:?}");
        }
        for (text, right) in [
            ("+114155551234", "+14155551234"),
            ("+112205551234", "+12205551234"),
            ("+118765550123", "+18765550123"),
            ("+1+14155551234", "+14155551234"),
            ("+44+442079460958", "+442079460958"),
            ("+8808801712345678", "+8801712345678"),
            ("+971+971501234567", "+971501234567"),
        ] {
            let right = PhoneNumber::parse(right).unwrap();
            assert_eq!(PhoneNumber::parse(text), Err(NotE164::Doubled(right)), "{text}");
        }
        for text in ["+1+442079460958", "+44+14155551234", "+1+1", "+1+1415555123"] {
            assert_eq!(PhoneNumber::parse(text), Err(NotE164::Other), "{text}");
        }
        for text in ["+141555512345", "+111155551234", "+115551234567", "+8234567890123456"] {
            assert_eq!(PhoneNumber::parse(text), Err(NotE164::TooLong), "{text:?}");
        }
    }

    #[test]
    fn a_number_in_a_log_cannot_be_rung() {
        assert_eq!(format!("{:?}", PhoneNumber::parse("+14155551234").unwrap()), "+14…34");
    }
}
