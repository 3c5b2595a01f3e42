//! The accounts themselves: the sub-account whose numbers are leased, its keys, what it may do and
//! what numbers cost. Asked by an operator who sets things up; no function holds the credentials
//! for it.

mod rates;

use std::time::Duration;

use ::http::StatusCode;
use reqwest::RequestBuilder;
use serde::Deserialize;

use super::{TwilioError, answers};
use crate::telemetry::Neighbour;
use crate::types::{Country, Object};
use crate::wire::http::{self, Reply};

/// The address and the credentials of one of Twilio's accounts.
#[derive(Clone)]
pub struct AccountConfig {
    /// The base of the main interface, such as `https://api.twilio.com`.
    pub api: String,
    /// Where countries are switched on for calls: `https://voice.twilio.com`.
    pub voice: String,
    /// Where prices stand: `https://pricing.twilio.com`.
    pub pricing: String,
    /// The user: an account's SID, or a key's.
    pub user: String,
    /// The password: that account's Auth Token, or the key's secret.
    pub password: String,
}

/// Twilio, as one account sees it.
pub struct Accounts {
    config: AccountConfig,
}

/// An account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// `AC…`.
    pub sid: String,
    /// What it is called.
    pub name: String,
    /// The account that it belongs to; its own for a main account.
    pub owner: String,
    /// Whether it may work.
    pub status: Status,
    /// Nothing was ever paid in: it may own one number and ring verified phones only.
    pub trial: bool,
    /// Its Auth Token.
    pub token: String,
}

/// The standing of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It may.
    Active,
    /// Twilio, or the owner of the main account, has stopped it.
    Suspended,
    /// For good.
    Closed,
}

/// An API key, without its secret: Twilio shows that once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// `SK…`.
    pub sid: String,
    /// What it is called.
    pub name: String,
}

/// A key that was just made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewKey {
    /// `SK…`.
    pub sid: String,
    /// Its secret.
    pub secret: String,
}

/// The kinds of numbers of a country that may be called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permission {
    /// ISO code.
    pub country: String,
    /// Ordinary ones.
    pub ordinary: bool,
    /// Premium and special ones.
    pub special: bool,
    /// Ranges that are known for fraud.
    pub fraud: bool,
}

#[derive(Deserialize)]
struct AccountDocument {
    sid: String,
    friendly_name: String,
    owner_account_sid: String,
    status: String,
    #[serde(rename = "type")]
    kind: String,
    auth_token: String,
}

#[derive(Deserialize)]
struct AccountPage {
    accounts: Vec<Object<AccountDocument>>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct KeyDocument {
    sid: String,
    #[serde(default)]
    friendly_name: Option<String>,
    #[serde(default)]
    secret: Option<String>,
}

#[derive(Deserialize)]
struct KeyPage {
    keys: Vec<Object<KeyDocument>>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct BalanceDocument {
    balance: String,
    currency: String,
}

#[derive(Deserialize)]
struct PermissionPage {
    content: Vec<Object<PermissionDocument>>,
    meta: Object<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    next_page_url: Option<String>,
}

#[derive(Deserialize)]
struct PermissionDocument {
    iso_code: String,
    low_risk_numbers_enabled: bool,
    high_risk_special_numbers_enabled: bool,
    high_risk_tollfraud_numbers_enabled: bool,
}

#[derive(Deserialize)]
struct PriceDocument {
    phone_number_prices: Vec<Object<Price>>,
    price_unit: String,
}

#[derive(Deserialize)]
struct Price {
    number_type: String,
    current_price: String,
}

impl Accounts {
    /// Twilio as this account sees it. Connects at the first request.
    pub fn new(mut config: AccountConfig) -> Self {
        for url in [&mut config.api, &mut config.voice, &mut config.pricing] {
            url.truncate(url.trim_end_matches('/').len());
        }
        Self { config }
    }

    /// Twilio as another account sees it, one whose token we were shown.
    #[must_use = "another client, not this one"]
    pub fn of(&self, account: &Account) -> Self {
        let (user, password) = (account.sid.clone(), account.token.clone());
        Self { config: AccountConfig { user, password, ..self.config.clone() } }
    }

    /// An account: our own, or one that belongs to us.
    pub async fn account(&self, sid: &str, limit: Duration) -> Result<Account, TwilioError> {
        let reply = self.send(http::client().get(self.api(&format!("/Accounts/{}.json", safe(sid)?))), limit).await?;
        account_of(expect(&reply, StatusCode::OK)?)
    }

    /// All accounts of exactly this name that were not closed.
    pub async fn named(&self, name: &str, limit: Duration) -> Result<Vec<Account>, TwilioError> {
        let request =
            http::client().get(self.api("/Accounts.json")).query(&[("FriendlyName", name), ("PageSize", "100")]);
        let reply = self.send(request, limit).await?;
        let page: AccountPage = expect(&reply, StatusCode::OK)?;
        if page.next_page_uri.is_some() {
            return Err(TwilioError::Unknown);
        }
        let accounts: Result<Vec<_>, _> =
            page.accounts.into_iter().map(|Object(document)| account_of(document)).collect();
        Ok(accounts?.into_iter().filter(|account| account.name == name && account.status != Status::Closed).collect())
    }

    /// Makes an account that belongs to us. Not idempotent: look with [`Accounts::named`] before,
    /// and after an answer that was lost.
    pub async fn create(&self, name: &str, limit: Duration) -> Result<Account, TwilioError> {
        let request = http::client().post(self.api("/Accounts.json")).form(&[("FriendlyName", name)]);
        let reply = self.send(request, limit).await?;
        account_of(expect(&reply, StatusCode::CREATED)?)
    }

    /// The keys of an account, without their secrets.
    pub async fn keys(&self, account: &Account, limit: Duration) -> Result<Vec<ApiKey>, TwilioError> {
        let url = self.api(&format!("/Accounts/{}/Keys.json", safe(&account.sid)?));
        let reply = self.send(http::client().get(url).query(&[("PageSize", "100")]), limit).await?;
        let page: KeyPage = expect(&reply, StatusCode::OK)?;
        if page.next_page_uri.is_some() {
            return Err(TwilioError::Unknown);
        }
        let key =
            |Object(key): Object<KeyDocument>| ApiKey { sid: key.sid, name: key.friendly_name.unwrap_or_default() };
        Ok(page.keys.into_iter().map(key).collect())
    }

    /// Makes a key. Not idempotent, and its secret is shown only now.
    pub async fn create_key(&self, account: &Account, name: &str, limit: Duration) -> Result<NewKey, TwilioError> {
        let url = self.api(&format!("/Accounts/{}/Keys.json", safe(&account.sid)?));
        let reply = self.send(http::client().post(url).form(&[("FriendlyName", name)]), limit).await?;
        let key: KeyDocument = expect(&reply, StatusCode::CREATED)?;
        let secret = key.secret.filter(|secret| !secret.is_empty()).ok_or(TwilioError::Unknown)?;
        Ok(NewKey { sid: key.sid, secret })
    }

    /// Deletes a key. One that is gone is deleted.
    pub async fn delete_key(&self, account: &Account, key: &str, limit: Duration) -> Result<(), TwilioError> {
        let url = self.api(&format!("/Accounts/{}/Keys/{}.json", safe(&account.sid)?, safe(key)?));
        answers::released(&self.send(http::client().delete(url), limit).await?)
    }

    /// What is left to be spent, as Twilio writes it: an amount and a currency. Sub-accounts spend
    /// their owner's.
    pub async fn balance(&self, sid: &str, limit: Duration) -> Result<(String, String), TwilioError> {
        let url = self.api(&format!("/Accounts/{}/Balance.json", safe(sid)?));
        let balance: BalanceDocument = expect(&self.send(http::client().get(url), limit).await?, StatusCode::OK)?;
        Ok((balance.balance, balance.currency))
    }

    /// Which numbers of which countries this account may call. Canada stands with the United States
    /// there.
    pub async fn permissions(&self, limit: Duration) -> Result<Vec<Permission>, TwilioError> {
        let url = format!("{}/v1/DialingPermissions/Countries", self.config.voice);
        let reply = self.send(http::client().get(url).query(&[("PageSize", "1000")]), limit).await?;
        let page: PermissionPage = expect(&reply, StatusCode::OK)?;
        if page.meta.0.next_page_url.is_some() {
            return Err(TwilioError::Unknown);
        }
        let permission = |Object(told): Object<PermissionDocument>| Permission {
            country: told.iso_code,
            ordinary: told.low_risk_numbers_enabled,
            special: told.high_risk_special_numbers_enabled,
            fraud: told.high_risk_tollfraud_numbers_enabled,
        };
        Ok(page.content.into_iter().map(permission).collect())
    }

    /// What a local number of a country costs a month, as Twilio writes it: an amount and a
    /// currency.
    pub async fn price(&self, country: Country, limit: Duration) -> Result<Option<(String, String)>, TwilioError> {
        let url = format!("{}/v1/PhoneNumbers/Countries/{country}", self.config.pricing);
        let reply = self.send(http::client().get(url), limit).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let told: PriceDocument = expect(&reply, StatusCode::OK)?;
        let local =
            told.phone_number_prices.into_iter().map(|Object(price)| price).find(|price| price.number_type == "local");
        Ok(local.map(|price| (price.current_price, told.price_unit)))
    }

    async fn send(&self, request: RequestBuilder, limit: Duration) -> Result<Reply, http::NoReply> {
        http::send(Neighbour::Twilio, request.basic_auth(&self.config.user, Some(&self.config.password)), limit).await
    }

    fn api(&self, resource: &str) -> String {
        format!("{}/2010-04-01{resource}", self.config.api)
    }
}

/// A document in the status that says it is one; anything else is trouble.
fn expect<T: serde::de::DeserializeOwned>(reply: &Reply, status: StatusCode) -> Result<T, TwilioError> {
    if reply.status != status {
        return Err(answers::trouble(reply, None));
    }
    reply.json().ok_or(TwilioError::Unknown)
}

fn account_of(document: AccountDocument) -> Result<Account, TwilioError> {
    let status = match document.status.as_str() {
        "active" => Status::Active,
        "suspended" => Status::Suspended,
        "closed" => Status::Closed,
        _ => return Err(TwilioError::Unknown),
    };
    safe(&document.sid)?;
    Ok(Account {
        sid: document.sid,
        name: document.friendly_name,
        owner: document.owner_account_sid,
        status,
        trial: document.kind == "Trial",
        token: document.auth_token,
    })
}

/// A SID stands in a path: two letters and 32 hexadecimal digits, or it is none.
fn safe(sid: &str) -> Result<&str, TwilioError> {
    let digits = sid.strip_prefix("AC").or_else(|| sid.strip_prefix("SK")).unwrap_or_default();
    if digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(sid)
    } else {
        Err(TwilioError::Refused(super::Said { code: None, message: "not the SID of an account or a key".to_owned() }))
    }
}
