//! What an operator sets for calls: the contract with Bland, and what may be lost and spent.
//! Everything that depends on how much is sold stands here, and has its default in `template.yaml`.
//!
//! `docs/decisions.md`: Why have dear destinations a sum of their own?

use super::slices::Cut;
use crate::types::Usdc;

/// Of the dialler's lines, this many in a hundred are used: the rest is for what we have lost count
/// of.
const SHARE: u64 = 80;
/// Of the lines of the contract, one wallet holds one in so many, rounded up.
const WALLETS: u64 = 4;
/// Of what a day may lose, calls to dear destinations may lose one in so many.
const DEAR_SHARE: u64 = 2;
/// Of what a wallet may lose, the dear calls of a new one may lose so many
const NEW_SHARE: u64 = 5;
/// in so many: with the default, what five minutes cost to the dearest country of the estimates
/// that the rates began with.
const NEW_OF: u64 = 8;

/// There is a slice of what is counted of all calls for so many lines,
const LINES_OF_A_SLICE: u64 = 100;
/// and never more of them than this: so many items are read where the whole is nearly used up, and
/// written in one transaction.
pub const SLICES: u8 = 64;
/// A prefix has one slice for so many of those.
const SLICES_FOR_A_PREFIXES: u8 = 8;
/// The most that a prefix has.
pub const SLICES_OF_A_PREFIX: u8 = SLICES / SLICES_FOR_A_PREFIXES;

/// The sums that an operator sets. What is lost is what calls cost us beyond what was paid for them
/// and kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// How many calls Bland's contract lets run at once.
    pub contract: u64,
    /// What a connected minute costs by it.
    pub minute: Usdc,
    /// What all calls of a day may cost us, whatever was paid for them.
    pub cost: Usdc,
    /// What all calls of a day may lose.
    pub loss: Usdc,
    /// What the calls of a day to one prefix may lose.
    pub prefix: Usdc,
    /// What the calls of a day of one wallet may lose.
    pub wallet: Usdc,
}

impl Budget {
    /// How many calls run at once.
    pub const fn lines(&self) -> u64 {
        let lines = self.contract * SHARE / 100;
        if lines == 0 { 1 } else { lines }
    }

    /// How many of the contract's are one wallet's at most.
    pub const fn lines_of_a_wallet(&self) -> u64 {
        self.contract.div_ceil(WALLETS)
    }

    /// How what is counted of all calls is cut: one slice up to a hundred lines, and more with
    /// them.
    pub fn cut(&self) -> Cut {
        let slices = self.lines().div_ceil(LINES_OF_A_SLICE).next_power_of_two();
        Cut { parts: SLICES, slices: u8::try_from(slices).unwrap_or(SLICES).min(SLICES) }
    }

    /// How what is counted of the calls to one prefix is cut.
    pub fn cut_of_a_prefix(&self) -> Cut {
        Cut { parts: SLICES_OF_A_PREFIX, slices: (self.cut().slices / SLICES_FOR_A_PREFIXES).max(1) }
    }

    /// What the calls of a day to dear destinations may lose.
    pub const fn dear(&self) -> Usdc {
        Usdc::micros(self.loss.atomic() / DEAR_SHARE)
    }

    /// What the dear calls of a wallet may lose that has not been good for long enough.
    pub const fn of_a_new_wallet(&self) -> Usdc {
        Usdc::micros(self.wallet.atomic() * NEW_SHARE / NEW_OF)
    }
}

/// A plan at Bland, with what its price list of December 2025 says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plan {
    /// Free of charge a month.
    Start,
    /// $299 a month.
    Build,
    /// $499 a month.
    Scale,
}

impl Plan {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Start, Self::Build, Self::Scale];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Build => "build",
            Self::Scale => "scale",
        }
    }

    /// What a connected minute costs.
    pub const fn minute(self) -> Usdc {
        Usdc::micros(match self {
            Self::Start => 140_000,
            Self::Build => 120_000,
            Self::Scale => 110_000,
        })
    }

    /// How many calls it lets run at once.
    pub const fn lines(self) -> u64 {
        match self {
            Self::Start => 10,
            Self::Build => 50,
            Self::Scale => 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(contract: u64) -> Budget {
        let [cost, loss, prefix, wallet] = [2_000, 500, 50, 6].map(|dollars| Usdc::micros(dollars * 1_000_000));
        Budget { contract, minute: Plan::Start.minute(), cost, loss, prefix, wallet }
    }

    #[test]
    fn lines_are_used_up_to_four_fifths_and_a_quarter_of_all_is_a_wallets() {
        for (contract, lines, of_a_wallet) in
            [(1, 1, 1), (2, 1, 1), (5, 4, 2), (10, 8, 3), (50, 40, 13), (100, 80, 25), (100_000, 80_000, 25_000)]
        {
            let budget = budget(contract);
            assert_eq!((budget.lines(), budget.lines_of_a_wallet()), (lines, of_a_wallet), "{contract}");
        }
    }

    #[test]
    fn there_are_more_slices_the_more_lines_there_are_and_one_on_each_plan() {
        for (contract, slices, of_a_prefix) in [
            (1, 1, 1),
            (10, 1, 1),
            (100, 1, 1),
            (125, 1, 1),
            (127, 2, 1),
            (1_000, 8, 1),
            (1_250, 16, 2),
            (4_000, 32, 4),
            (4_002, 64, 8),
            (999_999, 64, 8),
        ] {
            let budget = budget(contract);
            assert_eq!((budget.cut().slices, budget.cut_of_a_prefix().slices), (slices, of_a_prefix), "{contract}");
        }
    }

    /// As dear as any country of the estimates; a carrier's own list may have dearer ones.
    #[test]
    fn five_minutes_at_sixty_cents_fit_into_what_a_new_wallet_may_lose() {
        let dear = Usdc::micros(600_000).plus(Plan::Start.minute()).times(5);
        assert!(dear <= budget(10).of_a_new_wallet());
        assert_eq!(
            (budget(10).of_a_new_wallet(), budget(10).dear()),
            (Usdc::micros(3_750_000), Usdc::micros(250_000_000))
        );
    }
}
