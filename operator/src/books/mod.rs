//! The books, as an operator asks for them: read from the files of the days that are written, and from the table for those that are not
//! yet.

mod month;
mod trail;

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::civil::Date;
use shared::books::{lines, name};
use shared::store::Book;
use shared::store::books::{Line, day_of};

use crate::Desk;
use crate::terminal::Trouble;

pub(crate) use month::month;
pub(crate) use trail::trail;

/// How many days are read at once.
const AT_ONCE: usize = 8;

/// What stands in the books, and what does not.
pub(crate) struct Read {
    pub(crate) lines: Vec<Line>,
    /// Days that have no file, and whose entries the table has forgotten: before the deployment, most likely.
    pub(crate) without: BTreeSet<Date>,
    /// Days whose files are not written yet.
    pub(crate) open: BTreeSet<Date>,
}

/// Everything of these kinds that was booked from one day to another, both included.
pub(crate) async fn read(desk: &Desk, books: &[Book], from: Date, to: Date) -> Result<Read, Trouble> {
    let store = desk.settings.store()?;
    let bucket = desk.settings.get("BOOKS_BUCKET").map(str::to_owned);
    let written = store.books_written().await?.map(day_of);
    let today = day_of(desk.invocation.now);
    let days: Vec<Date> = from.series(jiff::ToSpan::day(1)).take_while(|day| *day <= to && *day <= today).collect();
    let mut all = Read { lines: Vec::new(), without: BTreeSet::new(), open: BTreeSet::new() };
    for some in days.chunks(AT_ONCE) {
        let asked = some.iter().map(|day| async {
            let is_written = written.is_some_and(|written| *day < written);
            let files = match &bucket {
                Some(bucket) if is_written => files(desk, bucket, books, *day).await?,
                _ => None,
            };
            let open = files.is_none();
            let mut found = files.unwrap_or_default();
            if open {
                store.booked_on(*day, |line| found.extend(Some(line).filter(|it| books.contains(&it.book)))).await?;
            }
            Ok::<_, Trouble>((*day, is_written, open, found))
        });
        for (day, is_written, open, found) in try_join_all(asked).await? {
            if is_written && open && found.is_empty() {
                all.without.insert(day);
            } else if open {
                all.open.insert(day);
            }
            all.lines.extend(found);
        }
    }
    Ok(all)
}

/// The files of a day; nothing, if it has none.
async fn files(desk: &Desk, bucket: &str, books: &[Book], day: Date) -> Result<Option<Vec<Line>>, Trouble> {
    let aws = desk.settings.aws()?;
    let mut all = Vec::new();
    for book in books {
        let file = name(*book, day);
        let Some(content) = aws.file(bucket, &file).await? else { return Ok(None) };
        let text = String::from_utf8(content).ok();
        let found = text.as_deref().and_then(|text| lines(*book, text));
        all.extend(found.ok_or_else(|| Trouble(format!("{file} in {bucket} is not whole")))?);
    }
    Ok(Some(all))
}
