//! The amounts that an operator decides on: what may be spent, paid back or asked in a day or a
//! minute.
//!
//! `docs/decisions.md`: Why does a wrong price of a number keep only its sale from starting?

use alloy_primitives::Address;
use tracing::error;

use super::Env;
use crate::limits::prices::{self, NotAPrice, Prices};
use crate::limits::{Budget, NumberBudget, Plan};
use crate::types::Usdc;

impl Env {
    /// `BLAND_PLAN` (`start`, `build` or `scale`), and in place of what that says `BLAND_LINES`
    /// (optional, how many calls may run at once) and `BLAND_MINUTE_PRICE` (optional, dollars).
    /// Whole dollars: `DAILY_CALL_BUDGET`, `DAILY_CALL_LOSS`, `PREFIX_CALL_LOSS`,
    /// `WALLET_CALL_LOSS`.
    pub fn budget(&mut self) -> Budget {
        let plan = self.required("BLAND_PLAN");
        let plan = Plan::ALL.into_iter().find(|known| known.name() == plan).unwrap_or_else(|| {
            self.problem("BLAND_PLAN is not one of start, build, scale");
            Plan::Start
        });
        let contract = match self.optional("BLAND_LINES").map(|lines| lines.parse::<u32>()) {
            None => plan.lines(),
            Some(Ok(lines)) if lines > 0 => lines.into(),
            Some(_) => {
                self.problem("BLAND_LINES is not a number of calls");
                plan.lines()
            }
        };
        let minute = match self.optional("BLAND_MINUTE_PRICE").map(|price| prices::dollars(&price)) {
            None => plan.minute(),
            Some(Some(price)) => price,
            Some(None) => {
                self.problem("BLAND_MINUTE_PRICE is not a number of dollars, such as 0.09");
                plan.minute()
            }
        };
        Budget {
            contract,
            minute,
            cost: self.dollars("DAILY_CALL_BUDGET"),
            loss: self.dollars("DAILY_CALL_LOSS"),
            prefix: self.dollars("PREFIX_CALL_LOSS"),
            wallet: self.dollars("WALLET_CALL_LOSS"),
        }
    }

    /// `DAILY_NUMBER_BUDGET` (whole dollars): what numbers that are bought at the carrier may cost
    /// in a day. `UNPAID_NUMBER_BUDGET` (whole dollars): beyond which numbers are paid for before
    /// they are bought.
    pub fn number_budget(&mut self) -> NumberBudget {
        let prices = self.own_prices().unwrap_or_else(|wrong| {
            self.problem(format!("NUMBER_PRICES: {wrong}"));
            Prices::known()
        });
        let daily = self.dollars("DAILY_NUMBER_BUDGET");
        if prices.highest() > daily {
            self.problem("NUMBER_PRICES has a country that costs more than DAILY_NUMBER_BUDGET");
        }
        NumberBudget { prices, daily, unpaid: self.dollars("UNPAID_NUMBER_BUDGET") }
    }

    /// `NUMBER_PRICES` (optional): what a number costs a month in further countries, such as
    /// `GB=1.15,DE=1.15`. For what sells none by it: a list that cannot be read is told, and no
    /// reason to stop no calls.
    pub fn number_prices(&self) -> Prices {
        self.own_prices().unwrap_or_else(|wrong| {
            error!(%wrong, "NumberPrices cannot be read: the prices of this build are taken");
            Prices::known()
        })
    }

    fn own_prices(&self) -> Result<Prices, NotAPrice> {
        Prices::with(&self.optional("NUMBER_PRICES").unwrap_or_default())
    }

    /// `MISSING_PAYMENTS_STOP` (whole dollars): so much that was granted and is not on the chain
    /// pauses selling.
    pub fn missing_stop(&mut self) -> Usdc {
        self.dollars("MISSING_PAYMENTS_STOP")
    }

    /// `DAILY_REFUND_LIMIT` (whole dollars): where more is owed than that on one day, nothing goes
    /// back until an operator says so.
    pub fn refund_limit(&mut self) -> Usdc {
        self.dollars("DAILY_REFUND_LIMIT")
    }

    /// `WALLET_REFUND_LIMIT` (whole dollars): how much goes back to one wallet in a day; the rest
    /// waits for another.
    pub fn wallet_refund_limit(&mut self) -> Usdc {
        self.dollars("WALLET_REFUND_LIMIT")
    }

    /// `DAILY_STRAY_LIMIT` (whole dollars): how much of stray payments goes back in a day.
    pub fn stray_limit(&mut self) -> Usdc {
        self.dollars("DAILY_STRAY_LIMIT")
    }

    /// `LARGEST_STRAY` (whole dollars): a larger stray payment goes back when an operator says so.
    pub fn largest_stray(&mut self) -> Usdc {
        self.dollars("LARGEST_STRAY")
    }

    /// `UNPROVEN_PER_MINUTE`: how many signatures that only a contract can judge are asked about in
    /// a minute. `SMART_WALLET_FACTORIES` (optional): more factories whose wallets may pay before
    /// they are deployed, comma-separated.
    pub fn unproven(&mut self) -> (u32, Vec<Address>) {
        let most: Option<u32> = self.required("UNPROVEN_PER_MINUTE").parse().ok().filter(|most| *most > 0);
        if most.is_none() {
            self.problem("UNPROVEN_PER_MINUTE is not a number of signatures");
        }
        let names = self.optional("SMART_WALLET_FACTORIES").unwrap_or_default();
        let mut factories = Vec::new();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name.parse() {
                Ok(factory) => factories.push(factory),
                Err(_) => self.problem(format!("SMART_WALLET_FACTORIES: {name} is not an address")),
            }
        }
        (most.unwrap_or(1), factories)
    }

    fn dollars(&mut self, name: &str) -> Usdc {
        let dollars: Option<u32> = self.required(name).parse().ok().filter(|dollars| *dollars > 0);
        if dollars.is_none() {
            self.problem(format!("{name} is not a number of dollars"));
        }
        Usdc::micros(1_000_000).times(u64::from(dollars.unwrap_or(1)))
    }
}

#[cfg(test)]
mod tests {
    use crate::env::Env;

    #[test]
    fn what_sells_numbers_needs_their_prices_and_what_stops_calls_starts_without() {
        for prices in ["UK=1.15", "GB=0", "GB"] {
            let env = || {
                Env::from(move |name| match name {
                    "NUMBER_PRICES" => Some(prices.to_owned()),
                    "POOL_COUNTRIES" => Some("US,UK".to_owned()),
                    _ => Some("5".to_owned()),
                })
            };
            let lenient = env();
            let told = (lenient.number_prices().countries().count(), lenient.pool_countries().len());
            assert_eq!(lenient.complete(told).ok(), Some((2, 1)), "{prices}");
            let mut strict = env();
            let budget = strict.number_budget();
            let why = strict.complete(budget).map_err(|incomplete| incomplete.to_string());
            assert!(why.is_err_and(|why| why.contains("is not a country and its price")), "{prices}");
        }
    }
}
