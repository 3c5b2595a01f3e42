//! The books: what was booked on a day becomes that day's files, some hours after the day has
//! ended. A file is written under a name that says its day, and never over another: two rounds that
//! write the same day, or one that died half way, write the same lines, and the first is kept. A
//! day with much in it is written in parts, each up to a second that is remembered. So a part is
//! there as a whole or not at all, and what could not be written is written later.
//!
//! Nothing but entries of the day is read for it, whatever else is in the table.
//!
//! `docs/decisions.md`: When does a sale get into the books?

use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::future;
use jiff::ToSpan;
use jiff::civil::Date;
use tracing::{info, warn};

use super::balances::OF_DIALLER;
use super::{Report, Sweep, failed, rings};
use crate::books::{self, Part};
use crate::invocation::Invocation;
use crate::limits::prices::written_dollars;
use crate::refusal::Fault;
use crate::store::books::{Line, OnChain, Written, beginning_of, day_of};
use crate::store::calls::Call;
use crate::store::sales::Record;
use crate::store::{Book, StoreFault, Work};
use crate::telemetry;
use crate::telemetry::metrics::BOOKS_BEHIND;
use crate::types::{CallId, DAY, Timestamp};
use crate::upstream::bucket::Bucket;
use crate::upstream::twilio::{TwilioError, Usage};

/// How often it is looked whether a day is to be written.
const EVERY: Duration = Duration::from_mins(5);
/// How long after a day's end its files are written: the vendors have counted it by then.
const RESTED: Duration = Duration::from_hours(6);
/// What is remembered.
const NAME: &str = "BOOKS#ROUND";
/// How long a file may take, and a vendor's answer.
const PUT: Duration = Duration::from_secs(8);
const ANSWER: Duration = Duration::from_secs(5);
const RESERVE: Duration = Duration::from_secs(3);
/// How long after a day's end its files wait for the carrier to say what it has billed: an account
/// that is closed says nothing any more.
const UNBILLED: Duration = Duration::from_hours(48);
/// A part of a day is not begun with less time than this left,
const STEP: Duration = Duration::from_secs(15);
/// and not read on or written with less.
const LAST: Duration = Duration::from_secs(8);
/// What is in a part, some 6,500 calls: a round has time for several, and memory beside everything
/// else, though a file is signed as a whole.
const LARGEST: usize = 4 << 20;

impl Sweep {
    /// Writes the days that have ended, the earliest first, as far as there is time.
    pub(super) async fn write_books(&self, invocation: &Invocation, report: &mut Report) {
        let Some(bucket) = &self.bucket else { return };
        match self.store.take_turn(NAME, EVERY, invocation.now, invocation.attempt.as_str()).await {
            Ok(false) => {}
            Ok(true) => {
                if let Err(fault) = self.write_days(bucket, invocation).await {
                    failed(report, &fault);
                }
            }
            Err(fault) => failed(report, &fault.into()),
        }
    }

    async fn write_days(&self, bucket: &Bucket, invocation: &Invocation) -> Result<(), Fault> {
        let now = invocation.now;
        let Some(mut written) = self.store.books_written().await? else {
            // A table that is new has no day before this one.
            self.store.books_go_on(None, beginning_of(day_of(now))?, 0, &invocation.attempt).await?;
            return Ok(());
        };
        telemetry::gauge(&BOOKS_BEHIND, behind(written.until, now), []);
        let mut has_written = false;
        while let Some((day, end)) = next_day(written.until, now)? {
            if invocation.remaining() < STEP {
                break;
            }
            let next = self.write_part(bucket, day, end, &written, has_written, invocation).await?;
            let Some((until, parts)) = next else { break };
            if !self.store.books_go_on(Some(&written), until, parts, &invocation.attempt).await? {
                break;
            }
            info!(%day, parts, is_whole = until == end, "the books of a day are written");
            has_written = true;
            written = Written { until, parts, ..written };
            telemetry::gauge(&BOOKS_BEHIND, behind(until, now), []);
        }
        Ok(())
    }

    /// Writes what is next of a day; says until when it is written then, and in how many parts as
    /// far as there will be more. Nothing, where it waits for the carrier's bill, which is nothing
    /// that has failed.
    async fn write_part(
        &self,
        bucket: &Bucket,
        day: Date,
        end: Timestamp,
        written: &Written,
        has_written: bool,
        invocation: &Invocation,
    ) -> Result<Option<(Timestamp, u32)>, Fault> {
        let mut files = Files::new();
        let take = |at, line: Line| {
            if invocation.remaining() < LAST { ControlFlow::Break(()) } else { files.take(at, &line) }
        };
        self.store.booked_from(written.until, take).await?;
        let is_cut_off = invocation.remaining() < LAST;
        if files.next.is_none() && !is_cut_off {
            let Some(bills) = self.bills_of(day, invocation).await? else { return Ok(None) };
            for line in &bills {
                files.add(line);
            }
        }
        if invocation.remaining() < LAST {
            // Of a round that has written a part already no more is asked.
            if has_written {
                return Ok(None);
            }
            return Err(StoreFault::TooMuch("the books cannot be read in a round's time").into());
        }
        let (part, until, parts) = match (files.next, written.parts) {
            (Some(next), before) => (Part::One(before + 1), next, before + 1),
            (None, 0) => (Part::Whole, end, 0),
            (None, before) => (Part::Last(before + 1), end, 0),
        };
        for (book, text) in files.texts {
            bucket.put_new(&books::name(book, day, part), text.into_bytes(), invocation.at_most(PUT, RESERVE)).await?;
        }
        Ok(Some((until, parts)))
    }

    /// What vendors say of a day: what the carrier has billed, and what the dialler's balance has
    /// fallen by. Nothing, where the carrier does not say it and may yet.
    async fn bills_of(&self, day: Date, invocation: &Invocation) -> Result<Option<Vec<Line>>, Fault> {
        let line = |vendor: &str, what: &str, micros: i64| {
            let line = Line::of(Book::Bills, invocation.now).with("vendor", vendor).with("what", what);
            line.with("day", day.to_string()).with("amount_usd", written_dollars(micros))
        };
        let limit = invocation.at_most(ANSWER, RESERVE);
        let asked = Usage::ALL.map(|usage| async move {
            let billed = self.numbers.twilio().billed(usage, day, day, limit).await?;
            Ok::<_, TwilioError>((usage, billed.get(&day).copied()))
        });
        let billed = match future::try_join_all(asked).await {
            Ok(billed) => billed,
            Err(error) => {
                rings(&error);
                let end = beginning_of(day.checked_add(1.day()).map_err(StoreFault::from)?)?;
                let waits = end.saturating_add(UNBILLED).is_ok_and(|until| invocation.now < until);
                warn!(%day, waits, %error, "what the carrier has billed cannot be had for the books");
                if waits {
                    return Ok(None);
                }
                Vec::new()
            }
        };
        let carriers = billed.into_iter().filter_map(|(usage, billed)| Some(line("twilio", usage.as_str(), billed?)));
        let known = self.store.balance_of(OF_DIALLER).await?;
        let fell = known.and_then(|known| known.fallen.get(&day).copied());
        Ok(Some(carriers.chain(fell.map(|fell| line("bland", "balance", fell))).collect()))
    }

    /// A call that no sale brings into the books.
    pub(super) async fn book_call(&self, id: &CallId, invocation: &Invocation) -> Result<(), Fault> {
        let Some(call) = self.store.call(id).await? else { return Ok(()) };
        let sale = self.store.sale(&call.business.sale).await?;
        self.store.book_call(&call, sale.as_ref(), &invocation.attempt, invocation.now).await?;
        Ok(())
    }

    /// The payment of a sale was seen on the chain, or cannot be asked for. A call is booked when
    /// it is known what it has cost; one that still runs waits in its place.
    pub(super) async fn seen(&self, record: &Record, seen: OnChain, invocation: &Invocation) -> Result<bool, Fault> {
        if record.booked {
            return Ok(true);
        }
        let call = self.call_of(record).await?;
        if call.as_ref().is_some_and(|call| !call.line.closed) {
            return Ok(false);
        }
        self.store.proven(record, seen, call.as_ref(), &invocation.attempt, invocation.now).await?;
        Ok(true)
    }

    /// The call that was sold, if it is one.
    pub(super) async fn call_of(&self, record: &Record) -> Result<Option<Call>, StoreFault> {
        match &record.work {
            Work::Call(call) => self.store.call(&call.id).await,
            Work::Lease(_) | Work::Renew(_) | Work::List(_) | Work::Calls(_) | Work::Nothing => Ok(None),
        }
    }
}

/// The files of a part of a day, while they are filled.
struct Files {
    texts: Vec<(Book, String)>,
    bytes: usize,
    /// When the last line was booked.
    last: Option<Timestamp>,
    /// When the first line was booked that is for the next part.
    next: Option<Timestamp>,
}

impl Files {
    fn new() -> Self {
        let texts = Book::ALL.iter().map(|book| (*book, books::file(*book, []))).collect();
        Self { texts, bytes: 0, last: None, next: None }
    }

    /// Takes a line, as long as there is room. A part ends between two seconds, and by what is in
    /// it alone: a round that does it again after another has died writes the same.
    fn take(&mut self, at: Timestamp, line: &Line) -> ControlFlow<()> {
        if self.bytes >= LARGEST && self.last != Some(at) {
            self.next = Some(at);
            return ControlFlow::Break(());
        }
        self.last = Some(at);
        self.add(line);
        ControlFlow::Continue(())
    }

    fn add(&mut self, line: &Line) {
        let text = books::line(line);
        self.bytes += text.len();
        if let Some((_, file)) = self.texts.iter_mut().find(|(book, _)| *book == line.book) {
            file.push_str(&text);
        }
    }
}

/// The first day that is not written, and its end; nothing as long as the vendors may still count
/// it.
fn next_day(written: Timestamp, now: Timestamp) -> Result<Option<(Date, Timestamp)>, StoreFault> {
    let day = day_of(written);
    let end = beginning_of(day.checked_add(1.day())?)?;
    Ok((end.saturating_add(RESTED)? <= now).then_some((day, end)))
}

/// How many days have ended and are not written.
fn behind(written: Timestamp, now: Timestamp) -> u64 {
    let seconds = u64::try_from(now.as_second() - written.as_second()).unwrap_or(0);
    seconds / DAY.as_secs()
}

#[cfg(test)]
mod tests {
    use super::{Files, LARGEST, behind, next_day};
    use crate::store::Book;
    use crate::store::books::Line;
    use crate::types::Timestamp;

    #[test]
    fn a_part_ends_between_two_seconds_once_it_is_large() {
        let line = Line::of(Book::Sales, Timestamp::UNIX_EPOCH).with("number", "+".repeat(1 << 20));
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut files = Files::new();
        for _ in 0..LARGEST >> 20 {
            assert!(files.take(at(1), &line).is_continue());
        }
        assert!(files.take(at(1), &line).is_continue(), "of the same second");
        assert!(files.take(at(2), &line).is_break());
        let (_, sales) = files.texts.iter().find(|(book, _)| *book == Book::Sales).unwrap();
        assert!(sales.len() < LARGEST + (2 << 20), "what is not taken takes no room");
        assert_eq!(files.next, Some(at(2)));
    }

    #[test]
    fn a_day_is_written_once_it_has_ended_and_rested_and_the_earliest_comes_first() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (written, now, day, days) in [
            ("2026-11-29T00:00:00Z", "2026-11-29T23:59:59Z", None, 0),
            ("2026-11-29T00:00:00Z", "2026-11-30T05:59:59Z", None, 1),
            ("2026-11-29T00:00:00Z", "2026-11-30T06:00:00Z", Some("2026-11-29"), 1),
            ("2026-11-27T00:00:00Z", "2026-11-30T06:00:00Z", Some("2026-11-27"), 3),
            ("2026-11-30T00:00:00Z", "2026-11-30T06:00:00Z", None, 0),
            ("2026-12-31T00:00:00Z", "2027-01-01T06:00:00Z", Some("2026-12-31"), 1),
        ] {
            let next = next_day(at(written), at(now)).unwrap();
            assert_eq!(next.map(|(day, _)| day.to_string()).as_deref(), day, "{written} {now}");
            assert_eq!(behind(at(written), at(now)), days, "{written} {now}");
        }
    }
}
