//! Whether a change could be made to an item as it is now: its conditions as DynamoDB would decide
//! them, for a rehearsal. What an expression of `expression.rs` says and what is decided here must
//! agree: in `tests/it/store.rs` each arrow is rehearsed before it is made, from each state.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Change, Verb, When};
use crate::store::item::Item;
use crate::store::keys::Key;
use crate::store::rows::{Path, Value};

impl Change {
    /// The item that has to be read to know; none where it has no conditions.
    pub(in crate::store) fn depends_on(&self) -> Option<&Key> {
        (!self.when.is_empty()).then_some(&self.key)
    }

    /// Whether all of its conditions hold.
    pub(in crate::store) fn holds(&self, item: Option<&Item>) -> bool {
        self.when.iter().all(|when| holds(when, item))
    }

    /// Whether an item is as this change leaves it: what it sets is there, what it removes is not,
    /// and what its conditions say of all else holds. What is only added to cannot be told.
    pub(in crate::store) fn is_made_in(&self, item: &Item) -> bool {
        match &self.verb {
            Verb::Put(written) => written.iter().all(|(name, value)| item.get(name) == Some(value)),
            Verb::Update { set, remove, add } => {
                let touched = |path: &Path| set.iter().any(|(name, _)| name == path) || remove.contains(path);
                add.is_empty()
                    && set.iter().all(|(path, value)| at(item, path).is_some_and(|found| is(found, value)))
                    && remove.iter().all(|path| at(item, path).is_none())
                    && self.when.iter().filter(|when| !is_about(when, &touched)).all(|when| holds(when, Some(item)))
            }
            Verb::Delete | Verb::Check => false,
        }
    }
}

/// Whether a condition is about something that is changed: then it says how that was before.
fn is_about(when: &When, touched: &impl Fn(&Path) -> bool) -> bool {
    match when {
        When::Absent => true,
        When::Is(path, _)
        | When::No(path)
        | When::There(path)
        | When::AtMost(path, _)
        | When::Above(path, _)
        | When::AtLeast(path, _) => touched(path),
        When::Any(all) | When::All(all) => all.iter().any(|when| is_about(when, touched)),
    }
}

fn holds(when: &When, item: Option<&Item>) -> bool {
    let found = |path: &Path| item.and_then(|item| at(item, path));
    match when {
        When::Absent => item.is_none(),
        When::Is(path, value) => found(path).is_some_and(|found| is(found, value)),
        When::No(path) => found(path).is_none(),
        When::There(path) => found(path).is_some(),
        When::AtMost(path, limit) => found(path).is_some_and(|found| compared(found, limit, |a, b| a <= b)),
        When::Above(path, limit) => found(path).is_some_and(|found| compared(found, limit, |a, b| a > b)),
        When::AtLeast(path, limit) => found(path).is_some_and(|found| compared(found, limit, |a, b| a >= b)),
        When::Any(all) => all.iter().any(|when| holds(when, item)),
        When::All(all) => all.iter().all(|when| holds(when, item)),
    }
}

/// What stands at a path; `refund.state` is an attribute of an attribute.
fn at<'a>(item: &'a Item, path: &Path) -> Option<&'a AttributeValue> {
    let mut parts = path.parts();
    let first = item.get(parts.next()?)?;
    parts.try_fold(first, |found, part| found.as_m().ok()?.get(part))
}

/// The same, a number however it is written.
fn is(found: &AttributeValue, value: &Value) -> bool {
    let wanted = AttributeValue::from(value.clone());
    *found == wanted || number(found).is_some_and(|found| Some(found) == number(&wanted))
}

fn compared(found: &AttributeValue, limit: &Value, holds: fn(i128, i128) -> bool) -> bool {
    let limit = number(&AttributeValue::from(limit.clone()));
    number(found).zip(limit).is_some_and(|(found, limit)| holds(found, limit))
}

/// Every number of ours is a whole one.
fn number(value: &AttributeValue) -> Option<i128> {
    value.as_n().ok()?.parse().ok()
}
