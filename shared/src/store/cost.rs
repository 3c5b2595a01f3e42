//! What a call costs us, as it is counted.

use crate::types::Usdc;

use super::rows::CostRow;

/// What a call costs us: reserved when it is dialled, corrected when it is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// How much.
    pub amount: Usdc,
    /// The sum of its prefix that it is part of, by when that began.
    pub(super) prefix_since: i64,
    /// The sum of all that it is part of.
    pub(super) day_since: i64,
}

impl Cost {
    pub(super) fn to_row(self) -> CostRow {
        CostRow { micros: self.amount.atomic(), prefix_since: self.prefix_since, day_since: self.day_since }
    }

    pub(super) fn from_row(row: CostRow) -> Self {
        Self { amount: Usdc::micros(row.micros), prefix_since: row.prefix_since, day_since: row.day_since }
    }
}
