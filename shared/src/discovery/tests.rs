//! The documents, as far as their shape can be held without anybody else's validator.

use serde_json::Value;

use super::{STEPS, openapi, prose, resources};
use crate::api;
use crate::limits;
use crate::types::{EvmNetwork, Wallet};
use crate::x402::Terms;

fn terms() -> Terms {
    let address = alloy_primitives::Address::repeat_byte(0xaa);
    Terms {
        public_url: "https://dialtone.example".to_owned(),
        payees: vec![Wallet::Evm { network: EvmNetwork::Base, address }],
    }
}

/// What a reference leads to.
fn referred<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().map(|target| target.trim_start_matches('#'));
    target.map_or(value, |target| document.pointer(target).unwrap())
}

#[test]
fn every_endpoint_is_in_every_document() {
    let (document, text, sold) =
        (openapi::document(&terms(), None), prose::llms_txt(&terms(), None), resources(&terms()));
    for endpoint in api::ALL {
        let method = endpoint.method.as_str();
        let operation = &document["paths"][endpoint.path][method.to_ascii_lowercase()];
        assert_eq!(operation["operationId"], endpoint.name);
        assert!(text.contains(&format!("### {method} {} (", endpoint.path)), "{}", endpoint.name);
        let named = format!("{method} https://dialtone.example{}", endpoint.path);
        let listed = sold["resources"].as_array().unwrap().iter().any(|one| *one == named.as_str());
        assert_eq!(listed, endpoint.is_paid(), "{named}");
        for code in endpoint.refusals {
            let response = referred(&document, &operation["responses"][code.status.to_string()]);
            assert!(response["description"].as_str().is_some_and(|text| text.contains(code.when)), "{code:?}");
            let line = text.lines().find(|line| line.starts_with(&format!("{} ", code.status)));
            assert!(line.is_some_and(|line| line.contains(code.name)), "{code:?}");
        }
    }
}

#[test]
fn an_address_at_which_there_is_nothing_is_in_the_documents() {
    let (document, text) = (openapi::document(&terms(), None), prose::llms_txt(&terms(), None));
    let named = document["info"]["description"].as_str().unwrap();
    assert!(named.contains("404 `no_such_path`: an address at which there is nothing"), "{named}");
    assert!(text.lines().any(|line| line.starts_with("404 ") && line.contains("no_such_path")));
}

#[test]
fn what_is_paid_for_has_its_price_and_its_402() {
    let document = openapi::document(&terms(), None);
    for endpoint in super::paid() {
        let operation = &document["paths"][endpoint.path]["post"];
        let price = operation["x-payment-info"]["price"]["amount"].as_str().unwrap();
        assert_eq!(format!("${price}"), endpoint.price.to_string());
        let required = referred(&document, &operation["responses"]["402"]);
        assert!(required["headers"]["PAYMENT-REQUIRED"].is_object(), "{}", endpoint.name);
        let sold = resources(&terms());
        let named = format!("POST https://dialtone.example{}", endpoint.path);
        let listed = sold["prices"].as_array().unwrap().iter().find(|one| one["resource"] == named.as_str());
        assert_eq!(listed.unwrap()["amount"], price);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi::document(&terms(), None);
    let mut open = vec![&document];
    let mut followed = 0;
    while let Some(value) = open.pop() {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
            followed += 1;
        }
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(followed > 20);
}

#[test]
fn guidance_is_as_short_as_directories_want_it() {
    assert!(STEPS.len() <= 4_000);
}

#[test]
fn a_model_reads_the_text_in_a_page_or_two_and_a_tool_the_document_at_once() {
    // Some four bytes are a token.
    let text = prose::llms_txt(&terms(), None);
    assert!(text.len() < 5_600, "{}", text.len());
    let document = openapi::document(&terms(), None).to_string();
    assert!(document.len() < 50_000, "{}", document.len());
}

#[test]
fn an_answer_that_several_endpoints_give_is_written_once() {
    let document = openapi::document(&terms(), None);
    let responses = document["components"]["responses"].as_object().unwrap();
    for (name, response) in responses {
        assert!(responses.iter().all(|(other, same)| other == name || same != response), "{name}");
        assert!(
            document["paths"].to_string().contains(&format!("#/components/responses/{name}\"")),
            "{name} is not used"
        );
    }
}

#[test]
fn the_operators_address_is_told_where_there_is_one() {
    let contact = |email| openapi::document(&terms(), email)["info"]["contact"].clone();
    assert_eq!(contact(None)["url"], "https://dialtone.example/llms.txt");
    assert!(contact(None).get("email").is_none());
    assert_eq!(contact(Some("care@dialtone.example"))["email"], "care@dialtone.example");
    let text = prose::llms_txt(&terms(), Some("care@dialtone.example"));
    assert!(text.contains("- Contact: care@dialtone.example\n"));
}

#[test]
fn limits_are_told_with_the_numbers_that_hold() {
    let text = prose::llms_txt(&terms(), None);
    for number in [
        format!("{} calls at once", limits::CALLS_AT_ONCE),
        format!("{} an hour", limits::CALLS_PER_HOUR),
        format!("{} a day", limits::CALLS_PER_DAY),
        format!("{} new numbers a day", limits::NUMBERS_PER_DAY),
        format!("{} a day, each", limits::WALLET_COST),
    ] {
        assert!(text.contains(&number), "{number}");
    }
}

#[test]
fn no_example_looks_like_a_private_key() {
    for text in [openapi::document(&terms(), None).to_string(), prose::llms_txt(&terms(), None)] {
        let longest = text.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
        // An address has forty digits; a key, sixty-four.
        assert!(longest <= Some(40), "{longest:?}");
    }
}
