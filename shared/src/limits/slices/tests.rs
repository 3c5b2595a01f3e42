//! Each rule of slices by itself, and then all of them in any order, against a table that makes
//! what was decided on older slices.

use std::collections::{BTreeMap, BTreeSet};

use super::{Booking, Change, Cut, Slice, Wish, are_all, back_to, book, part, share, those_of};

/// The slices as the table has them. It makes what is decided on older slices under its conditions
/// alone.
#[derive(Clone, Default)]
struct Table(BTreeMap<u8, (u8, [[i64; 3]; 2])>);

impl Table {
    fn new(cut: Cut) -> Self {
        Self([(0, (cut.parts, [[0; 3]; 2]))].into())
    }

    fn slices(&self) -> Vec<Slice<2, 3>> {
        self.0.iter().map(|(at, (upto, used))| Slice { at: *at, upto: *upto, used: *used }).collect()
    }

    /// The one that is read first, as the store finds it.
    fn first(&self, part: u8, cut: Cut) -> Vec<Slice<2, 3>> {
        let at = those_of(part, cut).into_iter().find(|at| self.0.contains_key(at)).unwrap();
        self.slices().into_iter().filter(|slice| slice.at == at).collect()
    }

    fn makes(&mut self, booking: &Booking<2, 3>) -> bool {
        let holds = |change: &Change<2, 3>| {
            let there = self.0.get(&change.at);
            let holds_less = |used: &[[i64; 3]; 2]| {
                let within = |used: &[i64; 3], most: [i64; 3]| (0..3).all(|back| back_to(used, back) <= most[back]);
                used.iter().zip(change.at_most).all(|(used, most)| most.is_none_or(|most| within(used, most)))
            };
            change.upto == there.map(|(upto, _)| *upto) && there.is_none_or(|(_, used)| holds_less(used))
        };
        let all = booking.changes.iter().all(holds);
        for change in booking.changes.iter().filter(|_| all) {
            let (upto, used) = self.0.entry(change.at).or_insert((0, [[0; 3]; 2]));
            *upto = change.halved.unwrap_or(*upto);
            used.iter_mut().flatten().zip(change.more.into_iter().flatten()).for_each(|(used, more)| *used += more);
        }
        all
    }

    fn sums(&self) -> [i64; 2] {
        self.0.values().fold([0; 2], |sums, (_, used)| [sums[0] + back_to(&used[0], 2), sums[1] + back_to(&used[1], 2)])
    }

    /// Half a day passes.
    fn passes(&mut self) {
        self.0.values_mut().for_each(|(_, used)| *used = used.map(|[newest, before, _]| [0, newest, before]));
    }
}

/// What a caller does: it looks at one slice, at all where that is not enough, and asks whether the
/// whole has room.
fn decide(table: &Table, part: u8, wish: &Wish<2>, cut: Cut) -> Option<Booking<2, 3>> {
    let first = table.first(part, cut);
    let booked = book(&first, part, wish, cut);
    let sums = table.sums();
    let fits = (0..2).all(|sum| wish.amount[sum] == 0 || sums[sum] + wish.amount[sum] <= wish.whole[sum]);
    booked.or_else(|| fits.then(|| book(&table.slices(), part, wish, cut)).flatten())
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: i64) -> i64 {
        self.0 += 1;
        let cut = Cut { parts: 64, slices: 64 };
        let bits = (1..7).fold(0_i64, |bits, again| bits * 64 + i64::from(part(self.0, again, cut)));
        bits.rem_euclid(most)
    }
}

#[test]
fn the_parts_of_a_whole_are_the_whole_to_the_last_unit() {
    let cut = Cut { parts: 64, slices: 1 };
    for whole in [0, 1, 8, 63, 64, 65, 500_000_001, i64::MAX] {
        for length in [1_u8, 2, 16, 64] {
            let starts = (0..64).step_by(length.into());
            assert_eq!(starts.map(|at| share(whole, at, at + length, cut)).sum::<i64>(), whole, "{whole}, {length}");
        }
    }
}

#[test]
fn a_part_is_looked_for_in_the_smallest_slice_first_and_at_last_in_the_only_one() {
    for (part, slices, expected) in [
        (5, 1, vec![0]),
        (40, 2, vec![32, 0]),
        (45, 64, vec![45, 44, 40, 32, 0]),
        (0, 64, vec![0]),
        (63, 8, vec![56, 48, 32, 0]),
    ] {
        assert_eq!(those_of(part, Cut { parts: 64, slices }), expected, "{part} of {slices}");
    }
}

#[test]
fn each_part_is_tried_as_often_as_another_and_each_try_is_another() {
    let cut = Cut { parts: 64, slices: 64 };
    let mut tried = [0; 64];
    (0..64_000).for_each(|seed| tried[usize::from(part(seed, 0, cut))] += 1);
    assert!(tried.iter().all(|tried| (800..1_200).contains(tried)), "{tried:?}");
    let parts: BTreeSet<u8> = (0..16).map(|again| part(7, again, cut)).collect();
    assert!(parts.len() > 10);
}

#[test]
fn one_slice_is_a_sum_like_any_other() {
    let cut = Cut { parts: 64, slices: 1 };
    let wish = |amount| Wish { amount: [amount], whole: [100] };
    let table = |used| [Slice { at: 0, upto: 64, used: [[used]] }];
    let booked = book(&table(60), 17, &wish(40), cut).unwrap();
    let change = Change { at: 0, upto: Some(64), halved: None, more: [[40]], at_most: [Some([60])] };
    assert_eq!(booked, Booking { at: 0, changes: vec![change] });
    // What is larger than all there may be is booked on what was seen, whatever that was.
    let booked = book(&table(-20), 17, &wish(400), cut).unwrap();
    assert_eq!(booked.changes, [Change { more: [[400]], at_most: [Some([-20])], ..change }]);
}

#[test]
fn a_slice_is_halved_by_the_next_booking_in_it_until_there_are_as_many_as_are_wanted() {
    let cut = Cut { parts: 64, slices: 4 };
    let wish = Wish { amount: [1, 0], whole: [100, 100] };
    let mut table = Table::new(cut);
    table.0.insert(0, (64, [[0, 40, 0], [-30, 0, 0]]));
    let booked = decide(&table, 40, &wish, cut).unwrap();
    assert_eq!(booked.at, 32, "in the half that has the part");
    assert!(table.makes(&booked) && !table.makes(&booked), "once");
    let halves = [(0, (32, [[0, 20, 0], [-15, 0, 0]])), (32, (64, [[1, 20, 0], [-15, 0, 0]]))];
    assert_eq!(table.0, halves.into(), "each half-day is halved");
    for part in 0..64 {
        assert!(table.makes(&decide(&table, part, &Wish { amount: [0, 0], ..wish }, cut).unwrap()));
    }
    assert_eq!(table.0.keys().copied().collect::<Vec<_>>(), [0, 16, 32, 48]);
    assert!(are_all(&table.slices(), cut));
    assert_eq!(table.sums(), [41, -30]);
}

#[test]
fn room_is_brought_together_for_what_no_slice_has_room_for() {
    let cut = Cut { parts: 4, slices: 4 };
    let slices = [0, 1, 2, 3].map(|at| Slice { at, upto: at + 1, used: [[[25, 20, 10, -5][usize::from(at)]]] });
    let wish = |amount| Wish { amount: [amount], whole: [100] };
    assert_eq!(book(&slices[..1], 0, &wish(1), cut), None, "the others have to be looked at");
    assert_eq!(book(&slices, 0, &wish(30), cut).unwrap().at, 3, "one has room for it");
    let booked = book(&slices, 0, &wish(50), cut).unwrap();
    assert_eq!((booked.at, booked.changes.iter().map(|change| change.more[0][0]).sum::<i64>()), (0, 50));
    let after = |at: usize| {
        slices[at].used[0][0] + booked.changes.iter().find(|change| usize::from(change.at) == at).unwrap().more[0][0]
    };
    assert_eq!([0, 1, 2, 3].map(after), [25; 4], "all of it is used");
}

#[test]
fn a_slice_that_holds_more_than_it_may_since_the_whole_has_shrunk_passes_it_on() {
    let cut = Cut { parts: 2, slices: 2 };
    let slices = [Slice { at: 0, upto: 1, used: [[90]] }, Slice { at: 1, upto: 2, used: [[0]] }];
    let booked = book(&slices, 0, &Wish { amount: [10], whole: [100] }, cut).unwrap();
    let more: Vec<(u8, i64)> = booked.changes.iter().map(|change| (change.at, change.more[0][0])).collect();
    assert_eq!((booked.at, more), (1, vec![(0, -40), (1, 50)]));
}

/// As much as all may lose, each half-day, where there are many slices all of a sudden: what leaves
/// is what was booked then, whichever slice has it by now.
#[test]
fn what_was_passed_on_leaves_with_the_half_day_in_which_it_was_booked() {
    let wish = |amount| Wish { amount: [amount, 0], whole: [500, 500] };
    let mut table = Table::new(Cut { parts: 64, slices: 1 });
    assert!(table.makes(&decide(&table, 0, &wish(350), Cut { parts: 64, slices: 1 }).unwrap()));
    let cut = Cut { parts: 64, slices: 64 };
    for half_day in 1..8 {
        table.passes();
        for each in 0..1_000 {
            let amount = if each == 0 { 100 } else { 1 };
            if let Some(booking) = decide(&table, part(half_day, each, cut), &wish(amount), cut) {
                assert!(table.makes(&booking));
            }
            assert!(table.sums()[0] <= 500, "{half_day}, {each}: {}", table.sums()[0]);
        }
    }
    assert_eq!((table.0.len(), table.sums()[0]), (64, 500));
}

/// A slice that holds less than nothing, since what was taken off in it had been passed on, has
/// that room for as long as it is there.
#[test]
fn room_that_leaves_is_not_used_for_what_stays() {
    let cut = Cut { parts: 2, slices: 2 };
    let slices = [Slice { at: 0, upto: 1, used: [[0, 0, -342]] }, Slice { at: 1, upto: 2, used: [[0, 0, 350]] }];
    let wish = |amount| Wish { amount: [amount], whole: [500] };
    assert_eq!(book(&slices[..1], 0, &wish(251), cut), None, "250 are its own");
    assert!(book(&slices[..1], 0, &wish(250), cut).is_some());
    let booked = book(&slices, 0, &wish(400), cut).unwrap();
    let newest: Vec<i64> = booked.changes.iter().map(|change| change.more[0][0]).collect();
    assert_eq!(newest, [250, 150], "each has what it may when the rest has left");
}

/// Bookings, ends, corrections and half-days in any order, decided on slices as they were some time
/// ago, by versions that want different numbers of them. The seed in a message plays it again.
#[test]
fn slices_never_hold_more_than_the_whole_and_nothing_is_refused_while_there_is_room() {
    let (mut refused, mut brought, mut overtaken, mut most_slices) = (0, 0, 0, 0);
    for seed in 0..20_u64 {
        let mut random = Random(seed * 1_000_000);
        let whole = [50 + random.below(400), 10 + random.below(60)];
        let mut table = Table::new(Cut { parts: 64, slices: 1 });
        let (mut seen, mut booked): (Table, Vec<(u8, usize, [i64; 2])>) = (table.clone(), Vec::new());
        for step in 0..1_000_u32 {
            let slices = [1, 2, 8, 64][usize::try_from(random.below(4)).unwrap()];
            let cut = Cut { parts: 64, slices };
            if random.below(50) == 0 {
                table.passes();
                seen.passes();
                for (_, age, _) in &mut booked {
                    *age += 1;
                }
                booked.retain(|(_, age, _)| *age < 3);
            }
            if random.below(3) == 0 && !booked.is_empty() {
                // An end: what was reserved was less in the end, or was even earned.
                let at = usize::try_from(random.below(i64::try_from(booked.len()).unwrap())).unwrap();
                let (slice, age, amount) = booked.swap_remove(at);
                let used = &mut table.0.get_mut(&slice).expect("where it was booked").1;
                used.iter_mut().zip(amount).for_each(|(used, amount)| used[age] -= amount);
                continue;
            }
            let amount = [1 + random.below(whole[0].min(40)), random.below(2)];
            let wish = Wish { amount, whole };
            let part = part(seed, step, cut);
            let old = decide(&seen, part, &wish, cut);
            let done = old.filter(|booking| table.makes(booking));
            overtaken += u32::from(done.is_none());
            let done = done.or_else(|| decide(&table, part, &wish, cut).inspect(|now| assert!(table.makes(now))));
            let has_room = |sums: [i64; 2]| (0..2).all(|sum| amount[sum] == 0 || sums[sum] + amount[sum] <= whole[sum]);
            if let Some(booking) = done {
                brought += u32::from(booking.changes.len() > 2);
                booked.push((booking.at, 0, amount));
            } else {
                assert!(!has_room(table.sums()), "{seed}, {step}: {:?} of {whole:?}, {amount:?}", table.sums());
                refused += 1;
            }
            let sums = booked.iter().fold([0; 2], |sums, (_, _, more)| [sums[0] + more[0], sums[1] + more[1]]);
            assert_eq!(table.sums(), sums, "{seed}, {step}: nothing is lost or counted twice");
            assert!(sums[0] <= whole[0] && sums[1] <= whole[1], "{seed}, {step}: {sums:?} of {whole:?}");
            for (at, (upto, used)) in &table.0 {
                let most = whole.map(|whole| share(whole, *at, *upto, cut));
                let within = back_to(&used[0], 2) <= most[0] && back_to(&used[1], 2) <= most[1];
                assert!(within, "{seed}, {step}: slice {at} has {used:?} of {most:?}");
            }
            if random.below(4) == 0 {
                // They are not read at one instant.
                let read: Vec<_> = table.0.iter().filter(|_| random.below(3) > 0).collect();
                seen.0.extend(read);
            }
        }
        most_slices = most_slices.max(table.0.len());
    }
    assert!(refused > 300 && brought > 300 && overtaken > 300, "{refused}, {brought}, {overtaken}");
    assert!(most_slices > 50, "{most_slices}");
}
