//! What keeps the product alive: how often something may be done, how much of it at once, and for
//! how much money. Every number stands here, and they are the product. What depends on how much is
//! sold is an operator's ([`Budget`], [`NumberBudget`]).
//!
//! Pure: from what was counted to whether one more may be, and if not, when. It refuses to know
//! where it is counted.
//!
//! The flat price is why there are so many. A call is sold for 54 cents and can cost eight times
//! that and more, so every wallet, every prefix and every day has a sum of what is lost: what its
//! calls cost us beyond what was paid for them and kept. What pays for itself is never refused for
//! money. And since it is a person's phone that rings, every destination has its number. None of
//! them forbids an ordinary destination or a length: a call that is dearer than all that a sum
//! allows is placed where nothing is lost yet.
//!
//! - `docs/decisions.md`: Why is a wallet paused for a day after one unpaid ring?
//! - `docs/decisions.md`: Which numbers are an operator's, and which are the product's?

pub mod budget;
pub mod judge;
pub mod manners;
pub mod prices;
pub mod rates;
pub mod slices;
pub mod waiting;
pub mod window;
mod words;
pub mod zones;

use std::time::Duration;

pub use budget::{Budget, Plan};

use crate::types::{DAY, Usdc};

/// Calls of one wallet in any hour.
pub const CALLS_PER_HOUR: usize = 20;
/// Calls of one wallet in any day.
pub const CALLS_PER_DAY: usize = 100;
/// Calls of one wallet that are not over.
pub const CALLS_AT_ONCE: usize = 3;
/// Calls of one wallet in any day that the dialler refuses for what they ask for. They cost their
/// wallet nothing, and the dialler counts them against us.
pub const REFUSED_PER_DAY: usize = 10;
/// Calls of one wallet to one destination in any hour.
pub const SAME_PER_HOUR: usize = 3;
/// Calls of one wallet to one destination in any day.
pub const SAME_PER_DAY: usize = 6;
/// Calls of all wallets to one destination in any day.
pub const DESTINATION_PER_DAY: usize = 10;
/// Calls to one destination in any day whose line failed after [`TALK`] of conversation. They are
/// paid back, and have cost us all of it; a callee who controls the line could have it fail each
/// time.
pub const BROKEN_PER_DAY: usize = 1;
/// So long a conversation is one.
pub const TALK: Duration = Duration::from_secs(30);
/// The same for a line that a business has so that it is called: a toll-free number, or one of a
/// company's at an ordinary price.
pub const BUSINESS_PER_DAY: usize = 100;
/// What a minute costs at the carrier beyond which a destination is a dear one: it costs us more
/// than is paid for it after less than three minutes.
pub const DEAR: Usdc = Usdc::micros(100_000);
/// A wallet is new until this many of its calls have cost us no more than was paid for them. A dear
/// call that could cost more than a wallet may lose uses up this many.
pub const GOOD: u64 = 10;
/// Of the signatures that only a contract can judge, one wallet's name may be under one in so many
/// of what a minute allows.
pub const NAMES: u32 = 3;
/// In the names of wallets that have paid there may be so many times as many as in those of all
/// others.
pub const KNOWN: u32 = 5;
/// A wallet has paid if that was for something that costs as much: what is cheaper any stranger can
/// buy.
pub const PROOF: Usdc = Usdc::micros(500_000);
/// Numbers that one wallet buys in any day.
pub const NUMBERS_PER_DAY: usize = 10;
/// How often one wallet is told in an hour whose a number is that is not its own.
pub const OWNERS_PER_HOUR: u32 = 20;

/// Fields of a body, and parameters of an address: each unknown one is held against some hundred
/// words, and its sender has not paid yet.
pub const FIELDS: usize = 500;
/// Names that are held against them inside unknown fields. Behind them only a purchase's name
/// counts.
pub const NAMES_INSIDE: usize = 1_000;

/// How often in a minute the chain is asked what became of payments of one wallet that are used
/// already and that we have no sale of.
pub const LOOKS_PER_MINUTE: u32 = 5;
/// Payments of one wallet whose outcome is not known: there is no other one before one of them is.
pub const IN_DOUBT: u64 = 2;
/// How long a call goes on whose payment is in doubt. It is stopped by the reaper's first round
/// after that, and what is paid for it all the same goes back.
pub const UNPAID_TALK: Duration = Duration::from_mins(2);

/// A window for counts.
pub const MINUTE: Duration = Duration::from_mins(1);
/// A window for counts.
pub const HOUR: Duration = Duration::from_hours(1);
/// A window for counts and sums.
pub const WINDOW: Duration = DAY;
/// What a call has cost is known so long after its end: the dialler writes it within a minute.
pub const CLOSING: Duration = Duration::from_mins(1);
/// How often the reaper comes by.
pub const ROUND: Duration = Duration::from_mins(1);
/// So long after a call's time is up its caller's next request sees that it is over: by then a
/// round of the reaper has stopped it, if it still ran, and some seconds have passed since, for the
/// dialler to say so and for another look to be due.
pub const LOOK: Duration = Duration::from_secs(ROUND.as_secs() + 10);
/// The same where only the reaper looks: two rounds, and the pause between them.
pub const SWEPT: Duration = Duration::from_mins(3);

/// The limits that an operator sets for numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberBudget {
    /// What each costs.
    pub prices: prices::Prices,
    /// What those that are bought at the carrier may cost us in a day.
    pub daily: Usdc,
    /// What those of them may have cost us in a day that are not paid for: beyond that a number is
    /// paid for before it is bought.
    pub unpaid: Usdc,
}

/// A limit, by what it limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// See [`CALLS_PER_HOUR`].
    CallsPerHour,
    /// See [`CALLS_PER_DAY`].
    CallsPerDay,
    /// See [`CALLS_AT_ONCE`].
    CallsAtOnce,
    /// See [`REFUSED_PER_DAY`].
    RefusedCalls,
    /// See [`SAME_PER_HOUR`].
    SamePerHour,
    /// See [`SAME_PER_DAY`].
    SamePerDay,
    /// See [`DESTINATION_PER_DAY`].
    DestinationPerDay,
    /// See [`BROKEN_PER_DAY`].
    Broken,
    /// See [`Budget::wallet`].
    WalletCost,
    /// See [`Budget::of_a_new_wallet`].
    NewWallet,
    /// See [`Budget::prefix`].
    PrefixCost,
    /// See [`Budget::cost`].
    DailyCost,
    /// See [`Budget::loss`].
    DailyLoss,
    /// See [`Budget::dear`].
    DearLoss,
    /// See [`Budget::lines`].
    AllAtOnce,
    /// See [`NUMBERS_PER_DAY`].
    NumbersPerDay,
    /// What numbers that are bought at the carrier may cost us in a day. Those that we have already
    /// are sold beyond that.
    NumbersCost,
    /// A wallet has one call at a time that is not paid for yet.
    UnpaidCall,
    /// A wallet has one number at a time that it buys and has not paid for yet.
    UnpaidNumber,
    /// A wallet that had a phone rung and did not pay has none rung for a day.
    UnpaidRing,
    /// A number has one renewal at a time that is not paid for yet.
    Renewal,
    /// See [`IN_DOUBT`].
    InDoubt,
    /// The wallet's credit was spent on another call at the same moment. Nothing is exceeded.
    CreditSpent,
    /// See [`OWNERS_PER_HOUR`].
    Owners,
    /// See [`LOOKS_PER_MINUTE`].
    Looks,
    /// Signatures that only a contract can judge, in a minute: as many as an operator allows
    /// (`UnprovenPerMinute`), in one name and in all of wallets that have paid or have not. See
    /// [`NAMES`] and [`KNOWN`].
    Unproven,
    /// So many came at once that it could not be counted. Nothing is exceeded.
    Crowd,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::CallsPerHour,
        Self::CallsPerDay,
        Self::CallsAtOnce,
        Self::RefusedCalls,
        Self::SamePerHour,
        Self::SamePerDay,
        Self::DestinationPerDay,
        Self::Broken,
        Self::WalletCost,
        Self::NewWallet,
        Self::PrefixCost,
        Self::DailyCost,
        Self::DailyLoss,
        Self::DearLoss,
        Self::AllAtOnce,
        Self::NumbersPerDay,
        Self::NumbersCost,
        Self::UnpaidCall,
        Self::UnpaidNumber,
        Self::UnpaidRing,
        Self::Renewal,
        Self::InDoubt,
        Self::CreditSpent,
        Self::Owners,
        Self::Looks,
        Self::Unproven,
        Self::Crowd,
    ];

    /// How many it allows, or how much; nothing where an operator says so
    /// ([`Limit::is_the_operators`]), or where nothing is exceeded.
    pub fn most(self) -> Option<String> {
        let count = |number: u64| Some(number.to_string());
        let size = |number: usize| Some(number.to_string());
        match self {
            Self::CallsPerHour => size(CALLS_PER_HOUR),
            Self::CallsPerDay => size(CALLS_PER_DAY),
            Self::CallsAtOnce => size(CALLS_AT_ONCE),
            Self::RefusedCalls => size(REFUSED_PER_DAY),
            Self::SamePerHour => size(SAME_PER_HOUR),
            Self::SamePerDay => size(SAME_PER_DAY),
            Self::DestinationPerDay => size(DESTINATION_PER_DAY),
            Self::Broken => size(BROKEN_PER_DAY),
            Self::NumbersPerDay => size(NUMBERS_PER_DAY),
            Self::UnpaidCall | Self::UnpaidNumber | Self::UnpaidRing | Self::Renewal => count(1),
            Self::InDoubt => count(IN_DOUBT),
            Self::Owners => count(u64::from(OWNERS_PER_HOUR)),
            Self::Looks => count(u64::from(LOOKS_PER_MINUTE)),
            Self::WalletCost
            | Self::NewWallet
            | Self::PrefixCost
            | Self::DailyCost
            | Self::DailyLoss
            | Self::DearLoss
            | Self::AllAtOnce
            | Self::NumbersCost
            | Self::Unproven
            | Self::CreditSpent
            | Self::Crowd => None,
        }
    }

    /// Whether its number is what an operator has set.
    pub const fn is_the_operators(self) -> bool {
        matches!(
            self,
            Self::WalletCost
                | Self::NewWallet
                | Self::PrefixCost
                | Self::DailyCost
                | Self::DailyLoss
                | Self::DearLoss
                | Self::AllAtOnce
                | Self::NumbersCost
                | Self::Unproven
        )
    }

    /// For programs. It stays the same.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CallsPerHour => "calls_per_wallet_per_hour",
            Self::CallsPerDay => "calls_per_wallet_per_day",
            Self::CallsAtOnce => "calls_in_flight_per_wallet",
            Self::RefusedCalls => "refused_calls_per_wallet_per_day",
            Self::SamePerHour => "calls_per_wallet_and_destination_per_hour",
            Self::SamePerDay => "calls_per_wallet_and_destination_per_day",
            Self::DestinationPerDay => "calls_per_destination_per_day",
            Self::Broken => "broken_calls_per_destination_per_day",
            Self::WalletCost => "call_cost_per_wallet_per_day",
            Self::NewWallet => "dear_call_cost_per_new_wallet_per_day",
            Self::PrefixCost => "call_cost_per_prefix_per_day",
            Self::DailyCost => "call_cost_per_day",
            Self::DailyLoss => "call_loss_per_day",
            Self::DearLoss => "dear_call_loss_per_day",
            Self::AllAtOnce => "calls_in_flight",
            Self::NumbersPerDay => "numbers_per_wallet_per_day",
            Self::NumbersCost => "number_cost_per_day",
            Self::UnpaidCall => "unpaid_calls_per_wallet",
            Self::UnpaidNumber => "unpaid_numbers_per_wallet",
            Self::UnpaidRing => "unpaid_rings_per_wallet_per_day",
            Self::Renewal => "renewals_per_number",
            Self::InDoubt => "doubtful_payments_per_wallet",
            Self::CreditSpent => "credit",
            Self::Owners => "owner_answers_per_wallet_per_hour",
            Self::Looks => "used_payments_per_wallet_per_minute",
            Self::Unproven => "unproven_signatures_per_minute",
            Self::Crowd => "crowd",
        }
    }
}

/// The rest of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Left {
    /// Of which.
    pub limit: Limit,
    /// How much.
    pub rest: Rest,
}

/// The rest of a limit, in its unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// This many.
    Count(u64),
    /// For so much.
    Cost(Usdc),
}

/// What is left of a number of which some are used.
pub fn left(limit: Limit, most: u64, used: u64) -> Left {
    Left { limit, rest: Rest::Count(most.saturating_sub(used)) }
}

/// One more would be too many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reached {
    /// Of what.
    pub limit: Limit,
    /// In this many seconds it is not, as far as this limit goes; [`NEVER`], if time alone changes
    /// nothing.
    pub retry_after: u64,
}

/// What is refused now is refused as well however long is waited.
pub const NEVER: u64 = u64::MAX;
