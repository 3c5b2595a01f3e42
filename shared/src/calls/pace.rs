//! How often a running call is looked at, by who asks, and when it is worth asking again. Pure.
//!
//! `docs/decisions.md`: How often is a running call looked at, and what does that cost?

use crate::store::Charge;
use crate::store::calls::Call;
use crate::types::Timestamp;

/// The one that asks how a call stands, which says how soon it is worth a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asker {
    /// A poll, which reads what is known. Its end is told by the dialler.
    Polls,
    /// A request that waits for the next word.
    Waits,
    /// The dialler, which says that it is over.
    Told,
    /// Something that has another reason to look: its time is up, it is to be hung up, or it stands
    /// in the way of a call that is paid for.
    Knows,
    /// The reaper, before it gives a call up of which nothing was heard for long.
    Last,
}

/// Seconds between any two looks: what the vendor advises.
const EVERY: i64 = 5;
/// Seconds between two looks at a call that runs, for those that poll.
const SELDOM: i64 = 30;
/// Seconds in which a poll can be late with an end that the dialler has told of.
const AGAIN: i64 = 10;

/// Seconds from one look to the next. What ends, or is to end, is seen to its end: what is missing
/// comes within a minute.
pub(super) fn pause(call: &Call, asker: Asker) -> i64 {
    if asker == Asker::Last {
        return 0;
    }
    let is_stopped = call.business.stopped || call.business.charge.is_unpaid();
    let is_ending = call.line.ended_at.is_some() || call.line.hangup_requested_at.is_some() || is_stopped;
    if is_ending || asker != Asker::Polls { EVERY } else { SELDOM }
}

/// In how many seconds there can be something new: with the next look, or before it, because the
/// dialler tells us when a call is over.
pub(super) fn again(call: &Call, now: Timestamp) -> u32 {
    if is_unplaced(call) {
        return u32::try_from(AGAIN).unwrap_or(1);
    }
    let due = call.line.looked_at.saturating_add(pause(call, Asker::Polls)).saturating_sub(now.as_second());
    u32::try_from(due.clamp(1, AGAIN)).unwrap_or(1)
}

/// Whether it is not known yet that the call is paid, nor that the dialler has it.
pub(super) fn is_unplaced(call: &Call) -> bool {
    call.business.charge == Charge::Pending && call.line.placed.is_none() && call.line.view.is_none()
}

#[cfg(test)]
mod tests {
    use super::{Asker, again, pause};
    use crate::calls::seen::tests::{at, dialled};
    use crate::store::Charge;
    use crate::store::calls::{Business, Call, Line};

    #[test]
    fn a_call_that_ends_is_seen_to_its_end_and_one_that_runs_is_looked_at_for_who_waits() {
        let call = |line: Line| Call { line: Line { looked_at: at(0).as_second(), ..line }, ..dialled() };
        let paid = |business: Business| Call { business, ..call(dialled().line) };
        let running = call(dialled().line);
        let ended = call(Line { ended_at: Some(at(0)), ..dialled().line });
        let to_end = call(Line { hangup_requested_at: Some(at(0)), ..dialled().line });
        let stopped = paid(Business { stopped: true, ..dialled().business });
        let declined = paid(Business { charge: Charge::Declined, ..dialled().business });
        for (call, asker, seconds) in [
            (&running, Asker::Polls, 30),
            (&running, Asker::Waits, 5),
            (&running, Asker::Told, 5),
            (&running, Asker::Knows, 5),
            (&ended, Asker::Last, 0),
            (&ended, Asker::Polls, 5),
            (&to_end, Asker::Polls, 5),
            (&stopped, Asker::Polls, 5),
            (&declined, Asker::Polls, 5),
        ] {
            assert_eq!(pause(call, asker), seconds, "{asker:?}");
        }
        let unplaced = Call {
            business: Business { charge: Charge::Pending, ..dialled().business },
            line: Line { placed: None, ..dialled().line },
            ..dialled()
        };
        for (call, second, seconds) in [
            (&unplaced, 500, 10),
            (&running, 0, 10),
            (&running, 25, 5),
            (&running, 40, 1),
            (&ended, 2, 3),
            (&ended, 9, 1),
        ] {
            assert_eq!(again(call, at(second)), seconds, "{second}");
        }
    }
}
