//! What a call costs us, and what it has brought, as both are counted.

use crate::types::Usdc;

use super::rows::CostRow;

/// The price of a call for us, by who charges it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    /// What its dialler says that it charges.
    pub dialler: Usdc,
    /// What the carrier's minutes are reckoned to, which are not in that.
    pub carrier: Usdc,
    /// What the answers to its questions may cost at the dialler.
    pub questions: Usdc,
}

impl Price {
    /// Nothing, as a call that was silent.
    pub const NOTHING: Self = Self { dialler: Usdc::micros(0), carrier: Usdc::micros(0), questions: Usdc::micros(0) };

    /// All of it.
    pub const fn total(self) -> Usdc {
        self.dialler.plus(self.carrier).plus(self.questions)
    }
}

/// The cost of a call for us: reserved when it is dialled, corrected when it is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// How much.
    pub amount: Usdc,
    /// What of that is the carrier's and for what is asked; nothing as long as it is reserved and
    /// not known.
    pub known: Option<Price>,
    /// What is paid for it, if it is.
    pub price: Usdc,
    /// What of that is ours for good. Nothing, before it is settled: until then it can still go
    /// back.
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
    /// Of what all calls are counted in.
    pub(super) day: u8,
    /// Of what the calls to its prefix cost.
    pub(super) prefix: u8,
}

impl Cost {
    pub(super) fn to_row(self) -> CostRow {
        let Self { amount, known, price, kept, prefix_slot, day_slot, dear, risk, slices } = self;
        let (carrier, analyses) = known.map(|known| (known.carrier.atomic(), known.questions.atomic())).unzip();
        let Slices { day, prefix } = slices;
        let slices = (slices != Slices::default()).then_some([day, prefix]);
        let (micros, price, kept) = (amount.atomic(), price.atomic(), kept.atomic());
        CostRow { micros, carrier, analyses, price, kept, prefix_slot, day_slot, dear, risk, slices }
    }

    pub(super) fn from_row(row: CostRow) -> Self {
        let CostRow { micros, carrier, analyses, price, kept, prefix_slot, day_slot, dear, risk, slices } = row;
        let [day, prefix] = slices.unwrap_or_default();
        let slices = Slices { day, prefix };
        let [amount, price, kept] = [micros, price, kept].map(Usdc::micros);
        // The dialler's is what is left of the whole, so that the parts add up to it.
        let known = carrier.map(|carrier| {
            let (carrier, questions) = (Usdc::micros(carrier), Usdc::micros(analyses.unwrap_or(0)));
            Price { dialler: amount.minus(carrier).minus(questions), carrier, questions }
        });
        Self { amount, known, price, kept, prefix_slot, day_slot, dear, risk, slices }
    }
}
