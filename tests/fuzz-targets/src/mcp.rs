//! A message to the MCP server: it means what a reader of JSON-RPC that shares no code with the product takes it for, and what a tool asks an
//! endpoint is what stands in the message.
//!
//! The server asks its own public address, so the listener there sees what becomes of a tool; it takes everything, and answers one thing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use lambda_http::Body;
use tokio::runtime::Runtime;

use crate::fit;
use crate::functions::Messages;
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
    let doubt = body.contains(&b'\\') || body.len() > 4096;
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
        Some(object @ Json::Object(_)) => Some(object.clone()),
        Some(_) => None,
    };
    let wrong = if has_id { WRONG_PARAMS } else { NOT_TAKEN };
    let Some(params) = or_nothing(params) else { return wrong };
    let Some(meta) = or_nothing(params.get("_meta")) else { return wrong };
    let about_it = ["io.modelcontextprotocol/protocolVersion", "x402/payment", "x402.payment"];
    if is_twice(&params, &["name", "arguments", "cursor", "protocolVersion", "_meta"]) || is_twice(&meta, &about_it) {
        return wrong;
    }
    let named = match meta.get(about_it[0]) {
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
        ("tools/list", _) if params.lacks("cursor") => Answer::Result(&["tools"]),
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
    if is_paid {
        let given = [meta.get("x402/payment"), meta.get("x402.payment")];
        payments = given.into_iter().flatten().filter(|given| **given != Json::Null).cloned().collect();
        if !payments.iter().all(is_payment) || payments.windows(2).any(|two| !is_same_payment(&two[0], &two[1])) {
            return Answer::Refused;
        }
        match taken(&mut arguments, "idempotency_key") {
            Ok(None) => {}
            Ok(Some(Json::Text(key)))
                if (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) =>
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

/// A whole number up to twenty, as a number or in a text.
fn seconds(given: Result<Option<Json>, Twice>) -> Option<u32> {
    let digits = match given.ok()? {
        None => return Some(0),
        Some(Json::Number(digits) | Json::Text(digits)) => digits,
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
            let fits = text.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f));
            !text.is_empty() && (fits || text.starts_with('{'))
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

/// What the server has answered.
struct Got {
    status: u16,
    body: Option<Json>,
}

impl Got {
    fn result(&self) -> &Json {
        assert_eq!(self.status, 200);
        self.body.as_ref().and_then(|body| body.get("result")).expect("a result")
    }

    fn is_error(&self) -> Option<bool> {
        if let Json::Bool(is_error) = self.result().get("isError")? { Some(*is_error) } else { None }
    }

    /// Whether this is an answer to the message of this id.
    fn answers(&self, id: &Json) {
        let Some(body) = &self.body else { return };
        assert_eq!((body.text_of("jsonrpc"), body.get("id")), (Some("2.0"), Some(id)));
        assert_ne!(body.has("result"), body.has("error"));
    }
}

/// What an endpoint has been asked.
#[derive(Debug)]
struct Received {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        value
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut next = || {
            let mut line = Vec::new();
            reader.read_until(b'\n', &mut line).ok()?;
            Some(String::from_utf8_lossy(line.trim_ascii()).into_owned())
        };
        let line = next()?;
        let mut headers = Vec::new();
        while let Some((name, value)) = next()?.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        Some(Self { line, headers, body })
    }
}

/// The server, and the endpoints behind it.
struct World {
    messages: Messages,
    runtime: Runtime,
    asked: mpsc::Receiver<Received>,
}

impl World {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (tell, asked) = mpsc::channel();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if let Some(received) = Received::read(&stream) {
                    // Before the answer, so that it is there when the answer is.
                    let _ = tell.send(received);
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
                    let _ = stream.write_all(head.as_bytes());
                }
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { messages: Messages::to(&url), runtime, asked }
    }

    fn serve(&self, headers: &[&str], body: &[u8]) -> (Got, Vec<Received>) {
        let named = HEADERS.into_iter().zip(headers.iter().copied());
        let response = self.runtime.block_on(self.messages.post(named, body));
        let is_silence = response.status() == 202 && matches!(response.body(), Body::Empty);
        let (status, body) = if is_silence {
            (202, None)
        } else {
            let (status, body) = fit::opened(&response);
            (status, Some(body))
        };
        (Got { status, body }, self.asked.try_iter().collect())
    }
}

/// Messages to begin with, with their headers.
pub fn seeds() -> Vec<String> {
    let id = "5KQ0N8Z4B6W2R9T1X7V3M0C8HS";
    let of = |line: &str, method: &str, params: &str| {
        format!("{line}\n{{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"{method}\",\"params\":{params}}}")
    };
    let call = |name: &str, arguments: &str, meta: &str| {
        of("", "tools/call", &format!(r#"{{"name":"{name}","arguments":{arguments},"_meta":{meta}}}"#))
    };
    let version = format!(r#""_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}"}}"#);
    let modern = |rest: &str, method: &str, params: &str| {
        of(&format!("{MODERN}|{rest}"), method, &format!("{{{params}{version}}}"))
    };
    let payment = r#"{"x402Version":2,"payload":{"a":[1.50]}}"#;
    let encoded = STANDARD.encode(payment);
    let named = |extra: &str| format!(r#"{{"call_id":"{id}"{extra}}}"#);
    let deep = format!("{}{}", "[".repeat(20), "]".repeat(20));
    vec![
        of("", "initialize", r#"{"protocolVersion":"2025-06-18","capabilities":{}}"#),
        of("2025-11-25", "ping", "{}"),
        of("2025-11-25", "tools/list", r#"{"cursor":null}"#),
        of("2031-01-01", "tools/list", "{}"),
        modern("server/discover", "server/discover", ""),
        modern("tools/list", "tools/list", ""),
        modern("tools/list", "tools/call", r#""name":"list_voices","#),
        modern("tools/call|list_voices", "tools/call", r#""name":"list_voices","#),
        modern("tools/call|=?base64?bGlzdF92b2ljZXM=?=", "tools/call", r#""name":"list_voices","#),
        modern("tools/call|hang_up", "tools/call", r#""name":"get_call","#),
        "\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}".to_owned(),
        "\n{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}".to_owned(),
        "\n[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]".to_owned(),
        "\n{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}".to_owned(),
        "\n{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}".to_owned(),
        "\n{\"jsonrpc\":\"2.0\",\"id\":1.50,\"method\":\"ping\"}{}".to_owned(),
        of("", "ping", &deep),
        call("get_call", &named(r#","wait_seconds":"7""#), "{}"),
        call("get_call", &named(r#","wait_seconds":20.0"#), "null"),
        call("get_call", &named(r#","wait_seconds":21"#), "{}"),
        call("get_call", &named(r#","wait":5"#), "{}"),
        call("hang_up", &named(r#","reason":{"a":[]}"#), "{}"),
        call("hang_up", r#"{"call_id":"../list"}"#, "{}"),
        call("place_call", r#"{"to":"+12133610872","task":"Ask.","idempotency_key":"order-17"}"#, "{}"),
        call("place_call", r#"{"max_duration":3.0,"max_duration":3}"#, &format!(r#"{{"x402/payment":{payment}}}"#)),
        call("buy_number", "{}", &format!(r#"{{"x402.payment":" {encoded} ","x402/payment":null}}"#)),
        call("buy_number", "{}", r#"{"x402/payment":"YQ==","x402.payment":"Yg=="}"#),
        call("buy_number", r#"{"idempotency_key":"two words"}"#, "{}"),
        call("list_voices", r#"{"a":1}"#, "{}"),
        call("no_such_tool", "{}", "{}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Answer, expected, mcp, seeds};
    use crate::json;

    fn answer(seed: &str) -> &'static str {
        let (line, body) = seed.split_once('\n').unwrap();
        let headers: Vec<&str> = line.splitn(3, '|').collect();
        let header = |place: usize| headers.get(place).copied().filter(|value| !value.is_empty());
        let said = super::Said { version: header(0), method: header(1), name: header(2) };
        match expected(&said, body.as_bytes(), json::read(body.as_bytes()).as_ref()).1 {
            Answer::Silence => "silence",
            Answer::Error(_, number) => number,
            Answer::Result(_) => "result",
            Answer::Refused => "refused",
            Answer::Asked(_) => "asked",
        }
    }

    #[test]
    fn the_seeds_are_what_they_are_meant_to_be() {
        let answers: Vec<&str> = seeds().iter().map(|seed| answer(seed)).collect();
        let methods =
            ["result", "result", "result", "-32022", "result", "result", "-32020", "asked", "asked", "-32020"];
        let messages = ["silence", "silence", "-32600", "-32600", "-32600", "-32700", "-32600"];
        let tools = ["asked", "asked", "refused", "refused", "asked", "refused", "asked", "asked", "asked", "refused"];
        let rest = ["refused", "refused", "-32602"];
        assert_eq!(answers, [&methods[..], &messages, &tools, &rest].concat());
        for seed in seeds() {
            mcp(seed.as_bytes());
            // One bit of it is another message, or none; cargo-fuzz tries the others.
            for place in (0..seed.len()).step_by(11) {
                for bit in [1, 2, 16] {
                    let mut bent = seed.clone().into_bytes();
                    bent[place] ^= bit;
                    mcp(&bent);
                }
            }
        }
    }
}
