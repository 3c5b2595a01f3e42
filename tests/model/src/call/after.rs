//! A call after it was dialled: what the dialler does, who looks, and what is paid back.

use super::{Call, Calling, Charge, Line};
use crate::check::Steps;
use crate::payment::Refund;
use crate::till::Shop;
use crate::{Mistake, Rules};

impl Calling {
    /// What the dialler does, and who looks at a call.
    pub(super) fn live(&self, payment: usize, rules: Rules, steps: &mut Steps<Self>) {
        let call = self.calls[payment];
        let with = |change: fn(&mut Call)| {
            let mut to = self.clone();
            change(&mut to.calls[payment]);
            to
        };
        if call.flying {
            steps.due("a lost dial comes to nothing", with(|call| call.flying = false));
            let to = with(|call| (call.flying, call.line, call.rung) = (false, Line::Running, call.rung + 1));
            steps.due("a lost dial rings", to);
        }
        if call.saying {
            steps.luck("the write behind the fence is lost", with(|call| call.saying = false));
            let to = with(|call| (call.saying, call.placed) = (false, call.placed || call.charge != Charge::None));
            steps.write("the call says that it is placed", &["Store::placed"], to);
        }
        if call.line == Line::Running && call.charge == Charge::Declined {
            steps.due("a sweep stops what was not paid", with(|call| call.line = Line::Stopped));
        }
        if call.line == Line::Running && call.stopped {
            steps.due("what is in doubt is stopped", with(|call| call.line = Line::Stopped));
        }
        if payment >= Self::TROUBLED {
            return;
        }
        self.hang_up(payment, rules, steps);
        if call.line == Line::Running {
            steps.luck("the call ends", with(|call| call.line = Line::Ended));
            steps.luck("the call fails", with(|call| call.line = Line::Failed));
        }
        let alone = self.payments[payment].refund == Refund::None;
        if call.charge == Charge::RefundDue && (alone || self.pays_by_credit(payment, rules)) {
            self.owe(payment, rules, steps);
        }
        let over = !matches!(call.line, Line::Silent | Line::Running);
        if !over || !call.placed || call.settled {
            return;
        }
        match call.look {
            None => {
                let to = with(|call| call.look = Some(call.charge));
                steps.write("takes the turn to look", &["Store::take_look"], to);
            }
            Some(seen) => self.looked(payment, seen, rules, steps),
        }
    }

    /// A client wants it to end, at any time after its claim; what is not paid is stopped for that,
    /// and not for this.
    fn hang_up(&self, payment: usize, rules: Rules, steps: &mut Steps<Self>) {
        let call = self.calls[payment];
        let is_over = !matches!(call.line, Line::Silent | Line::Running) || call.settled;
        if call.charge != Charge::None && !call.hung_up && !is_over {
            let mut to = self.clone();
            to.calls[payment].hung_up = true;
            steps.optionally(|steps| steps.write("it is asked for that it ends", &["Store::hang_up"], to));
        }
        let is_unpaid = call.stopped || call.charge == Charge::Declined;
        if call.hung_up && call.placed && call.line == Line::Running && !is_unpaid {
            let mut to = self.clone();
            to.calls[payment].line = Line::Ended;
            if rules.made(Mistake::HungUpOnce) {
                steps.luck("the request has it hung up, unless it dies", to);
            } else {
                steps.due("a look or a sweep has it hung up", to);
            }
        }
    }

    fn looked(&self, payment: usize, seen: Charge, rules: Rules, steps: &mut Steps<Self>) {
        let call = self.calls[payment];
        let mut to = self.clone();
        to.calls[payment].look = None;
        if seen == Charge::Pending && !rules.made(Mistake::JudgedTooSoon) {
            // While the payment is unknown it cannot be said whether an error has to be paid back.
            return steps.due("it is over, and its payment is unknown", to);
        }
        let failed = call.has_failed() || rules.made(Mistake::EndIsAnError);
        let paid = seen == Charge::Paid || rules.made(Mistake::RefundsTheUnpaid);
        to.calls[payment].settled = true;
        if failed && paid {
            to.calls[payment].charge = Charge::RefundDue;
        }
        // Known for certain in this write, and in none before it.
        to.calls[payment].kept = seen == Charge::Paid && (!failed || rules.made(Mistake::KeptThoughItGoesBack));
        steps.write("writes down how it ended", &["Store::looked"], to);
    }

    /// A failed call's money goes back: what credit paid becomes credit again, and leaves the
    /// sale's own refund free for what the chain may still bring.
    fn owe(&self, payment: usize, rules: Rules, steps: &mut Steps<Self>) {
        let mut to = self.clone();
        if self.pays_by_credit(payment, rules) {
            to.calls[payment].charge = Charge::Back;
            to.payments[payment].sent_back += 1;
            to.credit += 1;
            return steps.write("a failed call's credit comes back", &["Store::credit_back"], to);
        }
        to.payments[payment].refund = Refund::Due;
        steps.write("a failed call is owed", &["Store::owe_for_call"], to);
    }

    /// The refund in one step: it goes to the chain, or stays as credit.
    pub(super) fn pay_back(&self, payment: usize, rules: Rules, steps: &mut Steps<Self>) {
        if self.payments[payment].refund != Refund::Due {
            return;
        }
        let mut to = self.clone();
        if to.calls[payment].charge == Charge::RefundDue && !self.pays_by_credit(payment, rules) {
            to.calls[payment].charge = Charge::Back;
        }
        let back = &mut to.payments[payment];
        back.sent_back += 1;
        let mut credited = to.clone();
        to.payments[payment].refund = Refund::Refunded;
        steps.write("the money goes back", &["Store::send_refund", "Store::refunded"], to);
        credited.payments[payment].refund = Refund::Credited;
        credited.credit += i8::from(!rules.made(Mistake::CreditLost));
        steps.write("the money stays as credit", &["Store::credited"], credited);
    }
}
