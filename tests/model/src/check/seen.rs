//! Every state that was seen, once, by its place.

use std::hash::{Hash, Hasher};

/// The states in the order in which they were found, and a table to find them again.
pub(super) struct Seen<S> {
    pub(super) states: Vec<S>,
    /// The upper half of a state's hash and its place, plus one; zero for a free slot.
    slots: Vec<u64>,
}

impl<S: Eq + Hash> Seen<S> {
    pub(super) fn new() -> Self {
        Self { states: Vec::new(), slots: vec![0; 1 << 12] }
    }

    pub(super) fn add(&mut self, state: S) -> (u32, bool) {
        if self.states.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash_of(&state);
        let mask = self.slots.len() - 1;
        let mut slot = low(hash) & mask;
        loop {
            let found = self.slots[slot];
            if found == 0 {
                let at = index(self.states.len());
                self.slots[slot] = (hash & UPPER) | u64::from(at + 1);
                self.states.push(state);
                return (at, true);
            }
            let at = low(found) - 1;
            if found & UPPER == hash & UPPER && self.states[at] == state {
                return (index(at), false);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![0; mask + 1];
        for (at, state) in self.states.iter().enumerate() {
            let hash = hash_of(state);
            let mut slot = low(hash) & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = (hash & UPPER) | u64::from(index(at) + 1);
        }
    }
}

const UPPER: u64 = 0xffff_ffff_0000_0000;

pub(super) fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

pub(super) fn wide(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// The lower half.
fn low(hash: u64) -> usize {
    usize::try_from(hash & !UPPER).unwrap_or(0)
}

/// Multiply and rotate, as compilers do for their own tables: states are small and not attacked.
#[derive(Default)]
struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.mix(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.mix(u64::from(word));
    }

    fn write_isize(&mut self, word: isize) {
        self.write_usize(word.cast_unsigned());
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(u64::try_from(word).unwrap_or(u64::MAX));
    }

    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    }
}

fn hash_of<S: Hash>(state: &S) -> u64 {
    let mut hasher = Quick::default();
    state.hash(&mut hasher);
    hasher.finish()
}
