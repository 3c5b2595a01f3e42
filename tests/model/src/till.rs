//! The till: a sale from the request to its end, as `paid.rs`, `paid/replay.rs`, `sale.rs` and
//! `sweep.rs` have it, and all that can go wrong around it. What is sold is a [`Shop`]'s business.
//!
//! Left out: a table that loses its answers (the tokens of its writes are held by other tests); a
//! deployment without a node to ask; a facilitator that says "settled" when nothing was (it is
//! trusted with that); reorganisations of the chain.

mod steps;

use crate::Rules;
use crate::check::Steps;
use crate::payment::Payment;
use crate::refunds;

pub use steps::{around, claim, deferred, done, may_write, owing, said_200, work};

/// Who works.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Role {
    /// A request: it comes once.
    Client,
    /// A sweep: the next one always comes.
    Sweep,
}

/// What the facilitator made us ask the chain for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Said {
    /// A definite refusal.
    Declined,
    /// A refusal that may mean that it was used.
    Used,
    /// Nothing that can be understood.
    Nothing,
    /// It was not asked: too late.
    Expired,
}

/// What is known in the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Evidence {
    /// It is paid.
    Paid,
    /// It is not, and will not be.
    Unpaid,
    /// The facilitator was not asked to settle it.
    NeverSent,
    /// It is not known.
    Unknown,
}

/// What a worker is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Stage<W> {
    /// Nothing: it has not come yet.
    Away,
    /// To read the record.
    Look,
    /// To ask the facilitator whether the payment could be settled.
    Verify,
    /// The shop's own work before the fence.
    Before(W),
    /// The shop's own work for what is paid already.
    Behind(W),
    /// To ask the facilitator to settle.
    Settle,
    /// To ask the chain.
    Ask(Said),
    /// To write down what is known.
    Write(Evidence),
    /// To grant what a closed sale was for: there is such a step only by mistake.
    GrantLate,
    /// To send money back.
    Refund(refunds::Stage),
    /// Nothing any more.
    Gone,
}

/// A process that works on a payment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Worker<W> {
    /// What it is.
    pub role: Role,
    /// Which payment.
    pub payment: u8,
    /// What it asks for with it.
    pub request: u8,
    /// What is next.
    pub stage: Stage<W>,
    /// The sale's record names its attempt.
    pub mine: bool,
    /// It made the fence itself, so nothing was sent before.
    pub fresh: bool,
}

impl<W> Worker<W> {
    /// One that has not come yet.
    pub const fn new(role: Role, payment: u8) -> Self {
        Self { role, payment, request: 0, stage: Stage::Away, mine: false, fresh: false }
    }

    /// One that asks for something else with the same payment.
    #[must_use]
    pub const fn asking(self, request: u8) -> Self
    where
        W: Copy,
    {
        Self { request, ..self }
    }
}

/// Whose doing it is that a sale came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// The payer's.
    Payer,
    /// Not the payer's.
    Nothing,
}

/// The shop's floor, which is the same in every model that has fields of these names.
macro_rules! floor {
    () => {
        fn payments(&mut self) -> &mut [$crate::payment::Payment] {
            &mut self.payments
        }

        fn workers(&mut self) -> &mut [$crate::till::Worker<Self::Work>] {
            &mut self.workers
        }

        fn luck(&mut self) -> &mut u8 {
            &mut self.luck
        }

        fn payment(&self, payment: usize) -> &$crate::payment::Payment {
            &self.payments[payment]
        }

        fn worker(&self, worker: usize) -> &$crate::till::Worker<Self::Work> {
            &self.workers[worker]
        }
    };
}
pub(crate) use floor;

/// Something that sells.
pub trait Shop: Clone {
    /// Its stages before the fence.
    type Work: Copy + Eq;

    /// How many of the payments can meet with trouble on the chain and at the facilitator; time
    /// stands still for the others, which are there to be in the way.
    const TROUBLED: usize;
    /// Whether something foreign happens before settling.
    const FOREIGN: bool;
    /// The first stage.
    const FIRST: Self::Work;
    /// The stage in which a sweep begins with a sale that was left open.
    const ROLL_BACK: Self::Work;
    /// The arrows of a grant, and of a release for either's blame.
    const GRANT: &'static [&'static str];
    /// See `GRANT`.
    const RELEASE: [&'static [&'static str]; 2];

    /// The payments.
    fn payments(&mut self) -> &mut [Payment];
    /// Those who work.
    fn workers(&mut self) -> &mut [Worker<Self::Work>];
    /// How much bad luck is left.
    fn luck(&mut self) -> &mut u8;
    /// One payment.
    fn payment(&self, payment: usize) -> &Payment;
    /// One worker.
    fn worker(&self, worker: usize) -> &Worker<Self::Work>;

    /// Gives what was paid for, if it is still there.
    fn grant(&mut self, payment: usize) -> bool;
    /// Lets go of what was held.
    fn release(&mut self, payment: usize, blame: Blame);
    /// Stops what is foreign and goes on; nothing, mostly.
    fn stop(&mut self, _payment: usize) {}
    /// Writes down that what is foreign and goes on is to be stopped, since it is not known whether
    /// it is paid. Says whether there is anything to stop.
    fn stop_in_doubt(&mut self, _payment: usize, _rules: Rules) -> bool {
        false
    }
    /// Whether that was written down: from then on the payment is looked for, and not sent.
    fn is_stopped(&self, _payment: usize) -> bool {
        false
    }
    /// A phone has rung for it, so it can never be used again.
    fn rang(&self, _payment: usize) -> bool {
        false
    }
    /// A vendor still works on something foreign for it.
    fn foreign_under_way(&self, _payment: usize) -> bool {
        false
    }
    /// Its first stage behind the fence, if what the payment is for is only begun once it is paid,
    /// and the stage in which an attempt begins that finds that it may have been begun.
    fn behind(&self, _worker: usize) -> Option<(Self::Work, Self::Work)> {
        None
    }
    /// What is written when what was not begun is not paid.
    fn never_begun(&self) -> &'static [&'static str] {
        Self::RELEASE[0]
    }
    /// What a worker does behind the fence with what is paid already.
    fn with_paid(&self, worker: usize, _work: Self::Work, _rules: Rules, steps: &mut Steps<Self>) {
        steps.due("there is nothing to be done", self.off(worker));
    }
    /// What a worker does before the fence.
    fn before(&self, worker: usize, work: Self::Work, rules: Rules, steps: &mut Steps<Self>);

    /// A copy in which a worker comes to another stage.
    #[must_use]
    fn on(&self, worker: usize, stage: Stage<Self::Work>) -> Self {
        let mut to = self.clone();
        to.workers()[worker].stage = stage;
        to
    }

    /// A copy in which a worker has finished.
    #[must_use]
    fn off(&self, worker: usize) -> Self {
        let mut to = self.clone();
        let one = &mut to.workers()[worker];
        let stage = if one.role == Role::Client { Stage::Gone } else { Stage::Away };
        *one = Worker { stage, mine: false, fresh: false, ..*one };
        if one.role == Role::Sweep {
            one.payment = 0;
        }
        to
    }

    /// A copy with less luck, for trouble with a payment.
    fn trouble(&self, payment: usize) -> Option<Self> {
        if payment < Self::TROUBLED { self.unlucky() } else { None }
    }

    /// A copy with less luck, if there is any left.
    fn unlucky(&self) -> Option<Self> {
        let mut to = self.clone();
        let luck = to.luck();
        *luck = luck.checked_sub(1)?;
        Some(to)
    }
}
