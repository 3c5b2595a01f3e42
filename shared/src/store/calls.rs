//! Calls: their transitions, and what is known of them.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::limits::SETTLING;
use crate::types::{CallId, DAY, PaymentId, PhoneNumber, Timestamp, Usdc, Wallet};

use super::change::{Change, Changes, When, n, s};
use super::keys::{self, Queue};
use super::limits::{self, Cost, Over};
use super::rows::{CallRow, Charge, View, WalletRow};
use super::work::{instant_of, number_of};
use super::{Done, Lost, Store, StoreFault};

/// A wallet that had a phone rung and did not pay may not have another rung for this long.
pub const UNPAID_PAUSE: Duration = DAY;

/// How long a call's record is kept: it holds what people said.
const KEPT: Duration = Duration::from_secs(30 * DAY.as_secs());

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
    /// When to look whether it has ended.
    pub due_at: Timestamp,
    /// What is taken off the wallet's credit for it, if that pays.
    pub credit: Option<Usdc>,
    /// What is reserved for what it costs us.
    pub cost: Option<Cost>,
}

/// (none) → dialling, from an active lease, as the one unpaid dial of its wallet
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
        created_at: now.as_second(),
        charge: Charge::Pending,
        placed: None,
        transaction: None,
        refunded_by: None,
        cost: call.cost.map(Cost::to_row),
        looked_at: 0,
        seen_at: None,
        ended_at: None,
        stopped: false,
        settled: false,
        view: None,
        due_queue: Some(Queue::of_call(&call.id).name()),
        due_at: Some(call.due_at.as_second()),
        ttl: None,
    };
    let paused_since = now.as_second() - UNPAID_PAUSE.as_secs().cast_signed();
    let mut wallet = Change::update(keys::wallet(&call.wallet))
        .set("dial", s(sale.as_str()))
        .when(When::No("dial"))
        .when(When::No("blocked_at"))
        .when(When::Any(vec![When::No("unpaid_at"), When::AtMost("unpaid_at", paused_since)]));
    if let Some(price) = call.credit {
        wallet = wallet.add("credit", -signed(price)).when(When::AtLeast("credit", signed(price)));
    }
    // `why_not` reads these by their place.
    Ok(Changes::of([
        Change::put(key, serde_dynamo::to_item(row)?).when(When::Absent),
        wallet,
        Change::check(keys::lease(&call.wallet, &call.from)).when(When::Above("expires_at", now.as_second())),
    ]))
}

/// Why a call may not be dialled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotNow {
    /// Another call of this wallet is not paid yet: this sale's.
    Dialling(PaymentId),
    /// A phone rang for this wallet and was not paid for; it may try again then.
    Unpaid(Timestamp),
    /// The lease of the caller's number has just ended.
    LeaseEnded,
    /// The credit was just spent on another call.
    CreditSpent,
    /// The operator has just blocked the wallet.
    Blocked,
    /// None of that: what was written behind it did not hold, and this is its place there.
    Beyond(usize),
}

/// Which part of [`dial`] did not hold.
pub fn why_not(lost: &Lost, now: Timestamp) -> Result<NotNow, StoreFault> {
    match lost.change {
        1 => {
            let row: WalletRow = serde_dynamo::from_item(lost.old.clone().unwrap_or_default())?;
            match (row.unpaid_at, row.dial) {
                _ if row.blocked_at.is_some() => Ok(NotNow::Blocked),
                (_, Some(sale)) => Ok(NotNow::Dialling(PaymentId::from_row(sale))),
                (Some(at), None) if at > now.as_second() - UNPAID_PAUSE.as_secs().cast_signed() => {
                    Ok(NotNow::Unpaid(instant_of(at)?.saturating_add(UNPAID_PAUSE)?))
                }
                _ => Ok(NotNow::CreditSpent),
            }
        }
        2 => Ok(NotNow::LeaseEnded),
        beyond @ 3.. => Ok(NotNow::Beyond(beyond - 3)),
        0 => Err(StoreFault::Impossible("two calls with one id")),
    }
}

/// dialling → placed: the vendor has accepted it
pub fn placed(call: &CallId, placed: &str) -> Changes {
    Changes::of([Change::update(keys::call(call)).set("placed", s(placed)).when(When::No("placed"))])
}

/// placed → paid, by a transaction or with credit
pub fn charged(
    call: &CallId,
    wallet: &Wallet,
    sale: &PaymentId,
    transaction: Option<&str>,
    dialled_at: Timestamp,
) -> Changes {
    Changes::of([
        paid(Change::update(keys::call(call)), transaction, dialled_at).when(When::Is("sale", s(sale.as_str()))),
        freed(wallet, sale),
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
            .set("placed", s(placed))
            .when(When::No("placed"))
            .when(When::Is("sale", s(sale.as_str()))),
        freed(wallet, sale),
    ])
}

/// dialling → (none): no phone rang, and credit that it took comes back
pub fn not_dialled(call: &CallId, wallet: &Wallet, sale: &PaymentId, credit: Option<Usdc>) -> Changes {
    Changes::of([
        Change::delete(keys::call(call)).when(When::Is("sale", s(sale.as_str()))).when(When::No("placed")),
        unspent(freed(wallet, sale), credit),
    ])
}

/// dialling | placed → declined: a phone rang, and it is not paid. The call stays in its queue until it has ended, and
/// is due at once, in case that it could not be stopped.
pub fn unpaid(call: &CallId, wallet: &Wallet, sale: &PaymentId, placed: &str, now: Timestamp) -> Changes {
    Changes::of([
        Change::update(keys::call(call))
            .set("charge", s("declined"))
            .set("placed", s(placed))
            .set("due_at", n(now.as_second()))
            .set("ttl", n(kept_until(now)))
            .when(When::Is("sale", s(sale.as_str()))),
        freed(wallet, sale).set("unpaid_at", n(now.as_second())),
    ])
}

/// dialling → declined: a phone rang though we had lost sight of it. Our fault, so the wallet is not paused for it,
/// and credit that it took comes back.
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
            .set("charge", s("declined"))
            .set("placed", s(placed))
            .set("due_at", n(now.as_second()))
            .set("ttl", n(kept_until(now)))
            .when(When::Is("sale", s(sale.as_str()))),
        unspent(freed(wallet, sale), credit),
    ])
}

/// From when on a call is deleted that was dialled then, if nothing is left to be done for it.
pub(super) fn kept_until(dialled_at: Timestamp) -> i64 {
    dialled_at.as_second() + KEPT.as_secs().cast_signed()
}

/// placed → stopped, while its payment is in doubt. It is due at once, in case that the dialler does not stop it.
pub fn stopped(call: &CallId, sale: &PaymentId, now: Timestamp) -> Changes {
    Changes::of([Change::update(keys::call(call))
        .set("stopped", AttributeValue::Bool(true))
        .set("due_at", n(now.as_second()))
        .when(When::Is("sale", s(sale.as_str())))
        .when(When::Is("charge", s("pending")))
        .when(When::No("ended_at"))])
}

fn paid(call: Change, transaction: Option<&str>, dialled_at: Timestamp) -> Change {
    call.set("charge", s("paid")).set("ttl", n(kept_until(dialled_at))).set_some("transaction", transaction.map(s))
}

fn freed(wallet: &Wallet, sale: &PaymentId) -> Change {
    Change::update(keys::wallet(wallet)).remove("dial").when(When::Is("dial", s(sale.as_str())))
}

fn unspent(wallet: Change, credit: Option<Usdc>) -> Change {
    match credit {
        Some(price) => wallet.add("credit", signed(price)),
        None => wallet,
    }
}

/// An amount to add or to take off.
pub(super) fn signed(amount: Usdc) -> i64 {
    i64::try_from(amount.atomic()).unwrap_or(i64::MAX)
}

/// A call on record.
#[derive(Clone, Debug)]
pub struct Call {
    /// Our id.
    pub id: CallId,
    /// Its payment.
    pub sale: PaymentId,
    /// The caller.
    pub from: PhoneNumber,
    /// The callee.
    pub to: PhoneNumber,
    /// Minutes.
    pub max_duration: u32,
    /// When it was dialled.
    pub created_at: Timestamp,
    /// What it has cost its wallet.
    pub charge: Charge,
    /// Whose it is.
    pub wallet: Wallet,
    /// What it costs us; unknown of what was dialled before that was counted.
    pub cost: Option<Cost>,
    /// The vendor's id, once it has accepted.
    pub placed: Option<String>,
    /// The transaction that paid it; none if credit did.
    pub transaction: Option<String>,
    /// The transaction that gave the money back.
    pub refunded_by: Option<String>,
    /// When the vendor was last asked, in epoch seconds; zero for never.
    pub looked_at: i64,
    /// Which look `view` is from: looks that fail, or are overtaken, show nothing.
    pub seen_at: Option<i64>,
    /// When it was first seen to have ended.
    pub ended_at: Option<Timestamp>,
    /// It was stopped because its payment was in doubt for too long.
    pub stopped: bool,
    /// Nothing about it will change any more.
    pub settled: bool,
    /// What the last look showed.
    pub view: Option<View>,
    /// Until when it is shown: what was said is gone then, whether or not the table has deleted it.
    pub kept_until: Timestamp,
}

impl Call {
    /// The same after a look that was written down.
    #[must_use]
    pub fn after(self, look: Look) -> Self {
        let charge = if look.refund_due { Charge::RefundDue } else { self.charge };
        let seen_at = Some(self.looked_at);
        Self { view: Some(look.view), ended_at: look.ended_at, settled: look.settled, seen_at, charge, ..self }
    }
}

/// What a look at the vendor showed.
#[derive(Clone, Debug)]
pub struct Look {
    /// What to show until the next look.
    pub view: View,
    /// When the call was first seen to have ended.
    pub ended_at: Option<Timestamp>,
    /// Nothing will change any more: the call leaves its queue.
    pub settled: bool,
    /// It ended in an error after it was paid: the money goes back.
    pub refund_due: bool,
    /// It ended in an error because the line failed in the middle of a conversation: that counts for its destination.
    pub broke_off: bool,
    /// What it has cost us, if that is known now. Until then it counts for what is reserved.
    pub price: Option<Usdc>,
}

impl Store {
    /// A call.
    pub async fn call(&self, id: &CallId) -> Result<Option<Call>, StoreFault> {
        let Some(item) = self.item(keys::call(id)).await? else {
            return Ok(None);
        };
        let row: CallRow = serde_dynamo::from_item(item)?;
        Ok(Some(Call {
            id: id.clone(),
            sale: PaymentId::from_row(row.sale),
            from: number_of(&row.from)?,
            to: number_of(&row.to)?,
            max_duration: row.max_duration,
            created_at: instant_of(row.created_at)?,
            charge: row.charge,
            wallet: Wallet::from_caip10(&row.wallet).map_err(|_| StoreFault::Row("wallet"))?,
            cost: row.cost.map(Cost::from_row),
            placed: row.placed,
            transaction: row.transaction,
            refunded_by: row.refunded_by,
            looked_at: row.looked_at,
            seen_at: row.seen_at,
            ended_at: row.ended_at.map(instant_of).transpose()?,
            stopped: row.stopped,
            settled: row.settled,
            view: row.view,
            kept_until: instant_of(row.created_at + KEPT.as_secs().cast_signed())?,
        }))
    }

    /// Takes the turn to look at a call: of all that ask at once, one may. `token` names this try.
    pub async fn take_look(&self, call: &Call, now: Timestamp, token: &str) -> Result<bool, StoreFault> {
        let change = Change::update(keys::call(&call.id))
            .set("looked_at", n(now.as_second()))
            .when(When::Is("looked_at", n(call.looked_at)))
            .when(When::Is("settled", AttributeValue::Bool(false)));
        Ok(matches!(self.transact(Changes::of([change]), token).await?, Done::Yes))
    }

    /// Writes down what a look showed, and says whether it was; and what ends with it: the call counts no longer as one that runs
    /// with the first end that is seen, and for what it has cost with the last look. `call` is as it was when the turn was taken.
    /// It is lost, and that is right, if a later look was taken, or another one was written that this look did not know of:
    /// an end that could have been shown is never taken back.
    pub async fn looked(&self, call: &Call, look: &Look, token: &str) -> Result<bool, StoreFault> {
        let as_it_was = |name, value: Option<i64>| value.map_or(When::No(name), |value| When::Is(name, n(value)));
        let mut change = Change::update(keys::call(&call.id))
            .set("view", serde_dynamo::to_attribute_value(&look.view)?)
            .set("seen_at", n(call.looked_at))
            .set_some("ended_at", look.ended_at.map(|at| n(at.as_second())))
            .set("settled", AttributeValue::Bool(look.settled))
            .when(When::Is("looked_at", n(call.looked_at)))
            .when(When::Is("settled", AttributeValue::Bool(false)))
            .when(as_it_was("seen_at", call.seen_at))
            .when(as_it_was("ended_at", call.ended_at.map(Timestamp::as_second)));
        if look.refund_due {
            // It stays in its queue, due at once: the refund is the next thing to be done.
            change = change
                .set("charge", s("refund_due"))
                .set("due_at", n(call.looked_at))
                .remove("ttl")
                .when(When::Is("charge", s("paid")));
        } else if look.settled {
            change = change.remove("due_queue").remove("due_at");
        } else if let Some(at) = look.ended_at.filter(|_| call.ended_at.is_none()) {
            // What it has cost is known then, and stands in others' way until the call was looked at.
            change = change.set("due_at", n(at.as_second() + SETTLING.as_secs().cast_signed()));
        }
        let price = look.price.filter(|_| look.settled);
        let mut changes = Changes::none();
        // From the first look that sees it, so that no wallet calls again in between; the time is the same at the last.
        let seen = look.ended_at.filter(|_| call.ended_at.is_none() || look.settled).filter(|_| look.broke_off);
        let broke = seen.map(|at| limits::broke(&call.to, at.as_second()));
        if let Some(cost) = &call.cost {
            let ended = look.ended_at.filter(|_| call.ended_at.is_none()).map(Timestamp::as_second);
            let over = Over { ended, settled: look.settled, price };
            changes = limits::over(&call.id, &call.wallet, &call.to, cost, over);
            change = change.set_some("cost.micros", price.map(|price| n(signed(price))));
        }
        Ok(matches!(
            self.transact(Changes::of([change]).and(changes).and(broke.into_iter().collect()), token).await?,
            Done::Yes
        ))
    }

    /// Puts off the next time the sweep looks at a call.
    pub async fn put_off(&self, call: &CallId, until: Timestamp, token: &str) -> Result<(), StoreFault> {
        let change =
            Change::update(keys::call(call)).set("due_at", n(until.as_second())).when(When::Above("due_at", 0));
        self.transact(Changes::of([change]), token).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lost, NotNow, PaymentId, Timestamp, UNPAID_PAUSE, n, s, why_not};

    #[test]
    fn a_wallet_that_may_not_dial_is_told_the_first_reason_in_its_row() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let now = 1_800_000_000;
        let pause = UNPAID_PAUSE.as_secs().cast_signed();
        let (blocked, dials) = (("blocked_at", n(now)), ("dial", s("another")));
        let unpaid = |seconds_ago| ("unpaid_at", n(now - seconds_ago));
        for (row, reason) in [
            (vec![blocked.clone(), dials.clone(), unpaid(1)], NotNow::Blocked),
            (vec![blocked], NotNow::Blocked),
            (vec![dials.clone(), unpaid(1)], NotNow::Dialling(PaymentId::from_row("another".to_owned()))),
            (vec![dials], NotNow::Dialling(PaymentId::from_row("another".to_owned()))),
            (vec![unpaid(0)], NotNow::Unpaid(at(now + pause))),
            (vec![unpaid(pause - 1)], NotNow::Unpaid(at(now + 1))),
            (vec![unpaid(pause)], NotNow::CreditSpent),
            (vec![], NotNow::CreditSpent),
        ] {
            let old = row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let lost = Lost { change: 1, old: Some(old) };
            assert_eq!(why_not(&lost, at(now)).unwrap(), reason);
        }
        let beyond = |change| why_not(&Lost { change, old: None }, at(now));
        assert_eq!(beyond(1).unwrap(), NotNow::CreditSpent, "a wallet without a row");
        assert_eq!(beyond(2).unwrap(), NotNow::LeaseEnded);
        assert_eq!((beyond(3).unwrap(), beyond(5).unwrap()), (NotNow::Beyond(0), NotNow::Beyond(2)));
        assert!(beyond(0).is_err(), "two calls with one id");
    }
}
