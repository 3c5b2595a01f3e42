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
    /// In which slices it is counted.
    pub(super) slices: Slices,
}

/// The slices in which a call is counted: what is taken off again is taken off there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Slices {
    /// Of the calls that run.
    pub(super) running: u8,
    /// Of what all calls cost.
    pub(super) day: u8,
    /// Of what the calls to its prefix cost.
    pub(super) prefix: u8,
}

impl Cost {
    pub(super) fn to_row(self) -> CostRow {
        let Self { amount, price, kept, prefix_slot, day_slot, dear, risk, slices } = self;
        let Slices { running, day, prefix } = slices;
        let slices = (slices != Slices::default()).then_some([running, day, prefix]);
        let (micros, price, kept) = (amount.atomic(), price.atomic(), kept.atomic());
        CostRow { micros, price, kept, prefix_slot, day_slot, dear, risk, slices }
    }

    pub(super) fn from_row(row: CostRow) -> Self {
        let CostRow { micros, price, kept, prefix_slot, day_slot, dear, risk, slices } = row;
        let [running, day, prefix] = slices.unwrap_or_default();
        let slices = Slices { running, day, prefix };
        let [amount, price, kept] = [micros, price, kept].map(Usdc::micros);
        Self { amount, price, kept, prefix_slot, day_slot, dear, risk, slices }
    }
}
