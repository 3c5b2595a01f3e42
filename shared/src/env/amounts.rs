//! The amounts that an operator decides on: what may be spent, paid back or asked in a day or a minute.

use alloy_primitives::Address;

use super::Env;
use crate::limits::prices::{self, Prices};
use crate::limits::{Budget, NumberBudget, Plan};
use crate::types::Usdc;

impl Env {
    /// `BLAND_PLAN` (`start`, `build` or `scale`), and in place of what that says `BLAND_LINES` (optional, how many calls may run at once)
    /// and `BLAND_MINUTE_PRICE` (optional, dollars). Whole dollars: `DAILY_CALL_BUDGET`, `DAILY_CALL_LOSS`, `PREFIX_CALL_LOSS`,
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

    /// `DAILY_NUMBER_BUDGET` (whole dollars): what numbers that are bought at the carrier may cost in a day.
    /// `UNPAID_NUMBER_BUDGET` (whole dollars): beyond which numbers are paid for before they are bought.
    pub fn number_budget(&mut self) -> NumberBudget {
        let prices = self.number_prices();
        let daily = self.dollars("DAILY_NUMBER_BUDGET");
        if prices.highest() > daily {
            self.problem("NUMBER_PRICES has a country that costs more than DAILY_NUMBER_BUDGET");
        }
        NumberBudget { prices, daily, unpaid: self.dollars("UNPAID_NUMBER_BUDGET") }
    }

    /// `NUMBER_PRICES` (optional): what a number costs a month in further countries, such as `GB=1.15,DE=1.15`.
    pub fn number_prices(&mut self) -> Prices {
        let more = self.optional("NUMBER_PRICES").unwrap_or_default();
        Prices::with(&more).unwrap_or_else(|wrong| {
            self.problem(format!("NUMBER_PRICES: {wrong}"));
            Prices::known()
        })
    }

    /// `MISSING_PAYMENTS_STOP` (whole dollars): so much that was granted and is not on the chain pauses selling.
    pub fn missing_stop(&mut self) -> Usdc {
        self.dollars("MISSING_PAYMENTS_STOP")
    }

    /// `DAILY_REFUND_LIMIT` (whole dollars): where more is owed than that on one day, nothing goes back until an operator says so.
    pub fn refund_limit(&mut self) -> Usdc {
        self.dollars("DAILY_REFUND_LIMIT")
    }

    /// `DAILY_STRAY_LIMIT` (whole dollars): how much of stray payments goes back in a day.
    pub fn stray_limit(&mut self) -> Usdc {
        self.dollars("DAILY_STRAY_LIMIT")
    }

    /// `LARGEST_STRAY` (whole dollars): a larger stray payment goes back when an operator says so.
    pub fn largest_stray(&mut self) -> Usdc {
        self.dollars("LARGEST_STRAY")
    }

    /// `UNPROVEN_PER_MINUTE`: how many signatures that only a contract can judge are asked about in a minute.
    /// `SMART_WALLET_FACTORIES` (optional): more factories whose wallets may pay before they are deployed, comma-separated.
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
