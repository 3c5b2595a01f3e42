//! The books as files: one for each day and kind, or more where there is much in a day; as
//! comma-separated values that a spreadsheet reads and so does `pandas.read_csv`. UTF-8 with a
//! heading, RFC 4180's quotes and line ends, amounts in dollars as decimals, times as ISO 8601 in
//! UTC.

use jiff::civil::Date;

use crate::store::Book;
use crate::store::books::Line;

/// Which part of a day is in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// All of it.
    Whole,
    /// One of several, counted from one, behind which there are more.
    One(u32),
    /// The last of so many: that it is there says that no other may be missing.
    Last(u32),
}

/// What a file is called: `sales/2026-11-30.csv`; or `sales/2026-11-30.001.csv` and so on, up to
/// `sales/2026-11-30.012.last.csv`.
pub fn name(book: Book, day: Date, part: Part) -> String {
    let book = book.as_str();
    match part {
        Part::Whole => format!("{book}/{day}.csv"),
        Part::One(number) => format!("{book}/{day}.{number:03}.csv"),
        Part::Last(number) => format!("{book}/{day}.{number:03}.last.csv"),
    }
}

/// A file, with its heading.
pub fn file<'a>(book: Book, lines: impl IntoIterator<Item = &'a Line>) -> String {
    let heading = record(book.columns().iter().copied());
    lines.into_iter().fold(heading, |text, line| text + &self::line(line))
}

/// A line as it stands in a file.
pub fn line(line: &Line) -> String {
    record(line.book.columns().iter().map(|column| line.cell(column)))
}

/// One record. What a spreadsheet would take for a formula need not be escaped: no cell has a
/// stranger's words.
pub fn record<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    cells.map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// The lines of a file, whichever columns it has; nothing, where it is not whole.
pub fn lines(book: Book, text: &str) -> Option<Vec<Line>> {
    let mut records = read(text)?.into_iter();
    let heading = records.next()?;
    let line = |cells: Vec<String>| Line::written(book, heading.iter().cloned().zip(cells));
    Some(records.map(line).collect())
}

/// The records of such a file; nothing, where it is none. The heading is the first of them.
pub fn read(text: &str) -> Option<Vec<Vec<String>>> {
    let (mut records, mut cells, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut rest = text.chars().peekable();
    let mut in_quotes = false;
    while let Some(next) = rest.next() {
        match next {
            '"' if in_quotes && rest.peek() == Some(&'"') => {
                rest.next();
                cell.push('"');
            }
            '"' if in_quotes || cell.is_empty() => in_quotes = !in_quotes,
            ',' if !in_quotes => cells.push(std::mem::take(&mut cell)),
            '\r' if !in_quotes && rest.peek() == Some(&'\n') => {
                rest.next();
                cells.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut cells));
            }
            other => cell.push(other),
        }
    }
    let is_whole = !in_quotes && cells.is_empty() && cell.is_empty();
    is_whole.then_some(records)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Part, file, lines, name, read, record};
    use crate::store::Book;
    use crate::store::books::Line;
    use crate::types::Timestamp;

    #[test]
    fn a_file_has_a_heading_and_is_read_as_it_was_written() {
        let line = Line::of(Book::Bills, Timestamp::from_second(1_796_083_200).unwrap());
        let line = line.with("vendor", "a \"b\", c\r\nd").with("amount_usd", "0.54");
        let text = file(Book::Bills, [&line]);
        let heading = "booked_at,vendor,what,day,amount_usd\r\n";
        assert_eq!(text, format!("{heading}2026-12-01T00:00:00Z,\"a \"\"b\"\", c\r\nd\",,,0.54\r\n"));
        let cells = ["2026-12-01T00:00:00Z", "a \"b\", c\r\nd", "", "", "0.54"].map(str::to_owned).to_vec();
        assert_eq!(read(&text).unwrap()[1], cells);
        assert_eq!(lines(Book::Bills, &text).unwrap(), [line]);
        assert_eq!(file(Book::Bills, []), heading, "a day on which nothing happened");
        for (part, called) in [
            (Part::Whole, "sales/2026-11-30.csv"),
            (Part::One(1), "sales/2026-11-30.001.csv"),
            (Part::Last(12), "sales/2026-11-30.012.last.csv"),
        ] {
            assert_eq!(name(Book::Sales, date(2026, 11, 30), part), called);
        }
    }

    #[test]
    fn what_was_cut_off_is_no_file() {
        for text in ["a,b", "a,b\n", "\"a\r\n", "a,"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(read(&record(["", ""].into_iter())).unwrap(), [["", ""]]);
        assert_eq!(read("").unwrap(), Vec::<Vec<String>>::new());
    }
}
