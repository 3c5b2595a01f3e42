//! A number in decimals, as it was sent: no float comes near a length or a price.

/// A number that is not negative, as decimal text without an exponent; as such it is also a JSON
/// number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decimal(Box<str>);

impl Decimal {
    /// Reads `5`, `0.75`. Not `-1`, `.5`, `1e3`, `007`.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let plain = digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'));
        // Longer than any length of a call, and short enough to be repeated.
        (plain && text.len() <= 24).then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The product with a whole number, rounded down: minutes times 60 are seconds.
    pub fn times(&self, factor: u64) -> u64 {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, "0"));
        // A billionth of a minute is enough.
        let fraction = fraction.get(..9).unwrap_or(fraction);
        let scale = fraction.bytes().fold(1_u128, |scale, _| scale * 10);
        let read = |digits: &str| digits.parse::<u128>().unwrap_or(0);
        let units = read(whole).saturating_mul(scale).saturating_add(read(fraction));
        u64::try_from(units.saturating_mul(u128::from(factor)) / scale).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn a_decimal_is_multiplied_without_a_float() {
        for (text, sixty) in
            [("0.75", 45), ("5", 300), ("1.42", 85), ("0.0", 0), ("0", 0), ("0.016666666666667", 0), ("0.1", 6)]
        {
            assert_eq!(Decimal::parse(text).unwrap().times(60), sixty, "{text}");
        }
        assert_eq!(Decimal::parse("999999999999999999999").unwrap().times(60), u64::MAX);
        for text in ["", ".5", "5.", "-1", "1e3", "007", "NaN", "1.2.3", "+1", " 1", "null", "٣"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
