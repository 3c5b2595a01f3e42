//! A message to the MCP server: it means what a reader of JSON-RPC that shares no code with the
//! product takes it for, and what a tool asks an endpoint is what stands in the message.
//!
//! The server asks its own public address, so the listener there sees what becomes of a tool; it
//! takes everything, and answers one thing.

mod seeds;
mod world;

use std::sync::{LazyLock, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

pub use seeds::seeds;

use self::world::{Received, World};
use crate::json::{self, Document, Json};

const MODERN: &str = "2026-07-28";
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
const HEADERS: [&str; 3] = ["mcp-protocol-version", "mcp-method", "mcp-name"];

const NOT_JSON: Answer = Answer::Error(400, "-32700");
const NOT_A_MESSAGE: Answer = Answer::Error(400, "-32600");
const NO_SUCH_METHOD: &str = "-32601";
const WRONG_PARAMS: Answer = Answer::Error(200, "-32602");
/// Of a message that wants no answer, only HTTP can say that it was not taken.
const NOT_TAKEN: Answer = Answer::Error(400, "-32602");
const OTHER_HEADERS: Answer = Answer::Error(400, "-32020");
const OTHER_VERSION: Answer = Answer::Error(400, "-32022");

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(World::start()));

/// A line with the three headers, a `|` between them, and the message.
pub fn mcp(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (line, body) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let Ok(line) = str::from_utf8(line) else { return };
    let headers: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
    if headers.iter().any(|value| HeaderValue::from_str(value).is_err()) {
        return;
    }
    let header = |place: usize| headers.get(place).copied().filter(|value| !value.is_empty());
    let said = Said { version: header(0), method: header(1), name: header(2) };
    let (got, asked) = WORLD.lock().unwrap_or_else(PoisonError::into_inner).serve(&headers, body);
    let document = json::read(body);
    // What not every parser reads alike may be refused, and may not be more than one question.
    if document.as_ref().is_some_and(|document| !document.plain) {
        return assert!(asked.len() < 2, "{asked:?}");
    }
    let (id, answer) = expected(&said, body, document.as_ref());
    let beside = document
        .as_ref()
        .is_some_and(|document| document.root.has("_meta") || document.root.get("params").is_some_and(speaks_beside));
    let doubt = body.contains(&b'\\') || body.len() > 4096 || beside;
    match answer {
        Answer::Silence => assert_eq!((got.status, &got.body), (202, &None)),
        Answer::Error(status, number) => {
            let error = got.body.as_ref().and_then(|body| body.get("error")).expect("an error");
            let told = error.get("code").expect("a number");
            assert_eq!((got.status, told), (status, &Json::Number(number.to_owned())), "{error:?}");
        }
        Answer::Result(marks) => {
            let result = got.result();
            assert!(marks.iter().all(|mark| result.has(mark)), "{result:?}");
        }
        Answer::Refused if doubt && !asked.is_empty() => {}
        Answer::Refused => assert_eq!((asked.len(), got.is_error()), (0, Some(true)), "{:?}", got.body),
        // An escape can make a text too long, or one that the product does not read as a number.
        Answer::Asked(_) if doubt && asked.is_empty() => assert_eq!(got.is_error(), Some(true)),
        Answer::Asked(question) => {
            let [asked] = asked.as_slice() else { panic!("{asked:?} for {question:?}") };
            question.is(asked);
            assert_eq!(got.is_error(), Some(false));
            return got.answers(&id);
        }
    }
    if !matches!(answer, Answer::Refused) {
        assert!(asked.is_empty(), "{asked:?}");
    }
    got.answers(&id);
}

/// What the headers say.
struct Said<'a> {
    version: Option<&'a str>,
    method: Option<&'a str>,
    name: Option<&'a str>,
}

/// What a message is answered with.
enum Answer {
    /// 202, and nothing.
    Silence,
    /// A status, and JSON-RPC's number.
    Error(u16, &'static str),
    /// A result in which these are.
    Result(&'static [&'static str]),
    /// A result that says what is wrong, and no endpoint was asked.
    Refused,
    /// What the endpoint answers.
    Asked(Question),
}

/// Whether a tool may be asked for something where arguments do not stand, or has arguments that a
/// host has put there for itself. What of that is a mistake is for the reader of names, which has
/// tables of its own.
fn speaks_beside(params: &Json) -> bool {
    let protocols = ["name", "arguments", "_meta", "cursor", "task", "inputResponses", "requestState"];
    let hosts = ["wait_for_previous", "toolCallId", "sessionId", "chatInput", "action"];
    let has = |json: Option<&Json>, is_meant: &dyn Fn(&str) -> bool| match json {
        Some(Json::Object(fields)) => fields.iter().any(|(name, _)| is_meant(name)),
        _ => false,
    };
    let payments = |name: &str| {
        let name = name.to_lowercase();
        name.contains("payment") || name.contains("x402")
    };
    has(Some(params), &|name| !protocols.contains(&name))
        || has(params.get("arguments"), &|name| hosts.contains(&name) || payments(name))
        || has(params.get("_meta"), &|name| !READ_OF_META.contains(&name))
}

/// What of the metadata is read.
const READ_OF_META: [&str; 3] = ["io.modelcontextprotocol/protocolVersion", "x402/payment", "x402.payment"];

/// Whether the metadata asks in plain words for what only an argument is read for, or the address
/// of another API.
fn is_meant_for_an_argument(meta: &Json, arguments: &[(String, Json)]) -> bool {
    let says = |json: Option<&Json>| json.and_then(Json::text).is_some_and(|text| !text.trim().is_empty());
    let argument = arguments.iter().find(|(name, _)| name == "idempotency_key").map(|(_, value)| value);
    let names = ["idempotency_key", "idempotencyKey", "x402/idempotency-key"];
    argument.is_none() && names.iter().any(|name| says(meta.get(name)))
}

/// The id that the answer has, and the answer.
fn expected(said: &Said<'_>, body: &[u8], document: Option<&Document>) -> (Json, Answer) {
    let nameless = |answer| (Json::Null, answer);
    if body.len() > 160 * 1024 {
        return nameless(Answer::Error(413, "-32600"));
    }
    if str::from_utf8(body).is_err() {
        return nameless(NOT_JSON);
    }
    // Brackets are counted before anything is read, so this is also said of what is not JSON.
    if deepest(body) > 19 {
        return nameless(NOT_A_MESSAGE);
    }
    let Some(root) = document.map(|document| &document.root) else { return nameless(NOT_JSON) };
    let known = ["jsonrpc", "id", "method", "params", "result", "error"];
    let is_version = root.text_of("jsonrpc") == Some("2.0") && contains(body, b"\"2.0\"");
    let id = root.get("id");
    if is_twice(root, &known) || !is_version || id.is_some_and(|id| !matches!(id, Json::Text(_) | Json::Number(_))) {
        return nameless(NOT_A_MESSAGE);
    }
    let method = match root.get("method") {
        Some(Json::Text(method)) => method,
        None if root.has("result") || root.has("error") => return nameless(Answer::Silence),
        _ => return nameless(NOT_A_MESSAGE),
    };
    let name = id.cloned().unwrap_or(Json::Null);
    (name, called(said, method, root.get("params"), id.is_some()))
}

fn called(said: &Said<'_>, method: &str, params: Option<&Json>, has_id: bool) -> Answer {
    let nothing = Json::Object(Vec::new());
    let or_nothing = |json: Option<&Json>| match json {
        None | Some(Json::Null) => Some(nothing.clone()),
        // PHP writes an object without anything in it as a list.
        Some(Json::List(items)) if items.is_empty() => Some(nothing.clone()),
        Some(object @ Json::Object(_)) => Some(object.clone()),
        Some(_) => None,
    };
    let wrong = if has_id { WRONG_PARAMS } else { NOT_TAKEN };
    let Some(params) = or_nothing(params) else { return wrong };
    let Some(meta) = or_nothing(params.get("_meta")) else { return wrong };
    if is_twice(&params, &["name", "arguments", "cursor", "protocolVersion", "_meta"]) || is_twice(&meta, &READ_OF_META)
    {
        return wrong;
    }
    let named = match meta.get(READ_OF_META[0]) {
        None | Some(Json::Null) => None,
        Some(Json::Text(text)) => Some(text.clone()),
        Some(Json::Number(digits)) => Some(digits.clone()),
        // As it stands: no revision is called so.
        Some(_) => Some("{".to_owned()),
    };
    let is_modern = match (said.version, named.as_deref()) {
        (Some(header), Some(named)) if header == named => {
            if named != MODERN {
                return OTHER_VERSION;
            }
            let is_named = method != "tools/call" || said.name.map(decoded).as_deref() == params.text_of("name");
            if said.method != Some(method) || !is_named {
                return OTHER_HEADERS;
            }
            true
        }
        (_, Some(_)) | (Some(MODERN), None) => return OTHER_HEADERS,
        (Some(header), None) if method != "initialize" && !LEGACY.contains(&header) => return OTHER_VERSION,
        (_, None) => false,
    };
    if !has_id {
        return Answer::Silence;
    }
    match (method, is_modern) {
        ("initialize", false) => Answer::Result(&["protocolVersion", "serverInfo", "capabilities"]),
        ("ping", false) => Answer::Result(&[]),
        ("server/discover", true) => Answer::Result(&["supportedVersions", "capabilities"]),
        ("tools/list", _) if params.lacks("cursor") || is_blank(params.get("cursor")) => Answer::Result(&["tools"]),
        ("tools/call", _) => tool(&params, &meta),
        ("tools/list", _) => WRONG_PARAMS,
        _ => Answer::Error(if is_modern { 404 } else { 200 }, NO_SUCH_METHOD),
    }
}

/// What a tool asks.
#[derive(Debug)]
struct Question {
    method: &'static str,
    path: String,
    body: Option<Json>,
    payments: Vec<Json>,
    purchase: Option<String>,
}

fn tool(params: &Json, meta: &Json) -> Answer {
    let Some(name) = params.text_of("name") else { return WRONG_PARAMS };
    let mut arguments = match params.get("arguments") {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::List(items)) if items.is_empty() => Vec::new(),
        Some(Json::Object(fields)) => fields.clone(),
        Some(_) => return WRONG_PARAMS,
    };
    let (method, path, is_paid) = match name {
        "buy_number" => ("POST", "/api/v1/phone/numbers/buy", true),
        "renew_number" => ("POST", "/api/v1/phone/numbers/renew", true),
        "list_numbers" => ("POST", "/api/v1/phone/numbers/list", true),
        "place_call" => ("POST", "/api/v1/voice/call", true),
        "list_calls" => ("POST", "/api/v1/voice/calls/list", true),
        "get_call" => ("GET", "/api/v1/voice/call/", false),
        "hang_up" => ("POST", "/api/v1/voice/call/", false),
        "list_voices" => ("GET", "/api/v1/voice/voices", false),
        _ => return WRONG_PARAMS,
    };
    if params.get("arguments").is_some_and(|arguments| depth(arguments) > 8) {
        return Answer::Refused;
    }
    let mut path = path.to_owned();
    let (mut payments, mut purchase) = (Vec::new(), None);
    if meta.get("dry_run") == Some(&Json::Bool(true)) || is_paid && is_meant_for_an_argument(meta, &arguments) {
        return Answer::Refused;
    }
    if is_paid {
        let given = [meta.get("x402/payment"), meta.get("x402.payment")];
        payments = given
            .into_iter()
            .flatten()
            .filter(|given| **given != Json::Null && !is_blank(Some(given)))
            .cloned()
            .collect();
        if !payments.iter().all(is_payment) || payments.windows(2).any(|two| !is_same_payment(&two[0], &two[1])) {
            return Answer::Refused;
        }
        match taken(&mut arguments, "idempotency_key") {
            Ok(None) => {}
            Ok(Some(key)) if is_blank(Some(&key)) => {}
            Ok(Some(Json::Text(key)))
                if (1..=128).contains(&key.len())
                    && key.bytes().all(|b| b.is_ascii_graphic() && b != b',')
                    && !is_of_a_template(&key) =>
            {
                purchase = Some(key);
            }
            _ => return Answer::Refused,
        }
    }
    if path.ends_with('/') {
        let Ok(Some(Json::Text(id))) = taken(&mut arguments, "call_id") else { return Answer::Refused };
        let letters = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let id = id.trim();
        if id.len() != 26 || !id.bytes().all(|c| letters.contains(&c)) || id.as_bytes()[0] > b'7' {
            return Answer::Refused;
        }
        path.push_str(id);
    }
    match name {
        "hang_up" => path.push_str("/hangup"),
        "get_call" => {
            let Some(seconds) = seconds(taken(&mut arguments, "wait_seconds")) else { return Answer::Refused };
            path = format!("{path}?wait={seconds}");
        }
        _ => {}
    }
    if method == "GET" && !arguments.is_empty() {
        return Answer::Refused;
    }
    let body = (method == "POST").then_some(Json::Object(arguments));
    Answer::Asked(Question { method, path, body, payments, purchase })
}

/// Whether a name is a word for nothing, or a place where a template has put nothing.
fn is_of_a_template(key: &str) -> bool {
    let inside = |first: char, last: char| key.strip_prefix(first)?.strip_suffix(last);
    let word = inside('<', '>').or(inside('(', ')')).unwrap_or(key).to_lowercase();
    let is_bare = |inner: &str| {
        inner.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && inner.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
    };
    ["null", "undefined", "none", "nil", "nan"].contains(&word.as_str())
        || ["{{", "${", "$(", "#{", "<%"].iter().any(|place| key.contains(place))
        || [inside('{', '}'), inside('<', '>'), key.strip_prefix('$')].into_iter().flatten().any(is_bare)
}

/// More than one of a name that is taken once.
struct Twice;

/// Takes what is there once; nothing for null.
fn taken(arguments: &mut Vec<(String, Json)>, name: &str) -> Result<Option<Json>, Twice> {
    let (own, others): (Vec<_>, _) = std::mem::take(arguments).into_iter().partition(|(key, _)| key == name);
    *arguments = others;
    if own.len() > 1 {
        return Err(Twice);
    }
    Ok(own.into_iter().map(|(_, value)| value).find(|value| *value != Json::Null))
}

/// Whether it is a text of blanks.
fn is_blank(json: Option<&Json>) -> bool {
    json.and_then(Json::text).is_some_and(|text| text.trim().is_empty())
}

/// A whole number up to twenty.
fn seconds(given: Result<Option<Json>, Twice>) -> Option<u32> {
    let digits = match given.ok()? {
        None => return Some(0),
        Some(Json::Number(digits)) => digits,
        Some(_) => return None,
    };
    let Some(Json::Number(digits)) = json::read(digits.as_bytes()).map(|document| document.root) else { return None };
    (0..=20).find(|seconds| digits.parse() == Ok(f64::from(*seconds)))
}

/// An object, or a text that can stand in a header.
fn is_payment(given: &Json) -> bool {
    match given {
        Json::Object(_) => true,
        Json::Text(text) => {
            let text = text.trim();
            text.starts_with('{') || text.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f))
        }
        _ => false,
    }
}

/// Whether two are one, in whichever form they came.
fn is_same_payment(one: &Json, other: &Json) -> bool {
    one == other || document_of(one).is_some_and(|one| document_of(other) == Some(one))
}

/// The document of a payment that was sent in any of the forms that there are.
fn document_of(payment: &Json) -> Option<Json> {
    let Json::Text(text) = payment else { return Some(payment.clone()) };
    let text = text.trim();
    let bytes = if text.starts_with('{') { text.as_bytes().to_vec() } else { STANDARD.decode(text).ok()? };
    json::read(&bytes).map(|document| document.root)
}

impl Question {
    /// Whether this is what was asked: nothing is added, left out or read otherwise.
    fn is(&self, asked: &Received) {
        assert_eq!(asked.line, format!("{} {} HTTP/1.1", self.method, self.path));
        let body = (!asked.body.is_empty()).then(|| json::read(&asked.body).expect("JSON").root);
        assert_eq!(body, self.body);
        assert_eq!(asked.header("idempotency-key"), self.purchase.as_deref());
        match (asked.header("payment-signature"), self.payments.first()) {
            (None, None) => {}
            (Some(header), Some(payment)) => {
                let sent = Json::Text(header.to_owned());
                let is_it = payment.text().map(str::trim) == Some(header) || is_same_payment(&sent, payment);
                // A text that begins like an object is sent as it is, whatever it is.
                let raw = payment.text().map(|text| STANDARD.encode(text.trim()));
                assert!(is_it || raw.as_deref() == Some(header), "{header:?} for {payment:?}");
            }
            (header, payment) => panic!("{header:?} for {payment:?}"),
        }
    }
}

/// Whether one of these names is there more than once.
fn is_twice(object: &Json, names: &[&str]) -> bool {
    let Json::Object(fields) = object else { return true };
    names.iter().any(|name| fields.iter().filter(|(key, _)| key == name).count() > 1)
}

fn depth(json: &Json) -> usize {
    match json {
        Json::List(all) => 1 + all.iter().map(depth).max().unwrap_or(0),
        Json::Object(fields) => 1 + fields.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        _ => 0,
    }
}

/// How many brackets are open at once, outside of what looks like text.
fn deepest(body: &[u8]) -> usize {
    let (mut open, mut most, mut in_text) = (0_usize, 0, false);
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match (byte, in_text) {
            (b'\\', true) => drop(bytes.next()),
            (b'"', _) => in_text = !in_text,
            (b'{' | b'[', false) => open += 1,
            (b'}' | b']', false) => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

/// A header in base64, as the protocol writes what does not fit into one.
fn decoded(value: &str) -> String {
    let within = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    let text = within.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
    text.unwrap_or_else(|| value.to_owned())
}
