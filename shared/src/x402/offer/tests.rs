//! What is asked for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::demand;
use crate::types::{EvmNetwork, Usdc};
use crate::x402::requirements::eip712;
use crate::x402::samples::{CALL, listing, solana, terms};
use crate::x402::{Demand, Terms};

fn golden() -> Demand {
    let terms = Terms { payees: terms().payees[..1].to_vec(), ..terms() };
    demand(&terms, &CALL, &listing(), None, "payment_required", "PAYMENT-SIGNATURE header is required", &[])
}

#[test]
fn the_header_is_what_published_version_2_clients_were_seen_to_take() {
    let json = String::from_utf8(STANDARD.decode(golden().header).unwrap()).unwrap();
    assert_eq!(
        json,
        concat!(
            r#"{"x402Version":2,"error":"PAYMENT-SIGNATURE header is required","#,
            r#""resource":{"url":"https://dialtone.example/api/v1/voice/call","#,
            r#""description":"Outbound AI phone call","mimeType":"application/json"},"#,
            r#""accepts":[{"scheme":"exact","network":"eip155:8453","amount":"540000","#,
            r#""asset":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913","#,
            r#""payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","maxTimeoutSeconds":300,"#,
            r#""extra":{"name":"USD Coin","version":"2"}}],"#,
            r#""extensions":{"bazaar":{"info":{"input":{"body":{"task":"Say hello."},"bodyType":"json","#,
            r#""method":"POST","type":"http"},"output":{"example":{"status":"started"},"type":"json"}},"#,
            r#""schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"input":{"#,
            r#""additionalProperties":false,"properties":{"body":{"properties":{"task":{"type":"string"}},"#,
            r#""required":["task"],"type":"object"},"bodyType":{"enum":["json"],"type":"string"},"#,
            r#""method":{"enum":["POST"],"type":"string"},"type":{"const":"http","type":"string"}},"#,
            r#""required":["type","method","bodyType","body"],"type":"object"},"output":{"properties":{"#,
            r#""example":{"type":"object"},"type":{"type":"string"}},"required":["type"],"type":"object"}},"#,
            r#""required":["input"],"type":"object"}},"#,
            r#""payment-identifier":{"info":{"required":false},"schema":{"$schema":"#,
            r#""https://json-schema.org/draft/2020-12/schema","properties":{"id":{"maxLength":128,"minLength":16,"#,
            r#""type":"string"},"required":{"type":"boolean"}},"required":["required"],"type":"object"}}}}"#,
        )
    );
}

#[test]
fn the_body_is_version_1_beside_the_flat_fields_of_a_refusal() {
    assert_eq!(
        String::from_utf8(golden().body).unwrap(),
        concat!(
            r#"{"x402Version":1,"error":"payment_required","code":"payment_required","#,
            r#""reason":"payment_required","message":"PAYMENT-SIGNATURE header is required","#,
            r#""accepts":[{"scheme":"exact","network":"base","maxAmountRequired":"540000","#,
            r#""resource":"https://dialtone.example/api/v1/voice/call","#,
            r#""description":"Outbound AI phone call","mimeType":"application/json","#,
            r#""outputSchema":{"input":{"bodyFields":{"task":{"required":true,"type":"string"}},"bodyType":"json","#,
            r#""method":"POST","type":"http"},"output":{"status":"started"}},"#,
            r#""payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","maxTimeoutSeconds":300,"#,
            r#""asset":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913","#,
            r#""extra":{"name":"USD Coin","version":"2"}}]}"#,
        )
    );
}

#[test]
fn solana_is_asked_for_behind_base_and_only_with_a_fee_payer() {
    let key = solana::FEE_PAYER.parse().ok();
    let header = |fee_payer| {
        let demand = demand(&solana::both(), &CALL, &listing(), fee_payer, "payment_required", "", &[]);
        let header: Value = serde_json::from_slice(&STANDARD.decode(demand.header).unwrap()).unwrap();
        let body: Value = serde_json::from_slice(&demand.body).unwrap();
        (header["accepts"].clone(), body["accepts"].clone())
    };
    let (v2, v1) = header(key);
    assert_eq!((v2.as_array().unwrap().len(), v1.as_array().unwrap().len()), (2, 2));
    assert_eq!(v2[0]["network"], "eip155:8453");
    assert_eq!(
        v2[1],
        json!({
            "scheme": "exact",
            "network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            "amount": "540000",
            "asset": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            "payTo": solana::PAYEE,
            "maxTimeoutSeconds": 300,
            "extra": { "feePayer": solana::FEE_PAYER },
        })
    );
    assert!(v1[0]["outputSchema"].is_object());
    // Strict readers of version 1 take an object or nothing, and no null.
    assert!(v1[1].get("outputSchema").is_none());
    assert_eq!((&v1[1]["network"], &v1[1]["extra"]), (&json!("solana"), &json!({ "feePayer": solana::FEE_PAYER })));
    let (v2, v1) = header(None);
    assert_eq!((v2.as_array().unwrap().len(), v1.as_array().unwrap().len()), (1, 1));
}

#[test]
fn each_network_has_its_own_token_and_its_order_is_ours() {
    let quotes = terms().quotes(&CALL);
    let facts: Vec<_> = quotes.iter().map(|quote| (quote.network(), quote.network().asset(), quote.amount)).collect();
    assert_eq!(
        facts,
        [
            (EvmNetwork::Base.into(), "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913".to_owned(), Usdc::micros(540_000)),
            (
                EvmNetwork::BaseSepolia.into(),
                "0x036CbD53842c5426634e7929541eC2318f3dCF7e".to_owned(),
                Usdc::micros(540_000)
            ),
        ]
    );
    let sepolia = serde_json::to_value(quotes[1].requirements(eip712(EvmNetwork::BaseSepolia))).unwrap();
    assert_eq!(sepolia["extra"]["name"], "USDC");
}

#[test]
fn a_demand_is_ascii_and_fits_every_header_limit() {
    let long = "x".repeat(300);
    let demand = demand(&terms(), &CALL, &listing(), None, "value_mismatch", &long, &[]);
    assert!(demand.body.is_ascii());
    assert!(demand.header.len() < 4096, "{}", demand.header.len());
}

#[test]
fn what_was_ignored_is_named_in_the_body_and_not_in_the_header() {
    let ignored = ["gewünscht".to_owned(), "model".to_owned()];
    let plain = demand(&terms(), &CALL, &listing(), None, "payment_required", "Pay.", &[]);
    let told = demand(&terms(), &CALL, &listing(), None, "payment_required", "Pay.", &ignored);
    assert_eq!(plain.header, told.header);
    let body = |demand: &Demand| serde_json::from_slice::<serde_json::Value>(&demand.body).unwrap();
    assert_eq!(body(&told)["ignored_fields"], serde_json::json!(ignored));
    assert!(body(&plain).get("ignored_fields").is_none());
}
