//! `AvailablePhoneNumbers`: what is for sale. Nothing found is an empty list, not an error; nothing
//! is reserved.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::catalogue::{COUNTRIES, Kind, Offered};
use super::errors::Refusal;
use super::pattern::Pattern;
use super::{Twilio, answer};
use crate::sim;

type Parameters = Vec<(String, String)>;

/// Countries with anything for sale.
pub(super) async fn countries(
    State(twilio): State<Twilio>,
    Path(account): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.authenticate(&account, &headers).map(|()| {
        let countries: Vec<Value> =
            COUNTRIES.iter().map(|(code, name, kinds)| country_document(&account, code, name, kinds)).collect();
        sim::json(200, &json!({"countries": countries, "uri": uri.path()}))
    }))
}

/// One country, and which kinds of number exist in it.
pub(super) async fn country(
    State(twilio): State<Twilio>,
    Path((account, country)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.authenticate(&account, &headers).and_then(|()| {
        let known = country.strip_suffix(".json").and_then(|code| COUNTRIES.iter().find(|known| known.0 == code));
        let (code, name, kinds) = known.ok_or_else(|| Refusal::not_found(uri.path()))?;
        Ok(sim::json(200, &country_document(&account, code, name, kinds)))
    }))
}

fn country_document(account: &str, code: &str, name: &str, kinds: &[Kind]) -> Value {
    let base = format!("/2010-04-01/Accounts/{account}/AvailablePhoneNumbers/{code}");
    let uris: Map<String, Value> = kinds
        .iter()
        .map(|kind| match kind {
            Kind::Local => ("local".into(), json!(format!("{base}/Local.json"))),
            Kind::Mobile => ("mobile".into(), json!(format!("{base}/Mobile.json"))),
            Kind::National => ("national".into(), json!(format!("{base}/National.json"))),
            Kind::TollFree => ("toll_free".into(), json!(format!("{base}/TollFree.json"))),
        })
        .collect();
    json!({"country_code": code, "country": name, "uri": format!("{base}.json"), "beta": false, "subresource_uris": uris})
}

/// The search itself.
pub(super) async fn search(
    State(twilio): State<Twilio>,
    Path((account, country, kind)): Path<(String, String, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    answer(twilio.authenticate(&account, &headers).and_then(|()| {
        let kind = match kind.as_str() {
            "Local.json" => Kind::Local,
            "Mobile.json" => Kind::Mobile,
            "National.json" => Kind::National,
            "TollFree.json" => Kind::TollFree,
            // Voip and so on exist as resources, but not in these countries.
            _ => return Err(Refusal::not_found(uri.path())),
        };
        let exists = COUNTRIES.iter().any(|(code, _, kinds)| *code == country && kinds.contains(&kind));
        if !exists {
            return Err(Refusal::not_found(uri.path()));
        }
        let filter = Filter::parse(&country, &parameters)?;
        let inner = twilio.inner();
        let found: Vec<Value> = inner
            .stock
            .iter()
            .filter(|offered| offered.country == country && offered.kind == kind && filter.admits(offered))
            .take(filter.page_size)
            .map(document)
            .collect();
        let path = uri.path_and_query().map_or_else(String::new, ToString::to_string);
        Ok(sim::json(200, &json!({"available_phone_numbers": found, "uri": path})))
    }))
}

struct Filter {
    area_code: Option<String>,
    contains: Option<Pattern>,
    voice: Option<bool>,
    region: Option<String>,
    locality: Option<String>,
    beta: bool,
    exclude_all: bool,
    exclude_local: bool,
    page_size: usize,
}

impl Filter {
    fn parse(country: &str, parameters: &Parameters) -> Result<Self, Refusal> {
        let get = |name: &str| {
            parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).filter(|it| !it.is_empty())
        };
        let flag = |name: &str| match get(name).as_deref() {
            None => Ok(None),
            Some("true" | "True") => Ok(Some(true)),
            Some("false" | "False") => Ok(Some(false)),
            Some(other) => Err(Refusal::parameter(name, other)),
        };
        for name in ["SmsEnabled", "MmsEnabled", "FaxEnabled", "ExcludeForeignAddressRequired"] {
            flag(name)?;
        }
        let north_american = matches!(country, "US" | "CA");
        let area_code = get("AreaCode");
        if let Some(code) = &area_code {
            if !north_american {
                return Err(Refusal::area_code_unsupported(country));
            }
            if !is_area_code(code) {
                return Err(Refusal::area_code_invalid(code));
            }
        }
        let contains = get("Contains")
            .map(|text| Pattern::parse(&text).ok_or_else(|| Refusal::parameter("Contains", &text)))
            .transpose()?;
        let page_size = match get("PageSize").map(|text| text.parse::<usize>().map_err(|_| text)) {
            None => 50,
            Some(Ok(size @ 1..)) => size.min(1000),
            Some(Ok(_)) => return Err(Refusal::parameter("PageSize", "0")),
            Some(Err(text)) => return Err(Refusal::parameter("PageSize", &text)),
        };
        Ok(Self {
            area_code,
            contains,
            voice: flag("VoiceEnabled")?,
            region: get("InRegion"),
            locality: get("InLocality"),
            beta: flag("Beta")?.unwrap_or(true),
            exclude_all: flag("ExcludeAllAddressRequired")?.unwrap_or(false),
            exclude_local: flag("ExcludeLocalAddressRequired")?.unwrap_or(false),
            page_size,
        })
    }

    fn admits(&self, offered: &Offered) -> bool {
        let address = offered.address_requirements.as_str();
        self.area_code.as_deref().is_none_or(|code| offered.area_code() == Some(code))
            && self.contains.as_ref().is_none_or(|pattern| pattern.admits(&offered.phone_number))
            && self.voice.is_none_or(|voice| offered.voice == voice)
            && self.region.as_deref().is_none_or(|region| offered.region == region)
            && self.locality.as_deref().is_none_or(|locality| offered.locality == locality)
            && (self.beta || !offered.beta)
            && !(self.exclude_all && address != "none")
            && !(self.exclude_local && address == "local")
    }
}

/// Three digits that can be a North American area code.
pub(super) fn is_area_code(code: &str) -> bool {
    code.len() == 3
        && code.bytes().all(|digit| digit.is_ascii_digit())
        && code.starts_with(|it| ('2'..='9').contains(&it))
}

/// Does a number that we hold contain the pattern, in which `*` is any one digit? Another filter
/// than a search's.
pub(super) fn contains(phone_number: &str, pattern: &str) -> bool {
    let (number, pattern) = (phone_number.as_bytes(), pattern.as_bytes());
    number
        .windows(pattern.len().max(1))
        .any(|window| window.iter().zip(pattern).all(|(digit, wanted)| *wanted == b'*' || digit == wanted))
}

fn document(offered: &Offered) -> Value {
    // Latitude and longitude are numbers in Twilio's own document and text on its wire.
    let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    json!({
        "friendly_name": friendly(&offered.phone_number),
        "phone_number": offered.phone_number,
        "lata": offered.lata.map_or(Value::Null, text),
        "locality": text(offered.locality),
        "rate_center": text(&offered.locality.to_uppercase()),
        "latitude": text(offered.at.0),
        "longitude": text(offered.at.1),
        "region": text(offered.region),
        "postal_code": text(offered.postal_code),
        "iso_country": offered.country,
        "address_requirements": offered.address_requirements.as_str(),
        "beta": offered.beta,
        "capabilities": {"voice": offered.voice, "SMS": true, "MMS": true, "fax": false},
    })
}

/// `(415) 555-0123` for a North American number, the number itself for others.
pub(super) fn friendly(phone_number: &str) -> String {
    let parts =
        phone_number.strip_prefix("+1").and_then(|rest| Some((rest.get(..3)?, rest.get(3..6)?, rest.get(6..)?)));
    parts.map_or_else(|| phone_number.into(), |(area, exchange, line)| format!("({area}) {exchange}-{line}"))
}
