//! A whole that many count on at once, in slices: each has a part of what may be, so that those who
//! count on different ones are not in each other's way. Pure.
//!
//! The whole has a number of parts, which never changes, and a slice is a stretch of them. There is
//! one at first, which has all; where more are wanted, a slice is halved by the next booking in it.
//! So the stretches never overlap, whatever number of slices two versions of the product would
//! have, and what the slices may hold together is the whole, whatever that is at the moment.
//!
//! What is used moves, and not what may be: a slice that is full passes some of its own on to those
//! that have room, in the write that books. What is taken off again is taken off where it was
//! booked, so a slice may come to hold less than nothing, which is room like any other, as long as
//! it does not leave.
//!
//! What is used is told by the half-day, the newest first, where a sum has those: what leaves with
//! a half-day was in it, whichever slice it was passed on to. So a slice has room only for what
//! fits after each leaving, too: what has left makes it hold less, or more where that was less than
//! nothing.
//!
//! `docs/decisions.md`: Why are the sums of all in slices?

/// The number and the size of the slices that a whole is cut into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// How many parts it has: a power of two, and the most slices there can be.
    pub parts: u8,
    /// How many slices are wanted: a power of two.
    pub slices: u8,
}

/// A slice, as it was seen: named by the first of its parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice<const N: usize, const H: usize> {
    /// The first of its parts.
    pub at: u8,
    /// The first that is not its own any more.
    pub upto: u8,
    /// How much of each sum is used, by the half-day.
    pub used: [[i64; H]; N],
}

/// A booking that is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish<const N: usize> {
    /// How much, in each sum.
    pub amount: [i64; N],
    /// How much all slices may hold together, of each sum.
    pub whole: [i64; N],
}

/// The change that a booking makes in one slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change<const N: usize, const H: usize> {
    /// Which.
    pub at: u8,
    /// How far it went when it was seen; nothing, if it begins with this.
    pub upto: Option<u8>,
    /// How far it goes from now on, if that is another place.
    pub halved: Option<u8>,
    /// What it holds more of each sum, by the half-day.
    pub more: [[i64; H]; N],
    /// How much of each it may hold before that: of the newest half-day, of that and the one
    /// before, and so on.
    pub at_most: [Option<[i64; H]>; N],
}

/// The changes that make a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booking<const N: usize, const H: usize> {
    /// The slice in which it is booked: what is taken off again is taken off there.
    pub at: u8,
    /// What changes, all at once.
    pub changes: Vec<Change<N, H>>,
}

/// The part that is tried first by what is booked under this seed, or after so many slices were
/// taken by others: the first of a slice that is as long as is wanted, so it is the first of one
/// that is shorter as well.
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

/// The slices in which a part can be, the smallest that is wanted first: it is in the first of them
/// that is there.
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
pub fn are_all<const N: usize, const H: usize>(slices: &[Slice<N, H>], cut: Cut) -> bool {
    slices.iter().map(|slice| u32::from(slice.upto - slice.at)).sum::<u32>() >= u32::from(cut.parts)
}

/// How much of a whole a stretch of its parts may hold. Those of all stretches are the whole, to
/// the last unit.
pub fn share(whole: i64, at: u8, upto: u8, cut: Cut) -> i64 {
    let until = |part: u8| (i128::from(whole) * i128::from(part)).div_euclid(i128::from(cut.parts.max(1)));
    i64::try_from(until(upto) - until(at)).unwrap_or(whole)
}

/// Books something in the slice that has this part, or, where it has no room and all slices are
/// known, in another one, or with room that is brought together. Nothing, if what is known is not
/// enough; where all is known, it is booked for certain: whether the whole has room is for the
/// caller to ask.
///
/// What is larger than the whole is booked where the whole has room for as much as that: all of the
/// room there is goes to it.
pub fn book<const N: usize, const H: usize>(
    slices: &[Slice<N, H>],
    part: u8,
    wish: &Wish<N>,
    cut: Cut,
) -> Option<Booking<N, H>> {
    let cut_for_it = |draft: Draft<N, H>| if draft.has(part) { draft.halved(wish, cut) } else { vec![draft] };
    let mut drafts: Vec<Draft<N, H>> = slices.iter().map(Draft::of).flat_map(cut_for_it).collect();
    let mut own = drafts.iter().position(|draft| draft.has(part))?;
    let fits = |draft: &Draft<N, H>| draft.fits(wish, cut);
    if !drafts.get(own).is_some_and(fits) {
        if !are_all(slices, cut) {
            return None;
        }
        let others: Vec<usize> =
            drafts.iter().enumerate().filter(|(_, draft)| fits(draft)).map(|(place, _)| place).collect();
        own = others.get(usize::from(part) % others.len().max(1)).copied().unwrap_or(own);
    }
    let draft = drafts.get_mut(own)?;
    for (newest, amount) in draft.used.iter_mut().filter_map(|used| used.first_mut()).zip(wish.amount) {
        *newest += amount;
    }
    draft.books = true;
    let at = draft.at;
    if are_all(slices, cut) {
        level(&mut drafts, wish, cut);
    }
    let changes = drafts.iter().filter(|draft| draft.changes()).map(|draft| draft.change(wish, cut)).collect();
    Some(Booking { at, changes })
}

/// A slice as it is to be.
struct Draft<const N: usize, const H: usize> {
    at: u8,
    upto: u8,
    /// How far it went; nothing, if it is new.
    went: Option<u8>,
    was: [[i64; H]; N],
    used: [[i64; H]; N],
    /// Whether it is the one in which something is booked.
    books: bool,
}

impl<const N: usize, const H: usize> Draft<N, H> {
    fn of(slice: &Slice<N, H>) -> Self {
        let Slice { at, upto, used } = *slice;
        Self { at, upto, went: Some(upto), was: used, used, books: false }
    }

    fn has(&self, part: u8) -> bool {
        (self.at..self.upto).contains(&part)
    }

    /// Its halves, if it is longer than slices are to be. Each has half of what is used, of each
    /// half-day, or what it may hold.
    fn halved(mut self, wish: &Wish<N>, cut: Cut) -> Vec<Self> {
        let length = self.upto - self.at;
        if length <= length_of(cut) {
            return vec![self];
        }
        let (middle, upto) = (self.at + length / 2, self.upto);
        let half = self.used.map(|sum| sum.map(|used| used / 2));
        let upper = Self { at: middle, upto, went: None, was: [[0; H]; N], used: half, books: false };
        self.upto = middle;
        self.used = less(self.used, half);
        let mut halves = vec![self, upper];
        level(&mut halves, wish, cut);
        halves
    }

    /// How much more of a sum it may hold, of the half-days back to this one.
    fn room(&self, sum: usize, back: usize, wish: &Wish<N>, cut: Cut) -> i64 {
        let whole = wish.whole.get(sum).copied().unwrap_or_default();
        let used = self.used.get(sum).map_or(0, |used| back_to(used, back));
        share(whole, self.at, self.upto, cut) - used
    }

    /// Whether it has room for it, in each sum in which something is booked, now and when what is
    /// older has left.
    fn fits(&self, wish: &Wish<N>, cut: Cut) -> bool {
        let fits = |(sum, amount): (usize, &i64)| {
            *amount == 0 || (0..H).all(|back| *amount <= self.room(sum, back, wish, cut))
        };
        wish.amount.iter().enumerate().all(fits)
    }

    fn changes(&self) -> bool {
        self.books || self.used != self.was || self.went != Some(self.upto)
    }

    /// What has to be held is that it comes to hold no more than it may, or than was seen: of what
    /// it gives, nothing.
    fn change(&self, wish: &Wish<N>, cut: Cut) -> Change<N, H> {
        let more = less(self.used, self.was);
        let is_halved = self.went != Some(self.upto);
        let mut at_most = [None; N];
        for (sum, ((at_most, more), amount)) in at_most.iter_mut().zip(&more).zip(wish.amount).enumerate() {
            if more.iter().any(|more| *more > 0) || is_halved || (self.books && amount != 0) {
                let used = self.used.get(sum).copied().unwrap_or([0; H]);
                let before = |back| back_to(&used, back) + self.room(sum, back, wish, cut).max(0) - back_to(more, back);
                *at_most = Some(std::array::from_fn(before));
            }
        }
        Change { at: self.at, upto: self.went, halved: is_halved.then_some(self.upto), more, at_most }
    }
}

/// What is used of the half-days back to this one: what is left once older ones have left.
pub fn back_to<const H: usize>(used: &[i64; H], back: usize) -> i64 {
    used.iter().take(back + 1).sum()
}

/// A table of sums by the half-day without what stands in another one.
fn less<const N: usize, const H: usize>(mut used: [[i64; H]; N], taken: [[i64; H]; N]) -> [[i64; H]; N] {
    for (used, taken) in used.iter_mut().flatten().zip(taken.iter().flatten()) {
        *used -= taken;
    }
    used
}

/// Where a slice holds more than it may, now or when what is older has left, what is too much goes
/// to those that have room, the one that has most of it first: in the half-day in which it is. The
/// newest half-day comes first, so what passes of an older one changes nothing of what is in order.
fn level<const N: usize, const H: usize>(drafts: &mut [Draft<N, H>], wish: &Wish<N>, cut: Cut) {
    for (sum, back) in (0..N).flat_map(|sum| (0..H).map(move |back| (sum, back))) {
        let room = |draft: &Draft<N, H>| draft.room(sum, back, wish, cut);
        if drafts.iter().all(|draft| room(draft) >= 0) {
            continue;
        }
        let mut by_room: Vec<usize> = (0..drafts.len()).collect();
        by_room.sort_by_key(|place| drafts.get(*place).map(|draft| -room(draft)));
        for from in 0..drafts.len() {
            for to in &by_room {
                let Ok([from, to]) = drafts.get_disjoint_mut([from, *to]) else { continue };
                let moved = (-room(from)).min(room(to)).max(0);
                for (draft, amount) in [(from, -moved), (to, moved)] {
                    if let Some(used) = draft.used.get_mut(sum).and_then(|used| used.get_mut(back)) {
                        *used += amount;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
