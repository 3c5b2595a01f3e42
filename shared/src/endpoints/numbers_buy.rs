//! `POST /api/v1/phone/numbers/buy`, $5.00: a phone number for the calling wallet, leased for
//! thirty days.

use crate::api::{self, NUMBERS_BUY};
use crate::edge::{self, Handler};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::limits::NumberBudget;
use crate::limits::prices::Prices;
use crate::numbers::{Candidates, Numbers, Wanted, priced, set_alarm};
use crate::paid::{Endpoint, Paid, chain};
use crate::refusal::{Fault, Refusal};
use crate::sale::{Delivery, Stop, Undo};
use crate::store::sales::{NewSale, Open, Record, Sale, Settling};
use crate::store::work::Lease;
use crate::store::{Pause, Work};
use crate::types::areas::{self, NotItsArea};
use crate::types::{AreaCode, Country, Run, Wallet, rfc3339};
use crate::upstream::alarms::Alarms;
use crate::x402::Caller;
use crate::{body, leases};
use serde::Serialize;
use serde_json::{Value, json};

struct NumbersBuy {
    numbers: Numbers,
    alarms: Alarms,
    /// What numbers cost us, and may in a day.
    budget: NumberBudget,
}

#[derive(Serialize)]
struct Response {
    phone_number: String,
    country: String,
    owner_wallet: String,
    expires_at: String,
    chain: &'static str,
    transaction: String,
    /// Whether the number is of the area that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    area_code_matched: Option<bool>,
}

impl Endpoint for NumbersBuy {
    const ENDPOINT: &'static api::Endpoint = &NUMBERS_BUY;
    const FOREIGN: bool = true;
    const PAUSED_BY: Pause = Pause::New;
    type Ask = Wanted;
    type Plan = Candidates;
    type Answer = Response;

    fn sold_in(&self) -> Vec<Country> {
        self.budget.prices.countries().collect()
    }

    fn ask(&self, bytes: &[u8]) -> Result<Wanted, Refusal> {
        let mut body = body::read(&NUMBERS_BUY, bytes)?;
        let country = body.country("country").unwrap_or(Country::US);
        priced(country, &self.budget.prices)?;
        let area = body.text("area_code").map(|text| AreaCode::parse(&text, country)).transpose();
        let area = area.map_err(|error| body.bad("area_code", &error.to_string()))?;
        if let Some(area) = &area
            && let Err(why) = areas::is_of(area.as_str(), country)
        {
            return Err(body.bad("area_code", &why_not(why, country, &self.budget.prices)));
        }
        Ok(Wanted { country, area })
    }

    fn essence(wanted: &Wanted) -> Value {
        json!([wanted.country.to_string(), wanted.area.as_ref().map(AreaCode::as_str)])
    }

    async fn plan(
        &self,
        caller: &Caller,
        wanted: &Wanted,
        run: Run,
        invocation: &Invocation,
    ) -> Result<Candidates, Refusal> {
        self.numbers.look(caller.wallet(), wanted, &self.budget, run, invocation).await
    }

    async fn fulfil(
        &self,
        sale: NewSale,
        _: &Wanted,
        candidates: Candidates,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        self.numbers.reserve(sale, candidates, invocation).await
    }

    async fn deliver(
        &self,
        _: Option<&Wanted>,
        record: &Record,
        begun: bool,
        invocation: &Invocation,
    ) -> Result<Delivery, Fault> {
        self.numbers.deliver(record, begun, invocation).await
    }

    async fn roll_back(&self, sale: Sale<Open>, invocation: &Invocation) -> Result<(), Fault> {
        self.numbers.roll_back(sale, invocation).await
    }

    async fn beside(&self, payer: &Wallet, work: &Work, invocation: &Invocation) {
        if let (Work::Lease(Lease { number, .. }), Ok(ends)) = (work, invocation.now.checked_add(leases::TERM)) {
            set_alarm(&self.alarms, payer, number, ends, invocation).await;
        }
    }

    fn answer(record: &Record) -> Option<Response> {
        let Work::Lease(Lease { number, country, area, .. }) = &record.work else { return None };
        let payer = record.signed.payer;
        Some(Response {
            phone_number: number.as_str().to_owned(),
            country: country.to_string(),
            owner_wallet: payer.to_string(),
            expires_at: rfc3339(leases::ends_at(record)?),
            chain: chain(payer.network()),
            transaction: record.settled.as_ref()?.transaction.clone()?,
            area_code_matched: area.as_ref().map(|area| area.has(number)),
        })
    }
}

/// What a caller does instead who asks for an area that is not of the country that is sold: another
/// number than that of the wish is not what $5 are paid for.
fn why_not(why: NotItsArea, country: Country, prices: &Prices) -> String {
    match why {
        NotItsArea::Of(other) if prices.of(other).is_some() => {
            format!("{why}; send `country: \"{other}\"` with it")
        }
        NotItsArea::Of(other) => {
            format!("{why} ({other}), of which no numbers are sold here; send one of {}, or none", areas::name(country))
        }
        NotItsArea::NoPlace | NotItsArea::Unknown => why.to_string(),
    }
}

impl Undo for NumbersBuy {
    /// Nothing foreign is undone: a number that was bought is paid for the month, and goes to the
    /// pool.
    async fn undo(&self, _: &Work, _: &Invocation) {}
}

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    Paid::from_env(env, |env, store| NumbersBuy {
        numbers: Numbers::new(store, env.twilio(), env.bland()),
        alarms: env.alarms(),
        budget: env.number_budget(),
    })
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
