//! Twilio's other hosts: which countries may be called (`voice.twilio.com`) and what numbers cost
//! (`pricing.twilio.com`).

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get as on_get;
use serde_json::{Value, json};

use super::accounts::Who;
use super::errors::Refusal;
use super::incoming::{Parameters, get};
use super::{MONTHLY_CENTS, Twilio, answer};
use crate::sim;

/// Whether ordinary, special and fraud-prone numbers of a country may be called.
pub type Switches = [bool; 3];

/// Countries as Twilio groups them: Canada stands with the United States.
const COUNTRIES: [(&str, &str, &str, &str); 5] = [
    ("US", "United States/Canada", "NORTH_AMERICA", "+1"),
    ("GB", "United Kingdom", "EUROPE", "+44"),
    ("DE", "Germany", "EUROPE", "+49"),
    ("LV", "Latvia", "EUROPE", "+371"),
    ("CU", "Cuba", "NORTH_AMERICA", "+53"),
];

/// As in a new account: at home, and nowhere else.
pub(super) fn usual() -> BTreeMap<&'static str, Switches> {
    COUNTRIES.iter().map(|(code, ..)| (*code, [*code == "US", false, false])).collect()
}

/// What a minute costs: country, first digits, from where, and the price as Twilio writes it.
const MINUTES: [(&str, &[&str], &[&str], &str); 6] = [
    ("US", &["1"], &["ALL"], "0.0140"),
    ("US", &["1907"], &["ALL"], "0.0900"),
    ("GB", &["44"], &["43", "44"], "0.0158"),
    ("GB", &["44"], &["ALL"], "0.0210"),
    ("GB", &["447", "4473"], &["ALL"], "0.0350"),
    ("LV", &["371"], &["ALL"], "0.4500"),
];

/// `https://voice.twilio.com`.
pub(super) fn voice() -> Router<Twilio> {
    Router::new()
        .route("/v1/DialingPermissions/Countries", on_get(list))
        .route("/v1/DialingPermissions/Countries/{country}", on_get(one))
}

/// `https://pricing.twilio.com`.
pub(super) fn pricing() -> Router<Twilio> {
    Router::new()
        .route("/v1/PhoneNumbers/Countries/{country}", on_get(price))
        .route("/v2/Voice/Countries", on_get(called))
        .route("/v2/Voice/Countries/{country}", on_get(minutes))
}

fn document((code, name, continent, prefix): (&str, &str, &str, &str), switches: Switches) -> Value {
    let url = format!("https://voice.twilio.com/v1/DialingPermissions/Countries/{code}");
    json!({
        "iso_code": code, "name": name, "continent": continent, "country_codes": [prefix],
        "low_risk_numbers_enabled": switches[0],
        "high_risk_special_numbers_enabled": switches[1],
        "high_risk_tollfraud_numbers_enabled": switches[2],
        "url": url, "links": {"highrisk_special_prefixes": format!("{url}/HighRiskSpecialPrefixes")},
    })
}

/// There is no account in the path: the one that asks is meant. Sub-accounts inherit what the main
/// account has.
async fn list(State(twilio): State<Twilio>, Query(parameters): Query<Parameters>, headers: HeaderMap) -> Response {
    answer(twilio.who(&headers).and_then(|_| {
        let size = match get(&parameters, "PageSize") {
            None => 50,
            Some(text) => text.parse::<usize>().map_err(|_| Refusal::parameter("PageSize", text))?.clamp(1, 1000),
        };
        let inner = twilio.inner();
        let all: Vec<Value> = COUNTRIES
            .iter()
            .filter_map(|country| Some(document(*country, *inner.dialling.get(country.0)?)))
            .filter(|country| {
                get(&parameters, "LowRiskNumbersEnabled")
                    .is_none_or(|wanted| country["low_risk_numbers_enabled"] == (wanted == "true"))
            })
            .collect();
        let url = "https://voice.twilio.com/v1/DialingPermissions/Countries";
        let next = (all.len() > size).then(|| format!("{url}?PageSize={size}&Page=1&PageToken=x"));
        Ok(sim::json(
            200,
            &json!({
                "content": all.iter().take(size).collect::<Vec<_>>(),
                "meta": {"first_page_url": url, "key": "content", "next_page_url": next, "page": 0, "page_size": size,
                         "previous_page_url": null, "url": url},
            }),
        ))
    }))
}

async fn one(State(twilio): State<Twilio>, Path(country): Path<String>, headers: HeaderMap, uri: Uri) -> Response {
    answer(twilio.who(&headers).and_then(|_| {
        let inner = twilio.inner();
        let known = COUNTRIES.iter().find(|(code, ..)| *code == country).zip(inner.dialling.get(country.as_str()));
        let (country, switches) = known.ok_or_else(|| Refusal::not_found(uri.path()))?;
        Ok(sim::json(200, &document(*country, *switches)))
    }))
}

async fn price(State(twilio): State<Twilio>, Path(country): Path<String>, headers: HeaderMap, uri: Uri) -> Response {
    answer(twilio.who(&headers).and_then(|_who: Who| {
        let name = match country.as_str() {
            "US" => "United States",
            "CA" => "Canada",
            _ => return Err(Refusal::not_found(uri.path())),
        };
        let monthly = format!("{}.{:02}", MONTHLY_CENTS / 100, MONTHLY_CENTS % 100);
        Ok(sim::json(
            200,
            &json!({
                "country": name, "iso_country": country, "price_unit": "USD",
                "phone_number_prices": [
                    {"number_type": "local", "base_price": monthly, "current_price": monthly},
                    {"number_type": "toll free", "base_price": "2.15", "current_price": "2.15"},
                ],
                "url": format!("https://pricing.twilio.com/v1/PhoneNumbers/Countries/{country}"),
            }),
        ))
    }))
}

async fn called(State(twilio): State<Twilio>, Query(parameters): Query<Parameters>, headers: HeaderMap) -> Response {
    answer(twilio.who(&headers).and_then(|_| {
        let size = match get(&parameters, "PageSize") {
            None => 50,
            Some(text) => text.parse::<usize>().map_err(|_| Refusal::parameter("PageSize", text))?.clamp(1, 1000),
        };
        let url = "https://pricing.twilio.com/v2/Voice/Countries";
        let countries = COUNTRIES.iter().filter(|(code, ..)| MINUTES.iter().any(|(of, ..)| of == code));
        let all: Vec<Value> = countries
            .map(|(code, name, ..)| json!({"country": name, "iso_country": code, "url": format!("{url}/{code}")}))
            .collect();
        let next = (all.len() > size).then(|| format!("{url}?PageSize={size}&Page=1&PageToken=x"));
        Ok(sim::json(
            200,
            &json!({
                "countries": all.iter().take(size).collect::<Vec<_>>(),
                "meta": {"first_page_url": url, "key": "countries", "next_page_url": next, "page": 0, "page_size": size,
                         "previous_page_url": null, "url": url},
            }),
        ))
    }))
}

async fn minutes(State(twilio): State<Twilio>, Path(country): Path<String>, headers: HeaderMap, uri: Uri) -> Response {
    answer(twilio.who(&headers).and_then(|_| {
        let prices: Vec<Value> = MINUTES
            .iter()
            .filter(|(of, ..)| *of == country)
            .map(|(_, destinations, origins, price)| {
                json!({
                    "base_price": price, "current_price": price, "destination_prefixes": destinations,
                    "origination_prefixes": origins, "friendly_name": "Programmable Outbound Minute",
                })
            })
            .collect();
        if prices.is_empty() {
            return Err(Refusal::not_found(uri.path()));
        }
        let document = json!({
            "country": country, "iso_country": country, "price_unit": "USD", "inbound_call_prices": [],
            "outbound_prefix_prices": prices, "url": format!("https://pricing.twilio.com/v2/Voice/Countries/{country}"),
        });
        Ok(sim::json(200, &document))
    }))
}
