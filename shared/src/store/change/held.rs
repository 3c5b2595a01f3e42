//! Whether a change could be made to an item as it is now: its conditions as DynamoDB would decide them, for a rehearsal. What an
//! expression of `expression.rs` says and what is decided here must agree: in `tests/it/store.rs` each arrow is rehearsed before it is
//! made, from each state.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Change, When};
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
