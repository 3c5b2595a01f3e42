//! `POST /v1/calls`: everything that can be wrong with a call before it rings.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::call::Call;
use super::errors::Refusal;
use super::{Account, Bland, Imported, encrypted_key, fields, prompt, reply};
use crate::sim::{hex, random};

/// Bland's own number, used for calls that name no caller ID and no Twilio account.
const POOL: &str = "+15005550001";

/// The same number may be called once in this time.
const SAME_NUMBER_MILLIS: i64 = 10_000;

/// Trouble with the Twilio account, all of it 500.
#[derive(Clone, Copy, Debug)]
pub enum Byot {
    /// `Error in creating Twilio connection.`
    Connection,
    /// `Error triggering call. Please check your twilio account for errors`
    Trigger,
    /// `Error in getting BYOT Number`
    Number,
    /// `Error in getting dialer data from encrypted key`
    DialerData,
}

impl Byot {
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Connection => "Error in creating Twilio connection.",
            Self::Trigger => "Error triggering call. Please check your twilio account for errors",
            Self::Number => "Error in getting BYOT Number",
            Self::DialerData => "Error in getting dialer data from encrypted key",
        }
    }
}

pub(super) async fn dispatch(State(bland): State<Bland>, headers: HeaderMap, body: Bytes) -> Response {
    reply(bland.authenticate(&headers).and_then(|()| accept(&bland, encrypted_key(&headers), &body)))
}

fn accept(bland: &Bland, key: Option<&str>, body: &[u8]) -> Result<Value, Refusal> {
    let request: Value =
        serde_json::from_slice(body).map_err(|_| Refusal::error(400, "Invalid JSON in request body."))?;
    let now = bland.clock.millis();
    let mut inner = bland.inner();
    if inner.account.flagged {
        return Err(Refusal::error(
            403,
            "Your account has been flagged for security purposes and is temporarily blocked from dispatching calls.",
        ));
    }
    fields::check(&request)?;
    let to = destination(&request, &inner.account)?;
    let (from, from_was_picked) = caller_id(bland, &inner.account, &inner.imported, key, &request)?;
    money(&inner.account)?;
    if let Some(message) = inner.account.limits.pop_front() {
        return Err(Refusal::error(429, &message));
    }
    let too_soon = inner.dialled.get(&to).is_some_and(|at| now - at < SAME_NUMBER_MILLIS);
    if too_soon {
        return Err(Refusal::error(429, "Calls can only be sent every 10 seconds to the same number."));
    }
    if let Some(trouble) = inner.account.byot.pop_front() {
        return Err(Refusal::error(500, trouble.message()));
    }
    let told = inner.told_for(&to, now);
    let script = told
        .or_else(|| inner.next_scripts.pop_front())
        .or_else(|| inner.scripts_by_number.get(&to).cloned())
        .unwrap_or_else(|| inner.usual.clone());
    let call = call(request, &to, &from, from_was_picked, bland.clock.now());
    if let Some(text) = inner.account.moderated.iter().find(|text| call.prompt.contains(*text)) {
        return Err(Refusal::error(400, &format!("Flagged Node: {text}")));
    }
    let steps = script.steps(cap(&call.request), call.message.as_deref()).into();
    let id = call.id.clone();
    let disposition = inner.dispositions_by_number.get(&to).cloned();
    inner.calls.push(Call { steps, stepped_at: now, disposition, ..call });
    inner.dialled.insert(to, now);
    Ok(json!({"status": "success", "message": "Call successfully queued.", "call_id": id, "batch_id": null}))
}

fn call(request: Value, to: &str, from: &str, from_was_picked: bool, now: jiff::Timestamp) -> Call {
    let id = uuid();
    let system = |name: &str| match name {
        "phone_number" | "to" => Some(to.to_owned()),
        "from" => Some(from.to_owned()),
        "call_id" => Some(id.clone()),
        _ => Some(now.to_string()),
    };
    let expand = |name: &str| request[name].as_str().map(|it| prompt::expand(it, &request["request_data"], system));
    Call {
        prompt: expand("task").unwrap_or_default(),
        first_sentence: expand("first_sentence"),
        message: request["voicemail"]["message"]
            .as_str()
            .map(|it| spoken_in_time(&prompt::expand(it, &request["request_data"], system))),
        id,
        to: to.to_owned(),
        from: from.to_owned(),
        from_was_picked,
        created_at: now,
        disposition: None,
        erased: false,
        started_at: None,
        lines: Vec::new(),
        end: None,
        queue_status: "queued",
        settled: false,
        steps: std::collections::VecDeque::new(),
        stepped_at: 0,
        request,
    }
}

/// What is left of a message after 80 seconds, at some fifteen letters a second.
fn spoken_in_time(message: &str) -> String {
    message.chars().take(80 * 15).collect()
}

/// Seconds that the call may last at most.
fn cap(request: &Value) -> u64 {
    let given = &request["max_duration"];
    given.as_u64().or_else(|| given.as_str().and_then(|text| text.parse().ok())).unwrap_or(30) * 60
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
}

fn destination(request: &Value, account: &Account) -> Result<String, Refusal> {
    let given = request["phone_number"].as_str().unwrap_or_default();
    // Short codes get another answer than other malformed numbers: Bland looks for them first.
    if matches!(given.trim_start_matches('+'), "911" | "1911" | "112" | "999" | "988")
        || account.sensitive.contains(given)
    {
        let message = "Cannot dial sensitive numbers. More attempts will result in being blocked.";
        return Err(Refusal::error(400, message));
    }
    if !is_number(given) {
        return Err(Refusal::bare(400, "Invalid phone number format. Please use E.164, such as +12223334444."));
    }
    // Without a country code it is taken to be in the United States.
    let to = if given.starts_with('+') { given.to_owned() } else { format!("+1{given}") };
    if to.starts_with("+10") || to.starts_with("+11") {
        return Err(Refusal::error(400, "Invalid phone number. Number failed Twilio validation."));
    }
    if account.do_not_call.contains(&to) {
        return Err(Refusal::do_not_call());
    }
    if account.blacklisted.contains(&to) {
        return Err(Refusal::error(429, "This number is blacklisted."));
    }
    Ok(to)
}

/// The caller ID, and whether Bland had to choose it.
fn caller_id(
    bland: &Bland,
    account: &Account,
    imported: &std::collections::BTreeMap<String, Imported>,
    key: Option<&str>,
    request: &Value,
) -> Result<(String, bool), Refusal> {
    let from = request["from"].as_str();
    if from.is_some_and(|from| !is_number(from)) {
        return Err(Refusal::error(400, "Invalid 'from' - must be a phone number string with 10 or 12 digits."));
    }
    let over = key.map(|key| account.handle(key)).transpose()?;
    let not_owned = || Refusal::error(400, "Invalid 'from' - this number is not owned by your account.");
    let (from, picked) = match (from, key) {
        (None, None) => return Ok((POOL.into(), true)),
        (None, Some(_)) => {
            let mut own = imported.iter().filter(|(_, imported)| Some(&imported.account) == over.as_ref());
            let (first, _) = own.next().ok_or_else(|| Refusal::error(500, Byot::Number.message()))?;
            (first.clone(), true)
        }
        (Some(from), Some(_)) if imported.get(from).map(|imported| &imported.account) == over.as_ref() => {
            (from.to_owned(), false)
        }
        (Some(_), Some(_)) if account.unimported_is_500 => {
            return Err(Refusal::error(500, Byot::Number.message()));
        }
        // Without a key, no number is ours; with it, only what was imported.
        (Some(_), _) => return Err(not_owned()),
    };
    // An imported number that Twilio has released is only noticed when it is used.
    if bland.twilio.owns(&from) { Ok((from, picked)) } else { Err(Refusal::error(500, Byot::Trigger.message())) }
}

fn money(account: &Account) -> Result<(), Refusal> {
    match account.cents {
        None => Err(Refusal::error(402, "No billing record found.")),
        Some(0) => Err(Refusal::error(402, "Insufficient balance.")),
        Some(_) => Ok(()),
    }
}

/// A version 4 UUID.
fn uuid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    let groups = [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]];
    groups.join("-")
}
