//! What a minute to a number costs at the carrier at most, and which numbers belong together. Pure.
//!
//! These are ceilings: what is reserved when a call is dialled must not be less than what it can
//! come to, and is corrected as soon as that is known. They stand in a table with a source and a
//! date, `shared/data/rates.tsv`, which `dialtone rates` writes anew from the carrier's price list.
//! Where a country is not named, it is as dear as the dearest that is.
//!
//! `docs/decisions.md`: Where do the rates come from, and who says that they are wrong?

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::prices::dollars;
use crate::types::{FREEPHONE_AREAS, PhoneNumber, Usdc};

/// What a number costs at least that nothing is known of,
const UNKNOWN: u64 = 1_000_000;
/// and at most: a carrier's list has single ranges that cost ten dollars a minute, and half an hour
/// of that is more than all dear calls of a day may lose.
const MOST_UNKNOWN: u64 = 2_000_000;

/// The table, as `dialtone rates` writes it.
const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/rates.tsv"));

static RATES: LazyLock<Rates> = LazyLock::new(|| Rates::read(TABLE));

/// The prices of a minute, by the first digits of a number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rates(BTreeMap<String, Usdc>);

impl Rates {
    /// The table of this build.
    pub fn ours() -> &'static Self {
        &RATES
    }

    /// A carrier's price list. Of several prices for the same digits the highest counts, and digits
    /// are left out that cost what those before them cost.
    pub fn of(prices: impl IntoIterator<Item = (String, Usdc)>) -> Self {
        let mut all = BTreeMap::new();
        for (digits, price) in prices {
            let known = all.entry(digits).or_insert(price);
            *known = price.max(*known);
        }
        let all = Self(all);
        let is_news = |(digits, price): &(&String, &Usdc)| all.shorter(digits) != Some(**price);
        Self(all.0.iter().filter(is_news).map(|(digits, price)| (digits.clone(), *price)).collect())
    }

    /// Reads the table. What is not a rate in it would be found by the test that reads it.
    fn read(table: &str) -> Self {
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        let rates = lines.filter_map(|line| line.split_once('\t'));
        Self(rates.filter_map(|(digits, price)| Some((digits.to_owned(), dollars(price)?))).collect())
    }

    /// The lines of the table, without its head.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(digits, price)| format!("{digits}\t{}", price.dollars()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rate of the longest that fits.
    fn of_digits(&self, digits: &str) -> Option<Usdc> {
        (1..=digits.len()).rev().find_map(|many| self.0.get(digits.get(..many)?).copied())
    }

    fn shorter(&self, digits: &str) -> Option<Usdc> {
        self.of_digits(digits.get(..digits.len().checked_sub(1)?)?)
    }

    /// What a number costs that none of them fits: as much as the dearest, within bounds.
    fn unknown(&self) -> Usdc {
        let dearest = self.0.values().copied().max().unwrap_or(Usdc::micros(UNKNOWN));
        dearest.clamp(Usdc::micros(UNKNOWN), Usdc::micros(MOST_UNKNOWN))
    }
}

/// What stands above a table that is written on this day from this source.
pub fn head(date: &str, source: &str) -> String {
    let kept = TABLE.lines().take_while(|line| line.starts_with('#')).take(2);
    kept.chain([&*format!("# source: {source}"), &*format!("# date: {date}")])
        .fold(String::new(), |head, line| head + line + "\n")
}

/// What one analysis of a call costs at the dialler: $0.003, and $0.0015 for the call, after its
/// documents of 2026. They say that a long call costs more, and not how much.
pub const ANALYSIS: Usdc = Usdc::micros(4_500);
/// How often the dialler is asked the questions about one call: each time costs anew.
pub const ANALYSES: u64 = 2;

/// Calling codes of two digits. Those of the North American plan and of Russia's have one, all
/// others three.
const TWO_DIGITS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51",
    "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90",
    "91", "92", "93", "94", "95", "98",
];

/// What a minute to this number costs at the carrier at most. Where nothing is known of it, as much
/// as the dearest that is, no less than a dollar and no more than two.
pub fn carrier_minute(to: &PhoneNumber) -> Usdc {
    RATES.of_digits(digits(to)).unwrap_or_else(|| RATES.unknown())
}

/// Whether a business pays for being called at this number: the toll-free areas of the North
/// American plan.
pub fn is_toll_free(to: &PhoneNumber) -> bool {
    digits(to)
        .strip_prefix('1')
        .and_then(|national| national.get(..3))
        .is_some_and(|area| FREEPHONE_AREAS.contains(&area))
}

/// What so many questions about a call cost at most: all of them are asked at once, and that twice.
pub fn questions(many: usize) -> Usdc {
    if many == 0 { Usdc::micros(0) } else { ANALYSIS.times(ANALYSES) }
}

/// The calling code and the three digits after it: an area of the North American plan, a range
/// elsewhere. Those who earn on calls own ranges.
pub fn prefix(to: &PhoneNumber) -> &str {
    let digits = digits(to);
    let code = match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        _ if TWO_DIGITS.iter().any(|code| digits.starts_with(code)) => 2,
        _ => 3,
    };
    digits.get(..code + 3).unwrap_or(digits)
}

fn digits(to: &PhoneNumber) -> &str {
    to.as_str().trim_start_matches('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    #[test]
    fn a_number_costs_what_the_longest_prefix_says_and_the_most_where_there_is_none() {
        let rates = Rates::read("# a head\n1\t0.02\n1907\t0.1\n44\t0.5\n353\t0.1\n");
        for (digits, rate) in [
            ("12133610872", Some(20_000)),
            ("19075551234", Some(100_000)),
            ("1907", Some(100_000)),
            ("447911123456", Some(500_000)),
            ("35312345678", Some(100_000)),
            ("2521234567", None),
            ("3", None),
            ("", None),
        ] {
            assert_eq!(rates.of_digits(digits), rate.map(Usdc::micros), "{digits}");
        }
    }

    #[test]
    fn a_number_that_is_not_in_the_table_is_a_dear_one_whatever_the_table_has() {
        for (table, unknown) in
            [("", 1_000_000), ("1\t0.60\n", 1_000_000), ("1\t1.4\n", 1_400_000), ("1\t10\n", 2_000_000)]
        {
            assert_eq!(Rates::read(table).unknown(), Usdc::micros(unknown), "{table}");
        }
        assert_eq!(carrier_minute(&number("+2521234567")), Rates::ours().unknown());
        // San Marino, the Vatican, Kosovo, Palestine, and France beyond the seas.
        for code in ["378", "379", "383", "970", "262", "590", "594", "596"] {
            assert_eq!(Rates::ours().of_digits(&format!("{code}123456789")), None, "{code}: decisions says so");
        }
    }

    #[test]
    fn the_table_is_read_to_its_last_line_and_says_where_it_comes_from_and_when() {
        let lines: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(Rates::ours().lines().collect::<Vec<_>>(), lines, "in the order of the digits, and each once");
        assert!(Rates::ours().0.keys().all(|digits| digits.bytes().all(|digit| digit.is_ascii_digit())));
        let head: Vec<&str> = TABLE.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(head.iter().any(|line| line.starts_with("# source: ")));
        let date = head.iter().find_map(|line| line.strip_prefix("# date: ")).expect("a date");
        assert!(date.parse::<jiff::civil::Date>().is_ok(), "{date}");
        let anew = super::head("2027-01-31", "a price list");
        assert!(anew.ends_with("# source: a price list\n# date: 2027-01-31\n") && anew.lines().count() == head.len());
    }

    #[test]
    fn of_a_price_list_the_highest_price_counts_and_what_says_nothing_new_is_left_out() {
        let list =
            [("1", 20_000), ("1907", 90_000), ("1907", 100_000), ("1204", 20_000), ("19075", 100_000), ("19076", 5)];
        let rates = Rates::of(list.map(|(digits, price)| (digits.to_owned(), Usdc::micros(price))));
        assert_eq!(rates.lines().collect::<Vec<_>>(), ["1\t0.02", "1907\t0.10", "19076\t0.000005"]);
    }

    #[test]
    fn businesses_pay_for_the_toll_free_areas_of_north_america() {
        for (text, toll_free) in
            [("+18005550199", true), ("+18885550199", true), ("+18015550199", false), ("+448005550199", false)]
        {
            assert_eq!(is_toll_free(&number(text)), toll_free, "{text}");
        }
    }

    #[test]
    fn numbers_belong_together_by_their_code_and_three_digits() {
        for (text, expected) in [
            ("+12133610872", "1213"),
            ("+442079460958", "44207"),
            ("+79161234567", "7916"),
            ("+35312345678", "353123"),
            ("+2521234567", "252123"),
            ("+80012345678", "800123"),
        ] {
            assert_eq!(prefix(&number(text)), expected, "{text}");
        }
    }
}
