//! Twilio, where the phone numbers come from: search, buy, find again, release. It knows Twilio's
//! REST interface and what each answer says about the number; it does not know what a lease is, or
//! who pays.
//!
//! A purchase has no idempotency key. What makes it safe to lose an answer is that numbers are
//! bought *by name*: the same purchase sent twice fails the second time, and [`Twilio::owned`]
//! tells whether the first one arrived.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use reqwest::RequestBuilder;

use account::{AccountConfig, Accounts};

use crate::telemetry::Neighbour;
use crate::types::{AreaCode, Country, Decimal, PhoneNumber, Timestamp, Usdc};
use crate::wire::http;
use crate::wire::secrets::{Fields, Rotating, Unfit};

pub mod account;
pub mod answers;

/// A search is for one purchase, but all that search now are shown the same numbers: enough for a
/// crowd to choose different ones. Twilio's own default.
const CANDIDATES: &str = "50";
/// This many numbers fit comfortably into the largest answer that is read.
const PAGE: &str = "100";

/// The address and the credentials of the account whose numbers are leased.
pub struct TwilioConfig {
    /// The base, such as `https://api.twilio.com`.
    pub url: String,
    /// The account in which numbers are bought.
    pub account_sid: String,
    /// Who asks.
    pub key: Rotating<TwilioKey>,
}

/// Our credentials at Twilio. It has no `Debug`, so that it cannot be printed.
pub struct TwilioKey {
    /// The user: an API key's SID, or the account's.
    pub user: String,
    /// The password: that key's secret, or the account's token.
    pub password: String,
    /// The main account and a key of it, if its balance may be asked for: a sub-account spends its
    /// owner's.
    pub owner: Option<Owner>,
}

/// The account that pays. It has no `Debug`, so that it cannot be printed.
pub struct Owner {
    account_sid: String,
    key: String,
    secret: String,
}

impl TwilioKey {
    /// Reads `api_key` and `api_secret`, and where the balance is to be watched `main_account_sid`,
    /// `main_api_key` and `main_api_secret`.
    pub fn read(fields: &Fields) -> Result<Self, Unfit> {
        let [user, password] = [fields.required("api_key")?, fields.required("api_secret")?].map(str::to_owned);
        let owner = match fields.optional("main_account_sid")? {
            None => None,
            Some(account_sid) => Some(Owner {
                account_sid: account_sid.to_owned(),
                key: fields.required("main_api_key")?.to_owned(),
                secret: fields.required("main_api_secret")?.to_owned(),
            }),
        };
        Ok(Self { user, password, owner })
    }
}

/// A client of one Twilio account.
pub struct Twilio {
    config: TwilioConfig,
}

/// A kind of number. Most countries have landlines for sale, some only others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A landline of a place.
    Local,
    /// A mobile number.
    Mobile,
    /// A landline of the whole country.
    National,
}

impl Kind {
    /// All that are sold, the most usual first. Freephone numbers are not: who owns one pays for
    /// all who ring it.
    pub const ALL: [Self; 3] = [Self::Local, Self::Mobile, Self::National];

    /// Twilio's word.
    fn as_str(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::Mobile => "Mobile",
            Self::National => "National",
        }
    }
}

/// Twilio's words for a refusal, fit to be passed on: printable ASCII, without our account or
/// foreign numbers.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Said {
    /// Twilio's error code, where it gave one.
    pub code: Option<u32>,
    /// Twilio's own words.
    pub message: String,
}

/// Why a question to Twilio has no good answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TwilioError {
    /// Twilio has no numbers of this kind in this country.
    #[error("Twilio offers no landlines, mobile or national numbers in this country")]
    NotOffered,
    /// Too many requests at once. Nothing was done.
    #[error("Twilio asks us to slow down")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Twilio refused what was asked. Nothing was done.
    #[error("Twilio refused: {0}")]
    Refused(Said),
    /// Our account or key is at fault: the operator's trouble, never the caller's. Nothing was
    /// done.
    #[error("Twilio does not accept our account: {0}")]
    Account(Said),
    /// Twilio could not be reached. Nothing was done.
    #[error("Twilio could not be reached")]
    NotSent,
    /// There is no answer, or none that can be understood. It may have been done.
    #[error("Twilio gave no clear answer")]
    Unknown,
}

/// The sum that is left to be spent at the main account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Left {
    /// In dollars.
    Dollars(Usdc),
    /// The account pays in this currency, in which nothing is reckoned here.
    Currency(String),
    /// The secret names no main account whose balance could be asked for.
    Unasked,
}

/// A part of what Twilio bills, as its records of usage are divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Usage {
    /// Minutes of calls.
    Calls,
    /// Numbers: the first month of each, and every further one.
    Numbers,
    /// Everything, these two and whatever else the account uses.
    All,
}

impl Usage {
    /// In the order of their declaration.
    pub const ALL: [Self; 3] = [Self::Calls, Self::Numbers, Self::All];

    /// What Twilio calls it.
    pub const fn category(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Numbers => "phonenumbers",
            Self::All => "totalprice",
        }
    }

    /// What we call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Numbers => "numbers",
            Self::All => "all",
        }
    }
}

/// Why a number was not bought, or may not have been.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BuyError {
    /// It is sold already: try the next candidate. It may be *us*, if an earlier purchase's answer
    /// was lost, so ask [`Twilio::owned`] before giving up a number whose purchase is recorded.
    #[error("the number is no longer available")]
    Taken,
    /// Twilio refused, as a rule because the country requires papers that we have not filed.
    /// Nothing was bought.
    #[error("Twilio refused the purchase: {0}")]
    Refused(Said),
    /// Too many requests at once. Nothing was bought: Twilio promises that such a request was not
    /// processed.
    #[error("Twilio asks us to slow down")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Our account is on trial, suspended, restricted or locked out. Nothing was bought.
    #[error("Twilio does not accept our account: {0}")]
    Account(Said),
    /// Twilio could not be reached. Nothing was bought.
    #[error("Twilio could not be reached")]
    NotSent,
    /// It may have been bought.
    #[error("Twilio gave no clear answer")]
    Unknown,
}

/// A purchase.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bought {
    /// Twilio's name for the number in our account, needed to release it.
    pub sid: String,
}

/// A number that Twilio bills us for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owned {
    /// The number.
    pub number: PhoneNumber,
    /// Twilio's name for it.
    pub sid: String,
    /// The tag it was bought with, Twilio's "friendly name".
    pub tag: String,
    /// When it was bought, if Twilio's date can be read.
    pub created: Option<Timestamp>,
}

impl Twilio {
    /// A client of this account. Connects at the first request.
    pub fn new(mut config: TwilioConfig) -> Self {
        config.url.truncate(config.url.trim_end_matches('/').len());
        Self { config }
    }

    /// Up to fifty numbers that can be bought right now: with voice, and without papers to be filed
    /// for an address. They are not reserved. An area code without stock is an empty list.
    pub async fn search(
        &self,
        country: Country,
        kind: Kind,
        area: Option<&AreaCode>,
        limit: Duration,
    ) -> Result<Vec<PhoneNumber>, TwilioError> {
        let resource = self.url(&format!("AvailablePhoneNumbers/{country}/{}.json", kind.as_str()));
        let request = http::client().get(resource).query(&[
            ("VoiceEnabled", "true"),
            ("ExcludeAllAddressRequired", "true"),
            ("Beta", "false"),
            ("PageSize", CANDIDATES),
        ]);
        let Some(area) = area else { return answers::found(&self.send(request, limit).await?) };
        if country.has_area_codes() {
            let request = request.query(&[("AreaCode", area.as_str())]);
            return answers::found(&self.send(request, limit).await?);
        }
        // `AreaCode` is for the United States and Canada. Elsewhere a pattern does, which the plus
        // sign ties to the beginning; what it is refused for is not worth failing a purchase.
        let request = request.query(&[("Contains", area.prefix())]);
        match answers::found(&self.send(request, limit).await?) {
            Ok(found) => Ok(found.into_iter().filter(|number| area.has(number)).collect()),
            Err(TwilioError::Refused(_)) => Ok(Vec::new()),
            Err(other) => Err(other),
        }
    }

    /// Buys exactly this number. The tag stays visible at Twilio and says which purchase of ours it
    /// belongs to.
    pub async fn buy(&self, number: &PhoneNumber, tag: &str, limit: Duration) -> Result<Bought, BuyError> {
        let request = http::client()
            .post(self.url("IncomingPhoneNumbers.json"))
            .form(&[("PhoneNumber", number.as_str()), ("FriendlyName", tag)]);
        match self.send(request, limit).await {
            Ok(reply) => answers::bought(&reply, number),
            Err(http::NoReply::NotSent) => Err(BuyError::NotSent),
            Err(http::NoReply::Unknown | http::NoReply::TooLarge) => Err(BuyError::Unknown),
        }
    }

    /// Whether this number is ours, and since when. This is how a purchase whose answer was lost is
    /// found again.
    pub async fn owned(&self, number: &PhoneNumber, limit: Duration) -> Result<Option<Owned>, TwilioError> {
        let request =
            http::client().get(self.url("IncomingPhoneNumbers.json")).query(&[("PhoneNumber", number.as_str())]);
        let reply = self.send(request, limit).await?;
        let (owned, _) = answers::listed(&reply, &self.path("IncomingPhoneNumbers.json"))?;
        Ok(owned.into_iter().find(|owned| owned.number == *number))
    }

    /// Everything that Twilio bills us for, up to a hundred at a time: first with no page, then
    /// with the one returned, until there is none.
    pub async fn all_owned(
        &self,
        page: Option<String>,
        limit: Duration,
    ) -> Result<(Vec<Owned>, Option<String>), TwilioError> {
        let query = page.unwrap_or_else(|| format!("PageSize={PAGE}"));
        let request = http::client().get(format!("{}?{query}", self.url("IncomingPhoneNumbers.json")));
        answers::listed(&self.send(request, limit).await?, &self.path("IncomingPhoneNumbers.json"))
    }

    /// What was billed on each of these days, in micro-dollars, as far as Twilio knows by now. What
    /// is corrected can be below nothing.
    pub async fn billed(
        &self,
        usage: Usage,
        from: Date,
        to: Date,
        limit: Duration,
    ) -> Result<BTreeMap<Date, i64>, TwilioError> {
        let request = http::client().get(self.url("Usage/Records/Daily.json"));
        let days = [("StartDate", from.to_string()), ("EndDate", to.to_string())];
        let request = request.query(&[("Category", usage.category()), ("PageSize", "50")]).query(&days);
        answers::billed(&self.send(request, limit).await?, usage)
    }

    /// What is left to be spent.
    pub async fn balance(&self, limit: Duration) -> Result<Left, TwilioError> {
        let key = self.config.key.get(limit).await.map_err(|_| TwilioError::NotSent)?;
        let Some(owner) = &key.owner else { return Ok(Left::Unasked) };
        let config = AccountConfig {
            api: self.config.url.clone(),
            voice: String::new(),
            pricing: String::new(),
            user: owner.key.clone(),
            password: owner.secret.clone(),
        };
        let (left, currency) = Accounts::new(config).balance(&owner.account_sid, limit).await?;
        // Nothing can be done with less than nothing.
        let left = Decimal::parse(left.trim()).map_or(0, |left| left.times(1_000_000));
        Ok(if currency == "USD" { Left::Dollars(Usdc::micros(left)) } else { Left::Currency(currency) })
    }

    /// Gives a number back for good; Twilio stops billing it and may sell it to any customer. A
    /// number that is already gone is released.
    pub async fn release(&self, sid: &str, limit: Duration) -> Result<(), TwilioError> {
        // It stands in a path. What is not a SID names nothing, and there is nothing to ask about
        // it.
        if !answers::is_number_sid(sid) {
            return Err(TwilioError::Refused(Said { code: None, message: "not the SID of a phone number".into() }));
        }
        let request = http::client().delete(self.url(&format!("IncomingPhoneNumbers/{sid}.json")));
        answers::released(&self.send(request, limit).await?)
    }

    async fn send(&self, request: RequestBuilder, limit: Duration) -> Result<http::Reply, http::NoReply> {
        let signed = |key: &TwilioKey| Some(request.try_clone()?.basic_auth(&key.user, Some(&key.password)));
        self.config.key.send(Neighbour::Twilio, signed, limit).await
    }

    fn url(&self, resource: &str) -> String {
        format!("{}{}", self.config.url, self.path(resource))
    }

    fn path(&self, resource: &str) -> String {
        format!("/2010-04-01/Accounts/{}/{resource}", self.config.account_sid)
    }
}

impl From<http::NoReply> for TwilioError {
    fn from(none: http::NoReply) -> Self {
        match none {
            http::NoReply::NotSent => Self::NotSent,
            http::NoReply::Unknown | http::NoReply::TooLarge => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
