//! The tools: what a model is told of them, and that each does what its endpoint does.

use harness::sim::bland::Script;
use harness::{Stack, binaries};
use serde_json::{Value, json};

use super::{TASK, TO, called, done, message, paid, refused, result, sent, text};

const NAMES: [&str; 8] =
    ["buy_number", "renew_number", "list_numbers", "place_call", "get_call", "hang_up", "list_calls", "list_voices"];

async fn listed(stack: &Stack) -> Vec<Value> {
    let tools = result(&sent(stack, &message("tools/list", &json!({}))).send().await)["tools"].clone();
    tools.as_array().expect("tools").clone()
}

#[tokio::test]
async fn a_tool_says_what_it_costs_what_it_does_and_takes_what_the_document_says() {
    let stack = Stack::builder(binaries!()).parameter("NumberPrices", "GB=1.15").start().await;
    let document = stack.get("/openapi.json").send().await.expect(200).json();
    let tools = listed(&stack).await;
    assert_eq!(tools.iter().map(|tool| tool["name"].as_str().expect("a name")).collect::<Vec<_>>(), NAMES);
    for (name, path, price) in [
        ("buy_number", "/api/v1/phone/numbers/buy", "$5.00"),
        ("renew_number", "/api/v1/phone/numbers/renew", "$5.00"),
        ("list_numbers", "/api/v1/phone/numbers/list", "$0.001"),
        ("place_call", "/api/v1/voice/call", "$0.54"),
        ("hang_up", "/api/v1/voice/call/{call_id}/hangup", "Free."),
        ("list_calls", "/api/v1/voice/calls/list", "$0.001"),
    ] {
        let tool = tools.iter().find(|tool| tool["name"] == name).expect(name);
        assert!(tool["description"].as_str().is_some_and(|text| text.contains(price)), "{tool}");
        let body = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
        for (field, schema) in body["properties"].as_object().into_iter().flatten() {
            let own = &tool["inputSchema"]["properties"][field];
            // Which addresses there are is nothing to a client of tools.
            let described = schema["description"].as_str().expect("a description");
            let described = described.replace(" `GET /api/v1/voice/languages` has all.", "");
            let described = described.replace("`GET /api/v1/voice/voices`", "list_voices");
            assert_eq!(own["description"], described, "{name}: {field}");
        }
        let needed = if name == "hang_up" { &json!(["call_id"]) } else { &body["required"] };
        assert_eq!(&tool["inputSchema"]["required"], needed, "{name}");
    }
    let hints = |name: &str| {
        let tool = tools.iter().find(|tool| tool["name"] == name).expect(name);
        ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"]
            .map(|hint| tool["annotations"][hint] == true)
    };
    assert_eq!(hints("place_call"), [false, true, false, true]);
    assert_eq!(hints("hang_up"), [false, true, true, true]);
    assert_eq!(hints("renew_number"), [false, false, false, false]);
    assert_eq!(hints("list_voices"), [true, false, true, false]);
    let country = &tools[0]["inputSchema"]["properties"]["country"]["description"];
    assert!(country.as_str().is_some_and(|text| text.contains("GB") && text.contains("US")), "{country}");
    let all = json!(tools).to_string();
    assert!(!all.contains("outputSchema") && !all.contains("$ref"), "{all}");
}

#[tokio::test]
async fn an_agent_buys_a_number_calls_looks_hangs_up_and_finds_it_all_again() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = done(&paid(&stack, &wallet, "buy_number", &json!({"area_code": "415"})).await);
    let number = number["phone_number"].as_str().expect("a number").to_owned();
    let renewed = done(&paid(&stack, &wallet, "renew_number", &json!({"phone_number": number})).await);
    let mine = done(&paid(&stack, &wallet, "list_numbers", &json!({})).await);
    assert_eq!((&mine["numbers"][0]["phone_number"], &mine["count"]), (&json!(number), &json!(1)));
    assert_eq!(mine["numbers"][0]["expires_at"], renewed["expires_at"]);

    stack.bland.script_next(Script::conversation(vec!["It is confirmed.".to_owned()], Some("Confirmed.".to_owned())));
    let arguments = json!({"phone_number": TO, "task": TASK, "max_duration": 3});
    let call = done(&paid(&stack, &wallet, "place_call", &arguments).await);
    assert_eq!((&call["from"], &call["to"]), (&json!(number), &json!(TO)));
    let id = call["call_id"].clone();
    let looked = done(&called(&stack, "get_call", &json!({"call_id": id})).await);
    assert_eq!((&looked["call_id"], &looked["final"]), (&id, &json!(false)));
    assert!(looked["untrusted"].as_array().is_some_and(|fields| fields.contains(&json!("transcript"))));

    let ending = done(&called(&stack, "hang_up", &json!({"call_id": id})).await);
    assert_eq!(ending, json!({"call_id": id, "status": "ending"}));
    let calls = done(&paid(&stack, &wallet, "list_calls", &json!({"limit": 5})).await);
    assert_eq!((&calls["calls"][0]["call_id"], &calls["count"]), (&id, &json!(1)));
    let voices = done(&called(&stack, "list_voices", &json!({})).await);
    assert_eq!(voices, stack.get("/api/v1/voice/voices").send().await.expect(200).json());
    assert_eq!(stack.earned(), 5_000_000 + 5_000_000 + 540_000 + 2 * 1_000);
}

#[tokio::test]
async fn a_look_waits_for_something_new_and_no_longer_than_it_is_told() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let call = stack.calls(&wallet, TO).await;
    let id = &call["call_id"];
    stack.poll(&call).await;
    let arguments = json!({"call_id": id, "wait_seconds": 20});
    let waiting = called(&stack, "get_call", &arguments);
    let ends = async {
        stack.bland.finish_all();
        stack.travel(std::time::Duration::from_mins(1));
    };
    let (looked, ()) = futures_util::future::join(waiting, ends).await;
    assert_ne!(done(&looked)["ended_by"], Value::Null);
    let quick = done(&called(&stack, "get_call", &json!({"call_id": id, "wait_seconds": 0})).await);
    assert_eq!(quick["call_id"], *id);
}

#[tokio::test]
async fn arguments_that_are_wrong_are_a_text_for_the_model_and_cost_nothing() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    for (name, arguments, field) in [
        ("place_call", json!({"phone_number": TO, "task": "short"}), "task"),
        ("place_call", json!({"phone_number": "911", "task": TASK}), "phone_number"),
        ("place_call", json!({"task": TASK}), "phone_number"),
        ("place_call", json!({"phone_number": TO, "task": TASK, "max_duration": 31}), "max_duration"),
        ("place_call", json!({"phone_number": TO, "task": TASK, "idempotency_key": "two words"}), "idempotency_key"),
        ("buy_number", json!({"country": "ZZ"}), "country"),
        ("renew_number", json!({"phone_number": "x"}), "phone_number"),
        ("list_calls", json!({"limit": 0}), "limit"),
        ("get_call", json!({}), "call_id"),
        ("get_call", json!({"call_id": "0123456789ABCDEFGHJKMNPQRS", "wait_seconds": 21}), "wait_seconds"),
        ("hang_up", json!({"id": "0123456789ABCDEFGHJKMNPQRS"}), "call_id"),
        ("list_voices", json!({"language": "en"}), "language"),
    ] {
        let result = called(&stack, name, &arguments).await;
        let said = refused(&result, "bad_request", &json!(false));
        assert_eq!(said["field"], field, "{said}");
        assert!(said["message"].as_str().is_some_and(|text| text.ends_with("Not charged.")), "{said}");
        assert!(result["structuredContent"].is_null(), "{result}");
    }
    // Also with a payment, which is good for the right arguments then.
    let payment = super::signed(&stack, &wallet, "list_calls", &json!({})).await;
    let meta = json!({"x402/payment": payment.to_json()});
    let result = super::called_with(&stack, "list_calls", &json!({"status": "lost"}), &meta).await;
    refused(&result, "bad_request", &json!(false));
    assert_eq!(stack.earned(), 0);
    done(&super::called_with(&stack, "list_calls", &json!({}), &meta).await);
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn a_call_that_was_never_placed_cannot_be_looked_at_and_leads_to_no_other_address() {
    let stack = Stack::start(binaries!()).await;
    let mut traffic = stack.traffic.follow();
    for id in
        ["x", "list", "../../phone/numbers/list", "0123456789ABCDEFGHJKMNPQR/", "0123456789ABCDEFGHJKMNPQRS?wait=20"]
    {
        for name in ["get_call", "hang_up"] {
            let said = refused(&called(&stack, name, &json!({"call_id": id})).await, "unknown_call", &json!(false));
            assert!(said["message"].is_string());
            assert_eq!(traffic.recv().await.expect("an exchange").path, "/mcp", "no endpoint was asked");
        }
    }
    let well_formed = json!({"call_id": "0123456789ABCDEFGHJKMNPQRS"});
    let result = called(&stack, "get_call", &well_formed).await;
    refused(&result, "unknown_call", &json!(false));
    assert_eq!(result["structuredContent"], text(&result));
    refused(&called(&stack, "hang_up", &well_formed).await, "unknown_call", &json!(false));
}

#[tokio::test]
async fn one_message_asks_one_endpoint_at_our_own_address_whatever_host_it_names() {
    let stack = Stack::start(binaries!()).await;
    let mut traffic = stack.traffic.follow();
    let message =
        message("tools/call", &json!({"name": "place_call", "arguments": {"phone_number": TO, "task": TASK}}));
    let answer = sent(&stack, &message)
        .header("x-forwarded-host", "elsewhere.example")
        .header("forwarded", "host=elsewhere.example");
    super::price(&result(&answer.send().await));
    let paths: Vec<_> = std::iter::from_fn(|| traffic.try_recv().ok()).map(|exchange| exchange.path).collect();
    assert_eq!(paths, ["/api/v1/voice/call", "/mcp"]);
    assert_eq!((stack.facilitator.verifies(), stack.dynamo.faults().count("*")), (0, 0), "no price costs a question");
}
