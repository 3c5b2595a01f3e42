//! A month: what came in, what went back, what vendors charge, and what is left of it, by what was sold.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::books::record;
use shared::limits::prices::dollars;
use shared::store::Book;
use shared::store::books::Line;

use super::{Read, read};
use crate::Desk;
use crate::args::Books;
use crate::terminal::{Answer, Trouble};

/// `dialtone books`
pub(crate) async fn month(desk: &Desk, asked: Books) -> Result<Answer, Trouble> {
    let first = asked.month;
    let whole =
        read(desk, &[Book::Sales, Book::Refunds, Book::Costs, Book::Bills], first, first.last_of_month()).await?;
    if asked.csv {
        return Ok(Answer::raw(json!(whole.lines.iter().map(document).collect::<Vec<_>>()), csv(&whole.lines)));
    }
    let sums = Sums::of(&whole.lines);
    let mut answer =
        Answer::words(sums.document(&whole), format!("The books of {}, in dollars", first.strftime("%Y-%m")))
            .table(
                &["sold", "count", "came in", "with credit", "went back", "charged by vendors", "is left"],
                sums.by_kind(),
            )
            .table(&["went back because", "as", "count", "amount"], sums.back())
            .table(&["vendor", "for", "count", "charged, as reckoned", "billed"], sums.vendors());
    if sums.missing.count > 0 {
        let Sum { count, micros } = sums.missing;
        answer = answer.and(format!(
            "{count} sales, of {}, were granted and are not on the chain. They are in no sum.",
            text(micros)
        ));
    }
    if !whole.open.is_empty() {
        let days = whole.open.len();
        answer = answer.and(format!("{days} of its days are not written yet, and were read from the table."));
    }
    if !whole.without.is_empty() {
        let days = whole.without.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        answer = answer.and(format!("No books were kept on: {days}."));
    }
    Ok(answer)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sum {
    count: u64,
    micros: i64,
}

impl Sum {
    fn add(&mut self, micros: i64) {
        self.count += 1;
        self.micros += micros;
    }
}

/// What was sold, of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Kind {
    count: u64,
    usdc: i64,
    credit: i64,
    back: i64,
    costs: i64,
}

impl Kind {
    /// What became credit and was spent is earned when it is spent, and went back when it became credit.
    fn left(&self) -> i64 {
        self.usdc + self.credit - self.back - self.costs
    }
}

#[derive(Debug, Default)]
struct Sums {
    kinds: BTreeMap<String, Kind>,
    back: BTreeMap<(String, String), Sum>,
    vendors: BTreeMap<(String, String), Sum>,
    billed: BTreeMap<(String, String), Sum>,
    missing: Sum,
}

impl Sums {
    fn of(lines: &[Line]) -> Self {
        let mut sums = Self::default();
        let sales = lines.iter().filter(|line| line.book == Book::Sales);
        let sold: BTreeMap<_, _> = sales.map(|line| (line.cell("payment"), line.cell("sold"))).collect();
        // What was sold in an earlier month and goes back in this one.
        let kind_of = |line: &Line| sold.get(line.cell("payment")).copied().unwrap_or("earlier").to_owned();
        for line in lines {
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

    fn by_kind(&self) -> Vec<Vec<String>> {
        let row = |name: &str, kind: &Kind| {
            let mut row = vec![name.to_owned(), kind.count.to_string()];
            row.extend([kind.usdc, kind.credit, kind.back, kind.costs, kind.left()].map(text));
            row
        };
        let rows = self.kinds.iter().map(|(name, kind)| row(name, kind));
        rows.chain([row("all", &self.total())]).collect()
    }

    fn back(&self) -> Vec<Vec<String>> {
        let row = |((reason, back_as), sum): (&(String, String), &Sum)| {
            vec![reason.clone(), back_as.clone(), sum.count.to_string(), text(sum.micros)]
        };
        self.back.iter().map(row).collect()
    }

    fn vendors(&self) -> Vec<Vec<String>> {
        let reckoned = self.vendors.iter().map(|((vendor, what), sum)| {
            vec![vendor.clone(), what.clone(), sum.count.to_string(), text(sum.micros), String::new()]
        });
        let billed = self.billed.iter().map(|((vendor, what), sum)| {
            vec![vendor.clone(), format!("{what}, all"), String::new(), String::new(), text(sum.micros)]
        });
        reckoned.chain(billed).collect()
    }

    fn document(&self, whole: &Read) -> Value {
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
            "not_written_yet": whole.open.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "no_books": whole.without.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

/// Micro-dollars. What is no amount counts nothing.
fn amount(line: &Line) -> i64 {
    dollars(line.cell("amount_usd")).map_or(0, shared::types::Usdc::signed)
}

/// Dollars as a decimal number, below zero too.
fn text(micros: i64) -> String {
    let amount = shared::types::Usdc::micros(micros.unsigned_abs()).dollars();
    if micros < 0 { format!("-{amount}") } else { amount }
}

fn document(line: &Line) -> Value {
    let cells = line.book.columns().iter().map(|column| ((*column).to_owned(), json!(line.cell(column))));
    std::iter::once(("book".to_owned(), json!(line.book.as_str())))
        .chain(cells)
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// All lines under one heading: the columns of all files, in their order.
fn csv(lines: &[Line]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for book in [Book::Sales, Book::Refunds, Book::Costs, Book::Bills] {
        let new: Vec<&str> = book.columns().iter().copied().filter(|column| !columns.contains(column)).collect();
        columns.extend(new);
    }
    let heading = record(std::iter::once("book").chain(columns.iter().copied()));
    let line =
        |line: &Line| record(std::iter::once(line.book.as_str()).chain(columns.iter().map(|column| line.cell(column))));
    std::iter::once(heading).chain(lines.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use shared::store::Book;
    use shared::store::books::Line;
    use shared::types::Timestamp;

    use super::{Kind, Sum, Sums, csv, text};

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

    #[test]
    fn every_line_is_under_one_heading() {
        let text = csv(&month());
        let columns: Vec<_> = text.lines().map(|line| line.split(',').count()).collect();
        assert_eq!(columns.len(), 10);
        assert!(columns.iter().all(|many| *many == columns[0]), "{text}");
        assert!(text.starts_with("book,booked_at,payment,"), "{text}");
    }
}
