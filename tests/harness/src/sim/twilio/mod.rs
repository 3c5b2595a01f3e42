//! Twilio's phone numbers: the catalogue, what an account holds, and what it is billed; and the
//! accounts themselves.
//!
//! `AvailablePhoneNumbers`, `IncomingPhoneNumbers` and `Accounts` of API 2010-04-01, with Basic
//! authentication and Twilio's error bodies; its other hosts answer under their names
//! (`/voice.twilio.com/…`). Purchases are as unforgiving as the real ones: nothing is reserved by a
//! search, nothing is idempotent, a month is billed at once, and what is deleted is gone.

mod accounts;
mod catalogue;
mod errors;
mod incoming;
mod pattern;
mod permissions;
mod search;
#[cfg(test)]
mod tests;
mod usage;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::{delete, get};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::fault::Faults;
use super::{Clock, hex, lock, random};
use accounts::Who;
pub use accounts::{Key, Owned};
pub use catalogue::{AddressRequirement, Kind, Offered, prices};
use errors::Refusal;
pub use incoming::Held;
pub use permissions::Switches;

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
    /// An account with an API key of its own.
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

struct Inner {
    main: Owned,
    /// The one that the functions use is the first.
    subs: Vec<Owned>,
    balance_cents: u64,
    /// What it is in.
    currency: String,
    dialling: BTreeMap<&'static str, Switches>,
    stock: Vec<Offered>,
    held: Vec<Held>,
    released: Vec<Held>,
    bundles: HashSet<(String, String)>,
    /// What was billed for calls, and when.
    billed: Vec<(Timestamp, u64)>,
    trial: bool,
    restricted: bool,
    suspended: bool,
    /// How many of the next named purchases find that another customer was faster.
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
        let now = clock.now();
        let inner = Inner {
            main: Owned::new("owner@example.com", now),
            subs: vec![Owned::given(&account, now)],
            balance_cents: 10_000,
            currency: "USD".into(),
            dialling: permissions::usual(),
            stock: catalogue::usual(),
            held: Vec::new(),
            released: Vec::new(),
            bundles: HashSet::new(),
            billed: Vec::new(),
            trial: false,
            restricted: false,
            suspended: false,
            snatched: 0,
        };
        let faults = Faults::new(errors::overload());
        Self { account, clock, inner: Arc::new(Mutex::new(inner)), faults }
    }

    /// The routes.
    pub fn router(&self) -> Router {
        let account = "/2010-04-01/Accounts/{account}";
        let router = Router::new()
            .route("/2010-04-01/Accounts.json", get(accounts::list).post(accounts::create))
            .route(account, get(accounts::fetch))
            .route(&format!("{account}/Balance.json"), get(accounts::balance))
            .route(&format!("{account}/Keys.json"), get(accounts::keys).post(accounts::create_key))
            .route(&format!("{account}/Keys/{{key}}"), delete(accounts::delete_key))
            .route(&format!("{account}/Usage/Records/Daily.json"), get(usage::daily))
            .nest("/voice.twilio.com", permissions::voice())
            .nest("/pricing.twilio.com", permissions::pricing())
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

    /// The main account's SID and Auth Token.
    pub fn main_account(&self) -> (String, String) {
        let inner = self.inner();
        (inner.main.sid.clone(), inner.main.token.clone())
    }

    /// Its sub-accounts, oldest first: the first is the one that the functions use.
    pub fn sub_accounts(&self) -> Vec<accounts::Owned> {
        self.inner().subs.clone()
    }

    /// Which numbers of a country may be called.
    pub fn set_dialling(&self, country: &'static str, switches: Switches) {
        self.inner().dialling.insert(country, switches);
    }

    /// What the account is billed in.
    pub fn set_currency(&self, currency: &str) {
        self.inner().currency = currency.into();
    }

    /// What is left to be spent, in cents.
    pub fn set_balance(&self, cents: u64) {
        self.inner().balance_cents = cents;
    }

    /// Whether this is an account's Auth Token: what others ask who were given both.
    pub(in crate::sim) fn is_token(&self, account: &str, token: &str) -> bool {
        let inner = self.inner();
        std::iter::once(&inner.main).chain(&inner.subs).any(|one| one.sid == account && one.token == token)
    }

    /// What its sub-accounts hold, oldest first.
    pub fn held(&self) -> Vec<Held> {
        self.inner().held.clone()
    }

    /// What it held once, in the order of release.
    pub fn released(&self) -> Vec<Held> {
        self.inner().released.clone()
    }

    /// The sub-account that holds this number.
    pub(in crate::sim) fn holder(&self, phone_number: &str) -> Option<String> {
        self.inner().held.iter().find(|held| held.phone_number == phone_number).map(|held| held.account.clone())
    }

    /// Does one of them hold this number?
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

    /// The next `count` purchases of a named number come too late (21422): another customer has it.
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

    /// Another API key takes the place of the one that was good until now. Says what belongs in the
    /// secret.
    pub fn rotate_key(&self) -> serde_json::Value {
        let key = Key::new("given", self.clock.now());
        let told = serde_json::json!({"api_key": key.sid, "api_secret": key.secret});
        self.inner().subs[0].keys = vec![key];
        told
    }

    /// A key of the main account. Says what belongs in the secret.
    pub fn main_key(&self) -> serde_json::Value {
        let key = Key::new("balance", self.clock.now());
        let mut inner = self.inner();
        inner.main.keys.push(key.clone());
        serde_json::json!({
            "main_account_sid": inner.main.sid, "main_api_key": key.sid, "main_api_secret": key.secret,
        })
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

    /// Puts a number into the account behind the functions' back, as an operator in the console
    /// does.
    pub fn hold(&self, phone_number: &str, friendly_name: &str) -> Held {
        let held = Held::new(&self.account.sid, phone_number, friendly_name, self.clock.now());
        self.inner().held.push(held.clone());
        held
    }

    /// Bills calls of this moment with so many cents.
    pub fn bill_calls(&self, cents: u64) {
        let now = self.clock.now();
        self.inner().billed.push((now, cents));
    }

    /// Bills calls of the noon of a day with so many cents.
    pub fn bill_calls_on(&self, day: &str, cents: u64) {
        let noon = format!("{day}T12:00:00Z").parse().unwrap_or_else(|error| panic!("{day}: {error}"));
        self.inner().billed.push((noon, cents));
    }

    /// All that has been billed by now: a month when a number is bought, and again on the same day
    /// of every month.
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

    /// Everything that has happened happened this much earlier.
    pub fn travel(&self, by: Duration) {
        let mut inner = self.inner();
        let Inner { held, released, .. } = &mut *inner;
        for held in held.iter_mut().chain(released) {
            for at in [&mut held.created_at, &mut held.updated_at].into_iter().chain(&mut held.released_at) {
                *at -= by;
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Twilio looks at the credentials before anything else.
    fn who(&self, headers: &HeaderMap) -> Result<Who, Refusal> {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Basic "))
            .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok())
            .and_then(|given| String::from_utf8(given).ok())
            .unwrap_or_default();
        let inner = self.inner();
        if given == format!("{}:{}", inner.main.sid, inner.main.token) {
            return Ok(Who::Main);
        }
        if inner.main.keys.iter().any(|key| given == format!("{}:{}", key.sid, key.secret)) {
            return Ok(Who::Key(inner.main.sid.clone()));
        }
        for account in inner.subs.iter().filter(|account| account.status == "active" && !inner.suspended) {
            if given == format!("{}:{}", account.sid, account.token) {
                return Ok(Who::Sub(account.sid.clone()));
            }
            if account.keys.iter().any(|key| given == format!("{}:{}", key.sid, key.secret)) {
                return Ok(Who::Key(account.sid.clone()));
            }
        }
        Err(Refusal::unauthenticated())
    }

    /// Whether they are good for an account's numbers.
    fn authenticate(&self, account: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        match self.who(headers)? {
            Who::Main => Ok(()),
            Who::Sub(own) | Who::Key(own) if own == account => Ok(()),
            Who::Sub(_) | Who::Key(_) => Err(Refusal::unauthenticated()),
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
        // Added to the first day each time: a number of the 31st is billed on the 30th once and on
        // the 31st again.
        .map_while(|month| bought.checked_add(month.months()).ok())
        .map(|day| day.timestamp())
        .take_while(|at| *at <= until)
        .map(|at| Charge { phone_number: held.phone_number.clone(), at, cents: MONTHLY_CENTS })
        .collect()
}
