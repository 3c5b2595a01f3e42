//! The documents, as far as their shape can be held without anybody else's validator.

use serde_json::Value;

use super::{STEPS, openapi, prose, resources};
use crate::api;
use crate::types::{EvmNetwork, Wallet};
use crate::x402::Terms;

fn terms() -> Terms {
    let address = alloy_primitives::Address::repeat_byte(0xaa);
    Terms {
        public_url: "https://dialtone.example".to_owned(),
        payees: vec![Wallet::Evm { network: EvmNetwork::Base, address }],
    }
}

#[test]
fn every_endpoint_is_in_every_document() {
    let (document, text, sold) = (openapi::document(&terms()), prose::llms_txt(&terms()), resources(&terms()));
    for endpoint in api::ALL {
        let method = endpoint.method.as_str();
        let operation = &document["paths"][endpoint.path][method.to_ascii_lowercase()];
        assert_eq!(operation["operationId"], endpoint.name);
        assert!(text.contains(&format!("### {method} {} (", endpoint.path)), "{}", endpoint.name);
        let named = format!("{method} https://dialtone.example{}", endpoint.path);
        let listed = sold["resources"].as_array().unwrap().iter().any(|one| *one == named.as_str());
        assert_eq!(listed, endpoint.is_paid(), "{named}");
        for code in endpoint.refusals {
            let response = &operation["responses"][code.status.to_string()];
            assert!(response["description"].as_str().is_some_and(|text| text.contains(code.when)), "{code:?}");
            assert!(text.contains(&format!("- {} `{}`", code.status, code.name)), "{code:?}");
        }
    }
}

#[test]
fn what_is_paid_for_has_its_price_and_its_402() {
    let document = openapi::document(&terms());
    for endpoint in super::paid() {
        let operation = &document["paths"][endpoint.path]["post"];
        let price = operation["x-payment-info"]["price"]["amount"].as_str().unwrap();
        assert_eq!(format!("${price}"), endpoint.price.to_string());
        let example = &operation["responses"]["402"]["content"]["application/json"]["example"];
        let asked = &example["accepts"][0]["maxAmountRequired"];
        assert_eq!(asked.as_str(), Some(endpoint.price.atomic().to_string().as_str()));
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi::document(&terms());
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
    assert!(prose::llms_txt(&terms()).len() < 16_000);
}
