//! Whether a number ends where its plan says. Many networks ring a phone as soon as they have its
//! number, and drop the digits that follow: limits, opt-outs and erasure would take the longer text
//! for another phone. Pure.
//!
//! The table is all of Google's patterns as one automaton (`tests/numbers/lengths.py`), walked as
//! it stands: nothing is read or built when a process starts.
//!
//! `docs/decisions.md`: Which numbers have too many digits?

/// A comment, then the states.
const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/whole.txt"));
/// Letters that name a state, and the base that they are written to.
const NAME: usize = 3;
const BASE: u32 = 36;
/// Where a state's next ones end and the digits that may follow begin.
const NEXT: usize = 10 * NAME;

/// How a number relates to the whole ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    /// It is one, or it belongs to a range that the table does not know, and is as long as its
    /// neighbours.
    Right,
    /// It is one with more behind it, or longer than all of its range.
    TooLong,
    /// There is more to come.
    TooShort,
    /// It is one with more behind it, and the beginning of one that is longer.
    Between,
}

/// The length of a number of E.164, given as digits.
pub(super) fn of(digits: &str) -> Length {
    let mut state = State::first();
    let mut was_whole = false;
    for (read, digit) in digits.bytes().enumerate() {
        let Some(next) = state.after(digit) else {
            let (left, may_follow) = (digits.len() - read, state.may_follow());
            return match may_follow {
                known if was_whole && known >> left != 0 => Length::Between,
                _ if was_whole => Length::TooLong,
                // Ranges are opened several times a year, and have the lengths of those beside
                // them.
                known if known >> left & 1 == 1 => Length::Right,
                known if known >> left == 0 => Length::TooLong,
                _ => Length::TooShort,
            };
        };
        state = next;
        was_whole |= state.may_follow() & 1 == 1 && read + 1 < digits.len();
    }
    match state.may_follow() {
        bits if bits & 1 == 1 => Length::Right,
        0 => Length::TooLong,
        _ if was_whole => Length::Between,
        _ => Length::TooShort,
    }
}

/// Whether it is the beginning of a number that there is.
pub(super) fn is_begun(digits: &str) -> bool {
    digits.bytes().try_fold(State::first(), State::after).is_some_and(|end| end.may_follow() > 1)
}

/// Whether a number of E.164, given as digits, is a whole one of a range that the table knows.
pub(super) fn is_known(digits: &str) -> bool {
    let end = digits.bytes().try_fold(State::first(), State::after);
    end.is_some_and(|end| end.may_follow() & 1 == 1)
}

/// A line of the table.
#[derive(Clone, Copy)]
struct State {
    /// All of them.
    states: &'static str,
    /// How long each of them is, with the end of its line.
    wide: usize,
    number: usize,
}

impl State {
    fn first() -> Self {
        let states = TABLE.split_once('\n').map_or("", |(_, states)| states);
        Self { states, wide: states.find('\n').unwrap_or_default() + 1, number: 0 }
    }

    fn line(self) -> &'static str {
        let from = self.number * self.wide;
        self.states.get(from..from + self.wide).unwrap_or_default().trim_end()
    }

    fn after(self, digit: u8) -> Option<Self> {
        let from = usize::from(digit.checked_sub(b'0')?) * NAME;
        let name = self.line().get(from..from + NAME)?;
        let number = usize::try_from(u32::from_str_radix(name, BASE).ok()?).ok()?;
        Some(Self { number, ..self })
    }

    /// A bit for each number of digits.
    fn may_follow(self) -> u32 {
        self.line().get(NEXT..).and_then(|bits| u32::from_str_radix(bits, 16).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Length, of};

    #[test]
    fn a_number_ends_where_its_plan_says() {
        for (digits, length) in [
            ("919876522222", Length::Right),
            ("9198765222220", Length::TooLong),
            ("91987652222200", Length::TooLong),
            ("91987652222", Length::TooShort),
            ("442079460958", Length::Right),
            ("4420794609580", Length::TooLong),
            // 13 00 00 is whole, and 1300 and six digits are.
            ("61130000", Length::Right),
            ("611300000", Length::Between),
            ("611300000000", Length::Right),
            // Germany has both.
            ("493012345678", Length::Right),
            ("4930123456789", Length::Right),
            ("14155551234", Length::Right),
            ("141555512340", Length::TooLong),
            ("33612345678", Length::Right),
            ("336123456789", Length::TooLong),
            // No such range yet, and as long as its neighbours.
            ("12205551234", Length::Right),
            ("122055512340", Length::TooLong),
        ] {
            assert_eq!(of(digits), length, "{digits}");
        }
    }
}
