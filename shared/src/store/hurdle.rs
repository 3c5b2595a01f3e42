//! What stands in the way of a transaction. Each change that has a condition says what it means if
//! that does not hold, and a transaction that was lost answers with it: so no reader depends on the
//! place of a change among the others.

/// The meaning of a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hurdle {
    /// The sale: another attempt carries it on, or it is not where the step begins.
    Sale,
    /// The wallet's own name for a purchase: another payment carries it.
    Name,
    /// The number: it is not in the hands that the step takes it from.
    Number,
    /// The lease: it has ended, or is not held as the step needs it.
    Lease,
    /// The call: it is not where the step begins.
    Call,
    /// The wallet: another call of it is unpaid, it pauses, is blocked, or its credit is spent.
    Wallet,
    /// The callee has asked not to be called.
    OptOut,
    /// What is counted of calls: it is not as it was seen, or is used up.
    Calls(CallCount),
    /// What is counted of numbers that are bought: the same.
    Bought(BoughtCount),
    /// What has gone back today: one more would be too much.
    RefundsToday,
    /// What has gone back to this payer today: one more would be too much for one payer.
    RefundsToPayer,
    /// Refunds are stopped until an operator lifts that.
    RefundsStopped,
    /// A switch or a turn: it is as it is wanted already, or another process has it.
    Switch,
}

/// A count of calls, each in an item of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallCount {
    /// The calls of a wallet.
    OfWallet,
    /// The calls to a destination.
    ToDestination,
    /// What the calls to a prefix cost.
    PrefixCost,
    /// What all calls cost, and how many run.
    OfAll,
}

/// A count of numbers that are bought, each in an item of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BoughtCount {
    /// The purchases of a wallet.
    OfWallet,
    /// What numbers cost that come from the carrier.
    Cost,
    /// What those of them cost that are not paid for.
    UnpaidCost,
}
