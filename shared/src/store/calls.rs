//! Calls: their transitions, and what is known of them.

mod hang_up;
mod keep;
mod list;
mod look;
mod not_now;
mod questions;
mod record;
mod said;
mod traces;
mod view;
mod wait;

use std::time::Duration;

use crate::types::call::Dialler;
use crate::types::{CallId, DAY, PaymentId, PhoneNumber, Question, Timestamp, Usdc, Wallet};

use super::change::{Change, Changes, When, at_least, at_most, is, no, there};
pub use super::dialled::Dialled;
use super::keys::{self, Queue};
use super::rows::{
    BLOCKED_AT, Bytes, CHARGE, CREDIT, CallRow, Charge, DIAL, DUE_AT, ENDED_AT, PLACED, SALE, STOPPED, TRANSACTION,
    TTL, UNPAID_AT, Value,
};
use super::{Cost, Hurdle, Store, StoreFault, kept};
pub use hang_up::HangUp;
pub use keep::{Keeping, erased};
pub use list::Entry;
use list::{listed, not_listed};
pub use not_now::{NotNow, Reason};
pub use record::{Asked, Business, Call, Line, Look, Questions};
pub use said::Said;
pub use traces::{Sought, Trace};
pub use view::View;

/// A wallet that had a phone rung and did not pay may not have another rung for this long.
pub const UNPAID_PAUSE: Duration = DAY;

/// A call that is about to be placed.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// Our id.
    pub id: CallId,
    /// Who pays.
    pub wallet: Wallet,
    /// The caller.
    pub from: PhoneNumber,
    /// The callee.
    pub to: PhoneNumber,
    /// Minutes.
    pub max_duration: u32,
    /// The digest of what is left where voicemail answers.
    pub message: Option<String>,
    /// What is to be known of it once it is over.
    pub questions: Vec<Question>,
    /// Whether it is recorded.
    pub recorded: bool,
    /// The vendor that is to place it.
    pub dialler: Dialler,
    /// When to look whether it has ended.
    pub due_at: Timestamp,
    /// What is taken off the wallet's credit for it, if that pays.
    pub credit: Option<Usdc>,
    /// What is reserved for what it costs us.
    pub cost: Option<Cost>,
}

/// (none) → dialling, as the one unpaid dial of its wallet. That the lease is active was read,
/// consistently, by the same request, and need not be held against the table once more: its end is
/// only ever put off, and what has ended is there for [`GRACE`](crate::leases::GRACE) longer, which
/// no request lives.
///
/// `docs/decisions.md`: Why does the claim of a call not check its lease?
pub fn dial(call: &NewCall, sale: &PaymentId, now: Timestamp) -> Result<Changes, StoreFault> {
    let key = keys::call(&call.id);
    let row = CallRow {
        pk: key.pk.clone(),
        sk: key.sk.clone(),
        wallet: call.wallet.caip10(),
        sale: sale.as_str().to_owned(),
        from: call.from.as_str().to_owned(),
        to: call.to.as_str().to_owned(),
        max_duration: call.max_duration,
        message: call.message.clone(),
        questions: call.questions.iter().map(questions::row_of).collect(),
        asked: None,
        answers: None,
        unanswered: false,
        unrecorded: !call.recorded,
        created_at: now.as_second(),
        charge: Charge::Pending,
        dialler: call.dialler,
        placed: None,
        transaction: None,
        refunded_by: None,
        cost: call.cost.map(Cost::to_row),
        looked_at: 0,
        seen_at: None,
        ended_at: None,
        stopped: false,
        hangup_requested_at: None,
        by_hand: None,
        held_for: None,
        erasing: false,
        waited_until: None,
        closed: false,
        view: None,
        said: Bytes::default(),
        due_queue: Some(Queue::of_call(&call.id).name()),
        due_at: Some(call.due_at.as_second()),
        ttl: None,
    };
    let paused_since = now.as_second() - UNPAID_PAUSE.as_secs().cast_signed();
    let mut wallet = Change::update(keys::wallet(&call.wallet))
        .set(DIAL, sale)
        .when(no(DIAL))
        .when(no(BLOCKED_AT))
        .when(When::Any(vec![no(UNPAID_AT), at_most(UNPAID_AT, paused_since)]));
    if let Some(price) = call.credit {
        wallet = wallet.add(CREDIT, -price.signed()).when(at_least(CREDIT, price.signed()));
    }
    Ok(Changes::of([
        Change::put(key, serde_dynamo::to_item(row)?).when(When::Absent).or(Hurdle::Call),
        wallet.or(Hurdle::Wallet),
        listed(call, now)?,
    ]))
}

impl Store {
    /// dialling → placed: the vendor has accepted it, and its sale, which knows so already, is past
    /// the fence. What ends the sale says so too: until then this is what a call is looked at and
    /// hung up by. Whether it was this write that said so.
    ///
    /// `docs/decisions.md`: Why is the fence of a call a write of its sale alone?
    pub async fn placed(&self, call: &CallId, placed: &str) -> Result<bool, StoreFault> {
        let change = Change::update(keys::call(call)).set(PLACED, placed).when(there(SALE)).when(no(PLACED));
        Ok(self.change(change).await?.is_ok())
    }
}

/// dialling | placed → paid, by a transaction or with credit
pub fn charged(
    call: &CallId,
    wallet: &Wallet,
    sale: &PaymentId,
    placed: Option<&str>,
    transaction: Option<&str>,
    dialled_at: Timestamp,
) -> Changes {
    Changes::of([
        paid(Change::update(keys::call(call)), transaction, dialled_at)
            .set_some(PLACED, placed)
            .when(is(SALE, sale))
            .or(Hurdle::Call),
        freed(wallet, sale).or(Hurdle::Wallet),
    ])
}

/// dialling → placed and paid: it was paid before it was dialled
pub fn dialled(
    call: &CallId,
    wallet: &Wallet,
    sale: &PaymentId,
    placed: &str,
    transaction: Option<&str>,
    dialled_at: Timestamp,
) -> Changes {
    Changes::of([
        paid(Change::update(keys::call(call)), transaction, dialled_at)
            .set(PLACED, placed)
            .when(no(PLACED))
            .when(is(SALE, sale))
            .or(Hurdle::Call),
        freed(wallet, sale).or(Hurdle::Wallet),
    ])
}

/// dialling → (none): no phone rang, and credit that it took comes back
pub fn not_dialled(
    call: &CallId,
    wallet: &Wallet,
    sale: &PaymentId,
    credit: Option<Usdc>,
    dialled_at: Timestamp,
) -> Changes {
    Changes::of([
        Change::delete(keys::call(call)).when(is(SALE, sale)).when(no(PLACED)).or(Hurdle::Call),
        unspent(freed(wallet, sale), credit).or(Hurdle::Wallet),
        not_listed(call, wallet, dialled_at),
    ])
}

/// dialling | placed → declined: a phone rang, and it is not paid. The call stays in its queue
/// until it has ended, and is due at once, in case that it could not be stopped.
pub fn unpaid(call: &CallId, wallet: &Wallet, sale: &PaymentId, placed: &str, now: Timestamp) -> Changes {
    Changes::of([
        Change::update(keys::call(call))
            .set(CHARGE, Charge::Declined)
            .set(PLACED, placed)
            .set(DUE_AT, now)
            .set(TTL, kept_until(now))
            .when(is(SALE, sale))
            .or(Hurdle::Call),
        freed(wallet, sale).set(UNPAID_AT, now).or(Hurdle::Wallet),
    ])
}

/// dialling | placed → lapsed: a phone rang though we had lost sight of it, or its payment was not
/// made in time for what the payer cannot help. So the wallet is not paused for it, and credit that
/// it took comes back.
pub fn withdrawn(
    call: &CallId,
    wallet: &Wallet,
    sale: &PaymentId,
    placed: &str,
    credit: Option<Usdc>,
    now: Timestamp,
) -> Changes {
    Changes::of([
        Change::update(keys::call(call))
            .set(CHARGE, Charge::Lapsed)
            .set(PLACED, placed)
            .set(DUE_AT, now)
            .set(TTL, kept_until(now))
            .when(is(SALE, sale))
            .or(Hurdle::Call),
        unspent(freed(wallet, sale), credit).or(Hurdle::Wallet),
    ])
}

/// From when on a call is deleted that was dialled then, if nothing is left to be done for it.
pub(super) fn kept_until(dialled_at: Timestamp) -> i64 {
    dialled_at.as_second() + kept::CALL.as_secs().cast_signed()
}

/// dialling | placed → stopped, while its payment is in doubt. It is due at once, in case that the
/// dialler does not stop it.
pub fn stopped(call: &CallId, sale: &PaymentId, placed: Option<&str>, now: Timestamp) -> Changes {
    Changes::of([Change::update(keys::call(call))
        .set(STOPPED, true)
        .set_some(PLACED, placed)
        .set(DUE_AT, now)
        .when(is(SALE, sale))
        .when(is(CHARGE, Charge::Pending))
        .when(no(ENDED_AT))
        .or(Hurdle::Call)])
}

fn paid(call: Change, transaction: Option<&str>, dialled_at: Timestamp) -> Change {
    call.set(CHARGE, Charge::Paid)
        .set(TTL, kept_until(dialled_at))
        .set_some(TRANSACTION, transaction.map(Value::packed))
}

fn freed(wallet: &Wallet, sale: &PaymentId) -> Change {
    Change::update(keys::wallet(wallet)).remove(DIAL).when(is(DIAL, sale))
}

fn unspent(wallet: Change, credit: Option<Usdc>) -> Change {
    match credit {
        Some(price) => wallet.add(CREDIT, price.signed()),
        None => wallet,
    }
}
