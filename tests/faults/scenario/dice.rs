//! Decisions that follow from a seed: the same seed, the same decisions (splitmix64).

/// A stream of decisions.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream of a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream for `whose` choices alone, so that what others decide first changes nothing for
    /// them.
    #[must_use]
    pub(crate) fn of(&self, whose: u64) -> Self {
        let mut one = Self(self.0 ^ whose.wrapping_add(1).wrapping_mul(0xd1b5_4a32_d192_ed03));
        one.next();
        one
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// A number from a range, both ends included.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// Whether something happens that does so this often in a hundred.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of several.
    pub(crate) fn one_of<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        let place = self.below(u64::try_from(among.len()).unwrap_or(u64::MAX));
        among.get(usize::try_from(place).unwrap_or_default())
    }
}
