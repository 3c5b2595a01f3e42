//! Sales: the record of a payment and what is sold for it. The state machine of `store/mod.rs` is
//! in the types: a [`Sale<Settling>`] comes only from [`claim`](super::Store::claim) or
//! [`fence`](super::Store::fence), and only such a one can be closed.

mod claim;
mod doubt;
mod gate;
mod named;
mod paid;
mod record;
mod refund;
mod steps;

use std::marker::PhantomData;
use std::time::Duration;

pub use claim::{Claimed, NewSale};
pub use doubt::Doubt;
pub use gate::Gate;
pub use named::{Purchase, REMEMBERED};
pub(super) use record::searched_row;
pub use record::{Record, Settled, Signed};
pub use refund::Refund;

use super::rows::State;
use super::{Lost, StoreFault};

/// How long an attempt may be at work before another finishes its sale: longer than a function may
/// run (29 s) and a request of it may be under way at a vendor.
pub const BUSY: Duration = Duration::from_mins(1);

/// The stage before the fence: nothing is settled, everything can be undone.
pub enum Open {}
/// The stage after the fence: the payment may have been settled.
pub enum Settling {}

/// A sale that is ours to carry on. What may be done with it depends on its stage.
pub struct Sale<Stage> {
    record: Box<Record>,
    stage: PhantomData<fn() -> Stage>,
}

impl<Stage> Sale<Stage> {
    fn new(record: Record) -> Self {
        Self { record: Box::new(record), stage: PhantomData }
    }

    /// What is recorded.
    pub fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn into_record(self) -> Record {
        *self.record
    }
}

impl<Stage> std::fmt::Debug for Sale<Stage> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sale({:?}, {:?})", self.record.id, self.record.state)
    }
}

/// A stage in which a sale can be claimed.
pub trait Claimable {
    /// How it is recorded.
    const STATE: State;
}

impl Claimable for Open {
    const STATE: State = State::Open;
}

/// Where nothing foreign happens before settling, the claim is the fence: one write fewer.
impl Claimable for Settling {
    const STATE: State = State::Settling;
}

/// Why a step was not made.
#[derive(Debug)]
pub enum NotStepped {
    /// The sale is no longer ours: another attempt carries it on.
    Overtaken,
    /// It is ours, but what it needs has changed.
    Lost(Lost),
    /// The store failed.
    Fault(StoreFault),
}

impl From<StoreFault> for NotStepped {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(fault)
    }
}

/// A sale that was taken over from an attempt that has stopped.
pub enum Taken {
    /// Nothing is settled: it is to be rolled back.
    Open(Sale<Open>),
    /// It may be settled: it is to be rolled forward.
    Settling(Sale<Settling>),
}
