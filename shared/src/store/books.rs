//! The books: what has happened to money, line by line, each in the write that makes it happen. A
//! day's entries lie in one partition, so that a day is read by what happened on it and by nothing
//! else; what is made of them is for [`crate::books`].
//!
//! | what | in the write that | lines |
//! |---|---|---|
//! | a sale | sees its payment on the chain, or misses it ([`Store::proven`], [`Store::missing`]) | sale; what it has cost |
//! | a refund | ends it ([`Store::refunded`], [`Store::credited`]) | refund; what came in, if that is in no book yet |
//! | a call that failed | owes for it, or gives its credit back ([`Store::owe_for_call`], [`Store::credit_back`]) | what it has cost; sale and refund, where credit had paid |
//! | a call without a payment to be seen | takes it out of its queue ([`Store::book_call`]) | what it has cost; sale, where credit has paid |
//! | a number that was bought for nothing | makes it stock ([`unsold`]) | what it has cost |
//! | a refund by hand | owes it, or gives credit back ([`Store::owe_by_hand`]) | what the call has cost, if that is in no book yet; refund, where credit had paid |
//!
//! The callee stands in it as a prefix, since the books are kept for years and a person's number is
//! nothing that money is counted by; the payer stands in it whole. There is no task, no transcript
//! and no signature.
//!
//! An entry is never written over: where another has its key, nothing of its write happens.
//!
//! What was paid is found here by the one-way name that stands in logs: the entry stands under it
//! in the index, which is one write unit instead of a search through the table.
//!
//! `docs/decisions.md`: When does a sale get into the books?
//!
//! `docs/decisions.md`: Why is an entry of the books never written over?

mod files;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::Offset;

use crate::limits::rates;
use crate::types::{AttemptId, DAY, PaymentId, PhoneNumber, Timestamp, Usdc, rfc3339};

pub use files::Written;

use super::calls::Call;
use super::change::{Change, Changes, Step, is};
use super::cost::Price;
use super::item::Item;
use super::keys::{self, Key, Queue};
use super::rows::{Book, BookLineRow, BookRow, Charge, DUE_QUEUE, RefundReason, State};
use super::sales::{Record, Refund};
use super::work::{Lease, Source, Work};
use super::{Hurdle, Store, StoreFault};

/// How long entries are kept in the table: three months in which their files can be written.
const KEPT: Duration = Duration::from_secs(90 * DAY.as_secs());

/// The way in which a payment was looked for on the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnChain {
    /// It is there.
    Yes,
    /// It is not, and will not be.
    Missing,
    /// There is no node to ask.
    Unasked,
}

impl OnChain {
    const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Missing => "missing",
            Self::Unasked => "unasked",
        }
    }
}

impl Book {
    /// The columns of a file, in their order.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Sales => &[
                "booked_at",
                "payment",
                "log_name",
                "sold",
                "network",
                "payer",
                "amount_usd",
                "paid_with",
                "transaction",
                "settled_at",
                "seen",
                "country",
                "number",
                "call",
            ],
            Self::Refunds => &[
                "booked_at",
                "payment",
                "log_name",
                "reason",
                "back_as",
                "network",
                "payer",
                "amount_usd",
                "paid_by",
                "transaction",
                "owed_since",
            ],
            Self::Costs => {
                &["booked_at", "vendor", "what", "payment", "call", "vendor_id", "prefix", "minutes", "amount_usd"]
            }
            Self::Bills => &["booked_at", "vendor", "what", "day", "amount_usd"],
            Self::Deeds => &["booked_at", "begun_at", "who", "what", "why", "outcome"],
        }
    }
}

/// A line of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Which file.
    pub book: Book,
    cells: BTreeMap<String, String>,
}

impl Line {
    /// A line that is booked then.
    pub fn of(book: Book, now: Timestamp) -> Self {
        Self { book, cells: BTreeMap::new() }.with("booked_at", rfc3339(now))
    }

    /// With something in a column. What is empty is left out.
    #[must_use]
    pub fn with(mut self, column: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        debug_assert!(self.book.columns().contains(&column), "{column} is not a column");
        if !text.is_empty() {
            self.cells.insert(column.to_owned(), text);
        }
        self
    }

    /// A line as it stands in a file.
    pub fn written(book: Book, cells: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { book, cells: cells.into_iter().filter(|(_, text)| !text.is_empty()).collect() }
    }

    /// What stands in a column; nothing, if it is empty.
    pub fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// What was paid, or what a sale was to be paid.
    fn about(book: Book, record: &Record, amount: Usdc, now: Timestamp) -> Self {
        let payer = record.signed.payer;
        Self::of(book, now)
            .with("payment", record.id.as_str())
            .with("log_name", record.id.tag())
            .with("network", payer.network().caip2())
            .with("payer", payer.to_string())
            .with("amount_usd", amount.dollars())
    }

    fn sale(record: &Record, seen: OnChain, now: Timestamp) -> Self {
        let settled = record.settled.as_ref();
        let transaction = settled.and_then(|settled| settled.transaction.clone());
        let (paid_with, seen) = match record.credit() {
            Some(_) => ("credit", ""),
            None => ("usdc", seen.word()),
        };
        let line = Self::about(Book::Sales, record, record.signed.amount, now)
            .with("sold", record.work.kind().as_str())
            .with("paid_with", paid_with)
            .with("transaction", transaction.unwrap_or_default())
            .with("settled_at", settled.map(|settled| rfc3339(settled.at)).unwrap_or_default())
            .with("seen", seen);
        match &record.work {
            Work::Lease(lease) => line.with("country", lease.country.as_str()).with("number", lease.number.as_str()),
            Work::Renew(renew) => line.with("country", renew.country.as_str()).with("number", renew.number.as_str()),
            Work::Call(call) => line.with("call", call.id.as_str()),
            Work::List(_) | Work::Calls(_) | Work::Nothing => line,
        }
    }

    /// A payment that was made to us beside what was sold: it came in, and goes back.
    fn stray(record: &Record, refund: &Refund, now: Timestamp) -> Self {
        Self::about(Book::Sales, record, refund.amount, now)
            .with("sold", "nothing")
            .with("paid_with", "usdc")
            .with("transaction", refund.taken_by.clone().unwrap_or_default())
            .with("seen", OnChain::Yes.word())
    }

    fn refund(record: &Record, reason: RefundReason, back_as: &str, amount: Usdc, now: Timestamp) -> Self {
        let paid_by = record.settled.as_ref().and_then(|settled| settled.transaction.clone());
        Self::about(Book::Refunds, record, amount, now)
            .with("reason", reason.as_str())
            .with("back_as", back_as)
            .with("paid_by", paid_by.unwrap_or_default())
    }

    fn back(record: &Record, refund: &Refund, back_as: &str, transaction: Option<&str>, now: Timestamp) -> Self {
        let line = Self::refund(record, refund.reason, back_as, refund.amount, now);
        let line = match &refund.taken_by {
            Some(taken_by) => line.with("paid_by", taken_by.as_str()),
            None => line,
        };
        line.with("transaction", transaction.unwrap_or_default()).with("owed_since", rfc3339(refund.asked_at))
    }
}

/// What a call has cost: what its dialler charges by its own word, what the carrier's minutes are
/// reckoned to, and what the answers to its questions may cost; or what was reserved for it, where
/// the dialler never said. Nothing, where nothing was reserved.
fn call_costs(call: &Call, now: Timestamp) -> Vec<Line> {
    let Some(cost) = call.business.cost else { return Vec::new() };
    let line = |vendor: &str, what: &str, amount: Usdc| {
        Line::of(Book::Costs, now)
            .with("vendor", vendor)
            .with("what", what)
            .with("payment", call.business.sale.as_str())
            .with("call", call.id.as_str())
            .with("prefix", rates::prefix(&call.line.to))
            .with("amount_usd", amount.dollars())
    };
    let (dialler, placed) = (call.line.dialler.as_str(), call.line.placed.as_deref().unwrap_or_default());
    let Some(Price { dialler: charged, carrier, questions }) = cost.known else {
        return vec![line(dialler, "reserved", cost.amount).with("vendor_id", placed)];
    };
    let length = call.line.view.as_ref().and_then(|view| view.call_length.as_deref()).unwrap_or_default();
    let minute = rates::carrier_minute(&call.line.to).atomic().max(1);
    let minutes = (carrier.atomic() + minute / 2) / minute;
    let nothing = Usdc::micros(0);
    [
        Some(line(dialler, "call", charged).with("vendor_id", placed).with("minutes", length)),
        (carrier > nothing).then(|| line("twilio", "minutes", carrier).with("minutes", minutes.to_string())),
        (questions > nothing).then(|| line(dialler, "questions", questions).with("vendor_id", placed)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The first month of a number that was bought for this sale: not of one that was to be bought once
/// it is paid for, and was not.
fn number_cost(record: &Record, now: Timestamp) -> Option<Line> {
    let Work::Lease(Lease { number, source: Source::Carrier(booked), .. }) = &record.work else { return None };
    Some(number_line(record, number, booked.cost, now))
}

fn number_line(record: &Record, number: &PhoneNumber, cost: Usdc, now: Timestamp) -> Line {
    let line = Line::of(Book::Costs, now).with("vendor", "twilio").with("what", "number");
    let line = line.with("payment", record.id.as_str()).with("vendor_id", number.as_str());
    line.with("amount_usd", cost.dollars())
}

/// The first month of a number that was bought for this sale and is stock now, since the sale came
/// to nothing: it is booked in the write that says so, whatever becomes of the payment.
pub fn unsold(record: &Record, now: Timestamp) -> Result<Changes, StoreFault> {
    let Work::Lease(Lease { number, source, .. }) = &record.work else { return Ok(Changes::none()) };
    let Some(cost) = source.cost() else { return Ok(Changes::none()) };
    // Two numbers can be bought for one payment in one second, after the first came to nothing.
    let what = format!("number {}", number.as_str());
    Ok(Changes::of([entry(&what, record.id.as_str(), vec![number_line(record, number, cost, now)], now)?]))
}

/// A sale that was delivered, with what it has cost.
pub(super) fn sold(record: &Record, call: Option<&Call>, seen: OnChain, now: Timestamp) -> Result<Step, StoreFault> {
    let costs = call.map(|call| call_costs(call, now)).unwrap_or_default();
    let lines = std::iter::once(Line::sale(record, seen, now)).chain(costs).chain(number_cost(record, now));
    tagged("sold", record, lines.collect(), now)
}

/// A refund that has ended, and what it gives back where that stands in no book yet: `seen` is how
/// that was looked for on the chain.
pub(super) fn back(
    record: &Record,
    refund: &Refund,
    seen: OnChain,
    transaction: Option<&str>,
    now: Timestamp,
) -> Result<Step, StoreFault> {
    let back_as = if refund.state == super::Refunding::Credited { "credit" } else { "usdc" };
    let came_in = match refund.reason {
        RefundReason::Stray | RefundReason::Late => Some(Line::stray(record, refund, now)),
        _ if record.booked => None,
        _ => Some(Line::sale(record, seen, now)),
    };
    let cost = came_in.as_ref().filter(|line| line.cell("sold") != "nothing").and_then(|_| number_cost(record, now));
    let back = Line::back(record, refund, back_as, transaction, now);
    let lines = came_in.into_iter().chain(cost).chain([back]).collect();
    if record.booked { entry("back", record.id.as_str(), lines, now) } else { tagged("back", record, lines, now) }
}

/// What a call that failed has cost, unless that stands beside its sale already.
pub(super) fn failed(record: &Record, call: &Call, now: Timestamp) -> Result<Option<Step>, StoreFault> {
    let lines = if record.booked { Vec::new() } else { call_costs(call, now) };
    if lines.is_empty() { Ok(None) } else { entry("failed", call.id.as_str(), lines, now).map(Some) }
}

/// A call that credit had paid and that failed: sold, and given back.
pub(super) fn credit_back(record: &Record, call: &Call, price: Usdc, now: Timestamp) -> Result<Step, StoreFault> {
    let sale = Line::sale(record, OnChain::Yes, now);
    let back = Line::refund(record, RefundReason::CallFailed, "credit", price, now);
    entry("failed", call.id.as_str(), [sale, back].into_iter().chain(call_costs(call, now)).collect(), now)
}

/// Credit that an operator gives back.
pub(super) fn credited_by_hand(record: &Record, price: Usdc, now: Timestamp) -> Result<Step, StoreFault> {
    let back = Line::refund(record, RefundReason::ByHand, "credit", price, now);
    entry("by_hand", record.id.as_str(), vec![back], now)
}

/// Whether no payment of its own is looked for on the chain that would bring a call into the books.
pub(super) fn is_by_itself(call: &Call) -> bool {
    let business = &call.business;
    business.charge.is_unpaid() || (business.charge == Charge::Paid && business.transaction.is_none())
}

fn entry(what: &str, id: &str, lines: Vec<Line>, now: Timestamp) -> Result<Step, StoreFault> {
    written(what, id, lines, None, now)
}

/// An entry by which the payment is found under its one-way name.
fn tagged(what: &str, record: &Record, lines: Vec<Line>, now: Timestamp) -> Result<Step, StoreFault> {
    written(what, record.id.as_str(), lines, Some(keys::tag(&record.id.tag())), now)
}

fn written(what: &str, id: &str, lines: Vec<Line>, tag: Option<String>, now: Timestamp) -> Result<Step, StoreFault> {
    let key = keys::book_entry(day_of(now), now, what, id);
    // What the key says need not be said in each line: an entry is below a kilobyte.
    let row = |line: Line| {
        let mut cells = line.cells;
        let is_said = cells.get("payment").is_some_and(|payment| payment == id);
        cells.retain(|name, _| name != "booked_at" && !(is_said && ["payment", "log_name"].contains(&name.as_str())));
        BookLineRow { file: line.book, cells }
    };
    let lines = lines.into_iter().map(row).collect();
    let ttl = now.as_second() + KEPT.as_secs().cast_signed();
    let due_at = tag.as_ref().map(|_| now.as_second());
    let row = BookRow { pk: key.pk.clone(), sk: key.sk.clone(), lines, due_queue: tag, due_at, ttl };
    Ok(Change::put(key, serde_dynamo::to_item(row)?).once())
}

/// A line with what its entry's key says.
fn whole(row: BookLineRow, at: Timestamp, id: &str) -> Line {
    let line = Line { book: row.file, cells: row.cells }.with("booked_at", rfc3339(at));
    let is_about_a_payment = row.file.columns().contains(&"payment") && line.cell("payment").is_empty();
    if !is_about_a_payment {
        return line;
    }
    let id = PaymentId::from_row(id.to_owned());
    let line = line.with("payment", id.as_str());
    if row.file.columns().contains(&"log_name") { line.with("log_name", id.tag()) } else { line }
}

/// A day of the books: UTC's.
pub fn day_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// When a day begins.
pub fn beginning_of(day: Date) -> Result<Timestamp, StoreFault> {
    Ok(Offset::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))?)
}

impl Store {
    /// call: waiting to be booked → booked. `sale` is what credit has paid.
    pub async fn book_call(
        &self,
        call: &Call,
        sale: Option<&Record>,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let sold = sale.filter(|sale| sale.credit().is_some() && sale.state == State::Closed);
        let lines: Vec<Line> =
            sold.map(|sale| Line::sale(sale, OnChain::Yes, now)).into_iter().chain(call_costs(call, now)).collect();
        let change = Change::update(keys::call(&call.id)).not_due().when(is(DUE_QUEUE, Queue::of_books(&call.id)));
        let entry = if lines.is_empty() { None } else { Some(entry("call", call.id.as_str(), lines, now)?) };
        let changes: Changes = std::iter::once(change.or(Hurdle::Call)).chain(entry).collect();
        self.done(changes, &call.business.sale, "book call", by).await
    }

    /// What an operator has done by hand, or is about to do: who, what and why, and what came of
    /// it. Its lines have the same beginning.
    pub async fn book_deed(
        &self,
        [who, what, why, outcome]: [&str; 4],
        begun: Timestamp,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<(), StoreFault> {
        let line = Line::of(Book::Deeds, now)
            .with("begun_at", rfc3339(begun))
            .with("who", who)
            .with("what", what)
            .with("why", why);
        let entry = entry(outcome, by.as_str(), vec![line.with("outcome", outcome)], now)?;
        self.alone(entry).await.map(drop)
    }

    /// What was booked on a day from this time on, in its order: handed over line by line, as long
    /// as it is wanted, since a day may have more of them than memory.
    pub async fn booked_from(
        &self,
        from: Timestamp,
        mut take: impl FnMut(Timestamp, Line) -> ControlFlow<()> + Send,
    ) -> Result<(), StoreFault> {
        let read = |item: Item| {
            let key = Key::of(&item).ok_or(StoreFault::Row("key of what was booked"))?;
            let (at, id) = keys::read_book_entry(&key).ok_or(StoreFault::Row("key of what was booked"))?;
            let row: BookRow = serde_dynamo::from_item(item)?;
            Ok(row.lines.into_iter().map(|line| whole(line, at, id)).try_for_each(|line| take(at, line)))
        };
        self.partition_by_pages(keys::book_from(day_of(from), from), read).await
    }
}
