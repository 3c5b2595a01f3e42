//! A call that is paid for before it is dialled: by the request that has claimed it, and by no
//! other.

use super::{Calling, Charge, Line, Work};
use crate::check::Steps;
use crate::payment::State;
use crate::till::{self, Shop, Stage};
use crate::{Mistake, Rules};

/// What a worker does with it once it is paid.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Step {
    /// Dials.
    Dial,
    /// Looks whether it was placed, having heard nothing.
    Find,
    /// Another one asks the dialler whether it was placed.
    Ask,
    /// It was: closes.
    Close,
    /// It was not, and will not be.
    Owe,
}

impl Calling {
    /// Whether a payment is one that is made before its call is dialled.
    pub(super) fn is_paid_first(&self, payment: usize) -> bool {
        self.paid_first && payment == 0 && !self.payments[payment].by_credit
    }

    pub(super) fn paid_step(&self, worker: usize, step: Step, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let next = |shop: &Self, step| shop.on(worker, Stage::Behind(Work::Paid(step)));
        match step {
            Step::Dial => self.dial_paid(worker, steps),
            Step::Find if self.calls[payment].rung > 0 => {
                steps.due("the dialler shows the call", next(self, Step::Close));
            }
            Step::Find => {
                steps.due("503: it is left for a minute", self.off(worker));
                if !self.calls[payment].flying && till::may_write(self, worker, State::Settling, rules) {
                    let to = till::deferred(self, worker);
                    steps.write("503: it is looked for again in seconds", &["Store::defer"], to);
                }
            }
            Step::Ask if rules.made(Mistake::BegunAgain) => steps.due("dials for it", next(self, Step::Dial)),
            Step::Ask => {
                let rang = self.calls[payment].rung > 0 && !rules.made(Mistake::PaidBackBlind);
                steps.due("asks the dialler", next(self, if rang { Step::Close } else { Step::Owe }));
            }
            Step::Close | Step::Owe if !till::may_write(self, worker, State::Settling, rules) => {
                steps.due("overtaken", self.off(worker));
            }
            Step::Close => {
                let mut to = till::done(self, worker);
                (to.calls[payment].placed, to.calls[payment].charge) = (true, Charge::Paid);
                to.free(payment);
                steps.write("closed: paid, and dialled then", &["Store::close_done", "calls::dialled"], to);
            }
            Step::Owe => {
                let mut to = till::owing(self, worker);
                to.calls[payment].charge = Charge::None;
                to.free(payment);
                steps.write("void, and owed: no phone was rung", &["Store::close_owing", "calls::not_dialled"], to);
            }
        }
    }

    fn dial_paid(&self, worker: usize, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let next = |shop: &Self, step| shop.on(worker, Stage::Behind(Work::Paid(step)));
        let ring = |shop: &Self| {
            let mut to = shop.clone();
            to.calls[payment].line = Line::Running;
            to.calls[payment].rung += 1;
            to
        };
        steps.due("a phone rings for what is paid", next(&ring(self), Step::Close));
        let Some(shop) = self.unlucky() else { return };
        steps.luck("it rings, and the answer is lost", next(&ring(&shop), Step::Find));
        steps.luck("the dialler refuses what is paid", next(&shop, Step::Owe));
        steps.luck("the dialler says nothing", next(&shop, Step::Find));
        let mut to = next(&shop, Step::Find);
        to.calls[payment].flying = true;
        steps.luck("dialling takes longer than we wait", to);
    }
}
