//! Everything that is counted: names, units and dimensions, all of them here. A dimension has few
//! values, all of them ours: each combination is a metric that is paid for. `template.yaml` shows
//! each of these, and no other; a test compares.
//!
//! Requests are counted from the API's access log, by their status: in a line of ours that count
//! would be a third of it.
//!
//! Money is in micro-dollars.

/// CloudWatch's units, as far as they are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// How many.
    Count,
    /// How long.
    Seconds,
    /// How much money: CloudWatch has no unit for it.
    Money,
    /// How much of a hundred.
    Percent,
}

impl Unit {
    /// CloudWatch's word, where a number would not be taken for what it is without one.
    pub const fn told(self) -> Option<&'static str> {
        match self {
            Self::Count | Self::Money => None,
            Self::Seconds => Some("Seconds"),
            Self::Percent => Some("Percent"),
        }
    }
}

/// Something that is counted.
#[derive(PartialEq, Eq, Debug)]
pub struct Metric {
    /// CloudWatch's name for it.
    pub name: &'static str,
    /// What the numbers are.
    pub unit: Unit,
    /// What tells them apart. Those of [`LINE`] are in every line and need not be given.
    pub dimensions: &'static [&'static str],
}

/// From which hundredth on it is told how much of a budget is used up: an alarm rings far above it.
pub const WORTH_TELLING: u64 = 20;

/// The dimensions that a line has by itself.
pub const LINE: [&str; 2] = ["function", "outcome"];

macro_rules! metrics {
    ($($(#[$doc:meta])* $constant:ident: $name:literal, $unit:ident, [$($dimension:literal),+];)*) => {
        $($(#[$doc])* pub static $constant: Metric =
            Metric { name: $name, unit: Unit::$unit, dimensions: &[$($dimension),+] };)*

        /// All of them.
        pub const ALL: &[&Metric] = &[$(&$constant),*];
    };
}

metrics! {
    /// What failed on our side: a 500, or a step of a round that is tried again.
    FAULTS: "Faults", Count, ["function"];
    /// Rounds of the reaper and the refunds that came to their end.
    ROUNDS: "Rounds", Count, ["function"];
    /// Sales, by how they ended: `granted` (which brings the endpoint's price), `credit` (granted,
    /// and paid with credit), `declined`, `lapsed` (no answer while it was good), `not_sent`,
    /// `returned` (paid, and what was held is gone); or `unknown`, each time that it could not be
    /// found out.
    SALES: "Sales", Count, ["endpoint", "result"];
    /// Payments that went back: `refunded`, `credited`, or `waiting`, each time that it was put
    /// off.
    REFUNDS: "Refunds", Count, ["result"];
    /// How much that was.
    MONEY_BACK: "MoneyBack", Money, ["result"];
    /// What a vendor charged: `bland` for a call when it has ended, `twilio_numbers` for the first
    /// month of a number when it is bought, and `twilio` for a call's minutes, as we reckon them.
    UPSTREAM_COST: "UpstreamCost", Money, ["vendor"];
    /// Requests that a vendor refused because of us: our key, our balance, or an account that is
    /// suspended.
    LOCKED_OUT: "LockedOut", Count, ["vendor"];
    /// Questions that a vendor failed to answer, and so failed a customer. What it refuses for what
    /// was asked is not among them: a stranger could ask for that.
    VENDOR_FAILURES: "VendorFailures", Count, ["vendor"];
    /// What the carrier has billed for calls since it was last asked: what was reckoned is held
    /// against it.
    CARRIER_BILLED: "CarrierBilled", Money, ["vendor"];
    /// What is left at a vendor, asked for once an hour.
    BALANCE: "Balance", Money, ["vendor"];
    /// How long that lasts, as the last days were spent; as if no less than $10 were spent in a
    /// day, and a month at the longest.
    BALANCE_LASTS: "BalanceLasts", Seconds, ["vendor"];
    /// For how long the oldest call has waited for a look, of those that a round has found: for its
    /// turn, or for a look that shows something.
    OVERDUE_CALL_AGE: "OverdueCallAge", Seconds, ["function"];
    /// Calls that were to be hung up: `asked`, or `over` where they had ended before; and `late`,
    /// each time that one is found to run on a minute after it was asked for.
    HANG_UPS: "HangUps", Count, ["result"];
    /// Callees who have asked in a call not to be called again.
    OPT_OUTS: "OptOuts", Count, ["function"];
    /// Requests that were refused because of a limit, ours or a vendor's.
    LIMITS_HIT: "LimitsHit", Count, ["limit"];
    /// How much of what a day's calls may cost is used up, each time that a call is asked for and
    /// that is [`WORTH_TELLING`].
    CALL_BUDGET_USED: "CallBudgetUsed", Percent, ["function"];
    /// Sales that were begun more than a minute ago and have not come to an end, after a round.
    UNFINISHED_SALES: "UnfinishedSales", Count, ["function"];
    /// How old the oldest of them is.
    UNFINISHED_SALE_AGE: "UnfinishedSaleAge", Seconds, ["function"];
    /// Those among them whose payment may have been made.
    UNKNOWN_SETTLEMENTS: "UnknownSettlements", Count, ["function"];
    /// How old the oldest of those is.
    UNKNOWN_SETTLEMENT_AGE: "UnknownSettlementAge", Seconds, ["function"];
    /// How much of the chains' final blocks has not been looked at for payments that bought
    /// nothing, in their time.
    WATCH_LAG: "WatchLag", Seconds, ["function"];
    /// Sales that were granted and whose payment is not on the chain, though it would be final.
    MISSING_PAYMENTS: "MissingPayments", Count, ["function"];
    /// How much that was.
    MISSING_MONEY: "MissingMoney", Money, ["function"];
    /// Payments that are still to go back, after a round.
    REFUNDS_OWED: "RefundsOwed", Count, ["function"];
    /// How long the oldest of them has been owed.
    REFUND_AGE: "RefundAge", Seconds, ["function"];
    /// Stray payments that are still to go back: by themselves, or when an operator says so.
    STRAYS_WAITING: "StraysWaiting", Count, ["function"];
    /// What is paid back today.
    REFUNDED_TODAY: "RefundedToday", Money, ["function"];
    /// What the poorest of the wallets that pay back holds.
    REFUND_FLOAT: "RefundFloat", Money, ["function"];
    /// Days that have ended and whose books are not written.
    BOOKS_BEHIND: "BooksBehind", Count, ["function"];
    /// For how long selling has been paused, once an hour while it is.
    PAUSED_FOR: "PausedFor", Seconds, ["function"];
    /// Whether the canary's purchase failed: 1 or 0, each time that it has tried.
    CANARY_FAILED: "CanaryFailed", Count, ["function"];
    /// Whether its wallet held too little to buy: 1 or 0.
    CANARY_UNFUNDED: "CanaryUnfunded", Count, ["function"];
    /// Idle numbers that can be sold at once.
    POOL: "Pool", Count, ["country"];
    /// Numbers that the carrier bills.
    NUMBERS: "Numbers", Count, ["country"];
    /// What they cost a month, as far as their price is known.
    NUMBER_RENT: "NumberRent", Money, ["country"];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ALL;

    #[test]
    fn a_name_is_one_metric_and_fits_cloudwatch() {
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            assert!(metric.name.bytes().all(|c| c.is_ascii_alphanumeric()) && metric.name.len() <= 255);
            assert!((1..=9).contains(&metric.dimensions.len()), "{}", metric.name);
        }
    }
}
