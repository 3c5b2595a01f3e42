//! What a client sends where nothing is read: a name for its purchase in a header or in `_meta`, a
//! payment that does not stand in its place, a wish for a dry run. To ignore it would buy twice,
//! ask for another signature, or buy in earnest. Pure.
//!
//! `docs/decisions.md`: Why is the header `Idempotency-Key` refused by the MCP server, and not read?

use http::HeaderMap;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::message::{Call, Members};
use crate::api::DRY_RUN;
use crate::api::mcp::{PURCHASE_NAME, Tool};
use crate::body;
use crate::refusal::Refusal;
use crate::types::is_blank;
use crate::x402::{holds_a_payment, is_a_payment, speaks_of_a_payment};

/// Where a payment is read, under its two names.
const PAYMENTS: [&str; 2] = ["x402/payment", "x402.payment"];
/// So deep a name is looked for in metadata.
const DEEPEST: u32 = 4;
/// What clients echo of our declarations holds no names.
const DECLARED: &str = "schema";

/// Refuses what would be ignored, and is no remark.
pub(super) fn check<'a>(
    tool: &Tool,
    call: &Call<'_>,
    headers: &HeaderMap,
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Refusal> {
    let sent = Sent::of(call, headers);
    sent.dry_run(parameters)?;
    if !tool.endpoint.is_paid() {
        return Ok(());
    }
    let is_something = |value: &Value| !value.is_null() && !value.as_str().is_some_and(is_blank);
    if !PAYMENTS.iter().any(|name| sent.noted.get(*name).is_some_and(is_something)) {
        sent.payment()?;
    }
    // With the argument there is a name, and what else is called so is of a transport.
    if sent.arguments.get(PURCHASE_NAME).is_some_and(is_something) { Ok(()) } else { sent.purchase() }
}

/// Everything that came with a call of a tool.
struct Sent<'a> {
    headers: &'a HeaderMap,
    arguments: Map<String, Value>,
    noted: Map<String, Value>,
    outside: Map<String, Value>,
    beside: Map<String, Value>,
}

impl<'a> Sent<'a> {
    fn of(call: &Call<'_>, headers: &'a HeaderMap) -> Self {
        let arguments = call.arguments.and_then(|arguments| serde_json::from_str(arguments.get()).ok());
        Self {
            headers,
            arguments: arguments.unwrap_or_default(),
            noted: values(&call.noted),
            outside: values(&call.outside),
            beside: call.beside.iter().map(|(name, json)| (name.clone(), value(json))).collect(),
        }
    }

    /// What is metadata, or is meant for it, and where it stands.
    fn metadata(&self) -> [(&Map<String, Value>, &'static str); 2] {
        [(&self.noted, "in `_meta`"), (&self.outside, "in a `_meta` beside `params`")]
    }

    /// The headers as text. No other bytes are a name or a payment.
    fn said(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    fn dry_run<'p>(&self, mut parameters: impl Iterator<Item = (&'p str, &'p str)>) -> Result<(), Refusal> {
        let asks = |(name, text): &(&str, &str)| body::asks_for_one(name, &Value::from(*text));
        let noted = |(members, place): &(&Map<String, Value>, &str)| {
            let path = find(members, DEEPEST, &|name, value| body::asks_for_one(name, value))?;
            Some(format!("as `{path}` {place}"))
        };
        let place = (parameters.any(|parameter| asks(&parameter)).then(|| "in the address".to_owned()))
            .or_else(|| self.said().find(asks).map(|(name, _)| format!("in the header `{name}`")))
            .or_else(|| self.metadata().iter().find_map(noted));
        place.map_or(Ok(()), |place| {
            let what =
                "where it is not read: tools have no dry run. Send the request to the HTTP API with `?dry_run=true`";
            Err(Refusal::bad(DRY_RUN.name, format!("was sent {place}, {what}")))
        })
    }

    fn payment(&self) -> Result<(), Refusal> {
        let is_one = |(name, text): &(&str, &str)| speaks_of_a_payment(name) && is_a_payment(text.as_bytes());
        let bears_one = |(name, text): &(&str, &str)| {
            *name == "authorization" && text.split(' ').any(|part| is_a_payment(part.as_bytes()))
        };
        let among = |members: &Map<String, Value>| {
            let mut named = members.iter().filter(|(name, _)| speaks_of_a_payment(name));
            named.find(|(_, value)| holds_a_payment(value)).map(|(name, _)| body::shown(name))
        };
        let [noted, outside] = self.metadata();
        let arguments = (&self.arguments, "in `arguments`");
        let beside = (&self.beside, "beside `arguments`");
        let header = self.said().find(|header| is_one(header) || bears_one(header));
        let place = header.map(|(name, _)| format!("in the header `{name}`")).or_else(|| {
            let mut places = [noted, outside, arguments, beside].into_iter();
            places.find_map(|(members, place)| Some(format!("as `{}` {place}", among(members)?)))
        });
        place.map_or(Ok(()), |place| {
            let right = "`_meta[\"x402/payment\"]`";
            Err(Refusal::bad("_meta", format!("a payment was sent {place}, where it is not read; send it in {right}")))
        })
    }

    fn purchase(&self) -> Result<(), Refusal> {
        let is_in_a_header = |(name, text): &(&str, &str)| names_a_purchase(name) && !is_blank(text);
        let noted = |(members, place): &(&Map<String, Value>, &str)| {
            let path = find(members, DEEPEST, &|name, value| names_a_purchase(name) && can_name(value))?;
            Some(format!("as `{path}` {place}"))
        };
        let header = self.said().find(is_in_a_header).map(|(name, _)| format!("in the header `{name}`"));
        header.or_else(|| self.metadata().iter().find_map(noted)).map_or(Ok(()), |place| {
            let what = "where no tool reads it; send the argument";
            Err(Refusal::bad(PURCHASE_NAME, format!("was sent {place}, {what} `{PURCHASE_NAME}` with each purchase")))
        })
    }
}

fn values(members: &Members<'_>) -> Map<String, Value> {
    members.iter().map(|(name, json)| (name.clone(), value(json))).collect()
}

fn value(json: &RawValue) -> Value {
    serde_json::from_str(json.get()).unwrap_or(Value::Bool(true))
}

/// Where something stands among some members, or inside them. A payment in its place has its own
/// reader.
fn find(members: &Map<String, Value>, deeper: u32, is_it: &impl Fn(&str, &Value) -> bool) -> Option<String> {
    let others = members.iter().filter(|(name, _)| !PAYMENTS.contains(&name.as_str()));
    for (name, value) in others {
        if is_it(name, value) {
            return Some(body::shown(name));
        }
        let inside = value.as_object().filter(|_| deeper > 0);
        if let Some(path) = inside.and_then(|inside| find(inside, deeper - 1, is_it)) {
            return Some(format!("{}.{path}", body::shown(name)));
        }
    }
    None
}

/// Whether a name, or what stands behind its prefix, is nearly that of a purchase. What other
/// services call it is theirs.
fn names_a_purchase(name: &str) -> bool {
    let bare = name.rsplit(['/', '.', ':']).next().unwrap_or(name);
    let is_one = body::is_a_purchases_name(name) || body::is_a_purchases_name(bare);
    is_one && !name.to_ascii_lowercase().contains("client")
}

fn can_name(value: &Value) -> bool {
    match value {
        Value::String(text) => !is_blank(text),
        Value::Number(_) => true,
        Value::Array(items) => items.iter().any(can_name),
        Value::Object(members) => members.iter().any(|(name, value)| name != DECLARED && can_name(value)),
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::super::message::Message;
    use super::check;
    use crate::api::mcp::tool;

    const PAYMENT: &str = r#"{"x402Version":2,"accepted":{},"payload":{"signature":"0x12"}}"#;

    /// The field that is refused, and what is said of it.
    fn asked(
        name: &str,
        headers: &[(&'static str, &str)],
        query: &[(&str, &str)],
        message: &str,
    ) -> Result<(), String> {
        let text = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"tools/call",{}}}"#, message.replace("TOOL", name));
        let message = Message::read(&text).unwrap();
        let params = message.params().unwrap();
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let called = check(tool(name).unwrap(), &params.call().unwrap(), &headers, query.iter().copied());
        called.map_err(|refusal| refusal.facts().message)
    }

    fn with(meta: &str) -> String {
        format!(r#""params":{{"name":"TOOL","_meta":{meta}}}"#)
    }

    #[test]
    fn a_name_for_a_purchase_is_an_argument_and_nothing_else() {
        let nothing = with("{}");
        for header in ["idempotency-key", "x-idempotency-key", "idempotent-key", "dedupe-key"] {
            let told = asked("buy_number", &[(header, "order-17")], &[], &nothing).unwrap_err();
            assert!(told.starts_with("`idempotency_key`: ") && told.contains(header), "{told}");
            assert_eq!(asked("list_voices", &[(header, "order-17")], &[], &nothing), Ok(()));
            assert_eq!(asked("buy_number", &[(header, "")], &[], &nothing), Ok(()));
        }
        for meta in [
            r#"{"idempotencyKey":"a"}"#,
            r#"{"idempotency_key":7}"#,
            r#"{"x402/idempotency-key":"a"}"#,
            r#"{"x402/payment-identifier":{"info":{"id":"a"}}}"#,
            r#"{"x402":{"idempotencyKey":"a"}}"#,
        ] {
            for message in [with(meta), format!(r#""_meta":{meta},{}"#, with("{}"))] {
                let told = asked("buy_number", &[], &[], &message).unwrap_err();
                assert!(
                    told.starts_with("`idempotency_key`: ") && told.contains("in `_meta`") || told.contains("beside")
                );
            }
            assert_eq!(asked("hang_up", &[], &[], &with(meta)), Ok(()));
            let named = format!(r#""params":{{"name":"TOOL","arguments":{{"idempotency_key":"b"}},"_meta":{meta}}}"#);
            assert_eq!(asked("buy_number", &[("idempotency-key", "a")], &[], &named), Ok(()));
        }
        for remark in [
            r#"{"progressToken":"idempotency-key","io.modelcontextprotocol/clientInfo":{"name":"a"}}"#,
            r#"{"idempotentHint":true,"idempotency_key":null,"clientToken":"a"}"#,
            r#"{"payment-identifier":{"info":{"required":false},"schema":{"type":"object"}}}"#,
            r#"{"x402/payment":{"extensions":{"payment-identifier":{"info":{"id":"a"}}}}}"#,
        ] {
            assert_eq!(asked("buy_number", &[("client-token", "a")], &[], &with(remark)), Ok(()), "{remark}");
        }
    }

    #[test]
    fn no_tool_has_a_dry_run_and_none_does_in_earnest_what_was_to_be_rehearsed() {
        let nothing = with("{}");
        for name in ["buy_number", "hang_up"] {
            for (headers, query, message) in [
                (&[][..], &[("dry_run", "true")][..], &nothing),
                (&[], &[("dryRun", "1")], &nothing),
                (&[("dry-run", "true")], &[], &nothing),
                (&[("x-dry-run", "1")], &[], &nothing),
                (&[], &[], &with(r#"{"dry_run":true}"#)),
                (&[], &[], &with(r#"{"x402":{"dryRun":"yes"}}"#)),
            ] {
                let told = asked(name, headers, query, message).unwrap_err();
                assert!(told.starts_with("`dry_run`: ") && told.contains("no dry run"), "{told}");
            }
            let no = with(r#"{"dry_run":false}"#);
            assert_eq!(asked(name, &[("dry-run", "false")], &[("dry_run", "false")], &no), Ok(()));
        }
    }

    #[test]
    fn a_payment_in_another_place_is_told_where_it_belongs() {
        let nothing = with("{}");
        for header in ["payment-signature", "x-payment"] {
            let told = asked("buy_number", &[(header, PAYMENT)], &[], &nothing).unwrap_err();
            assert!(told.contains(header) && told.contains("_meta[\"x402/payment\"]"), "{told}");
        }
        for message in [
            with(&format!(r#"{{"payment":{PAYMENT}}}"#)),
            with(&format!(r#"{{"x402/Payment":{PAYMENT}}}"#)),
            with(&format!(r#"{{"x402":{{"payload":{PAYMENT}}}}}"#)),
            format!(r#""_meta":{{"x402/payment":{PAYMENT}}},{nothing}"#),
            format!(r#""params":{{"name":"TOOL","arguments":{{"payment":{PAYMENT}}}}}"#),
            format!(r#""params":{{"name":"TOOL","x402/payment":{PAYMENT}}}"#),
        ] {
            let told = asked("buy_number", &[], &[], &message).unwrap_err();
            assert!(told.starts_with("`_meta`: a payment was sent as") && !told.contains("0x12"), "{told}");
            assert_eq!(asked("list_voices", &[], &[], &message), Ok(()));
        }
        // Of what is free, and beside one in its place, it is a remark.
        let both = with(&format!(r#"{{"x402/payment":"a","payment":{PAYMENT}}}"#));
        for message in [both, with(r#"{"payment":{"type":"usdc"},"x402/payment-response":{"payload":1}}"#)] {
            assert_eq!(asked("buy_number", &[("payment-method", "usdc")], &[], &message), Ok(()), "{message}");
        }
    }
}
