//! One conditional write to one item, in words instead of expression strings: what is set, when it
//! may be, and what it means if it may not. Attributes are named by [`Name`], and what stands in
//! them is a [`Value`], so that no word is spelled here.

pub(super) mod expression;
pub(super) mod held;

use super::hurdle::Hurdle;
use super::item::Item;
use super::keys::{Key, Queue};
use super::rows::{DUE_AT, DUE_QUEUE, Name, Path, Value};

/// Changes that happen together or not at all.
#[must_use = "a change that is not written has not happened"]
#[derive(Default)]
pub struct Changes {
    pub(super) all: Vec<Step>,
    /// What they were decided on. Decided on something else, they are another step.
    pub(super) seen: String,
}

impl Changes {
    /// No changes.
    pub fn none() -> Self {
        Self::default()
    }

    pub(super) fn of<const N: usize>(steps: [Step; N]) -> Self {
        steps.into_iter().collect()
    }

    /// Names what they were decided on.
    pub(super) fn on(self, seen: String) -> Self {
        Self { seen, ..self }
    }

    /// These, and those.
    pub fn and(mut self, more: Self) -> Self {
        self.all.extend(more.all);
        self.seen.push_str(&more.seen);
        self
    }
}

impl FromIterator<Step> for Changes {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self { all: steps.into_iter().collect(), seen: String::new() }
    }
}

/// A change, and what it means if its condition does not hold.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) change: Change,
    pub(super) otherwise: Otherwise,
}

/// What becomes of a transaction when a condition in it does not hold.
#[derive(Clone)]
pub(super) enum Otherwise {
    /// It is lost, for this reason.
    Lost(Hurdle),
    /// The same; and if another transaction is in its way, that is not a reason to wait: another
    /// change can take its place.
    Elsewhere(Hurdle),
    /// It is made without this change, and nothing says so.
    Without,
    /// It is made with this change in its place.
    Instead(Box<Change>),
    /// A record would be written over, which is a fault and never done.
    Recorded,
    /// That cannot be: there is no condition.
    Impossible,
}

/// What must hold for a write to happen.
#[derive(Clone)]
pub(super) enum When {
    /// The item is not there.
    Absent,
    /// The attribute has this value.
    Is(Path, Value),
    /// The attribute is not there.
    No(Path),
    /// Something is at this path.
    There(Path),
    /// The attribute is a number not above this one.
    AtMost(Path, Value),
    /// The attribute is a number above this one.
    Above(Path, Value),
    /// The attribute is a number not below this one.
    AtLeast(Path, Value),
    /// One of these holds.
    Any(Vec<When>),
    /// All of these hold.
    All(Vec<When>),
}

/// See [`When::Is`].
pub(super) fn is(path: impl Into<Path>, value: impl Into<Value>) -> When {
    When::Is(path.into(), value.into())
}

/// See [`When::No`].
pub(super) fn no(path: impl Into<Path>) -> When {
    When::No(path.into())
}

/// See [`When::There`].
pub(super) fn there(path: impl Into<Path>) -> When {
    When::There(path.into())
}

/// See [`When::AtMost`].
pub(super) fn at_most(path: impl Into<Path>, limit: impl Into<Value>) -> When {
    When::AtMost(path.into(), limit.into())
}

/// See [`When::Above`].
pub(super) fn above(path: impl Into<Path>, limit: impl Into<Value>) -> When {
    When::Above(path.into(), limit.into())
}

/// See [`When::AtLeast`].
pub(super) fn at_least(path: impl Into<Path>, limit: impl Into<Value>) -> When {
    When::AtLeast(path.into(), limit.into())
}

/// The attribute is as it was seen: it has this value, or is not there.
pub(super) fn as_seen(name: Name, seen: Option<impl Into<Value>>) -> When {
    seen.map_or_else(|| no(name), |value| is(name, value))
}

/// A change to one item.
#[derive(Clone)]
pub(super) struct Change {
    key: Key,
    verb: Verb,
    when: Vec<When>,
}

#[derive(Clone)]
enum Verb {
    Put(Item),
    Update { set: Vec<(Path, Value)>, remove: Vec<Path>, add: Vec<(Name, i64)> },
    Delete,
    Check,
}

impl Change {
    /// Changes some attributes of an item.
    pub(super) fn update(key: Key) -> Self {
        Self::of(key, Verb::Update { set: Vec::new(), remove: Vec::new(), add: Vec::new() })
    }

    /// Writes a whole item.
    pub(super) fn put(key: Key, item: Item) -> Self {
        Self::of(key, Verb::Put(item))
    }

    /// Deletes an item.
    pub(super) fn delete(key: Key) -> Self {
        Self::of(key, Verb::Delete)
    }

    /// Changes nothing, but must find its conditions true.
    pub(super) fn check(key: Key) -> Self {
        Self::of(key, Verb::Check)
    }

    fn of(key: Key, verb: Verb) -> Self {
        Self { key, verb, when: Vec::new() }
    }

    /// Where its condition does not hold, nothing is written, for this reason.
    pub(super) fn or(self, hurdle: Hurdle) -> Step {
        Step { change: self, otherwise: Otherwise::Lost(hurdle) }
    }

    /// The same, and nothing is written either where another transaction is in its way.
    pub(super) fn or_elsewhere(self, hurdle: Hurdle) -> Step {
        Step { change: self, otherwise: Otherwise::Elsewhere(hurdle) }
    }

    /// Where its condition does not hold, the others are made without it, and nothing says so.
    pub(super) fn or_without(self) -> Step {
        Step { change: self, otherwise: Otherwise::Without }
    }

    /// Where its condition does not hold, this is made in its place, which has none.
    pub(super) fn or_instead(self, instead: Self) -> Step {
        debug_assert!(instead.when.is_empty(), "a condition that stands for nothing");
        Step { change: self, otherwise: Otherwise::Instead(Box::new(instead)) }
    }

    /// It is a record, which is written once and never over another.
    pub(super) fn once(self) -> Step {
        Step { change: self.when(When::Absent), otherwise: Otherwise::Recorded }
    }

    /// It has no condition of its own.
    pub(super) fn anyway(self) -> Step {
        debug_assert!(self.when.is_empty(), "a condition that stands for nothing");
        Step { change: self, otherwise: Otherwise::Impossible }
    }

    /// Sets an attribute.
    pub(super) fn set(mut self, path: impl Into<Path>, value: impl Into<Value>) -> Self {
        let (path, value) = (path.into(), value.into());
        match &mut self.verb {
            Verb::Update { set, .. } => set.push((path, value)),
            Verb::Put(item) => drop(item.insert(path.in_an_item(), value.into())),
            Verb::Delete | Verb::Check => {}
        }
        self
    }

    /// Sets an attribute, if there is a value.
    pub(super) fn set_some(self, path: impl Into<Path>, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(path, value),
            None => self,
        }
    }

    /// Removes an attribute.
    pub(super) fn remove(mut self, path: impl Into<Path>) -> Self {
        if let Verb::Update { remove, .. } = &mut self.verb {
            remove.push(path.into());
        }
        self
    }

    /// Adds to a number, which counts from zero where there is none yet.
    pub(super) fn add(mut self, name: Name, amount: i64) -> Self {
        if let Verb::Update { add, .. } = &mut self.verb {
            add.push((name, amount));
        }
        self
    }

    /// Puts the item into a queue, to be found there from this time on.
    pub(super) fn due(self, queue: Queue, at: impl Into<Value>) -> Self {
        self.set(DUE_QUEUE, queue).set(DUE_AT, at)
    }

    /// Takes the item out of its queue.
    pub(super) fn not_due(self) -> Self {
        self.remove(DUE_QUEUE).remove(DUE_AT)
    }

    /// Only when this holds.
    pub(super) fn when(mut self, condition: When) -> Self {
        self.when.push(condition);
        self
    }
}
