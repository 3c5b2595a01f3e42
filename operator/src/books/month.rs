//! `dialtone books`: a month.

use serde_json::{Value, json};
use shared::books::record;
use shared::limits::prices::written_dollars;
use shared::store::Book;
use shared::store::books::Line;

use super::sums::{Sum, Sums};
use super::{Read, named, read};
use crate::Desk;
use crate::args::Books;
use crate::terminal::{Answer, Trouble};

/// The kinds of files that are about money.
const MONEY: [Book; 4] = [Book::Sales, Book::Refunds, Book::Costs, Book::Bills];

/// `dialtone books`. It ends with 1 where a file is missing that was written: no sum is told then
/// as if it were all.
pub(crate) async fn month(desk: &Desk, asked: Books) -> Result<Answer, Trouble> {
    let first = asked.month;
    let whole = read(desk, &MONEY, first, first.last_of_month()).await?;
    let answer = if asked.csv {
        whole.tell(desk);
        Answer::raw(json!(whole.lines.iter().map(document).collect::<Vec<_>>()), csv(&whole.lines))
    } else {
        summed(&whole, &first.strftime("%Y-%m").to_string())
    };
    Ok(if whole.missing.is_empty() { answer } else { answer.no() })
}

fn summed(whole: &Read, month: &str) -> Answer {
    let sums = Sums::of(&whole.lines);
    let mut answer = Answer::words(told(&sums, whole), format!("The books of {month}, in dollars"))
        .table(
            &["sold", "count", "came in", "with credit", "went back", "charged by vendors", "is left"],
            sums.by_kind(),
        )
        .table(&["went back because", "as", "count", "amount"], sums.back())
        .table(&["vendor", "for", "count", "charged, as reckoned", "billed"], sums.vendors());
    let Sum { count, micros } = sums.missing;
    if count > 0 {
        let amount = written_dollars(micros);
        answer = answer
            .and(format!("{count} sales, of {amount}, were granted and are not on the chain. They are in no sum."));
    }
    if sums.doubles > 0 {
        answer = answer.and(format!(
            "{} lines stand in it more than once, and are counted once: the table was put back.",
            sums.doubles
        ));
    }
    if !whole.open.is_empty() {
        let days = whole.open.len();
        answer = answer.and(format!("{days} of its days are not written yet, and were read from the table."));
    }
    if !whole.before.is_empty() {
        answer = answer.and(format!("No books were kept on: {}.", named(&whole.before)));
    }
    if !whole.missing.is_empty() {
        let days = named(&whole.missing);
        answer =
            answer.and(format!("Files are missing of: {days}. What happened on these days is not all in these sums."));
    }
    answer
}

/// The sums and which days are in them, for programs.
fn told(sums: &Sums, whole: &Read) -> Value {
    let mut told = sums.document();
    if let Some(fields) = told.as_object_mut() {
        for (name, days) in
            [("not_written_yet", &whole.open), ("no_books", &whole.before), ("files_missing", &whole.missing)]
        {
            let days: Vec<String> = days.iter().map(ToString::to_string).collect();
            fields.insert(name.to_owned(), json!(days));
        }
    }
    told
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
    for book in MONEY {
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
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use shared::store::Book;
    use shared::store::books::Line;
    use shared::types::Timestamp;

    use super::{MONEY, Read, csv, summed};
    use crate::terminal::Block;

    #[test]
    fn every_line_is_under_one_heading() {
        let lines = MONEY.map(|book| Line::of(book, Timestamp::UNIX_EPOCH).with("amount_usd", "0.54"));
        let text = csv(&lines);
        let columns: Vec<_> = text.lines().map(|line| line.split(',').count()).collect();
        assert_eq!(columns.len(), 5);
        assert!(columns.iter().all(|many| *many == columns[0]), "{text}");
        assert!(text.starts_with("book,booked_at,payment,"), "{text}");
    }

    #[test]
    fn a_month_says_which_of_its_days_it_has_from_where_and_which_it_lacks() {
        let day = |day| BTreeSet::from([date(2026, 11, day)]);
        let sale = |seen| Line::of(Book::Sales, Timestamp::UNIX_EPOCH).with("amount_usd", "0.54").with("seen", seen);
        let whole =
            Read { lines: vec![sale("missing"), sale("missing")], before: day(1), open: day(30), missing: day(15) };
        let answer = summed(&whole, "2026-11");
        let said: Vec<&str> = answer
            .blocks
            .iter()
            .filter_map(|block| if let Block::Words(said) = block { Some(&**said) } else { None })
            .collect();
        assert_eq!(
            said,
            [
                "The books of 2026-11, in dollars",
                "1 sales, of 0.54, were granted and are not on the chain. They are in no sum.",
                "1 lines stand in it more than once, and are counted once: the table was put back.",
                "1 of its days are not written yet, and were read from the table.",
                "No books were kept on: 2026-11-01.",
                "Files are missing of: 2026-11-15. What happened on these days is not all in these sums.",
            ]
        );
        let (told, days) = (&answer.json, |name: &str| answer.json[name].clone());
        assert_eq!((&told["missing"]["count"], &told["doubles"]), (&1.into(), &1.into()));
        assert_eq!(days("not_written_yet"), serde_json::json!(["2026-11-30"]));
        assert_eq!(days("no_books"), serde_json::json!(["2026-11-01"]));
        assert_eq!(days("files_missing"), serde_json::json!(["2026-11-15"]));
        let quiet = summed(&Read::default(), "2026-11");
        assert_eq!(quiet.blocks.iter().filter(|block| matches!(block, Block::Words(_))).count(), 1);
    }
}
