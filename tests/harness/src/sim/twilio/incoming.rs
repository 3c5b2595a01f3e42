//! `IncomingPhoneNumbers`: buy, look, change, release.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::catalogue::{AddressRequirement, Kind, Offered};
use super::errors::Refusal;
use super::search::{contains, friendly, is_area_code};
use super::{Inner, Twilio, answer};
use crate::sim::{self, hex, random};

pub(super) type Parameters = Vec<(String, String)>;
pub(super) type FormBody = Result<Form<Parameters>, FormRejection>;

/// A number that the account holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// `PN…`.
    pub sid: String,
    /// The account that holds it.
    pub account: String,
    /// E.164.
    pub phone_number: String,
    /// Name, at most 64 characters.
    pub friendly_name: String,
    /// Its bundle, where one was needed.
    pub bundle_sid: Option<String>,
    /// When it was bought.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was given back.
    pub released_at: Option<Timestamp>,
}

impl Held {
    pub(super) fn new(account: &str, phone_number: &str, friendly_name: &str, now: Timestamp) -> Self {
        Self {
            sid: format!("PN{}", hex(&random::<16>())),
            account: account.into(),
            phone_number: phone_number.into(),
            friendly_name: friendly_name.into(),
            bundle_sid: None,
            created_at: now,
            updated_at: now,
            released_at: None,
        }
    }

    fn document(&self, account: &str) -> Value {
        json!({
            "account_sid": account,
            "address_sid": null,
            "address_requirements": "none",
            "api_version": "2010-04-01",
            "beta": false,
            "bundle_sid": self.bundle_sid,
            "capabilities": {"voice": true, "sms": true, "mms": true, "fax": false},
            "date_created": rfc_2822(self.created_at),
            "date_updated": rfc_2822(self.updated_at),
            "emergency_address_sid": null,
            "emergency_address_status": "unregistered",
            "emergency_status": "Active",
            "friendly_name": self.friendly_name,
            "identity_sid": null,
            "origin": "twilio",
            "phone_number": self.phone_number,
            "sid": self.sid,
            "sms_application_sid": null,
            "sms_fallback_method": "POST",
            "sms_fallback_url": "",
            "sms_method": "POST",
            "sms_url": "",
            "status": "in-use",
            "status_callback": "",
            "status_callback_method": "POST",
            "trunk_sid": null,
            "type": "local",
            "uri": format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{}.json", self.sid),
            "voice_application_sid": null,
            "voice_caller_id_lookup": false,
            "voice_fallback_method": "POST",
            "voice_fallback_url": "",
            "voice_method": "POST",
            "voice_receive_mode": "voice",
            "voice_url": "",
        })
    }
}

pub(super) fn rfc_2822(at: Timestamp) -> String {
    jiff::fmt::rfc2822::to_string(&at.to_zoned_datetime(TimeZone::UTC)).unwrap_or_default()
}

pub(super) fn get<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// Buys. Twilio takes forms only: a JSON body is a request without parameters.
pub(super) async fn buy(
    State(twilio): State<Twilio>,
    Path(account): Path<String>,
    headers: HeaderMap,
    form: FormBody,
) -> Response {
    let parameters = form.map(|Form(parameters)| parameters).unwrap_or_default();
    answer(twilio.authenticate(&account, &headers).and_then(|()| {
        let now = twilio.clock.now();
        let mut inner = twilio.inner();
        let held = purchase(&mut inner, &account, &parameters, now)?;
        Ok(sim::json(201, &held.document(&account)))
    }))
}

fn purchase(inner: &mut Inner, account: &str, parameters: &Parameters, now: Timestamp) -> Result<Held, Refusal> {
    let name = get(parameters, "FriendlyName");
    if let Some(name) = name.filter(|name| name.chars().count() > 64) {
        return Err(Refusal::parameter("FriendlyName", name));
    }
    let at = match (get(parameters, "PhoneNumber"), get(parameters, "AreaCode")) {
        (Some(number), _) => named(inner, number)?,
        (None, Some(code)) => in_area(inner, code)?,
        (None, None) => return Err(Refusal::neither_number_nor_area()),
    };
    if inner.restricted {
        return Err(Refusal::restricted());
    }
    if inner.trial && !inner.held.is_empty() {
        return Err(Refusal::trial());
    }
    regulations(inner, &inner.stock[at], parameters)?;
    let offered = inner.stock.remove(at);
    let mut held = Held::new(account, &offered.phone_number, name.unwrap_or(&friendly(&offered.phone_number)), now);
    held.bundle_sid = get(parameters, "BundleSid").map(Into::into);
    inner.held.push(held.clone());
    Ok(held)
}

/// Place of a named number in the catalogue.
fn named(inner: &mut Inner, number: &str) -> Result<usize, Refusal> {
    let digits = number.strip_prefix('+').unwrap_or_default();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Refusal::number_invalid(number));
    }
    let found = inner.stock.iter().position(|offered| offered.phone_number == number);
    if found.is_some() && inner.snatched > 0 {
        inner.snatched -= 1;
        inner.stock.retain(|offered| offered.phone_number != number);
        return Err(Refusal::not_available(number));
    }
    found.ok_or_else(|| Refusal::not_available(number))
}

/// Place of any number of an area. Asked twice, Twilio sells two.
fn in_area(inner: &Inner, code: &str) -> Result<usize, Refusal> {
    if !is_area_code(code) {
        return Err(Refusal::area_code_invalid(code));
    }
    inner
        .stock
        .iter()
        .position(|offered| offered.kind == Kind::Local && offered.area_code() == Some(code))
        .ok_or_else(|| Refusal::none_in_area(code))
}

fn regulations(inner: &Inner, offered: &Offered, parameters: &Parameters) -> Result<(), Refusal> {
    if get(parameters, "AddressSid").is_none() {
        match offered.address_requirements {
            AddressRequirement::None => {}
            AddressRequirement::Any => return Err(Refusal::needs_address()),
            AddressRequirement::Local => return Err(Refusal::needs_local_address()),
        }
    }
    let bundle = get(parameters, "BundleSid").unwrap_or_default();
    if offered.needs_bundle && !inner.bundles.contains(&(offered.country.clone(), bundle.into())) {
        return Err(Refusal::needs_bundle());
    }
    Ok(())
}

/// Lists, newest first, page by page.
pub(super) async fn list(
    State(twilio): State<Twilio>,
    Path(account): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.authenticate(&account, &headers).and_then(|()| page(&twilio, &account, &parameters, &uri)))
}

fn page(twilio: &Twilio, account: &str, parameters: &Parameters, uri: &Uri) -> Result<Response, Refusal> {
    let number = |name: &str, default: usize| match get(parameters, name) {
        None => Ok(default),
        Some(text) => text.parse::<usize>().map_err(|_| Refusal::parameter(name, text)),
    };
    let size = number("PageSize", 50)?.clamp(1, 1000);
    let at = number("Page", 0)?;
    let token = get(parameters, "PageToken");
    if at > 0 && token.is_none() {
        return Err(Refusal::parameter("PageToken", "a page token is required"));
    }
    let inner = twilio.inner();
    let matching: Vec<&Held> = inner
        .held
        .iter()
        .rev()
        .filter(|held| held.account == account)
        .filter(|held| get(parameters, "PhoneNumber").is_none_or(|pattern| contains(&held.phone_number, pattern)))
        .filter(|held| get(parameters, "FriendlyName").is_none_or(|name| held.friendly_name == name))
        .collect();
    let start = match token {
        None => 0,
        Some(token) => matching
            .iter()
            .position(|held| token.strip_prefix("PA") == Some(&held.sid))
            .map(|position| position + 1)
            .ok_or_else(|| Refusal::parameter("PageToken", token))?,
    };
    let shown: Vec<&Held> = matching.iter().skip(start).take(size).copied().collect();
    let link = |page: usize, token: Option<&str>| page_uri(uri.path(), parameters, size, page, token);
    let next = shown.last().filter(|_| start + shown.len() < matching.len()).map(|last| link(at + 1, Some(&last.sid)));
    Ok(sim::json(
        200,
        &json!({
            "incoming_phone_numbers": shown.iter().map(|held| held.document(account)).collect::<Vec<_>>(),
            "page": at, "page_size": size, "start": start, "end": (start + shown.len()).saturating_sub(1),
            "uri": link(at, token.and_then(|token| token.strip_prefix("PA"))), "first_page_uri": link(0, None),
            "next_page_uri": next, "previous_page_uri": (at > 0).then(|| link(0, None)),
        }),
    ))
}

fn page_uri(path: &str, parameters: &Parameters, size: usize, page: usize, after: Option<&str>) -> String {
    let filters = parameters.iter().filter(|(name, _)| !matches!(name.as_str(), "Page" | "PageSize" | "PageToken"));
    let mut query: Vec<String> =
        filters.map(|(name, value)| format!("{name}={}", value.replace('+', "%2B").replace(' ', "%20"))).collect();
    query.push(format!("PageSize={size}"));
    query.push(format!("Page={page}"));
    query.extend(after.map(|sid| format!("PageToken=PA{sid}")));
    format!("{path}?{}", query.join("&"))
}

/// Looks at one.
pub(super) async fn fetch(
    State(twilio): State<Twilio>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.authenticate(&account, &headers).and_then(|()| {
        let inner = twilio.inner();
        let at = place(&inner, &account, &sid, &uri)?;
        Ok(sim::json(200, &inner.held[at].document(&account)))
    }))
}

/// Changes one.
pub(super) async fn update(
    State(twilio): State<Twilio>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
    form: FormBody,
) -> Response {
    let parameters = form.map(|Form(parameters)| parameters).unwrap_or_default();
    answer(twilio.authenticate(&account, &headers).and_then(|()| {
        let now = twilio.clock.now();
        let mut inner = twilio.inner();
        let at = place(&inner, &account, &sid, &uri)?;
        let held = &mut inner.held[at];
        if let Some(name) = get(&parameters, "FriendlyName") {
            if name.chars().count() > 64 {
                return Err(Refusal::parameter("FriendlyName", name));
            }
            held.friendly_name = name.into();
        }
        held.updated_at = now;
        Ok(sim::json(200, &held.document(&account)))
    }))
}

/// Gives one back. There is no undo: the number is not for sale again.
pub(super) async fn release(
    State(twilio): State<Twilio>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.authenticate(&account, &headers).and_then(|()| {
        let now = twilio.clock.now();
        let mut inner = twilio.inner();
        let at = place(&inner, &account, &sid, &uri)?;
        let mut held = inner.held.remove(at);
        held.released_at = Some(now);
        inner.released.push(held);
        Ok(StatusCode::NO_CONTENT.into_response())
    }))
}

fn place(inner: &Inner, account: &str, sid: &str, uri: &Uri) -> Result<usize, Refusal> {
    let sid = sid.strip_suffix(".json");
    inner
        .held
        .iter()
        .position(|held| held.account == account && Some(held.sid.as_str()) == sid)
        .ok_or_else(|| Refusal::not_found(uri.path()))
}
