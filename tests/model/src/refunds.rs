//! The way back of the money: an authorization of our own to the payer, sent as often as it takes,
//! and credit where it can never arrive.
//!
//! Left out: the day's budget (a refund that waits for it is one that is not picked up yet), and
//! who signs.

use crate::check::Steps;
use crate::payment::{Payment, Refund, State, Window};
use crate::till::{self, Shop};
use crate::{Mistake, Rules};

/// What a sender of refunds is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Stage {
    /// To write down that it is about to be sent.
    Send,
    /// To post it to the facilitator.
    Post,
    /// To ask the chain, because its time is over or because the answer says that it was used.
    Ask,
    /// To write down that it has arrived.
    Arrived,
    /// To credit what can never arrive: what was seen as signed then.
    Credit(u8),
}

/// The authorization by which money goes back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Back {
    /// The table: how often one was signed, each with the same nonce and a later end.
    pub signed: u8,
    /// The chain: the time of the last.
    pub window: Window,
    /// The chain: the nonce is used.
    pub used: bool,
    /// One is under way that is not waited for any more.
    pub flying: bool,
    /// The table: the facilitator will not pay this payee.
    pub refused: bool,
}

impl Back {
    /// None yet.
    pub const NONE: Self = Self { signed: 0, window: Window::Over, used: false, flying: false, refused: false };
    /// A second signature is not outlived: there the time of the model ends.
    const LAST: u8 = 2;
}

/// A shop that sends money back.
pub trait Refunder: Shop {
    /// The authorization of a payment's refund.
    fn back(&mut self, payment: usize) -> &mut Back;
    /// The same, to read.
    fn the_back(&self, payment: usize) -> &Back;
    /// Whether there is a wallet to send it from.
    fn has_wallet(&self) -> bool;
    /// The wallet gets credit for a payment.
    fn credit(&mut self, payment: usize);
    /// What else says how the refund stands: a call, for one.
    fn mark(&mut self, payment: usize, refund: Refund);
    /// The arrow that ends a refund on the chain.
    const ARRIVED: &'static [&'static str] = &["Store::refunded"];
}

/// The watcher and the refund, each in one step: [`crate::stray`] has them at length.
pub fn in_short<S: Shop>(shop: &S, payment: usize, rules: Rules, steps: &mut Steps<S>) {
    let now = shop.payment(payment);
    let mut to = shop.clone();
    if now.refund == Refund::Due {
        let paid = &mut to.payments()[payment];
        paid.refund = Refund::Refunded;
        paid.sent_back += 1;
        steps.due("the money goes back", to);
    } else if rules.watched && !rules.made(Mistake::NoWatcher) {
        watch(shop, payment, rules, steps);
    }
}

/// What is used on the chain and has no sale that it could have paid, is owed.
pub fn watch<S: Shop>(shop: &S, payment: usize, rules: Rules, steps: &mut Steps<S>) {
    let now = shop.payment(payment);
    if !now.used || now.refund != Refund::None {
        return;
    }
    let mut to = shop.clone();
    let owed = &mut to.payments()[payment];
    owed.refund = Refund::Due;
    match now.state {
        State::None => {
            if !rules.made(Mistake::NoTombstone) {
                (owed.state, owed.spent) = (State::Void, true);
            }
            steps.write("the watcher finds a stray without a sale", &["Store::owe_stranger"], to);
        }
        State::Void => {
            owed.spent |= !rules.made(Mistake::OwedNotSpent);
            steps.write("the watcher finds a stray with a void sale", &["Store::owe"], to);
        }
        State::Closed if now.by_credit => {
            steps.write("the watcher finds that what credit paid was paid again", &["Store::owe"], to);
        }
        State::Open | State::Settling | State::Closed => {}
    }
}

/// What time and luck do to a refund that was signed.
pub fn around<S: Refunder>(shop: &S, payment: usize, steps: &mut Steps<S>) {
    let now = *shop.the_back(payment);
    let with = |change: fn(&mut Back)| {
        let mut to = shop.clone();
        change(to.back(payment));
        to
    };
    let outlived = now.signed < Back::LAST || now.refused;
    if now.signed > 0 && now.window == Window::Open && outlived {
        steps.due("time: a refund expires", with(|back| (back.window, back.flying) = (Window::Over, false)));
    }
    if now.flying {
        steps.due("a lost refund comes to nothing", with(|back| back.flying = false));
        if !now.used && now.window != Window::Over {
            steps.due("a lost refund arrives", landed(shop, payment, true));
        }
    }
}

fn landed<S: Refunder>(shop: &S, payment: usize, late: bool) -> S {
    let mut to = shop.clone();
    let back = to.back(payment);
    back.used = true;
    back.flying &= !late;
    to.payments()[payment].sent_back += 1;
    to
}

/// A sweep looks for refunds that are due, or that were left.
pub fn sweep<S: Refunder>(shop: &S, worker: usize, rules: Rules, steps: &mut Steps<S>) {
    if shop.worker(worker).stage != till::Stage::Away {
        return;
    }
    let mut all = shop.clone();
    for payment in 0..all.payments().len() {
        let now = shop.payment(payment);
        let back = shop.the_back(payment);
        let mut to = shop.clone();
        to.workers()[worker].payment = u8::try_from(payment).unwrap_or(u8::MAX);
        let next = |stage| to.on(worker, till::Stage::Refund(stage));
        match now.refund {
            Refund::Due if rules.made(Mistake::RefundBeforeIntent) && shop.has_wallet() => {
                let mut to = next(Stage::Post);
                *to.back(payment) = Back { signed: 1, window: Window::Open, ..*back };
                steps.due("signs a refund and sends it before it says so", to);
            }
            Refund::Due if shop.has_wallet() => steps.due("a refund is due", next(Stage::Send)),
            Refund::Due => steps.due("there is no wallet to refund from", next(Stage::Credit(0))),
            Refund::Sending if back.window == Window::Over => steps.due("a refund's time is over", next(Stage::Ask)),
            Refund::Sending if !back.refused => steps.due("a refund is sent again", next(Stage::Post)),
            _ => {}
        }
    }
}

/// What a sender of refunds does.
pub fn work<S: Refunder>(shop: &S, worker: usize, stage: Stage, rules: Rules, steps: &mut Steps<S>) {
    let payment = usize::from(shop.worker(worker).payment);
    let now = *shop.payment(payment);
    let back = *shop.the_back(payment);
    match stage {
        Stage::Send => {
            let later = back.signed < Back::LAST && !back.refused;
            let again = now.refund == Refund::Sending && back.window == Window::Over && later;
            if now.refund == Refund::Due || again || rules.made(Mistake::RefundWhateverState) {
                let signed = (back.signed + 1).min(Back::LAST);
                let mut to = shop.on(worker, till::Stage::Refund(Stage::Post));
                *to.back(payment) = Back { signed, window: Window::Open, ..back };
                set(&mut to, payment, Refund::Sending);
                steps.write("signs a refund, and says so", &["Store::send_refund"], to);
            } else {
                steps.due("another one sends it", shop.off(worker));
            }
        }
        Stage::Post => post(shop, worker, rules, steps),
        Stage::Ask if back.used => steps.due("the refund has arrived", shop.on(worker, refund(Stage::Arrived))),
        Stage::Ask if back.window != Window::Over => steps.due("a later refund is under way", shop.off(worker)),
        Stage::Ask if back.refused => {
            steps.due("it can never arrive", shop.on(worker, refund(Stage::Credit(back.signed))));
        }
        Stage::Ask => steps.due("it has not arrived, and cannot", shop.on(worker, refund(Stage::Send))),
        Stage::Arrived if now.refund == Refund::Sending || rules.made(Mistake::RefundBeforeIntent) => {
            let mut to = shop.off(worker);
            set(&mut to, payment, Refund::Refunded);
            steps.write("refunded", S::ARRIVED, to);
        }
        Stage::Arrived => steps.due("it was written down", shop.off(worker)),
        Stage::Credit(seen) => credit(shop, worker, seen, rules, steps),
    }
}

fn refund<W>(stage: Stage) -> till::Stage<W> {
    till::Stage::Refund(stage)
}

fn set<S: Refunder>(shop: &mut S, payment: usize, refund: Refund) {
    shop.payments()[payment].refund = refund;
    shop.mark(payment, refund);
}

fn post<S: Refunder>(shop: &S, worker: usize, rules: Rules, steps: &mut Steps<S>) {
    let payment = usize::from(shop.worker(worker).payment);
    let back = *shop.the_back(payment);
    let fresh = !back.used || rules.made(Mistake::RandomNonce);
    if back.window == Window::Over || !fresh {
        return steps.due("the facilitator refuses a used or expired refund", shop.on(worker, refund(Stage::Ask)));
    }
    steps.due("a refund arrives", landed(&shop.on(worker, refund(Stage::Arrived)), payment, false));
    let Some(shop) = shop.unlucky() else { return };
    steps.luck("a refund arrives, and the answer is lost", landed(&shop.off(worker), payment, false));
    let mut to = shop.off(worker);
    to.back(payment).flying = true;
    steps.luck("a refund takes longer than we wait", to);
    let mut to = shop.off(worker);
    to.back(payment).refused = true;
    if rules.made(Mistake::CreditWhileItCanArrive) {
        to = shop.on(worker, refund(Stage::Credit(back.signed)));
    }
    steps.luck("the facilitator will not pay this payee", to);
}

fn credit<S: Refunder>(shop: &S, worker: usize, seen: u8, rules: Rules, steps: &mut Steps<S>) {
    let payment = usize::from(shop.worker(worker).payment);
    let now = shop.payment(payment);
    let back = shop.the_back(payment);
    let never_sent = seen == 0 && now.refund == Refund::Due;
    let never_arrives = seen > 0 && now.refund == Refund::Sending && back.signed == seen;
    if never_sent || never_arrives || rules.made(Mistake::CreditWhateverState) {
        let mut to = shop.off(worker);
        to.credit(payment);
        to.payments()[payment].sent_back += 1;
        set(&mut to, payment, Refund::Credited);
        steps.write("credited", &["Store::credited"], to);
    } else {
        steps.due("it is not to be credited any more", shop.off(worker));
    }
}

/// The money of one payment, in and out.
pub fn balance(payment: &Payment, delivered: bool) -> (u8, u8) {
    (u8::from(payment.used) + u8::from(payment.by_credit), u8::from(delivered) + payment.sent_back)
}
