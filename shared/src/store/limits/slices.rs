//! What is known of the slices of a whole, and which of them have to be read to know enough: the
//! one that a booking is tried in first, and all of them only where that has no room.
//!
//! `docs/decisions.md`: Why are the sums of all in slices?

use std::collections::BTreeMap;

use crate::limits::Reached;
use crate::limits::slices::{Booking, Cut, Slice, Wish, are_all, book, those_of};
use crate::store::StoreFault;
use crate::store::item::Item;
use crate::store::keys::{self, Key};

/// An item that is a slice of a whole.
pub(super) trait Sliced: Sized {
    /// As it stands in the table; nothing, if there is none in this item.
    fn read(item: Item) -> Result<Option<Self>, StoreFault>;
    /// How far it goes, where there are others.
    fn upto(&self) -> Option<u8>;
    /// How often something was passed on to others or by them.
    fn moved(&self) -> i64;
}

/// The slices that were seen. Of the first one also that it is not there: then it has all.
///
/// They are not seen at one instant, and a slice that is halved between two looks is seen whole and
/// its upper half is seen as well. No two stretches of a whole overlap, and none ever grows, so the
/// one that begins lower was seen too early, and has to be read again.
#[derive(Debug)]
pub(super) struct Known<T>(BTreeMap<u8, Option<T>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// A slice as it was cut, and how often something was passed on.
pub(super) type Stamp = (u8, Option<u8>, i64);

/// What becomes of a booking.
pub(super) enum Placed<const N: usize, const H: usize> {
    /// It is booked so.
    Booked(Booking<N, H>),
    /// These slices have to be read first.
    Read(Vec<u8>),
    /// The whole has no room.
    Full(Reached),
}

impl<T: Sliced> Known<T> {
    /// Learns what a slice holds.
    pub(super) fn learn(&mut self, at: u8, item: Option<Item>) -> Result<(), StoreFault> {
        let seen = item.map(T::read).transpose()?.flatten();
        // One that is not there may be there the next time it is looked for.
        let _ = if at == 0 || seen.is_some() { self.0.insert(at, seen) } else { self.0.remove(&at) };
        self.forget_halved();
        Ok(())
    }

    /// Forgets those of which an upper half was seen that they do not know of yet.
    fn forget_halved(&mut self) {
        let begin: Vec<u8> = self.0.keys().copied().collect();
        self.0.retain(|at, seen| {
            let upto = seen.as_ref().and_then(T::upto).unwrap_or(u8::MAX);
            !begin.iter().any(|other| (at + 1..upto).contains(other))
        });
    }

    /// Learns from the item that a write was lost to. Where there was none, it is not known which
    /// of them is not as it was seen.
    pub(super) fn learn_from(&mut self, old: Option<Item>) -> Result<(), StoreFault> {
        if let Some(at) = old.as_ref().and_then(Key::of).and_then(|key| keys::slice_of(&key)) {
            return self.learn(at, old);
        }
        self.0.clear();
        Ok(())
    }

    /// Whether this one was seen.
    pub(super) fn has(&self, at: u8) -> bool {
        self.0.contains_key(&at)
    }

    /// What was seen of this one.
    pub(super) fn get(&self, at: u8) -> Option<&T> {
        self.0.get(&at)?.as_ref()
    }

    /// Which were seen, and in what state of cutting and passing on.
    pub(super) fn stamps(&self) -> Vec<Stamp> {
        let stamp = |(at, seen): (&u8, &Option<T>)| {
            seen.as_ref().map_or((*at, None, 0), |seen| (*at, seen.upto(), seen.moved()))
        };
        self.0.iter().map(stamp).collect()
    }

    /// All of which something was seen.
    pub(super) fn seen(&self) -> impl Iterator<Item = &T> {
        self.0.values().flatten()
    }

    /// The slices that are known to be there. The first one always is: it has all, while there is
    /// no other.
    pub(super) fn slices<const N: usize, const H: usize>(
        &self,
        cut: Cut,
        used: impl Fn(&T) -> [[i64; H]; N],
    ) -> Vec<Slice<N, H>> {
        let slice = |(at, seen): (&u8, &Option<T>)| {
            let upto = seen.as_ref().and_then(T::upto).or((*at == 0).then_some(cut.parts))?;
            Some(Slice { at: *at, upto, used: seen.as_ref().map_or([[0; H]; N], &used) })
        };
        self.0.iter().filter_map(slice).collect()
    }

    /// Finds a place for what has this part. Whether the whole has room is asked once all of it is
    /// known.
    pub(super) fn place<const N: usize, const H: usize>(
        &self,
        part: u8,
        cut: Cut,
        wish: &Wish<N>,
        used: impl Fn(&T) -> [[i64; H]; N],
        has_room: impl FnOnce() -> Result<(), Reached>,
    ) -> Placed<N, H> {
        let slices = self.slices(cut, used);
        if are_all(&slices, cut)
            && let Err(reached) = has_room()
        {
            return Placed::Full(reached);
        }
        if let Some(booking) = book(&slices, part, wish, cut) {
            return Placed::Booked(booking);
        }
        let is_there = slices.iter().any(|slice| (slice.at..slice.upto).contains(&part));
        let wanted = if is_there { (0..cut.parts).collect() } else { those_of(part, cut) };
        Placed::Read(wanted.into_iter().filter(|at| !self.has(*at)).collect())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::{Known, Placed, Sliced};
    use crate::limits::slices::{Booking, Cut, Wish};
    use crate::store::StoreFault;
    use crate::store::item::Item;

    const CUT: Cut = Cut { parts: 64, slices: 8 };

    /// The bound of a slice, in an item with nothing else in it.
    #[derive(Debug)]
    struct Upto(u8);

    impl Sliced for Upto {
        fn read(item: Item) -> Result<Option<Self>, StoreFault> {
            let upto = item.get("upto").and_then(|upto| upto.as_n().ok()).and_then(|upto| upto.parse().ok());
            Ok(upto.map(Self))
        }

        fn upto(&self) -> Option<u8> {
            Some(self.0)
        }

        fn moved(&self) -> i64 {
            0
        }
    }

    fn seen(slices: &[(u8, u8)]) -> Known<Upto> {
        let mut known = Known::default();
        for (at, upto) in slices {
            let item = Item::from([("upto".to_owned(), AttributeValue::N(upto.to_string()))]);
            known.learn(*at, Some(item)).expect("a slice");
        }
        known
    }

    fn placed(known: &Known<Upto>, part: u8) -> Placed<1, 1> {
        known.place(part, CUT, &Wish { amount: [1], whole: [64] }, |_| [[0; 1]; 1], || Ok(()))
    }

    #[test]
    fn a_slice_of_which_another_half_was_seen_is_read_again_and_none_is_written_twice() {
        // In either order, the half that is booked in and one that is only known.
        for slices in [
            [(0, 16), (16, 32), (24, 32), (32, 64)],
            [(24, 32), (16, 32), (0, 16), (32, 64)],
            [(32, 64), (24, 32), (0, 16), (16, 32)],
        ] {
            let Placed::Read(read) = placed(&seen(&slices), 16) else { panic!("{slices:?}: 16 was halved") };
            assert!(read.contains(&16), "{slices:?}: {read:?}");
            let Placed::Booked(Booking { changes, .. }) = placed(&seen(&slices), 24) else {
                panic!("{slices:?}: what is known of 24 is enough")
            };
            assert_eq!(changes.iter().map(|change| change.at).collect::<Vec<_>>(), [24], "{slices:?}");
        }
    }

    #[test]
    fn the_first_slice_has_all_only_until_another_one_was_seen() {
        let mut known = Known::<Upto>::default();
        known.learn(0, None).expect("a slice that is not there");
        assert!(known.has(0));
        let item = Item::from([("upto".to_owned(), AttributeValue::N("64".to_owned()))]);
        known.learn(32, Some(item)).expect("a slice");
        assert!(!known.has(0) && known.has(32));
    }
}
