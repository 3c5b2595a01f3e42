//! One-shot schedules when time passes by shifting what was stored: each comes sooner by what has
//! passed since it was set.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::sim::scheduler::{Expression, Fired, Schedule, Scheduler};

/// How much has passed since each schedule was set: an update makes it another one.
#[derive(Clone, Default)]
pub(super) struct Passed(Arc<Mutex<BTreeMap<Set, SignedDuration>>>);

/// Group, name, and when it was set.
type Set = (String, String, Timestamp);

impl Passed {
    pub(super) fn travel(&self, scheduler: &Scheduler, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut passed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for schedule in scheduler.schedules() {
            let total = passed.entry(key(&schedule)).or_default();
            *total = total.saturating_add(by);
        }
    }

    /// Takes everything that is due out of the scheduler.
    pub(super) fn due(&self, scheduler: &Scheduler) -> Vec<Fired> {
        #[expect(
            clippy::disallowed_methods,
            reason = "schedules are set by the functions' clock, which is the machine's"
        )]
        let now = Timestamp::now();
        let passed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fired = scheduler.due(now);
        for schedule in scheduler.schedules() {
            let Expression::At(at) = schedule.when else { continue };
            let sooner = passed.get(&key(&schedule)).copied().unwrap_or_default();
            let Ok(due) = at.checked_sub(sooner) else { continue };
            if schedule.enabled && schedule.fired_at.is_none() && due <= now {
                scheduler.lose(&schedule.group, &schedule.name);
                let Schedule { name, arn, input, role, .. } = schedule;
                fired.push(Fired { name, arn, input, role, due });
            }
        }
        fired.sort_by_key(|event| event.due);
        fired
    }
}

fn key(schedule: &Schedule) -> Set {
    (schedule.group.clone(), schedule.name.clone(), schedule.since)
}
