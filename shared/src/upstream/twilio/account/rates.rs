//! What a minute to a number costs: Twilio's price list, country by country, as the account has it.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use super::{Accounts, Meta, expect};
use crate::limits::prices::dollars;
use crate::types::{Object, Usdc};
use crate::upstream::twilio::TwilioError;
use crate::wire::http::client;

#[derive(Deserialize)]
struct CountryPage {
    countries: Vec<Object<ListedCountry>>,
    meta: Object<Meta>,
}

#[derive(Deserialize)]
struct ListedCountry {
    iso_country: String,
}

#[derive(Deserialize)]
struct CountryDocument {
    outbound_prefix_prices: Vec<Object<PrefixPrice>>,
    price_unit: String,
}

#[derive(Deserialize)]
struct PrefixPrice {
    destination_prefixes: Vec<String>,
    current_price: String,
}

impl Accounts {
    /// The countries that calls have a price to, by Twilio's names.
    pub async fn called_countries(&self, limit: Duration) -> Result<Vec<String>, TwilioError> {
        let request =
            client().get(format!("{}/v2/Voice/Countries", self.config.pricing)).query(&[("PageSize", "1000")]);
        let page: CountryPage = expect(&self.send(request, limit).await?, StatusCode::OK)?;
        if page.meta.0.next_page_url.is_some() {
            return Err(TwilioError::Unknown);
        }
        Ok(page.countries.into_iter().map(|Object(country)| country.iso_country).collect())
    }

    /// What a minute to a country costs, by the first digits of the number; wherever it is called
    /// from. All or nothing: of half a list it could not be said what is dear.
    pub async fn minutes(&self, country: &str, limit: Duration) -> Result<Vec<(String, Usdc)>, TwilioError> {
        // It stands in a path, and was told by whom we ask.
        if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(TwilioError::Unknown);
        }
        let url = format!("{}/v2/Voice/Countries/{country}", self.config.pricing);
        let told: CountryDocument = expect(&self.send(client().get(url), limit).await?, StatusCode::OK)?;
        if told.price_unit != "USD" {
            return Err(TwilioError::Unknown);
        }
        let mut prices = Vec::new();
        for Object(price) in told.outbound_prefix_prices {
            let minute = dollars(&price.current_price).ok_or(TwilioError::Unknown)?;
            for digits in price.destination_prefixes {
                if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                    return Err(TwilioError::Unknown);
                }
                prices.push((digits, minute));
            }
        }
        Ok(prices)
    }
}
