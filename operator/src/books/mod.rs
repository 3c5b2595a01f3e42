//! The books, as an operator asks for them: read from the files of the days that are written, and
//! from the table for those that are not yet.

mod month;
mod sums;
mod trail;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use futures_util::future::try_join_all;
use jiff::civil::Date;
use shared::books::{Part, lines, name};
use shared::store::books::{Line, beginning_of, day_of};
use shared::store::{Book, Store};

use crate::Desk;
use crate::aws::Aws;
use crate::terminal::Trouble;

pub(crate) use month::month;
pub(crate) use trail::trail;

/// How many days are read at once.
const AT_ONCE: usize = 8;

/// The lines of the books, and the days that are missing.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) lines: Vec<Line>,
    /// Days before the books were begun.
    pub(crate) before: BTreeSet<Date>,
    /// Days whose files are not written yet.
    pub(crate) open: BTreeSet<Date>,
    /// Days that were written and of which a file is gone. What the table still has of it is read,
    /// and bills it never had.
    pub(crate) missing: BTreeSet<Date>,
}

impl Read {
    /// Says on the side which days are not there, for answers that have no place for it.
    pub(crate) fn tell(&self, desk: &Desk) {
        for (days, what) in [
            (&self.missing, "Files are missing, so what happened then is not all here"),
            (&self.open, "Not written yet, and read from the table"),
            (&self.before, "No books were kept"),
        ] {
            if !days.is_empty() {
                desk.terminal.progress(format!("{what}: {}", named(days)));
            }
        }
    }
}

/// Days, as they are told.
pub(crate) fn named(days: &BTreeSet<Date>) -> String {
    days.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// How a day stands.
enum State {
    Filed,
    Before,
    Open,
    Missing,
}

/// Everything of these kinds that was booked from one day to another, both included.
pub(crate) async fn read(desk: &Desk, books: &[Book], from: Date, to: Date) -> Result<Read, Trouble> {
    let store = desk.settings.store()?;
    let written = store.books_written().await?;
    let (begun, until) = match &written {
        Some(written) => (written.since.map(day_of), Some(day_of(written.until))),
        None => (None, None),
    };
    let today = day_of(desk.invocation.now);
    let days: Vec<Date> = from.series(jiff::ToSpan::day(1)).take_while(|day| *day <= to && *day <= today).collect();
    let mut all = Read::default();
    for some in days.chunks(AT_ONCE) {
        let asked = some.iter().map(|day| async {
            if until.is_none_or(|until| *day >= until) {
                return Ok::<_, Trouble>((*day, State::Open, from_table(&store, books, *day).await?));
            }
            let (mut found, gone) = files(desk, books, *day).await?;
            if gone.is_empty() {
                return Ok((*day, State::Filed, found));
            }
            found.extend(from_table(&store, &gone, *day).await?);
            let is_before = found.is_empty() && begun.is_some_and(|begun| *day < begun);
            Ok((*day, if is_before { State::Before } else { State::Missing }, found))
        });
        for (day, state, found) in try_join_all(asked).await? {
            match state {
                State::Filed => false,
                State::Before => all.before.insert(day),
                State::Open => all.open.insert(day),
                State::Missing => all.missing.insert(day),
            };
            all.lines.extend(found);
        }
    }
    Ok(all)
}

async fn from_table(store: &Store, books: &[Book], day: Date) -> Result<Vec<Line>, Trouble> {
    let mut found = Vec::new();
    let take = |_, line: Line| {
        found.extend(Some(line).filter(|it| books.contains(&it.book)));
        ControlFlow::Continue(())
    };
    store.booked_from(beginning_of(day)?, take).await?;
    Ok(found)
}

/// The lines of a day's files, and those of its books of which a file is gone.
async fn files(desk: &Desk, books: &[Book], day: Date) -> Result<(Vec<Line>, Vec<Book>), Trouble> {
    let bucket = desk.settings.get("BOOKS_BUCKET").ok_or_else(|| {
        Trouble(format!("what was booked on {day} is in a file, and it is not known in which bucket: --stack says it, or BOOKS_BUCKET"))
    })?;
    let aws = desk.settings.aws()?;
    let (mut all, mut gone) = (Vec::new(), Vec::new());
    for book in books {
        match parts(&aws, bucket, *book, day).await? {
            Some(found) => all.extend(found),
            None => gone.push(*book),
        }
    }
    Ok((all, gone))
}

/// What is in all parts of a file; nothing, where one is gone.
async fn parts(aws: &Aws, bucket: &str, book: Book, day: Date) -> Result<Option<Vec<Line>>, Trouble> {
    let part = async |part| {
        let file = name(book, day, part);
        let Some(content) = aws.file(bucket, &file).await? else { return Ok(None) };
        let found = String::from_utf8(content).ok().and_then(|text| lines(book, &text));
        Ok::<_, Trouble>(Some(found.ok_or_else(|| Trouble(format!("{file} in {bucket} is not whole")))?))
    };
    if let Some(whole) = part(Part::Whole).await? {
        return Ok(Some(whole));
    }
    let mut all = Vec::new();
    for number in 1.. {
        if let Some(found) = part(Part::One(number)).await? {
            all.extend(found);
            continue;
        }
        let Some(found) = part(Part::Last(number)).await? else { break };
        all.extend(found);
        return Ok(Some(all));
    }
    Ok(None)
}
