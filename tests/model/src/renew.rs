//! Renewing: a lease, two renewals of it, the reaper, clocks that disagree, the next buyer of the
//! number.
//!
//! A tick is half an hour or so: a call takes one, clocks are wrong by no more than one, the grace
//! after a lease is two, a number rests for one, a term is four. A call goes by a lease that its
//! request has read: that is as old as a request is, which is far less than a tick. Left out: where
//! the reaper's candidates come from (an index that lags, an alarm: they are candidates, and the
//! lease is read), and what the next buyer pays ([`crate::buy`] has it).

use crate::check::{Model, Steps, Verdict, holds};
use crate::payment::{Payment, Refund, State};
use crate::till::{self, Blame, Role, Shop, Stage, Worker, floor};
use crate::{Mistake, Rules, refunds};

const TERM: i8 = 4;
const GRACE: i8 = 2;
const REST: i8 = 1;
const CALL: i8 = 1;
const SKEW: i8 = 1;
/// When the lease ends, and when the story does.
const ENDS: i8 = 2;
const LAST: i8 = 8;

/// What a worker does before the fence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Work {
    /// Reads the lease.
    Plan,
    /// Claims, holds the lease, and is at the fence, with the end that it has read.
    Claim(i8),
    /// A renewal has nothing to roll back: its claim is its fence.
    Nothing,
}

/// The number, as the table has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Custody {
    /// Leased to the first wallet: its end, and the sale that holds it.
    Leased {
        /// The first instant at which it is over.
        ends: i8,
        /// A renewal that is being settled.
        hold: Option<u8>,
    },
    /// Free from then on.
    Pooled(i8),
    /// Kept for the next buyer.
    Held,
    /// Leased to the next wallet.
    Next,
}

const PAYMENTS: usize = 2;
const WORKERS: usize = 4;

/// Everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Renew {
    payments: [Payment; PAYMENTS],
    /// The end from which a renewal counts.
    from: [i8; PAYMENTS],
    workers: [Worker<Work>; WORKERS],
    luck: u8,
    now: i8,
    number: Custody,
    /// What the reaper has read, and is about to act on.
    read: Option<i8>,
    /// The wallet's view: when what it has paid for is over.
    owed: i8,
    /// When the last call from the number is over.
    talks: i8,
    /// The table was changed by hand.
    tampered: bool,
    /// What was done that must not be.
    wrong: Option<&'static str>,
}

impl Shop for Renew {
    type Work = Work;

    const TROUBLED: usize = 1;
    const FOREIGN: bool = false;
    const FIRST: Work = Work::Plan;
    const ROLL_BACK: Work = Work::Nothing;
    const GRANT: &'static [&'static str] = &["Store::close", "numbers::extend"];
    const RELEASE: [&'static [&'static str]; 2] =
        [&["Store::void", "numbers::let_go"], &["Store::void", "numbers::let_go"]];

    floor!();

    fn grant(&mut self, payment: usize) -> bool {
        let Custody::Leased { ends, hold } = &mut self.number else { return false };
        if *hold != Some(sale(payment)) {
            return false;
        }
        (*ends, *hold) = (self.from[payment] + TERM, None);
        self.owed += TERM;
        true
    }

    fn release(&mut self, payment: usize, _: Blame) {
        if let Custody::Leased { hold, .. } = &mut self.number
            && *hold == Some(sale(payment))
        {
            *hold = None;
        }
    }

    fn before(&self, worker: usize, work: Work, rules: Rules, steps: &mut Steps<Self>) {
        match (work, self.number) {
            (Work::Plan, Custody::Leased { ends, hold: None }) if self.now < ends => {
                steps.due("reads the lease", self.on(worker, Stage::Before(Work::Claim(ends))));
            }
            (Work::Plan, _) => steps.due("429, 403: not renewable", self.off(worker)),
            (Work::Claim(seen), _) => self.claim(worker, seen, rules, steps),
            (Work::Nothing, _) => {}
        }
    }
}

impl Renew {
    fn claim(&self, worker: usize, seen: i8, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        if !self.payments[payment].is_free(self.workers[worker].request) {
            return steps.due("there is a sale already", self.on(worker, Stage::Look));
        }
        for skew in [-SKEW, SKEW] {
            let Custody::Leased { ends, hold } = self.number else { continue };
            let free = hold.is_none() || rules.made(Mistake::HoldOverHold);
            let same = ends == seen || rules.made(Mistake::HoldWhateverEnd);
            if self.now + skew < ends && free && same {
                let mut to = till::claim(self, worker, State::Settling, Stage::Settle);
                to.from[payment] = if rules.made(Mistake::ExtendFromNow) { self.now + skew } else { seen };
                if !rules.made(Mistake::NoHold) {
                    to.number = Custody::Leased { ends, hold: Some(sale(payment)) };
                }
                return steps.write("claims, and holds the lease", &["Store::claim", "numbers::hold_lease"], to);
            }
        }
        steps.due("409, 429: held, renewed or over", self.off(worker));
    }

    fn reap(&self, rules: Rules, steps: &mut Steps<Self>) {
        let grace = if rules.made(Mistake::NoGrace) {
            0
        } else if rules.made(Mistake::NoRest) {
            SKEW
        } else {
            GRACE
        };
        let Some(seen) = self.read else {
            let Custody::Leased { ends, hold } = self.number else { return };
            // A clock that is ahead finds it over too soon, one that is behind too late.
            let ignored =
                rules.made(Mistake::ReaperIgnoresHold) || rules.made(Mistake::HoldTimesOut) && self.now >= ends;
            // A candidate can be as old as the index that it comes from.
            let ends = if rules.made(Mistake::ReapAnyway) { ENDS } else { ends };
            let over =
                self.now + SKEW >= ends + grace && (hold.is_none() || ignored || rules.made(Mistake::ReapAnyway));
            if over {
                steps.due("the reaper reads that a lease is over", Self { read: Some(ends), ..self.clone() });
            }
            return;
        };
        let mut to = Self { read: None, ..self.clone() };
        let Custody::Leased { ends, hold } = self.number else { return steps.due("the reaper is too late", to) };
        let ignored = rules.made(Mistake::ReaperIgnoresHold) || rules.made(Mistake::HoldTimesOut);
        let same = ends == seen && (hold.is_none() || ignored);
        if !same && !rules.made(Mistake::ReapAnyway) {
            return steps.due("the reaper finds it renewed or held", to);
        }
        if self.now < ends || self.now < self.owed && !self.tampered {
            to.wrong = Some("I15 the reaper never takes a lease before its end");
        }
        if hold.is_some_and(|sale| self.payments[usize::from(sale)].is_under_way()) {
            to.wrong = Some("I15 the reaper never takes a lease that a renewal holds");
        }
        let rest = if rules.made(Mistake::NoRest) { 0 } else { SKEW + REST };
        to.number = Custody::Pooled(self.now + rest);
        steps.write("the reaper takes the lease back", &["numbers::reclaim"], to);
    }

    /// The wallet's calls, the next buyer, and the clock.
    fn live(&self, rules: Rules, steps: &mut Steps<Self>) {
        if self.now < LAST {
            steps.due("time passes", Self { now: self.now + 1, ..self.clone() });
        }
        match self.number {
            Custody::Leased { ends, hold } => {
                let active = self.now - SKEW < ends || rules.made(Mistake::CallsAfterEnd);
                if active && self.talks < self.now + CALL {
                    let mut to = Self { talks: self.now + CALL, ..self.clone() };
                    if self.now - SKEW >= ends {
                        to.wrong = Some("I16 a call is placed only from a number that is leased");
                    }
                    steps.luck("a call is placed from it", to);
                }
                let paid = hold.filter(|sale| self.payments[usize::from(*sale)].used);
                if paid.is_some() && !self.tampered {
                    let number = Custody::Pooled(LAST);
                    steps.luck("an operator deletes a lease by hand", Self { tampered: true, number, ..self.clone() });
                }
            }
            Custody::Pooled(from) if self.now + SKEW >= from => {
                let to = Self { number: Custody::Held, ..self.clone() };
                steps.optionally(|steps| {
                    steps.write("the next buyer claims it", &["Store::claim", "numbers::hold"], to);
                });
            }
            Custody::Held => {
                let mut to = Self { number: Custody::Next, ..self.clone() };
                if !self.tampered && (self.now < self.owed || self.now < self.talks) {
                    to.wrong = Some("I11 leases of different wallets never overlap, nor a call and the next lease");
                }
                steps.write("the next buyer has it", &["Store::close", "numbers::lease"], to);
            }
            Custody::Pooled(_) | Custody::Next => {}
        }
    }
}

fn sale(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}

/// The model.
pub struct Renewing(pub Rules);

impl Model for Renewing {
    type State = Renew;

    fn start(&self) -> Vec<Renew> {
        let client = |payment| Worker::new(Role::Client, payment);
        let sweep = Worker::new(Role::Sweep, 0);
        vec![Renew {
            payments: [Payment::SIGNED; PAYMENTS],
            from: [0; PAYMENTS],
            workers: [client(0), client(1), sweep, sweep],
            luck: self.0.luck,
            now: 0,
            number: Custody::Leased { ends: ENDS, hold: None },
            read: None,
            owed: ENDS,
            talks: 0,
            tampered: false,
            wrong: None,
        }]
    }

    fn next(&self, state: &Renew, steps: &mut Steps<Renew>) {
        for payment in 0..PAYMENTS {
            till::around(state, payment, self.0, steps);
            refunds::in_short(state, payment, self.0, steps);
        }
        for worker in 0..WORKERS {
            till::work(state, worker, self.0, steps);
        }
        state.reap(self.0, steps);
        state.live(self.0, steps);
    }

    fn canonical(&self, state: &mut Renew) {
        state.workers[2..].sort_unstable();
    }

    fn always(&self, state: &Renew) -> Verdict {
        if let Some(wrong) = state.wrong {
            return Err(wrong);
        }
        for payment in &state.payments {
            holds(payment.granted == 0 || payment.used, "I1 nothing is granted that was not paid")?;
            holds(payment.granted <= 1, "I14 a renewal extends once")?;
            holds(!payment.lied, "I3 402 is the truth")?;
            holds(payment.sent_back == 0 || payment.granted == 0, "I4 nothing that was delivered is refunded")?;
            let lost = payment.state == State::Void && payment.used && payment.refund != Refund::None;
            holds(!lost || state.tampered || self.0.strangers, "I15 what a renewal pays for is still there")?;
        }
        match state.number {
            Custody::Leased { ends, .. } => {
                holds(ends == state.owed, "I14 a renewal adds a term to the end, and nothing less")
            }
            _ => Ok(()),
        }
    }

    fn at_rest(&self, state: &Renew) -> Verdict {
        for payment in &state.payments {
            let out = payment.granted + payment.sent_back;
            holds(u8::from(payment.used) == out, "I1 paid if and only if delivered or refunded")?;
            let back = payment.refund == Refund::Refunded;
            holds(!payment.refused || !payment.used || back, "I3 402 is the truth")?;
            holds(!payment.promised || payment.granted == 1, "I3 200 is the truth")?;
            holds(!payment.is_under_way(), "I8 every sale ends")?;
        }
        match state.number {
            Custody::Leased { hold, .. } => holds(hold.is_none(), "I8 every hold ends"),
            _ => Ok(()),
        }
    }
}
