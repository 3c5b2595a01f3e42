//! `Accounts`: the main account, its sub-accounts, their API keys, and what is left to be spent.
//! Nothing here is idempotent either: asked twice, Twilio makes two.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::incoming::{FormBody, Parameters, get, rfc_2822};
use super::{Account, Inner, Twilio, answer};
use crate::sim::{self, hex, random};

/// An account with an Auth Token of its own.
#[derive(Clone, Debug)]
pub struct Owned {
    /// `AC…`.
    pub sid: String,
    /// Its Auth Token.
    pub token: String,
    /// What it is called.
    pub name: String,
    /// `active`, `suspended` or `closed`.
    pub status: &'static str,
    /// Its API keys.
    pub keys: Vec<Key>,
    created_at: Timestamp,
}

/// An API key.
#[derive(Clone, Debug)]
pub struct Key {
    /// `SK…`.
    pub sid: String,
    /// Its secret, which is shown once.
    pub secret: String,
    /// What it is called.
    pub name: String,
    created_at: Timestamp,
}

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Who {
    /// The main account, with its token: it may do everything, also in its sub-accounts.
    Main,
    /// A sub-account, with its token.
    Sub(String),
    /// A key of an account. It may not touch accounts and keys.
    Key(String),
}

impl Owned {
    pub(super) fn new(name: &str, now: Timestamp) -> Self {
        Self {
            sid: format!("AC{}", hex(&random::<16>())),
            token: hex(&random::<16>()),
            name: name.into(),
            status: "active",
            keys: Vec::new(),
            created_at: now,
        }
    }

    /// The account that the functions use, with the key that they have.
    pub(super) fn given(account: &Account, now: Timestamp) -> Self {
        let key =
            Key { sid: account.key.clone(), secret: account.secret.clone(), name: "given".into(), created_at: now };
        Self { sid: account.sid.clone(), keys: vec![key], ..Self::new("given", now) }
    }

    fn document(&self, owner: &str, trial: bool, suspended: bool) -> Value {
        let base = format!("/2010-04-01/Accounts/{}", self.sid);
        let status = if suspended && self.status == "active" { "suspended" } else { self.status };
        json!({
            "auth_token": self.token,
            "date_created": rfc_2822(self.created_at),
            "date_updated": rfc_2822(self.created_at),
            "friendly_name": self.name,
            "owner_account_sid": owner,
            "sid": self.sid,
            "status": status,
            "subresource_uris": {
                "available_phone_numbers": format!("{base}/AvailablePhoneNumbers.json"),
                "balance": format!("{base}/Balance.json"),
                "incoming_phone_numbers": format!("{base}/IncomingPhoneNumbers.json"),
                "keys": format!("{base}/Keys.json"),
            },
            "type": if trial { "Trial" } else { "Full" },
            "uri": format!("{base}.json"),
        })
    }
}

impl Key {
    pub(super) fn new(name: &str, now: Timestamp) -> Self {
        Self {
            sid: format!("SK{}", hex(&random::<16>())),
            secret: hex(&random::<16>()),
            name: name.into(),
            created_at: now,
        }
    }

    fn document(&self, with_secret: bool) -> Value {
        let mut document = json!({
            "sid": self.sid, "friendly_name": self.name,
            "date_created": rfc_2822(self.created_at), "date_updated": rfc_2822(self.created_at),
        });
        if with_secret {
            document["secret"] = json!(self.secret);
        }
        document
    }
}

impl Inner {
    fn account_document(&self, account: &Owned) -> Value {
        let suspended = self.suspended && account.sid != self.main.sid;
        account.document(&self.main.sid, self.trial, suspended)
    }

    /// An account that `who` may see: itself, or, for the main account, any.
    fn visible(&self, who: &Who, sid: &str, uri: &Uri) -> Result<&Owned, Refusal> {
        let allowed = match who {
            Who::Main => true,
            Who::Sub(own) => own == sid,
            Who::Key(_) => return Err(Refusal::unauthenticated()),
        };
        let found = std::iter::once(&self.main).chain(&self.subs).find(|account| account.sid == sid);
        found.filter(|_| allowed).ok_or_else(|| Refusal::not_found(uri.path()))
    }
}

/// `GET /Accounts.json`: the main account's own list, itself among them, newest first.
pub(super) async fn list(
    State(twilio): State<Twilio>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.who(&headers).and_then(|who| {
        if who != Who::Main {
            return Err(Refusal::unauthenticated());
        }
        let inner = twilio.inner();
        let size = match get(&parameters, "PageSize") {
            None => 50,
            Some(text) => text.parse::<usize>().map_err(|_| Refusal::parameter("PageSize", text))?.clamp(1, 1000),
        };
        let matching: Vec<Value> = inner
            .subs
            .iter()
            .rev()
            .chain(std::iter::once(&inner.main))
            .filter(|account| get(&parameters, "FriendlyName").is_none_or(|name| account.name == name))
            .map(|account| inner.account_document(account))
            .filter(|document| get(&parameters, "Status").is_none_or(|status| document["status"] == status))
            .collect();
        let next = (matching.len() > size).then(|| format!("{}?PageSize={size}&Page=1&PageToken=x", uri.path()));
        Ok(sim::json(
            200,
            &json!({
                "accounts": matching.iter().take(size).collect::<Vec<_>>(), "page": 0, "page_size": size, "start": 0,
                "end": matching.len().min(size).saturating_sub(1), "uri": uri.to_string(),
                "first_page_uri": uri.to_string(), "next_page_uri": next, "previous_page_uri": null,
            }),
        ))
    }))
}

/// `POST /Accounts.json`: one more sub-account.
pub(super) async fn create(State(twilio): State<Twilio>, headers: HeaderMap, form: FormBody) -> Response {
    let parameters = form.map(|Form(parameters)| parameters).unwrap_or_default();
    answer(twilio.who(&headers).and_then(|who| {
        if who != Who::Main {
            return Err(Refusal::unauthenticated());
        }
        let name = get(&parameters, "FriendlyName").unwrap_or("SubAccount Created");
        if name.chars().count() > 64 {
            return Err(Refusal::parameter("FriendlyName", name));
        }
        let account = Owned::new(name, twilio.clock.now());
        let mut inner = twilio.inner();
        inner.subs.push(account.clone());
        Ok(sim::json(201, &inner.account_document(&account)))
    }))
}

/// `GET /Accounts/{sid}.json`.
pub(super) async fn fetch(
    State(twilio): State<Twilio>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.who(&headers).and_then(|who| {
        let inner = twilio.inner();
        let sid = sid.strip_suffix(".json").ok_or_else(|| Refusal::not_found(uri.path()))?;
        let account = inner.visible(&who, sid, &uri)?;
        Ok(sim::json(200, &inner.account_document(account)))
    }))
}

/// `GET /Accounts/{sid}/Balance.json`: of the main account, which pays for all.
pub(super) async fn balance(
    State(twilio): State<Twilio>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.who(&headers).and_then(|who| {
        let inner = twilio.inner();
        let is_its_own = who == Who::Main || who == Who::Key(inner.main.sid.clone());
        if !is_its_own || sid != inner.main.sid {
            return Err(Refusal::not_found(uri.path()));
        }
        let balance = format!("{}.{:02}", inner.balance_cents / 100, inner.balance_cents % 100);
        Ok(sim::json(200, &json!({"account_sid": sid, "balance": balance, "currency": inner.currency})))
    }))
}

/// `GET /Accounts/{sid}/Keys.json`.
pub(super) async fn keys(
    State(twilio): State<Twilio>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.who(&headers).and_then(|who| {
        let inner = twilio.inner();
        let account = inner.visible(&who, &sid, &uri)?;
        let keys: Vec<Value> = account.keys.iter().map(|key| key.document(false)).collect();
        let end = keys.len().saturating_sub(1);
        Ok(sim::json(
            200,
            &json!({
                "keys": keys, "page": 0, "page_size": 50, "start": 0, "end": end, "uri": uri.to_string(),
                "first_page_uri": uri.to_string(), "next_page_uri": null, "previous_page_uri": null,
            }),
        ))
    }))
}

/// `POST /Accounts/{sid}/Keys.json`: one more, and its secret, once.
pub(super) async fn create_key(
    State(twilio): State<Twilio>,
    Path(sid): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    form: FormBody,
) -> Response {
    let parameters = form.map(|Form(parameters)| parameters).unwrap_or_default();
    answer(twilio.who(&headers).and_then(|who| {
        let now = twilio.clock.now();
        let mut inner = twilio.inner();
        let sid = inner.visible(&who, &sid, &uri)?.sid.clone();
        let key = Key::new(get(&parameters, "FriendlyName").unwrap_or_default(), now);
        let Inner { main, subs, .. } = &mut *inner;
        if let Some(account) = std::iter::once(main).chain(subs).find(|account| account.sid == sid) {
            account.keys.push(key.clone());
        }
        Ok(sim::json(201, &key.document(true)))
    }))
}

/// `DELETE /Accounts/{sid}/Keys/{key}.json`: a client that signs with it is locked out at once.
pub(super) async fn delete_key(
    State(twilio): State<Twilio>,
    Path((sid, key)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.who(&headers).and_then(|who| {
        let mut inner = twilio.inner();
        let sid = inner.visible(&who, &sid, &uri)?.sid.clone();
        let key = key.strip_suffix(".json").unwrap_or_default();
        let Inner { main, subs, .. } = &mut *inner;
        let account = std::iter::once(main).chain(subs).find(|account| account.sid == sid);
        let account = account.ok_or_else(|| Refusal::not_found(uri.path()))?;
        let before = account.keys.len();
        account.keys.retain(|other| other.sid != key);
        if account.keys.len() == before {
            return Err(Refusal::not_found(uri.path()));
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    }))
}
