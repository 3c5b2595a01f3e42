//! What is said of each limit, for people.

use std::fmt;

use super::{
    BROKEN_PER_DAY, BUSINESS_PER_DAY, CALLS_AT_ONCE, CALLS_PER_DAY, CALLS_PER_HOUR, DESTINATION_PER_DAY, GOOD,
    IN_DOUBT, LOOKS_PER_MINUTE, Limit, NEVER, NUMBERS_PER_DAY, OWNERS_PER_HOUR, REFUSED_PER_DAY, Reached, SAME_PER_DAY,
    SAME_PER_HOUR,
};

impl fmt::Display for Limit {
    /// For people: which limit, its number, and what to do.
    #[expect(clippy::too_many_lines, reason = "a table: one sentence for each limit")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CallsPerHour => write!(f, "A wallet places at most {CALLS_PER_HOUR} calls in an hour."),
            Self::CallsPerDay => write!(f, "A wallet places at most {CALLS_PER_DAY} calls in a day."),
            Self::CallsAtOnce => write!(
                f,
                "A wallet can have at most {CALLS_AT_ONCE} calls in progress, and no more than a quarter of all lines. Poll them, \
                 or hang one up: a call that is over frees its slot."
            ),
            Self::RefusedCalls => write!(
                f,
                "{REFUSED_PER_DAY} calls of this wallet were refused within a day for what they asked for: the number, the task, \
                 the voice. Each refusal has said what it was."
            ),
            Self::SamePerHour => write!(f, "A wallet calls the same number at most {SAME_PER_HOUR} times in an hour."),
            Self::SamePerDay => write!(f, "A wallet calls the same number at most {SAME_PER_DAY} times in a day."),
            Self::DestinationPerDay => {
                write!(
                    f,
                    "One number is called at most {DESTINATION_PER_DAY} times in a day, and a business's (toll-free, or \
                     nationwide) {BUSINESS_PER_DAY} times, by all wallets together."
                )
            }
            Self::Broken => write!(
                f,
                "The line of the last call to this number failed in the middle of the conversation, and the call was paid \
                 back. That can happen {BROKEN_PER_DAY} time in a day, for all wallets together."
            ),
            Self::WalletCost => write!(
                f,
                "The calls of this wallet would cost us more, beyond what was paid for them, than those of one wallet may in a \
                 day. Each counts for `max_duration` until it is over, and then for what it has cost, less its price: poll \
                 them, and ask for no more minutes than you need."
            ),
            Self::NewWallet => write!(
                f,
                "Calls to dear destinations are bounded for a wallet until {GOOD} of its calls have cost us no more than was \
                 paid for them. Fewer minutes (`max_duration`) may fit, and calls to other destinations count toward the {GOOD}."
            ),
            Self::PrefixCost => write!(
                f,
                "Calls to numbers that begin like this one have cost us more than was paid for them, as much more as may be in \
                 a day, for all wallets together. Fewer minutes (`max_duration`) may fit."
            ),
            Self::DailyCost => {
                write!(
                    f,
                    "The budget for a day's calls of all wallets is used up. Fewer minutes (`max_duration`) may fit."
                )
            }
            Self::DailyLoss => write!(
                f,
                "A day's calls of all wallets have cost us more than was paid for them, as much more as may be. Fewer minutes \
                 (`max_duration`) may fit."
            ),
            Self::DearLoss => write!(
                f,
                "A day's calls of all wallets to dear destinations have cost us more than was paid for them, as much more as \
                 may be. Fewer minutes (`max_duration`) may fit, and other destinations can be called."
            ),
            Self::AllAtOnce => {
                write!(f, "All lines are in use, by all wallets together, and when the next one is free is not known.")
            }
            Self::NumbersPerDay => write!(f, "A wallet buys at most {NUMBERS_PER_DAY} numbers in a day."),
            Self::NumbersCost => write!(
                f,
                "The budget for a day's numbers of all wallets is used up, and no number that would do is in stock."
            ),
            Self::UnpaidCall => write!(
                f,
                "The wallet's last call is not paid for yet: it is not known yet whether its phone rang, or whether its \
                 payment came through. Your next request looks again."
            ),
            Self::UnpaidNumber => write!(
                f,
                "Another number that this wallet is buying is not paid for yet, or it is not known yet whether it is. Your next \
                 request looks again."
            ),
            Self::UnpaidRing => write!(f, "This wallet had a phone rung and the payment for it was declined."),
            Self::Renewal => write!(
                f,
                "Another renewal of this number is being paid for, or it is not known yet whether it is paid. Your next \
                 request looks again."
            ),
            Self::InDoubt => write!(
                f,
                "The outcome of {IN_DOUBT} payments of this wallet is not known yet. Another payment is taken once one of them is \
                 known. Repeat their headers to find out."
            ),
            Self::CreditSpent => {
                write!(f, "This wallet's credit was spent on another call at the same moment. No limit is reached.")
            }
            Self::Owners => {
                write!(
                    f,
                    "A wallet is told at most {OWNERS_PER_HOUR} times in an hour who owns a number that it does not own."
                )
            }
            Self::Looks => write!(
                f,
                "Payments that may have been made already are looked up {LOOKS_PER_MINUTE} times a minute for one wallet."
            ),
            Self::Unproven => write!(
                f,
                "Too many payments of smart wallets, of which only code can say whether they are good, came in this minute. \
                 The same header is good later; a payment of a wallet without code is taken now."
            ),
            Self::Crowd => write!(f, "Too many requests came at the same moment. No limit is reached."),
        }
    }
}

impl fmt::Display for Reached {
    /// For people: which limit, and when to ask again. What is the latest time, or a guess, is said
    /// to be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, retry_after } = self;
        match limit {
            limit if *retry_after == NEVER => write!(f, "{limit}"),
            Limit::CallsAtOnce => write!(f, "{limit} The first of them is over in {retry_after} s at the latest."),
            Limit::AllAtOnce => write!(f, "{limit} Try again in {retry_after} s, which is a guess."),
            limit => write!(f, "{limit} Try again in {retry_after} s."),
        }
    }
}
