//! The way back of the money.

use crate::check::Steps;
use crate::payment::{Refund, State};
use crate::till::Shop;
use crate::{Mistake, Rules};

/// What a sender of refunds is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Stage {
    /// To write down that it is about to be sent.
    Send,
}

/// The watcher and the refund, each in one step: [`crate::stray`] has them at length.
pub fn in_short<S: Shop>(shop: &S, payment: usize, rules: &Rules, steps: &mut Steps<S>) {
    let now = shop.payment(payment);
    let mut to = shop.clone();
    if now.refund == Refund::Due {
        let paid = &mut to.payments()[payment];
        paid.refund = Refund::Refunded;
        paid.sent_back += 1;
        steps.due("the money goes back", to);
    } else if rules.watched && !rules.made(Mistake::NoWatcher) && now.used && now.refund == Refund::None {
        let owed = &mut to.payments()[payment];
        owed.refund = Refund::Due;
        match now.state {
            State::None => {
                (owed.state, owed.spent) = (State::Void, true);
                steps.write("the watcher finds a stray without a sale", &["Store::owe_stranger"], to);
            }
            State::Void => {
                owed.spent = true;
                steps.write("the watcher finds a stray with a void sale", &["Store::owe"], to);
            }
            State::Open | State::Settling | State::Closed => {}
        }
    }
}
