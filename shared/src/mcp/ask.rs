//! A tool and its arguments as a request to the endpoint that it is made of. What an endpoint reads
//! for itself is handed on as it stands: there is one reader of each field, and it is the
//! endpoint's. Only what becomes a part of an address or of a header is read here, before it gets
//! there. Pure.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Method};
use serde_json::value::RawValue;

use super::message::{Call, Meta};
use crate::api::mcp::{PURCHASE_NAME, Tool, WAIT_SECONDS};
use crate::api::{self, IDEMPOTENCY_KEY, WAIT};
use crate::body;
use crate::refusal::Refusal;
use crate::types::{CallId, LEFT_OVER, is_blank, is_left_over, whole};
use crate::x402::headers::LONGEST;

/// How long an endpoint may take. It works for 25 seconds at most, and may have to be started
/// first; an invocation of more than 27 is an alarm.
pub(super) const PATIENCE: Duration = Duration::from_secs(26);
/// What a look at a call takes besides waiting.
const LOOK: Duration = Duration::from_secs(6);

/// A request to one of our own endpoints.
pub(super) struct Asked {
    pub(super) method: Method,
    /// With its query.
    pub(super) path: String,
    pub(super) body: Option<Vec<u8>>,
    pub(super) payment: Option<Payment>,
    /// The caller's own name for the purchase.
    pub(super) purchase: Option<HeaderValue>,
    pub(super) patience: Duration,
}

/// A payment as it goes into a header.
pub(super) struct Payment {
    pub(super) header: HeaderValue,
    /// It came under the older name, and so does its receipt.
    pub(super) dotted: bool,
}

/// Arguments, in their order.
type Arguments<'a> = Vec<(String, &'a RawValue)>;

/// What hosts put among a tool's arguments whatever its schema says, for themselves.
const OF_A_HOST: [&str; 5] = ["wait_for_previous", "toolCallId", "sessionId", "chatInput", "action"];

/// What is asked for beside `arguments`. Where these are filled, only what they lack and a
/// purchase's name is meant by it.
fn beside(endpoint: &api::Endpoint, arguments: &Arguments<'_>, beside: &Arguments<'_>) -> Option<String> {
    if arguments.is_empty() {
        return body::meant_for(endpoint, beside);
    }
    let field_of = |name: &str| endpoint.asked().iter().find(|field| field.names().any(|known| known == name));
    let is_there = |field: &api::Field| field.names().any(|known| arguments.iter().any(|(name, _)| name == known));
    let lacks = |name: &str| field_of(name).is_some_and(|field| !is_there(field));
    let asks = beside.iter().filter(|(name, _)| lacks(name) || body::is_a_purchases_name(name));
    body::meant_for(endpoint, &asks.cloned().collect::<Vec<_>>())
}

/// What a call of a tool asks for.
pub(super) fn of(tool: &Tool, call: &Call<'_>) -> Result<Asked, Refusal> {
    let text = call.arguments.map_or("{}", RawValue::get);
    let mut arguments = body::fields(text.as_bytes())?;
    let endpoint = tool.endpoint;
    // Where there is a body it says which of its fields were ignored.
    if !endpoint.method.has_body() {
        arguments.retain(|(name, _)| !OF_A_HOST.contains(&name.as_str()));
    }
    if let Some(name) = beside(endpoint, &arguments, &call.beside) {
        return Err(Refusal::bad(
            "arguments",
            format!("were sent as `{name}`; send what a tool is asked for in `arguments`"),
        ));
    }
    let (payment, purchase) =
        if endpoint.is_paid() { (payment(&call.meta)?, purchase(&mut arguments)?) } else { (None, None) };
    let mut path = endpoint.path.to_owned();
    if tool.is_of_a_call() {
        path = path.replace("{call_id}", call_id(&mut arguments)?.as_str());
    }
    let mut patience = PATIENCE;
    if endpoint.parameters.iter().any(|parameter| parameter.name == WAIT.field) {
        let seconds = seconds(&mut arguments)?;
        patience = LOOK.saturating_add(Duration::from_secs(seconds.into()));
        path = format!("{path}?{}={seconds}", WAIT.field);
    }
    let method = match endpoint.method {
        api::Method::Get => Method::GET,
        api::Method::Post => Method::POST,
        api::Method::Delete => Method::DELETE,
    };
    let body = match (endpoint.method.has_body(), arguments.first()) {
        (true, _) => Some(object(&arguments)),
        (false, None) => None,
        (false, Some((name, _))) => {
            let there = if path.contains('?') { format!(" and {WAIT_SECONDS}") } else { String::new() };
            let is = if tool.is_of_a_call() { format!("; there are call_id{there}") } else { String::new() };
            return Err(Refusal::bad(name.clone(), format!("is not an argument of {}{is}", tool.name)));
        }
    };
    Ok(Asked { method, path, body, payment, purchase, patience })
}

/// Takes the arguments of a name, which must not be there twice. One that is null is not there.
fn taken<'a>(arguments: &mut Arguments<'a>, name: &'static str) -> Result<Option<&'a RawValue>, Refusal> {
    let (own, others) = std::mem::take(arguments).into_iter().partition::<Vec<_>, _>(|(key, _)| key == name);
    *arguments = others;
    match own.as_slice() {
        [] => Ok(None),
        [(_, value)] => Ok(Some(*value).filter(|value| value.get() != "null")),
        _ => Err(Refusal::bad(name, "is there twice; send it once")),
    }
}

fn call_id(arguments: &mut Arguments<'_>) -> Result<CallId, Refusal> {
    let name = "call_id";
    let id = taken(arguments, name)?.ok_or_else(|| Refusal::bad(name, "is missing"))?;
    let id: String = serde_json::from_str(id.get()).map_err(|_| Refusal::bad(name, "is not a string"))?;
    CallId::parse(id.trim()).map_err(|_| Refusal::UnknownCall)
}

fn seconds(arguments: &mut Arguments<'_>) -> Result<u32, Refusal> {
    let Some(given) = taken(arguments, WAIT_SECONDS)? else { return Ok(WAIT.default) };
    let seconds = whole(given.get()).and_then(|seconds| u32::try_from(seconds).ok());
    seconds.filter(|seconds| (WAIT.least..=WAIT.most).contains(seconds)).ok_or_else(|| {
        Refusal::bad(WAIT_SECONDS, format!("must be a whole number from {} to {}", WAIT.least, WAIT.most))
    })
}

/// The same name as in the header `Idempotency-Key`, and the same limits.
fn purchase(arguments: &mut Arguments<'_>) -> Result<Option<HeaderValue>, Refusal> {
    let Some(given) = taken(arguments, PURCHASE_NAME)? else { return Ok(None) };
    let fits = |name: &String| {
        (IDEMPOTENCY_KEY.shortest..=IDEMPOTENCY_KEY.longest).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_graphic() && b != b',')
    };
    let name: Option<String> = serde_json::from_str(given.get()).ok();
    // As in a header: without anything in it there is no name.
    if name.as_deref().is_some_and(is_blank) {
        return Ok(None);
    }
    if name.as_deref().is_some_and(is_left_over) {
        return Err(Refusal::bad(PURCHASE_NAME, LEFT_OVER));
    }
    let name = name.filter(fits);
    let name = name.and_then(|name: String| HeaderValue::try_from(name).ok());
    name.map(Some).ok_or_else(|| {
        let api::Text { shortest, longest, .. } = IDEMPOTENCY_KEY;
        Refusal::bad(
            PURCHASE_NAME,
            format!("must be {shortest} to {longest} visible ASCII characters without spaces or commas"),
        )
    })
}

/// The payment that comes with a message, under either name.
fn payment(meta: &Meta<'_>) -> Result<Option<Payment>, Refusal> {
    let is_nothing = |given: &&RawValue| {
        let text: Option<Option<String>> = serde_json::from_str(given.get()).ok();
        text.is_some_and(|text| text.is_none_or(|text| is_blank(&text)))
    };
    let header = |given: Option<&RawValue>| given.filter(|given| !is_nothing(given)).map(header).transpose();
    match (header(meta.payment)?, header(meta.dotted_payment)?) {
        (Some(one), Some(other)) if one != other => {
            Err(Refusal::InvalidPayment("two payments that differ came with one message.".to_owned()))
        }
        (Some(header), _) => Ok(Some(Payment { header, dotted: false })),
        (None, Some(header)) => Ok(Some(Payment { header, dotted: true })),
        (None, None) => Ok(None),
    }
}

/// A payment in base64, as headers have it. Whether it is one is read by the endpoint.
fn header(given: &RawValue) -> Result<HeaderValue, Refusal> {
    let wrong = || Refusal::InvalidPayment("it must be a JSON object, or its base64.".to_owned());
    let encoded = if given.get().starts_with('{') {
        STANDARD.encode(given.get())
    } else {
        let text: String = serde_json::from_str(given.get()).map_err(|_| wrong())?;
        let text = text.trim();
        if text.starts_with('{') { STANDARD.encode(text) } else { text.to_owned() }
    };
    if encoded.len() > LONGEST {
        return Err(Refusal::InvalidPayment(format!("it is longer than {} KB in base64.", LONGEST / 1024)));
    }
    // It is a key to the payer's money until it has been used.
    HeaderValue::try_from(encoded).map_err(|_| wrong()).map(|mut value| {
        value.set_sensitive(true);
        value
    })
}

/// An object of these fields, each as it was sent.
fn object(fields: &[(String, &RawValue)]) -> Vec<u8> {
    let field =
        |(name, value): &(String, &RawValue)| format!("{}:{}", serde_json::Value::from(name.as_str()), value.get());
    let fields: Vec<String> = fields.iter().map(field).collect();
    format!("{{{}}}", fields.join(",")).into_bytes()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::super::message::Message;
    use super::{Asked, of};
    use crate::api::mcp::tool;
    use crate::refusal::Refusal;

    const ID: &str = "5KQ0N8Z4B6W2R9T1X7V3M0C8HS";

    fn asked(name: &str, arguments: &str, meta: &str) -> Result<Asked, Refusal> {
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments},"_meta":{meta}}}}}"#
        );
        let message = Message::read(&text).unwrap();
        of(tool(name).unwrap(), &message.params().unwrap().call().unwrap())
    }

    fn wrong(name: &str, arguments: &str, meta: &str) -> (String, String) {
        let facts = asked(name, arguments, meta).err().expect("a refusal").facts();
        (
            facts.code.to_owned(),
            facts.fields.get("field").and_then(|field| field.as_str()).unwrap_or_default().to_owned(),
        )
    }

    #[test]
    fn the_arguments_are_the_body_as_they_were_sent_but_for_the_purchases_name() {
        let Asked { method, path, body, purchase, payment, .. } = asked(
            "place_call",
            r#"{ "to":"+1", "max_duration": 3.0,"idempotency_key":"order-17" ,"x":{"a":[1]}}"#,
            "{}",
        )
        .unwrap();
        assert_eq!((method.as_str(), path.as_str()), ("POST", "/api/v1/voice/call"));
        assert_eq!(body.unwrap(), br#"{"to":"+1","max_duration":3.0,"x":{"a":[1]}}"#);
        assert_eq!(purchase.unwrap(), "order-17");
        assert!(payment.is_none());
        let empty = asked("list_numbers", "null", "null").unwrap();
        assert_eq!((empty.path.as_str(), empty.body.unwrap()), ("/api/v1/phone/numbers/list", b"{}".to_vec()));
        // What is there twice is for the endpoint to refuse.
        let twice = asked("buy_number", r#"{"country":"US","country":"GB"}"#, "{}").unwrap();
        assert_eq!(twice.body.unwrap(), br#"{"country":"US","country":"GB"}"#);
    }

    #[test]
    fn arguments_under_another_name_buy_nothing() {
        let asked = |name: &str, params: &str| {
            let text =
                format!(r#"{{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{{"name":"{name}",{params}}}}}"#);
            let message = Message::read(&text).unwrap();
            of(tool(name).unwrap(), &message.params().unwrap().call().unwrap()).map(|asked| asked.body)
        };
        for params in [
            r#""input":{"country":"CA"}"#,
            r#""country":"CA""#,
            r#""countryCode":"CA","arguments":{}"#,
            r#""args":{"area_code":"604"}"#,
            r#""Arguments":{"country":"CA"}"#,
            r#""parameters":"{\"country\":\"CA\"}""#,
            r#""tool":{"name":"buy_number","input":{"country":"CA"}}"#,
            r#""idempotency_key":"order-17""#,
            r#""input":{"idempotency_key":"order-17"}"#,
            r#""quantity":2"#,
            // What the arguments lack, and a purchase's name, whatever they hold.
            r#""arguments":{"area_code":"604"},"country":"CA""#,
            r#""arguments":{"country":"CA"},"idempotency_key":"order-17""#,
        ] {
            let refusal = asked("buy_number", params).unwrap_err();
            assert!(refusal.facts().message.contains("in `arguments`"), "{params}");
        }
        assert!(asked("place_call", r#""to":"+12133610872""#).is_err());
        for params in [
            r#""arguments":{"country":"CA"},"task":{"ttl":60},"_meta":{}"#,
            r#""arguments":null,"metadata":{"country":"CA"},"requestState":"x","client_id":7"#,
            r#""input":{},"args":null"#,
            // A model's own block, left in place, and what a host says about the call.
            r#""type":"tool_use","id":"t1","input":{"country":"CA"},"arguments":{"country":"CA"}"#,
            r#""arguments":{"country":"CA"},"timeout":60,"server":"dialtone","timestamp":1796059982,"annotations":{}"#,
            r#""arguments":{"country":"CA"},"description":"buys a number","country":"US""#,
            r#""arguments":{"country":"CA","toolCallId":"call_1","wait_for_previous":true}"#,
        ] {
            assert!(asked("buy_number", params).is_ok(), "{params}");
        }
    }

    #[test]
    fn a_look_at_a_call_waits_as_long_as_it_is_told_and_its_client_a_little_longer() {
        for (arguments, seconds) in [
            (format!(r#"{{"call_id":"{ID}"}}"#), 0),
            (format!(r#"{{"call_id":"{ID}","wait_seconds":null}}"#), 0),
            (format!(r#"{{"call_id":" {ID} ","wait_seconds":20}}"#), 20),
            (format!(r#"{{"wait_seconds":5.0,"call_id":"{ID}"}}"#), 5),
        ] {
            let asked = asked("get_call", &arguments, "{}").unwrap();
            assert_eq!(asked.path, format!("/api/v1/voice/call/{ID}?wait={seconds}"));
            assert!(asked.body.is_none() && asked.method == "GET");
            assert_eq!(asked.patience.as_secs(), seconds + 6);
        }
        let asked = asked("hang_up", &format!(r#"{{"call_id":"{ID}"}}"#), "{}").unwrap();
        assert_eq!((asked.method.as_str(), asked.path), ("POST", format!("/api/v1/voice/call/{ID}/hangup")));
    }

    #[test]
    fn no_argument_gets_into_an_address_or_a_header_that_does_not_fit_there() {
        for id in [
            "",
            "x",
            "../list",
            "5KQ0N8Z4B6W2R9T1X7V3M0C8H/",
            "5kq0n8z4b6w2r9t1x7v3m0c8hs",
            "5KQ0N8Z4B6W2R9T1X7V3M0C8HS?wait=1",
            "{call_id}",
        ] {
            for name in ["get_call", "hang_up"] {
                assert_eq!(wrong(name, &format!(r#"{{"call_id":"{id}"}}"#), "{}").0, "unknown_call", "{id}");
            }
        }
        for (arguments, field) in [
            ("{}".to_owned(), "call_id"),
            (r#"{"call_id":null}"#.to_owned(), "call_id"),
            (r#"{"call_id":7}"#.to_owned(), "call_id"),
            (format!(r#"{{"call_id":"{ID}","call_id":"{ID}"}}"#), "call_id"),
            (format!(r#"{{"call_id":"{ID}","wait_seconds":21}}"#), "wait_seconds"),
            (format!(r#"{{"call_id":"{ID}","wait_seconds":-1}}"#), "wait_seconds"),
            (format!(r#"{{"call_id":"{ID}","wait_seconds":1.5}}"#), "wait_seconds"),
            (format!(r#"{{"call_id":"{ID}","wait_seconds":"soon"}}"#), "wait_seconds"),
            // As in a body: a number is not a text.
            (format!(r#"{{"call_id":"{ID}","wait_seconds":"7"}}"#), "wait_seconds"),
            (format!(r#"{{"call_id":"{ID}","wait":5}}"#), "wait"),
        ] {
            assert_eq!(
                wrong("get_call", &arguments, "{}"),
                ("bad_request".to_owned(), field.to_owned()),
                "{arguments}"
            );
        }
        let long = "k".repeat(129);
        for none in ["null", "\"\"", "\" \""] {
            let purchase = asked("buy_number", &format!("{{\"idempotency_key\":{none}}}"), "{}").unwrap().purchase;
            assert_eq!(purchase, None, "{none}");
        }
        for left in ["undefined", "None", "[object Object]", "{{$json.id}}", "${id}"] {
            assert_eq!(wrong("buy_number", &format!("{{\"idempotency_key\":\"{left}\"}}"), "{}").1, "idempotency_key");
        }
        for key in [r#""two words""#, r#""a,b""#, r#""a\nb""#, "7", "{}", r#""ä""#, &format!("\"{long}\"")] {
            let arguments = format!(r#"{{"idempotency_key":{key}}}"#);
            assert_eq!(wrong("buy_number", &arguments, "{}").1, "idempotency_key", "{key}");
        }
        assert_eq!(wrong("list_voices", r#"{"a":1}"#, "{}").1, "a");
    }

    #[test]
    fn a_payment_is_an_object_or_its_base64_under_either_name() {
        let document = r#"{"x402Version":2,"extensions":null}"#;
        let encoded = STANDARD.encode(document);
        let escaped = serde_json::to_string(document).unwrap();
        for (meta, dotted) in [
            (format!(r#"{{"x402/payment":{document}}}"#), false),
            (format!(r#"{{"x402/payment":"{encoded}"}}"#), false),
            (format!(r#"{{"x402/payment":{escaped}}}"#), false),
            (format!(r#"{{"x402.payment":" {encoded} "}}"#), true),
            (format!(r#"{{"x402.payment":"{encoded}","x402/payment":null}}"#), true),
            (format!(r#"{{"x402.payment":"{encoded}","x402/payment":{document}}}"#), false),
        ] {
            let payment = asked("place_call", "{}", &meta).unwrap().payment.unwrap();
            assert_eq!((payment.header.to_str().unwrap(), payment.dotted), (encoded.as_str(), dotted), "{meta}");
            assert!(payment.header.is_sensitive());
        }
        for none in ["{}", r#"{"x402/payment":null}"#, r#"{"x402/payment":""}"#, r#"{"x402/Payment":{}}"#] {
            assert!(asked("place_call", "{}", none).unwrap().payment.is_none(), "{none}");
        }
        let long = format!(r#"{{"x402/payment":"{}"}}"#, "a".repeat(8 * 1024 + 1));
        for bad in [
            r#"{"x402/payment":7}"#,
            r#"{"x402/payment":[]}"#,
            r#"{"x402/payment":"a\nb"}"#,
            r#"{"x402/payment":"YQ","x402.payment":"Yg"}"#,
            &long,
        ] {
            assert_eq!(wrong("place_call", "{}", bad).0, "invalid_payment", "{bad}");
        }
        // What costs nothing is not paid for.
        assert!(asked("list_voices", "{}", r#"{"x402/payment":7}"#).unwrap().payment.is_none());
    }
}
