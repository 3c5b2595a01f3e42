//! `Usage/Records/Daily.json`: what was billed, day by day.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::incoming::{Parameters, get};
use super::{Twilio, answer};
use crate::sim;

/// One record for each day and category, the newest first. Days are UTC's.
pub(super) async fn daily(
    State(twilio): State<Twilio>,
    Path(account): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    answer(twilio.authenticate(&account, &headers).and_then(|()| {
        let date = |name: &str| {
            let text = get(&parameters, name).ok_or_else(|| Refusal::parameter(name, "nothing"))?;
            text.parse::<Date>().map_err(|_| Refusal::parameter(name, text))
        };
        let (from, to) = (date("StartDate")?, date("EndDate")?);
        // There are some four hundred categories; these are what the simulator knows of.
        let category = get(&parameters, "Category").unwrap_or("nothing").to_owned();
        let (has_calls, has_numbers) = match category.as_str() {
            "calls" => (true, false),
            "phonenumbers" => (false, true),
            "totalprice" => (true, true),
            other => return Err(Refusal::parameter("Category", other)),
        };
        let numbers = twilio.charges().into_iter().filter(|_| has_numbers).map(|month| (month.at, month.cents));
        let calls = twilio.inner().billed.clone().into_iter().filter(|_| has_calls);
        let billed: Vec<(Timestamp, u64)> = calls.chain(numbers).collect();
        let of = |day: Date| billed.iter().filter(move |(at, _)| utc(*at) == day);
        let (description, unit) = match category.as_str() {
            "calls" => ("Voice Minutes", "minutes"),
            "phonenumbers" => ("Phone Numbers", "numbers"),
            _ => ("Total Price", ""),
        };
        let days: Vec<Date> = from.series(1.day()).take_while(|day| *day <= to).collect();
        let records: Vec<Value> = days
            .iter()
            .rev()
            .map(|day| {
                let cents: u64 = of(*day).map(|(_, cents)| cents).sum();
                json!({
                    "account_sid": account, "api_version": "2010-04-01", "as_of": format!("{day}T00:00:00+00:00"),
                    "category": category, "count": of(*day).count().to_string(), "count_unit": unit,
                    "description": description, "start_date": day.to_string(), "end_date": day.to_string(),
                    "price": format!("{}.{:02}", cents / 100, cents % 100), "price_unit": "usd",
                    "usage": "0", "usage_unit": unit, "uri": null, "subresource_uris": {},
                })
            })
            .collect();
        Ok(sim::json(
            200,
            &json!({"usage_records": records, "page": 0, "page_size": 50, "start": 0, "end": days.len().saturating_sub(1),
                    "next_page_uri": null, "previous_page_uri": null}),
        ))
    }))
}

fn utc(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}
