//! What is asked of DynamoDB, request by request: read, one or several; what waits in a queue;
//! write one by itself, or all or nothing. It knows DynamoDB's limits, pages and reasons, and no
//! row. Only an operator's search through the whole table is elsewhere, in
//! [`survey`](super::survey).
//!
//! Each request is boxed. An `async fn` is compiled where it is polled, which is each function,
//! test and tool anew, with the SDK's own futures inside; what is in a box is compiled here, once.
//! One allocation is nothing beside a round trip.
//!
//! `docs/decisions.md`: Which writes are not transactions?

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Select, TransactWriteItem};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};

use super::change::expression::write;
use super::change::{Change, Changes, Otherwise, Step};
use super::item::Item;
use super::keys::{Key, Queue};
use super::lost::{Done, Lost};
use super::rows::{DUE_AT, DUE_QUEUE, PK, SK, Value};
use super::{Store, StoreFault};
use crate::types::Timestamp;

/// How often a transaction is tried again that another one was in the way of.
pub const CONFLICTS: u32 = 9;
/// The pause is doubled so often.
const DOUBLED: u32 = 6;
/// How often what a batch has left unread is asked for again.
const BATCHES: u32 = 3;

/// How long it is waited before the nth time: the other transaction is done in a few milliseconds.
pub const fn pause(conflicts: u32) -> Duration {
    Duration::from_millis(5 << if conflicts < DOUBLED { conflicts } else { DOUBLED })
}

/// An answer of DynamoDB's, to be waited for.
type Asked<'a, T> = BoxFuture<'a, Result<T, StoreFault>>;

impl Store {
    /// How many things are due in a queue. One page of the index: some ten thousand of them.
    pub fn count_due(&self, queue: Queue, now: Timestamp) -> Asked<'_, u64> {
        async move {
            let answer = self.in_queue(queue, now).select(Select::Count).send().await;
            let answer = answer.map_err(|error| unavailable(&error))?;
            Ok(u64::try_from(answer.count).unwrap_or(0))
        }
        .boxed()
    }

    /// Asks for what is due in a queue by then, the oldest first.
    fn in_queue(&self, queue: Queue, until: Timestamp) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("#queue = :queue AND #at <= :until")
            .expression_attribute_names("#queue", DUE_QUEUE.as_str())
            .expression_attribute_names("#at", DUE_AT.as_str())
            .expression_attribute_values(":queue", Value::from(queue).into())
            .expression_attribute_values(":until", Value::from(until).into())
    }

    /// One item.
    pub(super) fn item(&self, key: Key) -> Asked<'_, Option<Item>> {
        let wanted = self.client.get_item().table_name(&self.table).set_key(Some(key.into_attributes().into()));
        async move {
            let answer = wanted.consistent_read(true).send().await;
            answer.map(|answer| answer.item).map_err(|error| unavailable(&error))
        }
        .boxed()
    }

    /// Several items in one round trip, in the order in which they were asked for.
    pub(super) async fn items<const N: usize>(&self, keys: [Key; N]) -> Result<[Option<Item>; N], StoreFault> {
        let mut found = self.batch(&keys).await?;
        Ok(keys.map(|key| {
            let place = found.iter().position(|item| Key::of(item).as_ref() == Some(&key))?;
            Some(found.swap_remove(place))
        }))
    }

    /// Several items in one round trip, in no order; a hundred at most.
    pub(super) fn batch<'a>(&'a self, keys: &'a [Key]) -> Asked<'a, Vec<Item>> {
        async move {
            let wanted = KeysAndAttributes::builder().consistent_read(true);
            let wanted =
                wanted.set_keys(Some(keys.iter().map(|key| key.clone().into_attributes().into()).collect())).build()?;
            let mut left = Some(HashMap::from([(self.table.clone(), wanted)]));
            let mut found = Vec::new();
            for _ in 0..BATCHES {
                let answer = self.client.batch_get_item().set_request_items(left.take()).send().await;
                let answer = answer.map_err(|error| unavailable(&error))?;
                found.extend(answer.responses.unwrap_or_default().into_values().flatten());
                left = answer.unprocessed_keys.filter(|left| !left.is_empty());
                if left.is_none() {
                    return Ok(found);
                }
            }
            // "Not there" must mean that it was looked for.
            Err(StoreFault::Unavailable("keys were left unread".to_owned()))
        }
        .boxed()
    }

    /// All items of a partition.
    pub(super) fn partition(&self, pk: String) -> Asked<'_, Vec<Item>> {
        let all = self.client.query().table_name(&self.table).key_condition_expression("#pk = :pk");
        let all = all
            .expression_attribute_names("#pk", PK.as_str())
            .expression_attribute_values(":pk", Value::from(pk).into());
        pages(all.consistent_read(true), usize::MAX)
    }

    /// The items of a partition from this key on; as they may have been a moment ago, where that
    /// will do.
    pub(super) fn partition_from(&self, key: Key, is_current: bool) -> Asked<'_, Vec<Item>> {
        let behind = self.client.query().table_name(&self.table).key_condition_expression("#pk = :pk AND #sk >= :sk");
        let behind = behind
            .expression_attribute_names("#pk", PK.as_str())
            .expression_attribute_names("#sk", SK.as_str())
            .expression_attribute_values(":pk", Value::from(key.pk).into())
            .expression_attribute_values(":sk", Value::from(key.sk).into());
        pages(behind.consistent_read(is_current), usize::MAX)
    }

    /// The items of a partition from this sort key on, a page at a time, as long as they are
    /// wanted: for one that may not fit into memory.
    pub(super) async fn partition_by_pages(
        &self,
        first: Key,
        mut take: impl FnMut(Item) -> Result<ControlFlow<()>, StoreFault> + Send,
    ) -> Result<(), StoreFault> {
        let all = self.client.query().table_name(&self.table).key_condition_expression("#pk = :pk AND #sk >= :sk");
        let all = all.expression_attribute_names("#pk", PK.as_str()).expression_attribute_names("#sk", SK.as_str());
        let all = all.expression_attribute_values(":pk", Value::from(first.pk).into());
        let all = all.expression_attribute_values(":sk", Value::from(first.sk).into()).consistent_read(true);
        let mut from = None;
        loop {
            let page = all.clone().set_exclusive_start_key(from).send().await.map_err(|error| unavailable(&error))?;
            for item in page.items.unwrap_or_default() {
                if take(item)?.is_break() {
                    return Ok(());
                }
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    /// The last items of a partition by their sort keys, the last one first; of those before this
    /// key, where there is one.
    pub(super) fn newest(&self, pk: String, before: Option<String>, most: u16) -> Asked<'_, Vec<Item>> {
        let condition = if before.is_some() { "#pk = :pk AND #sk < :before" } else { "#pk = :pk" };
        let query = self.client.query().table_name(&self.table).key_condition_expression(condition);
        let query = query.expression_attribute_names("#pk", PK.as_str());
        let mut query = query.expression_attribute_values(":pk", Value::from(pk).into());
        if let Some(before) = before {
            query = query.expression_attribute_names("#sk", SK.as_str());
            query = query.expression_attribute_values(":before", Value::from(before).into());
        }
        pages(query.scan_index_forward(false).consistent_read(true), most.into())
    }

    /// The items that are due in a queue by then, the oldest first.
    pub(super) fn queued(&self, queue: Queue, until: Timestamp, most: u16) -> Asked<'_, Vec<Item>> {
        pages(self.in_queue(queue, until), most.into())
    }

    /// One page of them, and where the next one begins, if there is one.
    pub(super) fn queued_page(
        &self,
        queue: Queue,
        until: Timestamp,
        most: u16,
        from: Option<Item>,
    ) -> Asked<'_, (Vec<Item>, Option<Item>)> {
        let page = self.in_queue(queue, until).limit(most.into()).set_exclusive_start_key(from);
        async move {
            let answer = page.send().await.map_err(|error| unavailable(&error))?;
            Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
        }
        .boxed()
    }

    /// Writes all of the changes or none; without those that can be spared, where these are in the
    /// way. `token` names the step: tried again, it is made once.
    pub(super) fn transact<'a>(&'a self, changes: Changes, token: &'a str) -> Asked<'a, Done> {
        async move {
            let mut steps = Vec::new();
            for (place, Step { change, otherwise }) in changes.all.into_iter().enumerate() {
                steps.push((place, otherwise, write(change, &self.table)?));
            }
            // The first condition that does not hold gives the reason, so a record comes behind all
            // that says whether there is something to record.
            steps.sort_by_key(|(_, otherwise, _)| matches!(otherwise, Otherwise::Recorded));
            let mut token = token.to_owned();
            let mut conflicts = 0;
            loop {
                let writes = steps.iter().map(|(_, _, step)| step.clone()).collect();
                match self.write(writes, &token).await {
                    Ok(()) => return Ok(Done::Yes),
                    Err(NotDone::Condition { step, old }) => match steps.get(step) {
                        Some((place, Otherwise::Without, _)) => {
                            // None of it was written, so what is left is another step.
                            token = format!("{token} without {place}");
                            steps.remove(step);
                        }
                        Some((place, Otherwise::Instead(instead), _)) => {
                            token = format!("{token} instead {place}");
                            let instead = (*place, Otherwise::Impossible, write((**instead).clone(), &self.table)?);
                            if let Some(step) = steps.get_mut(step) {
                                *step = instead;
                            }
                        }
                        Some((_, Otherwise::Lost(hurdle) | Otherwise::Elsewhere(hurdle), _)) => {
                            return Ok(Done::No(Lost { hurdle: *hurdle, old, busy: false }));
                        }
                        Some((_, Otherwise::Recorded, _)) => return Err(StoreFault::Recorded),
                        Some((_, Otherwise::Impossible, _)) | None => {
                            return Err(StoreFault::Impossible("a condition that no change has"));
                        }
                    },
                    Err(NotDone::Conflict { over }) => {
                        let busy = over.into_iter().find_map(|step| match steps.get(step) {
                            Some((_, Otherwise::Elsewhere(hurdle), _)) => Some(*hurdle),
                            _ => None,
                        });
                        if let Some(hurdle) = busy {
                            return Ok(Done::No(Lost { hurdle, old: None, busy: true }));
                        }
                        if conflicts == CONFLICTS {
                            return Err(StoreFault::Unavailable("too many conflicts".to_owned()));
                        }
                        conflicts += 1;
                        tokio::time::sleep(pause(conflicts)).await;
                    }
                    Err(NotDone::Fault(fault)) => return Err(fault),
                }
            }
        }
        .boxed()
    }

    /// Changes or writes one item by itself, if its conditions hold; the item as it was, if not.
    /// Nothing else is at stake, so it is no transaction, and costs half of one: those who come at
    /// once wait for each other instead of being in each other's way. If an answer is lost it is
    /// sent again, and finds what it has written itself.
    pub(super) fn change(&self, change: Change) -> Asked<'_, Result<(), Option<Item>>> {
        async move {
            let step = write(change, &self.table)?;
            let mut conflicts = 0;
            loop {
                match self.write_one(step.clone()).await {
                    Ok(()) => return Ok(Ok(())),
                    Err(NotDone::Condition { old, .. }) => return Ok(Err(old)),
                    // A transaction has the item; it is done in a few milliseconds.
                    Err(NotDone::Conflict { .. }) if conflicts < CONFLICTS => {
                        conflicts += 1;
                        tokio::time::sleep(pause(conflicts)).await;
                    }
                    Err(NotDone::Conflict { .. }) => {
                        return Err(StoreFault::Unavailable("too many conflicts".to_owned()));
                    }
                    Err(NotDone::Fault(fault)) => return Err(fault),
                }
            }
        }
        .boxed()
    }

    /// The same for a change that names what is only ours, an attempt or a time that another could
    /// not have written: found as it leaves an item, it was made.
    pub(super) fn alone(&self, Step { change, otherwise }: Step) -> Asked<'_, Done> {
        async move {
            let made = change.clone();
            match (self.change(change).await?, otherwise) {
                (Ok(()), _) => Ok(Done::Yes),
                (Err(old), _) if old.as_ref().is_some_and(|item| made.is_made_in(item)) => Ok(Done::Yes),
                (Err(old), Otherwise::Lost(hurdle) | Otherwise::Elsewhere(hurdle)) => {
                    Ok(Done::No(Lost { hurdle, old, busy: false }))
                }
                (Err(_), Otherwise::Recorded) => Err(StoreFault::Recorded),
                (Err(_), Otherwise::Without | Otherwise::Instead(_) | Otherwise::Impossible) => {
                    Err(StoreFault::Impossible("a change by itself that says nothing of its condition"))
                }
            }
        }
        .boxed()
    }

    async fn write_one(&self, step: TransactWriteItem) -> Result<(), NotDone> {
        match step {
            TransactWriteItem { update: Some(update), .. } => {
                let write = self
                    .client
                    .update_item()
                    .table_name(&self.table)
                    .set_key(Some(update.key))
                    .update_expression(update.update_expression)
                    .set_condition_expression(update.condition_expression)
                    .set_expression_attribute_names(update.expression_attribute_names)
                    .set_expression_attribute_values(update.expression_attribute_values)
                    .set_return_values_on_condition_check_failure(update.return_values_on_condition_check_failure);
                write.send().await.map(drop).map_err(|error| match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                        NotDone::found(failed.item.clone())
                    }
                    Some(UpdateItemError::TransactionConflictException(_)) => NotDone::Conflict { over: vec![0] },
                    _ => NotDone::Fault(unavailable(&error)),
                })
            }
            TransactWriteItem { put: Some(put), .. } => {
                let write = self
                    .client
                    .put_item()
                    .table_name(&self.table)
                    .set_item(Some(put.item))
                    .set_condition_expression(put.condition_expression)
                    .set_expression_attribute_names(put.expression_attribute_names)
                    .set_expression_attribute_values(put.expression_attribute_values)
                    .set_return_values_on_condition_check_failure(put.return_values_on_condition_check_failure);
                write.send().await.map(drop).map_err(|error| match error.as_service_error() {
                    Some(PutItemError::ConditionalCheckFailedException(failed)) => NotDone::found(failed.item.clone()),
                    Some(PutItemError::TransactionConflictException(_)) => NotDone::Conflict { over: vec![0] },
                    _ => NotDone::Fault(unavailable(&error)),
                })
            }
            _ => Err(NotDone::Fault(StoreFault::Impossible("a change by itself that is neither"))),
        }
    }

    async fn write(&self, steps: Vec<TransactWriteItem>, token: &str) -> Result<(), NotDone> {
        let write = self.client.transact_write_items().set_transact_items(Some(steps));
        let answer = write.client_request_token(token_of(token)).send().await;
        answer.map(drop).map_err(|error| not_done(&error))
    }
}

/// Asks page by page, since a page ends at a megabyte, whatever was asked for.
fn pages(query: QueryFluentBuilder, most: usize) -> Asked<'static, Vec<Item>> {
    async move {
        let mut items = Vec::new();
        let mut from = None;
        while let Some(left) = most.checked_sub(items.len()).filter(|left| *left > 0) {
            let page = query.clone().set_limit(i32::try_from(left).ok()).set_exclusive_start_key(from);
            let answer = page.send().await.map_err(|error| unavailable(&error))?;
            items.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(items)
    }
    .boxed()
}

enum NotDone {
    /// The condition of this step does not hold, and this is what it has found.
    Condition {
        step: usize,
        old: Option<Item>,
    },
    /// Other transactions were in the way of these steps.
    Conflict {
        over: Vec<usize>,
    },
    Fault(StoreFault),
}

impl NotDone {
    /// The only step there is has found this.
    fn found(old: Option<Item>) -> Self {
        Self::Condition { step: 0, old }
    }
}

/// Reads why a transaction was cancelled. A failed condition outweighs a conflict: it will not get
/// better.
fn not_done(error: &SdkError<TransactWriteItemsError>) -> NotDone {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        let reasons = cancelled.cancellation_reasons();
        for (step, reason) in reasons.iter().enumerate() {
            if reason.code() == Some("ConditionalCheckFailed") {
                return NotDone::Condition { step, old: reason.item.clone() };
            }
        }
        let passing = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
        let is_passing = |code: Option<&str>| code.is_some_and(|code| passing.contains(&code));
        let over = reasons.iter().enumerate().filter(|(_, reason)| is_passing(reason.code()));
        let over: Vec<usize> = over.map(|(step, _)| step).collect();
        if !over.is_empty() {
            return NotDone::Conflict { over };
        }
    }
    if let Some(TransactWriteItemsError::TransactionInProgressException(_)) = error.as_service_error() {
        return NotDone::Conflict { over: Vec::new() };
    }
    NotDone::Fault(unavailable(error))
}

/// The code and nothing else: a message of DynamoDB can quote an item.
pub(super) fn unavailable<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> StoreFault {
    let what = match error {
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        SdkError::DispatchFailure(_) => "not reached".to_owned(),
        _ => error.code().unwrap_or("unreadable answer").to_owned(),
    };
    StoreFault::Unavailable(what)
}

/// DynamoDB takes 36 characters.
fn token_of(name: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    alloy_primitives::hex::encode(digest.get(..16).unwrap_or_default())
}
