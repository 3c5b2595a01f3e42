//! Money.

use std::fmt;

/// An amount of USDC in micro-dollars, which are the token's atomic units (6 decimals). There is no
/// float anywhere: `Usdc::micros(540_000)` is $0.54.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Usdc(u64);

impl Usdc {
    /// This many millionths of a dollar.
    pub const fn micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The sum of two amounts.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of an amount; nothing, if the other one is larger.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This many times an amount.
    #[must_use]
    pub const fn times(self, many: u64) -> Self {
        Self(self.0.saturating_mul(many))
    }

    /// The atomic units, as the token and the x402 wire count them.
    pub const fn atomic(self) -> u64 {
        self.0
    }

    /// The atomic units as a number that can be taken off another one. No amount comes near the end
    /// of its range.
    pub fn signed(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl Usdc {
    /// Dollars as a decimal number, with cents always and smaller decimals only where they matter:
    /// `5.00`, `0.54`, `0.001`.
    pub fn dollars(self) -> String {
        let fraction = format!("{:06}", self.0 % 1_000_000);
        let digits = fraction.trim_end_matches('0').len().max(2);
        format!("{}.{}", self.0 / 1_000_000, fraction.get(..digits).unwrap_or(&fraction))
    }
}

impl fmt::Display for Usdc {
    /// The same with a dollar sign.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.dollars())
    }
}

#[cfg(test)]
mod tests {
    use super::Usdc;

    #[test]
    fn an_amount_is_written_in_dollars() {
        for (micros, text) in [
            (5_000_000, "$5.00"),
            (540_000, "$0.54"),
            (1_000, "$0.001"),
            (0, "$0.00"),
            (1, "$0.000001"),
            (12_340_000, "$12.34"),
        ] {
            assert_eq!(Usdc::micros(micros).to_string(), text);
        }
    }
}
