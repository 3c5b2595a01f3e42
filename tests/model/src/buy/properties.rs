//! Where buying begins, and what holds.

use super::{Buy, Custody, NUMBERS, Number, PAYMENTS, WORKERS, sale};
use crate::check::{Model, Steps, Verdict, holds};
use crate::payment::{Payment, Refund, State};
use crate::till::{self, Role, Worker};
use crate::{Mistake, Rules, refunds};

/// The model.
pub struct Buying(pub Rules);

impl Model for Buying {
    type State = Buy;

    fn start(&self) -> Vec<Buy> {
        let idle = Number { custody: Custody::Absent, owned: false, taken: false, flying: false };
        let pooled = Number { custody: Custody::Pooled, owned: true, ..idle };
        let client = |payment| Worker::new(Role::Client, payment);
        let sweep = Worker::new(Role::Sweep, 0);
        vec![Buy {
            payments: [Payment::SIGNED; PAYMENTS],
            chosen: [0; PAYMENTS],
            numbers: [pooled, idle, idle],
            workers: [client(0), client(0), client(1), sweep, sweep],
            luck: self.0.luck,
            paid_first: self.0.paid_first,
            late: false,
            released: false,
        }]
    }

    fn next(&self, state: &Buy, steps: &mut Steps<Buy>) {
        for payment in 0..PAYMENTS {
            till::around(state, payment, self.0, steps);
            refunds::in_short(state, payment, self.0, steps);
        }
        for worker in 0..WORKERS {
            till::work(state, worker, self.0, steps);
        }
        for number in 0..NUMBERS {
            state.keep(number, self.0, steps);
        }
    }

    fn canonical(&self, state: &mut Buy) {
        state.workers[..2].sort_unstable();
        state.workers[3..].sort_unstable();
    }

    fn always(&self, state: &Buy) -> Verdict {
        for (at, payment) in state.payments.iter().enumerate() {
            let leased = state.leased(at);
            holds(leased == 0 || payment.used, "I1 nothing is granted that was not paid")?;
            holds(payment.granted <= 1 && leased <= 1, "I2 one authorization buys at most one thing")?;
            holds(!payment.lied, "I3 402 is the truth")?;
            let kept = self.0.made(Mistake::NoFence) || state.keeps(at);
            holds(kept, "I11 what is held for a sale is no other sale's until it ends")?;
            holds(payment.sent_back == 0 || leased == 0, "I4 nothing that was delivered is refunded")?;
        }
        holds(state.waits_for_the_payment(), "I13 what is to be paid for first is bought once it is paid")?;
        for number in &state.numbers {
            let known = number.custody != Custody::Absent || !number.owned || state.late;
            holds(known, "I12 every number that the carrier bills is in the table")?;
            let ours = !matches!(number.custody, Custody::Leased(_) | Custody::Held(_)) || number.owned;
            holds(ours, "I13 a number is held and leased only if it is ours")?;
        }
        Ok(())
    }

    fn at_rest(&self, state: &Buy) -> Verdict {
        for (at, payment) in state.payments.iter().enumerate() {
            let out = state.leased(at) + usize::from(payment.sent_back);
            holds(usize::from(payment.used) == out, "I1 paid if and only if delivered or refunded")?;
            let back = payment.refund == Refund::Refunded;
            holds(!payment.refused || !payment.used || back, "I3 402 is the truth")?;
            holds(!payment.promised || state.leased(at) == 1, "I3 200 is the truth")?;
            holds(!payment.is_under_way(), "I8 every sale ends")?;
        }
        for number in &state.numbers {
            let settled = matches!(number.custody, Custody::Absent | Custody::Pooled | Custody::Leased(_));
            holds(settled, "I8 every number comes to rest")?;
            holds(number.owned == (number.custody != Custody::Absent), "I12 carrier and table agree")?;
        }
        Ok(())
    }
}

impl Buy {
    /// What is being paid for is still there.
    fn keeps(&self, payment: usize) -> bool {
        let custody = self.numbers[usize::from(self.chosen[payment])].custody;
        let ordered = self.paid_first && payment == 0 && custody == Custody::Buying(sale(payment));
        self.payments[payment].state != State::Settling || custody == Custody::Held(sale(payment)) || ordered
    }

    /// A number that is paid for first is not ours before it is; but for another's purchase of it
    /// that could not be known of.
    fn waits_for_the_payment(&self) -> bool {
        let number = self.numbers[usize::from(self.chosen[0])];
        let begun = number.custody == Custody::Buying(sale(0)) && (number.owned || number.flying);
        !self.paid_first || !begun || self.payments[0].used || self.late
    }

    fn leased(&self, payment: usize) -> usize {
        self.numbers.iter().filter(|number| number.custody == Custody::Leased(sale(payment))).count()
    }
}
