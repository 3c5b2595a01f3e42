//! Bland, which places the calls: import a number as a caller ID, dial, look, stop. It knows
//! Bland's REST interface and what each answer says about the call; it does not know what a sale
//! is, or what an ended call is worth.
//!
//! Dialling has no idempotency key. A call whose answer was lost is never placed again blindly: it
//! is looked for by [`Bland::find`], which knows it by the id of ours that travels in its metadata.
//!
//! Bland refuses unknown fields and would let a caller name second destinations, webhooks and
//! templates through known ones, so every request is a closed struct, written out whole: Bland's
//! defaults have changed before.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use ring::hmac;

use crate::telemetry::Neighbour;
use crate::types::{CallId, PhoneNumber, Timestamp};
use crate::wire::http;
use crate::wire::secrets::{Fields, Rotating, Unfit};

pub mod account;
pub mod analysis;
pub mod answers;
pub mod erase;
pub mod find;
pub mod import;
pub(crate) mod outcome;
pub mod record;
pub mod recordings;
mod request;
pub mod voices;
mod word;

pub use account::Organisation;
pub use import::Imported;
pub use record::{BlandCall, Line};
pub use word::Sender;

/// The address and the credentials of our organisation at Bland.
pub struct BlandConfig {
    /// The base, such as `https://api.bland.ai`.
    pub url: String,
    /// Who asks.
    pub keys: Rotating<BlandKeys>,
}

/// Our credentials at Bland. It has no `Debug`, so that it cannot be printed.
pub struct BlandKeys {
    /// With the API key.
    ours: HeaderMap,
    /// And with what Bland made of our Twilio account's credentials: with it calls run over our own
    /// numbers.
    as_carrier: HeaderMap,
    /// What the addresses are made with at which we are told that a call is over.
    tokens: hmac::Key,
    /// What such a word is signed with, where the organisation has a secret for that.
    words: Option<hmac::Key>,
}

impl BlandKeys {
    /// Reads `api_key` and `encrypted_key`, and `webhook_secret` where there is one.
    pub fn read(fields: &Fields) -> Result<Self, Unfit> {
        let (api_key, encrypted_key) = (fields.required("api_key")?, fields.required("encrypted_key")?);
        Self::new(api_key, encrypted_key, fields.optional("webhook_secret")?)
            .ok_or_else(|| Unfit("a key holds what no header can".to_owned()))
    }

    /// Nothing, if one of them cannot stand in a header.
    pub fn new(api_key: &str, encrypted_key: &str, webhook_secret: Option<&str>) -> Option<Self> {
        let ours: HeaderMap = [(AUTHORIZATION, secret(api_key)?)].into_iter().collect();
        let mut as_carrier = ours.clone();
        as_carrier.insert(HeaderName::from_static("encrypted_key"), secret(encrypted_key)?);
        let key = |secret: &str| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Some(Self { ours, as_carrier, tokens: key(api_key), words: webhook_secret.map(key) })
    }
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A client of our organisation at Bland.
pub struct Bland {
    url: String,
    keys: Rotating<BlandKeys>,
}

/// Bland's name for a call: something that can safely stand in a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlandCallId(Box<str>);

/// The text cannot be Bland's name for a call.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of a call at Bland")]
pub struct NotABlandCallId;

/// A call to place. Everything Bland is told is either here or constant.
#[derive(Clone, Debug)]
pub struct Dial<'a> {
    /// The number to ring.
    pub to: &'a PhoneNumber,
    /// The caller ID, one of ours. Never absent: without it Bland picks *any* number that we
    /// imported, another wallet's.
    pub from: &'a PhoneNumber,
    /// What the AI is to do.
    pub task: &'a str,
    /// The voice; Bland's own choice if absent.
    pub voice: Option<&'a str>,
    /// The language, in Bland's spelling.
    pub language: &'a str,
    /// The longest the call may last, in minutes.
    pub max_duration: u32,
    /// The exact opening words.
    pub first_sentence: Option<&'a str>,
    /// Whether the callee speaks first.
    pub wait_for_greeting: bool,
    /// Milliseconds.
    pub interruption_threshold: u32,
    /// Whether it is recorded.
    pub record: bool,
    /// What a machine is told; it is hung up on, if there is nothing.
    pub voicemail_message: Option<&'a str>,
    /// Our id of the call, by which it is found again.
    pub request_id: &'a CallId,
    /// Our origin, at which we are told when it is over.
    pub told_at: Option<&'a str>,
}

/// Why a call was not placed, or may not have been.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DialError {
    /// This number is not rung: invalid, sensitive, on a do-not-call list, blacklisted, in a
    /// country that is off. Trying again will not help, and Bland counts the attempts against us.
    #[error("this number cannot be called: {message}")]
    UnsupportedDestination {
        /// Bland's words, fit to be passed on.
        message: String,
    },
    /// Something else in the request, such as an unknown voice or a task that Bland's moderation
    /// flags.
    #[error("the call was refused: {message}")]
    Refused {
        /// Bland's words, fit to be passed on.
        message: String,
    },
    /// The caller ID is not imported, or not any more. Nothing was dialled: import it and try once
    /// more.
    #[error("the caller ID is not ready")]
    NumberNotReady,
    /// Too many calls, or the same number too soon. Nothing was dialled.
    #[error("Bland asks us to slow down")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Our key, our balance or our standing: the operator's trouble, never the caller's. Nothing
    /// was dialled.
    #[error("Bland does not accept our account: {message}")]
    Account {
        /// Bland's words, for the operator's log.
        message: String,
    },
    /// Bland could not be reached. Nothing was dialled.
    #[error("Bland could not be reached")]
    NotSent,
    /// Bland has answered that something went wrong, and not what it has done. It may be ringing;
    /// if it is, Bland's lists show it soon.
    #[error("Bland failed")]
    Unclear,
    /// It may be ringing, or begin to at any time.
    #[error("Bland gave no clear answer")]
    Unknown,
}

impl DialError {
    /// Whether Bland refuses what is asked for: its number, its task, its voice.
    pub fn is_about_the_call(&self) -> bool {
        matches!(self, Self::UnsupportedDestination { .. } | Self::Refused { .. })
    }
}

/// Why a question to Bland has no good answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BlandError {
    /// Bland knows no such call, or no such number.
    #[error("Bland does not know it")]
    NotFound,
    /// Too many questions.
    #[error("Bland asks us to slow down")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Bland refused what was asked. Nothing was done.
    #[error("Bland refused: {message}")]
    Refused {
        /// Bland's words, fit to be passed on.
        message: String,
    },
    /// Our key, our balance or our standing. Nothing was done.
    #[error("Bland does not accept our account: {message}")]
    Account {
        /// Bland's words, for the operator's log.
        message: String,
    },
    /// Bland could not be reached. Nothing was done.
    #[error("Bland could not be reached")]
    NotSent,
    /// There is no answer, or none that can be understood. It may have been done.
    #[error("Bland gave no clear answer")]
    Unknown,
}

/// The result of a search for a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// It was placed.
    One(BlandCallId),
    /// Bland shows no such call. Its lists can lag, so this is an answer only some time after
    /// dialling.
    None,
}

impl Bland {
    /// A client of this organisation. Connects at the first request.
    pub fn new(config: BlandConfig) -> Self {
        Self { url: config.url.trim_end_matches('/').to_owned(), keys: config.keys }
    }

    /// Where its recordings can be heard.
    pub fn recordings(&self) -> Vec<&str> {
        recordings::origins(&self.url)
    }

    /// Whether we have what it takes to ask at all: to be known before anything is promised.
    pub async fn ready(&self, limit: Duration) -> Result<(), BlandError> {
        self.keys.get(limit).await.map(drop).map_err(|_| BlandError::NotSent)
    }

    /// Places a call. It begins to ring within seconds of the answer.
    pub async fn dial(&self, dial: &Dial<'_>, limit: Duration) -> Result<BlandCallId, DialError> {
        let signed = |keys: &BlandKeys| {
            let webhook = dial.told_at.and_then(|origin| keys.address(origin, dial.request_id));
            Some(self.post("/v1/calls").json(&request::Call::of(dial, webhook)).headers(keys.as_carrier.clone()))
        };
        match self.keys.send(Neighbour::Bland, signed, limit).await {
            Ok(reply) => answers::dialled(&reply, &[dial.to, dial.from]),
            Err(http::NoReply::NotSent) => Err(DialError::NotSent),
            Err(http::NoReply::Unknown | http::NoReply::TooLarge) => Err(DialError::Unknown),
        }
    }

    /// The record of a call, as far as Bland has written it.
    pub async fn call(&self, id: &BlandCallId, limit: Duration) -> Result<BlandCall, BlandError> {
        let request = self.get(&format!("/v1/calls/{}", id.as_str()));
        let reply = self.send(request, limit).await?;
        record::read(&reply, id)
    }

    /// Ends a call, wherever it is: queued, ringing or under way. One that has ended already is
    /// stopped. What became of it stands in its record, not in this answer.
    pub async fn stop(&self, id: &BlandCallId, limit: Duration) -> Result<(), BlandError> {
        let request = self.post(&format!("/v1/calls/{}/stop", id.as_str()));
        answers::stopped(&self.send(request, limit).await?)
    }

    /// Looks for the call that was placed for `request_id` between these numbers at or after
    /// `since`. The limit is for all the questions this takes.
    pub async fn find(
        &self,
        from: &PhoneNumber,
        to: &PhoneNumber,
        since: Timestamp,
        request_id: &CallId,
        limit: Duration,
    ) -> Result<Found, BlandError> {
        let search = find::Search { from, to, since, request_id };
        search.run(self, limit).await
    }

    fn get(&self, path: &str) -> RequestBuilder {
        http::client().get(format!("{}{path}", self.url))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        http::client().post(format!("{}{path}", self.url))
    }

    fn delete(&self, path: &str) -> RequestBuilder {
        http::client().delete(format!("{}{path}", self.url))
    }

    async fn send(&self, request: RequestBuilder, limit: Duration) -> Result<http::Reply, http::NoReply> {
        let signed = |keys: &BlandKeys| Some(request.try_clone()?.headers(keys.ours.clone()));
        self.keys.send(Neighbour::Bland, signed, limit).await
    }

    /// With the key to our Twilio account as well.
    async fn send_as_carrier(&self, request: RequestBuilder, limit: Duration) -> Result<http::Reply, http::NoReply> {
        let signed = |keys: &BlandKeys| Some(request.try_clone()?.headers(keys.as_carrier.clone()));
        self.keys.send(Neighbour::Bland, signed, limit).await
    }
}

impl BlandCallId {
    /// Reads an id: 1 to 64 letters, digits and hyphens. Bland uses UUIDs.
    pub fn parse(text: &str) -> Result<Self, NotABlandCallId> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(Self(text.into())) } else { Err(NotABlandCallId) }
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<http::NoReply> for BlandError {
    fn from(none: http::NoReply) -> Self {
        match none {
            http::NoReply::NotSent => Self::NotSent,
            http::NoReply::Unknown | http::NoReply::TooLarge => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
