//! What a call costs us, and what it has brought, as both are counted.

use crate::types::Usdc;

use super::rows::CostRow;

/// What a call costs us: reserved when it is dialled, corrected when it is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// How much.
    pub amount: Usdc,
    /// What is paid for it, if it is.
    pub price: Usdc,
    /// What of that is ours for good. Nothing, before it is settled: until then it can still go back.
    pub(super) kept: Usdc,
    /// The half-day in which it is counted for its prefix.
    pub(super) prefix_slot: i64,
    /// The half-day in which it is counted for all.
    pub(super) day_slot: i64,
    /// Whether it goes to a dear destination.
    pub(super) dear: bool,
    /// Whether it could have cost more than its wallet may lose.
    pub(super) risk: bool,
}

impl Cost {
    pub(super) fn to_row(self) -> CostRow {
        let Self { amount, price, kept, prefix_slot, day_slot, dear, risk } = self;
        let (micros, price, kept) = (amount.atomic(), price.atomic(), kept.atomic());
        CostRow { micros, price, kept, prefix_slot, day_slot, dear, risk }
    }

    pub(super) fn from_row(row: CostRow) -> Self {
        let CostRow { micros, price, kept, prefix_slot, day_slot, dear, risk } = row;
        let [amount, price, kept] = [micros, price, kept].map(Usdc::micros);
        Self { amount, price, kept, prefix_slot, day_slot, dear, risk }
    }
}
