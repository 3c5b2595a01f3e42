//! Where calling begins, and what holds.

use super::{Call, Calling, Charge, Line, PAYMENTS, WORKERS};
use crate::check::{Model, Steps, Verdict, holds};
use crate::payment::{Payment, Refund};
use crate::till::{self, Role, Worker};
use crate::{Mistake, Rules, refunds};

/// The model.
pub struct Ringing(pub Rules);

impl Model for Ringing {
    type State = Calling;

    fn start(&self) -> Vec<Calling> {
        let none = Call {
            charge: Charge::None,
            placed: false,
            saying: false,
            stopped: false,
            hung_up: false,
            settled: false,
            kept: false,
            line: Line::Silent,
            rung: 0,
            flying: false,
            look: None,
        };
        let client = |payment| Worker::new(Role::Client, payment);
        let sweep = Worker::new(Role::Sweep, 0);
        let with = |credit| Calling {
            payments: [Payment::SIGNED; PAYMENTS],
            calls: [none; PAYMENTS],
            workers: [client(0), client(0), client(1), sweep, sweep],
            luck: self.0.luck,
            slot: None,
            paused: false,
            credit,
            credited: credit,
            leased: true,
            paid_first: self.0.paid_first,
            wrong: None,
        };
        vec![with(0), with(1)]
    }

    fn next(&self, state: &Calling, steps: &mut Steps<Calling>) {
        for payment in 0..PAYMENTS {
            till::around(state, payment, self.0, steps);
            if self.0.watched && !self.0.made(Mistake::NoWatcher) {
                refunds::watch(state, payment, self.0, steps);
            }
            state.live(payment, self.0, steps);
            state.pay_back(payment, self.0, steps);
        }
        for worker in 0..WORKERS {
            till::work(state, worker, self.0, steps);
        }
        if state.leased {
            steps.luck("the lease ends", Calling { leased: false, ..state.clone() });
        }
    }

    fn canonical(&self, state: &mut Calling) {
        state.workers[..2].sort_unstable();
        state.workers[3..].sort_unstable();
    }

    fn always(&self, state: &Calling) -> Verdict {
        if let Some(wrong) = state.wrong {
            return Err(wrong);
        }
        let mut credit = state.credited;
        let mut unpaid = 0;
        for (at, (payment, call)) in state.payments.iter().zip(&state.calls).enumerate() {
            holds(
                payment.granted == 0 || payment.used || payment.by_credit,
                "I1 nothing is granted that was not paid",
            )?;
            holds(payment.granted <= 1, "I2 one authorization buys at most one thing")?;
            holds(!payment.lied, "I3 402 is the truth")?;
            let (paid, _) = refunds::balance(payment, false);
            holds(payment.sent_back <= paid, "I4 no more goes back than was paid")?;
            holds(call.rung <= 1, "I17 a payment rings at most one phone")?;
            holds(
                call.rung == 0 || payment.used || state.credited > 0 || !state.is_paid_first(at),
                "I18 what only a contract signs rings once it is paid",
            )?;
            holds(!call.kept || call.charge == Charge::Paid, "I24 only what stays paid counts as income")?;
            let returned = call.charge == Charge::Back && payment.by_credit && !self.0.made(Mistake::OneRefundForTwo);
            let credited = payment.refund == Refund::Credited;
            credit += i8::from(returned) + i8::from(credited) - i8::from(payment.by_credit);
            unpaid += u8::from(call.line == Line::Running && call.charge != Charge::Paid);
        }
        holds(unpaid <= 1, "I18 a wallet has at most one phone ring unpaid")?;
        holds(state.credit >= 0, "I24 credit is spent once")?;
        holds(state.credit == credit, "I1 credit is what was credited and not spent")
    }

    fn at_rest(&self, state: &Calling) -> Verdict {
        for (at, (payment, call)) in state.payments.iter().zip(&state.calls).enumerate() {
            let (paid, out) = refunds::balance(payment, state.delivered(at));
            let failed = payment.granted > 0 && call.has_failed();
            holds(!failed || payment.sent_back > 0, "I19 an error is paid back")?;
            holds(paid == out, "I1 paid if and only if delivered or refunded")?;
            let back = matches!(payment.refund, Refund::Refunded | Refund::Credited);
            holds(!payment.refused || !payment.used || back, "I3 402 is the truth")?;
            holds(!payment.promised || payment.granted == 1, "I3 200 is the truth")?;
            holds(!payment.is_under_way() && state.slot.is_none(), "I8 every sale ends")?;
            let running = call.line == Line::Running && call.charge != Charge::Paid;
            holds(!running, "I18 an unpaid call is stopped")?;
            holds(!(call.hung_up && call.line == Line::Running), "I20 what was to be hung up has ended")?;
            let is_free = payment.granted == 0 || payment.sent_back > 0;
            holds(call.line != Line::Stopped || is_free, "I1 what we cut short is not charged")?;
        }
        Ok(())
    }
}
