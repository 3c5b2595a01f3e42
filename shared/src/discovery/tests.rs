//! The documents, as far as their shape can be held without a third party's validator.

use serde_json::Value;

use super::{Facts, STEPS, openapi, prose, resources};
use crate::api;
use crate::limits::Limit;
use crate::limits::manners::Manners;
use crate::limits::prices::Prices;
use crate::types::{EvmNetwork, Wallet};
use crate::x402::Terms;

pub(super) fn facts() -> Facts {
    let address = alloy_primitives::Address::repeat_byte(0xaa);
    let terms = Terms {
        public_url: "https://dialtone.example".to_owned(),
        payees: vec![Wallet::Evm { network: EvmNetwork::Base, address }],
    };
    Facts {
        terms,
        email: None,
        countries: Prices::with("GB=1.15,DE=2").unwrap().countries().collect(),
        manners: Manners::default(),
    }
}

/// What a reference leads to.
fn referred<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().map(|target| target.trim_start_matches('#'));
    target.map_or(value, |target| document.pointer(target).unwrap())
}

#[test]
fn every_endpoint_is_in_every_document() {
    let (document, text, sold) = (openapi::document(&facts()), prose::llms_txt(&facts()), resources(&facts().terms));
    for endpoint in api::ALL {
        let method = endpoint.method.as_str();
        let operation = &document["paths"][endpoint.path][method.to_ascii_lowercase()];
        assert_eq!(operation["operationId"], endpoint.name);
        assert!(text.contains(&format!("### {method} {} (", endpoint.path)), "{}", endpoint.name);
        let named = format!("{method} https://dialtone.example{}", endpoint.path);
        let listed = sold["resources"].as_array().unwrap().iter().any(|one| *one == named.as_str());
        assert_eq!(listed, endpoint.is_paid(), "{named}");
        for code in endpoint.refusals.iter().chain(endpoint.refused_unknown()) {
            let response = referred(&document, &operation["responses"][code.status.to_string()]);
            assert!(response["description"].as_str().is_some_and(|text| text.contains(code.when)), "{code:?}");
            let line = text.lines().find(|line| line.starts_with(&format!("{} ", code.status)));
            assert!(line.is_some_and(|line| line.contains(code.name)), "{code:?}");
        }
    }
}

#[test]
fn an_address_has_all_of_its_methods_in_the_document() {
    let ends = api::Endpoint { name: "voice_call_end", method: api::Method::Delete, ..api::VOICE_CALL_STATUS };
    let paths = openapi::paths(&[&api::VOICE_CALL_STATUS, &ends], &[]);
    let here = &paths[api::VOICE_CALL_STATUS.path];
    assert_eq!(
        (&here["get"]["operationId"], &here["delete"]["operationId"]),
        (&"voice_call_status".into(), &"voice_call_end".into())
    );
    assert_eq!(here["delete"]["parameters"][0]["name"], "call_id");
    assert!(here["delete"]["requestBody"].is_null());
}

#[test]
fn an_address_at_which_there_is_nothing_is_in_the_documents() {
    let (document, text) = (openapi::document(&facts()), prose::llms_txt(&facts()));
    let named = document["info"]["description"].as_str().unwrap();
    assert!(named.contains("404 `no_such_path`: an address at which there is nothing"), "{named}");
    assert!(text.lines().any(|line| line.starts_with("404 ") && line.contains("no_such_path")));
}

#[test]
fn what_is_paid_for_has_its_price_and_its_402() {
    let document = openapi::document(&facts());
    for endpoint in super::paid() {
        let operation = &document["paths"][endpoint.path]["post"];
        let price = operation["x-payment-info"]["price"]["amount"].as_str().unwrap();
        assert_eq!(format!("${price}"), endpoint.price.to_string());
        let required = referred(&document, &operation["responses"]["402"]);
        assert!(required["headers"]["PAYMENT-REQUIRED"].is_object(), "{}", endpoint.name);
        let sold = resources(&facts().terms);
        let named = format!("POST https://dialtone.example{}", endpoint.path);
        let listed = sold["prices"].as_array().unwrap().iter().find(|one| one["resource"] == named.as_str());
        assert_eq!(listed.unwrap()["amount"], price);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi::document(&facts());
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
    // Some four bytes are a token. What may be tried for nothing is worth some eighty of them.
    let text = prose::llms_txt(&facts());
    assert!(text.len() < 9_250, "{}", text.len());
    let document = openapi::document(&facts()).to_string();
    assert!(document.len() < 87_000, "{}", document.len());
}

#[test]
fn an_answer_that_several_endpoints_give_is_written_once() {
    let document = openapi::document(&facts());
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
    let with = |email: Option<&str>| Facts { email: email.map(str::to_owned), ..facts() };
    let contact = |email| openapi::document(&with(email))["info"]["contact"].clone();
    assert_eq!(contact(None)["url"], "https://dialtone.example/llms.txt");
    assert!(contact(None).get("email").is_none());
    assert_eq!(contact(Some("care@dialtone.example"))["email"], "care@dialtone.example");
    let text = prose::llms_txt(&with(Some("care@dialtone.example")));
    assert!(text.contains("- Contact: care@dialtone.example\n"));
}

#[test]
fn every_limit_is_told_with_the_number_that_holds() {
    let text = prose::llms_txt(&facts());
    let (document, readme) = (openapi::document(&facts()).to_string(), include_str!("../../../README.md"));
    let words: Vec<_> = text.split([' ', ',', '\n']).map(|word| word.trim_end_matches(['.', ':'])).collect();
    for limit in Limit::ALL {
        let place = words.iter().position(|word| *word == limit.code());
        let after = place.and_then(|place| words.get(place + 1));
        let number = limit.most();
        assert!(place.is_some() && (number.is_none() || number.as_deref() == after.copied()), "{limit:?}: {after:?}");
        assert!(document.contains(&format!("\"{}\"", limit.code())), "{limit:?}");
        let row = readme.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{}`", limit.code())));
        let told =
            row.is_some_and(|row| number.as_deref().is_none_or(|number| row.contains(number.trim_end_matches(".00"))));
        assert!(told, "{limit:?}: {row:?}");
    }
    for (limit, number) in [(Limit::CallsAtOnce, "3"), (Limit::InDoubt, "2"), (Limit::UnpaidRing, "1")] {
        assert!(limit.most().is_some_and(|most| most.starts_with(number)), "{limit:?}");
    }
}

#[test]
fn the_countries_that_are_sold_are_told() {
    let document = openapi::document(&facts());
    let at =
        "/paths/~1api~1v1~1phone~1numbers~1buy/post/requestBody/content/application~1json/schema/properties/country";
    let about = document.pointer(at).unwrap()["description"].as_str().unwrap();
    assert!(about.ends_with(" Sold here: CA, DE, GB, US."), "{about}");
    let text = prose::llms_txt(&facts());
    assert!(
        text.contains("- `country`: ISO 3166-1 alpha-2; `US` if it is left out. Sold here: CA, DE, GB, US.\n"),
        "{text}"
    );
}

#[test]
fn no_example_looks_like_a_private_key() {
    for text in [openapi::document(&facts()).to_string(), prose::llms_txt(&facts())] {
        let longest = text.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
        // An address has forty digits; a key, sixty-four.
        assert!(longest <= Some(40), "{longest:?}");
    }
}
