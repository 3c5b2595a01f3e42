//! Payments that arrive without us, and refunds at length: who pays at the chain, past us; the
//! watcher, who sees it in a final block or too early; the sender of refunds, twice at once, dead
//! between the sending and the writing down.
//!
//! What is sold is anything that takes a step before the fence and can fail there. Left out: a
//! reorganisation that takes a payment away which was granted already, here or elsewhere: one of
//! the latest blocks is believed where a client waits.

use crate::check::{Model, Steps, Verdict, holds};
use crate::payment::{Payment, Refund, State};
use crate::refunds::{self, Back, Refunder};
use crate::till::{self, Blame, Role, Shop, Stage, Worker, floor};
use crate::{Mistake, Rules};

/// What a worker does before the fence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Work {
    /// Claims.
    Claim,
    /// Makes what is sold.
    Make,
    /// A sweep undoes it.
    RollBack,
}

/// How far the chain is with a stranger's submission.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Block {
    None,
    Latest,
    Final,
}

const WORKERS: usize = 4;

/// Everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Stray {
    payments: [Payment; 1],
    back: Back,
    workers: [Worker<Work>; WORKERS],
    luck: u8,
    wallet: bool,
    credit: u8,
    block: Block,
    /// The watcher has read on.
    passed: bool,
}

impl Shop for Stray {
    type Work = Work;

    const TROUBLED: usize = 1;
    const FOREIGN: bool = true;
    const FIRST: Work = Work::Claim;
    const ROLL_BACK: Work = Work::RollBack;
    const GRANT: &'static [&'static str] = &["Store::close"];
    const RELEASE: [&'static [&'static str]; 2] = [&["Store::void"], &["Store::void"]];

    floor!();

    fn grant(&mut self, _: usize) -> bool {
        true
    }

    fn release(&mut self, _: usize, _: Blame) {}

    fn before(&self, worker: usize, work: Work, rules: Rules, steps: &mut Steps<Self>) {
        let open = till::may_write(self, worker, State::Open, rules);
        let mut to = self.clone();
        match work {
            Work::Claim
                if self.payments[0].is_free(self.workers[worker].request) || rules.made(Mistake::ClaimAnyway) =>
            {
                let to = till::claim(self, worker, State::Open, Stage::Before(Work::Make));
                steps.write("claims", &["Store::claim"], to);
            }
            Work::Claim => steps.due("there is a sale already", self.on(worker, Stage::Look)),
            Work::Make if open => {
                to.payments[0].state = State::Settling;
                steps.write("the fence", &["Store::fence"], to.on(worker, Stage::Settle));
                if let Some(shop) = self.unlucky() {
                    steps.luck("it cannot be made", shop.on(worker, Stage::Before(Work::RollBack)));
                }
            }
            Work::RollBack if open => {
                let void = &mut to.payments[0];
                (void.state, void.busy) = (State::Void, false);
                steps.write("void: it was not made", &["Store::void"], to.off(worker));
            }
            Work::Make | Work::RollBack => steps.due("overtaken", self.off(worker)),
        }
    }
}

impl Refunder for Stray {
    fn back(&mut self, _: usize) -> &mut Back {
        &mut self.back
    }

    fn the_back(&self, _: usize) -> &Back {
        &self.back
    }

    fn has_wallet(&self) -> bool {
        self.wallet
    }

    fn credit(&mut self, _: usize) {
        self.credit += 1;
    }

    fn mark(&mut self, _: usize, _: Refund) {}
}

impl Stray {
    /// The chain behind a payment, and the watcher, who reads each block once.
    fn chain(&self, rules: Rules, steps: &mut Steps<Self>) {
        let now = self.payments[0];
        if now.used && self.block == Block::None {
            // Whichever was first to see it: from here on it is in a block.
            return steps.due("a block has it", Self { block: Block::Latest, ..self.clone() });
        }
        if self.block == Block::Latest {
            steps.due("the block is final", Self { block: Block::Final, ..self.clone() });
            let believed = !matches!(now.state, State::None | State::Void)
                || self.workers.iter().any(|worker| worker.payment == 0 && worker.mine);
            if !believed && let Some(mut to) = self.unlucky() {
                (to.payments[0].used, to.payments[0].cancelled, to.block) = (false, true, Block::None);
                steps.luck("another branch of the chain wins, without it", to);
            }
        }
        let seen = self.block == Block::Final || self.block == Block::Latest && rules.made(Mistake::WatchLatest);
        if !seen || self.passed || !rules.watched || rules.made(Mistake::NoWatcher) {
            return;
        }
        let waits = now.is_under_way() && !rules.made(Mistake::WatchOnce);
        if !waits {
            let passed = Self { passed: true, ..self.clone() };
            let owed = matches!(now.state, State::None | State::Void) && now.refund == Refund::None;
            if owed {
                refunds::watch(&passed, 0, rules, steps);
            } else {
                steps.due("the watcher knows what it was for", passed);
            }
        }
    }
}

/// The model.
pub struct Straying(pub Rules);

impl Model for Straying {
    type State = Stray;

    fn start(&self) -> Vec<Stray> {
        let client = Worker::new(Role::Client, 0);
        let sweep = Worker::new(Role::Sweep, 0);
        let with = |wallet, request| Stray {
            payments: [Payment::SIGNED],
            back: Back::NONE,
            workers: [client, client.asking(request), sweep, sweep],
            luck: self.0.luck,
            wallet,
            credit: 0,
            block: Block::None,
            passed: false,
        };
        vec![with(true, 0), with(false, 0), with(true, 1), with(false, 1)]
    }

    fn next(&self, state: &Stray, steps: &mut Steps<Stray>) {
        till::around(state, 0, self.0, steps);
        refunds::around(state, 0, steps);
        state.chain(self.0, steps);
        for worker in 0..WORKERS {
            till::work(state, worker, self.0, steps);
            if state.workers[worker].role == Role::Sweep {
                refunds::sweep(state, worker, self.0, steps);
            }
            if let Stage::Refund(stage) = state.workers[worker].stage {
                refunds::work(state, worker, stage, self.0, steps);
            }
        }
        if let Some(mut to) = state.unlucky() {
            to.wallet = !state.wallet;
            steps.luck("a deployment brings a wallet for refunds, or takes it away", to);
        }
    }

    fn canonical(&self, state: &mut Stray) {
        state.workers[..2].sort_unstable();
        state.workers[2..].sort_unstable();
    }

    fn always(&self, state: &Stray) -> Verdict {
        let payment = &state.payments[0];
        holds(payment.granted <= 1, "I2 one authorization buys at most one thing")?;
        holds(!payment.mixed, "I2 an answer is that to its own request")?;
        holds(!payment.lied, "I3 402 is the truth")?;
        holds(payment.sent_back <= 1, "I4 a payment is refunded or credited at most once")?;
        holds(payment.sent_back == 0 || payment.granted == 0, "I4 nothing that was delivered is refunded")?;
        holds(
            payment.granted + payment.sent_back == 0 || payment.used,
            "I1 nothing is granted or refunded that was not paid",
        )
    }

    fn at_rest(&self, state: &Stray) -> Verdict {
        let payment = &state.payments[0];
        let (paid, out) = refunds::balance(payment, payment.granted == 1);
        holds(paid == out, "I7 whatever arrives is granted or goes back")?;
        let back = matches!(payment.refund, Refund::Refunded | Refund::Credited);
        holds(!payment.refused || !payment.used || back, "I3 402 is the truth")?;
        holds(!payment.promised || payment.granted == 1, "I3 200 is the truth")?;
        holds(!payment.is_under_way(), "I8 every sale ends")?;
        holds(payment.refund == Refund::None || back, "I8 every refund ends")?;
        holds(state.credit == u8::from(payment.refund == Refund::Credited), "I1 credit is what was credited")
    }
}
