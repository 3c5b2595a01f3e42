//! The reference's table of answers, row by row.

use alloy_primitives::{Address, B256, U256, address, hex};
use serde_json::{Value, json};

use super::Facilitator;
use crate::sim::chain::{Authorization, Domain, Key, Network};
use crate::sim::{Chain, Clock};

const PAYEE: Address = address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");

struct Lab {
    chain: Chain,
    facilitator: Facilitator,
    clock: Clock,
    key: Key,
}

/// A payment to be bent by a test.
struct Payment {
    authorization: Authorization,
    domain: Domain,
    amount: u64,
}

impl Lab {
    fn new() -> Self {
        let clock = Clock::wall();
        let chain = Chain::new(Network::Base, clock.clone());
        let key = Key::random();
        chain.mint(key.address(), 5_000_000);
        Self { facilitator: Facilitator::new(chain.clone(), clock.clone()), chain, clock, key }
    }

    fn payment(&self) -> Payment {
        let now = u64::try_from(self.clock.seconds()).unwrap_or_default();
        Payment {
            authorization: Authorization {
                from: self.key.address(),
                to: PAYEE,
                value: U256::from(540_000),
                valid_after: U256::ZERO,
                valid_before: U256::from(now + 300),
                nonce: B256::from(crate::sim::random::<32>()),
            },
            domain: Network::Base.domain(),
            amount: 540_000,
        }
    }

    fn body(&self, payment: &Payment) -> Value {
        let digest = payment.authorization.digest(&payment.domain);
        body(payment, &self.key.sign(&digest))
    }

    fn reasons(&self, body: &Value) -> (String, String) {
        let verify = self.facilitator.verify(body).1;
        let settle = self.facilitator.settle(body).1;
        (outcome(&verify, "isValid", "invalidReason"), outcome(&settle, "success", "errorReason"))
    }

    fn both(&self, bend: impl FnOnce(&mut Payment)) -> (String, String) {
        let mut payment = self.payment();
        bend(&mut payment);
        self.reasons(&self.body(&payment))
    }
}

fn outcome(answer: &Value, flag: &str, reason: &str) -> String {
    if answer[flag] == true { "ok".into() } else { answer[reason].as_str().unwrap_or("?").into() }
}

fn body(payment: &Payment, signature: &[u8]) -> Value {
    let requirements = json!({
        "scheme": "exact", "network": "eip155:8453", "amount": payment.amount.to_string(),
        "asset": Network::Base.usdc().to_string(), "payTo": PAYEE.to_string(), "maxTimeoutSeconds": 300,
        "extra": {"name": payment.domain.name, "version": payment.domain.version},
    });
    json!({
        "x402Version": 2,
        "paymentPayload": {
            "x402Version": 2,
            "resource": {"url": "https://example.com/x", "description": "x", "mimeType": "application/json"},
            "accepted": requirements,
            "payload": exact(payment, signature),
        },
        "paymentRequirements": requirements,
    })
}

fn exact(payment: &Payment, signature: &[u8]) -> Value {
    let what = &payment.authorization;
    json!({
        "signature": hex::encode_prefixed(signature),
        "authorization": {
            "from": what.from.to_string(), "to": what.to.to_string(), "value": what.value.to_string(),
            "validAfter": what.valid_after.to_string(), "validBefore": what.valid_before.to_string(),
            "nonce": format!("{:#x}", what.nonce),
        },
    })
}

fn version_1(payment: &Payment, signature: &[u8]) -> Value {
    json!({
        "x402Version": 1,
        "paymentPayload": {
            "x402Version": 1, "scheme": "exact", "network": "base", "payload": exact(payment, signature),
        },
        "paymentRequirements": {
            "scheme": "exact", "network": "base", "maxAmountRequired": payment.amount.to_string(),
            "resource": "https://example.com/x", "description": "x", "mimeType": "application/json",
            "asset": Network::Base.usdc().to_string(), "payTo": PAYEE.to_string(), "maxTimeoutSeconds": 300,
            "extra": {"name": payment.domain.name, "version": payment.domain.version},
        },
    })
}

fn pair(verify: &str, settle: &str) -> (String, String) {
    let full = |reason: &str| match reason {
        "ok" => "ok".to_owned(),
        reason => format!("invalid_exact_evm_{reason}"),
    };
    (full(verify), full(settle))
}

#[test]
fn a_good_payment_moves_money_once() {
    let lab = Lab::new();
    let body = lab.body(&lab.payment());
    assert_eq!(lab.reasons(&body), pair("ok", "ok"));
    assert_eq!(lab.chain.balance(PAYEE), 540_000);
    assert_eq!(lab.reasons(&body), pair("nonce_already_used", "nonce_already_used"));
    let (status, again) = lab.facilitator.settle(&body);
    assert_eq!((status, &again["transaction"], &again["success"]), (200, &json!(""), &json!(false)));
    assert_eq!(lab.chain.balance(PAYEE), 540_000);
}

#[test]
fn faults_of_the_payment_have_the_references_reasons() {
    let lab = Lab::new();
    let now = U256::from(lab.clock.seconds().unsigned_abs());
    let window = "payload_authorization_valid_before";
    assert_eq!(lab.both(|it| it.authorization.valid_before = now + U256::from(3)), pair(window, window));
    let window = "payload_authorization_valid_after";
    assert_eq!(lab.both(|it| it.authorization.valid_after = now + U256::from(60)), pair(window, window));
    let value = "payload_authorization_value_mismatch";
    assert_eq!(lab.both(|it| it.authorization.value = U256::from(540_001)), pair(value, value));
    assert_eq!(lab.both(|it| it.authorization.value = U256::from(539_999)), pair(value, value));
    let to = "recipient_mismatch";
    assert_eq!(lab.both(|it| it.authorization.to = Address::repeat_byte(7)), pair(to, to));
    assert_eq!(lab.both(|it| it.domain.chain_id = 84532), pair("signature", "signature"));
    assert_eq!(
        lab.both(|it| it.domain.name = "USDC".into()),
        pair("token_name_mismatch", "signature"),
        "offer and signature agree on a name that is not the token's"
    );
    let poor = "insufficient_balance";
    assert_eq!(
        lab.both(|it| {
            it.amount = 6_000_000;
            it.authorization.value = U256::from(6_000_000);
        }),
        pair(poor, poor)
    );
}

#[test]
fn usdcs_own_signature_rules_show_in_the_simulation() {
    let lab = Lab::new();
    let payment = lab.payment();
    let mut signature = lab.key.sign(&payment.authorization.digest(&payment.domain));
    signature[64] -= 27;
    assert_eq!(lab.reasons(&body(&payment, &signature)), pair("transaction_simulation_failed", "signature"));
    signature[3] ^= 1;
    assert_eq!(lab.reasons(&body(&payment, &signature)), pair("signature", "signature"));
}

#[test]
fn addresses_that_are_not_eip_55_make_it_throw() {
    let lab = Lab::new();
    let mut body = lab.body(&lab.payment());
    let from = &mut body["paymentPayload"]["payload"]["authorization"]["from"];
    *from = json!(from.as_str().unwrap_or_default().to_lowercase());
    assert_eq!(lab.reasons(&body).0, "invalid_exact_evm_transaction_simulation_failed");
    let (status, thrown) = lab.facilitator.settle(&body);
    assert_eq!((status, &thrown["name"]), (500, &json!("InvalidAddress")));
}

#[test]
fn a_resource_must_be_complete_and_extra_minimal() {
    let lab = Lab::new();
    let mut body = lab.body(&lab.payment());
    body["paymentPayload"]["resource"] = json!({"url": "https://example.com/x", "mimeType": "application/json"});
    let (status, refused) = lab.facilitator.verify(&body);
    assert_eq!((status, &refused["invalidReason"]), (400, &json!("invalid_format")));
    let mut body = lab.body(&lab.payment());
    body["paymentRequirements"]["extra"]["paymentFlow"] = json!("upfront");
    assert_eq!(lab.reasons(&body).0, "accepted_requirements_mismatch");
    body["paymentPayload"]["accepted"] = body["paymentRequirements"].clone();
    assert_eq!(lab.reasons(&body), pair("extra_field", "extra_field"));
}

#[test]
fn version_1_speaks_its_own_way() {
    let lab = Lab::new();
    let mut payment = lab.payment();
    let sign = |payment: &Payment| lab.key.sign(&payment.authorization.digest(&payment.domain));
    let good = version_1(&payment, &sign(&payment));
    assert_eq!(lab.reasons(&good), pair("ok", "ok"));
    let (_, again) = lab.facilitator.settle(&good);
    assert!(again["errorReason"].as_str().is_some_and(|reason| reason.contains("used or canceled")));
    assert_eq!(again["network"], "base");
    payment = lab.payment();
    payment.amount = 1;
    let dear = version_1(&payment, &sign(&payment));
    assert_eq!(lab.reasons(&dear), pair("authorization_value", "authorization_value"));
}

#[test]
fn a_pending_settlement_is_remembered_by_one_process_only() {
    let lab = Lab::new();
    let body = lab.body(&lab.payment());
    lab.facilitator.pend_next(1, 500);
    let (status, pending) = lab.facilitator.settle(&body);
    assert_eq!((status, &pending["errorReason"]), (500, &json!("settlement_pending")));
    assert_eq!(lab.chain.balance(PAYEE), 0);
    assert_eq!(lab.facilitator.settle(&body).1["transaction"], pending["transaction"]);
    lab.chain.mine();
    let (status, done) = lab.facilitator.settle(&body);
    assert_eq!((status, &done["success"], &done["transaction"]), (200, &json!(true), &pending["transaction"]));
    lab.facilitator.restart();
    assert_eq!(lab.reasons(&body).1, "invalid_exact_evm_nonce_already_used");
}

#[test]
fn a_front_runner_and_a_cancellation_look_the_same_to_a_settlement() {
    let lab = Lab::new();
    for cancelled in [false, true] {
        let payment = lab.payment();
        let what = &payment.authorization;
        let signature = lab.key.sign(&what.digest(&payment.domain));
        if cancelled {
            assert!(lab.chain.cancel(what.from, what.nonce).is_ok());
        } else {
            assert!(lab.chain.transfer_with_authorization(what, &signature).is_ok());
        }
        assert_eq!(lab.reasons(&body(&payment, &signature)).1, "invalid_exact_evm_nonce_already_used");
        assert!(lab.chain.authorization_state(what.from, what.nonce));
    }
    assert_eq!(lab.chain.balance(PAYEE), 540_000);
}

#[test]
fn smart_wallets_sign_with_more_than_65_bytes() {
    let lab = Lab::new();
    let wallet = Address::repeat_byte(0x51);
    lab.chain.deploy_smart_wallet(wallet, lab.key.address());
    lab.chain.mint(wallet, 1_000_000);
    let mut payment = lab.payment();
    payment.authorization.from = wallet;
    let signature = lab.key.sign(&payment.authorization.digest(&payment.domain));
    assert_eq!(lab.reasons(&body(&payment, &signature)), pair("signature", "signature"));
    let wrapped = [signature.as_slice(), &[0; 32]].concat();
    assert_eq!(lab.reasons(&body(&payment, &wrapped)), pair("ok", "ok"));
    let counterfactual =
        [signature.as_slice(), &hex!("6492649264926492649264926492649264926492649264926492649264926492")].concat();
    assert_eq!(lab.reasons(&body(&payment, &counterfactual)).0, "eip6492_factory_not_allowed");
}
