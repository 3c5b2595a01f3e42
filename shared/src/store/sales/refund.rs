//! Money that goes back for a sale, as its record has it.
//!
//! `docs/decisions.md`: Why is a refund not an item of its own?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::store::keys::Queue;
use crate::store::parse::instant_of;
use crate::store::rows::{RefundReason, RefundRow, Refunding};
use crate::store::{StoreFault, kept};
use crate::types::{PaymentId, Timestamp, Usdc};

/// A debt to a payer, and how far its refund is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    /// How far.
    pub state: Refunding,
    /// Why.
    pub reason: RefundReason,
    /// How much: all that was paid.
    pub amount: Usdc,
    /// Since when.
    pub asked_at: Timestamp,
    /// The transaction that took the money; none where credit was spent.
    pub taken_by: Option<String>,
    /// What was last sent, where that cannot be made again: a Solana transaction.
    pub sent: Option<Vec<u8>>,
    /// Until when what was last sent is good, in epoch seconds; none before the first.
    pub valid_before: Option<u64>,
    /// How often one was sent.
    pub tries: u32,
    /// How often it was definitely refused. Whatever is missing here may still be under way.
    pub refused: u32,
    /// Since when it was its turn and the wallet that pays back held too little.
    pub poor_since: Option<Timestamp>,
    /// The transaction that gave it back.
    pub transaction: Option<String>,
    /// Whose decision it was, and why, where a person has decided it.
    pub by: Option<String>,
}

impl Refund {
    pub(in crate::store) fn due(reason: RefundReason, amount: Usdc, taken_by: Option<String>, now: Timestamp) -> Self {
        Self {
            state: Refunding::Due,
            reason,
            amount,
            asked_at: now,
            taken_by,
            sent: None,
            valid_before: None,
            tries: 0,
            refused: 0,
            poor_since: None,
            transaction: None,
            by: None,
        }
    }

    /// From when on its sale is forgotten once it is back: counted from when nothing that was sent
    /// could land any more.
    pub(in crate::store) fn forgotten_at(&self) -> i64 {
        let last = self.valid_before.map_or(0, u64::cast_signed).max(self.asked_at.as_second());
        last + kept::SALE.as_secs().cast_signed()
    }

    /// Whether it is a stray payment that no operator has let through.
    pub fn is_unasked(&self) -> bool {
        self.reason == RefundReason::Stray && self.by.is_none()
    }

    /// The queue in which it waits.
    pub(in crate::store) fn queue(&self, payment: &PaymentId) -> Queue {
        if self.is_unasked() { Queue::Strays } else { Queue::of_refund(payment) }
    }

    pub(in crate::store) fn to_row(&self) -> RefundRow {
        RefundRow {
            state: self.state,
            reason: self.reason,
            amount: self.amount.atomic(),
            asked_at: self.asked_at.as_second(),
            taken_by: self.taken_by.clone(),
            sent: self.sent.as_ref().map(|sent| STANDARD.encode(sent)),
            valid_before: self.valid_before,
            tries: self.tries,
            refused: self.refused,
            poor_since: self.poor_since.map(Timestamp::as_second),
            transaction: self.transaction.clone(),
            by: self.by.clone(),
        }
    }

    pub(in crate::store) fn from_row(row: RefundRow) -> Result<Self, StoreFault> {
        Ok(Self {
            state: row.state,
            reason: row.reason,
            amount: Usdc::micros(row.amount),
            asked_at: instant_of(row.asked_at)?,
            taken_by: row.taken_by,
            sent: row.sent.map(|sent| STANDARD.decode(sent).map_err(|_| StoreFault::Row("sent"))).transpose()?,
            valid_before: row.valid_before,
            tries: row.tries,
            refused: row.refused,
            poor_since: row.poor_since.map(instant_of).transpose()?,
            transaction: row.transaction,
            by: row.by,
        })
    }
}
