//! `GET /openapi.json`, `/llms.txt`, `/.well-known/x402`, and what a 402 says about what to send:
//! all of it true.

mod skill;
mod unknown_paths;

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::request::Response;
use harness::spec::{BUY, CALL, CALLS, LIST, RENEW};
use harness::{Stack, binaries};
use serde_json::{Value, json};

const PAID: [&str; 5] = [BUY, RENEW, LIST, CALLS, CALL];
const TO: &str = "+12133610872";
const TASK: &str = "Confirm the reservation for tonight.";

async fn document(stack: &Stack) -> Value {
    stack.get("/openapi.json").send().await.expect(200).json()
}

/// What a reference leads to.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|target| document.pointer(target.trim_start_matches('#')));
    target.unwrap_or(value)
}

/// The extension `bazaar` of the price of something.
async fn listed(stack: &Stack, path: &str) -> Value {
    let asked = stack.post(path).send().await;
    let header = STANDARD.decode(asked.header("payment-required").expect("a price")).expect("base64");
    serde_json::from_slice::<Value>(&header).expect("JSON")["extensions"]["bazaar"].clone()
}

#[tokio::test]
async fn every_client_may_read_what_there_is_and_keep_it_for_a_while() {
    let stack = Stack::start(binaries!()).await;
    for (path, kind, part) in [
        ("/openapi.json", "application/json", "\"openapi\":\"3.1.0\""),
        ("/llms.txt", "text/plain; charset=utf-8", "### POST /api/v1/voice/call ($0.54)"),
        ("/", "text/plain; charset=utf-8", "# Dialtone"),
        ("/.well-known/x402", "application/json", "\"version\":1"),
        ("/robots.txt", "text/plain; charset=utf-8", "User-agent: *\nAllow: /\n"),
        ("/favicon.ico", "image/svg+xml", "<svg "),
    ] {
        let answer = stack.get(path).send().await;
        assert!(String::from_utf8_lossy(&answer.expect(200).body).contains(part), "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        let head = stack.request(http::Method::HEAD, path).send().await;
        assert_eq!((head.expect(200).body.len(), head.header("content-type")), (0, Some(kind)), "{path}");
        stack.post(path).send().await.refused(405, "method_not_allowed");
    }
}

/// Free, without a log-in, and nothing in them that a call is not taken with.
#[tokio::test]
async fn the_voices_and_the_languages_of_a_call_are_listed_for_all_and_each_of_them_is_taken() {
    let stack = Stack::start(binaries!()).await;
    let document = document(&stack).await;
    for (list, field, by, least) in [("voices", "voice", "id", 9), ("languages", "language", "code", 52)] {
        let path = format!("/api/v1/voice/{list}");
        let answer = stack.get(&path).send().await;
        assert_eq!(answer.expect(200).header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"), "{path}");
        let body = answer.json();
        let alias = stack.get(&format!("/v1/voice/{list}")).header("cookie", "a=b").send().await;
        assert_eq!(alias.expect(200).json(), body);
        let head = stack.request(http::Method::HEAD, &path).send().await;
        assert_eq!((head.expect(200).body.len(), head.header("cache-control")), (0, answer.header("cache-control")));
        stack.post(&path).body(&json!({})).send().await.refused(405, "method_not_allowed");
        let schema = &document["paths"][&path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        fits(&body, schema, &path);
        let listed = body[list].as_array().expect("a list");
        assert!(listed.len() >= least, "{body}");
        for one in listed {
            for value in [&one[by], &one["name"]] {
                let asked = stack.post(CALL).body(&json!({"to": TO, "task": TASK, field: value})).send().await;
                // What a language is called in English is not its code.
                let status = if list == "languages" && value == &one["name"] { 400 } else { 402 };
                asked.expect(status);
            }
        }
    }
    assert_eq!(stack.bland.faults().counts().len(), 0, "the dialler is not asked");
}

/// The dialler's list has more: a clone of the operator's, and voices that cost extra.
#[tokio::test]
async fn a_voice_that_is_not_listed_is_refused_before_payment_and_told_the_nearest() {
    let stack = Stack::start(binaries!()).await;
    for (voice, near) in [
        ("0b7c1f6e-52d7-4c0e-9a4d-3f1f5b1c2a90", "There are derek, "),
        ("famous", "There are derek, "),
        ("eleven", "There are derek, "),
        ("florain", "Did you mean florian? "),
        ("Willows", "Did you mean willow? "),
    ] {
        let body = json!({"to": TO, "task": TASK, "voice": voice});
        let refused = stack.post(CALL).body(&body).send().await.refused(400, "bad_request");
        let message = refused["message"].as_str().expect("a message");
        assert!(message.contains(near) && message.contains("GET /api/v1/voice/voices"), "{message}");
        assert_eq!(refused["field"], "voice");
    }
    assert_eq!((stack.facilitator.settles(), stack.bland.calls().len()), (0, 0));
}

#[tokio::test]
async fn what_is_sold_is_named_with_our_own_address() {
    let stack = Stack::start(binaries!()).await;
    let known = stack.get("/.well-known/x402").send().await.expect(200).json();
    let url = document(&stack).await["servers"][0]["url"].as_str().expect("our address").to_owned();
    let mut expected: Vec<_> = PAID.iter().map(|path| format!("POST {url}{path}")).collect();
    let mut named: Vec<_> = known["resources"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one.as_str().expect("text").to_owned())
        .collect();
    expected.sort();
    named.sort();
    assert_eq!(named, expected);
    let demand = stack.post(BUY).demand().await;
    assert_eq!(demand.required["resource"]["url"], format!("{url}{BUY}"));
}

#[tokio::test]
async fn what_may_be_polled_may_be_read_by_agents_that_keep_to_robots_txt_and_is_in_no_search_engine() {
    let stack = Stack::start(binaries!()).await;
    let robots = stack.get("/robots.txt").send().await;
    assert!(!String::from_utf8_lossy(&robots.expect(200).body).contains("Disallow"));
    let wallet = stack.wallet();
    stack.post(BUY).pay(&wallet).await.answer.expect(200);
    let call = stack.post(CALL).body(&json!({"to": TO, "task": TASK})).pay(&wallet).await.answer.json();
    let unknown = format!("{CALL}/unknown");
    for (path, status) in [(call["poll_url"].as_str().expect("a path"), 200), (&unknown, 404)] {
        for accept in ["application/json", "text/html"] {
            let answer = stack.get(path).header("accept", accept).send().await;
            let said = answer.expect(status).header("x-robots-tag").expect("a word to crawlers");
            assert!(said.split(", ").any(|word| word == "noindex"), "{path} as {accept}: {said}");
        }
    }
}

#[tokio::test]
async fn whom_to_write_to_is_told_where_the_operator_says_it() {
    let silent = Stack::start(binaries!()).await;
    let contact = document(&silent).await["info"]["contact"].clone();
    assert!(contact["url"].is_string() && contact["email"].is_null(), "{contact}");
    let stack = Stack::builder(binaries!()).parameter("ContactEmail", "care@dialtone.example").start().await;
    assert_eq!(document(&stack).await["info"]["contact"]["email"], "care@dialtone.example");
    let text = stack.get("/llms.txt").send().await;
    assert!(String::from_utf8_lossy(&text.body).contains("care@dialtone.example"));
}

#[tokio::test]
async fn the_price_in_the_documents_is_what_is_asked_for() {
    let stack = Stack::start(binaries!()).await;
    let known = stack.get("/.well-known/x402").send().await.expect(200).json();
    let document = document(&stack).await;
    let mut shown = 0;
    for path in PAID {
        let asked = stack.post(path).send().await.expect(402).json();
        let operation = &document["paths"][path]["post"];
        let required = followed(&document, &operation["responses"]["402"])["content"]["application/json"].clone();
        if required["example"]["accepts"][0]["resource"] == asked["accepts"][0]["resource"] {
            assert_eq!(required["example"], asked, "{path}");
            shown += 1;
        }
        let price = operation["x-payment-info"]["price"]["amount"].as_str().expect("a price");
        assert_eq!(atomic(price), asked["accepts"][0]["maxAmountRequired"], "{path}");
        let named = |one: &&Value| one["resource"].as_str().is_some_and(|name| name.ends_with(path));
        let sold = known["prices"].as_array().expect("prices").iter().find(named).expect("a price");
        assert_eq!((&sold["amount"], &sold["currency"]), (&json!(price), &json!("USD")), "{path}");
    }
    assert_eq!(shown, 1, "one of them is the example of all");
}

/// Dollars in millionths, as the wire writes them.
fn atomic(dollars: &str) -> String {
    let (whole, fraction) = dollars.split_once('.').unwrap_or((dollars, ""));
    format!("{whole}{fraction:0<6}").trim_start_matches('0').to_owned()
}

#[tokio::test]
async fn a_402_says_in_version_1_too_what_to_send() {
    let stack = Stack::start(binaries!()).await;
    for path in PAID {
        let asked = stack.post(path).send().await.json();
        let listed = listed(&stack, path).await;
        let fields = &asked["accepts"][0]["outputSchema"]["input"]["bodyFields"];
        let schema = &listed["schema"]["properties"]["input"]["properties"]["body"];
        let mut same = schema["properties"].clone();
        for name in schema["required"].as_array().into_iter().flatten() {
            same[name.as_str().expect("a name")]["required"] = json!(true);
        }
        assert_eq!(*fields, same, "{path}");
        assert_eq!(asked["accepts"][0]["outputSchema"]["output"], listed["info"]["output"]["example"], "{path}");
    }
}

#[tokio::test]
async fn a_402_is_small() {
    let stack = Stack::start(binaries!()).await;
    for path in PAID {
        let asked = stack.post(path).send().await;
        // A client sends most of it back beside its signature, where 8 KB are the most.
        let header = asked.header("payment-required").expect("a price").len();
        assert!(header < 3_600, "{path}: {header}");
        assert!(asked.body.len() < 2_000, "{path}: {}", asked.body.len());
    }
}

#[tokio::test]
async fn the_body_that_a_402_gives_as_an_example_is_taken() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    for (path, status) in PAID.into_iter().zip([200, 403, 200, 200]) {
        let body = listed(&stack, path).await["info"]["input"]["body"].clone();
        // The number that is renewed in the example is not leased.
        stack.post(path).body(&body).pay(&wallet).await.answer.expect(status);
    }
}

#[tokio::test]
async fn the_limits_that_a_402_names_are_those_that_hold() {
    let stack = Stack::start(binaries!()).await;
    let mut tried = 0;
    for path in PAID {
        let listed = listed(&stack, path).await;
        let (body, schema) =
            (&listed["info"]["input"]["body"], &listed["schema"]["properties"]["input"]["properties"]["body"]);
        for (field, limits) in schema["properties"].as_object().expect("fields") {
            let mut probes = Vec::new();
            for (limit, beyond) in [("minLength", -1), ("maxLength", 1)] {
                if let Some(length) = limits[limit].as_i64() {
                    probes.push((json!("x".repeat(usize::try_from(length).expect("a length"))), true));
                    let other = usize::try_from(length + beyond).expect("a length");
                    // An empty text is what some clients send for none.
                    probes.extend((other > 0).then(|| (json!("x".repeat(other)), false)));
                }
            }
            for (limit, beyond) in [("minimum", -1), ("maximum", 1)] {
                if let Some(value) = limits[limit].as_i64() {
                    probes.extend([(json!(value), true), (json!(value + beyond), false)]);
                }
            }
            if limits["pattern"].is_string() {
                probes.push((json!("no such thing"), false));
            }
            for (value, taken) in probes {
                let mut probe = body.clone();
                probe[field.as_str()] = value;
                let answer = stack.post(path).body(&probe).send().await;
                if taken {
                    answer.expect(402);
                } else {
                    assert_eq!(answer.refused(400, "bad_request")["field"], field.as_str(), "{path}");
                }
                tried += 1;
            }
        }
        for field in schema["required"].as_array().into_iter().flatten() {
            let mut probe = body.clone();
            probe.as_object_mut().expect("an object").remove(field.as_str().expect("a name"));
            // An empty object would be a question for the price.
            probe["unknown"] = json!(1);
            assert_eq!(stack.post(path).body(&probe).send().await.refused(400, "bad_request")["field"], *field);
            tried += 1;
        }
    }
    assert!(tried >= 20, "only {tried} limits were found");
}

#[tokio::test]
async fn every_answer_is_as_the_document_says() {
    let stack = Stack::start(binaries!()).await;
    let document = document(&stack).await;
    let (wallet, poor, landlord) = (stack.wallet(), stack.wallet_with(0), stack.wallet());
    let [buy, renew, list, calls, call] = PAID;
    let request = json!({"phone_number": TO, "task": TASK});
    let huge = format!("{{\"task\":\"{}\"}}", "x".repeat(129 * 1024));

    let mut said: Vec<(&str, &str, Response)> = vec![
        (call, "post", stack.post(call).body(&request).pay(&wallet).await.answer),
        (call, "post", stack.post(call).body(&json!({"phone_number": "+19005551234", "task": TASK})).send().await),
        (call, "post", stack.post(call).raw("application/json", huge).send().await),
        (call, "post", stack.post(call).header("x-payment", "%").send().await),
        (buy, "post", stack.post(buy).body(&json!({})).pay(&poor).await.answer),
        (buy, "post", stack.get(buy).send().await),
    ];
    said.push((calls, "post", stack.post(calls).body(&json!({"cursor": "bent"})).send().await));
    let bought = stack.post(buy).body(&json!({})).pay(&wallet).await;
    let number = bought.answer.json()["phone_number"].clone();
    let conflict = stack.post(buy).body(&json!({"country": "CA"})).paid_with(&bought.payment).send().await;
    let placed = stack.post(call).body(&request).pay(&wallet).await.answer;
    let poll = format!("{call}/{}", placed.json()["call_id"].as_str().expect("an id"));
    let running = stack.get(&poll).send().await;
    stack.bland.finish_all();
    stack.travel(std::time::Duration::from_secs(70));
    let over = stack.get(&poll).send().await;
    let status = "/api/v1/voice/call/{call_id}";
    said.extend([
        (buy, "post", bought.answer),
        (buy, "post", conflict),
        (list, "post", stack.post(list).pay(&wallet).await.answer),
        (calls, "post", stack.post(calls).body(&json!({"limit": 1})).pay(&wallet).await.answer),
        (renew, "post", stack.post(renew).body(&json!({"phone_number": number})).pay(&wallet).await.answer),
        (renew, "post", stack.post(renew).body(&json!({"phone_number": number})).pay(&landlord).await.answer),
        (renew, "post", stack.post(renew).body(&json!({})).send().await),
        (call, "post", stack.post(&format!("{call}?dry_run=true")).body(&request).sign_in(&wallet).await),
        (
            call,
            "post",
            stack
                .post(&format!("{call}?dry_run=true"))
                .body(&json!({"phone_number": "+12133610873", "task": TASK}))
                .sign_in(&wallet)
                .await,
        ),
        (call, "post", placed),
        (status, "get", running),
        (status, "get", over),
        (status, "get", stack.get(&format!("{call}/unknown")).send().await),
    ]);
    for (path, method, answer) in &said {
        let responses = &document["paths"][path][method]["responses"];
        let response = followed(&document, &responses[answer.status.as_u16().to_string()]);
        assert!(response.is_object(), "{method} {path}: {} is not in the document", answer.status);
        let body = answer.json();
        let schema = &response["content"]["application/json"]["schema"];
        if answer.status == 200 {
            // What is paid for may be rehearsed, too.
            let kinds = schema["anyOf"].as_array().into_iter().flatten();
            let dry = body.get("dry_run").is_some();
            let kind = kinds.map(|kind| followed(&document, kind)).nth(usize::from(dry));
            fits(&body, kind.unwrap_or(schema), path);
        } else if answer.status != 402 {
            let codes = schema["properties"]["code"]["enum"].as_array().expect("codes");
            assert!(codes.contains(&body["code"]), "{method} {path}: {}", body["code"]);
        }
    }
}

/// What is there is in the schema, and what the schema promises is there. Types are for the
/// validators in `tests/front`.
#[track_caller]
fn fits(body: &Value, schema: &Value, what: &str) {
    for (name, value) in body.as_object().expect("an object") {
        let property = &schema["properties"][name];
        assert!(property.is_object(), "{what}: {name} is not in the document");
        for item in value.as_array().into_iter().flatten().filter(|item| item.is_object()) {
            fits(item, &property["items"], name);
        }
    }
    for name in schema["required"].as_array().expect("what is always there") {
        assert!(body.get(name.as_str().expect("a name")).is_some(), "{what}: {name} is missing");
    }
}

#[tokio::test]
async fn the_readme_names_every_endpoint_with_its_price_and_every_code() {
    let stack = Stack::start(binaries!()).await;
    let readme = fs::read_to_string("README.md").expect("README.md");
    let document = document(&stack).await;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let price = operation["x-payment-info"]["price"]["amount"].as_str().map(|amount| format!("${amount}"));
            let price = price.unwrap_or_else(|| "free".to_owned());
            let row = format!("| `{} {path}` | {price} |", method.to_uppercase());
            assert!(readme.contains(&row), "{row}");
            for (status, response) in operation["responses"].as_object().expect("responses") {
                let response = followed(&document, response);
                let codes = &response["content"]["application/json"]["schema"]["properties"]["code"]["enum"];
                for code in codes.as_array().into_iter().flatten() {
                    let code = format!("`{}`", code.as_str().expect("a code"));
                    let row = |line: &str| line.starts_with('|') && line.contains(status) && line.contains(&code);
                    assert!(readme.lines().any(row), "{status} {code}");
                }
            }
        }
    }
}

/// A published client refuses to pay where the 402 is for another address than it has asked.
#[tokio::test]
async fn a_402_names_the_address_that_was_asked() {
    let stack = Stack::start(binaries!()).await;
    let url = stack.post(BUY).demand().await.required["resource"]["url"].as_str().expect("a URL").to_owned();
    let origin = url.strip_suffix(BUY).expect("the path").to_owned();
    for path in PAID {
        let alias = path.strip_prefix("/api").expect("the prefix");
        for at in [path.to_owned(), alias.to_owned(), format!("{path}?ref=a%20b&x=1"), format!("{alias}?ref=1")] {
            let demand = stack.post(&at).demand().await;
            assert_eq!(demand.required["resource"]["url"], format!("{origin}{at}"));
            assert_eq!(demand.body["accepts"][0]["resource"], format!("{origin}{at}"), "in both versions");
        }
        let long = format!("{path}?{}", "x".repeat(600));
        assert_eq!(stack.post(&long).demand().await.required["resource"]["url"], format!("{origin}{path}"));
    }
}

#[tokio::test]
async fn the_countries_that_are_sold_are_named_in_the_documents_and_in_the_price() {
    let stack = Stack::builder(binaries!()).parameter("NumberPrices", "GB=1.15,DK=6.5").start().await;
    let named = " Sold here: CA, DK, GB, US.";
    let document = document(&stack).await;
    let at = "/requestBody/content/application~1json/schema/properties/country";
    let about = document["paths"][PAID[0]]["post"].pointer(at).expect("a country")["description"].clone();
    assert!(about.as_str().expect("text").ends_with(named), "{about}");
    let text = stack.get("/llms.txt").send().await.expect(200).body.clone();
    assert!(String::from_utf8_lossy(&text).contains(named));
    let schema = listed(&stack, PAID[0]).await["schema"]["properties"]["input"]["properties"]["body"].clone();
    assert_eq!(schema["properties"]["country"]["description"], named.trim());
    let country = |code: &str| stack.post(PAID[0]).body(&json!({"country": code})).send();
    country("dk").await.expect(402);
    let refused = country("DE").await.refused(400, "bad_request");
    assert!(refused["message"].as_str().expect("a message").contains("CA, DK, GB, US"), "{refused}");
}
