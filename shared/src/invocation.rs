//! One invocation of a function: when it began, how long it may take, and its share of randomness.
//! Read once at the edge and passed down, so that nothing below can disagree about what time it is.

use std::time::Duration;

use tokio::time::Instant;

use crate::types::{AttemptId, CallId, Timestamp};

/// API Gateway gives up after 30 s. What is not done by now must be left to a retry or to the
/// reaper.
const BUDGET: Duration = Duration::from_secs(25);
const GATEWAY: Duration = Duration::from_secs(30);

/// An invocation: its beginning, its deadline, and the names that it may give.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The time, for every decision of this invocation; after a pause, of what is
    /// [resumed](Self::resumed).
    pub now: Timestamp,
    /// When the gateway took the request, to the millisecond.
    pub arrived: Timestamp,
    began_at: Timestamp,
    began: Instant,
    /// The name of this try at serving a request.
    pub attempt: AttemptId,
    /// The id of the call, should one be placed.
    pub call_id: CallId,
    /// A number to choose among equals with.
    pub dice: u64,
}

impl Invocation {
    /// Reads the clock and the operating system's randomness, the only place that does.
    ///
    /// # Panics
    ///
    /// If the operating system gives no random bytes.
    #[expect(clippy::disallowed_methods, reason = "this is the edge where time and randomness come in")]
    pub fn begin() -> Self {
        let mut entropy = [0_u8; 40];
        // Without randomness two attempts could share a name and a call id could be guessed: better
        // no answer at all. The handler's edge turns this into a 500.
        #[expect(clippy::expect_used, reason = "no request can be served safely without randomness")]
        getrandom::fill(&mut entropy).expect("the operating system gives random bytes");
        let [attempt, call, dice] = [0..16, 16..32, 32..40].map(|range| {
            entropy.get(range).unwrap_or_default().iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte))
        });
        let now = Timestamp::now();
        Self {
            now,
            arrived: now,
            began_at: now,
            began: Instant::now(),
            attempt: AttemptId::from_bits(attempt),
            call_id: CallId::from_bits(call),
            dice: u64::try_from(dice & u128::from(u64::MAX)).unwrap_or(0),
        }
    }

    /// The same, of a request that the gateway took then. What it cannot have taken then, since it
    /// gives up after 30 s, is not believed: programs that stand in for it count in seconds.
    #[must_use]
    pub fn taken_at(self, millisecond: i64) -> Self {
        let taken = Timestamp::from_millisecond(millisecond).ok();
        let earliest = self.now.saturating_sub(GATEWAY).unwrap_or(self.now);
        Self { arrived: taken.filter(|at| (earliest..=self.now).contains(at)).unwrap_or(self.now), ..self }
    }

    /// The same after a pause: what is decided then is decided at the time that it is by then.
    #[must_use]
    pub fn resumed(&self) -> Self {
        Self { now: self.current(), ..self.clone() }
    }

    /// How long it has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is left of the time.
    pub fn remaining(&self) -> Duration {
        BUDGET.saturating_sub(self.began.elapsed())
    }

    /// The time by now: for what has a deadline elsewhere, such as a signature. Decisions are taken
    /// at `now`.
    pub fn current(&self) -> Timestamp {
        self.began_at.saturating_add(self.began.elapsed()).unwrap_or(self.now)
    }

    /// What names a step of this try at something: sent twice, it is made once.
    pub fn step(&self, verb: &str, of: &str) -> String {
        format!("{verb} {of} {} {}", self.attempt.as_str(), self.now.as_second())
    }

    /// The time after a pause from now on: for a turn that is taken again then.
    pub fn soon(&self, pause: Duration) -> Timestamp {
        let now = self.current();
        now.saturating_add(pause).unwrap_or(now)
    }

    /// The time a step may take: its own limit, or what is left after `reserve` has been kept back
    /// for what must follow.
    pub fn at_most(&self, limit: Duration, reserve: Duration) -> Duration {
        limit.min(self.remaining().saturating_sub(reserve))
    }
}
