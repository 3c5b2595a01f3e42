//! What is taken off again when a call comes to nothing, or is over.

use crate::limits::{SETTLING, judge, rates};
use crate::store::Cost;
use crate::store::change::{Change, Changes, Step, is, there};
use crate::store::keys::{self, Key};
use crate::store::rows::{COST, ENDS_AT, Name, OPEN, OPEN_UNTIL, RUNNING, SUM, SUM_SINCE};
use crate::types::{CallId, PhoneNumber, Usdc, Wallet};

use super::list::{entry_of, forgotten};

/// What is taken off again for a call for which no phone rang.
pub fn undone(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: Option<&Cost>) -> Changes {
    let Some(cost) = cost else { return Changes::none() };
    let forget = |key: Key| forgotten(key, call.as_str());
    let [prefix, day] = corrected(to, cost, Some(Usdc::micros(0)));
    Changes::of([forget(keys::calls_of(wallet)), forget(keys::calls_to(to)), prefix, day, runs_no_longer()])
}

/// What a look at a call has shown of its end.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Over {
    /// It was seen to be over, for the first time, at this time.
    pub ended: Option<i64>,
    /// Nothing will change any more.
    pub settled: bool,
    /// What it has cost, if that is known then.
    pub price: Option<Usdc>,
}

/// What changes in the counts with the write that ends a call, if it does, and with the one that settles it, if it does.
pub(in crate::store) fn over(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: &Cost, over: Over) -> Changes {
    let Over { ended, settled, price } = over;
    let entry = |name: Name| entry_of(call.as_str()).then(name);
    let mut of_wallet = Change::update(keys::calls_of(wallet)).when(there(entry_of(call.as_str())));
    if let Some(at) = ended {
        of_wallet = of_wallet.remove(entry(ENDS_AT));
        if !settled {
            of_wallet = of_wallet.set(entry(OPEN_UNTIL), at + SETTLING.as_secs().cast_signed());
        }
    }
    if settled {
        of_wallet = of_wallet.remove(entry(OPEN_UNTIL));
    }
    if let Some(price) = price {
        of_wallet = of_wallet.set(entry(COST), judge::of_wallet(price).signed());
    }
    let of_wallet = (ended.is_some() || settled).then(|| of_wallet.or_without());
    let sums = corrected(to, cost, price).into_iter().filter(|_| settled);
    of_wallet.into_iter().chain(sums).chain(ended.map(|_| runs_no_longer())).collect()
}

fn runs_no_longer() -> Step {
    Change::update(keys::calls_that_run()).add(RUNNING, -1).anyway()
}

/// The sums of a prefix and of all, with what a call has cost in place of what was reserved for it. Where that is not known, what
/// was reserved stays. A sum whose day is over is not there any more.
fn corrected(to: &PhoneNumber, cost: &Cost, price: Option<Usdc>) -> [Step; 2] {
    let reserved = cost.amount.signed();
    let more = price.map_or(0, |price| price.signed() - reserved);
    let sums = [(keys::cost_of(rates::prefix(to)), cost.prefix_since), (keys::cost_of_all(), cost.day_since)];
    sums.map(|(key, since)| {
        let change = Change::update(key).add(SUM, more).add(OPEN, -reserved);
        change.when(is(SUM_SINCE, since)).or_without()
    })
}
