//! What an invocation tells its operator: one line of JSON that says what became of it, and in that
//! line, in CloudWatch's embedded metric format, what is counted. What works below the edge notes
//! what it alone knows; the edge writes the line.
//!
//! It refuses to be told a secret: names are one-way or masked, everything else is a word of ours
//! or a number.
//!
//! - `docs/decisions.md`: Why is there one log level?
//! - `docs/decisions.md`: Why do neighbours note their times without being handed anything?

mod events;
mod line;
pub mod metrics;

pub use events::listen;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use tracing::error;

use self::metrics::{FAULTS, LOCKED_OUT, Metric, VENDOR_FAILURES};
use crate::types::{PaymentId, Timestamp, Wallet};

/// The neighbour that we ask over the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Neighbour {
    /// The table.
    Dynamodb,
    /// Who settles payments.
    Facilitator,
    /// A node of a chain.
    Node,
    /// The carrier.
    Twilio,
    /// The dialler.
    Bland,
    /// Who wakes the reaper.
    Scheduler,
    /// Who holds the refund wallet's key.
    Kms,
    /// Who keeps the vendors' keys.
    Secrets,
    /// Who keeps the books.
    Files,
    /// Our own API, where a function asks it as any client does.
    Ourselves,
}

impl Neighbour {
    /// In the order of their declaration.
    const ALL: [Self; 10] = [
        Self::Dynamodb,
        Self::Facilitator,
        Self::Node,
        Self::Twilio,
        Self::Bland,
        Self::Scheduler,
        Self::Kms,
        Self::Secrets,
        Self::Files,
        Self::Ourselves,
    ];

    /// What callers know it by: an answer that blames it names it so.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Dynamodb => "DynamoDB",
            Self::Facilitator => "facilitator",
            Self::Node => "node",
            Self::Twilio => "Twilio",
            Self::Bland => "Bland",
            Self::Scheduler => "EventBridge Scheduler",
            Self::Kms => "KMS",
            Self::Secrets => "Secrets Manager",
            Self::Files => "S3",
            Self::Ourselves => "this API",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Dynamodb => "dynamodb",
            Self::Facilitator => "facilitator",
            Self::Node => "node",
            Self::Twilio => "twilio",
            Self::Bland => "bland",
            Self::Scheduler => "scheduler",
            Self::Kms => "kms",
            Self::Secrets => "secrets",
            Self::Files => "s3",
            Self::Ourselves => "api",
        }
    }
}

/// The questions to one neighbour: how many, and how long they took; questions that ran side by
/// side are added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Asked {
    who: Neighbour,
    count: u64,
    took: Duration,
}

/// A number for a metric, and what it is about: the values of the metric's own dimensions, in their
/// order.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Point {
    metric: &'static Metric,
    value: u64,
    about: Vec<Cow<'static, str>>,
}

/// The notes that are taken while an invocation runs.
#[derive(Default)]
struct Notes {
    /// Lambda's name for the invocation.
    request: String,
    at: Option<Timestamp>,
    sale: Option<String>,
    wallet: Option<String>,
    replayed: bool,
    method: Option<&'static str>,
    tool: Option<&'static str>,
    asked: Vec<Asked>,
    points: Vec<Point>,
}

tokio::task_local! {
    static NOTES: RefCell<Notes>;
}

/// Outside of an invocation, as in a unit test, there is no line to add to.
fn note(write: impl FnOnce(&mut Notes)) {
    let _ = NOTES.try_with(|notes| {
        if let Ok(mut notes) = notes.try_borrow_mut() {
            write(&mut notes);
        }
    });
}

/// The time of the invocation.
pub fn began(now: Timestamp) {
    note(|notes| notes.at = Some(now));
}

/// Which sale this is about, and whose.
pub fn sale(payment: &PaymentId, payer: &Wallet) {
    note(|notes| {
        notes.sale = Some(payment.tag());
        notes.wallet = Some(payer.masked());
    });
}

/// The answer is what an earlier request with the same payment has come to.
pub fn replayed() {
    note(|notes| notes.replayed = true);
}

/// What a message of the Model Context Protocol asks for: a word of ours, as all that is written.
pub fn method(name: &'static str) {
    note(|notes| notes.method = Some(name));
}

/// Which tool it asks for.
pub fn tool(name: &'static str) {
    note(|notes| notes.tool = Some(name));
}

/// Something of ours failed.
pub fn fault() {
    add(&FAULTS, 1, []);
}

/// A vendor refuses whatever we ask, because of us: what it says of our account is for the
/// operator, and wakes one at any volume.
pub fn locked_out(vendor: Neighbour, said: &dyn Display) {
    error!(vendor = vendor.title(), %said, "a vendor does not accept our account");
    add(&LOCKED_OUT, 1, [vendor.name().into()]);
}

/// A vendor is down, or as good as that for a customer who wants to buy.
pub fn vendor_failed(vendor: Neighbour) {
    add(&VENDOR_FAILURES, 1, [vendor.name().into()]);
}

/// Adds to a count. `about` has a value for each dimension of the metric that the line does not
/// have by itself.
pub fn add<const N: usize>(metric: &'static Metric, value: u64, about: [Cow<'static, str>; N]) {
    note(|notes| match notes.points.iter_mut().find(|point| point.metric == metric && point.about == about) {
        Some(point) => point.value = point.value.saturating_add(value),
        None => notes.points.push(Point { metric, value, about: about.into() }),
    });
}

/// Says how something stands.
pub fn gauge<const N: usize>(metric: &'static Metric, value: u64, about: [Cow<'static, str>; N]) {
    note(|notes| {
        notes.points.retain(|point| point.metric != metric || point.about != about);
        notes.points.push(Point { metric, value, about: about.into() });
    });
}

/// The same of what is seen in several places: the highest stands.
pub fn highest<const N: usize>(metric: &'static Metric, value: u64, about: [Cow<'static, str>; N]) {
    note(|notes| match notes.points.iter_mut().find(|point| point.metric == metric && point.about == about) {
        Some(point) => point.value = point.value.max(value),
        None => notes.points.push(Point { metric, value, about: about.into() }),
    });
}

/// A question that is under way; it is over when this is dropped, however it ended.
#[must_use]
pub struct Question {
    who: Neighbour,
    began: Instant,
}

/// Begins to ask a neighbour something.
pub fn asking(who: Neighbour) -> Question {
    Question { who, began: Instant::now() }
}

impl Drop for Question {
    fn drop(&mut self) {
        let (who, took) = (self.who, self.began.elapsed());
        note(|notes| match notes.asked.iter_mut().find(|asked| asked.who == who) {
            Some(asked) => {
                asked.count += 1;
                asked.took += took;
            }
            None => notes.asked.push(Asked { who, count: 1, took }),
        });
    }
}

/// An invocation as the edge knows it before it begins.
pub struct Invoked {
    /// What the function is called here.
    pub function: &'static str,
    /// Lambda's name for the invocation.
    pub request: String,
    /// The API's name for the request, by which its access log is joined.
    pub gateway: Option<String>,
    /// What stands for the caller's address.
    pub caller: Option<String>,
    /// X-Ray's header.
    pub trace: Option<String>,
}

/// The end of an invocation.
pub struct Ended {
    /// A word.
    pub outcome: &'static str,
    /// What there is beside the word.
    pub with: With,
}

/// The rest of what there is to say of an end, beside one word.
pub enum With {
    /// A request was answered with this status.
    Status(u16),
    /// A round has this report.
    Report(Option<Box<RawValue>>),
}

/// The writer of one process's lines.
pub struct Writer {
    namespace: String,
    worked: AtomicBool,
}

impl Writer {
    /// A writer for a process that has not worked yet. Metrics are kept under `namespace`.
    pub fn new(namespace: String) -> Self {
        Self { namespace, worked: AtomicBool::new(false) }
    }

    /// Does the work and writes its line. The level of the log does not matter to it: metrics are
    /// in the line, and alarms hang on those.
    pub async fn watch<T>(
        &self,
        invoked: &Invoked,
        work: impl Future<Output = T>,
        ended: impl FnOnce(&T) -> Ended,
    ) -> T {
        let began = Instant::now();
        let noting = async {
            let done = work.await;
            (done, NOTES.with(RefCell::take))
        };
        // Whatever else is logged meanwhile names the invocation.
        let notes = Notes { request: invoked.request.clone(), ..Notes::default() };
        let (done, notes) = NOTES.scope(RefCell::new(notes), noting).await;
        let ended = ended(&done);
        let is_cold = !self.worked.swap(true, Ordering::Relaxed);
        let lines = line::render(&self.namespace, invoked, &ended, &notes, (is_cold, began.elapsed()));
        // There is nowhere to say that it cannot be written.
        let _ = std::io::stdout().lock().write_all(&lines);
        done
    }
}

#[cfg(test)]
mod tests;
