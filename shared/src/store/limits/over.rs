//! What is taken off again when a call comes to nothing, or is over, or is paid back though it was not in vain.

use crate::limits::{GOOD as ENOUGH, SETTLING, rates};
use crate::store::Cost;
use crate::store::change::{Change, Changes, Step, is, there};
use crate::store::keys;
use crate::store::rows::{COST as OF_ENTRY, ENDS_AT, GOOD, Name, OPEN_UNTIL, RUNNING, TO};
use crate::types::{CallId, PhoneNumber, Usdc, Wallet};

use super::list::{entry_of, forgotten, without};
use super::window::{COST, LOST, LOST_ON_DEAR, corrected};

/// What is taken off again for a call for which no phone rang. Where it was a risk, its wallet has taken none.
pub fn undone(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: Option<&Cost>) -> Changes {
    let of_wallet = without(keys::calls_of(wallet), call.as_str());
    cost.map_or_else(Changes::none, |cost| let_go(of_wallet, call, to, cost))
}

/// The same for one that was paid for first. It stays among the calls of its wallet, where it lost nothing: otherwise a wallet that
/// pays and is refused by the dialler could do so without end, and each time is a refund of ours.
pub fn paid_and_not_placed(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: Option<&Cost>) -> Changes {
    let entry = || entry_of(call.as_str());
    let of_wallet = Change::update(keys::calls_of(wallet))
        .remove(entry().then(ENDS_AT))
        .remove(entry().then(OPEN_UNTIL))
        .set(entry().then(OF_ENTRY), 0_i64)
        .when(there(entry()));
    cost.map_or_else(Changes::none, |cost| let_go(of_wallet, call, to, cost))
}

fn let_go(of_wallet: Change, call: &CallId, to: &PhoneNumber, cost: &Cost) -> Changes {
    let of_wallet = if cost.risk { of_wallet.add(GOOD, ENOUGH.cast_signed()) } else { of_wallet };
    let to_destination = forgotten(keys::calls_to(to), call.as_str());
    let [prefix, day] =
        of_sums(to, cost, Turned { cost: -cost.amount.signed(), loss: -cost.amount.signed(), known: true });
    Changes::of([of_wallet.or_without(), to_destination, prefix, day, runs_no_longer(cost)])
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
    /// What was paid for it and stays so: only what is settled is kept for certain.
    pub kept: Usdc,
}

/// What changes in the counts with the write that ends a call, if it does, and with the one that settles it, if it does. Where it is
/// not known what it has cost, what was reserved stays.
pub(in crate::store) fn over(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: &Cost, over: Over) -> Changes {
    let Over { ended, settled, price, kept } = over;
    let entry = |name: Name| entry_of(call.as_str()).then(name);
    let mut of_wallet = Change::update(keys::calls_of(wallet)).when(there(entry_of(call.as_str())));
    if let Some(at) = ended {
        of_wallet = of_wallet.remove(entry(ENDS_AT));
        if !settled {
            of_wallet = of_wallet.set(entry(OPEN_UNTIL), at + SETTLING.as_secs().cast_signed());
        }
    }
    let reserved = cost.amount.signed();
    let has_cost = price.map_or(reserved, Usdc::signed);
    let loss = has_cost - kept.signed();
    if settled {
        of_wallet = of_wallet.remove(entry(OPEN_UNTIL)).set(entry(OF_ENTRY), loss);
        if kept > Usdc::micros(0) && loss <= 0 {
            of_wallet = of_wallet.add(GOOD, goodness(cost));
        }
    }
    let of_wallet = (ended.is_some() || settled).then(|| of_wallet.or_without());
    let turned = Turned { cost: has_cost - reserved, loss: loss - reserved, known: true };
    let sums = of_sums(to, cost, turned).into_iter().filter(|_| settled);
    of_wallet.into_iter().chain(sums).chain(ended.map(|_| runs_no_longer(cost))).collect()
}

/// What was kept of a call is given back: all of what it has cost was lost.
pub(in crate::store) fn given_back(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: &Cost) -> Changes {
    if cost.kept == Usdc::micros(0) {
        return Changes::none();
    }
    let of_wallet = Change::update(keys::calls_of(wallet))
        .set(entry_of(call.as_str()).then(OF_ENTRY), cost.amount.signed())
        .when(there(entry_of(call.as_str())));
    let of_wallet = if cost.amount <= cost.kept { of_wallet.add(GOOD, -goodness(cost)) } else { of_wallet };
    let [prefix, day] = of_sums(to, cost, Turned { cost: 0, loss: cost.kept.signed(), known: false });
    Changes::of([of_wallet.or_without(), prefix, day])
}

/// What is counted of a wallet, where it is not said any more who was called. Of a call that is over its callee counts for nothing but how
/// often the same number is called.
pub(in crate::store) fn without_callee(call: &CallId, wallet: &Wallet, to: &PhoneNumber) -> Change {
    let callee = entry_of(call.as_str()).then(TO);
    let erased = to.without_subscriber();
    Change::update(keys::calls_of(wallet)).set(callee.clone(), erased.as_str()).when(is(callee, to.as_str()))
}

/// What a call adds to the good ones of its wallet if it was one: a risk gives back what it has used up.
fn goodness(cost: &Cost) -> i64 {
    let used_up = if cost.risk { ENOUGH.cast_signed() } else { 0 };
    used_up + 1
}

fn runs_no_longer(cost: &Cost) -> Step {
    Change::update(keys::calls_that_run(cost.slices.running)).add(RUNNING, -1).anyway()
}

/// By how much a call has turned out to cost more, or to lose more.
struct Turned {
    cost: i64,
    loss: i64,
    /// From now on it is known: nothing is reserved for it any more.
    known: bool,
}

/// The sums of a prefix and of all, after something has turned out about a call.
fn of_sums(to: &PhoneNumber, cost: &Cost, Turned { cost: more, loss, known }: Turned) -> [Step; 2] {
    let reserved = if known { cost.amount.signed() } else { 0 };
    let dear = if cost.dear { loss } else { 0 };
    [
        corrected(keys::cost_of(rates::prefix(to), cost.slices.prefix), cost.prefix_slot, &[(LOST, loss)], reserved),
        corrected(
            keys::cost_of_all(cost.slices.day),
            cost.day_slot,
            &[(LOST, loss), (COST, more), (LOST_ON_DEAR, dear)],
            reserved,
        ),
    ]
}
