//! What an endpoint says, in the words of a client of MCP: it has neither headers nor an address.
//! Pure.

use serde_json::{Map, Value};

/// What is said over HTTP, and what stands for it here. The longer ones come first.
const WORDS: [(&str, &str); 26] = [
    ("The payment header is unreadable", "The payment in `_meta[\"x402/payment\"]` is unreadable"),
    (", as PAYMENT-SIGNATURE (x402 version 2) or X-PAYMENT (version 1)", ""),
    ("it is not base64, without whitespace", "it is neither a JSON object nor the base64 of one"),
    ("send the whole x402 payment, which is JSON, encoded as base64", "send the whole x402 payment, as a JSON object"),
    ("of two payments the one in PAYMENT-SIGNATURE", "of two payments one"),
    ("of two payments the one in X-PAYMENT", "of two payments one"),
    ("is read in the header `Idempotency-Key` only; send it there", CALLED_SO),
    ("`Idempotency-Key`", "`idempotency_key`"),
    ("with the same header or a new one", "with the same payment or a new one"),
    ("epeat the same header", "epeat the same payment"),
    ("Repeat their headers", "Repeat their payments"),
    ("The same header is good", "The same payment is good"),
    ("`?dry_run=true` in the address", "`?dry_run=true` at the HTTP API"),
    ("was sent in the body", "was sent as an argument"),
    ("at the top of the body", "as an argument"),
    ("poll `GET /api/v1/voice/call/{call_id}`", "ask get_call"),
    ("poll `poll_url`", "ask get_call"),
    ("`?wait=20` at `poll_url`", "get_call with `wait_seconds`"),
    (", as base64, in the header PAYMENT-SIGNATURE (X-PAYMENT in version 1)", ""),
    ("at POST /api/v1/phone/numbers/buy", "with buy_number"),
    ("/api/v1/voice/call/", "get_call "),
    // No tool has their names: the values themselves are in the message.
    (" (GET /api/v1/voice/languages has their names)", ""),
    (" `GET /api/v1/voice/languages` has all.", ""),
    ("`GET /api/v1/voice/voices`", "list_voices"),
    ("GET /api/v1/voice/voices", "list_voices"),
    ("GET /api/v1/voice/calls shows", "The HTTP API shows"),
];

const CALLED_SO: &str = "is called `idempotency_key` here";

/// Fields that hold an address, and the field and the tool that stand for them here.
const FIELDS: [(&str, &str, &str); 2] =
    [("poll_url", "poll_tool", "get_call"), ("buy_endpoint", "buy_tool", "buy_number")];

/// The fields of a refusal as they are told here: a tool where an address is, in lists as well.
pub(super) fn of_fields(body: &mut Map<String, Value>) {
    for (there, here, tool) in FIELDS {
        if body.remove(there).is_some() {
            body.insert(here.to_owned(), tool.into());
        }
    }
    let listed = body.values_mut().filter_map(Value::as_array_mut).flatten();
    listed.filter_map(Value::as_object_mut).for_each(of_fields);
}

/// A schema whose descriptions are told as they are here.
pub(super) fn of_schema(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(about) if name == "description" => *about = of_mcp(about),
                    within => of_schema(within),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(of_schema),
        _ => {}
    }
}

/// A message as it is told here.
pub(super) fn of_mcp(message: &str) -> String {
    let told = |said: &str| WORDS.iter().fold(said.to_owned(), |said, (there, here)| said.replace(there, here));
    // What was sent under a wrong name is named as it was sent.
    match message.split_once("`: ") {
        Some((sent, said)) if told(said).starts_with(CALLED_SO) => format!("{sent}`: {}", told(said)),
        _ => told(message),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{of_fields, of_mcp, of_schema};
    use crate::api::VOICE_CALL;
    use crate::api::languages::for_dialler;
    use crate::api::mcp::TOOLS;
    use crate::limits::{Limit, Reached};
    use crate::refusal::{Bought, Fault, Product, Refusal, UnderWay};
    use crate::telemetry::Neighbour;
    use crate::types::{CallId, PhoneNumber};
    use crate::x402::Malformed;

    #[test]
    fn a_name_that_is_wrong_is_told_as_it_was_sent() {
        let wrong = Refusal::bad("Idempotency-Key", "is read in the header `Idempotency-Key` only; send it there");
        let said = "`Idempotency-Key`: is called `idempotency_key` here. Not charged.";
        assert_eq!(of_mcp(&wrong.facts().message), said);
        // What an argument has become is named as the argument.
        let value = Refusal::bad("Idempotency-Key", "must have no comma");
        assert_eq!(of_mcp(&value.facts().message), "`idempotency_key`: must have no comma. Not charged.");
    }

    #[test]
    fn a_client_of_tools_is_told_of_no_address() {
        let call = CallId::from_bits(1);
        let under_way = UnderWay { id: call.clone(), to: PhoneNumber::parse("+14155551234").unwrap() };
        let bought = Bought { paid: true, what: Some(Product::CallsTold), transaction: None };
        let language = for_dialler("ar").unwrap_err().to_string();
        let about = VOICE_CALL.request.iter().find(|field| field.name == "language").unwrap().about;
        for (refusal, instead) in [
            (Refusal::CallInProgress { call: under_way }, format!("Poll that one: get_call {}.", call.as_str())),
            (Refusal::CallAlreadyEnded { call: call.clone() }, format!("get_call {}.", call.as_str())),
            (Refusal::PaymentConflict { bought }, "free.".to_owned()),
            (Refusal::NoOwnedNumbers, "Buy one with buy_number (".to_owned()),
            (Refusal::bad("language", language), "`language`: ".to_owned()),
            (Refusal::bad("voice", "GET /api/v1/voice/voices lists all of them"), "list_voices lists all".to_owned()),
            (Refusal::bad("language", about), "`en` if it is left out.".to_owned()),
        ] {
            let message = of_mcp(&refusal.facts().message);
            assert!(message.contains(&instead) && !message.contains("/api/"), "{message}");
        }
    }

    #[test]
    fn a_field_that_holds_an_address_names_a_tool_instead() {
        let call = CallId::from_bits(1);
        let under_way = || UnderWay { id: call.clone(), to: PhoneNumber::parse("+14155551234").unwrap() };
        let crowded = Reached { limit: Limit::CallsAtOnce, retry_after: 1 };
        let listed = json!([{"call_id": call.as_str(), "to": "+14155551234", "poll_tool": "get_call"}]);
        for (refusal, field, told) in [
            (Refusal::CallInProgress { call: under_way() }, "poll_tool", json!("get_call")),
            (Refusal::CallAlreadyEnded { call: call.clone() }, "poll_tool", json!("get_call")),
            (Refusal::NoOwnedNumbers, "buy_tool", json!("buy_number")),
            (Refusal::RateLimited { reached: crowded, calls: vec![under_way()] }, "calls_in_flight", listed),
        ] {
            let Value::Object(mut body) = serde_json::from_slice(&refusal.facts().body()).unwrap() else { panic!() };
            of_fields(&mut body);
            assert_eq!(body.get(field), Some(&told));
            assert!(!json!(body).to_string().contains("poll_url") && !body.contains_key("buy_endpoint"));
        }
    }

    #[test]
    fn no_schema_of_a_tool_speaks_of_an_address() {
        for tool in &TOOLS {
            let mut schema = tool.described(&[])["inputSchema"].take();
            of_schema(&mut schema);
            assert!(!schema.to_string().contains("/api/"), "{}: {schema}", tool.name);
        }
    }

    #[test]
    fn a_client_without_headers_is_not_told_of_them() {
        let unreadable = [
            Malformed::Several,
            Malformed::PlainJson,
            Malformed::NotBase64,
            Malformed::Escaped,
            Malformed::Bare,
            Malformed::NotUtf8,
            Malformed::NotJson,
            Malformed::UnknownVersion,
            Malformed::OneOfTwo { place: "X-PAYMENT", why: Box::new(Malformed::NotBase64) },
            Malformed::OneOfTwo { place: "PAYMENT-SIGNATURE", why: Box::new(Malformed::NotJson) },
        ];
        let unreadable = unreadable.into_iter().map(|malformed| Refusal::InvalidPayment(malformed.to_string()));
        let others = [
            Refusal::SellingPaused,
            Refusal::InDoubt,
            Refusal::NotSettled,
            Refusal::PaymentPending { replayed: false },
            Refusal::DeliveryPending { replayed: false, retry_after: 5 },
            Refusal::PaymentInProgress { retry_after: 1 },
            Refusal::Fault(Fault::Broken("it")),
            Refusal::Upstream { vendor: Neighbour::Facilitator, message: "it could not be reached".to_owned() },
            Reached { limit: Limit::InDoubt, retry_after: 1 }.into(),
        ];
        for refusal in unreadable.chain(others) {
            let message = of_mcp(&refusal.facts().message);
            for word in ["header", "PAYMENT-SIGNATURE", "X-PAYMENT", "Retry-After"] {
                assert!(!message.contains(word), "{message}");
            }
        }
    }
}
