//! `skills/dialtone-phone/SKILL.md`, the page for agents that use the service: its prices, limits,
//! words and codes are the product's.

use std::collections::BTreeMap;
use std::fs;

use harness::{Stack, binaries};
use serde_json::Value;

use super::{document, followed};

fn skill() -> String {
    fs::read_to_string("skills/dialtone-phone/SKILL.md").expect("SKILL.md")
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[tokio::test]
async fn the_skill_names_each_endpoint_that_is_sold_and_each_tool_at_its_price() {
    let stack = Stack::start(binaries!()).await;
    let (document, skill) = (document(&stack).await, skill());
    let (mut prices, mut sold) = (Vec::new(), 0);
    for line in skill.lines().filter(|line| line.starts_with("| ") && line.contains("/api/v1/")) {
        for (method, path) in quoted(line).filter_map(|words| words.split_once(' ')) {
            let operation = &document["paths"][path][method.to_lowercase()];
            assert!(operation.is_object(), "{method} {path}");
            let amount = operation["x-payment-info"]["price"]["amount"].as_str().map(|amount| format!("${amount}"));
            sold += usize::from(amount.is_some());
            let price = amount.clone().unwrap_or_else(|| "free".to_owned());
            assert!(line.ends_with(&format!("| {price} |")), "{method} {path}: {price}");
            prices.extend(amount);
        }
    }
    let known = stack.get("/.well-known/x402").send().await.expect(200).json();
    assert_eq!(sold, known["resources"].as_array().expect("a list").len());
    for tool in known["mcp"]["tools"].as_array().expect("tools") {
        let name = tool.as_str().or(tool["name"].as_str()).expect("a name");
        assert!(name == "list_voices" || quoted(&skill).any(|word| word == name), "{name}");
    }
    for amount in skill.split('$').skip(1) {
        let amount: String = amount.chars().take_while(|it| it.is_ascii_digit() || *it == '.').collect();
        let amount = format!("${}", amount.trim_end_matches('.'));
        assert!(prices.contains(&amount), "{amount} is not a price");
    }
}

#[tokio::test]
async fn the_skill_names_limits_that_hold() {
    let stack = Stack::start(binaries!()).await;
    let (document, skill) = (document(&stack).await, skill());
    let text = String::from_utf8(stack.get("/llms.txt").send().await.expect(200).body.to_vec()).expect("text");
    let most = |name: &str| {
        let (_, rest) = text.split_once(&format!(" {name} ")).unwrap_or_else(|| panic!("{name}"));
        rest.split([',', ' ']).next().unwrap_or_default().trim_end_matches('.').to_owned()
    };
    let same = |window| most(&format!("calls_per_wallet_and_destination_per_{window}"));
    let calls = format!(
        "{} times in an hour and {} in a day to one number, {} calls in an hour, and {} at once are the most",
        same("hour"),
        same("day"),
        most("calls_per_wallet_per_hour"),
        most("calls_in_flight_per_wallet"),
    );
    let at = "/paths/~1api~1v1~1voice~1call/post/requestBody/content/application~1json/schema";
    let field = |name: &str| {
        let schema = document.pointer(at).map(|schema| followed(&document, schema)).expect("a schema");
        schema["properties"][name].clone()
    };
    let (task, minutes) = (field("task"), field("max_duration"));
    let length = format!("({} to {} characters)", task["minLength"], task["maxLength"]);
    let range = &minutes["anyOf"][0];
    let minutes =
        format!("{} to {} minutes, {} if it is left out", range["minimum"], range["maximum"], minutes["default"]);
    let wait = format!("`?wait={}`", parameter(&document, "wait")["maximum"]);
    for said in [calls, length, minutes, wait] {
        assert!(skill.contains(&said), "{said}");
    }
}

/// The schema of a poll's parameter.
fn parameter<'a>(document: &'a Value, name: &str) -> &'a Value {
    let all = document["paths"]["/api/v1/voice/call/{call_id}"]["get"]["parameters"].as_array().expect("parameters");
    let one = all.iter().map(|one| followed(document, one)).find(|one| one["name"] == name);
    &one.expect("the parameter")["schema"]
}

#[tokio::test]
async fn the_skill_has_every_way_in_which_a_call_ends_and_codes_that_are_answered() {
    let stack = Stack::start(binaries!()).await;
    let (document, skill) = (document(&stack).await, skill());
    let mut codes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut ends = Vec::new();
    let operations = document["paths"].as_object().expect("paths").values().filter_map(Value::as_object);
    for (status, response) in
        operations.flat_map(|methods| methods.values()).filter_map(|it| it["responses"].as_object()).flatten()
    {
        let schema = &followed(&document, response)["content"]["application/json"]["schema"];
        let properties = &followed(&document, schema)["properties"];
        codes
            .entry(status.clone())
            .or_default()
            .extend(properties["code"]["enum"].as_array().into_iter().flatten().cloned());
        ends.extend(properties["ended_by"]["enum"].as_array().into_iter().flatten().cloned());
    }
    assert!(ends.len() >= 9, "{ends:?}");
    let rows: Vec<&str> = skill.lines().filter(|line| line.starts_with("| `")).collect();
    for end in &ends {
        let named = |row: &&&str| quoted(row.split('|').nth(1).unwrap_or_default()).any(|word| word == end);
        assert_eq!(rows.iter().filter(named).count(), 1, "{end}");
    }
    let mut named = 0;
    for (said, code) in skill.split('`').zip(skill.split('`').skip(1)).step_by(2) {
        let status = said.strip_suffix(' ').and_then(|said| said.rsplit(' ').next()).filter(|word| word.len() == 3);
        if let Some(status) = status.filter(|word| word.parse::<u16>().is_ok()) {
            assert!(codes.get(status).is_some_and(|codes| codes.contains(&code.into())), "{status} {code}");
            named += 1;
        }
    }
    assert!(named >= 6, "{named} codes were found");
}
