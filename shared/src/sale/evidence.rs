//! Whether a payment has been made: it is made if it has not been, and where the facilitator's word
//! is not enough, the chain is asked.
//!
//! It refuses to know what is sold, and what becomes of the sale.
//!
//! `docs/decisions.md`: Why may an authorization be good for a week when a doubt must be short?

use std::time::Duration;

use tracing::{error, warn};

use crate::invocation::Invocation;
use crate::store::sales::Record;
use crate::types::{TransactionId, Wallet};
use crate::x402::{Reason, SettleAnswer, Truth, Verified};

use super::{Cashier, Sent, seconds};

/// How long the facilitator may take to settle: a block, and its own patience.
const SETTLE: Duration = Duration::from_secs(15);
/// How long the chain may take to say what became of a payment.
const LOOK: Duration = Duration::from_secs(5);
/// What must be left for the writes that follow.
const RESERVE: Duration = Duration::from_secs(3);
/// The facilitators refuse an authorization that is about to expire; its time would run out under
/// way.
const TOO_LATE: u64 = 6;
/// How long a payment that was sent is waited for, however long it is good for. What arrives later
/// bought nothing, and goes back.
const DOUBT: Duration = Duration::from_mins(15);
/// Without a chain to ask, an unknown payment is given up no earlier than this after that.
const GIVE_UP: u64 = 15 * 60;

/// The evidence about a payment.
pub(super) enum Evidence {
    /// It was made, by this transaction.
    Paid(String),
    /// It was not, and will not be, and why: its payer's doing.
    Unpaid(Reason),
    /// It was not, and will not be: the facilitator has named nothing that is wrong with it.
    Lapsed,
    /// The facilitator was never reached.
    NeverSent,
    /// It cannot be said yet.
    Unknown {
        /// The facilitator calls it used, and it cannot be said by whom.
        contested: bool,
        /// The facilitator has answered: the doubt is not only its silence.
        answered: bool,
    },
}

impl Evidence {
    const SILENCE: Self = Self::Unknown { contested: false, answered: false };
    const ANSWERED: Self = Self::Unknown { contested: false, answered: true };
}

/// Finds out whether the payment has been made, and makes it if it has not.
pub(super) async fn evidence(
    cashier: &Cashier,
    record: &Record,
    payment: &Verified,
    sent: Sent,
    invocation: &Invocation,
) -> Evidence {
    let now = invocation.current();
    let by = waited_until(record);
    // What was stopped is not paid for any more. Without a node the facilitator is the only one to
    // ask, by sending it again.
    let is_over = record.stopped && knows(cashier, record);
    if is_over || by.saturating_sub(TOO_LATE) <= seconds(now) {
        return match sent {
            Sent::Never => Evidence::Unpaid(Reason::EXPIRED),
            Sent::Perhaps => after_expiry(cashier, record, payment, invocation).await,
        };
    }
    match settle(cashier, payment, invocation).await {
        SettleAnswer::Settled(receipt) => Evidence::Paid(receipt.transaction.to_string()),
        SettleAnswer::NotSent if sent == Sent::Never => Evidence::NeverSent,
        SettleAnswer::NotSent => Evidence::SILENCE,
        SettleAnswer::Declined { reason } => match fate(cashier, record, payment, invocation).await {
            Some(Truth::Paid { transaction }) => Evidence::Paid(transaction.to_string()),
            Some(Truth::Cancelled) => Evidence::Unpaid(reason),
            Some(Truth::Earlier) => Evidence::Unpaid(Reason::EARLIER),
            Some(Truth::Unused { dead }) if no_longer(sent, dead) => Evidence::Unpaid(reason),
            // With no node to ask, a refusal is believed if nothing was sent before it.
            None if !knows(cashier, record) && sent == Sent::Never => Evidence::Unpaid(reason),
            Some(Truth::Unused { .. }) | None => Evidence::ANSWERED,
        },
        SettleAnswer::LookItUp { reason, transaction } => match fate(cashier, record, payment, invocation).await {
            Some(Truth::Paid { transaction }) => Evidence::Paid(transaction.to_string()),
            Some(Truth::Cancelled) => Evidence::Unpaid(reason),
            Some(Truth::Earlier) => Evidence::Unpaid(Reason::EARLIER),
            // It was tried and not sent.
            Some(Truth::Unused { dead }) if reason.was_only_tried() && no_longer(sent, dead) => {
                Evidence::Unpaid(reason)
            }
            // It was sent once, and that came to nothing.
            Some(Truth::Unused { .. })
                if sent == Sent::Never && is_in_vain(cashier, record, payment, transaction, invocation).await =>
            {
                Evidence::Unpaid(reason)
            }
            Some(Truth::Unused { .. }) => Evidence::ANSWERED,
            None => Evidence::Unknown { contested: reason.says_used(), answered: true },
        },
        SettleAnswer::Unknown { contradiction, refused, .. } => {
            if contradiction {
                error!(payment = ?record.id, "the facilitator contradicts itself or us");
            }
            match fate(cashier, record, payment, invocation).await {
                Some(Truth::Paid { transaction }) => Evidence::Paid(transaction.to_string()),
                Some(Truth::Cancelled) => Evidence::Unpaid(Reason::CANCELLED),
                Some(Truth::Unused { .. }) | None => {
                    // A payer on Solana can name a block that is nearly past: what is sent does not
                    // land, and a facilitator that waits for it is silent for that.
                    let is_solanas = matches!(record.signed.payer, Wallet::Solana { .. });
                    Evidence::Unknown { contested: false, answered: refused || is_solanas }
                }
                Some(Truth::Earlier) => Evidence::Unpaid(Reason::EARLIER),
            }
        }
    }
}

/// Whether the only transaction that was sent has reverted, and nothing is worth waiting for the
/// next one: nothing was done for it yet, or the payer has too little by now. Should the payment be
/// made after all, it bought nothing, and goes back.
async fn is_in_vain(
    cashier: &Cashier,
    record: &Record,
    payment: &Verified,
    transaction: Option<TransactionId>,
    invocation: &Invocation,
) -> bool {
    let limit = invocation.at_most(Duration::from_secs(5), RESERVE);
    let Some(transaction) = transaction else { return false };
    if !cashier.nodes.has_reverted(payment, &transaction, limit).await {
        return false;
    }
    record.work.is_paid_first() || is_poor(cashier, payment, invocation).await
}

/// Whether the payer is known to hold less than the price by now.
async fn is_poor(cashier: &Cashier, payment: &Verified, invocation: &Invocation) -> bool {
    let limit = invocation.at_most(LOOK, RESERVE);
    cashier.nodes.balance(&payment.payer(), limit).await.is_some_and(|held| held < payment.quote().amount)
}

/// Until when the payment of a sale is waited for, in epoch seconds: it has expired then, or is
/// given up.
fn waited_until(record: &Record) -> u64 {
    let given_up = seconds(record.created_at).saturating_add(DOUBT.as_secs());
    record.signed.valid_before.min(given_up)
}

/// Whether nothing of ours is under way that could still use a payment: nothing was sent before, or
/// it is waited for no longer by the clock of a final block that does not have it. What the
/// facilitator says now says nothing about what it was sent before.
fn no_longer(sent: Sent, dead: bool) -> bool {
    sent == Sent::Never || dead
}

/// Whether there is a node to ask what became of it.
fn knows(cashier: &Cashier, record: &Record) -> bool {
    cashier.nodes.knows(record.signed.payer.network())
}

/// It is sent no more; it may have been made. If it was not, that is its payer's doing where the
/// facilitator had something to say of it, or where the payer has too little; and else of a
/// facilitator that was silent.
async fn after_expiry(cashier: &Cashier, record: &Record, payment: &Verified, invocation: &Invocation) -> Evidence {
    let by = waited_until(record);
    let expired = || if record.answered { Evidence::Unpaid(Reason::EXPIRED) } else { Evidence::Lapsed };
    if !knows(cashier, record) {
        // A nonce that the facilitator calls used was used: perhaps by us. Giving up could keep a
        // buyer's money, granting could give a number away. It waits for a chain to ask.
        let given_up = seconds(invocation.current()) >= by.saturating_add(GIVE_UP) && !record.contested;
        return if given_up { expired() } else { Evidence::SILENCE };
    }
    match fate(cashier, record, payment, invocation).await {
        Some(Truth::Paid { transaction }) => Evidence::Paid(transaction.to_string()),
        Some(Truth::Cancelled) => Evidence::Unpaid(Reason::EXPIRED),
        Some(Truth::Earlier) => Evidence::Unpaid(Reason::EARLIER),
        // A final block later than its time does not contain it.
        Some(Truth::Unused { dead: true }) if is_poor(cashier, payment, invocation).await => {
            Evidence::Unpaid(Reason::EXPIRED)
        }
        Some(Truth::Unused { dead: true }) => expired(),
        Some(Truth::Unused { .. }) | None => Evidence::SILENCE,
    }
}

/// Settles, again if the facilitator was not reached, as long as there is time.
async fn settle(cashier: &Cashier, payment: &Verified, invocation: &Invocation) -> SettleAnswer {
    for pause in [Some(100), Some(300), None] {
        let limit = invocation.at_most(SETTLE, RESERVE);
        if limit < Duration::from_secs(1) {
            return SettleAnswer::NotSent;
        }
        let answer = cashier.facilitator.settle(payment, invocation.current(), limit).await;
        if !matches!(answer, SettleAnswer::NotSent) {
            return answer;
        }
        if let Some(pause) = pause {
            // Up to half as long again, so that those who failed together do not come back
            // together.
            tokio::time::sleep(Duration::from_millis(pause + invocation.dice % (pause / 2))).await;
        }
    }
    SettleAnswer::NotSent
}

/// What the chain says became of a payment, if there is a node and it answers.
pub async fn truth(cashier: &Cashier, payment: &Verified, invocation: &Invocation) -> Option<Truth> {
    cashier.nodes.truth(payment, u64::MAX, invocation.at_most(LOOK, RESERVE)).await
}

/// The same, for a payment of a sale, which is waited for until then at most. Where the search for
/// it does not come to its end, the sale keeps how far it came.
async fn fate(cashier: &Cashier, record: &Record, payment: &Verified, invocation: &Invocation) -> Option<Truth> {
    search(cashier, record, payment, waited_until(record), invocation).await
}

/// What the chain says of a payment that was granted. The transaction that is said to have made it
/// is asked for by its name, since strangers can write into every history; only where that does not
/// show it is it searched for.
pub async fn proof(cashier: &Cashier, record: &Record, payment: &Verified, invocation: &Invocation) -> Option<Truth> {
    let named = record.settled.as_ref().and_then(|settled| settled.transaction.clone()).map(TransactionId::from_row);
    if let Some(transaction) = named
        && cashier.nodes.shows(payment, &transaction, invocation.at_most(LOOK, RESERVE)).await
    {
        return Some(Truth::Paid { transaction });
    }
    search(cashier, record, payment, u64::MAX, invocation).await
}

async fn search(
    cashier: &Cashier,
    record: &Record,
    payment: &Verified,
    by: u64,
    invocation: &Invocation,
) -> Option<Truth> {
    let limit = invocation.at_most(LOOK, RESERVE);
    let mut searched = record.searched.clone();
    let truth = cashier.nodes.search(payment, (seconds(record.created_at), by), &mut searched, limit).await;
    if let Some(place) = searched.filter(|place| truth.is_none() && record.searched.as_ref() != Some(place)) {
        // A place that is not kept is searched for again.
        let kept = cashier.store.keep_place(record, &place).await;
        if let Err(why) = kept {
            warn!(%why, payment = ?record.id, "the place of a search was not kept");
        }
    }
    truth
}
