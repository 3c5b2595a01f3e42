//! A change in DynamoDB's own words. Names and values are always substituted, since DynamoDB
//! reserves 573 words and `state` and `owner` are among them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::{Change, Verb, When};
use crate::store::StoreFault;
use crate::store::item::Item;
use crate::store::rows::{Name, PK, Path, Value};

/// The change as one step of a transaction. A failed condition gives the old item back, so that a
/// write whose answer was lost can be recognised.
pub(in crate::store) fn write(change: Change, table: &str) -> Result<TransactWriteItem, StoreFault> {
    let mut names = Names::default();
    let condition = (!change.when.is_empty()).then(|| names.condition(&When::All(change.when)));
    let key = change.key.into_attributes();
    let old = ReturnValuesOnConditionCheckFailure::AllOld;
    let step = match change.verb {
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
            let update = Update::builder().table_name(table).set_key(Some(key.into())).update_expression(expression);
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

/// The substitutions of one expression.
#[derive(Default)]
struct Names {
    names: HashMap<String, String>,
    values: Item,
}

impl Names {
    /// A placeholder for each part of a path: `refund.state` is an attribute of an attribute.
    fn name(&mut self, path: &Path) -> String {
        let mut named = String::new();
        for part in path.parts() {
            // A placeholder has letters and digits only.
            let placeholder = format!("#{}", part.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
            if !named.is_empty() {
                named.push('.');
            }
            named.push_str(&placeholder);
            self.names.insert(placeholder, part.to_owned());
        }
        named
    }

    fn value(&mut self, value: Value) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value.into());
        placeholder
    }

    fn condition(&mut self, when: &When) -> String {
        match when {
            When::Absent => format!("attribute_not_exists({})", self.name(&PK.into())),
            When::Is(name, value) => format!("{} = {}", self.name(name), self.value(value.clone())),
            When::No(name) => format!("attribute_not_exists({})", self.name(name)),
            When::There(path) => format!("attribute_exists({})", self.name(path)),
            When::AtMost(name, limit) => format!("{} <= {}", self.name(name), self.value(limit.clone())),
            When::Above(name, limit) => format!("{} > {}", self.name(name), self.value(limit.clone())),
            When::AtLeast(name, limit) => format!("{} >= {}", self.name(name), self.value(limit.clone())),
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

    fn update(&mut self, set: Vec<(Path, Value)>, remove: &[Path], add: Vec<(Name, i64)>) -> String {
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
                .map(|(name, amount)| format!("{} {}", self.name(&name.into()), self.value(amount.into())))
                .collect();
            clauses.push(format!("ADD {}", parts.join(", ")));
        }
        clauses.join(" ")
    }

    fn into_parts(self) -> (Option<HashMap<String, String>>, Option<Item>) {
        ((!self.names.is_empty()).then_some(self.names), (!self.values.is_empty()).then_some(self.values))
    }
}
