//! Buying: two wallets, one with a request and its twin, a pooled number and two at the carrier.
//!
//! Left out: the dialler's own list (an import is one step that works or does not), the area code,
//! a search that fails, what a number costs while it is stock, and the lease's end
//! ([`crate::renew`] has it).

mod first;
mod properties;
mod stock;

use crate::check::Steps;
use crate::payment::{Payment, State};
use crate::till::{self, Blame, Shop, Stage, Worker, floor};
use crate::{Mistake, Rules};

pub use properties::Buying;

/// In whose hands a number is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Custody {
    /// The table does not know it.
    Absent,
    /// About to be bought for a sale.
    Buying(u8),
    /// Ours, and not known to the dialler.
    Importing,
    /// Kept for a sale.
    Held(u8),
    /// Leased for a sale.
    Leased(u8),
    /// Free.
    Pooled,
    /// On its way back.
    Releasing,
}

/// A number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Number {
    /// The table.
    pub custody: Custody,
    /// The carrier bills it to us.
    pub owned: bool,
    /// The carrier has given it to another customer.
    pub taken: bool,
    /// A purchase of it is under way that is not waited for any more.
    pub flying: bool,
}

/// What a worker does before the fence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Work {
    /// Claims: a pooled number, or the intent to buy one.
    Claim,
    /// Asks the carrier for it.
    Post,
    /// Asks the carrier whether it is ours.
    Find,
    /// It was taken: the next one.
    Another,
    /// Makes it known to the dialler.
    Import,
    /// Could not make it known.
    Stock,
    /// Comes to the fence.
    Fence,
    /// Nothing was bought.
    Withdraw,
    /// A sweep asks the carrier what became of it.
    RollBack,
    /// A sweep knows: it is ours, or it is not.
    RollBackTo(bool),
    /// What is paid for already.
    Paid(first::Step),
}

const PAYMENTS: usize = 2;
const NUMBERS: usize = 3;
const WORKERS: usize = 5;

/// Everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Buy {
    payments: [Payment; PAYMENTS],
    /// The number that a payment's sale names.
    chosen: [u8; PAYMENTS],
    numbers: [Number; NUMBERS],
    /// First the requests of the first buyer, then that of the second, then the sweeps.
    workers: [Worker<Work>; WORKERS],
    luck: u8,
    /// The first buyer pays before a number is bought.
    paid_first: bool,
    /// A purchase was so late that only the carrier's list could tell.
    late: bool,
    /// The carrier's list was read, and a purchase given back: both at most once.
    released: bool,
}

impl Shop for Buy {
    type Work = Work;

    const TROUBLED: usize = 1;
    const FOREIGN: bool = true;
    const FIRST: Work = Work::Claim;
    const ROLL_BACK: Work = Work::RollBack;
    const GRANT: &'static [&'static str] = &["Store::close", "numbers::lease"];
    const RELEASE: [&'static [&'static str]; 2] =
        [&["Store::void", "numbers::pool"], &["Store::void", "numbers::pool"]];

    floor!();

    fn grant(&mut self, payment: usize) -> bool {
        let number = usize::from(self.chosen[payment]);
        let ours = self.numbers[number].custody == Custody::Held(sale(payment));
        if ours {
            self.numbers[number].custody = Custody::Leased(sale(payment));
        }
        ours
    }

    fn release(&mut self, payment: usize, _: Blame) {
        let number = usize::from(self.chosen[payment]);
        let custody = &mut self.numbers[number].custody;
        if *custody == Custody::Held(sale(payment)) {
            *custody = Custody::Pooled;
        } else if *custody == Custody::Buying(sale(payment)) {
            *custody = Custody::Absent;
        }
    }

    fn behind(&self, worker: usize) -> Option<(Work, Work)> {
        let payment = usize::from(self.workers[worker].payment);
        let ordered = self.paid_first
            && payment == 0
            && self.numbers[self.number_of(worker)].custody == Custody::Buying(sale(payment));
        ordered.then_some((Work::Paid(first::Step::Post), Work::Paid(first::Step::Ask)))
    }

    fn never_begun(&self) -> &'static [&'static str] {
        &["Store::void", "numbers::forget_purchase"]
    }

    fn with_paid(&self, worker: usize, work: Work, rules: Rules, steps: &mut Steps<Self>) {
        if let Work::Paid(step) = work {
            self.paid_step(worker, step, rules, steps);
        }
    }

    fn foreign_under_way(&self, payment: usize) -> bool {
        !self.late && self.numbers[usize::from(self.chosen[payment])].flying
    }

    fn before(&self, worker: usize, work: Work, rules: Rules, steps: &mut Steps<Self>) {
        match work {
            Work::Claim => self.claim(worker, rules, steps),
            Work::Post => self.post(worker, rules, steps),
            Work::Find => self.find(worker, rules, steps),
            Work::Another => self.another(worker, rules, steps),
            Work::Import => {
                steps.due("the dialler imports it", self.on(worker, Stage::Before(Work::Fence)));
                if let Some(shop) = self.unlucky() {
                    steps.luck("the dialler does not import it", shop.on(worker, Stage::Before(Work::Stock)));
                }
            }
            Work::Stock => self.undo_purchase(worker, true, rules, steps),
            Work::Fence => self.fence(worker, rules, steps),
            Work::Withdraw => self.undo_purchase(worker, false, rules, steps),
            Work::RollBack => {
                let owned = self.numbers[self.number_of(worker)].owned && !rules.made(Mistake::RollBackBlind);
                steps.due("a sweep asks the carrier", self.on(worker, Stage::Before(Work::RollBackTo(owned))));
            }
            Work::RollBackTo(owned) => self.undo_purchase(worker, owned, rules, steps),
            Work::Paid(step) => self.paid_step(worker, step, rules, steps),
        }
    }
}

impl Buy {
    fn number_of(&self, worker: usize) -> usize {
        usize::from(self.chosen[usize::from(self.workers[worker].payment)])
    }

    /// A copy in which a payment's sale names a number in some custody.
    fn choosing(&self, payment: usize, number: usize, custody: Custody) -> Self {
        let mut to = self.clone();
        to.chosen[payment] = sale(number);
        to.numbers[number].custody = custody;
        to
    }

    fn claim(&self, worker: usize, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        if !self.payments[payment].is_free(self.workers[worker].request) && !rules.made(Mistake::ClaimAnyway) {
            return steps.due("there is a sale already", self.on(worker, Stage::Look));
        }
        let free = |custody| {
            custody == Custody::Pooled || rules.made(Mistake::HoldAnyway) && matches!(custody, Custody::Held(_))
        };
        if let Some(number) = self.numbers.iter().position(|number| free(number.custody)) {
            let held = self.choosing(payment, number, Custody::Held(sale(payment)));
            let state = if rules.made(Mistake::NoFence) { State::Open } else { State::Settling };
            let to = till::claim(&held, worker, state, Stage::Settle);
            return steps.write("claims with a pooled number", &["Store::claim", "numbers::hold"], to);
        }
        match self.offered(None) {
            Some(number) if rules.made(Mistake::PurchaseBeforeIntent) => {
                let mut to = till::claim(self, worker, State::Open, Stage::Before(Work::Post));
                to.chosen[payment] = sale(number);
                steps.due("claims, and buys before it says so", to);
            }
            Some(number) if self.paid_first && payment == 0 && !rules.made(Mistake::BegunUnpaid) => {
                let ordered = self.choosing(payment, number, Custody::Buying(sale(payment)));
                let to = till::claim(&ordered, worker, State::Settling, Stage::Settle);
                steps.write("claims, and pays before it buys", &["Store::claim", "numbers::intend_purchase"], to);
            }
            Some(number) => {
                let buying = self.choosing(payment, number, Custody::Buying(sale(payment)));
                let to = till::claim(&buying, worker, State::Open, Stage::Before(Work::Post));
                steps.write("claims with the intent to buy", &["Store::claim", "numbers::intend_purchase"], to);
            }
            None => steps.due("502: no number", self.off(worker)),
        }
    }

    /// A number that the carrier offers and the table does not know.
    fn offered(&self, but: Option<usize>) -> Option<usize> {
        (0..NUMBERS).find(|at| {
            let number = &self.numbers[*at];
            number.custody == Custody::Absent && !number.owned && !number.taken && Some(*at) != but
        })
    }

    fn post(&self, worker: usize, rules: Rules, steps: &mut Steps<Self>) {
        let next = |shop: &Self, work| shop.on(worker, Stage::Before(work));
        let mut number = self.number_of(worker);
        if rules.made(Mistake::PurchaseByArea) {
            number =
                (0..NUMBERS).rev().find(|at| !self.numbers[*at].owned && !self.numbers[*at].taken).unwrap_or(number);
        }
        if self.numbers[number].taken || self.numbers[number].owned {
            return steps.due("the carrier says that it is taken", next(self, Work::Find));
        }
        let with = |shop: &Self, change: fn(&mut Number)| {
            let mut to = shop.clone();
            change(&mut to.numbers[number]);
            to
        };
        steps.due("bought", next(&with(self, |number| number.owned = true), Work::Import));
        let Some(shop) = self.unlucky() else { return };
        let unheard = if rules.made(Mistake::LostPurchaseForgotten) { Work::Withdraw } else { Work::Find };
        steps.luck("bought, and the answer is lost", next(&with(&shop, |number| number.owned = true), unheard));
        steps.luck("buying takes longer than we wait", next(&with(&shop, |number| number.flying = true), unheard));
        steps.luck("the carrier refuses", next(&shop, Work::Withdraw));
        steps.luck("the carrier says nothing", next(&shop, unheard));
        steps.luck("another buyer has just bought it", next(&with(&shop, |number| number.taken = true), Work::Find));
    }

    /// After "taken" or nothing: is it ours, under our tag?
    fn find(&self, worker: usize, _: Rules, steps: &mut Steps<Self>) {
        let number = self.numbers[self.number_of(worker)];
        if number.owned {
            steps.due("it is ours", self.on(worker, Stage::Before(Work::Import)));
        } else if number.taken {
            steps.due("it is another's", self.on(worker, Stage::Before(Work::Another)));
        } else {
            steps.due("502: it is left to the sweep", self.off(worker));
        }
    }

    fn another(&self, worker: usize, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let old = self.number_of(worker);
        let Some(number) = self.offered(Some(old)) else {
            return steps.due("there is no other", self.on(worker, Stage::Before(Work::Withdraw)));
        };
        if !till::may_write(self, worker, State::Open, rules) {
            return steps.due("overtaken", self.off(worker));
        }
        let mut to = self.choosing(payment, number, Custody::Buying(sale(payment)));
        if to.numbers[old].custody == Custody::Buying(sale(payment)) {
            to.numbers[old].custody = Custody::Absent;
        }
        to.workers[worker].stage = Stage::Before(Work::Post);
        let arrows = &["Store::intend", "numbers::forget_purchase", "numbers::intend_purchase"];
        steps.write("intends to buy another one instead", arrows, to);
    }

    fn fence(&self, worker: usize, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let number = self.number_of(worker);
        let early = rules.made(Mistake::PurchaseBeforeIntent) && self.numbers[number].custody == Custody::Absent;
        let bought = self.numbers[number].custody == Custody::Buying(sale(payment)) || early;
        if !till::may_write(self, worker, State::Open, rules) || !bought {
            return steps.due("the fence is refused", self.off(worker));
        }
        let mut to = self.choosing(payment, number, Custody::Held(sale(payment)));
        to.workers[worker].stage = Stage::Settle;
        if !rules.made(Mistake::NoFence) {
            to.payments[payment].state = State::Settling;
        }
        steps.write("the fence", &["Store::fence", "numbers::bought"], to);
    }

    /// Voids an open sale: what was bought is stock, what was not is forgotten. The payment can be
    /// used again.
    fn undo_purchase(&self, worker: usize, owned: bool, rules: Rules, steps: &mut Steps<Self>) {
        let payment = usize::from(self.workers[worker].payment);
        let number = self.number_of(worker);
        let buying = self.numbers[number].custody == Custody::Buying(sale(payment));
        let early = rules.made(Mistake::PurchaseBeforeIntent) || rules.made(Mistake::NoFence);
        if !till::may_write(self, worker, State::Open, rules) || !(buying || early) {
            return steps.due("the roll-back is refused", self.off(worker));
        }
        let mut to = self.off(worker);
        (to.payments[payment].state, to.payments[payment].busy) = (State::Void, false);
        let custody = &mut to.numbers[number].custody;
        if *custody == Custody::Held(sale(payment)) {
            *custody = Custody::Pooled;
        } else if buying {
            let stock = owned && !rules.made(Mistake::StockForgotten);
            *custody = if stock { Custody::Importing } else { Custody::Absent };
        }
        if owned {
            steps.write("void: what was bought is stock", &["Store::void", "numbers::stock"], to);
        } else {
            steps.write("void: nothing was bought", &["Store::void", "numbers::forget_purchase"], to);
        }
    }
}

fn sale(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}
