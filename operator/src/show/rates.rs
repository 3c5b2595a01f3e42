//! What the carrier charges, anew from its price list: a minute to a number, and a month of one.

use serde_json::json;
use shared::limits::prices::{self, Prices, dollars};
use shared::limits::rates::{self, Rates};
use shared::types::Country;
use shared::upstream::twilio::account::Accounts;

use super::ASK;
use crate::Desk;
use crate::args::Rates as Asked;
use crate::terminal::{Answer, Trouble};

const SOURCE: &str = "the carrier's price list, as the account has it";

/// `dialtone rates`
pub(crate) async fn rates(desk: &Desk, asked: Asked) -> Result<Answer, Trouble> {
    let accounts = desk.settings.accounts().await.ok_or(Trouble::new("there are no credentials of the carrier's"))?;
    let today = desk.invocation.now.to_string();
    let today = today.get(..10).unwrap_or(&today);
    if asked.numbers.is_empty() {
        minutes(desk, &accounts, today).await
    } else {
        months(&accounts, &asked.numbers, today).await
    }
}

async fn minutes(desk: &Desk, accounts: &Accounts, today: &str) -> Result<Answer, Trouble> {
    let said = |error: shared::upstream::twilio::TwilioError| Trouble(error.to_string());
    let countries = accounts.called_countries(ASK).await.map_err(said)?;
    let mut prices = Vec::new();
    for country in &countries {
        prices.extend(accounts.minutes(country, ASK).await.map_err(said)?);
    }
    if prices.is_empty() {
        return Err(Trouble::new("the carrier lists no price: the table stays as it is"));
    }
    desk.terminal.progress(format!("{} countries, {} prices", countries.len(), prices.len()));
    let table = Rates::of(prices);
    let lines: Vec<String> = table.lines().collect();
    let is_current = table == *Rates::ours();
    Ok(answer(&lines, rates::head(today, SOURCE), is_current))
}

async fn months(accounts: &Accounts, countries: &[Country], today: &str) -> Result<Answer, Trouble> {
    let mut prices = Vec::new();
    for country in countries {
        let told = accounts.price(*country, ASK).await.map_err(|error| Trouble(error.to_string()))?;
        let price = told.filter(|(_, unit)| unit == "USD").and_then(|(price, _)| dollars(&price));
        let price = price.ok_or_else(|| Trouble(format!("the carrier has no price in dollars for {country}")))?;
        prices.push((*country, price));
    }
    let table = Prices::of_list(prices);
    let lines: Vec<String> = table.lines().collect();
    let is_current = table == Prices::known();
    Ok(answer(&lines, prices::head(today, SOURCE), is_current))
}

fn answer(lines: &[String], head: String, is_current: bool) -> Answer {
    let rows = lines.iter().filter_map(|line| line.split_once('\t'));
    let rates: serde_json::Map<_, _> = rows.map(|(of, price)| (of.to_owned(), json!(price))).collect();
    let answer = Answer::words(json!({"rates": rates, "current": is_current}), head + &lines.join("\n"));
    if is_current { answer } else { answer.no() }
}
