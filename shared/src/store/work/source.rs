//! Where a number comes from that is leased, and what that costs us.

use crate::store::StoreFault;
use crate::store::rows::{BookedRow, SourceRow};
use crate::types::Usdc;

/// Where a leased number comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// It was ours already.
    Pool,
    /// It is bought at the carrier, and paid for then.
    Carrier(Booked),
    /// It is bought at the carrier once it is paid for.
    Order(Booked),
}

/// The cost of a number that is bought at the carrier, and the half-day in which that is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Booked {
    /// How much.
    pub cost: Usdc,
    /// In which half-day with what all such numbers cost,
    pub slot: i64,
    /// and in which, until it is paid for, with what those cost that are not.
    pub unpaid_slot: i64,
}

impl Source {
    /// What it costs us to have it from there.
    pub const fn cost(self) -> Option<Usdc> {
        match self {
            Self::Pool => None,
            Self::Carrier(booked) | Self::Order(booked) => Some(booked.cost),
        }
    }

    /// Where that is counted.
    pub const fn booked(self) -> Option<Booked> {
        match self {
            Self::Pool => None,
            Self::Carrier(booked) | Self::Order(booked) => Some(booked),
        }
    }

    pub(super) fn to_row(self) -> SourceRow {
        match self {
            Self::Pool => SourceRow::Pool,
            Self::Carrier(_) => SourceRow::Carrier,
            Self::Order(_) => SourceRow::Order,
        }
    }

    pub(super) fn from_row(row: SourceRow, booked: Option<BookedRow>) -> Result<Self, StoreFault> {
        let booked =
            booked.map(|BookedRow { cost, slot, unpaid_slot }| Booked { cost: Usdc::micros(cost), slot, unpaid_slot });
        let booked = booked.ok_or(StoreFault::Row("number's cost"));
        Ok(match row {
            SourceRow::Pool => Self::Pool,
            SourceRow::Carrier => Self::Carrier(booked?),
            SourceRow::Order => Self::Order(booked?),
        })
    }
}
