//! Numbers by country: what is idle, what is leased, and what it all costs a month.

use std::collections::BTreeMap;

use serde_json::json;
use shared::numbers::country_of;
use shared::store::{Candidate, Queue, SHARDS};
use shared::types::{Country, PhoneNumber};
use shared::upstream::twilio::account::Accounts;

use super::ASK;
use crate::Desk;
use crate::terminal::{Answer, Trouble};

/// How much of one queue is counted: as many as an index gives in one answer, or thereabouts.
const MOST: u16 = 10_000;

#[derive(Default)]
struct Stock {
    idle: usize,
    resting: usize,
    leased: usize,
    underway: usize,
    billed: Option<usize>,
}

/// `dialtone stock`
pub(crate) async fn stock(desk: &Desk) -> Result<Answer, Trouble> {
    let mut countries = leased(desk).await?;
    underway(desk, &mut countries).await?;
    billed(desk, &mut countries).await?;
    countries.entry(Country::US).or_default();
    idle(desk, &mut countries).await?;
    let prices = desk.settings.accounts().await;
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    for (country, stock) in &countries {
        let price = price(prices.as_ref(), *country).await;
        let count = stock.billed.unwrap_or(stock.idle + stock.resting + stock.leased + stock.underway);
        let monthly =
            price.as_ref().and_then(|(price, _)| cents(price)).map(|cents| dollars(cents.saturating_mul(count)));
        let unit = price.as_ref().map_or_else(|| "unknown".to_owned(), |(price, unit)| format!("{price} {unit}"));
        rows.push(vec![
            country.to_string(),
            stock.idle.to_string(),
            stock.resting.to_string(),
            stock.leased.to_string(),
            stock.underway.to_string(),
            stock.billed.map_or_else(|| "?".to_owned(), |billed| billed.to_string()),
            unit,
            monthly.clone().unwrap_or_else(|| "?".to_owned()),
        ]);
        documents.push(json!({
            "country": country.as_str(), "idle": stock.idle, "resting": stock.resting, "leased": stock.leased,
            "underway": stock.underway, "billed": stock.billed,
            "price": price.as_ref().map(|(price, unit)| json!({"monthly": price, "unit": unit})),
            "monthly": monthly,
        }));
    }
    let heading = ["country", "idle", "resting", "leased", "under way", "billed", "a month each", "a month"];
    let answer = Answer { json: json!({"countries": documents}), ..Answer::default() };
    Ok(answer.table(&heading, rows))
}

type Countries = BTreeMap<Country, Stock>;

async fn leased(desk: &Desk) -> Result<Countries, Trouble> {
    let store = desk.settings.store()?;
    let mut countries = Countries::new();
    for shard in 0..SHARDS {
        for (candidate, _) in store.waiting(Queue::Leases(shard), MOST).await? {
            if let Candidate::Lease(_, number) = candidate {
                countries.entry(country_of(&number)).or_default().leased += 1;
            }
        }
    }
    Ok(countries)
}

async fn underway(desk: &Desk, countries: &mut Countries) -> Result<(), Trouble> {
    let store = desk.settings.store()?;
    for queue in [Queue::Imports, Queue::Releases] {
        for (candidate, _) in store.waiting(queue, MOST).await? {
            if let Candidate::Number(number) = candidate {
                countries.entry(country_of(&number)).or_default().underway += 1;
            }
        }
    }
    Ok(())
}

/// What the carrier bills, if it can be asked: the truth about what is paid for.
async fn billed(desk: &Desk, countries: &mut Countries) -> Result<(), Trouble> {
    let Some(twilio) = desk.settings.twilio() else { return Ok(()) };
    let mut owned: Vec<PhoneNumber> = Vec::new();
    let mut page = None;
    loop {
        let (numbers, next) = twilio.all_owned(page, ASK).await.map_err(|error| Trouble(error.to_string()))?;
        owned.extend(numbers.into_iter().map(|owned| owned.number));
        match next {
            Some(_) => page = next,
            None => break,
        }
    }
    for number in &owned {
        *countries.entry(country_of(number)).or_default().billed.get_or_insert(0) += 1;
    }
    for stock in countries.values_mut() {
        stock.billed.get_or_insert(0);
    }
    Ok(())
}

async fn idle(desk: &Desk, countries: &mut Countries) -> Result<(), Trouble> {
    let (store, now) = (desk.settings.store()?, desk.invocation.now);
    for (country, stock) in countries {
        let waiting = store.waiting(Queue::Pool(*country), MOST).await?;
        stock.idle = waiting.iter().filter(|(_, from)| *from <= now).count();
        stock.resting = waiting.len() - stock.idle;
    }
    Ok(())
}

async fn price(accounts: Option<&Accounts>, country: Country) -> Option<(String, String)> {
    accounts?.price(country, ASK).await.ok().flatten()
}

/// A price in whole cents, rounded up: it is told, never charged.
fn cents(price: &str) -> Option<usize> {
    let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
    let digits = fraction.get(..2.min(fraction.len()))?;
    let hundredths: usize = format!("{digits:0<2}").parse().ok()?;
    let more = fraction.get(2..).is_some_and(|rest| rest.bytes().any(|digit| digit != b'0'));
    Some(whole.parse::<usize>().ok()?.checked_mul(100)? + hundredths + usize::from(more))
}

fn dollars(cents: usize) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::{cents, dollars};

    #[test]
    fn a_price_is_read_without_floating_point() {
        for (text, whole) in [("1.15", 115), ("1", 100), ("2.5", 250), ("0.0085", 1), ("0.10", 10), ("12.1400", 1214)] {
            assert_eq!(cents(text), Some(whole), "{text}");
        }
        for text in ["", "-1", "1,15", "x"] {
            assert_eq!(cents(text), None, "{text}");
        }
        assert_eq!(dollars(11_505), "115.05");
    }
}
