//! What is sent to a facilitator.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Facilitator, SettleAnswer, Verdict, question};
use crate::types::EvmNetwork;
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
async fn nobody_there_means_nothing_was_sent() {
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
    claim.confirm(&facilitator, now(), LIMIT).await.unwrap();
    let confirmed = claim.confirmed();
    assert_eq!(signed_of(&confirmed).signature.len(), 99);
    assert_eq!(confirmed.payer(), verified(EvmNetwork::Base).payer());

    let refused = unproven(66).confirm(&facilitator, now(), LIMIT).await;
    assert!(matches!(refused, Err(NotConfirmed::Refused(refused)) if refused.reason == "declined_by_facilitator"));
}

fn headers_of(document: &Value) -> http::HeaderMap {
    crate::x402::samples::header(headers::PAYMENT_SIGNATURE, document.to_string().as_bytes())
}
