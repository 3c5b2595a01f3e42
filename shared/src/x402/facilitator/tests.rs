//! What is sent to a facilitator.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Facilitator, SettleAnswer, Verdict, answers, question};
use crate::types::{EvmNetwork, SolanaNetwork};
use crate::x402::samples::solana;
use crate::x402::samples::{PAYER, neighbour, now, payload, payment_v2, signed_of, verified};
use crate::x402::{Checked, NotConfirmed, Presented, headers};

const LIMIT: Duration = Duration::from_secs(5);
const HASH: &str = "0xabababababababababababababababababababababababababababababababab";

#[test]
fn the_question_is_version_2_and_all_our_own() {
    let payment = verified(EvmNetwork::BaseSepolia);
    let requirements = json!({
        "scheme": "exact",
        "network": "eip155:84532",
        "amount": "540000",
        "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "payTo": "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "maxTimeoutSeconds": 300,
        "extra": { "name": "USDC", "version": "2" },
    });
    assert_eq!(
        serde_json::from_slice::<Value>(&question(&payment)).unwrap(),
        json!({
            "x402Version": 2,
            "paymentPayload": {
                "x402Version": 2,
                "resource": {
                    "url": "https://dialtone.example/api/v1/voice/call",
                    "description": "Outbound AI phone call",
                    "mimeType": "application/json",
                },
                "accepted": requirements,
                "payload": payload(&signed_of(&payment).authorization, &signed_of(&payment).signature),
            },
            "paymentRequirements": requirements,
        })
    );
}

#[test]
fn a_solana_payment_is_handed_on_with_its_own_fee_payer() {
    let requirements = json!({
        "scheme": "exact",
        "network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
        "amount": "540000",
        "asset": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        "payTo": "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse",
        "maxTimeoutSeconds": 300,
        "extra": { "feePayer": "9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu" },
    });
    let question = serde_json::from_slice::<Value>(&question(&solana::verified())).unwrap();
    assert_eq!(question["paymentRequirements"], requirements);
    assert_eq!(question["paymentPayload"]["accepted"], requirements);
    assert_eq!(question["paymentPayload"]["payload"], json!({ "transaction": solana::PUBLISHED }));
}

#[tokio::test]
async fn the_fee_payer_is_asked_for_once_and_again_after_a_refusal_because_of_it() {
    let (asked, questions) = mpsc::channel();
    let url = neighbour(move |head, _| {
        asked.send(head.lines().next().unwrap().to_owned()).unwrap();
        let answer = if head.starts_with("GET") {
            json!({ "kinds": [
                { "x402Version": 2, "scheme": "exact", "network": "eip155:8453" },
                { "x402Version": 2, "scheme": "upto", "network": "solana", "extra": { "feePayer": PAYER.to_string() } },
                { "x402Version": 1, "scheme": "exact", "network": "solana", "extra": { "feePayer": solana::FEE_PAYER } },
            ], "extensions": [] })
        } else if head.starts_with("POST /settle ") {
            json!({ "success": false, "errorReason": "insufficient_funds", "transaction": "", "network": "solana" })
        } else {
            json!({ "isValid": false, "invalidReason": "invalid_exact_svm_fee_payer_not_managed_by_facilitator" })
        };
        (200, answer.to_string())
    });
    let facilitator = Facilitator::new(url, None);
    let mainnet = SolanaNetwork::Mainnet;
    let expected = Some(solana::FEE_PAYER.parse().unwrap());
    assert_eq!(facilitator.fee_payer(mainnet, now(), LIMIT).await, expected);
    assert_eq!(facilitator.fee_payer(mainnet, now(), LIMIT).await, expected);
    assert_eq!(questions.try_iter().collect::<Vec<_>>(), ["GET /supported HTTP/1.1"]);

    facilitator.settle(&solana::verified(), now(), LIMIT).await;
    assert_eq!(facilitator.fee_payer(mainnet, now(), LIMIT).await, expected);
    assert_eq!(questions.try_iter().collect::<Vec<_>>(), ["POST /settle HTTP/1.1"]);

    let verdict = facilitator.verify(&solana::verified(), now(), LIMIT).await;
    assert!(matches!(verdict, Verdict::Invalid { .. }), "{verdict:?}");
    assert_eq!(facilitator.fee_payer(mainnet, now(), LIMIT).await, expected);
    assert_eq!(questions.try_iter().collect::<Vec<_>>(), ["POST /verify HTTP/1.1", "GET /supported HTTP/1.1"]);
}

#[test]
fn a_fee_payer_is_believed_only_from_a_good_answer_for_the_network() {
    let of = |status: u16, body: &str| {
        answers::fee_payer(http::StatusCode::from_u16(status).unwrap(), body.as_bytes(), SolanaNetwork::Devnet)
    };
    let kinds = |network: &str, extra: &str| {
        format!(r#"{{"kinds":[{{"x402Version":2,"scheme":"exact","network":"{network}","extra":{extra}}}]}}"#)
    };
    let devnet = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
    let good = format!(r#"{{"feePayer":"{}"}}"#, solana::FEE_PAYER);
    assert!(of(200, &kinds(devnet, &good)).is_some());
    assert!(of(200, &kinds("solana-devnet", &good)).is_some());
    for (status, body) in [
        (500, kinds(devnet, &good)),
        (200, kinds("solana", &good)),
        (200, kinds(devnet, "null")),
        (200, kinds(devnet, "{}")),
        (200, kinds(devnet, r#"{"feePayer":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8"}"#)),
        (200, "[]".to_owned()),
        (200, String::new()),
    ] {
        assert_eq!(of(status, &body), None, "{status} {body}");
    }
}

#[tokio::test]
async fn verify_and_settle_ask_their_own_places() {
    let (asked, questions) = mpsc::channel();
    let url = neighbour(move |head, body| {
        let question: Value = serde_json::from_str(body).unwrap();
        asked.send((head.lines().next().unwrap().to_owned(), question)).unwrap();
        let answer = json!({
            "isValid": true,
            "success": true,
            "transaction": HASH,
            "network": "eip155:8453",
            "payer": PAYER.to_string(),
        });
        (200, answer.to_string())
    });
    let facilitator = Facilitator::new(format!("{url}/x402/"), None);
    let payment = verified(EvmNetwork::Base);

    assert_eq!(facilitator.verify(&payment, now(), LIMIT).await, Verdict::Valid);
    let (line, sent) = questions.recv().unwrap();
    assert_eq!(line, "POST /x402/verify HTTP/1.1");
    assert_eq!(sent, serde_json::from_slice::<Value>(&question(&payment)).unwrap());

    let answer = facilitator.settle(&payment, now(), LIMIT).await;
    assert!(matches!(answer, SettleAnswer::Settled(receipt) if receipt.payer == payment.payer()));
    assert_eq!(questions.recv().unwrap().0, "POST /x402/settle HTTP/1.1");
}

#[tokio::test]
async fn a_closed_port_means_nothing_was_sent() {
    // Port 1 is reserved, and nothing listens there.
    let facilitator = Facilitator::new("http://127.0.0.1:1".to_owned(), None);
    let payment = verified(EvmNetwork::Base);
    assert_eq!(facilitator.settle(&payment, now(), LIMIT).await, SettleAnswer::NotSent);
    assert_eq!(facilitator.verify(&payment, now(), LIMIT).await, Verdict::Unavailable);
}

#[tokio::test]
async fn a_smart_wallet_is_confirmed_by_the_facilitator_alone() {
    let url = neighbour(|_, body| {
        let signature = serde_json::from_str::<Value>(body).unwrap()["paymentPayload"]["payload"]["signature"].clone();
        let answer = match signature.as_str().unwrap().len() {
            200.. => json!({ "isValid": true, "payer": PAYER.to_string() }),
            _ => json!({ "isValid": false, "invalidReason": "invalid_exact_evm_signature" }),
        };
        (200, answer.to_string())
    });
    let facilitator = Facilitator::new(url, None);
    let unproven = |bytes: usize| {
        let mut document = payment_v2(EvmNetwork::Base);
        document["payload"]["signature"] = json!(format!("0x{}", "ab".repeat(bytes)));
        let header = headers_of(&document);
        let payment = Presented::read(&header).unwrap().unwrap();
        match payment.check(&[verified(EvmNetwork::Base).quote().clone()], now()) {
            Ok(Checked::Unknown(unproven)) => unproven,
            other => panic!("{other:?}"),
        }
    };
    let claim = unproven(99);
    facilitator.confirm(&claim, now(), LIMIT).await.unwrap();
    let confirmed = claim.confirmed();
    assert_eq!(signed_of(&confirmed).signature.len(), 99);
    assert_eq!(confirmed.payer(), verified(EvmNetwork::Base).payer());

    let refused = facilitator.confirm(&unproven(66), now(), LIMIT).await;
    assert!(matches!(refused, Err(NotConfirmed::Refused(refused)) if refused.reason == "declined_by_facilitator"));
}

fn headers_of(document: &Value) -> http::HeaderMap {
    crate::x402::samples::header(headers::PAYMENT_SIGNATURE, document.to_string().as_bytes())
}
