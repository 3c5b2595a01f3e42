//! The simulated facilitator and node, and the real ones, asked the same: what the other tests
//! believe of them is so.

use alloy_primitives::{Address, U256, hex};
use harness::client;
use harness::sim::chain::{Chain, Network};
use harness::sim::{self, Clock, Facilitator};
use harness::wallet::Demand;
use harness::world::PAYEE;

use super::*;

type Bend = fn(Payment, &Pair) -> Payment;

/// What payers may come with, in an order in which nothing stands in the next one's way.
const CASES: [(&str, Bend); 18] = [
    ("good", |payment, _| payment),
    ("expired", |payment, _| payment.valid_for(-10)),
    ("about to expire", |payment, _| payment.valid_for(3)),
    ("too early", |payment, _| payment.valid_after(4_000_000_000)),
    ("too little", |payment, _| payment.value(999)),
    ("too much", |payment, _| payment.value(1_001)),
    ("to another payee", |payment, pair| payment.to(pair.poor.address())),
    ("from another payer", |payment, pair| payment.from(pair.rich.address()).signed_by(&pair.poor)),
    ("without money", |payment, pair| payment.from(pair.poor.address()).signed_by(&pair.poor)),
    ("a flipped bit", |payment, _| payment.tampered(|bytes| bytes[10] ^= 1)),
    ("a short signature", |payment, _| payment.tampered(|bytes| bytes.truncate(64))),
    ("a high s", |payment, _| payment.tampered(high_s)),
    ("v of 0 or 1", |payment, _| payment.tampered(|bytes| bytes[64] -= 27)),
    ("for another chain", |payment, _| payment.domain(|domain| domain.chain_id = 84_532)),
    ("by another name", |payment, _| payment.domain(|domain| "USDC".clone_into(&mut domain.name))),
    ("cancelled", |payment, pair| {
        let nonce = payment.authorization().nonce;
        pair.node.cancel(pair.rich.key(), nonce).expect("the owner may");
        pair.chain.cancel(pair.rich.address(), nonce).expect("the owner may");
        payment
    }),
    ("a smart wallet's", |payment, pair| payment.from(pair.contract).tampered(|bytes| bytes.extend([0; 32]))),
    ("a smart wallet's, forged", |payment, pair| {
        payment.from(pair.contract).signed_by(&pair.poor).tampered(|bytes| bytes.extend([0; 32]))
    }),
];

/// Both, with the same wallets.
struct Pair {
    node: Node,
    chain: Chain,
    simulated: String,
    rich: Wallet,
    poor: Wallet,
    contract: Address,
}

impl Pair {
    async fn start() -> Self {
        let (node, clock) = (Node::start(), Clock::wall());
        let chain = Chain::new(Network::Base, clock.clone());
        let (address, _) = sim::serve(Facilitator::new(chain.clone(), clock).router()).await;
        let (rich, poor) = (Wallet::random(), Wallet::random());
        let contract = trouble::smart_wallet(&node, rich.address());
        chain.deploy_smart_wallet(contract, rich.address());
        for (wallet, micros) in [(rich.address(), 1_000_000), (contract, 1_000_000), (poor.address(), 999)] {
            node.mint(wallet, micros);
            chain.mint(wallet, micros);
        }
        Self { node, chain, simulated: format!("http://{address}"), rich, poor, contract }
    }

    /// What both say to a request, without what is free to differ.
    async fn say(&self, route: &str, body: &Value) -> [Value; 2] {
        let ask = async |url: String| {
            let request = client().post(format!("{url}/{route}")).header("content-type", "application/json");
            let answer = request.body(body.to_string()).send().await.expect("an answer");
            let status = answer.status().as_u16();
            let mut said: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
            let fields = said.as_object_mut().expect("an object");
            fields.retain(|name, _| !name.ends_with("Message"));
            if let Some(reason) = fields.get_mut("errorReason") {
                // Version 1 goes on with the whole call.
                let said = reason.as_str().and_then(|text| text.split("\n\n").next()).map(str::to_owned);
                *reason = json!(said);
            }
            if let Some(transaction) = fields.get_mut("transaction") {
                *transaction = json!(transaction.as_str().is_some_and(|hash| hash.len() == 66));
            }
            fields.insert("status".to_owned(), json!(status));
            said
        };
        [ask(self.simulated.clone()).await, ask(self.node.facilitator()).await]
    }
}

#[expect(clippy::ptr_arg, reason = "the type of what bends a signature")]
fn high_s(bytes: &mut Vec<u8>) {
    const ORDER: [u8; 32] = hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    let high = U256::from_be_bytes(ORDER) - U256::from_be_slice(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&high.to_be_bytes::<32>());
    bytes[64] = 55 - bytes[64];
}

/// What a shop asks for, in both versions.
fn demand() -> Demand {
    let (asset, payee) = (Network::Base.usdc().to_checksum(None), PAYEE.to_checksum(None));
    let (extra, scheme) = (json!({"name": "USD Coin", "version": "2"}), "exact");
    let resource = json!({"url": "http://shop/", "description": "A thing", "mimeType": "application/json"});
    Demand {
        required: json!({"x402Version": 2, "resource": resource, "accepts": [{
            "scheme": scheme, "network": "eip155:8453", "amount": "1000", "asset": asset, "payTo": payee,
            "maxTimeoutSeconds": 300, "extra": extra,
        }]}),
        body: json!({"x402Version": 1, "accepts": [{
            "scheme": scheme, "network": "base", "maxAmountRequired": "1000", "asset": asset, "payTo": payee,
            "maxTimeoutSeconds": 300, "extra": extra, "resource": "http://shop/", "description": "A thing",
            "mimeType": "application/json",
        }]}),
    }
}

#[tokio::test]
async fn the_simulated_facilitator_says_what_the_published_one_says() {
    let (pair, demand) = (Pair::start().await, demand());
    let mut differences = Vec::new();
    for version in [2, 1] {
        for (case, bend) in CASES {
            let payment = bend(pair.rich.signs(&demand), &pair);
            let (payment, wanted) = match version {
                1 => (payment.version_1(), &demand.body["accepts"][0]),
                _ => (payment, demand.offer()),
            };
            let body =
                json!({"x402Version": version, "paymentPayload": payment.to_json(), "paymentRequirements": wanted});
            // The second time it is used, if it could be.
            for route in ["verify", "settle", "verify", "settle"] {
                let [simulated, real] = pair.say(route, &body).await;
                if simulated != real {
                    differences.push(format!(
                        "{case}, {route}, version {version}:\n  simulated {simulated}\n  real      {real}"
                    ));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(pair.node.balance(PAYEE), pair.chain.balance(PAYEE));
}

/// Answers of the real node that the simulated one has too: names and kinds of everything that it
/// says.
fn missing(simulated: &Value, real: &Value) -> Option<String> {
    match (simulated, real) {
        (Value::Object(fields), Value::Object(_)) => {
            fields.iter().find_map(|(name, value)| missing(value, &real[name]).map(|what| format!("{name}: {what}")))
        }
        (Value::Array(all), Value::Array(others)) => match (all.first(), others.first()) {
            (Some(one), Some(other)) => missing(one, other),
            (None, _) => None,
            (Some(_), None) => Some("nothing in it".to_owned()),
        },
        _ if std::mem::discriminant(simulated) == std::mem::discriminant(real) => None,
        _ => Some(format!("{simulated} here, {real} there")),
    }
}

#[tokio::test]
async fn the_simulated_node_says_nothing_that_a_real_one_does_not() {
    let (pair, demand) = (Pair::start().await, demand());
    let (address, _) = sim::serve(pair.chain.router()).await;
    let payment = pair.rich.signs(&demand);
    let (what, signature) = (payment.authorization(), payment.signature_bytes());
    let here = pair.chain.transfer_with_authorization(what, &signature).expect("it is signed");
    let there = pair.node.submit(pair.poor.address(), what, &signature).expect("it is signed");
    pair.node.mine();
    let usdc = Network::Base.usdc().to_string();
    let state = format!("0xe94a0102{}{}", hex::encode(what.from.into_word()), hex::encode(what.nonce));
    let logs = |from: &str| json!([{"address": usdc, "topics": [null, null], "fromBlock": from, "toBlock": "latest"}]);
    let recent = format!("{:#x}", pair.chain.height() - 100);
    for (method, to_us, to_them) in [
        ("eth_chainId", json!([]), json!([])),
        ("eth_blockNumber", json!([]), json!([])),
        ("eth_getBlockByNumber", json!(["finalized", false]), json!(["finalized", false])),
        ("eth_getBlockByNumber", json!(["0xfffffff0", false]), json!(["0xfffffff0", false])),
        ("eth_call", json!([{"to": usdc, "data": state}, "latest"]), json!([{"to": usdc, "data": state}, "latest"])),
        (
            "eth_call",
            json!([{"to": usdc, "data": state}, "0xfffffff0"]),
            json!([{"to": usdc, "data": state}, "0xfffffff0"]),
        ),
        (
            "eth_call",
            json!([{"to": usdc, "data": "0x12345678"}, "latest"]),
            json!([{"to": usdc, "data": "0x12345678"}, "latest"]),
        ),
        ("eth_getLogs", logs(&recent), logs("0x0")),
        ("eth_getTransactionReceipt", json!([here.to_string()]), json!([there.to_string()])),
        ("eth_getTransactionReceipt", json!([what.nonce.to_string()]), json!([what.nonce.to_string()])),
        ("eth_notThere", json!([]), json!([])),
    ] {
        let ask = async |url: String, params: &Value| {
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
            let answer = client().post(url).header("content-type", "application/json").body(body).send().await;
            let answer = answer.expect("an answer").bytes().await.expect("a body");
            serde_json::from_slice::<Value>(&answer).expect("JSON")
        };
        let (simulated, real) = (ask(format!("http://{address}"), &to_us).await, ask(pair.node.url(), &to_them).await);
        assert_eq!(missing(&simulated, &real), None, "{method}: {simulated}\n{real}");
    }
}
