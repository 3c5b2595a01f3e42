//! What was put inside an unknown field, where nothing is looked for: a body in `params`, in
//! `data.attributes`, as text. It is recognised by what is in it.
//!
//! `docs/decisions.md`: Which unknown fields are refused?

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::words::Words;
use super::{Judged, can_name, happens_anyway, meant, names_a_purchase, only_a_header, spoken_of, unoffered};
use crate::api::{Field, Kind, Unoffered, is_one_of};
use crate::body::dry_run;
use crate::body::name::{plain, shown};
use crate::body::wish::{asks, is_a_time, promises};
use crate::refusal::Refusal;

/// So deep a body is looked for inside others.
const DEEPEST: u32 = 5;

/// The fewest letters of a name of others that means one thing wherever it stands.
const SURE: usize = 7;

/// The longest text that is tried as an encoding.
const LONGEST_ENCODED: usize = 16 * 1024;

/// For whom the things in an unknown field are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// For us: clients put a whole body there.
    Us,
    /// For us where it has a name of ours and a value that fits.
    Perhaps,
    /// For the caller, who keeps notes there.
    TheCaller,
}

/// Words in the names of what clients put a whole body into.
const WRAPPERS: &str = "advanced args argument arguments attributes body config configuration content conditions criteria data fields filter \
    filters form input inputs json kwargs options opts overrides pagination paging parameter parameters \
    params payload preferences properties props query request requestbody requirements setting settings spec \
    tool values variables vars where";

/// Those of them that are a request whatever stands before them.
const REQUESTS: &str = "args arguments body input inputs parameters params payload request";

/// Words in the names of what a caller keeps its own notes in: of itself, of its customers, of its
/// programs.
const NOTES: &str = "account address analytics annotation annotations app application appointment appointments attribution \
    audit billing booking browser buyer caller client clients comment comments company context conversation \
    cookie cookies crm customer customers debug device envelope error event events geo geoip headers history \
    i18n invoice ip label labels langfuse log logs meeting memo messages meta metadata metrics note notes org \
    organization origin otel owner page payer performance posthog profile proof receipt ref reference \
    reservation response result results runtime sdk sentry session shipping signature span stats system tag \
    tags telemetry tenant timing trace tracing tracking traits transaction tx usage user users utm visitor \
    wallet x";

/// Those of what is signed and paid with, whatever stands behind them. `x402` is two words.
const PAYMENTS: &str = "payment payments 402";

/// Names that mean a wish in a request, and elsewhere that something is noted.
const REMARKS: &str = "timestamp datetime starttime startdate begintime begindate expires expiration";

/// What is looked for: first what has a place at the top, because that is the better advice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sought {
    Fields,
    Unoffered,
}

/// Refuses an unknown field, or an unknown parameter of an address, that holds what would be asked
/// for at the top: a field of the endpoint's, or what it does not offer.
pub(super) fn check(judged: &Judged<'_>, name: &str, value: &Value) -> Result<(), Refusal> {
    fields(judged, name, value)?;
    within(judged, (name, value), (For::Perhaps, Sought::Unoffered), DEEPEST)
}

/// The same of the endpoint's fields alone.
pub(super) fn fields(judged: &Judged<'_>, name: &str, value: &Value) -> Result<(), Refusal> {
    within(judged, (name, value), (For::Perhaps, Sought::Fields), DEEPEST)
}

/// The same of what is a caller's own or has been judged already: nothing counts in it but what is
/// to keep the caller from paying twice.
pub(super) fn purchases(judged: &Judged<'_>, name: &str, value: &Value) -> Result<(), Refusal> {
    within(judged, (name, value), (For::TheCaller, Sought::Fields), DEEPEST)
}

fn within(
    judged: &Judged<'_>,
    (name, value): (&str, &Value),
    (outer, sought): (For, Sought),
    deeper: u32,
) -> Result<(), Refusal> {
    let decoded = value.as_str().and_then(decoded);
    let value = decoded.as_ref().unwrap_or(value);
    if !has_things(value) {
        return Ok(());
    }
    // Once for all that is in it, which may be much behind a long name.
    things(judged, (&shown(name), value), (whose(name, outer), sought), deeper)
}

fn has_things(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

fn things(
    judged: &Judged<'_>,
    (wrapper, value): (&str, &Value),
    (whose, sought): (For, Sought),
    deeper: u32,
) -> Result<(), Refusal> {
    let Some(deeper) = deeper.checked_sub(1) else { return Ok(()) };
    match value {
        Value::Object(members) => {
            if let Some((name, value)) = paired(members).filter(|_| whose == For::Us) {
                member(judged, wrapper, (name, value), (whose, sought))?;
            }
            for (name, value) in members {
                member(judged, wrapper, (name, value), (whose, sought))?;
                within(judged, (name, value), (whose, sought), deeper)?;
            }
        }
        Value::Array(items) => {
            for item in items.iter().filter(|item| has_things(item)) {
                things(judged, (wrapper, item), (whose, sought), deeper)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// A field that is written as an object of its name and its value: `{"field": "status", "operator":
/// "eq", "value": "busy"}`.
fn paired(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let of = |names: &[&str]| members.iter().find(|(name, _)| names.contains(&name.to_lowercase().as_str()));
    let (_, name) = of(&["field", "name", "key", "column", "property", "attribute", "param", "parameter"])?;
    let (_, value) = of(&["value", "values", "val", "equals", "eq"])?;
    Some((name.as_str()?, value))
}

fn whose(name: &str, outer: For) -> For {
    let words = Words::of(name);
    match outer {
        For::TheCaller => For::TheCaller,
        _ if words.have_one_of(PAYMENTS) => For::TheCaller,
        // What a request is written in goes before whose it is: `user_input`, `client_params`.
        _ if words.last().is_some_and(|last| is_one_of(REQUESTS, last)) => For::Us,
        _ if words.have_one_of(NOTES) => For::TheCaller,
        _ if words.have_one_of(WRAPPERS) => For::Us,
        outer => outer,
    }
}

fn member(
    judged: &Judged<'_>,
    wrapper: &str,
    (name, value): (&str, &Value),
    (whose, sought): (For, Sought),
) -> Result<(), Refusal> {
    let endpoint = judged.endpoint;
    let short = plain(name).unwrap_or_default();
    let inner = || format!("{wrapper}.{}", shown(name));
    if sought == Sought::Fields && endpoint.is_paid() && names_this_purchase(&short, value, whose) {
        return Err(only_a_header(&inner()));
    }
    if whose == For::TheCaller || !judged.goes_on() {
        return Ok(());
    }
    if dry_run::is_meant(&short) {
        return if dry_run::promised(value) { Err(dry_run::unread(endpoint, &inner())) } else { Ok(()) };
    }
    if judged.is_a_hang_up() && whose != For::Us {
        return Ok(());
    }
    match sought {
        Sought::Fields => field(judged, name, value, whose).map_or(Ok(()), |Field { name, .. }| {
            let message = format!("was sent inside `{wrapper}`; send `{name}` at the top of the body");
            Err(Refusal::bad(*name, message))
        }),
        Sought::Unoffered => wanted(judged, name, value, whose).map_or(Ok(()), |unoffered| {
            let message = format!("was sent inside `{wrapper}`, and is not offered: {}", unoffered.because);
            Err(Refusal::bad(shown(name), message))
        }),
    }
}

/// A second sale is meant by no caller, wherever it has put the name of the first; but a program
/// has tokens of its own for its other services.
fn names_this_purchase(short: &str, value: &Value, whose: For) -> bool {
    let might = match whose {
        For::Us => true,
        For::Perhaps => !short.contains("client"),
        For::TheCaller => !short.contains("client") && !has_things(value),
    };
    might && names_a_purchase(short) && can_name(value)
}

/// What is asked for in vain by a name inside something else.
fn wanted(judged: &Judged<'_>, name: &str, value: &Value, whose: For) -> Option<&'static Unoffered> {
    let short = plain(name)?;
    let is_sure = whose == For::Us || short.len() >= SURE && !is_one_of(REMARKS, &short);
    let unoffered = unoffered(judged, name, value).filter(|_| is_sure)?;
    promises(value, unoffered.promise.in_a_body(|_| false)).then_some(unoffered)
}

/// The field that is asked for by a name inside something else.
fn field(judged: &Judged<'_>, name: &str, value: &Value, whose: For) -> Option<&'static Field> {
    let endpoint = judged.endpoint;
    let short = plain(name)?;
    let own = || {
        let is_called = |field: &&Field| field.names().filter_map(plain).any(|known| known == short);
        endpoint.asked().iter().find(is_called)
    };
    let is_sure = whose == For::Us || short.len() >= SURE;
    // What others call a field is called so of other things as well, where the field is there.
    let others = || {
        let field = meant(endpoint, &short, value).filter(|_| is_sure).or_else(|| spoken_of(endpoint, name))?;
        (whose == For::Us || !judged.has(field.name)).then_some(field)
    };
    let field = own().or_else(others)?;
    let fits = whose == For::Us || might_be(value, field.kind);
    (fits && asks(value, field.kind) && !happens_anyway(field, &short, value)).then_some(field)
}

/// Whether a value is of the sort that a field takes: `from` is a number to call from, and the
/// beginning of a window of time.
pub(super) fn might_be(value: &Value, kind: Kind) -> bool {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match kind {
        Kind::Phone => {
            let is_written_so = |c: char| c.is_ascii_digit() || "+ ()-.".contains(c);
            digits >= 7 && text.chars().all(is_written_so) && !is_a_time(value)
        }
        Kind::AreaCode => (1..=5).contains(&digits) && digits == text.trim().len(),
        Kind::Integer(_) => value.is_number() || digits > 0,
        Kind::Boolean => !value.is_object(),
        Kind::Questions(_) => value.is_array() || value.is_string(),
        _ => value.is_string(),
    }
}

/// What a text stands for that is a body in itself: JSON, its base64, or the fields of a form.
fn decoded(text: &str) -> Option<Value> {
    let text = text.trim();
    if text.starts_with(['{', '[']) {
        return serde_json::from_str(text).ok();
    }
    if text.len() > LONGEST_ENCODED {
        return None;
    }
    // The base64 of what begins like an object.
    if text.starts_with("ey") || text.starts_with("ew") {
        let any = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let read = |alphabet| GeneralPurpose::new(alphabet, any).decode(text).ok();
        return serde_json::from_slice(&read(&STANDARD).or_else(|| read(&URL_SAFE))?).ok();
    }
    form(text).map(Value::Object)
}

/// `country=CA&area_code=604`, and nothing that is only a sentence.
fn form(text: &str) -> Option<Map<String, Value>> {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.[]".contains(c));
    let field = |field: &str| {
        let (name, value) = field.split_once('=')?;
        is_name(name).then(|| (name.to_owned(), Value::from(value)))
    };
    text.split('&').map(field).collect()
}
