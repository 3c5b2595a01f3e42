//! The history of a world, in the order in which it happened: what clients asked and were answered,
//! what the functions asked of their neighbours and which faults met them, processes and their
//! ends, time that passed, and what the chain took.
//!
//! It is appended to and never changed, except that an answer is added to its question. A broken
//! promise is printed with it, and some promises can be seen nowhere else: that a 402 was the
//! truth, or that a request without a payment caused nothing.
//!
//! A world keeps one only if it is told to, so that one that runs for days does not grow; and no
//! more than the newest events, for the same reason. It knows nothing of Dialtone beyond how its
//! requests look.

mod exchange;
mod marks;
mod story;
mod watch;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use exchange::{Exchange, OnSolana, Paying, Said};
pub use marks::{mask, of as marks};
pub use story::tell;

use crate::world::Neighbour;

/// No more events than this are kept, the newest.
const MOST: usize = 60_000;

/// The events of a world: each part of it that sees something appends to it. Clones are the same
/// one.
#[derive(Clone)]
pub struct History(Arc<Inner>);

struct Inner {
    keeps: bool,
    began: Instant,
    events: Mutex<Events>,
}

#[derive(Default)]
struct Events {
    forgotten: usize,
    kept: VecDeque<Event>,
}

/// Which event it was, for its answer.
#[derive(Clone, Copy, Debug)]
pub struct Place(usize);

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When, since the world began.
    pub at: Duration,
    /// When it was over; never, if it was not answered.
    pub until: Option<Duration>,
    /// What.
    pub what: What,
    /// The numbers, payments, calls and wallets that it has to do with.
    pub marks: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// A client asked the gateway.
    Asked(Box<Exchange>),
    /// A function asked a neighbour.
    Errand(Box<Errand>),
    /// A function was at work on an event, and how that ended if not with an answer.
    Worked {
        /// The binary.
        function: String,
        /// What went wrong.
        trouble: Option<String>,
    },
    /// A process was started.
    Started {
        /// The binary.
        function: String,
    },
    /// `kill -9`.
    Killed {
        /// The binary.
        function: String,
        /// How many processes.
        processes: usize,
    },
    /// Time passed.
    Travelled(Duration),
    /// The recurring schedules fired.
    Swept,
    /// A one-shot schedule fired.
    Fired {
        /// Its name.
        name: String,
    },
    /// A transaction is in a block.
    Landed {
        /// Its hash.
        hash: String,
        /// What it did.
        did: String,
    },
}

/// A request to a neighbour.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Who was asked.
    pub neighbour: Neighbour,
    /// `POST /settle`; for DynamoDB the operation.
    pub class: String,
    /// DynamoDB: what was done to which partition, as `Put SALE#…`.
    pub deeds: Vec<String>,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// What else is worth knowing of the answer: an error's name, a refusal's reason.
    pub said: String,
    /// The fault that it met.
    pub met: Met,
}

impl Errand {
    /// Whether it could have changed something.
    pub fn writes(&self) -> bool {
        !matches!(self.class.as_str(), "GetItem" | "Query" | "Query index" | "BatchGetItem" | "Scan")
            && !self.class.starts_with("GET ")
    }

    /// The transactions' conditions that failed, one word for each change.
    pub fn cancelled(&self) -> bool {
        self.said.starts_with("TransactionCanceledException")
    }
}

/// Which fault a request met: told by the faults, which know nothing of histories.
#[derive(Clone, Debug, Default)]
pub struct Met(Arc<OnceLock<&'static str>>);

impl Met {
    /// Says which.
    pub fn fault(&self, name: &'static str) {
        // A request meets one fault.
        let _ = self.0.set(name);
    }

    /// Which it was.
    pub fn name(&self) -> Option<&'static str> {
        self.0.get().copied()
    }
}

impl Default for History {
    /// Keeps nothing.
    fn default() -> Self {
        Self::new(false)
    }
}

impl History {
    /// Keeps what happens from now on.
    pub fn kept() -> Self {
        Self::new(true)
    }

    fn new(keeps: bool) -> Self {
        Self(Arc::new(Inner { keeps, began: Instant::now(), events: Mutex::default() }))
    }

    /// Whether anything is kept.
    pub fn keeps(&self) -> bool {
        self.0.keeps
    }

    /// Something has happened. What it is costs nothing where nothing is kept.
    pub fn note(&self, what: impl FnOnce() -> (What, Vec<String>)) {
        if let Some(place) = self.begin(what) {
            self.end(place, |_| {});
        }
    }

    /// Something begins.
    pub fn begin(&self, what: impl FnOnce() -> (What, Vec<String>)) -> Option<Place> {
        if !self.0.keeps {
            return None;
        }
        let (what, marks) = what();
        let event = Event { at: self.0.began.elapsed(), until: None, what, marks };
        let mut events = self.lock();
        events.kept.push_back(event);
        if events.kept.len() > MOST {
            events.kept.pop_front();
            events.forgotten += 1;
        }
        Some(Place(events.forgotten + events.kept.len() - 1))
    }

    /// It is over, and this is what is known now.
    pub fn end(&self, place: Place, answer: impl FnOnce(&mut Event)) {
        let mut events = self.lock();
        let forgotten = events.forgotten;
        let Some(index) = place.0.checked_sub(forgotten) else { return };
        if let Some(event) = events.kept.get_mut(index) {
            event.until = Some(self.0.began.elapsed());
            answer(event);
        }
    }

    /// Everything so far.
    pub fn events(&self) -> Vec<Event> {
        self.lock().kept.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Events> {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
