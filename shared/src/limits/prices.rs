//! What a number costs us a month, by country. A buyer pays the same everywhere, so a country whose
//! price is not known is not sold: it could cost more than it earns.
//!
//! `docs/decisions.md`: Why is a country without a price not sold?

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::types::{Country, Usdc};

/// The table, as `dialtone rates --numbers` writes it. Each account may have other prices; an
/// operator gives them (`NumberPrices`).
const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/number_prices.tsv"));

static KNOWN: LazyLock<Prices> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    Prices(rows.filter_map(|(country, price)| Some((Country::parse(country).ok()?, dollars(price)?))).collect())
});

/// The prices of numbers, by country.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prices(BTreeMap<Country, Usdc>);

/// A list of prices that cannot be read, and the part of it that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is not a country and its price, such as GB=1.15")]
pub struct NotAPrice(String);

impl Prices {
    /// Our own prices.
    pub fn known() -> Self {
        KNOWN.clone()
    }

    /// A carrier's prices.
    pub fn of_list(prices: impl IntoIterator<Item = (Country, Usdc)>) -> Self {
        Self(prices.into_iter().collect())
    }

    /// The lines of the table, without its head.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(country, price)| format!("{country}\t{}", price.dollars()))
    }

    /// Our own prices, and an operator's, which stand for more countries or in place of ours:
    /// `GB=1.15,DE=2`.
    pub fn with(more: &str) -> Result<Self, NotAPrice> {
        let Self(mut prices) = Self::known();
        for each in more.split(',').map(str::trim).filter(|each| !each.is_empty()) {
            let read = each
                .split_once('=')
                .and_then(|(country, price)| Some((Country::parse(country.trim()).ok()?, dollars(price.trim())?)));
            let (country, price) = read.ok_or_else(|| NotAPrice(each.to_owned()))?;
            prices.insert(country, price);
        }
        Ok(Self(prices))
    }

    /// What a number of this country costs, if that is known.
    pub fn of(&self, country: Country) -> Option<Usdc> {
        self.0.get(&country).copied()
    }

    /// The countries that are sold, in the order of their names.
    pub fn countries(&self) -> impl Iterator<Item = Country> {
        self.0.keys().copied()
    }

    /// The dearest of them.
    pub fn highest(&self) -> Usdc {
        self.0.values().copied().max().unwrap_or(Usdc::micros(0))
    }
}

/// What stands above a table that is written on this day from this source.
pub fn head(date: &str, source: &str) -> String {
    let kept = TABLE.lines().take_while(|line| line.starts_with('#')).take(2);
    kept.chain([&*format!("# source: {source}"), &*format!("# date: {date}")])
        .fold(String::new(), |head, line| head + line + "\n")
}

/// Dollars with up to six places, and more than nothing.
pub fn dollars(text: &str) -> Option<Usdc> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.len() > 6 || part.len() > 6 {
        return None;
    }
    let micros: u64 = format!("{whole}{part:0<6}").parse().ok()?;
    (micros > 0).then_some(Usdc::micros(micros))
}

/// Micro-dollars of a vendor's amount, which can be below nothing, and can have more places than we
/// count in: rounded to the nearest.
pub fn signed_dollars(text: &str) -> Option<i64> {
    let (sign, amount) = text.strip_prefix('-').map_or((1, text), |amount| (-1, amount));
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 30 || !digits(whole) || !digits(part) {
        return None;
    }
    let places: String = part.chars().chain(std::iter::repeat('0')).take(7).collect();
    let tenths: i64 = format!("{whole}{places}").parse().ok()?;
    Some(sign * ((tenths + 5) / 10))
}

/// The same amount as it is written, below nothing too.
pub fn written_dollars(micros: i64) -> String {
    let amount = Usdc::micros(micros.unsigned_abs()).dollars();
    if micros < 0 { format!("-{amount}") } else { amount }
}

#[cfg(test)]
mod tests {
    use super::{Country, Prices, Usdc, signed_dollars};

    fn country(code: &str) -> Country {
        Country::parse(code).unwrap()
    }

    #[test]
    fn an_operators_prices_stand_beside_ours_and_in_place_of_them() {
        let prices = Prices::with(" GB=1.15, DE=2 ,CA=0.000001,, ").unwrap();
        let of = |code| prices.of(country(code)).map(Usdc::atomic);
        assert_eq!(
            (of("US"), of("GB"), of("DE"), of("CA")),
            (Some(1_150_000), Some(1_150_000), Some(2_000_000), Some(1))
        );
        assert_eq!(of("FR"), None);
        assert_eq!(prices.highest(), Usdc::micros(2_000_000));
        assert_eq!(prices.countries().map(|country| country.to_string()).collect::<Vec<_>>(), ["CA", "DE", "GB", "US"]);
        assert_eq!(Prices::with("").unwrap().countries().count(), 2);
    }

    #[test]
    fn a_vendors_amount_may_be_below_nothing_and_finer_than_we_count() {
        for (text, micros) in [
            ("0", Some(0)),
            ("0.00", Some(0)),
            ("1.15", Some(1_150_000)),
            ("-1.15", Some(-1_150_000)),
            ("-0", Some(0)),
            ("0.0085001", Some(8_500)),
            ("0.0000005", Some(1)),
            ("0.00000049999", Some(0)),
            ("-0.0000015", Some(-2)),
            ("12345678.9", Some(12_345_678_900_000)),
            ("1.", Some(1_000_000)),
            ("", None),
            ("-", None),
            (".5", None),
            ("1e3", None),
            ("1,5", None),
            ("--1", None),
            ("+1", None),
            ("1234567890", None),
            ("0.1.2", None),
        ] {
            assert_eq!(signed_dollars(text), micros, "{text}");
        }
    }

    #[test]
    fn the_table_is_read_to_its_last_line() {
        let lines: Vec<&str> = super::TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(Prices::known().lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn what_is_not_a_country_and_its_price_is_not_read() {
        for wrong in [
            "GB",
            "GB=",
            "=1",
            "gb=1",
            "ZZ=1",
            "GB=0",
            "GB=0.0",
            "GB=-1",
            "GB=1,5",
            "GB=1.",
            "GB=.5",
            "GB=1.1234567",
            "GB=1e3",
            "GB=1 DE=2",
            "GB=$1",
            "GB=1234567",
            "GB==1",
        ] {
            assert!(Prices::with(wrong).is_err(), "{wrong}");
        }
    }
}
