//! Faults at the boundary: what a network and a bad day do to any HTTP neighbour.
//!
//! A [`Faults`] handle wraps a router. Rules say which request meets which [`Fault`]; every request
//! is counted, so that a test can also assert that nothing was asked. The layer knows nothing about
//! what it wraps: the world uses the same one in front of DynamoDB.
//!
//! Nothing here waits for time to pass, except [`Fault::Delay`], which exists for measurements.

mod answer;
mod inject;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::Extensions;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use tokio::sync::watch;

use super::lock;
pub use answer::Answer;
use inject::meet;

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answered so, before any effect.
    Refuse(Answer),
    /// Refused in the neighbour's own words for "too much at once", before any effect.
    Overload,
    /// Never answered and never applied, unless [`Faults::release`] lets it go on.
    Hang,
    /// Applied; then the connection closes without an answer.
    LoseAnswer,
    /// Applied; then never answered, unless [`Faults::release`] lets the answer through.
    Stall,
    /// Applied; then answered so instead.
    Replace(Answer),
    /// Applied; then 200 with HTML.
    Html,
    /// Applied; then the true status with half of the true body.
    Truncate,
    /// The connection closes without an answer and without an effect.
    Drop,
    /// Not applied until the caller has gone (or [`Faults::release`]); then applied.
    Late,
    /// Not applied before [`Faults::release`], however long its caller has been gone by then; then
    /// applied.
    Adrift,
    /// Not applied and never answered: the caller is about to be killed by the test, which waits
    /// for [`Faults::halted`].
    HaltBefore,
    /// Applied and never answered, likewise.
    HaltAfter,
    /// Applied and answered after this long. For measurements.
    Delay(Duration),
    /// Answered by one of several nodes behind the same address that is this far behind the others;
    /// what comes in one request is answered by one. Where there are no such nodes, as always.
    Behind(Duration),
}

/// How far behind the others the node is that answers a request.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Behind(pub(in crate::sim) Duration);

impl Behind {
    /// Of the node that this request has come to.
    pub(in crate::sim) fn of(request: &Extensions) -> Duration {
        request.get::<Self>().map_or(Duration::ZERO, |behind| behind.0)
    }
}

impl Fault {
    /// What it is called where it is told of.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Refuse(_) => "refuse",
            Self::Overload => "be overloaded",
            Self::Hang => "hang",
            Self::LoseAnswer => "apply it and lose the answer",
            Self::Stall => "apply it and never answer",
            Self::Replace(_) => "apply it and answer something else",
            Self::Html => "apply it and answer with HTML",
            Self::Truncate => "apply it and cut the answer short",
            Self::Drop => "drop it",
            Self::Late => "apply it when its client waits no more",
            Self::Adrift => "apply it long after its client stopped waiting",
            Self::HaltBefore => "halt its caller before it is applied",
            Self::HaltAfter => "halt its caller after it is applied",
            Self::Delay(_) => "take its time",
            Self::Behind(_) => "be answered by a node that is behind",
        }
    }
}

/// A request as it came in, while a test [records](Faults::record).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// Its place among the requests to all neighbours of this process.
    pub order: u64,
    /// Its class.
    pub class: String,
}

static ARRIVALS: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
enum When {
    Always,
    /// The next `n` matching requests.
    Next(u64),
    /// The `n`-th matching request from now on, and only that.
    Nth(u64),
}

#[derive(Debug)]
struct Rule {
    pattern: String,
    fault: Fault,
    when: When,
}

#[derive(Default)]
struct Inner {
    rules: Vec<Rule>,
    latencies: Vec<(String, Duration)>,
    counts: BTreeMap<String, u64>,
    recording: bool,
    arrivals: Vec<Arrival>,
    /// Requests that have come in and are not over: neither answered, nor given up by their caller.
    under_way: u64,
    /// Requests that were taken by `Late` and have not been applied yet.
    late: u64,
    /// Requests that have met a fault.
    met: u64,
    /// Requests that have met `HaltBefore` or `HaltAfter`.
    halts: u64,
}

/// Rules and counters of one neighbour. Clones share them.
#[derive(Clone)]
pub struct Faults {
    inner: Arc<Mutex<Inner>>,
    /// Bumped whenever something happened that a test may be waiting for.
    changed: Arc<watch::Sender<u64>>,
    released: Arc<watch::Sender<u64>>,
    classify: fn(&Parts, &[u8]) -> String,
    overload: Answer,
}

impl Faults {
    /// Requests are classed as `"METHOD /path"`; `overload` is the neighbour's own refusal for
    /// [`Fault::Overload`].
    pub fn new(overload: Answer) -> Self {
        Self::by(|parts, _| format!("{} {}", parts.method, parts.uri.path()), overload)
    }

    /// With another way to class requests, such as a header that names the operation.
    pub fn by(classify: fn(&Parts, &[u8]) -> String, overload: Answer) -> Self {
        Self {
            inner: Arc::default(),
            changed: Arc::new(watch::Sender::new(0)),
            released: Arc::new(watch::Sender::new(0)),
            classify,
            overload,
        }
    }

    /// The next matching request meets the fault. `pattern` is a class of request in which `*`
    /// stands for anything.
    pub fn once(&self, pattern: &str, fault: Fault) {
        self.add(pattern, fault, When::Nth(1));
    }

    /// The next `count` matching requests meet the fault.
    pub fn times(&self, pattern: &str, count: u64, fault: Fault) {
        self.add(pattern, fault, When::Next(count));
    }

    /// Only the `nth` matching request from now on (1 is the next) meets the fault.
    pub fn nth(&self, pattern: &str, nth: u64, fault: Fault) {
        self.add(pattern, fault, When::Nth(nth));
    }

    /// All matching requests meet the fault, until [`clear`](Self::clear).
    pub fn always(&self, pattern: &str, fault: Fault) {
        self.add(pattern, fault, When::Always);
    }

    /// Adds a fixed latency to all matching requests, beside whatever else befalls them. Survives
    /// `clear`.
    pub fn latency(&self, pattern: &str, latency: Duration) {
        let mut inner = lock(&self.inner);
        inner.latencies.retain(|(known, _)| known != pattern);
        inner.latencies.push((pattern.into(), latency));
    }

    /// Forgets all rules. Requests already held stay held.
    pub fn clear(&self) {
        lock(&self.inner).rules.clear();
    }

    /// Lets go of everything that hangs, stalls or is late.
    pub fn release(&self) {
        self.released.send_modify(|count| *count += 1);
    }

    /// How many requests of this class came in, whatever became of them.
    pub fn count(&self, pattern: &str) -> u64 {
        let inner = lock(&self.inner);
        inner.counts.iter().filter(|(class, _)| matches(pattern, class)).map(|(_, count)| count).sum()
    }

    /// All classes of request seen, with their counts.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.inner).counts.clone()
    }

    /// Forgets the counts, not the rules.
    pub fn reset_counts(&self) {
        lock(&self.inner).counts.clear();
    }

    /// Forgets the counts, and writes down every request from now on.
    pub fn record(&self) {
        let mut inner = lock(&self.inner);
        inner.counts.clear();
        inner.arrivals.clear();
        inner.recording = true;
    }

    /// What came in since [`record`](Self::record): the place of a request in it is its number for
    /// [`nth`](Self::nth).
    pub fn arrivals(&self) -> Vec<Arrival> {
        lock(&self.inner).arrivals.clone()
    }

    /// How many requests have met a fault.
    pub fn met(&self) -> u64 {
        lock(&self.inner).met
    }

    /// How many requests have met a fault whose caller is to be killed.
    pub fn halts(&self) -> u64 {
        lock(&self.inner).halts
    }

    /// Waits until there are this many of them.
    pub async fn halted(&self, count: u64) {
        self.until(|this| this.halts() >= count).await;
    }

    /// Waits until `count` requests of this class have come in.
    pub async fn arrived(&self, pattern: &str, count: u64) {
        self.until(|this| this.count(pattern) >= count).await;
    }

    /// Waits until nothing is under way any more, what came late included. What hangs is under way
    /// as long as its caller waits for it.
    pub async fn settled(&self) {
        self.until(|this| {
            let inner = lock(&this.inner);
            inner.late == 0 && inner.under_way == 0
        })
        .await;
    }

    /// Puts this layer around a router.
    pub fn wrap(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), meet))
    }

    async fn until(&self, done: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        while !done(self) {
            // The sender lives in `self`, so this cannot fail.
            let _ = changed.changed().await;
        }
    }

    fn add(&self, pattern: &str, fault: Fault, when: When) {
        lock(&self.inner).rules.push(Rule { pattern: pattern.into(), fault, when });
    }

    /// Counts the request and finds what it meets: the first rule that matches and is due.
    fn arrive(&self, class: &str) -> (Option<Fault>, Option<Duration>) {
        let mut inner = lock(&self.inner);
        *inner.counts.entry(class.into()).or_default() += 1;
        inner.under_way += 1;
        if inner.recording {
            let order = ARRIVALS.fetch_add(1, Ordering::SeqCst);
            inner.arrivals.push(Arrival { order, class: class.into() });
        }
        let mut met = None;
        for rule in inner.rules.iter_mut().filter(|rule| matches(&rule.pattern, class)) {
            let due = match &mut rule.when {
                When::Always => true,
                When::Next(left) | When::Nth(left) if *left == 0 => false,
                When::Next(left) => {
                    // A rule that another rule came before keeps its turn.
                    if met.is_none() {
                        *left -= 1;
                    }
                    true
                }
                When::Nth(left) => {
                    *left -= 1;
                    *left == 0
                }
            };
            if due && met.is_none() {
                met = Some(rule.fault.clone());
            }
        }
        inner.rules.retain(|rule| !matches!(rule.when, When::Next(0) | When::Nth(0)));
        // Counted before its arrival is told, so that no waiter misses it.
        inner.late += u64::from(matches!(met, Some(Fault::Late | Fault::Adrift)));
        inner.met += u64::from(met.is_some());
        let latency = inner.latencies.iter().find(|(pattern, _)| matches(pattern, class)).map(|(_, latency)| *latency);
        drop(inner);
        self.changed.send_modify(|count| *count += 1);
        (met, latency)
    }

    fn late_no_more(&self) {
        let mut inner = lock(&self.inner);
        inner.late = inner.late.saturating_sub(1);
        drop(inner);
        self.changed.send_modify(|count| *count += 1);
    }

    fn halt(&self) {
        lock(&self.inner).halts += 1;
        self.changed.send_modify(|count| *count += 1);
    }

    fn begun(&self) {
        lock(&self.inner).under_way += 1;
    }

    fn over(&self) {
        lock(&self.inner).under_way -= 1;
        self.changed.send_modify(|count| *count += 1);
    }

    /// Resolves at the next [`release`](Self::release).
    fn release_signal(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut released = self.released.subscribe();
        async move {
            if released.changed().await.is_err() {
                pending::<()>().await;
            }
        }
    }
}

/// Does `class` match `pattern`, in which `*` stands for any run of characters?
fn matches(pattern: &str, class: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == class,
        Some((head, tail)) => class
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))),
    }
}
