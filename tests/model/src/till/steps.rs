//! The steps of the till.

use super::{Blame, Evidence, Role, Said, Shop, Stage, Worker};
use crate::check::Steps;
use crate::payment::{Payment, Refund, State, Window};
use crate::{Mistake, Rules};

/// All that can happen to the money of a payment and to its sale, whatever attempt works.
pub fn around<S: Shop>(shop: &S, payment: usize, rules: Rules, steps: &mut Steps<S>) {
    let now = *shop.payment(payment);
    let with = |change: fn(&mut Payment)| {
        let mut to = shop.clone();
        change(&mut to.payments()[payment]);
        to
    };
    if payment >= S::TROUBLED {
        return lapse(shop, payment, rules, steps);
    }
    if now.window == Window::Open {
        steps.due("time: too late to send", with(|payment| payment.window = Window::Closing));
    } else if now.window == Window::Closing {
        steps.due("time: expired for good", with(|payment| (payment.window, payment.flying) = (Window::Over, false)));
    }
    if now.flying {
        steps.due("a lost settlement comes to nothing", with(|payment| payment.flying = false));
        if now.can_land() {
            steps.due("a lost settlement lands", with(|payment| (payment.flying, payment.used) = (false, true)));
        }
    }
    if let Some(shop) = shop.unlucky() {
        let with = |change: fn(&mut Payment)| {
            let mut to = shop.clone();
            change(&mut to.payments()[payment]);
            to
        };
        if now.can_land() {
            steps.luck("the payer empties the wallet", with(|payment| payment.funded = false));
            if rules.strangers {
                steps.luck("a stranger submits it", with(|payment| payment.used = true));
                steps.luck("the payer cancels it", with(|payment| payment.cancelled = true));
            }
        } else if !now.funded {
            steps.luck("the payer fills the wallet", with(|payment| payment.funded = true));
        }
    }
    lapse(shop, payment, rules, steps);
}

/// An attempt's minute is over. That of a request is longer than the request can live; a sweep may
/// be slower.
fn lapse<S: Shop>(shop: &S, payment: usize, rules: Rules, steps: &mut Steps<S>) {
    let now = shop.payment(payment);
    if !now.busy || !now.is_under_way() {
        return;
    }
    let mut workers = shop.clone();
    let owner = workers.workers().iter().find(|worker| worker.mine && usize::from(worker.payment) == payment).copied();
    let mut to = shop.clone();
    to.payments()[payment].busy = false;
    match owner {
        None if !shop.foreign_under_way(payment) => steps.due("an attempt's minute is over", to),
        _ if rules.made(Mistake::BusyTooShort) => steps.luck("an attempt's minute is over, too soon", to),
        // What is begun for what is paid has a minute of its own, and every question in it has its
        // time.
        Some(Worker { stage: Stage::Behind(_), .. }) => {}
        Some(Worker { role: Role::Sweep, .. }) => {
            if let Some(mut to) = shop.unlucky() {
                to.payments()[payment].busy = false;
                steps.luck("a slow sweep's minute is over", to);
            }
        }
        _ => {}
    }
}

/// What one worker can do.
pub fn work<S: Shop>(shop: &S, worker: usize, rules: Rules, steps: &mut Steps<S>) {
    let one = *shop.worker(worker);
    if !matches!(one.stage, Stage::Away | Stage::Gone)
        && let Some(shop) = shop.unlucky()
    {
        steps.luck("a process dies", shop.off(worker));
    }
    match one.stage {
        // A request may come or not; that it comes and what it reads first is one step.
        Stage::Away if one.role == Role::Client => steps.optionally(|steps| look(shop, worker, rules, steps)),
        Stage::Away => sweep(shop, worker, rules, steps),
        Stage::Look => look(shop, worker, rules, steps),
        Stage::Verify => verify(shop, worker, rules, steps),
        Stage::Before(work) => shop.before(worker, work, rules, steps),
        Stage::Behind(work) => shop.with_paid(worker, work, rules, steps),
        Stage::Settle => settle(shop, worker, rules, steps),
        Stage::Ask(said) => ask(shop, worker, said, rules, steps),
        Stage::Write(evidence) => write(shop, worker, evidence, rules, steps),
        Stage::GrantLate => {
            let mut to = shop.off(worker);
            to.grant(usize::from(one.payment));
            to.payments()[usize::from(one.payment)].granted += 1;
            steps.due("grants in a write of its own", to);
        }
        Stage::Refund(_) | Stage::Gone => {}
    }
}

fn sweep<S: Shop>(shop: &S, worker: usize, rules: Rules, steps: &mut Steps<S>) {
    let mut all = shop.clone();
    for payment in 0..all.payments().len() {
        let now = shop.payment(payment);
        let anybody = rules.made(Mistake::TakeOverBusy) || rules.made(Mistake::TakeOverBlind);
        if now.is_under_way() && (!now.busy || anybody) {
            let stage = if now.state == State::Open { Stage::Before(S::ROLL_BACK) } else { Stage::Settle };
            steps.write(
                "a sweep takes a sale over",
                &["Store::take_over"],
                take_over(shop, worker, payment, stage, rules),
            );
        }
    }
}

fn take_over<S: Shop>(shop: &S, worker: usize, payment: usize, stage: Stage<S::Work>, rules: Rules) -> S {
    let mut to = shop.clone();
    to.payments()[payment].busy = true;
    if !rules.made(Mistake::TakeOverBlind) {
        for rival in to.workers().iter_mut().filter(|rival| usize::from(rival.payment) == payment) {
            rival.mine = false;
        }
    }
    let one = &mut to.workers()[worker];
    one.payment = u8::try_from(payment).unwrap_or(u8::MAX);
    (one.stage, one.mine, one.fresh) = (stage, true, false);
    to
}

/// Makes a sale a worker's own, in the state in which it is claimed.
pub fn claim<S: Shop>(shop: &S, worker: usize, state: State, next: Stage<S::Work>) -> S {
    let mut to = shop.on(worker, next);
    let payment = usize::from(shop.worker(worker).payment);
    let one = &mut to.workers()[worker];
    (one.mine, one.fresh) = (true, true);
    let now = &mut to.payments()[payment];
    (now.state, now.busy, now.spent, now.request) = (state, true, false, shop.worker(worker).request);
    to
}

/// Whether a worker may write a step of its sale that is in this state.
pub fn may_write<S: Shop>(shop: &S, worker: usize, state: State, rules: Rules) -> bool {
    let one = shop.worker(worker);
    let in_state = shop.payment(usize::from(one.payment)).state == state;
    in_state && (one.mine || rules.made(Mistake::AnyAttemptWrites))
}

fn look<S: Shop>(shop: &S, worker: usize, rules: Rules, steps: &mut Steps<S>) {
    let one = shop.worker(worker);
    let payment = usize::from(one.payment);
    let now = shop.payment(payment);
    let another = now.state != State::None && now.request != one.request;
    if another && !rules.made(Mistake::AnyRequestIsServed) {
        return steps.due("409: it was used for another request", shop.off(worker));
    }
    if now.window != Window::Open && (now.is_free(one.request) || rules.made(Mistake::ExpiryBeforeRecord)) {
        return steps.due("402: it has expired", said_402(shop, worker));
    }
    match now.state {
        State::Closed => steps.due("200, again", said_200(shop, worker)),
        State::Void if now.spent => {
            let mut to = shop.off(worker);
            to.payments()[payment].refused = true;
            steps.due("402, again", to);
        }
        State::None | State::Void => {
            let next = if S::FOREIGN { Stage::Verify } else { Stage::Before(S::FIRST) };
            steps.due("reads that the payment is free", shop.on(worker, next));
        }
        State::Settling if !now.busy => {
            let to = take_over(shop, worker, payment, Stage::Settle, rules);
            steps.write("a request takes a sale over", &["Store::take_over"], to);
        }
        State::Open if !now.busy => {
            let to = take_over(shop, worker, payment, Stage::Before(S::ROLL_BACK), rules);
            steps.write("a request takes a sale over, to roll it back", &["Store::take_over"], to);
        }
        State::Open | State::Settling => steps.due("409: it is being worked on", shop.off(worker)),
    }
}

/// 402 to a request that claimed nothing. It is true as long as no other attempt has a sale of this
/// payment.
fn said_402<S: Shop>(shop: &S, worker: usize) -> S {
    let mut to = shop.off(worker);
    let now = &mut to.payments()[usize::from(shop.worker(worker).payment)];
    now.lied |= !matches!(now.state, State::None | State::Void);
    to
}

/// 200.
pub fn said_200<S: Shop>(shop: &S, worker: usize) -> S {
    let mut to = shop.off(worker);
    let one = shop.worker(worker);
    let now = &mut to.payments()[usize::from(one.payment)];
    now.promised = true;
    now.mixed |= one.role == Role::Client && now.request != one.request;
    to
}

fn verify<S: Shop>(shop: &S, worker: usize, rules: Rules, steps: &mut Steps<S>) {
    let one = shop.worker(worker);
    let payment = usize::from(one.payment);
    let now = shop.payment(payment);
    // A twin may be the reason for the refusal: the record is read once more.
    let refused = |shop: &S| {
        if now.is_free(one.request) || rules.made(Mistake::NoSecondLook) {
            said_402(shop, worker)
        } else {
            shop.on(worker, Stage::Look)
        }
    };
    if now.can_land() || now.used {
        steps.due("the payment is good, or was made", shop.on(worker, Stage::Before(S::FIRST)));
        if let Some(shop) = shop.trouble(payment) {
            steps.luck("the facilitator is wrong about it", refused(&shop));
        }
    } else {
        steps.due("the facilitator refuses it", refused(shop));
    }
}

fn settle<S: Shop>(shop: &S, worker: usize, rules: Rules, steps: &mut Steps<S>) {
    let one = *shop.worker(worker);
    let payment = usize::from(one.payment);
    let now = *shop.payment(payment);
    if one.role == Role::Sweep && rules.made(Mistake::SweepByTimer) {
        return steps.due("a sweep gives up by the clock", shop.on(worker, Stage::Write(Evidence::Unpaid)));
    }
    if now.settled
        && let Some((_, looks)) = shop.behind(worker)
    {
        return steps.due("it is proven to be paid", shop.on(worker, Stage::Behind(looks)));
    }
    if shop.is_stopped(payment) {
        return steps.due("what was stopped is not paid for any more", shop.on(worker, Stage::Ask(Said::Expired)));
    }
    if now.window != Window::Open {
        let next = if one.fresh { Stage::Write(Evidence::Unpaid) } else { Stage::Ask(Said::Expired) };
        return steps.due("too late to settle", shop.on(worker, next));
    }
    let next = |shop: &S, stage, change: fn(&mut Payment)| {
        let mut to = shop.on(worker, stage);
        change(&mut to.payments()[payment]);
        to
    };
    if now.can_land() {
        let to = next(shop, Stage::Write(Evidence::Paid), |payment| payment.used = true);
        steps.due("settled", to);
    } else {
        let said = if now.used { Said::Used } else { Said::Declined };
        steps.due("declined", shop.on(worker, Stage::Ask(said)));
    }
    let Some(shop) = shop.trouble(payment) else { return };
    if now.can_land() {
        let unheard = Stage::Ask(Said::Nothing);
        steps.luck("settled, and the answer is lost", next(&shop, unheard, |payment| payment.used = true));
        steps.luck("settling takes longer than we wait", next(&shop, unheard, |payment| payment.flying = true));
        steps.luck("declined without a reason", shop.on(worker, Stage::Ask(Said::Declined)));
    }
    steps.luck("the facilitator says nothing", shop.on(worker, Stage::Ask(Said::Nothing)));
    let believed = one.fresh || rules.made(Mistake::NeverSentThoughSent);
    let evidence = if believed { Evidence::NeverSent } else { Evidence::Unknown };
    steps.luck("the facilitator is not reached", shop.on(worker, Stage::Write(evidence)));
}

fn ask<S: Shop>(shop: &S, worker: usize, said: Said, rules: Rules, steps: &mut Steps<S>) {
    let one = shop.worker(worker);
    let payment = usize::from(one.payment);
    let now = shop.payment(payment);
    let refusal_believed = rules.made(Mistake::RefusalBelieved) && matches!(said, Said::Declined | Said::Used);
    let silence_is_no = rules.made(Mistake::TimeoutIsRefusal) && said == Said::Nothing;
    let evidence = if refusal_believed || silence_is_no {
        Evidence::Unpaid
    } else if now.used {
        Evidence::Paid
    } else {
        match said {
            Said::Nothing => Evidence::Unknown,
            _ if now.cancelled => Evidence::Unpaid,
            // What was sent before may still be under way, whatever is said about it now.
            Said::Declined if one.fresh || rules.made(Mistake::RefusalAfterSending) => Evidence::Unpaid,
            Said::Declined if now.window == Window::Over => Evidence::Unpaid,
            Said::Expired if now.window == Window::Over || rules.made(Mistake::ExpiryByOurClock) => Evidence::Unpaid,
            Said::Declined | Said::Used | Said::Expired => Evidence::Unknown,
        }
    };
    steps.due("the chain is asked", shop.on(worker, Stage::Write(evidence)));
    if let Some(shop) = shop.trouble(payment) {
        steps.luck("the node does not answer", shop.on(worker, Stage::Write(Evidence::Unknown)));
    }
}

fn write<S: Shop>(shop: &S, worker: usize, evidence: Evidence, rules: Rules, steps: &mut Steps<S>) {
    let one = shop.worker(worker);
    let payment = usize::from(one.payment);
    let unfenced = rules.made(Mistake::NoFence) && may_write(shop, worker, State::Open, rules);
    if !may_write(shop, worker, State::Settling, rules) && !unfenced {
        let closed = shop.payment(payment).state == State::Closed;
        let to = if closed { said_200(shop, worker) } else { shop.off(worker) };
        return steps.due("another attempt has overtaken this one", to);
    }
    if rules.made(Mistake::StopsBeforeVoid) && matches!(evidence, Evidence::Unpaid | Evidence::NeverSent) {
        let mut to = shop.clone();
        to.stop(payment);
        steps.due("stops what is foreign", to);
    }
    match evidence {
        Evidence::Paid => match shop.behind(worker) {
            Some((begins, _)) => {
                let mut to = shop.on(worker, Stage::Behind(begins));
                let paid = &mut to.payments()[payment];
                (paid.settled, paid.busy) = (true, true);
                steps.write("it is paid, and can be begun", &["Store::paid"], to);
            }
            None => grant(shop, worker, rules, steps),
        },
        Evidence::Unpaid => {
            let arrows = if shop.behind(worker).is_some() { shop.never_begun() } else { S::RELEASE[0] };
            let mut to = void(shop, worker, Blame::Payer, !rules.made(Mistake::DeclinedNotSpent));
            if one.role == Role::Client {
                to.payments()[payment].refused = true;
            }
            steps.write("void: it is not paid", arrows, to);
        }
        Evidence::NeverSent => {
            let arrows = if shop.behind(worker).is_some() { shop.never_begun() } else { S::RELEASE[1] };
            steps.write("void: it was never sent", arrows, void(shop, worker, Blame::Nothing, shop.rang(payment)));
        }
        Evidence::Unknown => {
            let mut to = shop.off(worker);
            to.payments()[payment].busy = false;
            let mut stopped = to.clone();
            steps.write("parked: it is not known", &["Store::park"], to);
            if stopped.stop_in_doubt(payment, rules) {
                steps.write("parked for too long: what goes on is to be stopped", &["Store::park_and_stop"], stopped);
            }
        }
    }
}

fn grant<S: Shop>(shop: &S, worker: usize, rules: Rules, steps: &mut Steps<S>) {
    let payment = usize::from(shop.worker(worker).payment);
    let mut to = said_200(shop, worker);
    to.payments()[payment].state = State::Closed;
    to.payments()[payment].busy = false;
    if rules.made(Mistake::GrantInTwoWrites) {
        to.workers()[worker] = Worker { stage: Stage::GrantLate, ..*shop.worker(worker) };
        return steps.due("closes, and grants later", to);
    }
    if to.grant(payment) {
        to.payments()[payment].granted += 1;
        steps.write("closed: paid and granted", S::GRANT, to);
    } else if rules.made(Mistake::LostProductIsAFault) {
        steps.due("what was paid for is gone", shop.off(worker));
    } else {
        let mut to = shop.off(worker);
        let now = &mut to.payments()[payment];
        (now.state, now.spent, now.busy, now.refund) = (State::Void, true, false, Refund::Due);
        steps.write("void, and owed: what was paid for is gone", &["Store::close_owing"], to);
    }
}

/// What was paid and cannot be had: void, and owed.
pub fn owing<S: Shop>(shop: &S, worker: usize) -> S {
    let payment = usize::from(shop.worker(worker).payment);
    let mut to = shop.off(worker);
    let now = &mut to.payments()[payment];
    (now.state, now.spent, now.busy, now.settled, now.refund) = (State::Void, true, false, false, Refund::Due);
    to
}

/// What was paid first is done: closed.
pub fn done<S: Shop>(shop: &S, worker: usize) -> S {
    let payment = usize::from(shop.worker(worker).payment);
    let mut to = said_200(shop, worker);
    let now = &mut to.payments()[payment];
    (now.state, now.busy, now.settled) = (State::Closed, false, false);
    now.granted += 1;
    to
}

/// It is not known what was done: no attempt's turn for a while.
pub fn deferred<S: Shop>(shop: &S, worker: usize) -> S {
    let payment = usize::from(shop.worker(worker).payment);
    let mut to = shop.off(worker);
    to.payments()[payment].busy = false;
    to
}

fn void<S: Shop>(shop: &S, worker: usize, blame: Blame, spent: bool) -> S {
    let payment = usize::from(shop.worker(worker).payment);
    let mut to = shop.off(worker);
    to.stop(payment);
    to.release(payment, blame);
    let now = &mut to.payments()[payment];
    (now.state, now.spent, now.busy) = (State::Void, spent, false);
    to
}
