//! A whole that many count on at once, in slices: each has a part of what may be, so that those who count on different ones are not in
//! each other's way. Pure.
//!
//! The whole has a number of parts, which never changes, and a slice is a stretch of them. There is one at first, which has all; where
//! more are wanted, a slice is halved by the next booking in it. So the stretches never overlap, whatever number of slices two versions
//! of the product would have, and what the slices may hold together is the whole, whatever that is at the moment.
//!
//! What is used moves, and not what may be: a slice that is full passes some of its own on to those that have room, in the write that books.
//! What is taken off again is taken off where it was booked, so a slice may come to hold less than nothing, which is room like any other.
//!
//! `docs/decisions.md`: Why are the sums of all in slices?

/// How a whole is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// How many parts it has: a power of two, and the most slices there can be.
    pub parts: u8,
    /// How many slices are wanted: a power of two.
    pub slices: u8,
}

/// A slice, as it was seen: named by the first of its parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice<const N: usize> {
    /// The first of its parts.
    pub at: u8,
    /// The first that is not its own any more.
    pub upto: u8,
    /// How much of each sum is used.
    pub used: [i64; N],
}

/// What is to be booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish<const N: usize> {
    /// How much, in each sum.
    pub amount: [i64; N],
    /// How much all slices may hold together, of each sum.
    pub whole: [i64; N],
}

/// What a booking changes in one slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change<const N: usize> {
    /// Which.
    pub at: u8,
    /// How far it went when it was seen; nothing, if it begins with this.
    pub upto: Option<u8>,
    /// How far it goes from now on, if that is another place.
    pub halved: Option<u8>,
    /// What it holds more of each sum.
    pub more: [i64; N],
    /// How much of each it may hold before that.
    pub at_most: [Option<i64>; N],
}

/// What is written for a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booking<const N: usize> {
    /// The slice in which it is booked: what is taken off again is taken off there.
    pub at: u8,
    /// What changes, all at once.
    pub changes: Vec<Change<N>>,
}

/// The part that is tried first by what is booked under this seed, or after so many slices were taken by others: the first of a slice that
/// is as long as is wanted, so it is the first of one that is shorter as well.
pub fn part(seed: u64, tries: u32, cut: Cut) -> u8 {
    // SplitMix64: each try another part, and all of them as often.
    let mut bits = seed.wrapping_add(u64::from(tries).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let part = (bits ^ (bits >> 31)) % u64::from(cut.parts.max(1));
    let part = u8::try_from(part).unwrap_or(0);
    part - part % length_of(cut)
}

/// How long slices are to be.
fn length_of(cut: Cut) -> u8 {
    (cut.parts / cut.slices.max(1)).max(1)
}

/// The slices in which a part can be, the smallest that is wanted first: it is in the first of them that is there.
pub fn those_of(part: u8, cut: Cut) -> Vec<u8> {
    let mut length = length_of(cut);
    let mut all = vec![part - part % length];
    while let Some(longer) = length.checked_mul(2).filter(|longer| *longer <= cut.parts) {
        length = longer;
        let at = part - part % length;
        if !all.contains(&at) {
            all.push(at);
        }
    }
    all
}

/// Whether these slices are all there are.
pub fn are_all<const N: usize>(slices: &[Slice<N>], cut: Cut) -> bool {
    slices.iter().map(|slice| u32::from(slice.upto - slice.at)).sum::<u32>() >= u32::from(cut.parts)
}

/// How much of a whole a stretch of its parts may hold. Those of all stretches are the whole, to the last unit.
pub fn share(whole: i64, at: u8, upto: u8, cut: Cut) -> i64 {
    let until = |part: u8| (i128::from(whole) * i128::from(part)).div_euclid(i128::from(cut.parts.max(1)));
    i64::try_from(until(upto) - until(at)).unwrap_or(whole)
}

/// Books something in the slice that has this part, or, where it has no room and all slices are known, in another one, or with room that
/// is brought together. Nothing, if what is known is not enough; where all is known, it is booked for certain: whether the whole has room
/// is for the caller to ask.
///
/// What is larger than the whole is booked where the whole has room for as much as that: all of the room there is goes to it.
pub fn book<const N: usize>(slices: &[Slice<N>], part: u8, wish: &Wish<N>, cut: Cut) -> Option<Booking<N>> {
    let mut drafts: Vec<Draft<N>> = slices.iter().map(Draft::of).collect();
    let mut own = drafts.iter().position(|draft| draft.has(part))?;
    if let Some(upper) = drafts.get_mut(own).and_then(|draft| draft.halve(wish, cut)) {
        own = if upper.has(part) { drafts.len() } else { own };
        drafts.push(upper);
    }
    let fits = |draft: &Draft<N>| draft.fits(wish, cut);
    if !drafts.get(own).is_some_and(fits) {
        if !are_all(slices, cut) {
            return None;
        }
        let others: Vec<usize> =
            drafts.iter().enumerate().filter(|(_, draft)| fits(draft)).map(|(place, _)| place).collect();
        own = others.get(usize::from(part) % others.len().max(1)).copied().unwrap_or(own);
    }
    let draft = drafts.get_mut(own)?;
    draft.used = added(draft.used, wish.amount);
    draft.books = true;
    let at = draft.at;
    if are_all(slices, cut) {
        level(&mut drafts, wish, cut);
    }
    let changes = drafts.iter().filter(|draft| draft.changes()).map(|draft| draft.change(wish, cut)).collect();
    Some(Booking { at, changes })
}

/// A slice as it is to be.
struct Draft<const N: usize> {
    at: u8,
    upto: u8,
    /// How far it went; nothing, if it is new.
    went: Option<u8>,
    was: [i64; N],
    used: [i64; N],
    /// Whether it is the one in which something is booked.
    books: bool,
}

impl<const N: usize> Draft<N> {
    fn of(slice: &Slice<N>) -> Self {
        let Slice { at, upto, used } = *slice;
        Self { at, upto, went: Some(upto), was: used, used, books: false }
    }

    fn has(&self, part: u8) -> bool {
        (self.at..self.upto).contains(&part)
    }

    /// Its upper half, if it is longer than slices are to be. With it goes half of what is used, so that neither holds more than it may.
    fn halve(&mut self, wish: &Wish<N>, cut: Cut) -> Option<Self> {
        let length = self.upto - self.at;
        if length <= length_of(cut) {
            return None;
        }
        let (middle, upto) = (self.at + length / 2, self.upto);
        let mut half = self.used;
        for (half, whole) in half.iter_mut().zip(wish.whole) {
            let too_much = *half - share(whole, self.at, middle, cut);
            *half = (*half / 2).max(too_much).min(share(whole, middle, upto, cut));
        }
        self.upto = middle;
        self.used = added(self.used, half.map(|half| -half));
        Some(Self { at: middle, upto, went: None, was: [0; N], used: half, books: false })
    }

    fn bounds(&self, wish: &Wish<N>, cut: Cut) -> [i64; N] {
        wish.whole.map(|whole| share(whole, self.at, self.upto, cut))
    }

    /// Whether it has room for it, in each sum in which something is booked.
    fn fits(&self, wish: &Wish<N>, cut: Cut) -> bool {
        let sums = self.used.iter().zip(wish.amount).zip(self.bounds(wish, cut));
        sums.into_iter().all(|((used, amount), bound)| amount == 0 || used + amount <= bound)
    }

    fn changes(&self) -> bool {
        self.books || self.used != self.was || self.went != Some(self.upto)
    }

    /// What has to be held is that it comes to hold no more than it may, or than was seen: of what it gives, nothing.
    fn change(&self, wish: &Wish<N>, cut: Cut) -> Change<N> {
        let more = added(self.used, self.was.map(|was| -was));
        let bounds = self.bounds(wish, cut);
        let is_halved = self.went != Some(self.upto);
        let mut at_most = [None; N];
        let sums = more.iter().zip(self.used).zip(wish.amount).zip(bounds);
        for (at_most, (((more, used), amount), bound)) in at_most.iter_mut().zip(sums) {
            if *more > 0 || is_halved || (self.books && amount != 0) {
                *at_most = Some(bound.max(used) - more);
            }
        }
        Change { at: self.at, upto: self.went, halved: is_halved.then_some(self.upto), more, at_most }
    }
}

/// Where a slice holds more than it may, what is too much goes to those that have room, the one that has most of it first.
fn level<const N: usize>(drafts: &mut [Draft<N>], wish: &Wish<N>, cut: Cut) {
    for sum in 0..N {
        let rooms = drafts.iter().map(|draft| {
            let bound = draft.bounds(wish, cut).get(sum).copied().unwrap_or_default();
            bound - draft.used.get(sum).copied().unwrap_or_default()
        });
        let mut rooms: Vec<i64> = rooms.collect();
        if rooms.iter().all(|room| *room >= 0) {
            continue;
        }
        let mut by_room: Vec<usize> = (0..rooms.len()).collect();
        by_room.sort_by_key(|place| rooms.get(*place).map(|room| -room));
        for from in 0..rooms.len() {
            for to in &by_room {
                let room = |place: usize| rooms.get(place).copied().unwrap_or_default();
                let moved = (-room(from)).min(room(*to));
                if moved <= 0 {
                    continue;
                }
                for (place, moved) in [(from, -moved), (*to, moved)] {
                    if let Some(room) = rooms.get_mut(place) {
                        *room -= moved;
                    }
                    if let Some(used) = drafts.get_mut(place).and_then(|draft| draft.used.get_mut(sum)) {
                        *used += moved;
                    }
                }
            }
        }
    }
}

fn added<const N: usize>(mut sums: [i64; N], more: [i64; N]) -> [i64; N] {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
    sums
}

#[cfg(test)]
mod tests;
