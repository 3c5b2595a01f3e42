//! What is taken off again when a call comes to nothing, or is over, or is paid back though it was
//! not in vain.
//!
//! - `docs/decisions.md`: Which calls count for the callee?
//! - `docs/decisions.md`: Why are calls counted that the dialler refuses?

use crate::limits::{CLOSING, GOOD as ENOUGH, rates};
use crate::store::Cost;
use crate::store::change::{Change, Changes, Step, is, there};
use crate::store::keys;
use crate::store::rows::{COST as OF_ENTRY, ENDS_AT, GOOD, Name, OPEN_UNTIL, REFUSED, RUNNING, TO};
use crate::types::{CallId, PhoneNumber, Usdc, Wallet};

use super::list::{entry_of, forgotten, without};
use super::window::{COST, LOST, LOST_ON_DEAR, corrected};

/// What is taken off again for a call for which no phone rang. Where it was a risk, its wallet has
/// taken none.
pub fn undone(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: Option<&Cost>) -> Changes {
    let of_wallet = without(keys::calls_of(wallet), call.as_str());
    cost.map_or_else(Changes::none, |cost| let_go(of_wallet, call, to, cost))
}

/// The same for one that the dialler has refused for what it asks for. What is left of it among the
/// calls of its wallet is when that was: otherwise a wallet could have it refused without end, for
/// nothing, and the dialler counts that against us.
pub fn refused(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: Option<&Cost>) -> Changes {
    let entry = |name: Name| entry_of(call.as_str()).then(name);
    let of_wallet = came_to_nothing(call, wallet).remove(entry(TO)).set(entry(REFUSED), true);
    cost.map_or_else(Changes::none, |cost| let_go(of_wallet, call, to, cost))
}

/// The same for one that was paid for first. It stays among the calls of its wallet, where it lost
/// nothing: otherwise a wallet that pays and is refused by the dialler could do so without end, and
/// each time is a refund of ours.
pub fn paid_and_not_placed(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: Option<&Cost>) -> Changes {
    cost.map_or_else(Changes::none, |cost| let_go(came_to_nothing(call, wallet), call, to, cost))
}

/// A call that has lost nothing, and does not run.
fn came_to_nothing(call: &CallId, wallet: &Wallet) -> Change {
    let entry = || entry_of(call.as_str());
    Change::update(keys::calls_of(wallet))
        .remove(entry().then(ENDS_AT))
        .remove(entry().then(OPEN_UNTIL))
        .set(entry().then(OF_ENTRY), 0_i64)
        .when(there(entry()))
}

fn let_go(of_wallet: Change, call: &CallId, to: &PhoneNumber, cost: &Cost) -> Changes {
    let of_wallet = if cost.risk { of_wallet.add(GOOD, ENOUGH.cast_signed()) } else { of_wallet };
    let to_destination = forgotten(keys::calls_to(to), call.as_str());
    let [prefix, day] =
        of_sums(to, cost, Turned { cost: -cost.amount.signed(), loss: -cost.amount.signed(), known: true, over: true });
    Changes::of([of_wallet.or_without(), to_destination, prefix, day])
}

/// The end of a call, as far as a look has shown it.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Over {
    /// It was seen to be over, for the first time, at this time.
    pub ended: Option<i64>,
    /// Nothing will change any more.
    pub closed: bool,
    /// What it has cost, if that is known then.
    pub price: Option<Usdc>,
    /// What was paid for it and stays so: only what is settled is kept for certain.
    pub kept: Usdc,
    /// It was hung up before the phone rang: its callee knows nothing of it, and it is paid back.
    pub unrung: bool,
}

/// What changes in the counts with the write that ends a call, if it does, and with the one that
/// closes it, if it does. Where it is not known what it has cost, what was reserved stays.
pub(in crate::store) fn over(call: &CallId, wallet: &Wallet, to: &PhoneNumber, cost: &Cost, over: Over) -> Changes {
    let Over { ended, closed, price, kept, unrung } = over;
    let entry = |name: Name| entry_of(call.as_str()).then(name);
    let mut of_wallet = Change::update(keys::calls_of(wallet)).when(there(entry_of(call.as_str())));
    if let Some(at) = ended {
        of_wallet = of_wallet.remove(entry(ENDS_AT));
        if !closed {
            of_wallet = of_wallet.set(entry(OPEN_UNTIL), at + CLOSING.as_secs().cast_signed());
        }
    }
    let reserved = cost.amount.signed();
    let has_cost = price.map_or(reserved, Usdc::signed);
    let loss = has_cost - kept.signed();
    if closed {
        of_wallet = of_wallet.remove(entry(OPEN_UNTIL)).set(entry(OF_ENTRY), loss);
        if kept > Usdc::micros(0) && loss <= 0 {
            of_wallet = of_wallet.add(GOOD, goodness(cost));
        }
    }
    let of_wallet = (ended.is_some() || closed).then(|| of_wallet.or_without());
    let turned = Turned { cost: has_cost - reserved, loss: loss - reserved, known: true, over: ended.is_some() };
    let sums = of_sums(to, cost, turned).into_iter().filter(|_| closed);
    let to_destination = (closed && unrung).then(|| forgotten(keys::calls_to(to), call.as_str()));
    let ended = (ended.is_some() && !closed).then(|| runs_no_longer(cost).anyway());
    of_wallet.into_iter().chain(to_destination).chain(sums).chain(ended).collect()
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
    let [prefix, day] = of_sums(to, cost, Turned { cost: 0, loss: cost.kept.signed(), known: false, over: false });
    Changes::of([of_wallet.or_without(), prefix, day])
}

/// What is counted of a wallet, where it is not said any more who was called. Of a call that is
/// over its callee counts for nothing but how often the same number is called.
pub(in crate::store) fn without_callee(call: &CallId, wallet: &Wallet, to: &PhoneNumber) -> Change {
    let callee = entry_of(call.as_str()).then(TO);
    let erased = to.without_subscriber();
    Change::update(keys::calls_of(wallet)).set(callee.clone(), erased.as_str()).when(is(callee, to.as_str()))
}

/// What a call adds to the good ones of its wallet if it was one: a risk gives back what it has
/// used up.
fn goodness(cost: &Cost) -> i64 {
    let used_up = if cost.risk { ENOUGH.cast_signed() } else { 0 };
    used_up + 1
}

fn runs_no_longer(cost: &Cost) -> Change {
    Change::update(keys::cost_of_all(cost.slices.day)).add(RUNNING, -1)
}

/// By how much a call has turned out to cost more, or to lose more.
struct Turned {
    cost: i64,
    loss: i64,
    /// From now on it is known: nothing is reserved for it any more.
    known: bool,
    /// From now on it runs no longer, whether or not its half-day still counts.
    over: bool,
}

/// The sums of a prefix and of all, after something has turned out about a call.
fn of_sums(to: &PhoneNumber, cost: &Cost, Turned { cost: more, loss, known, over }: Turned) -> [Step; 2] {
    let reserved = if known { cost.amount.signed() } else { 0 };
    let [dear, reserved_dear] = if cost.dear { [loss, reserved] } else { [0; 2] };
    let prefix = Change::update(keys::cost_of(rates::prefix(to), cost.slices.prefix));
    let all = if over { runs_no_longer(cost) } else { Change::update(keys::cost_of_all(cost.slices.day)) };
    let of_all = [(LOST, loss), (COST, more), (LOST_ON_DEAR, dear)];
    let all = corrected(all, cost.day_slot, &of_all, [reserved, reserved_dear]);
    [
        corrected(prefix, cost.prefix_slot, &[(LOST, loss)], [reserved, 0]).or_without(),
        if over { all.or_instead(runs_no_longer(cost)) } else { all.or_without() },
    ]
}
