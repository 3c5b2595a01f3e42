//! One conditional write to one item, in words instead of expression strings: what is set, and when it may be. Names and
//! values are always substituted, since DynamoDB reserves 573 words and `state` and `owner` are among them.

use std::borrow::Cow;
use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::StoreFault;
use super::keys::Key;

/// An item in DynamoDB's own terms.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Changes that happen together or not at all.
#[must_use = "a change that is not written has not happened"]
#[derive(Default)]
pub struct Changes {
    pub(super) all: Vec<Change>,
    /// What they were decided on. Decided on something else, they are another step.
    pub(super) seen: String,
}

impl Changes {
    /// No changes.
    pub fn none() -> Self {
        Self::default()
    }

    pub(super) fn of<const N: usize>(changes: [Change; N]) -> Self {
        changes.into_iter().collect()
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

impl FromIterator<Change> for Changes {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self { all: changes.into_iter().collect(), seen: String::new() }
    }
}

/// What must hold for a write to happen.
pub(super) enum When {
    /// The item is not there.
    Absent,
    /// The attribute has this value.
    Is(&'static str, AttributeValue),
    /// The attribute is not there.
    No(&'static str),
    /// Something is at this path.
    There(String),
    /// The attribute is a number not above this one.
    AtMost(&'static str, i64),
    /// The attribute is a number above this one.
    Above(&'static str, i64),
    /// The attribute is a number not below this one.
    AtLeast(&'static str, i64),
    /// One of these holds.
    Any(Vec<When>),
    /// All of these hold.
    All(Vec<When>),
}

/// A change to one item.
pub(super) struct Change {
    key: Key,
    verb: Verb,
    when: Vec<When>,
    spare: bool,
}

/// The name of an attribute, or of an attribute of an attribute: `refund.state`.
type Path = Cow<'static, str>;

enum Verb {
    Put(Item),
    Update { set: Vec<(Path, AttributeValue)>, remove: Vec<Path>, add: Vec<(&'static str, i64)> },
    Delete,
    Check,
}

/// Text.
pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number.
pub(super) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
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
        Self { key, verb, when: Vec::new(), spare: false }
    }

    /// Where its condition does not hold the others are made without it, and nothing says so.
    pub(super) fn or_without(self) -> Self {
        Self { spare: true, ..self }
    }

    /// Whether the others are made without it.
    pub(super) fn is_spare(&self) -> bool {
        self.spare
    }

    /// Sets an attribute.
    pub(super) fn set(mut self, name: impl Into<Path>, value: AttributeValue) -> Self {
        match &mut self.verb {
            Verb::Update { set, .. } => set.push((name.into(), value)),
            Verb::Put(item) => drop(item.insert(name.into().into_owned(), value)),
            Verb::Delete | Verb::Check => {}
        }
        self
    }

    /// Sets an attribute, if there is a value.
    pub(super) fn set_some(self, name: &'static str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Removes an attribute.
    pub(super) fn remove(mut self, name: impl Into<Path>) -> Self {
        if let Verb::Update { remove, .. } = &mut self.verb {
            remove.push(name.into());
        }
        self
    }

    /// Adds to a number, which counts from zero where there is none yet.
    pub(super) fn add(mut self, name: &'static str, amount: i64) -> Self {
        if let Verb::Update { add, .. } = &mut self.verb {
            add.push((name, amount));
        }
        self
    }

    /// Only when this holds.
    pub(super) fn when(mut self, condition: When) -> Self {
        self.when.push(condition);
        self
    }

    /// The change as one step of a transaction. A failed condition gives the old item back, so that a write whose answer
    /// was lost can be recognised.
    pub(super) fn into_step(self, table: &str) -> Result<TransactWriteItem, StoreFault> {
        let mut names = Names::default();
        let condition = (!self.when.is_empty()).then(|| names.condition(&When::All(self.when)));
        let key = [("pk", self.key.pk), ("sk", self.key.sk)].map(|(name, value)| (name.to_owned(), s(value)));
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let step = match self.verb {
            Verb::Put(mut item) => {
                item.extend(key);
                let put = Put::builder().table_name(table).set_item(Some(item)).set_condition_expression(condition);
                let (names, values) = names.into_parts();
                TransactWriteItem::builder().put(
                    put.set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(old)
                        .build()?,
                )
            }
            Verb::Update { set, remove, add } => {
                let expression = names.update(set, &remove, add);
                let update =
                    Update::builder().table_name(table).set_key(Some(key.into())).update_expression(expression);
                let (names, values) = names.into_parts();
                TransactWriteItem::builder().update(
                    update
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(old)
                        .build()?,
                )
            }
            Verb::Delete => {
                let delete = Delete::builder().table_name(table).set_key(Some(key.into()));
                let (names, values) = names.into_parts();
                TransactWriteItem::builder().delete(
                    delete
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(old)
                        .build()?,
                )
            }
            Verb::Check => {
                let check = ConditionCheck::builder().table_name(table).set_key(Some(key.into()));
                let (names, values) = names.into_parts();
                TransactWriteItem::builder().condition_check(
                    check
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .return_values_on_condition_check_failure(old)
                        .build()?,
                )
            }
        };
        Ok(step.build())
    }
}

/// The substitutions of one expression.
#[derive(Default)]
struct Names {
    names: HashMap<String, String>,
    values: Item,
}

impl Names {
    /// A placeholder for each part of a path: `refund.state` is an attribute of an attribute.
    fn name(&mut self, name: &str) -> String {
        // A placeholder has letters and digits only.
        let placeholder = |part: &str| format!("#{}", part.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        let parts: Vec<String> = name.split('.').map(placeholder).collect();
        self.names.extend(name.split('.').map(|part| (placeholder(part), part.to_owned())));
        parts.join(".")
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    fn condition(&mut self, when: &When) -> String {
        match when {
            When::Absent => format!("attribute_not_exists({})", self.name("pk")),
            When::Is(name, value) => format!("{} = {}", self.name(name), self.value(value.clone())),
            When::No(name) => format!("attribute_not_exists({})", self.name(name)),
            When::There(path) => format!("attribute_exists({})", self.name(path)),
            When::AtMost(name, limit) => format!("{} <= {}", self.name(name), self.value(n(*limit))),
            When::Above(name, limit) => format!("{} > {}", self.name(name), self.value(n(*limit))),
            When::AtLeast(name, limit) => format!("{} >= {}", self.name(name), self.value(n(*limit))),
            When::Any(all) => format!("({})", self.conditions(all, " OR ")),
            When::All(all) => self.conditions(all, " AND "),
        }
    }

    fn conditions(&mut self, all: &[When], between: &str) -> String {
        let parts: Vec<String> = all
            .iter()
            .map(|when| match when {
                When::All(_) => format!("({})", self.condition(when)),
                _ => self.condition(when),
            })
            .collect();
        parts.join(between)
    }

    fn update(&mut self, set: Vec<(Path, AttributeValue)>, remove: &[Path], add: Vec<(&'static str, i64)>) -> String {
        let mut clauses = Vec::new();
        if !set.is_empty() {
            let parts: Vec<String> =
                set.into_iter().map(|(name, value)| format!("{} = {}", self.name(&name), self.value(value))).collect();
            clauses.push(format!("SET {}", parts.join(", ")));
        }
        if !remove.is_empty() {
            let parts: Vec<String> = remove.iter().map(|name| self.name(name)).collect();
            clauses.push(format!("REMOVE {}", parts.join(", ")));
        }
        if !add.is_empty() {
            let parts: Vec<String> = add
                .into_iter()
                .map(|(name, amount)| format!("{} {}", self.name(name), self.value(n(amount))))
                .collect();
            clauses.push(format!("ADD {}", parts.join(", ")));
        }
        clauses.join(" ")
    }

    fn into_parts(self) -> (Option<HashMap<String, String>>, Option<Item>) {
        ((!self.names.is_empty()).then_some(self.names), (!self.values.is_empty()).then_some(self.values))
    }
}
