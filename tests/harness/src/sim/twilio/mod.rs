//! Twilio's phone numbers: the catalogue, what an account holds, and what it is billed.
//!
//! `AvailablePhoneNumbers` and `IncomingPhoneNumbers` of API 2010-04-01, with Basic authentication and Twilio's error
//! bodies. Purchases are as unforgiving as the real ones: nothing is reserved by a search, nothing is idempotent, a
//! month is billed at once, and what is deleted is gone.

mod catalogue;
mod errors;
mod incoming;
mod search;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::fault::Faults;
use super::{Clock, hex, lock, random};
pub use catalogue::{AddressRequirement, Kind, Offered};
use errors::Refusal;
pub use incoming::Held;

/// What a US or Canadian local number costs a month, in cents.
pub const MONTHLY_CENTS: u64 = 115;

/// An account and one pair of Basic credentials for it.
#[derive(Clone, Debug)]
pub struct Account {
    /// `AC…`.
    pub sid: String,
    /// User: an API key's sid (`SK…`), or the account's own.
    pub key: String,
    /// Password: the key's secret, or the auth token.
    pub secret: String,
}

impl Account {
    /// An account with an API key that nobody else has.
    pub fn random() -> Self {
        Self {
            sid: format!("AC{}", hex(&random::<16>())),
            key: format!("SK{}", hex(&random::<16>())),
            secret: hex(&random::<16>()),
        }
    }
}

/// One month of one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The number.
    pub phone_number: String,
    /// When it was billed.
    pub at: Timestamp,
    /// How much.
    pub cents: u64,
}

#[derive(Default)]
struct Inner {
    stock: Vec<Offered>,
    held: Vec<Held>,
    released: Vec<Held>,
    bundles: HashSet<(String, String)>,
    trial: bool,
    restricted: bool,
    suspended: bool,
    /// The API key that came after the account's first one.
    newer: Option<(String, String)>,
    /// How many of the next named purchases find that somebody else was faster.
    snatched: u64,
}

/// Twilio. Clones are the same one.
#[derive(Clone)]
pub struct Twilio {
    account: Account,
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
    faults: Faults,
}

impl Twilio {
    /// An account that holds nothing, before the usual catalogue.
    pub fn new(account: Account, clock: Clock) -> Self {
        let inner = Inner { stock: catalogue::usual(), ..Inner::default() };
        let faults = Faults::new(errors::overload());
        Self { account, clock, inner: Arc::new(Mutex::new(inner)), faults }
    }

    /// The routes.
    pub fn router(&self) -> Router {
        let account = "/2010-04-01/Accounts/{account}";
        let router = Router::new()
            .route(&format!("{account}/AvailablePhoneNumbers.json"), get(search::countries))
            .route(&format!("{account}/AvailablePhoneNumbers/{{country}}"), get(search::country))
            .route(&format!("{account}/AvailablePhoneNumbers/{{country}}/{{kind}}"), get(search::search))
            .route(&format!("{account}/IncomingPhoneNumbers.json"), get(incoming::list).post(incoming::buy))
            .route(
                &format!("{account}/IncomingPhoneNumbers/{{sid}}"),
                get(incoming::fetch).post(incoming::update).delete(incoming::release),
            )
            .fallback(errors::nowhere)
            .with_state(self.clone());
        self.faults.wrap(router)
    }

    /// Faults of this simulator.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What the account holds, oldest first.
    pub fn held(&self) -> Vec<Held> {
        self.inner().held.clone()
    }

    /// What it held once, in the order of release.
    pub fn released(&self) -> Vec<Held> {
        self.inner().released.clone()
    }

    /// Does the account hold this number?
    pub fn owns(&self, phone_number: &str) -> bool {
        self.inner().held.iter().any(|held| held.phone_number == phone_number)
    }

    /// What is in the catalogue now.
    pub fn stock(&self) -> Vec<Offered> {
        self.inner().stock.clone()
    }

    /// Adds to the catalogue.
    pub fn offer(&self, offered: Offered) {
        self.inner().stock.push(offered);
    }

    /// Takes all numbers that match out of the catalogue, as other customers do.
    pub fn sell_out(&self, matching: impl Fn(&Offered) -> bool) {
        self.inner().stock.retain(|offered| !matching(offered));
    }

    /// The next `count` purchases of a named number come too late (21422): somebody else has it.
    pub fn snatch_next(&self, count: u64) {
        self.inner().snatched = count;
    }

    /// A trial account may hold one number (21404).
    pub fn set_trial(&self, trial: bool) {
        self.inner().trial = trial;
    }

    /// An account that may not buy any more (22300).
    pub fn set_restricted(&self, restricted: bool) {
        self.inner().restricted = restricted;
    }

    /// Another API key takes the place of the one that was good until now. Says what belongs in the secret.
    pub fn rotate_key(&self) -> serde_json::Value {
        let Account { key, secret, .. } = Account::random();
        self.inner().newer = Some((key.clone(), secret.clone()));
        serde_json::json!({"api_key": key, "api_secret": secret})
    }

    /// A suspended account: every request is 401 (20003).
    pub fn set_suspended(&self, suspended: bool) {
        self.inner().suspended = suspended;
    }

    /// An approved regulatory bundle for a country; purchases there need its sid.
    pub fn approve_bundle(&self, country: &str) -> String {
        let sid = format!("BU{}", hex(&random::<16>()));
        self.inner().bundles.insert((country.into(), sid.clone()));
        sid
    }

    /// Puts a number into the account behind everybody's back, such as an operator in the console does.
    pub fn hold(&self, phone_number: &str, friendly_name: &str) -> Held {
        let held = Held::new(phone_number, friendly_name, self.clock.now());
        self.inner().held.push(held.clone());
        held
    }

    /// All that has been billed by now: a month when a number is bought, and again on the same day of every month.
    pub fn charges(&self) -> Vec<Charge> {
        let now = self.clock.now();
        let inner = self.inner();
        let mut charges: Vec<Charge> = inner
            .held
            .iter()
            .chain(&inner.released)
            .flat_map(|held| months(held, held.released_at.unwrap_or(now).min(now)))
            .collect();
        charges.sort_by_key(|charge| charge.at);
        charges
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Twilio looks at the credentials before anything else.
    fn authenticate(&self, account: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Basic "))
            .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
        let newer = self.inner().newer.clone();
        let (key, secret) = newer.unwrap_or_else(|| (self.account.key.clone(), self.account.secret.clone()));
        let wanted = format!("{key}:{secret}");
        let known = given.is_some_and(|given| given == wanted.as_bytes());
        if known && account == self.account.sid && !self.inner().suspended {
            Ok(())
        } else {
            Err(Refusal::unauthenticated())
        }
    }
}

/// Answers with the document or the refusal.
fn answer(outcome: Result<Response, Refusal>) -> Response {
    outcome.unwrap_or_else(Refusal::into_response)
}

fn months(held: &Held, until: Timestamp) -> Vec<Charge> {
    let bought = held.created_at.to_zoned_datetime(TimeZone::UTC);
    (0..1200)
        // Added to the first day each time: a number of the 31st is billed on the 30th once and on the 31st again.
        .map_while(|month| bought.checked_add(month.months()).ok())
        .map(|day| day.timestamp())
        .take_while(|at| *at <= until)
        .map(|at| Charge { phone_number: held.phone_number.clone(), at, cents: MONTHLY_CENTS })
        .collect()
}
