//! What came in, what went back, what vendors charge, and what is left of it, by what was sold.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::limits::prices::{signed_dollars, written_dollars as text};
use shared::store::Book;
use shared::store::books::Line;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sum {
    pub(super) count: u64,
    pub(super) micros: i64,
}

impl Sum {
    fn add(&mut self, micros: i64) {
        self.count += 1;
        self.micros += micros;
    }
}

/// The sales of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Kind {
    count: u64,
    usdc: i64,
    credit: i64,
    back: i64,
    costs: i64,
}

impl Kind {
    /// What became credit and was spent is earned when it is spent, and went back when it became
    /// credit.
    fn left(&self) -> i64 {
        self.usdc + self.credit - self.back - self.costs
    }
}

#[derive(Debug, Default)]
pub(super) struct Sums {
    kinds: BTreeMap<String, Kind>,
    back: BTreeMap<(String, String), Sum>,
    vendors: BTreeMap<(String, String), Sum>,
    billed: BTreeMap<(String, String), Sum>,
    /// Granted, and not on the chain.
    pub(super) missing: Sum,
    /// How many lines were there before: what was booked once more, after the table was put back.
    pub(super) doubles: u64,
}

impl Sums {
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut sums = Self::default();
        let sales = lines.iter().filter(|line| line.book == Book::Sales);
        let sold: BTreeMap<_, _> = sales.map(|line| (line.cell("payment"), line.cell("sold"))).collect();
        // What was sold in an earlier month and goes back in this one.
        let kind_of = |line: &Line| sold.get(line.cell("payment")).copied().unwrap_or("earlier").to_owned();
        let mut counted = BTreeSet::new();
        for line in lines {
            if !counted.insert(identity(line)) {
                sums.doubles += 1;
                continue;
            }
            let amount = amount(line);
            let named = |one: &str, other: &str| (line.cell(one).to_owned(), line.cell(other).to_owned());
            match line.book {
                Book::Sales if line.cell("seen") == "missing" => sums.missing.add(amount),
                Book::Sales => {
                    let kind = sums.kinds.entry(line.cell("sold").to_owned()).or_default();
                    kind.count += 1;
                    *(if line.cell("paid_with") == "credit" { &mut kind.credit } else { &mut kind.usdc }) += amount;
                }
                Book::Refunds => {
                    sums.kinds.entry(kind_of(line)).or_default().back += amount;
                    sums.back.entry(named("reason", "back_as")).or_default().add(amount);
                }
                Book::Costs => {
                    let kind = if line.cell("what") == "number" { "lease" } else { "call" };
                    sums.kinds.entry(kind.to_owned()).or_default().costs += amount;
                    sums.vendors.entry(named("vendor", "what")).or_default().add(amount);
                }
                Book::Bills => sums.billed.entry(named("vendor", "what")).or_default().add(amount),
                Book::Deeds => {}
            }
        }
        // What was sold before costs a month's rent again: the carrier bills it, and no sale of
        // this month is charged with it.
        let numbers = || ("twilio".to_owned(), "numbers".to_owned());
        if let Some(billed) = sums.billed.get(&numbers()) {
            let bought = sums.vendors.get(&("twilio".to_owned(), "number".to_owned())).copied().unwrap_or_default();
            sums.kinds.entry("rent".to_owned()).or_default().costs += billed.micros - bought.micros;
        }
        sums
    }

    fn total(&self) -> Kind {
        self.kinds.values().fold(Kind::default(), |all, one| Kind {
            count: all.count + one.count,
            usdc: all.usdc + one.usdc,
            credit: all.credit + one.credit,
            back: all.back + one.back,
            costs: all.costs + one.costs,
        })
    }

    pub(super) fn by_kind(&self) -> Vec<Vec<String>> {
        let row = |name: &str, kind: &Kind| {
            let mut row = vec![name.to_owned(), kind.count.to_string()];
            row.extend([kind.usdc, kind.credit, kind.back, kind.costs, kind.left()].map(text));
            row
        };
        let rows = self.kinds.iter().map(|(name, kind)| row(name, kind));
        rows.chain([row("all", &self.total())]).collect()
    }

    pub(super) fn back(&self) -> Vec<Vec<String>> {
        let row = |((reason, back_as), sum): (&(String, String), &Sum)| {
            vec![reason.clone(), back_as.clone(), sum.count.to_string(), text(sum.micros)]
        };
        self.back.iter().map(row).collect()
    }

    pub(super) fn vendors(&self) -> Vec<Vec<String>> {
        let reckoned = self.vendors.iter().map(|((vendor, what), sum)| {
            vec![vendor.clone(), what.clone(), sum.count.to_string(), text(sum.micros), String::new()]
        });
        let billed = self.billed.iter().map(|((vendor, what), sum)| {
            vec![vendor.clone(), what.clone(), String::new(), String::new(), text(sum.micros)]
        });
        reckoned.chain(billed).collect()
    }

    pub(super) fn document(&self) -> Value {
        let kind = |kind: &Kind| {
            let Kind { count, usdc, credit, back, costs } = *kind;
            json!({"count": count, "came_in_usd": text(usdc), "with_credit_usd": text(credit), "went_back_usd": text(back),
                "charged_usd": text(costs), "left_usd": text(kind.left())})
        };
        let named = |sums: &BTreeMap<(String, String), Sum>, names: [&str; 2]| -> Vec<Value> {
            let one = |((first, second), sum): (&(String, String), &Sum)| json!({names[0]: first, names[1]: second, "count": sum.count, "amount_usd": text(sum.micros)});
            sums.iter().map(one).collect()
        };
        json!({
            "sold": self.kinds.iter().map(|(name, sums)| (name.clone(), kind(sums))).collect::<serde_json::Map<_, _>>(),
            "all": kind(&self.total()),
            "back": named(&self.back, ["reason", "back_as"]),
            "vendors": named(&self.vendors, ["vendor", "what"]),
            "billed": named(&self.billed, ["vendor", "what"]),
            "missing": {"count": self.missing.count, "amount_usd": text(self.missing.micros)},
            "doubles": self.doubles,
        })
    }
}

/// What makes a line what it is, whenever it was booked: one payment comes in once, goes back once
/// in each way, and costs each thing once.
fn identity(line: &Line) -> Vec<String> {
    let columns: &[&str] = match line.book {
        Book::Sales => &["payment", "sold", "paid_with"],
        Book::Refunds => &["payment", "reason", "back_as"],
        Book::Costs => &["payment", "call", "vendor", "what", "vendor_id"],
        Book::Bills => &["vendor", "what", "day"],
        Book::Deeds => &["begun_at", "who", "what", "why", "outcome"],
    };
    let cells = columns.iter().map(|column| line.cell(column).to_owned());
    std::iter::once(line.book.as_str().to_owned()).chain(cells).collect()
}

/// Micro-dollars. What is not an amount counts as nothing.
fn amount(line: &Line) -> i64 {
    signed_dollars(line.cell("amount_usd")).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use shared::store::Book;
    use shared::store::books::Line;
    use shared::types::Timestamp;

    use super::{Kind, Sum, Sums, text};

    fn line(book: Book, cells: &[(&str, &str)]) -> Line {
        let line = Line::of(book, Timestamp::UNIX_EPOCH);
        cells.iter().fold(line, |line, (column, cell)| line.with(column, *cell))
    }

    fn month() -> Vec<Line> {
        let sale = |payment, sold, amount, paid_with, seen| {
            line(
                Book::Sales,
                &[
                    ("payment", payment),
                    ("sold", sold),
                    ("amount_usd", amount),
                    ("paid_with", paid_with),
                    ("seen", seen),
                ],
            )
        };
        let back = |payment, reason, back_as, amount| {
            line(
                Book::Refunds,
                &[("payment", payment), ("reason", reason), ("back_as", back_as), ("amount_usd", amount)],
            )
        };
        let cost =
            |vendor, what, amount| line(Book::Costs, &[("vendor", vendor), ("what", what), ("amount_usd", amount)]);
        vec![
            sale("1", "lease", "5.00", "usdc", "yes"),
            sale("2", "call", "0.54", "usdc", "yes"),
            sale("3", "call", "0.54", "credit", ""),
            sale("4", "list", "0.001", "usdc", "missing"),
            back("2", "call_failed", "credit", "0.54"),
            back("0", "by_hand", "usdc", "5.00"),
            cost("twilio", "number", "1.15"),
            cost("bland", "call", "0.1105"),
            cost("twilio", "minutes", "0.014"),
        ]
    }

    #[test]
    fn what_stands_twice_after_the_table_was_put_back_is_counted_once() {
        let (once, twice) = (Sums::of(&month()), Sums::of(&[month(), month()].concat()));
        assert_eq!((once.doubles, twice.doubles), (0, 9));
        assert_eq!((once.total(), &once.back, &once.vendors), (twice.total(), &twice.back, &twice.vendors));
        assert_eq!(once.missing, twice.missing);
        // One call costs its dialler, its carrier and its questions; two calls of one kind cost
        // twice.
        let cost = |what, call| {
            line(Book::Costs, &[("vendor", "bland"), ("what", what), ("call", call), ("amount_usd", "0.1")])
        };
        let sums = Sums::of(&[cost("call", "1"), cost("questions", "1"), cost("call", "2"), cost("call", "1")]);
        assert_eq!((sums.total().costs, sums.doubles), (300_000, 1));
        // A payment that was made beside what its credit bought came in, and goes back.
        let sale = |sold, with| {
            line(Book::Sales, &[("payment", "1"), ("sold", sold), ("paid_with", with), ("amount_usd", "0.54")])
        };
        assert_eq!(Sums::of(&[sale("call", "credit"), sale("nothing", "usdc")]).total().left(), 1_080_000);
    }

    #[test]
    fn the_rent_is_what_the_carrier_bills_for_numbers_beyond_those_that_were_bought() {
        let bill = |day, amount| {
            line(Book::Bills, &[("vendor", "twilio"), ("what", "numbers"), ("day", day), ("amount_usd", amount)])
        };
        let mut lines = month();
        lines.extend([bill("2026-11-29", "2.30"), bill("2026-11-30", "0.00"), bill("2026-11-28", "-0.15")]);
        let sums = Sums::of(&lines);
        assert_eq!(sums.kinds["rent"].costs, 1_000_000);
        assert_eq!(sums.total().left(), Sums::of(&month()).total().left() - 1_000_000);
        assert!(!Sums::of(&month()).kinds.contains_key("rent"), "where it is not known what is billed");
    }

    #[test]
    fn what_is_left_is_what_came_in_less_what_went_back_and_what_was_charged() {
        let sums = Sums::of(&month());
        let lease = Kind { count: 1, usdc: 5_000_000, costs: 1_150_000, ..Kind::default() };
        let call = Kind { count: 2, usdc: 540_000, credit: 540_000, back: 540_000, costs: 124_500 };
        assert_eq!((sums.kinds["lease"], sums.kinds["call"]), (lease, call));
        assert_eq!((lease.left(), call.left()), (3_850_000, 415_500));
        // Sold in another month.
        assert_eq!(sums.kinds["earlier"].left(), -5_000_000);
        assert_eq!(sums.missing, Sum { count: 1, micros: 1_000 });
        assert_eq!((sums.total().left(), text(sums.total().left())), (-734_500, "-0.7345".to_owned()));
    }
}
