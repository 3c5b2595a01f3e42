//! Calling: two calls of one wallet, a dialler that loses answers, payments that are declined while
//! a phone rings, credit, errors that are paid back.
//!
//! Left out: what is hung up before the phone rang, which is a call that fails, the callee, the
//! watchdog of a call that runs too long, the day after which a pause ends, and how an outcome is
//! read from the dialler's record. What is owed when a call ends in an error is sent at once here;
//! [`crate::stray`] has it at length.

mod after;
mod first;
mod properties;

use crate::check::Steps;
use crate::payment::{Payment, State};
use crate::till::{self, Blame, Shop, Stage, Worker, floor};
use crate::{Mistake, Rules};

pub use properties::Ringing;

/// What a worker does before the fence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Work {
    /// Reads the wallet's leases.
    Plan,
    /// Claims, with the intent to dial.
    Claim,
    /// Dials.
    Dial,
    /// Looks whether a call was placed.
    Find,
    /// Comes to the fence.
    Fence,
    /// No phone rang.
    Withdraw,
    /// A sweep looks whether a call was placed.
    RollBack,
    /// A sweep knows: it was, or it was not.
    RollBackTo(bool),
    /// What is paid for already.
    Paid(first::Step),
}

/// What a call has cost, as its row has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Charge {
    /// There is no row.
    None,
    /// It is not known yet.
    Pending,
    /// Paid.
    Paid,
    /// Paid, and to be paid back.
    RefundDue,
    /// Paid back, on the chain or as credit.
    Back,
    /// Not paid.
    Declined,
}

/// The call at the dialler.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Line {
    /// There is none.
    Silent,
    /// A phone rings, or the callee talks.
    Running,
    /// It came to its end.
    Ended,
    /// It came to an error.
    Failed,
    /// We have stopped it.
    Stopped,
}

/// A call.
#[expect(clippy::struct_excessive_bools, reason = "columns of a row, which are independent of each other")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// The table: its row.
    pub charge: Charge,
    /// The table: the dialler has accepted it, as the call's own row says.
    pub placed: bool,
    /// The write behind the fence that says so is under way.
    pub saying: bool,
    /// The table: nothing about it will change any more.
    pub settled: bool,
    /// The table: its price counts as income.
    pub kept: bool,
    /// The table: it is stopped because it is not known whether it is paid.
    pub stopped: bool,
    /// The table: it is to be hung up, because that was asked for.
    pub hung_up: bool,
    /// The dialler: what it does.
    pub line: Line,
    /// The dialler: how many phones have rung for its payment.
    pub rung: u8,
    /// A request to dial is under way that is not waited for any more.
    pub flying: bool,
    /// The look at it that is under way, which has seen this charge.
    pub look: Option<Charge>,
}

impl Call {
    /// It came to an error, or was cut short because it was not known whether it is paid.
    fn has_failed(self) -> bool {
        self.line == Line::Failed || self.line == Line::Stopped && self.stopped
    }
}

const PAYMENTS: usize = 2;
const WORKERS: usize = 5;

/// Everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Calling {
    payments: [Payment; PAYMENTS],
    calls: [Call; PAYMENTS],
    /// First the requests of the first call, then that of the second, then the sweeps.
    workers: [Worker<Work>; WORKERS],
    luck: u8,
    /// The wallet's unpaid dial.
    slot: Option<u8>,
    /// It had a phone rung and did not pay.
    paused: bool,
    /// In calls.
    credit: i8,
    /// What it was at the beginning.
    credited: i8,
    leased: bool,
    /// The first call is paid for before it is dialled.
    paid_first: bool,
    /// What was done that must not be.
    wrong: Option<&'static str>,
}

impl Shop for Calling {
    type Work = Work;

    const TROUBLED: usize = 1;
    const FOREIGN: bool = true;
    const FIRST: Work = Work::Plan;
    const ROLL_BACK: Work = Work::RollBack;
    const GRANT: &'static [&'static str] = &["Store::close", "calls::charged"];
    const RELEASE: [&'static [&'static str]; 2] =
        [&["Store::void", "calls::unpaid"], &["Store::void", "calls::withdrawn"]];

    floor!();

    fn grant(&mut self, payment: usize) -> bool {
        (self.calls[payment].charge, self.calls[payment].placed) = (Charge::Paid, true);
        self.free(payment);
        true
    }

    fn release(&mut self, payment: usize, blame: Blame) {
        self.free(payment);
        if self.is_paid_first(payment) {
            self.calls[payment].charge = Charge::None;
            return;
        }
        (self.calls[payment].charge, self.calls[payment].placed) = (Charge::Declined, true);
        self.paused |= blame == Blame::Payer;
    }

    fn stop(&mut self, payment: usize) {
        let line = &mut self.calls[payment].line;
        if *line == Line::Running {
            *line = Line::Stopped;
        }
    }

    fn stop_in_doubt(&mut self, payment: usize, rules: Rules) -> bool {
        let call = &mut self.calls[payment];
        if call.stopped || matches!(call.line, Line::Silent | Line::Stopped) {
            return false;
        }
        if rules.made(Mistake::StopsUnwritten) {
            self.stop(payment);
        } else {
            (call.stopped, call.placed) = (true, true);
        }
        true
    }

    fn is_stopped(&self, payment: usize) -> bool {
        self.calls[payment].stopped
    }

    fn rang(&self, payment: usize) -> bool {
        !self.is_paid_first(payment)
    }

    fn behind(&self, worker: usize) -> Option<(Work, Work)> {
        let one = self.workers[worker];
        let begins = if one.fresh { first::Step::Dial } else { first::Step::Owe };
        let begun = (Work::Paid(begins), Work::Paid(first::Step::Ask));
        self.is_paid_first(usize::from(one.payment)).then_some(begun)
    }

    fn never_begun(&self) -> &'static [&'static str] {
        &["Store::void", "calls::not_dialled"]
    }

    fn with_paid(&self, worker: usize, work: Work, rules: Rules, steps: &mut Steps<Self>) {
        if let Work::Paid(step) = work {
            self.paid_step(worker, step, rules, steps);
        }
    }

    fn foreign_under_way(&self, payment: usize) -> bool {
        self.calls[payment].flying
    }

    fn before(&self, worker: usize, work: Work, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let next = |work| self.on(worker, Stage::Before(work));
        match work {
            Work::Plan if self.leased || rules.made(Mistake::CallsAfterEnd) => {
                let mut to = next(Work::Claim);
                if !self.leased {
                    to.wrong = Some("I16 a call is placed only from a number that is leased");
                }
                steps.due("the wallet has a number", to);
            }
            Work::Plan => steps.due("403: the wallet has no number", self.off(worker)),
            Work::Claim => self.claim(worker, rules, steps),
            Work::Dial => self.dial(worker, rules, steps),
            Work::Find if self.calls[payment].rung > 0 => steps.due("the dialler shows the call", next(Work::Fence)),
            Work::Find if rules.made(Mistake::DialsAgain) => steps.due("dials once more", next(Work::Dial)),
            Work::Find => {
                steps.due("502: it is left for a minute", self.off(worker));
                // A dialler that has answered has nothing under way any more: it may be looked for
                // sooner.
                if !self.calls[payment].flying && till::may_write(self, worker, State::Open, rules) {
                    let mut to = self.off(worker);
                    to.payments[payment].busy = false;
                    steps.write("502: it is looked for again in seconds", &["Store::defer"], to);
                }
            }
            Work::Fence => self.fence(worker, rules, steps),
            Work::Withdraw => self.roll_back(worker, false, rules, steps),
            Work::RollBack => {
                let rang = self.calls[payment].rung > 0 && !rules.made(Mistake::RollBackBlind);
                steps.due("a sweep asks the dialler", next(Work::RollBackTo(rang)));
            }
            Work::RollBackTo(rang) => self.roll_back(worker, rang, rules, steps),
            Work::Paid(step) => self.paid_step(worker, step, rules, steps),
        }
    }
}

impl Calling {
    fn free(&mut self, payment: usize) {
        if self.slot == Some(sale(payment)) {
            self.slot = None;
        }
    }

    fn claim(&self, worker: usize, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        if !self.payments[payment].is_free(self.workers[worker].request) {
            return steps.due("there is a sale already", self.on(worker, Stage::Look));
        }
        let free = self.slot.is_none() || rules.made(Mistake::NoSlot);
        let may = !self.paused || rules.made(Mistake::NoPause);
        // The lease was read, and is not read once more: no request lives as long as what has ended
        // stays a wallet's.
        if !(free && may) {
            return steps.due("429: not now", self.off(worker));
        }
        let first = self.paid_first && payment == 0 && self.credit <= 0 && !rules.made(Mistake::BegunUnpaid);
        let (claimed, next) =
            if first { (State::Settling, Stage::Settle) } else { (State::Open, Stage::Before(Work::Dial)) };
        let mut to = till::claim(self, worker, claimed, next);
        to.slot = Some(sale(payment));
        to.calls[payment].charge = Charge::Pending;
        to.calls[payment].hung_up = false;
        if self.paused {
            to.wrong = Some("I18 a wallet that did not pay has no other phone rung");
        }
        if self.credit > 0 || rules.made(Mistake::CreditUnseen) && self.credited > 0 {
            to.credit -= 1;
            to.payments[payment].by_credit = true;
        }
        steps.write("claims, with the intent to dial", &["Store::claim", "calls::dial"], to);
    }

    fn dial(&self, worker: usize, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let next = |shop: &Self, work| shop.on(worker, Stage::Before(work));
        let ring = |shop: &Self| {
            let mut to = shop.clone();
            to.calls[payment].line = Line::Running;
            to.calls[payment].rung += 1;
            to
        };
        steps.due("a phone rings", next(&ring(self), Work::Fence));
        let Some(shop) = self.unlucky() else { return };
        let unheard = if rules.made(Mistake::LostDialForgotten) { Work::Withdraw } else { Work::Find };
        steps.luck("a phone rings, and the answer is lost", next(&ring(&shop), unheard));
        steps.luck("the dialler refuses", next(&shop, Work::Withdraw));
        steps.luck("the dialler says nothing", next(&shop, unheard));
        let mut to = next(&shop, unheard);
        to.calls[payment].flying = true;
        steps.luck("dialling takes longer than we wait", to);
    }

    /// The dialler's acceptance and the fence are one write, and the call's row says so in another
    /// one. What credit pays is closed there and then.
    fn fence(&self, worker: usize, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        if !till::may_write(self, worker, State::Open, rules) {
            return steps.due("the fence is refused", self.off(worker));
        }
        let mut to = self.clone();
        if !self.payments[payment].by_credit || rules.made(Mistake::CreditAndSettle) {
            to.payments[payment].state = State::Settling;
            to.workers[worker].stage = Stage::Settle;
            to.calls[payment].saying = true;
            return steps.write("the fence", &["Store::fence"], to);
        }
        let mut to = till::said_200(&to, worker);
        to.grant(payment);
        let closed = &mut to.payments[payment];
        (closed.state, closed.busy, closed.granted) = (State::Closed, false, 1);
        steps.write("the fence: credit pays it", &["Store::close", "calls::charged"], to);
    }

    fn roll_back(&self, worker: usize, rang: bool, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let ours = till::may_write(self, worker, State::Open, rules);
        if !ours {
            return steps.due("the roll-back is refused", self.off(worker));
        }
        let mut to = self.off(worker);
        if rang {
            to.stop(payment);
        }
        let void = &mut to.payments[payment];
        (void.state, void.busy) = (State::Void, false);
        void.spent = rang && !rules.made(Mistake::FoundNotSpent);
        if void.by_credit {
            void.by_credit = false;
            to.credit += if rules.made(Mistake::CreditReturnedTwice) { 2 } else { 1 };
        }
        to.free(payment);
        to.calls[payment].charge = if rang { Charge::Declined } else { Charge::None };
        to.calls[payment].placed = rang;
        if rang {
            steps.write("void: a phone had rung", &["Store::void", "calls::withdrawn"], to);
        } else {
            steps.write("void: no phone was rung", &["Store::void", "calls::not_dialled"], to);
        }
    }

    /// Whether a failed call's money comes back as the credit that it was.
    fn pays_by_credit(&self, payment: usize, rules: Rules) -> bool {
        self.payments[payment].by_credit && !rules.made(Mistake::OneRefundForTwo)
    }

    fn delivered(&self, payment: usize) -> bool {
        self.payments[payment].granted > 0 && !self.calls[payment].has_failed()
    }
}

fn sale(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}
