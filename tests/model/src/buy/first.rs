//! A number that is paid for before it is bought. It is bought by name, so an attempt that finds
//! that it is paid, and not begun to be bought, may buy it.

use super::{Buy, Custody, Number, Work, sale};
use crate::check::Steps;
use crate::payment::State;
use crate::till::{self, Shop, Stage};
use crate::{Mistake, Rules};

/// What a worker does with it once it is paid.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Step {
    /// Asks the carrier for it.
    Post,
    /// Asks the carrier whether it is ours, having heard nothing.
    Find,
    /// Another one asks the carrier whether it is ours.
    Ask,
    /// Makes it known to the dialler.
    Import,
    /// It is ours, and known: closes.
    Close,
    /// It is ours, and cannot be made known.
    Stock,
    /// It is not ours, and will not be.
    Owe,
}

impl Buy {
    pub(super) fn paid_step(&self, worker: usize, step: Step, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let number = self.numbers[self.number_of(worker)];
        let next = |step| self.on(worker, Stage::Behind(Work::Paid(step)));
        match step {
            Step::Post => self.post_paid(worker, steps),
            Step::Find if number.owned => steps.due("it is ours", next(Step::Import)),
            Step::Find if number.taken => steps.due("it is another's", next(Step::Owe)),
            Step::Find => steps.due("503: it is left for a minute", self.off(worker)),
            Step::Ask => {
                let owned = number.owned && !rules.made(Mistake::PaidBackBlind);
                steps.due("asks the carrier", next(if owned { Step::Import } else { Step::Owe }));
            }
            Step::Import => {
                steps.due("the dialler imports it", next(Step::Close));
                if let Some(shop) = self.unlucky() {
                    let to = shop.on(worker, Stage::Behind(Work::Paid(Step::Stock)));
                    steps.luck("the dialler does not import it", to);
                }
            }
            _ if !till::may_write(self, worker, State::Settling, rules) => steps.due("overtaken", self.off(worker)),
            Step::Close => {
                let mut to = till::done(self, worker);
                to.keep_as(payment, Custody::Leased(sale(payment)));
                steps.write("closed: paid, and bought then", &["Store::close_done", "numbers::lease_ordered"], to);
            }
            Step::Stock => {
                let mut to = till::owing(self, worker);
                to.keep_as(payment, Custody::Importing);
                steps.write("void, and owed: it is stock", &["Store::close_owing", "numbers::stock"], to);
            }
            Step::Owe => {
                let mut to = till::owing(self, worker);
                to.keep_as(payment, Custody::Absent);
                steps.write(
                    "void, and owed: it was not bought",
                    &["Store::close_owing", "numbers::forget_purchase"],
                    to,
                );
            }
        }
    }

    fn keep_as(&mut self, payment: usize, custody: Custody) {
        self.numbers[usize::from(self.chosen[payment])].custody = custody;
    }

    fn post_paid(&self, worker: usize, steps: &mut Steps<Self>) {
        let at = self.number_of(worker);
        let next = |shop: &Self, step| shop.on(worker, Stage::Behind(Work::Paid(step)));
        if self.numbers[at].taken || self.numbers[at].owned {
            return steps.due("the carrier says that it is taken", next(self, Step::Find));
        }
        let with = |shop: &Self, change: fn(&mut Number)| {
            let mut to = shop.clone();
            change(&mut to.numbers[at]);
            to
        };
        steps.due("bought for what is paid", next(&with(self, |number| number.owned = true), Step::Import));
        let Some(shop) = self.unlucky() else { return };
        steps.luck("bought, and the answer is lost", next(&with(&shop, |number| number.owned = true), Step::Find));
        steps.luck("buying takes longer than we wait", next(&with(&shop, |number| number.flying = true), Step::Find));
        steps.luck("the carrier refuses what is paid", next(&shop, Step::Owe));
        steps.luck("the carrier says nothing", next(&shop, Step::Find));
        steps.luck("another buyer has just bought it", next(&with(&shop, |number| number.taken = true), Step::Find));
    }
}
